#include "registry/person.h"

#include "crypto/random.h"
#include "registry/person_row.h"
#include "registry/qr_identity.h"

nx_result nx_person_key(char out[NX_USER_NAME_MAX + 1], nx_span user_name)
{
    NX_REQUIRE(user_name.n <= NX_USER_NAME_MAX, NX_ERR_LIMIT);
    for (size_t i = 0; i < user_name.n; i++) {
        char c = (char)user_name.p[i];
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    out[user_name.n] = '\0';
    return NX_OK;
}

nx_result nx_person_read(nx_sql *q, nx_arena *a, struct nx_person *p)
{
    nx_sql_get_id(q, &p->id);
    int64_t kind = nx_sql_get_int(q);
    p->active = nx_sql_get_int(q) != 0;
    p->proofing = (int)nx_sql_get_int(q);
    p->version = nx_sql_get_int(q);
    p->created = nx_sql_get_int(q);
    p->updated = nx_sql_get_int(q);
    p->user_name = nx_sql_get_text(q, a);
    p->external_id = nx_sql_get_text(q, a);
    p->name = nx_sql_get_text(q, a);
    p->family_name = nx_sql_get_text(q, a);
    p->middle_name = nx_sql_get_text(q, a);
    p->given_name = nx_sql_get_text(q, a);
    p->birthdate = nx_sql_get_text(q, a);
    p->gender = nx_sql_get_text(q, a);
    p->address = nx_sql_get_text(q, a);
    p->email = nx_sql_get_text(q, a);
    p->email_verified = nx_sql_get_int(q) != 0;
    p->phone = nx_sql_get_text(q, a);
    p->phone_verified = nx_sql_get_int(q) != 0;
    p->locale = nx_sql_get_text(q, a);
    NX_TRY(nx_sql_done(q));
    NX_REQUIRE(kind >= 0 && kind < NX_PERSON_KINDS, NX_ERR_REGISTRY);
    p->kind = (enum nx_person_kind)kind;
    return NX_OK;
}

/* The columns that both insert and update write, in this order. */
static void bind_fields(nx_sql *q, const struct nx_person *p, const char *key)
{
    nx_sql_int(q, (int64_t)p->kind);
    nx_sql_int(q, p->active);
    nx_sql_int(q, p->proofing);
    nx_sql_int(q, p->updated);
    nx_sql_text(q, p->user_name);
    nx_sql_text(q, key);
    nx_sql_text(q, p->external_id);
    nx_sql_text(q, p->name ? p->name : p->user_name);
    nx_sql_text(q, p->family_name);
    nx_sql_text(q, p->middle_name);
    nx_sql_text(q, p->given_name);
    nx_sql_text(q, p->birthdate);
    nx_sql_text(q, p->gender);
    nx_sql_text(q, p->address);
    nx_sql_text(q, p->email);
    nx_sql_int(q, p->email_verified);
    nx_sql_text(q, p->phone);
    nx_sql_int(q, p->phone_verified);
    nx_sql_text(q, p->locale);
}

static nx_result insert(nx_registry *r, const struct nx_person *p)
{
    char key[NX_USER_NAME_MAX + 1];
    NX_TRY(nx_person_key(key, nx_span_str(p->user_name)));
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(
        &q, r,
        "INSERT INTO person (kind, active, proofing, updated, user_name, user_key, external_id, name,"
        " family_name, middle_name, given_name, birthdate, gender, address, email, email_verified,"
        " phone, phone_verified, locale, id, version, created)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
        " $19, $20, $21, $22)"));
    bind_fields(&q, p, key);
    nx_sql_text(&q, p->id.s);
    nx_sql_int(&q, p->version);
    nx_sql_int(&q, p->created);
    return nx_sql_run(&q, NULL);
}

static nx_result first_identity(nx_registry *r, const struct nx_person *p, nx_id *qid)
{
    struct nx_qr_identity paper = {
        .person = p->id, .kind = NX_QR_PAPER, .status = NX_QR_ACTIVE, .bound_at = 1};
    NX_TRY(nx_qr_identity_create(r, &paper));
    *qid = paper.qid;
    return NX_OK;
}

nx_result nx_person_create(nx_registry *r, struct nx_person *p, const struct nx_identifier *identifiers,
                           size_t count, struct nx_person_made *made)
{
    NX_TRY(nx_person_validate(p));
    NX_TRY(nx_id_make(&p->id));
    p->version = 1;
    p->created = p->updated = nx_now();
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(insert(r, p));
    if (count > 0) NX_TRY(nx_identifier_replace(r, p->id.s, identifiers, count));
    NX_TRY(first_identity(r, p, &made->qid));
    made->id = p->id;
    return nx_registry_commit(&change);
}

static nx_result read_one(nx_sql *q, nx_arena *a, struct nx_person *out)
{
    bool row;
    NX_TRY(nx_sql_step(q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    return nx_person_read(q, a, out);
}

nx_result nx_person_get(nx_registry *r, nx_arena *a, const char *id, struct nx_person *out)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "SELECT " NX_PERSON_COLUMNS " FROM person p WHERE p.id = $1"));
    nx_sql_text(&q, id);
    return read_one(&q, a, out);
}

nx_result nx_person_by_user_name(nx_registry *r, nx_arena *a, nx_span user_name, struct nx_person *out)
{
    char key[NX_USER_NAME_MAX + 1];
    NX_REQUIRE(user_name.n > 0 && user_name.n <= NX_USER_NAME_MAX, NX_ERR_NOT_FOUND);
    NX_TRY(nx_person_key(key, user_name));
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "SELECT " NX_PERSON_COLUMNS " FROM person p WHERE p.user_key = $1"));
    nx_sql_text(&q, key);
    return read_one(&q, a, out);
}

static nx_result update(nx_registry *r, struct nx_person *p, int64_t expected)
{
    char key[NX_USER_NAME_MAX + 1];
    bool row;
    NX_TRY(nx_person_key(key, nx_span_str(p->user_name)));
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(
        &q, r,
        "UPDATE person SET kind = $1, active = $2, proofing = $3, updated = $4, user_name = $5,"
        " user_key = $6, external_id = $7, name = $8, family_name = $9, middle_name = $10,"
        " given_name = $11, birthdate = $12, gender = $13, address = $14, email = $15,"
        " email_verified = $16, phone = $17, phone_verified = $18, locale = $19,"
        " version = version + 1 WHERE id = $20 AND ($21 = 0 OR version = $21) RETURNING version"));
    bind_fields(&q, p, key);
    nx_sql_text(&q, p->id.s);
    nx_sql_int(&q, expected);
    NX_TRY(nx_sql_step(&q, &row));
    if (row) p->version = nx_sql_get_int(&q);
    NX_REQUIRE(row, NX_ERR_VERSION);
    return nx_sql_done(&q);
}

static nx_result exists(nx_registry *r, const char *id)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT 1 FROM person WHERE id = $1"));
    nx_sql_text(&q, id);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    return NX_OK;
}

nx_result nx_person_replace(nx_registry *r, struct nx_person *p, int64_t expected)
{
    NX_TRY(nx_person_validate(p));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(exists(r, p->id.s));
    p->updated = nx_now();
    NX_TRY(update(r, p, expected));
    return nx_registry_commit(&change);
}

nx_result nx_person_delete(nx_registry *r, const char *id)
{
    return nx_sql_write(r, "DELETE FROM person WHERE id = $1", "t", id);
}
