// A private MIT KDC for one realm on a random loopback port, with people, a service's keytab and credential caches.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './wire.mjs';

const freeUdpPort = () => new Promise((resolve) => {
  const s = createSocket('udp4');
  s.bind(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => resolve(port)); });
});

export class Kdc {
  // skew: seconds that the clocks of a ticket's user and its acceptor may be apart.
  static async up(realm, { skew = 300 } = {}) {
    const k = new Kdc();
    k.realm = realm;
    k.dir = mkdtempSync(join(tmpdir(), 'nixa-kdc-'));
    k.port = await freeUdpPort();
    k.config = join(k.dir, 'krb5.conf');
    k.keytab = join(k.dir, 'service.keytab');
    writeFileSync(k.config, `[libdefaults]
  default_realm = ${realm}
  dns_lookup_realm = false
  dns_lookup_kdc = false
  dns_canonicalize_hostname = false
  rdns = false
  clockskew = ${skew}
  kdc_timesync = 1
[realms]
  ${realm} = {
    kdc = 127.0.0.1:${k.port}
  }
[domain_realm]
  localhost = ${realm}
`);
    writeFileSync(join(k.dir, 'kdc.conf'), `[kdcdefaults]
  kdc_listen = 127.0.0.1:${k.port}
  kdc_tcp_listen = 127.0.0.1:${k.port}
[realms]
  ${realm} = {
    database_name = ${k.dir}/principal
    key_stash_file = ${k.dir}/stash
    acl_file = ${k.dir}/acl
    max_life = 10h
    supported_enctypes = aes256-cts-hmac-sha1-96:normal
  }
[logging]
  kdc = FILE:${k.dir}/kdc.log
`);
    k.run('/usr/sbin/kdb5_util', ['create', '-s', '-r', realm, '-P', 'the master password']);
    k.admin('addprinc -randkey HTTP/localhost');
    k.admin(`ktadd -k ${k.keytab} HTTP/localhost`);
    chmodSync(k.keytab, 0o600);
    await k.start();
    return k;
  }

  get env() {
    return { ...process.env, KRB5_CONFIG: this.config, KRB5_KDC_PROFILE: join(this.dir, 'kdc.conf') };
  }

  run(program, words, options = {}) {
    return execFileSync(program, words, { env: this.env, encoding: 'utf8', stdio: 'pipe', ...options });
  }

  admin(query) {
    return this.run('/usr/sbin/kadmin.local', ['-r', this.realm, '-q', query]);
  }

  person(name, password) {
    this.admin(`addprinc -pw ${password} ${name}`);
  }

  async start() {
    this.child = spawn('/usr/sbin/krb5kdc', ['-n', '-r', this.realm, '-P', join(this.dir, 'pid')], { env: this.env, stdio: 'ignore' });
    const log = () => { try { return readFileSync(join(this.dir, 'kdc.log'), 'utf8'); } catch { return ''; } };
    if (!(await until(() => /commencing operation/.test(log()), 20_000))) throw new Error(`the KDC does not start: ${log()}`);
  }

  // A credential cache with a ticket-granting ticket; gives its path.
  ticket(name, password, words = []) {
    const cache = join(this.dir, `cc-${name.replaceAll('/', '_')}-${Math.random().toString(36).slice(2)}`);
    this.run('kinit', [...words, '-c', cache, name], { input: `${password}\n` });
    return cache;
  }

  async down() {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = new Promise((resolve) => { this.child.once('exit', resolve); });
      this.child.kill('SIGTERM');
      await gone;
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}
