#include "registry/audit.h"

#include "base/json.h"
#include "registry/audit_hash.h"
#include "registry/outbox.h"
#include "registry/pool.h"

#include <stdio.h>

static nx_result check(const struct nx_audit_entry *e)
{
    NX_REQUIRE(e->actor && *e->actor && e->type && *e->type, NX_ERR_MISSING);
    NX_REQUIRE(strlen(e->actor) <= NX_AUDIT_TEXT_MAX && strlen(e->type) <= NX_AUDIT_TEXT_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(!e->subject || strlen(e->subject) <= NX_AUDIT_TEXT_MAX, NX_ERR_LIMIT);
    if (!e->detail) return NX_OK;
    NX_REQUIRE(strlen(e->detail) <= NX_AUDIT_DETAIL_MAX, NX_ERR_LIMIT);
    NX_AUTO_JSON detail = NULL;
    return nx_json_parse_object(&detail, nx_span_str(e->detail));
}

static nx_result insert(nx_registry *r, const struct nx_audit_entry *e, const struct nx_audit_link *previous,
                        const uint8_t hash[NX_SHA256_LEN])
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       "INSERT INTO audit (seq, at, actor, type, subject, detail, prev, hash)"
                       " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"));
    nx_sql_int(&q, e->seq);
    nx_sql_int(&q, e->at);
    nx_sql_text(&q, e->actor);
    nx_sql_text(&q, e->type);
    nx_sql_text(&q, e->subject);
    nx_sql_text(&q, e->detail ? e->detail : "{}");
    nx_sql_blob(&q, nx_span_of(previous->hash, NX_SHA256_LEN));
    nx_sql_blob(&q, nx_span_of(hash, NX_SHA256_LEN));
    return nx_sql_run(&q, NULL);
}

static nx_result append(nx_registry *r, const struct nx_audit_entry *given, struct nx_audit_link *head)
{
    struct nx_audit_entry e = *given;
    uint8_t hash[NX_SHA256_LEN];
    NX_TRY(check(&e));
    e.seq = head->seq + 1;
    if (e.at == 0) e.at = nx_now();
    NX_TRY(nx_audit_hash(hash, head->hash, &e));
    NX_TRY(insert(r, &e, head, hash));
    head->seq = e.seq;
    memcpy(head->hash, hash, sizeof hash);
    return NX_OK;
}

static nx_result set_head(nx_registry *r, const struct nx_audit_link *head)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r,
                       "INSERT INTO audit_head (one, seq, hash) VALUES (1, $1, $2)"
                       " ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, hash = excluded.hash"));
    nx_sql_int(&q, head->seq);
    nx_sql_blob(&q, nx_span_of(head->hash, NX_SHA256_LEN));
    return nx_sql_run(&q, NULL);
}

static nx_result append_all(nx_registry *r, const struct nx_audit_entry *v, size_t n)
{
    struct nx_audit_link head;
    {
        NX_AUTO_SQL(q);
        NX_TRY(nx_audit_head(&q, r, &head));
    }
    for (size_t i = 0; i < n; i++)
        NX_TRY(append(r, &v[i], &head));
    return set_head(r, &head);
}

static bool is_told(const struct nx_audit_entry *e)
{
    static const char *const types[] = {
#define T(type) type,
#include "registry/told.def"
#undef T
    };
    for (size_t i = 0; e->subject && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i], e->type) == 0) return true;
    return false;
}

/* Somebody has seen that a mailbox or number is hers. */
static nx_result can_be_told(bool *out, nx_registry *r, const char *person)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "SELECT 1 FROM person WHERE id = $1 AND (email_verified <> 0 OR phone_verified <> 0)"));
    nx_sql_text(&q, person);
    return nx_sql_step(&q, out);
}

static nx_result tell(nx_registry *r, const struct nx_audit_entry *e)
{
    char payload[2 * NX_AUDIT_TEXT_MAX];
    bool reachable;
    if (!r->tells || !is_told(e)) return NX_OK;
    NX_TRY(can_be_told(&reachable, r, e->subject));
    if (!reachable) return NX_OK;
    snprintf(payload, sizeof payload, "{\"type\":\"%s\"}", e->type);
    return nx_outbox_put(r, &(struct nx_notice){.kind = NX_NOTICE_PERSON, .target = e->subject, .payload = payload});
}

nx_result nx_audit_append(nx_registry *r, const struct nx_audit_entry *e)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(append_all(r, e, 1));
    NX_TRY(tell(r, e));
    return nx_registry_commit(&change);
}

nx_result nx_audit_position(nx_registry *r, nx_arena *a, int shard, const char **position)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT position FROM audit_position WHERE shard = $1"));
    nx_sql_int(&q, shard);
    NX_TRY(nx_sql_step(&q, &row));
    *position = row ? nx_sql_get_text(&q, a) : "0-0";
    return nx_sql_done(&q);
}

/* "MILLISECONDS-N", as the store's streams number their rows. */
static nx_result read_position(const char *text, uint64_t out[2])
{
    nx_span rest = nx_span_str(text), ms;
    NX_REQUIRE(nx_span_cut(&rest, '-', &ms), NX_ERR_SYNTAX);
    NX_TRY(nx_parse_u64(&out[0], ms, UINT64_MAX));
    return nx_parse_u64(&out[1], rest, UINT64_MAX);
}

static nx_result is_after(const char *position, const char *remembered, bool *after)
{
    uint64_t x[2], y[2];
    NX_TRY(read_position(position, x));
    NX_TRY(read_position(remembered, y));
    *after = x[0] > y[0] || (x[0] == y[0] && x[1] > y[1]);
    return NX_OK;
}

static nx_result append_after(nx_registry *r, nx_arena *a, int shard, const char *position,
                              const struct nx_audit_entry *v, size_t n)
{
    const char *remembered;
    bool after;
    NX_TRY(nx_audit_position(r, a, shard, &remembered));
    NX_TRY(is_after(position, remembered, &after));
    if (!after) return NX_OK;
    NX_TRY(append_all(r, v, n));
    return nx_sql_write(r,
                        "INSERT INTO audit_position (shard, position) VALUES ($1, $2)"
                        " ON CONFLICT (shard) DO UPDATE SET position = excluded.position",
                        "it", (int64_t)shard, position);
}

nx_result nx_audit_append_batch(nx_registry *r, int shard, const char *position,
                                const struct nx_audit_entry *v, size_t n)
{
    NX_REQUIRE(n <= NX_AUDIT_BATCH_MAX, NX_ERR_LIMIT);
    NX_AUTO(nx_arena) a = nx_arena_open(16u << 10);
    NX_NEED(a);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_RELAXED));
    NX_TRY(append_after(r, a, shard, position, v, n));
    return nx_registry_commit(&change);
}
