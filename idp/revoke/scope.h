/* What differs between the scopes of a revocation, a row each. */
#ifndef NX_REVOKE_SCOPE_H
#define NX_REVOKE_SCOPE_H

#include "revoke/revoke.h"
#include "sessions/kill.h"

struct nx_revoke_row {
    const char *name;          /* in the registry's row and in the receipt */
    enum nx_revoke_scope scope;
    char epoch;                /* what a revocation raises, of the target; 0: nothing */
    enum nx_kill_scope kill;
    unsigned acts;             /* bit 1 << enum nx_revoke_act */
    /* Checks and changes the target's own row inside the change, and finds the subject. */
    nx_result (*change)(struct nx_house *h, nx_arena *a, struct nx_revoke_order *order);
    /* Whether the act was done before, so that it succeeds again without being done again; NULL: never known. */
    bool (*done)(struct nx_house *h, nx_arena *a, const struct nx_revoke_order *order);
};

const struct nx_revoke_row *nx_revoke_row_of(enum nx_revoke_scope scope);
/* NULL for a name that no row has. */
const struct nx_revoke_row *nx_revoke_row_named(const char *name);

/* "revoke", "suspend", "resume". */
const char *nx_revoke_act_name(enum nx_revoke_act act);
enum nx_kill_act nx_revoke_kill_act(const char *act_name);

#endif
