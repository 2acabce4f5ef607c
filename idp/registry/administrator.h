/* Administrators: operators who enter the console by a passkey of their own (SECURITY.md 24). A row is one
 * person's one passkey, with the scopes of the console session in which it was enrolled; the actor of what
 * she does is "admin:ID". */
#ifndef NX_REGISTRY_ADMINISTRATOR_H
#define NX_REGISTRY_ADMINISTRATOR_H

#include "registry/passkey.h"

#define NX_ADMINISTRATORS_MAX 50

struct nx_administrator {
    /* id, state, alg, counter, backup_eligible, created, used, credential_id, public_key and name are used.
     */
    struct nx_passkey key;
    const char *scopes;  /* space separated */
    const char *made_by; /* actor */
};

/* id and created are drawn here. NX_ERR_CONFLICT when the credential stands already, NX_ERR_LIMIT past
 * NX_ADMINISTRATORS_MAX. */
NX_FALLIBLE nx_administrator_create(nx_registry *r, struct nx_administrator *m);
/* NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_administrator_by_credential(nx_registry *r, nx_arena *a, nx_span credential_id,
                                           struct nx_administrator *out);
/* Oldest first. */
NX_FALLIBLE nx_administrator_list(nx_registry *r, nx_arena *a, struct nx_administrator **out, size_t *n);
/* As nx_passkey_count. */
NX_FALLIBLE nx_administrator_count(nx_registry *r, const char *id, uint32_t counter, bool *regressed);
/* With the console sessions of hers. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_administrator_delete(nx_registry *r, const char *id);

#endif
