/* A list is rebuilt at each question (32 KiB out of the registry or the store) but signed only when it
 * differs from what was signed last, or when half of that token's life is over. */
#include "qr/lists.h"

#include "base/text.h"
#include "crypto/digest.h"
#include "qr/issue.h"
#include "registry/status_index.h"
#include "sessions/status.h"

#include <pthread.h>
#include <stdlib.h>

#define CACHE_MAX 64
#define BITS 2

/* What was signed last for a URI. */
struct entry {
    char *uri;
    char *token;
    uint8_t digest[NX_SHA256_LEN];
    nx_time signed_at;
    nx_time used_at;
    uint64_t keys; /* generation of the keyring: another key signs anew */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry cache[CACHE_MAX];

static void entry_clear(struct entry *e)
{
    free(e->uri);
    free(e->token);
    *e = (struct entry){.uri = NULL};
}

void nx_qr_lists_clear(void)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < CACHE_MAX; i++)
        entry_clear(&cache[i]);
    pthread_mutex_unlock(&lock);
}

static bool fresh(const struct entry *e, const char *uri, const uint8_t digest[NX_SHA256_LEN], uint64_t keys,
                  nx_time now)
{
    return e->uri && strcmp(e->uri, uri) == 0 && memcmp(e->digest, digest, NX_SHA256_LEN) == 0 &&
           e->keys == keys && now >= e->signed_at && now < e->signed_at + NX_QR_LIST_LIFE_S / 2;
}

/* A copy of the kept token, NULL when there is none that still says the truth. */
static char *recall(nx_arena *a, const char *uri, const uint8_t digest[NX_SHA256_LEN], uint64_t keys,
                    nx_time now)
{
    char *token = NULL;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < CACHE_MAX && !token; i++) {
        if (!fresh(&cache[i], uri, digest, keys, now)) continue;
        cache[i].used_at = now;
        token = nx_arena_strdup(a, cache[i].token);
    }
    pthread_mutex_unlock(&lock);
    return token;
}

/* The same list's place, else an empty one, else the one that was used longest ago. */
static struct entry *place_for(const char *uri)
{
    struct entry *best = &cache[0];
    for (size_t i = 0; i < CACHE_MAX; i++) {
        struct entry *e = &cache[i];
        if (e->uri && strcmp(e->uri, uri) == 0) return e;
        if (!e->uri || (best->uri && e->used_at < best->used_at)) best = e;
    }
    return best;
}

static void keep(const char *uri, const uint8_t digest[NX_SHA256_LEN], uint64_t keys, const char *token,
                 nx_time now)
{
    struct entry e = {
        .uri = strdup(uri), .token = strdup(token), .signed_at = now, .used_at = now, .keys = keys};
    memcpy(e.digest, digest, NX_SHA256_LEN);
    if (!e.uri || !e.token) {
        entry_clear(&e); /* not kept: the next question signs again */
        return;
    }
    pthread_mutex_lock(&lock);
    struct entry *at = place_for(uri);
    entry_clear(at);
    *at = e;
    pthread_mutex_unlock(&lock);
}

static nx_result token_of(char **token, nx_arena *a, struct nx_house *house, const char *uri, nx_span bits,
                          nx_time now)
{
    uint8_t digest[NX_SHA256_LEN];
    NX_NEED(uri);
    NX_TRY(nx_sha256(digest, bits));
    uint64_t keys = nx_keyring_generation(house->keyring);
    *token = recall(a, uri, digest, keys, now);
    if (*token) return NX_OK;
    NX_TRY(nx_tsl_token_sign(token, a, house->keyring,
                             &(struct nx_tsl){.uri = uri,
                                              .iat = now,
                                              .exp = now + NX_QR_LIST_LIFE_S,
                                              .ttl = NX_TSL_TTL_S,
                                              .bits = BITS,
                                              .list = bits}));
    keep(uri, digest, keys, *token, now);
    return NX_OK;
}

NX_FALLIBLE nx_qr_card_list(char **token, nx_arena *a, struct nx_house *house, int64_t list, nx_time now)
{
    int64_t count;
    NX_TRY(nx_status_index_lists(house->registry, &count));
    NX_REQUIRE(list >= 0 && list < count, NX_ERR_NOT_FOUND);
    uint8_t *bits = nx_arena_alloc(a, NX_STATUS_LIST_BYTES);
    NX_NEED(bits);
    NX_TRY(nx_status_index_fill(house->registry, list, bits));
    return token_of(token, a, house, nx_qr_list_uri(a, house, list), nx_span_of(bits, NX_STATUS_LIST_BYTES),
                    now);
}

static char *token_list_uri(nx_arena *a, const struct nx_house *house, nx_span generation, int64_t list)
{
    return nx_arena_printf(a, "%s/status/%.*s/%lld", house->issuer, (int)generation.n,
                           (const char *)generation.p, (long long)list);
}

/* Every entry invalid: the store that knew this list is lost, or everything in it has expired. */
static void all_invalid(uint8_t *bits)
{
    memset(bits, 0x55, NX_STATUS_BYTES);
}

NX_FALLIBLE nx_qr_token_list(char **token, nx_arena *a, struct nx_house *house, nx_span generation,
                             int64_t list, nx_time now)
{
    nx_id present;
    enum nx_found found = NX_GONE;
    NX_REQUIRE(nx_id_valid(generation) && list >= 0, NX_ERR_NOT_FOUND);
    uint8_t *bits = nx_arena_alloc(a, NX_STATUS_BYTES);
    NX_NEED(bits);
    NX_TRY(nx_status_generation(house->store, &present));
    if (nx_span_eq_str(generation, present.s)) NX_TRY(nx_status_read(house->store, a, list, bits, &found));
    if (found != NX_FOUND) all_invalid(bits);
    return token_of(token, a, house, token_list_uri(a, house, generation, list),
                    nx_span_of(bits, NX_STATUS_BYTES), now);
}

static nx_result add_uri(json_t *uris, const char *uri)
{
    NX_NEED(uri);
    NX_REQUIRE(json_array_append_new(uris, json_string(uri)) == 0, NX_ERR_MEMORY);
    return NX_OK;
}

NX_FALLIBLE nx_qr_lists(json_t **out, nx_arena *a, struct nx_house *house)
{
    int64_t count, *numbers;
    size_t n;
    nx_id generation;
    NX_AUTO_JSON uris = json_array();
    NX_NEED(uris);
    NX_TRY(nx_status_index_lists(house->registry, &count));
    for (int64_t i = 0; i < count; i++)
        NX_TRY(add_uri(uris, nx_qr_list_uri(a, house, i)));
    NX_TRY(nx_status_generation(house->store, &generation));
    NX_TRY(nx_status_lists(house->store, a, &numbers, &n));
    for (size_t i = 0; i < n; i++)
        NX_TRY(add_uri(uris, token_list_uri(a, house, nx_span_str(generation.s), numbers[i])));
    *out = json_pack("{s:O}", "status_lists", uris);
    NX_NEED(*out);
    return NX_OK;
}
