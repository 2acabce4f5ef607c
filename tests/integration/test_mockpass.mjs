// A national app as upstream: npm @opengovsg/mockpass, unmodified. It authenticates us by private_key_jwt with the key
// set that we show it, encrypts its ID tokens to us (ECDH-ES+A256KW and RSA-OAEP-256), knows no PKCE, and speaks plain
// http on loopback.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { Nixa } from '../e2e/nixa.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { Browser } from './browser.mjs';
import { addUpstream, arrive, follow, freePort, link, Portal } from './upstream.mjs';
import { until } from './wire.mjs';

const nixa = await Nixa.up({ arguments: ['--egress-http', '127.0.0.1'] });
process.on('exit', () => nixa.child.kill('SIGINT'));
const port = await freePort();
const base = `http://127.0.0.1:${port}`;
const app = createRequire(new URL('../e2e/package.json', import.meta.url)).resolve('@opengovsg/mockpass/index.js');
const mockpass = spawn(process.execPath, [app], { stdio: 'ignore', env: { ...process.env, MOCKPASS_PORT: port, SHOW_LOGIN_PAGE: 'false',
  SP_RP_JWKS_ENDPOINT: `${nixa.issuer}/upstream/person/jwks`, CP_RP_JWKS_ENDPOINT: `${nixa.issuer}/upstream/company/jwks`, NODE_EXTRA_CA_CERTS: nixa.ca } });
process.on('exit', () => mockpass.kill('SIGKILL'));
ok(await until(async () => (await fetch(`${base}/singpass/v2/.well-known/openid-configuration`).catch(() => null))?.ok), 'mockpass answers');

const row = (id, path, config) => ({ id, kind: 'oidc', name: `App ${id}`, issuer: `${base}/${path}/v2`, level_cap: 'm2', proofing: 'm2', jit: 'create',
  config: { client_id: `nixa-${id}`, token_auth: 'private_key_jwt', scope: 'openid', pkce: false, level: 'm2', id_token_encrypted: true, ...config } });
await addUpstream(nixa, row('person', 'singpass', { id_token_encryption_alg: 'RSA-OAEP-256' }));
await addUpstream(nixa, row('company', 'corppass', { id_token_encryption_alg: 'ECDH-ES+A256KW', person_kind: 'organisation' }));
await addUpstream(nixa, { ...row('open', 'corppass', { id_token_encrypted: false }) });
const portal = await Portal.register(nixa);

async function through(browser, id) {
  await follow(browser, portal.url());
  await follow(browser, link(browser, '/login/ways'));
  await follow(browser, link(browser, `/upstream/${id}/go`));
  return arrive(browser);
}
const told = (browser) => `${browser.page.status} ${browser.page.url}\n${browser.trail.join('\n')}\n${browser.page.text.slice(0, 900)}`;

await scenario('our keys are shown to the provider: one to verify us, and those that it may encrypt to', async () => {
  const shown = async (id) => JSON.parse((await new Browser(nixa).once(`${nixa.issuer}/upstream/${id}/jwks`)).text).keys;
  const rsa = await shown('person'), ec = await shown('company');
  equal(rsa.filter((k) => k.use === 'enc').map((k) => `${k.kty} ${k.alg}`)[0], 'RSA RSA-OAEP-256', 'an RSA key where the row says so');
  equal(ec.filter((k) => k.use === 'enc').map((k) => `${k.kty} ${k.alg}`)[0], 'EC ECDH-ES+A256KW', 'a P-256 key where the row says so');
  ok(rsa.some((k) => k.use === 'sig') && rsa.every((k) => !k.d), 'and nothing private');
});

for (const [id, alg] of [['person', 'RSA-OAEP-256'], ['company', 'ECDH-ES+A256KW']]) {
  await scenario(`a person signs in with ${alg}`, async () => {
    const browser = new Browser(nixa);
    const page = await through(browser, id);
    ok(page.left, 'she is at the portal', told(browser));
    equal((await portal.tokens(browser, page.url)).claims.acr, 'urn:nixa:acr:m2', 'at the level of the row');
    const there = new URL(browser.way.find((u) => u.startsWith(`${base}/`)));
    equal(there.searchParams.get('code_challenge'), null, 'without PKCE, which the row switched off');
  });
}

await scenario('an encrypted ID token is refused where the row expects none', async () => {
  const browser = new Browser(nixa);
  await through(browser, 'open');
  ok(browser.page.status === 502 || browser.page.status === 400, 'refused', told(browser));
});

await nixa.down();
mockpass.kill();
finish();
