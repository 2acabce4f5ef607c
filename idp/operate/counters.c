#include "operate/counters.h"

#include "registry/counter.h"
#include "registry/person.h"

static nx_result add_item(json_t *items, struct nx_operate_call *c, const struct nx_counter *row)
{
    struct nx_person p;
    NX_TRY(nx_person_get(c->house->registry, c->arena, row->person.s, &p));
    json_t *j = json_pack("{s:s, s:s, s:s, s:s?}", "person", row->person.s, "name", p.name, "place", row->place,
                          "organisation", row->organisation);
    NX_NEED(j);
    nx_operate_time(j, "added", row->added);
    NX_REQUIRE(json_array_append_new(items, j) == 0, NX_ERR_MEMORY);
    return NX_OK;
}

nx_result nx_operate_counter_list(json_t **out, struct nx_operate_call *c)
{
    struct nx_counter *rows;
    size_t n;
    NX_TRY(nx_counter_list(c->house->registry, c->arena, &rows, &n));
    NX_AUTO_JSON items = json_array();
    NX_NEED(items);
    for (size_t i = 0; i < n; i++)
        NX_TRY(add_item(items, c, &rows[i]));
    *out = nx_operate_list(json_incref(items), NULL);
    NX_NEED(*out);
    return NX_OK;
}

nx_result nx_operate_counter_put(json_t **out, struct nx_operate_call *c, const json_t *body)
{
    struct nx_person p;
    struct nx_counter row = {.place = nx_json_str(body, "place"), .organisation = nx_json_str(body, "organisation")};
    const char *who = nx_json_str(body, "person");
    if (!who || !row.place) return nx_operate_refuse(c, NX_ERR_MISSING, "person and place are needed");
    NX_TRY(nx_operate_person(&p, c, who));
    if (p.kind != NX_OFFICIAL) return nx_operate_refuse(c, NX_ERR_CONFLICT, "only an official can vouch for others");
    row.person = p.id;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_counter_put(c->house->registry, &row));
    NX_TRY(nx_operate_audit(c, "counter.allowed", p.id.s, json_pack("{s:s}", "place", row.place)));
    NX_TRY(nx_registry_commit(&change));
    NX_NEED(*out = json_pack("{s:s, s:s}", "person", p.id.s, "place", row.place));
    return NX_OK;
}

nx_result nx_operate_counter_remove(struct nx_operate_call *c, const char *person)
{
    struct nx_person p;
    NX_REQUIRE(person, NX_ERR_MISSING);
    NX_TRY(nx_operate_person(&p, c, person));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_counter_remove(c->house->registry, p.id.s));
    NX_TRY(nx_operate_audit(c, "counter.forbidden", p.id.s, NULL));
    return nx_registry_commit(&change);
}
