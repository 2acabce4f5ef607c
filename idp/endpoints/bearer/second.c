#include "endpoints/bearer/second.h"

#include "crypto/random.h"

#include <oauth2/cfg.h>
#include <oauth2/mem.h>
#include <oauth2/oauth2.h>
#include <pthread.h>
#include <stdio.h>

/* A cache of one entry that is never written (expiry=0): without a name of its own the verifier would make
 * one of a thousand entries and walk through it each time. */
#define CACHE "name=none&max_entries=1&max_val_size=256"
#define OPTIONS "verify.cache=none&expiry=0&verify.exp=required&verify.iat=required"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* the library's settings are lists without locks */
static oauth2_log_t *silence;
static oauth2_cfg_token_verify_t *verifier;
static char verifier_kid[NX_KEY_ID_LEN + 1]; /* the key that the verifier holds */

static void drop_line(oauth2_log_sink_t *sink, const char *file, unsigned long line, const char *function,
                      oauth2_log_level_t level, const char *message)
{
    (void)sink, (void)file, (void)line, (void)function, (void)level, (void)message;
}

/* The library's messages about settings are the caller's to free. */
static nx_result settled(char *complaint)
{
    if (complaint) oauth2_mem_free(complaint);
    NX_REQUIRE(!complaint, NX_ERR_INTERNAL);
    return NX_OK;
}

static nx_result settle(void)
{
    uint8_t random[16];
    char passphrase[33];
    NX_TRY(nx_random(random, sizeof random));
    nx_hex_encode(passphrase, nx_span_of(random, sizeof random));
    NX_REQUIRE(!oauth2_crypto_passphrase_set(silence, NULL, passphrase), NX_ERR_INTERNAL);
    return settled(oauth2_cfg_set_cache(silence, NULL, "shm", CACHE));
}

NX_FALLIBLE nx_second_start(void)
{
    oauth2_log_sink_t *sink = oauth2_log_sink_create(OAUTH2_LOG_ERROR, drop_line, NULL);
    silence = sink ? oauth2_init(OAUTH2_LOG_ERROR, sink) : NULL;
    NX_REQUIRE(silence, NX_ERR_MEMORY);
    nx_result r = settle();
    if (!nx_ok(r)) nx_second_stop();
    return r;
}

void nx_second_stop(void)
{
    if (!silence) return;
    if (verifier) oauth2_cfg_token_verify_free(silence, verifier);
    verifier = NULL;
    verifier_kid[0] = 0;
    oauth2_shutdown(silence);
    silence = NULL;
}

/* The verifier for this key; keys change once in months. */
static nx_result use_key(const nx_signing_key *key, nx_arena *a)
{
    if (strcmp(verifier_kid, nx_signing_key_kid(key)) == 0) return NX_OK;
    NX_AUTO_JSON jwk = nx_jwk_public(nx_signing_key_jwk(key));
    const char *text = jwk ? nx_json_dump(a, jwk) : NULL;
    NX_NEED(text);
    if (verifier) oauth2_cfg_token_verify_free(silence, verifier);
    verifier = NULL;
    verifier_kid[0] = 0;
    NX_TRY(settled(oauth2_cfg_token_verify_add_options(silence, &verifier, "jwk", text, OPTIONS)));
    (void)snprintf(verifier_kid, sizeof verifier_kid, "%s", nx_signing_key_kid(key));
    return NX_OK;
}

static nx_result verify(const nx_signing_key *key, nx_arena *a, const char *token)
{
    NX_REQUIRE(silence, NX_ERR_INTERNAL);
    NX_TRY(use_key(key, a));
    NX_AUTO_JSON claims = NULL;
    NX_REQUIRE(oauth2_token_verify(silence, NULL, verifier, token, &claims), NX_ERR_TOKEN_INVALID);
    return NX_OK;
}

NX_FALLIBLE nx_second_verify(const nx_signing_key *key, nx_arena *a, const char *token)
{
    (void)pthread_mutex_lock(&lock);
    nx_result r = verify(key, a, token);
    (void)pthread_mutex_unlock(&lock);
    return r;
}
