/* Tickets: one-time handles with a body (response codes, enrolment links, console links, pending logouts, and
 * whatever else may be used once). Taken by exactly one caller. */
#ifndef NX_SESSIONS_TICKET_H
#define NX_SESSIONS_TICKET_H

#include "sessions/store.h"

#define NX_TICKET_BODY_MAX (8u << 10)
#define NX_TICKET_LIFE_MAX_S 3600

struct nx_ticket {
    struct nx_handle ref;
    nx_time created;
    nx_time expires;
    nx_span body; /* in the arena */
};

NX_FALLIBLE nx_ticket_make(nx_handle_text *out, nx_store *st, nx_arena *a, nx_handle_type type,
                           nx_span holder, nx_span body, int64_t life_s);
/* Reads without using it up. NX_FOUND, NX_GONE, NX_SPENT. */
NX_FALLIBLE nx_ticket_peek(nx_store *st, nx_arena *a, nx_handle_type type, nx_span holder, nx_span text,
                           struct nx_ticket *out, enum nx_found *found);
/* Uses it up: NX_FOUND for exactly one caller; NX_SPENT as long as it would have lived, then NX_GONE. */
NX_FALLIBLE nx_ticket_take(nx_store *st, nx_arena *a, nx_handle_type type, nx_span holder, nx_span text,
                           struct nx_ticket *out, enum nx_found *found);

#endif
