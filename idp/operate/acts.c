#include "operate/acts.h"

#include "registry/person.h"
#include "registry/revocation.h"

static const struct {
    const char *what;
    enum nx_revoke_scope scope;
} what_rows[] = {
    {"qr", NX_REVOKE_QR},         {"session", NX_REVOKE_SESSION}, {"person", NX_REVOKE_PERSON},
    {"client", NX_REVOKE_CLIENT}, {"system", NX_REVOKE_SYSTEM},
};

static nx_result scope_of(enum nx_revoke_scope *out, struct nx_operate_call *c, const char *what)
{
    for (size_t i = 0; what && i < sizeof what_rows / sizeof what_rows[0]; i++) {
        if (strcmp(what, what_rows[i].what) != 0) continue;
        *out = what_rows[i].scope;
        return NX_OK;
    }
    return nx_operate_refuse(c, NX_ERR_UNKNOWN, "what: qr, session, person, client or system; for an upstream there is upstream off");
}

/* A person's own switch is `active`; what hangs on her dies when it goes off and comes back by signing in. */
static nx_result switch_person(struct nx_operate_call *c, const struct nx_revoke_order *o, int64_t *seq)
{
    struct nx_person p;
    const struct nx_revoke_order end = {.act = NX_REVOKE,
                                        .scope = NX_REVOKE_PERSON,
                                        .target = o->target,
                                        .subject = o->target,
                                        .reason = o->reason,
                                        .actor = o->actor};
    bool active = o->act == NX_RESUME;
    *seq = 0;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_person_get(c->house->registry, c->arena, o->target, &p));
    NX_REQUIRE(p.active != active, NX_ERR_CONFLICT);
    p.active = active;
    NX_TRY(nx_person_replace(c->house->registry, &p, p.version));
    NX_TRY(nx_operate_audit(c, active ? "person.resumed" : "person.suspended", p.id.s,
                            json_pack("{s:s}", "reason", o->reason)));
    if (!active) NX_TRY(nx_revoke_record(c->house, c->arena, &end, seq));
    NX_TRY(nx_registry_commit(&change));
    return *seq ? nx_revoke_apply(c->house, c->arena, *seq) : NX_OK;
}

static nx_result act_on(struct nx_operate_call *c, struct nx_revoke_order *o, int64_t *seq)
{
    struct nx_person p;
    if (o->scope == NX_REVOKE_PERSON) {
        NX_TRY(nx_operate_person(&p, c, o->target));
        NX_NEED(o->target = nx_arena_strdup(c->arena, p.id.s));
        if (o->act != NX_REVOKE) return switch_person(c, o, seq);
    }
    return nx_revoke(c->house, c->arena, o, seq);
}

nx_result nx_operate_end(json_t **receipt, struct nx_operate_call *c, enum nx_revoke_act act,
                         const char *what, const char *id, const char *reason)
{
    int64_t seq = 0;
    struct nx_revoke_order o = {.act = act, .target = id, .reason = reason, .actor = c->actor};
    NX_REQUIRE(id && *id, NX_ERR_MISSING);
    if (!reason || !*reason || strlen(reason) > NX_REASON_MAX || !nx_utf8_printable(nx_span_str(reason)))
        return nx_operate_refuse(c, NX_ERR_RANGE, "reason: 1 to 200 printable characters");
    NX_TRY(scope_of(&o.scope, c, what));
    NX_TRY(act_on(c, &o, &seq));
    if (!receipt) return NX_OK;
    if (seq > 0) return nx_revoke_receipt(receipt, c->house, c->arena, seq);
    NX_NEED(*receipt = json_object());
    return NX_OK;
}

nx_result nx_operate_receipt(json_t **out, struct nx_operate_call *c, int64_t seq)
{
    return nx_revoke_receipt(out, c->house, c->arena, seq);
}
