/* The array and its compressed form; the token is in status_list_token.c. */
#include "crypto/status_list.h"

#include "base/text.h"

#include <zlib.h>

/* base64url of a list that does not compress at all. */
#define LST_MAX (NX_TSL_BYTES_MAX / 3 * 4 + 4096)

static bool bits_valid(unsigned bits)
{
    return bits == 1 || bits == 2 || bits == 4 || bits == 8;
}

size_t nx_tsl_bytes(size_t count, unsigned bits)
{
    size_t per_byte = 8 / bits;
    return (count + per_byte - 1) / per_byte;
}

NX_FALLIBLE nx_tsl_get(unsigned *value, nx_span list, unsigned bits, uint64_t index)
{
    NX_REQUIRE(bits_valid(bits), NX_ERR_RANGE);
    unsigned per_byte = 8 / bits;
    NX_REQUIRE(index / per_byte < list.n, NX_ERR_RANGE);
    *value = list.p[index / per_byte] >> (index % per_byte * bits) & ((1u << bits) - 1);
    return NX_OK;
}

NX_FALLIBLE nx_tsl_set(uint8_t *list, size_t n, unsigned bits, uint64_t index, unsigned value)
{
    NX_REQUIRE(bits_valid(bits) && value < 1u << bits, NX_ERR_RANGE);
    unsigned per_byte = 8 / bits, shift = (unsigned)(index % per_byte) * bits;
    NX_REQUIRE(index / per_byte < n, NX_ERR_RANGE);
    uint8_t *byte = &list[index / per_byte];
    *byte = (uint8_t)((*byte & ~(((1u << bits) - 1) << shift)) | value << shift);
    return NX_OK;
}

NX_FALLIBLE nx_tsl_lst_encode(char **out, nx_arena *a, nx_span list)
{
    NX_REQUIRE(list.n <= NX_TSL_BYTES_MAX, NX_ERR_LIMIT);
    uLongf n = compressBound(list.n);
    uint8_t *packed = nx_arena_alloc(a, n);
    NX_NEED(packed);
    NX_REQUIRE(compress2(packed, &n, list.p, list.n, Z_BEST_COMPRESSION) == Z_OK, NX_ERR_MEMORY);
    *out = nx_b64u_dup(a, nx_span_of(packed, n));
    NX_NEED(*out);
    return NX_OK;
}

/* Inflates into room that doubles up to the maximum: most lists are far smaller than the largest. */
static nx_result inflate_into(nx_span *out, nx_arena *a, nx_span packed, size_t room)
{
    uint8_t *plain = nx_arena_alloc(a, room);
    NX_NEED(plain);
    uLongf n = room;
    uLong taken = packed.n;
    int r = uncompress2(plain, &n, packed.p, &taken);
    NX_REQUIRE(r != Z_BUF_ERROR, NX_ERR_LIMIT);
    NX_REQUIRE(r == Z_OK && taken == packed.n, NX_ERR_ZLIB);
    *out = nx_span_of(plain, n);
    return NX_OK;
}

NX_FALLIBLE nx_tsl_lst_decode(nx_span *out, nx_arena *a, nx_span lst)
{
    NX_REQUIRE(lst.n <= LST_MAX, NX_ERR_LIMIT);
    nx_span packed;
    NX_TRY(nx_b64u_decode_dup(&packed, a, lst));
    nx_result r = inflate_into(out, a, packed, NX_TSL_BYTES_MAX / 16);
    if (r.e != NX_ERR_LIMIT) return r;
    return inflate_into(out, a, packed, NX_TSL_BYTES_MAX);
}
