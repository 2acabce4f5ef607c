/* Client certificates as an authenticator: the state's PKI, USB tokens, chip cards.
 *
 * The edge asks for one on a port of its own and passes on what it got (RFC 9440); here it is verified whole:
 * path to the operator's anchors, stated use, policies, whether it still stands. Whose it is: the person's who has
 * bound it to herself, at the level of that session (SECURITY.md 3); or, where the operator says so, the person's
 * whose national number the authority wrote into it. */
#ifndef NX_AUTHN_CERTIFICATE_H
#define NX_AUTHN_CERTIFICATE_H

#include "authn/sign_in.h"
#include "crypto/cert.h"

/* The value of the Client-Cert field: a byte sequence of RFC 8941 (":base64:"). In the arena. NX_ERR_MISSING
 * (NULL, empty), NX_ERR_CERT. */
NX_FALLIBLE nx_certificate_field(nx_span *der, nx_arena *a, const char *value);

/* Verifies a certificate, standing and all. *out is owned by the caller. Errors of nx_cert_open and
 * nx_standing_check; NX_ERR_CERT_UNTRUSTED when no anchors are set. EGRESS lane. */
NX_FALLIBLE nx_certificate_verify(nx_cert **out, struct nx_house *house, nx_arena *a, nx_span der);

/* Who it proves; strings in the arena. NX_ERR_CERT_STRANGER. */
NX_FALLIBLE nx_certificate_prove(struct nx_proof *out, struct nx_house *house, nx_arena *a, const nx_cert *c);

/* Binds it to a person at the level that her session proves, with its audit row in one durable change.
 * NX_ERR_CONFLICT: it is somebody's already; NX_ERR_LIMIT. */
NX_FALLIBLE nx_certificate_bind(struct nx_house *house, nx_arena *a, const char *person, int level,
                                const nx_cert *c);
/* NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_certificate_unbind(struct nx_house *house, nx_arena *a, const char *person, const char *id);

#endif
