/* The fixed part of authenticator data (WebAuthn section 6.1), inside this folder only.
 *
 *   rpIdHash (32) | flags (1) | signature counter (4, big endian) | attested credential data | extensions */
#ifndef NX_AUTHN_WEBAUTHN_DATA_H
#define NX_AUTHN_WEBAUTHN_DATA_H

#include "authn/webauthn.h"

#include <openssl/evp.h>

#define NX_AUTH_DATA_FIXED 37
#define NX_AUTH_DATA_KEY 55 /* with AAGUID and length of the credential id: where that begins */

enum {
    NX_FLAG_UP = 0x01, /* somebody was present */
    NX_FLAG_UV = 0x04, /* and was verified */
    NX_FLAG_BE = 0x08, /* may be copied to other devices */
    NX_FLAG_BS = 0x10, /* is */
    NX_FLAG_AT = 0x40, /* attested credential data follows */
    NX_FLAG_ED = 0x80, /* extensions follow */
};

struct nx_auth_data {
    uint8_t flags;
    uint32_t counter;
};

/* Reads and checks what registration and assertion have in common. NX_ERR_LIMIT, NX_ERR_WEBAUTHN_FORM,
 * NX_ERR_WEBAUTHN_RP, NX_ERR_WEBAUTHN_PRESENCE, NX_ERR_WEBAUTHN_UV, NX_ERR_WEBAUTHN_FLAGS. */
NX_FALLIBLE nx_auth_data_read(struct nx_auth_data *out, const char *rp_id, nx_span bytes);

/* A public key as it is stored, for OpenSSL; owned. NX_ERR_WEBAUTHN_ALG when it is none (a point off the
 * curve, a modulus of another length). */
NX_FALLIBLE nx_webauthn_key(EVP_PKEY **out, int alg, nx_span public_key);

/* The statement of format "packed" (section 8.2) over auth_data and the digest of the client data: fills
 * attestation and chain. statement is the map. NX_ERR_WEBAUTHN_ATTESTATION. */
struct nx_cbor;
NX_FALLIBLE nx_webauthn_packed(struct nx_webauthn_created *out, nx_arena *a, const struct nx_cbor *statement,
                               nx_span auth_data, nx_span client_data);

#endif
