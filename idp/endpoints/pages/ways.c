#include "endpoints/pages/ways.h"

#include "endpoints/pages/second.h"
#include "house/house.h"
#include "policies/policy.h"

#define OWN_PAGE "/me"

static const struct way {
    const char *name;
    const char *path;
    unsigned means;
    unsigned where;
    bool (*offered)(const struct nx_way_ask *ask);
} rows[] = {
#define W(name, path, means, where, offered) {#name, (path), (means), (where), (offered)},
#include "endpoints/pages/ways.def"
#undef W
};

bool nx_way_with_portal(const struct nx_way_ask *ask)
{
    return ask->t != NULL;
}

/* What the means prove by the policy's rows at best: whether it comes to that is decided when it was done. */
static bool reaches(const struct way *w, const struct nx_way_ask *ask)
{
    bool adds = (w->means & ~ask->have) != 0 || ask->level <= NX_M1;
    return adds && nx_policy_level_of_means(nx_policy(), ask->have | w->means, NX_P3) >= ask->level;
}

static bool stands(const struct way *w, const struct nx_way_ask *ask, enum nx_way_where where)
{
    if (!(w->where & where)) return false;
    if (where != NX_WAY_LOGIN && !reaches(w, ask)) return false;
    return w->offered(ask);
}

static const char *path_of(const struct way *w, const struct nx_way_ask *ask)
{
    if (!ask->t) return w->path;
    return nx_arena_printf(ask->rq->arena, "%s%ct=%s", w->path, strchr(w->path, '?') ? '&' : '?', ask->t);
}

NX_FALLIBLE nx_ways_view(nx_view *v, const struct nx_way_ask *ask, enum nx_way_where where)
{
    bool any = false;
    nx_view_list(v, "ways");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].path, ask->rq->path) == 0 || !stands(&rows[i], ask, where)) continue;
        const char *url = path_of(&rows[i], ask);
        const char *key = nx_arena_printf(ask->rq->arena, "way.%s", rows[i].name);
        nx_view *item = nx_view_item(v, "ways");
        NX_REQUIRE(url && key && item, NX_ERR_MEMORY);
        nx_view_url(item, "url", url);
        nx_view_label(item, "label", key);
        any = true;
        nx_view_flag(item, "qr", strcmp(rows[i].name, "qr") == 0);
    }
    nx_view_flag(v, "any_way", any);
    return NX_OK;
}

static const char *first_second(const struct nx_way_ask *ask)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (stands(&rows[i], ask, NX_WAY_SECOND)) return path_of(&rows[i], ask);
    return NULL;
}

/* The first second step that she has, or NULL: for what the portal wishes, or because she always wants one. */
static const char *second_step(nx_request *rq, const struct nx_login_end *end, const struct nx_signon *s)
{
    const struct nx_flow_view *about = end->about;
    enum nx_level level = end->t && about && about->level > NX_M1 ? about->level : NX_LEVEL_NONE;
    if (nx_policy_level_of_means(nx_policy(), s->means, (enum nx_rung)s->rung) >= level) level = NX_LEVEL_NONE;
    if (level == NX_LEVEL_NONE && !nx_second_wanted(nx_house_of(rq), s)) return NULL;
    struct nx_way_ask ask = {.rq = rq,
                             .t = end->t,
                             .about = about,
                             .person = s->subject,
                             .have = s->means,
                             .rung = (enum nx_rung)s->rung,
                             .level = level};
    const char *path = first_second(&ask);
    if (path || level == NX_LEVEL_NONE || !nx_second_wanted(nx_house_of(rq), s)) return path;
    ask.level = NX_LEVEL_NONE; /* the portal's wish cannot be met, hers can */
    return first_second(&ask);
}

/* The new session's cookie is this very reply's, so the next step is computed with it and not with the
 * request's. */
NX_FALLIBLE nx_login_done(nx_request *rq, nx_reply *rp, const struct nx_login_end *end)
{
    nx_handle_text *cookie = nx_arena_new(rq->arena, nx_handle_text, 1);
    struct nx_signon session;
    struct nx_step step;
    struct nx_sign_in_ask ask = {.proof = *end->proof,
                                 .present = end->who->session,
                                 .source = rq->client,
                                 .agent = nx_agent_label(rq->arena, nx_header(rq, "User-Agent")),
                                 .only_client = end->only_client};
    NX_NEED(cookie);
    NX_TRY(nx_sign_in(cookie, &session, nx_house_of(rq), rq->arena, &ask));
    nx_browser_session_set(rp, cookie->s, 0);
    const char *next = second_step(rq, end, &session);
    if (!next && !end->t) next = OWN_PAGE;
    if (next) {
        nx_reply_redirect(rp, next);
        return NX_OK;
    }
    end->who->session = nx_span_str(cookie->s);
    end->who->made = &session;
    NX_TRY(nx_flow_next(&step, nx_house_of(rq), rq->arena, end->who, end->t));
    return nx_step_reply(&step, rq, rp);
}
