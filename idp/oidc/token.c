#include "oidc/token.h"

#include "house/house.h"
#include "flow/claims.h"
#include "oidc/client_auth.h"
#include "oidc/grants.h"
#include "oidc/json_out.h"
#include "flow/scope.h"
#include "registry/person.h"

#define ANSWER_MAX (16u << 10)

static const struct {
    const char *name;
    nx_result (*redeem)(nx_span *json, const struct nx_exchange *x);
} grants[] = {
#define G(name, function) {#name, function},
#include "oidc/grants.def"
#undef G
};
#define GRANTS (sizeof grants / sizeof grants[0])

const char *nx_grant_name(size_t i)
{
    return i < GRANTS ? grants[i].name : NULL;
}

NX_FALLIBLE nx_token_answer(nx_span *json, nx_arena *a, const struct nx_answer_parts *p)
{
    struct nx_jo o;
    nx_jo_open(&o, a, ANSWER_MAX);
    nx_jo_text(&o, "access_token", p->access_token);
    nx_jo_text(&o, "token_type", "Bearer");
    nx_jo_number(&o, "expires_in", p->expires_in);
    nx_jo_text(&o, "refresh_token", p->refresh_token);
    nx_jo_text(&o, "id_token", p->id_token);
    nx_jo_text(&o, "scope", p->scope);
    return nx_jo_done(json, &o);
}

NX_FALLIBLE nx_exchange_resource(const char **out, const struct nx_exchange *x)
{
    *out = NULL;
    for (size_t i = 0; i < x->rq->form.count; i++) {
        const struct nx_param *p = &x->rq->form.row[i];
        if (strcmp(p->name, "resource") != 0 || !*p->value) continue;
        NX_REQUIRE(!*out, NX_ERR_TARGET);
        *out = p->value;
    }
    return NX_OK;
}

/* The person's row is read only where the ID token is to carry claims of hers. */
static NX_FALLIBLE sign_id_token(struct nx_answer_parts *p, struct nx_mint *m, const struct nx_signing *s)
{
    struct nx_claims asked;
    struct nx_person person;
    NX_TRY(nx_claims_unpack(&asked, m->grant->claims));
    if (asked.id_token) {
        NX_TRY(nx_person_get(m->house->registry, m->arena, m->grant->subject, &person));
        m->person = &person;
    }
    struct nx_id_token t = {.access_token = p->access_token, .nonce = s->nonce, .life_s = s->id_token_s};
    char *text;
    NX_TRY(nx_mint_id_token(&text, m, &t));
    p->id_token = text;
    return NX_OK;
}

NX_FALLIBLE nx_exchange_sign(struct nx_answer_parts *p, const struct nx_exchange *x,
                             const struct nx_signing *s)
{
    struct nx_mint m = {x->house, x->arena, x->client, s->grant, NULL};
    char *access;
    NX_TRY(nx_mint_access(&access, &m, s->token));
    p->access_token = access;
    p->scope = s->token->narrow.scope;
    p->expires_in = s->token->expires - s->token->issued;
    struct nx_words scopes;
    NX_TRY(nx_words_split(&scopes, x->arena, p->scope, NX_SCOPES_MAX));
    return nx_words_has(&scopes, "openid") ? sign_id_token(p, &m, s) : NX_OK;
}

struct nx_note nx_exchange_note(const struct nx_exchange *x, const char *type, const char *subject)
{
    bool own = strcmp(subject, x->client->id) == 0;
    return (struct nx_note){
        .type = type,
        .actor = nx_arena_printf(x->arena, "client:%s", x->client->id),
        .subject = own ? NULL : subject,
        .detail = nx_arena_printf(x->arena, "{\"client\":\"%s\"}", x->client->id),
    };
}

NX_FALLIBLE nx_token(nx_span *json, struct nx_house *house, nx_arena *a, const struct nx_oauth_request *rq)
{
    const char *name = nx_param(&rq->form, "grant_type");
    NX_REQUIRE(name, NX_ERR_REQUEST);
    NX_AUTO(nx_client) c = NULL;
    NX_TRY(nx_client_authenticate(&c, house, a, rq));
    struct nx_exchange x = {house, a, c, rq};
    for (size_t i = 0; i < GRANTS; i++)
        if (strcmp(grants[i].name, name) == 0) return grants[i].redeem(json, &x);
    NX_FAIL(NX_ERR_GRANT_UNKNOWN);
}
