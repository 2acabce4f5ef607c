// The demo's third portal speaks SAML, and nobody who uses it needs to know: the same sign-in page, the same consent, one
// session with the other two. NIXA_SHOTS=FOLDER keeps pictures.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Profile } from './browser.mjs';
import { Nixa } from './nixa.mjs';
import { allow, at, claims, consenting, signInByPassword, submit } from './steps.mjs';
import { equal, finish, ok, scenario } from './tap.mjs';

const shots = process.env.NIXA_SHOTS;
if (shots) mkdirSync(shots, { recursive: true });
const shot = async (profile, name) => { if (shots) await profile.page.screenshot({ path: join(shots, `health-${name}.png`), fullPage: true }); };

const nixa = await Nixa.up();
const [yte, dvc] = ['yte', 'dichvucong'].map((name) => `${nixa.portal(name)}/`);
const who = { user_name: 'lan', password: 'nixa-demo-2026' };
const person = await Profile.open(nixa.ca);
const narrow = await Profile.open(nixa.ca, { phone: true, language: 'en-US' });
const plain = await Profile.open(nixa.ca, { script: false });
let first;

await scenario('the front page leads to it', async () => {
  await person.page.goto(`${nixa.issuer}/`);
  equal(await person.page.locator(`a[href="${yte}"]`).count(), 1, 'by its name');
  ok((await person.page.locator(`a[href="${yte}"]`).first().textContent()).includes('Cổng y tế'), 'in Vietnamese');
});

await scenario('she signs in there as anywhere', async () => {
  const { page } = person;
  const refused = [];
  page.on('console', (m) => { if (/Content Security/i.test(m.text())) refused.push(m.text()); });
  await page.goto(yte);
  ok(at(page, '/login') && (await page.locator('main').textContent()).includes('Cổng y tế'), 'the sign-in page names it');
  await signInByPassword(page, who);
  ok(await consenting(page), 'consent is asked');
  await shot(person, '1-consent');
  await allow(page);
  await page.waitForURL(`${yte}**`);
  first = await claims(page);
  equal(first.name, 'Nguyễn Thị Lan', 'the portal knows her name');
  equal(first.birthdate, '1990-03-12', 'and what else it asked for');
  ok(!first.email && first.qr_id, 'and no more; the sign-in is bound to her QR identity', JSON.stringify(first));
  equal(refused.join('; '), '', 'no policy stands in the way of the form');
  await shot(person, '2-portal');
});

await scenario('the other portals are one step away', async () => {
  const { page } = person;
  await submit(page, '[data-action=other-portal]');
  if (await consenting(page)) await allow(page);
  ok(page.url().startsWith(dvc), 'no password is asked');
  ok((await claims(page)).sub !== first.sub, 'under another pseudonym');
});

await scenario('a phone 320 px wide, in English', async () => {
  const { page } = narrow;
  await page.goto(yte);
  await signInByPassword(page, { ...who, user_name: 'minh' });
  if (await consenting(page)) await allow(page);
  await page.waitForURL(`${yte}**`);
  equal(await page.locator('h1').textContent(), 'Hello, Trần Văn Minh', 'greeted in her language');
  ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'no wider than its screen');
  await shot(narrow, '3-phone');
});

await scenario('without script the answer is sent by a button', async () => {
  const { page } = plain;
  await page.goto(yte);
  await signInByPassword(page, who);
  if (await consenting(page)) await allow(page);
  ok(page.url().startsWith(nixa.issuer) && await page.locator('input[name=SAMLResponse]').count(), 'a form waits');
  await shot(plain, '4-button');
  await submit(page, 'form[data-auto-submit] button[type=submit]');
  equal((await claims(page)).sub, first.sub, 'she is in, as who she is there');
});

for (const profile of [person, narrow, plain]) await profile.close();
await nixa.down();
finish();
