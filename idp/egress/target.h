/* A URL that may be called, taken apart. */
#ifndef NX_EGRESS_TARGET_H
#define NX_EGRESS_TARGET_H

#include "egress/address.h"

#define NX_HOST_MAX 253
#define NX_HTTP_HOSTS_MAX 16

struct nx_target {
    char url[2048 + 1];
    char host[NX_HOST_MAX + 3]; /* lower case; IPv6 without brackets */
    char key[NX_HOST_MAX + 19]; /* host:port, for the breaker and for reuse */
};

/* Hosts that may be called by http. */
struct nx_http_hosts {
    size_t n;
    char v[NX_HTTP_HOSTS_MAX][NX_HOST_MAX + 3];
};

/* Comma-separated; NX_ERR_EGRESS_SETTING for a host that is not loopback by its name. */
NX_FALLIBLE nx_http_hosts_parse(struct nx_http_hosts *out, const char *text);

/* Takes a URL apart and checks its text: scheme, host, no user, no fragment, no odd characters
 * (NX_ERR_EGRESS_URL); a host that is an address, or loopback by its name, against the list
 * (NX_ERR_EGRESS_ADDRESS). */
NX_FALLIBLE nx_target_parse(struct nx_target *out, nx_span url, const struct nx_http_hosts *http,
                            const struct nx_ranges *listed);

#endif
