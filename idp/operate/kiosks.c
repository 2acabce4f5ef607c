#include "operate/kiosks.h"

#include "qr/kiosk.h"

static json_t *item_of(const struct nx_kiosk *k)
{
    json_t *j = json_pack("{s:s, s:s, s:s, s:s?, s:s}", "id", k->id.s, "name", k->name, "place", k->place,
                          "organisation", k->organisation, "state", nx_kiosk_state_name(k->state));
    if (!j) return NULL;
    nx_operate_time(j, "created", k->created);
    nx_operate_time(j, "enrolled_at", k->enrolled);
    return j;
}

nx_result nx_operate_kiosk_list(json_t **out, struct nx_operate_call *c, const struct nx_operate_page *page)
{
    struct nx_kiosk_page rows;
    NX_REQUIRE(page->limit >= 0 && page->limit <= (int64_t)NX_PAGE_MAX, NX_ERR_RANGE);
    NX_TRY(nx_kiosk_list(c->house->registry, c->arena, page->cursor, (size_t)page->limit, &rows));
    json_t *items = json_array();
    NX_NEED(items);
    for (size_t i = 0; i < rows.n; i++)
        json_array_append_new(items, item_of(&rows.v[i]));
    *out = nx_operate_list(items, rows.more ? rows.v[rows.n - 1].id.s : NULL);
    NX_NEED(*out);
    return NX_OK;
}

nx_result nx_operate_kiosk_add(json_t **out, struct nx_operate_call *c, const json_t *body)
{
    nx_handle_text secret;
    struct nx_kiosk k = {.name = nx_json_str(body, "name"),
                         .place = nx_json_str(body, "place"),
                         .organisation = nx_json_str(body, "organisation")};
    if (!k.name || !k.place) return nx_operate_refuse(c, NX_ERR_MISSING, "name and place are needed");
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    nx_result r = nx_kiosk_add(c->house->registry, &k);
    if (r.e == NX_ERR_SYNTAX) return nx_operate_refuse(c, r.e, "texts have 1 to 120 bytes");
    NX_TRY(r);
    NX_TRY(nx_operate_audit(c, "kiosk.added", NULL, json_pack("{s:s, s:s}", "kiosk", k.id.s, "place", k.place)));
    NX_TRY(nx_registry_commit(&change));
    NX_TRY(nx_kiosk_link(&secret, c->house, c->arena, k.id.s));
    const char *url = nx_arena_printf(c->arena, "%s/kiosk#%s", c->house->issuer, secret.s);
    *out = json_pack("{s:s, s:s*, s:i}", "id", k.id.s, "enrolment", url, "expires_in", NX_KIOSK_ENROL_S);
    NX_NEED(*out);
    return NX_OK;
}

nx_result nx_operate_kiosk_revoke(struct nx_operate_call *c, const char *id, const char *reason)
{
    NX_REQUIRE(id, NX_ERR_MISSING);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_kiosk_revoke(c->house->registry, id));
    NX_TRY(nx_operate_audit(c, "kiosk.revoked", NULL, json_pack("{s:s, s:s*}", "kiosk", id, "reason", reason)));
    return nx_registry_commit(&change);
}
