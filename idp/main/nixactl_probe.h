/* What a caller of the server sees: one GET through the edge, by TLS, with the folder's authority as the only
 * anchor. Tells when the server is ready, and fetches the trust bundle for qr verify. */
#ifndef NX_MAIN_NIXACTL_PROBE_H
#define NX_MAIN_NIXACTL_PROBE_H

#include "base/arena.h"

struct nx_probe {
    const char *listen;    /* HOST:PORT to connect to */
    const char *host;      /* that the certificate must name, and the Host header's name */
    const char *authority; /* host and port as in the issuer */
    const char *ca_file;
    const char *path;
};

/* Whether the answer is 200. At most about two seconds. */
bool nx_probe_ok(const struct nx_probe *probe);
/* The body of a 200 answer, at most max bytes, in the arena. NX_ERR_AWAY for anything else, NX_ERR_LIMIT. */
NX_FALLIBLE nx_probe_fetch(nx_span *body, nx_arena *a, const struct nx_probe *probe, size_t max);
/* Splits HOST:PORT ([::1]:8443 too) into parts; false when it is none. Both rooms of n bytes. */
bool nx_split_address(const char *address, char *host, char *port, unsigned long n);
/* Whether the address can be listened on now; errno says why not. */
bool nx_can_listen(const char *address);

#endif
