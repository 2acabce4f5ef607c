#include "registry/credential.h"

#include "crypto/random.h"
#include "registry/person_row.h"
#include "registry/sql.h"

#define COLUMNS                                                                                              \
    "c.id, c.person, c.qid, c.type, c.state, c.bound_at, c.failures, c.failed_at, c.created, c.changed, "    \
    "c.used,"                                                                                                \
    " c.verifier"

#define USE_REMEMBERED_S 3600

static const char *const type_names[NX_CREDENTIAL_TYPES] = {"password", "pin"};

const char *nx_credential_type_name(enum nx_credential_type type)
{
    return type_names[type];
}

nx_result nx_credential_type_of(enum nx_credential_type *out, nx_span name)
{
    for (int i = 0; i < NX_CREDENTIAL_TYPES; i++) {
        if (!nx_span_eq_str(name, type_names[i])) continue;
        *out = (enum nx_credential_type)i;
        return NX_OK;
    }
    NX_FAIL(NX_ERR_UNKNOWN);
}

static const char *qid_or_null(const struct nx_credential *c)
{
    return c->qid.s[0] ? c->qid.s : NULL;
}

static nx_result remove_former(nx_registry *r, const struct nx_credential *c)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "DELETE FROM credential WHERE person = $1 AND type = $2 AND qid IS $3"));
    nx_sql_text(&q, c->person.s);
    nx_sql_int(&q, (int64_t)c->type);
    nx_sql_text(&q, qid_or_null(c));
    return nx_sql_run(&q, NULL);
}

static nx_result insert(nx_registry *r, const struct nx_credential *c)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(
        &q, r,
        "INSERT INTO credential (id, person, qid, type, state, bound_at, failures, failed_at, created,"
        " changed, used, verifier) VALUES ($1, $2, $3, $4, $5, $6, 0, 0, $7, $8, 0, $9)"));
    nx_sql_text(&q, c->id.s);
    nx_sql_text(&q, c->person.s);
    nx_sql_text(&q, qid_or_null(c));
    nx_sql_int(&q, (int64_t)c->type);
    nx_sql_int(&q, (int64_t)c->state);
    nx_sql_int(&q, c->bound_at);
    nx_sql_int(&q, c->created);
    nx_sql_int(&q, c->changed);
    nx_sql_text(&q, c->verifier);
    return nx_sql_run(&q, NULL);
}

/* A PIN's QR identity is the same person's. */
static nx_result owned(nx_registry *r, const struct nx_credential *c)
{
    if (!qid_or_null(c)) return NX_OK;
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT 1 FROM qr_identity WHERE qid = $1 AND person = $2"));
    nx_sql_text(&q, c->qid.s);
    nx_sql_text(&q, c->person.s);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_CONFLICT);
    return NX_OK;
}

nx_result nx_credential_set(nx_registry *r, struct nx_credential *c)
{
    NX_REQUIRE(c->verifier && *c->verifier, NX_ERR_MISSING);
    NX_REQUIRE(strlen(c->verifier) <= NX_VERIFIER_MAX, NX_ERR_LIMIT);
    NX_REQUIRE((c->type == NX_CREDENTIAL_PIN) == (qid_or_null(c) != NULL), NX_ERR_RANGE);
    NX_TRY(nx_id_make(&c->id));
    c->created = c->changed = nx_now();
    c->failures = 0;
    c->failed_at = c->used = 0;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(owned(r, c));
    NX_TRY(remove_former(r, c));
    NX_TRY(insert(r, c));
    return nx_registry_commit(&change);
}

static nx_result read_row(nx_sql *q, nx_arena *a, struct nx_credential *c)
{
    nx_sql_get_id(q, &c->id);
    nx_sql_get_id(q, &c->person);
    nx_sql_get_id(q, &c->qid);
    int64_t type = nx_sql_get_int(q);
    c->state = nx_sql_get_int(q) == NX_CREDENTIAL_ACTIVE ? NX_CREDENTIAL_ACTIVE : NX_CREDENTIAL_PENDING;
    c->bound_at = (int)nx_sql_get_int(q);
    c->failures = nx_sql_get_int(q);
    c->failed_at = nx_sql_get_int(q);
    c->created = nx_sql_get_int(q);
    c->changed = nx_sql_get_int(q);
    c->used = nx_sql_get_int(q);
    c->verifier = nx_sql_get_text(q, a);
    NX_TRY(nx_sql_done(q));
    NX_REQUIRE(type >= 0 && type < NX_CREDENTIAL_TYPES, NX_ERR_REGISTRY);
    c->type = (enum nx_credential_type)type;
    return NX_OK;
}

nx_result nx_credential_get(nx_registry *r, nx_arena *a, const char *person, const char *qid,
                            enum nx_credential_type type, struct nx_credential *out)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(
        &q, r,
        qid ? "SELECT " COLUMNS " FROM credential c WHERE c.person = $1 AND c.type = $2 AND c.qid = $3"
            : "SELECT " COLUMNS " FROM credential c WHERE c.person = $1 AND c.type = $2 AND c.qid IS NULL"));
    nx_sql_text(&q, person);
    nx_sql_int(&q, (int64_t)type);
    if (qid) nx_sql_text(&q, qid);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    return read_row(&q, a, out);
}

nx_result nx_credential_list(nx_registry *r, nx_arena *a, const char *person, struct nx_credential **out,
                             size_t *n)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(
        &q, r, "SELECT " COLUMNS " FROM credential c WHERE c.person = $1 ORDER BY c.created LIMIT $2"));
    nx_sql_text(&q, person);
    nx_sql_int(&q, NX_PAGE_MAX);
    *out = nx_arena_new(a, struct nx_credential, NX_PAGE_MAX);
    NX_NEED(*out);
    for (*n = 0; *n < NX_PAGE_MAX; ++*n) {
        NX_TRY(nx_sql_step(&q, &row));
        if (!row) break;
        NX_TRY(read_row(&q, a, &(*out)[*n]));
        (*out)[*n].verifier = NULL;
    }
    return NX_OK;
}

nx_result nx_credential_for_sign_in(nx_registry *r, nx_arena *a, nx_span user_name, struct nx_person *person,
                                    struct nx_credential *credential)
{
    char key[NX_USER_NAME_MAX + 1];
    NX_REQUIRE(user_name.n > 0 && user_name.n <= NX_USER_NAME_MAX, NX_ERR_NOT_FOUND);
    NX_TRY(nx_person_key(key, user_name));
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r,
                       "SELECT " NX_PERSON_COLUMNS ", " COLUMNS " FROM person p LEFT JOIN credential c"
                       " ON c.person = p.id AND c.type = 0 AND c.qid IS NULL WHERE p.user_key = $1"));
    nx_sql_text(&q, key);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    NX_TRY(nx_person_read(&q, a, person));
    return read_row(&q, a, credential);
}

nx_result nx_credential_succeeded(nx_registry *r, const struct nx_credential *c)
{
    nx_time now = nx_now();
    if (c->failures == 0 && c->used > now - USE_REMEMBERED_S) return NX_OK;
    return nx_sql_write(r, "UPDATE credential SET failures = 0, used = $1 WHERE id = $2", "it", (int64_t)now,
                        c->id.s);
}

nx_result nx_credential_rehash(nx_registry *r, const char *id, const char *verifier)
{
    NX_REQUIRE(strlen(verifier) <= NX_VERIFIER_MAX, NX_ERR_LIMIT);
    return nx_sql_write(r, "UPDATE credential SET verifier = $1 WHERE id = $2", "tt", verifier, id);
}

nx_result nx_credential_activate(nx_registry *r, const char *id)
{
    return nx_sql_write(r, "UPDATE credential SET state = 1, changed = $1 WHERE id = $2 AND state = 0", "it",
                        (int64_t)nx_now(), id);
}

nx_result nx_credential_delete(nx_registry *r, const char *id)
{
    return nx_sql_write(r, "DELETE FROM credential WHERE id = $1", "t", id);
}
