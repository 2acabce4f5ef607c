/* The strict check of JSON keys, before any library makes a key of them. */
#include "base/text.h"
#include "crypto/jwk_type.h"

#define COORDINATE_CHARS NX_B64U_LEN(32)
#define MODULUS_MIN 256
#define MODULUS_MAX 512
#define EXPONENT "AQAB" /* 65537: the only one that we accept */

static const char *const private_members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

static nx_result refuse_private(const json_t *key)
{
    const char *kty = nx_json_str(key, "kty");
    NX_REQUIRE(kty, NX_ERR_JWK);
    NX_REQUIRE(strcmp(kty, "oct") != 0, NX_ERR_JWK_PRIVATE);
    for (size_t i = 0; i < sizeof private_members / sizeof *private_members; i++)
        NX_REQUIRE(!json_object_get(key, private_members[i]), NX_ERR_JWK_PRIVATE);
    return NX_OK;
}

/* Canonical base64url of `low` to `high` bytes. */
static nx_result number(const json_t *key, const char *member, uint8_t *out, size_t low, size_t high,
                        size_t *n)
{
    const char *s = nx_json_str(key, member);
    NX_REQUIRE(s && nx_ok(nx_b64u_decode(out, high, n, nx_span_str(s))) && *n >= low, NX_ERR_JWK);
    return NX_OK;
}

static nx_result check_ec(const json_t *key)
{
    const char *crv = nx_json_str(key, "crv");
    NX_REQUIRE(crv, NX_ERR_JWK);
    NX_REQUIRE(strcmp(crv, "P-256") == 0, NX_ERR_UNKNOWN);
    uint8_t coordinate[32];
    size_t n;
    NX_TRY(number(key, "x", coordinate, 32, 32, &n));
    return number(key, "y", coordinate, 32, 32, &n);
}

static nx_result check_rsa(const json_t *key)
{
    const char *e = nx_json_str(key, "e");
    NX_REQUIRE(e && strcmp(e, EXPONENT) == 0, NX_ERR_JWK);
    uint8_t modulus[MODULUS_MAX] = {0};
    size_t n;
    NX_TRY(number(key, "n", modulus, MODULUS_MIN, MODULUS_MAX, &n));
    /* The highest bit set: no leading zeros, and exactly 8n bits. An even modulus is no product of two
     * primes. */
    NX_REQUIRE(modulus[0] & 0x80 && modulus[n - 1] & 1, NX_ERR_JWK);
    return NX_OK;
}

/* use, key_ops and alg may narrow a key to what is not ours to do with it: then it is unknown, not wrong. */
static nx_result check_purpose(const json_t *key, nx_kty kty)
{
    const json_t *use = json_object_get(key, "use"), *ops = json_object_get(key, "key_ops");
    const json_t *alg = json_object_get(key, "alg");
    NX_REQUIRE(!use || json_is_string(use), NX_ERR_JWK);
    NX_REQUIRE(!use || strcmp(json_string_value(use), "sig") == 0, NX_ERR_UNKNOWN);
    NX_REQUIRE(!ops || json_is_array(ops), NX_ERR_JWK);
    NX_REQUIRE(!ops || nx_json_has(ops, "verify"), NX_ERR_UNKNOWN);
    NX_REQUIRE(!alg || json_is_string(alg), NX_ERR_JWK);
    NX_REQUIRE(!alg || nx_alg_kty(nx_alg_of(nx_span_str(json_string_value(alg)))) == kty, NX_ERR_UNKNOWN);
    return NX_OK;
}

static nx_result check_kid(const json_t *key)
{
    const json_t *kid = json_object_get(key, "kid");
    if (!kid) return NX_OK;
    nx_span s = nx_span_str(json_string_value(kid));
    NX_REQUIRE(s.n && s.n <= NX_KID_MAX && nx_ascii_printable(s), NX_ERR_JWK);
    return NX_OK;
}

nx_kty nx_jwk_kty_of(const json_t *key)
{
    const char *kty = nx_json_str(key, "kty");
    if (!kty) return NX_KTY_NONE;
    if (strcmp(kty, "EC") == 0) return NX_KTY_EC;
    return strcmp(kty, "RSA") == 0 ? NX_KTY_RSA : NX_KTY_NONE;
}

NX_FALLIBLE nx_jose_guard_jwk(const json_t *key)
{
    NX_REQUIRE(json_is_object(key), NX_ERR_JWK);
    NX_TRY(refuse_private(key));
    nx_kty kty = nx_jwk_kty_of(key);
    NX_REQUIRE(kty != NX_KTY_NONE, NX_ERR_UNKNOWN);
    NX_TRY(check_kid(key));
    NX_TRY(check_purpose(key, kty));
    return kty == NX_KTY_EC ? check_ec(key) : check_rsa(key);
}
