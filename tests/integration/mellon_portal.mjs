// A private Apache with mod_auth_mellon, unmodified, in a folder of its own: the SAML portal of most Linux servers.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, makePair, ownMetadata } from './saml_peer.mjs';
import { answers } from './slapd.mjs';
import { until } from './wire.mjs';

const modules = '/usr/lib/apache2/modules';
const binding = 'urn:oasis:names:tc:SAML:2.0:bindings:';

export class MellonPortal {
  // lines: further directives of mellon. post: it is told of our POST endpoint alone. encrypts: its key is for encryption too.
  static async up(nixa, name, { lines = [], post = false, encrypts = false, format = 'persistent' } = {}) {
    const m = new MellonPortal();
    Object.assign(m, { nixa, name, lines, post, encrypts, format });
    m.dir = mkdtempSync(join(tmpdir(), 'nixa-mellon-'));
    m.port = await freePort();
    m.base = `http://${name}.localhost:${m.port}`;
    m.entityId = `${m.base}/mellon/metadata`;
    for (const folder of ['run', 'www']) mkdirSync(join(m.dir, folder));
    m.pair = makePair(m.dir, 'sp');
    m.metadata = m.describe();
    writeFileSync(join(m.dir, 'sp.xml'), m.metadata);
    await m.learn();
    m.configure();
    await m.start();
    return m;
  }

  describe() {
    const der = this.pair.certText.replaceAll(/-----[A-Z ]+-----|\s/g, '');
    return `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${this.entityId}">
<SPSSODescriptor AuthnRequestsSigned="true" WantAssertionsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<KeyDescriptor${this.encrypts ? '' : ' use="signing"'}><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>${der}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
<SingleLogoutService Binding="${binding}SOAP" Location="${this.base}/mellon/logout"/>
<SingleLogoutService Binding="${binding}HTTP-Redirect" Location="${this.base}/mellon/logout"/>
<NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:${this.format}</NameIDFormat>
<AssertionConsumerService index="0" isDefault="true" Binding="${binding}HTTP-POST" Location="${this.base}/mellon/postResponse"/>
</SPSSODescriptor></EntityDescriptor>`;
  }

  // Our metadata, as it takes it.
  async learn() {
    let xml = await ownMetadata(this.nixa);
    if (this.post) xml = xml.replace(new RegExp(`<md:SingleSignOnService [^>]*HTTP-Redirect"[^>]*>(</md:SingleSignOnService>)?`), '');
    writeFileSync(join(this.dir, 'idp.xml'), xml);
  }

  configure() {
    const load = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'mime', 'include', 'env', 'auth_mellon']
      .map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join('\n');
    writeFileSync(join(this.dir, 'httpd.conf'), `ServerRoot "${this.dir}"
PidFile "${this.dir}/run/httpd.pid"
DefaultRuntimeDir "${this.dir}/run"
ServerName ${this.base}
UseCanonicalName On
Listen 127.0.0.1:${this.port}
${process.getuid() === 0 ? 'User www-data\nGroup www-data' : ''}
ErrorLog ${this.dir}/httpd.log
LogLevel warn
${load}
TypesConfig /dev/null
AddType "text/html; charset=utf-8" .shtml
AddOutputFilter INCLUDES .shtml
DirectoryIndex index.shtml
DocumentRoot "${this.dir}/www"
MellonLockFile "${this.dir}/run/mellon.lock"
MellonCacheEntrySize 32768
<Location />
  MellonEndpointPath /mellon
  MellonSPentityId ${this.entityId}
  MellonSPPrivateKeyFile "${this.dir}/sp.key"
  MellonSPCertFile "${this.dir}/sp.pem"
  MellonSPMetadataFile "${this.dir}/sp.xml"
  MellonIdPMetadataFile "${this.dir}/idp.xml"
  MellonSignatureMethod rsa-sha256
  MellonUser NAME_ID
  MellonMergeEnvVars On ","
  MellonRedirectDomains *
  ${this.lines.join('\n  ')}
</Location>
<Directory "${this.dir}/www">
  Options +Includes
  AuthType Mellon
  MellonEnable auth
  Require valid-user
</Directory>
`);
    const told = { name_id: 'MELLON_NAME_ID', displayName: 'MELLON_urn:oid:2.16.840.1.113730.3.1.241', uid: 'MELLON_urn:oid:0.9.2342.19200300.100.1.1',
      mail: 'MELLON_urn:oid:0.9.2342.19200300.100.1.3', level: 'MELLON_urn:nixa:attribute:level', amr: 'MELLON_urn:nixa:attribute:amr',
      qr_id: 'MELLON_urn:nixa:attribute:qr_id', status: 'MELLON_urn:nixa:attribute:status' };
    writeFileSync(join(this.dir, 'www/index.shtml'), `<h1 id="in">${this.name}</h1>${Object.entries(told)
      .map(([claim, name]) => `<p data-claim="${claim}"><!--#echo var="${name}" --></p>`).join('')}`);
    for (const path of ['', 'www', 'run']) chmodSync(join(this.dir, path), 0o777); // Apache's workers may be somebody else
    chmodSync(join(this.dir, 'sp.key'), 0o644);
  }

  async start() {
    const log = openSync(join(this.dir, 'httpd.log'), 'a');
    this.httpd = spawn('/usr/sbin/apache2', ['-DFOREGROUND', '-f', join(this.dir, 'httpd.conf')], { stdio: ['ignore', log, log] });
    if (!await until(() => answers(this.port), 20_000)) throw new Error(`Apache does not start:\n${this.log()}`);
  }

  log() {
    try { return readFileSync(join(this.dir, 'httpd.log'), 'utf8').split('\n').slice(-20).join('\n'); } catch { return ''; }
  }

  inside(browser) {
    return browser.page.url.startsWith(this.base) && browser.page.status === 200 && /id="in"/.test(browser.page.text);
  }

  async down() {
    if (this.httpd && this.httpd.exitCode === null) {
      const gone = new Promise((resolve) => { this.httpd.once('exit', resolve); });
      this.httpd.kill('SIGTERM');
      await gone;
    }
    if (process.env.NIXA_KEEP) console.log(`# kept ${this.dir}`);
    else rmSync(this.dir, { recursive: true, force: true });
  }
}
