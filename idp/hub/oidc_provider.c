#include "hub/oidc_provider.h"

#include "base/clock.h"
#include "hub/call.h"

#include <pthread.h>
#include <stdlib.h>

#define SLOTS 4096 /* two for each of as many upstreams as there may be, and room */
#define WELL_KNOWN "/.well-known/openid-configuration"

enum document { METADATA, KEYS };

/* Open addressing by a hash of the name; a slot stays its upstream's. Text and not what was parsed, since it is shared.
 */
static struct slot {
    char upstream[NX_UPSTREAM_ID_MAX + 1];
    enum document what;
    int64_t version;
    nx_time created; /* a row of the same id may be made anew, for another provider */
    char *text;
    int64_t fetched_ms; /* monotonic */
    int64_t again_ms;   /* when an unknown key made it be fetched last */
} slots[SLOTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct slot *slot_of(const nx_upstream *u, enum document what)
{
    uint32_t h = 2166136261u ^ (uint32_t)what;
    for (const char *p = u->id; *p; p++)
        h = (h ^ (uint8_t)*p) * 16777619u;
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *s = &slots[(h + i) % SLOTS];
        if (!s->upstream[0] || (s->what == what && strcmp(s->upstream, u->id) == 0)) return s;
    }
    return &slots[h % SLOTS];
}

static bool is_of(const struct slot *s, const nx_upstream *u, enum document what)
{
    return s->text && s->what == what && s->version == u->version && s->created == u->created &&
           strcmp(s->upstream, u->id) == 0;
}

/* The kept text in the arena, or NULL. */
static char *kept(nx_arena *a, const nx_upstream *u, enum document what, int64_t *age_ms)
{
    char *text = NULL;
    *age_ms = INT64_MAX;
    pthread_mutex_lock(&lock);
    const struct slot *s = slot_of(u, what);
    if (is_of(s, u, what)) {
        text = nx_arena_strdup(a, s->text);
        *age_ms = nx_mono_ms() - s->fetched_ms;
    }
    pthread_mutex_unlock(&lock);
    return text;
}

static void keep(const nx_upstream *u, enum document what, nx_span text)
{
    char *copy = strndup((const char *)text.p, text.n), *old = copy;
    pthread_mutex_lock(&lock);
    struct slot *s = slot_of(u, what);
    if (copy) {
        int64_t again = is_of(s, u, what) ? s->again_ms : 0;
        old = s->text;
        *s = (struct slot){
            .what = what, .version = u->version, .created = u->created, .text = copy, .fetched_ms = nx_mono_ms(),
            .again_ms = again};
        memcpy(s->upstream, u->id, strlen(u->id) + 1);
    }
    pthread_mutex_unlock(&lock);
    free(old);
}

/* Whether the keys may be fetched for an unknown key now; says so once a minute. */
static bool may_again(const nx_upstream *u)
{
    bool may = false;
    pthread_mutex_lock(&lock);
    struct slot *s = slot_of(u, KEYS);
    if (is_of(s, u, KEYS)) {
        int64_t now = nx_mono_ms();
        may = !s->again_ms || now - s->again_ms >= (int64_t)NX_OIDC_KEYS_AGAIN_S * 1000;
        if (may) s->again_ms = now;
    }
    pthread_mutex_unlock(&lock);
    return may;
}

static nx_result fetch(const char **out, struct nx_house *house, nx_arena *a, const nx_upstream *u,
                       enum document what, const char *url)
{
    struct nx_egress_reply reply;
    const struct nx_egress_request rq = {.purpose = NX_PURPOSE_UPSTREAM, .url = url, .accept = "application/json"};
    NX_TRY(nx_hub_call(&reply, house, a, u->id, &rq));
    NX_REQUIRE(reply.status == 200 && reply.body.n && !memchr(reply.body.p, 0, reply.body.n),
               NX_ERR_UPSTREAM_METADATA);
    NX_NEED(*out = nx_arena_dup(a, reply.body));
    keep(u, what, reply.body);
    return NX_OK;
}

/* The kept one while it is fresh, a new one, or the old one while the provider is away. */
static nx_result document(const char **out, struct nx_house *house, nx_arena *a, const nx_upstream *u,
                          enum document what, const char *url)
{
    static const int64_t fresh_s[] = {NX_OIDC_METADATA_FRESH_S, NX_OIDC_KEYS_FRESH_S};
    int64_t age_ms;
    const char *old = kept(a, u, what, &age_ms);
    if (old && age_ms < fresh_s[what] * 1000) {
        *out = old;
        return NX_OK;
    }
    nx_result r = fetch(out, house, a, u, what, url);
    if (nx_ok(r) || !old || age_ms >= (int64_t)NX_OIDC_STALE_S * 1000) return r;
    *out = old;
    return NX_OK;
}

/* ---- metadata */

static nx_result address(const char **out, struct nx_house *house, nx_arena *a, const json_t *metadata,
                         const char *member, const char *by_row)
{
    const char *said = by_row ? by_row : nx_json_str(metadata, member);
    *out = NULL;
    if (!said) return NX_OK;
    NX_REQUIRE(!house->egress || nx_ok(nx_egress_url_allowed(house->egress, NX_PURPOSE_UPSTREAM, nx_span_str(said))),
               NX_ERR_UPSTREAM_METADATA);
    NX_NEED(*out = nx_arena_strdup(a, said));
    return NX_OK;
}

static nx_result read_metadata(struct nx_oidc_provider *out, struct nx_house *house, nx_arena *a,
                               const struct nx_oidc_row *row, const json_t *m)
{
    NX_TRY(address(&out->authorization_endpoint, house, a, m, "authorization_endpoint", row->authorization_endpoint));
    NX_TRY(address(&out->token_endpoint, house, a, m, "token_endpoint", row->token_endpoint));
    NX_TRY(address(&out->jwks_uri, house, a, m, "jwks_uri", row->jwks_uri));
    NX_TRY(address(&out->userinfo_endpoint, house, a, m, "userinfo_endpoint", row->userinfo_endpoint));
    NX_TRY(address(&out->end_session_endpoint, house, a, m, "end_session_endpoint", row->end_session_endpoint));
    out->says_issuer = nx_json_bool(m, "authorization_response_iss_parameter_supported", false);
    NX_REQUIRE(out->authorization_endpoint && out->token_endpoint && out->jwks_uri, NX_ERR_UPSTREAM_METADATA);
    return NX_OK;
}

NX_FALLIBLE nx_oidc_provider_get(struct nx_oidc_provider *out, struct nx_house *house, nx_arena *a,
                                 const struct nx_oidc_row *row)
{
    const char *text, *url = row->metadata_url;
    NX_AUTO_JSON m = NULL;
    if (row->authorization_endpoint && row->token_endpoint && row->jwks_uri)
        return read_metadata(out, house, a, row, NULL);
    if (!url) url = nx_arena_printf(a, "%s" WELL_KNOWN, row->upstream->issuer);
    NX_NEED(url);
    NX_TRY(document(&text, house, a, row->upstream, METADATA, url));
    NX_REQUIRE(nx_ok(nx_json_parse_object(&m, nx_span_str(text))), NX_ERR_UPSTREAM_METADATA);
    const char *issuer = nx_json_str(m, "issuer");
    NX_REQUIRE(issuer && strcmp(issuer, row->upstream->issuer) == 0, NX_ERR_UPSTREAM_METADATA);
    return read_metadata(out, house, a, row, m);
}

/* ---- keys */

static nx_result verify_with(struct nx_jws *out, nx_arena *a, const char *text, const struct nx_jws_rules *rules,
                             nx_span token)
{
    NX_AUTO(nx_jwks) set = NULL;
    NX_REQUIRE(nx_ok(nx_jwks_parse(&set, nx_span_str(text))), NX_ERR_UPSTREAM_METADATA);
    return nx_jws_verify_set(out, a, set, rules, token);
}

static nx_result one_answer(nx_result r)
{
    if (nx_ok(r) || nx_err_fault(r.e) == NX_FAULT_OURS || r.e == NX_ERR_UPSTREAM_METADATA) return r;
    bool form = r.e == NX_ERR_JOSE_FORM || r.e == NX_ERR_LIMIT;
    NX_FAIL(form ? NX_ERR_UPSTREAM_FORM : NX_ERR_UPSTREAM_SIGNATURE);
}

NX_FALLIBLE nx_oidc_provider_verify(struct nx_jws *out, struct nx_house *house, nx_arena *a,
                                    const struct nx_oidc_row *row, const struct nx_oidc_provider *provider,
                                    const char *const *typ, nx_span token)
{
    const char *text;
    const struct nx_jws_rules rules = {.algs = row->algs, .typ = typ, .no_typ = true};
    NX_TRY(document(&text, house, a, row->upstream, KEYS, provider->jwks_uri));
    nx_result r = verify_with(out, a, text, &rules, token);
    if (r.e != NX_ERR_JOSE_KEY || !may_again(row->upstream)) return one_answer(r);
    if (!nx_ok(fetch(&text, house, a, row->upstream, KEYS, provider->jwks_uri))) return one_answer(r);
    return one_answer(verify_with(out, a, text, &rules, token));
}

NX_FALLIBLE nx_oidc_provider_keys(size_t *n, struct nx_house *house, nx_arena *a, const struct nx_oidc_row *row,
                                  const struct nx_oidc_provider *provider)
{
    const char *text;
    NX_AUTO(nx_jwks) set = NULL;
    NX_TRY(document(&text, house, a, row->upstream, KEYS, provider->jwks_uri));
    NX_REQUIRE(nx_ok(nx_jwks_parse(&set, nx_span_str(text))), NX_ERR_UPSTREAM_METADATA);
    *n = nx_jwks_count(set);
    return NX_OK;
}
