#include "crypto/verified.h"

#include "base/secret.h"

static size_t slot_of(const uint8_t digest[NX_SHA256_LEN])
{
    return ((size_t)digest[0] << 8 | digest[1]) % NX_VERIFIED_SLOTS;
}

void nx_verified_init(struct nx_verified *v)
{
    for (size_t i = 0; i < NX_VERIFIED_LOCKS; i++)
        (void)pthread_mutex_init(&v->lock[i], NULL);
}

void nx_verified_end(struct nx_verified *v)
{
    for (size_t i = 0; i < NX_VERIFIED_LOCKS; i++)
        (void)pthread_mutex_destroy(&v->lock[i]);
}

bool nx_verified_has(struct nx_verified *v, const uint8_t digest[NX_SHA256_LEN])
{
    size_t slot = slot_of(digest);
    pthread_mutex_t *lock = &v->lock[slot % NX_VERIFIED_LOCKS];
    (void)pthread_mutex_lock(lock);
    bool has = nx_ct_equal_n(v->digest[slot], digest, NX_SHA256_LEN);
    (void)pthread_mutex_unlock(lock);
    return has;
}

void nx_verified_add(struct nx_verified *v, const uint8_t digest[NX_SHA256_LEN])
{
    size_t slot = slot_of(digest);
    pthread_mutex_t *lock = &v->lock[slot % NX_VERIFIED_LOCKS];
    (void)pthread_mutex_lock(lock);
    memcpy(v->digest[slot], digest, NX_SHA256_LEN);
    (void)pthread_mutex_unlock(lock);
}
