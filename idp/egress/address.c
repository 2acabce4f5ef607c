/* The special ranges are those of the IANA registries (RFC 6890 and its updates) and one address outside them
 * that a large cloud uses for its instance service. For IPv6 it is the other way round: only 2000::/3 is
 * public, minus the special parts of it. */
#include "egress/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#define V4(a, b, c, d)                                                                                       \
    {                                                                                                        \
        AF_INET,                                                                                             \
        {                                                                                                    \
            a, b, c, d                                                                                       \
        }                                                                                                    \
    }

static const struct nx_range special4[] = {
    {V4(0, 0, 0, 0), 8},      {V4(10, 0, 0, 0), 8},     {V4(100, 64, 0, 0), 10}, {V4(127, 0, 0, 0), 8},
    {V4(169, 254, 0, 0), 16}, {V4(172, 16, 0, 0), 12},  {V4(192, 0, 0, 0), 24},  {V4(192, 0, 2, 0), 24},
    {V4(192, 88, 99, 0), 24}, {V4(192, 168, 0, 0), 16}, {V4(198, 18, 0, 0), 15}, {V4(198, 51, 100, 0), 24},
    {V4(203, 0, 113, 0), 24}, {V4(224, 0, 0, 0), 4},    {V4(240, 0, 0, 0), 4},   {V4(168, 63, 129, 16), 32},
};

static const struct nx_range global6 = {{AF_INET6, {0x20}}, 3};
static const struct nx_range special6[] = {
    {{AF_INET6, {0x20, 0x01, 0x00}}, 23},       /* IETF assignments, Teredo among them */
    {{AF_INET6, {0x20, 0x01, 0x0d, 0xb8}}, 32}, /* documentation */
    {{AF_INET6, {0x20, 0x02}}, 16},             /* 6to4 */
    {{AF_INET6, {0x3f, 0xff, 0x00}}, 20},       /* documentation */
};

/* Where an IPv4 address sits inside an IPv6 one. */
static const struct {
    struct nx_range range;
    unsigned at;
} inner4[] = {
    {{{AF_INET6, {[10] = 0xff, [11] = 0xff}}, 96}, 12},           /* mapped */
    {{{AF_INET6, {0x00, 0x64, 0xff, 0x9b}}, 96}, 12},             /* NAT64 */
    {{{AF_INET6, {0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}}, 48}, 12}, /* NAT64, local use */
    {{{AF_INET6, {0x20, 0x02}}, 16}, 2},                          /* 6to4 */
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static unsigned width(int family)
{
    return family == AF_INET ? 32 : 128;
}

static bool range_holds(const struct nx_range *r, const struct nx_address *a)
{
    if (r->base.family != a->family) return false;
    unsigned whole = r->bits / 8, rest = r->bits % 8;
    if (memcmp(r->base.b, a->b, whole) != 0) return false;
    return rest == 0 || (r->base.b[whole] ^ a->b[whole]) >> (8 - rest) == 0;
}

static bool any_holds(const struct nx_range *table, size_t n, const struct nx_address *a)
{
    for (size_t i = 0; i < n; i++)
        if (range_holds(&table[i], a)) return true;
    return false;
}

bool nx_ranges_hold(const struct nx_ranges *r, const struct nx_address *a)
{
    return any_holds(r->v, r->n, a);
}

bool nx_address_parse(struct nx_address *out, const char *text)
{
    memset(out, 0, sizeof *out);
    out->family = strchr(text, ':') ? AF_INET6 : AF_INET;
    return inet_pton(out->family, text, out->b) == 1;
}

bool nx_address_of(struct nx_address *out, const struct sockaddr *sa)
{
    memset(out, 0, sizeof *out);
    out->family = sa->sa_family;
    if (sa->sa_family == AF_INET)
        memcpy(out->b, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
    else if (sa->sa_family == AF_INET6)
        memcpy(out->b, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
    else
        return false;
    return true;
}

static nx_result parse_range(struct nx_range *out, nx_span text)
{
    char copy[64];
    NX_REQUIRE(text.n && text.n < sizeof copy, NX_ERR_EGRESS_SETTING);
    memcpy(copy, text.p, text.n);
    copy[text.n] = 0;
    char *slash = strchr(copy, '/');
    if (slash) *slash = 0;
    NX_REQUIRE(nx_address_parse(&out->base, copy), NX_ERR_EGRESS_SETTING);
    out->bits = width(out->base.family);
    if (!slash) return NX_OK;
    char *end = NULL;
    unsigned long bits = strtoul(slash + 1, &end, 10);
    bool good = slash[1] >= '0' && slash[1] <= '9' && *end == 0 && bits <= out->bits;
    NX_REQUIRE(good, NX_ERR_EGRESS_SETTING);
    out->bits = (unsigned)bits;
    return NX_OK;
}

NX_FALLIBLE nx_ranges_parse(struct nx_ranges *out, const char *text)
{
    out->n = 0;
    nx_span rest = nx_span_str(text && *text ? text : NULL), piece;
    while (nx_span_cut(&rest, ',', &piece)) {
        while (piece.n && piece.p[0] == ' ')
            piece = nx_span_from(piece, 1);
        NX_REQUIRE(out->n < NX_RANGES_MAX, NX_ERR_EGRESS_SETTING);
        NX_TRY(parse_range(&out->v[out->n++], piece));
    }
    return NX_OK;
}

static bool is_special(const struct nx_address *a)
{
    if (a->family == AF_INET) return any_holds(special4, COUNT(special4), a);
    return !range_holds(&global6, a) || any_holds(special6, COUNT(special6), a);
}

static bool inner_of(struct nx_address *out, const struct nx_address *a)
{
    for (size_t i = 0; i < COUNT(inner4); i++)
        if (range_holds(&inner4[i].range, a)) {
            *out = (struct nx_address){.family = AF_INET};
            memcpy(out->b, a->b + inner4[i].at, 4);
            return true;
        }
    return false;
}

bool nx_address_allowed(const struct nx_address *a, const struct nx_ranges *listed)
{
    if (!is_special(a)) return true;
    struct nx_address inner;
    return nx_ranges_hold(listed, a) && (!inner_of(&inner, a) || nx_address_allowed(&inner, listed));
}
