// Single logout in a real browser, under the pages' own policy: with script the way through the portals goes by itself, without
// script by the button; a portal that does not come back is left behind from the page.
import { join } from 'node:path';
import { chromium } from '../e2e/node_modules/playwright-core/index.mjs';
import { Nixa } from '../e2e/nixa.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { NodeSamlPortal } from './node_saml_portal.mjs';
import { freePort, makePair, ownMetadata, password, register, signers } from './saml_peer.mjs';

const nixa = await Nixa.up();
const certs = signers(await ownMetadata(nixa));
const portal = new NodeSamlPortal({ issuer: nixa.issuer, certs, port: await freePort(), pair: makePair(join(nixa.dir, 'node'), 'sign') });
await portal.listen();
await register(nixa, portal.metadata());
const chrome = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless=new', '--no-sandbox', '--disable-gpu'] });

async function open(script) {
  const context = await chrome.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: script, locale: 'vi-VN' });
  const page = await context.newPage();
  page.refusals = [];
  page.on('console', (m) => { if (/Content Security|Refused/.test(m.text())) page.refusals.push(m.text()); });
  return page;
}

// Presses whatever takes her on, as a person without script would.
async function onward(page, done) {
  for (let i = 0; i < 12 && !await done(page); i += 1) {
    const button = page.locator('main form button[type=submit]').first();
    if (page.url().startsWith(nixa.issuer) && await page.locator('input[name=username]').count() === 0 && await button.count()) {
      await Promise.all([page.waitForLoadState(), button.click().catch(() => {})]);
    } else await page.waitForTimeout(150);
  }
}

async function signIn(page) {
  await page.goto(`${portal.base}/`);
  await page.fill('input[name=username]', 'lan');
  await page.fill('input[name=password]', password);
  await page.click('form[action="/login/password"] button[type=submit]');
  await onward(page, async (p) => p.url() === `${portal.base}/`);
}

for (const script of [true, false]) {
  await scenario(`signing out on her own page, ${script ? 'with' : 'without'} script`, async () => {
    const page = await open(script);
    await signIn(page);
    equal(portal.sessions.size, 1, 'she is in at the portal');
    await page.goto(`${nixa.issuer}/me`);
    await page.click('button[name=act][value=sign-out]');
    const finished = async (p) => await p.locator('[data-portals] .tag.good').count() === 1;
    if (script) await page.waitForSelector('[data-portals] .tag.good', { timeout: 10_000 });
    else await onward(page, finished);
    ok(await finished(page), 'the page says that the portal has signed her out', `${page.url()}\n${page.refusals.join('\n')}`);
    equal(portal.sessions.size, 0, 'and it has');
    equal(page.refusals.length, 0, 'the policy of the pages stood in no way', page.refusals.join('\n'));
    await page.context().close();
  });
}

await scenario('a portal that does not come back', async () => {
  portal.plan.mute = true;
  const page = await open(true);
  await signIn(page);
  let way;
  page.on('framenavigated', (frame) => { if (frame.url().includes('/saml/logout/progress')) way = frame.url(); });
  await page.goto(`${nixa.issuer}/me`);
  await page.click('button[name=act][value=sign-out]');
  await page.waitForURL((u) => u.href.startsWith(portal.base), { timeout: 10_000 });
  await page.waitForLoadState();
  await page.goto(way);
  await page.waitForTimeout(500);
  equal(page.url(), way, 'back on the page she is not sent off again');
  await page.click('main form button[type=submit]');
  await page.waitForSelector('[data-portals] .tag.bad', { timeout: 10_000 });
  equal(await page.locator('main form').count(), 0, 'and the button ends it');
  await page.context().close();
});

await chrome.close();
portal.close();
await nixa.down();
finish();
