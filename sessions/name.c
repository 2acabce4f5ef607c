#include "sessions/name.h"

#include "crypto/digest.h"
#include "sessions/name_record.h"

#define LIFE_MAX_S (31 * 86400)

nx_result nx_name_key(nx_id *out, const nx_store *st, const struct nx_name *n)
{
    uint8_t mac[NX_SHA256_LEN];
    nx_span value = nx_span_str(n->value);
    NX_REQUIRE(n->holder && *n->holder && n->kind && value.n > 0 && value.n <= NX_NAME_VALUE_MAX, NX_ERR_RANGE);
    const nx_span parts[] = {NX_LIT("name"), nx_span_str(n->holder), nx_span_str(n->kind), value};
    NX_TRY(nx_hmac_sha256_parts(mac, nx_master_key(st->master, NX_LABEL_BLIND), parts, 4));
    nx_b32_encode(out->s, nx_span_of(mac, 16), false);
    return NX_OK;
}

nx_result nx_name_put(struct nx_commit *c, nx_store *st, nx_arena *a, const struct nx_name *n, const char *person,
                      int64_t life_s)
{
    nx_id key;
    NX_REQUIRE(nx_id_valid(nx_span_str(person)) && life_s > 0 && life_s <= LIFE_MAX_S, NX_ERR_RANGE);
    NX_TRY(nx_name_key(&key, st, n));
    struct nx_put put = {.key = nx_rec_name(NX_REC_NAME, key.s),
                         .life_ms = life_s * 1000,
                         .renew = true,
                         .body = nx_span_str(person)};
    nx_commit_begin(c, st, a, nx_store_shard(st, key.s));
    nx_commit_put(c, &put);
    return NX_OK;
}

nx_result nx_name_note(nx_store *st, nx_arena *a, const struct nx_name *n, const char *person, int64_t life_s,
                       int64_t *at_ms)
{
    struct nx_commit c;
    struct nx_outcome o;
    NX_TRY(nx_name_put(&c, st, a, n, person, life_s));
    NX_TRY(nx_commit_run(&c, &o));
    NX_REQUIRE(o.found == NX_FOUND, NX_ERR_STORE_REPLY);
    *at_ms = o.now_ms;
    return NX_OK;
}

static nx_result fetch(struct nx_outcome *o, nx_store *st, nx_arena *a, const struct nx_name *n, char kind)
{
    struct nx_commit c;
    nx_id key;
    NX_TRY(nx_name_key(&key, st, n));
    nx_commit_begin(&c, st, a, nx_store_shard(st, key.s));
    nx_commit_fetch(&c, nx_rec_name(kind, key.s), false, NULL);
    return nx_commit_run(&c, o);
}

nx_result nx_name_find(nx_store *st, nx_arena *a, const struct nx_name *n, const char **person,
                       enum nx_found *found)
{
    struct nx_outcome o;
    *person = NULL;
    NX_TRY(fetch(&o, st, a, n, NX_REC_NAME));
    *found = o.found;
    if (o.found != NX_FOUND) return NX_OK;
    NX_REQUIRE(nx_id_valid(o.rec[0].body), NX_ERR_STORE_RECORD);
    *person = nx_arena_dup(a, o.rec[0].body);
    NX_NEED(*person);
    return NX_OK;
}

nx_result nx_name_end(nx_store *st, nx_arena *a, const struct nx_name *n)
{
    struct nx_commit c;
    struct nx_outcome o;
    nx_id key;
    NX_TRY(nx_name_key(&key, st, n));
    struct nx_put put = {.key = nx_rec_name(NX_REC_NAME_ENDED, key.s), .life_ms = NX_NAME_ENDED_S * 1000};
    nx_commit_begin(&c, st, a, nx_store_shard(st, key.s));
    nx_commit_put(&c, &put);
    NX_TRY(nx_commit_run(&c, &o));
    NX_REQUIRE(o.found == NX_FOUND, NX_ERR_STORE_REPLY);
    return NX_OK;
}

nx_result nx_name_ended(nx_store *st, nx_arena *a, const struct nx_name *n, int64_t since_ms, bool *ended)
{
    struct nx_outcome o;
    NX_TRY(fetch(&o, st, a, n, NX_REC_NAME_ENDED));
    *ended = o.found == NX_FOUND && o.rec[0].made_ms >= since_ms;
    return NX_OK;
}
