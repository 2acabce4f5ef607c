// Clients that come with a certificate (RFC 8705): through the real edge at its own port, with authorities and a revocation list
// of openssl's, and what must not be taken for one.
import { rmSync } from 'node:fs';
import { Nixa } from '../e2e/nixa.mjs';
import { https } from '../e2e/probe.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { Browser } from './browser.mjs';
import { openPki } from './pki.mjs';

const pki = openPki('nixa-clients-');
for (const name of ['portals', 'state', 'stranger']) pki.authority(name);
const named = (name, more = {}) => pki.issue(name, { by: 'portals', subject: `/C=VN/O=Portals/CN=${name}`, urls: `subjectAltName=DNS:${more.dns ?? name}.example\n`, ...more });
const cards = {
  api: named('api'),
  other: named('other'),
  revoked: named('revoked', { dns: 'api' }),
  server: named('server', { dns: 'api', use: 'serverAuth' }),
  foreign: named('foreign', { by: 'stranger', dns: 'api' }),
  person: named('person', { by: 'state', dns: 'api' }),
};
const index = new Map(Object.entries(cards).map(([name, card]) => [card.serial, name === 'revoked']));
pki.crl('portals', index);

const nixa = await Nixa.up({ arguments: ['--client-ca', pki.at('portals.pem'), '--client-crl', pki.at('portals.crl'), '--person-ca', pki.at('state.pem')] });
process.on('exit', () => nixa.child.kill('SIGINT'));
const meta = (await https(nixa, '/.well-known/openid-configuration')).json;
const at = meta.mtls_endpoint_aliases ?? {};
const operator = await nixa.ctl('token', '--scope', 'clients');
const register = (more) => https(nixa, meta.registration_endpoint, { method: 'POST',
  headers: { 'content-type': 'application/json', authorization: `Bearer ${operator.token}` },
  body: JSON.stringify({ client_name: 'API', grant_types: ['client_credentials'], response_types: [], scope: 'reports', ...more }) });
const made = await register({ token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_dns: 'api.example', nixa_introspects: true });
const id = made.json?.client_id;

async function post(url, card, form, headers = {}) {
  const b = new Browser(nixa, 'en');
  b.certificate = card ? { cert: card.cert, key: card.key } : {};
  const page = await b.once(url, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ client_id: id, ...form }).toString() });
  return { status: page.status, json: JSON.parse(page.text || '{}') };
}
const token = (card, headers, url = at.token_endpoint) => post(url, card, { grant_type: 'client_credentials' }, headers);
const field = (card) => `:${card.cert.toString().replaceAll(/-----[^-]+-----|\s/g, '')}:`;

await scenario('it is published and registered', () => {
  ok(meta.token_endpoint_auth_methods_supported.includes('tls_client_auth'), 'the method is published');
  equal(at.token_endpoint, `https://localhost:${nixa.port + 1}/oidc/token`, 'and the port of its own');
  equal(made.status, 201, made.text);
  ok(!made.json.client_secret, 'it needs no secret', made.text);
});

await scenario('an operator registers one by hand', async () => {
  const add = (...more) => nixa.ctl('client', 'add', '--name', 'Land registry', '--redirect-uri', 'https://land.example/cb', '--auth-method', 'tls_client_auth', ...more);
  const portal = await add('--tls-san-dns', 'other.example');
  ok(portal.client_id && !portal.client_secret, 'by the name of its certificate', JSON.stringify(portal));
  const refused = await add().catch((e) => e.message);
  ok(/exactly one/.test(refused), 'and not without', refused);
});

await scenario('a client gets, asks about and revokes a token by its certificate', async () => {
  const got = await token(cards.api);
  equal(got.status, 200, JSON.stringify(got.json));
  const about = () => post(at.introspection_endpoint, cards.api, { token: got.json.access_token });
  equal((await about()).json.active, true, 'it lives');
  equal((await post(at.revocation_endpoint, cards.api, { token: got.json.access_token })).status, 200, 'revoked');
  equal((await about()).json.active, false, 'and is over');
});

await scenario('test_rule_29: no other certificate is taken for it', async () => {
  for (const name of ['other', 'revoked', 'server', 'foreign', 'person']) {
    const got = await token(cards[name]);
    ok(got.status === 401 && got.json.error === 'invalid_client', name, JSON.stringify(got));
  }
  const none = await token(null);
  ok(none.status === 401 && none.json.error === 'invalid_client', 'nor none', JSON.stringify(none));
});

await scenario('test_rule_28: and nothing that is only said to be one', async () => {
  for (const [where, url] of [['the other port', meta.token_endpoint], ['its own port', at.token_endpoint]]) {
    const got = await token(null, { 'client-cert': field(cards.api) }, url);
    equal(got.status, 401, `a field at ${where}`);
  }
  equal((await token(cards.other, { 'client-cert': field(cards.api) })).status, 401, 'nor beside a certificate');
  equal((await token(cards.api, {}, meta.token_endpoint)).status, 401, 'nor where nobody asks for one');
  const b = new Browser(nixa);
  b.certificate = cards.api;
  equal((await b.once(`https://localhost:${nixa.port + 1}/oidc/authorize?client_id=${id}`)).status, 421, 'that port serves nothing else');
});

await scenario('one that is taken back is refused when that is known', async () => {
  const fresh = named('fresh', { dns: 'api' });
  index.set(fresh.serial, true);
  await new Promise((resolve) => { setTimeout(resolve, 1100); }); // a file is read anew when its time of change, in seconds, is another
  pki.crl('portals', index);
  equal((await token(fresh)).status, 401, 'the list was read anew');
  equal((await token(cards.api)).status, 200, 'the other stands');
});

await nixa.down();
rmSync(pki.dir, { recursive: true });
finish();
