// Apache with mod_shib as a portal: sign-on, attributes, encrypted assertions, artifacts, levels asked and refused, logout
// from it and to it by its SOAP back channel, and our key turned while it runs.
import { Nixa } from '../e2e/nixa.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { Browser } from './browser.mjs';
import { register, through, turnKey } from './saml_peer.mjs';
import { ShibPortal } from './shib_portal.mjs';
import { until } from './wire.mjs';

const nixa = await Nixa.up({ arguments: ['--egress-http', 'shib.localhost', '--key-publish-s', '1'] });
const portal = await ShibPortal.up(nixa).catch(async (e) => { await nixa.down(); throw e; });
const dvc = `${nixa.portal('dichvucong')}/`;
const lan = new Browser(nixa), elsewhere = new Browser(nixa);
const secure = `${portal.base}/secure/`;
const inside = (browser) => browser.page.url.startsWith(secure) && /id="in"/.test(browser.page.text);
const signedOn = (browser) => browser.page.url.startsWith(dvc) && /data-claim="sub"/.test(browser.page.text);
const where = (browser) => `${browser.page.status} ${browser.page.url}\n${browser.trail.join('\n')}\n${browser.page.text.slice(0, 1200)}\n${portal.log()}`;
const login = (more = '') => `${portal.base}/Shibboleth.sso/Login?target=${encodeURIComponent(secure)}${more}`;

async function enter(browser, url = secure, who = 'lan') {
  await browser.go(url);
  return through(browser, who);
}

// The portal has no session of this browser: it sends her to us.
const portalForgot = async (browser) => {
  const page = await browser.once(secure);
  return page.status === 302 && page.headers.location.startsWith(nixa.issuer);
};

const dvcForgot = async (browser) => {
  const page = await browser.once(dvc);
  return page.status === 302 && page.headers.location.startsWith(nixa.issuer);
};

await scenario('it is registered by the metadata that it generates', async () => {
  const metadata = await lan.once(`${portal.base}/Shibboleth.sso/Metadata`);
  equal(metadata.status, 200, 'it says who it is');
  portal.client = await register(nixa, metadata.text);
  ok(portal.client, 'and has an id');
});

await scenario('she signs on and the portal knows what it may', async () => {
  await enter(lan);
  ok(inside(lan), 'she is in', where(lan));
  const claims = lan.claims();
  ok(claims.REMOTE_USER?.length > 20, 'under a lasting pseudonym', JSON.stringify(claims));
  equal(claims.level, 'm1', 'at the level of a password');
  equal(claims['Shib-AuthnContext-Class'], 'urn:nixa:acr:m1', 'which is stated');
  ok(claims.qr_id?.length > 10, 'bound to a QR identity', JSON.stringify(claims));
});

await scenario('what it was sent was encrypted', async () => {
  await elsewhere.go(secure);
  await through(elsewhere, 'minh', (b) => b.page.text.includes('name="SAMLResponse"'));
  const text = Buffer.from(/name="SAMLResponse" value="([^"]*)"/.exec(elsewhere.page.text)?.[1] ?? '', 'base64').toString();
  ok(/EncryptedAssertion/.test(text) && !/<saml:Assertion/.test(text), 'nothing in the clear', text.slice(0, 300) || where(elsewhere));
  await through(elsewhere, 'minh');
  ok(inside(elsewhere), 'and is read', where(elsewhere));
});

await scenario('signing out at the portal signs her out of everything', async () => {
  await enter(lan, dvc);
  ok(signedOn(lan), 'in at the OIDC portal by the same session', where(lan));
  await lan.go(`${portal.base}/Shibboleth.sso/Logout`);
  await through(lan);
  ok(lan.page.url.startsWith(portal.base) && lan.page.status === 200, 'the portal takes our answer', where(lan));
  ok(/Logout was successful|completed|Global Logout/i.test(lan.page.text) && !/partial|incomplete/i.test(lan.page.text), 'as a whole one', where(lan));
  await lan.go(`${nixa.issuer}/me`);
  ok(lan.at('/login'), 'we have forgotten her', where(lan));
  ok(await until(() => dvcForgot(lan)), 'and so has the OIDC portal', where(lan));
  ok(!await portalForgot(elsewhere), 'nobody else is touched');
});

await scenario('the OIDC portal signs her out of it, from behind', async () => {
  await enter(lan);
  await enter(lan, dvc);
  ok(signedOn(lan) && !await portalForgot(lan), 'in at both', where(lan));
  const link = /href="([^"]+)"[^>]*>(?:Sign out|Đăng xuất)/.exec(lan.page.text)?.[1];
  await lan.go(new URL(link.replaceAll('&amp;', '&'), dvc).href);
  await through(lan);
  ok(lan.page.url.startsWith(`${dvc}signed-out`), 'she ends where the OIDC portal wanted', where(lan));
  ok(await until(() => portalForgot(lan), 20_000), 'and the SAML portal was told by SOAP', where(lan));
});

await scenario('an operator ends her session, and the receipt says that the portal has confirmed', async () => {
  await enter(lan);
  ok(inside(lan), 'she is in', where(lan));
  const [session] = (await nixa.ctl('sessions', 'lan')).items;
  const receipt = await nixa.ctl('revoke', 'session', session.id, '--reason', 'integration test');
  ok(await until(() => portalForgot(lan), 20_000), 'the portal has forgotten her', where(lan));
  ok(await until(async () => JSON.stringify(await nixa.ctl('receipt', String(receipt.seq))).includes('delivered'), 10_000), 'and said so', JSON.stringify(receipt));
});

await scenario('a level is asked for and met, or refused', async () => {
  await enter(lan, login('&authnContextClassRef=urn:nixa:acr:m1'));
  ok(inside(lan), 'm1 is there', where(lan));
  await lan.go(`${portal.base}/Shibboleth.sso/Logout`);
  await through(lan);
  await enter(lan, login('&authnContextClassRef=urn:nixa:acr:m4'));
  ok(!inside(lan), 'm4 is not', where(lan));
});

await scenario('by artifact: the browser carries a handle and the portal fetches the message', async () => {
  const xml = (await lan.once(`${portal.base}/Shibboleth.sso/Metadata`)).text;
  const index = /HTTP-Artifact" Location="[^"]*" index="(\d+)"/.exec(xml)?.[1];
  ok(index, 'the portal takes artifacts', xml.slice(0, 400));
  await enter(lan, login(`&acsIndex=${index}`));
  ok(inside(lan), 'she is in', where(lan));
  ok(lan.trail.some((u) => u.includes('SAMLart=')), 'by an artifact', where(lan));
});

await scenario('our key turns without a moment in which anybody is kept out', async () => {
  const next = async () => (await nixa.ctl('keys', 'list')).items.some((k) => k.use === 'saml' && k.state === 'next');
  ok(await until(next, 120_000), 'the next key is published before it signs');
  await portal.refresh();
  await until(async () => false, 1500);
  ok(await turnKey(nixa), 'it turns');
  await enter(elsewhere, login('&forceAuthn=0'), 'minh');
  ok(inside(elsewhere), 'who has the metadata of before goes on', where(elsewhere));
  await portal.refresh();
  await until(async () => false, 1500);
  const fresh = new Browser(nixa);
  await enter(fresh, secure, 'minh');
  ok(inside(fresh), 'and with that of after', where(fresh));
});

await portal.down();
await nixa.down();
finish();
