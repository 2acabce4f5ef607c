#include "operate/approval.h"

#include "operate/scope.h"
#include "registry/administrator.h"
#include "registry/approval.h"

/* One whose passkey is locked still counts: losing it opens no way around the second operator. */
static nx_result enrolled(bool *out, struct nx_operate_call *c)
{
    struct nx_administrator *list;
    size_t n;
    *out = false;
    NX_TRY(nx_administrator_list(c->house->registry, c->arena, &list, &n));
    for (size_t i = 0; i < n && !*out; i++)
        *out = nx_operator_scope_held(list[i].scopes, "keys");
    return NX_OK;
}

static nx_result ask(struct nx_operate_call *c, struct nx_approval *wanted)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_approval_ask(c->house->registry, wanted, nx_now()));
    NX_TRY(nx_operate_audit(
        c, "approval.asked", NULL,
        json_pack("{s:s,s:s,s:s}", "id", wanted->id.s, "act", wanted->act, "scopes", wanted->scopes)));
    return nx_registry_commit(&change);
}

nx_result nx_operate_approved(struct nx_operate_call *c, const char *act, const char *scopes)
{
    struct nx_approval wanted = {.act = act, .scopes = scopes, .asked_by = c->actor};
    bool needed, granted;
    if (!nx_operator_scope_held(scopes, "keys")) return NX_OK;
    NX_TRY(enrolled(&needed, c));
    if (!needed) return NX_OK;
    NX_TRY(nx_approval_take(c->house->registry, &wanted, nx_now(), &granted));
    if (granted) return NX_OK;
    NX_TRY(ask(c, &wanted));
    c->why = nx_arena_printf(c->arena,
                             "a second operator must approve this within 15 minutes (nixactl approve %s, or "
                             "/console/approvals); then do it again",
                             wanted.id.s);
    NX_NEED(c->why);
    NX_FAIL(NX_ERR_ACCESS_DENIED);
}

nx_result nx_operate_may_remove(struct nx_operate_call *c, const char *id)
{
    struct nx_administrator *list;
    size_t n, left = 0;
    const char *held = "";
    NX_TRY(nx_administrator_list(c->house->registry, c->arena, &list, &n));
    for (size_t i = 0; i < n; i++) {
        bool removed = strcmp(list[i].key.id.s, id) == 0;
        if (removed) held = list[i].scopes;
        left += !removed && nx_operator_scope_held(list[i].scopes, "keys");
    }
    return left > 0 ? NX_OK : nx_operate_approved(c, "last-administrator", held);
}

static json_t *approval_json(const struct nx_approval *v)
{
    json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:s?}", "id", v->id.s, "act", v->act, "scope", v->scopes,
                          "asked_by", v->asked_by, "approved_by", v->approved_by);
    if (!j) return NULL;
    nx_operate_time(j, "asked", v->asked);
    nx_operate_time(j, "expires", v->expires);
    return j;
}

nx_result nx_operate_approval_list(json_t **out, struct nx_operate_call *c)
{
    struct nx_approval *v;
    size_t n;
    NX_AUTO_JSON items = json_array();
    NX_NEED(items);
    NX_TRY(nx_approval_list(c->house->registry, c->arena, nx_now(), &v, &n));
    for (size_t i = 0; i < n; i++)
        NX_REQUIRE(json_array_append_new(items, approval_json(&v[i])) == 0, NX_ERR_MEMORY);
    *out = nx_operate_list(NX_STEAL(items), NULL);
    NX_NEED(*out);
    return NX_OK;
}

nx_result nx_operate_approve(struct nx_operate_call *c, const char *id)
{
    NX_REQUIRE(id, NX_ERR_MISSING);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_approval_give(c->house->registry, id, c->actor, nx_now()));
    NX_TRY(nx_operate_audit(c, "approval.given", NULL, json_pack("{s:s}", "id", id)));
    return nx_registry_commit(&change);
}
