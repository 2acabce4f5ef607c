// A portal on npm's node-saml, unmodified: signs people on by redirect and POST, out by redirect and POST.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const { SAML } = createRequire(new URL('../e2e/package.json', import.meta.url))('@node-saml/node-saml');

const form = (rq) => new Promise((resolve) => {
  const parts = [];
  rq.on('data', (d) => parts.push(d));
  rq.on('end', () => resolve(Object.fromEntries(new URLSearchParams(Buffer.concat(parts).toString()))));
});

export class NodeSamlPortal {
  // plan: issuer (ours), certs (that may sign), port, pair, encryption (a pair), mute: never answers a LogoutRequest
  constructor(plan) {
    this.base = `http://node.localhost:${plan.port}`;
    this.entityId = `${this.base}/metadata`;
    this.sessions = new Map(); // cookie → profile
    this.plan = plan;
    this.errors = [];
    this.trust(plan.certs);
  }

  // What a refresh of our metadata would change.
  trust(certs, more = {}) {
    this.saml = new SAML({
      issuer: this.entityId, callbackUrl: `${this.base}/acs`, entryPoint: `${this.plan.issuer}/saml/sso`,
      logoutUrl: `${this.plan.issuer}/saml/logout`, logoutCallbackUrl: `${this.base}/slo`, idpCert: certs,
      idpIssuer: `${this.plan.issuer}/saml/metadata`, privateKey: this.plan.pair.keyText, publicCert: this.plan.pair.certText,
      signatureAlgorithm: 'sha256', digestAlgorithm: 'sha256', audience: this.entityId, wantAssertionsSigned: true,
      wantAuthnResponseSigned: true, validateInResponseTo: 'ifPresent', /* it looks for that of a LogoutResponse by POST in the wrong place */ identifierFormat: null, disableRequestedAuthnContext: true,
      acceptedClockSkewMs: 5000, ...(this.plan.encryption && { decryptionPvk: this.plan.encryption.keyText }),
      ...(this.saml && { cacheProvider: this.saml.cacheProvider }), ...more });
  }

  metadata() {
    return this.saml.generateServiceProviderMetadata(this.plan.encryption?.certText ?? null, this.plan.pair.certText);
  }

  listen() {
    this.server = createServer((rq, rs) => this.handle(rq, rs).catch((e) => {
      this.errors.push(e);
      rs.writeHead(403, { 'content-type': 'text/plain' }).end(String(e.message));
    }));
    return new Promise((resolve) => { this.server.listen(this.plan.port, '127.0.0.1', resolve); });
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }

  mine(rq) {
    return /portal=([0-9a-f]+)/.exec(rq.headers.cookie ?? '')?.[1];
  }

  // Everybody with that name, and that session if one is named.
  forget({ nameID, sessionIndex }) {
    for (const [key, p] of this.sessions)
      if (p.nameID === nameID && (!sessionIndex || p.sessionIndex === sessionIndex)) this.sessions.delete(key);
  }

  async handle(rq, rs) {
    const url = new URL(rq.url, this.base);
    const go = (to) => rs.writeHead(302, { location: to }).end();
    const page = (text) => rs.writeHead(200, { 'content-type': 'text/html' }).end(text);
    if (url.pathname === '/') {
      const profile = this.sessions.get(this.mine(rq));
      if (!profile) return go(await this.saml.getAuthorizeUrlAsync('r1', undefined, {}));
      const { getAssertion, getAssertionXml, getSamlResponseXml, ...rest } = profile;
      return page(`<p id="in">${JSON.stringify(rest).replaceAll('<', '&lt;')}</p>`);
    }
    if (url.pathname === '/acs') {
      const { profile } = await this.saml.validatePostResponseAsync(await form(rq));
      const key = randomBytes(8).toString('hex');
      this.sessions.set(key, profile);
      return rs.writeHead(302, { location: '/', 'set-cookie': `portal=${key}; Path=/` }).end();
    }
    if (url.pathname === '/logout') return go(await this.saml.getLogoutUrlAsync(this.sessions.get(this.mine(rq)), 'bye', {}));
    if (url.pathname === '/slo') return this.logout(rq, rs, url, { go, page });
    return rs.writeHead(404).end();
  }

  async logout(rq, rs, url, { go, page }) {
    const sent = rq.method === 'POST' ? await form(rq) : Object.fromEntries(url.searchParams);
    if (sent.SAMLResponse) {
      const { loggedOut } = rq.method === 'POST' ? await this.saml.validatePostResponseAsync(sent)
        : await this.saml.validateRedirectAsync(sent, url.search.slice(1));
      this.sessions.delete(this.mine(rq));
      return page(`<p id="out">${loggedOut}</p>`);
    }
    const { profile } = rq.method === 'POST' ? await this.saml.validatePostRequestAsync(sent)
      : await this.saml.validateRedirectAsync(sent, url.search.slice(1));
    if (this.plan.mute) return page('<p>this portal is broken</p>');
    this.forget(profile);
    return go(await this.saml.getLogoutResponseUrlAsync(profile, sent.RelayState, {}, !this.plan.fails));
  }
}
