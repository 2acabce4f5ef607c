#include "oidc/assertion.h"

#include "base/log.h"
#include "crypto/jws.h"
#include "house/house.h"
#include "oidc/client_keys.h"
#include "policies/policy.h"
#include "sessions/guard.h"

#define JTI_MAX 256

NX_FALLIBLE nx_assertion_client(const char **out, nx_arena *a, nx_span assertion)
{
    struct nx_jose_parts parts;
    NX_REQUIRE(nx_ok(nx_jose_guard_jws(&parts, a, assertion)), NX_ERR_CLIENT_AUTH);
    NX_AUTO_JSON claims = NULL;
    NX_REQUIRE(nx_ok(nx_json_parse_object(&claims, parts.payload)), NX_ERR_CLIENT_AUTH);
    const char *iss = nx_json_str(claims, "iss"), *sub = nx_json_str(claims, "sub");
    NX_REQUIRE(iss && sub && strcmp(iss, sub) == 0, NX_ERR_CLIENT_AUTH);
    *out = nx_arena_strdup(a, sub);
    NX_NEED(*out);
    return NX_OK;
}

/* FAPI 2.0 takes no RSASSA-PKCS1-v1_5. */
uint32_t nx_assertion_algs(const nx_client *c)
{
    uint32_t algs = strcmp(c->profile, "base") == 0 ? NX_ALGS_ALL : NX_ALGS_ALL & ~NX_ALG_BIT(NX_ALG_RS256);
    if (c->auth_signing_alg) algs &= NX_ALG_BIT(nx_alg_of(nx_span_str(c->auth_signing_alg)));
    return algs;
}

/* One string: an array would let somebody else's audience stand beside ours (CVE-2025-27370). The issuer for
 * every profile; the URL of the endpoint for `base`, whose older clients know nothing else (RFC 7523 section
 * 3). */
static bool audience_ok(struct nx_house *house, nx_arena *a, const nx_client *c, const json_t *aud,
                        const struct nx_oauth_request *rq)
{
    const char *said = json_string_value(aud);
    if (!said) return false;
    if (strcmp(said, house->issuer) == 0) return true;
    if (strcmp(c->profile, "base") != 0) return false;
    const char *token = nx_arena_printf(a, "%s/oidc/token", house->issuer);
    const char *called = nx_arena_printf(a, "%s%s", house->issuer, rq->path);
    return token && called && (strcmp(said, token) == 0 || strcmp(said, called) == 0);
}

static NX_FALLIBLE check_times(const json_t *claims)
{
    nx_time now = nx_now();
    int64_t exp = nx_json_int(claims, "exp", 0), iat = nx_json_int(claims, "iat", now),
            nbf = nx_json_int(claims, "nbf", now);
    NX_REQUIRE(exp > now - NX_SKEW_S, NX_ERR_CLIENT_AUTH);
    NX_REQUIRE(exp <= now + nx_policy()->life.assertion_most + NX_SKEW_S, NX_ERR_CLIENT_AUTH);
    NX_REQUIRE(iat <= now + NX_SKEW_S && nbf <= now + NX_SKEW_S, NX_ERR_CLIENT_AUTH);
    return NX_OK;
}

static NX_FALLIBLE spend_jti(struct nx_house *house, const nx_client *c, const json_t *claims)
{
    const char *jti = nx_json_str(claims, "jti");
    NX_REQUIRE(jti && *jti && strlen(jti) <= JTI_MAX, NX_ERR_CLIENT_AUTH);
    struct nx_guard g = {
        .purpose = "assertion",
        .holder = c->id,
        .value = nx_span_str(jti),
        .issued = nx_json_int(claims, "iat", 0),
        .expires = nx_json_int(claims, "exp", 0) + NX_SKEW_S,
    };
    bool first;
    NX_TRY(nx_guard_once(house->store, &g, &first));
    NX_REQUIRE(first, NX_ERR_CLIENT_AUTH);
    return NX_OK;
}

static NX_FALLIBLE check_claims(struct nx_house *house, nx_arena *a, const nx_client *c, nx_span payload,
                                const struct nx_oauth_request *rq)
{
    NX_AUTO_JSON claims = NULL;
    NX_REQUIRE(nx_ok(nx_json_parse_object(&claims, payload)), NX_ERR_CLIENT_AUTH);
    const char *iss = nx_json_str(claims, "iss"), *sub = nx_json_str(claims, "sub");
    NX_REQUIRE(iss && sub && strcmp(iss, c->id) == 0 && strcmp(sub, c->id) == 0, NX_ERR_CLIENT_AUTH);
    NX_REQUIRE(audience_ok(house, a, c, json_object_get(claims, "aud"), rq), NX_ERR_CLIENT_AUTH);
    NX_TRY(check_times(claims));
    return spend_jti(house, c, claims);
}

NX_FALLIBLE nx_assertion_check(struct nx_house *house, nx_arena *a, const nx_client *c, nx_span assertion,
                               const struct nx_oauth_request *rq)
{
    static const char *const types[] = {"JWT", "client-authentication+jwt", NULL};
    struct nx_jws_rules rules = {.algs = nx_assertion_algs(c), .typ = types, .no_typ = true};
    struct nx_jws token;
    NX_TRY(nx_client_keys_verify(&token, house, a, c, &rules, assertion, rq->may_call));
    return check_claims(house, a, c, token.payload, rq);
}
