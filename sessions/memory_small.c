/* epoch.lua, guard.lua, throttle.lua, status.lua, stream.lua and mark.lua in C. */
#include "sessions/memory.h"

#ifdef NX_TESTING
#include <inttypes.h>
#include <stdio.h>

void nx_mem_do_epoch(struct nx_memory_act *x)
{
    const char *kind = nx_mem_arg_text(x, 0), *id = nx_mem_arg_text(x, 1);
    int64_t copy = nx_mem_number(x, -1, "e:%s:%s", kind, id);
    if (!nx_span_eq_str(nx_mem_arg(x, 2), "?") && copy < nx_mem_arg_number(x, 2)) {
        copy = nx_mem_arg_number(x, 2);
        nx_mem_set(x, nx_mem_arg(x, 2), 0, "e:%s:%s", kind, id);
    }
    nx_mem_reply_text(x, "ok");
    nx_mem_reply_number(x, copy);
}

void nx_mem_do_guard(struct nx_memory_act *x)
{
    const char *name = nx_mem_arg_text(x, 0);
    bool seen = nx_mem_entry(x, "g:%s", name);
    if (!seen) nx_mem_set(x, NX_LIT("1"), x->now + nx_mem_arg_number(x, 1), "g:%s", name);
    nx_mem_reply_text(x, seen ? "seen" : "first");
}

/* --- throttle
 * --------------------------------------------------------------------------------------------------- */

struct bucket {
    const char *name;
    int64_t burst, period, tat;
};

static int64_t max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void store_tat(struct nx_memory_act *x, const struct bucket *b, bool refund)
{
    int64_t tat = refund ? b->tat - b->period : b->tat + b->period, most = x->now + b->burst * b->period;
    if (!refund && tat > most) tat = most;
    if (tat > x->now)
        nx_mem_set(x, nx_span_number(x->a, tat), tat, "t:%s", b->name);
    else
        nx_mem_del(x, "t:%s", b->name);
}

void nx_mem_do_throttle(struct nx_memory_act *x)
{
    struct bucket v[8];
    bool strict = false, allowed = true, refund = nx_span_eq_str(nx_mem_arg(x, 0), "r");
    int64_t wait = 0;
    size_t n = 0;
    for (size_t i = 1; i + 3 < x->call->argc && n < 8; i += 4, n++) {
        char mode = nx_mem_arg_text(x, i + 3)[0];
        v[n] = (struct bucket){nx_mem_arg_text(x, i), nx_mem_arg_number(x, i + 1),
                               nx_mem_arg_number(x, i + 2), 0};
        v[n].tat = max(x->now, nx_mem_number(x, 0, "t:%s", v[n].name));
        int64_t burst = strict && mode == 'n' ? 1 : v[n].burst;
        int64_t over = v[n].tat - x->now - (burst - 1) * v[n].period;
        if (over > 0 && mode == 'a')
            strict = true;
        else if (over > 0)
            allowed = false, wait = max(wait, over);
    }
    if (!refund && !allowed) {
        nx_mem_reply_text(x, "0");
        nx_mem_reply_number(x, wait);
        return;
    }
    for (size_t i = 0; i < n; i++)
        store_tat(x, &v[i], refund);
    nx_mem_reply_text(x, "1");
    nx_mem_reply_text(x, "0");
}

/* --- status lists
 * ------------------------------------------------------------------------------------------------- */

void nx_mem_do_status(struct nx_memory_act *x)
{
    if (!nx_span_eq_str(nx_mem_arg(x, 0), "?")) {
        nx_span bits = nx_mem_get(x, "sl:%s", nx_mem_arg_text(x, 0));
        nx_mem_reply_text(x, bits.p ? "ok" : "gone");
        if (bits.p) nx_mem_reply(x, bits);
        return;
    }
    nx_mem_reply_text(x, "ok");
    int absent = 0;
    for (int64_t n = nx_mem_number(x, -1, "sn"); n >= 0 && absent < 64; n--) {
        bool there = nx_mem_entry(x, "sl:%" PRId64, n);
        if (there) nx_mem_reply_number(x, n);
        absent = there ? 0 : absent + 1;
    }
}

/* --- audit stream: entries of (position, subject, line), each with its length
 * ---------------------------------------- */

static void add_text(nx_buf *b, nx_span s)
{
    nx_buf_addf(b, "%zu ", s.n);
    nx_buf_add(b, s);
}

static nx_span cut_text(nx_span *rest)
{
    nx_span length;
    nx_span_cut(rest, ' ', &length);
    nx_span out = nx_span_of(rest->p, (size_t)nx_mem_to_number(length));
    *rest = nx_span_from(*rest, out.n);
    return out;
}

void nx_mem_append(struct nx_memory_act *x, nx_span subject, nx_span line)
{
    nx_span old = nx_mem_get(x, "au");
    nx_buf b;
    char position[48];
    snprintf(position, sizeof position, "%" PRId64 "-%" PRIu64, x->now, x->m->stream_seq++);
    nx_buf_init(&b, x->a, 8 << 20);
    nx_buf_add(&b, old);
    add_text(&b, nx_span_str(position));
    add_text(&b, subject);
    add_text(&b, line);
    if (!nx_ok(nx_buf_done(&b))) x->failed = NX_ERR_MEMORY;
    nx_mem_set(x, nx_buf_span(&b), x->now + 2592000000, "au");
}

static bool after(struct nx_memory_act *x, nx_span position, const char *than)
{
    int64_t ms = 0, n = 0, than_ms = 0, than_n = 0;
    sscanf(nx_mem_text(x, position), "%" SCNd64 "-%" SCNd64, &ms, &n);
    sscanf(than, "%" SCNd64 "-%" SCNd64, &than_ms, &than_n);
    return ms != than_ms ? ms > than_ms : n > than_n;
}

static void drop_until(struct nx_memory_act *x, nx_span rest, const char *position)
{
    nx_buf b;
    nx_buf_init(&b, x->a, 8 << 20);
    while (rest.n > 0) {
        nx_span at = cut_text(&rest), subject = cut_text(&rest), line = cut_text(&rest);
        if (!after(x, at, position)) continue;
        add_text(&b, at);
        add_text(&b, subject);
        add_text(&b, line);
    }
    nx_mem_set(x, nx_buf_span(&b), x->now + 2592000000, "au");
}

void nx_mem_do_stream(struct nx_memory_act *x)
{
    nx_span act = nx_mem_arg(x, 0), rest = nx_mem_get(x, "au");
    nx_mem_reply_text(x, "ok");
    if (nx_span_eq_str(act, "add")) {
        nx_mem_append(x, nx_mem_arg(x, 1), nx_mem_arg(x, 2));
        return;
    }
    const char *position = nx_mem_arg_text(x, 1);
    if (nx_span_eq_str(act, "drop")) {
        drop_until(x, rest, position);
        return;
    }
    for (int64_t left = nx_mem_arg_number(x, 2); rest.n > 0 && left > 0;) {
        nx_span at = cut_text(&rest), subject = cut_text(&rest), line = cut_text(&rest);
        if (!after(x, at, position)) continue;
        nx_mem_reply(x, at);
        nx_mem_reply(x, subject);
        nx_mem_reply(x, line);
        left--;
    }
}

/* --- marks
 * ----------------------------------------------------------------------------------------------------------
 */

static void mark_run(struct nx_memory_act *x)
{
    nx_span run = NX_SPAN_NONE, at = nx_mem_get(x, "run");
    nx_span_cut(&at, ' ', &run);
    int64_t met = nx_mem_to_number(at);
    if (!nx_span_eq_str(run, nx_mem_arg_text(x, 1))) {
        met = x->now;
        nx_mem_set(x, nx_span_str(nx_arena_printf(x->a, "%s %" PRId64, nx_mem_arg_text(x, 1), met)), 0,
                   "run");
    }
    nx_mem_reply_text(x, "ok");
    nx_mem_reply_number(x, x->now);
    nx_mem_reply_number(x, met);
}

void nx_mem_do_mark(struct nx_memory_act *x)
{
    nx_span act = nx_mem_arg(x, 0);
    if (nx_span_eq_str(act, "run")) {
        mark_run(x);
        return;
    }
    nx_mem_reply_text(x, "ok");
    if (nx_span_eq_str(act, "time")) {
        nx_mem_reply_number(x, x->now);
        return;
    }
    if (nx_span_eq_str(act, "settle")) {
        bool fresh = !nx_mem_entry(x, "gen");
        if (fresh) nx_mem_set(x, nx_mem_arg(x, 2), 0, "gen");
        if (fresh || !nx_mem_entry(x, "rev")) nx_mem_set(x, nx_mem_arg(x, 1), 0, "rev");
    }
    nx_span generation = nx_mem_get(x, "gen"), sequence = nx_mem_get(x, "rev");
    nx_mem_reply(x, generation.p ? generation : NX_LIT("-"));
    nx_mem_reply(x, sequence.p ? sequence : NX_LIT("-"));
}
#else
typedef int nx_memory_small_is_empty_in_release_builds;
#endif
