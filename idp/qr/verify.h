/* The offline verifier: a code, a trust bundle, a moment (docs/PROTOCOL-qr.md sections 3, 10). No network, no
 * store, no registry: nixactl and tests call it with nothing but these. */
#ifndef NX_QR_VERIFY_H
#define NX_QR_VERIFY_H

#include "base/clock.h"
#include "crypto/claim169.h"
#include "crypto/cwt.h"
#include "crypto/jwk.h"
#include "qr/legacy.h"

#define NX_BUNDLE_MAX (4u << 20)
#define NX_BUNDLE_LISTS_MAX 256

typedef struct nx_bundle nx_bundle;

/* Opens the answer of /qr/bundle. trusted: the keys that are held already (a set with "purpose"), or NULL to
 * trust this one as it came. now: refused past its end (NX_ERR_EXPIRED), or if made in the future. Owned:
 * nx_bundle_close. */
NX_FALLIBLE nx_bundle_open(nx_bundle **out, nx_span text, const json_t *trusted, nx_time now);
void nx_bundle_close(nx_bundle *b);
NX_AUTO_DEFINE(nx_bundle, nx_bundle_close)
/* When it was made: its age is shown to whoever reads the verdict. */
nx_time nx_bundle_made(const nx_bundle *b);
const char *nx_bundle_issuer(const nx_bundle *b);

enum nx_qr_form { NX_FORM_HANDLE, NX_FORM_CARD, NX_FORM_LIVE, NX_FORM_LEGACY };
enum nx_qr_standing { NX_STANDING_VALID, NX_STANDING_REVOKED, NX_STANDING_SUSPENDED, NX_STANDING_UNKNOWN };

struct nx_verdict_qr {
    enum nx_qr_form form;
    enum nx_qr_standing standing; /* by the bundle's lists; UNKNOWN: its list is not in the bundle */
    bool live;                    /* made by the device itself within NX_QR_LIVE_S */
    struct nx_cwt claims;         /* of the handle or card */
    bool has_identity;
    struct nx_claim169 identity; /* of a card */
    struct nx_legacy_hint hint;  /* of a legacy code: unsigned */
    nx_time list_made;           /* iat of the list that standing was read from; 0: none */
};

/* Texts in the arena. NX_OK means: signed by the bundle's issuer and in its time (or legacy, unsigned). What
 * the caller may conclude is in standing and live. Errors: those of nx_cose_text_decode, nx_cose_parse,
 * nx_cwt_read, nx_cose_verify; NX_ERR_JOSE_KEY for a kid that the bundle lacks, NX_ERR_EXPIRED,
 * NX_ERR_NOT_YET, NX_ERR_CWT (another issuer, or a live code whose key is not the handle's). */
NX_FALLIBLE nx_qr_verify(struct nx_verdict_qr *out, nx_arena *a, const nx_bundle *b, nx_span text,
                         nx_time now);

#endif
