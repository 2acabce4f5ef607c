#include "base/text.h"
#include "crypto/jwk_type.h"

#include <stdio.h>
#include <stdlib.h>

size_t nx_jwk_canonical(char out[NX_JWK_CANONICAL_MAX], const nx_jwk *k)
{
    int n =
        k->kty == NX_KTY_EC
            ? snprintf(out, NX_JWK_CANONICAL_MAX,
                       "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", k->first, k->second)
            : snprintf(out, NX_JWK_CANONICAL_MAX, "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}", k->second,
                       k->first);
    return (size_t)n;
}

void nx_jwk_close(nx_jwk *k)
{
    if (!k) return;
    EVP_PKEY_free(k->evp);
    free(k->kid);
    free(k);
}

static nx_result set_kid(nx_jwk *k, const char *kid)
{
    if (!kid) return NX_OK;
    k->kid = strdup(kid);
    NX_NEED(k->kid);
    return NX_OK;
}

/* What follows from the numbers: the key objects and the thumbprint. */
static nx_result finish(nx_jwk *k)
{
    char json[NX_JWK_CANONICAL_MAX];
    uint8_t digest[NX_SHA256_LEN];
    NX_TRY(nx_jwk_load(k));
    size_t n = nx_jwk_canonical(json, k);
    NX_TRY(nx_sha256(digest, nx_span_of(json, n)));
    nx_b64u_encode(k->thumbprint, nx_span_of(digest, sizeof digest));
    return NX_OK;
}

static void copy_number(char out[NX_JWK_NUMBER_MAX + 1], const json_t *key, const char *member)
{
    (void)snprintf(out, NX_JWK_NUMBER_MAX + 1, "%s", nx_json_str(key, member));
}

/* The guard has passed: the members are there and as long as they should be. */
static nx_result build(nx_jwk **out, const json_t *key)
{
    NX_AUTO(nx_jwk) k = calloc(1, sizeof *k);
    NX_NEED(k);
    k->kty = nx_jwk_kty_of(key);
    k->alg = nx_alg_of(nx_span_str(nx_json_str(key, "alg")));
    copy_number(k->first, key, k->kty == NX_KTY_EC ? "x" : "n");
    copy_number(k->second, key, k->kty == NX_KTY_EC ? "y" : "e");
    NX_TRY(set_kid(k, nx_json_str(key, "kid")));
    NX_TRY(finish(k));
    *out = NX_STEAL(k);
    return NX_OK;
}

NX_FALLIBLE nx_jwk_from_json(nx_jwk **out, const json_t *key)
{
    nx_result r = nx_jose_guard_jwk(key);
    NX_REQUIRE(r.e != NX_ERR_UNKNOWN, NX_ERR_JWK);
    NX_TRY(r);
    return build(out, key);
}

NX_FALLIBLE nx_jwk_parse(nx_jwk **out, nx_span json)
{
    NX_REQUIRE(json.n <= NX_JWK_MAX, NX_ERR_LIMIT);
    NX_AUTO_JSON key = NULL;
    NX_TRY(nx_json_parse_object(&key, json));
    return nx_jwk_from_json(out, key);
}

NX_FALLIBLE nx_jwk_from_evp(nx_jwk **out, const EVP_PKEY *key, nx_alg alg, const char *kid)
{
    NX_AUTO(nx_jwk) k = calloc(1, sizeof *k);
    NX_NEED(k);
    k->alg = alg;
    NX_TRY(nx_jwk_read_evp(k, key));
    NX_REQUIRE(alg == NX_ALG_NONE || nx_alg_kty(alg) == k->kty, NX_ERR_JOSE_ALG);
    NX_TRY(set_kid(k, kid));
    NX_TRY(finish(k));
    *out = NX_STEAL(k);
    return NX_OK;
}

nx_kty nx_jwk_kty(const nx_jwk *k)
{
    return k->kty;
}

nx_alg nx_jwk_alg(const nx_jwk *k)
{
    return k->alg;
}

const char *nx_jwk_kid(const nx_jwk *k)
{
    return k->kid;
}

const char *nx_jwk_thumbprint(const nx_jwk *k)
{
    return k->thumbprint;
}

EVP_PKEY *nx_jwk_evp(const nx_jwk *k)
{
    return k->evp;
}

json_t *nx_jwk_public(const nx_jwk *k)
{
    json_t *j = k->kty == NX_KTY_EC
                    ? json_pack("{ssssssss}", "kty", "EC", "crv", "P-256", "x", k->first, "y", k->second)
                    : json_pack("{ssssss}", "kty", "RSA", "n", k->first, "e", k->second);
    bool ok = j && json_object_set_new(j, "use", json_string("sig")) == 0 &&
              (!k->kid || json_object_set_new(j, "kid", json_string(k->kid)) == 0) &&
              (k->alg == NX_ALG_NONE || json_object_set_new(j, "alg", json_string(nx_alg_name(k->alg))) == 0);
    if (ok) return j;
    json_decref(j);
    return NULL;
}

NX_FALLIBLE nx_jwk_verify(const nx_jwk *k, nx_alg alg, nx_span message, nx_span signature)
{
    NX_REQUIRE(alg != NX_ALG_NONE && (k->alg == NX_ALG_NONE || k->alg == alg), NX_ERR_JOSE_ALG);
    return nx_alg_verify(alg, k->evp, message, signature);
}
