/* Changing: making, rotating, rolling and dropping keys. One thread at a time holds `turn`; the registry's
 * rule (one active and one next key per use) decides between nodes, and who loses reads what the winner
 * wrote. */
#include "crypto/keyring_ring.h"

#include "crypto/key_backend.h"

#define ROWS_ARENA ((size_t)NX_KEYS_MAX * (NX_KEY_SEALED_MAX + sizeof(struct nx_key_row)) + (64u << 10))

static inline void unlock_auto(pthread_mutex_t **m)
{
    (void)pthread_mutex_unlock(*m);
}
/* Holds the mutex until the end of the block. */
#define HOLD(m)                                                                                              \
    __attribute__((cleanup(unlock_auto), unused)) pthread_mutex_t *nx_held_ = (m);                           \
    (void)pthread_mutex_lock(m)

static inline void pkey_auto(EVP_PKEY **k)
{
    EVP_PKEY_free(*k);
}
#define AUTO_PKEY __attribute__((cleanup(pkey_auto))) EVP_PKEY *

NX_FALLIBLE nx_keyring_reload(nx_keyring *r)
{
    NX_AUTO(nx_arena) a = nx_arena_open(ROWS_ARENA);
    NX_NEED(a);
    struct nx_key_row *rows;
    size_t count;
    NX_TRY(r->store.list(r->store.ctx, a, &rows, &count));
    NX_AUTO(nx_key_snapshot) fresh = NULL;
    NX_TRY(nx_key_snapshot_build(&fresh, r->now, r->master, rows, count));
    if (nx_key_snapshot_equal(fresh, r->now)) return NX_OK;
    nx_key_snapshot *old = r->now;
    (void)pthread_mutex_lock(&r->lock);
    r->now = NX_STEAL(fresh);
    r->generation++;
    (void)pthread_mutex_unlock(&r->lock);
    nx_key_snapshot_close(old);
    return NX_OK;
}

static nx_result make_row(struct nx_key_row *row, nx_arena *a, const nx_keyring *r, nx_key_use use,
                          nx_key_state state)
{
    *row = (struct nx_key_row){.use = use, .alg = nx_key_use_alg(use), .state = state, .published = nx_now()};
    AUTO_PKEY key = NULL;
    return nx_key_sealed.make(&key, row, a, r->master);
}

/* Saves and takes over what stands then; a lost race is no error, somebody else did the same. */
static nx_result save_or_follow(nx_keyring *r, const struct nx_key_row *rows, size_t count)
{
    nx_result saved = r->store.save(r->store.ctx, rows, count);
    if (!nx_ok(saved) && saved.e != NX_ERR_CONFLICT) return saved;
    return nx_keyring_reload(r);
}

NX_FALLIBLE nx_keyring_make(nx_keyring *r, nx_key_use use, nx_key_state state)
{
    if (nx_key_snapshot_state(r->now, use, state)) return NX_OK;
    NX_AUTO(nx_arena) a = nx_arena_open(4 * NX_KEY_SEALED_MAX);
    NX_NEED(a);
    struct nx_key_row row;
    NX_TRY(make_row(&row, a, r, use, state));
    NX_TRY(save_or_follow(r, &row, 1));
    NX_REQUIRE(nx_key_snapshot_state(r->now, use, state), NX_ERR_INTERNAL);
    return NX_OK;
}

NX_FALLIBLE nx_keyring_make_late(nx_keyring *r, nx_key_use use)
{
    HOLD(&r->turn);
    return nx_keyring_make(r, use, NX_KEY_ACTIVE);
}

static nx_result make_one(nx_keyring *r)
{
    for (int use = 0; use < NX_USE_COUNT; use++)
        if (!nx_key_snapshot_state(r->now, (nx_key_use)use, NX_KEY_ACTIVE))
            return nx_keyring_make(r, (nx_key_use)use, NX_KEY_ACTIVE);
    for (int use = 0; use < NX_USE_COUNT; use++)
        if (!nx_key_snapshot_state(r->now, (nx_key_use)use, NX_KEY_NEXT))
            return nx_keyring_make(r, (nx_key_use)use, NX_KEY_NEXT);
    return NX_OK;
}

static nx_result drop_one(nx_keyring *r)
{
    nx_time now = nx_now();
    for (size_t i = 0; i < r->now->count; i++) {
        if (nx_key_entry_published(&r->now->entry[i], now)) continue;
        NX_TRY(r->store.drop(r->store.ctx, r->now->entry[i].row.kid));
        return nx_keyring_reload(r);
    }
    return NX_OK;
}

static struct nx_key_row retired(const struct nx_key_entry *e, nx_time until)
{
    struct nx_key_row row = e->row;
    row.state = NX_KEY_RETIRED;
    row.retire_after = until;
    return row;
}

static nx_time retires(const nx_keyring *r, nx_key_use use, nx_time now)
{
    int32_t own = nx_key_use_retire_s(use), told = r->terms.retire_s[use];
    return now + (told > own ? told : own);
}

/* The next key, when it has been published long enough for peers to know it. */
static const struct nx_key_entry *ripe(const nx_keyring *r, nx_key_use use, nx_time now)
{
    const struct nx_key_entry *next = nx_key_snapshot_state(r->now, use, NX_KEY_NEXT);
    return next && now - next->row.published >= r->terms.publish_s ? next : NULL;
}

static nx_result turn_over(nx_keyring *r, nx_key_use use)
{
    nx_time now = nx_now();
    const struct nx_key_entry *next = ripe(r, use, now);
    const struct nx_key_entry *active = nx_key_snapshot_state(r->now, use, NX_KEY_ACTIVE);
    NX_REQUIRE(next, NX_ERR_KEY_TOO_NEW);
    struct nx_key_row rows[2] = {next->row};
    rows[0].state = NX_KEY_ACTIVE;
    if (active) rows[1] = retired(active, retires(r, use, now));
    NX_TRY(r->store.save(r->store.ctx, rows, active ? 2 : 1));
    return nx_keyring_reload(r);
}

/* A key was published for publish_s before it signed for rotate_s. A node that was slower than another is
 * content: the key was rotated. */
static nx_result turn_one_due(nx_keyring *r)
{
    nx_time now = nx_now();
    for (int use = 0; r->terms.rotate_s > 0 && use < NX_USE_COUNT; use++) {
        const struct nx_key_entry *active = nx_key_snapshot_state(r->now, (nx_key_use)use, NX_KEY_ACTIVE);
        int64_t signs_until =
            active ? active->row.published + r->terms.publish_s + (int64_t)r->terms.rotate_s : 0;
        if (!active || now < signs_until || !ripe(r, (nx_key_use)use, now)) continue;
        nx_result turned = turn_over(r, (nx_key_use)use);
        return turned.e == NX_ERR_CONFLICT ? NX_OK : turned;
    }
    return NX_OK;
}

NX_FALLIBLE nx_keyring_tend(nx_keyring *r)
{
    HOLD(&r->turn);
    NX_TRY(nx_keyring_reload(r));
    NX_TRY(drop_one(r));
    NX_TRY(turn_one_due(r));
    return make_one(r);
}

NX_FALLIBLE nx_keyring_rotate(nx_keyring *r, nx_key_use use)
{
    HOLD(&r->turn);
    NX_TRY(nx_keyring_reload(r));
    return turn_over(r, use);
}

NX_FALLIBLE nx_keyring_roll(nx_keyring *r, nx_key_use use)
{
    HOLD(&r->turn);
    NX_TRY(nx_keyring_reload(r));
    NX_AUTO(nx_arena) a = nx_arena_open(ROWS_ARENA);
    NX_NEED(a);
    struct nx_key_row *rows = nx_arena_new(a, struct nx_key_row, NX_KEYS_MAX + 1);
    NX_NEED(rows);
    nx_time now = nx_now();
    size_t count = 0;
    NX_TRY(make_row(&rows[count++], a, r, use, NX_KEY_ACTIVE));
    for (size_t i = 0; i < r->now->count; i++)
        if (r->now->entry[i].row.use == use) rows[count++] = retired(&r->now->entry[i], now);
    NX_TRY(r->store.save(r->store.ctx, rows, count));
    return nx_keyring_reload(r);
}
