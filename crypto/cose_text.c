/* The text of a QR code: zlib (RFC 1950) and Base45 around a COSE object.
 *
 * Inflating stops at the room that was given: a code that would unpack to more is refused, so that a few
 * hundred characters cannot cost megabytes. */
#include "crypto/base45.h"
#include "crypto/cose.h"

#include <zlib.h>

NX_FALLIBLE nx_cose_text_encode(char **out, nx_arena *a, nx_span bytes)
{
    NX_REQUIRE(bytes.n <= NX_CBOR_MAX, NX_ERR_LIMIT);
    uLongf n = compressBound(bytes.n);
    uint8_t *packed = nx_arena_alloc(a, n);
    NX_NEED(packed);
    NX_REQUIRE(compress2(packed, &n, bytes.p, bytes.n, Z_BEST_COMPRESSION) == Z_OK, NX_ERR_MEMORY);
    return nx_base45_encode(out, a, nx_span_of(packed, n));
}

static nx_result inflate_whole(nx_span *out, nx_arena *a, nx_span packed)
{
    uint8_t *plain = nx_arena_alloc(a, NX_CBOR_MAX);
    NX_NEED(plain);
    uLongf n = NX_CBOR_MAX;
    uLong taken = packed.n;
    int r = uncompress2(plain, &n, packed.p, &taken);
    NX_REQUIRE(r != Z_BUF_ERROR, NX_ERR_LIMIT); /* more to come, and no room for it */
    NX_REQUIRE(r == Z_OK && taken == packed.n, NX_ERR_ZLIB);
    *out = nx_span_of(plain, n);
    return NX_OK;
}

NX_FALLIBLE nx_cose_text_decode(nx_span *out, nx_arena *a, nx_span text)
{
    nx_span packed;
    NX_TRY(nx_base45_decode(&packed, a, text));
    return inflate_whole(out, a, packed);
}
