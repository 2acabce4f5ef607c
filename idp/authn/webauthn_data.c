#include "authn/webauthn_data.h"

#include "base/secret.h"
#include "crypto/digest.h"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

#define RSA_BITS 2048

static uint32_t big_endian(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

nx_result nx_auth_data_read(struct nx_auth_data *out, const char *rp_id, nx_span bytes)
{
    uint8_t rp[NX_SHA256_LEN];
    NX_REQUIRE(bytes.n <= NX_WEBAUTHN_AUTH_DATA_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(bytes.n >= NX_AUTH_DATA_FIXED, NX_ERR_WEBAUTHN_FORM);
    NX_TRY(nx_sha256(rp, nx_span_str(rp_id)));
    NX_REQUIRE(nx_ct_equal_n(rp, bytes.p, sizeof rp), NX_ERR_WEBAUTHN_RP);
    *out = (struct nx_auth_data){.flags = bytes.p[32], .counter = big_endian(bytes.p + 33)};
    NX_REQUIRE(out->flags & NX_FLAG_UP, NX_ERR_WEBAUTHN_PRESENCE);
    NX_REQUIRE(out->flags & NX_FLAG_UV, NX_ERR_WEBAUTHN_UV);
    /* What cannot be backed up is not backed up (section 6.1.3). */
    NX_REQUIRE(out->flags & NX_FLAG_BE || !(out->flags & NX_FLAG_BS), NX_ERR_WEBAUTHN_FLAGS);
    return NX_OK;
}

static EVP_PKEY *es256(nx_span k)
{
    es256_pk_t *pk = es256_pk_new();
    EVP_PKEY *key = pk && es256_pk_from_ptr(pk, k.p, k.n) == FIDO_OK ? es256_pk_to_EVP_PKEY(pk) : NULL;
    es256_pk_free(&pk);
    return key;
}

static EVP_PKEY *rs256(nx_span k)
{
    rs256_pk_t *pk = rs256_pk_new();
    EVP_PKEY *key = pk && rs256_pk_from_ptr(pk, k.p, k.n) == FIDO_OK ? rs256_pk_to_EVP_PKEY(pk) : NULL;
    rs256_pk_free(&pk);
    if (!key || EVP_PKEY_bits(key) == RSA_BITS) return key;
    EVP_PKEY_free(key);
    return NULL;
}

nx_result nx_webauthn_key(EVP_PKEY **out, int alg, nx_span public_key)
{
    *out = NULL;
    if (alg == COSE_ES256) *out = es256(public_key);
    if (alg == COSE_RS256) *out = rs256(public_key);
    if (alg == COSE_EDDSA)
        *out = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key.p, public_key.n);
    NX_REQUIRE(*out, NX_ERR_WEBAUTHN_ALG);
    return NX_OK;
}
