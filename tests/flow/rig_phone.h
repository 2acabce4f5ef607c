/* A phone: a wallet in C that knows docs/PROTOCOL-qr.md and nothing else. It signs with a key of its own and
 * speaks HTTP through a browser of the rig that never sends cookies of a page. */
#ifndef NX_TESTS_FLOW_RIG_PHONE_H
#define NX_TESTS_FLOW_RIG_PHONE_H

#include "rig.h"

#include <openssl/evp.h>

#define PHONE_PIN "739518"

struct phone {
    struct rig *rig;
    struct rig_browser net;
    EVP_PKEY *key;
    char qid[NX_ID_LEN + 1];
    int64_t offset; /* of its clock, seconds */
    char *order;    /* of the last take, in the rig's arena */
    char *context;  /* JWS as received */
    char *watch;
    json_t *shown; /* the context's payload; owned */
};

void phone_open(struct phone *p, struct rig *r);
void phone_close(struct phone *p);

/* A proof of label ("take") with these members (stolen; NULL: none); in the rig's arena. */
char *phone_proof(struct phone *p, const char *label, json_t *members);
/* POSTs {"proof": …} and what is beside it (stolen; NULL: nothing). */
nx_reply *phone_call(struct phone *p, const char *path, const char *label, json_t *members, json_t *beside);
/* POSTs a body. */
nx_reply *phone_post(struct phone *p, const char *path, const json_t *body);
/* A member of an answer, in the rig's arena; NULL when absent. */
char *phone_text(struct phone *p, const nx_reply *rp, const char *member);
int64_t phone_number(const nx_reply *rp, const char *member);

#define assert_code(rp, expected_status, expected_code)                                                      \
    do {                                                                                                     \
        const nx_reply *rig_reply_ = (rp);                                                                   \
        NX_AUTO_JSON rig_problem_ = rig_json(rig_reply_);                                                    \
        const char *rig_code_ = nx_json_str(rig_problem_, "code");                                           \
        assert_string_equal(rig_code_ ? rig_code_ : "(none)", (expected_code));                              \
        assert_int_equal(rig_reply_->status, (expected_status));                                             \
    } while (0)

/* The text of the code on a page, in the rig's arena; fails the test when there is none. */
char *page_code(struct rig *r, const nx_reply *rp);
/* Text behind the first `before` up to `until`; in the rig's arena, NULL when absent. */
char *page_piece(struct rig *r, const nx_reply *rp, const char *before, char until);

/* Enrols the phone from a page whose browser is signed in. Fails the test when refused. */
void phone_enrol(struct phone *p, struct rig_browser *page);
/* The phone's first half: start and finish. Gives the digits. */
char *phone_enrol_start(struct phone *p, const char *link);

/* Opens /login/qr for a transaction of this browser: the page with the code. */
nx_reply *page_open(struct rig_browser *b, const struct rig_client *c, const char *more);
/* Its `t`. */
char *page_t(struct rig *r, const nx_reply *rp);
nx_reply *page_again(struct rig_browser *b, const char *t);
nx_reply *page_digits(struct rig_browser *b, const char *t, const char *digits);
/* Any form of the page: "/login/qr/same", "/login/qr/cancel"; more: "" or "&name=value". */
nx_reply *page_post(struct rig_browser *b, const char *t, const char *path, const char *more);

/* Takes the order of a link; the reply as it is. When it is 200, context and watch are kept, the signature
 * checked. */
nx_reply *phone_take(struct phone *p, const char *link, const char *via);
nx_reply *phone_approve(struct phone *p, const char *pin, bool own_screen);
/* "taken", "done", "ended: declined" … */
char *phone_watch(struct phone *p);

/* The whole: page, scan, approve, digits; gives the reply that leaves for the portal. */
nx_reply *phone_sign_in(struct phone *p, struct rig_browser *b, const struct rig_client *c, bool own_screen);

#endif
