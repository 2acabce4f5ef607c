/* "How I sign in": one page for every way, ours and others', that remembers the last one and searches; plain links and
 * a plain form, and a script only filters while she types. */
#include "endpoints/hub/hub.h"

#include "house/house.h"
#include "hub/choose.h"

#define SEARCH_FROM 8 /* upstreams from which on a search helps */

char *nx_hub_ways_url(nx_arena *a, const char *t)
{
    return nx_arena_printf(a, "/login/ways%s%s", t ? "?t=" : "", t ? t : "");
}

/* Where each kind begins. */
char *nx_hub_go_url(nx_arena *a, const nx_upstream *u, const char *t)
{
    static const struct {
        const char *before;
        const char *behind;
        char joins;
    } rows[NX_UPSTREAM_KINDS] = {
        [NX_UPSTREAM_OIDC] = {"/upstream/", "/go", '?'},       [NX_UPSTREAM_SAML] = {"/upstream/", "/go", '?'},
        [NX_UPSTREAM_LDAP] = {"/login/agency?u=", "", '&'},   [NX_UPSTREAM_RADIUS] = {"/login/agency?u=", "", '&'},
        [NX_UPSTREAM_KERBEROS] = {"/login/kerberos?u=", "", '&'},
    };
    if (!t) return nx_arena_printf(a, "%s%s%s", rows[u->kind].before, u->id, rows[u->kind].behind);
    return nx_arena_printf(a, "%s%s%s%ct=%s", rows[u->kind].before, u->id, rows[u->kind].behind, rows[u->kind].joins, t);
}

NX_FALLIBLE nx_hub_chosen_url(const char **url, nx_request *rq, const char *t, const struct nx_flow_view *about)
{
    const char *id;
    NX_AUTO_UPSTREAM u = NULL;
    *url = NULL;
    if (!t || !about) return NX_OK;
    NX_TRY(nx_hub_chosen(&id, nx_house_of(rq), rq->arena, about->login_hint, about->acr_values));
    if (!id || !nx_ok(nx_upstream_get(nx_house_of(rq)->registry, nx_span_str(id), &u))) return NX_OK;
    NX_NEED(*url = nx_hub_go_url(rq->arena, u, t));
    return NX_OK;
}

/* Our own ways, for the page's first rows: the password, and the rows of ways.def. */
static nx_result add_own(nx_view *v, nx_request *rq, const char *t, const struct nx_flow_view *about)
{
    nx_view_url(v, "password_url", t ? nx_arena_printf(rq->arena, "/login?by=password&t=%s", t) : "/login");
    const struct nx_way_ask ask = {.rq = rq,
                                   .t = t,
                                   .about = about,
                                   .person = about ? about->person : NULL,
                                   .have = about ? about->means : 0,
                                   .rung = about ? about->rung : NX_RUNG_NONE,
                                   .level = NX_LEVEL_NONE};
    return nx_ways_view(v, &ask, NX_WAY_LOGIN);
}

static void set_row(nx_view *item, nx_request *rq, const nx_upstream *u, const char *t, bool down)
{
    bool vi = strcmp(rq->lang, "vi") == 0;
    nx_view_url(item, "url", nx_hub_go_url(rq->arena, u, t));
    nx_view_text(item, "name", vi ? u->name_vi : u->name);
    nx_view_text(item, "organisation", u->organisation);
    nx_view_flag(item, "down", down);
}

static void set_rows(nx_view *v, nx_request *rq, const struct nx_choices *c, const char *t)
{
    nx_view_list(v, "upstreams");
    for (size_t i = 0; i < c->n; i++)
        set_row(nx_view_item(v, "upstreams"), rq, c->v[i].upstream, t, c->v[i].down);
    nx_view_list(v, "last");
    if (!c->last) return;
    struct nx_fuse_view fuse;
    nx_fuse_look(&fuse, c->last->id);
    set_row(nx_view_item(v, "last"), rq, c->last, t, fuse.state == NX_FUSE_OPEN);
}

/* The button on the sign-in page: where there is something to choose. */
bool nx_way_ways(const struct nx_way_ask *ask)
{
    struct nx_upstream_list all;
    NX_AUTO_UPSTREAM hold = NULL;
    if (!nx_ok(nx_upstream_all(nx_house_of(ask->rq)->registry, &all, &hold))) return false;
    for (size_t i = 0; i < all.n; i++)
        if (all.v[i].on) return true;
    return false;
}

nx_result nx_hub_ways_page(nx_request *rq, nx_reply *rp)
{
    struct nx_visitor who;
    struct nx_flow_view about;
    NX_AUTO_CHOICES(c);
    const char *t = nx_query(rq, "t"), *q = nx_query(rq, "q");
    NX_TRY(nx_visitor_of(&who, rq, rp));
    if (t) NX_TRY(nx_flow_view(&about, nx_house_of(rq), rq->arena, &who, t));
    nx_view *v = nx_view_new(rq->arena);
    nx_asks_view(v, rq, t ? &about : NULL); /* settles the language too */
    NX_TRY(nx_hub_choices(&c, nx_house_of(rq), rq->arena, q, nx_cookie(rq, NX_CHOICE_COOKIE),
                          strcmp(rq->lang, "vi") == 0));
    nx_view_text(v, "t", t);
    nx_view_text(v, "q", q);
    nx_view_flag(v, "searches", c.on >= SEARCH_FROM);
    nx_view_flag(v, "none", c.n == 0);
    NX_TRY(add_own(v, rq, t, t ? &about : NULL));
    set_rows(v, rq, &c, t);
    nx_reply_scripts(rp, false);
    nx_reply_page(rp, 200, "ways", v);
    return NX_OK;
}
