/* A store of key rows in memory, as strict as the registry's: one active and one next key per use. */
#ifndef NX_TESTS_MEMORY_KEYS_H
#define NX_TESTS_MEMORY_KEYS_H

#include "crypto/keyring.h"

#include <pthread.h>
#include <stdlib.h>

struct memory_keys {
    pthread_mutex_t lock;
    size_t count;
    struct nx_key_row row[NX_KEYS_MAX];
    uint8_t sealed[NX_KEYS_MAX][NX_KEY_SEALED_MAX];
    bool refuse; /* the next save meets another node's change */
};

static nx_result memory_keys_list(void *ctx, nx_arena *a, struct nx_key_row **rows, size_t *count)
{
    struct memory_keys *m = ctx;
    pthread_mutex_lock(&m->lock);
    *count = m->count;
    *rows = nx_arena_new(a, struct nx_key_row, m->count + 1);
    for (size_t i = 0; *rows && i < m->count; i++) {
        (*rows)[i] = m->row[i];
        (*rows)[i].sealed.p = (const uint8_t *)nx_arena_dup(a, m->row[i].sealed);
    }
    pthread_mutex_unlock(&m->lock);
    NX_NEED(*rows);
    return NX_OK;
}

static size_t memory_keys_at(const struct memory_keys *m, const char *kid)
{
    size_t i = 0;
    while (i < m->count && strcmp(m->row[i].kid, kid) != 0)
        i++;
    return i;
}

static bool memory_keys_clash(const struct memory_keys *m)
{
    for (size_t i = 0; i < m->count; i++)
        for (size_t j = 0; j < i; j++)
            if (m->row[i].use == m->row[j].use && m->row[i].state == m->row[j].state &&
                m->row[i].state != NX_KEY_RETIRED)
                return true;
    return false;
}

static void memory_keys_put(struct memory_keys *m, const struct nx_key_row *row)
{
    size_t i = memory_keys_at(m, row->kid);
    nx_span sealed = i < m->count ? m->row[i].sealed : nx_span_of(m->sealed[i], row->sealed.n);
    if (i == m->count) {
        memcpy(m->sealed[i], row->sealed.p, row->sealed.n);
        m->count++;
    }
    m->row[i] = *row;
    m->row[i].sealed = sealed;
}

static nx_result memory_keys_save(void *ctx, const struct nx_key_row *rows, size_t count)
{
    struct memory_keys *m = ctx;
    pthread_mutex_lock(&m->lock);
    struct memory_keys *before = malloc(sizeof *before);
    if (!before) abort();
    memcpy(before->row, m->row, sizeof before->row);
    before->count = m->count;
    for (size_t i = 0; i < count; i++)
        memory_keys_put(m, &rows[i]);
    bool clash = m->refuse || memory_keys_clash(m);
    m->refuse = false;
    if (clash) {
        memcpy(m->row, before->row, sizeof before->row);
        m->count = before->count;
    }
    free(before);
    pthread_mutex_unlock(&m->lock);
    NX_REQUIRE(!clash, NX_ERR_CONFLICT);
    return NX_OK;
}

static nx_result memory_keys_drop(void *ctx, const char *kid)
{
    struct memory_keys *m = ctx;
    pthread_mutex_lock(&m->lock);
    size_t at = memory_keys_at(m, kid);
    for (size_t i = at; at < m->count && i + 1 < m->count; i++) {
        m->row[i] = m->row[i + 1];
        memcpy(m->sealed[i], m->sealed[i + 1], m->row[i].sealed.n);
        m->row[i].sealed.p = m->sealed[i];
    }
    if (at < m->count) m->count--;
    pthread_mutex_unlock(&m->lock);
    return NX_OK;
}

static inline struct nx_key_store memory_keys_store(struct memory_keys *m)
{
    pthread_mutex_init(&m->lock, NULL);
    return (struct nx_key_store){
        .ctx = m, .list = memory_keys_list, .save = memory_keys_save, .drop = memory_keys_drop};
}

static inline nx_master *memory_master(void)
{
    static const uint8_t bytes[NX_MASTER_LEN] = "a master key of the tests: 32 b";
    nx_master *m = NULL;
    if (!nx_ok(nx_master_from(&m, nx_span_of(bytes, sizeof bytes)))) abort();
    return m;
}

#endif
