/* The PHC string is "$argon2id$v=19$m=19456,t=2,p=1$salt$hash". Its costs are read before libsodium sees it,
 * so that a damaged row cannot ask for gigabytes or hours.
 *
 * Somebody who does not exist is verified against a hash of nothing made at the given cost: the same work,
 * and it fails whatever was typed. It is hashed and not verified, since hashing needs no stored dummy to stay
 * in step with the cost. */
#include "crypto/password.h"

#include "crypto/digest.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define PASSES_MAX 10
#define MEMORY_KIB_MIN 8
#define MEMORY_KIB_MAX 1048576

_Static_assert(NX_PHC_MAX >= crypto_pwhash_argon2id_STRBYTES, "room for a PHC string");

static bool sodium_ready;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Turns at hashing, in no order. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    unsigned running, most;
} turns = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, UINT_MAX};

void nx_password_at_once(unsigned most)
{
    (void)pthread_mutex_lock(&turns.lock);
    turns.most = most ? most : UINT_MAX;
    (void)pthread_cond_broadcast(&turns.freed);
    (void)pthread_mutex_unlock(&turns.lock);
}

static void turn_begin(void)
{
    (void)pthread_mutex_lock(&turns.lock);
    while (turns.running >= turns.most)
        (void)pthread_cond_wait(&turns.freed, &turns.lock);
    turns.running++;
    (void)pthread_mutex_unlock(&turns.lock);
}

static void turn_end(void)
{
    (void)pthread_mutex_lock(&turns.lock);
    turns.running--;
    (void)pthread_cond_signal(&turns.freed);
    (void)pthread_mutex_unlock(&turns.lock);
}

static void start(void)
{
    sodium_ready = sodium_init() >= 0;
}

static nx_result ready(const struct nx_password_cost *cost)
{
    (void)pthread_once(&once, start);
    NX_REQUIRE(sodium_ready, NX_ERR_CRYPTO);
    NX_REQUIRE(cost->passes >= 1 && cost->passes <= PASSES_MAX, NX_ERR_RANGE);
    NX_REQUIRE(cost->memory_kib >= MEMORY_KIB_MIN && cost->memory_kib <= MEMORY_KIB_MAX, NX_ERR_RANGE);
    return NX_OK;
}

/* What Argon2id hashes: the password, or its MAC under the pepper. */
static nx_result material(nx_secret *out, const nx_secret *password, nx_span pepper)
{
    if (pepper.n == 0) return nx_secret_set(out, nx_secret_expose(password));
    out->n = NX_SHA256_LEN;
    return nx_hmac_sha256(out->bytes, pepper, nx_secret_expose(password));
}

static bool read_cost(struct nx_password_cost *out, const char *phc)
{
    unsigned m = 0, t = 0;
    int end = 0;
    if (strnlen(phc, NX_PHC_MAX) >= NX_PHC_MAX) return false;
    if (sscanf(phc, "$argon2id$v=19$m=%7u,t=%2u,p=1$%n", &m, &t, &end) != 2 || end == 0) return false;
    *out = (struct nx_password_cost){.passes = t, .memory_kib = m};
    return true;
}

NX_FALLIBLE nx_password_hash(nx_phc *out, const struct nx_password_cost *cost, const nx_secret *password,
                             nx_span pepper)
{
    NX_TRY(ready(cost));
    NX_AUTO_SECRET(text);
    NX_TRY(material(&text, password, pepper));
    turn_begin();
    int failed = crypto_pwhash_argon2id_str(out->s, (const char *)text.bytes, text.n, cost->passes,
                                            (size_t)cost->memory_kib * 1024);
    turn_end();
    NX_REQUIRE(!failed, NX_ERR_MEMORY);
    return NX_OK;
}

static nx_result verify_nobody(const struct nx_password_cost *cost, const nx_secret *password, nx_span pepper)
{
    nx_phc ignored;
    NX_TRY(nx_password_hash(&ignored, cost, password, pepper));
    NX_FAIL(NX_ERR_PASSWORD);
}

NX_FALLIBLE nx_password_verify(const char *phc, const struct nx_password_cost *cost,
                               const nx_secret *password, nx_span pepper)
{
    if (!phc) return verify_nobody(cost, password, pepper);
    struct nx_password_cost stored;
    NX_REQUIRE(read_cost(&stored, phc) && nx_ok(ready(&stored)), NX_ERR_PASSWORD_HASH);
    NX_AUTO_SECRET(text);
    NX_TRY(material(&text, password, pepper));
    /* The library says -1 for everything; only EINVAL means "another password". Running out of memory must
     * not count as somebody's failed attempt. */
    turn_begin();
    errno = 0;
    bool right = crypto_pwhash_argon2id_str_verify(phc, (const char *)text.bytes, text.n) == 0;
    int why = errno;
    turn_end();
    if (right) return NX_OK;
    NX_REQUIRE(why != ENOMEM, NX_ERR_MEMORY);
    NX_REQUIRE(why == EINVAL, NX_ERR_PASSWORD_HASH);
    NX_FAIL(NX_ERR_PASSWORD);
}

bool nx_password_stale(const char *phc, const struct nx_password_cost *cost)
{
    struct nx_password_cost stored;
    return !read_cost(&stored, phc) || stored.passes != cost->passes || stored.memory_kib != cost->memory_kib;
}
