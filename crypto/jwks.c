#include "crypto/jwk_type.h"

#include <stdlib.h>

struct nx_jwks {
    nx_jwk *key[NX_JWKS_KEYS_MAX];
    size_t count;
};

void nx_jwks_close(nx_jwks *s)
{
    if (!s) return;
    for (size_t i = 0; i < s->count; i++)
        nx_jwk_close(s->key[i]);
    free(s);
}

static nx_result add(nx_jwks *s, const json_t *item)
{
    nx_result r = nx_jose_guard_jwk(item);
    if (r.e == NX_ERR_UNKNOWN) return NX_OK;
    NX_TRY(r);
    NX_AUTO(nx_jwk) k = NULL;
    NX_TRY(nx_jwk_from_json(&k, item));
    NX_REQUIRE(!k->kid || !nx_jwks_find(s, nx_span_str(k->kid)), NX_ERR_DUPLICATE);
    s->key[s->count++] = NX_STEAL(k);
    return NX_OK;
}

NX_FALLIBLE nx_jwks_from_json(nx_jwks **out, const json_t *set)
{
    const json_t *keys = nx_json_array(set, "keys");
    NX_REQUIRE(keys, NX_ERR_JWK);
    NX_REQUIRE(json_array_size(keys) <= NX_JWKS_KEYS_MAX, NX_ERR_LIMIT);
    NX_AUTO(nx_jwks) s = calloc(1, sizeof *s);
    NX_NEED(s);
    for (size_t i = 0; i < json_array_size(keys); i++)
        NX_TRY(add(s, json_array_get(keys, i)));
    NX_REQUIRE(s->count, NX_ERR_JWK);
    *out = NX_STEAL(s);
    return NX_OK;
}

NX_FALLIBLE nx_jwks_parse(nx_jwks **out, nx_span json)
{
    NX_REQUIRE(json.n <= NX_JWKS_MAX, NX_ERR_LIMIT);
    NX_AUTO_JSON set = NULL;
    NX_TRY(nx_json_parse_object(&set, json));
    return nx_jwks_from_json(out, set);
}

size_t nx_jwks_count(const nx_jwks *s)
{
    return s->count;
}

const nx_jwk *nx_jwks_at(const nx_jwks *s, size_t i)
{
    return i < s->count ? s->key[i] : NULL;
}

const nx_jwk *nx_jwks_find(const nx_jwks *s, nx_span kid)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->key[i]->kid && nx_span_eq_str(kid, s->key[i]->kid)) return s->key[i];
    return NULL;
}
