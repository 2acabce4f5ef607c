/* The reader: libcbor's streaming decoder takes one head at a time and hands it to a callback, which notes it
 * in struct head; recursion, bounded by NX_CBOR_DEPTH_MAX, builds the tree. libcbor's own tree builder is not
 * used: it allocates by lengths that the input claims. */
#include "crypto/cbor.h"

#include "base/text.h"

#include <cbor.h>

struct reader {
    nx_arena *arena;
    nx_span rest;
    size_t items;
    enum nx_cbor_mode mode;
};

/* What the decoder reported about one head. */
struct head {
    struct nx_cbor item;
    bool open;  /* indefinite length */
    bool end;   /* the "break" that ends one */
    bool known; /* a callback ran */
};

static void note(void *ctx, enum nx_cbor_type type, uint64_t number)
{
    struct head *h = ctx;
    h->item.type = type;
    h->item.number = number;
    h->known = true;
}

static void on_uint8(void *ctx, uint8_t v)
{
    note(ctx, NX_CBOR_UINT, v);
}
static void on_uint16(void *ctx, uint16_t v)
{
    note(ctx, NX_CBOR_UINT, v);
}
static void on_uint32(void *ctx, uint32_t v)
{
    note(ctx, NX_CBOR_UINT, v);
}
static void on_uint64(void *ctx, uint64_t v)
{
    note(ctx, NX_CBOR_UINT, v);
}
static void on_nint8(void *ctx, uint8_t v)
{
    note(ctx, NX_CBOR_NINT, v);
}
static void on_nint16(void *ctx, uint16_t v)
{
    note(ctx, NX_CBOR_NINT, v);
}
static void on_nint32(void *ctx, uint32_t v)
{
    note(ctx, NX_CBOR_NINT, v);
}
static void on_nint64(void *ctx, uint64_t v)
{
    note(ctx, NX_CBOR_NINT, v);
}
static void on_bytes(void *ctx, cbor_data data, size_t n)
{
    note(ctx, NX_CBOR_BYTES, 0);
    ((struct head *)ctx)->item.bytes = nx_span_of(data, n);
}
static void on_text(void *ctx, cbor_data data, size_t n)
{
    note(ctx, NX_CBOR_TEXT, 0);
    ((struct head *)ctx)->item.bytes = nx_span_of(data, n);
}
static void on_array(void *ctx, size_t n)
{
    note(ctx, NX_CBOR_ARRAY, 0);
    ((struct head *)ctx)->item.count = n;
}
static void on_map(void *ctx, size_t n)
{
    note(ctx, NX_CBOR_MAP, 0);
    ((struct head *)ctx)->item.count = n;
}
static void on_tag(void *ctx, uint64_t v)
{
    note(ctx, NX_CBOR_TAG, v);
}
static void on_float(void *ctx, float v)
{
    note(ctx, NX_CBOR_FLOAT, 0);
    ((struct head *)ctx)->item.real = (double)v;
}
static void on_double(void *ctx, double v)
{
    note(ctx, NX_CBOR_FLOAT, 0);
    ((struct head *)ctx)->item.real = v;
}
static void on_bool(void *ctx, bool v)
{
    note(ctx, NX_CBOR_BOOL, v);
}
static void on_null(void *ctx)
{
    note(ctx, NX_CBOR_NULL, 0);
}
static void on_end(void *ctx)
{
    note(ctx, NX_CBOR_NULL, 0);
    ((struct head *)ctx)->end = true;
}
static void open_as(void *ctx, enum nx_cbor_type type)
{
    note(ctx, type, 0);
    ((struct head *)ctx)->open = true;
}
static void on_open_bytes(void *ctx)
{
    open_as(ctx, NX_CBOR_BYTES);
}
static void on_open_text(void *ctx)
{
    open_as(ctx, NX_CBOR_TEXT);
}
static void on_open_array(void *ctx)
{
    open_as(ctx, NX_CBOR_ARRAY);
}
static void on_open_map(void *ctx)
{
    open_as(ctx, NX_CBOR_MAP);
}

static const struct cbor_callbacks callbacks = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_uint64,
    .negint8 = on_nint8,
    .negint16 = on_nint16,
    .negint32 = on_nint32,
    .negint64 = on_nint64,
    .byte_string = on_bytes,
    .byte_string_start = on_open_bytes,
    .string = on_text,
    .string_start = on_open_text,
    .array_start = on_array,
    .indef_array_start = on_open_array,
    .map_start = on_map,
    .indef_map_start = on_open_map,
    .tag = on_tag,
    .float2 = on_float,
    .float4 = on_float,
    .float8 = on_double,
    .boolean = on_bool,
    .null = on_null,
    .undefined = on_null,
    .indef_break = on_end,
};

/* A tag number below 24 stands in the head itself; libcbor's decoder knows only those that were registered
 * when it was written, and COSE's 18 was not. */
static bool is_short_tag(uint8_t head)
{
    return head >= 0xc0 && head < 0xc0 + 24;
}

static nx_result read_head(struct reader *r, struct head *h)
{
    *h = (struct head){.known = false};
    NX_REQUIRE(++r->items <= NX_CBOR_ITEMS_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(r->rest.n > 0, NX_ERR_SYNTAX);
    if (is_short_tag(r->rest.p[0])) {
        on_tag(h, r->rest.p[0] - 0xc0);
        r->rest = nx_span_from(r->rest, 1);
        return NX_OK;
    }
    struct cbor_decoder_result d = cbor_stream_decode(r->rest.p, r->rest.n, &callbacks, h);
    NX_REQUIRE(d.status == CBOR_DECODER_FINISHED && d.read > 0 && d.read <= r->rest.n && h->known,
               NX_ERR_SYNTAX);
    NX_REQUIRE(!h->open || r->mode == NX_CBOR_FOREIGN, NX_ERR_SYNTAX);
    r->rest = nx_span_from(r->rest, d.read);
    return NX_OK;
}

static nx_result read_item(struct reader *r, struct nx_cbor *out, unsigned depth);

/* The chunks of a string of indefinite length, joined. */
static nx_result read_chunks(struct reader *r, struct nx_cbor *out)
{
    nx_buf joined;
    nx_buf_init(&joined, r->arena, NX_CBOR_MAX);
    for (;;) {
        struct head h;
        NX_TRY(read_head(r, &h));
        if (h.end) break;
        NX_REQUIRE(h.item.type == out->type && !h.open, NX_ERR_SYNTAX);
        NX_TRY(nx_buf_put(&joined, h.item.bytes));
    }
    out->bytes = nx_buf_span(&joined);
    return NX_OK;
}

/* `width` items an entry: 1 in arrays and tags, 2 in maps. */
static nx_result read_items(struct reader *r, struct nx_cbor *out, size_t width, unsigned depth)
{
    /* Each item needs a byte at least, so a claimed length past the input is refused before anything is
     * allocated. */
    NX_REQUIRE(out->count <= r->rest.n / width, NX_ERR_SYNTAX);
    struct nx_cbor *item = nx_arena_new(r->arena, struct nx_cbor, out->count * width);
    NX_NEED(item);
    for (size_t i = 0; i < out->count * width; i++)
        NX_TRY(read_item(r, &item[i], depth + 1));
    out->item = item;
    return NX_OK;
}

/* Whether the next byte is the break of an indefinite array or map; takes it. */
static bool at_break(struct reader *r)
{
    if (r->rest.n == 0 || r->rest.p[0] != 0xff) return false;
    r->rest = nx_span_from(r->rest, 1);
    return true;
}

static nx_result read_open_items(struct reader *r, struct nx_cbor *out, size_t width, unsigned depth)
{
    struct nx_cbor *item = nx_arena_new(r->arena, struct nx_cbor, NX_CBOR_ITEMS_MAX / 8);
    NX_NEED(item);
    size_t n = 0;
    while (!at_break(r)) {
        NX_REQUIRE(n < NX_CBOR_ITEMS_MAX / 8, NX_ERR_LIMIT);
        NX_TRY(read_item(r, &item[n++], depth + 1));
    }
    NX_REQUIRE(n % width == 0, NX_ERR_SYNTAX);
    out->count = n / width;
    out->item = item;
    return NX_OK;
}

static bool same_key(const struct nx_cbor *x, const struct nx_cbor *y)
{
    return x->type == y->type && x->number == y->number && nx_span_eq(x->bytes, y->bytes);
}

/* RFC 8949 section 5.6: a map with two equal keys is not valid, and readers that pick different ones differ.
 */
static nx_result check_keys(const struct nx_cbor *map)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct nx_cbor *key = &map->item[2 * i];
        NX_REQUIRE(key->type <= NX_CBOR_NINT || key->type == NX_CBOR_TEXT || key->type == NX_CBOR_BYTES,
                   NX_ERR_SYNTAX);
        for (size_t j = 0; j < i; j++)
            NX_REQUIRE(!same_key(key, &map->item[2 * j]), NX_ERR_DUPLICATE);
    }
    return NX_OK;
}

static nx_result read_item(struct reader *r, struct nx_cbor *out, unsigned depth)
{
    NX_REQUIRE(depth < NX_CBOR_DEPTH_MAX, NX_ERR_LIMIT);
    struct head h;
    NX_TRY(read_head(r, &h));
    NX_REQUIRE(!h.end, NX_ERR_SYNTAX);
    *out = h.item;
    size_t width = out->type == NX_CBOR_MAP ? 2 : 1;
    if (out->type == NX_CBOR_TAG) out->count = 1;
    if (out->type == NX_CBOR_TAG || out->type == NX_CBOR_ARRAY || out->type == NX_CBOR_MAP) {
        NX_TRY(h.open ? read_open_items(r, out, width, depth) : read_items(r, out, width, depth));
    } else if (h.open) {
        NX_TRY(read_chunks(r, out));
    }
    if (out->type == NX_CBOR_TEXT) NX_REQUIRE(nx_utf8_valid(out->bytes), NX_ERR_ENCODING);
    return out->type == NX_CBOR_MAP ? check_keys(out) : NX_OK;
}

NX_FALLIBLE nx_cbor_parse(const struct nx_cbor **out, nx_arena *a, nx_span in, enum nx_cbor_mode mode)
{
    NX_REQUIRE(in.n <= NX_CBOR_MAX, NX_ERR_LIMIT);
    struct reader r = {.arena = a, .rest = in, .mode = mode};
    struct nx_cbor *root = nx_arena_new(a, struct nx_cbor, 1);
    NX_NEED(root);
    NX_TRY(read_item(&r, root, 0));
    NX_REQUIRE(r.rest.n == 0, NX_ERR_SYNTAX);
    *out = root;
    return NX_OK;
}
