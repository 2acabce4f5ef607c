#include "registry/audit_hash.h"

static void big_endian(uint8_t out[8], int64_t value)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
}

nx_result nx_audit_hash(uint8_t out[NX_SHA256_LEN], const uint8_t previous[NX_SHA256_LEN],
                        const struct nx_audit_entry *e)
{
    uint8_t seq[8], at[8];
    big_endian(seq, e->seq);
    big_endian(at, e->at);
    const nx_span parts[] = {
        NX_LIT("nixa-audit-1"),
        nx_span_of(previous, NX_SHA256_LEN),
        nx_span_of(seq, sizeof seq),
        nx_span_of(at, sizeof at),
        nx_span_str(e->actor),
        nx_span_str(e->type),
        nx_span_str(e->subject ? e->subject : ""),
        nx_span_str(e->detail ? e->detail : "{}"),
    };
    return nx_sha256_parts(out, parts, sizeof parts / sizeof parts[0]);
}

nx_result nx_audit_read_hash(nx_sql *q, uint8_t out[NX_SHA256_LEN])
{
    NX_AUTO(nx_arena) a = nx_arena_open(16u << 10);
    NX_NEED(a);
    nx_span bytes = nx_sql_get_blob(q, a);
    NX_REQUIRE(bytes.n == NX_SHA256_LEN, NX_ERR_REGISTRY);
    memcpy(out, bytes.p, NX_SHA256_LEN);
    return NX_OK;
}

/* The row of zeros behind the head keeps the statement unfinished, and with it the snapshot. */
nx_result nx_audit_head(nx_sql *q, nx_registry *r, struct nx_audit_link *out)
{
    bool row;
    *out = (struct nx_audit_link){.seq = 0};
    NX_TRY(nx_sql_open(q, r, "SELECT seq, hash FROM audit_head WHERE one = 1 UNION ALL SELECT 0, NULL"));
    NX_TRY(nx_sql_step(q, &row));
    out->seq = nx_sql_get_int(q);
    return out->seq ? nx_audit_read_hash(q, out->hash) : nx_sql_done(q);
}
