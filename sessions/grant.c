/* The pack of a grant is small, since there is one per sign-on and portal: numbers share one field, and what
 * the record's epochs name anyway (person, QR identity, client) is not written twice. */
#include "sessions/grant.h"

#define VERSION 1
#define NUMBERS_LEN 31

enum flag { OFFLINE = 1, REFRESHES = 2, ROTATES = 4 };

enum tag {
    T_NUMBERS = 1,
    T_CLIENT,
    T_SUBJECT,
    T_SESSION,
    T_SID,
    T_QID,
    T_SECTOR,
    T_SCOPE,
    T_AUDIENCE,
    T_CLAIMS,
    T_NONCE,
    T_REDIRECT,
    T_CHALLENGE,
    T_JKT,
    T_X5T,
    T_PURPOSE,
    T_VOUCHED,
};

/* Big endian, so that a pack reads the same on every node. */
static uint8_t *put(uint8_t *p, uint64_t v, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        *p++ = (uint8_t)(v >> (8 * i));
    return p;
}

static uint64_t take(const uint8_t **p, int bytes)
{
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++)
        v = v << 8 | *(*p)++;
    return v;
}

static void write_numbers(uint8_t out[NUMBERS_LEN], const struct nx_grant *g)
{
    unsigned flags =
        (g->offline ? OFFLINE : 0u) | (g->refreshes ? REFRESHES : 0u) | (g->rotates ? ROTATES : 0u);
    uint8_t *p = put(out, (uint64_t)g->level, 1);
    p = put(p, (uint64_t)(g->rung + 1), 1);
    p = put(p, flags, 1);
    p = put(p, g->means, 4);
    p = put(p, (uint64_t)g->auth_time, 8);
    p = put(p, (uint64_t)g->refresh_until, 8);
    p = put(p, (uint64_t)g->refresh_idle_s, 4);
    put(p, (uint64_t)g->token_s, 4);
}

static void read_numbers(struct nx_grant *g, const uint8_t *p)
{
    g->level = (int)take(&p, 1);
    g->rung = (int)take(&p, 1) - 1;
    unsigned flags = (unsigned)take(&p, 1);
    g->offline = flags & OFFLINE;
    g->refreshes = flags & REFRESHES;
    g->rotates = flags & ROTATES;
    g->means = (unsigned)take(&p, 4);
    g->auth_time = (nx_time)take(&p, 8);
    g->refresh_until = (nx_time)take(&p, 8);
    g->refresh_idle_s = (int64_t)take(&p, 4);
    g->token_s = (int64_t)take(&p, 4);
}

/* NULL when the epochs of the record name it. */
static const char *unless_named(const struct nx_grant *g, char kind, const char *id)
{
    const struct nx_epoch *e = nx_epochs_get(&g->epochs, kind);
    return e && id && strcmp(e->id, id) == 0 ? NULL : id;
}

static bool in_range(const struct nx_grant *g)
{
    return g->level >= 0 && g->level <= 4 && g->rung >= -1 && g->rung <= 3 && g->refresh_idle_s >= 0 &&
           g->refresh_idle_s <= INT32_MAX && g->token_s >= 0 && g->token_s <= INT32_MAX &&
           g->auth_time >= 0 && g->refresh_until >= 0;
}

nx_result nx_grant_pack(nx_span *out, nx_arena *a, const struct nx_grant *g)
{
    uint8_t numbers[NUMBERS_LEN];
    nx_buf b;
    NX_REQUIRE(in_range(g), NX_ERR_RANGE);
    write_numbers(numbers, g);
    nx_buf_init(&b, a, NX_GRANT_MAX);
    nx_pack_begin(&b, VERSION);
    nx_pack_bytes(&b, T_NUMBERS, nx_span_of(numbers, sizeof numbers));
    nx_pack_text(&b, T_CLIENT, unless_named(g, NX_EPOCH_CLIENT, g->client_id));
    nx_pack_text(&b, T_SUBJECT, unless_named(g, NX_EPOCH_PERSON, g->subject));
    nx_pack_text(&b, T_SESSION, g->session);
    nx_pack_text(&b, T_SID, g->sid);
    nx_pack_text(&b, T_QID, unless_named(g, NX_EPOCH_QR, g->qid));
    nx_pack_text(&b, T_SECTOR, g->sector);
    nx_pack_text(&b, T_SCOPE, g->scope);
    nx_pack_text(&b, T_AUDIENCE, g->audience);
    nx_pack_text(&b, T_CLAIMS, g->claims);
    nx_pack_text(&b, T_NONCE, g->nonce);
    nx_pack_text(&b, T_REDIRECT, g->redirect_uri);
    nx_pack_text(&b, T_CHALLENGE, g->code_challenge);
    nx_pack_text(&b, T_JKT, g->jkt);
    nx_pack_text(&b, T_X5T, g->x5t);
    nx_pack_text(&b, T_PURPOSE, g->purpose);
    nx_pack_text(&b, T_VOUCHED, g->vouched_by);
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_span(&b);
    return NX_OK;
}

nx_result nx_grant_unpack(struct nx_grant *g, nx_arena *a, nx_span pack)
{
    nx_pack p;
    NX_TRY(nx_pack_open(&p, pack));
    nx_span numbers = nx_pack_get(&p, T_NUMBERS);
    NX_REQUIRE(p.version == VERSION && numbers.n == NUMBERS_LEN, NX_ERR_SYNTAX);
    *g = (struct nx_grant){.status = NX_STATUS_REF_NONE};
    read_numbers(g, numbers.p);
    g->client_id = nx_pack_get_text(&p, T_CLIENT, a);
    g->subject = nx_pack_get_text(&p, T_SUBJECT, a);
    g->session = nx_pack_get_text(&p, T_SESSION, a);
    g->sid = nx_pack_get_text(&p, T_SID, a);
    g->qid = nx_pack_get_text(&p, T_QID, a);
    g->sector = nx_pack_get_text(&p, T_SECTOR, a);
    g->scope = nx_pack_get_text(&p, T_SCOPE, a);
    g->audience = nx_pack_get_text(&p, T_AUDIENCE, a);
    g->claims = nx_pack_get_text(&p, T_CLAIMS, a);
    g->nonce = nx_pack_get_text(&p, T_NONCE, a);
    g->redirect_uri = nx_pack_get_text(&p, T_REDIRECT, a);
    g->code_challenge = nx_pack_get_text(&p, T_CHALLENGE, a);
    g->jkt = nx_pack_get_text(&p, T_JKT, a);
    g->x5t = nx_pack_get_text(&p, T_X5T, a);
    g->purpose = nx_pack_get_text(&p, T_PURPOSE, a);
    g->vouched_by = nx_pack_get_text(&p, T_VOUCHED, a);
    return NX_OK;
}
