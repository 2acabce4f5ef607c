/* Which addresses the server may connect to. Pure: no resolution, no sockets. */
#ifndef NX_EGRESS_ADDRESS_H
#define NX_EGRESS_ADDRESS_H

#include "base/result.h"
#include "base/span.h"

#include <sys/socket.h>

#define NX_RANGES_MAX 64

/* An address of either family; IPv4 uses the first four bytes. */
struct nx_address {
    int family; /* AF_INET or AF_INET6 */
    uint8_t b[16];
};

struct nx_range {
    struct nx_address base;
    unsigned bits;
};

struct nx_ranges {
    size_t n;
    struct nx_range v[NX_RANGES_MAX];
};

/* Comma-separated CIDRs or single addresses; NULL and "" give none. NX_ERR_EGRESS_SETTING. */
NX_FALLIBLE nx_ranges_parse(struct nx_ranges *out, const char *text);
bool nx_ranges_hold(const struct nx_ranges *r, const struct nx_address *a);

/* false for a family that is neither. */
bool nx_address_of(struct nx_address *out, const struct sockaddr *sa);
/* A literal, IPv6 without brackets and zone. false when it is none. */
bool nx_address_parse(struct nx_address *out, const char *text);

/* Whether the address is public, or special and listed. An address that carries an IPv4 address inside
 * (mapped, compatible, NAT64, 6to4) passes only if it is listed and the inner one passes too. */
bool nx_address_allowed(const struct nx_address *a, const struct nx_ranges *listed);

#endif
