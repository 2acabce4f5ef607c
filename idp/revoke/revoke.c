/* Step 1 of the act: what is durable before anything else happens. */
#include "revoke/revoke.h"

#include "registry/audit.h"
#include "registry/epoch.h"
#include "registry/revocation.h"
#include "revoke/apply.h"
#include "revoke/scope.h"

static nx_result check(const struct nx_revoke_row *row, const struct nx_revoke_order *o)
{
    size_t n = o->reason ? strlen(o->reason) : 0;
    NX_REQUIRE(o->target && o->actor, NX_ERR_MISSING);
    NX_REQUIRE(row->acts & (1u << o->act), NX_ERR_RANGE);
    NX_REQUIRE(n > 0 && n <= NX_REASON_MAX && nx_utf8_printable(nx_span_str(o->reason)), NX_ERR_RANGE);
    return NX_OK;
}

/* The epoch's new value and who is at hand go into the plan: applying it later, on whichever node, needs nothing else. Only a
 * revocation raises it: what was suspended is to live again. */
static nx_result make_plan(struct nx_house *h, nx_arena *a, const struct nx_revoke_row *row,
                           const struct nx_revoke_order *o, char **plan)
{
    NX_AUTO_JSON j = json_pack("{s:s*,s:s*}", "browser", o->browser, "asked_by", o->asked_by);
    NX_NEED(j);
    if (row->epoch && o->act == NX_REVOKE) {
        int64_t value;
        NX_TRY(nx_registry_epoch_raise(h->registry, row->epoch, o->target, &value));
        NX_REQUIRE(json_object_set_new(j, "epoch", json_integer(value)) == 0, NX_ERR_MEMORY);
    }
    *plan = nx_json_dump(a, j);
    NX_NEED(*plan);
    return NX_OK;
}

static nx_result write_audit(struct nx_house *h, nx_arena *a, const struct nx_revoke_row *row,
                             const struct nx_revoke_order *o, int64_t seq)
{
    NX_AUTO_JSON detail = json_pack("{s:s,s:s,s:I}", "target", o->target, "reason", o->reason, "seq", (json_int_t)seq);
    NX_NEED(detail);
    struct nx_audit_entry e = {
        .actor = o->actor,
        .type = nx_arena_printf(a, "%s.%s", row->name, nx_revoke_act_name(o->act)),
        .subject = o->subject,
        .detail = nx_json_dump(a, detail),
    };
    NX_REQUIRE(!nx_arena_failed(a), NX_ERR_MEMORY);
    return nx_audit_append(h->registry, &e);
}

NX_FALLIBLE nx_revoke_record(struct nx_house *h, nx_arena *a, const struct nx_revoke_order *order, int64_t *seq)
{
    const struct nx_revoke_row *row = nx_revoke_row_of(order->scope);
    struct nx_revoke_order o = *order;
    char *plan;
    NX_TRY(check(row, &o));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, h->registry, NX_DURABLE));
    NX_TRY(row->change(h, a, &o));
    NX_TRY(make_plan(h, a, row, &o, &plan));
    struct nx_revocation v = {
        .shard = nx_store_shard(h->store, o.subject ? o.subject : o.target),
        .act = nx_revoke_act_name(o.act),
        .scope = row->name,
        .target = o.target,
        .subject = o.subject,
        .reason = o.reason,
        .actor = o.actor,
        .plan = plan,
    };
    NX_TRY(nx_revocation_add(h->registry, &v));
    NX_TRY(write_audit(h, a, row, &o, v.seq));
    NX_TRY(nx_registry_commit(&change));
    *seq = v.seq;
    return NX_OK;
}

NX_FALLIBLE nx_revoke(struct nx_house *h, nx_arena *a, const struct nx_revoke_order *order, int64_t *seq)
{
    const struct nx_revoke_row *row = nx_revoke_row_of(order->scope);
    int64_t number = 0;
    NX_TRY(check(row, order));
    bool again = row->done && row->done(h, a, order) &&
                 nx_ok(nx_revocation_find(h->registry, nx_revoke_act_name(order->act), row->name, order->target, &number));
    if (!again) NX_TRY(nx_revoke_record(h, a, order, &number));
    if (seq) *seq = number;
    return nx_revoke_apply(h, a, number);
}
