/* What the server fetches from a client: its keys, and the list of its sector. A small HTTP server in a
 * thread answers what the test put there. */
#include "rig.h"

#include "crypto/alg.h"
#include "crypto/jwk.h"
#include "egress/egress.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct rig rig;
static struct rig_browser browser;
static int listener;
static unsigned port;
static pthread_t server;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char page[8192];
static _Atomic int fetched;

static void serve_one(int fd)
{
    char request[4096], reply[9216];
    if (read(fd, request, sizeof request) > 0) {
        pthread_mutex_lock(&lock);
        int n = snprintf(reply, sizeof reply,
                         "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                         "Content-Length: %zu\r\n\r\n%s",
                         strlen(page), page);
        pthread_mutex_unlock(&lock);
        atomic_fetch_add(&fetched, 1);
        if (write(fd, reply, (size_t)n) != n) perror("write");
    }
    close(fd);
}

static void *serve(void *arg)
{
    (void)arg;
    for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;)
        serve_one(fd);
    return NULL;
}

static void put_page(const char *text)
{
    pthread_mutex_lock(&lock);
    snprintf(page, sizeof page, "%s", text);
    pthread_mutex_unlock(&lock);
}

static int start_server(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof at;
    signal(SIGPIPE, SIG_IGN);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&at, n) || listen(listener, 16)) return -1;
    if (getsockname(listener, (struct sockaddr *)&at, &n)) return -1;
    port = ntohs(at.sin_port);
    return pthread_create(&server, NULL, serve, NULL);
}

static int up(void **state)
{
    (void)state;
    if (start_server() != 0 || rig_up(&rig) != 0) return -1;
    const struct nx_egress_settings s = {.allow = "127.0.0.0/8", .http_hosts = "127.0.0.1"};
    if (!nx_ok(nx_egress_open(&rig.server.house->egress, &s))) return -1;
    rig_browser_open(&browser, &rig);
    return 0;
}

static int down(void **state)
{
    (void)state;
    rig_browser_close(&browser);
    rig_down(&rig);
    shutdown(listener, SHUT_RDWR);
    pthread_join(server, NULL);
    return close(listener);
}

struct key {
    EVP_PKEY *evp;
    const char *kid;
};

static struct key make_key(const char *kid)
{
    struct key k = {.kid = kid};
    assert_true(nx_ok(nx_alg_generate(&k.evp, NX_ALG_ES256)));
    return k;
}

static void publish(const struct key *a, const struct key *b)
{
    NX_AUTO_JSON set = json_pack("{s:[]}", "keys");
    const struct key *const keys[] = {a, b};
    for (size_t i = 0; i < 2; i++) {
        NX_AUTO(nx_jwk) jwk = NULL;
        if (!keys[i]) continue;
        assert_true(nx_ok(nx_jwk_from_evp(&jwk, keys[i]->evp, NX_ALG_ES256, keys[i]->kid)));
        json_array_append_new(json_object_get(set, "keys"), nx_jwk_public(jwk));
    }
    put_page(nx_json_dump(rig.arena, set));
}

static nx_reply *assert_with(const struct rig_client *c, const struct key *k, const char *jti)
{
    char *header = nx_arena_printf(rig.arena, "{\"alg\":\"ES256\",\"kid\":\"%s\"}", k->kid);
    char *claims = nx_arena_printf(
        rig.arena, "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"" RIG_ISSUER "\",\"exp\":%lld,\"jti\":\"%s\"}",
        c->id, c->id, (long long)nx_now() + 60, jti);
    char *input = nx_arena_printf(rig.arena, "%s.%s", nx_b64u_dup(rig.arena, nx_span_str(header)),
                                  nx_b64u_dup(rig.arena, nx_span_str(claims)));
    uint8_t signature[NX_SIGNATURE_MAX];
    size_t n;
    assert_true(nx_ok(nx_alg_sign(signature, &n, NX_ALG_ES256, k->evp, nx_span_str(input))));
    char *form =
        nx_arena_printf(rig.arena,
                        "grant_type=client_credentials&client_assertion_type=urn:ietf:params:oauth:client-"
                        "assertion-type:jwt-bearer&client_assertion=%s.%s",
                        input, nx_b64u_dup(rig.arena, nx_span_of(signature, n)));
    return rig_call(&browser, NULL, "/oidc/token", form);
}

/* registration-jwks-uri, refresh-token-rp-key-rotation: fetched once and kept; an unknown kid fetches again,
 * but not at every stranger's will. */
static void test_oidcc_registration_jwks_uri_and_rp_key_rotation(void **state)
{
    (void)state;
    struct key first = make_key("k1"), second = make_key("k2"), stranger = make_key("k3");
    struct rig_client c;
    rig_register(&rig, &c,
                 nx_arena_printf(rig.arena,
                                 "{\"grant_types\":[\"client_credentials\"],\"scope\":\"reports\","
                                 "\"token_endpoint_auth_method\":\"private_key_jwt\","
                                 "\"jwks_uri\":\"http://127.0.0.1:%u/jwks\"}",
                                 port));
    publish(&first, NULL);
    int before = atomic_load(&fetched);
    assert_int_equal(assert_with(&c, &first, "1")->status, 200);
    assert_int_equal(assert_with(&c, &first, "2")->status, 200);
    assert_int_equal(atomic_load(&fetched) - before, 1);
    publish(&second, &first);
    assert_oauth_error(assert_with(&c, &second, "3"), 401, "invalid_client"); /* fetched a moment ago */
    usleep(1900 * 1000);
    for (int i = 0; i < 5; i++) { /* the limit is two seconds after the first fetch */
        if (assert_with(&c, &second, nx_arena_printf(rig.arena, "4%d", i))->status == 200) break;
        usleep(100 * 1000);
    }
    assert_int_equal(assert_with(&c, &second, "5")->status, 200);
    assert_int_equal(atomic_load(&fetched) - before, 2);
    for (int i = 0; i < 5; i++)
        assert_oauth_error(assert_with(&c, &stranger, nx_arena_printf(rig.arena, "6%d", i)), 401,
                           "invalid_client");
    assert_int_equal(atomic_load(&fetched) - before, 2);
    EVP_PKEY_free(first.evp);
    EVP_PKEY_free(second.evp);
    EVP_PKEY_free(stranger.evp);
}

static nx_reply *register_sector(const char *list)
{
    static int serial;
    put_page(list);
    browser.authorization = nx_arena_printf(rig.arena, "Bearer %s", rig.portal.token);
    const char *body = nx_arena_printf(
        rig.arena,
        "{\"client_id\":\"%s\",\"redirect_uris\":[\"https://portal.example/cb\",\"https://two.example/cb\"],"
        "\"sector_identifier_uri\":\"http://127.0.0.1:%u/sector%d\"}",
        rig.portal.id, port, serial++);
    nx_reply *rp = rig_send(&browser, "PUT", nx_arena_printf(rig.arena, "/oidc/register/%s", rig.portal.id),
                            "application/json", body);
    browser.authorization = NULL;
    return rp;
}

static void test_oidcc_registration_sector_uri(void **state)
{
    (void)state;
    assert_int_equal(register_sector("[\"https://portal.example/cb\",\"https://two.example/cb\"]")->status,
                     200);
}

static void test_oidcc_registration_sector_bad(void **state)
{
    (void)state;
    assert_oauth_error(register_sector("[\"https://portal.example/cb\"]"), 400, "invalid_client_metadata");
    assert_oauth_error(register_sector("{}"), 400, "invalid_client_metadata");
    assert_oauth_error(register_sector("<html>"), 400, "invalid_client_metadata");
}

static void test_rule_30_addresses_that_are_not_called_are_refused_at_registration(void **state)
{
    (void)state;
    static const char *const members[] = {"jwks_uri", "backchannel_logout_uri"};
    static const char *const bad[] = {"https://10.0.0.1/x", "https://169.254.169.254/x",
                                      "https://[::ffff:10.0.0.1]/x"};
    for (size_t m = 0; m < 2; m++)
        for (size_t i = 0; i < 3; i++) {
            browser.authorization = nx_arena_printf(rig.arena, "Bearer %s", rig.tax.token);
            const char *body = nx_arena_printf(
                rig.arena,
                "{\"client_id\":\"%s\",\"redirect_uris\":[\"https://tax.example/cb\"],\"%s\":\"%s\"}",
                rig.tax.id, members[m], bad[i]);
            nx_reply *rp =
                rig_send(&browser, "PUT", nx_arena_printf(rig.arena, "/oidc/register/%s", rig.tax.id),
                         "application/json", body);
            browser.authorization = NULL;
            assert_oauth_error(rp, 400, "invalid_client_metadata");
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oidcc_registration_jwks_uri_and_rp_key_rotation),
        cmocka_unit_test(test_oidcc_registration_sector_uri),
        cmocka_unit_test(test_oidcc_registration_sector_bad),
        cmocka_unit_test(test_rule_30_addresses_that_are_not_called_are_refused_at_registration),
    };
    return cmocka_run_group_tests(tests, up, down);
}
