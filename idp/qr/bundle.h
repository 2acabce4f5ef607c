/* The inside of a trust bundle, for the verifier alone. */
#ifndef NX_QR_BUNDLE_H
#define NX_QR_BUNDLE_H

#include "crypto/status_list.h"
#include "qr/verify.h"

/* The bundle's key with that purpose and kid; NULL when there is none. */
const nx_jwk *nx_bundle_key(const nx_bundle *b, const char *purpose, nx_span kid);
/* The list with that URI; NULL when the bundle lacks it. */
const struct nx_tsl *nx_bundle_list(const nx_bundle *b, const char *uri);

#endif
