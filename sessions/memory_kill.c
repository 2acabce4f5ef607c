/* kill.lua and list.lua in C. */
#include "sessions/memory.h"

#ifdef NX_TESTING
#include <inttypes.h>

struct strike {
    struct nx_memory_act *x;
    char act, scope;
    const char *subject, *target;
};

#define EPOCHS_AT 6
#define EPOCH_WORDS 4
#define WORDS 5 /* of a struck record in the answer */

/* The value that the act raises this epoch to, or -1. */
static int64_t raised(struct nx_memory_act *x, char kind, const char *id)
{
    for (size_t i = EPOCHS_AT; i + 3 < x->call->argc; i += EPOCH_WORDS)
        if (nx_mem_arg_text(x, i)[0] == kind && strcmp(nx_mem_arg_text(x, i + 1), id) == 0)
            return nx_mem_arg_number(x, i + 2);
    return -1;
}

static void raise_epochs(struct nx_memory_act *x)
{
    for (size_t i = EPOCHS_AT; i + 3 < x->call->argc; i += EPOCH_WORDS) {
        const char *kind = nx_mem_arg_text(x, i), *id = nx_mem_arg_text(x, i + 1);
        bool here = nx_span_eq_str(nx_mem_arg(x, i + 3), "1");
        if (here && nx_mem_number(x, -1, "e:%s:%s", kind, id) < nx_mem_arg_number(x, i + 2))
            nx_mem_set(x, nx_mem_arg(x, i + 2), 0, "e:%s:%s", kind, id);
    }
}

static bool bound(const struct strike *s, const struct nx_memory_rec *r, char kind, const char *id)
{
    nx_span rest = nx_span_str(r->bounds);
    char k;
    const char *name;
    int64_t value;
    while (nx_mem_bound(s->x, &rest, &k, &name, &value)) {
        if (k != kind || strcmp(name, id) != 0) continue;
        int64_t limit = s->act == 'r' ? raised(s->x, kind, id) : -1;
        return limit < 0 || value < 0 || value < limit;
    }
    return false;
}

static bool concerned(const struct strike *s, const struct nx_memory_rec *r)
{
    int64_t before = nx_mem_arg_number(s->x, EPOCHS_AT - 1);
    if (before > 0 && r->made > before) return false;
    if (s->scope == 's' || s->scope == 'l') {
        if (*r->key == 's' && strcmp(r->key + 1, s->target) == 0) return true;
        if (*r->up == 's' && strcmp(r->up + 1, s->target) == 0) return true;
        return (s->scope == 's' || *r->key != 'f') && bound(s, r, 's', s->target);
    }
    return s->scope != 'e' && bound(s, r, s->scope, s->scope == 'p' ? s->subject : s->target);
}

static void strike(const struct strike *s, const struct nx_memory_rec *r)
{
    nx_mem_reply_text(s->x, r->key);
    nx_mem_reply_text(s->x, r->status);
    nx_mem_reply_text(s->x, r->bounds);
    nx_mem_reply_text(s->x, r->extra);
    nx_mem_reply_text(s->x, r->up);
    if (s->act != 'r') {
        nx_mem_set_bits(s->x, r->status, s->act == 's' ? 2 : 0);
        return;
    }
    nx_mem_kill(s->x, r);
    nx_mem_index_drop(s->x, s->subject, r->key);
}

/* First what has bounds of its own, then the tokens that hang on what was struck. */
static size_t strike_all(const struct strike *s)
{
    struct nx_memory_member *v;
    struct nx_memory_rec r;
    size_t n = nx_mem_index(s->x, s->subject, &v), spared = 0, before = s->x->answers;
    for (size_t i = 0; i < n; i++) {
        if (!nx_mem_load(&r, s->x, v[i].key) || strcmp(r.bounds, "-") == 0) continue;
        if (concerned(s, &r))
            strike(s, &r);
        else if (*r.key == 's')
            spared++;
    }
    size_t struck = s->x->answers;
    for (size_t i = 0; i < n; i++) {
        if (!nx_mem_load(&r, s->x, v[i].key) || strcmp(r.bounds, "-") != 0) continue;
        for (size_t j = before; j < struck; j += WORDS)
            if (nx_span_eq_str(s->x->answer[j], r.up)) strike(s, &r);
    }
    return spared;
}

/* The kept answer: texts with their lengths. */
static void keep(struct nx_memory_act *x, const char *seq)
{
    nx_buf b;
    nx_buf_init(&b, x->a, 4 << 20);
    for (size_t i = 0; i < x->answers; i++) {
        nx_buf_addf(&b, "%zu ", x->answer[i].n);
        nx_buf_add(&b, x->answer[i]);
    }
    if (!nx_ok(nx_buf_done(&b))) x->failed = NX_ERR_MEMORY;
    nx_mem_set(x, nx_buf_span(&b), x->now + 604800000, "kl:%s", seq);
}

static bool give_kept(struct nx_memory_act *x, const char *seq)
{
    nx_span length, kept = nx_mem_get(x, "kl:%s", seq);
    if (!kept.p) return false;
    kept = nx_mem_copy(x, kept);
    while (kept.n > 0 && nx_span_cut(&kept, ' ', &length)) {
        size_t n = (size_t)nx_mem_to_number(length);
        nx_mem_reply(x, nx_span_of(kept.p, n));
        kept = nx_span_from(kept, n);
    }
    return true;
}

void nx_mem_do_kill(struct nx_memory_act *x)
{
    const char *seq = nx_mem_arg_text(x, 0);
    struct strike s = {x, nx_mem_arg_text(x, 1)[0], nx_mem_arg_text(x, 2)[0], nx_mem_arg_text(x, 3),
                       nx_mem_arg_text(x, 4)};
    if (s.act == 'f') {
        nx_mem_del(x, "kl:%s", seq);
        nx_mem_reply_text(x, "ok");
        return;
    }
    if (give_kept(x, seq)) return;
    raise_epochs(x);
    nx_mem_reply_text(x, "ok");
    nx_mem_reply_text(x, "0");
    if (strcmp(s.subject, "-") != 0 && s.scope != 'e') {
        size_t spared = strike_all(&s);
        x->answer[1] = nx_span_number(x->a, (int64_t)spared);
    }
    if (nx_mem_number(x, -1, "rev") < nx_mem_arg_number(x, 0)) nx_mem_set(x, nx_mem_arg(x, 0), 0, "rev");
    if (x->answers > 2) keep(x, seq);
}

void nx_mem_do_list(struct nx_memory_act *x)
{
    struct nx_memory_member *v;
    struct nx_memory_rec r;
    size_t n = nx_mem_index(x, nx_mem_arg_text(x, 0), &v);
    nx_mem_reply_text(x, "ok");
    for (size_t i = 0; i < n; i++) {
        if (v[i].key[0] != 's' || !nx_mem_load(&r, x, v[i].key)) continue;
        nx_span rest = nx_span_str(r.bounds);
        char kind;
        const char *id;
        int64_t value;
        bool live = true;
        while (nx_mem_bound(x, &rest, &kind, &id, &value))
            live = live && nx_mem_number(x, -1, "e:%c:%s", kind, id) <= value;
        if (!live) continue;
        nx_mem_reply_text(x, v[i].key);
        nx_mem_reply(x, r.value);
    }
}
#else
typedef int nx_memory_kill_is_empty_in_release_builds;
#endif
