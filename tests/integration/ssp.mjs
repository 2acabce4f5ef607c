// Debian's SimpleSAMLphp as an identity provider, unmodified: its own pages under php's server on loopback, with a
// configuration, keys and sessions in a temporary folder.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './upstream.mjs';
import { until } from './wire.mjs';

const home = '/usr/share/simplesamlphp/www';

export class Ssp {
  static available() {
    return existsSync(`${home}/saml2/idp/SSOService.php`);
  }

  // metadata: XML of the service provider.
  static async up(dir, metadata) {
    const s = new Ssp();
    s.dir = join(dir, 'ssp');
    s.port = await freePort();
    s.base = `http://127.0.0.1:${s.port}/`;
    s.entity = `${s.base}idp`;
    for (const d of ['', 'metadata', 'cert', 'tmp', 'log', 'data', 'sessions']) mkdirSync(join(s.dir, d), { recursive: true });
    for (const name of ['idp', 'foreign', 'next', 'signer']) s.certificate(name);
    writeFileSync(join(s.dir, 'sp.xml'), metadata);
    s.configure();
    // A cached file would outlive the test's edit of it.
    s.child = spawn('php', ['-d', 'opcache.enable=0', '-d', 'opcache.enable_cli=0',
      '-d', `session.save_path=${s.dir}/sessions`, '-S', `127.0.0.1:${s.port}`, '-t', home],
      { stdio: process.env.NIXA_KEEP ? 'inherit' : 'ignore', env: { ...process.env, SIMPLESAMLPHP_CONFIG_DIR: s.dir } });
    process.on('exit', () => s.child.kill('SIGKILL'));
    const up = await until(async () => (await fetch(`${s.base}saml2/idp/metadata.php`).catch(() => null))?.ok);
    if (!up) throw new Error(`SimpleSAMLphp does not answer: ${await (await fetch(`${s.base}saml2/idp/metadata.php`)).text()}`);
    return s;
  }

  certificate(name) {
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', `/CN=${name}`,
      '-keyout', join(this.dir, 'cert', `${name}.key`), '-out', join(this.dir, 'cert', `${name}.crt`)], { stdio: 'ignore' });
  }

  // more: PHP members of the identity provider's own metadata.
  configure(more = '', key = 'idp') {
    const at = (d) => `${this.dir}/${d}/`;
    writeFileSync(join(this.dir, 'config.php'), `<?php $config = [
      'baseurlpath' => '${this.base}', 'certdir' => '${at('cert')}', 'loggingdir' => '${at('log')}', 'datadir' => '${at('data')}',
      'tempdir' => '${at('tmp')}', 'metadatadir' => '${at('metadata')}', 'attributenamemapdir' => '/etc/simplesamlphp/attributemap/',
      'secretsalt' => 'for tests alone, not a secret', 'auth.adminpassword' => 'for tests', 'timezone' => 'UTC', 'technicalcontact_email' => 'na@example.org',
      'enable.saml20-idp' => true, 'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
      'session.cookie.secure' => false, 'session.cookie.samesite' => null, 'store.type' => 'phpsession', 'language.cookie.secure' => false, 'language.cookie.samesite' => null,
      'logging.handler' => 'file', 'logging.level' => SimpleSAML\\Logger::INFO, 'showerrors' => true, 'errorreporting' => false,
      'metadata.sources' => [['type' => 'flatfile'], ['type' => 'xml', 'file' => '${this.dir}/sp.xml']],
    ];`);
    writeFileSync(join(this.dir, 'authsources.php'), `<?php $config = ['people' => ['exampleauth:UserPass',
      'an:an-password' => ['uid' => ['an'], 'displayName' => ['Trần Văn An'], 'mail' => ['lan@example.vn'], 'citizenId' => ['001190000017']],
    ]];`);
    writeFileSync(join(this.dir, 'metadata', 'saml20-idp-hosted.php'), `<?php $metadata['${this.entity}'] = ['host' => '__DEFAULT__',
      'privatekey' => '${key}.key', 'certificate' => '${key}.crt', 'auth' => 'people', 'validate.authnrequest' => true, 'sign.logout' => true, 'validate.logout' => true,
      'NameIDFormat' => ['urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'], 'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
      'authproc' => [3 => ['class' => 'saml:PersistentNameID', 'attribute' => 'uid']], ${more}];`);
  }

  // Its metadata signed by a certificate of its own.
  signing(name) {
    return `'metadata.sign.enable' => true, 'metadata.sign.privatekey' => '${name}.key', 'metadata.sign.certificate' => '${name}.crt',`;
  }

  fingerprint(name) {
    return execFileSync('openssl', ['x509', '-in', join(this.dir, 'cert', `${name}.crt`), '-noout', '-fingerprint', '-sha256']).toString().split('=')[1].trim();
  }

  async metadata() {
    return (await fetch(`${this.base}saml2/idp/metadata.php`)).text();
  }

  down() {
    this.child.kill('SIGKILL');
  }
}
