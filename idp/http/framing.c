#include "http/framing.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <strings.h>

/* ---- target
 * ------------------------------------------------------------------------------------------------ */

/* The byte of "%XX" at s, or -1 when that is not whole. Encoded separators and dots would make a second way
 * to write a path: they are not taken. */
static int escaped_byte(nx_span s)
{
    char hex[2];
    uint8_t byte;
    size_t n;
    if (s.n < 3) return -1;
    for (size_t k = 0; k < 2; k++)
        hex[k] = (char)(s.p[1 + k] >= 'A' && s.p[1 + k] <= 'F' ? s.p[1 + k] | 0x20 : s.p[1 + k]);
    return nx_ok(nx_hex_decode(&byte, 1, &n, nx_span_of(hex, 2))) ? byte : -1;
}

static bool segment_ok(nx_span segment, bool last)
{
    if (segment.n == 0) return last;
    if (nx_span_eq_str(segment, ".") || nx_span_eq_str(segment, "..")) return false;
    for (size_t i = 0; i < segment.n; i++) {
        if (segment.p[i] == '\\') return false;
        if (segment.p[i] != '%') continue;
        int byte = escaped_byte(nx_span_from(segment, i));
        if (byte <= 0 || byte == '/' || byte == '\\' || byte == '.') return false;
    }
    return true;
}

nx_result nx_framing_target(nx_span target)
{
    nx_span rest = target, path, segment;
    NX_REQUIRE(target.n > 0 && target.p[0] == '/' && nx_ascii_printable(target), NX_ERR_SYNTAX);
    NX_REQUIRE(!memchr(target.p, '#', target.n) && !memchr(target.p, ' ', target.n), NX_ERR_SYNTAX);
    NX_REQUIRE(nx_span_cut(&rest, '?', &path), NX_ERR_SYNTAX);
    rest = nx_span_from(path, 1);
    if (path.n == 1) return NX_OK;
    while (nx_span_cut(&rest, '/', &segment))
        NX_REQUIRE(segment_ok(segment, rest.p == NULL), NX_ERR_SYNTAX);
    return NX_OK;
}

/* ---- fields
 * ------------------------------------------------------------------------------------------------ */

/* Fields whose grammar is a list (RFC 9110 section 5.3): they may stand more than once, and nothing here
 * decides anything of weight by them. Every other field that stands twice is refused. */
static bool may_repeat(const char *name)
{
    static const char *const lists[] = {
        "Accept", "Accept-Language", "Accept-Encoding", "Accept-Charset", "Cache-Control", "Pragma", "Via",
        "TE",     "Connection",      "Keep-Alive",      "Sec-CH-UA",      "Priority",      "Warning"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (strcasecmp(name, lists[i]) == 0) return true;
    return false;
}

static bool is_token(const char *s)
{
    if (!*s) return false;
    for (; *s; s++) {
        bool alnum = (*s >= '0' && *s <= '9') || ((*s | 0x20) >= 'a' && (*s | 0x20) <= 'z');
        if (!alnum && !strchr("!#$%&'*+-.^_`|~", *s)) return false;
    }
    return true;
}

static bool value_ok(const struct nx_header *h)
{
    nx_span v = nx_span_str(h->value);
    size_t most = strcasecmp(h->name, "Authorization") == 0 ? NX_AUTHORIZATION_MAX : NX_HEADER_VALUE_MAX;
    if (v.n > most) return false;
    for (size_t i = 0; i < v.n; i++)
        if ((v.p[i] < 0x20 && v.p[i] != '\t') || v.p[i] == 0x7f) return false;
    return nx_utf8_valid(v);
}

static nx_result check_repeats(const struct nx_header *h, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            NX_REQUIRE(strcasecmp(h[i].name, h[k].name) != 0 || may_repeat(h[i].name), NX_ERR_HTTP_FRAMING);
    return NX_OK;
}

static const char *find(const struct nx_header *h, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(h[i].name, name) == 0) return h[i].value;
    return NULL;
}

nx_result nx_framing_fields(const struct nx_header *h, size_t n, int64_t *content_length)
{
    *content_length = -1;
    for (size_t i = 0; i < n; i++)
        NX_REQUIRE(is_token(h[i].name) && value_ok(&h[i]), NX_ERR_HTTP_FRAMING);
    NX_TRY(check_repeats(h, n));
    const char *host = find(h, n, "Host");
    NX_REQUIRE(host && host[0], NX_ERR_HTTP_FRAMING);
    /*= RFC 9112 6.1
     *# A server MAY reject a request that contains both Content-Length and Transfer-Encoding */
    const char *length = find(h, n, "Content-Length"), *coding = find(h, n, "Transfer-Encoding");
    NX_REQUIRE(!length || !coding, NX_ERR_HTTP_FRAMING);
    NX_REQUIRE(!coding || strcasecmp(coding, "chunked") == 0, NX_ERR_HTTP_FRAMING);
    if (length) {
        uint64_t value;
        NX_REQUIRE(nx_ok(nx_parse_u64(&value, nx_span_str(length), INT64_MAX)), NX_ERR_HTTP_FRAMING);
        *content_length = (int64_t)value;
    }
    return NX_OK;
}

/* ---- client
 * ------------------------------------------------------------------------------------------------ */

static bool is_address(const char *s)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, s, bytes) == 1 || inet_pton(AF_INET6, s, bytes) == 1;
}

nx_result nx_framing_client(const char **out, const nx_request *rq, const char *peer)
{
    const char *told = peer ? peer : find(rq->headers, rq->header_count, "X-Forwarded-For");
    *out = "local";
    if (!told) return NX_OK;
    NX_REQUIRE(is_address(told), NX_ERR_HTTP_FRAMING);
    char *copy = nx_arena_strdup(rq->arena, told);
    NX_NEED(copy);
    *out = copy;
    return NX_OK;
}
