// Sign-in by client certificate as people with a token do it: a state-like authority, the real edge, OCSP and revocation
// lists from a real responder (openssl), and everything that must not let anybody in.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { Nixa } from '../e2e/nixa.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { Browser } from './browser.mjs';
import { openPki } from './pki.mjs';

const pki = openPki('nixa-pki-');
const { dir, at, openssl, key, authority, issue: person } = pki;

// The responder: a web server in front of `openssl ocsp`, and the place of the revocation list.
const index = new Map(); // serial → revoked
let answers = true, asked = 0, listed = 0;
const crl = () => pki.crl('state', index);
function ocsp(request) {
  pki.book(index);
  writeFileSync(at('request'), request);
  openssl('ocsp', '-index', 'index', '-CA', 'state.pem', '-rsigner', 'state.pem', '-rkey', 'state.key', '-reqin', 'request', '-respout', 'response', '-nmin', '5');
  return readFileSync(at('response'));
}

authority('state');
authority('stranger');
authority('web');
key('responder');
openssl('req', '-x509', '-new', '-config', '/dev/null', '-key', 'responder.key', '-CA', 'web.pem', '-CAkey', 'web.key', '-days', '1', '-subj', '/CN=responder',
  '-addext', 'subjectAltName=DNS:localhost', '-addext', 'extendedKeyUsage=serverAuth', '-addext', 'basicConstraints=critical,CA:FALSE', '-out', 'responder.pem');
const responder = createServer({ key: readFileSync(at('responder.key')), cert: readFileSync(at('responder.pem')) }, (rq, rs) => {
  const parts = [];
  rq.on('data', (d) => parts.push(d));
  rq.on('end', () => {
    if (!answers) return rs.writeHead(503).end();
    if (rq.method === 'POST') asked += 1;
    else listed += 1;
    return rs.writeHead(200, { 'content-type': rq.method === 'POST' ? 'application/ocsp-response' : 'application/pkix-crl' })
      .end(rq.method === 'POST' ? ocsp(Buffer.concat(parts)) : crl());
  });
});
await new Promise((resolve) => responder.listen(0, '127.0.0.1', resolve));
const url = `https://localhost:${responder.address().port}`;
const byOcsp = `authorityInfoAccess=OCSP;URI:${url}/ocsp\n`, byList = `crlDistributionPoints=URI:${url}/state.crl\n`;
const lanSubject = '/C=VN/CN=Nguyễn Thị Lan/UID=CCCD:001190012345';
const cards = {
  lan: person('lan', { subject: lanSubject, urls: byOcsp }),
  listed: person('listed', { subject: lanSubject, urls: byList }),
  token: person('token', { subject: '/C=VN/CN=Trần Văn Minh', urls: byOcsp }),
  revoked: person('revoked', { subject: lanSubject, urls: byOcsp }),
  silent: person('silent', { subject: lanSubject }),
  unreachable: person('unreachable', { subject: lanSubject, urls: byOcsp }),
  foreign: person('foreign', { by: 'stranger', subject: lanSubject, urls: byOcsp }),
  server: person('server', { subject: lanSubject, use: 'serverAuth', urls: byOcsp }),
};
for (const [name, card] of Object.entries(cards)) index.set(card.serial, name === 'revoked');

const nixa = await Nixa.up({ arguments: ['--person-ca', at('state.pem'), '--ca', at('web.pem')] });
const mtls = `https://localhost:${nixa.port + 1}`;
const with_ = (card) => {
  const b = new Browser(nixa, 'en');
  b.certificate = card ?? {};
  return b;
};
async function attempt(card) {
  const b = with_(card);
  await b.go(`${nixa.issuer}/login/certificate`);
  const shown = b.page.text;
  if (/action="\/certificate"/.test(shown)) await b.submit('/certificate', {});
  return { b, shown };
}
const inside = (b) => b.page.status === 200 && b.page.url === `${nixa.issuer}/me`;

await scenario('the number that the authority wrote says who she is', async () => {
  const { b, shown } = await attempt(cards.lan);
  ok(/Nguyễn Thị Lan/.test(shown), 'she sees her certificate before she uses it', shown.slice(0, 800));
  ok(inside(b), 'and is on her own page', `${b.page.status} ${b.page.url} ${b.page.text.slice(0, 500)}`);
  ok(asked > 0, 'the responder was asked');
  const before = asked;
  ok(inside((await attempt(cards.lan)).b), 'she comes again');
  equal(asked, before, 'and what was learned is kept for a while');
});

await scenario('a revocation list says it too', async () => {
  ok(inside((await attempt(cards.listed)).b), 'she is in');
  ok(listed > 0, 'the list was fetched');
});

await scenario('a portal signs her in by it, and the level says so', async () => {
  const b = with_(cards.lan);
  await b.go(`${nixa.portal('dichvucong')}/`);
  ok(/\/login\/certificate\?t=/.test(b.page.text), 'the sign-in page offers it');
  await b.go(new URL(b.page.text.match(/href="(\/login\/certificate\?t=[^"]+)"/)[1], b.page.url).href);
  await b.submit('/certificate', {});
  if (b.at('/consent')) await b.submit('/consent', { decision: 'allow' });
  ok(b.page.url.startsWith(nixa.portal('dichvucong')) && b.page.status === 200, 'she is at the portal', `${b.page.status} ${b.page.url}`);
  ok(/\bsc\b/.test(b.page.text), 'amr names the card', b.page.text.slice(0, 900));
});

await scenario('test_rule_29: what must not let anybody in', async () => {
  for (const [name, word] of [['revoked', /revoked/i], ['silent', /cannot be checked/i], ['foreign', /cannot be used/i], ['server', /cannot be used/i]]) {
    const { b } = await attempt(cards[name]);
    ok(!inside(b) && word.test(b.page.text), name, `${b.page.status} ${b.page.url} ${b.page.text.slice(0, 900)}`);
  }
  const { b } = await attempt(null);
  ok(/has sent no certificate/.test(b.page.text), 'no certificate at all');
  answers = false;
  const { b: c } = await attempt(cards.unreachable);
  ok(!inside(c) && /cannot be checked/i.test(c.page.text), 'a responder that is away is no yes', c.page.text.slice(0, 600));
  answers = true;
});

await scenario('test_rule_28: the header of the edge is nobody else\'s', async () => {
  const der = Buffer.from(cards.lan.cert.toString().replace(/-----[^-]+-----|\s/g, ''), 'base64').toString('base64');
  for (const place of [nixa.issuer, mtls]) {
    const b = with_(null);
    const page = await b.once(`${place}/certificate`, { headers: { 'client-cert': `:${der}:`, client_cert: `:${der}:` } });
    ok(!/Nguyễn Thị Lan/.test(page.text), place, page.text.slice(0, 400));
  }
  const wrong = await with_(cards.lan).once(`${nixa.issuer}/certificate`);
  equal(wrong.status, 421, 'the other port does not serve it');
  equal((await with_(cards.lan).once(`${mtls}/login`)).status, 421, 'nor that port anything else');
});

await scenario('a token without a number is bound by its holder first', async () => {
  const stranger = (await attempt(cards.token)).b;
  ok(/belongs to nobody/.test(stranger.page.text), 'nobody\'s yet', stranger.page.text.slice(0, 600));
  const b = with_(cards.token);
  await b.go(`${nixa.issuer}/login`);
  await b.submit('/login/password', { username: 'minh', password: 'nixa-demo-2026' });
  await b.go(`${nixa.issuer}/me/certificate`);
  await b.go(b.page.text.match(/href="(https:[^"]+\/certificate\?bind=1)"/)[1]);
  await b.submit('/certificate/bind', {});
  ok(b.page.url.endsWith('/me/certificate?done=1') && /Trần Văn Minh/.test(b.page.text), 'it is bound', `${b.page.status} ${b.page.url}\n${b.page.text.slice(0, 800)}`);
  const elsewhere = (await attempt(cards.token)).b;
  ok(inside(elsewhere), 'and signs him in');
  const lan = with_(cards.token);
  await lan.go(`${nixa.issuer}/login`);
  await lan.submit('/login/password', { username: 'lan', password: 'nixa-demo-2026' });
  await lan.go(`${mtls}/certificate?bind=1`);
  await lan.submit('/certificate/bind', {});
  ok(/bound to an account already/.test(lan.page.text), 'nobody else can have it', lan.page.text.slice(0, 600));
  await b.go(`${nixa.issuer}/me/certificate`);
  await b.submit('/me/certificate', {});
  ok(/belongs to nobody/.test((await attempt(cards.token)).b.page.text), 'removed, it is nobody\'s again');
  await elsewhere.go(`${nixa.issuer}/me`);
  ok(elsewhere.at('/login'), 'and what it opened is over', elsewhere.page.url);
  await b.go(`${nixa.issuer}/me`);
  ok(inside(b), 'what the password opened is not');
});

await nixa.down();
responder.close();
rmSync(dir, { recursive: true, force: true });
finish();
