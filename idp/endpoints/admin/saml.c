/* Portals that speak SAML. Metadata is posted as it is, or named by a URL; then it is fetched in the EGRESS
 * lane. */
#include "operate/saml.h"

#include "endpoints/admin/admin.h"

#define METADATA "application/samlmetadata+xml"

static bool is_xml(const nx_request *rq)
{
    return nx_content_is(rq, METADATA) || nx_content_is(rq, "application/xml") ||
           nx_content_is(rq, "text/xml");
}

/* Nothing is done or told before the bearer is checked, in the lane where the work is. */
static bool must_move(const nx_request *rq)
{
    return !is_xml(rq) && rq->lane != NX_LANE_EGRESS;
}

static void point_to(nx_reply *rp, nx_arena *a, const json_t *j)
{
    nx_reply_header(rp, "Location",
                    nx_arena_printf(a, NX_ADMIN_ROOT "/saml/providers/%s", nx_json_str(j, "id")));
}

nx_result nx_admin_saml_add(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_AUTO_JSON body = NULL;
    if (must_move(rq)) return nx_reply_move(rp, NX_LANE_EGRESS);
    NX_TRY(nx_admin_begin(&c, rq));
    if (!is_xml(rq)) NX_TRY(nx_admin_body(&body, rq));
    nx_result r = body ? nx_operate_saml_add_url(&j, &c, body) : nx_operate_saml_add(&j, &c, rq->body, NULL);
    if (nx_ok(r)) point_to(rp, rq->arena, j);
    return nx_admin_answer(rp, &c, 201, r, j);
}

nx_result nx_admin_saml_replace(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_AUTO_JSON body = NULL;
    if (must_move(rq)) return nx_reply_move(rp, NX_LANE_EGRESS);
    NX_TRY(nx_admin_begin(&c, rq));
    if (!is_xml(rq)) NX_TRY(nx_admin_body(&body, rq));
    nx_result r = body ? nx_operate_saml_replace_url(&j, &c, nx_path(rq, "id"), body)
                       : nx_operate_saml_replace(&j, &c, nx_path(rq, "id"), rq->body);
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_saml_list(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    struct nx_operate_page page;
    json_t *j = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    NX_TRY(nx_admin_page(&page, rq));
    const char *entity_id = nx_query(rq, "entity_id");
    nx_result r = entity_id ? nx_operate_saml_find(&j, &c, entity_id) : nx_operate_saml_list(&j, &c, &page);
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_saml_show(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    nx_result r = nx_operate_saml_show(&j, &c, nx_path(rq, "id"));
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_saml_settle(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_AUTO_JSON body = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    NX_TRY(nx_admin_body(&body, rq));
    nx_result r = nx_operate_saml_settle(&j, &c, nx_path(rq, "id"), body);
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_saml_remove(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    NX_TRY(nx_admin_begin(&c, rq));
    return nx_admin_nothing(rp, &c, nx_operate_saml_remove(&c, nx_path(rq, "id")));
}

nx_result nx_admin_saml_xml(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    nx_span xml;
    NX_TRY(nx_admin_begin(&c, rq));
    nx_result r = nx_operate_saml_xml(&xml, &c, nx_path(rq, "id"));
    if (!nx_ok(r)) return nx_admin_refuse(rp, &c, r);
    nx_reply_body(rp, 200, METADATA, xml);
    return NX_OK;
}

nx_result nx_admin_saml_refresh(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    if (rq->lane != NX_LANE_EGRESS) return nx_reply_move(rp, NX_LANE_EGRESS);
    NX_TRY(nx_admin_begin(&c, rq));
    nx_result r = nx_operate_saml_refresh(&j, &c, nx_path(rq, "id"));
    return nx_admin_answer(rp, &c, 200, r, j);
}

nx_result nx_admin_saml_check(nx_request *rq, nx_reply *rp)
{
    struct nx_operate_call c;
    json_t *j = NULL;
    NX_TRY(nx_admin_begin(&c, rq));
    NX_REQUIRE(is_xml(rq), NX_ERR_HTTP_MEDIA_TYPE);
    nx_result r = nx_operate_saml_check(&j, &c, rq->body);
    return nx_admin_answer(rp, &c, 200, r, j);
}
