#include "authn/agency_dial.h"

#include "base/clock.h"
#include "base/log.h"
#include "config/settings.h"
#include "egress/address.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define ADDRESSES_MAX 8
#define TRY_MS 1500 /* for one address, where there are several */

int64_t nx_agency_left(int64_t deadline_ms)
{
    int64_t left = deadline_ms - nx_mono_ms();
    return left > 0 ? left : 0;
}

/* ---- addresses
 * ------------------------------------------------------------------------------------------- */

static bool is_loopback(const struct nx_address *a)
{
    static const uint8_t one[16] = {[15] = 1};
    if (a->family == AF_INET) return a->b[0] == 127;
    return memcmp(a->b, one, sizeof one) == 0;
}

static bool may_call(const struct sockaddr *to, const struct nx_dial *d, const struct nx_ranges *listed)
{
    struct nx_address a;
    if (!nx_address_of(&a, to)) return false;
    if (d->loopback_only && !is_loopback(&a)) return false;
    return d->listed_only || d->loopback_only ? nx_ranges_hold(listed, &a) : nx_address_allowed(&a, listed);
}

/* The resolver of the system does not know that *.localhost is this machine (RFC 6761). */
static const char *resolvable(const char *host)
{
    static const char ending[] = ".localhost";
    size_t n = strlen(host), e = sizeof ending - 1;
    return n > e && strcasecmp(host + n - e, ending) == 0 ? "localhost" : host;
}

static nx_result resolve(struct addrinfo **out, const struct nx_dial *d)
{
    char port[8];
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = d->kind == NX_DIAL_UDP ? SOCK_DGRAM : SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV};
    (void)snprintf(port, sizeof port, "%d", d->port);
    int rc = getaddrinfo(resolvable(d->host), port, &hints, out);
    if (rc != 0) nx_log(NX_WARN, "agency_unresolved", NX_TEXT("why", gai_strerror(rc)));
    NX_REQUIRE(rc == 0, NX_ERR_AGENCY_AWAY);
    return NX_OK;
}

/* ---- connecting
 * ------------------------------------------------------------------------------------------ */

static bool connected(int fd, int64_t until_ms)
{
    int error = 0;
    socklen_t n = sizeof error;
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int ready;
    do
        ready = poll(&p, 1, (int)nx_agency_left(until_ms));
    while (ready < 0 && errno == EINTR);
    return ready == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error == 0;
}

/* A UDP socket that is connected takes datagrams of that peer alone; the kernel binds it to a random port. */
static int open_to(const struct addrinfo *to, int64_t until_ms)
{
    int on = 1;
    int fd = socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, to->ai_protocol);
    if (fd < 0) return -1;
    int rc = connect(fd, to->ai_addr, to->ai_addrlen);
    if ((rc == 0 || errno == EINPROGRESS) && connected(fd, until_ms)) {
        if (to->ai_socktype == SOCK_STREAM) (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return fd;
    }
    close(fd);
    return -1;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static nx_result dial_any(int *fd, const struct addrinfo *list, const struct nx_dial *d,
                          const struct nx_ranges *listed)
{
    bool called = false;
    int tries = 0;
    for (const struct addrinfo *to = list; to && tries < ADDRESSES_MAX; to = to->ai_next, tries++) {
        if (!may_call(to->ai_addr, d, listed)) continue;
        called = true;
        int64_t until = to->ai_next ? sooner(nx_mono_ms() + TRY_MS, d->deadline_ms) : d->deadline_ms;
        *fd = open_to(to, until);
        if (*fd >= 0) return NX_OK;
    }
    NX_REQUIRE(called, NX_ERR_EGRESS_ADDRESS);
    NX_FAIL(NX_ERR_AGENCY_AWAY);
}

static nx_result make_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    NX_REQUIRE(flags >= 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0, NX_ERR_IO);
    return NX_OK;
}

nx_result nx_agency_dial(int *fd, const struct nx_house *house, const struct nx_dial *d)
{
    struct nx_ranges listed;
    struct addrinfo *list = NULL;
    *fd = -1;
    NX_TRY(nx_ranges_parse(&listed, house->settings->egress_allow));
    NX_TRY(resolve(&list, d));
    nx_result r = dial_any(fd, list, d, &listed);
    freeaddrinfo(list);
    NX_TRY(r);
    r = make_blocking(*fd);
    if (!nx_ok(r)) {
        close(*fd);
        *fd = -1;
    }
    return r;
}
