#include "registry/kiosk.h"

#include "base/text.h"
#include "crypto/random.h"
#include "registry/sql.h"

#define COLUMNS "id, state, name, place, organisation, jwk, created, enrolled"

const char *nx_kiosk_state_name(enum nx_kiosk_state state)
{
    static const char *const names[] = {"pending", "active", "revoked"};
    return state <= NX_KIOSK_REVOKED ? names[state] : "";
}

static bool fits(const char *text)
{
    nx_span s = nx_span_str(text);
    return s.n > 0 && s.n <= NX_KIOSK_TEXT_MAX && nx_utf8_printable(s);
}

nx_result nx_kiosk_add(nx_registry *r, struct nx_kiosk *k)
{
    NX_REQUIRE(fits(k->name) && fits(k->place) && (!k->organisation || fits(k->organisation)), NX_ERR_SYNTAX);
    NX_TRY(nx_id_make(&k->id));
    k->state = NX_KIOSK_PENDING;
    k->created = nx_now();
    return nx_sql_write(r,
                        "INSERT INTO kiosk (id, state, name, place, organisation, created, enrolled)"
                        " VALUES ($1, 0, $2, $3, $4, $5, 0)",
                        "tttti", k->id.s, k->name, k->place, k->organisation, (int64_t)k->created);
}

static nx_result read_row(nx_sql *q, nx_arena *a, struct nx_kiosk *out)
{
    nx_sql_get_id(q, &out->id);
    out->state = (enum nx_kiosk_state)nx_sql_get_int(q);
    out->name = nx_sql_get_text(q, a);
    out->place = nx_sql_get_text(q, a);
    out->organisation = nx_sql_get_text(q, a);
    out->jwk = nx_sql_get_text(q, a);
    out->created = nx_sql_get_int(q);
    out->enrolled = nx_sql_get_int(q);
    return nx_sql_done(q);
}

nx_result nx_kiosk_get(nx_registry *r, nx_arena *a, const char *id, struct nx_kiosk *out)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT " COLUMNS " FROM kiosk WHERE id = $1"));
    nx_sql_text(&q, id);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    return read_row(&q, a, out);
}

nx_result nx_kiosk_enrol(nx_registry *r, const char *id, const char *jwk, const char *thumbprint)
{
    return nx_sql_write(r,
                        "UPDATE kiosk SET state = 1, jwk = $1, thumbprint = $2, enrolled = $3"
                        " WHERE id = $4 AND state = 0",
                        "ttit", jwk, thumbprint, (int64_t)nx_now(), id);
}

nx_result nx_kiosk_revoke(nx_registry *r, const char *id)
{
    nx_result gone = nx_sql_write(r, "DELETE FROM kiosk WHERE id = $1 AND state = 0", "t", id);
    if (gone.e != NX_ERR_NOT_FOUND) return gone;
    return nx_sql_write(r, "UPDATE kiosk SET state = 2 WHERE id = $1 AND state = 1", "t", id);
}

nx_result nx_kiosk_list(nx_registry *r, nx_arena *a, const char *after, size_t limit, struct nx_kiosk_page *out)
{
    NX_AUTO_SQL(q);
    bool row;
    if (limit == 0) limit = NX_PAGE_DEFAULT;
    NX_REQUIRE(limit <= NX_PAGE_MAX, NX_ERR_RANGE);
    *out = (struct nx_kiosk_page){.v = nx_arena_new(a, struct nx_kiosk, limit)};
    NX_NEED(out->v);
    NX_TRY(nx_sql_open(&q, r, "SELECT " COLUMNS " FROM kiosk WHERE id > $1 ORDER BY id LIMIT $2"));
    nx_sql_text(&q, after ? after : "");
    nx_sql_int(&q, (int64_t)limit + 1);
    NX_TRY(nx_sql_step(&q, &row));
    while (row && out->n < limit) {
        NX_TRY(read_row(&q, a, &out->v[out->n++]));
        NX_TRY(nx_sql_step(&q, &row));
    }
    out->more = row;
    return NX_OK;
}
