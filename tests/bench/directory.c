/* An agency's directory and sign-ins with its accounts. The bare parts are those of the authenticator: a
 * search on a connection that stays, and a bind as the entry that was found, on another that stays; both over
 * TLS. */
#include "bench.h"

#include <ldap.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUFFIX "dc=agency,dc=vn"
#define SEARCHER "cn=searcher," SUFFIX
#define PEOPLE_BASE "ou=people," SUFFIX

static int directory_port;

/* ---- the server ---- */

static void make_folder(struct bench *b, const char *dir)
{
    char people[16], log[128];
    int status;
    snprintf(people, sizeof people, "%d", PEOPLE);
    snprintf(log, sizeof log, "%s/bench.log", b->disk);
    char *argv[] = {(char *)NX_BENCH_DIR "/slapd.sh", (char *)dir, people,
                    (char *)BENCH_PASSWORD,           NULL};
    waitpid(spawn(&(struct spawn){-1, -1, -1, -1, log, argv}), &status, 0);
    if (status != 0) die("no directory could be made; see %s", log);
}

static bool answers(int port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool open = fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
    if (fd >= 0) close(fd);
    return open;
}

static void start_directory(struct bench *b, const char *dir)
{
    char conf[128], url[64], log[128];
    snprintf(conf, sizeof conf, "%s/slapd.conf", dir);
    snprintf(url, sizeof url, "ldaps://127.0.0.1:%d", directory_port);
    snprintf(log, sizeof log, "%s/slapd.log", dir);
    char *argv[] = {
        (char *)"/usr/sbin/slapd", (char *)"-d", (char *)"0", (char *)"-f", conf, (char *)"-h", url, NULL};
    b->directory = spawn(&(struct spawn){BENCH_LOAD_CPU, -1, -1, -1, log, argv});
    for (int tries = 0; !answers(directory_port); tries++) {
        if (tries > 500) die("slapd does not start; see %s", log);
        usleep(10000);
    }
}

static char *text_of_file(nx_arena *a, const char *path)
{
    char *text = nx_arena_alloc(a, 8192);
    FILE *f = fopen(path, "re");
    size_t n = f ? fread(text, 1, 8191, f) : 0;
    if (n == 0) die("no %s", path);
    fclose(f);
    text[n] = 0;
    return text;
}

/* ---- what NIXA knows of it ---- */

static void post(struct http *h, nx_arena *a, const char *path, const char *body, int expected,
                 const char *bearer)
{
    struct answer r = http_send(h, a, "POST", path, body, "application/json", bearer);
    if (r.status != expected) die("%s: status %d: %.500s", path, r.status, r.body);
}

static void register_directory(struct bench *b, nx_arena *a, const char *dir)
{
    struct http *h = http_open(b);
    char *bearer = operator_bearer(b, a, "clients");
    NX_AUTO_JSON row =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:[s], s:{s:o, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s}}}",
                  "id", "agency", "kind", "ldap", "name", "Agency", "name_vi", "Agency", "issuer",
                  "https://agency.vn", "level_cap", "m2", "jit", "official", "config", "url",
                  json_sprintf("ldaps://ldap.agency.localhost:%d", directory_port), "ca",
                  text_of_file(a, nx_arena_printf(a, "%s/ca.pem", dir)), "base", PEOPLE_BASE, "filter",
                  "(&(objectClass=person)(uid={user}))", "bind_dn", SEARCHER, "bind_password", BENCH_PASSWORD,
                  "attributes", "name", "cn", "email", "mail");
    char *text = json_dumps(row, JSON_COMPACT);
    if (!text) die("memory");
    post(h, a, "/admin/v1/upstreams", text, 201, bearer);
    post(h, a, "/admin/v1/upstreams/agency/on", "{}", 204, bearer);
    free(text);
    http_close(h);
}

/* ---- bare ---- */

struct bare {
    LDAP *search;
    LDAP *person;
};

static struct berval password_value(void)
{
    return (struct berval){.bv_len = strlen(BENCH_PASSWORD), .bv_val = (char *)BENCH_PASSWORD};
}

static void bind_as(LDAP *ld, const char *dn)
{
    struct berval password = password_value();
    int e = ldap_sasl_bind_s(ld, dn, LDAP_SASL_SIMPLE, &password, NULL, NULL, NULL);
    if (e != LDAP_SUCCESS) die("bare bind: %s", ldap_err2string(e));
}

static LDAP *connect_bare(void)
{
    char url[64];
    LDAP *ld;
    int version = LDAP_VERSION3, trust = LDAP_OPT_X_TLS_NEVER, client = 0;
    snprintf(url, sizeof url, "ldaps://127.0.0.1:%d", directory_port);
    if (ldap_initialize(&ld, url) != LDAP_SUCCESS ||
        ldap_set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version) ||
        ldap_set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &trust) ||
        ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client))
        die("bare connection");
    return ld;
}

static void search_and_bind(void *ctx)
{
    struct bare *bare = ctx;
    LDAPMessage *found;
    char cn[] = "cn", mail[] = "mail", uid[] = "uid", id[] = "entryUUID",
         *wanted[] = {id, uid, cn, mail, NULL};
    int e = ldap_search_ext_s(bare->search, PEOPLE_BASE, LDAP_SCOPE_SUBTREE,
                              "(&(objectClass=person)(uid=agency1))", wanted, 0, NULL, NULL, NULL, 2, &found);
    if (e != LDAP_SUCCESS || ldap_count_entries(bare->search, found) != 1)
        die("bare search: %s", ldap_err2string(e));
    char *dn = ldap_get_dn(bare->search, ldap_first_entry(bare->search, found));
    bind_as(bare->person, dn);
    ldap_memfree(dn);
    ldap_msgfree(found);
}

static void measure_bare(struct bench *b)
{
    struct bare bare = {connect_bare(), connect_bare()};
    bind_as(bare.search, SEARCHER);
    pin(BENCH_SERVER_CPU);
    struct speed s = floor_time_of(b, search_and_bind, &bare);
    pin(BENCH_LOAD_CPU);
    ldap_unbind_ext_s(bare.search, NULL, NULL);
    ldap_unbind_ext_s(bare.person, NULL, NULL);
    b->clock.directory = s.clock;
    b->processor.directory = s.processor;
    say("microseconds of a bare search and bind: %.1f by the clock, %.1f by the processor", s.clock * 1e6,
        s.processor * 1e6);
}

void directory_up(struct bench *b)
{
    int fd = listen_loopback(&directory_port);
    close(fd);
    NX_AUTO(nx_arena) a = nx_arena_open(1u << 20);
    char *dir = nx_arena_printf(a, "%s/directory", b->disk);
    say("making a directory");
    make_folder(b, dir);
    start_directory(b, dir);
    register_directory(b, a, dir);
    measure_bare(b);
}

void directory_down(struct bench *b)
{
    end(b->directory, SIGTERM);
    b->directory = 0;
}
