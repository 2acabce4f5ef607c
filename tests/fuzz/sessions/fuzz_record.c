/* What comes back from the store is not trusted either: record lines, bounds, packs of grants, and the
 * store's URL. The first byte picks the parser. */
#include "sessions/grant.h"
#include "sessions/record.h"
#include "sessions/url.h"

#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void record(nx_arena *a, nx_span in)
{
    static nx_store store;
    struct nx_rec r;
    nx_rec_key key = nx_rec_name(NX_REC_FAMILY, "aaaaaaaaaaaaaaaaaaaaaaaaaa");
    store.shards = 4;
    const uint8_t *end = in.n > 0 ? memchr(in.p, '\n', in.n) : NULL;
    if (end) in.n = (size_t)(end - in.p) + 1; /* a body would need its seal */
    nx_ignore(nx_rec_parse(&r, &store, a, 0, key, in));
}

static void bounds(nx_arena *a, nx_span in)
{
    struct nx_epochs e;
    nx_id session;
    nx_span again;
    if (!nx_ok(nx_bounds_read(&e, &session, a, in))) return;
    if (!nx_ok(nx_bounds_write(&again, a, &e, session.s))) return;
    if (!nx_ok(nx_bounds_read(&e, &session, a, again))) __builtin_trap(); /* what we write we read */
}

static void grant(nx_arena *a, nx_span in)
{
    struct nx_grant g;
    nx_span again;
    if (nx_ok(nx_grant_unpack(&g, a, in))) nx_ignore(nx_grant_pack(&again, a, &g));
}

static void url(nx_arena *a, nx_span in)
{
    struct nx_store_url u;
    char *text = nx_arena_dup(a, in);
    if (text) nx_ignore(nx_store_url_parse(&u, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const parsers[])(nx_arena *, nx_span) = {record, bounds, grant, url};
    nx_arena *a = nx_arena_open(256 << 10);
    nx_log_level(NX_ERROR + 1);
    if (a && size > 0) parsers[data[0] % 4](a, nx_span_of(data + 1, size - 1));
    nx_arena_close(a);
    return 0;
}
