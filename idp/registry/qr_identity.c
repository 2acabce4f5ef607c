#include "registry/qr_identity.h"

#include "crypto/random.h"
#include "registry/sql.h"
#include "registry/status_index.h"

#define COLUMNS                                                                                              \
    "qid, person, kind, status, bound_at, issued, expires, used, failures, status_list, status_index, "      \
    "is_primary,"                                                                                            \
    " jwk, thumbprint, label"

static const char *const kind_names[] = {"device", "paper"};
static const char *const status_names[] = {"pending", "active", "suspended", "revoked"};

const char *nx_qr_kind_name(enum nx_qr_kind kind)
{
    return kind_names[kind];
}

const char *nx_qr_status_name(enum nx_qr_status status)
{
    return status_names[status];
}

nx_result nx_qr_kind_of(enum nx_qr_kind *out, nx_span name)
{
    NX_REQUIRE(nx_span_eq_str(name, "device") || nx_span_eq_str(name, "paper"), NX_ERR_UNKNOWN);
    *out = nx_span_eq_str(name, "paper") ? NX_QR_PAPER : NX_QR_DEVICE;
    return NX_OK;
}

nx_result nx_qr_status_of(enum nx_qr_status *out, nx_span name)
{
    for (int i = NX_QR_PENDING; i <= NX_QR_REVOKED; i++) {
        if (!nx_span_eq_str(name, status_names[i])) continue;
        *out = (enum nx_qr_status)i;
        return NX_OK;
    }
    NX_FAIL(NX_ERR_UNKNOWN);
}

static nx_result check(const struct nx_qr_identity *i)
{
    NX_REQUIRE(i->bound_at >= 1 && i->bound_at <= 4, NX_ERR_RANGE);
    NX_REQUIRE(i->kind == NX_QR_DEVICE || (i->bound_at == 1 && !i->jwk), NX_ERR_RANGE);
    NX_REQUIRE(!i->jwk == !i->thumbprint, NX_ERR_RANGE);
    NX_REQUIRE(!i->jwk || strlen(i->jwk) <= NX_QR_JWK_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(!i->label || strlen(i->label) <= NX_QR_LABEL_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(!i->label || nx_utf8_printable(nx_span_str(i->label)), NX_ERR_ENCODING);
    return NX_OK;
}

static nx_result below_limit(nx_registry *r, const char *person)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT count(*) FROM qr_identity WHERE person = $1 AND status <> 3"));
    nx_sql_text(&q, person);
    NX_TRY(nx_sql_step(&q, &row));
    int64_t n = nx_sql_get_int(&q);
    NX_TRY(nx_sql_done(&q));
    NX_REQUIRE(n < NX_QR_IDENTITIES_MAX, NX_ERR_LIMIT);
    return NX_OK;
}

static nx_result insert(nx_registry *r, const struct nx_qr_identity *i)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(
        &q, r,
        "INSERT INTO qr_identity (qid, person, kind, status, bound_at, issued, expires, status_list,"
        " status_index, jwk, thumbprint, label)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"));
    nx_sql_text(&q, i->qid.s);
    nx_sql_text(&q, i->person.s);
    nx_sql_int(&q, (int64_t)i->kind);
    nx_sql_int(&q, (int64_t)i->status);
    nx_sql_int(&q, i->bound_at);
    nx_sql_int(&q, i->issued);
    nx_sql_int(&q, i->expires);
    nx_sql_int(&q, i->status_list);
    nx_sql_int(&q, i->status_index);
    nx_sql_text(&q, i->jwk);
    nx_sql_text(&q, i->thumbprint);
    nx_sql_text(&q, i->label);
    return nx_sql_run(&q, NULL);
}

nx_result nx_qr_identity_create(nx_registry *r, struct nx_qr_identity *i)
{
    NX_TRY(nx_id_make(&i->qid));
    return nx_qr_identity_create_named(r, i);
}

nx_result nx_qr_identity_create_named(nx_registry *r, struct nx_qr_identity *i)
{
    NX_TRY(check(i));
    NX_REQUIRE(nx_id_valid(nx_span_str(i->qid.s)), NX_ERR_SYNTAX);
    i->issued = nx_now();
    if (i->expires == 0)
        i->expires = i->issued + (i->kind == NX_QR_PAPER ? NX_QR_PAPER_LIFETIME_S : NX_QR_DEVICE_LIFETIME_S);
    i->used = i->failures = 0;
    i->primary = false;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(below_limit(r, i->person.s));
    NX_TRY(nx_status_index_draw(r, i->qid.s, &i->status_list, &i->status_index));
    NX_TRY(insert(r, i));
    return nx_registry_commit(&change);
}

static nx_result read_row(nx_sql *q, nx_arena *a, struct nx_qr_identity *i)
{
    nx_sql_get_id(q, &i->qid);
    nx_sql_get_id(q, &i->person);
    i->kind = nx_sql_get_int(q) == NX_QR_PAPER ? NX_QR_PAPER : NX_QR_DEVICE;
    int64_t status = nx_sql_get_int(q);
    i->bound_at = (int)nx_sql_get_int(q);
    i->issued = nx_sql_get_int(q);
    i->expires = nx_sql_get_int(q);
    i->used = nx_sql_get_int(q);
    i->failures = nx_sql_get_int(q);
    i->status_list = nx_sql_get_int(q);
    i->status_index = nx_sql_get_int(q);
    i->primary = nx_sql_get_int(q) != 0;
    i->jwk = nx_sql_get_text(q, a);
    i->thumbprint = nx_sql_get_text(q, a);
    i->label = nx_sql_get_text(q, a);
    NX_TRY(nx_sql_done(q));
    NX_REQUIRE(status >= NX_QR_PENDING && status <= NX_QR_REVOKED, NX_ERR_REGISTRY);
    i->status = (enum nx_qr_status)status;
    return NX_OK;
}

static nx_result read_one(nx_sql *q, nx_arena *a, struct nx_qr_identity *out)
{
    bool row;
    NX_TRY(nx_sql_step(q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    return read_row(q, a, out);
}

nx_result nx_qr_identity_get(nx_registry *r, nx_arena *a, const char *qid, struct nx_qr_identity *out)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "SELECT " COLUMNS " FROM qr_identity WHERE qid = $1"));
    nx_sql_text(&q, qid);
    return read_one(&q, a, out);
}

nx_result nx_qr_identity_by_thumbprint(nx_registry *r, nx_arena *a, const char *thumbprint,
                                       struct nx_qr_identity *out)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "SELECT " COLUMNS " FROM qr_identity WHERE thumbprint = $1"));
    nx_sql_text(&q, thumbprint);
    return read_one(&q, a, out);
}

nx_result nx_qr_identity_list(nx_registry *r, nx_arena *a, const char *person, struct nx_qr_identity **out,
                              size_t *n)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(
        &q, r, "SELECT " COLUMNS " FROM qr_identity WHERE person = $1 ORDER BY issued DESC, qid LIMIT $2"));
    nx_sql_text(&q, person);
    nx_sql_int(&q, NX_PAGE_MAX);
    *out = nx_arena_new(a, struct nx_qr_identity, NX_PAGE_MAX);
    NX_NEED(*out);
    bool row;
    for (*n = 0; *n < NX_PAGE_MAX; ++*n) {
        NX_TRY(nx_sql_step(&q, &row));
        if (!row) break;
        NX_TRY(read_row(&q, a, &(*out)[*n]));
    }
    return NX_OK;
}

/* Devices sort before paper (kind 0 before 1), the chosen one first, then the oldest. */
nx_result nx_qr_identity_primary(nx_registry *r, nx_arena *a, const char *person, nx_time now,
                                 struct nx_qr_identity *out)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       "SELECT " COLUMNS " FROM qr_identity WHERE person = $1 AND status = 1 AND expires > $2"
                       " ORDER BY kind, is_primary DESC, issued, qid LIMIT 1"));
    nx_sql_text(&q, person);
    nx_sql_int(&q, now);
    return read_one(&q, a, out);
}

nx_result nx_qr_identity_count(nx_registry *r, int64_t *out)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT count(*) FROM qr_identity WHERE status IN (1, 2)"));
    NX_TRY(nx_sql_step(&q, &row));
    *out = nx_sql_get_int(&q);
    return nx_sql_done(&q);
}
