/* What may change of a QR identity, and when. */
#include "registry/qr_identity.h"
#include "registry/sql.h"

#define USE_REMEMBERED_S 3600

nx_result nx_qr_identity_make_primary(nx_registry *r, const char *qid)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(nx_sql_write(r, "UPDATE qr_identity SET is_primary = 1 WHERE qid = $1 AND kind = 0 AND status = 1",
                        "t", qid));
    NX_TRY(nx_sql_write(r,
                        "UPDATE qr_identity SET is_primary = (qid = $1)"
                        " WHERE person = (SELECT person FROM qr_identity WHERE qid = $1)",
                        "t", qid));
    return nx_registry_commit(&change);
}

nx_result nx_qr_identity_bind_key(nx_registry *r, const char *qid, const char *jwk, const char *thumbprint,
                                  enum nx_qr_status status)
{
    NX_REQUIRE(status == NX_QR_PENDING || status == NX_QR_ACTIVE, NX_ERR_RANGE);
    NX_REQUIRE(strlen(jwk) <= NX_QR_JWK_MAX, NX_ERR_LIMIT);
    nx_result bound = nx_sql_write(r,
                                   "UPDATE qr_identity SET jwk = $1, thumbprint = $2, status = $3"
                                   " WHERE qid = $4 AND kind = 0 AND status = 0 AND jwk IS NULL",
                                   "ttit", jwk, thumbprint, (int64_t)status, qid);
    NX_REQUIRE(bound.e != NX_ERR_NOT_FOUND, NX_ERR_CONFLICT);
    return bound;
}

/* No row means no. */
static bool permitted(enum nx_qr_status from, enum nx_qr_status to)
{
    static const struct {
        enum nx_qr_status from, to;
    } rows[] = {
        {NX_QR_PENDING, NX_QR_ACTIVE}, {NX_QR_PENDING, NX_QR_REVOKED},  {NX_QR_ACTIVE, NX_QR_SUSPENDED},
        {NX_QR_ACTIVE, NX_QR_REVOKED}, {NX_QR_SUSPENDED, NX_QR_ACTIVE}, {NX_QR_SUSPENDED, NX_QR_REVOKED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].from == from && rows[i].to == to) return true;
    return false;
}

static nx_result present_status(nx_registry *r, const char *qid, enum nx_qr_status *out)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT status FROM qr_identity WHERE qid = $1"));
    nx_sql_text(&q, qid);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    *out = (enum nx_qr_status)nx_sql_get_int(&q);
    return nx_sql_done(&q);
}

nx_result nx_qr_identity_set_status(nx_registry *r, const char *qid, enum nx_qr_status status,
                                    enum nx_qr_status *was)
{
    enum nx_qr_status from;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(present_status(r, qid, &from));
    NX_REQUIRE(permitted(from, status), NX_ERR_CONFLICT);
    /* Whoever changes the state has looked at it: wrong PINs are counted anew. */
    NX_TRY(nx_sql_write(r, "UPDATE qr_identity SET status = $1, failures = 0 WHERE qid = $2", "it", (int64_t)status,
                        qid));
    if (was) *was = from;
    return nx_registry_commit(&change);
}

nx_result nx_qr_identity_set_bound_at(nx_registry *r, const char *qid, int level)
{
    NX_REQUIRE(level >= 1 && level <= 4, NX_ERR_RANGE);
    return nx_sql_write(r, "UPDATE qr_identity SET bound_at = $1 WHERE qid = $2 AND kind = 0", "it",
                        (int64_t)level, qid);
}

nx_result nx_qr_identity_set_label(nx_registry *r, const char *qid, const char *label)
{
    NX_REQUIRE(strlen(label) <= NX_QR_LABEL_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(nx_utf8_printable(nx_span_str(label)), NX_ERR_ENCODING);
    return nx_sql_write(r, "UPDATE qr_identity SET label = $1 WHERE qid = $2", "tt", label, qid);
}

nx_result nx_qr_identity_failed(nx_registry *r, const char *qid, int64_t *failures)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    {
        NX_AUTO_SQL(q);
        bool row;
        NX_TRY(nx_sql_open(
            &q, r, "UPDATE qr_identity SET failures = failures + 1 WHERE qid = $1 RETURNING failures"));
        nx_sql_text(&q, qid);
        NX_TRY(nx_sql_step(&q, &row));
        NX_REQUIRE(row, NX_ERR_NOT_FOUND);
        *failures = nx_sql_get_int(&q);
        NX_TRY(nx_sql_done(&q));
    }
    return nx_registry_commit(&change);
}

nx_result nx_qr_identity_succeeded(nx_registry *r, const struct nx_qr_identity *i)
{
    nx_time now = nx_now();
    if (i->failures == 0 && i->used > now - USE_REMEMBERED_S) return NX_OK;
    return nx_sql_write(r, "UPDATE qr_identity SET failures = 0, used = $1 WHERE qid = $2", "it",
                        (int64_t)now, i->qid.s);
}
