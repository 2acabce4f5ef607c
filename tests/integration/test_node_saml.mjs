// A portal on npm's node-saml: sign-on, encrypted assertions, logout in both directions and across protocols, and our key
// turned while it runs.
import { join } from 'node:path';
import { Nixa } from '../e2e/nixa.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { Browser } from './browser.mjs';
import { NodeSamlPortal } from './node_saml_portal.mjs';
import { freePort, makePair, ownMetadata, register, signers, through, turnKey } from './saml_peer.mjs';
import { until } from './wire.mjs';

const nixa = await Nixa.up({ arguments: ['--key-publish-s', '1'] });
const dir = join(nixa.dir, 'node');
const certs = signers(await ownMetadata(nixa));
const portal = new NodeSamlPortal({ issuer: nixa.issuer, certs, port: await freePort(), pair: makePair(dir, 'sign') });
await portal.listen();
const dvc = `${nixa.portal('dichvucong')}/`;
const lan = new Browser(nixa), elsewhere = new Browser(nixa);
const profile = (browser) => JSON.parse(/<p id="in">(.*)<\/p>/.exec(browser.page.text)?.[1] ?? 'null');
const inside = (browser) => browser.page.url === `${portal.base}/` && profile(browser) !== null;
const signedOn = (browser) => browser.page.url.startsWith(dvc) && /data-claim="sub"/.test(browser.page.text);
const where = (browser) => `${browser.page.status} ${browser.page.url}\n${browser.trail.join('\n')}\n${browser.page.text.slice(0, 600)}\n${portal.errors.map((e) => e.stack).join('\n')}`;

// The OIDC portal has no session of this browser any more: it was told from behind.
const dvcForgot = (browser) => until(async () => {
  const page = await browser.once(dvc);
  return page.status === 302 && page.headers.location.startsWith(nixa.issuer);
});

async function enter(browser, url, who = 'lan') {
  await browser.go(url);
  return through(browser, who);
}

await scenario('it is registered by its metadata', async () => {
  portal.client = await register(nixa, portal.metadata());
  ok(portal.client, 'and has an id');
});

let first;

await scenario('she signs on, and the portal believes what it reads', async () => {
  await enter(lan, `${portal.base}/`);
  ok(inside(lan), 'she is in', where(lan));
  first = profile(lan);
  equal(first.issuer, `${nixa.issuer}/saml/metadata`, 'by our word');
  ok(/persistent$/.test(first.nameIDFormat) && first.nameID.length > 20, 'under a lasting pseudonym', JSON.stringify(first));
  ok(first.sessionIndex, 'with a session index');
});

await scenario('OIDC and SAML share one session', async () => {
  await enter(lan, dvc);
  ok(signedOn(lan), 'the OIDC portal asks for no password', where(lan));
  equal(lan.trail.filter((u) => u.includes('/login/password')).length, 0, 'at all');
  ok(lan.claims().sub !== first.nameID, 'and knows her by another name');
});

await scenario('the SAML portal signs her out of everything', async () => {
  await lan.go(`${portal.base}/logout`);
  await through(lan);
  ok(/id="out">true/.test(lan.page.text), 'the portal takes our answer', where(lan));
  equal(portal.sessions.size, 0, 'it has forgotten her');
  await lan.go(`${nixa.issuer}/me`);
  ok(lan.at('/login'), 'so have we', where(lan));
  ok(await dvcForgot(lan), 'and so has the OIDC portal, told from behind', where(lan));
});

await scenario('the OIDC portal signs her out of the SAML portal', async () => {
  await enter(lan, `${portal.base}/`);
  await enter(lan, dvc);
  ok(signedOn(lan), 'she is in at both', where(lan));
  equal(portal.sessions.size, 1, 'and the SAML portal knows it');
  const link = /href="([^"]+)"[^>]*>(?:Sign out|Đăng xuất)/.exec(lan.page.text)?.[1];
  await lan.go(new URL(link.replaceAll('&amp;', '&'), dvc).href);
  await through(lan);
  ok(lan.page.url.startsWith(`${dvc}signed-out`), 'she ends where the OIDC portal wanted', where(lan));
  equal(portal.sessions.size, 0, 'and the SAML portal has forgotten her', where(lan));
});

await scenario('her own page signs her out of the SAML portal, and shows it', async () => {
  await enter(lan, `${portal.base}/`);
  await lan.go(`${nixa.issuer}/me`);
  await lan.submit('/me', { act: 'sign-out' });
  await through(lan);
  ok(lan.at('/saml/logout/progress') && /class="tag good"/.test(lan.page.text), 'the page says that it is done', where(lan));
  equal(portal.sessions.size, 0, 'and it is');
});

await scenario('a portal that fails is shown, and the others are told all the same', async () => {
  portal.plan.fails = true;
  await enter(lan, `${portal.base}/`);
  await enter(lan, dvc);
  await lan.go(`${nixa.issuer}/me`);
  await lan.submit('/me', { act: 'sign-out' });
  await through(lan);
  ok(/class="tag bad"/.test(lan.page.text), 'failed', where(lan));
  ok(await dvcForgot(lan), 'the OIDC portal has forgotten her', where(lan));
  portal.plan.fails = false;
  portal.sessions.clear();
});

await scenario('a portal that never comes back is left behind', async () => {
  portal.plan.mute = true;
  await enter(lan, `${portal.base}/`);
  await lan.go(`${nixa.issuer}/me`);
  await lan.submit('/me', { act: 'sign-out' });
  const page = lan.page.url;
  await through(lan);
  ok(lan.page.url.startsWith(portal.base), 'she is stuck there', where(lan));
  await lan.go(page);
  await lan.submit('/saml/logout/next', {});
  ok(/class="tag bad"/.test(lan.page.text) && !/logout\/next/.test(lan.page.text), 'the page ends it', where(lan));
  portal.plan.mute = false;
  portal.sessions.clear();
});

await scenario('an operator ends her session: only a browser could have told this portal', async () => {
  await enter(lan, `${portal.base}/`);
  const [session] = (await nixa.ctl('sessions', 'lan')).items;
  const receipt = await nixa.ctl('revoke', 'session', session.id, '--reason', 'integration test');
  ok(JSON.stringify(receipt).includes('unreachable'), 'the receipt says so', JSON.stringify(receipt));
  portal.sessions.clear();
});

await scenario('a level that she cannot reach is refused, one that she has is stated', async () => {
  const asks = (authnContext) => portal.trust(certs, { disableRequestedAuthnContext: false, authnContext: [authnContext], racComparison: 'minimum' });
  asks('urn:nixa:acr:m1');
  await enter(lan, `${portal.base}/`);
  ok(inside(lan), 'm1 is there', where(lan));
  portal.sessions.clear();
  const before = portal.errors.length;
  asks('urn:nixa:acr:m4');
  await enter(lan, `${portal.base}/`);
  ok(!inside(lan) && portal.errors.length > before, 'm4 is not', where(lan));
  ok(/NoAuthnContext|Responder/.test(portal.errors.at(-1)?.message + portal.errors.at(-1)?.xmlStatus), 'and the portal is told why', portal.errors.at(-1)?.message);
  portal.trust(certs);
});

await scenario('assertions are encrypted to who publishes a key for it', async () => {
  const other = new NodeSamlPortal({ issuer: nixa.issuer, certs, port: await freePort(), pair: makePair(dir, 'sign2'), encryption: makePair(dir, 'encrypt') });
  await other.listen();
  await register(nixa, other.metadata());
  await elsewhere.go(`${other.base}/`);
  await through(elsewhere, 'minh', (b) => b.page.text.includes('name="SAMLResponse"'));
  const text = Buffer.from(/name="SAMLResponse" value="([^"]*)"/.exec(elsewhere.page.text)?.[1] ?? '', 'base64').toString();
  ok(/EncryptedAssertion/.test(text) && !/<saml:Assertion/.test(text), 'nothing in the clear', text.slice(0, 400));
  await through(elsewhere, 'minh');
  ok(elsewhere.page.url === `${other.base}/`, 'and the portal reads it', `${where(elsewhere)}\n${other.errors.map((e) => e.stack).join('\n')}`);
  other.close();
});

await scenario('our key turns while the portal runs', async () => {
  ok(await until(async () => signers(await ownMetadata(nixa)).length > certs.length, 120_000), 'the next key is published before it signs');
  const before = signers(await ownMetadata(nixa));
  portal.trust(before);
  ok(await turnKey(nixa), 'it turns');
  await enter(lan, `${portal.base}/`);
  ok(inside(lan), 'who knows the keys of before goes on', where(lan));
  portal.sessions.clear();
  portal.trust(certs);
  const errors = portal.errors.length;
  await enter(lan, `${portal.base}/`);
  ok(!inside(lan) && portal.errors.length > errors, 'and it was the new key that signed', where(lan));
  portal.trust(signers(await ownMetadata(nixa)));
  await enter(lan, `${portal.base}/`);
  ok(inside(lan), 'who knows those of after goes on', where(lan));
});

portal.close();
await nixa.down();
finish();
