/* The supervisor's state, shared by its loop (nixactl_up.c) and the steps of the start (nixactl_start.c). */
#ifndef NX_MAIN_NIXACTL_START_H
#define NX_MAIN_NIXACTL_START_H

#include "base/clock.h"
#include "nixactl_child.h"
#include "nixactl_plan.h"

enum nx_step { NX_STEP_STORE, NX_STEP_SERVER, NX_STEP_EDGE, NX_STEP_READY };

struct nx_up {
    struct nx_plan plan;
    struct nx_child redis, nixad, edge, provider, portal[NX_PORTALS];
    struct nx_child *children[4 + NX_PORTALS]; /* those that this plan has */
    unsigned count;
    enum nx_step step; /* what is waited for */
    int64_t began_ms;
    int64_t certificates_due_ms;
    nx_time since;
    bool stopping;
    bool stale;     /* the state file says something old */
    bool misplaced; /* nixad says that the folder belongs to another issuer */
};

/* Fills the children from the plan, none of them started. Says why it fails. */
NX_FALLIBLE nx_up_define(struct nx_up *u);
/* The child is to run from now on. */
void nx_up_want(struct nx_up *u, struct nx_child *c);
/* Takes the next step of the start if what it waits for is there. Says why it fails. */
NX_FALLIBLE nx_up_advance(struct nx_up *u);

#endif
