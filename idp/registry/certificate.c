#include "registry/certificate.h"

#include "crypto/random.h"
#include "registry/sql.h"

#define COLUMNS "id, person, name, subject, issuer, bound_at, not_after, created"

static nx_result check_room(nx_registry *r, const char *person)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT COUNT(*) FROM certificate WHERE person = $1"));
    nx_sql_text(&q, person);
    NX_TRY(nx_sql_step(&q, &row));
    int64_t n = nx_sql_get_int(&q);
    NX_TRY(nx_sql_done(&q));
    NX_REQUIRE(n < NX_CERTIFICATES_MAX, NX_ERR_LIMIT);
    return NX_OK;
}

static nx_result insert(nx_registry *r, const struct nx_certificate *c)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       "INSERT INTO certificate (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"));
    nx_sql_text(&q, c->id.s);
    nx_sql_text(&q, c->person.s);
    nx_sql_blob(&q, nx_span_of((const char *)c->name, sizeof c->name));
    nx_sql_text(&q, c->subject);
    nx_sql_text(&q, c->issuer);
    nx_sql_int(&q, c->bound_at);
    nx_sql_int(&q, c->not_after);
    nx_sql_int(&q, c->created);
    return nx_sql_run(&q, NULL);
}

nx_result nx_certificate_add(nx_registry *r, struct nx_certificate *c)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_id_make(&c->id));
    c->created = nx_now();
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(check_room(r, c->person.s));
    NX_TRY(insert(r, c));
    return nx_registry_commit(&change);
}

static nx_result read_row(nx_sql *q, nx_arena *a, struct nx_certificate *out)
{
    nx_sql_get_id(q, &out->id);
    nx_sql_get_id(q, &out->person);
    nx_span name = nx_sql_get_blob(q, a);
    out->subject = nx_sql_get_text(q, a);
    out->issuer = nx_sql_get_text(q, a);
    out->bound_at = (int)nx_sql_get_int(q);
    out->not_after = nx_sql_get_int(q);
    out->created = nx_sql_get_int(q);
    NX_TRY(nx_sql_done(q));
    NX_REQUIRE(name.n == sizeof out->name, NX_ERR_REGISTRY);
    memcpy(out->name, name.p, name.n);
    return NX_OK;
}

nx_result nx_certificate_find(nx_registry *r, nx_arena *a, const uint8_t name[NX_CERTIFICATE_NAME_LEN],
                              struct nx_certificate *out)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT " COLUMNS " FROM certificate WHERE name = $1"));
    nx_sql_blob(&q, nx_span_of((const char *)name, NX_CERTIFICATE_NAME_LEN));
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    return read_row(&q, a, out);
}

nx_result nx_certificate_list(nx_registry *r, nx_arena *a, const char *person, struct nx_certificate **out,
                              size_t *n)
{
    NX_AUTO_SQL(q);
    bool row;
    *n = 0;
    *out = nx_arena_new(a, struct nx_certificate, NX_CERTIFICATES_MAX);
    NX_NEED(*out);
    NX_TRY(nx_sql_open(&q, r, "SELECT " COLUMNS " FROM certificate WHERE person = $1 ORDER BY created, id"));
    nx_sql_text(&q, person);
    NX_TRY(nx_sql_step(&q, &row));
    while (row && *n < NX_CERTIFICATES_MAX) {
        NX_TRY(read_row(&q, a, &(*out)[(*n)++]));
        NX_TRY(nx_sql_step(&q, &row));
    }
    return NX_OK;
}

nx_result nx_certificate_remove(nx_registry *r, const char *person, const char *id)
{
    return nx_sql_write(r, "DELETE FROM certificate WHERE id = $1 AND person = $2", "tt", id, person);
}
