/* What readers and portals fetch: keys, the trust bundle, status lists. Public and cacheable (rule 22). */
#include "endpoints/qr/qr.h"

#include "qr/keys.h"
#include "qr/lists.h"

static void cacheable(nx_reply *rp, const char *control)
{
    nx_reply_header(rp, "Cache-Control", control);
}

nx_result nx_qr_jwks_file(nx_request *rq, nx_reply *rp)
{
    NX_AUTO_JSON set = NULL;
    NX_TRY(nx_qr_jwks(&set, rq->arena, nx_house_of(rq)->keyring));
    nx_reply_json(rp, 200, set);
    cacheable(rp, "public, max-age=300");
    return NX_OK;
}

nx_result nx_qr_bundle_file(nx_request *rq, nx_reply *rp)
{
    char *text;
    NX_TRY(nx_qr_bundle(&text, rq->arena, nx_house_of(rq), nx_now()));
    nx_reply_body(rp, 200, "application/json", nx_span_str(text));
    cacheable(rp, "public, max-age=60");
    return NX_OK;
}

nx_result nx_qr_status_lists(nx_request *rq, nx_reply *rp)
{
    NX_AUTO_JSON lists = NULL;
    NX_TRY(nx_qr_lists(&lists, rq->arena, nx_house_of(rq)));
    nx_reply_json(rp, 200, lists);
    cacheable(rp, "public, max-age=60");
    return NX_OK;
}

static nx_result number_of(int64_t *out, const char *text)
{
    uint64_t n;
    NX_REQUIRE(text && nx_ok(nx_parse_u64(&n, nx_span_str(text), INT32_MAX)), NX_ERR_NOT_FOUND);
    *out = (int64_t)n;
    return NX_OK;
}

/* A reader that asks for the status of another time (?time=) is told that there is none: we keep no history
 * of lists. */
static nx_result answer(nx_request *rq, nx_reply *rp, const char *token)
{
    NX_REQUIRE(!nx_query(rq, "time"), NX_ERR_NOT_FOUND);
    nx_reply_body(rp, 200, "application/statuslist+jwt", nx_span_str(token));
    cacheable(rp, "public, max-age=60");
    return NX_OK;
}

nx_result nx_qr_status_cards(nx_request *rq, nx_reply *rp)
{
    int64_t list;
    char *token;
    NX_TRY(number_of(&list, nx_path(rq, "list")));
    NX_TRY(nx_qr_card_list(&token, rq->arena, nx_house_of(rq), list, nx_now()));
    return answer(rq, rp, token);
}

nx_result nx_qr_status_tokens(nx_request *rq, nx_reply *rp)
{
    int64_t list;
    char *token;
    nx_span generation = nx_span_str(nx_path(rq, "generation"));
    NX_TRY(number_of(&list, nx_path(rq, "list")));
    NX_TRY(nx_qr_token_list(&token, rq->arena, nx_house_of(rq), generation, list, nx_now()));
    return answer(rq, rp, token);
}
