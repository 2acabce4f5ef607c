// An OpenID provider as upstream: npm oidc-provider, unmodified. Signing in at a portal through it, what its words are
// worth, whom it makes and whom it does not find, linking, logout both ways, and everything that goes wrong on the way.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Nixa } from '../e2e/nixa.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { Browser } from './browser.mjs';
import { addUpstream, arrive, follow, freePort, link, Peer, Portal } from './upstream.mjs';
import { until } from './wire.mjs';

const nixa = await Nixa.up({ arguments: ['--egress-http', '127.0.0.1'] });
process.on('exit', () => nixa.child.kill('SIGINT')); // when something throws
const port = await freePort();
const issuer = `http://127.0.0.1:${port}`;
const back = (id) => `${nixa.issuer}/upstream/${id}/callback`;
const ids = ['makes', 'strict', 'plain', 'number', 'post'];
const clients = ids.map((id) => ({ client_id: id, client_secret: `secret-of-${id}`, redirect_uris: [back(id)],
  token_endpoint_auth_method: id === 'number' ? 'client_secret_post' : 'client_secret_basic', scope: 'openid profile email national', backchannel_logout_uri: `${nixa.issuer}/upstream/${id}/logout`,
  backchannel_logout_session_required: true, post_logout_redirect_uris: [`${nixa.issuer}/upstream/${id}/left`] }));
const plan = { issuer, port, clients };
let provider = await Peer.up('oidc_upstream.mjs', plan, { NODE_EXTRA_CA_CERTS: nixa.ca });
const levels = { 'urn:test:password': 'm1', 'urn:test:card': 'm3' };
const row = (id, more = {}) => ({ id, kind: 'oidc', name: `Provider ${id}`, name_vi: `Nơi xác thực ${id}`, issuer, level_cap: 'm2', proofing: 'm2', ...more,
  config: { client_id: id, client_secret: `secret-of-${id}`, levels, acr_values: { m2: 'urn:test:card' }, ...more.config } });
const makes = row('makes', { jit: 'create', config: { rp_logout: true } });
await addUpstream(nixa, makes);
await addUpstream(nixa, row('strict', { config: { scope: 'openid profile email', hints: ['@agency.example'], acr: ['urn:nixa:way:strict'] } }));
await addUpstream(nixa, row('plain', { jit: 'create', config: { pkce: false } }));
await addUpstream(nixa, row('number', { trusts_national_id: true, config: { token_auth: 'client_secret_post', scope: 'openid profile national', claims: { national_id: 'national' } } }));
await addUpstream(nixa, row('post', { jit: ['citizen'], config: { response_mode: 'form_post', userinfo: true } }));
await nixa.ctl('person', 'add', '--user-name', 'binh', '--name', 'Lê Thị Bình', '--national-id', '001190000017', '--proofing', 'm2');
const portal = await Portal.register(nixa);
const told = (browser) => `${browser.page.status} ${browser.page.url}\n${browser.trail.join('\n')}\n${browser.page.text.slice(0, 900)}`;
// A change of a row forgets what was kept of its provider.
function fileOf(of) {
  const path = join(nixa.dir, `${of.id}.json`);
  writeFileSync(path, JSON.stringify(of));
  return path;
}
const audit = async (type) => (await nixa.ctl('audit', 'list', '--type', type, '--limit', '50')).items;

// To the choosing page of a new request, and by the link of one upstream as far as it goes.
async function through(browser, id, more) {
  await follow(browser, portal.url(more));
  if (!browser.page.left && browser.at('/login') && !browser.at('/login/ways')) await follow(browser, link(browser, '/login/ways'));
  await follow(browser, link(browser, `/upstream/${id}/go`));
  return arrive(browser);
}
// The same as far as the address that the provider sends her back to, which is not gone to.
async function stopped(browser, id) {
  await follow(browser, portal.url());
  await follow(browser, link(browser, '/login/ways'));
  let page = await browser.once(link(browser, `/upstream/${id}/go`));
  while (!page.headers.location.startsWith(back(id))) page = await browser.once(new URL(page.headers.location, page.url).href);
  return new URL(page.headers.location);
}

const an = new Browser(nixa);
let first;

await scenario('a person whom nobody knows here signs in by a provider that may make people', async () => {
  const page = await through(an, 'makes');
  ok(page.left && new URL(page.url).searchParams.has('code'), 'she reaches the portal', told(an));
  const tokens = await portal.tokens(an, page.url);
  first = tokens.claims;
  equal(tokens.claims.acr, 'urn:nixa:acr:m1', 'a password there is m1 here');
  ok(tokens.claims.sub && tokens.claims.sub !== 'an', 'under a name of ours', tokens.claims.sub);
  const there = new URL(an.way.find((u) => u.startsWith(`${issuer}/auth?`)));
  equal(there.searchParams.get('code_challenge_method'), 'S256', 'PKCE goes along');
  equal(there.searchParams.get('redirect_uri'), back('makes'), 'each provider has an address of its own');
  ok((await audit('person.created')).some((e) => e.detail.upstream === 'makes'), 'that she was made is audited');
});

await scenario('the second time she is the same person, and the page remembers the way', async () => {
  const again = new Browser(nixa);
  const page = await through(again, 'makes');
  equal((await portal.tokens(again, page.url)).claims.sub, first.sub, 'the same name');
  await follow(again, `${nixa.issuer}/login/ways`);
  ok(/class="button main"[^>]*href="\/upstream\/makes\/go"/.test(again.page.text), 'the last way comes first', told(again));
});

await scenario('what the provider says she did is worth what the row says, and never more than its cap', async () => {
  const browser = new Browser(nixa);
  await provider.tell({ who: 'an', acr: 'urn:test:card', amr: ['sc'] });
  const page = await through(browser, 'makes', { acr_values: 'urn:nixa:acr:m2' });
  ok(browser.way.some((u) => u.startsWith(`${issuer}/auth?`) && u.includes('acr_values=urn%3Atest%3Acard')), 'the level goes along in the provider\'s words');
  equal((await portal.tokens(browser, page.url)).claims.acr, 'urn:nixa:acr:m2', 'm3 there is the cap m2 here');
  await provider.tell({ acr: 'urn:test:password', amr: ['pwd'] });
});

await scenario('a provider that may not make people leaves her on a page that says what she can do', async () => {
  const browser = new Browser(nixa);
  await through(browser, 'strict');
  equal(browser.page.status, 403, 'not in');
  ok(/Nơi xác thực strict/.test(browser.page.text), 'the page names the provider', told(browser));
  ok(link(browser, '/login/ways'), 'and another way');
});

await scenario('an e-mail address finds nobody', async () => {
  await nixa.ctl('person', 'add', '--user-name', 'mail', '--email', 'lan@example.vn');
  const browser = new Browser(nixa);
  await through(browser, 'strict');
  equal(browser.page.status, 403, 'the provider says that the address is verified, and it is nothing to us');
});

await scenario('a national number finds a person, by the provider that is trusted for it', async () => {
  const browser = new Browser(nixa);
  await provider.tell({ who: 'binh' });
  const page = await through(browser, 'number');
  ok(page.left, 'she is in', told(browser));
  const links = (await nixa.ctl('links', 'binh')).items;
  equal(links.length, 1, 'and linked');
  equal(links[0].how, 'number', 'by her number');
  const other = new Browser(nixa);
  await through(other, 'strict');
  equal(other.page.status, 403, 'the other provider is not trusted for it');
  await provider.tell({ who: 'an' });
});

await scenario('a portal chooses the provider by login_hint or acr_values', async () => {
  const hinted = new Browser(nixa), named = new Browser(nixa);
  await follow(hinted, portal.url({ login_hint: 'an@AGENCY.example' }));
  ok(hinted.trail.some((u) => u.startsWith(`${issuer}/auth?`)), 'by the hint', told(hinted));
  await follow(named, portal.url({ acr_values: 'urn:nixa:way:strict' }));
  ok(named.trail.some((u) => u.startsWith(`${issuer}/auth?`)), 'by a value of acr_values', told(named));
  await follow(named, `${nixa.issuer}/login/ways`);
  ok(named.page.status === 200, 'and the other ways are there still');
});

await scenario('the answer may come by form_post', async () => {
  const browser = new Browser(nixa);
  await follow(browser, portal.url());
  await follow(browser, link(browser, '/login/ways'));
  await follow(browser, link(browser, '/upstream/post/go'));
  const { action, fields } = browser.form('/callback');
  await follow(browser, action, { method: 'POST', body: new URLSearchParams(fields).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded', origin: issuer } });
  ok((await arrive(browser)).left, 'she is in', told(browser));
});

await scenario('a portal that wants her to sign in anew has her sign in there anew', async () => {
  const browser = new Browser(nixa);
  await through(browser, 'makes');
  const page = await through(browser, 'makes', { prompt: 'login' });
  const there = new URL(browser.way.find((u) => u.startsWith(`${issuer}/auth?`)));
  equal(`${there.searchParams.get('prompt')} ${there.searchParams.get('max_age')}`, 'login 0', 'it goes along');
  ok(page.left && new URL(page.url).searchParams.has('code'), 'and she is in', told(browser));
});

// ---- linking

const lan = new Browser(nixa);
await scenario('she proves both accounts in one session and says yes', async () => {
  await follow(lan, `${nixa.issuer}/login`);
  await lan.submit('/login/password', { username: 'lan', password: 'nixa-demo-2026' });
  await follow(lan, `${nixa.issuer}/me/links`);
  await follow(lan, link(lan, '/me/links/go?upstream=strict'));
  const there = new URL(lan.trail.find((u) => u.startsWith(`${issuer}/auth?`)));
  equal(there.searchParams.get('prompt'), 'login', 'she signs in there anew');
  ok(/Trần Văn An/.test(lan.page.text) && /Nguyễn Thị Lan/.test(lan.page.text), 'both names are shown', told(lan));
  equal((await nixa.ctl('links', 'lan')).items.length, 0, 'nothing is linked before she says yes');
  const form = lan.form('/me/links/accept');
  await lan.submit('/me/links/accept', {});
  const links = (await nixa.ctl('links', 'lan')).items;
  equal(links[0]?.how, 'proven', 'linked');
  const twice = await lan.once(form.action, { method: 'POST', body: new URLSearchParams(form.fields).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded', origin: nixa.issuer } });
  equal(twice.status, 400, 'her yes counts once');
});

await scenario('from then on she signs in by it', async () => {
  const browser = new Browser(nixa);
  const page = await through(browser, 'strict');
  equal((await portal.tokens(browser, page.url)).info.name, 'Nguyễn Thị Lan', 'as herself');
});

await scenario('an account that is somebody\'s is nobody else\'s', async () => {
  const minh = new Browser(nixa);
  await follow(minh, `${nixa.issuer}/login`);
  await minh.submit('/login/password', { username: 'minh', password: 'nixa-demo-2026' });
  await follow(minh, `${nixa.issuer}/me/links/go?upstream=strict`);
  equal(minh.page.status, 409, 'refused', told(minh));
});

await scenario('she takes the link away', async () => {
  await follow(lan, `${nixa.issuer}/me/links`);
  await lan.submit('/me/links/remove', {});
  equal((await nixa.ctl('links', 'lan')).items.length, 0, 'gone');
  const browser = new Browser(nixa);
  await through(browser, 'strict');
  equal(browser.page.status, 403, 'and nobody is known by it');
});

// ---- what must not work

await scenario('an answer is good once', async () => {
  const browser = new Browser(nixa);
  const url = await stopped(browser, 'makes');
  ok((await follow(browser, url.href)).left || browser.at('/consent'), 'the first time she is in', told(browser));
  equal((await browser.once(url.href)).status, 400, 'the second time it is refused');
});

await scenario('an answer is good in the browser that asked and in no other', async () => {
  const victim = new Browser(nixa), thief = new Browser(nixa);
  const url = await stopped(thief, 'makes');
  await follow(victim, portal.url());
  equal((await victim.once(url.href)).status, 400, 'somebody else\'s answer signs nobody in');
});

await scenario('an answer that comes back by another provider\'s address is refused', async () => {
  const browser = new Browser(nixa);
  const url = await stopped(browser, 'makes');
  equal((await browser.once(url.href.replace('/upstream/makes/', '/upstream/plain/'))).status, 400, 'refused');
});

await scenario('a code of somebody else\'s sign-in is refused: by PKCE, and by the nonce where there is none', async () => {
  for (const id of ['makes', 'plain']) {
    const attacker = new Browser(nixa), victim = new Browser(nixa);
    const stolen = (await stopped(attacker, id)).searchParams.get('code');
    const url = await stopped(victim, id);
    url.searchParams.set('code', stolen);
    const page = await victim.once(url.href);
    ok(page.status === 400 || page.status === 502, `${id}: refused`, `${page.status} ${page.text.slice(0, 300)}`);
  }
});

await scenario('an answer that names another issuer is refused', async () => {
  const browser = new Browser(nixa);
  const url = await stopped(browser, 'makes');
  equal(url.searchParams.get('iss'), issuer, 'this provider names itself (RFC 9207)');
  url.searchParams.set('iss', 'https://evil.example');
  equal((await browser.once(url.href)).status, 400, 'refused');
  const without = await stopped(browser, 'makes');
  without.searchParams.delete('iss');
  equal((await browser.once(without.href)).status, 400, 'and so is one without');
});

await scenario('she gives up there', async () => {
  const browser = new Browser(nixa);
  await provider.tell({ who: null });
  await through(browser, 'makes');
  equal(browser.page.status, 403, 'a page says so', told(browser));
  ok(link(browser, '/login/ways?t='), 'and names the other ways, with her request');
  await provider.tell({ who: 'an' });
});

await scenario('a provider that signs with other keys than it publishes is refused', async () => {
  const browser = new Browser(nixa);
  await provider.tell({ fault: 'keys' });
  await nixa.ctl('upstream', 'set', 'makes', fileOf(makes));
  await through(browser, 'makes');
  equal(browser.page.status, 400, 'refused', told(browser));
  await provider.tell({ fault: null });
  await nixa.ctl('upstream', 'set', 'makes', fileOf(makes));
});

// ---- logout both ways

await scenario('signing out at the provider ends the session here', async () => {
  const browser = new Browser(nixa);
  await through(browser, 'makes');
  await follow(browser, `${nixa.issuer}/me`);
  ok(browser.at('/me'), 'she is in', told(browser));
  await follow(browser, `${issuer}/session/end`);
  const { action, fields } = browser.form('/session/end/confirm');
  await follow(browser, action, { method: 'POST', body: new URLSearchParams({ ...fields, logout: 'yes' }).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded', origin: issuer } });
  const out = await until(async () => {
    await follow(browser, `${nixa.issuer}/me`);
    return browser.at('/login');
  });
  ok(out, 'she is signed out here', told(browser));
});

await scenario('signing out here goes on to the provider where the row says so', async () => {
  const browser = new Browser(nixa);
  await through(browser, 'makes');
  await follow(browser, `${nixa.issuer}/me`);
  const { action, fields } = browser.form('/me');
  await follow(browser, action, { method: 'POST', body: new URLSearchParams({ csrf: fields.csrf, act: 'sign-out' }).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded', origin: nixa.issuer } });
  ok(browser.page.url.startsWith(`${issuer}/session/end`), 'she is at the provider', told(browser));
  const ends = browser.form('/session/end/confirm');
  await follow(browser, ends.action, { method: 'POST', body: new URLSearchParams({ ...ends.fields, logout: 'yes' }).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded', origin: issuer } });
  ok(browser.at('/signed-out'), 'and comes back to the page that says so', told(browser));
});

// ---- the provider is away, or hangs, or is switched off

await scenario('switched off, it ends what is under way and the sessions that came by it', async () => {
  const browser = new Browser(nixa), underway = new Browser(nixa);
  await through(browser, 'plain');
  const url = await stopped(underway, 'plain');
  await nixa.ctl('upstream', 'off', 'plain', '--reason', 'test');
  await nixa.ctl('upstream', 'on', 'plain');
  const page = await underway.once(url.href);
  equal(page.status, 403, 'the sign-in under way is over, although it is on again', page.text.slice(0, 300));
  await follow(browser, `${nixa.issuer}/me`);
  ok(browser.at('/login'), 'and so is the session', told(browser));
});

await scenario('killed in the middle of a sign-in: the page says so and offers another way', async () => {
  const browser = new Browser(nixa);
  const url = await stopped(browser, 'makes');
  await provider.kill();
  const page = await browser.once(url.href);
  equal(page.status, 503, 'for a while it does not answer');
  browser.page = page;
  ok(link(browser, '/login/ways?t='), 'another way is offered, with her request');
  for (let i = 0; i < 3; i += 1) await browser.once(`${nixa.issuer}/upstream/makes/callback?state=x`);
});

await scenario('it rests, is tried again, and serves again', async () => {
  const health = async () => (await nixa.ctl('upstream', 'show', 'makes')).health;
  await nixa.ctl('upstream', 'set', 'makes', fileOf(makes));
  const browser = new Browser(nixa);
  await follow(browser, portal.url());
  await follow(browser, link(browser, '/login/ways'));
  const go = link(browser, '/upstream/makes/go');
  for (let i = 0; i < 4; i += 1) equal((await browser.once(go)).status, 503, 'away');
  equal((await health()).state, 'down', 'the breaker is open');
  const metrics = (await browser.once(`${nixa.issuer}/metrics`)).text;
  ok(/nixa_upstream_up\{upstream="makes"\} 0/.test(metrics), 'and the metrics say so');
  await follow(browser, `${nixa.issuer}/login/ways`);
  ok(/makes[\s\S]{0,200}chưa trả lời/.test(browser.page.text), 'the choosing page says so', told(browser));
  provider = await Peer.up('oidc_upstream.mjs', plan, { NODE_EXTRA_CA_CERTS: nixa.ca });
  const served = await until(async () => (await browser.once(go)).status === 303, 20_000);
  ok(served, 'after its rest one try closes it');
  equal((await health()).state, 'up', 'up again');
});

await scenario('a new key of the provider is fetched once, and not again within a minute', async () => {
  const roll = async (kid) => {
    await provider.kill();
    provider = await Peer.up('oidc_upstream.mjs', { ...plan, kid }, { NODE_EXTRA_CA_CERTS: nixa.ca });
  };
  const browser = new Browser(nixa);
  ok((await through(browser, 'makes')).left, 'its keys are known', told(browser));
  await roll('two');
  const second = new Browser(nixa), third = new Browser(nixa);
  ok((await through(second, 'makes')).left, 'a key with a new name is fetched', told(second));
  await roll('three');
  await through(third, 'makes');
  equal(third.page.status, 400, 'the next one is not: whoever makes tokens up makes us call nobody');
  await nixa.ctl('upstream', 'set', 'makes', fileOf(makes));
});

await scenario('a row that is made anew under its old name forgets the provider that had it', async () => {
  const metadata = createServer((rq, rs) => {
    const at = `http://${rq.headers.host}`;
    rs.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ issuer: at, authorization_endpoint: `${at}/auth`, token_endpoint: `${at}/token`, jwks_uri: `${at}/jwks` }));
  });
  await new Promise((resolve) => { metadata.listen(0, '127.0.0.1', resolve); });
  const former = `http://127.0.0.1:${metadata.address().port}`;
  const leads = async () => (await new Browser(nixa).once(`${nixa.issuer}/upstream/reborn/go`)).headers.location ?? '';
  await addUpstream(nixa, { ...row('reborn'), issuer: former });
  ok((await leads()).startsWith(`${former}/auth?`), 'to the one that it was made for');
  await nixa.ctl('upstream', 'remove', 'reborn');
  await new Promise((resolve) => { setTimeout(resolve, 1100); });
  await addUpstream(nixa, row('reborn'));
  const now = await leads();
  ok(now.startsWith(`${issuer}/auth?`), 'and then to the other', now);
  metadata.closeAllConnections();
  metadata.close();
});

await scenario('a provider that hangs slows nobody else', async () => {
  // Takes connections and never answers.
  const silent = createServer(() => {});
  await new Promise((resolve) => { silent.listen(0, '127.0.0.1', resolve); });
  await addUpstream(nixa, { ...row('silent'), issuer: `http://127.0.0.1:${silent.address().port}` });
  const hanging = Array.from({ length: 24 }, () => new Browser(nixa).once(`${nixa.issuer}/upstream/silent/go`));
  await new Promise((resolve) => { setTimeout(resolve, 100); });
  const began = Date.now();
  const browser = new Browser(nixa);
  ok((await through(browser, 'makes')).left, 'she is in by the other one meanwhile', told(browser));
  ok(Date.now() - began < 1900, 'sooner than the silent one gives up', `${Date.now() - began} ms`);
  const statuses = (await Promise.all(hanging)).map((p) => p.status);
  ok(statuses.every((s) => s === 503), 'and everybody who chose the silent one is told', statuses.join(' '));
  silent.closeAllConnections();
  silent.close();
});

await nixa.down();
await provider.kill();
finish();
