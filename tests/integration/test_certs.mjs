// The development authority: narrow in what it may vouch for and in who may read its key.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';

const script = new URL('../../certs/dev-certs.sh', import.meta.url).pathname;
const dir = mkdtempSync(join(tmpdir(), 'nixa-certs-'));
const run = (program, ...args) => execFileSync(program, args, { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] }).toString();

// Whether a client that trusts the authority takes its certificate for that name.
function vouches(authority, name) {
  run('openssl', 'req', '-x509', '-new', '-config', '/dev/null', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
    '-keyout', 'stolen.key', '-CA', `${authority}/ca.pem`, '-CAkey', `${authority}/ca.key`, '-subj', '/CN=stolen', '-days', '1',
    '-addext', `subjectAltName=${/^[\d.]+$/.test(name) ? 'IP' : 'DNS'}:${name}`, '-addext', 'basicConstraints=critical,CA:FALSE', '-out', 'stolen.pem');
  try {
    run('openssl', 'verify', '-purpose', 'sslserver', '-CAfile', `${authority}/ca.pem`, 'stolen.pem');
    return true;
  } catch {
    return false;
  }
}

await scenario('test_rule_29: whoever steals the key of a loopback authority vouches for loopback names only', async () => {
  run('sh', script, 'loop', 'localhost', 'dichvucong.localhost');
  equal((statSync(join(dir, 'loop/ca.key')).mode & 0o777).toString(8), '600', 'its key is its owner\'s');
  equal((statSync(join(dir, 'loop/edge.pem')).mode & 0o777).toString(8), '600', 'and so is the edge\'s');
  for (const name of ['localhost', 'thue.localhost', '127.0.0.1']) ok(vouches('loop', name), name);
  for (const name of ['dichvucong.gov.vn', 'localhost.evil.example', '10.0.0.1', '8.8.8.8']) ok(!vouches('loop', name), `not ${name}`);
});

await scenario('test_rule_29: of a named host, for that host only', async () => {
  run('sh', script, 'named', 'id.example.vn');
  ok(vouches('named', 'id.example.vn'), 'its own');
  for (const name of ['example.vn', 'id.example.com', 'localhost', '127.0.0.1']) ok(!vouches('named', name), `not ${name}`);
});

await scenario('test_rule_29: it vouches for servers and not for people or portals', async () => {
  ok(vouches('loop', 'localhost'), 'a server');
  let client = true;
  try {
    run('openssl', 'verify', '-purpose', 'sslclient', '-CAfile', 'loop/ca.pem', 'stolen.pem');
  } catch {
    client = false;
  }
  ok(!client, 'no client');
});

rmSync(dir, { recursive: true, force: true });
finish();
