// Sign-in at an agency that has only RADIUS, on a real FreeRADIUS server: right and wrong, a further code, and what
// somebody between the two servers can and cannot do.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Nixa } from '../e2e/nixa.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { alert, Operator, signIn } from './agency.mjs';
import { Browser } from './browser.mjs';
import { between, Radiusd, secret } from './radiusd.mjs';

const nixa = await Nixa.up();
const radius = await Radiusd.up();
const operator = new Operator(nixa);
const row = (id, port, config = {}, more = {}) => ({ id, kind: 'radius', name: `Agency ${id}`, jit: ['official'],
  config: { host: '127.0.0.1', port, realm: 'agency.vn', shared_secret: secret, ...config }, ...more });
const right = 'lan-at-the-agency';

await scenario('an operator is told what is wrong with a row', async () => {
  for (const [config, why] of [[{ shared_secret: 'short' }, /16 characters/], [{ realm: 'a@b' }, /realm/], [{ port: 0 }, /port/], [{ host: '' }, /host/]]) {
    const refused = await operator.call('POST', '/upstreams', { ...row('bad', radius.port, config), level_cap: 'm2', issuer: 'x' });
    ok(refused.status === 400 && why.test(JSON.stringify(refused.json)), `refused: ${why}`, `${refused.status} ${JSON.stringify(refused.json)}`);
  }
});

await scenario('right, wrong, and a name of another realm', async () => {
  await operator.upstream(row('phuong', radius.port, { groups: { clerks: 'clerk' }, level: 'm2' }));
  const lan = await signIn(nixa, 'phuong', 'lan', right);
  ok(lan.in, 'signed in', `${lan.page.status} ${lan.page.url} ${lan.alert}`);
  ok((await signIn(nixa, 'phuong', 'LAN@Agency.VN', right)).in, 'so is the same name with its realm');
  const words = new Set();
  for (const [name, password] of [['lan', 'wrong'], ['nobody', 'wrong'], ['lan@elsewhere.vn', right], ['lan lan', right], ['@agency.vn', right]]) {
    const r = await signIn(nixa, 'phuong', name, password);
    equal(r.page.status, 403, `${name} is refused`);
    words.add(r.alert);
  }
  equal(words.size, 1, 'in the same words');
  equal((await signIn(nixa, 'phuong', 'lan', 'x'.repeat(129))).page.status, 403, 'a password longer than the protocol carries too');
  equal((await nixa.ctl('upstream', 'check', 'phuong')).answers, true, 'the operator\'s check says that it answers');
});

const code = async (browser, value) => { await browser.submit('/login/agency/code', { code: value }); return browser.page; };

await scenario('a further code', async () => {
  const minh = await signIn(nixa, 'phuong', 'minh', 'minh-at-the-agency');
  ok(/Code of your token/.test(minh.page.text) && /autocomplete="one-time-code"/.test(minh.page.text), 'is asked for in the server\'s words', minh.page.text.slice(0, 800));
  const form = minh.browser.form('/login/agency/code');
  await code(minh.browser, '314159');
  ok(minh.browser.at('/me'), 'and the right one is enough', `${minh.browser.page.status} ${alert(minh.browser.page)}`);
  const at = new Browser(nixa);
  await at.go(`${nixa.portal('dichvucong')}/`);
  await at.go(new URL(/href="(\/login\/agency\?t=[^"]+)"/.exec(at.page.text)[1], nixa.issuer).href);
  await at.submit('/login/agency', { username: 'minh', password: 'minh-at-the-agency' });
  await code(at, '314159');
  if (at.at('/consent')) await at.submit('/consent', { decision: 'allow' });
  ok(/otp/.test(at.claims().amr) && /pwd/.test(at.claims().amr), 'a portal learns of two factors', at.claims().amr);
  const body = new URLSearchParams({ ...form.fields, code: '314159' }).toString();
  const replayed = await minh.browser.once(form.action, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded', origin: nixa.issuer } });
  ok(replayed.status === 400, 'a challenge is answered once', replayed.status);
  const other = await signIn(nixa, 'phuong', 'minh', 'minh-at-the-agency');
  const stolen = other.browser.form('/login/agency/code').fields.challenge;
  const thief = (await signIn(nixa, 'phuong', 'minh', 'minh-at-the-agency')).browser;
  await thief.submit('/login/agency/code', { code: '314159', challenge: stolen });
  ok(!thief.at('/me') && thief.page.status === 400, 'in the browser that it was made for', `${thief.page.status} ${thief.page.url}`);
  const page = await code(other.browser, '000000');
  ok(page.status === 403 && !other.browser.at('/me'), 'a wrong one is refused', `${page.status}`);
});

await scenario('the request is as it must be', async () => {
  const m = await between(radius.port, (answer) => answer);
  await operator.upstream(row('seen', m.port));
  ok((await signIn(nixa, 'seen', 'lan', right)).in, 'somebody who only looks on changes nothing');
  ok((await signIn(nixa, 'seen', 'lan', right)).in, 'twice');
  const [a, b] = m.requests;
  equal(a.packet[20], 80, 'Message-Authenticator comes first');
  ok(!a.packet.subarray(4, 20).equals(b.packet.subarray(4, 20)), 'the authenticator is new each time');
  ok(a.port !== b.port, 'so is the port');
  ok(!m.requests.some((r) => r.packet.includes(right)), 'the password cannot be read');
  m.close();
});

await scenario('what somebody in between changes is no answer', async () => {
  const accept = (p) => { const q = Buffer.from(p); q[0] = 2; return q; };
  const flip = (at) => (p) => { const q = Buffer.from(p); q[at < 0 ? q.length + at : at] ^= 1; return q; };
  const without = (p) => {
    const keep = [];
    for (let i = 20; i < p.length; i += p[i + 1]) if (p[i] !== 80) keep.push(p.subarray(i, i + p[i + 1]));
    const q = Buffer.concat([p.subarray(0, 20), ...keep]);
    q.writeUInt16BE(q.length, 2);
    return q;
  };
  let kept;
  const rows = [['forged', accept, 'wrong', 'a refusal made an acceptance'], ['flipped', flip(-1), right, 'a bit of an attribute'],
    ['digest', flip(4), right, 'a bit of the authenticator'], ['identifier', flip(1), right, 'another identifier'],
    ['stripped', without, right, 'an answer without its Message-Authenticator'], ['short', (p) => p.subarray(0, p.length - 1), right, 'a cut packet'],
    ['replayed', (p) => (kept ??= p), 'wrong', 'an answer of before']];
  for (const [id, change, password, what] of rows) {
    const m = await between(radius.port, change);
    await operator.upstream(row(id, m.port));
    if (id === 'replayed') ok((await signIn(nixa, id, 'lan', right)).in, 'the first answer is kept');
    const r = await signIn(nixa, id, 'lan', password);
    ok(!r.in && r.page.status === 503, `${id}: ${what}`, `${r.page.status} ${r.page.url} ${r.alert}`);
    ok(m.requests.length >= 2 && m.requests.every((q) => q.port !== m.requests[0].port || q.packet.equals(m.requests[0].packet)), `${id}: asked again with the same bytes`, m.requests.length);
    m.close();
  }
  const noise = await between(radius.port, (p) => [Buffer.alloc(0), Buffer.from('noise'), flip(9)(p), Buffer.alloc(5000), p]);
  await operator.upstream(row('noisy', noise.port));
  ok((await signIn(nixa, 'noisy', 'lan', right)).in, 'the right answer among wrong ones counts');
  noise.close();
});

await scenario('a server that does not sign its answers is not believed', async () => {
  await operator.upstream(row('unsigned', radius.unsignedPort));
  const r = await signIn(nixa, 'unsigned', 'lan', right);
  ok(!r.in && r.page.status === 503, 'nobody signs in by it', `${r.page.status}`);
  await operator.upstream(row('secretless', radius.port, { shared_secret: 'another secret, long enough' }));
  ok(!(await signIn(nixa, 'secretless', 'lan', right)).in, 'nor by one with another secret');
  const said = await nixa.ctl('upstream', 'check', 'unsigned').then(() => 'done', (e) => e.message);
  ok(/"answers":false/.test(said), 'and the check fails and says so', said);
});

await scenario('a server that is gone', async () => {
  await radius.stop();
  const r = await signIn(nixa, 'phuong', 'lan', right);
  ok(!r.in && r.page.status === 503 && r.ms < 6000, 'is said to be away', `${r.page.status} ${r.ms} ms`);
  await radius.start();
  let back = false;
  for (let i = 0; i < 40 && !back; i += 1) {
    back = (await signIn(nixa, 'phuong', 'lan', right)).in;
    if (!back) await new Promise((resolve) => { setTimeout(resolve, 500); });
  }
  ok(back, 'and used again when it is back');
});

await scenario('no log holds a password', async () => {
  ok(!/at-the-agency|314159|long enough/.test(readFileSync(join(nixa.data, 'log', 'nixad.log'), 'utf8')), 'nixad.log');
});

await radius.down();
await nixa.down();
finish();
