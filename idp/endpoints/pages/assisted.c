/* Assisted sign-in, both halves: the officer's page at her counter, and the digits that the person's screen takes. */
#include "authn/assisted.h"
#include "endpoints/me/me.h"
#include "endpoints/pages/ways.h"
#include "http/router.h"

#include <stdio.h>

#define COUNTER "/counter"

bool nx_way_assisted(const struct nx_way_ask *ask)
{
    struct nx_counter *all;
    size_t n = 0;
    struct nx_house *h = nx_house_of(ask->rq);
    return ask->t && nx_ok(nx_counter_list(h->registry, ask->rq->arena, &all, &n)) && n > 0;
}

/* ---- the person's screen
 * ------------------------------------------------------------------------------------- */

struct visit {
    nx_request *rq;
    nx_reply *rp;
    const char *t;
    struct nx_visitor who;
    struct nx_flow_view about;
};

static nx_result open_visit(struct visit *v, nx_request *rq, nx_reply *rp, const char *t)
{
    *v = (struct visit){.rq = rq, .rp = rp, .t = t};
    NX_REQUIRE(t, NX_ERR_MISSING);
    NX_TRY(nx_visitor_of(&v->who, rq, rp));
    return nx_flow_view(&v->about, nx_house_of(rq), rq->arena, &v->who, t);
}

static nx_result draw(struct visit *l, int status, const char *error)
{
    nx_view *v = NULL;
    NX_TRY(nx_form_view(&v, l->rq, l->rp, "/login/assisted"));
    nx_asks_view(v, l->rq, &l->about);
    nx_view_text(v, "t", l->t);
    nx_view_label(v, "error", error);
    nx_view_url(v, "back_url", nx_arena_printf(l->rq->arena, "/login?t=%s", l->t));
    nx_reply_form_target(l->rp, NULL);
    nx_reply_page(l->rp, status, "login_assisted", v);
    return NX_OK;
}

static nx_result page(nx_request *rq, nx_reply *rp)
{
    struct visit v;
    NX_TRY(open_visit(&v, rq, rp, nx_query(rq, "t")));
    return draw(&v, 200, NULL);
}

/* For this portal alone: the screen is the counter's (SECURITY.md 7). */
static nx_result sign_in(nx_request *rq, nx_reply *rp)
{
    struct visit v;
    struct nx_proof proof;
    int64_t retry_after_s = 1;
    char seconds[24];
    NX_TRY(open_visit(&v, rq, rp, nx_form(rq, "t")));
    const char *digits = nx_form(rq, "code");
    if (!digits) return draw(&v, 400, "form.missing");
    nx_result r = nx_assisted_prove(&proof, nx_house_of(rq), rq->arena, digits, rq->client, &retry_after_s);
    if (r.e == NX_ERR_PASSWORD) return draw(&v, 403, "form.voucher");
    if (r.e == NX_ERR_HTTP_RATE) {
        snprintf(seconds, sizeof seconds, "%lld", (long long)retry_after_s);
        nx_reply_header(rp, "Retry-After", seconds);
        return draw(&v, 429, "form.throttled");
    }
    NX_TRY(r);
    const char *client = nx_arena_strdup(rq->arena, v.about.client_id);
    NX_NEED(client);
    return nx_login_done(rq, rp, &(struct nx_login_end){&v.who, v.t, &v.about, &proof, client});
}

/* ---- the officer's
 * ------------------------------------------------------------------------------------------- */

struct desk {
    struct nx_self self;
    struct nx_counter officer;
};

/* Her own session must be fresh and worth m2: what it vouches for is. */
static nx_result open_desk(struct desk *d, nx_request *rq, nx_reply *rp)
{
    NX_TRY(nx_self_open(&d->self, rq, rp, NX_SELF_FRESH));
    nx_result r = nx_counter_get(d->self.house->registry, rq->arena, d->self.id, &d->officer);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_RUNG);
    NX_TRY(r);
    NX_REQUIRE(d->self.gate.person.kind == NX_OFFICIAL, NX_ERR_RUNG);
    NX_REQUIRE(nx_facts_level(&d->self.gate.facts) >= NX_M2, NX_ERR_COUNTER_LEVEL);
    return NX_OK;
}

static nx_result draw_desk(struct desk *d, int status, const struct nx_person *found, const char *digits,
                           const char *error)
{
    nx_view *v = NULL;
    const char *token = NULL;
    nx_request *rq = d->self.rq;
    NX_TRY(nx_form_view(&v, rq, d->self.rp, COUNTER));
    NX_TRY(nx_csrf_token(&token, rq, d->self.rp, COUNTER "/vouch"));
    nx_view_text(v, "csrf_vouch", token);
    nx_view_text(v, "place", d->officer.place);
    nx_view_text(v, "name", found ? found->name : NULL);
    nx_view_text(v, "birthdate", found ? found->birthdate : NULL);
    nx_view_text(v, "address", found ? found->address : NULL);
    nx_view_text(v, "person", found ? found->id.s : NULL);
    nx_view_text(v, "digits", digits);
    nx_view_label(v, "error", error);
    nx_view_url(v, "lang_url", nx_arena_printf(rq->arena, COUNTER "?lang=%s", strcmp(rq->lang, "vi") == 0 ? "en" : "vi"));
    nx_reply_page(d->self.rp, status, "counter", v);
    return NX_OK;
}

static nx_result desk_page(nx_request *rq, nx_reply *rp)
{
    struct desk d;
    nx_result r = open_desk(&d, rq, rp);
    return nx_ok(r) ? draw_desk(&d, 200, NULL, NULL, NULL) : nx_self_answer(&d.self, r, COUNTER);
}

static nx_result look_up(nx_request *rq, nx_reply *rp)
{
    struct desk d;
    struct nx_person found;
    nx_result r = open_desk(&d, rq, rp);
    if (!nx_ok(r)) return nx_self_answer(&d.self, r, COUNTER);
    const char *number = nx_form(rq, "number");
    if (!number) return draw_desk(&d, 400, NULL, NULL, "form.missing");
    r = nx_assisted_find(&found, d.self.house, rq->arena, d.self.id, nx_span_str(number));
    if (r.e == NX_ERR_HTTP_RATE) return draw_desk(&d, 429, NULL, NULL, "form.throttled");
    if (r.e == NX_ERR_NOT_FOUND || r.e == NX_ERR_PERSON_INACTIVE) return draw_desk(&d, 404, NULL, NULL, "counter.nobody");
    NX_TRY(r);
    return draw_desk(&d, 200, &found, NULL, NULL);
}

static nx_result vouch(nx_request *rq, nx_reply *rp)
{
    struct desk d;
    struct nx_person person;
    char digits[NX_VOUCHER_DIGITS + 1], shown[NX_VOUCHER_DIGITS + 3];
    nx_result r = open_desk(&d, rq, rp);
    if (!nx_ok(r)) return nx_self_answer(&d.self, r, COUNTER);
    const char *seen = nx_form(rq, "seen"), *id = nx_form(rq, "person");
    NX_REQUIRE(id, NX_ERR_MISSING);
    NX_TRY(nx_person_get(d.self.house->registry, rq->arena, id, &person));
    if (!seen) return draw_desk(&d, 400, &person, NULL, "counter.look");
    r = nx_assisted_vouch(digits, d.self.house, rq->arena, &d.officer, person.id.s);
    if (r.e == NX_ERR_RUNG) return draw_desk(&d, 403, NULL, NULL, "counter.self");
    NX_TRY(r);
    snprintf(shown, sizeof shown, "%.4s %.4s %.4s", digits, digits + 4, digits + 8);
    return draw_desk(&d, 200, &person, shown, NULL);
}

#define FORM (NX_GUARD_FORM | NX_GUARD_CSRF | NX_GUARD_NO_STORE)

static const struct nx_route rows[] = {
    {NX_GET, "/login/assisted", 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, page},
    {NX_POST, "/login/assisted", 1024, FORM, NX_RATE_LOGIN, NX_LANE_FAST, sign_in},
    {NX_GET, COUNTER, 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, desk_page},
    {NX_POST, COUNTER, 1024, FORM, NX_RATE_PAGE, NX_LANE_FAST, look_up},
    {NX_POST, COUNTER "/vouch", 1024, FORM, NX_RATE_PAGE, NX_LANE_FAST, vouch},
};
extern const struct nx_route_table nx_routes_assisted;
const struct nx_route_table nx_routes_assisted = NX_ROUTE_TABLE("assisted", rows);
