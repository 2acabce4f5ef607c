/* Sign-in by paper: the code that somebody has on paper, and a PIN that the server checks (rule 8).
 *
 * What is printed can be copied: it names an identity and proves nothing. The PIN is what counts, and it is
 * guarded by counting: before anything is looked up (source, portal, system), and for good in the registry.
 */
#ifndef NX_QR_PAPER_H
#define NX_QR_PAPER_H

#include "qr/pin.h"

struct nx_paper_ask {
    nx_span code; /* text of a handle or card, or the qid that is printed below it */
    const nx_secret *pin;
    const char *source;    /* client address */
    const char *client_id; /* the portal */
};

struct nx_paper_found {
    bool right;
    bool exhausted;            /* the last try is used up: the identity must be suspended now */
    struct nx_qr_identity who; /* when right or exhausted */
};

/* HASH lane. An unknown code, one that is no paper, a paper that is not active and a wrong PIN all cost one
 * hash and are not right. NX_ERR_HTTP_RATE. */
NX_FALLIBLE nx_paper_prove(struct nx_paper_found *out, struct nx_house *house, nx_arena *a,
                           const struct nx_paper_ask *ask);

#endif
