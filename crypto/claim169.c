/* The text members of the map are rows; the others have functions. */
#include "crypto/claim169.h"

#include "base/text.h"

#include <stdio.h>

enum { KEY_BIRTHDATE = 8, KEY_GENDER = 9, KEY_KIND = 75, KEY_CODES = 76, KEY_PROOFING = 77 };

struct text_row {
    int key;
    size_t at;
};
#define TEXT(key, member)                                                                                    \
    {                                                                                                        \
        key, offsetof(struct nx_claim169, member)                                                            \
    }
/* In the order of the keys: all of them stand before 8 or after 9. */
static const struct text_row texts_before[] = {
    TEXT(1, id), TEXT(4, full_name), TEXT(5, first_name), TEXT(6, middle_name), TEXT(7, last_name),
};
static const struct text_row texts_behind[] = {
    TEXT(10, address),
    TEXT(11, email),
    TEXT(12, phone),
    TEXT(13, nationality),
};
#define ROWS(rows) (sizeof(rows) / sizeof(rows)[0])

static const char **text_at(struct nx_claim169 *c, const struct text_row *row)
{
    return (const char **)(void *)((char *)c + row->at);
}

/* A date of the calendar as "YYYYMMDD". */
static bool date_valid(const char *d)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (strlen(d) != 8 || strspn(d, "0123456789") != 8) return false;
    int year = 0, month = (d[4] - '0') * 10 + d[5] - '0', day = (d[6] - '0') * 10 + d[7] - '0';
    for (int i = 0; i < 4; i++)
        year = year * 10 + d[i] - '0';
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1]) return false;
    return month != 2 || day < 29 || leap;
}

static nx_result text_check(const char *s)
{
    nx_span text = nx_span_str(s);
    NX_REQUIRE(text.n <= NX_CLAIM169_TEXT_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(nx_utf8_valid(text), NX_ERR_ENCODING);
    return NX_OK;
}

static size_t count_texts(struct nx_claim169 *c, const struct text_row *rows, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += *text_at(c, &rows[i]) != NULL;
    return count;
}

static nx_result put_texts(nx_buf *b, struct nx_claim169 *c, const struct text_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *text = *text_at(c, &rows[i]);
        if (!text) continue;
        NX_TRY(text_check(text));
        nx_cbor_put_int(b, rows[i].key);
        nx_cbor_put_text(b, text);
    }
    return NX_OK;
}

static void put_number(nx_buf *b, int key, int value)
{
    if (!value) return;
    nx_cbor_put_int(b, key);
    nx_cbor_put_int(b, value);
}

static nx_result put_codes(nx_buf *b, const struct nx_claim169 *c)
{
    NX_REQUIRE(c->codes <= NX_CLAIM169_CODES_MAX, NX_ERR_LIMIT);
    if (!c->codes) return NX_OK;
    nx_cbor_put_int(b, KEY_CODES);
    nx_cbor_put_array(b, c->codes);
    for (size_t i = 0; i < c->codes; i++) {
        NX_TRY(text_check(c->code[i].scheme));
        NX_TRY(text_check(c->code[i].value));
        nx_cbor_put_array(b, 2);
        nx_cbor_put_text(b, c->code[i].scheme);
        nx_cbor_put_text(b, c->code[i].value);
    }
    return NX_OK;
}

static nx_result check_ranges(const struct nx_claim169 *c)
{
    NX_REQUIRE(c->birthdate[0] == 0 || date_valid(c->birthdate), NX_ERR_RANGE);
    NX_REQUIRE(c->gender >= 0 && c->gender <= 3, NX_ERR_RANGE);
    NX_REQUIRE(c->kind >= NX_169_UNSAID && c->kind <= NX_169_MANDATE, NX_ERR_RANGE);
    NX_REQUIRE(c->proofing >= 0 && c->proofing <= 4, NX_ERR_RANGE);
    return NX_OK;
}

NX_FALLIBLE nx_claim169_write(nx_span *out, nx_arena *a, const struct nx_claim169 *claim)
{
    NX_TRY(check_ranges(claim));
    struct nx_claim169 c = *claim;
    size_t count = count_texts(&c, texts_before, ROWS(texts_before)) +
                   count_texts(&c, texts_behind, ROWS(texts_behind)) + (c.birthdate[0] != 0) +
                   (c.gender != 0) + (c.kind != NX_169_UNSAID) + (c.codes != 0) + (c.proofing != 0);
    nx_buf b;
    nx_buf_init(&b, a, NX_CBOR_MAX);
    nx_cbor_put_map(&b, count);
    NX_TRY(put_texts(&b, &c, texts_before, ROWS(texts_before)));
    if (c.birthdate[0]) {
        nx_cbor_put_int(&b, KEY_BIRTHDATE);
        nx_cbor_put_text(&b, c.birthdate);
    }
    put_number(&b, KEY_GENDER, c.gender);
    NX_TRY(put_texts(&b, &c, texts_behind, ROWS(texts_behind)));
    put_number(&b, KEY_KIND, (int)c.kind);
    NX_TRY(put_codes(&b, &c));
    put_number(&b, KEY_PROOFING, c.proofing);
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_span(&b);
    return NX_OK;
}

static nx_result get_texts(struct nx_claim169 *out, nx_arena *a, const struct nx_cbor *map,
                           const struct text_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct nx_cbor *item = nx_cbor_at(map, rows[i].key);
        if (!item) continue;
        NX_TRY(nx_cbor_text(text_at(out, &rows[i]), a, item));
        NX_REQUIRE(strlen(*text_at(out, &rows[i])) <= NX_CLAIM169_TEXT_MAX, NX_ERR_LIMIT);
    }
    return NX_OK;
}

static nx_result get_number(int *out, const struct nx_cbor *map, int key, int64_t max)
{
    const struct nx_cbor *item = nx_cbor_at(map, key);
    if (!item) return NX_OK;
    int64_t value;
    NX_TRY(nx_cbor_int(&value, item));
    NX_REQUIRE(value >= 1 && value <= max, NX_ERR_CWT);
    *out = (int)value;
    return NX_OK;
}

static nx_result get_birthdate(struct nx_claim169 *out, nx_arena *a, const struct nx_cbor *map)
{
    const struct nx_cbor *item = nx_cbor_at(map, KEY_BIRTHDATE);
    if (!item) return NX_OK;
    const char *d;
    NX_TRY(nx_cbor_text(&d, a, item));
    bool dashed = strlen(d) == 10 && d[4] == '-' && d[7] == '-';
    NX_REQUIRE(dashed || strlen(d) == 8, NX_ERR_CWT);
    snprintf(out->birthdate, sizeof out->birthdate, "%.4s%.2s%.2s", d, d + (dashed ? 5 : 4),
             d + (dashed ? 8 : 6));
    NX_REQUIRE(date_valid(out->birthdate), NX_ERR_CWT);
    return NX_OK;
}

static nx_result get_codes(struct nx_claim169 *out, nx_arena *a, const struct nx_cbor *map)
{
    const struct nx_cbor *list = nx_cbor_at(map, KEY_CODES);
    if (!list) return NX_OK;
    NX_REQUIRE(list->type == NX_CBOR_ARRAY && list->count <= NX_CLAIM169_CODES_MAX, NX_ERR_CWT);
    for (size_t i = 0; i < list->count; i++) {
        const struct nx_cbor *pair = &list->item[i];
        NX_REQUIRE(pair->type == NX_CBOR_ARRAY && pair->count == 2, NX_ERR_CWT);
        NX_TRY(nx_cbor_text(&out->code[i].scheme, a, &pair->item[0]));
        NX_TRY(nx_cbor_text(&out->code[i].value, a, &pair->item[1]));
    }
    out->codes = list->count;
    return NX_OK;
}

NX_FALLIBLE nx_claim169_read(struct nx_claim169 *out, nx_arena *a, const struct nx_cbor *map)
{
    *out = (struct nx_claim169){.gender = 0};
    NX_REQUIRE(map && map->type == NX_CBOR_MAP, NX_ERR_CWT);
    NX_TRY(get_texts(out, a, map, texts_before, ROWS(texts_before)));
    NX_TRY(get_texts(out, a, map, texts_behind, ROWS(texts_behind)));
    NX_TRY(get_birthdate(out, a, map));
    NX_TRY(get_number(&out->gender, map, KEY_GENDER, 3));
    int kind = NX_169_UNSAID;
    NX_TRY(get_number(&kind, map, KEY_KIND, NX_169_MANDATE));
    out->kind = (enum nx_claim169_kind)kind;
    NX_TRY(get_codes(out, a, map));
    return get_number(&out->proofing, map, KEY_PROOFING, 4);
}
