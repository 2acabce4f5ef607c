// The demo's other provider: a second NIXA behind the same edge, chosen on the page of ways, and what follows: who she is here,
// what her level is, signing out on both sides, and switching it off.
import { Nixa } from '../e2e/nixa.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { Browser } from './browser.mjs';

const password = 'nixa-demo-2026';
const nixa = await Nixa.up();
const portal = `${nixa.portal('dichvucong')}/`, provider = `https://canbo.localhost:${nixa.port}`;
const lan = new Browser(nixa, 'en');

async function choose(browser) {
  await browser.go(portal);
  const ways = browser.page.text.match(/href="(\/login\/ways\?t=[^"]+)"/);
  ok(ways, 'the sign-in page leads to other ways', browser.page.text.slice(0, 1500));
  await browser.go(new URL(ways[1].replaceAll('&amp;', '&'), browser.page.url).href);
  const go = browser.page.text.match(/href="(\/upstream\/canbo\/go[^"]*)"/);
  ok(go && /Officials/.test(browser.page.text), 'the provider is among them', browser.page.text.slice(0, 2500));
  await browser.go(new URL(go[1].replaceAll('&amp;', '&'), browser.page.url).href);
}

await scenario('she chooses the other provider, signs in there and arrives at the portal as who she is here', async () => {
  await choose(lan);
  ok(lan.page.url.startsWith(`${provider}/login`), 'the provider asks her to sign in', `${lan.page.status} ${lan.page.url}`);
  await lan.submit('/login/password', { username: 'lan', password });
  if (lan.page.url.startsWith(`${provider}/consent`)) await lan.submit('/consent', { decision: 'allow' });
  ok(lan.page.url.startsWith(`${nixa.issuer}/consent`), 'NIXA knows her by her national number and asks for the portal', `${lan.page.status} ${lan.page.url}\n${lan.page.text.slice(0, 1200)}`);
  await lan.submit('/consent', { decision: 'allow' });
  ok(lan.page.url.startsWith(portal) && lan.page.status === 200, 'she is at the portal', `${lan.page.status} ${lan.page.url}`);
  const direct = new Browser(nixa, 'en');
  await direct.go(portal);
  await direct.submit('/login/password', { username: 'lan', password });
  if (direct.at('/consent')) await direct.submit('/consent', { decision: 'allow' });
  equal(lan.claims().sub, direct.claims().sub, 'the same person as by her password here');
  const sessions = await nixa.ctl('sessions', 'lan');
  ok(sessions.items.some((s) => s.acr === 'urn:nixa:acr:m1' || s.acr === 'urn:nixa:acr:m2'), 'with a level of ours', JSON.stringify(sessions.items));
});

await scenario('signing out there signs her out here', async () => {
  await lan.go(`${provider}/me`);
  await lan.submit('/me', { act: 'sign-out-everywhere' });
  let live = 1;
  for (let i = 0; i < 100 && live; i += 1) {
    const now = await nixa.ctl('sessions', 'lan');
    live = now.items.filter((s) => s.amr.length === 0 || !s.amr.includes('pwd')).length;
    if (live) await new Promise((resolve) => setTimeout(resolve, 200));
  }
  equal(live, 0, 'no session through the provider is left');
});

await scenario('switched off, it is not there any more and nothing goes through it', async () => {
  const again = new Browser(nixa, 'en');
  await choose(again);
  const there = again.page.url;
  await nixa.ctl('upstream', 'off', 'canbo', '--reason', 'test');
  ok(there.startsWith(provider), 'she was on her way');
  await again.submit('/login/password', { username: 'minh', password });
  if (again.page.url.startsWith(`${provider}/consent`)) await again.submit('/consent', { decision: 'allow' });
  ok(!again.page.url.startsWith(portal) && again.page.status >= 400, 'and does not arrive', `${again.page.status} ${again.page.url}`);
  const other = new Browser(nixa, 'en');
  await other.go(portal);
  ok(!/\/upstream\/canbo\/go/.test(other.page.text), 'it is not offered');
});

await nixa.down();
finish();
