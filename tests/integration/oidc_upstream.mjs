// An OpenID provider for tests: npm oidc-provider, unmodified, in a process of its own, so that it can be killed in the
// middle of a sign-in. Started by test_upstream_oidc.mjs, which tells it who signs in and what goes wrong.
//
//   { who, acr, amr }        the next person at its sign-in page
//   { fault: 'keys' }        its key set shows other keys than it signs with
//   { fault: 'hang' }        its token endpoint never answers
//   { fault: null }
import { generateKeyPairSync } from 'node:crypto';
import { createRequire } from 'node:module';

const { default: Provider } = await import(createRequire(new URL('../e2e/package.json', import.meta.url)).resolve('oidc-provider'));

const plan = JSON.parse(process.argv[2]);
const state = { who: 'an', acr: 'urn:test:password', amr: ['pwd'], fault: null };
const key = (kid) => ({ ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' });
const signing = key(plan.kid ?? 'one'), foreign = key(plan.kid ?? 'one');

const people = {
  an: { name: 'Trần Văn An', email: 'lan@example.vn', email_verified: true, given_name: 'An', birthdate: '1990-02-03' },
  binh: { name: 'Lê Thị Bình', national: '001190000017' },
};

const provider = new Provider(plan.issuer, {
  clients: plan.clients.map((c) => ({ grant_types: ['authorization_code'], response_types: ['code'], id_token_signed_response_alg: 'ES256', ...c })),
  jwks: { keys: [signing] },
  cookies: { keys: ['for tests'] },
  pkce: { required: () => false, methods: ['S256'] },
  acrValues: ['urn:test:password', 'urn:test:card'],
  claims: { openid: ['sub', 'acr', 'amr', 'auth_time', 'sid'], profile: ['name', 'given_name', 'birthdate'], email: ['email', 'email_verified'], national: ['national'] },
  scopes: ['openid', 'profile', 'email', 'national'],
  conformIdTokenClaims: false,
  features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true }, rpInitiatedLogout: { enabled: true,
    logoutSource: (ctx, form) => { ctx.body = `<!doctype html><title>out</title>${form}`; } } },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  ttl: { Session: 3600, Grant: 3600, Interaction: 600, IdToken: 300, AccessToken: 300, AuthorizationCode: 60 },
});

const answers = async (ctx) => {
  const details = await provider.interactionDetails(ctx.req, ctx.res);
  if (details.prompt.name === 'login') {
    const result = { login: { accountId: state.who, acr: state.acr, amr: state.amr, remember: true } };
    return provider.interactionFinished(ctx.req, ctx.res, state.who ? result : { error: 'access_denied' }, { mergeWithLastSubmission: false });
  }
  const grant = new provider.Grant({ accountId: details.session.accountId, clientId: details.params.client_id });
  grant.addOIDCScope(details.params.scope);
  return provider.interactionFinished(ctx.req, ctx.res, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
};

provider.use(async (ctx, next) => {
  if (ctx.path.startsWith('/interaction/')) {
    ctx.respond = false;
    return answers(ctx);
  }
  if (state.fault === 'hang' && ctx.path === '/token') return new Promise(() => {});
  await next();
  if (state.fault === 'keys' && ctx.path === '/jwks') {
    const { d, ...shown } = foreign;
    ctx.body = { keys: [shown] };
  }
  return undefined;
});
provider.on('server_error', (ctx, error) => process.stderr.write(`${error.stack}\n`));

process.on('message', (m) => {
  Object.assign(state, m);
  process.send({ done: true });
});
process.on('disconnect', () => process.exit(0));
provider.listen(plan.port, '127.0.0.1', () => process.send({ ready: true }));
