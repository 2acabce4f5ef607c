#include "revoke/apply.h"

#include "registry/client.h"
#include "registry/outbox.h"
#include "registry/qr_identity.h"
#include "revoke/portals.h"
#include "revoke/scope.h"

#define RECEIPT_LINES_MAX 200 /* killed records named one by one; the rest is counted */

static nx_result epochs_of(struct nx_epochs *out, const struct nx_revoke_row *row, const struct nx_revocation *v)
{
    NX_AUTO_JSON plan = NULL;
    *out = (struct nx_epochs){.count = 0};
    NX_TRY(nx_json_parse_object(&plan, nx_span_str(v->plan ? v->plan : "{}")));
    int64_t value = nx_json_int(plan, "epoch", -1);
    return value < 0 ? NX_OK : nx_epochs_set(out, row->epoch, v->target, value);
}

NX_FALLIBLE nx_revoke_strike(struct nx_house *h, nx_arena *a, const struct nx_revocation *v, struct nx_killed_list *out)
{
    const struct nx_revoke_row *row = nx_revoke_row_named(v->scope);
    NX_REQUIRE(row, NX_ERR_REGISTRY);
    struct nx_kill k = {
        .seq = v->seq,
        .shard = (uint16_t)v->shard,
        .act = nx_revoke_kill_act(v->act),
        .scope = row->kill,
        .subject = v->subject,
        .target = v->target,
        /* no epoch tells what came after: the time does */
        .made_before_ms = row->epoch ? 0 : (v->at + NX_SKEW_S) * 1000,
    };
    NX_TRY(epochs_of(&k.epochs, row, v));
    return nx_kill_apply(h->store, a, &k, out);
}

/* A list of tokens' status has its generation in its URI, one of cards has not (docs/PROTOCOL-qr.md section 2). */
static json_t *status_json(struct nx_house *h, const struct nx_status_ref *s, int value)
{
    nx_id generation;
    char uri[256];
    if (s->list < 0 || !nx_ok(nx_status_generation(h->store, &generation))) return json_null();
    snprintf(uri, sizeof uri, "%s/status/%s/%lld", h->issuer, generation.s, (long long)s->list);
    return json_pack("{s:s,s:I,s:i}", "uri", uri, "idx", (json_int_t)s->index, "value", value);
}

static const char *kind_word(char kind)
{
    switch (kind) {
    case 's': return "session";
    case 'c': return "code";
    case 'f': return "grant";
    case 'a': return "assertion";
    case 'm': return "artifact";
    default: return "token";
    }
}

static json_t *killed_json(struct nx_house *h, const struct nx_killed_list *killed, int value, const char *at)
{
    json_t *list = json_array();
    for (size_t i = 0; i < killed->n && i < RECEIPT_LINES_MAX; i++) {
        const struct nx_killed *k = &killed->v[i];
        json_t *line = json_pack("{s:s,s:s,s:s}", "kind", kind_word(k->kind), "id", k->id.s, "at", at);
        if (k->client) json_object_set_new(line, "client_id", json_string(k->client));
        if (k->session) json_object_set_new(line, "session", json_string(k->session));
        if (k->status.list >= 0) json_object_set_new(line, "status", status_json(h, &k->status, value));
        json_array_append_new(list, line);
    }
    return list;
}

/* The bit that handles and cards point to, so that the receipt names it beside those of the tokens. */
static json_t *identity_json(struct nx_house *h, nx_arena *a, const struct nx_revocation *v, const char *at)
{
    struct nx_qr_identity q;
    char uri[256];
    if (strcmp(v->scope, "qr") != 0 || !nx_ok(nx_qr_identity_get(h->registry, a, v->target, &q))) return NULL;
    snprintf(uri, sizeof uri, "%s/s/%lld", h->issuer, (long long)q.status_list);
    return json_pack("{s:s,s:s,s:s,s:{s:s,s:I}}", "id", q.qid.s, "state", nx_qr_status_name(q.status), "at", at, "status",
                     "uri", uri, "idx", (json_int_t)q.status_index);
}

static json_t *receipt_json(struct nx_house *h, nx_arena *a, const struct nx_revocation *v,
                            const struct nx_killed_list *killed, json_t *unreachable)
{
    static const int bits[] = {[NX_KILL_REVOKE] = 1, [NX_KILL_SUSPEND] = 2, [NX_KILL_RESUME] = 0};
    char at[NX_RFC3339_MAX];
    nx_rfc3339(nx_now(), at);
    json_t *j = json_pack("{s:s,s:I,s:I,s:o,s:O}", "applied_at", at, "killed_count", (json_int_t)killed->n, "spared",
                          (json_int_t)killed->spared, "killed",
                          killed_json(h, killed, bits[nx_revoke_kill_act(v->act)], at), "unreachable", unreachable);
    json_t *identity = j ? identity_json(h, a, v, at) : NULL;
    if (identity) json_object_set_new(j, "identity", identity);
    return j;
}

NX_FALLIBLE nx_revoke_settle(struct nx_house *h, nx_arena *a, const struct nx_revocation *v,
                             const struct nx_killed_list *killed)
{
    struct nx_revocation now;
    NX_AUTO_JSON unreachable = json_array();
    NX_NEED(unreachable);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, h->registry, NX_DURABLE));
    NX_TRY(nx_revocation_get(h->registry, a, v->seq, &now));
    if (now.applied) return NX_OK; /* another node was faster, with the same list */
    /* Suspended too: a portal that only knows its own session would go on. Resumed, single sign-on brings it back. */
    if (nx_revoke_kill_act(v->act) != NX_KILL_RESUME) NX_TRY(nx_revoke_notices(h, a, v, killed, unreachable));
    NX_AUTO_JSON receipt = receipt_json(h, a, v, killed, unreachable);
    char *text = receipt ? nx_json_dump(a, receipt) : NULL;
    NX_NEED(text);
    NX_TRY(nx_revocation_applied(h->registry, v->seq, text));
    return nx_registry_commit(&change);
}

NX_FALLIBLE nx_revoke_finish(struct nx_house *h, nx_arena *a, const struct nx_revocation *v)
{
    struct nx_killed_list killed;
    NX_TRY(nx_revoke_strike(h, a, v, &killed));
    if (!v->applied) NX_TRY(nx_revoke_settle(h, a, v, &killed));
    if (!v->applied && h->notices_waiting) h->notices_waiting(h->notices_ctx);
    if (killed.n > 0) nx_ignore(nx_kill_forget(h->store, (uint16_t)v->shard, v->seq)); /* goes by itself after a week */
    return NX_OK;
}

NX_FALLIBLE nx_revoke_apply(struct nx_house *h, nx_arena *a, int64_t seq)
{
    struct nx_revocation v;
    NX_TRY(nx_revocation_get(h->registry, a, seq, &v));
    return v.applied ? NX_OK : nx_revoke_finish(h, a, &v);
}
