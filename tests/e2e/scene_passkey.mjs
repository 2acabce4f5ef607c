// Passkeys in a real browser, with Chromium's virtual authenticators: added on /me, signing in without a user name, stepping
// up for a portal, refused without user verification, approving in the wallet, removed.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Profile } from './browser.mjs';
import { writeBlankCamera } from './camera.mjs';
import { Nixa } from './nixa.mjs';
import { https, Probe } from './probe.mjs';
import { allow, at, claims, consenting, enrolPhone, go, scanScreen, shownDigits, signInByPassword, submit, typeDigits } from './steps.mjs';
import { equal, finish, ok, scenario } from './tap.mjs';

const PIN = '602914';
const folder = mkdtempSync(join(tmpdir(), 'nixa-passkey-'));
const shots = process.env.NIXA_SHOTS;
if (shots) mkdirSync(shots, { recursive: true });
const shot = async (profile, name) => { if (shots) await profile.page.screenshot({ path: join(shots, `passkey-${name}.png`), fullPage: true }); };

const nixa = await Nixa.up();
const dvc = `${nixa.portal('dichvucong')}/`;
const person = await Profile.open(nixa.ca);
const narrow = await Profile.open(nixa.ca, { phone: true, language: 'en-US' });
const screen = await Profile.open(nixa.ca);
const camera = join(folder, 'camera.y4m');
writeBlankCamera(camera);
const phone = await Profile.open(nixa.ca, { phone: true, camera });
phone.camera = camera;

// An authenticator that answers by itself, as if its holder touched it: of the machine, or (hybrid) of a phone nearby.
async function authenticator(profile, transport = 'internal') {
  const cdp = await profile.context.newCDPSession(profile.page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport,
    hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
  return {
    verified: (isUserVerified) => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
    present: (enabled) => cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled }),
    credentials: async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    add: (credential) => cdp.send('WebAuthn.addCredential', { authenticatorId, credential }),
  };
}

let token;
const admin = async (path, method = 'GET', body) => {
  token ??= await nixa.ctl('token', '--scope', 'scim revoke keys');
  return https(nixa, path, { method, body: body && JSON.stringify(body),
    headers: { authorization: `Bearer ${token.access_token ?? token.token}`, ...(body && { 'content-type': 'application/json' }) } });
};

await person.page.goto(`${nixa.issuer}/`);
const people = await person.page.locator('tbody tr').evaluateAll((rows) => rows.map((r) => {
  const [user_name, password] = [...r.querySelectorAll('code')].map((c) => c.textContent);
  return { user_name, password };
}));
const who = people[0];
const key = await authenticator(person);
let subject, passkey;

const bySignIn = 'form[data-passkey=get] button[type=submit]';
const signOut = (profile) => profile.context.clearCookies();
const problem = (page) => page.locator('[data-problem]:visible');

await scenario('a passkey is added on her own page', async () => {
  const { page } = person;
  await key.present(false); // the sign-in page asks by itself
  await page.goto(`${nixa.issuer}/login`);
  await signInByPassword(page, who);
  await shot(person, 'me');
  await page.goto(`${nixa.issuer}/me/passkeys`);
  await shot(person, 'none');
  await key.present(true);
  await key.verified(false);
  await page.locator('[data-action=add-passkey]').click();
  await problem(page).waitFor();
  equal((await key.credentials()).length, 0, 'none without user verification');
  await shot(person, 'not-added');
  await key.verified(true);
  await page.fill('#name', 'Máy ở nhà');
  await submit(page, '[data-action=add-passkey]');
  ok(page.url().endsWith('done=added'), 'added', page.url());
  await shot(person, 'added');
  const [made] = await key.credentials();
  ok(made?.isResidentCredential && made.rpId === 'localhost', 'the authenticator keeps it for this site');
  ok(!Buffer.from(made.userHandle, 'base64').toString().includes(who.user_name), 'under a name that is none of hers');
  await page.goto(`${nixa.issuer}/me/passkeys`);
  await page.locator('[data-action=add-passkey]').click();
  await problem(page).waitFor();
  equal((await key.credentials()).length, 1, 'an authenticator is added once');
});

await scenario('signing in without a user name', async () => {
  const { page } = person;
  await key.present(false);
  await signOut(person);
  await page.goto(dvc);
  await shot(person, 'login');
  await go(page, () => page.locator('a[href*="/login/passkey"]').click());
  await shot(person, 'sign-in');
  await key.present(true);
  await submit(page, bySignIn);
  if (await consenting(page)) await allow(page);
  const seen = await claims(page);
  ok(page.url().startsWith(dvc) && seen.name, 'the portal knows her', page.url());
  equal(seen.acr, 'urn:nixa:acr:m1', 'rule 3: at the level of the session that added it');
});

await scenario('behind the user name: the browser offers what it knows', async () => {
  const { page } = person;
  await signOut(person);
  await key.present(true);
  await page.goto(`${nixa.issuer}/login`);
  await page.waitForURL(`${nixa.issuer}/me`);
  ok(await page.locator('[data-action=sign-out-everywhere]').count(), 'signed in without a button');
});

const levelUp = async () => {
  const found = (await admin(`/scim/v2/Users?filter=${encodeURIComponent(`userName eq "${who.user_name}"`)}`)).json;
  subject = found.Resources[0].id;
  [passkey] = (await admin(`/admin/v1/people/${subject}/passkeys`)).json.items;
  equal(passkey.level, 'm1', 'operators see its level');
  equal((await admin(`/admin/v1/people/${subject}/passkeys/${passkey.id}/level`, 'POST', { level: 'm4' })).status, 400, 'never above her proofing');
  equal((await admin(`/admin/v1/people/${subject}/passkeys/${passkey.id}/level`, 'POST', { level: 'm2' })).status, 204, 'proofed at a counter');
};

await scenario('a portal asks for two factors: a step up', async () => {
  const { page } = person;
  await levelUp();
  await key.present(false);
  await signOut(person);
  await page.goto(`${nixa.issuer}/login`);
  await signInByPassword(page, who);
  const probe = await Probe.register(nixa);
  const asked = encodeURIComponent(JSON.stringify({ id_token: { acr: { essential: true, value: 'urn:nixa:acr:m2' } } }));
  await page.goto(`${probe.start()}&claims=${asked}`);
  await shot(person, 'step-up');
  await go(page, () => page.locator('a[href*="/login/passkey"]').click());
  await key.verified(false);
  await key.present(true);
  await page.locator(bySignIn).click();
  await problem(page).waitFor();
  await shot(person, 'unverified');
  ok(at(page, '/login/passkey'), 'not without user verification');
  await key.verified(true);
  const back = page.waitForRequest((rq) => rq.url().startsWith(probe.redirect)).catch(() => null);
  await submit(page, bySignIn);
  if (await consenting(page)) await allow(page);
  const code = new URL((await back).url()).searchParams.get('code');
  equal((await probe.redeem(code)).status, 200, 'a code');
  equal(probe.claims.acr, 'urn:nixa:acr:m2', 'm2');
  ok(probe.claims.amr.includes('hwk'), 'by a key in hardware', probe.claims.amr);
});

await scenario('on a narrow page, in English, and without script', async () => {
  const { page } = narrow;
  await page.goto(`${nixa.issuer}/login/passkey`);
  await shot(narrow, 'sign-in-narrow');
  ok(await page.evaluate(() => document.documentElement.scrollWidth <= 320), 'nothing is wider than 320 px');
  const plain = await Profile.open(nixa.ca, { script: false });
  await plain.page.goto(`${nixa.issuer}/login/passkey`);
  await shot(plain, 'no-script');
  await submit(plain.page, bySignIn);
  ok(await plain.page.locator('[role=alert]').count(), 'says what it lacks');
  await plain.page.goto(`${nixa.issuer}/login`);
  await signInByPassword(plain.page, who);
  ok(at(plain.page, '/me'), 'the password needs none');
  await plain.page.goto(`${nixa.issuer}/me/passkeys`);
  equal(await plain.page.locator('[data-passkey-id]').count(), 1, 'nor does seeing what one has');
  await plain.close();
});

await scenario('at a computer that is not hers, by the phone that lies beside it', async () => {
  const { page } = narrow;
  const near = await authenticator(narrow, 'hybrid');
  await near.present(false);
  await page.goto(`${nixa.issuer}/login`);
  await signInByPassword(page, people[1]);
  await page.goto(`${nixa.issuer}/me/passkeys`);
  await near.present(true);
  await submit(page, '[data-action=add-passkey]');
  equal((await near.credentials()).length, 1, 'her phone keeps it');
  await signOut(narrow);
  await page.goto(`${nixa.issuer}/login/passkey`);
  await submit(page, bySignIn);
  ok(at(page, '/me'), 'she is signed in', page.url());
});

await scenario('the wallet: a passkey approves in place of the PIN', async () => {
  const { page } = phone;
  const own = await authenticator(phone);
  await own.present(true);
  await key.present(false);
  await signOut(person);
  await person.page.goto(`${nixa.issuer}/login`);
  await signInByPassword(person.page, who);
  await page.goto(`${nixa.issuer}/wallet`);
  await enrolPhone(person, phone, who.password, PIN, 'Điện thoại thử');
  await page.fill('#passkey-pin', PIN);
  await shot(phone, 'wallet-add');
  await page.locator('[data-form=passkey] button[type=submit]').click();
  await page.locator('[data-slot=passkey-have]:visible').waitFor();
  equal((await own.credentials()).length, 1, 'kept by the phone');
  await screen.page.goto(dvc);
  await go(screen.page, () => screen.page.locator('a[href*="/login/qr"]').click());
  await screen.page.locator('svg[data-qr]').waitFor();
  const ask = page.locator('[data-screen=ask]');
  for (let i = 0; i < 3 && !await ask.isVisible(); i += 1) {
    await scanScreen(phone, screen.page, 'scan');
    await ask.or(page.locator('[data-screen=home] > .note.bad:visible')).first().waitFor();
  }
  await ask.waitFor();
  await shot(phone, 'wallet-ask');
  await own.verified(false);
  await page.locator('[data-do=passkey]').click();
  await page.locator('[data-screen=ask] .note.bad:visible').waitFor();
  await own.verified(true);
  await page.locator('[data-do=passkey]').click();
  await page.locator('[data-screen=digits]').waitFor();
  await typeDigits(screen.page, await shownDigits(page));
  if (await consenting(screen.page)) await allow(screen.page);
  ok((await claims(screen.page)).name, 'signed in on the other screen');
  const trail = (await admin(`/admin/v1/audit?subject=${subject}&type=qr.approved`)).status;
  ok([200, 403].includes(trail), 'the trail is an auditor\'s');
});

await scenario('removed: it opens nothing any more, and what it opened ends', async () => {
  const { page } = person;
  await signOut(person);
  await page.goto(`${nixa.issuer}/login/passkey`);
  await key.present(true);
  await submit(page, bySignIn);
  ok(at(page, '/me'), 'her own page', page.url());
  await page.goto(`${nixa.issuer}/me/passkeys`);
  equal(await page.locator('[data-passkey-id]').count(), 2, 'hers, and the one of her phone');
  await shot(person, 'list');
  const row = page.locator(`[data-passkey-id="${passkey.id}"]`);
  await row.locator('summary').click();
  await go(page, () => row.locator('button[value=remove]').click());
  ok(at(page, '/login'), 'this session was opened by it', page.url());
  await page.goto(`${nixa.issuer}/login/passkey`);
  await submit(page, bySignIn);
  ok(await page.locator('#error').count(), 'refused');
  await shot(person, 'refused');
});

await scenario('an operator: a console link first, then a passkey; rights over keys take two', async () => {
  const { page } = screen;
  const own = await authenticator(screen);
  const entered = async () => { await page.waitForURL(`${nixa.issuer}/console`); return true; };
  const link = await nixa.ctl('console-link', '--role', 'administrator');
  await page.goto(link.link ?? link.url);
  ok(await entered(), 'by the link');
  await page.goto(`${nixa.issuer}/console/passkeys`);
  await page.fill('#name', 'Trần Văn Quản');
  await submit(page, '[data-action=add-passkey]');
  equal(await page.locator('[data-administrator]').count(), 1, 'an administrator is enrolled');
  equal((await own.credentials()).length, 1, 'with a passkey of her own');
  await shot(screen, 'console');
  await signOut(screen);
  await page.goto(`${nixa.issuer}/console`);
  await shot(screen, 'console-enter');
  await submit(page, '[data-action=passkey]');
  ok(await entered(), 'by the passkey alone');
  const refused = await nixa.ctl('token', '--scope', 'keys').then(() => '', (e) => e.message);
  ok(refused.includes('second operator'), 'a token for keys waits for a second operator', refused);
  await page.goto(`${nixa.issuer}/console/approvals`);
  await shot(screen, 'console-approvals');
  await submit(page, '[data-approval] button');
  ok((await nixa.ctl('token', '--scope', 'keys')).token, 'who approves it here');
});

for (const profile of [person, narrow, screen, phone]) await profile.close();
await nixa.down();
rmSync(folder, { recursive: true, force: true });
finish();
