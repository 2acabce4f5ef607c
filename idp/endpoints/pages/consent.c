/* The consent page: what a portal will know, with the person's own values, and her answer. */
#include "endpoints/pages/pages.h"

#include "house/house.h"

/* Whether a claim is told in a line of its own: "…_verified" and the time of change say nothing that its
 * neighbour does not. */
static bool is_told(const char *claim)
{
    size_t n = strlen(claim);
    bool verified = n > 9 && strcmp(claim + n - 9, "_verified") == 0;
    return !verified && strcmp(claim, "updated_at") != 0;
}

static void add_line(nx_view *v, nx_request *rq, const char *name, const char *value)
{
    nx_view *item = nx_view_item(v, "claims");
    nx_view_label(item, "text", nx_arena_printf(rq->arena, "claim.%s", name));
    nx_view_text(item, "value", value);
}

static void set_claims(nx_view *v, nx_request *rq, const struct nx_consent_view *c)
{
    bool offline = false;
    nx_view_list(v, "claims");
    add_line(v, rq, "openid", NULL);
    for (size_t i = 0; i < c->line_count; i++)
        if (is_told(c->line[i].claim)) add_line(v, rq, c->line[i].claim, c->line[i].value);
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
    nx_result r = nx_authorize_consent_view(&c, nx_house_of(rq), rq->arena, &who, t);
    if (nx_ok(r)) return show(&c, rq, rp, t);
    if (r.e != NX_ERR_CONFLICT) return r;
    NX_TRY(nx_authorize_next(&step, nx_house_of(rq), rq->arena, &who, t));
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
    NX_TRY(nx_authorize_consent(&step, nx_house_of(rq), rq->arena, &who, t, allow));
    return nx_step_reply(&step, rq, rp);
}
