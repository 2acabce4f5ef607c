#include "hub/oidc_logout.h"

#include "base/log.h"
#include "hub/id_token.h"
#include "hub/oidc_provider.h"
#include "revoke/revoke.h"
#include "sessions/guard.h"
#include "sessions/upstream.h"

#define EVENT "http://schemas.openid.net/event/backchannel-logout"
#define LIFE_S 300 /* how old a logout token may be, and how long it is remembered */
#define JTI_MAX 256

static const char *const typ[] = {"logout+jwt", "JWT", NULL};

static bool audience_ok(const json_t *aud, const char *client_id)
{
    if (json_is_string(aud)) return strcmp(json_string_value(aud), client_id) == 0;
    return json_is_array(aud) && json_array_size(aud) == 1 && nx_json_has(aud, client_id);
}

/* 2.4: a nonce would make an ID token pass for one. */
static nx_result check_form(const json_t *claims)
{
    const json_t *events = nx_json_object(claims, "events"), *event = json_object_get(events, EVENT);
    NX_REQUIRE(json_is_object(event) && !json_object_get(claims, "nonce"), NX_ERR_UPSTREAM_FORM);
    NX_REQUIRE(nx_json_str(claims, "sub") || nx_json_str(claims, "sid"), NX_ERR_UPSTREAM_SUBJECT);
    return NX_OK;
}

static nx_result check_times(const json_t *claims)
{
    nx_time now = nx_now();
    int64_t iat = nx_json_int(claims, "iat", 0), exp = nx_json_int(claims, "exp", now + LIFE_S);
    NX_REQUIRE(iat <= now + NX_SKEW_S && iat >= now - LIFE_S && exp > now - NX_SKEW_S, NX_ERR_UPSTREAM_TIME);
    return NX_OK;
}

static nx_result spend(struct nx_house *house, const struct nx_oidc_row *row, const json_t *claims)
{
    bool first;
    const char *jti = nx_json_str(claims, "jti");
    NX_REQUIRE(jti && strlen(jti) <= JTI_MAX, NX_ERR_UPSTREAM_FORM);
    const struct nx_guard g = {.purpose = "logout",
                               .holder = row->upstream->id,
                               .value = nx_span_str(jti),
                               .issued = nx_json_int(claims, "iat", 0),
                               .expires = nx_now() + 2 * LIFE_S};
    NX_TRY(nx_guard_once(house->store, &g, &first));
    NX_REQUIRE(first, NX_ERR_UPSTREAM_REPLAYED);
    return NX_OK;
}

static nx_result check(struct nx_house *house, const struct nx_oidc_row *row, const json_t *claims)
{
    const char *iss = nx_json_str(claims, "iss");
    NX_REQUIRE(iss && strcmp(iss, row->upstream->issuer) == 0, NX_ERR_UPSTREAM_ISSUER);
    NX_REQUIRE(audience_ok(json_object_get(claims, "aud"), row->client_id), NX_ERR_UPSTREAM_AUDIENCE);
    NX_TRY(check_times(claims));
    NX_TRY(check_form(claims));
    return spend(house, row, claims);
}

NX_FALLIBLE nx_hub_end_sessions(size_t *ended, struct nx_house *house, nx_arena *a,
                                const struct nx_upstream_names *names)
{
    struct nx_signon_list list;
    *ended = 0;
    NX_TRY(nx_upstream_sessions(&list, house->store, a, names));
    for (size_t i = 0; i < list.n; i++) {
        const struct nx_revoke_order o = {.act = NX_REVOKE,
                                          .scope = NX_REVOKE_SESSION,
                                          .target = list.v[i].id.s,
                                          .subject = list.v[i].subject,
                                          .reason = "signed out at the provider",
                                          .actor = nx_arena_printf(a, "upstream:%s", names->upstream)};
        NX_NEED(o.actor);
        nx_result r = nx_revoke(house, a, &o, NULL);
        if (r.e == NX_ERR_NOT_FOUND) continue; /* over meanwhile */
        NX_TRY(r);
        ++*ended;
    }
    nx_log(NX_INFO, "upstream_logout", NX_TEXT("upstream", names->upstream), NX_NUM("ended", *ended));
    return NX_OK;
}

NX_FALLIBLE nx_rp_logout(size_t *ended, struct nx_house *house, nx_arena *a, const char *upstream, nx_span token)
{
    struct nx_oidc_row row;
    struct nx_oidc_provider provider;
    struct nx_jws jws;
    NX_AUTO_UPSTREAM u = NULL;
    NX_AUTO_JSON claims = NULL;
    NX_TRY(nx_upstream_get(house->registry, nx_span_str(upstream), &u));
    NX_REQUIRE(u->kind == NX_UPSTREAM_OIDC, NX_ERR_NOT_FOUND);
    NX_TRY(nx_oidc_row_read(&row, u));
    NX_TRY(nx_oidc_provider_get(&provider, house, a, &row));
    NX_TRY(nx_oidc_provider_verify(&jws, house, a, &row, &provider, typ, token));
    NX_REQUIRE(nx_ok(nx_json_parse_object(&claims, jws.payload)), NX_ERR_UPSTREAM_FORM);
    NX_TRY(check(house, &row, claims));
    const struct nx_upstream_names names = {
        .upstream = u->id, .subject = nx_json_str(claims, "sub"), .session = nx_json_str(claims, "sid")};
    return nx_hub_end_sessions(ended, house, a, &names);
}
