// Browser profiles: Debian's Chromium, headless, with the development CA in the profile's own certificate store.
// A certificate error is never ignored.
import { chromium } from 'playwright-core';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'];

export class Profile {
  // options: phone (narrow screen, touch), camera (a .y4m file), language
  static async open(ca, options = {}) {
    const p = new Profile();
    p.home = mkdtempSync(join(tmpdir(), 'nixa-browser-'));
    const store = join(p.home, '.pki', 'nssdb');
    mkdirSync(store, { recursive: true });
    execFileSync('certutil', ['-d', `sql:${store}`, '-N', '--empty-password']);
    execFileSync('certutil', ['-d', `sql:${store}`, '-A', '-t', 'C,,', '-n', 'nixa', '-i', ca]);
    const camera = options.camera
      ? ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
        `--use-file-for-fake-video-capture=${options.camera}`]
      : [];
    p.context = await chromium.launchPersistentContext(join(p.home, 'profile'), {
      executablePath: '/usr/bin/chromium',
      headless: true,
      args: [...flags, ...camera],
      env: { ...process.env, HOME: p.home },
      locale: options.language ?? 'vi-VN',
      viewport: options.phone ? { width: 320, height: 640 } : { width: 1280, height: 800 },
      hasTouch: Boolean(options.phone),
      javaScriptEnabled: options.script ?? true,
    });
    p.context.setDefaultTimeout(15_000);
    p.page = p.context.pages()[0] ?? await p.context.newPage();
    return p;
  }

  async close() {
    await this.context.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}
