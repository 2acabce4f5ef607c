/* Registration (RFC 7591) needs an operator of scope `clients`; managing a client (RFC 7592) its registration
 * access token, or such an operator. */
#include "oidc/register.h"
#include "endpoints/bearer/bearer.h"
#include "endpoints/oidc/oidc.h"
#include "endpoints/server.h"
#include "http/router.h"

static nx_result answer(nx_reply *rp, int status, nx_span json)
{
    nx_reply_body(rp, status, "application/json", json);
    nx_reply_header(rp, "Pragma", "no-cache");
    return NX_OK;
}

/* RFC 7591 section 3.2.2: which member is wrong, in words, for the developer. */
static nx_result refuse(nx_reply *rp, nx_result r, const char *why)
{
    if (r.e != NX_ERR_CLIENT_METADATA && r.e != NX_ERR_REDIRECT_URI_METADATA) return r;
    nx_reply_oauth_error(
        rp, 400, r.e == NX_ERR_CLIENT_METADATA ? "invalid_client_metadata" : "invalid_redirect_uri", why);
    return NX_OK;
}

nx_result nx_ep_register(nx_request *rq, nx_reply *rp)
{
    struct nx_bearer op;
    nx_span json;
    const char *why = NULL;
    NX_TRY(nx_bearer_require(&op, rq, "clients"));
    NX_REQUIRE(nx_content_is(rq, "application/json"), NX_ERR_HTTP_MEDIA_TYPE);
    struct nx_registrar by = {.actor = op.actor};
    nx_result r = nx_client_register(&json, &why, nx_house_of(rq), rq->arena, &by, rq->body);
    return nx_ok(r) ? answer(rp, 201, json) : refuse(rp, r, why);
}

/* Who manages. A registration access token is tried first, since it is no JWT. */
static nx_result manager(struct nx_registrar *by, nx_request *rq, const char *id)
{
    const char *header = nx_header(rq, "Authorization");
    NX_REQUIRE(header, NX_ERR_TOKEN_ABSENT);
    NX_REQUIRE(strncasecmp(header, "Bearer ", 7) == 0, NX_ERR_TOKEN_INVALID);
    *by = (struct nx_registrar){.itself = !strchr(header + 7, '.')};
    if (by->itself) {
        by->actor = nx_arena_printf(rq->arena, "client:%s", id);
        NX_NEED(by->actor);
        return nx_client_manager(nx_house_of(rq), rq->arena, id, nx_span_str(header + 7));
    }
    struct nx_bearer op;
    NX_TRY(nx_bearer_require(&op, rq, "clients"));
    by->actor = op.actor;
    return NX_OK;
}

nx_result nx_ep_register_show(nx_request *rq, nx_reply *rp)
{
    const char *id = nx_path(rq, "id");
    struct nx_registrar by;
    nx_span json;
    NX_TRY(manager(&by, rq, id));
    NX_TRY(nx_client_show(&json, nx_house_of(rq), rq->arena, id));
    return answer(rp, 200, json);
}

nx_result nx_ep_register_replace(nx_request *rq, nx_reply *rp)
{
    const char *id = nx_path(rq, "id"), *why = NULL;
    struct nx_registrar by;
    nx_span json;
    NX_TRY(manager(&by, rq, id));
    NX_REQUIRE(nx_content_is(rq, "application/json"), NX_ERR_HTTP_MEDIA_TYPE);
    nx_result r = nx_client_replace(&json, &why, nx_house_of(rq), rq->arena, &by, id, rq->body);
    return nx_ok(r) ? answer(rp, 200, json) : refuse(rp, r, why);
}

nx_result nx_ep_register_delete(nx_request *rq, nx_reply *rp)
{
    const char *id = nx_path(rq, "id");
    struct nx_registrar by;
    NX_TRY(manager(&by, rq, id));
    NX_TRY(nx_client_delete(nx_house_of(rq), rq->arena, by.actor, id));
    nx_reply_nothing(rp);
    return NX_OK;
}

#define BARE (NX_GUARD_NO_STORE | NX_AS_OAUTH)
#define CLIENT_MAX (32u << 10)
#define MANAGED "/oidc/register/{id}"

static const struct nx_route rows[] = {
    {NX_POST, "/oidc/register", CLIENT_MAX, BARE, NX_RATE_API, NX_LANE_EGRESS, nx_ep_register},
    {NX_GET, MANAGED, 0, BARE, NX_RATE_API, NX_LANE_FAST, nx_ep_register_show},
    {NX_PUT, MANAGED, CLIENT_MAX, BARE, NX_RATE_API, NX_LANE_EGRESS, nx_ep_register_replace},
    {NX_DELETE, MANAGED, 0, BARE, NX_RATE_API, NX_LANE_FAST, nx_ep_register_delete},
};
extern const struct nx_route_table nx_routes_registration;
const struct nx_route_table nx_routes_registration = NX_ROUTE_TABLE("registration", rows);
