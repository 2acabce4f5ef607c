/* A link is parsed piece by piece; nothing in it is optional, and one value has one spelling. */
#include "qr/link.h"

#include <ctype.h>

#define ENROL_WORD "E"

static char *upper(nx_arena *a, const char *s)
{
    char *copy = nx_arena_strdup(a, s);
    for (char *c = copy; c && *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return copy;
}

static char *upper_id(nx_arena *a, const nx_id *id)
{
    return upper(a, id->s);
}

char *nx_link_order(nx_arena *a, const char *origin, const struct nx_link *l)
{
    char mac[NX_FRAME_MAC_TEXT + 1];
    nx_b32_encode(mac, nx_span_of(l->mac, sizeof l->mac), true);
    char *head = upper(a, origin), *id = upper_id(a, &l->id);
    return head && id ? nx_arena_printf(a, "%s/Q/%s/%lld/%s", head, id, (long long)l->t, mac) : NULL;
}

char *nx_link_enrol(nx_arena *a, const char *origin, const nx_id *secret)
{
    char *head = upper(a, origin), *id = upper_id(a, secret);
    return head && id ? nx_arena_printf(a, "%s/Q/" ENROL_WORD "/%s", head, id) : NULL;
}

NX_FALLIBLE nx_link_mac(uint8_t out[NX_FRAME_MAC_LEN], nx_span text)
{
    size_t n;
    NX_REQUIRE(text.n == NX_FRAME_MAC_TEXT, NX_ERR_SYNTAX);
    NX_TRY(nx_b32_decode(out, NX_FRAME_MAC_LEN, &n, text, true));
    return NX_OK;
}

/* 26 upper-case characters of 16 bytes, as the id in lower case. */
static nx_result read_id(nx_id *out, nx_span text)
{
    uint8_t bytes[16];
    size_t n;
    NX_REQUIRE(text.n == NX_ID_LEN, NX_ERR_SYNTAX);
    NX_TRY(nx_b32_decode(bytes, sizeof bytes, &n, text, true));
    nx_b32_encode(out->s, nx_span_of(bytes, n), false);
    return NX_OK;
}

static bool same_origin(nx_span text, const char *origin)
{
    for (size_t i = 0; i < text.n; i++) {
        if (toupper((unsigned char)origin[i]) != text.p[i]) return false;
    }
    return true;
}

static nx_result read_order(struct nx_link *out, nx_span order, nx_span rest)
{
    nx_span t, mac;
    uint64_t seconds;
    NX_TRY(read_id(&out->id, order));
    NX_REQUIRE(nx_span_cut(&rest, '/', &t) && nx_span_cut(&rest, '/', &mac) && !rest.p, NX_ERR_SYNTAX);
    NX_TRY(nx_parse_u64(&seconds, t, (uint64_t)1 << 40));
    out->kind = NX_LINK_ORDER;
    out->t = (nx_time)seconds;
    return nx_link_mac(out->mac, mac);
}

NX_FALLIBLE nx_link_parse(struct nx_link *out, const char *origin, nx_span text)
{
    size_t n = strlen(origin);
    NX_REQUIRE(text.n <= NX_QR_LINK_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(nx_span_starts(text, NX_LIT("HTTPS://")), NX_ERR_SYNTAX);
    NX_REQUIRE(text.n > n && same_origin(nx_span_of(text.p, n), origin) && text.p[n] == '/', NX_ERR_UNKNOWN);
    nx_span rest = nx_span_from(text, n + 1), word, piece;
    NX_REQUIRE(nx_span_cut(&rest, '/', &word) && nx_span_eq_str(word, "Q"), NX_ERR_SYNTAX);
    NX_REQUIRE(nx_span_cut(&rest, '/', &piece), NX_ERR_SYNTAX);
    *out = (struct nx_link){.kind = NX_LINK_ENROL};
    if (!nx_span_eq_str(piece, ENROL_WORD)) return read_order(out, piece, rest);
    NX_REQUIRE(nx_span_cut(&rest, '/', &piece) && !rest.p, NX_ERR_SYNTAX);
    return read_id(&out->id, piece);
}
