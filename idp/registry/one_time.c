#include "registry/one_time.h"

#include "base/text.h"
#include "registry/sql.h"

static const char *const kinds[] = {"totp", "hotp"};
#define KINDS (sizeof kinds / sizeof kinds[0])

const char *nx_one_time_kind_name(enum nx_one_time_kind kind)
{
    return kinds[kind];
}

nx_result nx_one_time_kind_of(enum nx_one_time_kind *out, nx_span name)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (!nx_span_eq_str(name, kinds[i])) continue;
        *out = (enum nx_one_time_kind)i;
        return NX_OK;
    }
    NX_FAIL(NX_ERR_UNKNOWN);
}

/* ---- generators ---- */

static nx_result room_for_one(nx_registry *r, const char *person)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT count(*) FROM one_time WHERE person = $1"));
    nx_sql_text(&q, person);
    NX_TRY(nx_sql_step(&q, &row));
    int64_t count = nx_sql_get_int(&q);
    NX_TRY(nx_sql_done(&q));
    NX_REQUIRE(count < NX_ONE_TIME_MAX, NX_ERR_LIMIT);
    return NX_OK;
}

static nx_result insert(nx_registry *r, const struct nx_one_time *c)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(
        &q, r,
        "INSERT INTO one_time (id, person, kind, state, bound_at, moving, drift, created, used, label,"
        " sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10)"));
    nx_sql_text(&q, c->id.s);
    nx_sql_text(&q, c->person.s);
    nx_sql_int(&q, (int64_t)c->kind);
    nx_sql_int(&q, (int64_t)c->state);
    nx_sql_int(&q, c->bound_at);
    nx_sql_int(&q, c->moving);
    nx_sql_int(&q, c->drift);
    nx_sql_int(&q, c->created);
    nx_sql_text(&q, c->label);
    nx_sql_blob(&q, c->sealed);
    return nx_sql_run(&q, NULL);
}

nx_result nx_one_time_create(nx_registry *r, struct nx_one_time *c)
{
    NX_REQUIRE(nx_id_valid(nx_span_str(c->id.s)) && c->sealed.n, NX_ERR_MISSING);
    NX_REQUIRE(c->sealed.n <= NX_ONE_TIME_SEALED_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(!c->label || strlen(c->label) <= NX_ONE_TIME_LABEL_MAX, NX_ERR_LIMIT);
    c->created = nx_now();
    c->used = 0;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(room_for_one(r, c->person.s));
    NX_TRY(insert(r, c));
    return nx_registry_commit(&change);
}

static nx_result read_row(nx_sql *q, nx_arena *a, struct nx_one_time *c)
{
    nx_sql_get_id(q, &c->id);
    nx_sql_get_id(q, &c->person);
    int64_t kind = nx_sql_get_int(q), state = nx_sql_get_int(q);
    c->bound_at = (int)nx_sql_get_int(q);
    c->moving = nx_sql_get_int(q);
    c->drift = nx_sql_get_int(q);
    c->created = nx_sql_get_int(q);
    c->used = nx_sql_get_int(q);
    c->label = nx_sql_get_text(q, a);
    c->sealed = nx_sql_get_blob(q, a);
    NX_TRY(nx_sql_done(q));
    NX_REQUIRE(kind >= 0 && kind < (int64_t)KINDS, NX_ERR_REGISTRY);
    c->kind = (enum nx_one_time_kind)kind;
    c->state = state == NX_ONE_TIME_ACTIVE ? NX_ONE_TIME_ACTIVE : NX_ONE_TIME_PENDING;
    return NX_OK;
}

nx_result nx_one_time_list(nx_registry *r, nx_arena *a, const char *person, struct nx_one_time **out,
                           size_t *n)
{
    NX_AUTO_SQL(q);
    bool row;
    *out = nx_arena_new(a, struct nx_one_time, NX_ONE_TIME_MAX);
    NX_NEED(*out);
    NX_TRY(nx_sql_open(
        &q, r,
        "SELECT id, person, kind, state, bound_at, moving, drift, created, used, label, sealed FROM"
        " one_time WHERE person = $1 ORDER BY created, id LIMIT $2"));
    nx_sql_text(&q, person);
    nx_sql_int(&q, NX_ONE_TIME_MAX);
    for (*n = 0; *n < NX_ONE_TIME_MAX; ++*n) {
        NX_TRY(nx_sql_step(&q, &row));
        if (!row) break;
        NX_TRY(read_row(&q, a, &(*out)[*n]));
    }
    return NX_OK;
}

nx_result nx_one_time_take(nx_registry *r, const char *id, int64_t at, int64_t drift)
{
    return nx_sql_write(
        r,
        "UPDATE one_time SET moving = $1 + 1, drift = $2, used = $3, state = 1 WHERE id = $4 AND"
        " moving <= $1",
        "iiit", at, drift, (int64_t)nx_now(), id);
}

nx_result nx_one_time_delete(nx_registry *r, const char *person, const char *id)
{
    return nx_sql_write(r, "DELETE FROM one_time WHERE id = $1 AND person = $2", "tt", id, person);
}

/* ---- recovery codes ---- */

static nx_result insert_recovery(nx_registry *r, const char *person, nx_span digest, nx_time now)
{
    NX_AUTO_SQL(q);
    NX_REQUIRE(digest.n == NX_RECOVERY_DIGEST_LEN, NX_ERR_RANGE);
    NX_TRY(nx_sql_open(&q, r,
                       "INSERT INTO recovery_code (person, digest, created, used) VALUES ($1, $2, $3, 0)"));
    nx_sql_text(&q, person);
    nx_sql_blob(&q, digest);
    nx_sql_int(&q, now);
    return nx_sql_run(&q, NULL);
}

static nx_result remove_recovery(nx_registry *r, const char *person)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "DELETE FROM recovery_code WHERE person = $1"));
    nx_sql_text(&q, person);
    return nx_sql_run(&q, NULL);
}

nx_result nx_recovery_set(nx_registry *r, const char *person, const nx_span *digests, size_t count)
{
    nx_time now = nx_now();
    NX_REQUIRE(count <= NX_RECOVERY_CODES, NX_ERR_LIMIT);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(remove_recovery(r, person));
    for (size_t i = 0; i < count; i++)
        NX_TRY(insert_recovery(r, person, digests[i], now));
    return nx_registry_commit(&change);
}

nx_result nx_recovery_take(nx_registry *r, const char *person, nx_span digest)
{
    int64_t changed = 0;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    {
        NX_AUTO_SQL(q);
        NX_TRY(nx_sql_open(
            &q, r, "UPDATE recovery_code SET used = $1 WHERE person = $2 AND digest = $3 AND used = 0"));
        nx_sql_int(&q, nx_now());
        nx_sql_text(&q, person);
        nx_sql_blob(&q, digest);
        NX_TRY(nx_sql_run(&q, &changed));
    }
    NX_REQUIRE(changed == 1, NX_ERR_NOT_FOUND);
    return nx_registry_commit(&change);
}

nx_result nx_recovery_count(nx_registry *r, const char *person, int64_t *left, nx_time *created)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT sum(used = 0), max(created) FROM recovery_code WHERE person = $1"));
    nx_sql_text(&q, person);
    NX_TRY(nx_sql_step(&q, &row));
    *left = nx_sql_get_int(&q);
    *created = nx_sql_get_int(&q);
    return nx_sql_done(&q);
}

/* ---- always a second factor ---- */

nx_result nx_always_second_get(nx_registry *r, const char *person, bool *always)
{
    NX_AUTO_SQL(q);
    bool row;
    *always = false;
    NX_TRY(nx_sql_open(&q, r, "SELECT always_second FROM person_choice WHERE person = $1"));
    nx_sql_text(&q, person);
    NX_TRY(nx_sql_step(&q, &row));
    if (row) *always = nx_sql_get_int(&q) != 0;
    return nx_sql_done(&q);
}

nx_result nx_always_second_set(nx_registry *r, const char *person, bool always)
{
    return nx_sql_write(
        r,
        "INSERT INTO person_choice (person, always_second) VALUES ($1, $2) ON CONFLICT (person) DO"
        " UPDATE SET always_second = excluded.always_second",
        "ti", person, (int64_t)always);
}
