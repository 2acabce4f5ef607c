/* Raw DEFLATE (RFC 1951) of the redirect binding. The output grows in steps and stops at the limits, so that a
 * bomb costs what an honest message of that size would. */
#include "saml/binding.h"

#include <zlib.h>

#define RAW (-15)
#define STEP (16u << 10)

static size_t most_of(size_t packed)
{
    size_t by_ratio = packed * NX_SAML_RATIO_MAX;
    return by_ratio < NX_SAML_MESSAGE_MAX ? by_ratio : NX_SAML_MESSAGE_MAX;
}

/* One step further; *rc is zlib's. Room for one byte beyond the limit shows that it was passed. */
static NX_FALLIBLE grow(z_stream *z, nx_buf *b, int *rc)
{
    size_t room = b->max - b->n < STEP ? b->max - b->n : STEP;
    NX_REQUIRE(room > 0, NX_ERR_LIMIT);
    uint8_t chunk[STEP];
    z->next_out = chunk;
    z->avail_out = (uInt)room;
    *rc = inflate(z, Z_NO_FLUSH);
    NX_REQUIRE(*rc == Z_OK || *rc == Z_STREAM_END, NX_ERR_SAML_BINDING);
    return nx_buf_put(b, nx_span_of(chunk, room - z->avail_out));
}

static NX_FALLIBLE inflate_all(z_stream *z, nx_buf *b)
{
    int rc = Z_OK;
    while (rc != Z_STREAM_END)
        NX_TRY(grow(z, b, &rc));
    NX_REQUIRE(z->avail_in == 0, NX_ERR_SAML_BINDING); /* nothing hides behind the stream */
    return NX_OK;
}

NX_FALLIBLE nx_saml_inflate(nx_span *out, nx_arena *a, nx_span in)
{
    NX_REQUIRE(in.n > 0 && in.n <= NX_SAML_MESSAGE_MAX, NX_ERR_SAML_BINDING);
    z_stream z = {.next_in = (Bytef *)(uintptr_t)in.p, .avail_in = (uInt)in.n};
    nx_buf b;
    size_t most = most_of(in.n);
    nx_buf_init(&b, a, most + 1);
    NX_REQUIRE(inflateInit2(&z, RAW) == Z_OK, NX_ERR_MEMORY);
    nx_result r = inflate_all(&z, &b);
    inflateEnd(&z);
    NX_TRY(r);
    NX_REQUIRE(b.n <= most, NX_ERR_LIMIT);
    NX_REQUIRE(b.n > 0, NX_ERR_SAML_BINDING);
    *out = nx_buf_span(&b);
    return NX_OK;
}

NX_FALLIBLE nx_saml_deflate(nx_span *out, nx_arena *a, nx_span in)
{
    NX_REQUIRE(in.n <= NX_SAML_MESSAGE_MAX, NX_ERR_LIMIT);
    z_stream z = {.next_in = (Bytef *)(uintptr_t)in.p, .avail_in = (uInt)in.n};
    NX_REQUIRE(deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, RAW, 8, Z_DEFAULT_STRATEGY) == Z_OK,
               NX_ERR_MEMORY);
    size_t room = deflateBound(&z, (uLong)in.n);
    uint8_t *p = nx_arena_alloc(a, room);
    int rc = Z_MEM_ERROR;
    if (p) {
        z.next_out = p;
        z.avail_out = (uInt)room;
        rc = deflate(&z, Z_FINISH);
    }
    deflateEnd(&z);
    NX_NEED(p);
    NX_REQUIRE(rc == Z_STREAM_END, NX_ERR_INTERNAL);
    *out = nx_span_of(p, room - z.avail_out);
    return NX_OK;
}
