/* Sockets to the servers of agencies, which speak no HTTP and so do not go through idp/egress: the same rules
 * of addresses hold (SECURITY.md 30). The name is resolved first, and only an address that may be called is
 * connected to; private ranges and loopback must be listed (--egress-allow). Every wait ends at the caller's
 * deadline. */
#ifndef NX_AUTHN_AGENCY_DIAL_H
#define NX_AUTHN_AGENCY_DIAL_H

#include "base/result.h"
#include "house/house.h"

#define NX_AGENCY_HOST_MAX 255

enum nx_dial_kind { NX_DIAL_TCP, NX_DIAL_UDP };

struct nx_dial {
    enum nx_dial_kind kind;
    const char *host; /* name or address, IPv6 without brackets */
    int port;
    /* What is sent can be read or forged on the way: only addresses that the operator listed; for plain LDAP
     * also only loopback. */
    bool listed_only;
    bool loopback_only;
    int64_t deadline_ms; /* monotonic */
};

/* *fd is connected, blocking and close-on-exec; the caller closes it. A UDP socket is bound to a random
 * source port. NX_ERR_EGRESS_ADDRESS: no address of the name may be called; NX_ERR_AGENCY_AWAY. */
NX_FALLIBLE nx_agency_dial(int *fd, const struct nx_house *house, const struct nx_dial *d);
/* Milliseconds to the deadline, 0 when it is past. */
int64_t nx_agency_left(int64_t deadline_ms);

#endif
