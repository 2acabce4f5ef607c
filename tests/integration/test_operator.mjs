// The operator's command as operators use it: help, exit codes, tokens, passwords, QR texts, the browsers' trust.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Nixa } from '../e2e/nixa.mjs';
import { https } from '../e2e/probe.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { Browser } from './browser.mjs';

const home = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const bin = process.env.NIXA_BIN ?? join(home, 'build', 'asan');
const nixa = await Nixa.up();
const work = mkdtempSync(join(tmpdir(), 'nixa-operator-'));

// nixactl as it is typed, with what it is told on standard input.
function ctl(words, { input = '', environment = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(join(bin, 'nixactl'), ['--data', nixa.data, ...words], { cwd: work, env: { ...process.env, ...environment } });
    let out = '', err = '';
    child.stdout.on('data', (d) => { out += d; });
    child.stderr.on('data', (d) => { err += d; });
    child.on('exit', (code) => resolve({ code, out, err }));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

await scenario('help is there, for the whole and for each command', async () => {
  const all = await ctl(['help']);
  equal(all.code, 0, 'help exits 0');
  const words = all.out.split('running server')[1].split('Exit codes')[0].split('\n').map((l) => /^ {2}(\S+(?: \S+)?) {2,}/.exec(l)?.[1]).filter(Boolean);
  ok(words.length > 20, 'it lists the commands', words.join(', '));
  for (const w of words) {
    const one = await ctl(['help', ...w.split(' ')]);
    ok(one.code === 0 && one.out.startsWith(`usage: nixactl ${w}`), `help ${w}`, one.out + one.err);
  }
});

await scenario('wrong usage exits 2 and says what is missing', async () => {
  for (const [words, why] of [[['frobnicate'], /no command/], [['token'], /--scope is missing/], [['revoke', 'qr'], /id is missing/],
    [['person', 'add', '--user-name'], /user-name/], [['token', '--scope', 'scim', '--scope', 'scim'], /--scope|scim/], [['token', '--scope', 'scim', '--ttl', 'soon'], /ttl|soon/],
    [['token', '--scope', 'scim', 'extra'], /extra/], [['qr', 'verify'], /usage/]]) {
    const wrong = await ctl(words);
    ok(wrong.code === 2 && why.test(wrong.err), words.join(' '), `${wrong.code} ${wrong.err}`);
    equal(wrong.out, '', `${words.join(' ')}: nothing on standard output`);
  }
});

await scenario('a refusal exits 1 and names its reason', async () => {
  for (const [words, why] of [[['token', '--scope', 'openid'], /SCOPE/], [['token', '--scope', 'scim', '--ttl', '3601'], /RANGE|SYNTAX/],
    [['person', 'show', 'nobody'], /NOT_FOUND/], [['revoke', 'qr', 'aaaaaaaaaaaaaaaaaaaaaaaaaa', '--reason', 'x'], /NOT_FOUND/], [['console-link', '--role', 'king'], /UNKNOWN/]]) {
    const refused = await ctl(words);
    ok(refused.code === 1 && why.test(refused.err), words.join(' '), `${refused.code} ${refused.err}`);
  }
});

await scenario('test_rule_12: a token opens its scope and no other', async () => {
  const scim = (await ctl(['token', '--scope', 'scim'])).out.trim();
  const get = (path, token) => https(nixa, path, { headers: { authorization: `Bearer ${token}` } });
  equal((await get('/scim/v2/Users', scim)).status, 200, 'SCIM with scim');
  equal((await get('/admin/v1/audit', scim)).status, 403, 'the audit trail with scim');
  equal((await get('/scim/v2/Users', 'no.token.atall')).status, 401, 'SCIM with nonsense');
});

await scenario('a person made by hand signs in with the password that was read from a pipe', async () => {
  const made = await ctl(['person', 'add', '--user-name', 'thu', '--name', 'Đỗ Minh Thư', '--password-stdin'], { input: 'Một câu dài 2026\n' });
  equal(made.code, 0, 'made');
  ok(!made.out.includes('Một câu'), 'the password is not repeated');
  const thu = new Browser(nixa);
  await thu.go(`${nixa.portal('dichvucong')}/`);
  await thu.submit('/login/password', { username: 'thu', password: 'Một câu dài 2026' });
  ok(thu.at('/consent'), 'she is in', `${thu.page.status} ${thu.page.url}`);
  equal((await ctl(['person', 'set-password', 'thu', '--password-stdin'], { input: 'short\n' })).code, 1, 'a weak one is refused');
});

let card;
await scenario('a card verifies, a changed one does not', async () => {
  const token = (await ctl(['token', '--scope', 'scim revoke'])).out.trim();
  const person = JSON.parse((await ctl(['person', 'show', 'minh', '--json'])).out);
  const made = await https(nixa, `/admin/v1/people/${person.id}/qr-identities`, { method: 'POST', body: JSON.stringify({ kind: 'paper' }),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } });
  equal(made.status, 201, `a paper identity is made (${made.text.slice(0, 200)})`);
  card = made.json;
  const good = await ctl(['qr', 'verify', card.card]);
  ok(good.code === 0 && good.out.startsWith('valid: a card'), 'the text', good.out + good.err);
  ok(good.out.includes('Trần Văn Minh'), 'says whose it is');
  writeFileSync(join(work, 'card.txt'), `${card.card}\n`);
  equal((await ctl(['qr', 'verify', 'card.txt'])).code, 0, 'a file');
  equal((await ctl(['qr', 'verify', '-'], { input: card.handle })).code, 0, 'standard input');
  const at = card.card.length - 40;
  const changed = card.card.slice(0, at) + (card.card[at] === 'A' ? 'B' : 'A') + card.card.slice(at + 1);
  const bad = await ctl(['qr', 'verify', changed]);
  ok(bad.code === 1 && /NOT VALID/.test(bad.out), 'one character changed', bad.out + bad.err);
  const old = await ctl(['qr', 'verify', '001190012345||Nguyễn Thị Lan|01011990|Nữ|Hà Nội|01012022']);
  ok(old.code === 1 && /unsigned/.test(old.out), 'an older code proves nothing', old.out);
});

await scenario('a revoked card is seen to be revoked, without a network too', async () => {
  writeFileSync(join(work, 'before.json'), (await https(nixa, '/qr/bundle')).text);
  const receipt = await ctl(['revoke', 'qr', card.id, '--reason', 'lost']);
  equal(receipt.code, 0, 'revoked');
  const online = await ctl(['qr', 'verify', card.card]);
  ok(online.code === 1 && online.out.startsWith('REVOKED'), 'by the server\'s own bundle', online.out);
  writeFileSync(join(work, 'after.json'), (await https(nixa, '/qr/bundle')).text);
  await nixa.stop();
  const away = await ctl(['qr', 'verify', card.card]);
  equal(away.code, 3, 'without server or bundle there is no verdict');
  equal((await ctl(['qr', 'verify', card.card, '--bundle', 'before.json'])).code, 0, 'by an older bundle it still looks valid');
  ok((await ctl(['qr', 'verify', card.card, '--bundle', 'after.json'])).out.startsWith('REVOKED'), 'by a newer one it does not');
  equal((await ctl(['person', 'list'])).code, 3, 'commands say that nothing runs');
});

await scenario('the browsers\' store takes the authority, once', async () => {
  const environment = { HOME: join(work, 'home') };
  execFileSync('mkdir', ['-p', environment.HOME]);
  for (let i = 0; i < 2; i += 1) {
    const trusted = await ctl(['trust'], { environment });
    ok(trusted.code === 0 && /Android/.test(trusted.out) && /iPhone/.test(trusted.out), 'trusted, with steps for phones', trusted.err);
  }
  const list = execFileSync('certutil', ['-L', '-d', `sql:${environment.HOME}/.pki/nssdb`]).toString();
  equal(list.split('\n').filter((l) => l.includes('NIXA development') && l.includes('C,,')).length, 1, 'it stands there once');
});

rmSync(work, { recursive: true, force: true });
await nixa.down();
finish();
