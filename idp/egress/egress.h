/* The egress client: the only place from which the server opens a connection to the outside (SECURITY.md 30).
 *
 * A call states its purpose; the purpose's row (purpose.def) states how long it may take in all and how large
 * the answer may be. https only; http only for loopback hosts that the operator listed. The address is
 * checked when the socket is opened, after the name was resolved, so that no second resolution slips between
 * check and use: private, loopback, link-local (metadata services), multicast and reserved ranges, and the
 * same hidden in mapped, compatible, NAT64, 6to4 or Teredo addresses, are refused unless the operator's list
 * holds them and the purpose is listable. Redirects are answers, never followed; proxy variables are ignored;
 * cookies and netrc are off.
 * *.localhost is loopback (RFC 6761).
 *
 * A host that fails repeatedly is not called for a while (circuit breaker). Connections are kept and reused
 * for the same purpose. Blocking: only in the EGRESS lane and in notify's threads. Thread safe. */
#ifndef NX_EGRESS_EGRESS_H
#define NX_EGRESS_EGRESS_H

#include "base/arena.h"

typedef enum nx_purpose {
#define X(name, text, ms, bytes, listable) NX_PURPOSE_##name,
#include "egress/purpose.def"
#undef X
    NX_PURPOSE_COUNT
} nx_purpose;

#define NX_EGRESS_URL_MAX 2048
#define NX_EGRESS_BODY_MAX (64u << 10)

struct nx_egress_settings {
    const char *ca_file;     /* further trust anchors (PEM); NULL for none. The system's are always trusted */
    const char *own_ca_file; /* the installation's own authority, DIR/certs/ca.pem; NULL for none */
    const char *allow;       /* comma-separated CIDRs that listable purposes may reach; NULL for none */
    const char *http_hosts; /* comma-separated loopback hosts ("localhost", "127.0.0.1") that may be called by
                               http; NULL for none */
};

typedef struct nx_egress nx_egress;

/* Once per process, before threads. Copies the settings. NX_ERR_EGRESS_SETTING for a CIDR or host that does
 * not parse, a host that is not loopback or an unreadable file. Owned by the caller. */
NX_FALLIBLE nx_egress_open(nx_egress **out, const struct nx_egress_settings *settings);
/* No call may be running. */
void nx_egress_close(nx_egress *e);
NX_AUTO_DEFINE(nx_egress, nx_egress_close)

struct nx_egress_request {
    nx_purpose purpose;
    const char *url;
    const char *content_type; /* NULL: GET; else POST of body */
    nx_span body;             /* at most NX_EGRESS_BODY_MAX */
    const char *authorization; /* value of the header field; NULL: none. Visible ASCII */
    const char *accept;        /* the same */
};

struct nx_egress_reply {
    int status;               /* any HTTP status, 3xx too */
    const char *content_type; /* without parameters, lower case; "" when absent */
    nx_span body;
};

/* One call; the answer is in the arena. NX_ERR_EGRESS_URL and NX_ERR_EGRESS_ADDRESS: refused before anything
 * was sent; NX_ERR_EGRESS_AWAY: no answer (name, connection, TLS, time); NX_ERR_EGRESS_SIZE: more than the
 * purpose allows; NX_ERR_EGRESS_REST: the host failed before and rests. */
NX_FALLIBLE nx_egress_call(struct nx_egress_reply *out, nx_arena *a, nx_egress *e,
                           const struct nx_egress_request *request);

/* Whether a URL could be called for the purpose, as far as its text shows: for registration. No resolution.
 * NX_ERR_EGRESS_URL or NX_ERR_EGRESS_ADDRESS. */
NX_FALLIBLE nx_egress_url_allowed(const nx_egress *e, nx_purpose purpose, nx_span url);

#endif
