/* Models of authenticators by their AAGUID. */
#include "registry/passkey.h"
#include "registry/sql.h"

#define COLUMNS "aaguid, name, allowed, biometric, anchors, updated"

void nx_aaguid_text(char out[NX_AAGUID_TEXT + 1], const uint8_t aaguid[NX_AAGUID_LEN])
{
    char hex[2 * NX_AAGUID_LEN + 1];
    size_t n = 0;
    nx_hex_encode(hex, nx_span_of(aaguid, NX_AAGUID_LEN));
    for (size_t i = 0; hex[i]; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20) out[n++] = '-';
        out[n++] = hex[i];
    }
    out[n] = 0;
}

nx_result nx_aaguid_of(uint8_t out[NX_AAGUID_LEN], nx_span text)
{
    char hex[2 * NX_AAGUID_LEN];
    size_t n = 0, bytes = 0;
    NX_REQUIRE(text.n == NX_AAGUID_TEXT, NX_ERR_SYNTAX);
    for (size_t i = 0; i < text.n; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        uint8_t c = text.p[i];
        NX_REQUIRE(dash == (c == '-'), NX_ERR_SYNTAX);
        if (!dash) hex[n++] = (char)(c >= 'A' && c <= 'F' ? c | 0x20 : c);
    }
    NX_REQUIRE(nx_ok(nx_hex_decode(out, NX_AAGUID_LEN, &bytes, nx_span_of(hex, n))), NX_ERR_SYNTAX);
    NX_REQUIRE(bytes == NX_AAGUID_LEN, NX_ERR_SYNTAX);
    return NX_OK;
}

nx_result nx_passkey_model_set(nx_registry *r, struct nx_passkey_model *m)
{
    NX_REQUIRE(m->name && *m->name && strlen(m->name) <= NX_PASSKEY_NAME_MAX, NX_ERR_RANGE);
    NX_REQUIRE(m->anchors && strlen(m->anchors) <= NX_PASSKEY_ANCHORS_MAX, NX_ERR_RANGE);
    m->updated = nx_now();
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       "INSERT INTO passkey_model (" COLUMNS
                       ") VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (aaguid)"
                       " DO UPDATE SET name = $2, allowed = $3, biometric = $4, anchors = $5, updated = $6"));
    nx_sql_blob(&q, nx_span_of(m->aaguid, NX_AAGUID_LEN));
    nx_sql_text(&q, m->name);
    nx_sql_int(&q, m->allowed);
    nx_sql_int(&q, m->biometric);
    nx_sql_text(&q, m->anchors);
    nx_sql_int(&q, m->updated);
    NX_TRY(nx_sql_run(&q, NULL));
    nx_sql_close(&q);
    return nx_registry_commit(&change);
}

static nx_result read_row(nx_sql *q, nx_arena *a, struct nx_passkey_model *m)
{
    nx_span aaguid = nx_sql_get_blob(q, a);
    m->name = nx_sql_get_text(q, a);
    m->allowed = nx_sql_get_int(q) == 1;
    m->biometric = nx_sql_get_int(q) == 1;
    m->anchors = nx_sql_get_text(q, a);
    m->updated = nx_sql_get_int(q);
    NX_TRY(nx_sql_done(q));
    NX_REQUIRE(aaguid.n == NX_AAGUID_LEN && m->name && m->anchors, NX_ERR_REGISTRY);
    memcpy(m->aaguid, aaguid.p, NX_AAGUID_LEN);
    return NX_OK;
}

nx_result nx_passkey_model_get(nx_registry *r, nx_arena *a, const uint8_t aaguid[NX_AAGUID_LEN],
                               struct nx_passkey_model *out)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT " COLUMNS " FROM passkey_model WHERE aaguid = $1"));
    nx_sql_blob(&q, nx_span_of(aaguid, NX_AAGUID_LEN));
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    return read_row(&q, a, out);
}

nx_result nx_passkey_model_delete(nx_registry *r, const uint8_t aaguid[NX_AAGUID_LEN])
{
    int64_t changed = 0;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "DELETE FROM passkey_model WHERE aaguid = $1"));
    nx_sql_blob(&q, nx_span_of(aaguid, NX_AAGUID_LEN));
    NX_TRY(nx_sql_run(&q, &changed));
    NX_REQUIRE(changed > 0, NX_ERR_NOT_FOUND);
    nx_sql_close(&q);
    return nx_registry_commit(&change);
}

nx_result nx_passkey_model_list(nx_registry *r, nx_arena *a, struct nx_passkey_model **out, size_t *n)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT " COLUMNS " FROM passkey_model ORDER BY name, aaguid LIMIT $1"));
    nx_sql_int(&q, NX_PAGE_MAX);
    *out = nx_arena_new(a, struct nx_passkey_model, NX_PAGE_MAX);
    NX_NEED(*out);
    for (*n = 0; *n < NX_PAGE_MAX; ++*n) {
        NX_TRY(nx_sql_step(&q, &row));
        if (!row) break;
        NX_TRY(read_row(&q, a, &(*out)[*n]));
    }
    return NX_OK;
}

nx_result nx_passkey_models_trusted(nx_registry *r, bool *out)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "SELECT 1 FROM passkey_model WHERE allowed = 1 AND anchors <> '' LIMIT 1"));
    return nx_sql_step(&q, out);
}
