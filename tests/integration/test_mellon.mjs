// Apache with mod_auth_mellon as a portal, unmodified: sign-on by redirect and by POST, one session with OpenID portals,
// levels asked and refused, encrypted assertions, passive and forced sign-in, one logout, and every message valid by the
// schemas of OASIS.
import { createSign } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { Nixa } from '../e2e/nixa.mjs';
import { equal, finish, ok, scenario } from '../e2e/tap.mjs';
import { Browser } from './browser.mjs';
import { MellonPortal } from './mellon_portal.mjs';
import { ownMetadata, password, register, signers, through } from './saml_peer.mjs';
import { until } from './wire.mjs';
import { schemaCheck, signatureCheck } from './xml_tools.mjs';

const nixa = await Nixa.up({ arguments: ['--egress-http', 'form.localhost,high.localhost'] });
const yte = `${nixa.portal('yte')}/`, dvc = `${nixa.portal('dichvucong')}/`;
const form = await MellonPortal.up(nixa, 'form', { post: true, encrypts: true });
const high = await MellonPortal.up(nixa, 'high', { lines: ['MellonAuthnContextClassRef urn:nixa:acr:m4'] });
const lan = new Browser(nixa);
const where = (browser, portal) => `${browser.page.status} ${browser.page.url}\n${browser.trail.join('\n')}\n${browser.page.text.slice(0, 900)}\n${portal?.log() ?? ''}`;
const messages = {};

// The Response on a page that posts it.
const response = (browser) => {
  const field = /name="SAMLResponse" value="([^"]*)"/.exec(browser.page.text)?.[1];
  return field ? Buffer.from(field, 'base64').toString() : '';
};
const posting = (browser) => response(browser) !== '';

await scenario('the health portal of the demo sends her to sign in, by a signed redirect', async () => {
  await lan.go(yte);
  ok(lan.at('/login'), 'she is asked to sign in', where(lan));
  const sent = new URL(lan.trail.find((u) => u.startsWith(`${nixa.issuer}/saml/sso?`)) ?? 'https://none/');
  ok(sent.searchParams.has('Signature') && sent.searchParams.get('SigAlg').endsWith('rsa-sha256'), 'the request is signed');
});

let first;
await scenario('she signs in, consents, and the portal knows what it may', async () => {
  await lan.submit('/login/password', { username: 'lan', password });
  ok(lan.at('/consent') && /Nguyễn Thị Lan/.test(lan.page.text), 'consent is asked', where(lan));
  await lan.submit('/consent', { decision: 'allow' });
  ok(posting(lan), 'a Response is posted by a form that has a button', where(lan));
  ok(/<button[^>]*type="submit"/.test(lan.page.text), 'so that it works without a script');
  messages.encrypted = response(lan);
  ok(messages.encrypted.includes('EncryptedAssertion') && !messages.encrypted.includes('Nguy'), 'encrypted, as its key allows');
  await through(lan);
  first = lan.claims();
  equal(first.name, 'Nguyễn Thị Lan', 'her name, in its own letters');
  equal(first.acr, 'm1', 'a password is m1');
  equal(first.birthdate, '1990-03-12', 'what its metadata requests');
  ok(!first.email && /^[A-Za-z0-9_-]{43}$/.test(first.sub) && /^[A-Za-z0-9_-]{43}$/.test(first.qr_id), 'and nothing else, under a pseudonym', JSON.stringify(first));
});

await scenario('an OpenID portal is in the same session', async () => {
  await lan.go(dvc);
  ok(!lan.at('/login'), 'no password is asked', where(lan));
  await through(lan);
  equal(lan.claims().name, 'Nguyễn Thị Lan', 'she is in');
  ok(lan.claims().sub !== first.sub && lan.claims().qr_id !== first.qr_id, 'and the portals cannot tell that she is the same');
  const [session] = (await nixa.ctl('sessions', 'lan')).items;
  equal(session.client_ids.length, 2, 'one session, two portals', JSON.stringify(session));
});

await scenario('a portal that posts its request', async () => {
  form.client = await register(nixa, form.metadata);
  await nixa.ctl('saml', 'set', form.client, '--encrypt', 'never', '--legal-basis', 'Decree 137/2015');
  await lan.go(form.base);
  ok(/name="SAMLRequest"/.test(lan.page.text) && lan.page.text.includes('/saml/sso/post'), 'mellon gives her a form', where(lan, form));
  await through(lan, 'lan', posting);
  messages.plain = response(lan);
  ok(posting(lan) && !messages.plain.includes('EncryptedAssertion'), 'silently answered, in the clear where that is settled', where(lan, form));
  await through(lan);
  ok(form.inside(lan), 'she is in', where(lan, form));
  const told = lan.claims();
  equal(told.displayName, 'Nguyễn Thị Lan', 'by the name of X.520');
  equal(told.uid, 'lan', 'and of RFC 4519');
  equal(told.level, 'm1', 'at her level');
  equal(told.amr, 'pwd', 'by password');
  ok(told.status?.startsWith(`${nixa.issuer}/status/`) && told.status.includes('#'), 'with a place in a status list', told.status);
  const list = await new Browser(nixa).once(told.status.split('#')[0]);
  equal(list.status, 200, 'which can be read');
});

await scenario('what must be encrypted is', async () => {
  await nixa.ctl('saml', 'set', form.client, '--encrypt', 'always');
  const other = new Browser(nixa);
  await other.go(form.base);
  await through(other, 'minh', posting);
  ok(response(other).includes('EncryptedAssertion'), 'the assertion', response(other).slice(0, 400));
  await through(other);
  ok(form.inside(other), 'and mellon reads it', where(other, form));
});

await scenario('a level that nobody can reach is refused', async () => {
  await register(nixa, high.metadata);
  await lan.go(high.base);
  ok(posting(lan), 'at once, without a page', where(lan, high));
  messages.refused = response(lan);
  ok(messages.refused.includes('status:NoAuthnContext') && !messages.refused.includes('<saml:Assertion'), 'for its reason', messages.refused);
  await through(lan);
  ok(!high.inside(lan), 'she is not in', where(lan, high));
});

await scenario('passive sign-in shows no page', async () => {
  const stranger = new Browser(nixa);
  await stranger.go(`${yte}mellon/login?ReturnTo=${encodeURIComponent(yte)}&IsPassive=true`);
  ok(posting(stranger), 'an answer comes back at once', where(stranger));
  messages.passive = response(stranger);
  ok(messages.passive.includes('status:NoPassive'), 'that says why', messages.passive);
  await lan.go(`${yte}mellon/login?ReturnTo=${encodeURIComponent(yte)}&IsPassive=true`);
  ok(response(lan).includes('status:Success'), 'who is signed in is let in');
  await through(lan);
  equal(lan.claims().sub, first.sub, 'as who she was');
});

// mellon has no switch for it: a request as it would sign it, by its own key.
await scenario('forced sign-in asks again', async () => {
  const xml = `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_force${Date.now()}" Version="2.0" IssueInstant="${new Date().toISOString()}" Destination="${nixa.issuer}/saml/sso" ForceAuthn="true"><saml:Issuer>${form.entityId}</saml:Issuer></samlp:AuthnRequest>`;
  const query = `SAMLRequest=${encodeURIComponent(deflateRawSync(xml).toString('base64'))}&SigAlg=${encodeURIComponent('http://www.w3.org/2001/04/xmldsig-more#rsa-sha256')}`;
  const signature = createSign('RSA-SHA256').update(query).sign(form.pair.keyText, 'base64');
  await lan.go(`${nixa.issuer}/saml/sso?${query}&Signature=${encodeURIComponent(signature)}`);
  ok(lan.at('/login'), 'for her password', where(lan));
  await lan.submit('/login/password', { username: 'lan', password });
  ok(response(lan).includes('status:Success'), 'and then answers', where(lan));
  const again = await lan.once(`${nixa.issuer}/saml/sso?${query}&Signature=${encodeURIComponent(signature)}`);
  equal(again.status, 400, 'the same request again is refused');
});

await scenario('nobody is sent to a portal that did not ask', async () => {
  const page = await lan.once(`${nixa.issuer}/saml/start?portal=${encodeURIComponent(form.entityId)}`);
  equal(page.status, 403, 'unless it is allowed');
  await nixa.ctl('saml', 'set', form.client, '--idp-initiated');
  await lan.go(`${nixa.issuer}/saml/start?portal=${form.client}&target=${encodeURIComponent(form.base)}`);
  messages.unasked = response(lan);
  ok(messages.unasked.includes('status:Success') && !messages.unasked.includes('InResponseTo'), 'then it may', where(lan));
});

const forgot = async (browser, portal) => {
  const page = await browser.once(portal);
  return page.status >= 300 && page.status < 400;
};

// Somebody who signed on there once: mellon finds a session by its name alone, and ends one.
const hoa = new Browser(nixa);

await scenario('who ends her session ends it at both kinds of portals', async () => {
  await hoa.go(yte);
  await through(hoa, 'hoa');
  await hoa.go(dvc);
  await through(hoa, 'hoa');
  ok(!await forgot(hoa, yte) && !await forgot(hoa, dvc), 'she is in at both');
  for (const session of (await nixa.ctl('sessions', 'hoa')).items) await nixa.ctl('revoke', 'session', session.id, '--reason', 'integration test');
  ok(await until(() => forgot(hoa, yte)), 'the SAML portal has heard of it, by SOAP');
  ok(await until(() => forgot(hoa, dvc)), 'the OpenID portal too');
  await hoa.go(yte);
  ok(hoa.at('/login'), 'and she has to sign in again', where(hoa));
});

await scenario('she signs out of the health portal, and so everywhere', async () => {
  await through(hoa, 'hoa');
  await hoa.go(dvc);
  await through(hoa, 'hoa');
  await hoa.go(yte);
  const link = /href="([^"]+)"[^>]*>(?:Sign out|Đăng xuất)/.exec(hoa.page.text)?.[1].replaceAll('&amp;', '&');
  ok(link, 'there is a way out', hoa.page.text.slice(0, 400));
  await hoa.go(new URL(link, yte).href);
  await through(hoa, 'hoa');
  ok(hoa.page.url.startsWith(`${yte}signed-out`), "she sees the portal's goodbye", where(hoa));
  ok(await until(() => forgot(hoa, dvc)), 'the other portal has forgotten her');
  await hoa.go(yte);
  ok(hoa.at('/login'), 'and she is asked who she is next time', where(hoa));
});

await scenario('it outlives a restart of everything', async () => {
  await through(lan);
  await nixa.stop('SIGINT');
  await nixa.start();
  await lan.go(yte);
  ok(!lan.at('/login'), 'no password is asked', where(lan));
  await through(lan);
  equal(lan.claims().sub, first.sub, 'she is who she was');
});

await scenario('every message is valid by the schemas', async () => {
  messages.metadata = await ownMetadata(nixa);
  messages.fault = (await lan.once(`${nixa.issuer}/saml/artifact`, { method: 'POST', headers: { 'content-type': 'text/xml' }, body: '<a/>' })).text;
  for (const [name, xml] of Object.entries(messages)) {
    const checked = schemaCheck(xml);
    ok(checked.good, name, checked.said.slice(0, 1500));
  }
  ok(!schemaCheck(messages.plain.replace('<saml:Subject>', '<saml:Subjekt/><saml:Subject>')).good, 'and what is not, is not');
});

await scenario('another implementation verifies both signatures', async () => {
  const [rsa] = signers(messages.metadata);
  for (const element of ['/*', "/*/*[local-name()='Assertion']"]) {
    const checked = signatureCheck(messages.plain, element, rsa);
    ok(checked.good, element, checked.said.slice(0, 600));
  }
  ok(signatureCheck(messages.refused, '/*', rsa).good, 'and that of a refusal');
  ok(!signatureCheck(messages.plain.replace('>lan<', '>minh<'), '/*', rsa).good, 'which a change breaks');
});

await form.down();
await high.down();
await nixa.down();
finish();
