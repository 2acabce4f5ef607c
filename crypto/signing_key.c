#include "crypto/signing_key.h"

#include <stdlib.h>

NX_FALLIBLE nx_signing_key_make(nx_signing_key **out, const struct nx_key_row *row, EVP_PKEY *pair,
                                char *certificate)
{
    nx_signing_key *made = calloc(1, sizeof *made);
    if (!made) {
        EVP_PKEY_free(pair);
        free(certificate);
    }
    NX_NEED(made);
    NX_AUTO(nx_signing_key) k = made;
    atomic_init(&k->refs, 1);
    k->use = row->use;
    k->alg = row->alg;
    k->pair = pair;
    k->certificate = certificate;
    NX_TRY(nx_jwk_from_evp(&k->jwk, pair, row->alg, row->kid));
    *out = NX_STEAL(k);
    return NX_OK;
}

nx_signing_key *nx_signing_key_hold(nx_signing_key *k)
{
    atomic_fetch_add_explicit(&k->refs, 1, memory_order_relaxed);
    return k;
}

void nx_signing_key_release(nx_signing_key *k)
{
    if (!k || atomic_fetch_sub_explicit(&k->refs, 1, memory_order_acq_rel) != 1) return;
    EVP_PKEY_free(k->pair);
    nx_jwk_close(k->jwk);
    free(k->certificate);
    free(k);
}

const char *nx_signing_key_kid(const nx_signing_key *k)
{
    return nx_jwk_kid(k->jwk);
}

nx_alg nx_signing_key_alg(const nx_signing_key *k)
{
    return k->alg;
}

nx_key_use nx_signing_key_use(const nx_signing_key *k)
{
    return k->use;
}

const nx_jwk *nx_signing_key_jwk(const nx_signing_key *k)
{
    return k->jwk;
}

const char *nx_signing_key_certificate(const nx_signing_key *k)
{
    return k->certificate;
}

NX_FALLIBLE nx_signing_key_sign(const nx_signing_key *k, uint8_t out[NX_SIGNATURE_MAX], size_t *n,
                                nx_span message)
{
    NX_REQUIRE(!nx_key_use_opens(k->use), NX_ERR_JOSE_ALG);
    return nx_alg_sign(out, n, k->alg, k->pair, message);
}

NX_FALLIBLE nx_signing_key_verify(const nx_signing_key *k, nx_span message, nx_span signature)
{
    return nx_alg_verify(k->alg, k->pair, message, signature);
}
