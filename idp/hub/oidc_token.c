#include "hub/oidc_token.h"

#include "base/log.h"
#include "base/text.h"
#include "crypto/random.h"
#include "hub/call.h"

#define FORM_MAX (16u << 10)
#define TOKEN_MAX (32u << 10)
#define ASSERTION_LIFE_S 60

static void add(nx_buf *form, const char *name, nx_span value)
{
    nx_buf_addf(form, "%s%s=", form->n ? "&" : "", name);
    nx_percent_encode(form, value);
}

/* RFC 6749 section 2.3.1: both parts are encoded as form values before they are joined. */
static nx_result basic(const char **out, nx_arena *a, const char *id, nx_span secret)
{
    nx_buf b;
    nx_buf_init(&b, a, FORM_MAX);
    nx_percent_encode(&b, nx_span_str(id));
    nx_buf_adds(&b, ":");
    nx_percent_encode(&b, secret);
    NX_TRY(nx_buf_done(&b));
    const char *both = nx_b64_dup(a, nx_buf_span(&b));
    NX_NEED(both);
    NX_NEED(*out = nx_arena_printf(a, "Basic %s", both));
    return NX_OK;
}

/* RFC 7523 section 2.2; the audience is the issuer, which every provider of today takes and which no other endpoint's
 * token can be mistaken for. */
static nx_result assertion(const char **out, const struct nx_rp_exchange *x)
{
    nx_id jti;
    nx_time now = nx_now();
    NX_TRY(nx_id_make(&jti));
    NX_AUTO_JSON claims = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "iss", x->row->client_id, "sub",
                                    x->row->client_id, "aud", x->row->upstream->issuer, "jti", jti.s, "iat",
                                    (json_int_t)now, "exp", (json_int_t)(now + ASSERTION_LIFE_S));
    NX_NEED(claims);
    return nx_jws_sign_json((char **)(uintptr_t)out, x->arena, x->house->keyring, NX_USE_UPSTREAM, "JWT", claims);
}

static nx_result authenticate(nx_buf *form, const char **authorization, const struct nx_rp_exchange *x)
{
    NX_AUTO_SECRET(secret);
    const char *jwt;
    *authorization = NULL;
    if (x->row->auth != NX_RP_BASIC) add(form, "client_id", nx_span_str(x->row->client_id));
    switch (x->row->auth) {
    case NX_RP_NONE:
        return NX_OK;
    case NX_RP_JWT:
        NX_TRY(assertion(&jwt, x));
        add(form, "client_assertion_type", NX_LIT("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
        add(form, "client_assertion", nx_span_str(jwt));
        return NX_OK;
    case NX_RP_POST:
        NX_TRY(nx_upstream_secret(&secret, x->house->master, x->row->upstream, "client_secret"));
        add(form, "client_secret", nx_secret_expose(&secret));
        return NX_OK;
    case NX_RP_BASIC:
        NX_TRY(nx_upstream_secret(&secret, x->house->master, x->row->upstream, "client_secret"));
        return basic(authorization, x->arena, x->row->client_id, nx_secret_expose(&secret));
    }
    NX_FAIL(NX_ERR_INTERNAL);
}

static nx_result text_of(const char **out, nx_arena *a, const json_t *answer, const char *member)
{
    const char *s = nx_json_str(answer, member);
    *out = NULL;
    if (!s) return NX_OK;
    NX_REQUIRE(*s && strlen(s) <= TOKEN_MAX && nx_ascii_printable(nx_span_str(s)), NX_ERR_UPSTREAM_TOKEN);
    NX_NEED(*out = nx_arena_strdup(a, s));
    return NX_OK;
}

static nx_result read_tokens(struct nx_rp_tokens *out, const struct nx_rp_exchange *x,
                             const struct nx_egress_reply *reply)
{
    NX_AUTO_JSON answer = NULL;
    nx_result parsed = nx_json_parse_object(&answer, reply->body);
    if (reply->status != 200)
        nx_log(NX_WARN, "upstream_token_refused", NX_TEXT("upstream", x->row->upstream->id),
               NX_NUM("status", reply->status));
    NX_REQUIRE(reply->status == 200 && nx_ok(parsed), NX_ERR_UPSTREAM_TOKEN);
    NX_TRY(text_of(&out->id_token, x->arena, answer, "id_token"));
    NX_TRY(text_of(&out->access_token, x->arena, answer, "access_token"));
    NX_REQUIRE(out->id_token, NX_ERR_UPSTREAM_TOKEN);
    return NX_OK;
}

NX_FALLIBLE nx_rp_redeem(struct nx_rp_tokens *out, const struct nx_rp_exchange *x, const char *code,
                         const char *verifier)
{
    nx_buf form;
    struct nx_egress_reply reply;
    struct nx_egress_request rq = {.purpose = NX_PURPOSE_UPSTREAM,
                                   .url = x->provider->token_endpoint,
                                   .content_type = "application/x-www-form-urlencoded",
                                   .accept = "application/json"};
    const char *back = nx_rp_redirect_uri(x->arena, x->house, x->row->upstream->id);
    NX_NEED(back);
    nx_buf_init(&form, x->arena, FORM_MAX);
    add(&form, "grant_type", NX_LIT("authorization_code"));
    add(&form, "code", nx_span_str(code));
    add(&form, "redirect_uri", nx_span_str(back));
    if (verifier) add(&form, "code_verifier", nx_span_str(verifier));
    NX_TRY(authenticate(&form, &rq.authorization, x));
    NX_TRY(nx_buf_done(&form));
    rq.body = nx_buf_span(&form);
    NX_TRY(nx_hub_call(&reply, x->house, x->arena, x->row->upstream->id, &rq));
    return read_tokens(out, x, &reply);
}

NX_FALLIBLE nx_rp_userinfo(json_t **out, const struct nx_rp_exchange *x, const char *access_token, const char *sub)
{
    struct nx_egress_reply reply;
    NX_AUTO_JSON claims = NULL;
    NX_REQUIRE(access_token && x->provider->userinfo_endpoint, NX_ERR_UPSTREAM_TOKEN);
    const struct nx_egress_request rq = {.purpose = NX_PURPOSE_UPSTREAM,
                                         .url = x->provider->userinfo_endpoint,
                                         .authorization = nx_arena_printf(x->arena, "Bearer %s", access_token),
                                         .accept = "application/json"};
    NX_NEED(rq.authorization);
    NX_TRY(nx_hub_call(&reply, x->house, x->arena, x->row->upstream->id, &rq));
    NX_REQUIRE(reply.status == 200, NX_ERR_UPSTREAM_TOKEN);
    NX_REQUIRE(nx_ok(nx_json_parse_object(&claims, reply.body)), NX_ERR_UPSTREAM_FORM);
    const char *said = nx_json_str(claims, "sub");
    NX_REQUIRE(said && strcmp(said, sub) == 0, NX_ERR_UPSTREAM_SUBJECT);
    *out = NX_STEAL(claims);
    return NX_OK;
}
