/* Approvals: an act that one operator asked for and another one allows, once, before it expires (SECURITY.md
 * 24). */
#ifndef NX_REGISTRY_APPROVAL_H
#define NX_REGISTRY_APPROVAL_H

#include "registry/registry.h"

#define NX_APPROVAL_S 900
#define NX_APPROVALS_MAX 100 /* that wait */

struct nx_approval {
    nx_id id;
    const char *act;
    const char *scopes;
    const char *asked_by; /* actor */
    nx_time asked;
    nx_time expires;
    const char *approved_by; /* another actor; NULL: nobody yet */
};

/* Uses up an approved one of this act, scopes and asker. *granted false when there is none. */
NX_FALLIBLE nx_approval_take(nx_registry *r, const struct nx_approval *wanted, nx_time now, bool *granted);
/* Asks: id and times are drawn here; one that waits already is found instead. NX_ERR_LIMIT past
 * NX_APPROVALS_MAX. */
NX_FALLIBLE nx_approval_ask(nx_registry *r, struct nx_approval *wanted, nx_time now);
/* NX_ERR_NOT_FOUND when it does not wait any more, or waits for somebody else than this actor: who asked
 * approves nothing. */
NX_FALLIBLE nx_approval_give(nx_registry *r, const char *id, const char *actor, nx_time now);
/* Those that have neither expired nor been used, oldest first. */
NX_FALLIBLE nx_approval_list(nx_registry *r, nx_arena *a, nx_time now, struct nx_approval **out, size_t *n);

#endif
