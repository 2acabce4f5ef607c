/* Web Authentication Level 3, the relying party's half: what a browser and an authenticator say, taken apart
 * and verified. No I/O and no clock; the caller gives what is expected and stores what comes out.
 *
 * Ours: the sizes, the JSON of clientDataJSON (type, challenge, origin, no frame of another origin), the CBOR
 * of the attestation object (crypto/cbor.h: depth, items, canonical), the RP id hash and the rules of the
 * flags, and the attestation with its chain of certificates. libfido2's: the credential inside the
 * authenticator data with its COSE key, and the whole of an assertion, whose RP id, presence and verification
 * it looks at again.
 *
 * Attestation formats: "packed" (by certificates or by the key itself) is verified; of every other format the
 * statement is not looked at, and the credential counts as not attested. A credential whose user was not
 * verified is refused in registration and in assertion: it would be possession only. */
#ifndef NX_AUTHN_WEBAUTHN_H
#define NX_AUTHN_WEBAUTHN_H

#include "base/arena.h"
#include "base/clock.h"
#include "registry/passkey.h"

#define NX_WEBAUTHN_CHALLENGE_LEN 32
#define NX_WEBAUTHN_CLIENT_DATA_MAX (4u << 10)
#define NX_WEBAUTHN_ATTESTATION_MAX (8u << 10)
#define NX_WEBAUTHN_AUTH_DATA_MAX (2u << 10)
#define NX_WEBAUTHN_SIGNATURE_MAX 512
#define NX_WEBAUTHN_CHAIN_MAX 4

#define NX_COSE_RS256 (-257)

/* What must be so. */
struct nx_webauthn_expect {
    const char *rp_id;  /* "localhost" */
    const char *origin; /* "https://localhost:8443", exactly */
    nx_span challenge;
};

enum nx_attestation {
    NX_ATTESTATION_NONE, /* nothing, or a format that is not looked at */
    NX_ATTESTATION_SELF, /* packed, by the key itself: says nothing of the model */
    NX_ATTESTATION_CHAIN /* packed, by certificates: worth what nx_webauthn_trusted says */
};

/* A new credential, verified; spans in the arena. */
struct nx_webauthn_created {
    nx_span credential_id;
    nx_span public_key; /* ES256: x | y, 64 bytes; EdDSA: 32 bytes; RS256: n | e, 259 bytes */
    int alg;
    uint32_t counter;
    bool backup_eligible;
    bool backed_up;
    uint8_t aaguid[NX_AAGUID_LEN];
    enum nx_attestation attestation;
    nx_span chain[NX_WEBAUTHN_CHAIN_MAX]; /* DER, the attestation certificate first */
    size_t chain_length;
};

/* Section 7.1, with what the browser's AuthenticatorAttestationResponse holds. NX_ERR_LIMIT,
 * NX_ERR_WEBAUTHN_FORM, NX_ERR_WEBAUTHN_TYPE, NX_ERR_WEBAUTHN_CHALLENGE, NX_ERR_WEBAUTHN_ORIGIN,
 * NX_ERR_WEBAUTHN_RP, NX_ERR_WEBAUTHN_PRESENCE, NX_ERR_WEBAUTHN_UV, NX_ERR_WEBAUTHN_FLAGS,
 * NX_ERR_WEBAUTHN_ALG, NX_ERR_WEBAUTHN_ATTESTATION. */
NX_FALLIBLE nx_webauthn_create(struct nx_webauthn_created *out, nx_arena *a,
                               const struct nx_webauthn_expect *x, nx_span client_data,
                               nx_span attestation_object);

/* Whether the chain of certificates leads to one of the anchors (PEM) at that time, and its first one may
 * attest this model (section 8.2.1). *out false for everything else; fails only when memory does. */
NX_FALLIBLE nx_webauthn_trusted(bool *out, const struct nx_webauthn_created *c, const char *anchors,
                                nx_time now);

/* One to sixteen certificates in PEM. */
bool nx_webauthn_anchors_ok(const char *anchors);

/* Section 7.2. */
struct nx_webauthn_assertion {
    nx_span client_data;
    nx_span auth_data;
    nx_span signature;
};
struct nx_webauthn_asserted {
    uint32_t counter;
    bool backup_eligible;
    bool backed_up;
};
/* k: alg, public_key and backup_eligible are read. Errors as above, and NX_ERR_SIGNATURE. The counter is
 * compared where it is stored (nx_passkey_count). */
NX_FALLIBLE nx_webauthn_assert(struct nx_webauthn_asserted *out, const struct nx_webauthn_expect *x,
                               const struct nx_passkey *k, const struct nx_webauthn_assertion *s);

/* clientDataJSON alone; type "webauthn.create" or "webauthn.get". */
NX_FALLIBLE nx_webauthn_client_data(const struct nx_webauthn_expect *x, const char *type,
                                    nx_span client_data);

#endif
