// Second factors over the real server: a generator that the admin API makes, codes by SMS and e-mail through a gateway that
// answers, refuses, dawdles and is gone, what an operator forbids, and the explanation of all of it.
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { Nixa } from '../e2e/nixa.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { alert, Operator } from './agency.mjs';
import { Browser } from './browser.mjs';
import { until } from './wire.mjs';

// The gateway: remembers what came, answers as it is told.
const gateway = { messages: [], told: [], status: 202, delay: 0, body: '{}' };
const server = createServer((rq, rs) => {
  const parts = [];
  rq.on('data', (d) => parts.push(d));
  rq.on('end', () => {
    const message = { path: rq.url, method: rq.method, authorization: rq.headers.authorization,
      type: rq.headers['content-type'], ...JSON.parse(Buffer.concat(parts).toString()) };
    (message.text.startsWith('NIXA: ') ? gateway.told : gateway.messages).push(message);
    setTimeout(() => { rs.writeHead(gateway.status, { 'content-type': 'application/json' }); rs.end(gateway.body); }, gateway.delay);
  });
});
await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
const url = `http://127.0.0.1:${server.address().port}`;

const nixa = await Nixa.up({ arguments: ['--sms-gateway', `${url}/sms`, '--email-gateway', `${url}/mail`,
  '--gateway-key', 'the-key-of-the-gateway', '--egress-http', '127.0.0.1'] });
const operator = new Operator(nixa);
const password = 'nixa-demo-2026';
const portal = `${nixa.portal('dichvucong')}/`;
const account = `https://localhost:${nixa.port}`;

// RFC 6238 by this file's own hand.
function totp(uri, steps = 0) {
  const text = new URL(uri).searchParams.get('secret');
  const bits = [...text].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const secret = Buffer.from(bits.match(/.{8}/g).map((b) => Number.parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

const people = await nixa.ctl('person', 'list');
const lan = people.items.find((p) => p.user_name === 'lan');
const codeIn = (message) => /^(\d{6}) /.exec(message?.text ?? '')?.[1];
async function begin(lang = 'vi') {
  const browser = new Browser(nixa, lang);
  await browser.go(`${account}/login`);
  await browser.submit('/login/password', { username: 'lan', password });
  return browser;
}

await scenario('a generator made by the admin API', async () => {
  const made = await operator.call('POST', `/people/${lan.id}/credentials`, { type: 'totp' }, 'scim');
  equal(made.status, 201, 'created');
  ok(/^otpauth:\/\/totp\/localhost:lan\?secret=[A-Z2-7]{32}&issuer=localhost&algorithm=SHA1&digits=6&period=30$/.test(made.json.otpauth_uri),
    'with its link', made.json.otpauth_uri);
  equal((await operator.call('POST', `/people/${lan.id}/credentials`, { type: 'magic' }, 'scim')).status, 400, 'another type is refused');
  equal((await operator.call('POST', `/people/${lan.id}/credentials`, { type: 'totp' }, 'revoke')).status, 403, 'and another scope');
  const list = await operator.call('GET', `/people/${lan.id}/credentials`, undefined, 'revoke');
  const row = list.json.items.find((i) => i.type === 'totp');
  equal(row.state, 'pending', 'pending until she uses it');
  ok(!JSON.stringify(list.json).includes(new URL(made.json.otpauth_uri).searchParams.get('secret')), 'a list has no secret');

  const browser = await begin();
  await browser.go(`${account}/login/code`);
  const code = totp(made.json.otpauth_uri);
  await browser.submit('/login/code', { code });
  ok(browser.at('/me') && browser.page.status === 200, 'the code takes her on', browser.page.url);
  const sessions = await operator.call('GET', `/sessions?subject=${lan.id}`, undefined, 'revoke');
  ok(sessions.json.items.some((s) => s.amr.join(' ') === 'pwd otp mfa'), 'pwd otp mfa', JSON.stringify(sessions.json.items.map((s) => s.amr)));
  const again = await begin();
  await again.go(`${account}/login/code`);
  await again.submit('/login/code', { code });
  equal(again.page.status, 403, 'the same code is refused');

  equal((await operator.call('DELETE', `/people/${lan.id}/credentials/${row.id}`, undefined, 'revoke')).status, 204, 'removed');
  await browser.go(`${account}/me`);
  ok(browser.at('/login'), 'and what it opened has ended');
});

await scenario('nothing is sent to what nobody has verified', async () => {
  const browser = await begin();
  await browser.go(`${account}/login/code/sent`);
  ok(!/name="channel"/.test(browser.page.text), 'no place is offered');
  equal(gateway.messages.length, 0, 'nothing was sent');
});

await scenario('a number is verified by its holder', async () => {
  const browser = await begin();
  await browser.go(`${account}/me/codes`);
  await browser.submit('/me/codes/send', {});
  const sent = gateway.messages.at(-1);
  ok(/^\+84/.test(sent.to) && codeIn(sent), 'a code goes to the number of her row', sent.to);
  const { fields } = browser.form('/me/codes/verify');
  await browser.submit('/me/codes/verify', { code: codeIn(sent) === '000000' ? '000001' : '000000' });
  equal(browser.page.status, 403, 'a wrong code shows nothing');
  const thief = await begin();
  await thief.go(`${account}/login/code/sent`);
  ok(!/name="channel"/.test(thief.page.text), 'and nothing may be sent there yet');
  await browser.submit('/me/codes/verify', { code: codeIn(sent) });
  ok(browser.at('/me/codes') && browser.page.status === 200, 'the right one does', `${browser.page.status} ${browser.page.url}`);
  await thief.go(`${account}/login/code/sent`);
  equal([...thief.page.text.matchAll(/name="channel" value="(\w+)"/g)].map((m) => m[1]).join(), 'sms', 'now it may');
  ok(fields.ticket, 'by a ticket');
  gateway.messages.length = 0;
});

await nixa.ctl('person', 'verify', 'lan', '--phone', '--email');

async function order(browser, channel) {
  await browser.go(`${account}/login/code/sent`);
  const forms = [...browser.page.text.matchAll(/<form[^>]*action="\/login\/code\/send"[\s\S]*?<\/form>/g)].map(([f]) => f);
  const form = forms.find((f) => f.includes(`value="${channel}"`));
  const field = (name) => new RegExp(`name="${name}" value="([^"]*)"`).exec(form)?.[1];
  const body = new URLSearchParams({ csrf: field('csrf'), channel }).toString();
  const began = Date.now();
  await browser.go(`${account}/login/code/send`, { method: 'POST', body,
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: account } });
  return Date.now() - began;
}

await scenario('she is told of a change to what she signs in by', async () => {
  const last = () => gateway.told.at(-1);
  ok(await until(() => last()?.text.includes('Xác minh')), 'that her mailbox was verified', JSON.stringify(gateway.told));
  const browser = await begin();
  await browser.go(`${account}/me/codes`);
  gateway.told.length = 0;
  gateway.status = 503;
  await browser.submit('/me/codes', { act: 'recovery' });
  ok(await until(() => gateway.told.length > 0), 'the gateway is tried');
  gateway.status = 202;
  ok(await until(() => gateway.told.length > 1), 'and tried again');
  const told = last();
  equal(told.channel, 'email', 'by the mailbox that is verified');
  ok(told.text.includes('Tạo mã dự phòng') && told.text.includes(`${account}/me`), 'what it was, and where to take it back', told.text);
  ok(told.subject && told.authorization === 'Bearer the-key-of-the-gateway', 'as any message', told.subject);
  const seen = gateway.told.length;
  await new Promise((resolve) => { setTimeout(resolve, 1500); });
  equal(gateway.told.length, seen, 'once');
});

await scenario('a code by SMS', async () => {
  const browser = await begin();
  await order(browser, 'sms');
  const sent = gateway.messages.at(-1);
  equal(sent.method, 'POST', 'by POST');
  equal(sent.authorization, 'Bearer the-key-of-the-gateway', 'with the key');
  equal(sent.channel, 'sms', 'the channel');
  ok(/^\+84\d+$/.test(sent.to), 'to her number', sent.to);
  ok(codeIn(sent), 'the code comes first, so that a lock screen shows it', sent.text);
  ok(!browser.page.text.includes(sent.to) && browser.page.text.includes(sent.to.slice(-3)), 'the page shows the end of the number only');
  ok(!browser.page.text.includes(codeIn(sent)), 'and not the code');
  const { fields } = browser.form('/login/code/sent');
  await browser.submit('/login/code/sent', { code: codeIn(sent) === '000000' ? '000001' : '000000' });
  equal(browser.page.status, 403, 'a wrong code is refused');
  const thief = await begin();
  await thief.go(`${account}/login/code/sent`);
  const stolen = await thief.once(`${account}/login/code/sent`, { method: 'POST',
    body: new URLSearchParams({ csrf: /action="\/login\/code\/send"[\s\S]*?name="csrf" value="([^"]*)"/.exec(thief.page.text)[1], ticket: fields.ticket, code: codeIn(sent) }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: account } });
  ok(stolen.status >= 400, 'another browser cannot use it', stolen.status);
  await browser.submit('/login/code/sent', { code: codeIn(sent) });
  ok(browser.at('/me'), 'the right one takes her on', `${browser.page.status} ${browser.page.url}`);
  const used = new Browser(nixa);
  used.cookies = browser.cookies;
  await order(used, 'email');
  const mail = gateway.messages.at(-1);
  equal(mail.channel, 'email', 'the other channel');
  ok(mail.subject && /@/.test(mail.to), 'has a subject and an address');
});

await scenario('limits of a number', async () => {
  const before = gateway.messages.length;
  let last;
  for (let i = 0; i < 5; i += 1) {
    last = await begin();
    await order(last, 'sms');
    if (last.page.status === 429) break;
  }
  equal(last.page.status, 429, 'too many are refused');
  ok(gateway.messages.length - before <= 2, 'before they are sent', gateway.messages.length - before);
  ok(alert(last.page), 'and the page says so');
});

await nixa.ctl('policy', 'forbid', '--client', 'dichvucong', '--means', 'otp-sent', '--reason', 'not at this portal');

await scenario('what is forbidden, and why', async () => {
  const ask = (...more) => nixa.ctl('policy', 'explain', '--person', 'lan', '--client', 'dichvucong', ...more);
  const plain = await ask();
  equal(plain.verdict, 'allow', 'a password is enough');
  equal(plain.level, 'm1', 'for m1');
  ok(plain.lines.some((l) => /^forbidden here: one-time code sent/.test(l)), 'the rule is told');
  const sent = await ask('--means', 'password,otp-sent', '--acr', 'm2', '--essential');
  ok(sent.lines.some((l) => /^cap forbidden: LOWERS/.test(l)) || sent.level === 'm1', 'what is forbidden proves nothing', sent.lines.join('\n'));
  equal(sent.reason, 'UNMET_ACR', 'and the level cannot be met');
  ok(sent.lines.some((l) => l === 'way to m2: none of what she has'), 'nor is there a way');
  const only = await ask('--means', 'otp-sent');
  equal(only.reason, 'MEANS_FORBIDDEN', 'alone it is refused by name');
  const dump = await nixa.ctl('policy', 'dump');
  ok(dump.lines.some((l) => l.startsWith('forbidden: client dichvucong: one-time code sent by SMS or e-mail (not at this portal')), 'the dump has it');
  await nixa.ctl('policy', 'allow', '--client', 'dichvucong', '--reason', 'again');
  const again = await ask('--means', 'password,otp-sent', '--acr', 'm2', '--essential');
  equal(again.level, 'm2', 'taken back, it counts again');
  equal(again.verdict, 'allow', 'and allows');
  const audit = await operator.call('GET', '/audit?type=policy.forbidden', undefined, 'audit');
  equal(audit.json.items.length, 1, 'both acts are in the audit trail');
});

await scenario('a gateway that refuses, dawdles, or is gone', async () => {
  const minh = async () => {
    const browser = new Browser(nixa, 'en');
    await browser.go(`${account}/login`);
    await browser.submit('/login/password', { username: 'minh', password });
    return browser;
  };
  await nixa.ctl('person', 'verify', 'minh', '--phone');
  let browser = await minh();
  gateway.status = 500;
  await order(browser, 'sms');
  equal(browser.page.status, 503, 'a refusal is said');
  ok(/another way/.test(alert(browser.page)), 'with another way', alert(browser.page));
  ok(/href="\/login"/.test(browser.page.text), 'that is there');
  gateway.status = 202;
  gateway.delay = 8000;
  const ms = await order(browser, 'sms');
  equal(browser.page.status, 503, 'so is one that does not answer');
  ok(ms < 7000, 'after a bounded time', ms);
  server.closeAllConnections();
  await new Promise((resolve) => { server.close(resolve); });
  await order(browser, 'sms');
  ok([503, 429].includes(browser.page.status), 'and one that is gone', browser.page.status);
  browser = await minh();
  ok(browser.at('/me'), 'signing in by password goes on meanwhile');
});

await nixa.down();
finish();
