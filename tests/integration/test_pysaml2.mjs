// A portal on Debian's python3-pysaml2: sign-on, encrypted assertions, artifacts, levels, logout from it by all three bindings
// and to it by SOAP, and our key turned while it runs.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Nixa } from '../e2e/nixa.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { Browser } from './browser.mjs';
import { freePort, makePair, ownMetadata, register, through, turnKey } from './saml_peer.mjs';
import { until } from './wire.mjs';

const nixa = await Nixa.up({ arguments: ['--egress-http', 'py.localhost', '--key-publish-s', '1'] });
const dir = join(nixa.dir, 'py');
const port = await freePort();
const base = `http://py.localhost:${port}`;
makePair(dir, 'sign');
makePair(dir, 'encrypt');
const idp = join(dir, 'idp.xml');
const refresh = async () => writeFileSync(idp, await ownMetadata(nixa));
await refresh();

const child = spawn('/usr/bin/python3', [join(dirname(fileURLToPath(import.meta.url)), 'pysaml2_portal.py'),
  JSON.stringify({ port, dir, idp, ca: nixa.ca })], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PYTHONWARNINGS: 'ignore' } });
process.on('exit', () => child.kill('SIGKILL'));
const started = await new Promise((resolve) => {
  child.stdout.once('data', () => resolve(true));
  child.once('exit', () => resolve(false));
});
if (!started) {
  await nixa.down();
  throw new Error('the portal does not start');
}

const lan = new Browser(nixa), minh = new Browser(nixa);
const dvc = `${nixa.portal('dichvucong')}/`;
const known = (browser) => JSON.parse((/<p id="in">(.*)<\/p>/s.exec(browser.page.text)?.[1] ?? 'null').replaceAll('&lt;', '<'));
const inside = (browser) => browser.page.url === `${base}/` && known(browser) !== null;
const signedOn = (browser) => browser.page.url.startsWith(dvc) && /data-claim="sub"/.test(browser.page.text);
const where = (browser) => `${browser.page.status} ${browser.page.url}\n${browser.trail.join('\n')}\n${browser.page.text.slice(0, 1200)}`;
const people = async () => JSON.parse((await minh.once(`${base}/who`)).text).length;

async function enter(browser, url = `${base}/`, who = 'lan') {
  await browser.go(url);
  return through(browser, who);
}

const dvcForgot = (browser) => until(async () => {
  const page = await browser.once(dvc);
  return page.status === 302 && page.headers.location.startsWith(nixa.issuer);
});

await scenario('it is registered by its metadata', async () => {
  ok(await register(nixa, (await lan.once(`${base}/metadata`)).text), 'and has an id');
});

await scenario('she signs on, and the portal believes what it reads', async () => {
  await enter(lan);
  ok(inside(lan), 'she is in', where(lan));
  const who = known(lan);
  ok(/persistent$/.test(who.format) && who.name.length > 20, 'under a lasting pseudonym', JSON.stringify(who));
  equal(who.level, 'urn:nixa:acr:m1', 'at the level of a password');
  ok(who.index, 'with a session index');
});

await scenario('what it was sent was encrypted', async () => {
  await minh.go(`${base}/`);
  await through(minh, 'minh', (b) => b.page.text.includes('name="SAMLResponse"'));
  const text = Buffer.from(/name="SAMLResponse" value="([^"]*)"/.exec(minh.page.text)?.[1] ?? '', 'base64').toString();
  ok(/EncryptedAssertion/.test(text) && !/<saml:Assertion/.test(text), 'nothing in the clear', text.slice(0, 300));
  await through(minh, 'minh');
  ok(inside(minh), 'and is read', where(minh));
});

for (const by of ['redirect', 'post', 'soap']) {
  await scenario(`signing out at the portal by ${by} signs her out of everything`, async () => {
    await enter(lan);
    ok(inside(lan), 'she is in', where(lan));
    await enter(lan, dvc);
    ok(signedOn(lan), 'and at the OIDC portal', where(lan));
    await lan.go(`${base}/logout?by=${by}`);
    await through(lan);
    ok(/id="out">True/.test(lan.page.text), 'the portal takes our answer', where(lan));
    equal(await people(), 1, 'it has forgotten her and nobody else');
    await lan.go(`${nixa.issuer}/me`);
    ok(lan.at('/login'), 'so have we', where(lan));
    ok(await dvcForgot(lan), 'and the OIDC portal, told from behind');
  });
}

await scenario('the OIDC portal signs her out of it by SOAP', async () => {
  await enter(lan);
  await enter(lan, dvc);
  equal(await people(), 2, 'in at both');
  const link = /href="([^"]+)"[^>]*>(?:Sign out|Đăng xuất)/.exec(lan.page.text)?.[1];
  await lan.go(new URL(link.replaceAll('&amp;', '&'), dvc).href);
  await through(lan);
  ok(lan.page.url.startsWith(`${dvc}signed-out`), 'she ends where the OIDC portal wanted', where(lan));
  ok(await until(async () => await people() === 1), 'and the SAML portal has forgotten her');
});

await scenario('an operator ends her session, and the receipt says that the portal has confirmed', async () => {
  await enter(lan);
  const [session] = (await nixa.ctl('sessions', 'lan')).items;
  const receipt = await nixa.ctl('revoke', 'session', session.id, '--reason', 'integration test');
  ok(await until(async () => await people() === 1), 'the portal has forgotten her');
  ok(await until(async () => JSON.stringify(await nixa.ctl('receipt', String(receipt.seq))).includes('delivered')), 'and said so');
});

await scenario('a level is asked for and met, or refused', async () => {
  await enter(lan, `${base}/?level=urn:nixa:acr:m1`);
  ok(inside(lan), 'm1 is there', where(lan));
  await enter(lan, `${base}/?level=urn:nixa:acr:m4`);
  ok(!inside(lan) && /NoAuthnContext|Responder|level/i.test(lan.page.text), 'm4 is not, and the portal is told', where(lan));
});

await scenario('by artifact: the browser carries a handle and the portal fetches the message', async () => {
  const fresh = new Browser(nixa);
  await enter(fresh, `${base}/?binding=artifact`);
  ok(inside(fresh), 'she is in', where(fresh));
  const handed = fresh.trail.find((u) => u.includes('SAMLart='));
  ok(handed, 'by an artifact', where(fresh));
  const again = await fresh.once(handed);
  equal(again.status, 403, 'which is worth nothing a second time');
});

await scenario('our key turns without a moment in which anybody is kept out', async () => {
  const next = async () => (await nixa.ctl('keys', 'list')).items.some((k) => k.use === 'saml' && k.state === 'next');
  ok(await until(next, 120_000), 'the next key is published before it signs');
  await refresh();
  await lan.once(`${base}/refresh`);
  ok(await turnKey(nixa), 'it turns');
  const one = new Browser(nixa);
  await enter(one);
  ok(inside(one), 'who has the metadata of before goes on', where(one));
  await refresh();
  await lan.once(`${base}/refresh`);
  const two = new Browser(nixa);
  await enter(two);
  ok(inside(two), 'and with that of after', where(two));
});

child.kill('SIGTERM');
await nixa.down();
finish();
