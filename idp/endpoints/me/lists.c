/* What is hers: QR identities, sessions, consents. */
#include "endpoints/me/me.h"

#include "house/house.h"
#include "policies/policy.h"
#include "registry/consent.h"
#include "registry/credential.h"
#include "sessions/signon.h"

#define TEXT_MAX 1024

/* ---- QR identities
 * ----------------------------------------------------------------------------------------- */

static nx_result has_pin(bool *out, struct nx_self *s, const char *qid)
{
    struct nx_credential pin;
    nx_result r = nx_credential_get(s->house->registry, s->rq->arena, s->id, qid, NX_CREDENTIAL_PIN, &pin);
    *out = nx_ok(r);
    return r.e == NX_ERR_NOT_FOUND ? NX_OK : r;
}

static nx_result add_identity(nx_view *v, struct nx_self *s, const struct nx_qr_identity *q)
{
    bool pin = true, paper = q->kind == NX_QR_PAPER;
    nx_view *item = nx_view_item(v, "qrs");
    if (paper && q->status == NX_QR_ACTIVE) NX_TRY(has_pin(&pin, s, q->qid.s));
    nx_view_text(item, "id", q->qid.s);
    if (q->label)
        nx_view_text(item, "label", q->label);
    else
        nx_view_label(item, "label", paper ? "qr.paper" : "qr.device");
    nx_view_flag(item, "phone", !paper);
    nx_view_flag(item, "paper", paper);
    nx_view_flag(item, "active", q->status == NX_QR_ACTIVE);
    nx_view_flag(item, "suspended", q->status == NX_QR_SUSPENDED);
    nx_view_flag(item, "pending", q->status == NX_QR_PENDING);
    nx_view_flag(item, "revoked", q->status == NX_QR_REVOKED);
    nx_view_flag(item, "current", s->gate.session.qid && strcmp(s->gate.session.qid, q->qid.s) == 0);
    nx_view_flag(item, "pin_unset", !pin);
    nx_view_flag(item, "printable", paper && q->status == NX_QR_ACTIVE);
    nx_view_time(item, "issued", q->issued);
    nx_view_time(item, "expires", q->expires);
    return NX_OK;
}

nx_result nx_me_identities(nx_view *v, struct nx_self *s)
{
    struct nx_qr_identity *list;
    size_t n;
    NX_TRY(nx_qr_identity_list(s->house->registry, s->rq->arena, s->id, &list, &n));
    nx_view_list(v, "qrs");
    for (size_t i = 0; i < n; i++)
        NX_TRY(add_identity(v, s, &list[i]));
    return NX_OK;
}

/* ---- sessions
 * ---------------------------------------------------------------------------------------------- */

static const char *client_name(struct nx_self *s, const char *id)
{
    NX_AUTO(nx_client) c = NULL;
    if (!nx_ok(nx_client_get(s->house->registry, nx_span_str(id), &c))) return id;
    const char *name = nx_arena_strdup(s->rq->arena, strcmp(s->rq->lang, "vi") == 0 ? c->name_vi : c->name);
    return name ? name : id;
}

static const char *means_key(unsigned means)
{
    if (means & NX_MEANS_PAPER_PIN) return "means.paper";
    if (means & (NX_MEANS_QR_POSSESSION | NX_MEANS_QR_PIN | NX_MEANS_QR_UV | NX_MEANS_QR_BIOMETRIC))
        return "means.qr";
    if (means & (NX_MEANS_PASSKEY_UV | NX_MEANS_PASSKEY_BIOMETRIC)) return "means.passkey";
    if (means & NX_MEANS_OTP_SENT) return "means.sent";
    return means & NX_MEANS_OTP ? "means.otp" : "means.password";
}

static const char *level_key(const struct nx_signon *s)
{
    enum nx_level proven = nx_policy_level_of_means(nx_policy(), s->means, (enum nx_rung)s->rung);
    return nx_level_key((int)proven < s->level ? proven : (enum nx_level)s->level);
}

static void add_session(nx_view *v, struct nx_self *s, const struct nx_signon *x)
{
    nx_view *item = nx_view_item(v, "sessions");
    nx_buf portals;
    nx_buf_init(&portals, s->rq->arena, TEXT_MAX);
    for (size_t i = 0; i < x->client_count; i++)
        nx_buf_addf(&portals, "%s%s", i ? ", " : "", client_name(s, x->clients[i]));
    nx_view_text(item, "id", x->id.s);
    nx_view_flag(item, "current", strcmp(x->id.s, s->gate.session.id.s) == 0);
    nx_view_flag(item, "own", !x->only_client);
    nx_view_text(item, "browser", x->agent ? x->agent : "?");
    nx_view_time(item, "since", x->created);
    nx_view_time(item, "seen", x->last_seen);
    nx_view_label(item, "means", means_key(x->means));
    nx_view_label(item, "level", level_key(x));
    nx_view_text(item, "portals", portals.n ? nx_buf_str(&portals) : NULL);
}

nx_result nx_me_sessions(nx_view *v, struct nx_self *s)
{
    struct nx_signon_list list;
    NX_TRY(nx_signon_list(s->house->store, s->rq->arena, s->id, &list));
    nx_view_list(v, "sessions");
    for (size_t i = 0; i < list.n; i++)
        add_session(v, s, &list.v[i]);
    return NX_OK;
}

/* ---- consents
 * ---------------------------------------------------------------------------------------------- */

/* The claims by their names in her language, with commas. */
static char *claims_text(struct nx_self *s, const struct nx_consent *c)
{
    nx_buf out;
    nx_buf_init(&out, s->rq->arena, TEXT_MAX * 4);
    for (size_t i = 0; i < c->claims.n; i++) {
        char *key = nx_arena_printf(s->rq->arena, "claim.%s", c->claims.v[i]);
        char *text = key ? nx_views_text(nx_server_of(s->rq)->views, s->rq->arena, s->rq->lang, key) : NULL;
        nx_buf_addf(&out, "%s%s", i ? ", " : "", text ? text : "");
    }
    return nx_buf_str(&out);
}

nx_result nx_me_consents(nx_view *v, struct nx_self *s)
{
    struct nx_consent *list;
    size_t n;
    NX_TRY(nx_consent_list(s->house->registry, s->rq->arena, s->id, &list, &n));
    nx_view_list(v, "consents");
    for (size_t i = 0; i < n; i++) {
        nx_view *item = nx_view_item(v, "consents");
        nx_view_text(item, "id", list[i].client);
        nx_view_text(item, "client_name", client_name(s, list[i].client));
        nx_view_text(item, "client_org", NULL);
        nx_view_text(item, "claims", claims_text(s, &list[i]));
        nx_view_time(item, "since", list[i].given);
    }
    return NX_OK;
}
