#include "hub/linking.h"

#include "base/pack.h"
#include "hub/made.h"
#include "hub/ticket.h"
#include "registry/audit.h"
#include "registry/epoch.h"
#include "revoke/revoke.h"
#include "sessions/ticket.h"

#define VERSION 2 /* one more than that of a sign-in on its way: neither opens as the other */
enum { UPSTREAM = 1, SUBJECT, SESSION, EPOCH };

static nx_result pack(nx_span *out, nx_arena *a, const struct nx_identity *who, const char *session, int64_t epoch)
{
    nx_buf b;
    nx_buf_init(&b, a, NX_TICKET_BODY_MAX);
    nx_pack_begin(&b, VERSION);
    nx_pack_text(&b, UPSTREAM, who->upstream->id);
    nx_pack_text(&b, SUBJECT, who->subject);
    nx_pack_text(&b, SESSION, session);
    nx_pack_number(&b, EPOCH, epoch);
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_span(&b);
    return NX_OK;
}

NX_FALLIBLE nx_linking_offer(enum nx_linking *out, nx_handle_text *handle, struct nx_house *house, nx_arena *a,
                             const struct nx_identity *who, const char *linker, const struct nx_signon *session,
                             nx_span browser)
{
    struct nx_link had;
    nx_span body;
    NX_REQUIRE(strcmp(linker, session->id.s) == 0, NX_ERR_UPSTREAM_STATE);
    NX_TRY(nx_sign_in_recent(house, session));
    nx_result r = nx_link_find(house->registry, a, who->upstream->id, nx_span_str(who->subject), &had);
    if (nx_ok(r)) {
        NX_REQUIRE(strcmp(had.person.s, session->subject) == 0, NX_ERR_LINK_TAKEN);
        *out = NX_LINKING_HERS;
        return NX_OK;
    }
    if (r.e != NX_ERR_NOT_FOUND) return r;
    *out = NX_LINKING_ASK;
    NX_TRY(pack(&body, a, who, session->id.s, who->epoch));
    return nx_ticket_make(handle, house->store, a, NX_HANDLE_UPSTREAM, browser, body, NX_HUB_TICKET_S);
}

struct pending {
    const char *upstream;
    const char *subject;
    const char *session;
    int64_t epoch;
};

static nx_result take(struct pending *out, struct nx_house *house, nx_arena *a, nx_span browser, nx_span handle)
{
    struct nx_ticket raw;
    enum nx_found found;
    nx_pack p;
    NX_TRY(nx_ticket_take(house->store, a, NX_HANDLE_UPSTREAM, browser, handle, &raw, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_UPSTREAM_STATE);
    NX_TRY(nx_pack_open(&p, raw.body));
    NX_REQUIRE(p.version == VERSION, NX_ERR_UPSTREAM_STATE);
    *out = (struct pending){.upstream = nx_pack_get_text(&p, UPSTREAM, a),
                            .subject = nx_pack_get_text(&p, SUBJECT, a),
                            .session = nx_pack_get_text(&p, SESSION, a),
                            .epoch = nx_pack_get_number(&p, EPOCH, -1)};
    NX_REQUIRE(out->upstream && out->subject && out->session, NX_ERR_UPSTREAM_STATE);
    return NX_OK;
}

static nx_result still_on(struct nx_house *house, const struct pending *p)
{
    NX_AUTO_UPSTREAM u = NULL;
    int64_t epoch;
    NX_TRY(nx_registry_epoch_get(house->registry, NX_EPOCH_UPSTREAM, p->upstream, &epoch));
    nx_result r = nx_upstream_get(house->registry, nx_span_str(p->upstream), &u);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_UPSTREAM_OFF);
    NX_TRY(r);
    NX_REQUIRE(u->on && epoch == p->epoch, NX_ERR_UPSTREAM_OFF);
    return NX_OK;
}

NX_FALLIBLE nx_linking_accept(const char **upstream, struct nx_house *house, nx_arena *a,
                              const struct nx_signon *session, nx_span browser, nx_span handle)
{
    struct pending p;
    NX_TRY(take(&p, house, a, browser, handle));
    NX_REQUIRE(strcmp(p.session, session->id.s) == 0, NX_ERR_UPSTREAM_STATE);
    NX_TRY(nx_sign_in_recent(house, session));
    NX_TRY(still_on(house, &p));
    const struct nx_hub_link link = {.upstream = p.upstream,
                                     .subject = p.subject,
                                     .person = session->subject,
                                     .how = NX_LINK_PROVEN,
                                     .actor = nx_arena_printf(a, "person:%s", session->subject)};
    NX_NEED(link.actor);
    *upstream = p.upstream;
    return nx_hub_link(house, a, &link);
}

static nx_result remove_row(struct nx_house *house, nx_arena *a, const char *person, const char *upstream,
                            const char *subject, const char *actor)
{
    NX_AUTO_JSON detail = json_pack("{s:s}", "upstream", upstream);
    NX_NEED(detail);
    const struct nx_audit_entry e = {
        .actor = actor, .type = "link.removed", .subject = person, .detail = nx_json_dump(a, detail)};
    NX_NEED(e.detail);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    NX_TRY(nx_link_remove(house->registry, upstream, nx_span_str(subject), person));
    NX_TRY(nx_audit_append(house->registry, &e));
    return nx_registry_commit(&change);
}

static nx_result end_sessions(struct nx_house *house, nx_arena *a, const char *person, const char *upstream,
                              const char *actor)
{
    struct nx_signon_list list;
    NX_TRY(nx_signon_list(house->store, a, person, &list));
    for (size_t i = 0; i < list.n; i++) {
        if (!list.v[i].upstream || strcmp(list.v[i].upstream, upstream) != 0) continue;
        const struct nx_revoke_order order = {.act = NX_REVOKE,
                                              .scope = NX_REVOKE_SESSION,
                                              .target = list.v[i].id.s,
                                              .subject = person,
                                              .reason = "its link was removed",
                                              .actor = actor};
        nx_result r = nx_revoke(house, a, &order, NULL);
        if (r.e != NX_ERR_NOT_FOUND) NX_TRY(r); /* over meanwhile */
    }
    return NX_OK;
}

NX_FALLIBLE nx_linking_remove(struct nx_house *house, nx_arena *a, const char *person, const char *upstream,
                              const char *subject, const char *actor)
{
    NX_TRY(remove_row(house, a, person, upstream, subject, actor));
    return end_sessions(house, a, person, upstream, actor);
}

NX_FALLIBLE nx_linking_settle(struct nx_house *house, nx_arena *a, const struct nx_identity *who, const char *person)
{
    struct nx_link had;
    nx_result r = nx_link_find(house->registry, a, who->upstream->id, nx_span_str(who->subject), &had);
    bool stands = nx_ok(r) && strcmp(had.person.s, person) == 0;
    if (!nx_ok(r) && r.e != NX_ERR_NOT_FOUND) return r;
    return stands ? NX_OK : end_sessions(house, a, person, who->upstream->id, "system");
}
