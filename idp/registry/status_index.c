#include "registry/status_index.h"

#include "crypto/random.h"
#include "registry/qr_identity.h"
#include "registry/sql.h"

#define FULL (NX_STATUS_LIST_SIZE / 2)
#define TRIES 64 /* at most half full: missing 64 times is a chance of 2^-64 */

/* The newest list and how many entries of it are drawn. */
static nx_result newest(nx_registry *r, int64_t *list, int64_t *drawn)
{
    NX_AUTO_SQL(q);
    bool row;
    *list = *drawn = 0;
    NX_TRY(nx_sql_open(&q, r, "SELECT list, drawn FROM status_list ORDER BY list DESC LIMIT 1"));
    NX_TRY(nx_sql_step(&q, &row));
    if (!row) return NX_OK;
    *list = nx_sql_get_int(&q);
    *drawn = nx_sql_get_int(&q);
    return nx_sql_done(&q);
}

static nx_result count_drawn(nx_registry *r, int64_t list)
{
    return nx_sql_write(r,
                        "INSERT INTO status_list (list, drawn) VALUES ($1, 1)"
                        " ON CONFLICT (list) DO UPDATE SET drawn = status_list.drawn + 1",
                        "i", list);
}

static nx_result try_index(nx_registry *r, const char *qid, int64_t list, int64_t *index, bool *taken)
{
    uint32_t random;
    int64_t changed = 0;
    NX_TRY(nx_random(&random, sizeof random));
    *index = random % NX_STATUS_LIST_SIZE; /* a power of two: no bias */
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(
        &q, r, "INSERT INTO status_index (list, idx, qid) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"));
    nx_sql_int(&q, list);
    nx_sql_int(&q, *index);
    nx_sql_text(&q, qid);
    NX_TRY(nx_sql_run(&q, &changed));
    *taken = changed == 0;
    return NX_OK;
}

nx_result nx_status_index_draw(nx_registry *r, const char *qid, int64_t *list, int64_t *index)
{
    int64_t drawn;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(newest(r, list, &drawn));
    if (drawn >= FULL) ++*list;
    bool taken = true;
    for (int i = 0; taken && i < TRIES; i++)
        NX_TRY(try_index(r, qid, *list, index, &taken));
    NX_REQUIRE(!taken, NX_ERR_INTERNAL);
    NX_TRY(count_drawn(r, *list));
    return nx_registry_commit(&change);
}

nx_result nx_status_index_lists(nx_registry *r, int64_t *count)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT coalesce(max(list) + 1, 0) FROM status_list"));
    NX_TRY(nx_sql_step(&q, &row));
    *count = nx_sql_get_int(&q);
    return nx_sql_done(&q);
}

/* A QR identity whose row is gone (its person was deleted) is revoked. */
static unsigned status_bits(int64_t status)
{
    switch (status) {
    case NX_QR_ACTIVE:
        return 0;
    case NX_QR_PENDING:
    case NX_QR_SUSPENDED:
        return 2;
    default:
        return 1;
    }
}

nx_result nx_status_index_fill(nx_registry *r, int64_t list, uint8_t bits[NX_STATUS_LIST_BYTES])
{
    bool row, any = false;
    NX_AUTO_SQL(q);
    memset(bits, 0, NX_STATUS_LIST_BYTES);
    /* 3 stands for revoked, as the column has it. */
    NX_TRY(nx_sql_open(&q, r,
                       "SELECT s.idx, coalesce(i.status, 3) FROM status_index s LEFT JOIN qr_identity i"
                       " ON i.qid = s.qid WHERE s.list = $1"));
    nx_sql_int(&q, list);
    for (;;) {
        NX_TRY(nx_sql_step(&q, &row));
        if (!row) break;
        any = true;
        int64_t index = nx_sql_get_int(&q);
        unsigned status = status_bits(nx_sql_get_int(&q));
        NX_TRY(nx_sql_done(&q));
        NX_REQUIRE(index >= 0 && index < NX_STATUS_LIST_SIZE, NX_ERR_REGISTRY);
        bits[index / 4] |= (uint8_t)(status << (index % 4 * 2));
    }
    NX_REQUIRE(any, NX_ERR_NOT_FOUND);
    return NX_OK;
}
