#include "authn/standing.h"

#include "base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>

#define FILE_MAX (16u << 20)

struct kept {
    uint8_t name[NX_SHA256_LEN];
    enum nx_standing_of of;
    enum nx_cert_standing standing;
    nx_time until; /* 0: free */
};

struct list {
    char url[NX_CERT_URL_MAX + 1];
    nx_crl *crl;
    nx_time until;
};

static struct {
    pthread_mutex_t lock;
    struct kept kept[NX_STANDING_KEPT_MAX];
    struct list list[NX_STANDING_LISTS_MAX];
    size_t next_list;
    struct list file[2]; /* the operator's, by nx_standing_of; until is its time of change */
} known = {.lock = PTHREAD_MUTEX_INITIALIZER};

static nx_time nearer(nx_time a, nx_time b)
{
    return a < b ? a : b;
}

static struct kept *slot_of(const uint8_t name[NX_SHA256_LEN])
{
    return &known.kept[(name[0] | (size_t)name[1] << 8) % NX_STANDING_KEPT_MAX];
}

enum nx_cert_standing nx_standing_recall(enum nx_standing_of of, const nx_cert *c)
{
    const uint8_t *name = nx_cert_facts(c)->name;
    pthread_mutex_lock(&known.lock);
    const struct kept *k = slot_of(name);
    bool fits = k->until > nx_now() && k->of == of && memcmp(k->name, name, sizeof k->name) == 0;
    enum nx_cert_standing standing = fits ? k->standing : NX_CERT_UNKNOWN;
    pthread_mutex_unlock(&known.lock);
    return standing;
}

/* What one source said; a source that fails has said nothing. */
struct said {
    enum nx_cert_standing standing;
    nx_time until;
};

static void keep(enum nx_standing_of of, const nx_cert *c, const struct said *s)
{
    const uint8_t *name = nx_cert_facts(c)->name;
    pthread_mutex_lock(&known.lock);
    struct kept *k = slot_of(name);
    memcpy(k->name, name, sizeof k->name);
    k->of = of;
    k->standing = s->standing;
    k->until = nearer(s->until, nx_now() + NX_STANDING_KEPT_S);
    pthread_mutex_unlock(&known.lock);
}

/* ---- the operator's file
 * ---------------------------------------------------------------------------------- */

static nx_result read_file(nx_crl **out, const char *path)
{
    NX_AUTO(nx_arena) a = nx_arena_open(FILE_MAX + 4096);
    NX_NEED(a);
    FILE *f = fopen(path, "rb");
    NX_REQUIRE(f, NX_ERR_IO);
    struct stat st;
    size_t size = fstat(fileno(f), &st) == 0 && st.st_size > 0 && st.st_size <= (off_t)FILE_MAX ? (size_t)st.st_size : 0;
    char *bytes = size ? nx_arena_alloc(a, size) : NULL;
    size_t n = bytes ? fread(bytes, 1, size, f) : 0;
    (void)fclose(f);
    NX_REQUIRE(n > 0, NX_ERR_IO);
    return nx_crl_open(out, nx_span_of(bytes, n));
}

/* Holding the lock. */
static void refresh_file(struct list *file, const char *path)
{
    struct stat st;
    nx_crl *crl = NULL;
    if (stat(path, &st) != 0 || (file->crl && file->until == (nx_time)st.st_mtime)) return;
    nx_result r = read_file(&crl, path);
    if (!nx_ok(r)) {
        nx_log_error("crl_unreadable", r); /* the former one goes on until it is over */
        return;
    }
    nx_crl_close(file->crl);
    file->crl = crl;
    file->until = (nx_time)st.st_mtime;
}

static struct said by_file(const char *path, enum nx_standing_of of, const nx_cert *c, nx_time now)
{
    struct said s = {NX_CERT_UNKNOWN, 0};
    struct list *file = &known.file[of];
    if (!path[0]) return s;
    pthread_mutex_lock(&known.lock);
    refresh_file(file, path);
    if (file->crl && !nx_ok(nx_crl_ask(&s.standing, &s.until, file->crl, c, now))) s.standing = NX_CERT_UNKNOWN;
    pthread_mutex_unlock(&known.lock);
    return s;
}

/* ---- the responder
 * ---------------------------------------------------------------------------------------- */

static nx_result ask_responder(struct said *s, struct nx_house *house, nx_arena *a, const nx_cert *c,
                               const char *url, nx_time now)
{
    nx_span der;
    struct nx_egress_reply reply;
    NX_TRY(nx_ocsp_ask(&der, a, c));
    NX_TRY(nx_egress_call(&reply, a, house->egress,
                          &(struct nx_egress_request){.purpose = NX_PURPOSE_OCSP,
                                                      .url = url,
                                                      .content_type = "application/ocsp-request",
                                                      .body = der}));
    NX_REQUIRE(reply.status == 200, NX_ERR_CERT_STANDING);
    return nx_ocsp_read(&s->standing, &s->until, c, reply.body, now);
}

/* named: the operator's; "": the one that the certificate names. */
static struct said by_responder(struct nx_house *house, nx_arena *a, const char *named, const nx_cert *c)
{
    struct said s = {NX_CERT_UNKNOWN, 0};
    const char *url = named[0] ? named : nx_cert_facts(c)->ocsp;
    if (!url[0] || !house->egress) return s;
    nx_result r = ask_responder(&s, house, a, c, url, nx_now());
    if (!nx_ok(r)) {
        nx_log_error("ocsp_failed", r);
        s.standing = NX_CERT_UNKNOWN;
    }
    return s;
}

/* ---- the list that the certificate names
 * ------------------------------------------------------------------- */

/* Holding the lock. */
static struct list *find_list(const char *url)
{
    for (size_t i = 0; i < NX_STANDING_LISTS_MAX; i++)
        if (known.list[i].crl && strcmp(known.list[i].url, url) == 0) return &known.list[i];
    return NULL;
}

static struct said ask_kept_list(const char *url, const nx_cert *c, nx_time now)
{
    struct said s = {NX_CERT_UNKNOWN, 0};
    pthread_mutex_lock(&known.lock);
    const struct list *l = find_list(url);
    if (l && l->until > now && !nx_ok(nx_crl_ask(&s.standing, &s.until, l->crl, c, now)))
        s.standing = NX_CERT_UNKNOWN;
    pthread_mutex_unlock(&known.lock);
    return s;
}

static void keep_list(const char *url, nx_crl *crl, nx_time until)
{
    pthread_mutex_lock(&known.lock);
    struct list *l = find_list(url);
    if (!l) l = &known.list[known.next_list++ % NX_STANDING_LISTS_MAX];
    nx_crl_close(l->crl);
    snprintf(l->url, sizeof l->url, "%s", url);
    l->crl = crl;
    l->until = until;
    pthread_mutex_unlock(&known.lock);
}

/* Only a list that speaks of this certificate is kept: a stranger's URL cannot push out the others'. */
static nx_result fetch_list(struct said *s, struct nx_house *house, const nx_cert *c, const char *url, nx_time now)
{
    NX_AUTO(nx_arena) a = nx_arena_open(2 * NX_CRL_DER_MAX);
    NX_AUTO(nx_crl) crl = NULL;
    struct nx_egress_reply reply;
    NX_NEED(a);
    NX_TRY(nx_egress_call(&reply, a, house->egress,
                          &(struct nx_egress_request){.purpose = NX_PURPOSE_CRL, .url = url}));
    NX_REQUIRE(reply.status == 200, NX_ERR_CERT_STANDING);
    NX_TRY(nx_crl_open(&crl, reply.body));
    NX_TRY(nx_crl_ask(&s->standing, &s->until, crl, c, now));
    if (s->standing != NX_CERT_UNKNOWN)
        keep_list(url, NX_STEAL(crl), nearer(s->until, now + NX_STANDING_KEPT_S));
    return NX_OK;
}

static struct said by_list(struct nx_house *house, const nx_cert *c, nx_time now)
{
    const char *url = nx_cert_facts(c)->crl;
    struct said s = {NX_CERT_UNKNOWN, 0};
    if (!url[0] || !house->egress) return s;
    s = ask_kept_list(url, c, now);
    if (s.standing != NX_CERT_UNKNOWN) return s;
    nx_result r = fetch_list(&s, house, c, url, now);
    if (!nx_ok(r)) {
        nx_log_error("crl_failed", r);
        s.standing = NX_CERT_UNKNOWN;
    }
    return s;
}

/* ---- the answer
 * ------------------------------------------------------------------------------------------- */

nx_result nx_standing_check(struct nx_house *house, nx_arena *a, enum nx_standing_of of, const nx_cert *c)
{
    nx_time now = nx_now();
    const struct nx_settings *set = house->settings;
    bool person = of == NX_STANDING_PERSON;
    struct said s = {nx_standing_recall(of, c), 0};
    bool fresh = s.standing == NX_CERT_UNKNOWN;
    if (s.standing == NX_CERT_UNKNOWN) s = by_file(person ? set->person_crl : set->client_crl, of, c, now);
    if (s.standing == NX_CERT_UNKNOWN) s = by_responder(house, a, person ? set->person_ocsp : set->client_ocsp, c);
    if (s.standing == NX_CERT_UNKNOWN) s = by_list(house, c, now);
    NX_REQUIRE(s.standing != NX_CERT_UNKNOWN, NX_ERR_CERT_STANDING);
    if (fresh) keep(of, c, &s);
    NX_REQUIRE(s.standing == NX_CERT_GOOD, NX_ERR_CERT_REVOKED);
    return NX_OK;
}

void nx_standing_forget(void)
{
    pthread_mutex_lock(&known.lock);
    memset(known.kept, 0, sizeof known.kept);
    for (size_t i = 0; i < NX_STANDING_LISTS_MAX; i++) {
        nx_crl_close(known.list[i].crl);
        known.list[i] = (struct list){.crl = NULL};
    }
    for (size_t i = 0; i < sizeof known.file / sizeof *known.file; i++) {
        nx_crl_close(known.file[i].crl);
        known.file[i] = (struct list){.crl = NULL};
    }
    pthread_mutex_unlock(&known.lock);
}
