// Sign-in with accounts of an agency's directory, on a real OpenLDAP server: TLS and its stripping, who is refused and
// in which words, what a name may not do, a directory that is gone or silent, and what NIXA never does to its accounts.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Nixa } from '../e2e/nixa.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { alert, Operator, signIn } from './agency.mjs';
import { Browser } from './browser.mjs';
import { answers, freePort, host, makeCertificates, Slapd, suffix } from './slapd.mjs';
import { until } from './wire.mjs';

const nixa = await Nixa.up();
const slapd = await Slapd.up();
const other = await Slapd.up();
const operator = new Operator(nixa);

const people = (s, more = {}) => ({
  url: `ldaps://${host}:${s.tlsPort}`, ca: s.ca, base: `ou=people,${suffix}`, filter: '(&(objectClass=person)(uid={user}))',
  bind_dn: `cn=searcher,${suffix}`, bind_password: "the searcher's password", attributes: { name: 'cn', email: 'mail' }, ...more,
});
const row = (id, config, more = {}) => ({ id, kind: 'ldap', name: `Agency ${id}`, name_vi: `Cơ quan ${id}`, jit: ['official'], config, ...more });
const patiently = async (what) => {
  for (let i = 0; i < 60; i += 1) {
    if (await what()) return true;
    await new Promise((resolve) => { setTimeout(resolve, 700); });
  }
  return false;
};
const right = (uid) => `${uid}-at-the-agency`;
const portal = `${nixa.portal('dichvucong')}/`;

await scenario('an operator is told what is wrong with a row', async () => {
  for (const [change, why] of [[{ filter: '(uid=lan)' }, /\{user\}/], [{ url: 'http://x' }, /ldaps/], [{ user_dn: 'uid={user}' }, /bind_dn/],
    [{ url: 'ldap://dir.agency.vn', tls: 'none' }, /loopback/], [{ attributes: { shoe_size: 'x' } }, /attributes/], [{ ca: 'none' }, /PEM/]]) {
    const refused = await operator.call('POST', '/upstreams', { ...row('bad', people(slapd, change)), level_cap: 'm2', issuer: 'x' });
    ok(refused.status === 400 && why.test(JSON.stringify(refused.json)), `refused: ${why}`, `${refused.status} ${JSON.stringify(refused.json)}`);
  }
});

await scenario('an official comes from a portal and signs in with her agency account', async () => {
  await operator.upstream(row('so', people(slapd, { groups: { [`CN=clerks, OU=groups,${suffix}`]: 'clerk' } })));
  const lan = new Browser(nixa, 'vi');
  await lan.go(portal);
  const link = /href="(\/login\/agency\?t=[^"]+)"/.exec(lan.page.text)?.[1];
  ok(link, 'the sign-in page offers it', lan.page.text.slice(0, 1500));
  await lan.go(new URL(link, nixa.issuer).href);
  ok(/Cơ quan so/.test(lan.page.text) && !/<script/.test(lan.page.text), 'the form names the agency and needs no script');
  await lan.submit('/login/agency', { username: 'lan', password: right('lan') });
  ok(lan.at('/consent'), 'she is asked for consent', `${lan.page.status} ${lan.page.url} ${alert(lan.page)}\n${lan.page.text.slice(0, 600)}`);
  await lan.submit('/consent', { decision: 'allow' });
  const claims = lan.claims();
  equal(claims.name, 'Nguyen Thi Lan', 'the portal knows her name as the agency writes it');
  equal(claims.acr, 'urn:nixa:acr:m1', 'a password is m1');
  ok(/^pwd/.test(claims.amr ?? ''), 'by password', claims.amr);
  const again = new Browser(nixa, 'en');
  await again.go(portal);
  await again.go(new URL(/href="(\/login\/agency\?t=[^"]+)"/.exec(again.page.text)[1], nixa.issuer).href);
  await again.submit('/login/agency', { username: 'LAN', password: right('lan') });
  equal(again.claims().sub, claims.sub, 'next time she is the same person, however she types her name');
});

await scenario('rows for every kind of connection', async () => {
  await operator.upstream(row('starttls', people(slapd, { url: `ldap://${host}:${slapd.port}` })));
  await operator.upstream(row('plain', people(slapd, { url: `ldap://127.0.0.1:${slapd.port}`, tls: 'none', filter: '(|(uid={user})(mobile={user}))' })));
  await operator.upstream(row('template', people(slapd, { bind_dn: undefined, bind_password: undefined, user_dn: `uid={user},ou=people,${suffix}` })));
  await operator.upstream(row('second', people(other)));
  for (const id of ['starttls', 'plain', 'template', 'second']) {
    const minh = await signIn(nixa, id, 'minh', right('minh'));
    ok(minh.in, `${id}: signed in`, `${minh.page.status} ${minh.page.url} ${minh.alert}`);
    const wrong = await signIn(nixa, id, 'minh', 'wrong');
    equal(wrong.page.status, 403, `${id}: and refused with a wrong password`);
    const check = await nixa.ctl('upstream', 'check', id);
    equal(check.answers, true, `${id}: the operator's check says so too`);
  }
});

await scenario('a wrong password, an unknown name and an injection look alike', async () => {
  const seen = new Set();
  for (const [name, password] of [['lan', 'wrong'], ['nobody', 'wrong'], ['*)(uid=*', right('lan')], ['lan)(objectClass=*', right('lan')], ['*', right('lan')],
    ['l\\2an', right('lan')], [`lan,ou=people,${suffix}`, right('lan')]]) {
    for (const id of ['so', 'template']) {
      const r = await signIn(nixa, id, name, password);
      ok(!r.in && r.page.status === 403, `${id}: ${name} is refused`, `${r.page.status} ${r.page.url}`);
      seen.add(r.alert);
    }
  }
  equal(seen.size, 1, 'in the same words');
});

await scenario('an empty password is no password', async () => {
  for (const [password, status] of [['', 400], ['\0', 400]]) {
    const r = await signIn(nixa, 'plain', 'lan', password);
    ok(!r.in && r.page.status === status, 'refused before the directory is asked', `${r.page.status} ${r.page.url}`);
  }
});

await scenario('accounts that the directory stopped are told so', async () => {
  for (const [uid, why] of [['locked', /locked/], ['expired', /expired/], ['reset', /new password/]]) {
    const r = await signIn(nixa, 'so', uid, right(uid));
    ok(!r.in && r.page.status === 403 && why.test(r.alert), `${uid}: ${why}`, `${r.page.status} ${r.alert}`);
  }
  const twins = await signIn(nixa, 'plain', '0900000001', right('twin1'));
  ok(!twins.in && /exactly one/.test(twins.alert), 'a name of two people is nobody\'s', twins.alert);
});

await scenario('a certificate of somebody else, or for another host, is none', async () => {
  const strangers = makeCertificates(other.dir);
  await operator.upstream(row('stranger', people(slapd, { ca: readFileSync(strangers.ca, 'utf8') })));
  await operator.upstream(row('misnamed', people(slapd, { url: `ldaps://elsewhere.localhost:${slapd.tlsPort}` })));
  for (const id of ['stranger', 'misnamed']) {
    const r = await signIn(nixa, id, 'lan', right('lan'));
    ok(!r.in && r.page.status === 503, `${id}: nothing is sent`, `${r.page.status} ${r.alert}`);
    const said = await nixa.ctl('upstream', 'check', id).then(() => 'done', (e) => e.message);
    ok(/"answers":false/.test(said), `${id}: the check fails and says so`, said);
  }
});

await scenario('a directory that knows only old TLS gets no password', async () => {
  const port = await freePort();
  const old = spawn('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, '-cert', slapd.files.cert, '-key', slapd.files.key, '-tls1_1',
    '-cipher', 'ALL:@SECLEVEL=0', '-quiet'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let heard = '';
  old.stdout.on('data', (d) => { heard += d.toString('latin1'); });
  ok(await until(() => answers(port)), 'it is there');
  await operator.upstream(row('old', people(slapd, { url: `ldaps://${host}:${port}` })));
  const r = await signIn(nixa, 'old', 'lan', right('lan'));
  ok(!r.in && r.page.status === 503, 'refused', `${r.page.status} ${r.alert}`);
  ok(!heard.includes('searcher'), 'and nothing was said to it', heard);
  old.kill();
});

await scenario('StartTLS that somebody strips ends the sign-in before a password is sent', async () => {
  const seen = [];
  const stripper = createServer((s) => {
    s.on('error', () => {});
    s.on('data', (d) => {
      seen.push(d);
      // ExtendedResponse to message 1: protocolError, as a server answers that knows no StartTLS.
      s.write(Buffer.from([0x30, 0x0c, 0x02, 0x01, d[4], 0x78, 0x07, 0x0a, 0x01, 0x02, 0x04, 0x00, 0x04, 0x00]));
    });
  });
  await new Promise((resolve) => { stripper.listen(0, '127.0.0.1', resolve); });
  await operator.upstream(row('stripped', people(slapd, { url: `ldap://${host}:${stripper.address().port}` })));
  const r = await signIn(nixa, 'stripped', 'lan', right('lan'));
  ok(!r.in && r.page.status === 503, 'refused', `${r.page.status} ${r.alert}`);
  const sent = Buffer.concat(seen).toString('latin1');
  ok(sent.includes('1.3.6.1.4.1.1466.20037') && !sent.includes('searcher') && !sent.includes(right('lan')), 'only StartTLS was asked for', sent);
  stripper.close();
});

await scenario('guessing stops below where the directory locks', async () => {
  const statuses = [];
  for (let i = 0; i < 8; i += 1) statuses.push((await signIn(nixa, 'second', 'lan', `guess ${i}`)).page.status);
  ok(statuses.includes(429) && statuses.at(-1) === 429, 'NIXA refuses by itself', statuses.join(' '));
  ok(other.failures('lan') <= 3, 'the directory has counted three at most', other.failures('lan'));
  for (const name of ['LAN', ' lan', 'lan ', 'Lan']) await signIn(nixa, 'second', name, 'another guess');
  ok(other.failures('lan') <= 3, 'however the name is written', other.failures('lan'));
});

await scenario('a directory that stops, and one that is silent, trouble nobody else', async () => {
  await slapd.stop();
  const first = await signIn(nixa, 'starttls', 'minh', right('minh'));
  ok(!first.in && first.page.status === 503 && /other way|another way/.test(first.alert), 'gone: said so, with another way', `${first.page.status} ${first.alert}`);
  ok(/href="\/login"/.test(first.page.text), 'which is a link');
  for (let i = 0; i < 4; i += 1) await signIn(nixa, 'starttls', `somebody${i}`, 'x');
  const rests = await signIn(nixa, 'starttls', 'twin1', right('twin1'));
  ok(rests.page.status === 503 && rests.ms < 1500, 'after some failures it is left alone', `${rests.page.status} ${rests.ms} ms`);
  await slapd.start();
  const back = await patiently(async () => (await signIn(nixa, 'starttls', 'minh', right('minh'))).in);
  ok(back, 'and found again when it is back');

  slapd.signal('SIGSTOP');
  const silent = ['a', 'b', 'c', 'd', 'e', 'f'].map((x) => signIn(nixa, 'so', `silent-${x}`, 'x'));
  const meanwhile = await signIn(nixa, 'second', 'minh', right('minh'));
  ok(meanwhile.in && meanwhile.ms < 3000, 'another directory answers meanwhile', `${meanwhile.page.status} ${meanwhile.ms} ms ${meanwhile.alert}`);
  const late = await Promise.all(silent);
  ok(late.every((r) => !r.in && r.page.status === 503 && r.ms < 8000), 'the silent one ends in time', late.map((r) => `${r.page.status} ${r.ms}`).join(', '));
  slapd.signal('SIGCONT');
  ok(await patiently(async () => (await signIn(nixa, 'so', 'minh', right('minh'))).in), 'and is used again when it wakes');
});

await scenario('connections that the directory closed are noticed', async () => {
  ok((await signIn(nixa, 'template', 'minh', right('minh'))).in, 'one is kept');
  await slapd.stop();
  await slapd.start();
  const r = await signIn(nixa, 'template', 'minh', right('minh'));
  ok(r.in, 'the next sign-in opens another', `${r.page.status} ${r.alert}`);
});

await scenario('switched off, it ends at once', async () => {
  const minh = await signIn(nixa, 'second', 'minh', right('minh'));
  ok(minh.in, 'he is in');
  equal((await operator.call('POST', '/upstreams/second/off', { reason: 'test' })).status, 204, 'the operator switches it off');
  await minh.browser.go(`${nixa.issuer}/me`);
  ok(!minh.browser.at('/me') || minh.browser.page.status !== 200, 'he is out', minh.browser.page.url);
  await minh.browser.go(`${nixa.issuer}/login/agency?u=second`);
  equal(minh.browser.page.status, 403, 'and nobody comes in by it');
});

await scenario('no log holds a name or a password of the agency', async () => {
  const log = readFileSync(join(nixa.data, 'log', 'nixad.log'), 'utf8');
  ok(!/at-the-agency|the searcher's password|Nguyen Thi Lan|uid=lan|lan@agency/.test(log), 'nixad.log');
});

await slapd.down();
await other.down();
await nixa.down();
finish();
