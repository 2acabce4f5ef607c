/* The rules of linking, in the order of hub.h. */
#include "hub/hub.h"

#include "base/log.h"
#include "crypto/random.h"
#include "hub/made.h"
#include "registry/audit.h"
#include "registry/epoch.h"

struct linking {
    struct nx_house *house;
    nx_arena *arena;
    const struct nx_identity *who;
    struct nx_identifier number; /* of the national scheme … */
    bool has_number;             /* … when the row trusts the upstream for it and it states one */
    int64_t epoch;               /* of the upstream, read before its row */
};

static void read_number(struct linking *l)
{
    const char *said = l->who->person.national_id;
    if (!l->who->upstream->trusts_number || !said) return;
    l->has_number = nx_ok(nx_identifier_make(&l->number, NX_SCHEME_NATIONAL_ID, nx_span_str(said)));
}

/* The person that the link or the number names must be there and active. */
static nx_result prove(struct nx_hub_outcome *out, const struct linking *l, const char *person)
{
    struct nx_person p;
    nx_result r = nx_person_get(l->house->registry, l->arena, person, &p);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_PERSON_INACTIVE);
    NX_TRY(r);
    NX_REQUIRE(p.active, NX_ERR_PERSON_INACTIVE);
    enum nx_level level = l->who->level < NX_M1 ? NX_M1 : l->who->level;
    int cap = l->who->upstream->level_cap;
    out->end = NX_HUB_PROVEN;
    out->proof = (struct nx_proof){.person = nx_arena_strdup(l->arena, p.id.s),
                                   .means = l->who->means,
                                   .bound_at = (int)level < cap ? (int)level : cap,
                                   .rung = NX_RUNG_NONE,
                                   .at = l->who->at,
                                   .upstream = l->who->upstream->id,
                                   .upstream_epoch = l->epoch,
                                   .upstream_subject = l->who->told_as ? l->who->told_as : l->who->subject,
                                   .upstream_session = l->who->session};
    NX_NEED(out->proof.person);
    return NX_OK;
}

static nx_result by_link(struct nx_hub_outcome *out, const struct linking *l)
{
    struct nx_link link;
    NX_TRY(nx_link_find(l->house->registry, l->arena, l->who->upstream->id, nx_span_str(l->who->subject), &link));
    NX_TRY(prove(out, l, link.person.s));
    return nx_link_used(l->house->registry, &link);
}

NX_FALLIBLE nx_hub_link(struct nx_house *house, nx_arena *a, const struct nx_hub_link *link)
{
    NX_AUTO_JSON detail = json_pack("{s:s, s:s}", "upstream", link->upstream, "how", nx_link_how_name(link->how));
    NX_NEED(detail);
    const struct nx_audit_entry e = {
        .actor = link->actor, .type = "link.added", .subject = link->person, .detail = nx_json_dump(a, detail)};
    NX_NEED(e.detail);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    nx_result added =
        nx_link_add(house->registry, link->upstream, nx_span_str(link->subject), link->person, link->how);
    NX_REQUIRE(added.e != NX_ERR_CONFLICT, NX_ERR_LINK_TAKEN);
    NX_TRY(added);
    NX_TRY(nx_audit_append(house->registry, &e));
    return nx_registry_commit(&change);
}

static nx_result add_link(const struct linking *l, const char *person, enum nx_link_how how)
{
    const struct nx_hub_link link = {.upstream = l->who->upstream->id,
                                     .subject = l->who->subject,
                                     .person = person,
                                     .how = how,
                                     .actor = nx_arena_printf(l->arena, "upstream:%s", l->who->upstream->id)};
    NX_NEED(link.actor);
    return nx_hub_link(l->house, l->arena, &link);
}

/* Looked at before it is linked: nobody is bound to a person who may not sign in. */
static nx_result by_number(struct nx_hub_outcome *out, const struct linking *l)
{
    nx_id person;
    NX_REQUIRE(l->has_number, NX_ERR_NOT_FOUND);
    NX_TRY(nx_identifier_find(l->house->registry, &l->number, &person));
    NX_TRY(prove(out, l, person.s));
    return add_link(l, person.s, NX_LINK_NUMBER);
}

static nx_result by_making(struct nx_hub_outcome *out, const struct linking *l)
{
    struct nx_person_made made;
    const nx_upstream *u = l->who->upstream;
    NX_REQUIRE(u->jit & 1u << l->who->person.kind, NX_ERR_NOT_FOUND);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, l->house->registry, NX_DURABLE));
    NX_TRY(nx_hub_make_person(&made, l->house, l->arena, l->who, l->has_number ? &l->number : NULL));
    NX_TRY(add_link(l, made.id.s, NX_LINK_JIT));
    NX_TRY(nx_registry_commit(&change));
    NX_TRY(prove(out, l, made.id.s));
    out->made = true;
    return NX_OK;
}

static nx_result try_each(struct nx_hub_outcome *out, const struct linking *l)
{
    nx_result r = by_link(out, l);
    if (r.e == NX_ERR_NOT_FOUND) r = by_number(out, l);
    if (r.e == NX_ERR_NOT_FOUND) r = by_making(out, l);
    if (r.e != NX_ERR_NOT_FOUND) return r;
    out->end = NX_HUB_UNKNOWN;
    return NX_OK;
}

NX_FALLIBLE nx_hub_sign_in(struct nx_hub_outcome *out, struct nx_house *house, nx_arena *a,
                           const struct nx_identity *who)
{
    struct linking l = {.house = house, .arena = a, .who = who};
    NX_AUTO_UPSTREAM now = NULL;
    *out = (struct nx_hub_outcome){.end = NX_HUB_UNKNOWN};
    NX_REQUIRE(who->subject && *who->subject && strlen(who->subject) <= NX_LINK_SUBJECT_MAX, NX_ERR_UPSTREAM_SUBJECT);
    NX_REQUIRE(nx_utf8_printable(nx_span_str(who->subject)), NX_ERR_UPSTREAM_SUBJECT);
    NX_TRY(nx_registry_epoch_get(house->registry, NX_EPOCH_UPSTREAM, who->upstream->id, &l.epoch));
    NX_TRY(nx_upstream_get_on(house->registry, nx_span_str(who->upstream->id), who->upstream->kind, &now));
    NX_REQUIRE(!who->epoch_known || who->epoch == l.epoch, NX_ERR_UPSTREAM_OFF);
    read_number(&l);
    nx_result r = try_each(out, &l);
    /* Two tabs came for the first time at once: the other one has made the link. */
    if (r.e == NX_ERR_LINK_TAKEN || r.e == NX_ERR_CONFLICT) r = try_each(out, &l);
    nx_log(NX_INFO, "hub_sign_in", NX_TEXT("upstream", who->upstream->id),
           NX_TEXT("end", !nx_ok(r) ? nx_err_name(r.e) : out->end == NX_HUB_PROVEN ? "proven" : "unknown"));
    return r;
}
