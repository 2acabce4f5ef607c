/* What the supervisor runs, told to `nixactl status` by a file. */
#ifndef NX_MAIN_NIXACTL_STATE_H
#define NX_MAIN_NIXACTL_STATE_H

#include "base/clock.h"
#include "nixactl_child.h"

struct nx_run_state {
    const char *issuer;
    const char *listen;
    nx_time since;
    bool ready;
    struct nx_child *const *children;
    unsigned count;
};

/* Writes NX_STATE_FILE anew. A failure is said and otherwise ignored: nothing depends on it but status. */
void nx_state_write(const struct nx_run_state *s);

#endif
