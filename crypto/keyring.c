/* Reading: under the lock a pointer is followed and a count raised, nothing else; signing happens outside. */
#include "crypto/keyring_ring.h"

#include <stdlib.h>

NX_FALLIBLE nx_keyring_open(nx_keyring **out, const nx_master *m, const struct nx_key_store *store,
                            const struct nx_keyring_terms *terms)
{
    NX_AUTO(nx_keyring) r = calloc(1, sizeof *r);
    NX_NEED(r);
    r->master = m;
    r->store = *store;
    r->terms = *terms;
    (void)pthread_mutex_init(&r->turn, NULL);
    (void)pthread_mutex_init(&r->lock, NULL);
    nx_verified_init(&r->verified);
    NX_TRY(nx_keyring_reload(r));
    for (int use = 0; use < NX_USE_COUNT; use++)
        if (!nx_key_use_late((nx_key_use)use)) NX_TRY(nx_keyring_make(r, (nx_key_use)use, NX_KEY_ACTIVE));
    *out = NX_STEAL(r);
    return NX_OK;
}

void nx_keyring_close(nx_keyring *r)
{
    if (!r) return;
    nx_key_snapshot_close(r->now);
    (void)pthread_mutex_destroy(&r->turn);
    (void)pthread_mutex_destroy(&r->lock);
    nx_verified_end(&r->verified);
    free(r);
}

static nx_signing_key *hold_active(nx_keyring *r, nx_key_use use)
{
    (void)pthread_mutex_lock(&r->lock);
    const struct nx_key_entry *e = nx_key_snapshot_state(r->now, use, NX_KEY_ACTIVE);
    nx_signing_key *k = e ? nx_signing_key_hold(e->key) : NULL;
    (void)pthread_mutex_unlock(&r->lock);
    return k;
}

NX_FALLIBLE nx_keyring_active(nx_signing_key **out, nx_keyring *r, nx_key_use use)
{
    nx_signing_key *k = hold_active(r, use);
    if (!k) {
        NX_TRY(nx_keyring_make_late(r, use));
        k = hold_active(r, use);
    }
    NX_REQUIRE(k, NX_ERR_KEY_ROW);
    *out = k;
    return NX_OK;
}

static void hold_state(nx_signing_key *out[NX_KEYS_OF_USE_MAX], size_t *n, const nx_key_snapshot *s, nx_key_use use,
                       nx_key_state state, nx_time now)
{
    for (size_t i = s->count; i-- > 0 && *n < NX_KEYS_OF_USE_MAX;) {
        const struct nx_key_entry *e = &s->entry[i];
        if (e->row.use == use && e->row.state == state && nx_key_entry_published(e, now))
            out[(*n)++] = nx_signing_key_hold(e->key);
    }
}

NX_FALLIBLE nx_keyring_keys(nx_signing_key *out[NX_KEYS_OF_USE_MAX], size_t *n, nx_keyring *r, nx_key_use use)
{
    NX_AUTO(nx_signing_key) active = NULL;
    NX_TRY(nx_keyring_active(&active, r, use));
    nx_time now = nx_now();
    *n = 0;
    (void)pthread_mutex_lock(&r->lock);
    hold_state(out, n, r->now, use, NX_KEY_ACTIVE, now);
    hold_state(out, n, r->now, use, NX_KEY_NEXT, now);
    hold_state(out, n, r->now, use, NX_KEY_RETIRED, now);
    (void)pthread_mutex_unlock(&r->lock);
    return NX_OK;
}

NX_FALLIBLE nx_keyring_find(nx_signing_key **out, nx_keyring *r, uint32_t uses, nx_span kid)
{
    nx_time now = nx_now();
    (void)pthread_mutex_lock(&r->lock);
    const struct nx_key_entry *e = nx_key_snapshot_kid(r->now, kid);
    bool good = e && (uses & NX_USE_BIT(e->row.use)) && !nx_key_use_opens(e->row.use) && nx_key_entry_published(e, now);
    nx_signing_key *k = good ? nx_signing_key_hold(e->key) : NULL;
    (void)pthread_mutex_unlock(&r->lock);
    NX_REQUIRE(k, NX_ERR_JOSE_KEY);
    *out = k;
    return NX_OK;
}

uint64_t nx_keyring_generation(nx_keyring *r)
{
    (void)pthread_mutex_lock(&r->lock);
    uint64_t generation = r->generation;
    (void)pthread_mutex_unlock(&r->lock);
    return generation;
}

static nx_result add_public(json_t *keys, const nx_key_snapshot *s, uint32_t uses, nx_time now)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct nx_key_entry *e = &s->entry[i];
        if (!(uses & NX_USE_BIT(e->row.use)) || !nx_key_entry_published(e, now)) continue;
        if (nx_key_use_opens(e->row.use)) continue;
        NX_REQUIRE(json_array_append_new(keys, nx_jwk_public(e->key->jwk)) == 0, NX_ERR_MEMORY);
    }
    return NX_OK;
}

NX_FALLIBLE nx_keyring_jwks(char **out, nx_arena *a, nx_keyring *r, uint32_t uses)
{
    NX_AUTO_JSON set = json_pack("{s[]}", "keys");
    NX_NEED(set);
    nx_time now = nx_now();
    (void)pthread_mutex_lock(&r->lock);
    nx_result added = add_public(json_object_get(set, "keys"), r->now, uses, now);
    (void)pthread_mutex_unlock(&r->lock);
    NX_TRY(added);
    *out = nx_json_dump(a, set);
    NX_NEED(*out);
    return NX_OK;
}

NX_FALLIBLE nx_keyring_list(struct nx_key_row **rows, size_t *count, nx_arena *a, nx_keyring *r)
{
    *rows = nx_arena_new(a, struct nx_key_row, NX_KEYS_MAX);
    NX_NEED(*rows);
    (void)pthread_mutex_lock(&r->lock);
    *count = r->now->count;
    for (size_t i = 0; i < r->now->count; i++)
        (*rows)[i] = r->now->entry[i].row;
    (void)pthread_mutex_unlock(&r->lock);
    return NX_OK;
}
