// What the tests with real SAML portals share: keys, registration by the admin API, a browser's way through the forms of
// SAML, and who is signed in where.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Browser } from './browser.mjs';
import { until } from './wire.mjs';

export const password = 'nixa-demo-2026';

export const freePort = () => new Promise((resolve, reject) => {
  const s = createServer();
  s.once('error', reject);
  s.listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => resolve(port)); });
});

// A key and a self-signed certificate as PEM files.
export function makePair(dir, name) {
  mkdirSync(dir, { recursive: true });
  const [key, cert] = [join(dir, `${name}.key`), join(dir, `${name}.pem`)];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2',
    '-subj', `/CN=${name}`], { stdio: 'pipe' });
  return { key, cert, keyText: readFileSync(key, 'utf8'), certText: readFileSync(cert, 'utf8') };
}

async function call(nixa, method, path, headers = {}, body) {
  const scope = path.startsWith('/admin/v1/keys') ? 'keys' : 'clients';
  const { token } = await nixa.ctl('token', '--scope', scope);
  const page = await new Browser(nixa).once(`${nixa.issuer}${path}`,
    { method, headers: { accept: 'application/json', authorization: `Bearer ${token}`, ...headers }, body });
  if (page.status >= 300) throw new Error(`${method} ${path}: ${page.status} ${page.text}`);
  return page;
}

// Registers a portal by its metadata; gives its client id.
export async function register(nixa, xml) {
  const page = await call(nixa, 'POST', '/admin/v1/saml/providers', { 'content-type': 'application/samlmetadata+xml' }, xml);
  return page.headers.location.split('/').pop();
}

export const ownMetadata = async (nixa) => (await new Browser(nixa).once(`${nixa.issuer}/saml/metadata`)).text;

// The certificates that our metadata publishes for signing, as bare base64.
export const signers = (metadata) => [...metadata.matchAll(/<md:KeyDescriptor use="signing">([\s\S]*?)<\/md:KeyDescriptor>/g)]
  .map(([, inner]) => /<ds:X509Certificate>([^<]*)</.exec(inner)[1].replaceAll(/\s/g, ''));

// Our next key for SAML signs; it is made in the server's first minute, and published for a second at least.
export const turnKey = (nixa) => until(async () => {
  const keys = (await nixa.ctl('keys', 'list')).items.filter((k) => k.use === 'saml');
  if (!keys.some((k) => k.state === 'next')) return null;
  return nixa.ctl('keys', 'rotate', '--use', 'saml').catch(() => null);
}, 120_000);

const waiting = ['SAMLResponse', 'SAMLRequest'];

// Goes on from a page: signs in and consents where asked, presses the button of every form that carries a message of SAML,
// until it is on a page that is none of these. stay(browser): stop here.
export async function through(browser, who = 'lan', stay = () => false) {
  for (let i = 0; i < 20 && !stay(browser); i += 1) {
    if (waiting.some((name) => browser.page.text.includes(`name="${name}"`))) {
      const action = /<form[^>]*action="([^"]*)"/i.exec(browser.page.text)[1];
      await browser.submit(new URL(action.replaceAll('&#x3a;', ':').replaceAll('&#x2f;', '/')).pathname, {});
    } else if (!browser.page.url.startsWith(browser.nixa.issuer)) break;
    else if (browser.at('/login') && /action="\/login\/password"/.test(browser.page.text)) await browser.submit('/login/password', { username: who, password });
    else if (browser.at('/consent')) await browser.submit('/consent', { decision: 'allow' });
    else if (browser.at('/saml/logout/progress') && /\/saml\/logout\/next/.test(browser.page.text)) await browser.submit('/saml/logout/next', {});
    else break;
  }
  return browser.page;
}
