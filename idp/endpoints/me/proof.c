/* Pages that ask for the password: confirming who she is, and changing it; and the PIN of her paper. */
#include "authn/password.h"
#include "endpoints/me/me.h"
#include "house/house.h"
#include "qr/pin.h"
#include "registry/audit.h"
#include "revoke/revoke.h"

#include <stdio.h>

/* ---- shared
 * ------------------------------------------------------------------------------------------------ */

static nx_result prove(struct nx_proof *out, struct nx_self *s, const char *field, int64_t *retry_after_s)
{
    NX_AUTO_SECRET(password);
    NX_TRY(nx_form_secret(&password, s->rq, field));
    struct nx_password_ask ask = {.user_name = nx_span_str(s->gate.person.user_name),
                                  .password = &password,
                                  .source = s->rq->client,
                                  .known = true};
    return nx_password_prove(out, s->house, s->rq->arena, &ask, retry_after_s);
}

/* The text for a form that was not right; NULL for an error that is none of the form's. */
static const char *form_key(nx_err e)
{
    switch ((int)e) {
    case NX_ERR_MISSING:
        return "form.missing";
    case NX_ERR_PASSWORD:
        return "form.credentials";
    case NX_ERR_HTTP_RATE:
        return "form.throttled";
    case NX_ERR_PASSWORD_WEAK:
        return "form.password_weak";
    case NX_ERR_QR_PIN_WEAK:
        return "form.pin_weak";
    default:
        return NULL;
    }
}

static int form_status(nx_err e)
{
    return e == NX_ERR_HTTP_RATE ? 429 : e == NX_ERR_PASSWORD ? 403 : 400;
}

static nx_result new_session(struct nx_self *s, const struct nx_proof *proof, bool present)
{
    nx_handle_text cookie;
    struct nx_signon session;
    struct nx_sign_in_ask ask = {.proof = *proof,
                                 .source = s->rq->client,
                                 .agent = nx_agent_label(s->rq->arena, nx_header(s->rq, "User-Agent"))};
    if (present) ask.present = s->who.session;
    NX_TRY(nx_sign_in(&cookie, &session, s->house, s->rq->arena, &ask));
    nx_browser_session_set(s->rp, cookie.s, 0);
    return NX_OK;
}

/* A page that answers a POST names its GET for the other language. */
static void set_own_url(nx_view *v, struct nx_self *s, const char *path)
{
    const char *other = strcmp(s->rq->lang, "vi") == 0 ? "en" : "vi";
    if (s->rq->method == NX_POST)
        nx_view_url(v, "lang_url", nx_arena_printf(s->rq->arena, "%s?lang=%s", path, other));
}

/* ---- confirming
 * -------------------------------------------------------------------------------------------- */

/* Only pages of hers: the value comes back from the browser. */
static const char *next_of(const char *asked)
{
    static const char *const pages[] = {"/me/codes", "/me/phones/enrol", "/me/password", "/me/pin", "/me/certificate", "/me/links",
                                        "/me/passkeys", "/me"};
    for (size_t i = 0; asked && i < sizeof pages / sizeof pages[0]; i++)
        if (strcmp(asked, pages[i]) == 0) return pages[i];
    return "/me";
}

static nx_result show_confirm(struct nx_self *s, const char *next, nx_err e)
{
    nx_view *v = NULL;
    NX_TRY(nx_form_view(&v, s->rq, s->rp, "/me/confirm"));
    nx_view_text(v, "user_name", s->gate.person.user_name);
    nx_view_text(v, "next", next);
    nx_view_label(v, "error", form_key(e));
    set_own_url(v, s, "/me/confirm");
    nx_reply_page(s->rp, e == NX_ERR_NONE ? 200 : form_status(e), "me_confirm", v);
    return NX_OK;
}

nx_result nx_me_confirm_page(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    nx_result r = nx_self_open(&s, rq, rp, NX_SELF_LOOK);
    return nx_ok(r) ? show_confirm(&s, next_of(nx_query(rq, "next")), NX_ERR_NONE)
                    : nx_self_answer(&s, r, "/me");
}

nx_result nx_me_confirm(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    struct nx_proof proof;
    int64_t retry_after_s = 0;
    const char *next = next_of(nx_form(rq, "next"));
    nx_result r = nx_self_open(&s, rq, rp, NX_SELF_LOOK);
    if (!nx_ok(r)) return nx_self_answer(&s, r, next);
    r = prove(&proof, &s, "password", &retry_after_s);
    if (form_key(r.e)) return show_confirm(&s, next, r.e);
    NX_TRY(r);
    NX_TRY(new_session(&s, &proof, true));
    nx_reply_redirect(rp, next);
    return NX_OK;
}

/* ---- the password
 * ------------------------------------------------------------------------------------------ */

static nx_result show_password(struct nx_self *s, const char *key, int status)
{
    nx_view *v = NULL;
    NX_TRY(nx_form_view(&v, s->rq, s->rp, "/me/password"));
    nx_view_text(v, "user_name", s->gate.person.user_name);
    nx_view_label(v, "error", key);
    set_own_url(v, s, "/me/password");
    nx_reply_page(s->rp, status, "me_password", v);
    return NX_OK;
}

nx_result nx_me_password_page(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    nx_result r = nx_self_open(&s, rq, rp, NX_SELF_CHANGE);
    return nx_ok(r) ? show_password(&s, NULL, 200) : nx_self_answer(&s, r, "/me/password");
}

/* The new verifier, the end of every session and the audit row are one durable change. */
static nx_result store_password(struct nx_self *s, const nx_phc *phc, int64_t *seq)
{
    struct nx_revoke_order order = {.act = NX_REVOKE,
                                    .scope = NX_REVOKE_PERSON,
                                    .target = s->id,
                                    .subject = s->id,
                                    .reason = "password changed",
                                    .actor = s->actor};
    struct nx_audit_entry entry = {.actor = s->actor, .type = "password.changed", .subject = s->id};
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, s->house->registry, NX_DURABLE));
    NX_TRY(nx_password_put(s->house, s->id, phc));
    NX_TRY(nx_audit_append(s->house->registry, &entry));
    NX_TRY(nx_revoke_record(s->house, s->rq->arena, &order, seq));
    return nx_registry_commit(&change);
}

static nx_result change_password(struct nx_self *s, const nx_secret *fresh, struct nx_proof *proof)
{
    nx_phc phc;
    int64_t seq = 0;
    NX_TRY(nx_password_strong(s->house, fresh, s->gate.person.user_name));
    NX_TRY(nx_password_make(&phc, s->house, fresh));
    NX_TRY(store_password(s, &phc, &seq));
    NX_TRY(nx_revoke_apply(s->house, s->rq->arena, seq));
    proof->epoch_known = false; /* it has just grown, and she proved herself under the new one too */
    NX_TRY(new_session(s, proof, false));
    nx_reply_redirect(s->rp, "/me?done=password");
    return NX_OK;
}

nx_result nx_me_password_set(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    struct nx_proof proof;
    int64_t retry_after_s = 0;
    NX_AUTO_SECRET(fresh);
    NX_AUTO_SECRET(repeat);
    nx_result r = nx_self_open(&s, rq, rp, NX_SELF_CHANGE);
    if (!nx_ok(r)) return nx_self_answer(&s, r, "/me/password");
    r = nx_form_secret(&fresh, rq, "new");
    if (nx_ok(r)) r = nx_form_secret(&repeat, rq, "repeat");
    if (nx_ok(r) && !nx_ct_equal(nx_secret_expose(&fresh), nx_secret_expose(&repeat)))
        return show_password(&s, "form.password_differs", 400);
    if (nx_ok(r)) r = prove(&proof, &s, "current", &retry_after_s);
    if (nx_ok(r)) r = change_password(&s, &fresh, &proof);
    return form_key(r.e) ? show_password(&s, form_key(r.e), form_status(r.e)) : r;
}

/* ---- the PIN of a paper
 * ------------------------------------------------------------------------------------ */

static nx_result own_paper(struct nx_qr_identity *out, struct nx_self *s, const char *qid)
{
    NX_REQUIRE(qid, NX_ERR_MISSING);
    NX_TRY(nx_qr_identity_get(s->house->registry, s->rq->arena, qid, out));
    bool usable =
        out->kind == NX_QR_PAPER && out->status == NX_QR_ACTIVE && strcmp(out->person.s, s->id) == 0;
    NX_REQUIRE(usable, NX_ERR_NOT_FOUND);
    return NX_OK;
}

static nx_result show_pin(struct nx_self *s, const struct nx_qr_identity *q, const char *key)
{
    nx_view *v = NULL;
    NX_TRY(nx_form_view(&v, s->rq, s->rp, "/me/pin"));
    nx_view_text(v, "id", q->qid.s);
    if (q->label)
        nx_view_text(v, "label", q->label);
    else
        nx_view_label(v, "label", "qr.paper");
    nx_view_label(v, "error", key);
    nx_reply_page(s->rp, key ? 400 : 200, "me_pin", v);
    return NX_OK;
}

NX_FALLIBLE nx_me_open_paper(struct nx_self *s, struct nx_qr_identity *q, nx_request *rq, nx_reply *rp,
                             const char *qid)
{
    NX_TRY(nx_self_open(s, rq, rp, NX_SELF_FRESH));
    return own_paper(q, s, qid);
}

nx_result nx_me_pin_page(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    struct nx_qr_identity q;
    nx_result r = nx_me_open_paper(&s, &q, rq, rp, nx_query(rq, "id"));
    return nx_ok(r) ? show_pin(&s, &q, NULL) : nx_self_answer(&s, r, "/me");
}

static nx_result store_pin(struct nx_self *s, const struct nx_qr_identity *q, const nx_secret *pin)
{
    struct nx_audit_entry entry = {.actor = s->actor, .type = "pin.changed", .subject = s->id};
    NX_TRY(nx_pin_set(s->house, s->rq->arena, q, pin));
    NX_TRY(nx_audit_append(s->house->registry, &entry));
    nx_reply_redirect(s->rp, "/me?done=pin");
    return NX_OK;
}

nx_result nx_me_pin_set(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    struct nx_qr_identity q;
    NX_AUTO_SECRET(pin);
    NX_AUTO_SECRET(repeat);
    nx_result r = nx_me_open_paper(&s, &q, rq, rp, nx_form(rq, "id"));
    if (!nx_ok(r)) return nx_self_answer(&s, r, "/me");
    r = nx_form_secret(&pin, rq, "pin");
    if (nx_ok(r)) r = nx_form_secret(&repeat, rq, "repeat");
    if (nx_ok(r) && !nx_ct_equal(nx_secret_expose(&pin), nx_secret_expose(&repeat)))
        return show_pin(&s, &q, "form.password_differs");
    if (nx_ok(r)) r = store_pin(&s, &q, &pin);
    return form_key(r.e) ? show_pin(&s, &q, form_key(r.e)) : r;
}
