#include "nixad.h"

#include "base/log.h"
#include "house/chain.h"
#include "house/house.h"
#include "revoke/revoke.h"
#include "saml/federation.h"
#include "sessions/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define TICK_MS 1000
#define SLICE_MS 50
#define KEYS_EVERY 5 /* ticks */

struct nx_keeper {
    struct nx_house *house;
    pthread_t thread;
    pthread_t fetcher;
    _Atomic bool stopping;
    unsigned ticks;
    nx_err last[4]; /* of each duty, so that a lasting fault is one line and not one a second */
};

static void duty(struct nx_keeper *k, unsigned i, const char *event, nx_result r)
{
    if (r.e != k->last[i] && !nx_ok(r)) nx_log_error(event, r);
    if (r.e != k->last[i] && nx_ok(r)) nx_log(NX_INFO, "recovered", NX_TEXT("from", event));
    k->last[i] = r.e;
}

static void tick(struct nx_keeper *k)
{
    nx_result ping = nx_store_ping(k->house->store);
    duty(k, 0, "store_away", ping);
    if (nx_ok(ping)) {
        duty(k, 1, "revocations_wait", nx_revoke_tick(k->house));
        duty(k, 2, "audit_waits", nx_house_chain(k->house));
    }
    if (k->ticks++ % KEYS_EVERY == 0) duty(k, 3, "keys_not_tended", nx_keyring_tend(k->house->keyring));
}

static void rest(struct nx_keeper *k)
{
    for (int ms = 0; ms < TICK_MS && !atomic_load(&k->stopping); ms += SLICE_MS)
        nanosleep(&(struct timespec){.tv_nsec = SLICE_MS * 1000000L}, NULL);
}

static void *run(void *arg)
{
    struct nx_keeper *k = arg;
    pthread_setname_np(pthread_self(), "nx-keeper");
    while (!atomic_load(&k->stopping)) {
        tick(k);
        rest(k);
    }
    return NULL;
}

/* Metadata is fetched beside the other duties: a slow host must not hold a revocation up. */
static void *fetch(void *arg)
{
    struct nx_keeper *k = arg;
    nx_err last = NX_ERR_NONE;
    pthread_setname_np(pthread_self(), "nx-metadata");
    while (!atomic_load(&k->stopping)) {
        bool more = false;
        nx_result r = k->house->egress ? nx_saml_refresh(k->house, &more) : NX_OK;
        if (!nx_ok(r) && r.e != last) nx_log_error("metadata_not_fetched", r);
        last = r.e;
        if (!more) rest(k);
    }
    return NULL;
}

nx_result nx_keeper_open(struct nx_keeper **out, struct nx_house *house)
{
    struct nx_keeper *k = calloc(1, sizeof *k);
    NX_NEED(k);
    k->house = house;
    if (pthread_create(&k->thread, NULL, run, k) != 0) {
        free(k);
        NX_FAIL(NX_ERR_MEMORY);
    }
    if (pthread_create(&k->fetcher, NULL, fetch, k) != 0) {
        atomic_store(&k->stopping, true);
        pthread_join(k->thread, NULL);
        free(k);
        NX_FAIL(NX_ERR_MEMORY);
    }
    *out = k;
    return NX_OK;
}

void nx_keeper_close(struct nx_keeper *k)
{
    if (!k) return;
    atomic_store(&k->stopping, true);
    pthread_join(k->thread, NULL);
    pthread_join(k->fetcher, NULL);
    free(k);
}
