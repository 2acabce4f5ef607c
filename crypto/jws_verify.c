#include "base/text.h"
#include "crypto/jwk_type.h"
#include "crypto/jws.h"
#include "crypto/keyring_ring.h"

#include <strings.h>

static bool typ_is(const char *typ, const char *expected)
{
    static const char prefix[] = "application/";
    if (strncasecmp(typ, prefix, sizeof prefix - 1) == 0) typ += sizeof prefix - 1;
    return strcasecmp(typ, expected) == 0;
}

static void give(struct nx_jws *out, const struct nx_jose_parts *parts)
{
    *out =
        (struct nx_jws){.alg = parts->alg, .kid = parts->kid, .typ = parts->typ, .payload = parts->payload};
}

static nx_result check_own_typ(const struct nx_jose_parts *parts, const char *typ)
{
    bool good = typ ? parts->typ && typ_is(parts->typ, typ) : !parts->typ || typ_is(parts->typ, "JWT");
    NX_REQUIRE(good, NX_ERR_JOSE_TYP);
    return NX_OK;
}

static nx_result verify_once(nx_keyring *r, const nx_signing_key *k, const struct nx_jose_parts *parts,
                             nx_span token)
{
    uint8_t digest[NX_SHA256_LEN];
    NX_TRY(nx_sha256(digest, token));
    if (nx_verified_has(&r->verified, digest)) return NX_OK;
    NX_TRY(nx_signing_key_verify(k, parts->input, parts->signature));
    nx_verified_add(&r->verified, digest);
    return NX_OK;
}

NX_FALLIBLE nx_jws_verify_own(struct nx_jws *out, nx_arena *a, nx_keyring *r, uint32_t uses, const char *typ,
                              nx_span token)
{
    struct nx_jose_parts parts;
    NX_TRY(nx_jose_guard_jws(&parts, a, token));
    NX_REQUIRE(parts.kid, NX_ERR_JOSE_KEY);
    NX_AUTO(nx_signing_key) k = NULL;
    NX_TRY(nx_keyring_find(&k, r, uses, nx_span_str(parts.kid)));
    NX_REQUIRE(parts.alg == nx_signing_key_alg(k), NX_ERR_JOSE_ALG);
    NX_TRY(check_own_typ(&parts, typ));
    NX_TRY(verify_once(r, k, &parts, token));
    give(out, &parts);
    return NX_OK;
}

static nx_result check_rules(const struct nx_jose_parts *parts, const struct nx_jws_rules *rules)
{
    NX_REQUIRE(rules->algs & NX_ALG_BIT(parts->alg), NX_ERR_JOSE_ALG);
    if (!parts->typ) {
        NX_REQUIRE(rules->no_typ, NX_ERR_JOSE_TYP);
        return NX_OK;
    }
    for (const char *const *t = rules->typ; t && *t; t++)
        if (typ_is(parts->typ, *t)) return NX_OK;
    NX_FAIL(NX_ERR_JOSE_TYP);
}

static inline void cjose_jws_auto(cjose_jws_t **j)
{
    if (*j) cjose_jws_release(*j);
}
static inline void cjose_jwk_auto(cjose_jwk_t **k)
{
    if (*k) cjose_jwk_release(*k);
}
#define AUTO_CJOSE_JWK __attribute__((cleanup(cjose_jwk_auto))) cjose_jwk_t *
#define AUTO_CJOSE_JWS __attribute__((cleanup(cjose_jws_auto))) cjose_jws_t *

/* The library gets what the guard let through, with a key that fits the algorithm. */
static nx_result verify_foreign(const nx_jwk *key, const struct nx_jose_parts *parts, nx_span token)
{
    bool fits = nx_alg_fits(parts->alg, key->evp) && (key->alg == NX_ALG_NONE || key->alg == parts->alg);
    NX_REQUIRE(fits, NX_ERR_JOSE_ALG);
    NX_REQUIRE(parts->signature.n == nx_alg_signature_len(parts->alg, key->evp), NX_ERR_SIGNATURE);
    cjose_err why;
    AUTO_CJOSE_JWK same = NULL;
    NX_TRY(nx_jwk_cjose(&same, key));
    AUTO_CJOSE_JWS jws = cjose_jws_import((const char *)token.p, token.n, &why);
    NX_REQUIRE(jws, NX_ERR_JOSE_FORM);
    NX_REQUIRE(cjose_jws_verify(jws, same, &why), NX_ERR_SIGNATURE);
    return NX_OK;
}

NX_FALLIBLE nx_jws_verify(struct nx_jws *out, nx_arena *a, const nx_jwk *key,
                          const struct nx_jws_rules *rules, nx_span token)
{
    struct nx_jose_parts parts;
    NX_TRY(nx_jose_guard_jws(&parts, a, token));
    NX_TRY(check_rules(&parts, rules));
    NX_TRY(verify_foreign(key, &parts, token));
    give(out, &parts);
    return NX_OK;
}

/* Without a kid, only an unambiguous choice will do. */
static const nx_jwk *only_fitting(const nx_jwks *keys, nx_alg alg)
{
    const nx_jwk *found = NULL;
    for (size_t i = 0; i < nx_jwks_count(keys); i++) {
        const nx_jwk *k = nx_jwks_at(keys, i);
        if (!nx_alg_fits(alg, k->evp) || (k->alg != NX_ALG_NONE && k->alg != alg)) continue;
        if (found) return NULL;
        found = k;
    }
    return found;
}

NX_FALLIBLE nx_jws_verify_set(struct nx_jws *out, nx_arena *a, const nx_jwks *keys,
                              const struct nx_jws_rules *rules, nx_span token)
{
    struct nx_jose_parts parts;
    NX_TRY(nx_jose_guard_jws(&parts, a, token));
    NX_TRY(check_rules(&parts, rules));
    const nx_jwk *key =
        parts.kid ? nx_jwks_find(keys, nx_span_str(parts.kid)) : only_fitting(keys, parts.alg);
    NX_REQUIRE(key, NX_ERR_JOSE_KEY);
    NX_TRY(verify_foreign(key, &parts, token));
    give(out, &parts);
    return NX_OK;
}
