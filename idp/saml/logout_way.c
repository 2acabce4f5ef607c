#include "saml/logout_way.h"

#include "base/pack.h"
#include "house/house.h"
#include "registry/client.h"
#include "registry/revocation.h"
#include "revoke/portals.h"
#include "saml/entity.h"
#include "sessions/ticket.h"

#define VERSION 1
#define WORD_ASKED "asked"
#define WORD_NO_ANSWER "no_answer"
#define WORD_CANNOT "cannot_ask"
#define WORD_NOBODY "nobody_left" /* written by the deliverer when its time was over */

enum tag { T_SEQ = 1, T_ROLE, T_OWNER, T_REQUEST, T_RELAY, T_BINDING, T_GOAL };

/* ---- the ticket -------------------------------------------------------------------------------------------- */

static NX_FALLIBLE make_ticket(struct nx_slo_way *w)
{
    nx_buf b;
    nx_handle_text *t = nx_arena_new(w->arena, nx_handle_text, 1);
    NX_NEED(t);
    nx_buf_init(&b, w->arena, NX_TICKET_BODY_MAX);
    nx_pack_begin(&b, VERSION);
    nx_pack_number(&b, T_SEQ, w->seq);
    nx_pack_number(&b, T_ROLE, w->asker.role);
    nx_pack_text(&b, T_OWNER, w->asker.owner);
    nx_pack_text(&b, T_REQUEST, w->asker.request_id);
    nx_pack_text(&b, T_RELAY, w->asker.relay_state);
    nx_pack_number(&b, T_BINDING, w->asker.binding);
    nx_pack_text(&b, T_GOAL, w->goal);
    NX_TRY(nx_buf_done(&b));
    NX_TRY(nx_ticket_make(t, w->house->store, w->arena, NX_HANDLE_SINGLE_LOGOUT, w->who->browser, nx_buf_span(&b),
                          NX_NOTICE_BROWSER_S));
    w->ticket = t->s;
    return NX_OK;
}

static NX_FALLIBLE read_ticket(struct nx_slo_way *w, nx_span body)
{
    nx_pack p;
    NX_TRY(nx_pack_open(&p, body));
    NX_REQUIRE(p.version == VERSION, NX_ERR_NOT_FOUND);
    w->seq = nx_pack_get_number(&p, T_SEQ, 0);
    w->asker.role = (enum nx_saml_role)nx_pack_get_number(&p, T_ROLE, NX_SAML_SP);
    w->asker.owner = nx_pack_get_text(&p, T_OWNER, w->arena);
    w->asker.request_id = nx_pack_get_text(&p, T_REQUEST, w->arena);
    w->asker.relay_state = nx_pack_get_text(&p, T_RELAY, w->arena);
    w->asker.binding = (enum nx_saml_binding)nx_pack_get_number(&p, T_BINDING, NX_SAML_REDIRECT);
    w->goal = nx_pack_get_text(&p, T_GOAL, w->arena);
    NX_REQUIRE(!nx_arena_failed(w->arena), NX_ERR_MEMORY);
    return NX_OK;
}

NX_FALLIBLE nx_slo_way_read(struct nx_slo_way *w)
{
    w->notices = (struct nx_notice_list){.n = 0};
    return w->seq ? nx_outbox_of_revocation(w->house->registry, w->arena, w->seq, &w->notices) : NX_OK;
}

NX_FALLIBLE nx_slo_way_open(struct nx_slo_way *w, struct nx_house *house, nx_arena *a, const struct nx_visitor *who,
                            const char *ticket)
{
    struct nx_ticket t;
    enum nx_found found;
    *w = (struct nx_slo_way){.house = house, .arena = a, .who = who, .ticket = ticket};
    NX_REQUIRE(ticket, NX_ERR_NOT_FOUND);
    NX_TRY(nx_ticket_peek(house->store, a, NX_HANDLE_SINGLE_LOGOUT, who->browser, nx_span_str(ticket), &t, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_NOT_FOUND);
    NX_TRY(read_ticket(w, t.body));
    return nx_slo_way_read(w);
}

/* Exactly one caller goes on: the one who asked is answered once. */
static NX_FALLIBLE use_up(const struct nx_slo_way *w)
{
    struct nx_ticket t;
    enum nx_found found;
    if (!w->ticket) return NX_OK;
    NX_TRY(nx_ticket_take(w->house->store, w->arena, NX_HANDLE_SINGLE_LOGOUT, w->who->browser, nx_span_str(w->ticket),
                          &t, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_NOT_FOUND);
    return NX_OK;
}

/* ---- how it stands ----------------------------------------------------------------------------------------- */

static bool by_browser(const struct nx_notice *n)
{
    return strcmp(n->kind, NX_NOTICE_SAML_BROWSER) == 0;
}

enum nx_slo_state nx_slo_state_of(const struct nx_notice *n)
{
    const char *word = n->last_error ? n->last_error : "";
    if (n->delivered) return NX_SLO_CONFIRMED;
    if (n->given_up) return strcmp(word, WORD_NOBODY) == 0 ? NX_SLO_UNREACHED : NX_SLO_FAILED;
    if (!by_browser(n)) return NX_SLO_SENT;
    return strcmp(word, WORD_ASKED) == 0 ? NX_SLO_ASKED : NX_SLO_WAITS;
}

NX_FALLIBLE nx_slo_unreached(json_t **out, struct nx_house *house, nx_arena *a, int64_t seq)
{
    struct nx_revocation v;
    NX_AUTO_JSON receipt = NULL;
    *out = NULL;
    if (!seq) return NX_OK;
    NX_TRY(nx_revocation_get(house->registry, a, seq, &v));
    if (!v.receipt) return NX_OK;
    NX_TRY(nx_json_parse_object(&receipt, nx_span_str(v.receipt)));
    *out = json_incref((json_t *)nx_json_array(receipt, "unreachable"));
    return NX_OK;
}

NX_FALLIBLE nx_slo_partial(bool *out, struct nx_slo_way *w)
{
    NX_AUTO_JSON unreached = NULL;
    NX_TRY(nx_slo_unreached(&unreached, w->house, w->arena, w->seq));
    *out = json_array_size(unreached) > 0;
    for (size_t i = 0; i < w->notices.n; i++) {
        enum nx_slo_state s = nx_slo_state_of(&w->notices.v[i]);
        if (s == NX_SLO_FAILED || s == NX_SLO_UNREACHED) *out = true;
    }
    return NX_OK;
}

const struct nx_notice *nx_slo_way_asked(const struct nx_slo_way *w, const char *client, const char *request_id)
{
    for (size_t i = 0; i < w->notices.n; i++) {
        const struct nx_notice *n = &w->notices.v[i];
        const char *id;
        if (!by_browser(n) || strcmp(n->target, client) != 0) continue;
        if (nx_ok(nx_slo_request_id(&id, w->house, w->arena, n->id, n->tries)) && strcmp(id, request_id) == 0) return n;
    }
    return NULL;
}

/* ---- going on ---------------------------------------------------------------------------------------------- */

/* By redirect where the portal takes it: no page in between, with or without script. */
static const struct nx_saml_endpoint *front_of(const nx_saml_entity *e)
{
    const struct nx_saml_endpoint *redirect = nx_saml_endpoint_by(&e->slo, NX_SAML_REDIRECT);
    return redirect ? redirect : nx_saml_endpoint_by(&e->slo, NX_SAML_POST);
}

static NX_FALLIBLE write_request(struct nx_step *step, const struct nx_slo_way *w, const struct nx_notice *n)
{
    NX_AUTO(nx_saml_entity) portal = NULL;
    struct nx_saml_logout logout;
    NX_TRY(nx_saml_entity_of(w->house->registry, n->target, NX_SAML_SP, &portal));
    NX_TRY(nx_saml_entity_valid(portal, nx_now()));
    const struct nx_saml_endpoint *to = front_of(portal);
    NX_REQUIRE(to, NX_ERR_NOT_FOUND);
    NX_TRY(nx_slo_of_notice(&logout, w->house, w->arena, n));
    struct nx_saml_logout_out o = {.peer = portal,
                                   .binding = (enum nx_saml_binding)to->binding,
                                   .destination = to->location,
                                   .relay_state = w->ticket,
                                   .logout = &logout};
    NX_TRY(nx_slo_request_id(&o.id, w->house, w->arena, n->id, n->tries));
    return nx_saml_logout_step(step, w->house, w->arena, &o);
}

/* false: this one cannot be asked, and that is written down. */
static NX_FALLIBLE ask(bool *asked, struct nx_slo *out, const struct nx_slo_way *w, const struct nx_notice *n)
{
    nx_result r = write_request(&out->step, w, n);
    nx_fault_of fault = nx_err_fault(r.e);
    *asked = nx_ok(r);
    if (nx_ok(r)) {
        out->kind = NX_SLO_STEP;
        return nx_outbox_retry(w->house->registry, n->id, n->created + NX_NOTICE_BROWSER_S, WORD_ASKED);
    }
    if (fault == NX_FAULT_AWAY || fault == NX_FAULT_OURS) return r;
    return nx_outbox_give_up(w->house->registry, n->id, nx_now(), WORD_CANNOT);
}

static NX_FALLIBLE leave_asked_behind(struct nx_slo_way *w)
{
    for (size_t i = 0; i < w->notices.n; i++)
        if (nx_slo_state_of(&w->notices.v[i]) == NX_SLO_ASKED)
            NX_TRY(nx_outbox_give_up(w->house->registry, w->notices.v[i].id, nx_now(), WORD_NO_ANSWER));
    return nx_slo_way_read(w);
}

static NX_FALLIBLE answer(struct nx_slo *out, struct nx_slo_way *w)
{
    NX_AUTO(nx_saml_entity) peer = NULL;
    bool partial;
    NX_TRY(nx_slo_partial(&partial, w));
    NX_TRY(nx_saml_entity_of(w->house->registry, w->asker.owner, w->asker.role, &peer));
    const struct nx_saml_endpoint *to = nx_saml_endpoint_by(&peer->slo, w->asker.binding);
    if (!to) to = front_of(peer);
    NX_REQUIRE(to && to->binding != NX_SAML_SOAP, NX_ERR_SAML_RESPONSE_BINDING);
    struct nx_saml_logout_out o = {.peer = peer,
                                   .binding = (enum nx_saml_binding)to->binding,
                                   .destination = to->response_location,
                                   .relay_state = w->asker.relay_state,
                                   .in_response_to = w->asker.request_id,
                                   .status = NX_SAML_SUCCESS,
                                   .second = partial ? NX_SAML_PARTIAL_LOGOUT : NX_SAML_STATUSES};
    out->kind = NX_SLO_STEP;
    return nx_saml_logout_step(&out->step, w->house, w->arena, &o);
}

NX_FALLIBLE nx_slo_way_end(struct nx_slo *out, struct nx_slo_way *w)
{
    NX_TRY(use_up(w));
    if (w->asker.owner) return answer(out, w);
    out->kind = NX_SLO_GOAL;
    out->goal = w->goal;
    return NX_OK;
}

NX_FALLIBLE nx_slo_way_on(struct nx_slo *out, struct nx_slo_way *w, bool leave_behind)
{
    bool asked = false, partial;
    if (leave_behind) NX_TRY(leave_asked_behind(w));
    for (size_t i = 0; i < w->notices.n && !asked; i++)
        if (nx_slo_state_of(&w->notices.v[i]) == NX_SLO_WAITS) NX_TRY(ask(&asked, out, w, &w->notices.v[i]));
    if (asked) return NX_OK;
    NX_TRY(nx_slo_way_read(w));
    NX_TRY(nx_slo_partial(&partial, w));
    bool to_see = partial && !leave_behind;
    if (!to_see && (w->asker.owner || w->goal)) return nx_slo_way_end(out, w);
    out->kind = NX_SLO_PAGE;
    out->ticket = w->ticket;
    return NX_OK;
}

/* ---- for the edge ------------------------------------------------------------------------------------------ */

NX_FALLIBLE nx_slo_start(struct nx_slo *out, struct nx_house *house, nx_arena *a, const struct nx_visitor *who,
                         const struct nx_slo_start *start)
{
    struct nx_slo_way w = {
        .house = house, .arena = a, .who = who, .seq = start->seq, .asker = start->asker, .goal = start->goal};
    bool waits = false;
    *out = (struct nx_slo){.kind = NX_SLO_NOTHING};
    NX_TRY(nx_slo_way_read(&w));
    for (size_t i = 0; i < w.notices.n; i++)
        waits = waits || nx_slo_state_of(&w.notices.v[i]) == NX_SLO_WAITS;
    if (!waits) return w.asker.owner ? nx_slo_way_end(out, &w) : NX_OK;
    NX_TRY(make_ticket(&w));
    out->kind = NX_SLO_PAGE;
    out->ticket = w.ticket;
    return NX_OK;
}

NX_FALLIBLE nx_slo_next(struct nx_slo *out, struct nx_house *house, nx_arena *a, const struct nx_visitor *who,
                        const char *ticket)
{
    struct nx_slo_way w;
    *out = (struct nx_slo){.kind = NX_SLO_NOTHING};
    NX_TRY(nx_slo_way_open(&w, house, a, who, ticket));
    return nx_slo_way_on(out, &w, true);
}

static NX_FALLIBLE name_portal(struct nx_slo_portal *p, struct nx_slo_way *w)
{
    NX_AUTO(nx_client) c = NULL;
    p->name = p->name_vi = p->client;
    nx_result r = nx_client_get(w->house->registry, nx_span_str(p->client), &c);
    if (r.e == NX_ERR_NOT_FOUND) return NX_OK;
    NX_TRY(r);
    p->name = nx_arena_strdup(w->arena, c->name);
    p->name_vi = nx_arena_strdup(w->arena, c->name_vi);
    NX_REQUIRE(p->name && p->name_vi, NX_ERR_MEMORY);
    return NX_OK;
}

/* The page's form may end in redirects to these. */
static NX_FALLIBLE add_target(struct nx_slo_view *out, struct nx_slo_way *w, const char *owner, enum nx_saml_role role)
{
    NX_AUTO(nx_saml_entity) e = NULL;
    nx_result r = nx_saml_entity_of(w->house->registry, owner, role, &e);
    if (r.e == NX_ERR_NOT_FOUND) return NX_OK;
    NX_TRY(r);
    const struct nx_saml_endpoint *to = front_of(e);
    if (!to) return NX_OK;
    out->target[out->target_count++] = nx_arena_strdup(w->arena, to->location);
    out->target[out->target_count++] = nx_arena_strdup(w->arena, to->response_location);
    NX_REQUIRE(!nx_arena_failed(w->arena), NX_ERR_MEMORY);
    return NX_OK;
}

static NX_FALLIBLE look_at_targets(struct nx_slo_view *out, struct nx_slo_way *w)
{
    out->target = nx_arena_new(w->arena, const char *, 2 * w->notices.n + 3);
    NX_NEED(out->target);
    for (size_t i = 0; i < w->notices.n; i++)
        if (nx_slo_state_of(&w->notices.v[i]) == NX_SLO_WAITS)
            NX_TRY(add_target(out, w, w->notices.v[i].target, NX_SAML_SP));
    if (w->asker.owner) return add_target(out, w, w->asker.owner, w->asker.role);
    if (w->goal && *w->goal != '/') out->target[out->target_count++] = w->goal;
    return NX_OK;
}

static NX_FALLIBLE look_at_unreached(struct nx_slo_view *out, struct nx_slo_way *w, const json_t *unreached)
{
    for (size_t i = 0; i < json_array_size(unreached); i++) {
        struct nx_slo_portal *p = &out->portal[out->count++];
        p->client = nx_arena_strdup(w->arena, json_string_value(json_array_get(unreached, i)));
        p->state = NX_SLO_UNREACHED;
        NX_NEED(p->client);
        NX_TRY(name_portal(p, w));
    }
    return NX_OK;
}

static NX_FALLIBLE look_at_asker(struct nx_slo_view *out, struct nx_slo_way *w)
{
    struct nx_slo_portal asker = {.client = w->asker.owner};
    if (!w->asker.owner || w->asker.role != NX_SAML_SP) return NX_OK;
    NX_TRY(name_portal(&asker, w));
    out->asker_name = asker.name;
    out->asker_name_vi = asker.name_vi;
    return NX_OK;
}

static NX_FALLIBLE look_at_notices(struct nx_slo_view *out, struct nx_slo_way *w)
{
    for (size_t i = 0; i < w->notices.n; i++) {
        struct nx_slo_portal *p = &out->portal[out->count++];
        *p = (struct nx_slo_portal){.client = w->notices.v[i].target, .state = nx_slo_state_of(&w->notices.v[i])};
        out->waiting += p->state == NX_SLO_WAITS || p->state == NX_SLO_ASKED;
        NX_TRY(name_portal(p, w));
    }
    return NX_OK;
}

NX_FALLIBLE nx_slo_look(struct nx_slo_view *out, struct nx_house *house, nx_arena *a, const struct nx_visitor *who,
                        const char *ticket)
{
    struct nx_slo_way w;
    bool partial;
    NX_AUTO_JSON unreached = NULL;
    NX_TRY(nx_slo_way_open(&w, house, a, who, ticket));
    NX_TRY(nx_slo_unreached(&unreached, house, a, w.seq));
    NX_TRY(nx_slo_partial(&partial, &w));
    *out = (struct nx_slo_view){.all_well = !partial, .goes_on = w.asker.owner || w.goal};
    out->portal = nx_arena_new(a, struct nx_slo_portal, w.notices.n + json_array_size(unreached) + 1);
    NX_NEED(out->portal);
    NX_TRY(look_at_notices(out, &w));
    NX_TRY(look_at_unreached(out, &w, unreached));
    NX_TRY(look_at_targets(out, &w));
    return look_at_asker(out, &w);
}
