/* Our own metadata: one signed EntityDescriptor with both roles, for portals (IDPSSODescriptor) and for upstream
 * providers (SPSSODescriptor). SAML 2.0 Metadata, section 2.
 *
 * The keys that sign are there before they sign and as long as what they signed is believed; of those that decrypt,
 * the one to encrypt to. The document is made when the keyring changes or it grows old, and is answered from memory
 * otherwise. */
#ifndef NX_SAML_METADATA_H
#define NX_SAML_METADATA_H

#include "base/arena.h"
#include "base/clock.h"

struct nx_house;

#define NX_SAML_METADATA_VALID_S 604800 /* validUntil from when it was made */

/* The document, in the arena; *max_age: seconds for which it may be kept. */
NX_FALLIBLE nx_saml_own_metadata(nx_span *xml, int64_t *max_age, struct nx_house *house, nx_arena *a);

#endif
