/* Refresh families: the grant of a person to a client, and the refresh token that renews access by it (rule
 * 15).
 *
 * Every redeemed code makes one record; a grant without refresh token is a family whose token was never given
 * out and which ends with its access token. Without `offline` it also ends with the sign-on session.
 *
 * Confidential clients: the refresh token never changes; one round trip a refresh (nx_family_refresh).
 * Public clients: a family is a chain and only its newest link lives. A retry of the link before it, within
 * 10 s and while the successor is unused, gets the very same answer, which is kept sealed under a key derived
 * from the presented token, so that the store alone cannot read it. Any other old link means two holders and
 * no way to tell the thief: the family dies (RFC 9700 section 4.14.2). */
#ifndef NX_SESSIONS_FAMILY_H
#define NX_SESSIONS_FAMILY_H

#include "sessions/token.h"

#define NX_FAMILY_GRACE_S 10
#define NX_FAMILY_ANSWER_MAX (16u << 10)

struct nx_family {
    struct nx_handle ref;  /* id: the record's, the same for all links */
    uint32_t link;         /* the newest */
    struct nx_grant grant; /* with its epochs and status */
    nx_time expires;
    bool again; /* the link before the newest was presented in time: send `answer`, issue nothing */
    nx_span answer;
    nx_span presented; /* borrowed: the refresh token as presented */
};

/* Reads the family of a presented refresh token. NX_SPENT: it was an old link, and the family is dead now. */
NX_FALLIBLE nx_family_find(nx_store *st, nx_arena *a, const char *client_id, nx_span text,
                           struct nx_family *out, enum nx_found *found);

/* No rotation: reads the family, compares every epoch, slides its idle end and creates the record of t, in
 * one act and one round trip. The caller still checks the grant (scope, audience, key) before it signs; t is
 * worthless unsigned. NX_SPENT for a family that rotates: use find and rotate. */
NX_FALLIBLE nx_family_refresh(nx_store *st, nx_arena *a, const char *client_id, nx_span text,
                              const struct nx_token_new *t, const struct nx_note *note, struct nx_family *out,
                              enum nx_found *found);

/* The text of the link after f->link, for the answer that rotate will keep. No round trip. */
NX_FALLIBLE nx_family_next(nx_handle_text *out, const nx_store *st, const struct nx_family *f);
/* Moves to the next link, creates the record of t and keeps the answer for a retry, in one act. If another
 * retry was faster, f->again and f->answer are what it was given: send that. NX_SPENT: reuse, the family is
 * dead. */
NX_FALLIBLE nx_family_rotate(nx_store *st, nx_arena *a, struct nx_family *f, const struct nx_token_new *t,
                             nx_span answer, const struct nx_note *note, enum nx_found *found);

/* RFC 7009 for a refresh token: the family and every token of it die, status bit set. */
NX_FALLIBLE nx_family_kill(nx_store *st, nx_arena *a, uint16_t shard, const char *family,
                           const struct nx_note *note);

#endif
