#include "endpoints/admin/admin.h"

#include "endpoints/answer.h"
#include "endpoints/bearer/bearer.h"
#include "house/house.h"
#include "registry/saml_entity.h"

#define READ (NX_GUARD_NO_STORE | NX_AS_PROBLEM)

const struct nx_admin_call nx_admin_calls[] = {
#define C(method, path, body, handler, scope, query, request, status, response, summary)                     \
    {NX_##method, path, scope, query, request, status, response, summary, #handler},
#include "endpoints/admin/calls.def"
#undef C
};
const size_t nx_admin_call_count = sizeof nx_admin_calls / sizeof nx_admin_calls[0];

static const struct nx_route rows[] = {
#define C(method, path, body, handler, scope, query, request, status, response, summary)                     \
    {NX_##method, NX_ADMIN_ROOT path, body, READ, NX_RATE_API, NX_LANE_FAST, handler},
#include "endpoints/admin/calls.def"
#undef C
    {NX_GET, NX_ADMIN_ROOT "/openapi.json", 0, NX_GUARD_PUBLIC | NX_AS_PROBLEM, NX_RATE_API, NX_LANE_FAST,
     nx_admin_openapi},
};

const struct nx_route_table nx_routes_admin = NX_ROUTE_TABLE("admin", rows);

/* The scope stands in the row beside the route: both arrays have the rows of calls.def in one order. */
static const char *scope_of(const nx_request *rq)
{
    return nx_admin_calls[rq->route - rows].scope;
}

nx_result nx_admin_begin(struct nx_operate_call *c, nx_request *rq)
{
    struct nx_bearer by;
    NX_TRY(nx_bearer_require(&by, rq, scope_of(rq)));
    *c = (struct nx_operate_call){.house = nx_house_of(rq), .arena = rq->arena, .actor = by.actor};
    return NX_OK;
}

nx_result nx_admin_refuse(nx_reply *rp, const struct nx_operate_call *c, nx_result r)
{
    int status = nx_answer_of(r.e).status;
    if (!c->why || status < 400 || status >= 500) return r;
    nx_reply_problem(rp, status, nx_err_text(r.e), c->why);
    return NX_OK;
}

nx_result nx_admin_answer(nx_reply *rp, const struct nx_operate_call *c, int status, nx_result r, json_t *j)
{
    NX_AUTO_JSON owned = nx_ok(r) ? j : NULL;
    if (!nx_ok(r)) return nx_admin_refuse(rp, c, r);
    nx_reply_json(rp, status, owned);
    return NX_OK;
}

nx_result nx_admin_nothing(nx_reply *rp, const struct nx_operate_call *c, nx_result r)
{
    if (!nx_ok(r)) return nx_admin_refuse(rp, c, r);
    nx_reply_nothing(rp);
    return NX_OK;
}

nx_result nx_admin_body(json_t **out, const nx_request *rq)
{
    NX_REQUIRE(nx_content_is(rq, "application/json"), NX_ERR_HTTP_MEDIA_TYPE);
    return nx_json_parse_object(out, rq->body);
}

nx_result nx_admin_page(struct nx_operate_page *out, const nx_request *rq)
{
    uint64_t limit = 0;
    const char *text = nx_query(rq, "limit");
    if (text) NX_TRY(nx_parse_u64(&limit, nx_span_str(text), NX_PAGE_MAX));
    *out = (struct nx_operate_page){.cursor = nx_query(rq, "cursor"), .limit = (int64_t)limit};
    return NX_OK;
}
