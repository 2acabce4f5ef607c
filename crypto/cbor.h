/* CBOR (RFC 8949), the part that QR identities need, strict: the one door to libcbor.
 *
 * Reading uses libcbor's streaming decoder, which allocates nothing, one item head at a time; the tree is
 * ours and lives in the arena. Refused: indefinite lengths (unless lenient), nesting past NX_CBOR_DEPTH_MAX,
 * more than NX_CBOR_ITEMS_MAX items, duplicate map keys (RFC 8949 section 5.6), text that is not UTF-8, bytes
 * behind the item. Byte and text spans are borrowed from the input (from the arena where chunks were joined).
 *
 * Writing is canonical: shortest heads, definite lengths; the caller states map entries in order. */
#ifndef NX_CRYPTO_CBOR_H
#define NX_CRYPTO_CBOR_H

#include "base/arena.h"
#include "base/buf.h"

#define NX_CBOR_MAX (8u << 10)
#define NX_CBOR_DEPTH_MAX 8
#define NX_CBOR_ITEMS_MAX 1024

enum nx_cbor_type {
    NX_CBOR_UINT,  /* number */
    NX_CBOR_NINT,  /* the value is -1 - number */
    NX_CBOR_BYTES, /* bytes */
    NX_CBOR_TEXT,  /* bytes, valid UTF-8 */
    NX_CBOR_ARRAY, /* count items */
    NX_CBOR_MAP,   /* count pairs: item[2i] is a key, item[2i + 1] its value */
    NX_CBOR_TAG,   /* number, item[0] */
    NX_CBOR_BOOL,  /* number 0 or 1 */
    NX_CBOR_NULL,  /* null and undefined */
    NX_CBOR_FLOAT, /* real */
};

struct nx_cbor {
    enum nx_cbor_type type;
    uint64_t number;
    double real;
    nx_span bytes;
    size_t count;
    const struct nx_cbor *item;
};

/* How much is forgiven. NX_CBOR_FOREIGN is for corpora and codes of other systems, never for objects of ours:
 * it allows indefinite lengths. */
enum nx_cbor_mode { NX_CBOR_STRICT, NX_CBOR_FOREIGN };

/* *out is in the arena. NX_ERR_LIMIT, NX_ERR_SYNTAX, NX_ERR_DUPLICATE, NX_ERR_ENCODING (text). */
NX_FALLIBLE nx_cbor_parse(const struct nx_cbor **out, nx_arena *a, nx_span in, enum nx_cbor_mode mode);

/* The value of an integer or text key; NULL when map is NULL or no map, or has no such key. */
const struct nx_cbor *nx_cbor_at(const struct nx_cbor *map, int64_t key);
const struct nx_cbor *nx_cbor_named(const struct nx_cbor *map, const char *key);
/* Reading with the type checked; a NULL item is NX_ERR_MISSING, another type NX_ERR_SYNTAX, an integer that
 * does not fit NX_ERR_RANGE. Texts are copied with a NUL and must not hold one. */
NX_FALLIBLE nx_cbor_int(int64_t *out, const struct nx_cbor *item);
NX_FALLIBLE nx_cbor_bytes(nx_span *out, const struct nx_cbor *item);
NX_FALLIBLE nx_cbor_text(const char **out, nx_arena *a, const struct nx_cbor *item);
NX_FALLIBLE nx_cbor_bool(bool *out, const struct nx_cbor *item);

/* Writers; failures stick in the buffer (nx_buf_done). */
void nx_cbor_put_int(nx_buf *b, int64_t value);
void nx_cbor_put_bytes(nx_buf *b, nx_span bytes);
void nx_cbor_put_text(nx_buf *b, const char *text);
void nx_cbor_put_bool(nx_buf *b, bool value);
/* Heads: count items, or count pairs, must follow. */
void nx_cbor_put_array(nx_buf *b, size_t count);
void nx_cbor_put_map(nx_buf *b, size_t count);
void nx_cbor_put_tag(nx_buf *b, uint64_t tag);

#endif
