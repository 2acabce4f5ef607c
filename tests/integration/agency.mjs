// What the tests of agencies' directories share: rows of upstreams made by the operator's API, and sign-ins by form.
import { Browser } from './browser.mjs';

export class Operator {
  constructor(nixa) {
    this.nixa = nixa;
    this.browser = new Browser(nixa);
  }

  async call(method, path, body, scope = 'clients') {
    this.tokens ??= {};
    this.tokens[scope] ??= (await this.nixa.ctl('token', '--scope', scope, '--ttl', '3600')).token;
    const rs = await this.browser.once(`${this.nixa.issuer}/admin/v1${path}`, { method, body: body && JSON.stringify(body),
      headers: { authorization: `Bearer ${this.tokens[scope]}`, accept: 'application/json', ...(body && { 'content-type': 'application/json' }) } });
    return { status: rs.status, json: rs.text ? JSON.parse(rs.text) : null };
  }

  // Makes the row and switches it on; throws with the reason when it is refused.
  async upstream(row) {
    const made = await this.call('POST', '/upstreams', { level_cap: 'm2', issuer: `https://${row.id}.agency.vn`, ...row });
    if (made.status !== 201) throw new Error(`upstream ${row.id}: ${made.status} ${JSON.stringify(made.json)}`);
    const on = await this.call('POST', `/upstreams/${row.id}/on`, {});
    if (on.status !== 204) throw new Error(`upstream ${row.id} on: ${on.status} ${JSON.stringify(on.json)}`);
  }
}

export const alert = (page) => /role="alert"[^>]*>([^<]*)</.exec(page.text)?.[1] ?? '';

// One attempt in a browser of its own. `at`: the portal that is asked for, or nothing for her own page.
export async function signIn(nixa, row, username, password, { browser = new Browser(nixa, 'en') } = {}) {
  await browser.go(`${nixa.issuer}/login/agency?u=${row}`);
  const began = Date.now();
  await browser.submit('/login/agency', { username, password });
  return { browser, page: browser.page, ms: Date.now() - began, in: browser.at('/me') && browser.page.status === 200, alert: alert(browser.page) };
}
