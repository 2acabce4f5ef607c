#include "sessions/url.h"

#include "base/log.h"
#include "base/text.h"

#include <stdio.h>

static nx_result copy(char *out, size_t room, nx_span s)
{
    NX_REQUIRE(s.n > 0 && s.n < room && nx_ascii_printable(s), NX_ERR_STORE_URL);
    memcpy(out, s.p, s.n);
    out[s.n] = 0;
    return NX_OK;
}

static nx_result number(int *out, nx_span s, uint64_t max)
{
    uint64_t n;
    NX_REQUIRE(nx_ok(nx_parse_u64(&n, s, max)), NX_ERR_STORE_URL);
    *out = (int)n;
    return NX_OK;
}

static nx_result password(struct nx_store_url *out, nx_span s)
{
    NX_AUTO(nx_arena) a = nx_arena_open(8 << 10);
    NX_NEED(a);
    char *plain;
    NX_REQUIRE(nx_ok(nx_form_decode(&plain, a, s)) && *plain, NX_ERR_STORE_URL);
    return nx_secret_set(&out->password, nx_span_str(plain));
}

static nx_result unix_url(struct nx_store_url *out, nx_span rest)
{
    nx_span path, pair, name;
    NX_REQUIRE(nx_span_cut(&rest, '?', &path) && path.n > 0, NX_ERR_STORE_URL);
    NX_TRY(copy(out->path, sizeof out->path, path));
    while (nx_span_cut(&rest, '&', &pair)) {
        NX_REQUIRE(nx_span_cut(&pair, '=', &name), NX_ERR_STORE_URL);
        if (nx_span_eq_str(name, "db"))
            NX_TRY(number(&out->db, pair, 65535));
        else if (nx_span_eq_str(name, "password"))
            NX_TRY(password(out, pair));
        else
            NX_FAIL(NX_ERR_STORE_URL);
    }
    return NX_OK;
}

/* [:password@]host[:port][/db] */
static nx_result tcp_url(struct nx_store_url *out, nx_span rest)
{
    nx_span authority, host, colon;
    NX_REQUIRE(nx_span_cut(&rest, '/', &authority), NX_ERR_STORE_URL);
    if (rest.n > 0) NX_TRY(number(&out->db, rest, 65535));
    const uint8_t *at = memrchr(authority.p, '@', authority.n);
    if (at) {
        nx_span user = nx_span_of(authority.p, (size_t)(at - authority.p));
        NX_REQUIRE(nx_span_cut(&user, ':', &colon) && colon.n == 0, NX_ERR_STORE_URL);
        NX_TRY(password(out, user));
        authority = nx_span_from(authority, (size_t)(at - authority.p) + 1);
    }
    out->port = 6379;
    if (authority.n > 0 && authority.p[0] == '[') { /* an IPv6 address stands in brackets (RFC 3986) */
        authority = nx_span_from(authority, 1);
        NX_REQUIRE(nx_span_cut(&authority, ']', &host) && authority.p, NX_ERR_STORE_URL);
        NX_REQUIRE(authority.n == 0 || authority.p[0] == ':', NX_ERR_STORE_URL);
        authority = nx_span_from(authority, 1);
    } else {
        NX_REQUIRE(nx_span_cut(&authority, ':', &host), NX_ERR_STORE_URL);
    }
    if (authority.n > 0) NX_TRY(number(&out->port, authority, 65535));
    return copy(out->host, sizeof out->host, host);
}

static nx_result later(const char *scheme)
{
    nx_log(NX_ERROR, "store_url_refused", NX_TEXT("scheme", scheme),
           NX_TEXT("hint", "not in this version: use unix:/path or redis://host:port/db"));
    NX_FAIL(NX_ERR_STORE_URL);
}

nx_result nx_store_url_parse(struct nx_store_url *out, const char *text)
{
    static const char *const refused[] = {"redis+cluster:", "redis+sentinel:", "rediss:"};
    nx_span url = nx_span_str(text);
    *out = (struct nx_store_url){.db = 0};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (nx_span_starts(url, nx_span_str(refused[i]))) return later(refused[i]);
    if (nx_span_starts(url, NX_LIT("unix:"))) return unix_url(out, nx_span_from(url, 5));
    if (nx_span_starts(url, NX_LIT("redis://"))) return tcp_url(out, nx_span_from(url, 8));
    NX_FAIL(NX_ERR_STORE_URL);
}
