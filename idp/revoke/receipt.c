/* A receipt is what was written when the act was applied, joined with what the portals have answered since. */
#include "registry/outbox.h"
#include "registry/revocation.h"
#include "revoke/revoke.h"

static void set_time(json_t *j, const char *name, nx_time t)
{
    char text[NX_RFC3339_MAX];
    if (t == 0) return;
    nx_rfc3339(t, text);
    json_object_set_new(j, name, json_string(text));
}

static json_t *portal_json(const struct nx_notice *n)
{
    const char *state = n->delivered ? "delivered" : n->given_up ? "given-up" : "pending";
    json_t *j = json_pack("{s:s,s:s,s:I}", "client_id", n->target, "state", state, "tries", (json_int_t)n->tries);
    set_time(j, "at", n->delivered ? n->delivered : n->given_up);
    if (n->last_error && !n->delivered) json_object_set_new(j, "error", json_string(n->last_error));
    return j;
}

static json_t *portals_json(const struct nx_notice_list *notices, const json_t *unreachable)
{
    json_t *list = json_array();
    for (size_t i = 0; i < notices->n; i++)
        json_array_append_new(list, portal_json(&notices->v[i]));
    for (size_t i = 0; i < json_array_size(unreachable); i++)
        json_array_append_new(list, json_pack("{s:O,s:s}", "client_id", json_array_get(unreachable, i), "state", "unreachable"));
    return list;
}

static json_t *act_json(const struct nx_revocation *v)
{
    json_t *j = json_pack("{s:I,s:s,s:s,s:s,s:s?,s:s,s:s,s:s}", "seq", (json_int_t)v->seq, "act", v->act, "scope", v->scope,
                          "target", v->target, "subject", v->subject, "reason", v->reason, "actor", v->actor, "state",
                          v->applied ? "applied" : "pending");
    set_time(j, "at", v->at);
    return j;
}

NX_FALLIBLE nx_revoke_receipt(json_t **out, struct nx_house *h, nx_arena *a, int64_t seq)
{
    struct nx_revocation v;
    struct nx_notice_list notices;
    NX_AUTO_JSON receipt = NULL;
    NX_TRY(nx_revocation_get(h->registry, a, seq, &v));
    NX_TRY(nx_outbox_of_revocation(h->registry, a, seq, &notices));
    if (v.receipt) NX_TRY(nx_json_parse_object(&receipt, nx_span_str(v.receipt)));
    json_t *j = act_json(&v);
    NX_NEED(j);
    json_object_set_new(j, "portals", portals_json(&notices, nx_json_array(receipt, "unreachable")));
    if (receipt) json_object_del(receipt, "unreachable");
    if (receipt) json_object_update(j, receipt);
    *out = j;
    return NX_OK;
}
