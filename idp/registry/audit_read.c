/* Reading the audit trail: pages of it, and the whole of it for verification. */
#include "registry/audit_hash.h"

#define COLUMNS "seq, at, actor, type, subject, detail, hash"
#define ROW_MEMORY (NX_AUDIT_DETAIL_MAX + (16u << 10))

static nx_result read_row(nx_sql *q, nx_arena *a, struct nx_audit_entry *e)
{
    e->seq = nx_sql_get_int(q);
    e->at = nx_sql_get_int(q);
    e->actor = nx_sql_get_text(q, a);
    e->type = nx_sql_get_text(q, a);
    e->subject = nx_sql_get_text(q, a);
    e->detail = nx_sql_get_text(q, a);
    nx_span hash = nx_sql_get_blob(q, a);
    char *hex = nx_arena_alloc(a, 2 * hash.n + 1);
    NX_NEED(hex);
    nx_hex_encode(hex, hash);
    e->hash = hex;
    return nx_sql_done(q);
}

/* The statement of a query: one of eight texts, so that each uses the index that fits. */
static char *statement(nx_arena *a, const struct nx_audit_query *query, bool family)
{
    int n = 2; /* $1 is the cursor, $2 since */
    nx_buf b;
    nx_buf_init(&b, a, 1024);
    nx_buf_adds(&b, "SELECT " COLUMNS " FROM audit WHERE seq < $1 AND at >= $2");
    if (query->subject) nx_buf_addf(&b, " AND subject = $%d", ++n);
    if (query->type && !family) nx_buf_addf(&b, " AND type = $%d", ++n);
    if (family) {
        nx_buf_addf(&b, " AND type >= $%d AND type < $%d", n + 1, n + 2);
        n += 2;
    }
    nx_buf_addf(&b, " ORDER BY seq DESC LIMIT $%d", ++n);
    return nx_buf_str(&b);
}

static nx_result bind_query(nx_sql *q, nx_arena *a, const struct nx_audit_query *query, bool family)
{
    nx_sql_int(q, query->before > 0 ? query->before : INT64_MAX);
    nx_sql_int(q, query->since);
    if (query->subject) nx_sql_text(q, query->subject);
    if (query->type && !family) nx_sql_text(q, query->type);
    if (!family) return NX_OK;
    /* "qr.*": from "qr." up to what follows it, since '/' is the character behind '.'. */
    size_t stem = strlen(query->type) - 1;
    const char *from = nx_arena_dup(a, nx_span_of(query->type, stem));
    const char *to = nx_arena_printf(a, "%.*s/", (int)stem - 1, query->type);
    NX_REQUIRE(from && to, NX_ERR_MEMORY);
    nx_sql_text(q, from);
    nx_sql_text(q, to);
    return NX_OK;
}

static bool is_family(const char *type)
{
    size_t n = type ? strlen(type) : 0;
    return n > 2 && strcmp(type + n - 2, ".*") == 0;
}

nx_result nx_audit_list(nx_registry *r, nx_arena *a, const struct nx_audit_query *query,
                        struct nx_audit_page *out)
{
    bool row, family = is_family(query->type);
    size_t limit = query->limit ? query->limit : NX_PAGE_DEFAULT;
    if (limit > NX_PAGE_MAX) limit = NX_PAGE_MAX;
    const char *sql = statement(a, query, family);
    NX_NEED(sql);
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, sql));
    NX_TRY(bind_query(&q, a, query, family));
    nx_sql_int(&q, (int64_t)limit + 1);
    *out = (struct nx_audit_page){.v = nx_arena_new(a, struct nx_audit_entry, limit)};
    NX_NEED(out->v);
    for (;;) {
        NX_TRY(nx_sql_step(&q, &row));
        if (!row) return NX_OK;
        out->more = out->n == limit;
        if (out->more) return NX_OK;
        NX_TRY(read_row(&q, a, &out->v[out->n++]));
    }
}

/* Whether the row on which q stands fits behind *link; moves *link on if so. */
static nx_result fits(nx_sql *q, nx_arena *a, struct nx_audit_link *link, bool *fit)
{
    struct nx_audit_entry e;
    uint8_t hash[NX_SHA256_LEN];
    NX_TRY(read_row(q, a, &e));
    *fit = false;
    if (e.seq != link->seq + 1 || !e.actor || !e.type || !e.detail) return NX_OK;
    NX_TRY(nx_audit_hash(hash, link->hash, &e));
    char hex[2 * NX_SHA256_LEN + 1];
    nx_hex_encode(hex, nx_span_of(hash, sizeof hash));
    *fit = strcmp(hex, e.hash) == 0;
    if (!*fit) return NX_OK;
    link->seq = e.seq;
    memcpy(link->hash, hash, sizeof hash);
    return NX_OK;
}

static nx_result walk(nx_registry *r, nx_arena *a, struct nx_audit_link *link, bool *fit)
{
    bool row;
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "SELECT " COLUMNS " FROM audit ORDER BY seq"));
    for (*fit = true; *fit;) {
        NX_TRY(nx_sql_step(&q, &row));
        if (!row) return NX_OK;
        NX_TRY(fits(&q, a, link, fit));
        nx_arena_reset(a);
    }
    return NX_OK;
}

nx_result nx_audit_verify(nx_registry *r, struct nx_audit_verdict *out)
{
    NX_AUTO(nx_arena) a = nx_arena_open(ROW_MEMORY);
    NX_NEED(a);
    struct nx_audit_link head, link = {.seq = 0};
    bool fit;
    NX_AUTO_SQL(moment);
    NX_TRY(nx_audit_head(&moment, r, &head));
    NX_TRY(walk(r, a, &link, &fit));
    bool whole = fit && link.seq == head.seq && memcmp(link.hash, head.hash, sizeof link.hash) == 0;
    *out = (struct nx_audit_verdict){.whole = whole, .rows = link.seq, .broken_at = whole ? 0 : link.seq + 1};
    nx_hex_encode(out->head, nx_span_of(link.hash, sizeof link.hash));
    return NX_OK;
}
