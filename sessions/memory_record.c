/* Records, indexes, bounds and bits of the memory backend. */
#include "sessions/memory.h"

#ifdef NX_TESTING
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

bool nx_mem_load(struct nx_memory_rec *r, struct nx_memory_act *x, const char *key)
{
    nx_span line, w[9] = {{NULL, 0}}, value = nx_mem_get(x, "r:%s", key);
    if (!value.p) return false;
    value = nx_mem_copy(x, value);
    *r = (struct nx_memory_rec){.key = key, .value = value, .body = value};
    nx_span_cut(&r->body, '\n', &line);
    for (int i = 0; i < 9; i++)
        nx_span_cut(&line, ' ', &w[i]);
    r->state = nx_mem_text(x, w[0]);
    r->link = nx_mem_to_number(w[1]);
    r->expires = nx_mem_to_number(w[2]);
    r->made = nx_mem_to_number(w[3]);
    r->up = nx_mem_text(x, w[4]);
    r->status = nx_mem_text(x, w[5]);
    r->bounds = nx_mem_text(x, w[6]);
    r->life = nx_mem_text(x, w[7]);
    r->extra = nx_mem_text(x, w[8]);
    return r->expires > x->now;
}

void nx_mem_save(struct nx_memory_act *x, const struct nx_memory_rec *r, nx_span body)
{
    nx_buf b;
    nx_buf_init(&b, x->a, 128 << 10);
    nx_buf_addf(&b, "%s %" PRId64 " %" PRId64 " %" PRId64 " %s %s %s %s %s\n", r->state, r->link, r->expires,
                r->made, r->up, r->status, r->bounds, r->life, r->extra);
    nx_buf_add(&b, body);
    if (!nx_ok(nx_buf_done(&b))) x->failed = NX_ERR_MEMORY;
    nx_mem_set(x, nx_buf_span(&b), r->expires, "r:%s", r->key);
}

bool nx_mem_bound(struct nx_memory_act *x, nx_span *rest, char *kind, const char **id, int64_t *value)
{
    nx_span piece, head, name;
    if (!nx_span_cut(rest, ',', &piece) || !nx_span_cut(&piece, ':', &head) || head.n != 1 || !piece.p)
        return false;
    nx_span_cut(&piece, '=', &name);
    *kind = (char)head.p[0];
    *id = nx_mem_text(x, name);
    *value = piece.p ? nx_mem_to_number(piece) : -1;
    return true;
}

const char *nx_mem_subject(struct nx_memory_act *x, const char *bounds)
{
    nx_span rest = nx_span_str(bounds);
    char kind;
    const char *id;
    int64_t value;
    while (nx_mem_bound(x, &rest, &kind, &id, &value))
        if (kind == 'p') return id;
    return NULL;
}

void nx_mem_set_bits(struct nx_memory_act *x, const char *status, int value)
{
    int64_t list, index;
    if (sscanf(status, "%" SCNd64 ":%" SCNd64, &list, &index) != 2) return;
    struct nx_memory_entry *e = nx_mem_entry(x, "sl:%" PRId64, list);
    if (!e) return;
    unsigned shift = 2 * (unsigned)(index % 4);
    e->value[index / 4] = (uint8_t)((e->value[index / 4] & ~(3u << shift)) | (unsigned)value << shift);
}

void nx_mem_kill(struct nx_memory_act *x, const struct nx_memory_rec *r)
{
    const char *subject = nx_mem_subject(x, r->bounds);
    nx_mem_set_bits(x, r->status, 1);
    nx_mem_del(x, "r:%s", r->key);
    if (subject) nx_mem_index_drop(x, subject, r->key);
}

/* --- indexes: lines "key end"
 * --------------------------------------------------------------------------------- */

static int by_end(const void *p, const void *q)
{
    const struct nx_memory_member *a = p, *b = q;
    if (a->expires != b->expires) return a->expires < b->expires ? -1 : 1;
    return strcmp(a->key, b->key);
}

size_t nx_mem_index(struct nx_memory_act *x, const char *subject, struct nx_memory_member **out)
{
    nx_span line, key, text = nx_mem_get(x, "x:%s", subject);
    size_t n = 0, room = text.n / (NX_ID_LEN + 2) + 1;
    *out = nx_arena_new(x->a, struct nx_memory_member, room);
    if (!*out) x->failed = NX_ERR_MEMORY;
    while (*out && nx_span_cut(&text, '\n', &line)) {
        if (!nx_span_cut(&line, ' ', &key) || n == room) continue;
        (*out)[n++] = (struct nx_memory_member){nx_mem_text(x, key), nx_mem_to_number(line)};
    }
    if (n > 1) qsort(*out, n, sizeof **out, by_end);
    return n;
}

static void write_index(struct nx_memory_act *x, const char *subject, const struct nx_memory_member *v,
                        size_t n)
{
    int64_t till = 0;
    nx_buf b;
    nx_buf_init(&b, x->a, 1 << 20);
    for (size_t i = 0; i < n; i++) {
        nx_buf_addf(&b, "%s %" PRId64 "\n", v[i].key, v[i].expires);
        if (v[i].expires > till) till = v[i].expires;
    }
    if (!nx_ok(nx_buf_done(&b))) x->failed = NX_ERR_MEMORY;
    if (n == 0)
        nx_mem_del(x, "x:%s", subject);
    else
        nx_mem_set(x, nx_buf_span(&b), till, "x:%s", subject);
}

void nx_mem_index_put(struct nx_memory_act *x, const char *subject, const char *key, int64_t expires)
{
    struct nx_memory_member *v;
    nx_mem_index_drop(x, subject, key);
    size_t n = nx_mem_index(x, subject, &v);
    struct nx_memory_member *more = nx_arena_new(x->a, struct nx_memory_member, n + 1);
    if (!v || !more) return;
    if (n > 0) memcpy(more, v, n * sizeof *v);
    more[n] = (struct nx_memory_member){key, expires};
    write_index(x, subject, more, n + 1);
}

void nx_mem_index_drop(struct nx_memory_act *x, const char *subject, const char *key)
{
    struct nx_memory_member *v;
    size_t n = nx_mem_index(x, subject, &v), kept = 0;
    for (size_t i = 0; i < n; i++)
        if (strcmp(v[i].key, key) != 0 && v[i].expires > x->now) v[kept++] = v[i];
    if (n > 0) write_index(x, subject, v, kept);
}
#else
typedef int nx_memory_record_is_empty_in_release_builds;
#endif
