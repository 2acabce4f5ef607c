/* grant_type=refresh_token: RFC 6749 section 6, rule 15. Confidential clients: one act of the store. Public
 * clients: the chain moves on by a link, and the answer is kept for a retry in the same act. */
#include "config/settings.h"
#include "crypto/handle.h"
#include "gate/gate.h"
#include "house/house.h"
#include "oidc/grants.h"
#include "flow/scope.h"
#include "sessions/family.h"
#include "sessions/store.h"

static NX_FALLIBLE found_family(enum nx_found found)
{
    NX_REQUIRE(found != NX_SPENT, NX_ERR_REFRESH_REUSED);
    NX_REQUIRE(found != NX_STALE, NX_ERR_GRANT_REVOKED);
    NX_REQUIRE(found == NX_FOUND, NX_ERR_GRANT_INVALID);
    return NX_OK;
}

/*= RFC 6749 6
 *# The requested scope MUST NOT include any scope not originally granted by the resource owner,
 *# and if omitted is treated as equal to the scope originally granted by the resource owner. */
static NX_FALLIBLE check_scope(const char **out, nx_arena *a, const char *granted, const char *asked)
{
    *out = granted;
    if (!asked) return NX_OK;
    struct nx_words have, want;
    NX_TRY(nx_words_split(&have, a, granted, NX_SCOPES_MAX));
    NX_REQUIRE(nx_ok(nx_words_split(&want, a, asked, NX_SCOPES_MAX)), NX_ERR_SCOPE);
    for (size_t i = 0; i < want.count; i++)
        NX_REQUIRE(nx_words_has(&have, want.word[i]), NX_ERR_SCOPE);
    *out = nx_words_join(a, &want);
    NX_NEED(*out);
    return NX_OK;
}

static NX_FALLIBLE decide(struct nx_terms *terms, const struct nx_exchange *x, const struct nx_family *f)
{
    struct nx_gate g;
    nx_gate_open(&g, x->house, x->arena, NX_FACE_REFRESH);
    nx_gate_client(&g, x->client, "refresh_token");
    NX_TRY(nx_gate_grant(&g, &f->grant, f->expires, NX_FOUND));
    g.facts.handle.holder = strcmp(f->grant.client_id, x->client->id) == 0;
    return nx_gate_require(terms, &g);
}

/* The narrowing that the token's record keeps: what was asked for, or the whole grant. */
static NX_FALLIBLE narrow(struct nx_token_new *t, const struct nx_exchange *x, const struct nx_grant *g)
{
    const char *resource;
    NX_TRY(nx_exchange_resource(&resource, x));
    NX_TRY(nx_mint_audience(&t->narrow.audience, x->house, x->arena, g->audience, resource));
    return check_scope(&t->narrow.scope, x->arena, g->scope, nx_param(&x->rq->form, "scope"));
}

/* What is asked for goes into the record before the grant is known; it is checked before anything is signed.
 */
static NX_FALLIBLE new_token(struct nx_token_new *t, const struct nx_exchange *x, uint16_t shard,
                             int64_t life_s)
{
    NX_TRY(nx_token_new(t, x->house->store, shard, x->client->id, life_s));
    NX_TRY(nx_exchange_resource(&t->narrow.audience, x));
    t->narrow.scope = nx_param(&x->rq->form, "scope");
    return NX_OK;
}

static NX_FALLIBLE answer(nx_span *json, const struct nx_exchange *x, struct nx_family *f,
                          struct nx_token_new *t, const char *next)
{
    struct nx_terms terms;
    NX_TRY(decide(&terms, x, f));
    if ((int)terms.level < f->grant.level) f->grant.level = terms.level;
    f->grant.token_s = terms.access_s;
    NX_TRY(narrow(t, x, &f->grant));
    struct nx_answer_parts parts = {.refresh_token = next};
    NX_TRY(nx_exchange_sign(&parts, x, &(struct nx_signing){&f->grant, t, NULL, terms.id_token_s}));
    return nx_token_answer(json, x->arena, &parts);
}

static int64_t access_life(const struct nx_house *house)
{
    int64_t most = nx_policy()->life.access;
    return house->settings && house->settings->access_ttl_s < most ? house->settings->access_ttl_s : most;
}

static NX_FALLIBLE refresh_bound(nx_span *json, const struct nx_exchange *x, const char *text, uint16_t shard)
{
    struct nx_token_new t;
    struct nx_family f;
    enum nx_found found;
    struct nx_note note = nx_exchange_note(x, "token.refreshed", x->client->id);
    NX_TRY(new_token(&t, x, shard, access_life(x->house)));
    NX_TRY(nx_family_refresh(x->house->store, x->arena, x->client->id, nx_span_str(text), &t, &note, &f,
                             &found));
    NX_TRY(found_family(found));
    return answer(json, x, &f, &t, text);
}

static NX_FALLIBLE refresh_rotating(nx_span *json, const struct nx_exchange *x, const char *text,
                                    uint16_t shard)
{
    struct nx_family f;
    enum nx_found found;
    NX_TRY(nx_family_find(x->house->store, x->arena, x->client->id, nx_span_str(text), &f, &found));
    NX_TRY(found_family(found));
    struct nx_terms terms;
    struct nx_token_new t;
    nx_handle_text next;
    *json = f.answer;
    if (f.again) return decide(&terms, x, &f);
    NX_TRY(new_token(&t, x, shard, access_life(x->house)));
    NX_TRY(nx_family_next(&next, x->house->store, &f));
    NX_TRY(answer(json, x, &f, &t, next.s));
    struct nx_note note = nx_exchange_note(x, "token.refreshed", f.grant.subject);
    NX_TRY(nx_family_rotate(x->house->store, x->arena, &f, &t, *json, &note, &found));
    NX_TRY(found_family(found));
    if (f.again) *json = f.answer;
    return NX_OK;
}

nx_result nx_grant_refresh(nx_span *json, const struct nx_exchange *x)
{
    const char *text = nx_param(&x->rq->form, "refresh_token");
    NX_REQUIRE(text, NX_ERR_REQUEST);
    struct nx_handle h;
    NX_REQUIRE(nx_ok(nx_handle_open(&h, x->house->master, NX_HANDLE_REFRESH, nx_span_str(x->client->id),
                                    nx_span_str(text))),
               NX_ERR_GRANT_INVALID);
    bool rotates = strcmp(x->client->auth_method, "none") == 0;
    return rotates ? refresh_rotating(json, x, text, h.shard) : refresh_bound(json, x, text, h.shard);
}
