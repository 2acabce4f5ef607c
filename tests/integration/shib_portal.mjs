// A private shibd and Apache with mod_shib, unmodified, in a folder of their own: the portal that most universities run.
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answers } from './slapd.mjs';
import { freePort, makePair, ownMetadata } from './saml_peer.mjs';
import { until } from './wire.mjs';

const modules = '/usr/lib/apache2/modules';
const logger = (name) => `log4j.rootCategory=INFO, out
log4j.appender.out=org.apache.log4j.FileAppender
log4j.appender.out.fileName=${name}
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %c [%x]: %m%n
log4j.category.Shibboleth-TRANSACTION=INFO, out
`;

export class ShibPortal {
  static async up(nixa) {
    const s = new ShibPortal();
    s.nixa = nixa;
    s.dir = mkdtempSync(join(tmpdir(), 'nixa-shib-')); // short: a unix socket's path has 107 bytes
    s.port = await freePort();
    s.host = 'shib.localhost';
    s.base = `http://${s.host}:${s.port}`;
    s.entityId = `${s.base}/shibboleth`;
    for (const name of ['run', 'log', 'cache', 'www', 'www/secure']) mkdirSync(join(s.dir, name));
    makePair(s.dir, 'sign');
    makePair(s.dir, 'encrypt');
    s.writeShibboleth();
    s.writeApache();
    await s.refresh();
    await s.start().catch(async (e) => { await s.down(); throw e; });
    return s;
  }

  env() {
    return { ...process.env, SHIBSP_RUNDIR: join(this.dir, 'run'), SHIBSP_LOGDIR: join(this.dir, 'log'), SHIBSP_CACHEDIR: join(this.dir, 'cache'),
      SHIBSP_CONFIG: join(this.dir, 'shibboleth2.xml') };
  }

  writeShibboleth() {
    for (const name of ['protocols.xml', 'attribute-policy.xml', 'security-policy.xml', 'localLogout.html', 'globalLogout.html', 'partialLogout.html',
      'sessionError.html', 'metadataError.html', 'bindingTemplate.html', 'postTemplate.html', 'discoveryTemplate.html', 'sslError.html'])
      cpSync(join('/etc/shibboleth', name), join(this.dir, name));
    const path = (name) => join(this.dir, name);
    const attribute = (name, id) => `<Attribute name="${name}" id="${id}"/>`;
    writeFileSync(path('attribute-map.xml'), `<Attributes xmlns="urn:mace:shibboleth:2.0:attribute-map" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
${attribute('urn:oid:0.9.2342.19200300.100.1.1', 'uid')}${attribute('urn:oid:2.16.840.1.113730.3.1.241', 'displayName')}${attribute('urn:nixa:attribute:level', 'level')}${attribute('urn:nixa:attribute:qr_id', 'qr_id')}
<Attribute name="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" id="persistent-id"><AttributeDecoder xsi:type="NameIDAttributeDecoder" formatter="$Name"/></Attribute>
</Attributes>`);
    writeFileSync(path('shibd.logger'), logger(path('log/shibd.log')));
    writeFileSync(path('native.logger'), logger(path('log/native.log')));
    writeFileSync(path('shibboleth2.xml'), `<SPConfig xmlns="urn:mace:shibboleth:3.0:native:sp:config" xmlns:conf="urn:mace:shibboleth:3.0:native:sp:config" clockSkew="180">
<OutOfProcess logger="${path('shibd.logger')}"/>
<InProcess logger="${path('native.logger')}"/>
<UnixListener address="${path('run/shibd.sock')}"/>
<ApplicationDefaults entityID="${this.entityId}" REMOTE_USER="persistent-id" signing="true" signingAlg="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256" digestAlg="http://www.w3.org/2001/04/xmlenc#sha256" encryption="false" requireTransportAuth="false">
<Sessions lifetime="28800" timeout="3600" relayState="ss:mem" checkAddress="false" handlerSSL="false" cookieProps="http" redirectLimit="none">
<SSO entityID="${this.nixa.issuer}/saml/metadata">SAML2</SSO>
<Logout>SAML2 Local</Logout>
<Handler type="MetadataGenerator" Location="/Metadata" signing="false"/>
<Handler type="Session" Location="/Session" showAttributeValues="true"/>
</Sessions>
<Errors supportContact="root@localhost"/>
<MetadataProvider type="XML" validate="false" path="${path('idp.xml')}" reloadChanges="true" reloadInterval="1"/>
<AttributeExtractor type="XML" validate="false" path="${path('attribute-map.xml')}"/>
<AttributeFilter type="XML" validate="false" path="${path('attribute-policy.xml')}"/>
<CredentialResolver type="File" use="signing" key="${path('sign.key')}" certificate="${path('sign.pem')}"/>
<CredentialResolver type="File" use="encryption" key="${path('encrypt.key')}" certificate="${path('encrypt.pem')}"/>
</ApplicationDefaults>
<SecurityPolicyProvider type="XML" validate="false" path="${path('security-policy.xml')}"/>
<ProtocolProvider type="XML" validate="false" path="${path('protocols.xml')}"/>
</SPConfig>`);
  }

  writeApache() {
    const root = process.getuid() === 0;
    const load = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'mime', 'include', 'env', 'shib']
      .map((name) => `LoadModule ${name === 'shib' ? 'mod_shib' : `${name}_module`} ${modules}/mod_${name}.so`).join('\n');
    writeFileSync(join(this.dir, 'httpd.conf'), `ServerRoot "${this.dir}"
PidFile "${this.dir}/run/httpd.pid"
DefaultRuntimeDir "${this.dir}/run"
ServerName ${this.base}
UseCanonicalName On
Listen 127.0.0.1:${this.port}
${root ? 'User www-data\nGroup www-data' : ''}
ErrorLog ${this.dir}/log/httpd.log
LogLevel warn
${load}
TypesConfig /dev/null
AddType "text/html; charset=utf-8" .shtml
AddOutputFilter INCLUDES .shtml
DirectoryIndex index.shtml
DocumentRoot "${this.dir}/www"
ShibConfig ${this.dir}/shibboleth2.xml
<Directory "${this.dir}/www">
  Options +Includes
  Require all granted
</Directory>
<Location /Shibboleth.sso>
  AuthType None
  Require all granted
</Location>
<Location /secure>
  AuthType shibboleth
  ShibRequestSetting requireSession 1
  Require shib-session
</Location>
`);
    const line = (name) => `<p data-claim="${name}"><!--#echo var="${name}" --></p>`;
    writeFileSync(join(this.dir, 'www/index.shtml'), '<h1>A portal</h1>');
    writeFileSync(join(this.dir, 'www/secure/index.shtml'),
      `<h1 id="in">Inside</h1>${['REMOTE_USER', 'uid', 'displayName', 'level', 'qr_id', 'Shib-AuthnContext-Class', 'Shib-Session-Index'].map(line).join('')}`);
    // Apache's workers run as somebody else when this runs as root.
    for (const name of ['', 'www', 'www/secure', 'run', 'log', 'cache']) chmodSync(join(this.dir, name), 0o777);
    for (const name of ['sign.key', 'encrypt.key']) chmodSync(join(this.dir, name), 0o644);
  }

  // What its own refresh of our metadata does, at once.
  async refresh() {
    writeFileSync(join(this.dir, 'idp.xml'), await ownMetadata(this.nixa));
  }

  async start() {
    const log = openSync(join(this.dir, 'log/out.log'), 'a');
    const stdio = ['ignore', log, log];
    this.shibd = spawn('/usr/sbin/shibd', ['-F', '-f', '-c', join(this.dir, 'shibboleth2.xml'), '-p', join(this.dir, 'run/shibd.pid')], { stdio, env: this.env() });
    const ready = await until(() => { try { return statSync(join(this.dir, 'run/shibd.sock')).isSocket(); } catch { return false; } }, 30_000);
    if (!ready) throw new Error(`shibd does not start:\n${this.log()}`);
    chmodSync(join(this.dir, 'run/shibd.sock'), 0o777);
    this.httpd = spawn('/usr/sbin/apache2', ['-DFOREGROUND', '-f', join(this.dir, 'httpd.conf')], { stdio, env: this.env() });
    if (!await until(() => answers(this.port), 20_000)) throw new Error(`Apache does not start:\n${this.log()}`);
  }

  log() {
    const read = (name) => { try { return readFileSync(join(this.dir, 'log', name), 'utf8').split('\n').slice(-40).join('\n'); } catch { return ''; } };
    return ['out.log', 'httpd.log', 'shibd.log', 'native.log'].map((name) => `--- ${name}\n${read(name)}`).join('\n');
  }

  async down() {
    for (const child of [this.httpd, this.shibd]) {
      if (!child || child.exitCode !== null) continue;
      const gone = new Promise((resolve) => { child.once('exit', resolve); });
      child.kill('SIGTERM');
      await gone;
    }
    if (process.env.NIXA_KEEP) console.log(`# kept ${this.dir}`);
    else rmSync(this.dir, { recursive: true, force: true });
  }
}
