#include "operate/call.h"

#include "registry/audit.h"
#include "registry/person.h"

json_t *nx_operate_list(json_t *items, const char *next)
{
    return items ? json_pack("{s:o,s:s?}", "items", items, "next", next) : NULL;
}

void nx_operate_time(json_t *object, const char *member, nx_time t)
{
    char text[NX_RFC3339_MAX];
    nx_rfc3339(t, text);
    json_object_set_new(object, member, t ? json_string(text) : json_null());
}

nx_result nx_operate_audit(const struct nx_operate_call *c, const char *type, const char *subject,
                           json_t *detail)
{
    NX_AUTO_JSON owned = detail ? detail : json_object();
    NX_NEED(owned);
    const struct nx_audit_entry e = {
        .actor = c->actor, .type = type, .subject = subject, .detail = nx_json_dump(c->arena, owned)};
    NX_NEED(e.detail);
    return nx_audit_append(c->house->registry, &e);
}

nx_result nx_operate_refuse(struct nx_operate_call *c, nx_err e, const char *why)
{
    c->why = why;
    NX_FAIL(e);
}

nx_result nx_operate_person(struct nx_person *out, const struct nx_operate_call *c, const char *who)
{
    NX_REQUIRE(who && *who, NX_ERR_MISSING);
    nx_result by_id = nx_person_get(c->house->registry, c->arena, who, out);
    if (by_id.e != NX_ERR_NOT_FOUND) return by_id;
    return nx_person_by_user_name(c->house->registry, c->arena, nx_span_str(who), out);
}
