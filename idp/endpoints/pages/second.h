/* Second factors by typing: a generator's code, a code that was sent, a recovery code. Each is a page of its
 * own that works without scripts, for somebody who is signed in by a first factor a moment ago. */
#ifndef NX_ENDPOINTS_PAGES_SECOND_H
#define NX_ENDPOINTS_PAGES_SECOND_H

#include "authn/one_time.h"
#include "endpoints/pages/ways.h"
#include "house/house.h"
#include "policies/policy.h"
#include "registry/person.h"

/* One look at such a page. */
struct nx_second {
    nx_request *rq;
    nx_reply *rp;
    struct nx_house *house;
    const char *t; /* NULL: for her own page */
    struct nx_visitor who;
    struct nx_flow_view about;
    struct nx_signon session;
    struct nx_held enrolled;
    struct nx_person person;
};

/* Who is here, and what she has. *gone: her first proof is missing or too long ago, and the reply leads to
 * it. */
NX_FALLIBLE nx_second_open(struct nx_second *s, nx_request *rq, nx_reply *rp, const char *t, bool *gone);
/* The view of such a page: csrf of its form, who asks, the other ways, the page in the other language. */
NX_FALLIBLE nx_second_view(nx_view **out, struct nx_second *s, const char *path, const char *form);
/* "PATH?t=…", or the path alone. */
const char *nx_second_url(const struct nx_second *s, const char *path);
/* The text and the status of a form that was not right; NULL: no error of the form's. */
const char *nx_second_error(nx_err e);
int nx_second_status(nx_err e);
/* Sets Retry-After for NX_ERR_HTTP_RATE. */
void nx_second_retry(struct nx_second *s, nx_err e, int64_t retry_after_s);
/* The proof was right: raises the session and goes on. */
NX_FALLIBLE nx_second_done(struct nx_second *s, const struct nx_proof *proof);

/* Whether adding these means would help this visitor: they are enrolled highly enough and not forbidden. */
bool nx_second_helps(const struct nx_way_ask *ask, unsigned means);
/* Whether she asked that every sign-in needs a second factor, and these means are none. */
bool nx_second_wanted(struct nx_house *house, const struct nx_signon *s);

nx_result nx_code_page(nx_request *rq, nx_reply *rp);
nx_result nx_code_post(nx_request *rq, nx_reply *rp);
nx_result nx_sent_page(nx_request *rq, nx_reply *rp);
nx_result nx_sent_order(nx_request *rq, nx_reply *rp);
nx_result nx_sent_post(nx_request *rq, nx_reply *rp);
nx_result nx_recovery_page(nx_request *rq, nx_reply *rp);
nx_result nx_recovery_post(nx_request *rq, nx_reply *rp);

#endif
