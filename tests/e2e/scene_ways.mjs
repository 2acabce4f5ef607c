// The other ways: the same device, wrong digits, a second phone, declining; what a person ends on her pages and on her
// phone; signing out from a portal; the console; the admin API. One server, a few browsers.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Profile } from './browser.mjs';
import { writeBlankCamera } from './camera.mjs';
import { Nixa } from './nixa.mjs';
import { https } from './probe.mjs';
import { allow, at, claims, consenting, enrolPhone, go, scanScreen, shownDigits, signInByPassword, signInByPhone, submit } from './steps.mjs';
import { equal, finish, ok, scenario } from './tap.mjs';

const PIN = '481526';
const folder = mkdtempSync(join(tmpdir(), 'nixa-ways-'));
const shots = process.env.NIXA_SHOTS;
if (shots) mkdirSync(shots, { recursive: true });
const shot = async (profile, name) => { if (shots) await profile.page.screenshot({ path: join(shots, `ways-${name}.png`), fullPage: true }); };

const nixa = await Nixa.up();
const [dvc, thue] = ['dichvucong', 'thue'].map((name) => `${nixa.portal(name)}/`);
const person = await Profile.open(nixa.ca);
const kiosk = await Profile.open(nixa.ca);
const openPhone = async (name) => {
  const camera = join(folder, `${name}.y4m`);
  writeBlankCamera(camera);
  const phone = await Profile.open(nixa.ca, { phone: true, camera });
  phone.camera = camera;
  await phone.page.goto(`${nixa.issuer}/wallet`);
  return phone;
};
const phone = await openPhone('first');
const other = await openPhone('second');

await person.page.goto(`${nixa.issuer}/`);
const people = await person.page.locator('tbody tr').evaluateAll((rows) => rows.map((r) => {
  const [user_name, password] = [...r.querySelectorAll('code')].map((c) => c.textContent);
  return { user_name, password };
}));
const who = people[0];

const on = (profile, name) => profile.page.locator(`[data-screen=${name}]`);
const closeResult = async (profile) => {
  await on(profile, 'result').waitFor();
  const text = await on(profile, 'result').locator('[data-slot=text]').textContent();
  await on(profile, 'result').locator('[data-do=home]').click();
  await on(profile, 'home').waitFor();
  return text;
};
const toCode = async (profile, portal) => {
  await profile.page.goto(portal);
  await go(profile.page, () => profile.page.locator('a[href*="/login/qr"]').click());
};
const dead = (profile) => profile.page.locator('[data-state=dead]').waitFor();

await scenario('the keyboard alone', async () => {
  const { page } = kiosk;
  const { keyboard } = page;
  const tabTo = async (selector) => {
    for (let i = 0; i < 40; i += 1) {
      if (await page.evaluate((s) => document.activeElement.matches(s), selector)) return;
      await keyboard.press('Tab');
    }
    throw new Error(`Tab does not reach ${selector}`);
  };
  await page.goto(dvc);
  await tabTo('input[name=username]');
  await keyboard.type(people[1].user_name);
  await tabTo('input[name=password]');
  await keyboard.type(people[1].password);
  await go(page, () => keyboard.press('Enter'));
  await tabTo('button[name=decision][value=allow]');
  ok(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== 'none'), 'the focus is seen');
  await go(page, () => keyboard.press('Enter'));
  ok((await claims(page)).name, 'signs in and consents');
  await kiosk.context.clearCookies();
});

await scenario('two phones of one person', async () => {
  await person.page.goto(`${nixa.issuer}/me`);
  ok(at(person.page, '/login'), '/me asks for a sign-in of its own');
  await signInByPassword(person.page, who);
  ok(at(person.page, '/me'), 'and comes back');
  for (const [one, name] of [[phone, 'Điện thoại một'], [other, 'Điện thoại hai']]) {
    await person.page.goto(`${nixa.issuer}/me`);
    await enrolPhone(person, one, who.password, PIN, name);
  }
  await person.page.goto(`${nixa.issuer}/me`);
  equal(await person.page.locator('[data-qr-identity]').count(), 3, 'paper and two phones are listed');
  await phone.page.reload();
  await on(phone, 'home').waitFor();
  await phone.page.locator('[data-list=notices] li', { hasText: 'Điện thoại hai' }).waitFor();
  ok(true, 'the first phone is told of the second');
  await shot(phone, 'notices');
});

await scenario('rule 1: the same device, by redirect', async () => {
  const { page } = phone;
  await page.goto(dvc);
  await go(page, () => page.locator('a[href*="/login/qr"]').click());
  await page.locator('form[action="/login/qr/same"] button').click();
  await on(phone, 'ask').waitFor();
  equal(new URL(page.url()).hash, '', 'the launch leaves the address bar');
  await page.fill('#pin', PIN);
  await go(page, () => on(phone, 'ask').locator('button[type=submit]').click());
  await page.waitForURL((url) => url.href.startsWith(dvc) || at(page, '/consent'));
  if (await consenting(page)) await allow(page);
  const seen = await claims(page);
  equal(seen.qr_px, 'p3', 'proven: rung p3');
  await shot(phone, 'same-device');
  await page.goto(thue);
  ok(!at(page, '/login'), 'her own device has single sign-on');
  await page.goto(`${nixa.issuer}/wallet`);
  await on(phone, 'home').waitFor();
});

await scenario('rule 9: wrong digits kill the order and are told', async () => {
  await toCode(kiosk, dvc);
  await scanScreen(phone, kiosk.page, 'scan');
  await on(phone, 'ask').waitFor();
  await phone.page.fill('#pin', PIN);
  await on(phone, 'ask').locator('button[type=submit]').click();
  const right = await shownDigits(phone.page);
  const wrong = right === '0000' ? '1111' : '0000';
  for (let i = 0; i < 3; i += 1) {
    await kiosk.page.locator('#digits').waitFor();
    await kiosk.page.fill('#digits', wrong);
    await submit(kiosk.page, 'form:has(#digits) button[type=submit]');
    if (i === 0) await shot(kiosk, 'wrong-digits');
  }
  await dead(kiosk);
  await shot(kiosk, 'dead');
  ok(/sai ba lần/.test(await closeResult(phone)), 'the phone says so');
});

await scenario('rule 4: a second phone kills the order', async () => {
  await toCode(kiosk, dvc);
  await scanScreen(phone, kiosk.page, 'scan');
  const picture = scanScreen(other, kiosk.page, 'scan');
  await Promise.all([picture, on(phone, 'ask').waitFor()]);
  await dead(kiosk);
  ok(/điện thoại khác/.test(await closeResult(phone)), 'the first phone is told');
  await on(other, 'home').locator('.note.bad:visible').waitFor();
  ok(true, 'the second one too');
});

await scenario('declining on the phone ends it on the screen', async () => {
  await toCode(kiosk, dvc);
  await scanScreen(phone, kiosk.page, 'scan');
  await on(phone, 'ask').waitFor();
  await kiosk.page.locator('[data-state=taken]').waitFor();
  await shot(kiosk, 'taken');
  await on(phone, 'ask').locator('[data-do=not-me]').click();
  await closeResult(phone);
  await dead(kiosk);
  ok(!(await kiosk.page.context().cookies()).some((c) => c.name === '__Host-nxs'), 'no session came of it');
});

await scenario('rule 7: the phone ends a session on somebody else\'s screen', async () => {
  await toCode(kiosk, dvc);
  await signInByPhone(kiosk.page, phone, PIN);
  ok((await claims(kiosk.page)).name, 'signed in at the kiosk');
  await phone.page.reload();
  const row = phone.page.locator('[data-list=sessions] li', { has: phone.page.locator('[data-cell=foreign]:visible') });
  await row.first().waitFor();
  await shot(phone, 'sessions');
  await row.first().locator('[data-do=end]').click();
  for (let i = 0; i < 20 && !at(kiosk.page, '/login'); i += 1) {
    await kiosk.page.goto(dvc);
    if (!at(kiosk.page, '/login')) await new Promise((resolve) => setTimeout(resolve, 200));
  }
  ok(at(kiosk.page, '/login'), 'the portal signed it out');
});

await scenario('suspended and resumed on /me', async () => {
  const { page } = person;
  await page.goto(`${nixa.issuer}/me`);
  const row = page.locator('[data-qr-identity]', { hasText: 'Điện thoại một' });
  await go(page, () => row.locator('button[value=suspend]').click());
  await phone.page.reload();
  await on(phone, 'home').locator('[data-slot=state]').waitFor();
  ok(!await on(phone, 'home').locator('[data-slot=code]').isVisible(), 'the phone shows no code');
  await go(page, () => row.locator('button[value=resume]').click());
  if (await page.locator('input[name=password]').count()) {
    await page.fill('input[name=password]', who.password);
    await submit(page, 'form:has(input[name=password]) button[type=submit]');
    if (await row.locator('button[value=resume]').count()) await go(page, () => row.locator('button[value=resume]').click());
  }
  await phone.page.reload();
  await on(phone, 'home').locator('[data-slot=code]').waitFor();
  ok(true, 'and shows it again');
});

await scenario('a portal signs her out', async () => {
  const { page } = person;
  await page.goto(dvc);
  if (await consenting(page)) await allow(page);
  await go(page, () => page.locator('[data-action=sign-out]').click());
  await shot(person, 'sign-out');
  if (at(page, '/oidc/logout')) await submit(page, 'button[name=decision][value=sign-out]');
  await page.waitForLoadState();
  ok(/signed-out/.test(page.url()), 'and says so', page.url());
  await page.goto(thue);
  ok(at(page, '/login'), 'there is no single sign-on any more');
});

await scenario('sign out everywhere', async () => {
  const { page } = person;
  await page.goto(`${nixa.issuer}/me`);
  await signInByPassword(page, who);
  await go(page, () => page.locator('[data-action=sign-out-everywhere]').click());
  ok(at(page, '/signed-out'), 'said');
  await shot(person, 'signed-out');
  await phone.page.goto(`${nixa.issuer}/me`);
  ok(at(phone.page, '/login'), 'her phone\'s browser is signed out too');
});

await scenario('the console: a link, a person, a revocation with its receipt', async () => {
  const { page } = kiosk;
  const made = await nixa.ctl('console-link', '--role', 'operator');
  await page.goto(made.link ?? made.url);
  await page.waitForURL(`${nixa.issuer}/console`);
  await shot(kiosk, 'console');
  ok(!page.url().includes('#'), 'the secret leaves the address bar');
  await page.goto(`${nixa.issuer}/console/people?q=${who.user_name}`);
  await shot(kiosk, 'console-people');
  await go(page, () => page.locator('tbody a').first().click());
  await shot(kiosk, 'console-person');
  const row = page.locator('[data-qr-identity]', { hasText: 'Điện thoại hai' });
  await row.locator('input[name=reason]').fill('mất máy');
  await go(page, () => row.locator('button.danger').click());
  await shot(kiosk, 'console-receipt');
  ok(/\S/.test(await page.locator('dl.claims').textContent()), 'the receipt');
  for (const path of ['sessions', 'clients', 'audit']) {
    await page.goto(`${nixa.issuer}/console/${path}`);
    ok(await page.locator('h1').count() && !await page.locator('text=/Có lỗi/').count(), `/console/${path}`);
    await shot(kiosk, `console-${path}`);
  }
  await other.page.reload();
  await on(other, 'dead').waitFor();
  ok(true, 'the phone is dead');
});

await scenario('the admin API', async () => {
  const token = async (scope) => {
    const made = await nixa.ctl('token', '--scope', scope);
    return { authorization: `Bearer ${made.access_token ?? made.token}` };
  };
  const found = await https(nixa, `/scim/v2/Users?filter=${encodeURIComponent(`userName eq "${who.user_name}"`)}`, { headers: await token('scim') });
  const id = found.json.Resources[0].id;
  const revoke = await token('revoke');
  const items = (await https(nixa, `/admin/v1/people/${id}/qr-identities`, { headers: revoke })).json.items;
  const one = items.find((item) => item.kind === 'device' && item.status === 'active');
  ok(one, 'lists the first phone', JSON.stringify(items));
  const done = await https(nixa, `/admin/v1/qr-identities/${one.id}/revoke`, { method: 'POST', headers: { ...revoke, 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'lost' }) });
  equal(done.status, 204, 'revokes it');
  await phone.page.goto(`${nixa.issuer}/wallet`);
  await on(phone, 'dead').waitFor();
  ok(true, 'the phone is dead at once');
  const audit = await https(nixa, `/admin/v1/audit?subject=${id}`, { headers: await token('audit') });
  ok(audit.json.items.length > 5, 'the audit trail tells it', audit.text.slice(0, 300));
});

await scenario('rule 8: paper and PIN', async () => {
  const { page } = person;
  const made = await nixa.ctl('token', '--scope', 'scim');
  const operator = { authorization: `Bearer ${made.access_token ?? made.token}`, 'content-type': 'application/json' };
  const found = await https(nixa, `/scim/v2/Users?filter=${encodeURIComponent(`userName eq "${people[1].user_name}"`)}`, { headers: operator });
  const paper = await https(nixa, `/admin/v1/people/${found.json.Resources[0].id}/qr-identities`, { method: 'POST', headers: operator, body: JSON.stringify({ kind: 'paper' }) });
  equal(paper.status, 201, 'an operator makes a paper');
  await person.context.clearCookies();
  await toCode(person, dvc);
  await go(page, () => page.locator('a[href*="/login/paper"]').click());
  await page.fill('#code', paper.json.handle);
  await page.fill('#pin', '000000');
  await submit(page, 'form:has(#code) button[type=submit]');
  ok(await page.locator('[role=alert]').count(), 'a wrong PIN is said');
  await shot(person, 'paper');
  await page.fill('#code', paper.json.handle);
  await page.fill('#pin', paper.json.pin);
  await submit(page, 'form:has(#code) button[type=submit]');
  if (await consenting(page)) await allow(page);
  equal((await claims(page)).acr, 'urn:nixa:acr:m1', 'm1');
  await page.goto(thue);
  ok(at(page, '/login'), 'for that portal alone');
});

for (const profile of [person, kiosk, phone, other]) await profile.close();
await nixa.down();
rmSync(folder, { recursive: true, force: true });
finish();
