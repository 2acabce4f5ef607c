// A screen at a counter in a real browser: it makes a key that nothing can take out of it, proves it before each code, and
// is a screen like any other once it is revoked. NIXA_SHOTS=FOLDER keeps pictures.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Profile } from './browser.mjs';
import { Nixa } from './nixa.mjs';
import { at } from './steps.mjs';
import { equal, finish, ok, scenario } from './tap.mjs';

const shots = process.env.NIXA_SHOTS;
if (shots) mkdirSync(shots, { recursive: true });
const nixa = await Nixa.up();
const screen = await Profile.open(nixa.ca), other = await Profile.open(nixa.ca);
const { page } = screen;
const refused = [];
page.on('console', (m) => { if (/Content Security/i.test(m.text())) refused.push(m.text()); });
let kiosk;

// From the portal to the code; how the code came.
async function code(browser) {
  const posts = [];
  const watch = (request) => { if (request.method() === 'POST' && request.url().includes('/login/qr')) posts.push(new URL(request.url()).pathname); };
  browser.on('request', watch);
  await browser.goto(`${nixa.portal('dichvucong')}/`);
  await browser.click('a[href^="/login/qr"]');
  await browser.waitForSelector('[data-qr]');
  browser.off('request', watch);
  return posts;
}

await scenario('an operator registers it and opens the link on it', async () => {
  kiosk = await nixa.ctl('kiosk', 'add', '--name', 'Máy 2', '--place', 'UBND phường Hoàn Kiếm');
  await page.goto(kiosk.enrolment);
  if (shots) await page.screenshot({ path: join(shots, 'kiosk-enrol.png'), fullPage: true });
  await page.click('form[data-kiosk] button[type=submit]');
  await page.waitForSelector('text=UBND phường Hoàn Kiếm');
  if (shots) await page.screenshot({ path: join(shots, 'kiosk-enrolled.png'), fullPage: true });
  const { items } = await nixa.ctl('kiosk', 'list');
  equal(items.map((k) => `${k.name} ${k.state}`).join(), 'Máy 2 active', 'it is active');
});

await scenario('nothing takes the key out of it', async () => {
  const exported = await page.evaluate(() => new Promise((resolve) => {
    const open = indexedDB.open('nixa-kiosk', 1);
    open.onsuccess = () => {
      const get = open.result.transaction('key').objectStore('key').get('key');
      get.onsuccess = async () => resolve(await crypto.subtle.exportKey('jwk', get.result).then(() => 'taken', (e) => e.name));
    };
  }));
  equal(exported, 'InvalidAccessError', 'the browser refuses');
});

await scenario('the link is good once', async () => {
  await other.page.goto(kiosk.enrolment);
  await other.page.click('form[data-kiosk] button[type=submit]');
  await other.page.waitForSelector('[role=alert]');
  ok(!(await other.page.textContent('main')).includes('Hoàn Kiếm'), 'a second machine is refused');
});

await scenario('it proves its key by itself before a code is shown', async () => {
  equal((await code(page)).join(), '/login/qr/kiosk', 'one signed challenge');
  ok(at(page, '/login/qr'), 'and the code is there', page.url());
  equal((await code(other.page)).length, 0, 'an ordinary screen is asked for none');
  equal(refused.join('; '), '', 'no policy stands in the way');
});

await scenario('revoked, it shows an ordinary code', async () => {
  await nixa.ctl('kiosk', 'revoke', kiosk.id, '--reason', 'stolen');
  await code(page);
  equal((await code(page)).length, 0, 'and does not try again');
});

await screen.close();
await other.close();
await nixa.down();
finish();
