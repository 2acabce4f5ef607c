// Starts the whole of NIXA on a temporary folder and random loopback ports, and ends it by its process id.
// NIXA_BIN names the folder with nixad and nixactl (the sanitizer build in ./nixa test).
import { spawn, execFile } from 'node:child_process';
import { mkdtempSync, rmSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createServer } from 'node:net';
import { join, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const home = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const bin = process.env.NIXA_BIN ?? join(home, 'build', 'asan');

function freePort() {
  return new Promise((resolve, reject) => {
    const s = createServer();
    s.once('error', reject);
    s.listen(0, '127.0.0.1', () => {
      const { port } = s.address();
      s.close(() => resolve(port));
    });
  });
}

// Two neighbouring ports: the edge's and the one for clients with certificates.
async function freePair() {
  for (;;) {
    const port = await freePort();
    const free = await new Promise((resolve) => {
      const s = createServer();
      s.once('error', () => resolve(false));
      s.listen(port + 1, '127.0.0.1', () => s.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

export class Nixa {
  static async up(options = {}) {
    const n = new Nixa();
    n.dir = mkdtempSync(join(tmpdir(), 'nixa-e2e-'));
    n.data = join(n.dir, 'var');
    n.port = await freePair();
    n.issuer = `https://localhost:${n.port}`;
    n.options = options;
    await n.start();
    return n;
  }

  portal(name) {
    return `https://${name}.localhost:${this.port}`;
  }

  get ca() {
    return join(this.data, 'certs', 'ca.pem');
  }

  async start() {
    const log = openSync(join(this.dir, 'up.log'), 'a');
    const began = Date.now();
    this.child = spawn(join(bin, 'nixactl'), ['up', '--data', this.data, '--listen', `127.0.0.1:${this.port}`,
      ...(this.options.arguments ?? [])], { stdio: ['ignore', 'pipe', log], env: { ...process.env, NIXA_HOME: home } });
    await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`not ready after 60 s:\n${this.log()}`)), 60_000);
      this.child.once('exit', (code) => reject(new Error(`up ended with ${code}:\n${this.log()}`)));
      this.child.stdout.on('data', (d) => {
        if (!String(d).includes('nixa: ready')) return;
        clearTimeout(late);
        resolve();
      });
    });
    this.readyMs = Date.now() - began;
    this.child.removeAllListeners('exit');
  }

  log() {
    return readFileSync(join(this.dir, 'up.log'), 'utf8').slice(-4000);
  }

  // Ends the supervisor with the signal and waits for it.
  async stop(signal = 'SIGINT') {
    if (!this.child || this.child.exitCode !== null) return 0;
    const gone = new Promise((resolve) => this.child.once('exit', (code) => resolve(code)));
    this.child.kill(signal);
    return gone;
  }

  async down() {
    await this.stop();
    if (process.env.NIXA_KEEP) console.log(`# kept ${this.dir}`);
    else rmSync(this.dir, { recursive: true, force: true });
  }

  ctl(...words) {
    return new Promise((resolve, reject) => {
      execFile(join(bin, 'nixactl'), ['--data', this.data, '--json', ...words], { env: { ...process.env, NIXA_HOME: home } },
        (error, out, err) => {
          if (error) reject(new Error(`nixactl ${words.join(' ')}: ${err}${out}`));
          else resolve(out.trim() ? JSON.parse(out) : null);
        });
    });
  }
}
