// The whole scene: two real portals, a person at her own computer, her phone, a public kiosk, an operator; then
// everything stops and starts again. NIXA_SHOTS=FOLDER keeps pictures of what each of them saw.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Profile } from './browser.mjs';
import { writeBlankCamera } from './camera.mjs';
import { Nixa } from './nixa.mjs';
import { lookAtPages, trustedTypes } from './pages.mjs';
import { https, Probe } from './probe.mjs';
import { allow, at, claims, consenting, enrolPhone, go, signInByPassword, signInByPhone } from './steps.mjs';
import { equal, finish, ok, scenario } from './tap.mjs';

const PIN = '602914';
const folder = mkdtempSync(join(tmpdir(), 'nixa-scene-'));
const shots = process.env.NIXA_SHOTS;
if (shots) mkdirSync(shots, { recursive: true });
const shot = async (profile, name) => { if (shots) await profile.page.screenshot({ path: join(shots, `${name}.png`), fullPage: true }); };

const nixa = await Nixa.up();
const [dvc, thue] = ['dichvucong', 'thue'].map((name) => `${nixa.portal(name)}/`);
const person = await Profile.open(nixa.ca);
const camera = join(folder, 'camera.y4m');
writeBlankCamera(camera);
const phone = await Profile.open(nixa.ca, { phone: true, camera });
phone.camera = camera;
const kiosk = await Profile.open(nixa.ca, { language: 'en-US' });
const everybody = [person, phone, kiosk];
let who, first, phoneId, probe;

await scenario('1 the front page tells what to try', async () => {
  await person.page.goto(`${nixa.issuer}/`);
  for (const link of [dvc, thue]) ok(await person.page.locator(`a[href="${link}"], a[href="${link.slice(0, -1)}"]`).count(), `links ${link}`);
  for (const path of ['/wallet', '/me', '/console']) ok(await person.page.locator(`a[href="${path}"]`).count(), `links ${path}`);
  const [user_name, password] = await person.page.locator('tbody tr').first().locator('code').allTextContents();
  who = { user_name, password };
  ok(user_name && password, 'names a demo person');
  await shot(person, '1-root');
});

await scenario('2 password, consent, the first portal; single sign-on to the second', async () => {
  const { page } = person;
  await page.goto(dvc);
  ok(at(page, '/login'), 'sent to sign in');
  await shot(person, '2-login');
  await signInByPassword(page, { ...who, password: 'wrong password' });
  ok(await page.locator('[role=alert]').count(), 'a wrong password is said');
  await signInByPassword(page, who);
  ok(await consenting(page), 'consent is asked');
  await shot(person, '2-consent');
  await allow(page);
  first = await claims(page);
  ok(page.url().startsWith(dvc) && first.name, 'back in the portal, which knows the name');
  equal(first.acr, 'urn:nixa:acr:m1', 'a password is m1');
  ok(first.qr_id, 'bound to her first QR identity');
  await shot(person, '2-portal');
  await page.goto(thue);
  ok(!at(page, '/login'), 'no sign-in asked');
  ok(await consenting(page), 'consent to its claims');
  await allow(page);
  const second = await claims(page);
  ok(second.name === first.name && second.sub !== first.sub && second.qr_id !== first.qr_id, 'the same person under other pseudonyms');
  await person.context.clearCookies({ domain: new URL(thue).hostname });
  await page.goto(thue);
  equal((await claims(page)).sub, second.sub, 'consent is asked once');
});

await scenario('3 the phone is enrolled from /me', async () => {
  const { page } = person;
  await page.goto(`${nixa.issuer}/me`);
  await shot(person, '3-me');
  await phone.page.goto(`${nixa.issuer}/wallet`);
  await enrolPhone(person, phone, who.password, PIN, 'Điện thoại thử');
  const code = phone.page.locator('[data-screen=home] svg[data-qr]');
  const texts = {};
  for (const tier of ['live', 'handle', 'card']) {
    await phone.page.locator(`label[for=tier-${tier}]`).click();
    const old = Object.values(texts);
    await phone.page.waitForFunction((seen) => { const t = document.querySelector('[data-screen=home] svg[data-qr]').dataset.qr; return t && !seen.includes(t); }, old);
    texts[tier] = await code.getAttribute('data-qr');
    await shot(phone, `3-wallet-${tier}`);
  }
  ok(new Set(Object.values(texts)).size === 3, 'handle, card and live are shown');
  await page.goto(`${nixa.issuer}/me`);
  const row = page.locator('[data-qr-identity]', { hasText: 'Điện thoại thử' });
  phoneId = await row.getAttribute('data-qr-identity');
  ok(/^[a-z2-7]{26}$/.test(phoneId ?? ''), 'the phone is listed');
  phone.card = texts.card;
});

const verdictOf = async (profile, text) => {
  const page = await profile.context.newPage();
  await page.goto(`${nixa.issuer}/verify`);
  await page.locator('main[data-ready]').waitFor();
  await page.fill('#code', text);
  await page.locator('[data-form=check] button').click();
  const verdict = page.locator('[data-slot=verdict]');
  await verdict.waitFor();
  const word = await verdict.getAttribute('data-verdict');
  if (shots) await page.screenshot({ path: join(shots, `verify-${word}.png`), fullPage: true });
  await page.close();
  return word;
};

await scenario('4 a kiosk: sign-in by QR, for one portal only', async () => {
  const { page } = kiosk;
  await page.goto(dvc);
  await go(page, () => page.locator('a[href*="/login/qr"]').click());
  await shot(kiosk, '4-kiosk-code');
  const asked = await signInByPhone(page, phone, PIN, async (a) => { await shot(phone, '4-phone-ask'); return a; });
  equal(asked.origin, dvc.slice(0, -1), 'the phone shows the exact origin');
  equal(asked.focus, 'decline', '"Decline" has the focus');
  ok(asked.claims > 0, 'and the claims');
  const seen = await claims(page);
  equal(seen.name, first.name, 'signed in at the kiosk');
  ok(seen.qr_id && seen.qr_id !== first.qr_id, 'bound to the phone and not to her other identity');
  ok(['p0', 'p1'].includes(seen.qr_px), 'with its proximity rung', seen.qr_px);
  await shot(kiosk, '4-kiosk-portal');
  await page.goto(thue);
  ok(at(page, '/login'), 'rule 7: the second portal asks again');
  await go(page, () => page.locator('a[href*="/login/qr"]').click());
  await signInByPhone(page, phone, PIN);
  equal((await claims(page)).name, first.name, 'and is opened the same way');
  probe = await Probe.register(nixa);
  const back = page.waitForRequest((rq) => rq.url().startsWith(probe.redirect));
  await page.goto(probe.start());
  await go(page, () => page.locator('a[href*="/login/qr"]').click());
  await signInByPhone(page, phone, PIN);
  const code = new URL((await back).url()).searchParams.get('code');
  equal((await probe.redeem(code)).status, 200, 'a third portal holds its tokens itself');
  equal((await probe.introspect()).active, true, 'introspection: active');
  equal((await probe.userinfo()).status, 200, 'userinfo: answers');
  equal((await probe.refresh()).status, 200, 'refresh: works');
  equal(await probe.status(), 0, 'status list: valid');
  equal(await verdictOf(phone, phone.card), 'good', 'the card verifies online');
});

await scenario('4 without script: the code moves by refresh, and the digits are a plain form', async () => {
  const plain = await Profile.open(nixa.ca, { script: false });
  await plain.page.goto(thue);
  await go(plain.page, () => plain.page.locator('a[href*="/login/qr"]').click());
  const code = () => plain.page.locator('svg[data-qr]').getAttribute('data-qr');
  const before = await code();
  await plain.page.waitForEvent('load');
  ok(await code() !== before, 'another frame');
  await signInByPhone(plain.page, phone, PIN);
  equal((await claims(plain.page)).name, first.name, 'signed in');
  await plain.page.goto(dvc);
  await signInByPassword(plain.page, who);
  if (await consenting(plain.page)) await allow(plain.page);
  equal((await claims(plain.page)).sub, first.sub, 'by password too');
  await plain.close();
});

await scenario('the pages', async () => {
  await lookAtPages(nixa, person, shots);
  for (const path of ['/wallet', '/verify']) ok(await trustedTypes(person, nixa.issuer + path), `rule 11: Trusted Types on ${path}`);
});

await scenario('5 the phone is revoked, everywhere at once', async () => {
  const receipt = await nixa.ctl('revoke', 'qr', phoneId, '--reason', 'lost');
  equal((await probe.introspect()).active, false, 'introspection: inactive');
  equal((await probe.userinfo()).status, 401, 'userinfo: 401');
  const refreshed = await probe.refresh();
  equal(`${refreshed.status} ${refreshed.json?.error}`, '400 invalid_grant', 'refresh: fails');
  equal(await probe.status(), 1, 'status list: the bit is set');
  const text = JSON.stringify(receipt);
  for (const kind of ['session', 'grant', 'token']) ok(receipt.killed.some((k) => k.kind === kind && k.at), `the receipt lists each ${kind} with its time`, text);
  ok(['dichvucong', 'thue'].every((id) => receipt.portals.some((p) => p.client_id === id)), 'and the portals to be told', text);
  ok(receipt.killed.some((k) => k.status?.value === 1), 'and the bits of the status lists', text);
  for (const url of [dvc, thue]) {
    let out = false;
    for (let i = 0; i < 20 && !out; i += 1) {
      await kiosk.page.goto(url);
      out = at(kiosk.page, '/login');
      if (!out) await new Promise((resolve) => setTimeout(resolve, 200));
    }
    ok(out, `${url} signed the kiosk out, and single sign-on gives nothing`);
  }
  equal(await verdictOf(phone, phone.card), 'bad', 'the card no longer verifies online');
  await phone.page.reload();
  await phone.page.locator('[data-screen=dead]').waitFor();
  await shot(phone, '5-wallet-dead');
  await person.page.goto(dvc);
  equal((await claims(person.page)).sub, first.sub, 'her other browser stays signed in');
});

async function still(name) {
  await scenario(name, async () => {
    await person.page.goto(dvc);
    equal((await claims(person.page)).sub, first.sub, 'she is signed in at the portal');
    await person.page.goto(`${nixa.issuer}/me`);
    ok(at(person.page, '/me'), 'and at NIXA');
    await kiosk.page.goto(dvc);
    ok(at(kiosk.page, '/login'), 'the kiosk is not');
    equal((await probe.introspect()).active, false, 'the revoked token stays revoked');
    equal(await probe.status(), 1, 'in the status list too');
  });
}

// A child that was killed is back within a second; the check asks until the server answers.
async function ready() {
  for (let i = 0; i < 100; i += 1) {
    if (await answers()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('not ready after 10 s');
}
const answers = () => https(nixa, '/health/ready').then((a) => a.status === 200, () => false);
const pidOf = (name) => JSON.parse(readFileSync(join(nixa.data, 'run', 'state.json'), 'utf8')).children.find((c) => c.name === name).pid;

await scenario('6 Ctrl-C ends in order', async () => equal(await nixa.stop('SIGINT'), 0, 'exit status'));
await nixa.start();
await still('6 after Ctrl-C and another up');
for (const child of ['nixad', 'redis']) {
  process.kill(pidOf(child), 'SIGKILL');
  await ready();
  await still(`6 after kill -9 of ${child}`);
}
await nixa.stop('SIGKILL');
await nixa.start();
await still('6 after kill -9 of the supervisor');

for (const profile of everybody) await profile.close();
await nixa.down();
rmSync(folder, { recursive: true, force: true });
finish();
