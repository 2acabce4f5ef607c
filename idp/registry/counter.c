#include "registry/counter.h"

#include "base/text.h"
#include "registry/sql.h"

static bool fits(const char *text)
{
    nx_span s = nx_span_str(text);
    return s.n > 0 && s.n <= NX_COUNTER_TEXT_MAX && nx_utf8_printable(s);
}

nx_result nx_counter_put(nx_registry *r, const struct nx_counter *c)
{
    NX_REQUIRE(fits(c->place) && (!c->organisation || fits(c->organisation)), NX_ERR_SYNTAX);
    return nx_sql_write(r,
                        "INSERT INTO counter (person, place, organisation, added) VALUES ($1, $2, $3, $4)"
                        " ON CONFLICT (person) DO UPDATE SET place = $2, organisation = $3",
                        "ttti", c->person.s, c->place, c->organisation, (int64_t)nx_now());
}

static nx_result read_row(nx_sql *q, nx_arena *a, struct nx_counter *out)
{
    nx_sql_get_id(q, &out->person);
    out->place = nx_sql_get_text(q, a);
    out->organisation = nx_sql_get_text(q, a);
    out->added = nx_sql_get_int(q);
    return nx_sql_done(q);
}

nx_result nx_counter_get(nx_registry *r, nx_arena *a, const char *person, struct nx_counter *out)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT person, place, organisation, added FROM counter WHERE person = $1"));
    nx_sql_text(&q, person);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    return read_row(&q, a, out);
}

static nx_result drop_vouchers(nx_registry *r, const char *officer)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "DELETE FROM voucher WHERE officer = $1 OR expires <= $2"));
    nx_sql_text(&q, officer);
    nx_sql_int(&q, nx_now());
    return nx_sql_run(&q, NULL);
}

nx_result nx_counter_remove(nx_registry *r, const char *person)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(nx_sql_write(r, "DELETE FROM counter WHERE person = $1", "t", person));
    NX_TRY(drop_vouchers(r, person));
    return nx_registry_commit(&change);
}

nx_result nx_counter_list(nx_registry *r, nx_arena *a, struct nx_counter **out, size_t *n)
{
    NX_AUTO_SQL(q);
    bool row;
    *n = 0;
    *out = nx_arena_new(a, struct nx_counter, NX_PAGE_MAX);
    NX_NEED(*out);
    NX_TRY(nx_sql_open(&q, r, "SELECT person, place, organisation, added FROM counter ORDER BY place, person LIMIT $1"));
    nx_sql_int(&q, NX_PAGE_MAX);
    NX_TRY(nx_sql_step(&q, &row));
    while (row && *n < NX_PAGE_MAX) {
        NX_TRY(read_row(&q, a, &(*out)[(*n)++]));
        NX_TRY(nx_sql_step(&q, &row));
    }
    return NX_OK;
}

/* ---- vouchers
 * ----------------------------------------------------------------------------------------------- */

static nx_result insert(nx_registry *r, const uint8_t code[NX_VOUCHER_CODE_LEN], const char *person,
                        const char *officer)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "INSERT INTO voucher (code, person, officer, expires) VALUES ($1, $2, $3, $4)"));
    nx_sql_blob(&q, nx_span_of((const char *)code, NX_VOUCHER_CODE_LEN));
    nx_sql_text(&q, person);
    nx_sql_text(&q, officer);
    nx_sql_int(&q, nx_now() + NX_VOUCHER_LIFE_S);
    return nx_sql_run(&q, NULL);
}

nx_result nx_voucher_put(nx_registry *r, const uint8_t code[NX_VOUCHER_CODE_LEN], const char *person,
                         const char *officer)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(drop_vouchers(r, officer)); /* one at a time for each officer */
    NX_TRY(insert(r, code, person, officer));
    return nx_registry_commit(&change);
}

static nx_result find(nx_registry *r, const uint8_t code[NX_VOUCHER_CODE_LEN], nx_id *person, nx_id *officer)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT person, officer FROM voucher WHERE code = $1 AND expires > $2"));
    nx_sql_blob(&q, nx_span_of((const char *)code, NX_VOUCHER_CODE_LEN));
    nx_sql_int(&q, nx_now());
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    nx_sql_get_id(&q, person);
    nx_sql_get_id(&q, officer);
    return nx_sql_done(&q);
}

static nx_result remove_code(nx_registry *r, const uint8_t code[NX_VOUCHER_CODE_LEN])
{
    NX_AUTO_SQL(q);
    int64_t changed = 0;
    NX_TRY(nx_sql_open(&q, r, "DELETE FROM voucher WHERE code = $1"));
    nx_sql_blob(&q, nx_span_of((const char *)code, NX_VOUCHER_CODE_LEN));
    NX_TRY(nx_sql_run(&q, &changed));
    NX_REQUIRE(changed == 1, NX_ERR_NOT_FOUND);
    return NX_OK;
}

nx_result nx_voucher_take(nx_registry *r, const uint8_t code[NX_VOUCHER_CODE_LEN], nx_id *person, nx_id *officer)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(find(r, code, person, officer));
    NX_TRY(remove_code(r, code));
    return nx_registry_commit(&change);
}
