#include "oidc/metadata.h"

#include "config/settings.h"
#include "crypto/alg.h"
#include "house/house.h"
#include "oidc/ask.h"
#include "flow/claims.h"
#include "oidc/client_auth.h"
#include "oidc/client_certificate.h"
#include "oidc/grants.h"
#include "oidc/json_out.h"
#include "flow/scope.h"
#include "policies/policy.h"

#define METADATA_MAX (16u << 10)
#define ALIASES_MAX 2048
#define LIST_MAX 64

static void list(struct nx_jo *o, const char *name, const char *(*at)(size_t))
{
    const char *v[LIST_MAX];
    size_t n = 0;
    for (; n < LIST_MAX && at(n); n++)
        v[n] = at(n);
    nx_jo_list(o, name, v, n);
}

static const char *response_type_at(size_t i)
{
    return i < NX_RESPONSE_TYPES ? nx_response_type_name((enum nx_response_type)i) : NULL;
}

static const char *response_mode_at(size_t i)
{
    return i < NX_RESPONSE_MODES ? nx_response_mode_name((enum nx_response_mode)i) : NULL;
}

static const char *alg_at(size_t i)
{
    return i + 1 < NX_ALG_COUNT ? nx_alg_name((nx_alg)(i + 1)) : NULL;
}

static const char *acr_at(size_t i)
{
    return i < NX_M4 ? nx_acr_of_level((enum nx_level)(i + 1)) : NULL;
}

/* Claims that stand in tokens besides those of claims.def. */
static const char *claim_at(size_t i)
{
    static const char *const of_tokens[] = {"iss", "sub", "aud", "exp",   "iat",   "auth_time", "nonce",
                                            "acr", "amr", "sid", "qr_id", "qr_px", "status"};
    size_t n = sizeof of_tokens / sizeof of_tokens[0];
    if (i < n) return of_tokens[i];
    return i - n < NX_CLAIMS ? nx_claim_name((enum nx_claim)(i - n)) : NULL;
}

static void url(struct nx_jo *o, struct nx_house *h, nx_arena *a, const char *name, const char *path)
{
    nx_jo_text(o, name, nx_arena_printf(a, "%s%s", h->issuer, path));
}

static void endpoints(struct nx_jo *o, struct nx_house *h, nx_arena *a)
{
    nx_jo_text(o, "issuer", h->issuer);
    url(o, h, a, "authorization_endpoint", "/oidc/authorize");
    url(o, h, a, "token_endpoint", "/oidc/token");
    url(o, h, a, "jwks_uri", "/oidc/jwks");
    url(o, h, a, "introspection_endpoint", "/oidc/introspect");
    url(o, h, a, "revocation_endpoint", "/oidc/revoke");
    url(o, h, a, "registration_endpoint", "/oidc/register");
    url(o, h, a, "qr_identity_jwks_uri", "/qr/jwks");
    url(o, h, a, "status_list_aggregation_endpoint", "/status/lists");
}

static void auth_methods(struct nx_jo *o, const struct nx_house *h, const char *name)
{
    const char *v[LIST_MAX];
    size_t n = 0;
    for (size_t i = 0; n < LIST_MAX && nx_client_auth_method(i); i++)
        if (nx_client_auth_offered(h, nx_client_auth_method(i))) v[n++] = nx_client_auth_method(i);
    nx_jo_list(o, name, v, n);
}

static void client_auth(struct nx_jo *o, const struct nx_house *h)
{
    static const char *const places[][2] = {
        {"token_endpoint_auth_methods_supported", "token_endpoint_auth_signing_alg_values_supported"},
        {"introspection_endpoint_auth_methods_supported",
         "introspection_endpoint_auth_signing_alg_values_supported"},
        {"revocation_endpoint_auth_methods_supported",
         "revocation_endpoint_auth_signing_alg_values_supported"}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        auth_methods(o, h, places[i][0]);
        list(o, places[i][1], alg_at);
    }
}

/* RFC 8705 section 5: where clients come with certificates, so that browsers are never asked for one. */
static nx_result aliases(struct nx_jo *o, const struct nx_house *h, nx_arena *a)
{
    static const char *const rows[][2] = {{"token_endpoint", "/oidc/token"},
                                          {"introspection_endpoint", "/oidc/introspect"},
                                          {"revocation_endpoint", "/oidc/revoke"}};
    struct nx_jo inner;
    nx_span json;
    const char *text;
    if (!nx_client_certificates_taken(h)) return NX_OK;
    nx_jo_open(&inner, a, ALIASES_MAX);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        nx_jo_text(&inner, rows[i][0], nx_arena_printf(a, "%s%s", h->mtls_origin, rows[i][1]));
    NX_TRY(nx_jo_done(&json, &inner));
    NX_NEED(text = nx_arena_dup(a, json));
    nx_jo_raw(o, "mtls_endpoint_aliases", text);
    return NX_OK;
}

static void oauth(struct nx_jo *o, const struct nx_house *h)
{
    static const char *const pkce[] = {"S256"};
    list(o, "scopes_supported", nx_scope_standard);
    list(o, "response_types_supported", response_type_at);
    list(o, "response_modes_supported", response_mode_at);
    list(o, "grant_types_supported", nx_grant_name);
    nx_jo_list(o, "code_challenge_methods_supported", pkce, 1);
    nx_jo_bool(o, "authorization_response_iss_parameter_supported", true);
    client_auth(o, h);
}

static void openid(struct nx_jo *o, struct nx_house *h, nx_arena *a)
{
    static const char *const subjects[] = {"pairwise", "public"};
    static const char *const signing[] = {"RS256", "ES256"};
    static const char *const claim_types[] = {"normal"};
    static const char *const locales[] = {"vi", "en"};
    static const char *const prompts[] = {"none", "login", "consent", "select_account"};
    url(o, h, a, "userinfo_endpoint", "/oidc/userinfo");
    url(o, h, a, "end_session_endpoint", "/oidc/logout");
    nx_jo_list(o, "subject_types_supported", subjects, 2);
    nx_jo_list(o, "id_token_signing_alg_values_supported", signing, 2);
    nx_jo_list(o, "userinfo_signing_alg_values_supported", signing, 2);
    nx_jo_list(o, "claim_types_supported", claim_types, 1);
    nx_jo_list(o, "ui_locales_supported", locales, 2);
    nx_jo_list(o, "prompt_values_supported", prompts, 4);
    list(o, "acr_values_supported", acr_at);
    list(o, "claims_supported", claim_at);
    nx_jo_bool(o, "claims_parameter_supported", true);
    nx_jo_bool(o, "request_parameter_supported", false);
    nx_jo_bool(o, "request_uri_parameter_supported", false);
    nx_jo_bool(o, "require_request_uri_registration", false);
    nx_jo_bool(o, "backchannel_logout_supported", true);
    nx_jo_bool(o, "backchannel_logout_session_supported", true);
}

/* One document for both well-known addresses: RFC 8414 section 2 allows members that it does not know, and a
 * client of either kind then finds the same server. */
NX_FALLIBLE nx_metadata(nx_span *json, struct nx_house *house, nx_arena *a)
{
    struct nx_jo o;
    nx_jo_open(&o, a, METADATA_MAX);
    endpoints(&o, house, a);
    oauth(&o, house);
    NX_TRY(aliases(&o, house, a));
    openid(&o, house, a);
    NX_REQUIRE(!nx_arena_failed(a), NX_ERR_MEMORY);
    return nx_jo_done(json, &o);
}
