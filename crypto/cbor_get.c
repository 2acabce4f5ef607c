/* Looking into a tree, and writing: the small accessors of crypto/cbor.h. */
#include "crypto/cbor.h"

#include <cbor.h>

const struct nx_cbor *nx_cbor_at(const struct nx_cbor *map, int64_t key)
{
    if (!map || map->type != NX_CBOR_MAP) return NULL;
    enum nx_cbor_type type = key < 0 ? NX_CBOR_NINT : NX_CBOR_UINT;
    uint64_t number = key < 0 ? (uint64_t)(-1 - key) : (uint64_t)key;
    for (size_t i = 0; i < map->count; i++) {
        const struct nx_cbor *k = &map->item[2 * i];
        if (k->type == type && k->number == number) return &map->item[2 * i + 1];
    }
    return NULL;
}

const struct nx_cbor *nx_cbor_named(const struct nx_cbor *map, const char *key)
{
    if (!map || map->type != NX_CBOR_MAP) return NULL;
    for (size_t i = 0; i < map->count; i++) {
        const struct nx_cbor *k = &map->item[2 * i];
        if (k->type == NX_CBOR_TEXT && nx_span_eq_str(k->bytes, key)) return &map->item[2 * i + 1];
    }
    return NULL;
}

NX_FALLIBLE nx_cbor_int(int64_t *out, const struct nx_cbor *item)
{
    NX_REQUIRE(item, NX_ERR_MISSING);
    NX_REQUIRE(item->type == NX_CBOR_UINT || item->type == NX_CBOR_NINT, NX_ERR_SYNTAX);
    NX_REQUIRE(item->number <= INT64_MAX, NX_ERR_RANGE);
    *out = item->type == NX_CBOR_UINT ? (int64_t)item->number : -1 - (int64_t)item->number;
    return NX_OK;
}

NX_FALLIBLE nx_cbor_bytes(nx_span *out, const struct nx_cbor *item)
{
    NX_REQUIRE(item, NX_ERR_MISSING);
    NX_REQUIRE(item->type == NX_CBOR_BYTES, NX_ERR_SYNTAX);
    *out = item->bytes;
    return NX_OK;
}

NX_FALLIBLE nx_cbor_text(const char **out, nx_arena *a, const struct nx_cbor *item)
{
    NX_REQUIRE(item, NX_ERR_MISSING);
    NX_REQUIRE(item->type == NX_CBOR_TEXT, NX_ERR_SYNTAX);
    NX_REQUIRE(item->bytes.n == 0 || !memchr(item->bytes.p, 0, item->bytes.n), NX_ERR_ENCODING);
    *out = nx_arena_dup(a, item->bytes);
    NX_NEED(*out);
    return NX_OK;
}

NX_FALLIBLE nx_cbor_bool(bool *out, const struct nx_cbor *item)
{
    NX_REQUIRE(item, NX_ERR_MISSING);
    NX_REQUIRE(item->type == NX_CBOR_BOOL, NX_ERR_SYNTAX);
    *out = item->number != 0;
    return NX_OK;
}

#define HEAD_MAX 9

static void put_head(nx_buf *b, size_t (*encode)(uint64_t, unsigned char *, size_t), uint64_t value)
{
    unsigned char head[HEAD_MAX];
    nx_buf_add(b, nx_span_of(head, encode(value, head, sizeof head)));
}

/* libcbor's start functions take size_t; one signature for all. */
static size_t bytes_head(uint64_t n, unsigned char *out, size_t room)
{
    return cbor_encode_bytestring_start((size_t)n, out, room);
}
static size_t text_head(uint64_t n, unsigned char *out, size_t room)
{
    return cbor_encode_string_start((size_t)n, out, room);
}
static size_t array_head(uint64_t n, unsigned char *out, size_t room)
{
    return cbor_encode_array_start((size_t)n, out, room);
}
static size_t map_head(uint64_t n, unsigned char *out, size_t room)
{
    return cbor_encode_map_start((size_t)n, out, room);
}

void nx_cbor_put_int(nx_buf *b, int64_t value)
{
    if (value < 0)
        put_head(b, cbor_encode_negint, (uint64_t)(-1 - value));
    else
        put_head(b, cbor_encode_uint, (uint64_t)value);
}

void nx_cbor_put_bytes(nx_buf *b, nx_span bytes)
{
    put_head(b, bytes_head, bytes.n);
    nx_buf_add(b, bytes);
}

void nx_cbor_put_text(nx_buf *b, const char *text)
{
    nx_span s = nx_span_str(text);
    put_head(b, text_head, s.n);
    nx_buf_add(b, s);
}

void nx_cbor_put_bool(nx_buf *b, bool value)
{
    unsigned char head[HEAD_MAX];
    nx_buf_add(b, nx_span_of(head, cbor_encode_bool(value, head, sizeof head)));
}

void nx_cbor_put_array(nx_buf *b, size_t count)
{
    put_head(b, array_head, count);
}

void nx_cbor_put_map(nx_buf *b, size_t count)
{
    put_head(b, map_head, count);
}

void nx_cbor_put_tag(nx_buf *b, uint64_t tag)
{
    put_head(b, cbor_encode_tag, tag);
}
