/* Epochs: the truth of revocation (rule 19). A number per person, QR identity, client, session revoked before
 * its end, and one for the system. It starts at 0 without a row and only grows. The store holds copies;
 * idp/house joins these functions to the source that sessions/epoch.h asks for. */
#ifndef NX_REGISTRY_EPOCH_H
#define NX_REGISTRY_EPOCH_H

#include "registry/registry.h"

#define NX_EPOCH_ID_MAX 64

/* kind is a lower-case letter: 'p' person, 'q' QR identity, 'c' client, 'u' upstream, 's' session, 'y' system (id
 * "system"). */
NX_FALLIBLE nx_registry_epoch_get(nx_registry *r, char kind, const char *id, int64_t *value);
/* The same for a thing that must exist: NX_ERR_NOT_FOUND when there is no such person, QR identity, client or upstream
 * (any more). One statement. */
NX_FALLIBLE nx_registry_epoch_load(nx_registry *r, char kind, const char *id, int64_t *value);
/* Raises by one; *value is the new one. Inside the change of the act that raises it. */
NX_FALLIBLE nx_registry_epoch_raise(nx_registry *r, char kind, const char *id, int64_t *value);

#endif
