#include "oidc/client_keys.h"

#include "egress/egress.h"
#include "house/house.h"

#include <pthread.h>
#include <stdlib.h>

#define SLOTS 512
#define KEEP_S 300
#define AGAIN_MS 2000 /* between two fetches for an unknown kid */

/* A slot is found by a hash of the URI; a newcomer takes it over. Text and not parsed keys, since it is
 * shared between threads and a set is parsed faster than it is counted. */
static struct slot {
    char *uri;
    char *text;
    int64_t fetched_ms; /* monotonic */
} slots[SLOTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct slot *slot_of(const char *uri)
{
    uint32_t h = 2166136261u;
    for (const char *p = uri; *p; p++)
        h = (h ^ (uint8_t)*p) * 16777619u;
    return &slots[h % SLOTS];
}

/* The kept text in the arena, or NULL; *age_ms is how old it is. */
static char *kept(nx_arena *a, const char *uri, int64_t *age_ms)
{
    char *text = NULL;
    *age_ms = INT64_MAX;
    pthread_mutex_lock(&lock);
    struct slot *s = slot_of(uri);
    if (s->uri && strcmp(s->uri, uri) == 0) {
        text = nx_arena_strdup(a, s->text);
        *age_ms = nx_mono_ms() - s->fetched_ms;
    }
    pthread_mutex_unlock(&lock);
    return text;
}

static void keep(const char *uri, nx_span text)
{
    char *u = strdup(uri), *t = strndup((const char *)text.p, text.n);
    pthread_mutex_lock(&lock);
    struct slot *s = slot_of(uri);
    if (u && t) {
        free(s->uri);
        free(s->text);
        *s = (struct slot){u, t, nx_mono_ms()};
        u = t = NULL;
    }
    pthread_mutex_unlock(&lock);
    free(u);
    free(t);
}

static NX_FALLIBLE fetch(char **out, struct nx_house *house, nx_arena *a, const char *uri)
{
    NX_REQUIRE(house->egress, NX_ERR_CLIENT_AUTH);
    struct nx_egress_reply reply;
    struct nx_egress_request rq = {.purpose = NX_PURPOSE_CLIENT_JWKS, .url = uri};
    NX_REQUIRE(nx_ok(nx_egress_call(&reply, a, house->egress, &rq)), NX_ERR_CLIENT_AUTH);
    NX_REQUIRE(reply.status == 200 && !memchr(reply.body.p, 0, reply.body.n), NX_ERR_CLIENT_AUTH);
    *out = nx_arena_dup(a, reply.body);
    NX_NEED(*out);
    keep(uri, reply.body);
    return NX_OK;
}

static NX_FALLIBLE verify_with(struct nx_jws *out, nx_arena *a, const char *jwks,
                               const struct nx_jws_rules *rules, nx_span token)
{
    NX_AUTO(nx_jwks) set = NULL;
    NX_TRY(nx_jwks_parse(&set, nx_span_str(jwks)));
    return nx_jws_verify_set(out, a, set, rules, token);
}

static NX_FALLIBLE one_answer(nx_result r)
{
    NX_REQUIRE(r.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    NX_REQUIRE(nx_ok(r), NX_ERR_CLIENT_AUTH);
    return NX_OK;
}

NX_FALLIBLE nx_client_keys_verify(struct nx_jws *out, struct nx_house *house, nx_arena *a, const nx_client *c,
                                  const struct nx_jws_rules *rules, nx_span token, bool may_call)
{
    if (c->jwks) return one_answer(verify_with(out, a, c->jwks, rules, token));
    NX_REQUIRE(c->jwks_uri, NX_ERR_CLIENT_AUTH);
    int64_t age;
    char *text = kept(a, c->jwks_uri, &age);
    if (text && age < KEEP_S * 1000) {
        nx_result r = verify_with(out, a, text, rules, token);
        if (r.e != NX_ERR_JOSE_KEY || age < AGAIN_MS) return one_answer(r);
    }
    NX_REQUIRE(may_call, NX_ERR_CLIENT_KEYS);
    NX_TRY(fetch(&text, house, a, c->jwks_uri));
    return one_answer(verify_with(out, a, text, rules, token));
}
