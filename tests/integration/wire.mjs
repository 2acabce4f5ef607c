// Bytes over TLS, as they are: for what no HTTP library would send.
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';

// Sends the text and gives everything that came back until the other side closed or nothing came for a while.
export function raw(port, ca, text, { from, quietMs = 1500 } = {}) {
  return new Promise((resolve, reject) => {
    const parts = [];
    let closed = false;
    const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: readFileSync(ca), ALPNProtocols: ['http/1.1'],
      ...(from && { localAddress: from }) }, () => socket.write(text));
    const done = () => {
      socket.destroy();
      const answer = Buffer.concat(parts).toString('latin1');
      resolve({ answer, closed, statuses: [...answer.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map((m) => Number(m[1])) });
    };
    socket.setTimeout(quietMs, done);
    socket.on('data', (d) => parts.push(d));
    socket.on('end', () => { closed = true; });
    socket.on('close', done);
    socket.on('error', (e) => (parts.length || e.code === 'ECONNRESET' ? done() : reject(e)));
  });
}

export const until = async (what, ms = 10_000) => {
  const end = Date.now() + ms;
  for (;;) {
    const value = await what();
    if (value) return value;
    if (Date.now() > end) return null;
    await new Promise((resolve) => { setTimeout(resolve, 25); });
  }
};
