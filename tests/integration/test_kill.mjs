// kill -9 in a loop under traffic: of nixad, of its Redis, of the supervisor. What was acknowledged before a kill holds
// after it: people that were made exist, who signed in is signed in, what was revoked stays revoked, a code works once.
// NX_KILL_ROUNDS says how often; `./nixa test deep` takes more than the usual run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash, randomBytes } from 'node:crypto';
import { Nixa } from '../e2e/nixa.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { Browser } from './browser.mjs';

const rounds = Number(process.env.NX_KILL_ROUNDS ?? 6);
const password = 'correct horse battery';
const nixa = await Nixa.up();
const anonymous = new Browser(nixa);
const acknowledged = { people: [], signedIn: [], revoked: [], usedCodes: [] };
const asked = new Set(); // people whose revocation was asked for: without an answer it may stand or not
let stop = false;
let refused = 0;
const reasons = new Map();

const pidOf = (name) => JSON.parse(readFileSync(join(nixa.data, 'run', 'state.json'), 'utf8')).children.find((c) => c.name === name).pid;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const operator = (await nixa.ctl('token', '--scope', 'scim revoke clients', '--ttl', '3600')).token;

function call(method, path, body, type = 'application/json') {
  return anonymous.once(`${nixa.issuer}${path}`, { method, body: body && JSON.stringify(body),
    headers: { authorization: `Bearer ${operator}`, accept: 'application/json', ...(body && { 'content-type': type }) } });
}

// Whatever is not acknowledged may have happened or not; only answers of success are held against the server.
async function attempt(act) {
  try {
    return await act();
  } catch (e) {
    refused += 1;
    const why = e.message.split('\n')[0];
    reasons.set(why, (reasons.get(why) ?? 0) + 1);
    return null;
  }
}

let number = 0;
async function makePerson() {
  const userName = `kill${number += 1}`;
  const made = await call('POST', '/scim/v2/Users', { userName, displayName: userName, password }, 'application/scim+json');
  if (made.status !== 201) throw new Error(`person: ${made.status} ${made.text.slice(0, 200)}`);
  const person = { userName, id: JSON.parse(made.text).id };
  acknowledged.people.push(person);
  return person;
}

async function signIn(person) {
  const browser = new Browser(nixa);
  await browser.go(`${nixa.issuer}/me`);
  await browser.submit('/login/password', { username: person.userName, password });
  if (!browser.at('/me') || browser.page.status !== 200) throw new Error(`${browser.page.status} ${browser.page.url}`);
  acknowledged.signedIn.push({ person, browser });
  return browser;
}

async function revokeAll(person) {
  asked.add(person.id);
  const list = JSON.parse((await call('GET', `/admin/v1/people/${person.id}/qr-identities`)).text);
  for (const { id } of list.items) {
    const done = await call('POST', `/admin/v1/qr-identities/${id}/revoke`, { reason: 'kill test' });
    if (done.status !== 204) throw new Error(`status ${done.status}`);
    acknowledged.revoked.push({ person, qid: id });
  }
}

const client = JSON.parse((await call('POST', '/oidc/register', { redirect_uris: ['https://app.localhost/callback'], client_name: 'Kill',
  token_endpoint_auth_method: 'client_secret_post' })).text);

async function codeOnce(browser) {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({ response_type: 'code', client_id: client.client_id, scope: 'openid', state: 's',
    redirect_uri: 'https://app.localhost/callback', code_challenge_method: 'S256',
    code_challenge: createHash('sha256').update(verifier).digest('base64url') });
  let page = await browser.once(`${nixa.issuer}/oidc/authorize?${query}`);
  if (page.status === 303 && page.headers.location.includes('/consent')) {
    browser.page = await browser.once(new URL(page.headers.location, nixa.issuer).href);
    const { action, fields } = browser.form('/consent');
    page = await browser.once(action, { method: 'POST', body: new URLSearchParams({ ...fields, decision: 'allow' }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: nixa.issuer } });
  }
  const code = new URL(page.headers.location).searchParams.get('code');
  if (!code) throw new Error(`no code: ${page.status} ${page.headers.location}`);
  const body = new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: 'https://app.localhost/callback',
    code_verifier: verifier, client_id: client.client_id, client_secret: client.client_secret }).toString();
  const redeem = () => anonymous.once(`${nixa.issuer}/oidc/token`, { method: 'POST', body,
    headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  if ((await redeem()).status === 200) acknowledged.usedCodes.push(redeem);
}

// A person's short life: made, signed in, a code used; every third one is revoked.
async function traffic(lane) {
  for (let i = 0; !stop; i += 1) {
    const person = await attempt(makePerson);
    const browser = person && await attempt(() => signIn(person));
    if (browser) await attempt(() => codeOnce(browser));
    if (person && (i + lane) % 3 === 0) await attempt(() => revokeAll(person));
    if (!person) await sleep(50);
  }
}

async function ready() {
  const began = Date.now();
  for (;;) {
    const page = await attempt(() => anonymous.once(`${nixa.issuer}/health/ready`));
    if (page?.status === 200) return Date.now() - began;
    if (Date.now() - began > 20_000) throw new Error(`not ready again after 20 s\n${nixa.log()}`);
    await sleep(20);
  }
}

// Takes the counts first: what is acknowledged while it looks is for the next round.
async function holds(when) {
  const dead = new Set(acknowledged.revoked.map((r) => r.person.id));
  const lost = [];
  for (const { id, userName } of acknowledged.people.slice(-40))
    if ((await call('GET', `/scim/v2/Users/${id}`)).status !== 200) lost.push(`person ${userName}`);
  for (const { person, browser } of acknowledged.signedIn.slice(-30)) {
    if (asked.has(person.id) && !dead.has(person.id)) continue;
    const page = await browser.once(`${nixa.issuer}/me`);
    if (dead.has(person.id) === (page.status === 200)) lost.push(`${person.userName} ${dead.has(person.id) ? 'is still in' : 'is out'} (${page.status})`);
  }
  for (const { person, qid } of acknowledged.revoked.slice(-30)) {
    const list = JSON.parse((await call('GET', `/admin/v1/people/${person.id}/qr-identities`)).text);
    if (list.items.find((q) => q.id === qid)?.status !== 'revoked') lost.push(`${qid} lives again`);
  }
  for (const redeem of acknowledged.usedCodes.slice(-10))
    if ((await redeem()).status === 200) lost.push('a code worked twice');
  acknowledged.usedCodes.length = 0;
  ok(lost.length === 0, `${when}: ${acknowledged.people.length} people, ${acknowledged.signedIn.length} sign-ins, ${acknowledged.revoked.length} revocations hold`, lost.join('\n'));
}

const acts = {
  nixad: () => process.kill(pidOf('nixad'), 'SIGKILL'),
  redis: () => process.kill(pidOf('redis'), 'SIGKILL'),
  supervisor: async () => {
    await nixa.stop('SIGKILL');
    await nixa.start();
  },
};

for (let round = 0; round < rounds; round += 1) {
  const name = Object.keys(acts)[round % 3];
  await scenario(`kill -9 of ${name}, round ${round + 1}`, async () => {
    stop = false;
    const lanes = [0, 1, 2].map(traffic);
    await sleep(1500 + Math.random() * 500);
    await acts[name]();
    await ready();
    await sleep(300);
    stop = true;
    await Promise.all(lanes);
    await holds(`after ${name}`);
  });
}

await scenario('the audit trail is whole, and nothing is pending', async () => {
  equal((await nixa.ctl('audit', 'verify')).whole, true, 'audit verify');
  ok(acknowledged.people.length > rounds && acknowledged.revoked.length > 0, 'there was traffic', [...reasons].map(([why, n]) => `${n} × ${why}`).join('\n'));
});

await nixa.down();
finish();
