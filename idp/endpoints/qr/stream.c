/* What a page with a code hears while it is open: a new frame each second, and that its state has changed. A
 * page without script reloads itself and needs none of this. */
#include "endpoints/qr/qr.h"

#include "qr/symbol.h"

#define STEP_ARENA_MAX (2u << 20)
#define STEP_MS 1000

struct watching {
    struct nx_qr_watcher w;
    nx_arena *arena; /* of one step: a stream lives for minutes and must not grow */
    const char *said;
    bool told;
};

static nx_result frame_event(nx_buf *out, nx_arena *a, const char *text)
{
    struct nx_symbol symbol;
    char *path;
    NX_TRY(nx_symbol_make(&symbol, a, nx_span_str(text)));
    NX_TRY(nx_symbol_path(&path, a, &symbol));
    NX_AUTO_JSON j = json_pack("{s:s, s:i, s:s}", "text", text, "size", nx_symbol_side(&symbol), "d", path);
    char *data = j ? nx_json_dump(a, j) : NULL;
    NX_NEED(data);
    nx_stream_event(out, "frame", data);
    return nx_buf_done(out);
}

static nx_result state_event(nx_buf *out, nx_arena *a, const char *state)
{
    char *data = nx_arena_printf(a, "{\"state\":\"%s\"}", state);
    NX_NEED(data);
    nx_stream_event(out, "state", data);
    return nx_buf_done(out);
}

static nx_result step(void *ctx, nx_buf *out, int *wait_ms, bool *end)
{
    struct watching *x = ctx;
    const char *state, *frame = NULL;
    nx_arena_reset(x->arena);
    *wait_ms = STEP_MS;
    NX_TRY(x->w.state_of(&x->w, x->arena, &state, &frame));
    if (frame) NX_TRY(frame_event(out, x->arena, frame));
    bool changed = strcmp(state, x->said) != 0;
    if (x->told && !changed) return NX_OK;
    /* The first event says how things stand, since they may have changed between the page and this stream. A
     * page that shows another state asks for itself anew: what it becomes is drawn there, and watched by
     * another stream. */
    x->told = true;
    *end = changed;
    return state_event(out, x->arena, state);
}

static void close_stream(void *ctx)
{
    struct watching *x = ctx;
    nx_arena_close(x->arena);
}

NX_FALLIBLE nx_qr_stream(nx_request *rq, nx_reply *rp, const struct nx_qr_watcher *w)
{
    struct watching *x = nx_arena_new(rq->arena, struct watching, 1);
    NX_NEED(x);
    *x = (struct watching){.w = *w, .arena = nx_arena_open(STEP_ARENA_MAX), .said = w->first};
    NX_NEED(x->arena);
    nx_reply_stream(rp, &(struct nx_stream){.step = step, .close = close_stream, .ctx = x});
    return NX_OK;
}

NX_FALLIBLE nx_qr_symbol_view(nx_view *v, nx_arena *a, const char *text)
{
    struct nx_symbol symbol;
    char *path;
    NX_TRY(nx_symbol_make(&symbol, a, nx_span_str(text)));
    NX_TRY(nx_symbol_path(&path, a, &symbol));
    nx_view_text(v, "qr_text", text);
    nx_view_number(v, "qr_size", nx_symbol_side(&symbol));
    nx_view_text(v, "qr_path", path);
    return NX_OK;
}
