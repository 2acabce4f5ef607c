#include "base/pack.h"

void nx_pack_begin(nx_buf *b, uint8_t version)
{
    nx_buf_add(b, nx_span_of(&version, 1));
}

void nx_pack_bytes(nx_buf *b, uint8_t tag, nx_span value)
{
    uint8_t head[5] = {tag, (uint8_t)(value.n >> 24), (uint8_t)(value.n >> 16), (uint8_t)(value.n >> 8),
                       (uint8_t)value.n};
    nx_buf_add(b, nx_span_of(head, sizeof head));
    nx_buf_add(b, value);
}

void nx_pack_text(nx_buf *b, uint8_t tag, const char *value)
{
    if (value) nx_pack_bytes(b, tag, nx_span_str(value));
}

void nx_pack_number(nx_buf *b, uint8_t tag, int64_t value)
{
    uint8_t raw[8];
    for (int i = 0; i < 8; i++)
        raw[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
    nx_pack_bytes(b, tag, nx_span_of(raw, sizeof raw));
}

NX_FALLIBLE nx_pack_open(nx_pack *p, nx_span in)
{
    NX_REQUIRE(in.n >= 1, NX_ERR_SYNTAX);
    p->version = in.p[0];
    p->count = 0;
    for (nx_span rest = nx_span_from(in, 1); rest.n > 0;) {
        NX_REQUIRE(rest.n >= 5, NX_ERR_SYNTAX);
        size_t n = (size_t)rest.p[1] << 24 | (size_t)rest.p[2] << 16 | (size_t)rest.p[3] << 8 | rest.p[4];
        NX_REQUIRE(n <= rest.n - 5, NX_ERR_SYNTAX);
        NX_REQUIRE(p->count < NX_PACK_FIELDS_MAX, NX_ERR_LIMIT);
        NX_REQUIRE(nx_pack_get(p, rest.p[0]).p == NULL, NX_ERR_DUPLICATE);
        p->field[p->count].tag = rest.p[0];
        p->field[p->count].value = nx_span_of(rest.p + 5, n);
        p->count++;
        rest = nx_span_from(rest, 5 + n);
    }
    return NX_OK;
}

nx_span nx_pack_get(const nx_pack *p, uint8_t tag)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->field[i].tag == tag) return p->field[i].value;
    return NX_SPAN_NONE;
}

char *nx_pack_get_text(const nx_pack *p, uint8_t tag, nx_arena *a)
{
    nx_span v = nx_pack_get(p, tag);
    return v.p ? nx_arena_dup(a, v) : NULL;
}

int64_t nx_pack_get_number(const nx_pack *p, uint8_t tag, int64_t otherwise)
{
    nx_span v = nx_pack_get(p, tag);
    if (v.n != 8) return otherwise;
    uint64_t n = 0;
    for (int i = 0; i < 8; i++)
        n = n << 8 | v.p[i];
    return (int64_t)n;
}
