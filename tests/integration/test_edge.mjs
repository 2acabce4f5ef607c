// SECURITY.md rule 28: what the edge lets through, over HTTP/1.1 and HTTP/2. HAProxy runs on the very configuration that
// nixactl made, before a server that tells what it was asked.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect as connect2 } from 'node:http2';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Nixa } from '../e2e/nixa.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { raw, until } from './wire.mjs';

const nixa = await Nixa.up();
const dir = mkdtempSync(join(tmpdir(), 'nixa-edge-'));
const port = nixa.port + 7, mtlsPort = nixa.port + 8;
const ca = join(dir, 'certs', 'ca.pem');
let seen = [];

// The same configuration on other ports.
cpSync(join(nixa.data, 'certs'), join(dir, 'certs'), { recursive: true });
mkdirSync(join(dir, 'run'));
writeFileSync(join(dir, 'run', 'haproxy.cfg'), readFileSync(join(nixa.data, 'run', 'haproxy.cfg'), 'utf8')
  .replaceAll(`127.0.0.1:${nixa.port} `, `0.0.0.0:${port} `).replaceAll(`127.0.0.1:${nixa.port + 1} `, `127.0.0.1:${mtlsPort} `));
const server = createServer((rq, rs) => {
  let body = '';
  rq.on('data', (d) => { body += d; });
  rq.on('end', () => {
    seen.push({ method: rq.method, url: rq.url, raw: rq.rawHeaders, headers: rq.headers, body });
    rs.end('seen');
  });
});
process.chdir(dir);
await new Promise((resolve) => { server.listen('run/http.sock', resolve); });
const edge = spawn('/usr/sbin/haproxy', ['-db', '-f', 'run/haproxy.cfg'], { cwd: dir, stdio: 'ignore' });
await until(() => raw(port, ca, 'GET /up HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n').then((r) => r.statuses[0] === 200, () => false));

const names = (rq) => rq.raw.filter((_, i) => i % 2 === 0).map((n) => n.toLowerCase());
const count = (rq, name) => names(rq).filter((n) => n === name).length;
const spoofed = [['Client-Cert', ':AAAA:'], ['client-cert', ':BBBB:'], ['CLIENT-CERT-CHAIN', ':CCCC:'], ['Client_Cert', ':DDDD:'],
  ['Forwarded', 'for=9.9.9.9'], ['X-Forwarded-For', '9.9.9.9'], ['x-forwarded-for', '8.8.8.8'], ['X_Forwarded_For', '7.7.7.7'],
  ['X-Forwarded-Host', 'evil.test'], ['X-Forwarded-Proto', 'http'], ['X-Forwarded-Port', '1'], ['X-Real-IP', '6.6.6.6']];

function nothingSpoofed(rq, how) {
  equal(rq.headers['x-forwarded-for'], '127.0.0.1', `${how}: the address is the edge's word`);
  equal(count(rq, 'x-forwarded-for'), 1, `${how}: and stands once`);
  equal(rq.headers['x-forwarded-proto'], 'https', `${how}: so is the scheme`);
  const left = names(rq).filter((n) => /^(client[-_]cert|forwarded|x[-_]forwarded|x-real)/.test(n) && !['x-forwarded-for', 'x-forwarded-proto'].includes(n));
  equal(left.join(' '), '', `${how}: nothing else of the kind is left`);
  ok(!names(rq).some((n) => n.includes('_')), `${how}: no name with an underscore`);
}

await scenario('test_rule_28: spoofed headers over HTTP/1.1', async () => {
  seen = [];
  const text = spoofed.map(([n, v]) => `${n}: ${v}\r\n`).join('');
  const { statuses } = await raw(port, ca, `GET /1 HTTP/1.1\r\nHost: localhost:${nixa.port}\r\n${text}Connection: close\r\n\r\n`);
  equal(statuses[0], 200, 'it is answered');
  nothingSpoofed(seen[0], 'HTTP/1.1');
});

await scenario('test_rule_28: spoofed headers over HTTP/2', async () => {
  seen = [];
  const headers = {};
  for (const [n, v] of spoofed) (headers[n.toLowerCase()] ??= []).push(v);
  const session = connect2(`https://localhost:${port}`, { ca: readFileSync(ca), lookup: (h, o, cb) => cb(null, o.all ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4) });
  await new Promise((resolve, reject) => {
    session.on('error', reject);
    const stream = session.request({ ':path': '/2', ...Object.fromEntries(Object.entries(headers).map(([n, v]) => [n, v.join(', ')])) });
    stream.on('error', reject);
    stream.resume();
    stream.on('end', resolve);
    stream.end();
  });
  session.close();
  equal(seen[0]?.url, '/2', 'it arrives');
  nothingSpoofed(seen[0], 'HTTP/2');
});

await scenario('test_rule_28: only the port for certificates passes one on, and only its own', async () => {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'me.key', '-out', 'me.pem',
    '-subj', '/CN=me', '-days', '2'], { cwd: dir, stdio: 'ignore' });
  const get = (options) => new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', servername: 'localhost', ca: readFileSync(ca), agent: false, path: '/m', headers: { 'Client-Cert': ':ZZZZ:' }, ...options },
      (rs) => { rs.resume(); rs.on('end', () => resolve(rs.statusCode)); }).on('error', reject).end();
  });
  const me = { cert: readFileSync('me.pem'), key: readFileSync('me.key') };
  const der = execFileSync('openssl', ['x509', '-in', 'me.pem', '-outform', 'DER'], { cwd: dir }).toString('base64');
  seen = [];
  await get({ port: mtlsPort, ...me });
  equal(seen[0].headers['client-cert'], `:${der}:`, 'with a certificate: that one, RFC 9440');
  equal(count(seen[0], 'client-cert'), 1, 'once');
  seen = [];
  await get({ port: mtlsPort });
  equal(seen[0].headers['client-cert'], undefined, 'without one: none');
  seen = [];
  await get({ port, ...me });
  equal(seen[0].headers['client-cert'], undefined, 'on the browsers\' port: none');
});

// A request that hides another behind its body must never make two of one.
const host = `Host: localhost:${nixa.port}`;
const hidden = `GET /hidden HTTP/1.1\r\n${host}\r\n\r\n`;
const smuggled = [
  ['length and chunks', `POST /s HTTP/1.1\r\n${host}\r\nContent-Length: ${5 + hidden.length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`],
  ['chunks and length', `POST /s HTTP/1.1\r\n${host}\r\nTransfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n${hidden}`],
  ['two lengths', `POST /s HTTP/1.1\r\n${host}\r\nContent-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`],
  ['a list of lengths', `POST /s HTTP/1.1\r\n${host}\r\nContent-Length: 0, ${hidden.length}\r\n\r\n${hidden}`],
  ['a signed length', `POST /s HTTP/1.1\r\n${host}\r\nContent-Length: +0\r\n\r\n${hidden}`],
  ['another coding', `POST /s HTTP/1.1\r\n${host}\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`],
  ['a coding twice', `POST /s HTTP/1.1\r\n${host}\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${hidden}`],
  ['a space before the colon', `POST /s HTTP/1.1\r\n${host}\r\nContent-Length : 0\r\n\r\n${hidden}`],
  ['a chunk size that is none', `POST /s HTTP/1.1\r\n${host}\r\nTransfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n${hidden}`],
  ['two hosts', `GET /s HTTP/1.1\r\n${host}\r\nHost: evil.test\r\n\r\n${hidden}`],
  ['NUL in a field', `GET /s HTTP/1.1\r\n${host}\r\nX-A: a\0b\r\n\r\n${hidden}`],
  ['an absolute target of another host', `GET http://evil.test/s HTTP/1.1\r\n${host}\r\n\r\n${hidden}`],
];
for (const [what, text] of smuggled) {
  await scenario(`test_rule_28: smuggling by ${what}`, async () => {
    seen = [];
    const { statuses, closed } = await raw(port, ca, text);
    ok(!seen.some((rq) => rq.url === '/hidden'), 'the hidden request is never made', JSON.stringify(seen));
    ok(closed, 'the connection is closed', statuses.join(' '));
    ok(statuses.length === 1, 'there is one answer', statuses.join(' '));
  });
}

await scenario('test_rule_28: an underscore does not make another framing', async () => {
  seen = [];
  await raw(port, ca, `POST /u HTTP/1.1\r\n${host}\r\nTransfer_Encoding: chunked\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc`);
  equal(seen[0]?.body, 'abc', 'the length counts');
});

await scenario('test_rule_28: the real server behind the real edge', async () => {
  for (const [what, text] of smuggled) {
    const { statuses } = await raw(nixa.port, ca, text.replaceAll('/hidden', '/health/live').replaceAll('/s HTTP', '/health/live HTTP'));
    ok(statuses.length <= 1, `${what}: at most one answer`, statuses.join(' '));
  }
  for (const [what, line] of [['another host', 'Host: evil.test'], ['no host', 'X-A: b'], ['a folded host', `${host}\r\n evil.test`]]) {
    const { statuses } = await raw(nixa.port, ca, `GET /login HTTP/1.1\r\n${line}\r\nConnection: close\r\n\r\n`);
    ok(statuses.length === 1 && statuses[0] >= 400 && statuses[0] < 500, `${what} is refused`, statuses.join(' '));
  }
});

await scenario('one address does not get everything', async () => {
  const first = await raw(port, ca, `GET /r HTTP/1.1\r\n${host}\r\n\r\n`.repeat(1), { from: '127.0.0.9' });
  equal(first.statuses[0], 200, 'a stranger is served');
  const many = await raw(port, ca, `GET /r HTTP/1.1\r\n${host}\r\n\r\n`.repeat(1100), { from: '127.0.0.9' });
  ok(many.statuses.includes(429), 'until he asks more than a hundred times a second for ten seconds');
  const other = await raw(port, ca, `GET /r HTTP/1.1\r\n${host}\r\n\r\n`, { from: '127.0.0.10' });
  equal(other.statuses[0], 200, 'others are served meanwhile');
});

await scenario('nobody asks the edge for a tunnel, a trace, or old TLS', async () => {
  for (const method of ['CONNECT', 'TRACE']) {
    const { statuses, answer } = await raw(port, ca, `${method} ${method === 'CONNECT' ? 'localhost:1' : '/'} HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`);
    ok(statuses[0] >= 400, `${method} is refused`, statuses.join(' '));
    if (method === 'CONNECT') continue; // what is no request to HAProxy's parser gets its parser's bare answer
    for (const field of ['strict-transport-security', 'content-security-policy', 'x-content-type-options', 'x-frame-options', 'cache-control: no-store'])
      ok(answer.toLowerCase().includes(`\r\n${field}`), `the edge's own answer has ${field}`, answer);
  }
  let old = 'connected';
  try {
    execFileSync('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'], { input: '', stdio: ['pipe', 'ignore', 'ignore'] });
  } catch {
    old = 'refused';
  }
  equal(old, 'refused', 'TLS 1.1');
});

await scenario('the short name of the portal leads to the long one', async () => {
  const { answer } = await raw(nixa.port, ca, `GET /a?b=c HTTP/1.1\r\nHost: dvc.localhost:${nixa.port}\r\nConnection: close\r\n\r\n`);
  ok(answer.toLowerCase().includes(`location: https://dichvucong.localhost:${nixa.port}/a?b=c`), 'it says where to', answer.slice(0, 300));
});

await scenario('while the server is away the edge says so, in words', async () => {
  await new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
  const { answer, statuses } = await raw(port, ca, `GET /x HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`, { quietMs: 8000 });
  equal(statuses[0], 503, 'status');
  ok(/^retry-after:/im.test(answer), 'with Retry-After');
  ok(/^content-security-policy:/im.test(answer), 'and the page\'s own guards', answer);
});

edge.kill('SIGTERM');
process.chdir(tmpdir());
rmSync(dir, { recursive: true, force: true });
await nixa.down();
finish();
