#include "hub/oidc_row.h"

#include "crypto/alg.h"
#include "crypto/jwe.h"

static const char *const auth_names[] = {"client_secret_basic", "client_secret_post", "private_key_jwt", "none"};
#define AUTHS (sizeof auth_names / sizeof *auth_names)

static const char *const url_members[] = {"metadata_url",      "authorization_endpoint", "token_endpoint", "jwks_uri",
                                          "userinfo_endpoint", "end_session_endpoint"};
#define COUNT(list) (sizeof(list) / sizeof *(list))

static enum nx_rp_auth auth_of(const nx_upstream *u)
{
    const char *said = nx_json_str(u->config, "token_auth");
    for (size_t i = 0; said && i < AUTHS; i++)
        if (strcmp(said, auth_names[i]) == 0) return (enum nx_rp_auth)i;
    return u->sealed.n ? NX_RP_BASIC : NX_RP_JWT;
}

static uint32_t algs_of(const nx_upstream *u)
{
    const json_t *list = nx_json_array(u->config, "id_token_algs");
    uint32_t algs = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        algs |= NX_ALG_BIT(nx_alg_of(nx_span_str(json_string_value(json_array_get(list, i)))));
    algs &= ~NX_ALG_BIT(NX_ALG_NONE);
    return list ? algs : NX_ALGS_ALL;
}

NX_FALLIBLE nx_oidc_row_read(struct nx_oidc_row *out, const nx_upstream *u)
{
    const json_t *c = u->config;
    const char *scope = nx_json_str(c, "scope");
    *out = (struct nx_oidc_row){
        .upstream = u,
        .client_id = nx_json_str(c, "client_id"),
        .auth = auth_of(u),
        .metadata_url = nx_json_str(c, "metadata_url"),
        .authorization_endpoint = nx_json_str(c, "authorization_endpoint"),
        .token_endpoint = nx_json_str(c, "token_endpoint"),
        .jwks_uri = nx_json_str(c, "jwks_uri"),
        .userinfo_endpoint = nx_json_str(c, "userinfo_endpoint"),
        .end_session_endpoint = nx_json_str(c, "end_session_endpoint"),
        .scope = scope ? scope : "openid profile",
        .response_mode = nx_json_str(c, "response_mode"),
        .encryption = nx_json_str(c, "id_token_encryption_alg"),
        .algs = algs_of(u),
        .pkce = nx_json_bool(c, "pkce", true),
        .encrypted = nx_json_bool(c, "id_token_encrypted", false),
        .userinfo = nx_json_bool(c, "userinfo", false),
        .require_acr = nx_json_bool(c, "require_acr", false),
        .rp_logout = nx_json_bool(c, "rp_logout", false),
    };
    NX_REQUIRE(out->client_id, NX_ERR_UPSTREAM_CONFIG);
    return NX_OK;
}

bool nx_oidc_row_passes(const struct nx_oidc_row *row, const char *parameter)
{
    const json_t *list = nx_json_array(row->upstream->config, "pass");
    if (list) return nx_json_has(list, parameter);
    return strcmp(parameter, "login_hint") != 0;
}

char *nx_rp_redirect_uri(nx_arena *a, const struct nx_house *house, const char *upstream)
{
    return nx_arena_printf(a, "%s/upstream/%s/callback", house->issuer, upstream);
}

/* ---- checking */

static nx_result wrong(const char **why, const char *text)
{
    *why = text;
    NX_FAIL(NX_ERR_UPSTREAM_CONFIG);
}

static bool among(const char *const *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], name) == 0) return true;
    return false;
}
#define AMONG(list, name) among(list, COUNT(list), name)

static bool callable(const struct nx_house *house, const char *url)
{
    return !house->egress || nx_ok(nx_egress_url_allowed(house->egress, NX_PURPOSE_UPSTREAM, nx_span_str(url)));
}

static nx_result check_words(const json_t *c, const char **why)
{
    const char *auth = nx_json_str(c, "token_auth"), *mode = nx_json_str(c, "response_mode"),
               *scope = nx_json_str(c, "scope"), *kind = nx_json_str(c, "person_kind"),
               *jwe = nx_json_str(c, "id_token_encryption_alg");
    enum nx_person_kind person;
    if (auth && !AMONG(auth_names, auth)) return wrong(why, "token_auth: one of the four methods");
    if (mode && strcmp(mode, "query") != 0 && strcmp(mode, "form_post") != 0)
        return wrong(why, "response_mode: query or form_post");
    if (scope && !strstr(scope, "openid")) return wrong(why, "scope: has openid in it");
    if (jwe && !nx_jwe_alg_known(jwe)) return wrong(why, "id_token_encryption_alg: ECDH-ES+A256KW or RSA-OAEP-256");
    if (kind && !nx_ok(nx_person_kind_of(&person, nx_span_str(kind))))
        return wrong(why, "person_kind: citizen, organisation, household or official");
    return NX_OK;
}

static nx_result check_algs(const json_t *c, const char **why)
{
    const json_t *list = nx_json_array(c, "id_token_algs");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (nx_alg_of(nx_span_str(json_string_value(json_array_get(list, i)))) == NX_ALG_NONE)
            return wrong(why, "id_token_algs: of ES256, RS256, PS256");
    if (list && json_array_size(list) == 0) return wrong(why, "id_token_algs: at least one");
    return NX_OK;
}

NX_FALLIBLE nx_oidc_row_check(struct nx_house *house, const struct nx_upstream_record *record, const char **why)
{
    const char *name;
    json_t *value, *c = (json_t *)(uintptr_t)record->config;
    NX_TRY(nx_hub_config_check(record, why));
    const char *client = nx_json_str(c, "client_id");
    if (!client || !*client) return wrong(why, "client_id: what we are called at the provider");
    if (nx_hub_stranger(NX_UPSTREAM_OIDC, c)) return wrong(why, "config: an unknown member, or one of another type");
    json_object_foreach(c, name, value)
    {
        if (AMONG(url_members, name) && !callable(house, json_string_value(value)))
            return wrong(why, "config: an address that is no https URL at a public address, nor listed in egress_allow");
    }
    if (!callable(house, record->issuer)) return wrong(why, "issuer: no https URL at a public address, nor listed in egress_allow");
    NX_TRY(check_words(c, why));
    return check_algs(c, why);
}
