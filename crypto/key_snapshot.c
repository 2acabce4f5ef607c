#include "crypto/key_snapshot.h"

#include "crypto/key_backend.h"

#include <stdlib.h>

void nx_key_snapshot_close(nx_key_snapshot *s)
{
    if (!s) return;
    for (size_t i = 0; i < s->count; i++)
        nx_signing_key_release(s->entry[i].key);
    free(s);
}

const struct nx_key_entry *nx_key_snapshot_kid(const nx_key_snapshot *s, nx_span kid)
{
    for (size_t i = 0; s && i < s->count; i++)
        if (nx_span_eq_str(kid, s->entry[i].row.kid)) return &s->entry[i];
    return NULL;
}

const struct nx_key_entry *nx_key_snapshot_state(const nx_key_snapshot *s, nx_key_use use, nx_key_state state)
{
    for (size_t i = 0; s && i < s->count; i++)
        if (s->entry[i].row.use == use && s->entry[i].row.state == state) return &s->entry[i];
    return NULL;
}

static nx_result open_row(nx_signing_key **out, const struct nx_key_row *row, const nx_master *m)
{
    NX_REQUIRE((unsigned)row->use < NX_USE_COUNT && row->alg == nx_key_use_alg(row->use), NX_ERR_KEY_ROW);
    EVP_PKEY *pair = NULL;
    char *certificate = NULL;
    NX_TRY(nx_key_sealed.load(&pair, &certificate, row, m));
    return nx_signing_key_make(out, row, pair, certificate);
}

NX_FALLIBLE nx_key_snapshot_build(nx_key_snapshot **out, const nx_key_snapshot *old, const nx_master *m,
                                  const struct nx_key_row *rows, size_t count)
{
    NX_REQUIRE(count <= NX_KEYS_MAX, NX_ERR_LIMIT);
    NX_AUTO(nx_key_snapshot) s = calloc(1, sizeof *s);
    NX_NEED(s);
    for (size_t i = 0; i < count; i++) {
        const struct nx_key_entry *known = nx_key_snapshot_kid(old, nx_span_str(rows[i].kid));
        nx_signing_key *key = known ? nx_signing_key_hold(known->key) : NULL;
        if (!key) NX_TRY(open_row(&key, &rows[i], m));
        struct nx_key_entry *e = &s->entry[s->count++];
        e->key = key;
        e->row = rows[i];
        e->row.sealed = NX_SPAN_NONE;
    }
    *out = NX_STEAL(s);
    return NX_OK;
}

static bool same_row(const struct nx_key_row *a, const struct nx_key_row *b)
{
    return strcmp(a->kid, b->kid) == 0 && a->use == b->use && a->state == b->state &&
           a->published == b->published && a->retire_after == b->retire_after;
}

bool nx_key_snapshot_equal(const nx_key_snapshot *a, const nx_key_snapshot *b)
{
    if (!a || !b || a->count != b->count) return a == b;
    for (size_t i = 0; i < a->count; i++)
        if (!same_row(&a->entry[i].row, &b->entry[i].row)) return false;
    return true;
}

bool nx_key_entry_published(const struct nx_key_entry *e, nx_time now)
{
    return e->row.state != NX_KEY_RETIRED || now < e->row.retire_after;
}
