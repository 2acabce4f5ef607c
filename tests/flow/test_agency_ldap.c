/* Directories that answer as none should, or not at all: a small LDAP server of the test's own (RFC 4511),
 * which says what the name or password that it is asked about tells it to. The real one is in
 * tests/integration. */
#include "authn/ldap.h"
#include "base/clock.h"
#include "rig.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

static struct rig rig;
static struct rig_browser b;

/* ---- the server
 * ------------------------------------------------------------------------------------------ */

#define CONNECTIONS 16

static struct {
    pthread_t thread;
    int listener;
    int port;
    int fd[CONNECTIONS];
    atomic_int binds; /* of people */
    atomic_int lookups;
    atomic_bool over, mute;
    char dn[256];   /* of the last person's bind … */
    char name[256]; /* and the last name that was looked for, as the filter's value */
} server;

struct message {
    uint8_t b[2048];
    size_t n;
};

/* An element around bytes that stand at its place already; short and two-byte lengths do. */
static size_t wrap(uint8_t *at, uint8_t tag, size_t n)
{
    size_t head = n < 128 ? 2 : 4;
    memmove(at + head, at, n);
    at[0] = tag;
    if (n < 128) {
        at[1] = (uint8_t)n;
    } else {
        at[1] = 0x82, at[2] = (uint8_t)(n >> 8), at[3] = (uint8_t)n;
    }
    return head + n;
}

static size_t text(uint8_t *at, uint8_t tag, const char *s)
{
    memcpy(at, s, strlen(s));
    return wrap(at, tag, strlen(s));
}

/* LDAPMessage around an operation's contents. */
static void reply(int fd, uint8_t id, uint8_t op, const uint8_t *contents, size_t n)
{
    uint8_t out[2048] = {0x02, 0x01, id};
    memcpy(out + 3, contents, n);
    size_t all = wrap(out, 0x30, 3 + wrap(out + 3, op, n));
    (void)!write(fd, out, all);
}

static void result(int fd, uint8_t id, uint8_t op, uint8_t code, const char *diagnostic)
{
    uint8_t c[512] = {0x0a, 0x01, code, 0x04, 0x00};
    reply(fd, id, op, c, 5 + text(c + 5, 0x04, diagnostic));
}

static size_t attribute(uint8_t *at, const char *type, const char *const *values)
{
    size_t n = text(at, 0x04, type), set = 0;
    for (; *values; values++)
        set += text(at + n + set, 0x04, *values);
    return wrap(at, 0x30, n + wrap(at + n, 0x31, set));
}

static void entry(int fd, uint8_t id, const char *name, const char *const *subjects)
{
    char dn[300];
    uint8_t c[1024];
    const char *names[] = {name, NULL};
    snprintf(dn, sizeof dn, "uid=%s,dc=x", name);
    size_t n = text(c, 0x04, dn), list = attribute(c + n, "uid", names);
    if (subjects[0]) list += attribute(c + n + list, "entryUUID", subjects);
    reply(fd, id, 0x64, c, n + wrap(c + n, 0x30, list));
}

static void answer_search(int fd, uint8_t id)
{
    const char *name = server.name, *one[] = {"uuid-of-somebody", NULL}, *two[] = {"uuid-1", "uuid-2", NULL},
               *none[] = {NULL}, *own[] = {name, NULL};
    static const char elsewhere[] = "ldap://127.0.0.1:1/dc=elsewhere";
    uint8_t c[128];
    atomic_fetch_add(&server.lookups, 1);
    if (strcmp(name, "huge") == 0) {
        (void)!write(fd, "\x30\x84\x7f\xff\xff\xff\x02\x01", 8);
        return;
    }
    if (strcmp(name, "twins") == 0) entry(fd, id, "twin1", own), entry(fd, id, "twin2", own);
    if (strcmp(name, "referred") == 0) reply(fd, id, 0x73, c, text(c, 0x04, elsewhere));
    if (strncmp(name, "alias", 5) == 0) entry(fd, id, name, one);
    if (strcmp(name, "nameless") == 0) entry(fd, id, name, none);
    if (strcmp(name, "twonames") == 0) entry(fd, id, name, two);
    bool plain = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789") == strlen(name);
    static const char *const odd[] = {"twins", "nameless", "twonames", "nobody"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        if (strcmp(name, odd[i]) == 0) plain = false;
    if (plain && strncmp(name, "alias", 5) != 0) entry(fd, id, name, own);
    result(fd, id, 0x65, 0, "");
}

static void answer_bind(int fd, uint8_t id, const char *dn, const char *password)
{
    char said[128];
    if (strcmp(dn, "cn=searcher") == 0) {
        result(fd, id, 0x61, 0, "");
        return;
    }
    atomic_fetch_add(&server.binds, 1);
    snprintf(server.dn, sizeof server.dn, "%s", dn);
    if (strcmp(password, "silence") == 0) return;
    snprintf(said, sizeof said,
             "80090308: LdapErr: DSID-0C09, comment: AcceptSecurityContext error, data %s, v3839",
             strncmp(password, "ad-", 3) == 0 ? password + 3 : "52e");
    bool right = strcmp(password, "right") == 0;
    result(fd, id, 0x61, right ? 0 : 49, right ? "" : said);
}

/* The contents of the element at *p, which moves behind it. */
static nx_span take(nx_span *p)
{
    size_t n = p->n > 1 ? p->p[1] : 0, head = 2;
    if (n > 0x80) {
        head += n & 0x7f;
        n = 0;
        for (size_t i = 2; i < head; i++)
            n = n << 8 | p->p[i];
    }
    if (p->n < head || n > p->n - head) n = p->n = 0, head = 0;
    nx_span inside = nx_span_of(p->p + head, n);
    *p = nx_span_from(*p, head + n);
    return inside;
}

static void copy(char *out, size_t room, nx_span s)
{
    snprintf(out, room, "%.*s", (int)s.n, (const char *)s.p);
}

static void handle(int fd, nx_span whole)
{
    char dn[256], password[64];
    nx_span m = take(&whole), id = take(&m);
    uint8_t op = m.n ? m.p[0] : 0;
    nx_span inside = take(&m);
    if (op == 0x60) {
        (void)take(&inside);
        copy(dn, sizeof dn, take(&inside));
        copy(password, sizeof password, take(&inside));
        answer_bind(fd, id.p[0], dn, password);
    }
    if (op != 0x63) return;
    const uint8_t *at = memmem(inside.p, inside.n, "\x04\x03uid\x04", 6);
    nx_span value = at ? nx_span_of(at + 5, (size_t)(inside.p + inside.n - at) - 5) : NX_SPAN_NONE;
    copy(server.name, sizeof server.name, take(&value));
    answer_search(fd, id.p[0]);
}

/* One read is one message here: the other side waits for each answer. */
static void listen_to(int i)
{
    struct message m;
    ssize_t n = read(server.fd[i], m.b, sizeof m.b);
    if (n > 0 && !atomic_load(&server.mute)) handle(server.fd[i], nx_span_of(m.b, (size_t)n));
    if (n > 0) return;
    close(server.fd[i]);
    server.fd[i] = -1;
}

static void welcome(int fd)
{
    for (int i = 0; i < CONNECTIONS; i++) {
        if (server.fd[i] >= 0) continue;
        server.fd[i] = fd;
        return;
    }
    close(fd);
}

static void *serve(void *arg)
{
    (void)arg;
    while (!atomic_load(&server.over)) {
        struct pollfd p[CONNECTIONS + 1] = {{.fd = server.listener, .events = POLLIN}};
        for (int i = 0; i < CONNECTIONS; i++)
            p[i + 1] = (struct pollfd){.fd = server.fd[i], .events = POLLIN};
        if (poll(p, CONNECTIONS + 1, 50) < 1) continue;
        for (int i = 0; i < CONNECTIONS; i++)
            if (p[i + 1].revents) listen_to(i);
        if (p[0].revents) welcome(accept(server.listener, NULL, NULL));
    }
    return NULL;
}

static int open_server(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    memset(server.fd, 0xff, sizeof server.fd);
    server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server.listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(server.listener, 16) != 0)
        return -1;
    if (getsockname(server.listener, (struct sockaddr *)&at, &size) != 0) return -1;
    server.port = ntohs(at.sin_port);
    return pthread_create(&server.thread, NULL, serve, NULL);
}

/* ---- rows and sign-ins
 * ----------------------------------------------------------------------------------- */

static void add(const char *id, const char *scheme, const char *tls)
{
    char url[64];
    struct nx_house *h = rig_house(&rig);
    snprintf(url, sizeof url, "%s://127.0.0.1:%d", scheme, server.port);
    json_t *config = json_pack("{s:s, s:s*, s:s, s:s, s:s, s:s}", "url", url, "tls", tls, "base", "dc=x",
                               "filter", "(uid={user})", "bind_dn", "cn=searcher", "bind_password", "secret");
    const struct nx_upstream_record record = {.id = id,
                                              .kind = NX_UPSTREAM_LDAP,
                                              .name = id,
                                              .issuer = id,
                                              .level_cap = 2,
                                              .proofing = 1,
                                              .jit = 1u << NX_OFFICIAL,
                                              .config = config};
    nx_result r = nx_upstream_create(h->registry, h->master, &record);
    if (!nx_ok(r)) fail_msg("%s: %s", id, nx_err_name(r.e));
    assert_true(nx_ok(nx_upstream_set_state(h->registry, id, true)));
    json_decref(config);
}

static int up(void **state)
{
    (void)state;
    if (rig_up(&rig) != 0 || open_server() != 0) return -1;
    add("plain", "ldap", "none");
    return 0;
}

static int down(void **state)
{
    (void)state;
    nx_ldap_forget();
    atomic_store(&server.over, true);
    pthread_join(server.thread, NULL);
    for (int i = 0; i < CONNECTIONS; i++)
        if (server.fd[i] >= 0) close(server.fd[i]);
    close(server.listener);
    rig_down(&rig);
    return 0;
}

static int fresh(void **state)
{
    (void)state;
    rig_browser_open(&b, &rig);
    atomic_store(&server.binds, 0);
    atomic_store(&server.lookups, 0);
    return 0;
}

static int gone(void **state)
{
    (void)state;
    rig_browser_close(&b);
    return 0;
}

static nx_reply *sign_in(const char *row, const char *user_name, const char *password)
{
    char form[1024], url[64];
    snprintf(url, sizeof url, "/login/agency?u=%s", row);
    nx_reply *page = rig_get(&b, url);
    snprintf(form, sizeof form, "u=%s&csrf=%s&username=%s&password=%s", row, rig_field(&rig, page, "csrf"),
             user_name, password);
    return rig_post(&b, "/login/agency", form);
}

static bool is_in(const nx_reply *rp)
{
    return rp->status == 303 && strcmp(rig_location(rp), "/me") == 0;
}

static void a_right_password(void **state)
{
    (void)state;
    assert_true(is_in(sign_in("plain", "lan", "right")));
    assert_string_equal(server.dn, "uid=lan,dc=x");
    assert_int_equal(sign_in("plain", "lan", "wrong")->status, 403);
}

static void a_name_is_one_value_of_the_filter(void **state)
{
    (void)state;
    assert_int_equal(sign_in("plain", "*)(uid%3Dlan", "right")->status, 403);
    assert_string_equal(server.name, "*)(uid=lan");
}

/* Nobody's password is tried at an entry that is not the only one, or has no name that lasts. */
static void entries_that_are_nobody(void **state)
{
    (void)state;
    static const char *const names[] = {"twins", "nameless", "twonames"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        nx_reply *rp = sign_in("plain", names[i], "right");
        assert_int_equal(rp->status, 403);
        assert_true(rig_says(rp, "chưa xác định được đúng một tài khoản"));
    }
    assert_int_equal(atomic_load(&server.binds), 0);
}

/* An unknown name costs a bind like a known one, and is told the same. */
static void a_name_that_nobody_has(void **state)
{
    (void)state;
    nx_reply *rp = sign_in("plain", "nobody", "right");
    assert_int_equal(rp->status, 403);
    assert_true(rig_says(rp, "không đúng"));
    assert_int_equal(atomic_load(&server.binds), 1);
    assert_non_null(strstr(server.dn, "cn=nobody-by-that-name,"));
}

static void referrals_are_not_followed(void **state)
{
    (void)state;
    assert_true(is_in(sign_in("plain", "referred", "right")));
}

static void what_active_directory_says(void **state)
{
    (void)state;
    static const struct {
        const char *password, *words;
    } cases[] = {{"ad-775", "đã khóa"},    {"ad-533", "đã khóa"},      {"ad-701", "đã khóa"},
                 {"ad-532", "đã hết hạn"}, {"ad-773", "đổi mật khẩu"}, {"ad-52e", "không đúng"}};
    char name[16];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(name, sizeof name, "ad%zu", i);
        nx_reply *rp = sign_in("plain", name, cases[i].password);
        assert_int_equal(rp->status, 403);
        if (!rig_says(rp, cases[i].words)) fail_msg("%s: %s", cases[i].password, rig_body(rp));
    }
}

/* Several names lead to one account: what counts is the account. */
static void guessing_at_one_account_by_its_names(void **state)
{
    (void)state;
    char name[16];
    int status = 0;
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "alias%d", i);
        status = sign_in("plain", name, "wrong")->status;
    }
    assert_int_equal(status, 429);
    assert_int_equal(atomic_load(&server.binds), 3);
}

static void connections_are_kept_and_replaced(void **state)
{
    (void)state;
    assert_true(is_in(sign_in("plain", "keeper", "right")));
    int open = 0;
    for (int i = 0; i < CONNECTIONS; i++)
        if (server.fd[i] >= 0) open++;
    assert_int_equal(open, 2); /* one that searches, one for people */
    for (int i = 0; i < CONNECTIONS; i++)
        if (server.fd[i] >= 0) shutdown(server.fd[i], SHUT_RDWR);
    assert_true(is_in(sign_in("plain", "keeper", "right")));
}

static void assert_late(const char *row, const char *name, const char *password)
{
    int64_t began = nx_mono_ms();
    assert_int_equal(sign_in(row, name, password)->status, 503);
    int64_t took = nx_mono_ms() - began;
    assert_true(took >= NX_AGENCY_MS - 500 && took < NX_AGENCY_MS + 5000);
}

static void silence_ends(void **state)
{
    (void)state;
    assert_late("plain", "silent", "silence");
    assert_true(is_in(sign_in("plain", "lan", "right"))); /* what came too late was not kept */
}

/* libldap itself would try the handshake for ever. */
static void silence_ends_in_a_handshake_too(void **state)
{
    (void)state;
    add("mute", "ldaps", NULL);
    atomic_store(&server.mute, true);
    assert_late("mute", "lan", "right");
    atomic_store(&server.mute, false);
}

static void a_message_without_end(void **state)
{
    (void)state;
    add("huge", "ldap", "none");
    assert_int_equal(sign_in("huge", "huge", "right")->status, 503);
    assert_true(is_in(sign_in("huge", "lan", "right")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fresh, gone)
        T(a_right_password),
        T(a_name_is_one_value_of_the_filter),
        T(entries_that_are_nobody),
        T(a_name_that_nobody_has),
        T(referrals_are_not_followed),
        T(what_active_directory_says),
        T(guessing_at_one_account_by_its_names),
        T(connections_are_kept_and_replaced),
        T(silence_ends),
        T(silence_ends_in_a_handshake_too),
        T(a_message_without_end),
#undef T
    };
    return cmocka_run_group_tests(tests, up, down);
}
