/* Connections to directories: the socket is ours (agency_dial.h), so that addresses and times are checked
 * here; libldap speaks over it, and GnuTLS inside libldap does TLS.
 *
 * libldap opens a lost connection again by itself, to wherever the URL's name then resolves and without
 * StartTLS. A handle is therefore left with a URL that leads nowhere, and one that failed is closed. */
#include "authn/agency_dial.h"
#include "authn/ldap_work.h"
#include "base/clock.h"
#include "base/log.h"

#include <openldap.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define NOWHERE "ldapi://%2Fnonexistent"
#define FAREWELL_MS 50 /* for the last words of a connection */
#define SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"

/* ---- trust
 * ----------------------------------------------------------------------------------------------- */

/* libldap reads authorities from a file only. */
static int file_of(const char *pem)
{
    size_t n = strlen(pem);
    int fd = memfd_create("ca", MFD_CLOEXEC);
    if (fd >= 0 && write(fd, pem, n) == (ssize_t)n) return fd;
    if (fd >= 0) close(fd);
    return -1;
}

static nx_result set_trust(LDAP *ld, const char *ca_file)
{
    int demand = LDAP_OPT_X_TLS_DEMAND, client = 0;
    bool set = ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) == 0 &&
               ldap_set_option(ld, LDAP_OPT_X_TLS_CACERTFILE, ca_file) == 0 &&
               ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client) == 0;
    if (!set) nx_log(NX_WARN, "ldap_trust", NX_TEXT("why", "the authorities cannot be read"));
    NX_REQUIRE(set, NX_ERR_AGENCY_AWAY);
    return NX_OK;
}

/* The row's own authorities count alone; without them those of --ca, else the system's. */
static nx_result trust(LDAP *ld, const struct nx_ldap_work *w)
{
    char path[64];
    const char *further = w->house->settings->ca;
    if (!w->row.ca) return set_trust(ld, further && *further ? further : SYSTEM_CA);
    int fd = file_of(w->row.ca);
    NX_REQUIRE(fd >= 0, NX_ERR_IO);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    nx_result r = set_trust(ld, path);
    close(fd);
    return r;
}

/* ---- opening
 * --------------------------------------------------------------------------------------------- */

/* Every option that a file or a variable of the system could set is set here. */
static nx_result set_options(LDAP *ld, const struct nx_ldap_work *w)
{
    int64_t left = nx_agency_left(w->deadline_ms);
    struct timeval tv = {.tv_sec = left / 1000, .tv_usec = (left % 1000) * 1000};
    int version = LDAP_VERSION3, never = LDAP_DEREF_NEVER, limit = 0;
    bool set = ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version) == 0 &&
               ldap_set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) == 0 &&
               ldap_set_option(ld, LDAP_OPT_RESTART, LDAP_OPT_OFF) == 0 &&
               ldap_set_option(ld, LDAP_OPT_CONNECT_ASYNC, LDAP_OPT_OFF) == 0 &&
               ldap_set_option(ld, LDAP_OPT_DEREF, &never) == 0 &&
               ldap_set_option(ld, LDAP_OPT_SIZELIMIT, &limit) == 0 &&
               ldap_set_option(ld, LDAP_OPT_TIMELIMIT, &limit) == 0 &&
               ldap_set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &tv) == 0 &&
               ldap_set_option(ld, LDAP_OPT_TIMEOUT, &tv) == 0;
    NX_REQUIRE(set, NX_ERR_MEMORY);
    return NX_OK;
}

static nx_result cap_messages(LDAP *ld)
{
    Sockbuf *sb = NULL;
    ber_len_t max = NX_LDAP_PDU_MAX;
    NX_REQUIRE(ldap_get_option(ld, LDAP_OPT_SOCKBUF, &sb) == 0 && sb, NX_ERR_AGENCY_AWAY);
    NX_REQUIRE(ber_sockbuf_ctrl(sb, LBER_SB_OPT_SET_MAX_INCOMING, &max) == 1, NX_ERR_AGENCY_AWAY);
    return NX_OK;
}

/* GnuTLS inside libldap heeds no least version, and leaks its list of priorities for each connection when it
 * is given one: so what was agreed on is looked at before anything is sent. */
static bool recent(LDAP *ld)
{
    static const char *const versions[] = {"TLS1.2", "TLS1.3", "TLSv1.2", "TLSv1.3"};
    char *version = NULL;
    bool good = false;
    if (ldap_get_option(ld, LDAP_OPT_X_TLS_VERSION, &version) != 0 || !version) return false;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        if (strcmp(version, versions[i]) == 0) good = true;
    ldap_memfree(version);
    return good;
}

static nx_result secure(LDAP *ld, const struct nx_ldap_work *w)
{
    if (w->row.tls == NX_LDAP_PLAIN) return NX_OK;
    NX_TRY(trust(ld, w));
    int rc = w->row.tls == NX_LDAP_TLS ? ldap_install_tls(ld) : ldap_start_tls_s(ld, NULL, NULL);
    if (rc != LDAP_SUCCESS)
        nx_log(NX_WARN, "ldap_tls", NX_TEXT("upstream", w->upstream->id),
               NX_TEXT("why", ldap_err2string(rc)));
    NX_REQUIRE(rc == LDAP_SUCCESS && ldap_tls_inplace(ld) && recent(ld), NX_ERR_AGENCY_AWAY);
    return NX_OK;
}

static nx_result set_up(LDAP *ld, const struct nx_ldap_work *w)
{
    NX_TRY(set_options(ld, w));
    NX_TRY(cap_messages(ld));
    NX_TRY(nx_ldap_limit(ld, w->deadline_ms));
    NX_TRY(secure(ld, w));
    NX_REQUIRE(ldap_set_option(ld, LDAP_OPT_URI, NOWHERE) == 0, NX_ERR_MEMORY);
    return NX_OK;
}

nx_result nx_ldap_open(LDAP **out, const struct nx_ldap_work *w)
{
    int fd = -1;
    LDAP *ld = NULL;
    const struct nx_ldap_row *row = &w->row;
    const struct nx_dial dial = {.kind = NX_DIAL_TCP,
                                 .host = row->host,
                                 .port = row->port,
                                 .loopback_only = row->tls == NX_LDAP_PLAIN,
                                 .deadline_ms = w->deadline_ms};
    /* The name in the URL is the one that the certificate must have. */
    const char *url = nx_arena_printf(w->arena, strchr(row->host, ':') ? "%s://[%s]:%d" : "%s://%s:%d",
                                      row->tls == NX_LDAP_TLS ? "ldaps" : "ldap", row->host, row->port);
    NX_NEED(url);
    NX_TRY(nx_agency_dial(&fd, w->house, &dial));
    if (ldap_init_fd(fd, LDAP_PROTO_TCP, url, &ld) != LDAP_SUCCESS) {
        close(fd);
        NX_FAIL(NX_ERR_MEMORY);
    }
    nx_result r = set_up(ld, w);
    if (nx_ok(r))
        *out = ld;
    else
        nx_ldap_close(ld);
    return r;
}

void nx_ldap_close(LDAP *ld)
{
    if (!ld) return;
    nx_ldap_limit_move(ld, nx_mono_ms() + FAREWELL_MS);
    (void)ldap_unbind_ext_s(ld, NULL, NULL);
}

/* ---- those that are kept
 * --------------------------------------------------------------------------------- */

static struct {
    pthread_mutex_t lock;
    size_t n;
    struct nx_ldap_conn v[NX_LDAP_IDLE_MAX];
} idle = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool same(const struct nx_ldap_conn *c, const uint8_t *key, enum nx_ldap_use use)
{
    return c->use == use && nx_ct_equal_n(c->key, key, sizeof c->key);
}

/* Takes the i-th out of the list; the lock is held. */
static LDAP *pull(size_t i)
{
    LDAP *ld = idle.v[i].ld;
    idle.v[i] = idle.v[--idle.n];
    return ld;
}

static size_t pull_old(LDAP *out[NX_LDAP_IDLE_MAX], int64_t now_ms)
{
    size_t n = 0;
    for (size_t i = idle.n; i-- > 0;)
        if (now_ms - idle.v[i].used_ms > NX_LDAP_IDLE_MS) out[n++] = pull(i);
    return n;
}

/* The newest of its row: the others may grow old. */
static LDAP *pull_same(const struct nx_ldap_work *w, enum nx_ldap_use use)
{
    size_t best = NX_LDAP_IDLE_MAX;
    for (size_t i = 0; i < idle.n; i++)
        if (same(&idle.v[i], w->key, use) &&
            (best == NX_LDAP_IDLE_MAX || idle.v[i].used_ms > idle.v[best].used_ms))
            best = i;
    return best < NX_LDAP_IDLE_MAX ? pull(best) : NULL;
}

static LDAP *find_kept(const struct nx_ldap_work *w, enum nx_ldap_use use)
{
    LDAP *old[NX_LDAP_IDLE_MAX];
    (void)pthread_mutex_lock(&idle.lock);
    size_t n = pull_old(old, nx_mono_ms());
    LDAP *ld = pull_same(w, use);
    (void)pthread_mutex_unlock(&idle.lock);
    while (n > 0)
        nx_ldap_close(old[--n]);
    return ld;
}

static nx_result bind_searcher(LDAP *ld, const struct nx_ldap_work *w)
{
    NX_AUTO_SECRET(password);
    if (!w->row.bind_dn) return NX_OK;
    nx_result r = nx_upstream_secret(&password, w->house->master, w->upstream, "bind_password");
    NX_REQUIRE(r.e != NX_ERR_MISSING, NX_ERR_UPSTREAM_CONFIG);
    NX_TRY(r);
    r = nx_ldap_bind(ld, w, w->row.bind_dn, &password);
    if (nx_ok(r) || r.e == NX_ERR_AGENCY_AWAY) return r;
    /* Whoever signs in has done nothing wrong: the directory no longer takes the row's own entry. */
    nx_log(NX_ERROR, "ldap_searcher_refused", NX_TEXT("upstream", w->upstream->id),
           NX_TEXT("why", nx_err_name(r.e)));
    NX_FAIL(NX_ERR_UPSTREAM_CONFIG);
}

nx_result nx_ldap_lend(struct nx_ldap_conn *out, const struct nx_ldap_work *w, enum nx_ldap_use use,
                       bool fresh)
{
    *out = (struct nx_ldap_conn){.use = use};
    memcpy(out->key, w->key, sizeof out->key);
    if (!fresh) out->ld = find_kept(w, use);
    out->kept = out->ld != NULL;
    if (out->kept) {
        nx_ldap_limit_move(out->ld, w->deadline_ms);
        return NX_OK;
    }
    NX_TRY(nx_ldap_open(&out->ld, w));
    nx_result r = use == NX_LDAP_SEARCH ? bind_searcher(out->ld, w) : NX_OK;
    if (!nx_ok(r)) {
        nx_ldap_close(out->ld);
        out->ld = NULL;
    }
    return r;
}

/* Whether there is room for another of its kind; the lock is held. */
static bool has_room(const struct nx_ldap_conn *c)
{
    size_t of_row = 0;
    for (size_t i = 0; i < idle.n; i++)
        if (same(&idle.v[i], c->key, c->use)) of_row++;
    return idle.n < NX_LDAP_IDLE_MAX && of_row < NX_LDAP_IDLE_ROW;
}

void nx_ldap_give_back(struct nx_ldap_conn *c, bool healthy)
{
    LDAP *close_it = c->ld;
    if (!c->ld) return;
    (void)pthread_mutex_lock(&idle.lock);
    if (healthy && has_room(c)) {
        c->used_ms = nx_mono_ms();
        idle.v[idle.n++] = *c;
        close_it = NULL;
    }
    (void)pthread_mutex_unlock(&idle.lock);
    nx_ldap_close(close_it);
    c->ld = NULL;
}

void nx_ldap_forget(void)
{
    LDAP *all[NX_LDAP_IDLE_MAX];
    size_t n = 0;
    (void)pthread_mutex_lock(&idle.lock);
    while (idle.n > 0)
        all[n++] = pull(idle.n - 1);
    (void)pthread_mutex_unlock(&idle.lock);
    while (n > 0)
        nx_ldap_close(all[--n]);
}
