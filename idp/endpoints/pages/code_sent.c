/* /login/code/sent: choosing where a code is sent, and typing it. Sending is a POST of its own in the lane
 * for calls to the outside; its answer is the page with the field, so that a reload sends nothing. */
#include "authn/one_time_sent.h"
#include "endpoints/pages/second.h"
#include "http/router.h"
#include "http/template.h"

#define PAGE "/login/code/sent"
#define SEND "/login/code/send"

bool nx_way_sent(const struct nx_way_ask *ask)
{
    return nx_second_helps(ask, NX_MEANS_OTP_SENT);
}

/* A button for each place that a code could go to, masked: who knows only the password learns no number. */
static nx_result add_places(nx_view *v, struct nx_second *s)
{
    const char *token = NULL;
    NX_TRY(nx_csrf_token(&token, s->rq, s->rp, SEND));
    nx_view_text(v, "csrf_send", token);
    nx_view_list(v, "places");
    for (int c = 0; c < NX_CHANNELS; c++) {
        const char *target = nx_sent_target(s->house, &s->person, (enum nx_channel)c);
        if (!target) continue;
        nx_view *item = nx_view_item(v, "places");
        nx_view_text(item, "channel", nx_channel_name((enum nx_channel)c));
        nx_view_text(item, "masked", nx_sent_masked(s->rq->arena, (enum nx_channel)c, target));
        nx_view_label(item, "label",
                      nx_arena_printf(s->rq->arena, "code.send_%s", nx_channel_name((enum nx_channel)c)));
    }
    return NX_OK;
}

/* ticket: of the code that was sent, NULL before. */
static nx_result show(struct nx_second *s, const char *ticket, const char *masked, nx_err e)
{
    nx_view *v = NULL;
    NX_TRY(nx_second_view(&v, s, PAGE, PAGE));
    NX_TRY(add_places(v, s));
    nx_view_text(v, "ticket", ticket);
    nx_view_text(v, "masked", masked);
    nx_view_label(v, "error", nx_second_error(e));
    nx_reply_page(s->rp, nx_second_status(e), "login_sent", v);
    return NX_OK;
}

nx_result nx_sent_page(nx_request *rq, nx_reply *rp)
{
    struct nx_second s;
    bool gone;
    NX_TRY(nx_second_open(&s, rq, rp, nx_query(rq, "t"), &gone));
    return gone ? NX_OK : show(&s, NULL, NULL, NX_ERR_NONE);
}

static const char *text_of(struct nx_second *s, const char *key)
{
    return nx_views_text(nx_router_views(s->rq->router), s->rq->arena, s->rq->lang, key);
}

static nx_result send(const char **ticket, struct nx_second *s, enum nx_channel channel,
                      int64_t *retry_after_s)
{
    nx_handle_text *handle = nx_arena_new(s->rq->arena, nx_handle_text, 1);
    struct nx_sent_ask ask = {
        .person = &s->person,
        .channel = channel,
        .browser = s->who.browser,
        .about = s->t ? s->t : "",
        .source = s->rq->client,
        .lang = s->rq->lang,
        .subject = text_of(s, "message.code_subject"),
        .text = text_of(s, channel == NX_CHANNEL_SMS ? "message.code_sms" : "message.code_email")};
    NX_REQUIRE(handle && ask.subject && ask.text, NX_ERR_MEMORY);
    NX_TRY(nx_sent_send(handle, s->house, s->rq->arena, &ask, retry_after_s));
    *ticket = handle->s;
    return NX_OK;
}

nx_result nx_sent_order(nx_request *rq, nx_reply *rp)
{
    struct nx_second s;
    enum nx_channel channel;
    bool gone;
    int64_t retry_after_s = 1;
    const char *ticket = NULL, *name = nx_form(rq, "channel");
    NX_TRY(nx_second_open(&s, rq, rp, nx_form(rq, "t"), &gone));
    if (gone) return NX_OK;
    NX_REQUIRE(name, NX_ERR_MISSING);
    NX_TRY(nx_channel_of(&channel, nx_span_str(name)));
    nx_result r = send(&ticket, &s, channel, &retry_after_s);
    if (!nx_ok(r) && !nx_second_error(r.e)) return r;
    nx_second_retry(&s, r.e, retry_after_s);
    const char *target = nx_sent_target(s.house, &s.person, channel);
    return show(&s, ticket, ticket && target ? nx_sent_masked(rq->arena, channel, target) : NULL, r.e);
}

/* A code that is wrong may be tried again; one that is over is sent anew. */
static nx_result refused(struct nx_second *s, const char *ticket, enum nx_channel channel, nx_err e)
{
    const char *target = nx_sent_target(s->house, &s->person, channel);
    bool over = e == NX_ERR_ONE_TIME_GONE || !target;
    return show(s, over ? NULL : ticket, over ? NULL : nx_sent_masked(s->rq->arena, channel, target), e);
}

nx_result nx_sent_post(nx_request *rq, nx_reply *rp)
{
    struct nx_second s;
    struct nx_proof proof;
    enum nx_channel channel = NX_CHANNEL_SMS;
    bool gone;
    int64_t retry_after_s = 1;
    NX_AUTO_SECRET(code);
    const char *ticket = nx_form(rq, "ticket");
    NX_TRY(nx_second_open(&s, rq, rp, nx_form(rq, "t"), &gone));
    if (gone) return NX_OK;
    NX_REQUIRE(ticket, NX_ERR_MISSING);
    nx_result r = nx_form_secret(&code, rq, "code");
    const struct nx_sent_try try = {.typed = {s.session.subject, &code, rq->client},
                                    .browser = s.who.browser,
                                    .about = s.t ? s.t : "",
                                    .ticket = nx_span_str(ticket)};
    if (nx_ok(r)) r = nx_sent_prove(&proof, &channel, s.house, rq->arena, &try, &retry_after_s);
    if (nx_ok(r)) return nx_second_done(&s, &proof);
    if (!nx_second_error(r.e)) return r;
    nx_second_retry(&s, r.e, retry_after_s);
    return refused(&s, ticket, channel, r.e);
}
