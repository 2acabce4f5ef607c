// The demo's two portals, stock Apache with mod_auth_openidc, used as a person would but without a screen: sign in by
// password, consent, what the portal then knows, single sign-on, sign-out, and being signed out from behind.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Nixa } from '../e2e/nixa.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { Browser } from './browser.mjs';
import { until } from './wire.mjs';

const password = 'nixa-demo-2026';
const nixa = await Nixa.up();
const [dvc, thue] = ['dichvucong', 'thue'].map((name) => `${nixa.portal(name)}/`);
const lan = new Browser(nixa), elsewhere = new Browser(nixa, 'en');
const inside = (browser, portal) => browser.page.url.startsWith(portal) && browser.page.status === 200 && /data-claim="sub"/.test(browser.page.text);
const asked = (browser) => browser.at('/login');

async function signIn(browser, portal, who) {
  await browser.go(portal);
  if (asked(browser)) await browser.submit('/login/password', { username: who, password });
  if (browser.at('/consent')) await browser.submit('/consent', { decision: 'allow' });
}

// The portal forgot its own session; NIXA may or may not know the person still.
const portalForgot = async (browser, portal) => {
  const page = await browser.once(portal);
  return page.status === 302 && page.headers.location.startsWith(nixa.issuer);
};

let first, second;

await scenario('the first portal sends her to sign in', async () => {
  await lan.go(dvc);
  ok(asked(lan), 'she is asked to sign in', `${lan.page.status} ${lan.page.url}\n${lan.trail.join('\n')}\n${lan.page.text.slice(0, 600)}`);
  const authorize = new URL(lan.trail.find((u) => u.includes('/oidc/authorize')) ?? 'https://none/');
  equal(authorize.searchParams.get('code_challenge_method'), 'S256', 'the portal uses PKCE');
  equal(authorize.searchParams.get('client_id'), 'dichvucong', 'under its own name');
});

await scenario('a wrong password keeps her out', async () => {
  await lan.submit('/login/password', { username: 'lan', password: 'not her password' });
  ok(asked(lan), 'she is asked again', `${lan.page.status} ${lan.page.url}`);
  ok(lan.page.status >= 400 && lan.page.status < 500, 'with a status that says so', lan.page.status);
});

await scenario('she signs in, consents, and the portal knows what it may', async () => {
  await lan.submit('/login/password', { username: 'lan', password });
  ok(lan.at('/consent'), 'consent is asked', `${lan.page.status} ${lan.page.url}\n${lan.page.text.slice(0, 900)}`);
  await lan.submit('/consent', { decision: 'allow' });
  ok(inside(lan, dvc), 'she is in', `${lan.page.status} ${lan.page.url}\n${lan.trail.join('\n')}\n${lan.page.text.slice(0, 900)}`);
  first = lan.claims();
  equal(first.name, 'Nguyễn Thị Lan', 'her name, in its own letters');
  equal(first.acr, 'urn:nixa:acr:m1', 'a password is m1');
  ok(/^[A-Za-z0-9_-]{16,}$/.test(first.qr_id ?? ''), 'bound to a QR identity', first.qr_id);
  ok(/^pwd/.test(first.amr ?? ''), 'by password', first.amr);
  ok(first.sub && first.sub !== 'lan', 'under a name that is not hers everywhere', first.sub);
});

await scenario('the second portal asks for consent and not for a password', async () => {
  await lan.go(thue);
  ok(!asked(lan) && lan.at('/consent'), 'consent at once', `${lan.page.status} ${lan.page.url}`);
  await lan.submit('/consent', { decision: 'allow' });
  ok(inside(lan, thue), 'she is in', `${lan.page.status} ${lan.page.url}`);
  second = lan.claims();
  ok(second.sub !== first.sub && second.qr_id !== first.qr_id, 'the portals cannot tell that she is the same', JSON.stringify([first, second]));
});

await scenario('who declines goes back with a refusal', async () => {
  await elsewhere.go(dvc);
  await elsewhere.submit('/login/password', { username: 'minh', password });
  await elsewhere.submit('/consent', { decision: 'deny' });
  ok(!inside(elsewhere, dvc), 'he is not in', `${elsewhere.page.status} ${elsewhere.page.url}`);
  ok(elsewhere.trail.concat(elsewhere.page.url).some((u) => u.startsWith(dvc) && u.includes('error=access_denied')), 'the portal was told access_denied',
    elsewhere.trail.join('\n'));
});

await scenario('the portal speaks the reader\'s language', async () => {
  const en = await elsewhere.once(`${dvc}signed-out.shtml`);
  const vi = await lan.once(`${dvc}signed-out.shtml`);
  ok(/<html lang="en">/.test(en.text) && /You are signed out/.test(en.text), 'English');
  ok(/<html lang="vi">/.test(vi.text) && /Bạn đã đăng xuất/.test(vi.text), 'Vietnamese');
  ok(!/[<]script|style=/.test(vi.text) && /default-src 'none'/.test(vi.headers['content-security-policy']), 'and runs nothing');
});

await scenario('a session outlives a restart of everything', async () => {
  await nixa.stop('SIGINT');
  await nixa.start();
  await lan.go(dvc);
  ok(inside(lan, dvc), 'she is still in', `${lan.page.status} ${lan.page.url}`);
  equal(lan.trail.length, 0, 'without a word to NIXA');
  equal(lan.claims().qr_id, first.qr_id, 'as who she was');
});

await scenario('an operator ends her session and the portals hear of it', async () => {
  await signIn(elsewhere, dvc, 'minh');
  ok(inside(elsewhere, dvc), 'somebody else is in as well', `${elsewhere.page.status} ${elsewhere.page.url}`);
  const sessions = await nixa.ctl('sessions', 'lan');
  equal(sessions.items.length, 1, 'one sign-on session');
  const receipt = await nixa.ctl('revoke', 'session', sessions.items[0].id, '--reason', 'integration test');
  ok(receipt, 'a receipt comes back');
  ok(await until(() => portalForgot(lan, dvc)), 'the first portal has forgotten her');
  ok(await until(() => portalForgot(lan, thue)), 'the second one too');
  ok(!(await portalForgot(elsewhere, dvc)), 'nobody else is touched');
  await lan.go(dvc);
  ok(asked(lan), 'and she has to sign in again', `${lan.page.status} ${lan.page.url}`);
});

await scenario('revoking her QR identity ends what is bound to it', async () => {
  await lan.submit('/login/password', { username: 'lan', password });
  ok(inside(lan, dvc), 'she is in again, without another consent', `${lan.page.status} ${lan.page.url}`);
  const [qr] = (await nixa.ctl('qr', 'list', 'lan')).items;
  await nixa.ctl('revoke', 'qr', qr.id, '--reason', 'integration test');
  ok(await until(() => portalForgot(lan, dvc)), 'the portal has forgotten her');
  await lan.go(dvc);
  ok(asked(lan), 'single sign-on gives nothing', `${lan.page.status} ${lan.page.url}`);
});

await scenario('she signs out of the portal, and so of NIXA', async () => {
  await elsewhere.go(dvc);
  const link = /href="([^"]+)"[^>]*>(?:Sign out|Đăng xuất)/.exec(elsewhere.page.text)?.[1];
  ok(link, 'there is a way out', elsewhere.page.text.slice(0, 400));
  await elsewhere.go(new URL(link.replaceAll('&amp;', '&'), dvc).href);
  if (!elsewhere.page.url.startsWith(dvc)) {
    const action = /<form[^>]*action="([^"]+)"/.exec(elsewhere.page.text)?.[1];
    if (action) await elsewhere.submit(action.split('?')[0], {});
  }
  ok(elsewhere.page.url.startsWith(`${dvc}signed-out`), 'she sees the portal\'s goodbye', `${elsewhere.page.status} ${elsewhere.page.url}\n${elsewhere.trail.join('\n')}`);
  await elsewhere.go(dvc);
  ok(asked(elsewhere), 'and is asked who she is next time', `${elsewhere.page.status} ${elsewhere.page.url}`);
});

await scenario('no log holds a code, a token or a name', async () => {
  for (const name of ['nixad', 'haproxy', 'dichvucong', 'thue', 'redis']) {
    const log = readFileSync(join(nixa.data, 'log', `${name}.log`), 'utf8');
    ok(!/eyJ[A-Za-z0-9_-]{20,}|[?&]code=|nixa-demo-2026|Nguyễn/.test(log), `${name}.log`, log.split('\n').filter((l) => /eyJ|code=|nixa-demo|Nguy/.test(l)).slice(0, 3).join('\n'));
  }
});

await nixa.down();
finish();
