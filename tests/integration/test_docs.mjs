// docs/federation.md, typed: its files are written and its commands run, in their order, on a fresh server and against a real
// directory, a real RADIUS server, a real OpenID provider and a KDC's keytab. A page that is wrong is worse than none.
import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Nixa } from '../e2e/nixa.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { Browser } from './browser.mjs';
import { Kdc } from './kdc.mjs';
import { Radiusd, secret } from './radiusd.mjs';
import { makePair, ownMetadata, signers } from './saml_peer.mjs';
import { host, Slapd } from './slapd.mjs';
import { freePort, Peer } from './upstream.mjs';

const page = readFileSync(fileURLToPath(new URL('../../docs/federation.md', import.meta.url)), 'utf8');
const bin = process.env.NIXA_BIN;
// Blocks between fences: the word behind the fence says what they are ("sh", "json FILE").
const blocks = [...page.matchAll(/^```(\w*)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(([, kind, file, text]) => ({ kind, file, text }));

const nixa = await Nixa.up({ arguments: ['--egress-http', '127.0.0.1'] });
process.on('exit', () => nixa.child.kill('SIGINT'));
const at = (name) => join(nixa.dir, name);
const slapd = await Slapd.up(), radius = await Radiusd.up(), kdc = await Kdc.up('AGENCY.VN');
const port = await freePort();
const provider = await Peer.up('oidc_upstream.mjs', { issuer: `http://127.0.0.1:${port}`, port, clients: [{ client_id: 'nixa',
  client_secret: 'from the provider, at least 32 characters', redirect_uris: [`${nixa.issuer}/upstream/bo/callback`] }] }, { NODE_EXTRA_CA_CERTS: nixa.ca });

// ---- what the page takes for granted: a portal's metadata, a federation that signs, a provider's metadata

const signer = makePair(nixa.dir, 'signer');
const bare = (pem) => pem.replace(/-----[^-]+-----|\s/g, '');
const template = `<ds:Signature><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/><ds:Reference URI="#_m"><ds:Transforms>
<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/><ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>
<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference></ds:SignedInfo><ds:SignatureValue/>
<ds:KeyInfo><ds:X509Data><ds:X509Certificate/></ds:X509Data></ds:KeyInfo></ds:Signature>`;
const names = 'xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"';
const binding = 'urn:oasis:names:tc:SAML:2.0:bindings:';
const key = `<KeyDescriptor><ds:KeyInfo><ds:X509Data><ds:X509Certificate>${bare(signer.certText)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>`;
const valid = `validUntil="${new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+Z/, 'Z')}" cacheDuration="PT1H"`;
const role = (kind, inside) => `<${kind} protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">${key}${inside}</${kind}>`;
const portal = (name, head) => `<EntityDescriptor ${names} ${head} entityID="https://${name}.example.vn/saml">${head ? template : ''}
${role('SPSSODescriptor', `<AssertionConsumerService Binding="${binding}HTTP-POST" Location="https://${name}.example.vn/acs" index="0"/>`)}</EntityDescriptor>`;

function signed(xml, element) {
  writeFileSync(at('plain.xml'), xml);
  execFileSync('xmlsec1', ['--sign', '--privkey-pem', `${signer.key},${signer.cert}`, '--id-attr:ID', `urn:oasis:names:tc:SAML:2.0:metadata:${element}`,
    '--output', at('done.xml'), at('plain.xml')], { stdio: 'pipe' });
  return readFileSync(at('done.xml'), 'utf8');
}

const served = {
  '/saml/metadata': signed(portal('thue', `ID="_m" ${valid}`), 'EntityDescriptor'),
  '/all.xml': signed(`<EntitiesDescriptor ${names} ID="_m" ${valid}>${template}${portal('y-te', '')}${portal('khac', '')}</EntitiesDescriptor>`, 'EntitiesDescriptor'),
};
const server = createServer((rq, rs) => rs.writeHead(served[rq.url] ? 200 : 404).end(served[rq.url]));
await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
writeFileSync(at('portal.xml'), portal('dat-dai', ''));
writeFileSync(at('idp.xml'), `<EntityDescriptor ${names} entityID="https://idp.dai-hoc.example.vn/idp">${role('IDPSSODescriptor',
  `<SingleSignOnService Binding="${binding}HTTP-Redirect" Location="https://idp.dai-hoc.example.vn/sso"/>`)}</EntityDescriptor>`);
writeFileSync(at('agency-ca.pem'), slapd.ca);

// ---- the page's names, and where they are here

const here = `http://127.0.0.1:${server.address().port}`;
const places = {
  'https://thue.example.vn/saml/metadata': `${here}/saml/metadata`, 'https://lien-doan.example.vn': here,
  'https://id.bo.example.vn': `http://127.0.0.1:${port}`, 'ldaps://ldap.so.example.vn': `ldaps://${host}:${slapd.tlsPort}`,
  'radius.chi-cuc.example.vn", "port": 1812': `127.0.0.1", "port": ${radius.port}`, '/etc/nixa/http.keytab': kdc.keytab,
  './nixa ctl': `${bin}/nixactl --data ${nixa.data}`,
};
const placed = (text) => Object.entries(places).reduce((t, [from, to]) => t.replaceAll(from, to), text);
const type = (text) => new Promise((resolve) => {
  execFile('sh', ['-e', '-c', placed(text)], { cwd: nixa.dir, env: { ...process.env, NIXA_HOME: fileURLToPath(new URL('../..', import.meta.url)) } },
    (error, out, err) => resolve({ code: error ? error.code : 0, said: `${out}${err}` }));
});

await scenario('every name of the page is used', async () => {
  for (const name of Object.keys(places)) ok(page.includes(name), name);
  ok(page.includes(secret) && blocks.filter((b) => b.kind === 'sh').length >= 10, 'and there are commands');
});

for (const { kind, file, text } of blocks) {
  if (kind === 'json') {
    await scenario(`${file} is JSON`, async () => {
      JSON.parse(text);
      writeFileSync(at(file), placed(text));
    });
  }
  if (kind === 'sh') {
    await scenario(text.trim().split('\n')[0], async () => {
      const { code, said } = await type(text);
      equal(code, 0, `done ${code ? said : ''}`);
      if (/upstream check/.test(text)) ok(/^answers +yes$/m.test(said), 'and it answers', said);
    });
  }
}

await scenario('the lines for Apache are lines that it takes', async () => {
  const modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'auth_mellon'].map((m) => `LoadModule ${m}_module /usr/lib/apache2/modules/mod_${m}.so`);
  const { text } = blocks.find((b) => b.kind === 'apache');
  writeFileSync(at('httpd.conf'), [`ServerRoot "${nixa.dir}"`, 'ServerName dat-dai.example.vn', 'Listen 127.0.0.1:1', 'ErrorLog httpd.log', 'DefaultRuntimeDir .', ...modules,
    text.replaceAll('/etc/apache2/saml/sp.key', signer.key).replaceAll('/etc/apache2/saml/sp.pem', signer.cert).replaceAll('/etc/apache2/saml/sp.xml', at('portal.xml'))
      .replaceAll('/etc/apache2/saml/idp.xml', at('own.xml'))].join('\n'));
  writeFileSync(at('own.xml'), await ownMetadata(nixa));
  const { code, said } = await type(`/usr/sbin/apache2 -t -f ${at('httpd.conf')}`);
  ok(code === 0 && /Syntax OK/.test(said), 'without a complaint', said);
});

await scenario('the lines for node-saml ask us', async () => {
  const { SAML } = createRequire(new URL('../e2e/package.json', import.meta.url))('@node-saml/node-saml');
  const text = blocks.find((b) => b.kind === 'js').text.replaceAll('https://ISSUER', nixa.issuer);
  const saml = new Function('SAML', 'certificates', 'privateKey', 'publicCert', `return ${text}`)(SAML, signers(await ownMetadata(nixa)), signer.keyText, signer.certText);
  const asked = await new Browser(nixa).once(await saml.getAuthorizeUrlAsync('r', undefined, {}));
  ok(asked.status === 303 && new URL(asked.headers.location, nixa.issuer).pathname === '/login', 'and she would be signed in', `${asked.status} ${asked.text.slice(0, 400)}`);
});

await scenario('what the page made is there', async () => {
  const portals = (await nixa.ctl('saml', 'list')).items.map((p) => `${p.entity_id} ${p.source}`);
  for (const one of ['https://dat-dai.example.vn/saml upload', 'https://thue.example.vn/saml url', 'https://y-te.example.vn/saml url'])
    ok(portals.includes(one), one, portals.join('\n'));
  const upstreams = (await nixa.ctl('upstream', 'list')).items.filter((u) => u.state === 'on').map((u) => u.id).sort();
  equal(upstreams.join(' '), 'ban-lam-viec bo canbo chi-cuc dai-hoc so', 'every upstream is on');
  const { addresses } = await nixa.ctl('upstream', 'show', 'bo');
  equal(addresses.redirect_uri, `${nixa.issuer}/upstream/bo/callback`, 'the addresses to register are told');
  equal(JSON.stringify((await nixa.ctl('saml', 'show', 'https://dat-dai.example.vn/saml')).settings), JSON.stringify({ claims: ['name', 'birthdate'], encrypt: 'always' }),
    'what was unset is unset');
  equal((await nixa.ctl('doctor')).items.find((c) => c.check === 'upstreams').state, 'good', 'and the doctor is content');
});

await scenario('every command, option and setting that the page names exists', async () => {
  const named = new Set([...page.matchAll(/\.\/nixa ctl ([a-z]+(?: [a-z-]+)?)/g)].map(([, words]) => words));
  let help = (await type(`${bin}/nixactl up --help`)).said;
  for (const words of named) {
    const { code, said } = await type(`./nixa ctl help ${words}`);
    ok(code === 0 && said.includes(words.split(' ')[0]), words, said);
    help += said;
  }
  const shell = blocks.filter((b) => b.kind !== 'json' && b.text.includes('./nixa')).map((b) => b.text).join('').replaceAll(/\$\(.*\)/g, '');
  const options = new Set([...shell.matchAll(/ --([a-z-]+)/g), ...page.matchAll(/`--([a-z-]+)/g)].map(([, name]) => name));
  for (const name of options) ok(help.includes(`  --${name} `) || help.includes(`\n${name.replaceAll('-', '_')}: `), `--${name}`);
  for (const [, name] of page.matchAll(/`((?:person|gateway|sms|email)_[a-z_]+)`/g))
    ok(help.includes(`\n${name}: `) || ['person_kind', 'email_verified'].includes(name), name);
});

await scenario('every table of the registry stands in docs/architecture.md', async () => {
  const house = readFileSync(fileURLToPath(new URL('../../docs/architecture.md', import.meta.url)), 'utf8');
  const folder = fileURLToPath(new URL('../../idp/registry/migrations/', import.meta.url));
  for (const file of readdirSync(folder))
    for (const [, table] of readFileSync(join(folder, file), 'utf8').matchAll(/^CREATE TABLE (\w+)/gm))
      ok(new RegExp(`^\\|.*\\b${table}\\b`, 'm').test(house), table);
});

server.close();
await nixa.down();
await provider.kill();
for (const one of [slapd, radius, kdc]) await one.down();
finish();
