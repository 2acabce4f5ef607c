/* order.lua in C. */
#include "sessions/memory.h"

#ifdef NX_TESTING
#include <inttypes.h>

#define LINGER_MS 60000

struct order {
    const char *id, *state, *by, *why;
    int64_t version, tries, created, deadline;
    nx_span value, body;
};

static bool load(struct order *o, struct nx_memory_act *x)
{
    nx_span line, w[7] = {{NULL, 0}}, value = nx_mem_get(x, "o:%s", o->id);
    if (!value.p) return false;
    value = nx_mem_copy(x, value);
    o->value = o->body = value;
    nx_span_cut(&o->body, '\n', &line);
    for (int i = 0; i < 7; i++)
        nx_span_cut(&line, ' ', &w[i]);
    o->state = nx_mem_text(x, w[0]);
    o->version = nx_mem_to_number(w[1]);
    o->tries = nx_mem_to_number(w[2]);
    o->created = nx_mem_to_number(w[3]);
    o->deadline = nx_mem_to_number(w[4]);
    o->by = nx_mem_text(x, w[5]);
    o->why = nx_mem_text(x, w[6]);
    return o->deadline > x->now;
}

static void save(struct order *o, struct nx_memory_act *x, nx_span body)
{
    nx_buf b;
    nx_buf_init(&b, x->a, 64 << 10);
    nx_buf_addf(&b, "%s %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %s %s\n", o->state, o->version,
                o->tries, o->created, o->deadline, o->by, o->why);
    nx_buf_add(&b, body);
    if (!nx_ok(nx_buf_done(&b))) x->failed = NX_ERR_MEMORY;
    o->value = nx_buf_span(&b);
    nx_mem_set(x, o->value, o->deadline, "o:%s", o->id);
}

static void reply(struct nx_memory_act *x, const char *word, const struct order *o)
{
    nx_mem_reply_text(x, word);
    nx_mem_reply_number(x, x->now);
    nx_mem_reply(x, o->value);
}

static void die(struct nx_memory_act *x, struct order *o, const char *why, const char *word)
{
    o->state = "dead";
    o->why = why;
    o->version++;
    o->deadline = x->now + LINGER_MS;
    save(o, x, o->body);
    reply(x, word, o);
}

static nx_span body_after(struct nx_memory_act *x, const struct order *o, size_t i)
{
    nx_span arg = nx_mem_arg(x, i);
    return arg.n == 0 ? o->body : nx_span_from(arg, 1);
}

static void begin(struct nx_memory_act *x, struct order *o)
{
    o->state = "shown";
    o->by = o->why = "-";
    o->created = x->now;
    o->deadline = x->now + nx_mem_arg_number(x, 2);
    save(o, x, nx_mem_arg(x, 3));
    reply(x, "ok", o);
}

static void take(struct nx_memory_act *x, struct order *o)
{
    const char *by = nx_mem_arg_text(x, 2);
    if (strcmp(o->by, by) == 0) {
        reply(x, "ok", o);
    } else if (strcmp(o->state, "shown") != 0) {
        die(x, o, "second", "spent");
    } else {
        o->state = "taken";
        o->by = by;
        o->version++;
        o->deadline = x->now + nx_mem_arg_number(x, 3);
        save(o, x, body_after(x, o, 4));
        reply(x, "ok", o);
    }
}

static void step(struct nx_memory_act *x, struct order *o)
{
    if (o->version != nx_mem_arg_number(x, 2)) {
        reply(x, "spent", o);
        return;
    }
    o->state = nx_mem_arg_text(x, 3);
    o->version++;
    if (strcmp(o->state, "done") == 0) o->deadline = x->now + LINGER_MS;
    save(o, x, body_after(x, o, 4));
    reply(x, "ok", o);
}

static void try(struct nx_memory_act *x, struct order *o)
{
    if (strcmp(o->state, "approved") != 0) {
        reply(x, "spent", o);
    } else if (o->tries >= nx_mem_arg_number(x, 2)) {
        die(x, o, "digits", "spent");
    } else {
        o->tries++;
        o->version++;
        save(o, x, o->body);
        reply(x, "ok", o);
    }
}

void nx_mem_do_order(struct nx_memory_act *x)
{
    nx_span act = nx_mem_arg(x, 0);
    struct order o = {.id = nx_mem_arg_text(x, 1)};
    if (nx_span_eq_str(act, "begin"))
        begin(x, &o);
    else if (!load(&o, x))
        nx_mem_reply_text(x, "gone");
    else if (nx_span_eq_str(act, "find"))
        reply(x, "ok", &o);
    else if (strcmp(o.state, "done") == 0 || strcmp(o.state, "dead") == 0)
        reply(x, "spent", &o);
    else if (nx_span_eq_str(act, "take"))
        take(x, &o);
    else if (nx_span_eq_str(act, "step"))
        step(x, &o);
    else if (nx_span_eq_str(act, "try"))
        try(x, &o);
    else
        die(x, &o, nx_mem_arg_text(x, 2), "ok");
}
#else
typedef int nx_memory_order_is_empty_in_release_builds;
#endif
