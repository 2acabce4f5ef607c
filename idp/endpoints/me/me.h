/* A person's own page: what is hers, and what she may do to it. */
#ifndef NX_ENDPOINTS_ME_ME_H
#define NX_ENDPOINTS_ME_ME_H

#include "endpoints/pages/pages.h"
#include "gate/gate.h"
#include "registry/qr_identity.h"

/* Who is here, as may_issue sees her. */
struct nx_self {
    nx_request *rq;
    nx_reply *rp;
    struct nx_house *house;
    struct nx_visitor who;
    struct nx_gate gate; /* gate.person and gate.session are hers */
    const char *id;      /* her id */
    const char *actor;   /* "person:ID" */
};

enum nx_self_for {
    NX_SELF_LOOK,   /* seeing, and ending what is hers */
    NX_SELF_CHANGE, /* a change of credentials: not from a session of p0, p1 or paper (rules 3, 8) */
    NX_SELF_FRESH   /* the same, and her last proof is at most recent_auth_s old */
};

/* NX_ERR_LOGIN_REQUIRED: nobody is signed in, or her proof is not fresh enough; nx_self_answer turns that
 * into a way on. NX_ERR_RUNG for a session that may not change credentials. */
NX_FALLIBLE nx_self_open(struct nx_self *s, nx_request *rq, nx_reply *rp, enum nx_self_for what);
/* The reply to a failed nx_self_open: to the sign-in page, or to /me/confirm and then `next` when only
 * freshness lacks; any other error is given back. */
NX_FALLIBLE nx_self_answer(struct nx_self *s, nx_result r, const char *next);

/* The four parts of the page. */
NX_FALLIBLE nx_me_identities(nx_view *v, struct nx_self *s);
NX_FALLIBLE nx_me_sessions(nx_view *v, struct nx_self *s);
NX_FALLIBLE nx_me_consents(nx_view *v, struct nx_self *s);
NX_FALLIBLE nx_me_activity(nx_view *v, struct nx_self *s);
/* The catalogue's key for what an entry of the audit trail says to its person; NULL: nothing. Static. */
const char *nx_me_act_key(const char *type);

/* POST /me */
nx_result nx_me_act(nx_request *rq, nx_reply *rp);
/* Her active paper `qid`, with a fresh proof (NX_SELF_FRESH). NX_ERR_MISSING, NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_me_open_paper(struct nx_self *s, struct nx_qr_identity *q, nx_request *rq, nx_reply *rp,
                             const char *qid);
/* /me/paper, /me/password, /me/confirm, /me/pin */
nx_result nx_me_paper_page(nx_request *rq, nx_reply *rp);
nx_result nx_me_password_page(nx_request *rq, nx_reply *rp);
nx_result nx_me_password_set(nx_request *rq, nx_reply *rp);
nx_result nx_me_confirm_page(nx_request *rq, nx_reply *rp);
nx_result nx_me_confirm(nx_request *rq, nx_reply *rp);
nx_result nx_me_pin_page(nx_request *rq, nx_reply *rp);
nx_result nx_me_pin_set(nx_request *rq, nx_reply *rp);
/* /me/codes */
nx_result nx_me_codes_page(nx_request *rq, nx_reply *rp);
nx_result nx_me_codes_act(nx_request *rq, nx_reply *rp);
nx_result nx_me_codes_confirm(nx_request *rq, nx_reply *rp);
/* /me/codes/verify: showing that a number or mailbox is hers. Adds the list `contacts` and csrf_verify to the page. */
NX_FALLIBLE nx_me_contacts(nx_view *v, struct nx_self *s);
nx_result nx_me_contact_send(nx_request *rq, nx_reply *rp);
nx_result nx_me_contact_verify(nx_request *rq, nx_reply *rp);

#endif
