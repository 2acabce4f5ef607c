#include "oidc/response.h"

#include "base/text.h"
#include "house/house.h"
#include "oidc/authorize.h"

/* Errors that a portal is told through the browser (RFC 6749 section 4.1.2.1, OpenID Connect Core 3.1.2.6).
 */
static const struct {
    nx_err e;
    const char *error;
} errors[] = {
    {NX_ERR_REQUEST, "invalid_request"},
    {NX_ERR_PKCE_REQUIRED, "invalid_request"},
    {NX_ERR_RESPONSE_TYPE, "unsupported_response_type"},
    {NX_ERR_GRANT_NOT_ALLOWED, "unauthorized_client"},
    {NX_ERR_CLIENT_UNKNOWN, "unauthorized_client"},
    {NX_ERR_CLIENT_EPOCH, "unauthorized_client"},
    {NX_ERR_SCOPE, "invalid_scope"},
    {NX_ERR_TARGET, "invalid_target"},
    {NX_ERR_LOGIN_REQUIRED, "login_required"},
    {NX_ERR_CONSENT_REQUIRED, "consent_required"},
    {NX_ERR_UNMET_ACR, "unmet_authentication_requirements"},
    {NX_ERR_REQUEST_OBJECT, "request_not_supported"},
    {NX_ERR_REQUEST_URI, "request_uri_not_supported"},
    {NX_ERR_REGISTRATION_PARAMETER, "registration_not_supported"},
    {NX_ERR_ACCESS_DENIED, "access_denied"},
    {NX_ERR_GRANT_REVOKED, "access_denied"},
    {NX_ERR_PERSON_INACTIVE, "access_denied"},
    {NX_ERR_QR_DEAD, "access_denied"},
};

static void add(nx_buf *b, const struct nx_param *f)
{
    nx_percent_encode(b, nx_span_str(f->name));
    nx_buf_adds(b, "=");
    nx_percent_encode(b, nx_span_str(f->value));
}

static NX_FALLIBLE make_location(struct nx_step *out, nx_arena *a, const struct nx_oidc_ask *ask,
                                 const struct nx_param *fields, size_t count)
{
    bool fragment = ask->mode == NX_MODE_FRAGMENT;
    nx_buf b;
    nx_buf_init(&b, a, NX_LOCATION_MAX);
    nx_buf_adds(&b, ask->base.return_to);
    const char *between = fragment ? "#" : strchr(ask->base.return_to, '?') ? "&" : "?";
    for (size_t i = 0; i < count; i++) {
        nx_buf_adds(&b, between);
        add(&b, &fields[i]);
        between = "&";
    }
    NX_TRY(nx_buf_done(&b));
    out->kind = NX_STEP_REDIRECT;
    out->location = nx_buf_str(&b);
    NX_NEED(out->location);
    return NX_OK;
}

NX_FALLIBLE nx_response_step(struct nx_step *out, struct nx_house *house, nx_arena *a,
                             const struct nx_oidc_ask *ask, const struct nx_param *fields, size_t count)
{
    *out = (struct nx_step){.reason = NX_REASON_OK};
    NX_REQUIRE(count + 2 <= NX_RESPONSE_FIELDS_MAX, NX_ERR_LIMIT);
    struct nx_param *all = nx_arena_new(a, struct nx_param, NX_RESPONSE_FIELDS_MAX);
    NX_NEED(all);
    memcpy(all, fields, count * sizeof *fields);
    if (ask->state) all[count++] = (struct nx_param){"state", ask->state};
    /*= RFC 9207 2
     *# In authorization responses to the client, including error responses, an authorization
     *# server supporting this specification MUST indicate its identity by including the iss
     *# parameter in the response. */
    all[count++] = (struct nx_param){"iss", house->issuer};
    if (ask->mode != NX_MODE_FORM_POST) return make_location(out, a, ask, all, count);
    out->kind = NX_STEP_FORM_POST;
    out->action = ask->base.return_to;
    out->field = all;
    out->field_count = count;
    return NX_OK;
}

NX_FALLIBLE nx_response_error(struct nx_step *out, struct nx_house *house, nx_arena *a,
                              const struct nx_oidc_ask *ask, nx_err e)
{
    nx_fault_of fault = nx_err_fault(e);
    NX_REQUIRE(fault != NX_FAULT_AWAY && fault != NX_FAULT_OURS, e);
    const char *error = "invalid_request";
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (errors[i].e == e) error = errors[i].error;
    struct nx_param fields[] = {{"error", error}, {"error_description", nx_err_text(e)}};
    return nx_response_step(out, house, a, ask, fields, 2);
}

nx_result nx_oidc_refuse(struct nx_step *out, struct nx_flow *f, nx_err e)
{
    struct nx_oidc_ask ask;
    NX_TRY(nx_oidc_ask_open(&ask, f->arena, &f->ask));
    return nx_response_error(out, f->house, f->arena, &ask, e);
}
