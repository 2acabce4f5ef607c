/* What comes back from the provider, check by check; each has its own error, so that a test knows which one refused. */
#include "hub/oidc.h"

#include "base/log.h"
#include "base/text.h"
#include "hub/id_token.h"
#include "hub/oidc_claims.h"
#include "hub/oidc_token.h"

#define CODE_MAX 2048

static const char *const typ[] = {"JWT", NULL};

/* RFC 9207: where the provider says that its answers name their issuer, one without is not its answer. */
static nx_result check_issuer(const struct nx_rp_exchange *x, const struct nx_params *params)
{
    const char *iss = nx_param(params, "iss");
    NX_REQUIRE(iss || !x->provider->says_issuer, NX_ERR_UPSTREAM_ISSUER);
    NX_REQUIRE(!iss || strcmp(iss, x->row->upstream->issuer) == 0, NX_ERR_UPSTREAM_ISSUER);
    return NX_OK;
}

/* The provider's own troubles are not a refusal (RFC 6749 4.1.2.1). */
static nx_result check_error(const struct nx_rp_exchange *x, const struct nx_params *params)
{
    const char *error = nx_param(params, "error");
    if (!error) return NX_OK;
    bool away = strcmp(error, "server_error") == 0 || strcmp(error, "temporarily_unavailable") == 0;
    nx_log(NX_INFO, "upstream_denied", NX_TEXT("upstream", x->row->upstream->id),
           NX_TEXT("error", nx_ascii_printable(nx_span_str(error)) ? error : "?"));
    NX_FAIL(away ? NX_ERR_UPSTREAM_AWAY : NX_ERR_UPSTREAM_DENIED);
}

static nx_result code_of(const char **out, const struct nx_params *params)
{
    *out = nx_param(params, "code");
    NX_REQUIRE(*out && strlen(*out) <= CODE_MAX, NX_ERR_UPSTREAM_FORM);
    return NX_OK;
}

static nx_result verify(json_t **claims, const struct nx_rp_exchange *x, const char *id_token)
{
    struct nx_jws jws;
    nx_span token = nx_span_str(id_token);
    NX_TRY(nx_oidc_open(&token, x->house, x->arena, x->row, token));
    NX_TRY(nx_oidc_provider_verify(&jws, x->house, x->arena, x->row, x->provider, typ, token));
    NX_REQUIRE(nx_ok(nx_json_parse_object(claims, jws.payload)), NX_ERR_UPSTREAM_FORM);
    return NX_OK;
}

/* Claims of the userinfo endpoint come beneath those of the ID token, which are signed. */
static nx_result with_userinfo(json_t *claims, const struct nx_rp_exchange *x, const struct nx_rp_tokens *tokens)
{
    NX_AUTO_JSON more = NULL;
    if (!x->row->userinfo) return NX_OK;
    NX_TRY(nx_rp_userinfo(&more, x, tokens->access_token, nx_json_str(claims, "sub")));
    NX_REQUIRE(json_object_update_missing(claims, more) == 0, NX_ERR_MEMORY);
    return NX_OK;
}

static nx_result exchange(struct nx_rp_return *out, const struct nx_rp_exchange *x, const char *code)
{
    struct nx_rp_tokens tokens;
    NX_AUTO_JSON claims = NULL;
    const struct nx_hub_ticket *t = &out->ticket;
    NX_TRY(nx_rp_redeem(&tokens, x, code, t->verifier));
    NX_TRY(verify(&claims, x, tokens.id_token));
    const struct nx_id_token_rules rules = {
        .issuer = x->row->upstream->issuer,
        .client_id = x->row->client_id,
        .nonce = t->nonce,
        .code = code,
        .access_token = tokens.access_token,
        .fresh_since = t->fresh && nx_oidc_row_passes(x->row, "max_age") ? t->began : 0,
    };
    NX_TRY(nx_id_token_check(claims, &rules));
    NX_TRY(with_userinfo(claims, x, &tokens));
    out->id_token = tokens.id_token;
    out->identity.epoch_known = true;
    out->identity.epoch = t->epoch;
    NX_TRY(nx_oidc_identity(&out->identity, x->arena, x->row, claims));
    nx_hub_asked_anew(&out->identity, rules.fresh_since);
    return NX_OK;
}

NX_FALLIBLE nx_rp_finish(struct nx_rp_return *out, struct nx_house *house, nx_arena *a, nx_span browser,
                         const char *upstream, const struct nx_params *params)
{
    struct nx_oidc_row row;
    struct nx_oidc_provider provider;
    const char *state = nx_param(params, "state"), *code;
    NX_REQUIRE(state && upstream, NX_ERR_UPSTREAM_STATE);
    NX_TRY(nx_hub_ticket_take(&out->ticket, &out->upstream, house, a, browser, nx_span_str(state),
                              nx_span_str(upstream), NX_UPSTREAM_OIDC));
    NX_TRY(nx_oidc_row_read(&row, out->upstream));
    NX_TRY(nx_oidc_provider_get(&provider, house, a, &row));
    const struct nx_rp_exchange x = {.house = house, .arena = a, .row = &row, .provider = &provider};
    NX_TRY(check_issuer(&x, params));
    NX_TRY(check_error(&x, params));
    NX_TRY(code_of(&code, params));
    return exchange(out, &x, code);
}
