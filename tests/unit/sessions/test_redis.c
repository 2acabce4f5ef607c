/* The store's life: URLs, restarts, loss, absence, admission (rule 19), and what doctor reads. */
#include "rig.h"

#include "sessions/url.h"

static void test_urls(void **state)
{
    (void)state;
    struct nx_store_url u;
    static const char *const bad[] = {"",
                                      "redis",
                                      "redis:",
                                      "redis://",
                                      "redis://host:port",
                                      "redis://host:70000",
                                      "unix:",
                                      "unix:/s?x=1",
                                      "unix:/s?db=x",
                                      "redis://user:pw@h",
                                      "redis://h/x",
                                      "redis+cluster://h:1",
                                      "rediss://h",
                                      "redis+sentinel://h:1/m",
                                      "http://h",
                                      "redis://[::1",
                                      "redis://[::1]x",
                                      "unix:/s?password="};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(nx_store_url_parse(&u, bad[i]).e, NX_ERR_STORE_URL);
    OK(nx_store_url_parse(&u, "unix:/run/r.sock?db=3&password=a%26b"));
    assert_string_equal(u.path, "/run/r.sock");
    assert_int_equal(u.db, 3);
    assert_true(nx_span_eq_str(nx_secret_expose(&u.password), "a&b"));
    OK(nx_store_url_parse(&u, "redis://:pw@db.example:7000/2"));
    assert_string_equal(u.host, "db.example");
    assert_int_equal(u.port, 7000);
    assert_int_equal(u.db, 2);
    assert_true(nx_span_eq_str(nx_secret_expose(&u.password), "pw"));
    OK(nx_store_url_parse(&u, "redis://[::1]:7000"));
    assert_string_equal(u.host, "::1");
    OK(nx_store_url_parse(&u, "redis://h"));
    assert_int_equal(u.port, 6379);
}

static nx_result note_meeting(void *ctx, nx_store *s)
{
    int64_t ms;
    int *count = ctx;
    (*count)++;
    return nx_store_time_ms(s, &ms); /* the meeting thread may use the store */
}

static nx_result fail_meeting(void *ctx, nx_store *s)
{
    (void)ctx;
    (void)s;
    return nx_fail(NX_ERR_IO, __func__, __LINE__);
}

/* Rule 19: nothing is served before the watcher has run, and nothing after a restart until it has run again.
 */
static void admission(struct rig *g, void (*restart)(struct rig *g))
{
    int count = 0;
    rig_open(g, true);
    assert_int_equal(nx_store_ping(g->st).e, NX_ERR_AWAY); /* nobody watches: closed */
    assert_false(nx_store_ready(g->st));
    nx_store_watch(g->st, (struct nx_store_watch){fail_meeting, NULL});
    assert_int_equal(nx_store_ping(g->st).e, NX_ERR_IO);
    assert_int_equal(nx_store_ping(g->st).e, NX_ERR_IO);
    assert_false(nx_store_ready(g->st));
    nx_store_watch(g->st, (struct nx_store_watch){note_meeting, &count});
    OK(nx_store_ping(g->st));
    assert_true(nx_store_ready(g->st));
    assert_int_equal(count, 1);
    OK(nx_store_ping(g->st));
    assert_int_equal(count, 1);

    nx_handle_text cookie;
    signed_in(g, &cookie);
    restart(g);
    for (int i = 0; i < 100 && !nx_ok(nx_store_ping(g->st)); i++)
        usleep(10000);
    assert_true(nx_store_ready(g->st));
    assert_int_equal(count, 2);
    assert_int_equal(session_state(g, &cookie), NX_FOUND); /* everyone is still signed in */
}

static void restart_memory(struct rig *g)
{
    nx_memory_restart(g->st, false);
}

static void kill_and_start(struct rig *g)
{
    redis_stop(g, SIGKILL);
    assert_true(redis_start(g));
}

static void test_rule_19_admission(void **state)
{
    (void)state;
    struct rig *g = rig_new(false, 1);
    admission(g, restart_memory);
    rig_free(g);
}

static void test_rule_19_admission_redis(void **state)
{
    (void)state;
    if (!have_redis()) skip();
    struct rig *g = rig_new(true, 1);
    admission(g, kill_and_start);
    rig_free(g);
}

static void test_rule_19_codes_and_orders_of_before_a_restart(void **state)
{
    RIG(state);
    struct portal p;
    struct nx_order o;
    struct nx_ticket t;
    nx_handle_text ticket;
    enum nx_found found;
    issue_code(g, &p, "dvc");
    OK(nx_order_begin(st, a, NX_LIT("x"), &o));
    OK(nx_ticket_make(&ticket, st, a, NX_HANDLE_ENROL, NX_SPAN_NONE, NX_LIT("x"), 60));
    usleep(5000); /* made before, by the millisecond */
    if (g->redis)
        kill_and_start(g);
    else
        nx_memory_restart(st, false);
    for (int i = 0; i < 100 && !nx_ok(nx_store_ping(st)); i++)
        usleep(10000);
    assert_int_equal(redeem(g, &p), NX_GONE);
    OK(nx_order_find(st, a, o.id.s, &o, &found));
    assert_int_equal(found, NX_GONE);
    OK(nx_ticket_take(st, a, NX_HANDLE_ENROL, NX_SPAN_NONE, nx_span_str(ticket.s), &t, &found));
    assert_int_equal(found, NX_GONE);
    assert_int_equal(session_state(g, &p.cookie), NX_FOUND);
    sign_in_to(g, &p, "dvc");
    assert_int_equal(token_state(g, &p), NX_FOUND);
}

static void test_away_and_back(void **state)
{
    if (!have_redis()) skip();
    RIG(state);
    nx_handle_text cookie;
    struct nx_signon s;
    enum nx_found found;
    signed_in(g, &cookie);
    redis_stop(g, SIGKILL);
    assert_int_equal(nx_signon_find(st, a, nx_span_str(cookie.s), &s, &found).e, NX_ERR_AWAY);
    assert_false(nx_store_ready(st));
    int64_t before = nx_mono_ms();
    for (int i = 0; i < 200; i++)
        assert_int_equal(nx_signon_find(st, a, nx_span_str(cookie.s), &s, &found).e, NX_ERR_AWAY);
    assert_true(nx_mono_ms() - before < 500); /* the breaker answers at once */
    assert_true(redis_start(g));
    int64_t back = nx_mono_ms();
    while (!nx_ok(nx_store_ping(st)) && nx_mono_ms() - back < 3000)
        usleep(5000);
    assert_true(nx_mono_ms() - back < 2000);
    assert_int_equal(session_state(g, &cookie), NX_FOUND);
    assert_true(nx_store_ready(st));
}

static void test_a_hanging_store_is_given_up(void **state)
{
    if (!have_redis()) skip();
    RIG(state);
    OK(nx_store_ping(st));
    kill(g->pid, SIGSTOP);
    int64_t before = nx_mono_ms();
    assert_int_equal(nx_store_ping(st).e, NX_ERR_AWAY);
    int64_t took = nx_mono_ms() - before;
    assert_int_equal(nx_store_ping(st).e, NX_ERR_AWAY);
    kill(g->pid, SIGCONT);
    assert_in_range(took, 900, 1900);
    before = nx_mono_ms();
    while (!nx_ok(nx_store_ping(st)) && nx_mono_ms() - before < 3000)
        usleep(5000);
    OK(nx_store_ping(st));
}

static void command(struct rig *g, const char *text)
{
    char path[96];
    snprintf(path, sizeof path, "%s/s", g->dir);
    redisContext *c = redisConnectUnix(path);
    redisReply *r = redisCommand(c, text);
    assert_non_null(r);
    assert_int_not_equal(r->type, REDIS_REPLY_ERROR);
    freeReplyObject(r);
    redisFree(c);
}

static void test_scripts_that_the_store_forgot(void **state)
{
    if (!have_redis()) skip();
    RIG(state);
    nx_handle_text cookie;
    signed_in(g, &cookie);
    command(g, "SCRIPT FLUSH");
    assert_int_equal(session_state(g, &cookie), NX_FOUND);
}

/* What the store forgot is loaded and the act done again; a guard beside it is not: it was the first. */
static void test_a_guard_is_asked_once_however_often_the_act_is_done(void **state)
{
    if (!have_redis()) skip();
    RIG(state);
    nx_handle_text cookie;
    struct nx_signon s;
    enum nx_found found;
    bool first;
    struct nx_guard guard = {"saml-request", "p", NX_LIT("_1"), 0, nx_now() + 60};
    signed_in(g, &cookie);
    command(g, "EVAL return(redis.call('DEL',unpack(redis.call('KEYS','*:e:*')))) 0");
    OK(nx_signon_find_once(st, a, nx_span_str(cookie.s), &guard, &s, &found, &first));
    assert_int_equal(found, NX_FOUND);
    assert_true(first);
    command(g, "SCRIPT FLUSH");
    guard.value = NX_LIT("_2");
    OK(nx_signon_find_once(st, a, nx_span_str(cookie.s), &guard, &s, &found, &first));
    assert_int_equal(found, NX_FOUND);
    assert_true(first);
}

static void test_what_doctor_reads(void **state)
{
    RIG(state);
    struct nx_store_info info;
    OK(nx_store_info(st, &info));
    assert_string_equal(info.kind, g->redis ? "redis" : "memory");
    assert_true(*info.run_id);
    assert_true(info.noeviction);
    assert_int_equal(info.append_only, g->redis);
    assert_false(info.fsync_always); /* the rig runs without */
    assert_in_range(info.skew_ms + 1000, 900, 1100);
    assert_in_range(info.recovered_at, nx_now() - 5, nx_now() + 1);
}

static void test_every_key_ends(void **state)
{
    if (!have_redis()) skip();
    RIG(state);
    struct portal p;
    struct nx_order o;
    struct nx_throttled t;
    bool first;
    char path[96];
    sign_in_to(g, &p, "dvc");
    OK(nx_order_begin(st, a, NX_LIT("x"), &o));
    OK(nx_throttle_take(st, a, &(struct nx_attempt){NX_THROTTLE_LOGIN, "u", "s", false}, &t));
    OK(nx_guard_once(st, &(struct nx_guard){"assertion", "c", NX_LIT("j"), 0, nx_now() + 9}, &first));
    snprintf(path, sizeof path, "%s/s", g->dir);
    redisContext *c = redisConnectUnix(path);
    redisReply *keys = redisCommand(c, "KEYS *");
    size_t lasting = 0, total = keys->elements;
    for (size_t i = 0; i < total; i++) {
        const char *key = keys->element[i]->str;
        redisReply *ttl = redisCommand(c, "PTTL %s", key);
        if (ttl->integer < 0) {
            lasting++;
            assert_true(strstr(key, ":e:") || strstr(key, ":run") || strstr(key, ":gen") ||
                        strstr(key, ":rev"));
        }
        freeReplyObject(ttl);
    }
    freeReplyObject(keys);
    redisFree(c);
    assert_true(lasting >= 4 && total > lasting + 8);
}

/* The bench has the limit; this shows where it stands. */
static void test_a_session_with_one_portal_is_small(void **state)
{
    if (!have_redis()) skip();
    RIG(state);
    struct portal p;
    struct nx_store_info before, after;
    sign_in_to(g, &p, "s6bhdrkqt3nixaclientabcdef");
    OK(nx_store_info(st, &before));
    enum { PEOPLE = 500 };
    for (int i = 0; i < PEOPLE; i++) {
        enum nx_found found;
        nx_id subject;
        OK(nx_id_make(&subject));
        struct nx_signon s = a_person(g);
        s.subject = subject.s;
        OK(nx_epochs_set(&s.epochs, NX_EPOCH_PERSON, subject.s, 0));
        OK(nx_signon_begin(&p.cookie, st, a, &s, &NX_NOTE_NONE, &found));
        p.grant = a_grant(g, "s6bhdrkqt3nixaclientabcdef");
        p.grant.subject = subject.s;
        OK(nx_code_issue(&p.code, st, a, &s, &p.grant, &NX_NOTE_NONE, &found));
        OK(nx_code_find(st, a, p.grant.client_id, nx_span_str(p.code.s), &p.read, &found));
        OK(nx_token_new(&p.token, st, p.read.ref.shard, p.grant.client_id, 300));
        struct nx_redeem r = {&p.read, &p.grant, &p.token, true};
        OK(nx_code_redeem(st, a, &r, &NX_NOTE_NONE, &p.given, &found));
        assert_int_equal(found, NX_FOUND);
    }
    OK(nx_store_info(st, &after));
    int64_t each = (after.used_bytes - before.used_bytes) / PEOPLE;
    print_message("# %lld bytes of Redis per session with one portal, its code not yet expired\n",
                  (long long)each);
    assert_true(each > 100 && each < 2600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_rule_19_admission),
        cmocka_unit_test(test_rule_19_admission_redis),
        NX_BOTH(test_rule_19_codes_and_orders_of_before_a_restart),
        cmocka_unit_test_setup_teardown(test_away_and_back, setup_redis, teardown),
        cmocka_unit_test_setup_teardown(test_a_hanging_store_is_given_up, setup_redis, teardown),
        cmocka_unit_test_setup_teardown(test_scripts_that_the_store_forgot, setup_redis, teardown),
        cmocka_unit_test_setup_teardown(test_a_guard_is_asked_once_however_often_the_act_is_done, setup_redis,
                                        teardown),
        NX_BOTH(test_what_doctor_reads),
        cmocka_unit_test_setup_teardown(test_every_key_ends, setup_redis, teardown),
        cmocka_unit_test_setup_teardown(test_a_session_with_one_portal_is_small, setup_redis, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
