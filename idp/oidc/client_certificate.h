/* Clients that prove themselves by a certificate of the operator's authorities: tls_client_auth (RFC 8705 section 2.1).
 *
 * The edge asks for certificates on a port of its own and passes on whatever it got; here the path to --client-ca, the
 * stated use, the one name that the client registered and whether the certificate still stands are looked at (SECURITY.md
 * 28, 29). Certificates of people are not taken, nor are these for people's. */
#ifndef NX_OIDC_CLIENT_CERTIFICATE_H
#define NX_OIDC_CLIENT_CERTIFICATE_H

#include "oidc/token.h"
#include "registry/client.h"

/* Whether clients can prove themselves so here at all. */
bool nx_client_certificates_taken(const struct nx_house *house);
/* NX_ERR_CLIENT_AUTH for whatever is wrong; the log has what. NX_ERR_CLIENT_KEYS: its authority must be asked, which
 * this thread may not. */
NX_FALLIBLE nx_client_certificate_check(struct nx_house *house, nx_arena *a, const nx_client *c,
                                        const struct nx_oauth_request *rq);
/* The i-th member that names a certificate; NULL past the end. Static. */
const char *nx_client_certificate_member(size_t i);

#endif
