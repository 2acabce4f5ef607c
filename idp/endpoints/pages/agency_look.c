/* What the pages of agencies share: which row, whose transaction, and the way from an agency's word to a
 * session. */
#include "endpoints/pages/agency.h"

#include "endpoints/hub/hub.h"
#include "endpoints/me/me.h"
#include "house/house.h"
#include "registry/epoch.h"

#define REMEMBERED_S (180 * 86400) /* which way a browser came last, for the page of all ways */

nx_result nx_agency_visit(struct nx_agency_look *l, nx_request *rq, nx_reply *rp, const nx_pairs *params)
{
    *l =
        (struct nx_agency_look){.rq = rq, .rp = rp, .house = nx_house_of(rq), .t = nx_pairs_get(params, "t")};
    l->linking = !l->t && nx_pairs_get(params, "link");
    NX_TRY(nx_visitor_of(&l->who, rq, rp));
    return l->t ? nx_flow_view(&l->about, l->house, rq->arena, &l->who, l->t) : NX_OK;
}

/* ---- rows
 * ------------------------------------------------------------------------------------------------ */

static bool stands(const nx_upstream *u, unsigned kinds)
{
    return u->on && kinds & 1u << u->kind;
}

/* The id of the only row of these kinds that is on; NULL when there are several. */
static nx_result only_row(const char **id, struct nx_agency_look *l, unsigned kinds)
{
    NX_AUTO_UPSTREAM hold = NULL;
    struct nx_upstream_list list;
    size_t n = 0;
    *id = NULL;
    NX_TRY(nx_upstream_all(l->house->registry, &list, &hold));
    for (size_t i = 0; i < list.n; i++)
        if (stands(&list.v[i], kinds) && ++n == 1) *id = nx_arena_strdup(l->rq->arena, list.v[i].id);
    NX_REQUIRE(n > 0, NX_ERR_NOT_FOUND);
    if (n > 1) *id = NULL;
    return NX_OK;
}

nx_result nx_agency_pick(struct nx_agency_look *l, const nx_upstream **row, const char *u, unsigned kinds)
{
    if (!u) NX_TRY(only_row(&u, l, kinds));
    if (!u) return NX_OK;
    NX_REQUIRE(nx_upstream_id_valid(nx_span_str(u)), NX_ERR_NOT_FOUND);
    NX_TRY(nx_registry_epoch_get(l->house->registry, NX_EPOCH_UPSTREAM, u, &l->epoch));
    NX_TRY(nx_upstream_get(l->house->registry, nx_span_str(u), row));
    NX_REQUIRE(kinds & 1u << (*row)->kind, NX_ERR_NOT_FOUND);
    NX_REQUIRE((*row)->on, NX_ERR_UPSTREAM_OFF);
    l->row = *row;
    return NX_OK;
}

static bool any_row(const struct nx_way_ask *ask, unsigned kinds)
{
    NX_AUTO_UPSTREAM hold = NULL;
    struct nx_upstream_list list = {.n = 0};
    if (!nx_ok(nx_upstream_all(nx_house_of(ask->rq)->registry, &list, &hold))) return false;
    for (size_t i = 0; i < list.n; i++)
        if (stands(&list.v[i], kinds)) return true;
    return false;
}

bool nx_way_agency(const struct nx_way_ask *ask)
{
    return any_row(ask, NX_AGENCY_BY_PASSWORD);
}

bool nx_way_kerberos(const struct nx_way_ask *ask)
{
    return any_row(ask, NX_AGENCY_BY_TICKET);
}

/* ---- pages
 * ----------------------------------------------------------------------------------------------- */

static const char *name_of(const nx_request *rq, const nx_upstream *u)
{
    return strcmp(rq->lang, "vi") == 0 ? u->name_vi : u->name;
}

static char *with_t(nx_arena *a, const char *path, const char *t)
{
    if (!t) return nx_arena_strdup(a, path);
    return nx_arena_printf(a, "%s%ct=%s", path, strchr(path, '?') ? '&' : '?', t);
}

nx_result nx_agency_choose(struct nx_agency_look *l, const char *path, unsigned kinds)
{
    nx_arena *a = l->rq->arena;
    NX_AUTO_UPSTREAM hold = NULL;
    struct nx_upstream_list list;
    nx_view *v = nx_view_new(a);
    NX_TRY(nx_upstream_all(l->house->registry, &list, &hold));
    nx_view_list(v, "agencies");
    for (size_t i = 0; i < list.n; i++) {
        if (!stands(&list.v[i], kinds)) continue;
        nx_view *item = nx_view_item(v, "agencies");
        const char *page = nx_arena_printf(a, "%s?u=%s", path, list.v[i].id);
        NX_REQUIRE(item && page, NX_ERR_MEMORY);
        nx_view_url(item, "url", with_t(a, page, l->t));
        nx_view_text(item, "name", name_of(l->rq, &list.v[i]));
    }
    nx_asks_view(v, l->rq, l->t ? &l->about : NULL);
    nx_view_url(v, "back_url", with_t(a, "/login", l->t));
    nx_reply_page(l->rp, 200, "login_agencies", v);
    return NX_OK;
}

/* Where the form may end: at the portal, and wherever it sends people on to. */
static void allow_targets(struct nx_agency_look *l)
{
    if (!l->t) return;
    nx_reply_form_target(l->rp, NULL);
    if (l->about.origin && strncmp(l->about.origin, "https://", 8) != 0 && strchr(l->about.origin, ':'))
        nx_reply_form_target(l->rp, l->about.origin);
}

nx_result nx_agency_keys(nx_view *v, struct nx_agency_look *l, const char *path)
{
    nx_arena *a = l->rq->arena;
    nx_asks_view(v, l->rq, l->t ? &l->about : NULL);
    const char *other = strcmp(l->rq->lang, "vi") == 0 ? "en" : "vi";
    const char *link = l->linking ? "&link=1" : "";
    const char *page = nx_arena_printf(a, "%s?u=%s%s", path, l->row->id, link);
    const char *turned = nx_arena_printf(a, "%s?lang=%s&u=%s%s", path, other, l->row->id, link);
    NX_REQUIRE(page && turned, NX_ERR_MEMORY);
    nx_view_flag(v, "link", l->linking);
    nx_view_text(v, "t", l->t);
    nx_view_text(v, "u", l->row->id);
    nx_view_text(v, "agency", name_of(l->rq, l->row));
    nx_view_url(v, "back_url", l->linking ? "/me/links" : with_t(a, "/login", l->t));
    nx_view_url(v, "again_url", with_t(a, page, l->t));
    if (l->rq->method == NX_POST) nx_view_url(v, "lang_url", with_t(a, turned, l->t));
    allow_targets(l);
    return NX_OK;
}

/* ---- the end
 * --------------------------------------------------------------------------------------------- */

/* The highest level that the row gives to a group of hers, or to anybody. */
static enum nx_level level_of(const nx_upstream *row, const struct nx_agency_identity *who)
{
    enum nx_level best = nx_hub_level(row, NULL);
    for (size_t i = 0; i < who->group_count; i++) {
        enum nx_level level = nx_hub_level(row, who->group[i]);
        if (level > best) best = level;
    }
    return best;
}

static void identity_of(struct nx_identity *out, const struct nx_agency_look *l,
                        const struct nx_agency_identity *who)
{
    const struct nx_agency_person *p = &who->person;
    *out = (struct nx_identity){.upstream = l->row,
                                .subject = who->subject,
                                .level = level_of(l->row, who),
                                .means = who->means,
                                .at = who->at,
                                .epoch_known = true,
                                .epoch = l->epoch,
                                .person = {.name = p->name ? p->name : who->user_name,
                                           .family_name = p->family_name,
                                           .middle_name = p->middle_name,
                                           .given_name = p->given_name,
                                           .birthdate = p->birthdate,
                                           .gender = p->gender,
                                           .email = p->email,
                                           .phone = p->phone,
                                           .locale = p->locale,
                                           .national_id = p->national_id,
                                           .kind = NX_OFFICIAL}};
}

/* The session that asks is the one that set out: the form was of this browser, and her yes is still to come.
 */
static nx_result end_linking(struct nx_agency_look *l, const struct nx_identity *identity)
{
    struct nx_self s;
    nx_result r = nx_self_open(&s, l->rq, l->rp, NX_SELF_FRESH);
    if (!nx_ok(r)) return nx_self_answer(&s, r, "/me/links");
    return nx_hub_arrive_linking(l->rq, l->rp, identity, s.gate.session.id.s);
}

nx_result nx_agency_end(struct nx_agency_look *l, const struct nx_agency_identity *who)
{
    struct nx_identity identity;
    identity_of(&identity, l, who);
    if (l->linking) return end_linking(l, &identity);
    nx_reply_cookie(l->rp, &(struct nx_cookie_out){
                               .name = NX_CHOICE_COOKIE, .value = l->row->id, .max_age = REMEMBERED_S});
    return nx_hub_arrive(l->rq, l->rp, &identity, l->t);
}
