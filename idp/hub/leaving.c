#include "hub/leaving.h"

#include "base/pack.h"
#include "hub/oidc_provider.h"
#include "saml/logout_message.h"
#include "sessions/ticket.h"

#define VERSION 3 /* of the tickets under this type of handle: see ticket.c and linking.c */
#define URL_MAX 12288
enum { UPSTREAM = 1, HINT, GOAL };

struct leaving {
    const char *upstream;
    const char *hint; /* NULL: not known any more */
    const char *goal;     /* NULL in the cookie's ticket */
};

static nx_result make(nx_handle_text *out, struct nx_house *house, nx_arena *a, nx_span browser,
                      const struct leaving *l, int64_t life_s)
{
    nx_buf b;
    nx_buf_init(&b, a, NX_TICKET_BODY_MAX);
    nx_pack_begin(&b, VERSION);
    nx_pack_text(&b, UPSTREAM, l->upstream);
    nx_pack_text(&b, HINT, l->hint);
    nx_pack_text(&b, GOAL, l->goal);
    NX_TRY(nx_buf_done(&b));
    return nx_ticket_make(out, house->store, a, NX_HANDLE_UPSTREAM, browser, nx_buf_span(&b), life_s);
}

static nx_result read(struct leaving *out, struct nx_house *house, nx_arena *a, nx_span browser, nx_span handle,
                      bool take)
{
    struct nx_ticket raw;
    enum nx_found found;
    nx_pack p;
    if (take)
        NX_TRY(nx_ticket_take(house->store, a, NX_HANDLE_UPSTREAM, browser, handle, &raw, &found));
    else
        NX_TRY(nx_ticket_peek(house->store, a, NX_HANDLE_UPSTREAM, browser, handle, &raw, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_UPSTREAM_STATE);
    NX_TRY(nx_pack_open(&p, raw.body));
    NX_REQUIRE(p.version == VERSION, NX_ERR_UPSTREAM_STATE);
    *out = (struct leaving){.upstream = nx_pack_get_text(&p, UPSTREAM, a),
                            .hint = nx_pack_get_text(&p, HINT, a),
                            .goal = nx_pack_get_text(&p, GOAL, a)};
    NX_REQUIRE(out->upstream, NX_ERR_UPSTREAM_STATE);
    return NX_OK;
}

NX_FALLIBLE nx_leaving_keep(const char **cookie, struct nx_house *house, nx_arena *a, nx_span browser,
                            const nx_upstream *u, const char *hint)
{
    nx_handle_text handle;
    *cookie = NULL;
    if (!nx_json_bool(u->config, "rp_logout", false)) return NX_OK;
    /* A token that is too large for a ticket is no reason not to sign in. */
    bool fits = hint && strlen(hint) < NX_TICKET_BODY_MAX / 2;
    const struct leaving l = {.upstream = u->id, .hint = fits ? hint : NULL};
    NX_TRY(make(&handle, house, a, browser, &l, NX_LEAVING_S));
    NX_NEED(*cookie = nx_arena_printf(a, "%s.%s", u->id, handle.s));
    return NX_OK;
}

NX_FALLIBLE nx_leaving_begin(const char **path, struct nx_house *house, nx_arena *a, nx_span browser,
                             const char *cookie, const char *goal)
{
    struct leaving kept = {.upstream = NULL};
    nx_handle_text handle;
    NX_AUTO_UPSTREAM u = NULL;
    nx_span rest = nx_span_str(cookie), id;
    *path = goal;
    if (!cookie || !nx_span_cut(&rest, '.', &id) || !nx_ok(nx_upstream_get(house->registry, id, &u))) return NX_OK;
    if (!u->on) return NX_OK;
    nx_result r = read(&kept, house, a, browser, rest, true);
    if (!nx_ok(r) && r.e != NX_ERR_UPSTREAM_STATE) return r;
    bool known = nx_ok(r) && strcmp(kept.upstream, u->id) == 0;
    const struct leaving l = {.upstream = u->id, .hint = known ? kept.hint : NULL, .goal = goal};
    NX_TRY(make(&handle, house, a, browser, &l, NX_LEAVING_WAY_S));
    NX_NEED(*path = nx_arena_printf(a, "/upstream/%s/leave?p=%s", u->id, handle.s));
    return NX_OK;
}

static void add(nx_buf *url, const char *name, const char *value)
{
    if (!value) return;
    nx_buf_addf(url, "&%s=", name);
    nx_percent_encode(url, nx_span_str(value));
}

static nx_result end_session(const char **url, struct nx_house *house, nx_arena *a, const nx_upstream *u,
                             const struct leaving *l, const char *state)
{
    struct nx_oidc_row row;
    struct nx_oidc_provider p;
    nx_buf b;
    NX_TRY(nx_oidc_row_read(&row, u));
    NX_TRY(nx_oidc_provider_get(&p, house, a, &row));
    NX_REQUIRE(p.end_session_endpoint, NX_ERR_NOT_FOUND);
    nx_buf_init(&b, a, URL_MAX);
    nx_buf_addf(&b, "%s%cclient_id=", p.end_session_endpoint, strchr(p.end_session_endpoint, '?') ? '&' : '?');
    nx_percent_encode(&b, nx_span_str(row.client_id));
    add(&b, "id_token_hint", l->hint);
    add(&b, "post_logout_redirect_uri", nx_arena_printf(a, "%s/upstream/%s/left", house->issuer, u->id));
    add(&b, "state", state);
    NX_TRY(nx_buf_done(&b));
    NX_NEED(*url = nx_buf_str(&b));
    return NX_OK;
}

/* Only with the name that the provider gave her: a LogoutRequest has to say whom. */
static nx_result logout_request(const char **url, struct nx_house *house, nx_arena *a, const nx_upstream *u,
                                const struct leaving *l, const char *state)
{
    struct nx_step step;
    NX_AUTO(nx_saml_entity) e = NULL;
    nx_span rest = nx_span_str(l->hint), name;
    NX_REQUIRE(l->hint && nx_span_cut(&rest, '\n', &name) && name.n, NX_ERR_NOT_FOUND);
    NX_TRY(nx_saml_entity_of(house->registry, u->id, NX_SAML_IDP, &e));
    const struct nx_saml_endpoint *slo = nx_saml_endpoint_by(&e->slo, NX_SAML_REDIRECT);
    NX_REQUIRE(slo, NX_ERR_NOT_FOUND);
    const struct nx_saml_logout logout = {.name = {.format = nx_saml_format_uri(NX_SAML_PERSISTENT),
                                                   .value = nx_arena_dup(a, name)},
                                          .index = {rest.n ? nx_arena_dup(a, rest) : NULL},
                                          .index_count = rest.n > 0};
    NX_NEED(logout.name.value);
    const struct nx_saml_logout_out o = {.peer = e,
                                         .binding = NX_SAML_REDIRECT,
                                         .destination = slo->location,
                                         .relay_state = state,
                                         .logout = &logout};
    NX_TRY(nx_saml_logout_step(&step, house, a, &o));
    *url = step.location;
    return NX_OK;
}

static nx_result go(const char **url, struct nx_house *house, nx_arena *a, const struct leaving *l, const char *state)
{
    NX_AUTO_UPSTREAM u = NULL;
    NX_TRY(nx_upstream_get(house->registry, nx_span_str(l->upstream), &u));
    NX_REQUIRE(u->on, NX_ERR_UPSTREAM_OFF);
    if (u->kind == NX_UPSTREAM_OIDC) return end_session(url, house, a, u, l, state);
    NX_REQUIRE(u->kind == NX_UPSTREAM_SAML, NX_ERR_NOT_FOUND);
    return logout_request(url, house, a, u, l, state);
}

NX_FALLIBLE nx_leaving_url(const char **url, struct nx_house *house, nx_arena *a, nx_span browser,
                           const char *upstream, const char *handle)
{
    struct leaving l;
    NX_REQUIRE(upstream && handle, NX_ERR_UPSTREAM_STATE);
    NX_TRY(read(&l, house, a, browser, nx_span_str(handle), false));
    NX_REQUIRE(strcmp(l.upstream, upstream) == 0 && l.goal, NX_ERR_UPSTREAM_STATE);
    nx_result r = go(url, house, a, &l, handle);
    NX_REQUIRE(r.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    if (!nx_ok(r)) *url = l.goal;
    return NX_OK;
}

NX_FALLIBLE nx_leaving_end(const char **goal, struct nx_house *house, nx_arena *a, nx_span browser,
                           const char *upstream, const char *handle)
{
    struct leaving l;
    NX_REQUIRE(handle, NX_ERR_UPSTREAM_STATE);
    NX_TRY(read(&l, house, a, browser, nx_span_str(handle), true));
    NX_REQUIRE((!upstream || strcmp(l.upstream, upstream) == 0) && l.goal, NX_ERR_UPSTREAM_STATE);
    *goal = l.goal;
    return NX_OK;
}
