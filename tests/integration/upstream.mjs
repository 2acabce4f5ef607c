// What the tests of upstream providers share: providers in processes of their own, and a portal of ours that asks.
import { fork } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFileSync } from 'node:fs';

const here = dirname(fileURLToPath(import.meta.url));

export function freePort() {
  return new Promise((resolve, reject) => {
    const s = createServer();
    s.once('error', reject);
    s.listen(0, '127.0.0.1', () => {
      const { port } = s.address();
      s.close(() => resolve(port));
    });
  });
}

// A script of this folder that says { ready } and takes messages.
export class Peer {
  static async up(script, plan, env = {}) {
    const p = new Peer();
    p.plan = plan;
    p.child = fork(join(here, script), [JSON.stringify(plan)], { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    await p.next();
    return p;
  }

  next() {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('the provider does not answer')), 20_000);
      const gone = (code) => reject(new Error(`the provider ended with ${code}`));
      this.child.once('exit', gone);
      this.child.once('message', (m) => { clearTimeout(late); this.child.off('exit', gone); resolve(m); });
    });
  }

  tell(message) {
    const said = this.next();
    this.child.send(message);
    return said;
  }

  kill() {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    return gone;
  }
}

// An upstream's row, added and switched on.
export async function addUpstream(nixa, row) {
  const file = join(nixa.dir, `${row.id}.json`);
  writeFileSync(file, JSON.stringify(row));
  await nixa.ctl('upstream', 'add', file);
  await nixa.ctl('upstream', 'on', row.id);
}

// A portal of ours that is only a client registration: its redirect address is never fetched, the browser stops there.
export class Portal {
  static async register(nixa, name = 'Portal under test') {
    const p = new Portal();
    p.nixa = nixa;
    p.redirect = 'https://portal.test.example/cb';
    const made = await nixa.ctl('client', 'add', '--name', name, '--redirect-uri', p.redirect, '--id-token-alg', 'ES256');
    p.id = made.client_id;
    p.secret = made.client_secret;
    return p;
  }

  url(more = {}) {
    this.verifier = randomBytes(32).toString('base64url');
    this.state = randomBytes(8).toString('hex');
    const q = new URLSearchParams({ response_type: 'code', client_id: this.id, redirect_uri: this.redirect, scope: 'openid profile',
      state: this.state, nonce: 'n', code_challenge: createHash('sha256').update(this.verifier).digest('base64url'), code_challenge_method: 'S256', ...more });
    return `${this.nixa.issuer}/oidc/authorize?${q}`;
  }

  // Claims of the ID token for the code that the browser stopped with.
  async tokens(browser, location) {
    const code = new URL(location).searchParams.get('code');
    if (!code) throw new Error(`no code in ${location}`);
    const page = await browser.once(`${this.nixa.issuer}/oidc/token`, { method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: `Basic ${Buffer.from(`${this.id}:${this.secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: this.redirect, code_verifier: this.verifier }).toString() });
    const answer = JSON.parse(page.text);
    if (!answer.id_token) throw new Error(page.text);
    const info = await browser.once(`${this.nixa.issuer}/oidc/userinfo`, { headers: { authorization: `Bearer ${answer.access_token}` } });
    return { ...answer, info: JSON.parse(info.text), claims: JSON.parse(Buffer.from(answer.id_token.split('.')[1], 'base64url')) };
  }
}

// Follows redirects until a page is not one, or leaves for the portal: then page.url is where it would have gone.
export async function follow(browser, url, options) {
  browser.trail = [];
  let page = await browser.once(url, options);
  for (let hops = 0; page.status >= 300 && page.status < 400; hops += 1) {
    if (hops > 25) throw new Error(`redirects without end: ${browser.trail.join(' → ')}`);
    browser.trail.push(page.url);
    const to = new URL(page.headers.location, page.url);
    if (to.hostname.endsWith('.example')) {
      browser.page = { ...page, url: to.href, left: true };
      return browser.page;
    }
    page = await browser.once(to.href);
  }
  browser.page = page;
  return page;
}

// A link of the page by what its address holds.
export function link(browser, part) {
  const found = [...browser.page.text.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, href]) => href.replaceAll('&amp;', '&')).find((href) => href.includes(part));
  if (!found) throw new Error(`no link ${part} on ${browser.page.url} (${browser.page.status}): ${browser.page.text.slice(0, 900)}`);
  return new URL(found, browser.page.url).href;
}

// From where the browser is to the portal, through consent where it is asked.
export async function arrive(browser) {
  browser.way = browser.trail;
  if (!browser.page.left && browser.at('/consent')) {
    const { action, fields } = browser.form('/consent');
    await follow(browser, action, { method: 'POST', body: new URLSearchParams({ ...fields, decision: 'allow' }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(action).origin } });
  }
  return browser.page;
}
