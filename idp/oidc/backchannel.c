#include "oidc/backchannel.h"

#include "crypto/jws.h"
#include "crypto/random.h"
#include "oidc/json_out.h"
#include "flow/subject.h"
#include "policies/policy.h"
#include "revoke/portals.h"
#include "sessions/signon.h"

#define TOKEN_MAX 2048
#define FORM_MAX (NX_JWS_MAX + 32)

/*= OpenID Connect Back-Channel Logout 2.4
 *# events: REQUIRED. Claim whose value is a JSON object containing the member name
 *# http://schemas.openid.net/event/backchannel-logout. */
#define EVENTS "{\"http://schemas.openid.net/event/backchannel-logout\":{}}"

NX_FALLIBLE nx_logout_token(char **out, struct nx_house *house, nx_arena *a, const nx_client *c,
                            const char *person, const char *session)
{
    nx_pairwise sub;
    nx_id jti;
    nx_sid sid;
    struct nx_jo o;
    nx_span payload;
    nx_time now = nx_now();
    NX_TRY(nx_id_make(&jti));
    nx_jo_open(&o, a, TOKEN_MAX);
    nx_jo_text(&o, "iss", house->issuer);
    nx_jo_text(&o, "aud", c->id);
    nx_jo_number(&o, "iat", now);
    nx_jo_number(&o, "exp", now + nx_policy()->life.logout_token);
    nx_jo_text(&o, "jti", jti.s);
    nx_jo_raw(&o, "events", EVENTS);
    if (person) {
        NX_TRY(nx_subject_of(&sub, house, c, person));
        nx_jo_text(&o, "sub", sub.s);
    }
    if (session) {
        NX_TRY(nx_signon_sid(&sid, house->store, session, c->id));
        nx_jo_text(&o, "sid", sid.s);
    }
    NX_TRY(nx_jo_done(&payload, &o));
    nx_key_use use = strcmp(c->id_token_alg, "ES256") == 0 ? NX_USE_TOKEN : NX_USE_TOKEN_RS256;
    return nx_jws_sign(out, a, house->keyring, use, "logout+jwt", payload);
}

static NX_FALLIBLE post(struct nx_egress_request *out, nx_arena *a, const char *url, const char *token)
{
    nx_buf b;
    nx_buf_init(&b, a, FORM_MAX);
    nx_buf_adds(&b, "logout_token=");
    nx_buf_adds(&b, token);
    NX_TRY(nx_buf_done(&b));
    *out = (struct nx_egress_request){.purpose = NX_PURPOSE_LOGOUT,
                                      .url = nx_arena_strdup(a, url),
                                      .content_type = "application/x-www-form-urlencoded",
                                      .body = nx_buf_span(&b)};
    NX_NEED(out->url);
    return NX_OK;
}

static nx_result build(struct nx_egress_request *out, struct nx_house *house, nx_arena *a,
                       const struct nx_notice *notice)
{
    NX_AUTO(nx_client) c = NULL;
    NX_TRY(nx_client_get(house->registry, nx_span_str(notice->target), &c));
    NX_REQUIRE(c->backchannel_logout_uri, NX_ERR_NOT_FOUND);
    NX_AUTO_JSON payload = NULL;
    NX_TRY(nx_json_parse_object(&payload, nx_span_str(notice->payload)));
    char *token;
    NX_TRY(nx_logout_token(&token, house, a, c, nx_json_str(payload, "subject"),
                           nx_json_str(payload, "session")));
    return post(out, a, c->backchannel_logout_uri, token);
}

/* Section 2.8: 200 confirms; some portals answer 204. 400 says that the token was wrong or the logout failed
 * there: the portal has not signed the person out, so it is tried again. */
static bool confirmed(struct nx_house *house, nx_arena *a, const struct nx_notice *notice,
                      const struct nx_egress_reply *reply)
{
    (void)house, (void)a, (void)notice;
    return reply->status == 200 || reply->status == 204;
}

const struct nx_notice_kind nx_notice_backchannel = {
    .name = NX_NOTICE_BACKCHANNEL, .build = build, .confirmed = confirmed};
