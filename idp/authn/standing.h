/* Whether somebody's certificate still stands, asked where it can be asked: the operator's list, the responder, the
 * list that the certificate names. What was learned is kept in this process for as long as it is good, at most
 * NX_STANDING_KEPT_S, so that a revocation is noticed soon. Who cannot be asked is no yes (SECURITY.md 29). */
#ifndef NX_AUTHN_STANDING_H
#define NX_AUTHN_STANDING_H

#include "house/house.h"

#define NX_STANDING_KEPT_S 300
#define NX_STANDING_KEPT_MAX 1024 /* certificates */
#define NX_STANDING_LISTS_MAX 8   /* revocation lists by URL */

/* Whose certificates they are decides which of the operator's list and responder are asked. */
enum nx_standing_of { NX_STANDING_PERSON, NX_STANDING_CLIENT };

/* NX_OK: it stands. NX_ERR_CERT_REVOKED; NX_ERR_CERT_STANDING: nobody could say. Calls the outside: EGRESS lane. */
NX_FALLIBLE nx_standing_check(struct nx_house *house, nx_arena *a, enum nx_standing_of of, const nx_cert *c);
/* What was learned a moment ago: UNKNOWN when that must be asked. Calls nobody. */
enum nx_cert_standing nx_standing_recall(enum nx_standing_of of, const nx_cert *c);

/* Forgets everything: at the end of the process, and in tests. No thread may be inside. */
void nx_standing_forget(void);

#endif
