/* The consent page: what a portal will know, with the person's own values, and her answer. */
#include "endpoints/pages/pages.h"

#include "house/house.h"

#define UNKNOWN_MAX 4096

/* Whether a claim is told in a line of its own: "…_verified" and the time of change say nothing that its
 * neighbour does not. */
static bool is_told(const char *claim)
{
    size_t n = strlen(claim);
    bool verified = n > 9 && strcmp(claim + n - 9, "_verified") == 0;
    return !verified && strcmp(claim, "updated_at") != 0;
}

static char *claim_text(nx_request *rq, const char *claim)
{
    char *key = nx_arena_printf(rq->arena, "claim.%s", claim);
    return key ? nx_views_text(nx_server_of(rq)->views, rq->arena, rq->lang, key) : NULL;
}

/* A code as a word in her language, a date as it is written there. */
static const char *readable(nx_request *rq, const char *claim, const char *value)
{
    if (strcmp(claim, "birthdate") == 0 && strcmp(rq->lang, "vi") == 0 && strlen(value) == 10)
        return nx_arena_printf(rq->arena, "%.2s/%.2s/%.4s", value + 8, value + 5, value);
    if (strcmp(claim, "gender") != 0 && strcmp(claim, "locale") != 0) return value;
    char *key = nx_arena_printf(rq->arena, "value.%s.%s", claim, value);
    const char *word = key ? nx_views_text(nx_server_of(rq)->views, rq->arena, rq->lang, key) : NULL;
    return word ? word : value;
}

static void add_line(nx_view *v, nx_request *rq, const char *name, const char *value)
{
    nx_view *item = nx_view_item(v, "claims");
    nx_view_text(item, "text", claim_text(rq, name));
    nx_view_text(item, "value", value ? readable(rq, name, value) : NULL);
}

/* Claims without a value are consented to as well, but named in one line only: "may see once they are known". */
static void set_unknown(nx_view *v, nx_request *rq, const struct nx_consent_view *c)
{
    nx_buf names;
    nx_buf_init(&names, rq->arena, UNKNOWN_MAX);
    for (size_t i = 0; i < c->line_count; i++) {
        if (c->line[i].value || !is_told(c->line[i].claim)) continue;
        const char *text = claim_text(rq, c->line[i].claim);
        nx_buf_addf(&names, "%s%s", names.n ? " · " : "", text ? text : c->line[i].claim);
    }
    nx_view_text(v, "unknown", names.n ? nx_buf_str(&names) : NULL);
}

static void set_claims(nx_view *v, nx_request *rq, const struct nx_consent_view *c)
{
    bool offline = false;
    nx_view_list(v, "claims");
    add_line(v, rq, "openid", NULL);
    for (size_t i = 0; i < c->line_count; i++)
        if (c->line[i].value && is_told(c->line[i].claim)) add_line(v, rq, c->line[i].claim, c->line[i].value);
    set_unknown(v, rq, c);
    for (size_t i = 0; i < c->scope_count; i++)
        if (strcmp(c->scope[i], "offline_access") == 0)
            offline = true;
        else
            nx_view_text(nx_view_item(v, "scopes"), "scope", c->scope[i]);
    nx_view_flag(v, "offline", offline);
}

static nx_result show(const struct nx_consent_view *c, nx_request *rq, nx_reply *rp, const char *t)
{
    nx_view *v = NULL;
    NX_TRY(nx_form_view(&v, rq, rp, "/consent"));
    nx_asks_view(v, rq, &c->request);
    nx_view_text(v, "t", t);
    nx_view_text(v, "name", c->request.person_name);
    nx_view_text(v, "purpose", NULL);
    nx_view_url(v, "policy_url", c->request.policy_uri);
    nx_view_list(v, "scopes");
    set_claims(v, rq, c);
    nx_reply_form_target(rp, NULL);
    if (c->request.origin && strncmp(c->request.origin, "https://", 8) != 0 && strchr(c->request.origin, ':'))
        nx_reply_form_target(rp, c->request.origin);
    nx_reply_page(rp, 200, "consent", v);
    return NX_OK;
}

nx_result nx_consent_page(nx_request *rq, nx_reply *rp)
{
    struct nx_visitor who;
    struct nx_step step;
    struct nx_consent_view c;
    const char *t = nx_query(rq, "t");
    NX_REQUIRE(t, NX_ERR_MISSING);
    NX_TRY(nx_visitor_of(&who, rq, rp));
    nx_result r = nx_flow_consent_view(&c, nx_house_of(rq), rq->arena, &who, t);
    if (nx_ok(r)) return show(&c, rq, rp, t);
    if (r.e != NX_ERR_CONFLICT) return r;
    NX_TRY(nx_flow_next(&step, nx_house_of(rq), rq->arena, &who, t));
    return nx_step_reply(&step, rq, rp);
}

nx_result nx_consent_decide(nx_request *rq, nx_reply *rp)
{
    struct nx_visitor who;
    struct nx_step step;
    const char *t = nx_form(rq, "t"), *decision = nx_form(rq, "decision");
    NX_REQUIRE(t && decision, NX_ERR_MISSING);
    bool allow = strcmp(decision, "allow") == 0;
    NX_REQUIRE(allow || strcmp(decision, "deny") == 0, NX_ERR_SYNTAX);
    NX_TRY(nx_visitor_of(&who, rq, rp));
    NX_TRY(nx_flow_consent(&step, nx_house_of(rq), rq->arena, &who, t, allow));
    return nx_step_reply(&step, rq, rp);
}
