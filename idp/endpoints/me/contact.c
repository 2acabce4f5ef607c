/* /me/codes/send, /me/codes/verify: a code that was sent shows that a number or mailbox is hers. The number
 * is the one that provisioning wrote; she cannot name another. */
#include "authn/one_time_sent.h"
#include "endpoints/me/me.h"
#include "house/house.h"
#include "http/router.h"
#include "http/template.h"
#include "registry/audit.h"

#define PAGE "/me/codes"
#define SEND "/me/codes/send"
#define VERIFY "/me/codes/verify"

static bool verified(const struct nx_person *p, enum nx_channel channel)
{
    return channel == NX_CHANNEL_SMS ? p->phone_verified : p->email_verified;
}

nx_result nx_me_contacts(nx_view *v, struct nx_self *s)
{
    const char *token = NULL;
    bool any = false;
    NX_TRY(nx_csrf_token(&token, s->rq, s->rp, SEND));
    nx_view_text(v, "csrf_send", token);
    nx_view_list(v, "contacts");
    for (int c = 0; c < NX_CHANNELS; c++) {
        const char *target = nx_contact_of(s->house, &s->gate.person, (enum nx_channel)c);
        if (!target) continue;
        nx_view *item = nx_view_item(v, "contacts");
        nx_view_text(item, "target", target);
        nx_view_text(item, "channel", nx_channel_name((enum nx_channel)c));
        nx_view_flag(item, "verified", verified(&s->gate.person, (enum nx_channel)c));
        any = true;
    }
    nx_view_flag(v, "any_contact", any);
    return NX_OK;
}

/* The text of a form that was not right; NULL: no error of the form's. */
static const char *form_key(nx_err e)
{
    switch ((int)e) {
    case NX_ERR_MISSING:
        return "form.missing";
    case NX_ERR_ONE_TIME:
        return "form.code";
    case NX_ERR_ONE_TIME_GONE:
        return "form.code_gone";
    case NX_ERR_GATEWAY_AWAY:
        return "form.gateway";
    case NX_ERR_HTTP_RATE:
        return "form.throttled";
    default:
        return NULL;
    }
}

static int form_status(nx_err e)
{
    if (e == NX_ERR_NONE) return 200;
    return e == NX_ERR_HTTP_RATE ? 429 : e == NX_ERR_GATEWAY_AWAY ? 503 : e == NX_ERR_ONE_TIME ? 403 : 400;
}

static nx_result show(struct nx_self *s, enum nx_channel channel, const char *ticket, nx_err e)
{
    const char *other = strcmp(s->rq->lang, "vi") == 0 ? "en" : "vi";
    nx_view *v = NULL;
    NX_TRY(nx_form_view(&v, s->rq, s->rp, VERIFY));
    nx_view_text(v, "target", nx_contact_of(s->house, &s->gate.person, channel));
    nx_view_text(v, "channel", nx_channel_name(channel));
    nx_view_text(v, "ticket", ticket);
    nx_view_label(v, "error", form_key(e));
    nx_view_url(v, "lang_url", nx_arena_printf(s->rq->arena, PAGE "?lang=%s", other));
    nx_reply_page(s->rp, form_status(e), "me_contact", v);
    return NX_OK;
}

static nx_result send(const char **ticket, struct nx_self *s, enum nx_channel channel)
{
    const nx_views *views = nx_router_views(s->rq->router);
    nx_handle_text *handle = nx_arena_new(s->rq->arena, nx_handle_text, 1);
    int64_t retry_after_s = 1;
    struct nx_sent_ask ask = {.person = &s->gate.person,
                              .channel = channel,
                              .browser = s->who.browser,
                              .about = NX_SENT_VERIFY,
                              .source = s->rq->client,
                              .lang = s->rq->lang,
                              .subject =
                                  nx_views_text(views, s->rq->arena, s->rq->lang, "message.verify_subject"),
                              .text = nx_views_text(views, s->rq->arena, s->rq->lang, "message.verify_text")};
    NX_REQUIRE(handle && ask.subject && ask.text, NX_ERR_MEMORY);
    NX_TRY(nx_sent_send(handle, s->house, s->rq->arena, &ask, &retry_after_s));
    *ticket = handle->s;
    return NX_OK;
}

static nx_result open_channel(struct nx_self *s, enum nx_channel *channel, nx_request *rq, nx_reply *rp)
{
    const char *name = nx_form(rq, "channel");
    NX_TRY(nx_self_open(s, rq, rp, NX_SELF_FRESH));
    NX_REQUIRE(name, NX_ERR_MISSING);
    return nx_channel_of(channel, nx_span_str(name));
}

nx_result nx_me_contact_send(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    enum nx_channel channel;
    const char *ticket = NULL;
    nx_result r = open_channel(&s, &channel, rq, rp);
    if (!nx_ok(r)) return nx_self_answer(&s, r, PAGE);
    r = send(&ticket, &s, channel);
    return nx_ok(r) || form_key(r.e) ? show(&s, channel, ticket, r.e) : r;
}

/* Of the row as it is now: the version that was looked at must still stand, and with it the number. */
static nx_result store(struct nx_self *s, enum nx_channel channel)
{
    struct nx_person p = s->gate.person;
    struct nx_audit_entry entry = {.actor = s->actor, .type = "person.verified", .subject = s->id};
    if (channel == NX_CHANNEL_SMS)
        p.phone_verified = true;
    else
        p.email_verified = true;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, s->house->registry, NX_DURABLE));
    NX_TRY(nx_person_replace(s->house->registry, &p, p.version));
    NX_TRY(nx_audit_append(s->house->registry, &entry));
    NX_TRY(nx_registry_commit(&change));
    nx_reply_redirect(s->rp, PAGE "?done=verified");
    return NX_OK;
}

nx_result nx_me_contact_verify(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    struct nx_proof proof;
    enum nx_channel channel, sent = NX_CHANNEL_SMS;
    int64_t retry_after_s = 1;
    NX_AUTO_SECRET(code);
    const char *ticket = nx_form(rq, "ticket");
    nx_result r = open_channel(&s, &channel, rq, rp);
    if (!nx_ok(r)) return nx_self_answer(&s, r, PAGE);
    NX_REQUIRE(ticket && nx_contact_of(s.house, &s.gate.person, channel), NX_ERR_MISSING);
    r = nx_form_secret(&code, rq, "code");
    const struct nx_sent_try try = {.typed = {s.id, &code, rq->client},
                                    .browser = s.who.browser,
                                    .about = NX_SENT_VERIFY,
                                    .ticket = nx_span_str(ticket),
                                    .target = nx_contact_of(s.house, &s.gate.person, channel)};
    if (nx_ok(r)) r = nx_sent_prove(&proof, &sent, s.house, rq->arena, &try, &retry_after_s);
    if (nx_ok(r)) return store(&s, sent);
    return form_key(r.e) ? show(&s, channel, r.e == NX_ERR_ONE_TIME_GONE ? NULL : ticket, r.e) : r;
}
