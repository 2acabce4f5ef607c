#include "endpoints/pages/second.h"

#include "config/settings.h"
#include "gate/enrolled.h"
#include "registry/policy_rule.h"

#include <stdio.h>

/* ---- who is here ---- */

const char *nx_second_url(const struct nx_second *s, const char *path)
{
    return s->t ? nx_arena_printf(s->rq->arena, "%s?t=%s", path, s->t) : path;
}

/* A code raises what was proven a moment ago: without that the password comes first, and the code after it.
 */
static nx_result first_factor(struct nx_second *s, bool *gone)
{
    enum nx_found found = NX_GONE;
    if (s->who.session.n)
        NX_TRY(nx_signon_find(s->house->store, s->rq->arena, s->who.session, &s->session, &found));
    bool there = found == NX_FOUND && !s->session.only_client;
    *gone = !there || !nx_sign_in_joins(s->house, &s->session);
    if (!*gone) return NX_OK;
    const char *url = s->t ? nx_arena_printf(s->rq->arena, "/login?by=password&t=%s", s->t) : "/login";
    NX_NEED(url);
    nx_reply_redirect(s->rp, url);
    return NX_OK;
}

nx_result nx_second_open(struct nx_second *s, nx_request *rq, nx_reply *rp, const char *t, bool *gone)
{
    *s = (struct nx_second){.rq = rq, .rp = rp, .house = nx_house_of(rq), .t = t};
    NX_TRY(nx_visitor_of(&s->who, rq, rp));
    if (t) NX_TRY(nx_flow_view(&s->about, s->house, rq->arena, &s->who, t));
    NX_TRY(first_factor(s, gone));
    if (*gone) return NX_OK;
    NX_TRY(nx_person_get(s->house->registry, rq->arena, s->session.subject, &s->person));
    return nx_gate_enrolled(&s->enrolled, s->house, rq->arena, &s->person);
}

/* ---- what helps ---- */

static nx_result read_enrolled(struct nx_held *out, unsigned *forbidden, const struct nx_way_ask *ask)
{
    struct nx_house *house = nx_house_of(ask->rq);
    struct nx_person person;
    *forbidden = 0;
    NX_TRY(nx_person_get(house->registry, ask->rq->arena, ask->person, &person));
    NX_TRY(nx_gate_enrolled(out, house, ask->rq->arena, &person));
    if (!ask->about) return NX_OK;
    return nx_policy_forbidden(house->registry, ask->about->client_id, ask->about->organisation, ask->person,
                               forbidden);
}

bool nx_second_helps(const struct nx_way_ask *ask, unsigned means)
{
    struct nx_held held;
    unsigned forbidden, set[NX_WAYS_MAX];
    if (!ask->person || !nx_ok(read_enrolled(&held, &forbidden, ask))) return false;
    if (ask->level == NX_LEVEL_NONE) return (held.means & ~forbidden & means) && !(ask->have & means);
    const struct nx_sign_in have = {.means = ask->have, .rung = ask->rung};
    size_t n = nx_policy_ways(set, nx_policy(), &have, ask->level, &held, forbidden);
    for (size_t i = 0; i < n; i++)
        if (set[i] == means) return true;
    return false;
}

bool nx_second_wanted(struct nx_house *house, const struct nx_signon *s)
{
    bool always = false;
    if (nx_means_multi_factor(s->means) || (s->means & NX_MEANS_RECOVERY)) return false;
    return nx_ok(nx_always_second_get(house->registry, s->subject, &always)) && always;
}

/* ---- the page ---- */

/* The form may end at the portal, and wherever it sends people on to. */
static void allow_targets(struct nx_second *s)
{
    if (!s->t) return;
    nx_reply_form_target(s->rp, NULL);
    if (s->about.origin && strncmp(s->about.origin, "https://", 8) != 0 && strchr(s->about.origin, ':'))
        nx_reply_form_target(s->rp, s->about.origin);
}

/* A link to each other second factor that she has. */
static void set_links(nx_view *v, struct nx_second *s, const char *path)
{
    static const struct {
        const char *key;
        const char *path;
        unsigned means;
    } links[] = {{"code_url", "/login/code", NX_MEANS_OTP},
                 {"sent_url", "/login/code/sent", NX_MEANS_OTP_SENT},
                 {"recovery_url", "/login/recovery", NX_MEANS_RECOVERY}};
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        bool shown = (s->enrolled.means & links[i].means) && strcmp(links[i].path, path) != 0;
        nx_view_url(v, links[i].key, shown ? nx_second_url(s, links[i].path) : NULL);
    }
    nx_view_url(v, "other_url", nx_second_url(s, "/login"));
}

nx_result nx_second_view(nx_view **out, struct nx_second *s, const char *path, const char *form)
{
    const char *other = strcmp(s->rq->lang, "vi") == 0 ? "en" : "vi";
    NX_TRY(nx_form_view(out, s->rq, s->rp, form));
    nx_asks_view(*out, s->rq, s->t ? &s->about : NULL);
    nx_view_text(*out, "t", s->t);
    nx_view_text(*out, "user_name", s->person.user_name);
    nx_view_flag(*out, "optional", s->t && !s->about.essential && !nx_second_wanted(s->house, &s->session));
    set_links(*out, s, path);
    if (s->rq->method == NX_POST)
        nx_view_url(*out, "lang_url",
                    nx_arena_printf(s->rq->arena, "%s?lang=%s%s%s", path, other, s->t ? "&t=" : "",
                                    s->t ? s->t : ""));
    allow_targets(s);
    return NX_OK;
}

const char *nx_second_error(nx_err e)
{
    switch ((int)e) {
    case NX_ERR_MISSING:
        return "form.missing";
    case NX_ERR_ONE_TIME:
        return "form.code";
    case NX_ERR_ONE_TIME_USED:
        return "form.code_used";
    case NX_ERR_ONE_TIME_GONE:
        return "form.code_gone";
    case NX_ERR_ONE_TIME_NONE:
        return "form.code_none";
    case NX_ERR_RECOVERY_CODE:
        return "form.recovery";
    case NX_ERR_GATEWAY_AWAY:
        return "form.gateway";
    case NX_ERR_HTTP_RATE:
        return "form.throttled";
    default:
        return NULL;
    }
}

int nx_second_status(nx_err e)
{
    switch ((int)e) {
    case NX_ERR_NONE:
        return 200;
    case NX_ERR_HTTP_RATE:
        return 429;
    case NX_ERR_GATEWAY_AWAY:
        return 503;
    case NX_ERR_ONE_TIME:
    case NX_ERR_ONE_TIME_USED:
    case NX_ERR_RECOVERY_CODE:
        return 403;
    default:
        return 400;
    }
}

void nx_second_retry(struct nx_second *s, nx_err e, int64_t retry_after_s)
{
    if (e != NX_ERR_HTTP_RATE) return;
    nx_reply_header(s->rp, "Retry-After", nx_arena_printf(s->rq->arena, "%lld", (long long)retry_after_s));
}

nx_result nx_second_done(struct nx_second *s, const struct nx_proof *proof)
{
    return nx_login_done(s->rq, s->rp,
                         &(struct nx_login_end){&s->who, s->t, s->t ? &s->about : NULL, proof, NULL});
}
