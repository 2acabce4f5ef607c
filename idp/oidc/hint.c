#include "oidc/hint.h"

#include "crypto/jws.h"
#include "house/house.h"

static const char *audience(const json_t *claims)
{
    const json_t *aud = json_object_get(claims, "aud");
    return json_is_array(aud) ? json_string_value(json_array_get(aud, 0)) : json_string_value(aud);
}

static NX_FALLIBLE copy(const char **out, nx_arena *a, const char *value)
{
    if (!out) return NX_OK;
    *out = value ? nx_arena_strdup(a, value) : NULL;
    if (value) NX_NEED(*out);
    return NX_OK;
}

NX_FALLIBLE nx_hint_read(const char **sub, const char **client_id, const char **sid, struct nx_house *house,
                         nx_arena *a, nx_span token)
{
    struct nx_jws t;
    uint32_t uses = NX_USE_BIT(NX_USE_TOKEN) | NX_USE_BIT(NX_USE_TOKEN_RS256);
    nx_result r = nx_jws_verify_own(&t, a, house->keyring, uses, NULL, token);
    NX_REQUIRE(r.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    NX_REQUIRE(nx_ok(r), NX_ERR_REQUEST);
    NX_AUTO_JSON claims = NULL;
    NX_REQUIRE(nx_ok(nx_json_parse_object(&claims, t.payload)), NX_ERR_REQUEST);
    const char *iss = nx_json_str(claims, "iss");
    NX_REQUIRE(iss && strcmp(iss, house->issuer) == 0, NX_ERR_REQUEST);
    NX_REQUIRE(nx_json_str(claims, "sub") && audience(claims), NX_ERR_REQUEST);
    NX_TRY(copy(sub, a, nx_json_str(claims, "sub")));
    NX_TRY(copy(client_id, a, audience(claims)));
    return copy(sid, a, nx_json_str(claims, "sid"));
}
