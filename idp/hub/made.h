/* Inside this folder: people made at their first sign-in, links with their audit row. */
#ifndef NX_HUB_MADE_H
#define NX_HUB_MADE_H

#include "hub/hub.h"

/* A person out of what the upstream says, with its proofing and no more; fields that the registry does not take are
 * left out. Inside the caller's change. number may be NULL. */
NX_FALLIBLE nx_hub_make_person(struct nx_person_made *made, struct nx_house *house, nx_arena *a,
                               const struct nx_identity *who, const struct nx_identifier *number);

struct nx_hub_link {
    const char *upstream;
    const char *subject;
    const char *person;
    enum nx_link_how how;
    const char *actor;
};
/* The link and its audit row in one change. NX_ERR_LINK_TAKEN: the subject is somebody's already. */
NX_FALLIBLE nx_hub_link(struct nx_house *house, nx_arena *a, const struct nx_hub_link *link);

#endif
