// A second factor in a real browser with scripts switched off, on a screen of 320 px: adding an authenticator app by its
// picture, recovery codes, always asking, and signing in at a portal by password and code.
import { createHmac } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Profile } from './browser.mjs';
import { Nixa } from './nixa.mjs';
import { at, go, signInByPassword, submit } from './steps.mjs';
import { equal, finish, ok, scenario } from './tap.mjs';

const shots = process.env.NIXA_SHOTS;
if (shots) mkdirSync(shots, { recursive: true });
const shot = async (page, name) => { if (shots) await page.screenshot({ path: join(shots, `second-${name}.png`), fullPage: true }); };

const nixa = await Nixa.up();
const who = { user_name: 'lan', password: 'nixa-demo-2026' };
const dvc = `${nixa.portal('dichvucong')}/`;
const person = await Profile.open(nixa.ca, { phone: true, script: false });
const { page } = person;

function totp(uri, steps = 0) {
  const text = new URL(uri).searchParams.get('secret');
  const bits = [...text].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac('sha1', Buffer.from(bits.match(/.{8}/g).map((b) => Number.parseInt(b, 2)))).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
// Whether the page fits its screen: nothing to scroll sideways. Measured from outside, since the page runs no script.
const fits = async () => {
  const wide = await page.locator('main, main *').evaluateAll((all) => Math.max(...all.map((e) => e.getBoundingClientRect().right)));
  ok(wide <= 320, 'fits 320 px', wide);
};
const code = () => page.locator('input[autocomplete=one-time-code]');

let uri, first, recovery;

await scenario('adding an authenticator app', async () => {
  await page.goto(`${nixa.issuer}/me/codes`);
  await signInByPassword(page, who);
  await page.goto(`${nixa.issuer}/me/codes`);
  await fits();
  await page.fill('#label', 'Điện thoại của Lan');
  await submit(page, 'button[value=add]');
  uri = await page.locator('[data-qr]').getAttribute('data-qr');
  ok(/^otpauth:\/\/totp\//.test(uri), 'the picture says its link', uri);
  await fits();
  await shot(page, 'add');
  await code().fill('000000');
  await submit(page, 'form[action="/me/codes/confirm"] button[type=submit]');
  ok(await page.locator('[role=alert]').count(), 'a wrong first code is told');
  await shot(page, 'add-wrong');
  first = totp(uri, -1);
  await code().fill(first);
  await submit(page, 'form[action="/me/codes/confirm"] button[type=submit]');
  ok(await page.getByText('Điện thoại của Lan').count(), 'it is listed by its name');
  await fits();
  await shot(page, 'codes');
});

await scenario('recovery codes and always asking', async () => {
  await submit(page, 'button[value=recovery]');
  recovery = await page.locator('ol.codes code').allTextContents();
  equal(recovery.length, 10, 'ten codes');
  await fits();
  await shot(page, 'recovery');
  await page.goto(`${nixa.issuer}/me/codes`);
  ok(!(await page.content()).includes(recovery[0]), 'shown once');
  await submit(page, 'button[value=always-on]');
  ok(at(page, '/me/codes') || at(page, '/login/code'), 'kept');
});

await scenario('password and code at a portal', async () => {
  await person.context.clearCookies();
  await page.goto(dvc);
  await signInByPassword(page, who);
  ok(at(page, '/login/code'), 'the code is asked for', page.url());
  equal(await code().getAttribute('inputmode'), 'numeric', 'by a keyboard of digits');
  await fits();
  await shot(page, 'code');
  await code().fill(first);
  await submit(page, 'main button[type=submit]');
  ok(at(page, '/login/code') && await page.locator('[role=alert]').count(), 'the code of the enrolment is used up');
  await shot(page, 'used');
  await code().fill(totp(uri));
  await submit(page, 'main button[type=submit]');
  if (at(page, '/consent')) await go(page, () => page.locator('button[name=decision][value=allow]').click());
  ok(page.url().startsWith(dvc), 'and she is in', page.url());
  equal(await page.locator('[data-claim=amr]').first().textContent(), 'pwd,otp,mfa', 'by two factors');
});

await scenario('a recovery code', async () => {
  await person.context.clearCookies();
  await page.goto(dvc);
  await signInByPassword(page, who);
  await go(page, () => page.locator('a[href^="/login/recovery"]').click());
  await fits();
  await shot(page, 'recovery-login');
  await page.fill('#code', recovery[3].toUpperCase());
  await submit(page, 'main button[type=submit]');
  if (at(page, '/consent')) await go(page, () => page.locator('button[name=decision][value=allow]').click());
  ok(page.url().startsWith(dvc), 'lets her in', page.url());
});

await person.close();
await nixa.down();
finish();
