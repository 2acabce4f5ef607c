#include "registry/passkey.h"

#include "crypto/random.h"
#include "registry/sql.h"

#define COLUMNS                                                                                              \
    "id, person, qid, state, bound_at, alg, counter, backup_eligible, backed_up, attested, created, used, "  \
    "credential_id, public_key, aaguid, transports, name"

#define LIST_MAX 200

const char *nx_passkey_state_name(enum nx_passkey_state state)
{
    return state == NX_PASSKEY_ACTIVE ? "active" : "flagged";
}

/* ---- user handles
 * --------------------------------------------------------------------------------------------- */

static nx_result read_handle(nx_registry *r, const char *person, uint8_t out[NX_USER_HANDLE_LEN], bool *found)
{
    NX_AUTO(nx_arena) a = nx_arena_open(1024);
    NX_AUTO_SQL(q);
    NX_NEED(a);
    NX_TRY(nx_sql_open(&q, r, "SELECT handle FROM passkey_holder WHERE person = $1"));
    nx_sql_text(&q, person);
    NX_TRY(nx_sql_step(&q, found));
    if (!*found) return NX_OK;
    nx_span handle = nx_sql_get_blob(&q, a);
    NX_TRY(nx_sql_done(&q));
    NX_REQUIRE(handle.n == NX_USER_HANDLE_LEN, NX_ERR_REGISTRY);
    memcpy(out, handle.p, NX_USER_HANDLE_LEN);
    return NX_OK;
}

static nx_result insert_handle(nx_registry *r, const char *person, const uint8_t handle[NX_USER_HANDLE_LEN])
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "INSERT INTO passkey_holder (person, handle) VALUES ($1, $2)"));
    nx_sql_text(&q, person);
    nx_sql_blob(&q, nx_span_of(handle, NX_USER_HANDLE_LEN));
    return nx_sql_run(&q, NULL);
}

/* Read again inside the change: another node may have drawn one meanwhile, and an authenticator that learnt
 * it must find it again. */
nx_result nx_passkey_handle(nx_registry *r, const char *person, uint8_t out[NX_USER_HANDLE_LEN])
{
    bool found;
    NX_TRY(read_handle(r, person, out, &found));
    if (found) return NX_OK;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(read_handle(r, person, out, &found));
    if (found) return NX_OK;
    NX_TRY(nx_random(out, NX_USER_HANDLE_LEN));
    NX_TRY(insert_handle(r, person, out));
    return nx_registry_commit(&change);
}

nx_result nx_passkey_handle_is(nx_registry *r, const char *person, nx_span handle, bool *same)
{
    uint8_t hers[NX_USER_HANDLE_LEN];
    bool found;
    NX_TRY(read_handle(r, person, hers, &found));
    NX_REQUIRE(found, NX_ERR_NOT_FOUND);
    *same = nx_span_eq(handle, nx_span_of(hers, sizeof hers));
    return NX_OK;
}

/* ---- rows
 * ----------------------------------------------------------------------------------------------------- */

static const char *qid_or_null(const struct nx_passkey *k)
{
    return k->qid.s[0] ? k->qid.s : NULL;
}

static nx_result check(const struct nx_passkey *k)
{
    NX_REQUIRE(k->credential_id.n >= NX_PASSKEY_ID_MIN && k->credential_id.n <= NX_PASSKEY_ID_MAX,
               NX_ERR_RANGE);
    NX_REQUIRE(k->public_key.n > 0 && k->public_key.n <= NX_PASSKEY_KEY_MAX, NX_ERR_RANGE);
    NX_REQUIRE(k->bound_at >= 1 && k->bound_at <= 4, NX_ERR_RANGE);
    NX_REQUIRE(k->name && *k->name && strlen(k->name) <= NX_PASSKEY_NAME_MAX, NX_ERR_RANGE);
    NX_REQUIRE(k->transports && strlen(k->transports) <= NX_PASSKEY_TRANSPORTS_MAX, NX_ERR_RANGE);
    return NX_OK;
}

/* Those of a kind are counted together: the ones that sign in, or the ones of one phone, whose holder it must
 * be. */
static nx_result has_room(nx_registry *r, const struct nx_passkey *k)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT count(*) FROM passkey WHERE person = $1 AND qid IS $2"));
    nx_sql_text(&q, k->person.s);
    nx_sql_text(&q, qid_or_null(k));
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row && nx_sql_get_int(&q) < NX_PASSKEYS_MAX, NX_ERR_LIMIT);
    nx_sql_close(&q);
    if (!qid_or_null(k)) return NX_OK;
    NX_AUTO_SQL(o);
    NX_TRY(nx_sql_open(&o, r, "SELECT 1 FROM qr_identity WHERE qid = $1 AND person = $2"));
    nx_sql_text(&o, k->qid.s);
    nx_sql_text(&o, k->person.s);
    NX_TRY(nx_sql_step(&o, &row));
    NX_REQUIRE(row, NX_ERR_CONFLICT);
    return NX_OK;
}

static nx_result insert(nx_registry *r, const struct nx_passkey *k)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       "INSERT INTO passkey (" COLUMNS
                       ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,"
                       " $13, $14, $15, $16, $17)"));
    nx_sql_text(&q, k->id.s);
    nx_sql_text(&q, k->person.s);
    nx_sql_text(&q, qid_or_null(k));
    nx_sql_int(&q, (int64_t)k->state);
    nx_sql_int(&q, k->bound_at);
    nx_sql_int(&q, k->alg);
    nx_sql_int(&q, k->counter);
    nx_sql_int(&q, k->backup_eligible);
    nx_sql_int(&q, k->backed_up);
    nx_sql_int(&q, k->attested);
    nx_sql_int(&q, k->created);
    nx_sql_int(&q, k->used);
    nx_sql_blob(&q, k->credential_id);
    nx_sql_blob(&q, k->public_key);
    nx_sql_blob(&q, nx_span_of(k->aaguid, NX_AAGUID_LEN));
    nx_sql_text(&q, k->transports);
    nx_sql_text(&q, k->name);
    return nx_sql_run(&q, NULL);
}

nx_result nx_passkey_create(nx_registry *r, struct nx_passkey *k)
{
    NX_TRY(check(k));
    NX_TRY(nx_id_make(&k->id));
    k->created = nx_now();
    k->used = 0;
    k->state = NX_PASSKEY_ACTIVE;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(has_room(r, k));
    NX_TRY(insert(r, k));
    return nx_registry_commit(&change);
}

static nx_result read_row(nx_sql *q, nx_arena *a, struct nx_passkey *k)
{
    nx_sql_get_id(q, &k->id);
    nx_sql_get_id(q, &k->person);
    nx_sql_get_id(q, &k->qid);
    k->state = nx_sql_get_int(q) == NX_PASSKEY_ACTIVE ? NX_PASSKEY_ACTIVE : NX_PASSKEY_FLAGGED;
    k->bound_at = (int)nx_sql_get_int(q);
    k->alg = (int)nx_sql_get_int(q);
    k->counter = (uint32_t)nx_sql_get_int(q);
    k->backup_eligible = nx_sql_get_int(q) == 1;
    k->backed_up = nx_sql_get_int(q) == 1;
    k->attested = nx_sql_get_int(q) == 1;
    k->created = nx_sql_get_int(q);
    k->used = nx_sql_get_int(q);
    k->credential_id = nx_sql_get_blob(q, a);
    k->public_key = nx_sql_get_blob(q, a);
    nx_span aaguid = nx_sql_get_blob(q, a);
    k->transports = nx_sql_get_text(q, a);
    k->name = nx_sql_get_text(q, a);
    NX_TRY(nx_sql_done(q));
    NX_REQUIRE(aaguid.n == NX_AAGUID_LEN && k->name && k->transports, NX_ERR_REGISTRY);
    memcpy(k->aaguid, aaguid.p, NX_AAGUID_LEN);
    return NX_OK;
}

static nx_result read_one(nx_sql *q, nx_arena *a, struct nx_passkey *out)
{
    bool row;
    NX_TRY(nx_sql_step(q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    return read_row(q, a, out);
}

nx_result nx_passkey_get(nx_registry *r, nx_arena *a, const char *id, struct nx_passkey *out)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "SELECT " COLUMNS " FROM passkey WHERE id = $1"));
    nx_sql_text(&q, id);
    return read_one(&q, a, out);
}

nx_result nx_passkey_by_credential(nx_registry *r, nx_arena *a, nx_span credential_id, struct nx_passkey *out)
{
    NX_AUTO_SQL(q);
    NX_REQUIRE(credential_id.n >= NX_PASSKEY_ID_MIN && credential_id.n <= NX_PASSKEY_ID_MAX,
               NX_ERR_NOT_FOUND);
    NX_TRY(nx_sql_open(&q, r, "SELECT " COLUMNS " FROM passkey WHERE credential_id = $1"));
    nx_sql_blob(&q, credential_id);
    return read_one(&q, a, out);
}

nx_result nx_passkey_list(nx_registry *r, nx_arena *a, const char *person, struct nx_passkey **out, size_t *n)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r,
                       "SELECT " COLUMNS " FROM passkey WHERE person = $1 ORDER BY created, id LIMIT $2"));
    nx_sql_text(&q, person);
    nx_sql_int(&q, LIST_MAX);
    *out = nx_arena_new(a, struct nx_passkey, LIST_MAX);
    NX_NEED(*out);
    for (*n = 0; *n < LIST_MAX; ++*n) {
        NX_TRY(nx_sql_step(&q, &row));
        if (!row) break;
        NX_TRY(read_row(&q, a, &(*out)[*n]));
    }
    return NX_OK;
}

/* ---- use
 * ------------------------------------------------------------------------------------------------------ */

static nx_result take_over(nx_registry *r, const char *id, uint32_t counter, bool backed_up, int64_t *changed)
{
    NX_AUTO_SQL(q);
    NX_TRY(
        nx_sql_open(&q, r,
                    "UPDATE passkey SET counter = $1, backed_up = $2, used = $3 WHERE id = $4 AND state = 0"
                    " AND (counter < $1 OR (counter = 0 AND $1 = 0))"));
    nx_sql_int(&q, counter);
    nx_sql_int(&q, backed_up);
    nx_sql_int(&q, nx_now());
    nx_sql_text(&q, id);
    return nx_sql_run(&q, changed);
}

nx_result nx_passkey_count(nx_registry *r, const char *id, uint32_t counter, bool backed_up, bool *regressed)
{
    int64_t changed = 0;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(take_over(r, id, counter, backed_up, &changed));
    *regressed = changed == 0;
    if (*regressed)
        NX_TRY(nx_sql_write(r, "UPDATE passkey SET state = 1 WHERE id = $1 AND state = 0", "t", id));
    return nx_registry_commit(&change);
}

nx_result nx_passkey_rename(nx_registry *r, const char *id, const char *name)
{
    NX_REQUIRE(name && *name && strlen(name) <= NX_PASSKEY_NAME_MAX, NX_ERR_RANGE);
    return nx_sql_write(r, "UPDATE passkey SET name = $1 WHERE id = $2", "tt", name, id);
}

nx_result nx_passkey_set_bound_at(nx_registry *r, const char *id, int level)
{
    NX_REQUIRE(level >= 1 && level <= 4, NX_ERR_RANGE);
    return nx_sql_write(r, "UPDATE passkey SET bound_at = $1 WHERE id = $2", "it", (int64_t)level, id);
}

nx_result nx_passkey_delete(nx_registry *r, const char *id)
{
    return nx_sql_write(r, "DELETE FROM passkey WHERE id = $1", "t", id);
}
