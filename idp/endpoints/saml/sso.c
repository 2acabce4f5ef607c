#include "endpoints/pages/pages.h"
#include "endpoints/saml/saml.h"
#include "house/house.h"
#include "saml/federation.h"
#include "saml/message.h"
#include "saml/soap.h"
#include "saml/sso.h"

static nx_result params_of(struct nx_params *out, nx_arena *a, const nx_pairs *pairs)
{
    struct nx_param *row = nx_arena_new(a, struct nx_param, pairs->n);
    NX_NEED(row);
    for (size_t i = 0; i < pairs->n; i++)
        row[i] = (struct nx_param){pairs->at[i].name, pairs->at[i].value};
    *out = (struct nx_params){row, pairs->n};
    return NX_OK;
}

nx_result nx_saml_take(struct nx_saml_in *out, const nx_request *rq, bool posted)
{
    struct nx_params form;
    if (!posted) return nx_saml_redirect_read(out, rq->arena, nx_span_str(rq->query_text));
    NX_TRY(params_of(&form, rq->arena, rq->method == NX_POST ? &rq->form : &rq->query));
    return nx_saml_post_read(out, rq->arena, &form);
}

nx_result nx_saml_here(const char **out, const nx_request *rq)
{
    *out = nx_arena_printf(rq->arena, "%s%s", nx_house_of(rq)->issuer, rq->path);
    NX_NEED(*out);
    return NX_OK;
}

nx_result nx_saml_soap_taken(const nx_request *rq)
{
    NX_REQUIRE(nx_content_is(rq, NX_SAML_SOAP_TYPE) || nx_content_is(rq, "application/soap+xml"),
               NX_ERR_HTTP_MEDIA_TYPE);
    return NX_OK;
}

void nx_saml_soap_reply(nx_reply *rp, int status, nx_span envelope)
{
    nx_reply_body(rp, status, NX_SAML_SOAP_TYPE "; charset=utf-8", envelope);
}

/* A portal that nobody registered may be in the federation, which is asked in the EGRESS lane and before anything is
 * done. *moved: the answer is made there. */
static nx_result find_portal(bool *moved, nx_request *rq, nx_reply *rp, const struct nx_saml_in *in)
{
    struct nx_house *house = nx_house_of(rq);
    NX_AUTO_SAML(m);
    NX_AUTO(nx_saml_entity) portal = NULL;
    *moved = false;
    if (!house->settings->saml_mdq[0] || !nx_ok(nx_saml_open(&m, rq->arena, in))) return NX_OK;
    if (nx_saml_portal(&portal, house, nx_span_str(m.issuer)).e != NX_ERR_SAML_FETCH) return NX_OK;
    *moved = rq->lane != NX_LANE_EGRESS;
    if (*moved) return nx_reply_move(rp, NX_LANE_EGRESS);
    nx_result fetched = nx_saml_portal_fetch(house, rq->arena, nx_span_str(m.issuer));
    NX_REQUIRE(fetched.e != NX_ERR_SAML_UNKNOWN, NX_ERR_SAML_ISSUER);
    return fetched;
}

static nx_result sign_on(nx_request *rq, nx_reply *rp, bool posted)
{
    struct nx_saml_in in;
    struct nx_visitor who;
    struct nx_step step;
    const char *here;
    bool moved;
    NX_TRY(nx_saml_take(&in, rq, posted));
    NX_TRY(nx_saml_here(&here, rq));
    NX_TRY(find_portal(&moved, rq, rp, &in));
    if (moved) return NX_OK;
    NX_TRY(nx_visitor_of(&who, rq, rp));
    NX_TRY(nx_saml_sso_begin(&step, nx_house_of(rq), rq->arena, &who, &in, here));
    return nx_step_reply(&step, rq, rp);
}

nx_result nx_ep_saml_sso(nx_request *rq, nx_reply *rp)
{
    return sign_on(rq, rp, false);
}

nx_result nx_ep_saml_sso_post(nx_request *rq, nx_reply *rp)
{
    if (nx_browser_by_get(rq, rp)) return NX_OK;
    return sign_on(rq, rp, true);
}

nx_result nx_ep_saml_start(nx_request *rq, nx_reply *rp)
{
    struct nx_visitor who;
    struct nx_step step;
    NX_TRY(nx_visitor_of(&who, rq, rp));
    NX_TRY(nx_saml_sso_start(&step, nx_house_of(rq), rq->arena, &who, nx_query(rq, "portal"),
                             nx_query(rq, "target")));
    return nx_step_reply(&step, rq, rp);
}

nx_result nx_ep_saml_artifact(nx_request *rq, nx_reply *rp)
{
    nx_span envelope;
    const char *here;
    int status;
    NX_TRY(nx_saml_soap_taken(rq));
    NX_TRY(nx_saml_here(&here, rq));
    NX_TRY(nx_saml_artifact_resolve(&envelope, &status, nx_house_of(rq), rq->arena, rq->body, here));
    nx_saml_soap_reply(rp, status, envelope);
    return NX_OK;
}
