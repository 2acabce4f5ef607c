/* Ways of signing in: the rows of ways.def, and the one end of each of them.
 *
 * An authenticator of a person is a file of idp/authn that ends with a struct nx_proof, a handler here that shows
 * its page and takes its form, and a row. Nothing else knows how many there are. */
#ifndef NX_ENDPOINTS_PAGES_WAYS_H
#define NX_ENDPOINTS_PAGES_WAYS_H

#include "authn/sign_in.h"
#include "endpoints/pages/pages.h"

enum nx_way_where {
    NX_WAY_LOGIN = 1,   /* a button below the password form */
    NX_WAY_STEP_UP = 2, /* on the page that asks for a stronger proof */
    NX_WAY_SECOND = 4   /* shown by itself right after a first proof that reached less than the portal wishes */
};

/* For whom a way would be offered. */
struct nx_way_ask {
    nx_request *rq;
    const char *t;                    /* transaction; NULL: her own page */
    const struct nx_flow_view *about; /* NULL without t */
    const char *person;               /* who is signed in in this browser; NULL: nobody, or not known yet */
    unsigned have;                    /* enum nx_means of her present session */
    enum nx_rung rung;                /* of her present session */
    enum nx_level level;              /* asked for; NX_LEVEL_NONE: any */
};

#define W(name, path, means, where, offered) bool offered(const struct nx_way_ask *ask);
#include "endpoints/pages/ways.def"
#undef W

/* Puts the list `ways` into the view: url, label and qr (a flag: draw its sign) of each way that is offered on that
 * page, but for the page itself. */
NX_FALLIBLE nx_ways_view(nx_view *v, const struct nx_way_ask *ask, enum nx_way_where where);

/* The end of every way: makes or raises the session, sets its cookie and goes on with the transaction (t; about is
 * its view, or NULL) or to her own page. who: as nx_visitor_of gave it. only_client: SECURITY.md 7; NULL: any.
 * Where the portal wishes for more than this proof reached and a second step of hers is enrolled (NX_WAY_SECOND),
 * that comes next. Errors of nx_sign_in and nx_flow_next. */
struct nx_login_end {
    struct nx_visitor *who;
    const char *t;
    const struct nx_flow_view *about;
    const struct nx_proof *proof;
    const char *only_client;
};
NX_FALLIBLE nx_login_done(nx_request *rq, nx_reply *rp, const struct nx_login_end *end);

#endif
