/* Her links: the page that lists them and offers more, the yes after both accounts were proven, and taking one away. */
#include "endpoints/hub/hub.h"
#include "endpoints/me/me.h"

#include "house/house.h"
#include "hub/choose.h"
#include "hub/linking.h"

#define PAGE "/me/links"

static void set_name(nx_view *v, const char *key, const nx_request *rq, const nx_upstream *u, const char *otherwise)
{
    bool vi = strcmp(rq->lang, "vi") == 0;
    nx_view_text(v, key, !u ? otherwise : vi ? u->name_vi : u->name);
}

static nx_result add_links(nx_view *v, struct nx_self *s)
{
    struct nx_link *link;
    size_t n;
    nx_view_list(v, "links");
    NX_TRY(nx_link_list(s->house->registry, s->rq->arena, s->id, &link, &n));
    for (size_t i = 0; i < n; i++) {
        NX_AUTO_UPSTREAM u = NULL;
        nx_view *item = nx_view_item(v, "links");
        nx_ignore(nx_upstream_get(s->house->registry, nx_span_str(link[i].upstream), &u)); /* its id will do */
        set_name(item, "name", s->rq, u, link[i].upstream);
        nx_view_text(item, "upstream", link[i].upstream);
        nx_view_text(item, "subject", link[i].subject);
        nx_view_time(item, "since", link[i].created);
        nx_view_time(item, "used", link[i].used);
    }
    return NX_OK;
}

/* What can be linked. */
static nx_result add_offers(nx_view *v, struct nx_self *s)
{
    NX_AUTO_CHOICES(c);
    const char *q = nx_query(s->rq, "q");
    nx_view_list(v, "offers");
    NX_TRY(nx_hub_choices(&c, s->house, s->rq->arena, q, NULL, strcmp(s->rq->lang, "vi") == 0));
    for (size_t i = 0; i < c.n; i++) {
        const nx_upstream *u = c.v[i].upstream;
        nx_view *item = nx_view_item(v, "offers");
        set_name(item, "name", s->rq, u, NULL);
        nx_view_text(item, "organisation", u->organisation);
        nx_view_url(item, "url", nx_arena_printf(s->rq->arena, PAGE "/go?upstream=%s", u->id));
    }
    return NX_OK;
}

static nx_result show(struct nx_self *s)
{
    nx_view *v = NULL;
    const char *done = nx_query(s->rq, "done");
    bool linked = done && strcmp(done, "linked") == 0, unlinked = done && strcmp(done, "unlinked") == 0;
    NX_TRY(nx_form_view(&v, s->rq, s->rp, PAGE "/remove"));
    nx_view_label(v, "notice", linked ? "links.linked" : unlinked ? "links.unlinked" : NULL);
    NX_TRY(add_links(v, s));
    NX_TRY(add_offers(v, s));
    nx_reply_page(s->rp, 200, "me_links", v);
    return NX_OK;
}

nx_result nx_hub_links_page(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    nx_result r = nx_self_open(&s, rq, rp, NX_SELF_CHANGE);
    return nx_ok(r) ? show(&s) : nx_self_answer(&s, r, PAGE);
}

/* ---- after the other account was proven */

static nx_result ask(struct nx_self *s, const struct nx_identity *who, const char *handle)
{
    nx_view *v = NULL;
    NX_TRY(nx_form_view(&v, s->rq, s->rp, PAGE "/accept"));
    set_name(v, "name", s->rq, who->upstream, NULL);
    nx_view_text(v, "there", who->person.name ? who->person.name : who->subject);
    nx_view_text(v, "here", s->gate.person.name);
    nx_view_text(v, "user_name", s->gate.person.user_name);
    nx_view_text(v, "p", handle);
    nx_reply_page(s->rp, 200, "link_confirm", v);
    return NX_OK;
}

NX_FALLIBLE nx_hub_arrive_linking(nx_request *rq, nx_reply *rp, const struct nx_identity *who, const char *linker)
{
    struct nx_self s;
    enum nx_linking what;
    nx_handle_text handle;
    nx_result r = nx_self_open(&s, rq, rp, NX_SELF_FRESH);
    if (!nx_ok(r)) return nx_self_answer(&s, r, PAGE);
    r = nx_linking_offer(&what, &handle, s.house, rq->arena, who, linker, &s.gate.session, s.who.browser);
    if (!nx_ok(r)) return nx_hub_failed(rq, rp, r, NULL, NULL);
    if (what == NX_LINKING_ASK) return ask(&s, who, handle.s);
    nx_reply_redirect(rp, PAGE "?done=linked");
    return NX_OK;
}

nx_result nx_hub_link_accept(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    const char *upstream, *p = nx_form(rq, "p");
    nx_result r = nx_self_open(&s, rq, rp, NX_SELF_FRESH);
    if (!nx_ok(r)) return nx_self_answer(&s, r, PAGE);
    NX_REQUIRE(p, NX_ERR_MISSING);
    r = nx_linking_accept(&upstream, s.house, rq->arena, &s.gate.session, s.who.browser, nx_span_str(p));
    if (!nx_ok(r)) return nx_hub_failed(rq, rp, r, NULL, NULL);
    nx_reply_redirect(rp, PAGE "?done=linked");
    return NX_OK;
}

nx_result nx_hub_link_remove(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    const char *upstream = nx_form(rq, "upstream"), *subject = nx_form(rq, "subject");
    nx_result r = nx_self_open(&s, rq, rp, NX_SELF_FRESH);
    if (!nx_ok(r)) return nx_self_answer(&s, r, PAGE);
    NX_REQUIRE(upstream && subject, NX_ERR_MISSING);
    NX_TRY(nx_linking_remove(s.house, rq->arena, s.id, upstream, subject, s.actor));
    nx_reply_redirect(rp, PAGE "?done=unlinked");
    return NX_OK;
}
