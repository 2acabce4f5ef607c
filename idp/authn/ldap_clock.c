/* Deadlines below libldap: its waits do not cover a TLS handshake, which it repeats for as long as the socket
 * says "not yet". This layer between the socket and TLS waits itself, and says "timed out" once. */
#include "authn/agency_dial.h"
#include "authn/ldap_work.h"
#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#define LEVEL ((LBER_SBIOD_LEVEL_PROVIDER + LBER_SBIOD_LEVEL_TRANSPORT) / 2)
#define SET_DEADLINE (LBER_SB_OPT_OPT_MAX + 1000) /* an option of ours; the layers above hand it down */

struct limit {
    int64_t deadline_ms;
};

static int set_up(Sockbuf_IO_Desc *d, void *deadline_ms)
{
    struct limit *l = malloc(sizeof *l);
    if (!l) return -1;
    l->deadline_ms = *(const int64_t *)deadline_ms;
    d->sbiod_pvt = l;
    return 0;
}

static int tear_down(Sockbuf_IO_Desc *d)
{
    free(d->sbiod_pvt);
    d->sbiod_pvt = NULL;
    return 0;
}

static int control(Sockbuf_IO_Desc *d, int option, void *arg)
{
    struct limit *l = d->sbiod_pvt;
    if (option != SET_DEADLINE) return LBER_SBIOD_CTRL_NEXT(d, option, arg);
    l->deadline_ms = *(const int64_t *)arg;
    return 1;
}

static bool ready(Sockbuf_IO_Desc *d, short events)
{
    const struct limit *l = d->sbiod_pvt;
    ber_socket_t fd = -1;
    int n;
    if (ber_sockbuf_ctrl(d->sbiod_sb, LBER_SB_OPT_GET_FD, &fd) != 1) return false;
    struct pollfd p = {.fd = fd, .events = events};
    do
        n = poll(&p, 1, (int)nx_agency_left(l->deadline_ms));
    while (n < 0 && errno == EINTR);
    if (n == 0) errno = ETIMEDOUT;
    return n == 1;
}

static ber_slen_t read_some(Sockbuf_IO_Desc *d, void *buf, ber_len_t len)
{
    return ready(d, POLLIN) ? LBER_SBIOD_READ_NEXT(d, buf, len) : -1;
}

static ber_slen_t write_some(Sockbuf_IO_Desc *d, void *buf, ber_len_t len)
{
    return ready(d, POLLOUT) ? LBER_SBIOD_WRITE_NEXT(d, buf, len) : -1;
}

static Sockbuf_IO layer = {.sbi_setup = set_up,
                           .sbi_remove = tear_down,
                           .sbi_ctrl = control,
                           .sbi_read = read_some,
                           .sbi_write = write_some};

static Sockbuf *socket_of(LDAP *ld)
{
    Sockbuf *sb = NULL;
    return ldap_get_option(ld, LDAP_OPT_SOCKBUF, &sb) == 0 ? sb : NULL;
}

nx_result nx_ldap_limit(LDAP *ld, int64_t deadline_ms)
{
    Sockbuf *sb = socket_of(ld);
    NX_REQUIRE(sb && ber_sockbuf_add_io(sb, &layer, LEVEL, &deadline_ms) == 0, NX_ERR_MEMORY);
    return NX_OK;
}

void nx_ldap_limit_move(LDAP *ld, int64_t deadline_ms)
{
    Sockbuf *sb = socket_of(ld);
    if (sb) (void)ber_sockbuf_ctrl(sb, SET_DEADLINE, &deadline_ms);
}
