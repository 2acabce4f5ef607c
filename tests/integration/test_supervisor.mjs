// nixactl up on a temporary folder: what it starts, what comes back after kill -9, what it refuses, how it stops.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { https } from '../e2e/probe.mjs';
import { Nixa } from '../e2e/nixa.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { until } from './wire.mjs';

const home = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const bin = process.env.NIXA_BIN ?? join(home, 'build', 'asan');

// Runs nixactl to its end.
function nixactl(args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(join(bin, 'nixactl'), args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let out = '', err = '';
    child.stdout.on('data', (d) => { out += d; });
    child.stderr.on('data', (d) => { err += d; });
    child.on('exit', (code, signal) => resolve({ code, signal, out, err, lines: err.trim().split('\n') }));
  });
}

const alive = (pid) => existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
const mode = (path) => (statSync(path).mode & 0o777).toString(8);
const status = async (nixa) => JSON.parse((await nixactl(['status', '--json', '--data', nixa.data])).out);
const child = async (nixa, name) => (await status(nixa)).children.find((c) => c.name === name);
const answers = async (nixa) => {
  try {
    return (await https(nixa, '/.well-known/openid-configuration')).status === 200;
  } catch {
    return false;
  }
};

// Every process that has the data folder as its working directory or an ancestor that does.
function family(nixa) {
  return readdirSync('/proc').filter((p) => /^\d+$/.test(p)).filter((p) => {
    try {
      return alive(p) && readFileSync(`/proc/${p}/environ`, 'utf8').includes(`NX_FAMILY=${nixa.mark}\0`);
    } catch {
      return false;
    }
  });
}

process.env.http_proxy = 'http://127.0.0.1:9';
process.env.NX_FAMILY = `f${process.pid}`;
const nixa = await Nixa.up();
nixa.mark = process.env.NX_FAMILY;
delete process.env.NX_FAMILY;

await scenario('a fresh folder is narrow, and its secrets narrower', async () => {
  for (const [path, wanted] of [['', '700'], ['run', '700'], ['certs/ca.key', '600'], ['certs/edge.pem', '600'], ['certs/ca.pem', '644'],
    ['keys', '700'], ['keys/master.key', '600'], ['registry.db', '600'], ['run/ctl.sock', '600'], ['run/http.sock', '600'],
    ['run/redis.sock', '700'], ['run/haproxy.cfg', '600'], ['portals/thue/client.secret', '600'], ['portals/thue/httpd.conf', '600']])
    equal(mode(join(nixa.data, path)), wanted, `mode of ${path || 'the folder'}`);
});

await scenario('children see no proxy variables', async () => {
  for (const c of (await status(nixa)).children)
    ok(!/http_proxy/.test(readFileSync(`/proc/${c.pid}/environ`, 'utf8')), `${c.name} has none`);
});

await scenario('a second up on the folder refuses and disturbs nothing', async () => {
  const second = await nixactl(['up', '--data', nixa.data, '--listen', `127.0.0.1:${nixa.port}`]);
  equal(second.code, 1, 'it exits 1');
  equal(second.out, '', 'it prints nothing on standard output');
  ok(/already running/.test(second.err), 'it says why', second.err);
  ok(await answers(nixa), 'the first still answers');
});

await scenario('reset refuses while it runs', async () => {
  const reset = await nixactl(['reset', '--yes', '--data', nixa.data]);
  equal(reset.code, 1, 'it exits 1');
  ok(existsSync(join(nixa.data, 'registry.db')), 'nothing is gone');
});

for (const name of ['nixad', 'redis', 'haproxy', 'dichvucong']) {
  await scenario(`${name} comes back after kill -9`, async () => {
    const before = await child(nixa, name);
    const began = Date.now();
    process.kill(before.pid, 'SIGKILL');
    const after = await until(async () => {
      const now = await child(nixa, name);
      return now.pid && now.pid !== before.pid ? now : null;
    });
    ok(after, `another process runs (${Date.now() - began} ms)`);
    equal(after?.restarts, before.restarts + 1, 'and is counted');
    ok(await until(() => answers(nixa)), `the server answers (${Date.now() - began} ms)`);
    if (name === 'dichvucong') ok(await until(async () => {
      try {
        return (await https(nixa, '/signed-out.shtml', { headers: { host: `dichvucong.localhost:${nixa.port}` } })).status === 200;
      } catch {
        return false;
      }
    }), 'the portal answers');
  });
}

await scenario('kill -9 of the supervisor leaves nobody, and a new up works at once', async () => {
  const ca = readFileSync(nixa.ca, 'utf8');
  ok(family(nixa).length >= 6, 'there is a family to look for');
  await nixa.stop('SIGKILL');
  nixa.child = null;
  const gone = await until(() => family(nixa).length === 0, 3000);
  ok(gone, 'no process of it is left', family(nixa).map((p) => readFileSync(`/proc/${p}/cmdline`, 'utf8')).join('\n'));
  process.env.NX_FAMILY = nixa.mark;
  await nixa.start();
  ok(await answers(nixa), `it answers again (ready after ${nixa.readyMs} ms)`);
  equal(readFileSync(nixa.ca, 'utf8'), ca, 'with the same authority');
});

await scenario('a new up does not wait for the children of a supervisor that was killed', async () => {
  await nixa.stop('SIGKILL');
  nixa.child = null;
  await nixa.start();
  ok(await answers(nixa), `it answers (ready after ${nixa.readyMs} ms)`);
});

await scenario('SIGTERM stops all of it, in order, with code 0', async () => {
  equal(await nixa.stop('SIGTERM'), 0, 'exit code');
  equal(family(nixa).length, 0, 'no process is left');
  equal((await nixactl(['status', '--data', nixa.data])).code, 3, 'status says that nothing runs');
  nixa.child = null;
  await nixa.start();
  equal(await nixa.stop('SIGINT'), 0, 'exit code of SIGINT');
  nixa.child = null;
});

await scenario('a folder of another issuer is refused in words', async () => {
  const other = await nixactl(['up', '--data', nixa.data, '--listen', `127.0.0.1:${nixa.port}`, '--issuer', 'https://id.example.vn']);
  equal(other.code, 1, 'it exits 1');
  ok(/made with another issuer than https:\/\/id\.example\.vn/.test(other.lines.at(-1)), 'it says why', other.err);
  ok(!/ended with code/.test(other.err), 'nothing is tried again', other.err);
});

await scenario('an argument that is not understood does nothing', async () => {
  const misspelt = await nixactl(['reset', '--yes', '--dtaa', nixa.data], { env: { ...process.env, NIXA_HOME: nixa.dir } });
  equal(misspelt.code, 2, 'it exits 2');
  equal((await nixactl(['reset', '--data', nixa.data, '--yes', '--help'])).code, 0, 'help is help');
  ok(existsSync(join(nixa.data, 'registry.db')), 'nothing is gone');
  const group = await nixactl(['client']);
  equal(group.code, 2, 'half a command exits 2');
  ok(/client add/.test(group.err) && /client list/.test(group.err), 'and lists the whole ones', group.err);
});

await scenario('what this version does not have is refused with one line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nixa-refuse-'));
  for (const [args, why] of [[['--redis', 'redis+cluster://h:1'], /redis\+cluster/], [['--redis', 'redis+sentinel://h:1'], /redis\+sentinel/],
    [['--database', 'postgresql://h/d'], /postgresql/], [['--no-such-option'], /no-such-option/], [['--ca', '/no/such/file'], /no\/such\/file/],
    [['--issuer', 'http://localhost'], /issuer/], [['--listen', 'nowhere'], /listen/]]) {
    const refused = await nixactl(['up', '--data', join(folder, 'var'), ...args]);
    equal(refused.code, 1, `${args.join(' ')}: exits 1`);
    ok(refused.lines.length === 1 && why.test(refused.err), `${args.join(' ')}: one line that says why`, refused.err);
  }
  rmSync(folder, { recursive: true, force: true });
});

await scenario('a folder keeps its issuer', async () => {
  const other = await nixactl(['up', '--data', nixa.data, '--listen', `127.0.0.1:${nixa.port}`, '--issuer', 'https://localhost:1']);
  equal(other.code, 1, 'another issuer is refused');
  equal(family(nixa).length, 0, 'and nothing is left running');
});

await scenario('a port that is taken is said at once', async () => {
  await nixa.start();
  const folder = mkdtempSync(join(tmpdir(), 'nixa-taken-'));
  const taken = await nixactl(['up', '--data', join(folder, 'var'), '--listen', `127.0.0.1:${nixa.port}`]);
  equal(taken.code, 1, 'exits 1');
  ok(taken.err.includes(`127.0.0.1:${nixa.port}`), 'and names the address', taken.err);
  rmSync(folder, { recursive: true, force: true });
});

await scenario('reset deletes the folder once it is stopped', async () => {
  await nixa.stop();
  const without = await nixactl(['reset', '--data', nixa.data]);
  equal(without.code, 1, 'not without --yes when nobody can be asked');
  const reset = await nixactl(['reset', '--yes', '--data', nixa.data]);
  equal(reset.code, 0, 'with --yes');
  ok(!existsSync(nixa.data), 'the folder is gone');
  const foreign = mkdtempSync(join(tmpdir(), 'nixa-foreign-'));
  equal((await nixactl(['reset', '--yes', '--data', foreign])).code, 1, 'a folder that is not ours is left alone');
  rmSync(foreign, { recursive: true, force: true });
});

await scenario('without the demo there are no portals', async () => {
  const plain = await Nixa.up({ arguments: ['--no-demo'] });
  const names = (await status(plain)).children.map((c) => c.name).sort().join(' ');
  equal(names, 'haproxy nixad redis', 'only the server runs');
  await plain.down();
});

await nixa.down();
finish();
