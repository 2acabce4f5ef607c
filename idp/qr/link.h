/* Links inside QR codes, strict both ways (docs/PROTOCOL-qr.md section 4).
 *
 *   HTTPS://HOST/Q/<order: 26 B32>/<t>/<mac: 16 B32>
 *   HTTPS://HOST/Q/E/<secret: 26 B32> */
#ifndef NX_QR_LINK_H
#define NX_QR_LINK_H

#include "base/clock.h"
#include "base/text.h"

#define NX_FRAME_MAC_LEN 10 /* bytes: 80 bits */
#define NX_FRAME_MAC_TEXT 16
#define NX_QR_LINK_MAX 320

enum nx_link_kind { NX_LINK_ORDER, NX_LINK_ENROL };

struct nx_link {
    enum nx_link_kind kind;
    nx_id id; /* order, or the secret of an enrolment; lower case */
    nx_time t;
    uint8_t mac[NX_FRAME_MAC_LEN];
};

/* origin: the issuer. In the arena. */
char *nx_link_order(nx_arena *a, const char *origin, const struct nx_link *l);
char *nx_link_enrol(nx_arena *a, const char *origin, const nx_id *secret);
/* Upper case only; the origin must be this issuer's. NX_ERR_SYNTAX, NX_ERR_UNKNOWN (another origin). */
NX_FALLIBLE nx_link_parse(struct nx_link *out, const char *origin, nx_span text);
/* A mac as it stands in links and proofs. */
NX_FALLIBLE nx_link_mac(uint8_t out[NX_FRAME_MAC_LEN], nx_span text);

#endif
