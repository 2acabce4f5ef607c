// A private OpenLDAP server with an agency's people, on random loopback ports, with a certificate of its own authority.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './wire.mjs';

export const freePort = () => new Promise((resolve, reject) => {
  const s = createServer();
  s.once('error', reject);
  s.listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => resolve(port)); });
});

export const answers = (port) => new Promise((resolve) => {
  const s = createConnection({ host: '127.0.0.1', port }, () => { s.destroy(); resolve(true); });
  s.on('error', () => resolve(false));
});

// libldap takes the name "localhost" for the machine's own, so the directory has another one.
export const host = 'ldap.agency.localhost';

// An authority and a certificate for the name signed by it; gives their paths.
export function makeCertificates(dir, name = host) {
  const run = (...words) => execFileSync('openssl', words, { cwd: dir, stdio: 'pipe' });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  run('req', '-x509', ...ec, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test agency CA',
    '-addext', 'basicConstraints=critical,CA:TRUE');
  run('req', ...ec, '-keyout', 'server.key', '-out', 'server.csr', '-subj', `/CN=${name}`);
  writeFileSync(join(dir, 'ext'), `subjectAltName=DNS:${name}\nextendedKeyUsage=serverAuth\n`);
  run('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2',
    '-extfile', 'ext', '-out', 'server.pem');
  return { ca: join(dir, 'ca.pem'), cert: join(dir, 'server.pem'), key: join(dir, 'server.key') };
}

export const suffix = 'dc=agency,dc=vn';
const person = (uid, name, more = '', password = `${uid}-at-the-agency`) => `dn: uid=${uid},ou=people,${suffix}
objectClass: inetOrgPerson
uid: ${uid}
cn: ${name}
sn: ${name.split(' ')[0]}
mail: ${uid}@agency.vn
userPassword: ${password}
${more}`;

const ldif = `dn: ${suffix}
objectClass: dcObject
objectClass: organization
o: Agency
dc: agency

dn: ou=people,${suffix}
objectClass: organizationalUnit
ou: people

dn: ou=groups,${suffix}
objectClass: organizationalUnit
ou: groups

dn: ou=policies,${suffix}
objectClass: organizationalUnit
ou: policies

dn: cn=default,ou=policies,${suffix}
objectClass: device
objectClass: pwdPolicy
cn: default
pwdAttribute: userPassword
pwdMaxAge: 86400
pwdLockout: TRUE
pwdMaxFailure: 5
pwdMustChange: TRUE

dn: cn=searcher,${suffix}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: searcher
userPassword: the searcher's password

${person('lan', 'Nguyen Thi Lan', `memberOf: cn=clerks,ou=groups,${suffix}\n`)}
${person('minh', 'Tran Van Minh', `memberOf: cn=others,ou=groups,${suffix}\n`)}
${person('locked', 'Le Van Khoa', 'pwdAccountLockedTime: 000001010000Z\n')}
${person('expired', 'Pham Van Han', 'pwdChangedTime: 20200101000000Z\n')}
${person('reset', 'Do Thi Doi', 'pwdReset: TRUE\n')}
${person('twin1', 'Vu Van Doi', 'mobile: 0900000001\n')}
${person('twin2', 'Vu Thi Doi', 'mobile: 0900000001\n')}
dn: cn=clerks,ou=groups,${suffix}
objectClass: groupOfNames
cn: clerks
member: uid=lan,ou=people,${suffix}

dn: cn=others,ou=groups,${suffix}
objectClass: groupOfNames
cn: others
member: uid=minh,ou=people,${suffix}
`;

export class Slapd {
  static async up() {
    const s = new Slapd();
    s.dir = mkdtempSync(join(tmpdir(), 'nixa-slapd-'));
    s.port = await freePort();
    s.tlsPort = await freePort();
    s.files = makeCertificates(s.dir);
    s.ca = readFileSync(s.files.ca, 'utf8');
    mkdirSync(join(s.dir, 'db'));
    const schema = ['core', 'cosine', 'inetorgperson'].map((n) => `include /etc/ldap/schema/${n}.schema`).join('\n');
    writeFileSync(join(s.dir, 'slapd.conf'), `${schema}
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
moduleload memberof
pidfile ${s.dir}/slapd.pid
loglevel stats
TLSCACertificateFile ${s.files.ca}
TLSCertificateFile ${s.files.cert}
TLSCertificateKeyFile ${s.files.key}
TLSVerifyClient never
database mdb
suffix "${suffix}"
rootdn "cn=admin,${suffix}"
rootpw "the administrator"
directory ${s.dir}/db
overlay memberof
overlay ppolicy
ppolicy_default "cn=default,ou=policies,${suffix}"
ppolicy_use_lockout
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=searcher,${suffix}" read by self read by * none
`);
    writeFileSync(join(s.dir, 'people.ldif'), ldif);
    execFileSync('/usr/sbin/slapadd', ['-f', join(s.dir, 'slapd.conf'), '-l', join(s.dir, 'people.ldif')], { stdio: 'pipe' });
    await s.start();
    return s;
  }

  async start() {
    this.child = spawn('/usr/sbin/slapd', ['-d', '0', '-f', join(this.dir, 'slapd.conf'),
      '-h', `ldap://127.0.0.1:${this.port} ldaps://127.0.0.1:${this.tlsPort}`], { stdio: 'ignore' });
    if (!(await until(() => answers(this.port), 20_000))) throw new Error('slapd does not answer');
  }

  // A signal for the process alone: SIGSTOP makes it silent without being gone.
  signal(name) {
    this.child.kill(name);
  }

  async stop() {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => { this.child.once('exit', resolve); });
    this.child.kill('SIGCONT');
    this.child.kill('SIGTERM');
    await gone;
  }

  async down() {
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  // How many binds as that name the directory has refused, by its own count.
  failures(uid) {
    const out = execFileSync('ldapsearch', ['-x', '-LLL', '-H', `ldap://127.0.0.1:${this.port}`, '-D', `cn=admin,${suffix}`,
      '-w', 'the administrator', '-b', `uid=${uid},ou=people,${suffix}`, 'pwdFailureTime'], { encoding: 'utf8' });
    return out.split('\n').filter((line) => line.startsWith('pwdFailureTime:')).length;
  }
}
