// Authorities of a test's own, made with openssl in a temporary folder: certificates for clients, and lists of what was revoked.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function openPki(prefix) {
  const dir = mkdtempSync(join(tmpdir(), prefix));
  const at = (name) => join(dir, name);
  const openssl = (...args) => execFileSync('openssl', args, { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] }).toString();
  const key = (name) => openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', `${name}.key`);
  let serials = 0x4100;

  function authority(name) {
    key(name);
    openssl('req', '-x509', '-new', '-config', '/dev/null', '-key', `${name}.key`, '-days', '2', '-subj', `/C=VN/CN=${name}`,
      '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-addext', 'subjectKeyIdentifier=hash', '-out', `${name}.pem`);
  }

  // urls: further lines of extensions.
  function issue(name, { by = 'state', subject, use = 'clientAuth', urls = '' }) {
    key(name);
    openssl('req', '-new', '-config', '/dev/null', '-utf8', '-key', `${name}.key`, '-subj', subject, '-out', `${name}.csr`);
    writeFileSync(at('ext'), `basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=${use}\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n${urls}`);
    serials += 1;
    openssl('x509', '-req', '-in', `${name}.csr`, '-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-set_serial', `${serials}`, '-days', '1', '-extfile', 'ext', '-out', `${name}.pem`);
    return { cert: readFileSync(at(`${name}.pem`)), key: readFileSync(at(`${name}.key`)), serial: serials };
  }

  // index: serial → whether it is revoked.
  function book(index) {
    const rows = [...index].map(([serial, revoked]) => `${revoked ? 'R' : 'V'}\t490101000000Z\t${revoked ? '250101000000Z' : ''}\t${serial.toString(16).toUpperCase()}\tunknown\t/CN=${serial}\n`);
    writeFileSync(at('index'), rows.join(''));
    writeFileSync(at('crlnumber'), '01\n');
    writeFileSync(at('ca.cnf'), `[ca]\ndefault_ca=c\n[c]\ndatabase=${at('index')}\ncrlnumber=${at('crlnumber')}\ndefault_md=sha256\n`);
  }
  function crl(by, index) {
    book(index);
    openssl('ca', '-config', 'ca.cnf', '-gencrl', '-cert', `${by}.pem`, '-keyfile', `${by}.key`, '-crldays', '1', '-out', `${by}.crl.pem`);
    openssl('crl', '-in', `${by}.crl.pem`, '-outform', 'DER', '-out', `${by}.crl`);
    return readFileSync(at(`${by}.crl`));
  }
  return { dir, at, openssl, key, authority, issue, book, crl };
}
