#include "hub/id_token.h"

#include "base/secret.h"
#include "base/text.h"
#include "crypto/digest.h"

/* aud may be a list (Core 2): every other member is somebody whom we do not know, so that azp must name us. */
static nx_result check_audience(const json_t *claims, const char *client_id)
{
    const json_t *aud = json_object_get(claims, "aud"), *azp = json_object_get(claims, "azp");
    bool one = json_is_string(aud) && strcmp(json_string_value(aud), client_id) == 0;
    bool many = json_is_array(aud) && nx_json_has(aud, client_id);
    NX_REQUIRE(one || many, NX_ERR_UPSTREAM_AUDIENCE);
    NX_REQUIRE(azp || one || json_array_size(aud) == 1, NX_ERR_UPSTREAM_AUDIENCE);
    NX_REQUIRE(!azp || (json_is_string(azp) && strcmp(json_string_value(azp), client_id) == 0),
               NX_ERR_UPSTREAM_AUDIENCE);
    return NX_OK;
}

static nx_result number(int64_t *out, const json_t *claims, const char *member)
{
    const json_t *value = json_object_get(claims, member);
    NX_REQUIRE(json_is_number(value), NX_ERR_UPSTREAM_TIME);
    double seconds = json_number_value(value);
    NX_REQUIRE(seconds >= 0 && seconds < 1e11, NX_ERR_UPSTREAM_TIME);
    *out = (int64_t)seconds;
    return NX_OK;
}

static nx_result check_times(const json_t *claims)
{
    int64_t exp, iat, nbf = 0;
    nx_time now = nx_now();
    NX_TRY(number(&exp, claims, "exp"));
    NX_TRY(number(&iat, claims, "iat"));
    if (json_object_get(claims, "nbf")) NX_TRY(number(&nbf, claims, "nbf"));
    NX_REQUIRE(exp > now - NX_SKEW_S, NX_ERR_UPSTREAM_TIME);
    NX_REQUIRE(iat <= now + NX_SKEW_S && nbf <= now + NX_SKEW_S, NX_ERR_UPSTREAM_TIME);
    NX_REQUIRE(iat >= now - NX_ID_TOKEN_AGE_S, NX_ERR_UPSTREAM_TIME);
    return NX_OK;
}

static nx_result check_nonce(const json_t *claims, const char *nonce)
{
    const char *said = nx_json_str(claims, "nonce");
    if (!nonce) return NX_OK;
    NX_REQUIRE(said && nx_ct_equal(nx_span_str(said), nx_span_str(nonce)), NX_ERR_UPSTREAM_NONCE);
    return NX_OK;
}

/* at_hash and c_hash: the left half of the digest, which is SHA-256 for every algorithm that we take. */
static nx_result check_hash(const json_t *claims, const char *member, const char *of)
{
    uint8_t digest[NX_SHA256_LEN];
    char half[NX_B64U_LEN(NX_SHA256_LEN / 2) + 1];
    const json_t *said = json_object_get(claims, member);
    if (!said || !of) return NX_OK;
    NX_TRY(nx_sha256(digest, nx_span_str(of)));
    nx_b64u_encode(half, nx_span_of(digest, NX_SHA256_LEN / 2));
    NX_REQUIRE(json_is_string(said) && strcmp(json_string_value(said), half) == 0, NX_ERR_UPSTREAM_HASH);
    return NX_OK;
}

static nx_result check_subject(const json_t *claims)
{
    nx_span sub = nx_span_str(nx_json_str(claims, "sub"));
    NX_REQUIRE(sub.n > 0 && sub.n <= NX_ID_TOKEN_SUB_MAX && nx_utf8_printable(sub), NX_ERR_UPSTREAM_SUBJECT);
    return NX_OK;
}

static nx_result check_fresh(const json_t *claims, nx_time since)
{
    int64_t auth_time = 0;
    if (!since) return NX_OK;
    NX_REQUIRE(nx_ok(number(&auth_time, claims, "auth_time")), NX_ERR_UPSTREAM_ACR);
    NX_REQUIRE(auth_time >= since - NX_SKEW_S && auth_time <= nx_now() + NX_SKEW_S, NX_ERR_UPSTREAM_ACR);
    return NX_OK;
}

NX_FALLIBLE nx_id_token_check(const json_t *claims, const struct nx_id_token_rules *rules)
{
    const char *iss = nx_json_str(claims, "iss");
    NX_REQUIRE(iss && strcmp(iss, rules->issuer) == 0, NX_ERR_UPSTREAM_ISSUER);
    NX_TRY(check_audience(claims, rules->client_id));
    NX_TRY(check_times(claims));
    NX_TRY(check_nonce(claims, rules->nonce));
    NX_TRY(check_hash(claims, "at_hash", rules->access_token));
    NX_TRY(check_hash(claims, "c_hash", rules->code));
    NX_TRY(check_subject(claims));
    return check_fresh(claims, rules->fresh_since);
}
