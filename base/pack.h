/* Packs: the byte form of our own records (what a sealed Redis value holds).
 *
 * A pack is a version byte and a run of fields: tag (1 byte), length (4 bytes, big endian), bytes. Fields stand
 * in any order; an unknown tag is skipped, so that an older node reads what a newer one wrote; a tag that stands
 * twice, or a length past the end, is refused. Numbers are 8 bytes, big endian. */
#ifndef NX_BASE_PACK_H
#define NX_BASE_PACK_H

#include "base/buf.h"

#define NX_PACK_FIELDS_MAX 64

typedef struct nx_pack {
    uint8_t version;
    size_t count;
    struct {
        uint8_t tag;
        nx_span value;
    } field[NX_PACK_FIELDS_MAX];
} nx_pack;

void nx_pack_begin(nx_buf *b, uint8_t version);
void nx_pack_bytes(nx_buf *b, uint8_t tag, nx_span value);
/* An absent string (NULL) writes no field. */
void nx_pack_text(nx_buf *b, uint8_t tag, const char *value);
void nx_pack_number(nx_buf *b, uint8_t tag, int64_t value);

/* Splits; the values are borrowed from in. NX_ERR_SYNTAX, NX_ERR_DUPLICATE, NX_ERR_LIMIT. */
NX_FALLIBLE nx_pack_open(nx_pack *p, nx_span in);
/* The value, or NX_SPAN_NONE when the tag is absent. */
nx_span nx_pack_get(const nx_pack *p, uint8_t tag);
/* Copied with a NUL; NULL when absent. */
char *nx_pack_get_text(const nx_pack *p, uint8_t tag, nx_arena *a);
/* otherwise when the tag is absent or not 8 bytes long. */
int64_t nx_pack_get_number(const nx_pack *p, uint8_t tag, int64_t otherwise);

#endif
