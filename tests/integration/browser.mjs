// A browser without a screen: follows redirects, keeps cookies as their prefixes demand, fills in forms. TLS is checked
// against the folder's own authority; *.localhost is loopback.
import { readFileSync } from 'node:fs';
import { request as plain } from 'node:http';
import { request } from 'node:https';

const decode = (text) => text.replace(/&(amp|lt|gt|quot|#39);/g, (_, e) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" })[e]);

export class Browser {
  constructor(nixa, language = 'vi') {
    this.nixa = nixa;
    this.language = language;
    this.cookies = new Map(); // "host name" → value
    this.trail = [];
    this.certificate = {}; // cert and key, for servers that ask for one
  }

  // One request, no redirect followed.
  once(url, { method = 'GET', headers = {}, body } = {}) {
    const to = new URL(url);
    const cookie = [...this.cookies].filter(([key]) => key.startsWith(`${to.hostname} `))
      .map(([key, value]) => `${key.split(' ')[1]}=${value}`).join('; ');
    const sent = { host: to.host, accept: 'text/html', 'accept-language': this.language, ...(cookie && { cookie }), ...headers };
    return new Promise((resolve, reject) => {
      const rq = (to.protocol === 'http:' ? plain : request)({ host: '127.0.0.1', port: to.port, servername: to.hostname, path: to.pathname + to.search, method,
        headers: sent, ca: readFileSync(this.nixa.ca), timeout: 20_000, ...this.certificate }, (rs) => {
        const parts = [];
        rs.on('data', (d) => parts.push(d));
        rs.on('end', () => {
          this.keep(to.hostname, rs.headers['set-cookie'] ?? []);
          resolve({ url: to.href, status: rs.statusCode, headers: rs.headers, text: Buffer.concat(parts).toString() });
        });
      });
      rq.on('error', reject);
      rq.on('timeout', () => rq.destroy(new Error(`no answer from ${url}`)));
      rq.end(body);
    });
  }

  keep(host, lines) {
    for (const line of lines) {
      const [pair, ...attributes] = line.split(/; */);
      const name = pair.slice(0, pair.indexOf('='));
      const flags = attributes.map((a) => a.toLowerCase());
      if (name.startsWith('__Host-') && !(flags.includes('secure') && flags.includes('path=/') && !flags.some((f) => f.startsWith('domain='))))
        throw new Error(`${name} is no __Host- cookie: ${line}`);
      const gone = flags.includes('max-age=0') || flags.some((f) => f.startsWith('expires=') && Date.parse(f.slice(8)) < Date.now());
      if (gone) this.cookies.delete(`${host} ${name}`);
      else this.cookies.set(`${host} ${name}`, pair.slice(pair.indexOf('=') + 1));
    }
  }

  // Follows redirects to a page.
  async go(url, options) {
    this.trail = [];
    let page = await this.once(url, options);
    for (let hops = 0; page.status >= 300 && page.status < 400; hops += 1) {
      if (hops > 15) throw new Error(`redirects without end: ${this.trail.join(' → ')}`);
      this.trail.push(page.url);
      page = await this.once(new URL(page.headers.location, page.url).href);
    }
    this.page = page;
    return page;
  }

  // The fields of the form whose action ends with path.
  form(path) {
    for (const [, attributes, inner] of this.page.text.matchAll(/<form([^>]*)>([\s\S]*?)<\/form>/g)) {
      const action = decode(/action="([^"]*)"/.exec(attributes)?.[1] ?? '');
      if (!action.split('?')[0].endsWith(path)) continue;
      const fields = {};
      for (const [, input] of inner.matchAll(/<input([^>]*)>/g)) {
        const name = /name="([^"]*)"/.exec(input)?.[1];
        if (name) fields[name] = decode(/value="([^"]*)"/.exec(input)?.[1] ?? '');
      }
      return { action: new URL(action, this.page.url).href, fields };
    }
    throw new Error(`no form ${path} on ${this.page.url} (${this.page.status}): ${this.page.text.slice(0, 800)}`);
  }

  submit(path, values) {
    const { action, fields } = this.form(path);
    return this.go(action, { method: 'POST', body: new URLSearchParams({ ...fields, ...values }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(action).origin } });
  }

  at(path) {
    return new URL(this.page.url).pathname.startsWith(path);
  }

  claims() {
    return Object.fromEntries([...this.page.text.matchAll(/data-claim="([^"]+)">([^<]*)</g)].map(([, name, value]) => [name, decode(value).trim()]));
  }
}
