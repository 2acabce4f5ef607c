/* Links: who somebody is at an upstream, and who she is here. (upstream, subject) names one person for ever, or
 * until the link is removed; a person may have several, also at one upstream. What makes a link is decided in
 * idp/hub and nowhere else; an e-mail address never does. */
#ifndef NX_REGISTRY_LINK_H
#define NX_REGISTRY_LINK_H

#include "registry/upstream.h"

#define NX_LINK_SUBJECT_MAX 512
#define NX_LINKS_MAX 64 /* of one person */

enum nx_link_how {
    NX_LINK_JIT,    /* the person was made at her first sign-in through it */
    NX_LINK_NUMBER, /* a verified national number, from an upstream that is trusted for it */
    NX_LINK_PROVEN, /* both accounts were proven in one session */
    NX_LINK_ADMIN   /* an operator */
};

struct nx_link {
    const char *upstream; /* its id; in the caller's arena */
    const char *subject;
    nx_id person;
    enum nx_link_how how;
    nx_time created;
    nx_time used; /* of the last sign-in, 0 never */
};

/* "jit", "number", "proven", "admin". */
const char *nx_link_how_name(enum nx_link_how how);

/* NX_ERR_CONFLICT when the subject has a link already, or upstream or person do not exist; NX_ERR_LIMIT for a
 * subject over NX_LINK_SUBJECT_MAX bytes or a person with NX_LINKS_MAX links; NX_ERR_ENCODING for control
 * characters. */
NX_FALLIBLE nx_link_add(nx_registry *r, const char *upstream, nx_span subject, const char *person,
                        enum nx_link_how how);
/* NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_link_find(nx_registry *r, nx_arena *a, const char *upstream, nx_span subject, struct nx_link *out);
/* Remembers a use, at most once an hour: the common sign-in costs no write. */
NX_FALLIBLE nx_link_used(nx_registry *r, const struct nx_link *l);
/* Those of a person, oldest first. */
NX_FALLIBLE nx_link_list(nx_registry *r, nx_arena *a, const char *person, struct nx_link **out, size_t *n);
/* Only when it is that person's: NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_link_remove(nx_registry *r, const char *upstream, nx_span subject, const char *person);
/* How many there are to an upstream. */
NX_FALLIBLE nx_link_count(nx_registry *r, const char *upstream, int64_t *n);

#endif
