// A portal of the test's own: registered through the API, it holds its tokens itself, so that introspection, refresh,
// userinfo and status lists can be asked about them. TLS is checked against the development CA.
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { inflateSync } from 'node:zlib';

export function https(nixa, path, { method = 'GET', headers = {}, body } = {}) {
  const url = new URL(path, nixa.issuer);
  return new Promise((resolve, reject) => {
    const rq = request({ host: '127.0.0.1', servername: 'localhost', port: url.port, path: url.pathname + url.search,
      method, headers: { host: url.host, ...headers }, ca: readFileSync(nixa.ca), timeout: 15_000 }, (rs) => {
      const parts = [];
      rs.on('data', (d) => parts.push(d));
      rs.on('end', () => {
        const text = Buffer.concat(parts).toString();
        let json = null;
        try { json = JSON.parse(text); } catch { /* not JSON */ }
        resolve({ status: rs.statusCode, headers: rs.headers, text, json });
      });
    });
    rq.on('error', reject);
    rq.on('timeout', () => rq.destroy(new Error(`no answer from ${path}`)));
    rq.end(body);
  });
}

const form = (values) => new URLSearchParams(values).toString();
const asForm = { 'content-type': 'application/x-www-form-urlencoded' };

export class Probe {
  static async register(nixa) {
    const p = new Probe();
    p.nixa = nixa;
    p.redirect = `${nixa.issuer}/probe/callback`;
    p.meta = (await https(nixa, '/.well-known/openid-configuration')).json;
    const operator = await nixa.ctl('token', '--scope', 'clients');
    const made = await https(nixa, p.meta.registration_endpoint, { method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${operator.access_token ?? operator.token}` },
      body: JSON.stringify({ client_name: 'Cổng thử nghiệm', redirect_uris: [p.redirect], scope: 'openid profile offline_access',
        grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: 'client_secret_basic' }) });
    if (made.status !== 201) throw new Error(`registration: ${made.status} ${made.text}`);
    p.client = made.json;
    return p;
  }

  get basic() {
    const { client_id, client_secret } = this.client;
    return { authorization: `Basic ${Buffer.from(`${encodeURIComponent(client_id)}:${encodeURIComponent(client_secret)}`).toString('base64')}` };
  }

  // The address that starts a sign-in.
  start() {
    this.verifier = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(this.verifier).digest('base64url');
    return `${this.meta.authorization_endpoint}?${form({ response_type: 'code', client_id: this.client.client_id, scope: 'openid profile offline_access',
      redirect_uri: this.redirect, state: 's', nonce: 'n', code_challenge: challenge, code_challenge_method: 'S256' })}`;
  }

  async token(values) {
    const answer = await https(this.nixa, this.meta.token_endpoint, { method: 'POST', headers: { ...asForm, ...this.basic }, body: form(values) });
    if (answer.status === 200) this.tokens = { ...this.tokens, ...answer.json };
    return answer;
  }

  redeem(code) {
    return this.token({ grant_type: 'authorization_code', code, redirect_uri: this.redirect, code_verifier: this.verifier });
  }
  refresh() {
    return this.token({ grant_type: 'refresh_token', refresh_token: this.tokens.refresh_token });
  }
  async introspect() {
    return (await https(this.nixa, this.meta.introspection_endpoint, { method: 'POST', headers: { ...asForm, ...this.basic },
      body: form({ token: this.tokens.access_token }) })).json;
  }
  async userinfo() {
    return https(this.nixa, this.meta.userinfo_endpoint, { headers: { authorization: `Bearer ${this.tokens.access_token}` } });
  }

  get claims() {
    return JSON.parse(Buffer.from(this.tokens.access_token.split('.')[1], 'base64url'));
  }

  // The two bits of the access token's entry in its status list: 0 valid, 1 revoked, 2 suspended.
  async status() {
    const { idx, uri } = this.claims.status.status_list;
    const list = await https(this.nixa, uri);
    const payload = JSON.parse(Buffer.from(list.text.trim().split('.')[1], 'base64url'));
    if (payload.sub !== uri) throw new Error('a list of another address');
    const bytes = inflateSync(Buffer.from(payload.status_list.lst, 'base64url'));
    const bits = payload.status_list.bits;
    return (bytes[Math.floor(idx * bits / 8)] >> (idx * bits % 8)) & ((1 << bits) - 1);
  }
}
