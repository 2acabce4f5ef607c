/* LogoutRequest and LogoutResponse of portals, and LogoutRequest of upstream providers.
 *
 * A portal ends what it was told of: its SessionIndex opens for it alone, and the NameID must be the one that it was given
 * for that session. Without an index it ends every session of that person that it was told of, and no other. A provider ends
 * what it told us of: the sessions that came through it under its name for the person and for its session. */
#include "base/log.h"
#include "house/house.h"
#include "registry/client.h"
#include "revoke/revoke.h"
#include "saml/logout_way.h"
#include "saml/nameid.h"
#include "saml/soap.h"
#include "sessions/signon.h"
#include "sessions/upstream.h"

#define ENDS_MAX NX_SIGNON_LIST_MAX

struct taking {
    struct nx_house *house;
    nx_arena *arena;
    nx_saml_entity *peer; /* counted */
    struct nx_saml_message m;
    struct nx_saml_logout logout;
    nx_id *end; /* sessions to end */
    size_t ends;
    bool other_person; /* a session that it names is not of the person that it names */
};

static void taking_end(struct taking *x)
{
    if (x->peer) nx_saml_entity_release(x->peer);
    nx_saml_close(&x->m);
}
#define AUTO_TAKING(name) __attribute__((cleanup(taking_end))) struct taking name = {.peer = NULL}

static NX_FALLIBLE find_peer(struct taking *x)
{
    nx_span issuer = nx_span_str(x->m.issuer);
    nx_result r = nx_saml_entity_get(x->house->registry, issuer, NX_SAML_SP, &x->peer);
    if (r.e == NX_ERR_NOT_FOUND) r = nx_saml_entity_get(x->house->registry, issuer, NX_SAML_IDP, &x->peer);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_SAML_ISSUER);
    return r;
}

/* One that is suspended or switched off is heard: ending a session needs no trust beyond the signature. */
static NX_FALLIBLE accept(struct taking *x, const struct nx_saml_in *in, const char *here)
{
    NX_TRY(nx_saml_open(&x->m, x->arena, in));
    NX_TRY(find_peer(x));
    NX_TRY(nx_saml_entity_valid(x->peer, nx_now()));
    NX_TRY(nx_saml_prove(&x->m, x->arena, in, x->peer, true));
    return nx_saml_meant(&x->m, in, here);
}

/* ---- whose session ----------------------------------------------------------------------------------------- */

static bool qualifier_fits(const char *sent, const char *given)
{
    return !sent || (given && strcmp(sent, given) == 0);
}

/*= saml-core 3.7.3
 *# [The session participant's request] MUST [...] match the [...] name identifier [of the] assertion: qualifiers may be
 *# left out where they are the parties themselves (8.3.7), and so may the format. */
static bool is_given(const struct nx_given_name *sent, const struct nx_given_name *given)
{
    bool format = strcmp(sent->format, given->format) == 0 ||
                  nx_saml_format_of(nx_span_str(sent->format)) == NX_SAML_UNSPECIFIED;
    return format && strcmp(sent->value, given->value) == 0 &&
           qualifier_fits(sent->name_qualifier, given->name_qualifier) &&
           qualifier_fits(sent->sp_qualifier, given->sp_qualifier);
}

static NX_FALLIBLE add(struct taking *x, const nx_id *session)
{
    for (size_t i = 0; i < x->ends; i++)
        if (strcmp(x->end[i].s, session->s) == 0) return NX_OK;
    NX_REQUIRE(x->ends < ENDS_MAX, NX_ERR_LIMIT);
    x->end[x->ends++] = *session;
    return NX_OK;
}

static NX_FALLIBLE match_index(struct taking *x, const char *index)
{
    nx_id session;
    struct nx_told told;
    enum nx_found found;
    NX_TRY(nx_signon_of_index(&session, x->house->store, x->peer->owner, nx_span_str(index), &found));
    if (found != NX_FOUND) return NX_OK; /* nothing of ours: nothing to end */
    NX_TRY(nx_assertion_told(x->house->store, x->arena, session.s, x->peer->owner, &told, &found));
    if (found != NX_FOUND) return NX_OK; /* over already */
    if (is_given(&x->logout.name, &told.name)) return add(x, &session);
    x->other_person = true;
    return NX_OK;
}

/* The person by her name at this portal, whichever format it was given in when the portal leaves that out. */
static NX_FALLIBLE find_person(const char **person, struct taking *x)
{
    struct nx_given_name n = x->logout.name;
    enum nx_found found = NX_GONE;
    bool any = nx_saml_format_of(nx_span_str(n.format)) == NX_SAML_UNSPECIFIED;
    *person = NULL;
    for (int f = 0; f < NX_SAML_FORMATS && found != NX_FOUND; f++) {
        if (any) n.format = nx_saml_format_uri((enum nx_saml_format)f);
        NX_TRY(nx_assertion_person(x->house->store, x->arena, x->peer->owner, &n, person, &found));
        if (!any) break;
    }
    return NX_OK;
}

static NX_FALLIBLE match_person(struct taking *x)
{
    const char *person;
    struct nx_signon_list list;
    NX_TRY(find_person(&person, x));
    x->other_person = !person;
    if (!person) return NX_OK;
    NX_TRY(nx_signon_list(x->house->store, x->arena, person, &list));
    for (size_t i = 0; i < list.n; i++) {
        struct nx_told told;
        enum nx_found found;
        NX_TRY(nx_assertion_told(x->house->store, x->arena, list.v[i].id.s, x->peer->owner, &told, &found));
        if (found == NX_FOUND && is_given(&x->logout.name, &told.name)) NX_TRY(add(x, &list.v[i].id));
    }
    return NX_OK;
}

static NX_FALLIBLE match_upstream(struct taking *x)
{
    struct nx_upstream_names names = {.upstream = x->peer->owner, .subject = x->logout.name.value};
    struct nx_signon_list list;
    for (size_t i = 0; i == 0 || i < x->logout.index_count; i++) {
        if (x->logout.index_count > 0) names.session = x->logout.index[i];
        NX_TRY(nx_upstream_sessions(&list, x->house->store, x->arena, &names));
        for (size_t k = 0; k < list.n; k++)
            NX_TRY(add(x, &list.v[k].id));
    }
    return NX_OK;
}

/* A request that names a person whose session it is not ends nothing at all. */
static NX_FALLIBLE match(struct taking *x)
{
    x->end = nx_arena_new(x->arena, nx_id, ENDS_MAX);
    NX_NEED(x->end);
    if (x->peer->role == NX_SAML_IDP) return match_upstream(x);
    for (size_t i = 0; i < x->logout.index_count; i++)
        NX_TRY(match_index(x, x->logout.index[i]));
    if (x->logout.index_count == 0) NX_TRY(match_person(x));
    if (x->other_person) x->ends = 0;
    return NX_OK;
}

/* browser: the session whose browser is at hand; NULL. *seq: of that one, or of the last. */
static NX_FALLIBLE end_sessions(int64_t *seq, struct taking *x, const char *browser)
{
    bool upstream = x->peer->role == NX_SAML_IDP;
    const char *actor = nx_arena_printf(x->arena, "%s:%s", upstream ? "upstream" : "client", x->peer->owner);
    int64_t number;
    *seq = 0;
    NX_NEED(actor);
    for (size_t i = 0; i < x->ends; i++) {
        bool here = browser && strcmp(browser, x->end[i].s) == 0;
        struct nx_revoke_order order = {.act = NX_REVOKE,
                                        .scope = NX_REVOKE_SIGN_OUT,
                                        .target = x->end[i].s,
                                        .reason = upstream ? "signed out at the provider" : "signed out at a portal",
                                        .actor = actor,
                                        .browser = here ? browser : NULL,
                                        .asked_by = upstream ? NULL : x->peer->owner};
        nx_result r = nx_revoke(x->house, x->arena, &order, &number);
        if (r.e == NX_ERR_NOT_FOUND) continue; /* over meanwhile */
        NX_TRY(r);
        if (here || !browser) *seq = number;
    }
    return NX_OK;
}

static NX_FALLIBLE read_request(struct taking *x)
{
    NX_TRY(nx_saml_logout_read(&x->logout, x->house, x->arena, &x->m));
    NX_TRY(nx_saml_once(&x->m, x->house, "saml-logout"));
    return match(x);
}

/* ---- by the browser ---------------------------------------------------------------------------------------- */

/* The session of this browser, if it is one of those that end. Any other browser is told of no portal: the requests that
 * it would carry name her at each of them, and a portal could come with one of its own to read them. */
static NX_FALLIBLE choose_browser(const char **out, bool *mine, struct taking *x, const struct nx_visitor *who)
{
    struct nx_signon s;
    enum nx_found found = NX_GONE;
    *mine = false;
    *out = NULL;
    if (who->session.n > 0) NX_TRY(nx_signon_find(x->house->store, x->arena, who->session, &s, &found));
    for (size_t i = 0; found == NX_FOUND && i < x->ends; i++)
        if (strcmp(x->end[i].s, s.id.s) == 0) {
            *out = x->end[i].s;
            *mine = true;
        }
    return NX_OK;
}

static NX_FALLIBLE refuse(struct nx_slo *out, struct taking *x, const struct nx_slo_asker *asker)
{
    const struct nx_saml_endpoint *to = nx_saml_endpoint_by(&x->peer->slo, asker->binding);
    NX_REQUIRE(to, NX_ERR_SAML_SUBJECT);
    struct nx_saml_logout_out o = {.peer = x->peer,
                                   .binding = asker->binding,
                                   .destination = to->response_location,
                                   .relay_state = asker->relay_state,
                                   .in_response_to = asker->request_id,
                                   .status = NX_SAML_REQUESTER,
                                   .second = NX_SAML_UNKNOWN_PRINCIPAL};
    out->kind = NX_SLO_STEP;
    return nx_saml_logout_step(&out->step, x->house, x->arena, &o);
}

static NX_FALLIBLE take_request(struct nx_slo *out, struct taking *x, const struct nx_visitor *who,
                                const struct nx_saml_in *in, const char *here)
{
    struct nx_slo_start start = {.seq = 0};
    const char *browser;
    bool mine;
    NX_TRY(accept(x, in, here));
    NX_TRY(read_request(x));
    start.asker = (struct nx_slo_asker){.role = x->peer->role,
                                        .owner = x->peer->owner,
                                        .request_id = x->m.id,
                                        .relay_state = in->relay_state,
                                        .binding = in->binding};
    if (x->other_person) return refuse(out, x, &start.asker);
    NX_TRY(choose_browser(&browser, &mine, x, who));
    NX_TRY(end_sessions(&start.seq, x, browser));
    NX_TRY(nx_slo_start(out, x->house, x->arena, who, &start));
    out->ended = mine;
    return NX_OK;
}

/* The answer of a portal to what nx_slo_way_on asked it. */
static NX_FALLIBLE note_answer(struct nx_slo_way *w, struct taking *x, const struct nx_saml_in *in, const char *here)
{
    struct nx_saml_logout_result result;
    NX_TRY(accept(x, in, here));
    NX_REQUIRE(x->peer->role == NX_SAML_SP, NX_ERR_SAML_ISSUER);
    NX_TRY(nx_saml_logout_result_read(&result, &x->m));
    const struct nx_notice *n = nx_slo_way_asked(w, x->peer->owner, x->m.in_response_to);
    NX_REQUIRE(n, NX_ERR_SAML_MESSAGE);
    bool well = result.status == NX_SAML_SUCCESS && result.second != NX_SAML_PARTIAL_LOGOUT;
    if (well) NX_TRY(nx_outbox_delivered(x->house->registry, n->id, nx_now()));
    if (!well) NX_TRY(nx_outbox_give_up(x->house->registry, n->id, nx_now(), "saml_status"));
    return nx_slo_way_read(w);
}

/* An answer that is not to be believed changes nothing; the person goes on from the page. */
static NX_FALLIBLE take_answer(struct nx_slo *out, struct taking *x, const struct nx_visitor *who,
                               const struct nx_saml_in *in, const char *here)
{
    struct nx_slo_way w;
    NX_TRY(nx_slo_way_open(&w, x->house, x->arena, who, in->relay_state));
    nx_result r = note_answer(&w, x, in, here);
    nx_fault_of fault = nx_err_fault(r.e);
    if (nx_ok(r)) return nx_slo_way_on(out, &w, false);
    if (fault == NX_FAULT_AWAY || fault == NX_FAULT_OURS) return r;
    nx_log(NX_WARN, "logout_answer_refused", NX_TEXT("why", nx_err_name(r.e)));
    out->kind = NX_SLO_PAGE;
    out->ticket = w.ticket;
    return NX_OK;
}

NX_FALLIBLE nx_slo_take(struct nx_slo *out, struct nx_house *house, nx_arena *a, const struct nx_visitor *who,
                        const struct nx_saml_in *in, const char *here)
{
    AUTO_TAKING(x);
    x.house = house;
    x.arena = a;
    *out = (struct nx_slo){.kind = NX_SLO_NOTHING};
    return in->response ? take_answer(out, &x, who, in, here) : take_request(out, &x, who, in, here);
}

/* ---- by SOAP ----------------------------------------------------------------------------------------------- */

static NX_FALLIBLE partial_of(bool *partial, struct taking *x, int64_t seq)
{
    NX_AUTO_JSON unreached = NULL;
    NX_TRY(nx_slo_unreached(&unreached, x->house, x->arena, seq));
    *partial = json_array_size(unreached) > 0;
    return NX_OK;
}

static NX_FALLIBLE take_soap(nx_span *out, struct taking *x, nx_span body, const char *here)
{
    const struct nx_saml_in in = {.binding = NX_SAML_SOAP, .xml = body};
    int64_t seq;
    bool partial;
    NX_TRY(accept(x, &in, here));
    NX_TRY(read_request(x));
    NX_TRY(end_sessions(&seq, x, NULL));
    NX_TRY(partial_of(&partial, x, seq));
    struct nx_saml_logout_out o = {.peer = x->peer,
                                   .binding = NX_SAML_SOAP,
                                   .in_response_to = x->m.id,
                                   .status = NX_SAML_SUCCESS,
                                   .second = partial ? NX_SAML_PARTIAL_LOGOUT : NX_SAML_STATUSES};
    if (x->other_person) {
        o.status = NX_SAML_REQUESTER;
        o.second = NX_SAML_UNKNOWN_PRINCIPAL;
    }
    return nx_saml_logout_envelope(out, x->house, x->arena, &o);
}

NX_FALLIBLE nx_slo_soap(nx_span *out, int *http, struct nx_house *house, nx_arena *a, nx_span body, const char *here)
{
    AUTO_TAKING(x);
    x.house = house;
    x.arena = a;
    *http = 200;
    nx_result r = take_soap(out, &x, body, here);
    if (nx_ok(r)) return r;
    nx_fault_of fault = nx_err_fault(r.e);
    if (fault == NX_FAULT_AWAY || fault == NX_FAULT_OURS) return r;
    *http = 500; /* SOAP 1.1 section 6.2 */
    return nx_saml_soap_fault(out, a, true, nx_err_text(r.e));
}
