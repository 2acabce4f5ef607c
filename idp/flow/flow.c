#include "flow/flow.h"

#include "base/pack.h"
#include "flow/protocol.h"
#include "house/house.h"
#include "flow/subject.h"

enum steps_tag { AGREED = 1, SELECTED = 2 };

static NX_FALLIBLE read_steps(struct nx_flow *f)
{
    if (f->txn.steps.n == 0) return NX_OK;
    nx_pack p;
    NX_TRY(nx_pack_open(&p, f->txn.steps));
    f->agreed = nx_pack_get_text(&p, AGREED, f->arena);
    f->selected = nx_pack_get_number(&p, SELECTED, 0) != 0;
    return NX_OK;
}

NX_FALLIBLE nx_flow_save(struct nx_flow *f)
{
    nx_buf b;
    nx_buf_init(&b, f->arena, 256);
    nx_pack_begin(&b, 1);
    nx_pack_text(&b, AGREED, f->agreed);
    nx_pack_number(&b, SELECTED, f->selected);
    NX_TRY(nx_buf_done(&b));
    enum nx_found found;
    NX_TRY(nx_txn_save(f->house->store, f->arena, &f->txn, nx_buf_span(&b), &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_CONFLICT);
    return NX_OK;
}

NX_FALLIBLE nx_flow_end(struct nx_flow *f)
{
    if (!f->kept) return NX_OK;
    enum nx_found found;
    NX_TRY(nx_txn_end(f->house->store, f->arena, &f->txn, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_NOT_FOUND);
    return NX_OK;
}

static NX_FALLIBLE find_protocol(struct nx_flow *f)
{
    const struct nx_protocol *const *row = f->house->protocols;
    for (; row && *row; row++)
        if (strcmp((*row)->name, f->ask.protocol) == 0) f->protocol = *row;
    NX_REQUIRE(f->protocol, NX_ERR_NOT_FOUND);
    return NX_OK;
}

NX_FALLIBLE nx_flow_open(struct nx_flow *f, struct nx_house *house, nx_arena *a, const struct nx_visitor *who,
                         const char *transaction)
{
    *f = (struct nx_flow){.house = house, .arena = a, .who = who, .handle = transaction, .kept = true};
    NX_REQUIRE(transaction, NX_ERR_NOT_FOUND);
    enum nx_found found;
    NX_TRY(nx_txn_find(house->store, a, who->browser, nx_span_str(transaction), &f->txn, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_NOT_FOUND);
    NX_TRY(nx_ask_unpack(&f->ask, a, f->txn.request));
    NX_TRY(find_protocol(f));
    NX_TRY(read_steps(f));
    nx_result r = nx_client_get(house->registry, nx_span_str(f->ask.client_id), &f->client);
    if (!nx_ok(r) && r.e != NX_ERR_NOT_FOUND)
        return r; /* a client deleted meanwhile is a fact of the gate's */
    return nx_flow_decide(f);
}

static struct nx_strings strings_of(const struct nx_words *w)
{
    return (struct nx_strings){.v = w->word, .n = w->count};
}

static NX_FALLIBLE claim_names(struct nx_strings *out, nx_arena *a, uint32_t mask)
{
    const char **v = nx_arena_new(a, const char *, NX_CLAIMS);
    NX_NEED(v);
    out->n = 0;
    for (int i = 0; i < NX_CLAIMS; i++)
        if (mask & (1u << i)) v[out->n++] = nx_claim_name((enum nx_claim)i);
    out->v = v;
    return NX_OK;
}

NX_FALLIBLE nx_flow_wanted(struct nx_consent *out, struct nx_flow *f)
{
    char *shape = nx_arena_alloc(f->arena, NX_CLIENT_SHAPE_LEN + 1);
    NX_NEED(shape);
    NX_TRY(nx_client_shape(f->arena, f->client, shape));
    *out = (struct nx_consent){
        .client = f->client->id,
        .sector = f->client->sector,
        .shape = shape,
        .scopes = strings_of(&f->ask.scopes),
        .resources = strings_of(&f->ask.resources),
        .purpose_version = f->client->purpose_version,
    };
    memcpy(out->person.s, f->gate.session.subject, strnlen(f->gate.session.subject, NX_ID_LEN) + 1);
    return claim_names(&out->claims, f->arena, f->ask.claims.id_token | f->ask.claims.userinfo);
}

static NX_FALLIBLE read_consent(struct nx_flow *f)
{
    if (!f->gate.has_person || !f->client) return NX_OK;
    struct nx_consent wanted;
    NX_TRY(nx_flow_wanted(&wanted, f));
    nx_result r =
        nx_consent_get(f->house->registry, f->arena, f->gate.session.subject, f->client->id, &f->consent);
    if (r.e == NX_ERR_NOT_FOUND) return NX_OK;
    NX_TRY(r);
    if (f->consent.given + nx_policy()->life.consent <= f->gate.facts.now) return NX_OK;
    f->has_consent = true;
    f->gate.facts.consent.cover = nx_consent_covers(&f->consent, &wanted) ? NX_COVER_ALL : NX_COVER_LESS;
    return NX_OK;
}

static NX_FALLIBLE compare_hint(struct nx_flow *f)
{
    f->gate.facts.ask.hint = f->ask.hint_sub != NULL;
    if (!f->ask.hint_sub || !f->gate.has_session || !f->client) return NX_OK;
    nx_pairwise sub;
    NX_TRY(nx_subject_of(&sub, f->house, f->client, f->gate.session.subject));
    f->gate.facts.ask.hint_matches = strcmp(sub.s, f->ask.hint_sub) == 0;
    return NX_OK;
}

void nx_flow_weigh(struct nx_flow *f)
{
    f->gate.facts.consent.given =
        f->given || (f->agreed && f->gate.has_session && strcmp(f->agreed, f->gate.session.subject) == 0);
    f->decision = nx_gate_decide(&f->gate);
}

static NX_FALLIBLE find_session(struct nx_flow *f)
{
    bool first = true;
    NX_REQUIRE(!f->once || !f->who->made, NX_ERR_INTERNAL); /* who has just signed in goes on with what was asked before */
    if (f->who->made) return nx_gate_signon(&f->gate, f->who->made, f->ask.client_id);
    if (!f->once) return nx_gate_browser(&f->gate, f->who->session, f->ask.client_id);
    NX_TRY(nx_gate_browser_once(&f->gate, f->who->session, f->ask.client_id, f->once, &first));
    NX_REQUIRE(first, f->replayed);
    f->once = NULL;
    return NX_OK;
}

NX_FALLIBLE nx_flow_decide(struct nx_flow *f)
{
    nx_gate_open(&f->gate, f->house, f->arena, NX_FACE_AUTHORIZE);
    nx_gate_client(&f->gate, f->client, f->protocol->grant);
    f->gate.facts.ask = (struct nx_ask_facts){
        .prompt = f->ask.prompt,
        .max_age = f->ask.max_age,
        .acr = f->ask.acr,
        .acr_essential = f->ask.acr_essential,
        .offline = nx_words_has(&f->ask.scopes, "offline_access"),
        .pkce = f->ask.pkce,
        .selected = f->selected,
    };
    NX_TRY(find_session(f));
    f->gate.facts.session.fresh =
        f->gate.has_session && !f->beginning && nx_ask_is_fresh(&f->ask, &f->gate.session);
    f->gate.facts.session.before = f->kept && f->gate.has_session && f->gate.session.auth_time < f->txn.created - NX_SKEW_S;
    NX_TRY(compare_hint(f));
    NX_TRY(read_consent(f));
    nx_flow_weigh(f);
    return NX_OK;
}

static NX_FALLIBLE page(struct nx_step *out, struct nx_flow *f, enum nx_step_kind kind)
{
    if (!f->kept) {
        nx_span request;
        nx_handle_text *handle = nx_arena_new(f->arena, nx_handle_text, 1);
        NX_NEED(handle);
        NX_TRY(nx_ask_pack(&request, f->arena, &f->ask));
        NX_TRY(nx_txn_begin(handle, f->house->store, f->arena, f->who->browser, request));
        f->handle = handle->s;
    }
    *out = (struct nx_step){
        .kind = kind, .reason = f->decision.reason, .level = f->ask.acr, .transaction = f->handle};
    return NX_OK;
}

NX_FALLIBLE nx_flow_step(struct nx_step *out, struct nx_flow *f)
{
    switch (f->decision.verdict) {
    case NX_VERDICT_SIGN_IN:
        return page(out, f, NX_STEP_SIGN_IN);
    case NX_VERDICT_STEP_UP:
        return page(out, f, NX_STEP_STEP_UP);
    case NX_VERDICT_CONSENT:
        return page(out, f, NX_STEP_CONSENT);
    case NX_VERDICT_ALLOW:
        NX_TRY(nx_flow_end(f));
        return f->protocol->issue(out, f);
    case NX_VERDICT_DENY:
        break;
    }
    NX_TRY(nx_flow_end(f));
    return f->protocol->refuse(out, f, nx_reason_error(f->decision.reason));
}

/* Which session the browser has when the request arrives, so that a later sign-in is known to be for it. */
static void remember_prior(struct nx_flow *f)
{
    if (!f->gate.has_session) return;
    f->ask.prior_session = f->gate.session.id.s;
    f->ask.prior_link = f->gate.session.link;
}

NX_FALLIBLE nx_flow_begin(struct nx_step *out, struct nx_flow *f)
{
    f->beginning = true;
    f->ask.protocol = f->protocol->name;
    NX_TRY(nx_flow_decide(f));
    remember_prior(f);
    return nx_flow_step(out, f);
}
