// Metadata from elsewhere: a federation that is asked for portals nobody registered (Metadata Query Protocol), and a portal
// whose metadata is fetched again from its URL, with keys that change, failures and an end of validity. Signed by xmlsec1.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { Nixa } from '../e2e/nixa.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { Browser } from './browser.mjs';
import { makePair } from './saml_peer.mjs';
import { until } from './wire.mjs';

const dir = mkdtempSync(join(tmpdir(), 'nixa-federation-'));
mkdirSync(dir, { recursive: true });
const federation = makePair(dir, 'federation'), foreign = makePair(dir, 'foreign'), portalKey = makePair(dir, 'portal'), nextKey = makePair(dir, 'next');
const bare = (pem) => pem.replace(/-----[^-]+-----|\s/g, '');
const iso = (seconds) => new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z/, 'Z');

function entity(id, { keys = [portalKey], valid = 3600, keep = 'PT1H', acs = 'https://found.example/acs', signature = true } = {}) {
  const descriptors = keys.map((k) => `<KeyDescriptor><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${bare(k.certText)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>`);
  return `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" ID="_m" entityID="${id}"
 validUntil="${iso(valid)}" cacheDuration="${keep}">${signature ? template : ''}<SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
${descriptors.join('')}<AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${acs}" index="0"/>
<AttributeConsumingService index="0"><ServiceName xml:lang="vi">Cổng tìm thấy</ServiceName><RequestedAttribute Name="national_id"/></AttributeConsumingService>
</SPSSODescriptor></EntityDescriptor>`;
}

const template = `<ds:Signature><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/><ds:Reference URI="#_m"><ds:Transforms>
<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/><ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>
<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference></ds:SignedInfo><ds:SignatureValue/>
<ds:KeyInfo><ds:X509Data><ds:X509Certificate/></ds:X509Data></ds:KeyInfo></ds:Signature>`;

// A federation in one document, of more than a megabyte.
function aggregate({ entities = 1200, twice = false, valid = 3600 } = {}) {
  const one = (n) => entity(`urn:agg:${n}`, { signature: false, acs: `https://agg${n}.example/acs` }).replace('ID="_m" ', '');
  const all = Array.from({ length: entities }, (_, n) => one(n)).join('\n') + (twice ? one(7) : '');
  return `<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" ID="_m" validUntil="${iso(valid)}"
 cacheDuration="PT30M">${template}${all}</EntitiesDescriptor>`;
}

function signed(xml, by = federation, element = 'EntityDescriptor') {
  const [plain, done] = [join(dir, 'plain.xml'), join(dir, 'signed.xml')];
  writeFileSync(plain, xml);
  execFileSync('xmlsec1', ['--sign', '--privkey-pem', `${by.key},${by.cert}`, '--id-attr:ID', `urn:oasis:names:tc:SAML:2.0:metadata:${element}`,
    '--output', done, plain], { stdio: 'pipe' });
  return readFileSync(done, 'utf8');
}

// What stands at a path: a text, or a function of the request.
const served = new Map();
const calls = [];
const server = createServer((rq, rs) => {
  calls.push({ path: rq.url, accept: rq.headers.accept });
  const text = served.get(rq.url);
  if (text === undefined) return void rs.writeHead(404).end();
  rs.writeHead(200, { 'content-type': 'application/samlmetadata+xml' }).end(text);
});
await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
const base = `http://127.0.0.1:${server.address().port}`;
const at = (id) => `/entities/${encodeURIComponent(id)}`;
const asked = (path) => calls.filter((c) => c.path === path).length;

const nixa = await Nixa.up({ arguments: ['--egress-http', '127.0.0.1', '--saml-mdq', `${base}/`, '--saml-mdq-certificate', federation.cert,
  '--saml-mdq-claims', 'name email'] });
process.on('exit', () => nixa.child.kill('SIGINT')); // when something throws
const browser = new Browser(nixa);

// An AuthnRequest by redirect, unsigned: the page it leads to.
async function ask(issuer, acs = 'https://found.example/acs') {
  const request = `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"
 ID="_${Math.random().toString(16).slice(2)}${Date.now()}" Version="2.0" IssueInstant="${iso(0)}" Destination="${nixa.issuer}/saml/sso" AssertionConsumerServiceURL="${acs}">
<saml:Issuer>${issuer}</saml:Issuer></samlp:AuthnRequest>`;
  return browser.once(`${nixa.issuer}/saml/sso?SAMLRequest=${encodeURIComponent(deflateRawSync(request).toString('base64'))}`);
}
const welcome = (page) => page.status === 303 && new URL(page.headers.location, nixa.issuer).pathname === '/login';
const providers = async () => (await nixa.ctl('saml', 'list')).items;

await scenario('a portal of the federation is found when it first asks', async () => {
  const id = 'https://found.example/sp?x=1';
  served.set(at(id), signed(entity(id)));
  const page = await ask(id);
  ok(welcome(page), 'it is let in', `${page.status} ${page.headers.location} ${page.text.slice(0, 300)}`);
  equal(asked(at(id)), 1, 'the federation was asked');
  equal(calls.find((c) => c.path === at(id)).accept, 'application/samlmetadata+xml', 'for metadata');
  ok(welcome(await ask(id)), 'and again');
  equal(asked(at(id)), 1, 'from the registry then');
  const row = await nixa.ctl('saml', 'show', id);
  equal(row.source, 'mdq', 'it is known where it is from');
  equal(JSON.stringify(row.settings), JSON.stringify({ cap: 2, claims: ['name', 'email'] }), 'it is told what the policy says, whatever it asks for');
  equal(row.owner, 'federation', 'and nobody of ours registered it');
  equal((await ask(id, 'https://elsewhere.example/acs')).status, 400, 'answers go nowhere else');
});

await scenario('one that is not there is not asked for at will', async () => {
  const id = 'https://unknown.example/sp';
  for (let i = 0; i < 6; i += 1) equal((await ask(id)).status, 400, 'it is refused');
  equal(asked(at(id)), 2, 'the federation is left alone');
});

await scenario('what is not signed by the federation is not believed', async () => {
  const cases = {
    unsigned: entity('urn:unsigned', { signature: false }),
    foreign: signed(entity('urn:foreign'), foreign),
    other: signed(entity('urn:someone-else')),
    over: signed(entity('urn:over', { valid: -60 })),
    changed: signed(entity('urn:changed')).replace('https://found.example/acs', 'https://evil.example/acs'),
    http: signed(entity('urn:http', { acs: 'http://found.example/acs' })),
    garbage: '<',
  };
  for (const [name, text] of Object.entries(cases)) {
    served.set(at(`urn:${name}`), text);
    const page = await ask(`urn:${name}`);
    ok(page.status >= 400, `${name} is refused`, `${page.status} ${page.headers.location}`);
    equal(asked(at(`urn:${name}`)), 1, 'having been asked for');
  }
  equal((await providers()).filter((p) => p.source === 'mdq').length, 1, 'none of them is registered');
});

const spki = async (id) => (await nixa.ctl('saml', 'show', id)).keys.map((k) => k.spki_sha256);
const due = () => execFileSync('python3', ['-c', `import sqlite3,sys
c=sqlite3.connect(sys.argv[1],timeout=10); c.execute("UPDATE saml_entity SET refresh=1 WHERE source=1"); c.commit()`, join(nixa.data, 'registry.db')]);
const fingerprint = (pair) => execFileSync('openssl', ['x509', '-in', pair.cert, '-noout', '-fingerprint', '-sha256']).toString().split('=')[1].trim();

await scenario('a portal is registered by its URL', async () => {
  const id = 'urn:by-url';
  served.set('/portal.xml', signed(entity(id, { acs: 'https://url.example/acs' }), portalKey));
  const refused = await nixa.ctl('saml', 'add', `${base}/portal.xml`, '--fingerprint', fingerprint(foreign)).catch((e) => e.message);
  ok(/SAML_METADATA_SIGNATURE/.test(refused), 'not by another certificate', refused);
  const bold = await nixa.ctl('saml', 'add', `${base}/portal.xml`).catch((e) => e.message);
  ok(/certificate or fingerprint/.test(bold), 'not without one', bold);
  const made = await nixa.ctl('saml', 'add', `${base}/portal.xml`, '--fingerprint', fingerprint(portalKey), '--cap', '3');
  equal(made.entity_id, id, 'by the one that was named');
  equal(made.settings.cap, 3, 'with its settings');
  ok(Date.parse(made.refresh) > Date.now(), 'to be fetched again', made.refresh);
  ok(welcome(await ask(id, 'https://url.example/acs')), 'it is let in');
});

await scenario('its keys change at its URL, and then with us', async () => {
  const id = 'urn:by-url', before = await spki(id);
  served.set('/portal.xml', signed(entity(id, { acs: 'https://url.example/acs', keys: [nextKey, portalKey] }), portalKey));
  due();
  const both = await until(async () => { const k = await spki(id); return k.length === 2 && k; });
  ok(both && both.includes(before[0]), 'both are known during the change', JSON.stringify(both));
  served.set('/portal.xml', signed(entity(id, { acs: 'https://url.example/acs', keys: [nextKey] }), portalKey));
  const after = (await nixa.ctl('saml', 'refresh', id)).keys.map((k) => k.spki_sha256);
  equal(JSON.stringify(after), JSON.stringify([both.find((k) => k !== before[0])]), 'then the new one alone');
  served.set('/portal.xml', signed(entity(id, { acs: 'https://url.example/acs', keys: [portalKey] }), foreign));
  due();
  const failed = await until(async () => { const row = await nixa.ctl('saml', 'show', id); return row.failures > 0 && row; });
  equal(failed?.last_error, 'SAML_METADATA_SIGNATURE', 'what somebody else signed is not taken');
  equal(JSON.stringify(await spki(id)), JSON.stringify(after), 'and what stands, stays');
  const doctor = (await nixa.ctl('doctor')).items.find((c) => c.check === 'saml-metadata');
  equal(doctor.state, 'warn', 'the doctor tells', JSON.stringify(doctor));
});

await scenario('what cannot be fetched serves until its validity ends', async () => {
  const id = 'urn:by-url';
  served.set('/portal.xml', signed(entity(id, { acs: 'https://url.example/acs', valid: 15 }), portalKey));
  await nixa.ctl('saml', 'refresh', id);
  served.delete('/portal.xml');
  due();
  await until(async () => (await nixa.ctl('saml', 'show', id)).failures > 0);
  ok(welcome(await ask(id, 'https://url.example/acs')), 'it is let in while it is valid');
  const over = await until(async () => { const page = await ask(id, 'https://url.example/acs'); return page.status >= 400 && page; }, 60_000);
  equal(over?.status, 400, 'and refused then');
  const doctor = (await nixa.ctl('doctor')).items.find((c) => c.check === 'saml-metadata');
  equal(doctor.state, 'bad', 'the doctor tells', JSON.stringify(doctor));
});

await scenario('a portal is picked out of a large aggregate', async () => {
  const add = (url, id, pair = federation) => nixa.ctl('saml', 'add', url, '--certificate', pair.cert, '--entity-id', id).catch((e) => e.message);
  served.set('/all.xml', signed(aggregate(), federation, 'EntitiesDescriptor'));
  ok(served.get('/all.xml').length > 1 << 20, 'of more than a megabyte', served.get('/all.xml').length);
  ok(/SAML_METADATA_SIGNATURE/.test(await add(`${base}/all.xml`, 'urn:agg:7', foreign)), 'not by another certificate');
  ok(/SAML_UNKNOWN/.test(await add(`${base}/all.xml`, 'urn:agg:none')), 'not one that is not there');
  const made = await add(`${base}/all.xml`, 'urn:agg:7');
  equal(made.entity_id, 'urn:agg:7', `but the one that was named ${made.entity_id ? '' : made}`);
  equal(made.cache_duration, 1800, 'for as long as the whole may be kept');
  ok(welcome(await ask('urn:agg:7', 'https://agg7.example/acs')), 'it is let in');
  served.set('/twice.xml', signed(aggregate({ twice: true }), federation, 'EntitiesDescriptor'));
  ok(/SAML_METADATA/.test(await add(`${base}/twice.xml`, 'urn:agg:7')), 'not when two of a name stand there');
  served.set('/old.xml', signed(aggregate({ valid: -5 }), federation, 'EntitiesDescriptor'));
  ok(/SAML_METADATA_EXPIRED/.test(await add(`${base}/old.xml`, 'urn:agg:8')), 'not when the whole is over');
});

await scenario('an operator checks, lists and removes', async () => {
  const file = join(dir, 'bad.xml');
  writeFileSync(file, entity('urn:bad', { acs: 'javascript:alert(1)', signature: false }));
  const refused = await nixa.ctl('saml', 'check', file).catch((e) => e.message);
  ok(/"good":false/.test(refused), 'the linter refuses it', refused);
  ok(/"line":3,"kind":"error","text":"a location must be an https URL/.test(refused), 'and says where', refused);
  writeFileSync(file, entity('urn:good', { signature: false }));
  equal((await nixa.ctl('saml', 'check', file)).good, true, 'and takes a good one');
  await nixa.ctl('saml', 'remove', 'urn:by-url');
  ok(!(await providers()).some((p) => p.entity_id === 'urn:by-url'), 'what was removed is gone');
});

server.close();
await nixa.down();
finish();
