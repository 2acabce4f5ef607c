/* A table of tokens whose signature was verified, by digest. An entry holds what the record is found with, so
 * that a portal which introspects on every request costs a digest and a round trip. Whether the token lives
 * is never remembered. A change of the key ring empties the table: a key that was rolled away verifies
 * nothing any more. */
#include "oidc/access.h"

#include "crypto/digest.h"
#include "crypto/jws.h"
#include "house/house.h"
#include "registry/client.h"

#include <pthread.h>

#define SLOTS 4096
#define AUDIENCE_MAX 256

struct seen {
    uint8_t digest[NX_SHA256_LEN];
    uint64_t generation; /* of the key ring; 0: empty */
    nx_time expires;
    char client_id[NX_CLIENT_ID_MAX + 1];
    char jti[NX_HANDLE_LEN + 1];
    char audience[AUDIENCE_MAX];
};
static struct seen table[SLOTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct seen *slot_of(const uint8_t digest[NX_SHA256_LEN])
{
    return &table[((unsigned)digest[0] << 8 | digest[1]) % SLOTS];
}

static bool look_up(struct seen *out, const uint8_t digest[NX_SHA256_LEN], uint64_t generation)
{
    pthread_mutex_lock(&lock);
    *out = *slot_of(digest);
    pthread_mutex_unlock(&lock);
    return out->generation == generation && memcmp(out->digest, digest, NX_SHA256_LEN) == 0;
}

static void remember(const struct seen *s)
{
    pthread_mutex_lock(&lock);
    *slot_of(s->digest) = *s;
    pthread_mutex_unlock(&lock);
}

static bool copy_text(char *out, size_t room, const char *value)
{
    size_t n = value ? strlen(value) : room;
    if (n >= room) return false;
    memcpy(out, value, n + 1);
    return true;
}

static NX_FALLIBLE read_claims(struct seen *s, struct nx_house *house, nx_span payload)
{
    NX_AUTO_JSON claims = NULL;
    NX_REQUIRE(nx_ok(nx_json_parse_object(&claims, payload)), NX_ERR_TOKEN_INVALID);
    const char *iss = nx_json_str(claims, "iss");
    NX_REQUIRE(iss && strcmp(iss, house->issuer) == 0, NX_ERR_TOKEN_INVALID);
    NX_REQUIRE(copy_text(s->client_id, sizeof s->client_id, nx_json_str(claims, "client_id")),
               NX_ERR_TOKEN_INVALID);
    NX_REQUIRE(copy_text(s->jti, sizeof s->jti, nx_json_str(claims, "jti")), NX_ERR_TOKEN_INVALID);
    NX_REQUIRE(copy_text(s->audience, sizeof s->audience, nx_json_str(claims, "aud")), NX_ERR_TOKEN_INVALID);
    s->expires = nx_json_int(claims, "exp", 0);
    return NX_OK;
}

static NX_FALLIBLE verify(struct seen *s, struct nx_house *house, nx_arena *a, nx_span text)
{
    struct nx_jws token;
    nx_result r = nx_jws_verify_own(&token, a, house->keyring, NX_USE_BIT(NX_USE_TOKEN), "at+jwt", text);
    NX_REQUIRE(r.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    NX_REQUIRE(nx_ok(r), NX_ERR_TOKEN_INVALID);
    NX_TRY(read_claims(s, house, token.payload));
    remember(s);
    return NX_OK;
}

NX_FALLIBLE nx_access_read(struct nx_access *out, struct nx_house *house, nx_arena *a, nx_span text)
{
    uint8_t digest[NX_SHA256_LEN];
    uint64_t generation = nx_keyring_generation(house->keyring) + 1;
    struct seen s;
    NX_REQUIRE(text.n > 0 && text.n <= NX_JWS_MAX, NX_ERR_TOKEN_INVALID);
    NX_TRY(nx_sha256(digest, text));
    if (!look_up(&s, digest, generation)) {
        s = (struct seen){.generation = generation};
        memcpy(s.digest, digest, sizeof digest);
        NX_TRY(verify(&s, house, a, text));
    }
    NX_REQUIRE(s.expires > nx_now(), NX_ERR_TOKEN_INVALID);
    *out = (struct nx_access){.client_id = nx_arena_strdup(a, s.client_id),
                              .audience = nx_arena_strdup(a, s.audience)};
    NX_NEED(out->client_id);
    NX_NEED(out->audience);
    return nx_token_find(house->store, a, out->client_id, nx_span_str(s.jti), &out->token, &out->found);
}
