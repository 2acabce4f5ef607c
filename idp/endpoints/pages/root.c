/* The issuer's front page. In the demo it also tells what to try and with whom. */
#include "endpoints/pages/pages.h"

#include "house/house.h"
#include "operate/demo.h"
#include "registry/client.h"

#define CLIENTS_MAX 50

/* A portal of the demo: it says where its front page is, and that is on this machine. */
static bool is_demo_portal(const nx_client *c)
{
    static const char ending[] = ".localhost";
    const char *host = c->client_uri ? strstr(c->client_uri, "://") : NULL;
    if (!host || c->state != NX_CLIENT_ACTIVE) return false;
    size_t n = strcspn(host + 3, ":/"), e = sizeof ending - 1;
    return n > e && strncmp(host + 3 + n - e, ending, e) == 0;
}

static void add_portal(nx_view *v, const nx_request *rq, const nx_client *c)
{
    nx_view *item = nx_view_item(v, "portals");
    nx_view_url(item, "url", c->client_uri);
    nx_view_text(item, "name", strcmp(rq->lang, "vi") == 0 ? c->name_vi : c->name);
    nx_view_text(item, "what", strstr(c->client_uri, "://") + 3);
}

static nx_result set_portals(nx_view *v, const nx_request *rq)
{
    struct nx_client_page page;
    NX_TRY(nx_client_lines(nx_house_of(rq)->registry, rq->arena, NULL, CLIENTS_MAX, &page));
    nx_view_list(v, "portals");
    for (size_t i = 0; i < page.n; i++) {
        NX_AUTO(nx_client) c = NULL;
        nx_result r = nx_client_get(nx_house_of(rq)->registry, nx_span_str(page.v[i].id), &c);
        if (r.e == NX_ERR_NOT_FOUND) continue;
        NX_TRY(r);
        if (is_demo_portal(c)) add_portal(v, rq, c);
    }
    return NX_OK;
}

static void set_people(nx_view *v, const nx_request *rq)
{
    nx_view_list(v, "people");
    for (size_t i = 0; i < nx_demo_people_count; i++) {
        nx_view *item = nx_view_item(v, "people");
        nx_view_text(item, "user_name", nx_demo_people[i].user_name);
        nx_view_text(item, "password", NX_DEMO_PASSWORD);
        nx_view_text(item, "name", nx_demo_people[i].name);
        nx_view_label(item, "what", nx_arena_printf(rq->arena, "kind.%s", nx_demo_people[i].kind));
    }
}

nx_result nx_root_page(nx_request *rq, nx_reply *rp)
{
    nx_view *v = nx_view_new(rq->arena);
    bool demo = nx_server_of(rq)->demo;
    nx_view_flag(v, "demo", demo);
    if (demo) {
        NX_TRY(set_portals(v, rq));
        set_people(v, rq);
    }
    nx_reply_page(rp, 200, "root", v);
    return NX_OK;
}
