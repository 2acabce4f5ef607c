// A SAML identity provider as upstream: Debian's SimpleSAMLphp, unmodified. Signing in at an OpenID portal through it,
// plain and encrypted, with its level, and what is refused.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Nixa } from '../e2e/nixa.mjs';
import { equal, finish, ok, scenario, skip } from '../e2e/tap.mjs';
import { Browser } from './browser.mjs';
import { Ssp } from './ssp.mjs';
import { addUpstream, arrive, follow, link, Portal } from './upstream.mjs';
import { until } from './wire.mjs';

if (!Ssp.available()) {
  skip('SimpleSAMLphp', 'it is not installed');
  finish();
  process.exit();
}
const nixa = await Nixa.up({ arguments: ['--egress-http', '127.0.0.1'] });
process.on('exit', () => nixa.child.kill('SIGINT'));
const own = await until(async () => {
  const page = await new Browser(nixa).once(`${nixa.issuer}/saml/metadata`);
  return page.status === 200 ? page.text : null;
});
const ssp = await Ssp.up(nixa.dir, own);
const classes = 'urn:oasis:names:tc:SAML:2.0:ac:classes:';
const row = { id: 'agency', kind: 'saml', name: 'The Agency', name_vi: 'Cơ quan', issuer: ssp.entity, level_cap: 'm2', proofing: 'm2', jit: 'create',
  config: { metadata: await ssp.metadata(), allow_cbc: true, rp_logout: true, claims: { name: 'displayName' }, levels: { [`${classes}PasswordProtectedTransport`]: 'm2', [`${classes}Password`]: 'm2' } } };
await addUpstream(nixa, row);
const portal = await Portal.register(nixa);
const told = (browser) => `${browser.page.status} ${browser.page.url}\n${browser.trail.join('\n')}\n${browser.page.text.slice(0, 1500)}`;
const post = (form) => ({ method: 'POST', body: new URLSearchParams(form.fields).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(ssp.base).origin } });

// Its page for name and password posts to itself.
async function signInThere(browser) {
  const state = /name="AuthState" value="([^"]*)"/.exec(browser.page.text)?.[1];
  if (!state) return;
  await follow(browser, browser.page.url, post({ fields: { AuthState: state.replaceAll('&amp;', '&'), username: 'an', password: 'an-password' } }));
}
// As far as the form with the Response, which a browser would post from the provider's page.
async function asked(browser) {
  await follow(browser, portal.url());
  await follow(browser, link(browser, '/login/ways'));
  await follow(browser, link(browser, '/upstream/agency/go'));
  browser.way = browser.trail;
  await signInThere(browser);
  return browser.form('/saml/acs');
}
// Posts it as the browser would: from another site, hence without our cookies, and again from our own page.
async function answer(browser, form) {
  const cookies = browser.cookies;
  browser.cookies = new Map([...cookies].filter(([key]) => !key.startsWith('localhost ')));
  const page = await browser.once(form.action, post(form));
  browser.cookies = new Map([...cookies, ...browser.cookies]);
  browser.page = page;
  const again = browser.form('/saml/acs');
  await follow(browser, again.action, { ...post(again), headers: { 'content-type': 'application/x-www-form-urlencoded', origin: nixa.issuer } });
  return arrive(browser);
}

let first;
await scenario('a person signs in at a portal through the identity provider', async () => {
  const browser = new Browser(nixa);
  const form = await asked(browser);
  ok(browser.way.some((u) => u.includes('SAMLRequest=') && u.includes('Signature=')), 'our request is signed');
  const page = await answer(browser, form);
  ok(page.left, 'she is at the portal', told(browser));
  const tokens = await portal.tokens(browser, page.url);
  first = tokens.claims.sub;
  equal(tokens.claims.acr, 'urn:nixa:acr:m2', 'its class is worth what the row says');
  equal(tokens.info.name, 'Trần Văn An', 'her name came as an attribute');
});

await scenario('the second time she is the same person', async () => {
  const browser = new Browser(nixa);
  const page = await answer(browser, await asked(browser));
  equal((await portal.tokens(browser, page.url)).claims.sub, first, 'the same name');
});

await scenario('an encrypted assertion is opened', async () => {
  ssp.configure("'assertion.encryption' => true,"); // by AES-CBC, all that this version knows
  const browser = new Browser(nixa);
  const form = await asked(browser);
  ok(/EncryptedAssertion/.test(Buffer.from(form.fields.SAMLResponse, 'base64').toString()), 'it is encrypted');
  const page = await answer(browser, form);
  equal((await portal.tokens(browser, page.url)).claims.sub, first, 'she is who she was');
  ssp.configure();
});

await scenario('the assertion alone may be signed, or the response alone', async () => {
  for (const which of ["'saml20.sign.response' => false,", "'saml20.sign.assertion' => false,"]) {
    ssp.configure(which);
    const browser = new Browser(nixa);
    ok((await answer(browser, await asked(browser))).left, which, told(browser));
  }
});

await scenario('with neither it is refused', async () => {
  ssp.configure("'saml20.sign.response' => false,");
  const browser = new Browser(nixa);
  const form = await asked(browser);
  const xml = Buffer.from(form.fields.SAMLResponse, 'base64').toString();
  const bare = xml.replace(/<ds:Signature[\s\S]*?<\/ds:Signature>/g, '');
  ok(bare !== xml && !bare.includes('SignatureValue'), 'its one signature is taken out');
  form.fields.SAMLResponse = Buffer.from(bare).toString('base64');
  await answer(browser, form);
  ok(browser.page.status >= 400 && !browser.page.left, 'refused', told(browser));
  ssp.configure();
});

await scenario('a provider that signs with another key than its metadata has is refused', async () => {
  ssp.configure('', 'foreign');
  const browser = new Browser(nixa);
  await answer(browser, await asked(browser));
  ok(browser.page.status >= 400 && !browser.page.left, 'refused', told(browser));
  ok(link(browser, '/login/ways?t='), 'another way is offered');
  ssp.configure();
});

await scenario('a response is good once, in the browser that asked', async () => {
  const browser = new Browser(nixa), other = new Browser(nixa);
  const form = await asked(browser);
  await follow(other, portal.url());
  await answer(other, form);
  equal(other.page.status, 400, 'not in another browser', told(other));
  ok((await answer(browser, form)).left, 'in its own', told(browser));
  await answer(browser, form);
  equal(browser.page.status, 400, 'and once');
});

await scenario('a response that nobody asked for is refused', async () => {
  const browser = new Browser(nixa);
  await follow(browser, `${ssp.base}saml2/idp/SSOService.php?spentityid=${encodeURIComponent(`${nixa.issuer}/saml/metadata`)}`);
  await signInThere(browser);
  const form = browser.form('/saml/acs');
  const page = await browser.once(form.action, post(form));
  equal(page.status, 400, 'refused', page.text.slice(0, 300));
});

await scenario('signing out here goes on to the provider and comes back', async () => {
  const browser = new Browser(nixa);
  await answer(browser, await asked(browser));
  await follow(browser, `${nixa.issuer}/me`);
  const { action, fields } = browser.form('/me');
  await follow(browser, action, { ...post({ fields: { csrf: fields.csrf, act: 'sign-out' } }), headers: { 'content-type': 'application/x-www-form-urlencoded', origin: nixa.issuer } });
  ok(browser.trail.some((u) => u.startsWith(`${ssp.base}saml2/idp/SingleLogoutService.php`) && u.includes('SAMLRequest=')), 'the provider is asked', told(browser));
  ok(browser.at('/signed-out'), 'and she is back where it says so', told(browser));
  await follow(browser, portal.url());
  await follow(browser, link(browser, '/login/ways'));
  await follow(browser, link(browser, '/upstream/agency/go'));
  ok(/name="AuthState"/.test(browser.page.text), 'there she is asked again', told(browser));
});

await scenario('signing out at the provider ends the session here', async () => {
  const browser = new Browser(nixa);
  await answer(browser, await asked(browser));
  await follow(browser, `${nixa.issuer}/me`);
  ok(browser.at('/me'), 'she is in', told(browser));
  await follow(browser, `${ssp.base}saml2/idp/SingleLogoutService.php?ReturnTo=${encodeURIComponent(ssp.base)}`);
  ok(browser.trail.some((u) => u.startsWith(`${nixa.issuer}/saml/logout?`)), 'we are asked', told(browser));
  await follow(browser, `${nixa.issuer}/me`);
  ok(browser.at('/login'), 'and she is signed out here', told(browser));
});

const standing = async () => (await nixa.ctl('upstream', 'show', 'agency')).metadata;
// Its time has come: what is there is fetched by itself.
async function due() {
  execFileSync('python3', ['-c', `import sqlite3,sys
c=sqlite3.connect(sys.argv[1],timeout=10); c.execute("UPDATE saml_entity SET refresh=1 WHERE owner='agency'"); c.commit()`, join(nixa.data, 'registry.db')]);
  return until(async () => { const m = await standing(); return Date.parse(m.refresh) > Date.now() && m; });
}
async function signIn() {
  const browser = new Browser(nixa);
  const page = await answer(browser, await asked(browser));
  return page.left ? (await portal.tokens(browser, page.url)).claims.sub : told(browser);
}

await scenario('its metadata may be fetched from where it publishes it', async () => {
  const file = join(nixa.dir, 'by-url.json');
  const set = (more) => {
    const { metadata, ...config } = row.config;
    writeFileSync(file, JSON.stringify({ ...row, config: { ...config, ...more } }));
    return nixa.ctl('upstream', 'set', 'agency', file).catch((e) => e.message);
  };
  const url = `${ssp.base}saml2/idp/metadata.php`, signer = ssp.fingerprint('signer');
  ssp.configure(ssp.signing('signer'));
  ok(/certificate or fingerprint/.test(await set({ metadata_url: url })), 'not without who signs it');
  ok(/one of the two/.test(await set({ metadata_url: url, metadata_fingerprint: signer, metadata: row.config.metadata })), 'not beside metadata');
  ok(/not a URL that this server calls/.test(await set({ metadata_url: 'http://agency.example/', metadata_fingerprint: signer })), 'not from where we do not call');
  ok(/SAML_METADATA_SIGNATURE/.test(await set({ metadata_url: url, metadata_fingerprint: ssp.fingerprint('foreign') })), 'not signed by another');
  equal((await standing()).source, 'upload', 'nothing of that was written');
  const made = await set({ metadata_url: url, metadata_fingerprint: signer });
  equal(made.metadata?.source, 'url', `it was fetched ${typeof made === 'string' ? made : ''}`);
  equal(await signIn(), first, 'she signs in as before');
  ok(/name it again/.test(await set({})), 'a row that leaves it out is refused');
});

await scenario('its keys turn and nobody here does anything', async () => {
  ssp.configure(`${ssp.signing('signer')} 'new_privatekey' => 'next.key', 'new_certificate' => 'next.crt',`);
  equal((await due())?.failures, 0, 'both keys are published and fetched');
  equal(await signIn(), first, 'the old one still signs');
  ssp.configure(ssp.signing('signer'), 'next');
  equal(await signIn(), first, 'then the new one');
  equal((await due())?.failures, 0, 'and the old one goes');
  ssp.configure(ssp.signing('foreign'), 'foreign');
  equal((await due())?.last_error, 'SAML_METADATA_SIGNATURE', 'what somebody else signs is not taken');
  ssp.configure(`${ssp.signing('signer')} 'SingleSignOnServiceBinding' => ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'],`, 'next');
  equal((await due())?.last_error, 'SAML_METADATA', 'nor metadata by which nobody could be sent there');
  ssp.configure(ssp.signing('signer'), 'foreign');
  const stranger = await signIn();
  ok(stranger !== first && /^4/.test(stranger), 'nor what its key signs', stranger);
  ssp.configure(ssp.signing('foreign'), 'next');
  const check = await nixa.ctl('upstream', 'check', 'agency').catch((e) => e.message);
  ok(/SAML_METADATA_SIGNATURE; what stands is used/.test(check), 'a check says so', check);
  equal(await signIn(), first, 'and what stands serves');
  ssp.configure(ssp.signing('signer'), 'next');
  equal((await nixa.ctl('upstream', 'check', 'agency')).answers, true, 'a check fetches anew');
});

await scenario('the operator sees what its metadata says', async () => {
  const check = await nixa.ctl('upstream', 'check', 'agency');
  equal(check.sign_on, `${ssp.base}saml2/idp/SSOService.php`, 'where people are sent');
  const shown = await nixa.ctl('upstream', 'show', 'agency');
  equal(shown.config.metadata, undefined, 'the metadata is not among the settings');
  writeFileSync(join(nixa.dir, 'bad.json'), JSON.stringify({ ...row, id: 'bad', config: { metadata: '<a/>' } }));
  ok(await nixa.ctl('upstream', 'add', join(nixa.dir, 'bad.json')).then(() => false, () => true), 'what is no metadata is refused');
});

ssp.down();
await nixa.down();
finish();
