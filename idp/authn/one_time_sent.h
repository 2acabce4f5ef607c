/* One-time codes that are sent: six digits to a verified number or mailbox, five minutes, five tries, for
 * this browser and what it is doing. A second factor only, m2 at most (policies/assurance.def).
 *
 * Sending is counted before it is done: by person and source, and by number whoever asks. */
#ifndef NX_AUTHN_ONE_TIME_SENT_H
#define NX_AUTHN_ONE_TIME_SENT_H

#include "authn/gateway.h"
#include "authn/one_time.h"
#include "registry/person.h"

#define NX_SENT_CODE_S 300
/* What a code is for that shows that a number or mailbox, not verified yet, is hers: it signs nobody in. */
#define NX_SENT_VERIFY "verify"

/* Her number or mailbox, verified or not; NULL: none, or no gateway for it. Borrowed. */
const char *nx_contact_of(const struct nx_house *house, const struct nx_person *p, enum nx_channel channel);
/* Where her codes may go: the verified number or mailbox, for which there is a gateway. NULL: nowhere.
 * Borrowed. */
const char *nx_sent_target(const struct nx_house *house, const struct nx_person *p, enum nx_channel channel);
/* "•••• ••• 678", "l••@example.vn": what a page may show. In the arena. */
char *nx_sent_masked(nx_arena *a, enum nx_channel channel, const char *target);

/* Who asks for a code, and for what. */
struct nx_sent_ask {
    const struct nx_person *person;
    enum nx_channel channel;
    nx_span browser;
    const char *about; /* the transaction; "" without one; NX_SENT_VERIFY */
    const char *source;
    const char *lang;
    const char *subject; /* of the e-mail, in that language */
    const char *text;    /* with {code} once */
};
/* Sends a code; the ticket is what its form carries. NX_ERR_ONE_TIME_NONE (nowhere to send), NX_ERR_HTTP_RATE
 * with *retry_after_s, NX_ERR_GATEWAY_AWAY. */
NX_FALLIBLE nx_sent_send(nx_handle_text *ticket, struct nx_house *house, nx_arena *a,
                         const struct nx_sent_ask *ask, int64_t *retry_after_s);

struct nx_sent_try {
    struct nx_one_time_try typed;
    nx_span browser;
    const char *about;
    nx_span ticket;
    const char *target; /* NX_SENT_VERIFY: the number or mailbox of now, to which the code must have gone; else NULL */
};
/* Uses it up: means OTP_SENT, bound_at m2. NX_ERR_ONE_TIME, NX_ERR_ONE_TIME_GONE (over, used, of another
 * browser, person or transaction, or its five tries are spent), NX_ERR_HTTP_RATE. *channel, where not NULL,
 * is set whenever the ticket was found, for the page. */
NX_FALLIBLE nx_sent_prove(struct nx_proof *out, enum nx_channel *channel, struct nx_house *house, nx_arena *a,
                          const struct nx_sent_try *t, int64_t *retry_after_s);

#endif
