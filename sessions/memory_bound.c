/* bound.lua in C. */
#include "sessions/memory.h"

#ifdef NX_TESTING
#include <inttypes.h>
#include <stdio.h>

#define INDEX_MAX 4096
#define SESSIONS_MAX 256
#define CLIENTS_MAX 64
#define LIST_ENTRIES (1 << 17)

struct op {
    struct nx_memory_act *x;
    size_t at; /* of the first argument */
    struct nx_memory_rec *found;
    size_t *found_count;
};

static const char *arg(const struct op *o, size_t i)
{
    return nx_mem_arg_text(o->x, o->at + i);
}

static int64_t num(const struct op *o, size_t i)
{
    return nx_mem_arg_number(o->x, o->at + i);
}

static bool here(const struct nx_memory_act *x, char kind)
{
    bool everything = nx_span_eq_str(nx_mem_arg(x, 0), "1");
    return kind == 'p' || kind == 'q' || (everything && (kind == 'c' || kind == 'u' || kind == 'y'));
}

/* false after it has written the answer that refuses. */
static bool compare(struct nx_memory_act *x, char kind, const char *id, int64_t value)
{
    int64_t copy = nx_mem_number(x, -1, "e:%c:%s", kind, id);
    if (copy == value) return true;
    if (copy > value) {
        nx_mem_refuse(x, "stale");
        return false;
    }
    nx_mem_refuse(x, "missing");
    nx_mem_reply(x, nx_span_of(&kind, 1));
    nx_mem_reply_text(x, id);
    nx_mem_reply_number(x, value);
    return false;
}

static bool compare_all(struct nx_memory_act *x, const char *bounds)
{
    nx_span rest = nx_span_str(bounds);
    char kind;
    const char *id;
    int64_t value;
    while (nx_mem_bound(x, &rest, &kind, &id, &value))
        if (value >= 0 && here(x, kind) && !compare(x, kind, id, value)) return false;
    return true;
}

static size_t chain(struct nx_memory_act *x, const char *key, struct nx_memory_rec all[3])
{
    size_t n = 0;
    do {
        if (!nx_mem_load(&all[n], x, key)) {
            nx_mem_refuse(x, n == 0 ? "gone" : "stale");
            return 0;
        }
        if (!compare_all(x, all[n].bounds)) return 0;
        key = all[n++].up;
    } while (strcmp(key, "-") != 0 && n < 3);
    return n;
}

static bool alive(struct nx_memory_act *x, const char *key)
{
    struct nx_memory_rec all[3];
    return chain(x, key, all) > 0;
}

/* --- E, F
 * ---------------------------------------------------------------------------------------------------- */

static bool check_epoch(const struct op *o)
{
    return compare(o->x, arg(o, 0)[0], arg(o, 1), num(o, 2));
}

static bool check_fetch(const struct op *o)
{
    *o->found_count = chain(o->x, arg(o, 0), o->found);
    for (size_t i = 0; i < *o->found_count; i++)
        nx_mem_reply(o->x, o->found[i].value);
    return *o->found_count > 0;
}

static void write_fetch(const struct op *o)
{
    struct nx_memory_rec r = o->found[0];
    int64_t idle, ends, seen;
    if (strcmp(arg(o, 1), "1") != 0 ||
        sscanf(r.life, "%" SCNd64 ":%" SCNd64 ":%" SCNd64, &idle, &ends, &seen) != 3 ||
        o->x->now - seen < 30000)
        return;
    r.expires = o->x->now + idle < ends ? o->x->now + idle : ends;
    r.life = nx_arena_printf(o->x->a, "%" PRId64 ":%" PRId64 ":%" PRId64, idle, ends, o->x->now);
    nx_mem_save(o->x, &r, r.body);
    const char *subject = nx_mem_subject(o->x, r.bounds);
    if (subject) nx_mem_index_put(o->x, subject, r.key, r.expires);
}

/* --- P
 * ---------------------------------------------------------------------------------------------------------
 */

static bool crowded(struct nx_memory_act *x, const char *subject, const char *key)
{
    struct nx_memory_member *v;
    size_t n = nx_mem_index(x, subject, &v), live = 0, sessions = 0;
    for (size_t i = 0; i < n; i++) {
        if (v[i].expires <= x->now) continue;
        live++;
        if (v[i].key[0] == 's') sessions++;
    }
    return live >= INDEX_MAX || (key[0] == 's' && sessions >= SESSIONS_MAX);
}

/* Under whose index: given, or the fetched record's; NULL: nobody's. */
static const char *lister(const struct op *o)
{
    const char *subject = arg(o, 8);
    if (*subject) return strcmp(subject, "-") == 0 ? NULL : subject;
    return *o->found_count > 0 ? nx_mem_subject(o->x, o->found[0].bounds) : NULL;
}

static bool check_put(const struct op *o)
{
    const char *up = arg(o, 1);
    bool fetched = *o->found_count > 0 && strcmp(o->found[0].key, up) == 0;
    if (*up != '-' && *up != '+' && !fetched && !alive(o->x, up)) return false;
    const char *subject = lister(o);
    if (!subject || !crowded(o->x, subject, arg(o, 0))) return true;
    nx_mem_refuse(o->x, "full");
    return false;
}

static bool set_used(struct nx_memory_act *x, int64_t list, int64_t index, int64_t expires)
{
    static const uint8_t zeros[LIST_ENTRIES / 4];
    struct nx_memory_entry *used = nx_mem_entry(x, "su:%" PRId64, list);
    if (!used) {
        nx_mem_set(x, nx_span_of(zeros, LIST_ENTRIES / 8), expires, "su:%" PRId64, list);
        nx_mem_set(x, nx_span_of(zeros, LIST_ENTRIES / 4), expires, "sl:%" PRId64, list);
        used = nx_mem_entry(x, "su:%" PRId64, list);
    }
    struct nx_memory_entry *bits = nx_mem_entry(x, "sl:%" PRId64, list);
    if (!used || !bits || (used->value[index / 8] >> index % 8 & 1)) return false;
    used->value[index / 8] = (uint8_t)(used->value[index / 8] | 1u << index % 8);
    if (used->expires_ms < expires) used->expires_ms = bits->expires_ms = expires;
    return true;
}

static const char *draw(struct nx_memory_act *x, int64_t expires)
{
    nx_span candidate, rest = nx_mem_arg(x, 1);
    int64_t n = nx_mem_number(x, -1, "sn"), index = 0;
    bool drawn = false, open = n >= 0 && nx_mem_entry(x, "sl:%" PRId64, n);
    while (open && !drawn && nx_span_cut(&rest, ',', &candidate))
        drawn = set_used(x, n, index = nx_mem_to_number(candidate), expires);
    if (!drawn) {
        rest = nx_mem_arg(x, 1);
        nx_span_cut(&rest, ',', &candidate);
        n++;
        set_used(x, n, index = nx_mem_to_number(candidate), expires);
    }
    nx_mem_set(x, nx_span_number(x->a, n), expires + 86400000, "sn");
    return nx_arena_printf(x->a, "%" PRId64 ":%" PRId64, n, index);
}

/* As in bound.lua: an earlier record of this name under the same bounds passes on its status index and its end. */
static void renew(struct nx_memory_act *x, struct nx_memory_rec *r)
{
    struct nx_memory_rec old;
    bool keeps = strcmp(r->status, "keep") == 0;
    if (!keeps && strcmp(r->status, "stay") != 0) return;
    bool there = nx_mem_load(&old, x, r->key) && strcmp(old.bounds, r->bounds) == 0;
    if (there && old.expires > r->expires) r->expires = old.expires;
    if (!there || strcmp(old.status, "-") == 0) {
        r->status = keeps ? "draw" : "-";
        return;
    }
    int64_t list = nx_mem_to_number(nx_span_of(old.status, strcspn(old.status, ":")));
    struct nx_memory_entry *bits = nx_mem_entry(x, "sl:%" PRId64, list), *used = nx_mem_entry(x, "su:%" PRId64, list);
    if (bits && bits->expires_ms < r->expires) bits->expires_ms = r->expires;
    if (used && used->expires_ms < r->expires) used->expires_ms = r->expires;
    r->status = old.status;
    x->answer[2] = nx_span_str(r->status);
}

static void write_put(const struct op *o)
{
    struct nx_memory_act *x = o->x;
    const char *up = arg(o, 1), *subject = lister(o);
    int64_t ends = num(o, 5), expires = x->now + num(o, 3);
    struct nx_memory_rec r = {.key = arg(o, 0),
                              .state = "L",
                              .made = x->now,
                              .up = *up == '+' ? up + 1 : up,
                              .status = arg(o, 7),
                              .bounds = arg(o, 2),
                              .life = "-",
                              .extra = arg(o, 6)};
    if (ends > 0 && ends < expires) expires = ends;
    r.expires = expires;
    if (num(o, 4) > 0) r.life = nx_arena_printf(x->a, "%s:%s:%" PRId64, arg(o, 4), arg(o, 5), x->now);
    renew(x, &r);
    if (strcmp(r.status, "draw") == 0) {
        r.status = draw(x, ends > 0 ? ends : r.expires);
        x->answer[2] = nx_span_str(r.status);
    }
    nx_mem_save(x, &r, nx_mem_arg(x, o->at + 9));
    if (subject) nx_mem_index_put(x, subject, r.key, r.expires);
}

/* --- W, T, J, K, N
 * ----------------------------------------------------------------------------------------------- */

static bool check_swap(const struct op *o)
{
    struct nx_memory_rec r, made;
    if (!nx_mem_load(&r, o->x, arg(o, 0))) {
        nx_mem_refuse(o->x, "gone");
        return false;
    }
    if (strcmp(r.state, "L") == 0 && r.link == num(o, 1)) return alive(o->x, arg(o, 0));
    if (strcmp(arg(o, 5), "k") == 0 && nx_mem_load(&made, o->x, r.extra)) nx_mem_kill(o->x, &made);
    nx_mem_refuse(o->x, "spent");
    return false;
}

static void write_swap(const struct op *o)
{
    struct nx_memory_rec r;
    nx_span body = nx_mem_arg(o->x, o->at + 4);
    if (!nx_mem_load(&r, o->x, arg(o, 0))) return;
    r.state = arg(o, 2);
    r.link++;
    if (strcmp(arg(o, 3), "=") != 0) r.extra = arg(o, 3);
    if (strcmp(r.state, "U") == 0) {
        const char *subject = nx_mem_subject(o->x, r.bounds);
        if (subject) nx_mem_index_drop(o->x, subject, r.key);
        r.up = r.bounds = r.life = "-";
    }
    nx_mem_save(o->x, &r, body.p[0] == '1' ? nx_span_from(body, 1) : r.body);
}

static bool check_turn(const struct op *o)
{
    struct nx_memory_rec all[3], *r = &all[0];
    if (chain(o->x, arg(o, 0), all) == 0) return false;
    int64_t link = num(o, 1), turned = nx_mem_to_number(nx_span_str(r->extra));
    if (r->link == link) return true;
    nx_span kept = nx_mem_get(o->x, "a:%s", r->key);
    if (r->link == link + 1 && turned > 0 && o->x->now - turned <= num(o, 2) && kept.p) {
        nx_mem_refuse(o->x, "again");
        nx_mem_reply(o->x, kept);
        nx_mem_reply(o->x, r->value);
        return false;
    }
    nx_mem_kill(o->x, r);
    nx_mem_refuse(o->x, "spent");
    return false;
}

static void write_turn(const struct op *o)
{
    struct nx_memory_rec r;
    if (strcmp(arg(o, 4), "1") != 0 || !nx_mem_load(&r, o->x, arg(o, 0))) return;
    r.link++;
    r.extra = nx_arena_printf(o->x->a, "%" PRId64, o->x->now);
    nx_mem_save(o->x, &r, r.body);
    nx_mem_set(o->x, nx_mem_arg(o->x, o->at + 3), o->x->now + num(o, 2), "a:%s", r.key);
}

static size_t count_clients(const char *extra, const char *client, bool *there)
{
    nx_span word, rest = nx_span_str(extra);
    size_t n = 0;
    *there = false;
    while (strcmp(extra, "-") != 0 && nx_span_cut(&rest, ',', &word)) {
        n++;
        if (nx_span_eq_str(word, client)) *there = true;
    }
    return n;
}

static bool check_join(const struct op *o)
{
    struct nx_memory_rec all[3];
    bool there;
    if (chain(o->x, arg(o, 0), all) == 0) return false;
    if (count_clients(all[0].extra, arg(o, 1), &there) < CLIENTS_MAX || there) return true;
    nx_mem_refuse(o->x, "full");
    return false;
}

static void write_join(const struct op *o)
{
    struct nx_memory_rec r;
    bool there;
    if (!nx_mem_load(&r, o->x, arg(o, 0))) return;
    size_t n = count_clients(r.extra, arg(o, 1), &there);
    if (there) return;
    r.extra = n == 0 ? arg(o, 1) : nx_arena_printf(o->x->a, "%s,%s", r.extra, arg(o, 1));
    nx_mem_save(o->x, &r, r.body);
}

static void write_kill(const struct op *o)
{
    struct nx_memory_rec r;
    if (nx_mem_load(&r, o->x, arg(o, 0))) nx_mem_kill(o->x, &r);
}

static void write_note(const struct op *o)
{
    nx_span subject = nx_mem_arg(o->x, o->at);
    if (nx_span_eq_str(subject, "-")) subject = NX_SPAN_NONE;
    for (size_t i = 0; i < *o->found_count && subject.n == 0; i++)
        subject = nx_span_str(nx_mem_subject(o->x, o->found[i].bounds));
    nx_mem_append(o->x, subject, nx_mem_arg(o->x, o->at + 1));
}

static const struct {
    char name;
    size_t arity;
    bool (*check)(const struct op *);
    void (*write)(const struct op *);
} operations[] = {
    {'E', 3, check_epoch, NULL},      {'F', 2, check_fetch, write_fetch}, {'P', 10, check_put, write_put},
    {'W', 6, check_swap, write_swap}, {'T', 5, check_turn, write_turn},   {'J', 2, check_join, write_join},
    {'K', 1, NULL, write_kill},       {'N', 2, NULL, write_note},
};

static bool walk(struct nx_memory_act *x, struct nx_memory_rec found[3], size_t *found_count, bool checks)
{
    size_t at = 2;
    while (at < x->call->argc) {
        char name = (char)nx_mem_arg(x, at).p[0];
        size_t i = 0;
        while (i < sizeof operations / sizeof *operations && operations[i].name != name)
            i++;
        if (i == sizeof operations / sizeof *operations) {
            x->failed = NX_ERR_STORE_REPLY;
            return false;
        }
        const struct op o = {x, at + 1, found, found_count};
        if (checks && operations[i].check && !operations[i].check(&o)) return false;
        if (!checks && operations[i].write) operations[i].write(&o);
        at += operations[i].arity + 1;
    }
    return true;
}

void nx_mem_do_bound(struct nx_memory_act *x)
{
    struct nx_memory_rec found[3];
    size_t found_count = 0;
    nx_mem_reply_text(x, "ok");
    nx_mem_reply_number(x, x->now);
    nx_mem_reply_text(x, "-");
    if (walk(x, found, &found_count, true)) walk(x, found, &found_count, false);
}
#else
typedef int nx_memory_bound_is_empty_in_release_builds;
#endif
