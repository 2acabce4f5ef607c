/* The ceremony of a sign-in by QR (QR.md section 2; docs/PROTOCOL-qr.md sections 7, 8): an order, its frames,
 * and what a phone and a screen may do to it. The state machine itself is sessions/order.h; what is said here
 * is what the steps need and check. Times are the store's. */
#ifndef NX_QR_ORDER_H
#define NX_QR_ORDER_H

#include "house/house.h"
#include "policies/level.h"
#include "qr/link.h"
#include "qr/pin.h"
#include "qr/proof.h"
#include "sessions/order.h"

#define NX_FRAME_SCAN_S 5
#define NX_FRAME_LINK_S 30
#define NX_QR_DIGITS 4
#define NX_QR_TYP_CONTEXT "nixa-context+jwt"

/* How the order reached the phone; each has frames of its own. */
enum nx_via { NX_VIA_SCAN, NX_VIA_LINK, NX_VIA_SAME, NX_VIAS };
const char *nx_via_text(enum nx_via via);

/* Everything that the phone displays before it knows who scans. Borrowed; NULL where unknown. */
struct nx_qr_display {
    const char *client_id;
    const char *client_name;
    const char *organisation;
    const char *organisation_code;
    const char *origin;
    const char *broker;
    const char *acr;
    const char *const *claims;
    size_t claim_count;
    const char *browser; /* label, not the header */
    const char *network; /* the screen's address, shortened */
    const char *place;   /* of an enrolled kiosk, from the operator's own table */
};

/* What an order is about, as its body keeps it; texts in the arena. */
struct nx_qr_order {
    struct nx_order o;
    const char *txn; /* the login transaction's handle */
    const char *client_id;
    const char *display; /* JSON text, as displayed */
    const char *address; /* of the screen, for the rung */
    nx_span browser;     /* SHA-256 of the browser cookie */
    nx_span key;         /* of the frames */
    const char *kiosk;   /* whose key the screen has proven (qr/kiosk.h); NULL: none */
    /* Since it was taken. */
    enum nx_via via;
    nx_time t;
    enum nx_rung rung;
    const char *qid;
    const char *person;
    const char *label; /* of the phone */
    const char *nonce;
    const char *context;
    /* Since it was approved. */
    const char *digits; /* NULL: none are asked */
    const char *proof;  /* evidence */
    bool own_screen;
    int bound_at;
    unsigned means; /* how the phone verified its user (enum nx_means) */
};

/* What begins an order. */
struct nx_qr_begin {
    const char *txn;
    nx_span browser; /* the cookie */
    const char *address;
    const char *kiosk; /* proven in this very call; NULL: none */
    const struct nx_qr_display *display;
};
/* Begins an order for a transaction of this browser. out->id names it. */
NX_FALLIBLE nx_qr_order_begin(struct nx_qr_order *out, nx_arena *a, struct nx_house *house,
                              const struct nx_qr_begin *b);
/* NX_ERR_QR_ORDER_GONE when it never was, or is over since a minute. A dead one is found: o.state and o.why.
 */
NX_FALLIBLE nx_qr_order_find(struct nx_qr_order *out, nx_arena *a, struct nx_house *house, const char *id);
/* The same, and it must be this browser's. NX_ERR_QR_OTHER_BROWSER. */
NX_FALLIBLE nx_qr_order_of_browser(struct nx_qr_order *out, nx_arena *a, struct nx_house *house,
                                   const char *id, nx_span browser_cookie);

/* The order's id as it stands in links and messages (upper case), and back: NX_ERR_QR_MALFORMED. */
char *nx_qr_order_name(nx_arena *a, const nx_id *id);
NX_FALLIBLE nx_qr_order_id(nx_id *out, const char *name);

/* The link of this moment's frame. */
NX_FALLIBLE nx_qr_frame(char **link, nx_arena *a, const struct nx_house *house, const struct nx_qr_order *q,
                        enum nx_via via);

/* ---- the phone's steps; the proof is verified
 * ---------------------------------------------------------------- */

/* What take and approve answer. */
struct nx_qr_answer {
    const char *context;     /* take */
    const char *digits;      /* approve; NULL: redirect */
    const char *redirect_to; /* approve via same */
    int64_t expires_in;
};
/* address: the phone's, for the rung. NX_ERR_QR_MALFORMED, NX_ERR_QR_ORDER_GONE, NX_ERR_QR_FRAME_INVALID,
 * NX_ERR_QR_FRAME_STALE, NX_ERR_QR_ORDER_TAKEN. */
NX_FALLIBLE nx_qr_take(struct nx_qr_answer *out, nx_arena *a, struct nx_house *house,
                       const struct nx_qr_proof *p, const char *address);
/* Checks order, phone, t, nonce and the digest of what was displayed: everything but the PIN, so that a PIN
 * is never tried for something else. *q goes on to nx_qr_approve. NX_ERR_QR_ORDER_GONE,
 * NX_ERR_QR_ORDER_STATE, NX_ERR_QR_CONTEXT. */
NX_FALLIBLE nx_qr_approve_check(struct nx_qr_order *q, nx_arena *a, struct nx_house *house,
                                const struct nx_qr_proof *p);
/* The user was verified: q->means says how. NX_ERR_QR_ORDER_STATE when the order changed meanwhile. */
NX_FALLIBLE nx_qr_approve(struct nx_qr_answer *out, nx_arena *a, struct nx_house *house,
                          struct nx_qr_order *q, const struct nx_qr_proof *p);
NX_FALLIBLE nx_qr_decline(nx_arena *a, struct nx_house *house, const struct nx_qr_proof *p);
/* The word of section 7 for what the store keeps as the reason; NULL when there is none. */
const char *nx_qr_why(const struct nx_order *o);
/* Kills it; why is a word of section 7. Nothing happens to one that is over. */
NX_FALLIBLE nx_qr_order_end(struct nx_house *house, nx_arena *a, const char *id, const char *why);

/* ---- the screen's steps
 * -------------------------------------------------------------------------------------- */

/* One try at the digits by the browser that began it. NX_OK: right, and the order is done for exactly this
 * caller; NX_ERR_QR_DIGITS: wrong, *left tries are left (0: it is dead). */
NX_FALLIBLE nx_qr_digits(struct nx_qr_order *q, nx_arena *a, struct nx_house *house, nx_span typed,
                         int *left);
/* At a kiosk nothing is transferred: its key has proven the tab. NX_ERR_QR_ORDER_STATE when it is no kiosk's, or not
 * approved; the order is done for exactly this caller. */
NX_FALLIBLE nx_qr_finish(struct nx_qr_order *q, nx_arena *a, struct nx_house *house);
/* The response code, with the cookie that began the order: done, rung p3 (rule 1). Without that cookie the
 * order is dead: NX_ERR_QR_OTHER_BROWSER. */
NX_FALLIBLE nx_qr_return(struct nx_qr_order *out, nx_arena *a, struct nx_house *house, const char *id,
                         nx_span code, nx_span browser_cookie);

/* For phones: "taken", "approved", "done", "ended" and why; the watch text is theirs alone. */
NX_FALLIBLE nx_qr_watch_make(char **out, nx_arena *a, const struct nx_house *house, const char *id);
NX_FALLIBLE nx_qr_watch(const char **state, const char **reason, nx_arena *a, struct nx_house *house,
                        nx_span watch);

#endif
