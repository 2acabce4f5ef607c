/* From an allowed decision to the response: the code, and the front-channel ID token of `code id_token`. */
#include "house/house.h"
#include "oidc/authorize.h"
#include "oidc/mint.h"
#include "oidc/response.h"
#include "sessions/code.h"

static nx_time nearer(nx_time a, nx_time b)
{
    return a < b ? a : b;
}

static const char *default_audience(const struct nx_flow *f)
{
    return f->client->resources.n ? f->client->resources.v[0] : NULL;
}

static NX_FALLIBLE fill_texts(struct nx_grant *g, struct nx_flow *f, const struct nx_oidc_ask *own)
{
    const struct nx_ask *ask = &f->ask;
    g->client_id = f->client->id;
    g->subject = f->gate.session.subject;
    g->qid = f->gate.session.qid;
    g->sector = f->client->sector;
    g->vouched_by = f->gate.session.vouched_by;
    g->scope = nx_words_join(f->arena, &ask->scopes);
    g->audience = ask->resources.count ? nx_words_join(f->arena, &ask->resources) : default_audience(f);
    g->nonce = own->nonce;
    g->redirect_uri = own->redirect_sent ? ask->return_to : NULL;
    g->code_challenge = own->challenge;
    g->purpose = nx_arena_printf(f->arena, "%lld", (long long)f->client->purpose_version);
    NX_NEED(g->scope);
    NX_NEED(g->purpose);
    return nx_claims_pack(&g->claims, f->arena, &ask->claims);
}

static NX_FALLIBLE fill_grant(struct nx_grant *g, struct nx_flow *f, const struct nx_oidc_ask *own)
{
    const struct nx_terms *terms = &f->decision.terms;
    const struct nx_signon *s = &f->gate.session;
    *g = (struct nx_grant){
        .level = terms->level,
        .rung = s->rung,
        .means = s->means,
        .auth_time = s->auth_time,
        .offline = terms->refresh_idle_s > 0 && !terms->bind_session,
        .refreshes = terms->refresh_idle_s > 0,
        .rotates = terms->rotate,
        .refresh_idle_s = terms->refresh_idle_s,
        .refresh_until = f->gate.facts.now + terms->refresh_most_s,
        .token_s = terms->access_s,
        .status = NX_STATUS_REF_NONE,
    };
    if (!g->offline) g->refresh_until = nearer(g->refresh_until, s->ends);
    NX_TRY(fill_texts(g, f, own));
    return nx_gate_epochs(&g->epochs, f->house, f->client->id);
}

static NX_FALLIBLE front_id_token(struct nx_param *field, struct nx_flow *f, const struct nx_grant *g,
                                  const char *code)
{
    struct nx_mint m = {f->house, f->arena, f->client, g, &f->gate.person};
    struct nx_id_token t = {.code = code, .nonce = g->nonce, .life_s = f->decision.terms.id_token_s};
    char *text;
    NX_TRY(nx_mint_id_token(&text, &m, &t));
    *field = (struct nx_param){"id_token", text};
    return NX_OK;
}

nx_result nx_oidc_issue(struct nx_step *out, struct nx_flow *f)
{
    struct nx_oidc_ask own;
    struct nx_grant g;
    NX_TRY(nx_oidc_ask_open(&own, f->arena, &f->ask));
    NX_TRY(fill_grant(&g, f, &own));
    nx_handle_text *code = nx_arena_new(f->arena, nx_handle_text, 1);
    NX_NEED(code);
    enum nx_found found;
    struct nx_note none =
        NX_NOTE_NONE; /* the token endpoint writes the line, when something is really issued */
    NX_TRY(nx_code_issue(code, f->house->store, f->arena, &f->gate.session, &g, &none, &found));
    if (found != NX_FOUND) return nx_response_error(out, f->house, f->arena, &own, NX_ERR_GRANT_REVOKED);
    struct nx_param fields[2] = {{"code", code->s}};
    size_t n = 1;
    if (own.type == NX_RESPONSE_CODE_ID_TOKEN) NX_TRY(front_id_token(&fields[n++], f, &g, code->s));
    return nx_response_step(out, f->house, f->arena, &own, fields, n);
}
