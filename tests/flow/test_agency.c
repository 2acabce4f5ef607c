/* Sign-in with an agency's account through the pages, against a small RADIUS server of the test's own: which
 * row, whom it lets in and at which level, how often it may be asked, and what a further code is bound to. */
#include "authn/agency.h"
#include "authn/ldap_work.h"
#include "crypto/md5.h"
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

#define SHARED "a secret of both, long enough"

static struct rig rig;
static struct rig_browser b;

/* ---- the server
 * ------------------------------------------------------------------------------------------ */

static struct {
    pthread_t thread;
    int fd;
    int port;
    atomic_int asked;
    atomic_bool over;
} server;

struct packet {
    uint8_t b[4096];
    size_t n;
};

static nx_span attribute(const struct packet *p, uint8_t type)
{
    for (size_t i = 20; i + 2 <= p->n && p->b[i + 1] >= 2; i += p->b[i + 1])
        if (p->b[i] == type) return nx_span_of(p->b + i + 2, (size_t)p->b[i + 1] - 2);
    return NX_SPAN_NONE;
}

/* Passwords of at most 16 bytes are enough here. */
static void read_password(char out[17], const struct packet *p)
{
    uint8_t mask[NX_MD5_LEN];
    nx_span hidden = attribute(p, 2);
    const nx_span parts[] = {NX_LIT(SHARED), nx_span_of(p->b + 4, 16)};
    memset(out, 0, 17);
    if (!nx_ok(nx_md5(mask, parts, 2))) return;
    for (size_t i = 0; i < 16 && i < hidden.n; i++)
        out[i] = (char)(hidden.p[i] ^ mask[i]);
}

static void put(struct packet *p, uint8_t type, const char *value)
{
    size_t n = strlen(value);
    p->b[p->n++] = type;
    p->b[p->n++] = (uint8_t)(n + 2);
    memcpy(p->b + p->n, value, n);
    p->n += n;
}

static void sign(struct packet *p, const struct packet *request)
{
    uint8_t mac[NX_MD5_LEN];
    size_t at = p->n + 2;
    put(p, 80, "0123456789abcdef");
    memset(p->b + at, 0, sizeof mac);
    p->b[2] = (uint8_t)(p->n >> 8), p->b[3] = (uint8_t)p->n;
    memcpy(p->b + 4, request->b + 4, 16);
    if (nx_ok(nx_hmac_md5(mac, NX_LIT(SHARED), nx_span_of(p->b, p->n)))) memcpy(p->b + at, mac, sizeof mac);
    const nx_span parts[] = {nx_span_of(p->b, p->n), NX_LIT(SHARED)};
    if (nx_ok(nx_md5(mac, parts, 2))) memcpy(p->b + 4, mac, sizeof mac);
}

/* Anybody with "right"; minh with a further code, "314159". */
static void decide(struct packet *answer, const struct packet *request)
{
    char password[17];
    read_password(password, request);
    bool minh = nx_span_eq_str(attribute(request, 1), "minh"), state = attribute(request, 24).n > 0;
    bool right = strcmp(password, minh && state ? "314159" : "right") == 0;
    *answer = (struct packet){.b = {!right ? 3 : minh && !state ? 11 : 2, request->b[1]}, .n = 20};
    if (right && minh && !state) put(answer, 24, "the state");
    if (right && minh && !state) put(answer, 18, "Your <code>");
    if (right) put(answer, 25, "clerks");
    sign(answer, request);
}

static void *serve(void *arg)
{
    struct packet request, answer;
    (void)arg;
    while (!atomic_load(&server.over)) {
        struct sockaddr_in from;
        socklen_t size = sizeof from;
        struct pollfd p = {.fd = server.fd, .events = POLLIN};
        if (poll(&p, 1, 50) != 1) continue;
        ssize_t n = recvfrom(server.fd, request.b, sizeof request.b, 0, (struct sockaddr *)&from, &size);
        if (n < 20) continue;
        request.n = (size_t)n;
        atomic_fetch_add(&server.asked, 1);
        decide(&answer, &request);
        (void)sendto(server.fd, answer.b, answer.n, 0, (struct sockaddr *)&from, size);
    }
    return NULL;
}

static int open_server(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    server.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (bind(server.fd, (struct sockaddr *)&at, sizeof at) != 0) return -1;
    if (getsockname(server.fd, (struct sockaddr *)&at, &size) != 0) return -1;
    server.port = ntohs(at.sin_port);
    return pthread_create(&server.thread, NULL, serve, NULL);
}

/* ---- rows
 * ------------------------------------------------------------------------------------------------ */

static void add(const char *id, enum nx_upstream_kind kind, json_t *config, unsigned jit)
{
    const struct nx_upstream_record record = {.id = id,
                                              .kind = kind,
                                              .name = id,
                                              .issuer = id,
                                              .level_cap = 2,
                                              .proofing = 2,
                                              .jit = jit,
                                              .config = config};
    struct nx_house *h = rig_house(&rig);
    assert_non_null(config);
    nx_result r = nx_upstream_create(h->registry, h->master, &record);
    if (!nx_ok(r)) fail_msg("%s: %s", id, nx_err_name(r.e));
    assert_true(nx_ok(nx_upstream_set_state(h->registry, id, true)));
    json_decref(config);
}

static json_t *at_port(int port)
{
    return json_pack("{s:s, s:i, s:s, s:s, s:{s:s}, s:{s:s}}", "host", "127.0.0.1", "port", port, "realm",
                     "agency.vn", "shared_secret", SHARED, "groups", "clerks", "clerk", "levels", "clerk",
                     "m2");
}

static void switch_off(const char *id)
{
    assert_true(nx_ok(nx_upstream_set_state(rig_house(&rig)->registry, id, false)));
}

static int up(void **state)
{
    (void)state;
    return rig_up(&rig) == 0 ? open_server() : -1;
}

static int down(void **state)
{
    (void)state;
    atomic_store(&server.over, true);
    pthread_join(server.thread, NULL);
    close(server.fd);
    rig_down(&rig);
    return 0;
}

static int fresh(void **state)
{
    (void)state;
    rig_browser_open(&b, &rig);
    atomic_store(&server.asked, 0);
    return 0;
}

static int gone(void **state)
{
    (void)state;
    rig_browser_close(&b);
    return 0;
}

/* ---- signing in
 * ------------------------------------------------------------------------------------------ */

static nx_reply *page_of(const char *row)
{
    char url[128];
    snprintf(url, sizeof url, "/login/agency?u=%s", row);
    return rig_get(&b, url);
}

static nx_reply *sign_in(const char *row, const char *user_name, const char *password)
{
    char form[1024];
    nx_reply *page = page_of(row);
    snprintf(form, sizeof form, "u=%s&csrf=%s&username=%s&password=%s", row, rig_field(&rig, page, "csrf"),
             user_name, password);
    return rig_post(&b, "/login/agency", form);
}

static bool is_in(const nx_reply *rp)
{
    return rp->status == 303 && strcmp(rig_location(rp), "/me") == 0;
}

static struct nx_signon session(void)
{
    struct nx_signon s = {.level = 0};
    enum nx_found found = NX_GONE;
    for (int i = 0; i < RIG_COOKIES; i++)
        if (strcmp(b.name[i], "__Host-nxs") == 0)
            assert_true(nx_ok(
                nx_signon_find(rig_house(&rig)->store, rig.arena, nx_span_str(b.value[i]), &s, &found)));
    assert_int_equal(found, NX_FOUND);
    return s;
}

static void no_agency_no_way(void **state)
{
    (void)state;
    assert_int_equal(rig_get(&b, "/login/agency")->status, 404);
    assert_int_equal(rig_get(&b, "/login/kerberos")->status, 404);
    assert_false(rig_says(rig_get(&b, "/login"), "/login/agency"));
}

static void one_agency_is_the_page_and_several_a_choice(void **state)
{
    (void)state;
    add("ward", NX_UPSTREAM_RADIUS, at_port(server.port), 1u << NX_OFFICIAL);
    assert_true(rig_says(rig_get(&b, "/login"), "/login/agency"));
    assert_true(rig_says(rig_get(&b, "/login/agency"), "name=\"u\" value=\"ward\""));
    add("town", NX_UPSTREAM_RADIUS, at_port(server.port), 0);
    nx_reply *rp = rig_get(&b, "/login/agency");
    assert_true(rig_says(rp, "/login/agency?u=ward") && rig_says(rp, "/login/agency?u=town"));
    assert_int_equal(page_of("nobody")->status, 404);
    assert_int_equal(page_of("..%2f")->status, 404);
}

static void a_right_password_makes_and_finds_the_person(void **state)
{
    (void)state;
    nx_reply *rp = sign_in("ward", "lan", "right");
    assert_true(is_in(rp));
    struct nx_signon first = session();
    assert_int_equal(first.means, NX_MEANS_DIRECTORY);
    assert_int_equal(first.level, NX_M2); /* by her group; the row's cap is m2 */
    rig_browser_close(&b);
    rig_browser_open(&b, &rig);
    assert_true(is_in(sign_in("ward", "LAN%40AGENCY.VN", "right")));
    assert_string_equal(session().subject, first.subject);
}

static void a_wrong_one_does_not(void **state)
{
    (void)state;
    nx_reply *rp = sign_in("ward", "wrong1", "wrong");
    assert_int_equal(rp->status, 403);
    assert_true(rig_says(rp, "role=\"alert\"") && rig_says(rp, "value=\"wrong1\""));
    assert_false(rig_says(rp, "value=\"wrong\""));
}

static void a_row_that_makes_nobody_knows_nobody(void **state)
{
    (void)state;
    nx_reply *rp = sign_in("town", "stranger", "right");
    assert_int_equal(rp->status, 403);
    assert_false(rig_says(rp, "role=\"alert\" id=\"error\">Tên"));
    for (int i = 0; i < RIG_COOKIES; i++)
        assert_true(strcmp(b.name[i], "__Host-nxs") != 0 || !b.value[i][0]);
}

static void what_no_agency_is_asked_about(void **state)
{
    (void)state;
    assert_int_equal(sign_in("ward", "odd1", "")->status, 400);
    assert_int_equal(sign_in("ward", "", "right")->status, 400);
    assert_int_equal(sign_in("ward", "odd+", "right")->status, 403);
    assert_int_equal(sign_in("ward", "+odd", "right")->status, 403);
    assert_int_equal(sign_in("ward", "odd%0a", "right")->status, 403);
    assert_int_equal(sign_in("ward", "odd%40elsewhere.vn", "right")->status, 403);
    assert_int_equal(atomic_load(&server.asked), 0);
}

/* Three at the account, however it is typed and from wherever: below where agencies lock. */
static void guessing_ends_before_the_agency_locks(void **state)
{
    (void)state;
    static const char *const names[] = {"victim", "Victim", "VICTIM", "victim%40agency.vn",
                                        "vicTim", "victiM"};
    int status = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        status = sign_in("ward", names[i], "wrong")->status;
    assert_int_equal(status, 429);
    assert_int_equal(atomic_load(&server.asked), 3);
    nx_reply *rp = sign_in("ward", "victim", "right");
    assert_int_equal(rp->status, 429);
    assert_non_null(nx_reply_header_get(rp, "Retry-After"));
    assert_int_equal(atomic_load(&server.asked), 3);
}

static void right_ones_are_not_counted(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        assert_true(is_in(sign_in("ward", "busy", "right")));
}

/* A server that is not there: said so, not counted against anybody, and left alone after a while. */
static void an_agency_that_is_away(void **state)
{
    (void)state;
    add("away", NX_UPSTREAM_RADIUS, at_port(1), 0);
    for (int i = 0; i < 8; i++) {
        nx_reply *rp = sign_in("away", "lan", "right");
        assert_int_equal(rp->status, 503);
        assert_true(rig_says(rp, "href=\"/login\""));
    }
    assert_true(is_in(sign_in("ward", "lan", "right")));
}

/* ---- the further code
 * ------------------------------------------------------------------------------------ */

static nx_reply *answer(nx_reply *page, const char *row, const char *code)
{
    char form[1024];
    const char *csrf = rig_field(&rig, page, "csrf"), *challenge = rig_field(&rig, page, "challenge");
    snprintf(form, sizeof form, "u=%s&csrf=%s&challenge=%s&code=%s", row, csrf, challenge, code);
    return rig_post(&b, "/login/agency/code", form);
}

static void a_further_code(void **state)
{
    (void)state;
    nx_reply *rp = sign_in("ward", "minh", "right");
    assert_int_equal(rp->status, 200);
    assert_true(rig_says(rp, "Your &lt;code&gt;"));
    assert_true(is_in(answer(rp, "ward", "314159")));
    assert_int_equal(session().means, NX_MEANS_DIRECTORY | NX_MEANS_OTP);
}

static void a_wrong_code_begins_again(void **state)
{
    (void)state;
    nx_reply *rp = answer(sign_in("ward", "minh", "right"), "ward", "000000");
    assert_int_equal(rp->status, 403);
    assert_true(rig_says(rp, "action=\"/login/agency\""));
}

static void a_challenge_is_for_one_browser_one_row_and_once(void **state)
{
    (void)state;
    char form[1024];
    nx_reply *rp = sign_in("ward", "minh", "right");
    const char *csrf = rig_field(&rig, rp, "csrf"), *challenge = rig_field(&rig, rp, "challenge");
    snprintf(form, sizeof form, "u=town&csrf=%s&challenge=%s&code=314159", csrf, challenge);
    assert_int_equal(rig_post(&b, "/login/agency/code", form)->status, 400);
    snprintf(form, sizeof form, "u=ward&csrf=%s&challenge=%s&code=314159", csrf, challenge);
    assert_int_equal(rig_post(&b, "/login/agency/code", form)->status, 400); /* it was used up */

    rp = sign_in("ward", "minh", "right");
    challenge = rig_field(&rig, rp, "challenge");
    rig_browser_close(&b);
    rig_browser_open(&b, &rig);
    rp = sign_in("ward", "minh", "right");
    snprintf(form, sizeof form, "u=ward&csrf=%s&challenge=%s&code=314159", rig_field(&rig, rp, "csrf"),
             challenge);
    assert_int_equal(rig_post(&b, "/login/agency/code", form)->status, 400);
}

/* Signed in here a moment ago, she proves the agency's account too, sees both names and says yes. */
static void both_accounts_in_one_session(void **state)
{
    (void)state;
    char form[1024];
    assert_int_equal(sign_in("town", "lantown", "right")->status,
                     403); /* nobody's yet, and the row makes nobody */
    rig_sign_in(&b, &rig.lan);
    nx_reply *rp = rig_follow(&b, rig_get(&b, "/me/links/go?upstream=town"));
    assert_true(rig_says(rp, "name=\"link\" value=\"1\""));
    snprintf(form, sizeof form, "u=town&link=1&csrf=%s&username=lantown&password=right",
             rig_field(&rig, rp, "csrf"));
    rp = rig_post(&b, "/login/agency", form);
    assert_int_equal(rp->status, 200);
    assert_true(rig_says(rp, "Nguyễn Thị Lan"));
    snprintf(form, sizeof form, "csrf=%s&p=%s", rig_field(&rig, rp, "csrf"), rig_field(&rig, rp, "p"));
    assert_int_equal(rig_post(&b, "/me/links/accept", form)->status, 303);
    rig_browser_close(&b);
    rig_browser_open(&b, &rig);
    assert_true(is_in(sign_in("town", "lantown", "right")));
    assert_string_equal(session().subject, rig.lan.id);
}

/* Nobody is signed in: there is nothing that could be linked to. */
static void linking_needs_a_session(void **state)
{
    (void)state;
    char form[1024];
    nx_reply *rp = rig_get(&b, "/login/agency?u=town&link=1");
    snprintf(form, sizeof form, "u=town&link=1&csrf=%s&username=lantown&password=right",
             rig_field(&rig, rp, "csrf"));
    rp = rig_post(&b, "/login/agency", form);
    assert_int_equal(rp->status, 303);
    assert_memory_equal(rig_location(rp), "/login", 6);
}

/* ---- others
 * ---------------------------------------------------------------------------------------------- */

/* RFC 4513 5.1.2: it would be an anonymous bind, which succeeds. No connection is even looked at. */
static void an_empty_password_is_never_bound_with(void **state)
{
    (void)state;
    NX_AUTO_SECRET(none);
    NX_AUTO_SECRET(some);
    struct nx_ldap_work w = {.deadline_ms = 0};
    assert_true(nx_ok(nx_secret_set(&some, NX_LIT("x"))));
    assert_int_equal(nx_ldap_bind(NULL, &w, "cn=lan,dc=x", &none).e, NX_ERR_PASSWORD);
    assert_int_equal(nx_ldap_bind(NULL, &w, "", &some).e, NX_ERR_PASSWORD);
}

/* The private ranges of the operator's list and no others; RADIUS nowhere else at all. */
static void addresses(void **state)
{
    (void)state;
    const char *listed = rig.settings.egress_allow;
    rig.settings.egress_allow = "10.0.0.0/8";
    add("unlisted", NX_UPSTREAM_RADIUS, at_port(server.port), 0);
    assert_int_equal(sign_in("unlisted", "lan", "right")->status, 503);
    assert_int_equal(atomic_load(&server.asked), 0);
    rig.settings.egress_allow = listed;
}

static void tickets(void **state)
{
    (void)state;
    add("desk", NX_UPSTREAM_KERBEROS, json_pack("{s:s, s:s}", "keytab", "/nonexistent", "realm", "AGENCY.VN"),
        0);
    nx_reply *rp = rig_get(&b, "/login/kerberos");
    assert_int_equal(rp->status, 401);
    assert_string_equal(nx_reply_header_get(rp, "WWW-Authenticate"), "Negotiate");
    assert_true(rig_says(rp, "href=\"/login\""));
    b.authorization = "Negotiate TlRMTVNTUAABAAAA";
    rp = rig_get(&b, "/login/kerberos");
    assert_int_equal(rp->status, 403);
    assert_null(nx_reply_header_get(rp, "WWW-Authenticate"));
    b.authorization = "Negotiate YA0GCSqGSIb3EgECAgEA";
    assert_int_equal(rig_get(&b, "/login/kerberos")->status, 503); /* no keytab */
    b.authorization = NULL;
    assert_int_equal(page_of("desk")->status, 404); /* a realm takes no passwords */
}

static void switched_off(void **state)
{
    (void)state;
    nx_reply *page = page_of("ward");
    char form[512];
    snprintf(form, sizeof form, "u=ward&csrf=%s&username=lan&password=right", rig_field(&rig, page, "csrf"));
    switch_off("ward");
    assert_int_equal(page_of("ward")->status, 403);
    assert_int_equal(rig_post(&b, "/login/agency", form)->status, 403);
    assert_int_equal(atomic_load(&server.asked), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fresh, gone)
        T(no_agency_no_way),
        T(one_agency_is_the_page_and_several_a_choice),
        T(a_right_password_makes_and_finds_the_person),
        T(a_wrong_one_does_not),
        T(a_row_that_makes_nobody_knows_nobody),
        T(what_no_agency_is_asked_about),
        T(guessing_ends_before_the_agency_locks),
        T(right_ones_are_not_counted),
        T(an_agency_that_is_away),
        T(a_further_code),
        T(a_wrong_code_begins_again),
        T(a_challenge_is_for_one_browser_one_row_and_once),
        T(both_accounts_in_one_session),
        T(linking_needs_a_session),
        T(an_empty_password_is_never_bound_with),
        T(addresses),
        T(tickets),
        T(switched_off),
#undef T
    };
    return cmocka_run_group_tests(tests, up, down);
}
