/* QR orders: the sign-in ceremony's state, one atomic step at a time, on the store's clock (QR.md section 2,
 * rules 4, 9).
 *
 *   shown ─take─▶ taken ─show context─▶ context ─approve─▶ approved ─right digits─▶ digits ─finish─▶ done
 *     └──────────────┴──────── decline, second signed scan, third wrong digits, time ──────▶ dead
 *
 * 60 s to be taken, then 120 s to finish. A second device's signed scan kills it; the same device may repeat
 * its own scan (a lost reply). Attempts at the digits are counted before they are compared: nx_order_try. The
 * body is opaque to the store, sealed, and replaced in the same act as the step that it belongs to. */
#ifndef NX_SESSIONS_ORDER_H
#define NX_SESSIONS_ORDER_H

#include "sessions/store.h"

#define NX_ORDER_SHOWN_S 60
#define NX_ORDER_TAKEN_S 120
#define NX_ORDER_TRIES 3
#define NX_ORDER_BODY_MAX (16u << 10)
#define NX_ORDER_BY_MAX 64

enum nx_order_state {
    NX_ORDER_SHOWN,
    NX_ORDER_TAKEN,
    NX_ORDER_CONTEXT,
    NX_ORDER_APPROVED,
    NX_ORDER_DIGITS,
    NX_ORDER_DONE,
    NX_ORDER_DEAD
};
/* "shown" … Static. */
const char *nx_order_state_text(enum nx_order_state s);

struct nx_order {
    nx_id id;
    enum nx_order_state state;
    char by[NX_ORDER_BY_MAX + 1]; /* who took it: a device key's thumbprint; "" before */
    char why[17];       /* of a dead one: "declined", "second", "digits", "cookie", …; "" otherwise */
    unsigned tries;     /* at the digits */
    uint32_t version;   /* grows with each act */
    int64_t created_ms; /* store's clock */
    int64_t deadline_ms;
    int64_t now_ms; /* the store's clock at this act: frames are compared with it */
    nx_span body;   /* in the arena */
};

/* Begins an order; out->id is its name in the QR link. NX_ERR_LIMIT. */
NX_FALLIBLE nx_order_begin(nx_store *st, nx_arena *a, nx_span body, struct nx_order *out);
/* The same with another time to be taken (1..600 s): enrolment links are orders of their own kind. */
NX_FALLIBLE nx_order_begin_for(nx_store *st, nx_arena *a, int64_t shown_s, nx_span body,
                               struct nx_order *out);
/* *found is NX_FOUND, also for a done or dead order (they stay readable for a minute, so that both screens
 * can say why), or NX_GONE: never was, past its deadline, or made before the store's recovery. */
NX_FALLIBLE nx_order_find(nx_store *st, nx_arena *a, const char *id, struct nx_order *out,
                          enum nx_found *found);

/* A signed scan by device `by`. NX_FOUND: it is this device's now, or was already. NX_SPENT: another device
 * had it, and the order is dead now ("second"), or it had ended before. body: NX_SPAN_NONE keeps the old one.
 */
NX_FALLIBLE nx_order_take(nx_store *st, nx_arena *a, const char *id, const char *by, nx_span body,
                          struct nx_order *out, enum nx_found *found);
/* One step along the line: from exactly o->version (compare and swap), by the same device. On NX_FOUND *o is
 * the new state; NX_SPENT: something else happened first, find again. to: CONTEXT, APPROVED, DIGITS or DONE;
 * the steps that the line has, and APPROVED → DONE where nothing comes between. NX_ERR_CONFLICT for any other.
 */
NX_FALLIBLE nx_order_step(nx_store *st, nx_arena *a, struct nx_order *o, enum nx_order_state to, nx_span body,
                          enum nx_found *found);
/* Counts one try at the digits and reads the order. NX_SPENT: no tries are left, the order is dead ("digits")
 * or not in APPROVED. The caller compares, then steps to DIGITS, or kills after the last. */
NX_FALLIBLE nx_order_try(nx_store *st, nx_arena *a, const char *id, struct nx_order *out,
                         enum nx_found *found);
/* Kills it, whatever its state but done. why: a word of at most 16 letters. NX_FOUND if it was alive. */
NX_FALLIBLE nx_order_kill(nx_store *st, nx_arena *a, const char *id, const char *why, enum nx_found *found);

#endif
