/* Proofs: what a phone says, a compact JWS by its device key (docs/PROTOCOL-qr.md section 5.1).
 *
 * The typ is the label: no proof passes for another (rule 10). A proof is bound to this server by aud, to a
 * moment by iat, to one use by jti. */
#ifndef NX_QR_PROOF_H
#define NX_QR_PROOF_H

#include "base/json.h"
#include "crypto/jwk.h"
#include "house/house.h"
#include "registry/qr_identity.h"

#define NX_QR_PROOF_MAX 2048
#define NX_QR_PROOF_SKEW_S 60
#define NX_QR_PROOF_JTI_LEN 22

enum nx_qr_proof_label {
#define X(name, typ, members) NX_QR_PROOF_##name,
#include "qr/proof.def"
#undef X
    NX_QR_PROOF_LABELS
};

/* A verified proof. */
struct nx_qr_proof {
    struct nx_qr_identity who; /* not for enrol */
    nx_jwk *key;               /* owned: nx_qr_proof_clear */
    json_t *payload;           /* owned; exactly the members of the label */
    const char *text;          /* the proof itself, borrowed: evidence */
};
void nx_qr_proof_clear(struct nx_qr_proof *p);
#define NX_AUTO_QR_PROOF(name)                                                                               \
    __attribute__((cleanup(nx_qr_proof_clear))) struct nx_qr_proof name = {.key = NULL}

/* Verifies form, key, signature, audience, time and first use; then the identity must be active (any ==
 * false) or may have any state (sync). NX_ERR_QR_MALFORMED, NX_ERR_QR_PROOF, NX_ERR_QR_CLOCK,
 * NX_ERR_QR_REPLAYED, NX_ERR_QR_PENDING, NX_ERR_QR_SUSPENDED, NX_ERR_QR_REVOKED, NX_ERR_QR_EXPIRED; with
 * NX_ERR_QR_CLOCK *server_time is the store's. */
NX_FALLIBLE nx_qr_proof_open(struct nx_qr_proof *out, nx_arena *a, struct nx_house *house,
                             enum nx_qr_proof_label label, const char *text, bool any, nx_time *server_time);
/* An enrolment's: the key stands in the header, aud, nonce and enrolment must be these. NX_ERR_QR_KEY as
 * well. */
NX_FALLIBLE nx_qr_proof_open_enrol(struct nx_qr_proof *out, nx_arena *a, struct nx_house *house,
                                   const char *text, const char *enrolment, const char *nonce,
                                   nx_time *server_time);

/* A text member of a proof's payload before anything is verified: only good for finding what it must be
 * verified with. NX_ERR_QR_MALFORMED. */
NX_FALLIBLE nx_qr_proof_peek(const char **out, nx_arena *a, const char *text, const char *member);

/* The state of an identity as an error; NX_OK when it is active and not expired. */
NX_FALLIBLE nx_qr_usable(const struct nx_qr_identity *q, nx_time now);

#endif
