/* Pairwise names (OpenID Connect Core section 8.1, QR.md section 3): the same for one sector for ever,
 * unlinkable between sectors without our key. HMAC-SHA256 over (label, sector, id) as base64url. */
#ifndef NX_CRYPTO_PAIRWISE_H
#define NX_CRYPTO_PAIRWISE_H

#include "crypto/master.h"

#define NX_PAIRWISE_LEN 43

typedef struct nx_pairwise {
    char s[NX_PAIRWISE_LEN + 1];
} nx_pairwise;

/* sub of a person in a sector. Neither may be empty (NX_ERR_MISSING). */
NX_FALLIBLE nx_pairwise_sub(nx_pairwise *out, const nx_master *m, nx_span sector, nx_span person_id);
/* qr_id of a QR identity in a sector. */
NX_FALLIBLE nx_pairwise_qr_id(nx_pairwise *out, const nx_master *m, nx_span sector, nx_span qid);

#endif
