/* The browser's way through the portals. Inside this folder only. */
#ifndef NX_SAML_LOGOUT_WAY_H
#define NX_SAML_LOGOUT_WAY_H

#include "registry/outbox.h"
#include "saml/logout.h"

/* A ticket, and what became of the portals of its revocation so far. */
struct nx_slo_way {
    struct nx_house *house;
    nx_arena *arena;
    const struct nx_visitor *who;
    const char *ticket;
    int64_t seq;
    struct nx_slo_asker asker;
    const char *goal;
    struct nx_notice_list notices;
};

/* The ticket is looked at, not used up. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_slo_way_open(struct nx_slo_way *w, struct nx_house *house, nx_arena *a, const struct nx_visitor *who,
                            const char *ticket);
/* Reads the notices anew. */
NX_FALLIBLE nx_slo_way_read(struct nx_slo_way *w);
/* The next portal is asked, or, when none is left and all went well, the one who asked is answered; otherwise the page.
 * leave_behind: a portal that was asked and has not answered counts as failed, and a failure is no reason to stop at the
 * page: the person has seen it. */
NX_FALLIBLE nx_slo_way_on(struct nx_slo *out, struct nx_slo_way *w, bool leave_behind);
/* Answers the one who asked, or gives the goal. */
NX_FALLIBLE nx_slo_way_end(struct nx_slo *out, struct nx_slo_way *w);
/* The portal of this client that was asked by the request of that ID; NULL. */
const struct nx_notice *nx_slo_way_asked(const struct nx_slo_way *w, const char *client, const char *request_id);

enum nx_slo_state nx_slo_state_of(const struct nx_notice *n);
/* Ids of the portals that cannot be told at all: owned by the caller. */
NX_FALLIBLE nx_slo_unreached(json_t **out, struct nx_house *house, nx_arena *a, int64_t seq);
/* Whether a portal of the revocation failed or cannot be told. */
NX_FALLIBLE nx_slo_partial(bool *out, struct nx_slo_way *w);

/* The ID of the request that a notice is sent as, by its try: the same when it is asked for again, so that an answer can be
 * told from others without keeping it. */
NX_FALLIBLE nx_slo_request_id(const char **out, struct nx_house *house, nx_arena *a, int64_t notice, int64_t tries);
/* What a notice tells. NX_ERR_NOT_FOUND for one without a name. */
NX_FALLIBLE nx_slo_of_notice(struct nx_saml_logout *out, struct nx_house *house, nx_arena *a, const struct nx_notice *n);

#endif
