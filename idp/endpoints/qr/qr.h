/* The QR face: the wallet's calls, the sign-in page, enrolling a phone, and what readers fetch
 * (docs/PROTOCOL-qr.md). */
#ifndef NX_ENDPOINTS_QR_QR_H
#define NX_ENDPOINTS_QR_QR_H

#include "base/secret.h"
#include "endpoints/browser.h"
#include "endpoints/server.h"
#include "house/house.h"
#include "qr/order.h"
#include "qr/proof.h"

/* ---- calls of /qr/v1
 * ----------------------------------------------------------------------------------------- */

/* One call. An act reads json, fills answer (owned), and may set what the problem document says beside the
 * code. */
struct nx_qr_call {
    nx_request *rq;
    nx_reply *rp;
    struct nx_house *house;
    nx_arena *a;
    json_t *json;        /* the body; released with the call */
    json_t *answer;      /* NULL: {} */
    nx_time server_time; /* of NX_ERR_QR_CLOCK */
    int attempts_left;   /* of NX_ERR_QR_PIN_WRONG */
    struct nx_qr_proof proof;
};
typedef nx_result (*nx_qr_act)(struct nx_qr_call *c);

/* The problem document of an error, for the router's own refusals too (too large, too many, no lane). */
void nx_qr_answer(nx_request *rq, nx_reply *rp, nx_err e);
/* Parses the body, runs the act, answers; an error becomes a problem with its code (section 11). */
nx_result nx_qr_run(nx_request *rq, nx_reply *rp, nx_qr_act act);
/* Lets the wallet's own origin, where the settings name one, read this answer (rule 11). */
void nx_qr_cors(nx_request *rq, nx_reply *rp);
nx_result nx_qr_preflight(nx_request *rq, nx_reply *rp);

/* The body must have exactly these members, all strings (a NULL ends the list). NX_ERR_QR_MALFORMED. */
NX_FALLIBLE nx_qr_members(const struct nx_qr_call *c, const char *const *names);
/* Verifies c->json's "proof" into c->proof. */
NX_FALLIBLE nx_qr_prove(struct nx_qr_call *c, enum nx_qr_proof_label label, bool any_state);
/* Takes a member of digits out of the body, which is wiped. */
NX_FALLIBLE nx_qr_take_pin(nx_secret *pin, struct nx_qr_call *c, const char *member);
/* Checks the PIN of c->proof's identity; the last failure suspends it. NX_ERR_QR_PIN_WRONG,
 * NX_ERR_QR_SUSPENDED. */
NX_FALLIBLE nx_qr_check_pin(int *bound_at, struct nx_qr_call *c, const nx_secret *pin);
/* Verifies the member "assertion" over what the order displayed; fills q->means. NX_ERR_PASSKEY_UNKNOWN for whatever is
 * wrong with it, NX_ERR_HTTP_RATE. */
NX_FALLIBLE nx_qr_check_passkey(struct nx_qr_call *c, struct nx_qr_order *q);
/* Counts an attempt of a row for (account, this client). NX_ERR_HTTP_RATE. */
NX_FALLIBLE nx_qr_throttle(struct nx_qr_call *c, int row, const char *account);

/* Handlers. */
nx_result nx_qr_v1_enrol_start(nx_request *rq, nx_reply *rp);
nx_result nx_qr_v1_enrol_finish(nx_request *rq, nx_reply *rp);
nx_result nx_qr_v1_enrol_watch(nx_request *rq, nx_reply *rp);
nx_result nx_qr_v1_take(nx_request *rq, nx_reply *rp);
nx_result nx_qr_v1_approve(nx_request *rq, nx_reply *rp);
nx_result nx_qr_v1_decline(nx_request *rq, nx_reply *rp);
nx_result nx_qr_v1_watch(nx_request *rq, nx_reply *rp);
nx_result nx_qr_v1_sync(nx_request *rq, nx_reply *rp);
nx_result nx_qr_v1_session_end(nx_request *rq, nx_reply *rp);
nx_result nx_qr_v1_undo(nx_request *rq, nx_reply *rp);
nx_result nx_qr_v1_pin(nx_request *rq, nx_reply *rp);
nx_result nx_qr_v1_revoke(nx_request *rq, nx_reply *rp);
nx_result nx_qr_v1_passkey_start(nx_request *rq, nx_reply *rp);
nx_result nx_qr_v1_passkey_finish(nx_request *rq, nx_reply *rp);

/* ---- pages
 * ----------------------------------------------------------------------------------------------------- */

nx_result nx_qr_login_page(nx_request *rq, nx_reply *rp);
nx_result nx_qr_login_frames(nx_request *rq, nx_reply *rp);
nx_result nx_qr_login_digits(nx_request *rq, nx_reply *rp);
nx_result nx_qr_login_same(nx_request *rq, nx_reply *rp);
nx_result nx_qr_login_return(nx_request *rq, nx_reply *rp);
nx_result nx_qr_login_cancel(nx_request *rq, nx_reply *rp);
nx_result nx_qr_login_kiosk(nx_request *rq, nx_reply *rp);
nx_result nx_qr_login_finish(nx_request *rq, nx_reply *rp);
nx_result nx_paper_page(nx_request *rq, nx_reply *rp);
nx_result nx_paper_post(nx_request *rq, nx_reply *rp);
nx_result nx_qr_enrol_page(nx_request *rq, nx_reply *rp);
nx_result nx_qr_enrol_frames(nx_request *rq, nx_reply *rp);
nx_result nx_qr_enrol_digits_page(nx_request *rq, nx_reply *rp);
nx_result nx_qr_link_page(nx_request *rq, nx_reply *rp);

/* Draws a text into the view's keys of part_qr: qr_text, qr_size, qr_path. */
NX_FALLIBLE nx_qr_symbol_view(nx_view *v, nx_arena *a, const char *text);
/* A stream that asks `state_of` each second and sends what changed; see stream.c. */
struct nx_qr_watcher {
    struct nx_house *house;
    nx_id id;
    const char *first; /* the page's state when it was drawn */
    /* The page's state now; in *frame, while a code is shown, the text to draw (NULL: none). */
    nx_result (*state_of)(const struct nx_qr_watcher *w, nx_arena *a, const char **state, const char **frame);
};
NX_FALLIBLE nx_qr_stream(nx_request *rq, nx_reply *rp, const struct nx_qr_watcher *w);

/* ---- for readers
 * ----------------------------------------------------------------------------------------------- */

nx_result nx_qr_jwks_file(nx_request *rq, nx_reply *rp);
nx_result nx_qr_bundle_file(nx_request *rq, nx_reply *rp);
nx_result nx_qr_status_lists(nx_request *rq, nx_reply *rp);
nx_result nx_qr_status_cards(nx_request *rq, nx_reply *rp);
nx_result nx_qr_status_tokens(nx_request *rq, nx_reply *rp);

#endif
