// Sign-in by a Kerberos ticket, with a real MIT KDC and curl's SPNEGO: an official at her desk, a browser without a
// ticket, and tickets that are none: of another realm, used before, too old, of another clock, of another mechanism.
import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Nixa } from '../e2e/nixa.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { alert, Operator } from './agency.mjs';
import { Browser } from './browser.mjs';
import { Kdc } from './kdc.mjs';

const kdc = await Kdc.up('AGENCY.VN', { skew: 8 });
const foreign = await Kdc.up('ELSEWHERE.VN');
process.env.KRB5_CONFIG = kdc.config;
const nixa = await Nixa.up();
const operator = new Operator(nixa);
kdc.person('lan', 'lan-at-the-agency');
kdc.person('lan/admin', 'lan-as-admin');
foreign.person('lan', 'lan-elsewhere');

// What curl would send to a server named localhost with this cache: a fresh token, used nowhere.
async function mint(k, cache) {
  let seen = null;
  const server = createServer((rq, rs) => {
    seen ??= rq.headers.authorization ?? null;
    rs.writeHead(seen ? 200 : 401, { 'www-authenticate': 'Negotiate', 'content-length': 0 });
    rs.end();
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const curl = spawn('curl', ['-s', '--negotiate', '-u', ':', `http://localhost:${server.address().port}/`], { env: { ...k.env, KRB5CCNAME: cache }, stdio: 'ignore' });
  await new Promise((resolve) => { curl.once('exit', resolve); });
  server.close();
  return seen;
}

const desk = `${nixa.issuer}/login/kerberos?u=desk`;
async function present(authorization, { browser = new Browser(nixa, 'en'), url = desk } = {}) {
  const first = await browser.once(url, { headers: authorization ? { authorization } : {} });
  return { browser, first, status: first.status, to: first.headers.location ?? '', alert: alert(first) };
}
const isIn = (r) => r.status === 303 && /\/me$/.test(r.to) && r.browser.cookies.has('localhost __Host-nxs');

await scenario('an operator is told what is wrong with a row', async () => {
  for (const [config, why] of [[{ keytab: 'relative', realm: 'A' }, /keytab/], [{ keytab: '/x', realm: 'a@b' }, /realm/], [{ keytab: '/x', realm: 'A', service: 'nothing' }, /service/]]) {
    const refused = await operator.call('POST', '/upstreams', { id: 'bad', kind: 'kerberos', name: 'x', issuer: 'x', level_cap: 'm2', config });
    ok(refused.status === 400 && why.test(JSON.stringify(refused.json)), `refused: ${why}`, `${refused.status} ${JSON.stringify(refused.json)}`);
  }
  await operator.upstream({ id: 'desk', kind: 'kerberos', name: 'Desks', jit: ['official'], issuer: 'AGENCY.VN', config: { keytab: kdc.keytab, realm: 'AGENCY.VN' } });
  equal((await nixa.ctl('upstream', 'check', 'desk')).answers, true, 'the check finds a key');
});

let cache;
await scenario('a browser without a ticket is led back in one click', async () => {
  const r = await present(null);
  equal(r.status, 401, 'a ticket is asked for');
  equal(r.first.headers['www-authenticate'], 'Negotiate', 'by Negotiate alone');
  ok(/href="\/login"/.test(r.first.text) && !/<script/.test(r.first.text), 'and the page leads to the other ways, without a script');
});

await scenario('an official at her desk', async () => {
  cache = kdc.ticket('lan', 'lan-at-the-agency');
  const r = await present(await mint(kdc, cache));
  ok(isIn(r), 'is signed in by her ticket', `${r.status} ${r.to} ${r.alert}`);
  ok(/^Negotiate [A-Za-z0-9+/=]{8,}$/.test(r.first.headers['www-authenticate'] ?? ''), 'and told that we are who we say', r.first.headers['www-authenticate']);
  const jar = join(kdc.dir, 'jar');
  const out = kdc.run('curl', ['-s', '--negotiate', '-u', ':', '--cacert', nixa.ca, '-c', jar, '-b', jar, '-o', '/dev/null', '-w', '%{http_code} %{redirect_url}', desk],
    { env: { ...kdc.env, KRB5CCNAME: cache } });
  ok(/^303 .*\/me$/.test(out), 'curl does it by itself', out);
});

await scenario('at a portal', async () => {
  const lan = new Browser(nixa, 'vi');
  await lan.go(`${nixa.portal('dichvucong')}/`);
  const link = /href="(\/login\/kerberos\?t=[^"]+)"/.exec(lan.page.text)?.[1];
  ok(link, 'the sign-in page offers it', lan.page.text.slice(0, 1200));
  const r = await present(await mint(kdc, cache), { browser: lan, url: `${nixa.issuer}${link}&u=desk` });
  equal(r.status, 303, 'her ticket is enough');
  await lan.go(new URL(r.to, nixa.issuer).href);
  await lan.submit('/consent', { decision: 'allow' });
  equal(lan.claims().acr, 'urn:nixa:acr:m1', 'it is worth m1');
});

await scenario('a ticket is used once', async () => {
  const token = await mint(kdc, cache);
  ok(isIn(await present(token)), 'the first time');
  const again = await present(token);
  ok(again.status === 403 && !isIn(again), 'and not again', `${again.status} ${again.to}`);
  ok(!again.first.headers['www-authenticate'], 'nor is it asked for once more');
});

await scenario('other realms, instances and mechanisms', async () => {
  foreign.admin(`ktadd -k ${kdc.keytab} HTTP/localhost`);
  chmodSync(kdc.keytab, 0o600);
  const stranger = await present(await mint(foreign, foreign.ticket('lan', 'lan-elsewhere')));
  ok(stranger.status === 403 && /not of this agency/.test(stranger.alert), 'a ticket of another realm', `${stranger.status} ${stranger.alert}`);
  const admin = await present(await mint(kdc, kdc.ticket('lan/admin', 'lan-as-admin')));
  ok(admin.status === 403 && /not of this agency/.test(admin.alert), 'an instance', `${admin.status} ${admin.alert}`);
  for (const sent of ['Negotiate TlRMTVNTUAABAAAAl4II4gAAAAAAAAAAAAAAAAAAAAAKAO5CAAAADw==', 'NTLM TlRMTVNTUAABAAAAl4II4gAAAAAAAAAAAAAAAAAAAAAKAO5CAAAADw==']) {
    const ntlm = await present(sent);
    ok(ntlm.status === 403 && /no Kerberos/.test(ntlm.alert) && /href="\/login"/.test(ntlm.first.text), `${sent.slice(0, 9)}: NTLM, with the way back`, `${ntlm.status} ${ntlm.alert}`);
  }
  for (const sent of ['Negotiate', 'Negotiate ', 'Negotiate !!', 'Negotiate AAAA', `Negotiate ${'A'.repeat(7000)}`, 'Negotiate YA==']) {
    const r = await present(sent);
    ok([400, 401, 403].includes(r.status) && !isIn(r), `nonsense: ${sent.slice(0, 16)}`, r.status);
  }
  equal((await present(`Negotiate ${'A'.repeat(16384)}`)).status, (await present('Negotiate AAAA')).status, 'what is as large as the largest ticket arrives');
  const token = await mint(kdc, cache);
  const bytes = Buffer.from(token.slice(10), 'base64');
  for (const at of [bytes.length - 5, Math.floor(bytes.length / 2)]) {
    const bent = Buffer.from(bytes);
    bent[at] ^= 1;
    const r = await present(`Negotiate ${bent.toString('base64')}`);
    ok(r.status === 403 && !isIn(r), `a bit of it changed at ${at}`, r.status);
  }
  ok(isIn(await present(token)), 'unchanged it is good');
});

await scenario('other clocks and old tickets', async () => {
  const brief = kdc.ticket('lan', 'lan-at-the-agency', ['-l', '6s']);
  kdc.run('kvno', ['-c', brief, 'HTTP/localhost']);
  const kept = await mint(kdc, brief);
  ok(kept, 'a token of a ticket that ends soon');
  // The offset that a client has measured against its KDC stands in the head of its cache.
  const skewed = kdc.ticket('lan', 'lan-at-the-agency');
  kdc.run('kvno', ['-c', skewed, 'HTTP/localhost']);
  const file = readFileSync(skewed);
  equal(file.readUInt16BE(4), 1, 'the head of a cache is as expected');
  file.writeInt32BE(60, 8);
  writeFileSync(skewed, file);
  const off = await present(await mint(kdc, skewed));
  ok(off.status === 403 && /clock/.test(off.alert), 'a minute ahead', `${off.status} ${off.alert}`);
  const end = Date.now() + 17_000;
  while (Date.now() < end) await new Promise((resolve) => { setTimeout(resolve, 500); });
  const late = await present(kept);
  ok(late.status === 403 && /expired/.test(late.alert), 'an expired ticket', `${late.status} ${late.alert}`);
  const log = readFileSync(join(nixa.data, 'log', 'nixad.log'), 'utf8');
  ok(/"negotiate_refused".*"why":"clock"/.test(log) && /"negotiate_refused".*"why":"expired"/.test(log), 'each for its own reason', (log.match(/.*negotiate_refused.*/g) ?? []).join('\n'));
});

await scenario('the keytab is looked at again when it changes', async () => {
  kdc.admin(`ktadd -k ${kdc.keytab} HTTP/localhost`);
  chmodSync(kdc.keytab, 0o600);
  const fresh = kdc.ticket('lan', 'lan-at-the-agency');
  ok(isIn(await present(await mint(kdc, fresh))), 'a new key serves at once');
  chmodSync(kdc.keytab, 0o644);
  utimesSync(kdc.keytab, new Date(), new Date());
  const open = await present(await mint(kdc, fresh));
  equal(open.status, 503, 'a key that everybody may read is no key');
  chmodSync(kdc.keytab, 0o600);
  ok(isIn(await present(await mint(kdc, fresh))), 'until it is closed again');
});

await scenario('no log holds a token or a principal', async () => {
  ok(!/lan@AGENCY|YII[A-Za-z0-9+/]{20}/.test(readFileSync(join(nixa.data, 'log', 'nixad.log'), 'utf8')), 'nixad.log');
});

await kdc.down();
await foreign.down();
await nixa.down();
finish();
