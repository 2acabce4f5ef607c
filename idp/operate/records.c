#include "operate/records.h"

#include "operate/page.h"
#include "registry/audit.h"
#include "registry/client.h"

#include <stdio.h>

static json_t *client_line(const struct nx_client_line *l)
{
    json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:b}", "id", l->id, "name", l->name, "state",
                          nx_client_state_name(l->state), "owner", l->owner, "unreachable", l->unreachable);
    if (j) nx_operate_time(j, "created", l->created);
    return j;
}

nx_result nx_operate_client_list(json_t **out, struct nx_operate_call *c, const struct nx_operate_page *page)
{
    size_t limit;
    struct nx_client_page clients;
    NX_AUTO_JSON items = json_array();
    NX_NEED(items);
    NX_TRY(nx_operate_limit(&limit, page));
    NX_TRY(nx_client_lines(c->house->registry, c->arena, page->cursor, limit, &clients));
    for (size_t i = 0; i < clients.n; i++)
        NX_REQUIRE(json_array_append_new(items, client_line(&clients.v[i])) == 0, NX_ERR_MEMORY);
    *out = nx_operate_list(NX_STEAL(items), clients.more ? clients.v[clients.n - 1].id : NULL);
    NX_NEED(*out);
    return NX_OK;
}

nx_result nx_operate_client_show(json_t **out, struct nx_operate_call *c, const char *id)
{
    NX_AUTO(nx_client) client = NULL;
    NX_REQUIRE(id, NX_ERR_MISSING);
    NX_TRY(nx_client_get(c->house->registry, nx_span_str(id), &client));
    NX_AUTO_JSON j =
        json_pack("{s:s,s:s,s:s,s:s,s:s?,s:b}", "client_id", client->id, "state",
                  nx_client_state_name(client->state), "owner", client->owner, "sector", client->sector,
                  "legal_basis", client->legal_basis, "unreachable", nx_client_unreachable(client));
    /* The metadata is shared between threads: a copy is written out. */
    NX_AUTO_JSON metadata = json_deep_copy(client->metadata);
    NX_REQUIRE(j && metadata, NX_ERR_MEMORY);
    NX_REQUIRE(json_object_update_missing(j, metadata) == 0, NX_ERR_MEMORY);
    nx_operate_time(j, "created", client->created);
    nx_operate_time(j, "updated", client->updated);
    *out = NX_STEAL(j);
    return NX_OK;
}

static json_t *key_line(const struct nx_key_row *k)
{
    json_t *j = json_pack("{s:s,s:s,s:s,s:s}", "kid", k->kid, "use", nx_key_use_name(k->use), "alg",
                          nx_key_use_alg_name(k->use), "state", nx_key_state_name(k->state));
    if (!j) return NULL;
    nx_operate_time(j, "published", k->published);
    nx_operate_time(j, "retire_after", k->retire_after);
    return j;
}

nx_result nx_operate_key_list(json_t **out, struct nx_operate_call *c)
{
    struct nx_key_row *rows;
    size_t n;
    NX_AUTO_JSON items = json_array();
    NX_NEED(items);
    NX_TRY(nx_keyring_list(&rows, &n, c->arena, c->house->keyring));
    for (size_t i = 0; i < n; i++)
        NX_REQUIRE(json_array_append_new(items, key_line(&rows[i])) == 0, NX_ERR_MEMORY);
    *out = nx_operate_list(NX_STEAL(items), NULL);
    NX_NEED(*out);
    return NX_OK;
}

/* The ring writes its rows in a change of its own; the audit row follows, and is written even if the list
 * then fails. */
nx_result nx_operate_key_rotate(json_t **out, struct nx_operate_call *c, const char *use, bool now)
{
    nx_key_use which = NX_USE_TOKEN;
    if (use && !nx_ok(nx_key_use_of(&which, nx_span_str(use))))
        return nx_operate_refuse(c, NX_ERR_UNKNOWN, "use: one of those that keys list shows, as token, qr, saml or upstream");
    NX_TRY(now ? nx_keyring_roll(c->house->keyring, which) : nx_keyring_rotate(c->house->keyring, which));
    NX_TRY(nx_operate_audit(c, now ? "key.rolled" : "key.rotated", NULL,
                            json_pack("{s:s}", "use", nx_key_use_name(which))));
    return nx_operate_key_list(out, c);
}

static nx_result audit_line(json_t **out, const struct nx_audit_entry *e)
{
    NX_AUTO_JSON detail = NULL;
    NX_TRY(nx_json_parse(&detail, nx_span_str(e->detail)));
    *out = json_pack("{s:I,s:s,s:s,s:s?,s:O,s:s}", "seq", (json_int_t)e->seq, "actor", e->actor, "type",
                     e->type, "subject", e->subject, "detail", detail, "hash", e->hash);
    NX_NEED(*out);
    nx_operate_time(*out, "at", e->at);
    return NX_OK;
}

static nx_result audit_items(json_t *items, const struct nx_audit_page *page)
{
    for (size_t i = 0; i < page->n; i++) {
        json_t *item;
        NX_TRY(audit_line(&item, &page->v[i]));
        NX_REQUIRE(json_array_append_new(items, item) == 0, NX_ERR_MEMORY);
    }
    return NX_OK;
}

/* Howard Hinnant's days_from_civil: the proleptic Gregorian calendar in integers. */
static int64_t days_from_civil(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2;
    int64_t era = y / 400, year = y - era * 400;
    int64_t day = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + year * 365 + year / 4 - year / 100 + day - 719468;
}

/* "2026-11-21T08:30:00Z", "2026-11-21", or seconds. */
static nx_result read_time(nx_time *out, const char *text)
{
    uint64_t seconds;
    int y, mo, d, h = 0, mi = 0, s = 0, end = 0;
    if (nx_ok(nx_parse_u64(&seconds, nx_span_str(text), 253402300799u))) {
        *out = (nx_time)seconds;
        return NX_OK;
    }
    size_t n = strlen(text);
    bool whole = n == 20 && sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ%n", &y, &mo, &d, &h, &mi, &s, &end) == 6;
    bool day = n == 10 && sscanf(text, "%4d-%2d-%2d%n", &y, &mo, &d, &end) == 3;
    NX_REQUIRE((whole || day) && (size_t)end == n, NX_ERR_SYNTAX);
    NX_REQUIRE(y >= 1970 && mo >= 1 && mo <= 12 && d >= 1 && d <= 31, NX_ERR_RANGE);
    NX_REQUIRE(h >= 0 && h < 24 && mi >= 0 && mi < 60 && s >= 0 && s <= 60, NX_ERR_RANGE);
    *out = days_from_civil(y, mo, d) * 86400 + h * 3600 + mi * 60 + s;
    return NX_OK;
}

nx_result nx_operate_audit_list(json_t **out, struct nx_operate_call *c,
                                const struct nx_operate_audit_query *asked)
{
    struct nx_audit_query q = {.subject = asked->subject, .type = asked->type};
    struct nx_audit_page page;
    char next[32];
    NX_AUTO_JSON items = json_array();
    NX_NEED(items);
    NX_TRY(nx_operate_limit(&q.limit, &asked->page));
    NX_TRY(nx_operate_cursor_number(&q.before, &asked->page));
    if (asked->since) NX_TRY(read_time(&q.since, asked->since));
    NX_TRY(nx_audit_list(c->house->registry, c->arena, &q, &page));
    NX_TRY(audit_items(items, &page));
    if (page.more) snprintf(next, sizeof next, "%lld", (long long)page.v[page.n - 1].seq);
    *out = nx_operate_list(NX_STEAL(items), page.more ? next : NULL);
    NX_NEED(*out);
    return NX_OK;
}

nx_result nx_operate_audit_verify(json_t **out, struct nx_operate_call *c)
{
    struct nx_audit_verdict v;
    NX_TRY(nx_audit_verify(c->house->registry, &v));
    *out = json_pack("{s:b,s:I,s:o,s:s}", "whole", v.whole, "rows", (json_int_t)v.rows, "broken_at",
                     v.whole ? json_null() : json_integer(v.broken_at), "head", v.head);
    NX_NEED(*out);
    return NX_OK;
}
