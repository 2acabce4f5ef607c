#include "hub/linking.h"
#include "operate/upstreams.h"
#include "registry/person.h"

NX_FALLIBLE nx_operate_link_list(json_t **out, struct nx_operate_call *c, const char *person)
{
    struct nx_person p;
    struct nx_link *v;
    size_t n;
    NX_AUTO_JSON items = json_array();
    NX_NEED(items);
    NX_TRY(nx_operate_person(&p, c, person));
    NX_TRY(nx_link_list(c->house->registry, c->arena, p.id.s, &v, &n));
    for (size_t i = 0; i < n; i++) {
        json_t *item = json_pack("{s:s, s:s, s:s}", "upstream", v[i].upstream, "subject", v[i].subject, "how",
                                 nx_link_how_name(v[i].how));
        NX_REQUIRE(json_array_append_new(items, item) == 0, NX_ERR_MEMORY);
        nx_operate_time(item, "created", v[i].created);
        nx_operate_time(item, "used", v[i].used);
    }
    NX_NEED(*out = nx_operate_list(NX_STEAL(items), NULL));
    return NX_OK;
}

NX_FALLIBLE nx_operate_link_remove(struct nx_operate_call *c, const char *person, const char *upstream,
                                   const char *subject)
{
    struct nx_person p;
    NX_REQUIRE(upstream && subject, NX_ERR_MISSING);
    NX_TRY(nx_operate_person(&p, c, person));
    return nx_linking_remove(c->house, c->arena, p.id.s, upstream, subject, c->actor);
}
