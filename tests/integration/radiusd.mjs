// A private FreeRADIUS server on random loopback ports: one that signs its answers, and one that does not.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './wire.mjs';

const freeUdpPort = () => new Promise((resolve) => {
  const s = createSocket('udp4');
  s.bind(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => resolve(port)); });
});

export const secret = 'a secret of both, long enough';

const sign = `update reply {
        Message-Authenticator := 0x00
      }`;
const server = (name, port, signed) => `
server ${name} {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = ${port}
  }
  authorize {
    if (&User-Name == "minh") {
      if (!&State && &User-Password == "minh-at-the-agency") {
        update reply {
          Reply-Message := "Code of your token"
          State := 0x6f6e652d73746174652d6f66
        }
        update control {
          Auth-Type := Challenge
        }
      }
      elsif (&State == 0x6f6e652d73746174652d6f66 && &User-Password == "314159") {
        update control {
          Auth-Type := Accept
        }
      }
      else {
        update control {
          Auth-Type := Reject
        }
      }
    }
    else {
      files
      pap
    }
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
    Auth-Type Challenge {
      ${signed ? sign : ''}
      update control {
        Response-Packet-Type := Access-Challenge
      }
      handled
    }
  }
  post-auth {
    ${signed ? sign : ''}
    Post-Auth-Type REJECT {
      ${signed ? sign : ''}
    }
  }
}
`;

export class Radiusd {
  static async up() {
    const r = new Radiusd();
    r.dir = mkdtempSync(join(tmpdir(), 'nixa-radius-'));
    r.port = await freeUdpPort();
    r.unsignedPort = await freeUdpPort();
    mkdirSync(join(r.dir, 'run'));
    writeFileSync(join(r.dir, 'users'), `lan Cleartext-Password := "lan-at-the-agency"
  Class = "clerks", Reply-Message = "Welcome"
`);
    writeFileSync(join(r.dir, 'radiusd.conf'), `
prefix = /usr
libdir = /usr/lib/freeradius
confdir = ${r.dir}
logdir = ${r.dir}
run_dir = ${r.dir}/run
pidfile = ${r.dir}/run/radiusd.pid
name = radiusd
max_request_time = 5
cleanup_delay = 1
max_requests = 1024
hostname_lookups = no
proxy_requests = no
log {
  destination = files
  file = ${r.dir}/radius.log
}
security {
  reject_delay = 0
  status_server = no
}
client local {
  ipaddr = 127.0.0.1
  secret = "${secret}"
  require_message_authenticator = yes
}
thread pool {
  start_servers = 1
  max_servers = 2
  min_spare_servers = 1
  max_spare_servers = 2
}
modules {
  always handled {
    rcode = handled
  }
  pap {
    normalise = no
  }
  files {
    filename = ${r.dir}/users
  }
}
${server('signing', r.port, true)}
${server('unsigned', r.unsignedPort, false)}
`);
    await r.start();
    return r;
  }

  async start() {
    this.child = spawn('/usr/sbin/freeradius', ['-f', '-d', this.dir, '-n', 'radiusd', '-D', '/usr/share/freeradius', '-l', join(this.dir, 'radius.log')],
      { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on('data', (d) => { said += d; });
    const log = () => { try { return readFileSync(join(this.dir, 'radius.log'), 'utf8'); } catch { return ''; } };
    const before = (log().match(/Ready to process/g) ?? []).length;
    const up = await until(() => (log().match(/Ready to process/g) ?? []).length > before || this.child.exitCode !== null, 20_000);
    if (!up || this.child.exitCode !== null) throw new Error(`freeradius does not start: ${said}\n${log().slice(-2000)}`);
  }

  async stop() {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => { this.child.once('exit', resolve); });
    this.child.kill('SIGTERM');
    await gone;
  }

  async down() {
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

// A man in the middle of UDP: what `change` gives for a packet goes on; nothing where it gives null.
export async function between(port, change) {
  const front = createSocket('udp4'), backs = new Map();
  const m = { requests: [], answers: [], port: 0, close() { front.close(); for (const s of backs.values()) s.close(); } };
  front.on('message', (packet, from) => {
    m.requests.push({ packet, port: from.port });
    let back = backs.get(from.port);
    if (!back) {
      back = createSocket('udp4');
      backs.set(from.port, back);
      back.on('message', (answer) => {
        m.answers.push(answer);
        for (const p of [change(answer, packet)].flat()) if (p) front.send(p, from.port, '127.0.0.1');
      });
    }
    back.send(packet, port, '127.0.0.1');
  });
  await new Promise((resolve) => { front.bind(0, '127.0.0.1', resolve); });
  m.port = front.address().port;
  return m;
}
