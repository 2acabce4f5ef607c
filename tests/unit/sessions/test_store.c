/* The contract of the store: every case on memory and on Redis, with one shard and with sixteen. */
#include "rig.h"

static void test_a_session_lives(void **state)
{
    RIG(state);
    nx_handle_text cookie, cookie2;
    struct nx_signon s = signed_in(g, &cookie), r;
    enum nx_found found;
    OK(nx_signon_find(st, a, nx_span_str(cookie.s), &r, &found));
    assert_int_equal(found, NX_FOUND);
    assert_string_equal(r.id.s, s.id.s);
    assert_string_equal(r.subject, PERSON);
    assert_string_equal(r.qid, QID);
    assert_string_equal(r.agent, "Firefox on Linux");
    assert_int_equal(r.level, 1);
    assert_int_equal(r.rung, -1);
    assert_int_equal(r.ends, s.ends);
    assert_int_equal(r.client_count, 0);
    assert_null(r.only_client);

    OK(nx_signon_get(st, a, s.id.s, &r, &found));
    assert_int_equal(found, NX_FOUND);
    OK(nx_signon_get(st, a, PERSON, &r, &found));
    assert_int_equal(found, NX_GONE);
    OK(nx_signon_get(st, a, "no id", &r, &found));
    assert_int_equal(found, NX_GONE);
    OK(nx_signon_find(st, a, NX_LIT("no cookie"), &r, &found));
    assert_int_equal(found, NX_GONE);

    s.level = 2;
    s.auth_time = nx_now() + 5;
    OK(nx_signon_raise(&cookie2, st, a, &s, &NX_NOTE_NONE, &found));
    assert_int_equal(found, NX_FOUND);
    assert_int_equal(session_state(g, &cookie), NX_GONE); /* no fixation */
    OK(nx_signon_find(st, a, nx_span_str(cookie2.s), &r, &found));
    assert_int_equal(found, NX_FOUND);
    assert_int_equal(r.level, 2);
    assert_string_equal(r.id.s, s.id.s);
    s.link--; /* another tab, with the link of before */
    OK(nx_signon_raise(&cookie2, st, a, &s, &NX_NOTE_NONE, &found));
    assert_int_equal(found, NX_SPENT);
}

static void test_a_session_ends_when_idle(void **state)
{
    RIG(state);
    nx_handle_text cookie;
    signed_in(g, &cookie);
    nx_clock_shift(1200);
    assert_int_equal(session_state(g, &cookie), NX_FOUND); /* slides */
    nx_clock_shift(2400);
    assert_int_equal(session_state(g, &cookie), NX_FOUND);
    nx_clock_shift(2400 + 1810);
    assert_int_equal(session_state(g, &cookie), NX_GONE);
}

static void test_a_session_ends_absolutely(void **state)
{
    RIG(state);
    nx_handle_text cookie;
    signed_in(g, &cookie);
    for (int64_t t = 1200; t < 8 * 3600 - 5; t += 1200) {
        nx_clock_shift(t);
        assert_int_equal(session_state(g, &cookie), NX_FOUND);
    }
    nx_clock_shift(8 * 3600 + 5);
    assert_int_equal(session_state(g, &cookie), NX_GONE);
}

static void test_rule_07_somebody_elses_screen(void **state)
{
    RIG(state);
    struct nx_signon s = a_person(g), r;
    nx_handle_text cookie;
    enum nx_found found;
    s.only_client = "thue";
    s.idle_s = NX_SIGNON_ELSEWHERE_IDLE_S;
    s.rung = 1;
    OK(nx_signon_begin(&cookie, st, a, &s, &NX_NOTE_NONE, &found));
    OK(nx_signon_find(st, a, nx_span_str(cookie.s), &r, &found));
    assert_string_equal(r.only_client, "thue");
    assert_int_equal(r.rung, 1);
    assert_int_equal(r.idle_s, 600);
    nx_clock_shift(605);
    assert_int_equal(session_state(g, &cookie), NX_GONE);
}

static void test_sessions_are_listed(void **state)
{
    RIG(state);
    struct nx_signon_list list;
    struct portal p;
    nx_handle_text cookie;
    sign_in_to(g, &p, "dvc portal"); /* a client id that needs encoding */
    struct nx_grant second = a_grant(g, "thue,1");
    nx_handle_text code;
    enum nx_found found;
    OK(nx_code_issue(&code, st, a, &p.session, &second, &NX_NOTE_NONE, &found));
    OK(nx_code_issue(&code, st, a, &p.session, &second, &NX_NOTE_NONE, &found)); /* joins once */
    nx_clock_shift(60);
    signed_in(g, &cookie);
    OK(nx_signon_list(st, a, PERSON, &list));
    assert_int_equal(list.n, 2);
    assert_int_equal(list.v[0].client_count, 0); /* the newest first */
    assert_string_equal(list.v[1].id.s, p.session.id.s);
    assert_int_equal(list.v[1].client_count, 2);
    assert_string_equal(list.v[1].clients[0], "dvc portal");
    assert_string_equal(list.v[1].clients[1], "thue,1");
    OK(nx_signon_list(st, a, OTHER, &list));
    assert_int_equal(list.n, 0);
    nx_sid one, two;
    OK(nx_signon_sid(&one, st, p.session.id.s, "dvc portal"));
    OK(nx_signon_sid(&two, st, p.session.id.s, "thue,1"));
    assert_string_not_equal(one.s, two.s);
    assert_string_equal(p.read.grant.sid, one.s);
}

static void test_transactions(void **state)
{
    RIG(state);
    nx_handle_text one, two;
    struct nx_txn t, u;
    enum nx_found found;
    OK(nx_txn_begin(&one, st, a, NX_LIT("browser"), NX_LIT("request one")));
    OK(nx_txn_begin(&two, st, a, NX_LIT("browser"), NX_LIT("request two")));
    OK(nx_txn_find(st, a, NX_LIT("browser"), nx_span_str(one.s), &t, &found));
    assert_int_equal(found, NX_FOUND);
    assert_true(nx_span_eq_str(t.request, "request one"));
    OK(nx_txn_find(st, a, NX_LIT("other browser"), nx_span_str(one.s), &u, &found));
    assert_int_equal(found, NX_GONE);
    OK(nx_txn_find(st, a, NX_LIT("browser"), nx_span_str(two.s), &u, &found));
    assert_true(nx_span_eq_str(u.request, "request two"));

    struct nx_txn stale = t;
    OK(nx_txn_save(st, a, &t, NX_LIT("step"), &found));
    assert_int_equal(found, NX_FOUND);
    OK(nx_txn_save(st, a, &stale, NX_LIT("another"), &found));
    assert_int_equal(found, NX_SPENT);
    OK(nx_txn_find(st, a, NX_LIT("browser"), nx_span_str(one.s), &t, &found));
    assert_true(nx_span_eq_str(t.steps, "step"));
    OK(nx_txn_end(st, a, &t, &found));
    assert_int_equal(found, NX_FOUND);
    OK(nx_txn_end(st, a, &t, &found));
    assert_int_equal(found, NX_SPENT);
    OK(nx_txn_find(st, a, NX_LIT("browser"), nx_span_str(one.s), &t, &found));
    assert_int_equal(found, NX_GONE);
    nx_clock_shift(NX_TXN_LIFE_S + 1);
    OK(nx_txn_find(st, a, NX_LIT("browser"), nx_span_str(two.s), &u, &found));
    assert_int_equal(found, NX_GONE);
    uint8_t big[NX_TXN_BODY_MAX + 1] = {0};
    assert_int_equal(nx_txn_begin(&one, st, a, NX_LIT("b"), nx_span_of(big, sizeof big)).e, NX_ERR_LIMIT);
}

static void test_tickets(void **state)
{
    RIG(state);
    nx_handle_text text;
    struct nx_ticket t;
    enum nx_found found;
    OK(nx_ticket_make(&text, st, a, NX_HANDLE_ENROL, NX_LIT("h"), NX_LIT("body"), 120));
    OK(nx_ticket_peek(st, a, NX_HANDLE_ENROL, NX_LIT("h"), nx_span_str(text.s), &t, &found));
    assert_int_equal(found, NX_FOUND);
    OK(nx_ticket_take(st, a, NX_HANDLE_CONSOLE, NX_LIT("h"), nx_span_str(text.s), &t, &found));
    assert_int_equal(found, NX_GONE);
    OK(nx_ticket_take(st, a, NX_HANDLE_ENROL, NX_LIT("h"), nx_span_str(text.s), &t, &found));
    assert_int_equal(found, NX_FOUND);
    assert_true(nx_span_eq_str(t.body, "body"));
    OK(nx_ticket_take(st, a, NX_HANDLE_ENROL, NX_LIT("h"), nx_span_str(text.s), &t, &found));
    assert_int_equal(found, NX_SPENT);
    OK(nx_ticket_peek(st, a, NX_HANDLE_ENROL, NX_LIT("h"), nx_span_str(text.s), &t, &found));
    assert_int_equal(found, NX_SPENT);
    nx_clock_shift(121);
    OK(nx_ticket_peek(st, a, NX_HANDLE_ENROL, NX_LIT("h"), nx_span_str(text.s), &t, &found));
    assert_int_equal(found, NX_GONE);
    assert_int_equal(nx_ticket_make(&text, st, a, NX_HANDLE_ENROL, NX_SPAN_NONE, NX_LIT("x"), 4000).e,
                     NX_ERR_RANGE);
}

static void test_a_code_becomes_tokens(void **state)
{
    RIG(state);
    struct portal p;
    sign_in_to(g, &p, "dvc");
    assert_string_equal(p.read.grant.redirect_uri, "https://dvc.localhost/cb");
    assert_string_equal(p.read.grant.client_id, "dvc");
    assert_string_equal(p.read.grant.subject, PERSON);
    assert_string_equal(p.read.grant.qid, QID);
    assert_string_equal(p.read.grant.session, p.session.id.s);
    assert_string_equal(p.read.grant.nonce, "n-1");

    struct nx_token t;
    enum nx_found found;
    OK(nx_token_find(st, a, "dvc", nx_span_str(p.token.jti.s), &t, &found));
    assert_int_equal(found, NX_FOUND);
    assert_string_equal(t.grant.scope, "openid profile");
    assert_string_equal(t.grant.sector, "dvc.localhost");
    assert_null(t.grant.code_challenge);
    assert_string_equal(t.family.s, p.given.family.ref.id.s);
    assert_true(t.grant.status.list >= 0);
    assert_int_equal(t.grant.status.index, p.given.family.grant.status.index);
    assert_int_equal(status_bits(g, t.grant.status), NX_STATUS_VALID);
    assert_int_equal(t.expires - t.issued, 300);
    OK(nx_token_find(st, a, "thue", nx_span_str(p.token.jti.s), &t, &found));
    assert_int_equal(found, NX_GONE);
    nx_clock_shift(301);
    assert_int_equal(token_state(g, &p), NX_GONE);
    assert_int_equal(family_state(g, &p), NX_FOUND);
}

static void test_a_code_works_once(void **state)
{
    RIG(state);
    struct portal p;
    sign_in_to(g, &p, "dvc");
    assert_int_equal(redeem(g, &p), NX_SPENT);
    assert_int_equal(token_state(g, &p), NX_STALE);
    assert_int_equal(family_state(g, &p), NX_GONE);
    assert_int_equal(status_bits(g, p.given.family.grant.status), NX_STATUS_REVOKED);
    assert_int_equal(session_state(g, &p.cookie), NX_FOUND);
}

static void test_a_code_is_short_and_of_one_client(void **state)
{
    RIG(state);
    struct portal p;
    struct nx_code code;
    enum nx_found found;
    issue_code(g, &p, "dvc");
    OK(nx_code_find(st, a, "thue", nx_span_str(p.code.s), &code, &found));
    assert_int_equal(found, NX_GONE);
    OK(nx_code_find(st, a, "dvc", NX_LIT("AAAA"), &code, &found));
    assert_int_equal(found, NX_GONE);
    nx_clock_shift(NX_CODE_LIFE_S + 1);
    assert_int_equal(redeem(g, &p), NX_GONE);
}

static void test_refresh_of_a_confidential_client(void **state)
{
    RIG(state);
    struct portal p;
    struct nx_family f;
    struct nx_token_new t;
    struct nx_token read;
    enum nx_found found;
    sign_in_to(g, &p, "dvc");
    for (int i = 0; i < 3; i++) {
        nx_clock_shift(300 * (i + 1));
        OK(nx_token_new(&t, st, p.read.ref.shard, "dvc", 300));
        t.narrow.scope = "openid";
        OK(nx_family_refresh(st, a, "dvc", nx_span_str(p.given.refresh.s), &t, &NX_NOTE_NONE, &f, &found));
        assert_int_equal(found, NX_FOUND);
        assert_string_equal(f.grant.scope, "openid profile");
        OK(nx_token_find(st, a, "dvc", nx_span_str(t.jti.s), &read, &found));
        assert_int_equal(found, NX_FOUND);
        assert_string_equal(read.grant.scope, "openid");
        assert_int_equal(read.grant.status.index, f.grant.status.index);
    }
    OK(nx_family_refresh(st, a, "thue", nx_span_str(p.given.refresh.s), &t, &NX_NOTE_NONE, &f, &found));
    assert_int_equal(found, NX_GONE);
    OK(nx_family_kill(st, a, f.ref.shard ? f.ref.shard : p.read.ref.shard, p.given.family.ref.id.s,
                      &NX_NOTE_NONE));
    assert_int_equal(family_state(g, &p), NX_GONE);
    OK(nx_token_find(st, a, "dvc", nx_span_str(t.jti.s), &read, &found));
    assert_int_equal(found, NX_STALE);
    assert_int_equal(status_bits(g, p.given.family.grant.status), NX_STATUS_REVOKED);
}

static void rotating(struct rig *g, struct portal *p)
{
    issue_code(g, p, "app");
    p->grant.rotates = true;
    assert_int_equal(redeem(g, p), NX_FOUND);
}

/* One refresh by a public client: find, sign, rotate. Returns what came out; *text is the answer it would
 * send. */
static enum nx_found rotate(struct rig *g, const char *presented, nx_handle_text *next, char text[32],
                            bool *again)
{
    struct nx_family f;
    struct nx_token_new t;
    enum nx_found found;
    static int answers;
    OK(nx_family_find(g->st, g->a, "app", nx_span_str(presented), &f, &found));
    if (found != NX_FOUND) return found;
    if (!f.again) {
        OK(nx_family_next(next, g->st, &f));
        OK(nx_token_new(&t, g->st, f.ref.shard, "app", 300));
        snprintf(text, 32, "answer %d", ++answers);
        OK(nx_family_rotate(g->st, g->a, &f, &t, nx_span_str(text), &NX_NOTE_NONE, &found));
    }
    *again = f.again;
    if (f.again) snprintf(text, 32, "%.*s", (int)f.answer.n, (const char *)f.answer.p);
    return found;
}

static void test_rule_15_rotation(void **state)
{
    RIG(state);
    struct portal p;
    nx_handle_text second, third, none;
    char one[32], two[32], three[32];
    bool again;
    rotating(g, &p);
    assert_int_equal(rotate(g, p.given.refresh.s, &second, one, &again), NX_FOUND);
    assert_false(again);
    assert_int_equal(rotate(g, p.given.refresh.s, &none, two, &again),
                     NX_FOUND); /* a retry: the very same answer */
    assert_true(again);
    assert_string_equal(one, two);
    assert_int_equal(rotate(g, second.s, &third, three, &again), NX_FOUND);
    assert_false(again);
    assert_int_equal(rotate(g, p.given.refresh.s, &none, two, &again), NX_SPENT); /* two links back: reuse */
    assert_int_equal(rotate(g, third.s, &none, two, &again), NX_GONE);
    assert_int_equal(status_bits(g, p.given.family.grant.status), NX_STATUS_REVOKED);
    assert_int_equal(token_state(g, &p), NX_STALE);
}

static void test_rule_15_the_retry_window_closes(void **state)
{
    RIG(state);
    struct portal p;
    nx_handle_text second, none;
    char text[32];
    bool again;
    rotating(g, &p);
    assert_int_equal(rotate(g, p.given.refresh.s, &second, text, &again), NX_FOUND);
    nx_clock_shift(NX_FAMILY_GRACE_S + 1);
    assert_int_equal(rotate(g, p.given.refresh.s, &none, text, &again), NX_SPENT);
    assert_int_equal(rotate(g, second.s, &none, text, &again), NX_GONE);
}

static void test_rule_15_one_style_per_family(void **state)
{
    RIG(state);
    struct portal p;
    struct nx_family f;
    struct nx_token_new t;
    enum nx_found found;
    rotating(g, &p);
    OK(nx_token_new(&t, st, p.read.ref.shard, "app", 300));
    OK(nx_family_refresh(st, a, "app", nx_span_str(p.given.refresh.s), &t, &NX_NOTE_NONE, &f, &found));
    assert_int_equal(found, NX_SPENT);
}

static void test_a_family_ends_with_its_session_unless_offline(void **state)
{
    RIG(state);
    struct portal p, q;
    sign_in_to(g, &p, "dvc");
    issue_code(g, &q, "dvc");
    q.grant.offline = true;
    assert_int_equal(redeem(g, &q), NX_FOUND);
    nx_clock_shift(1805); /* both sessions are idle */
    assert_int_equal(family_state(g, &p), NX_STALE);
    assert_int_equal(family_state(g, &q), NX_FOUND);
    nx_clock_shift(7205); /* idle end of the family */
    assert_int_equal(family_state(g, &q), NX_GONE);
}

static void test_a_grant_without_refresh(void **state)
{
    RIG(state);
    struct portal p;
    issue_code(g, &p, "dvc");
    p.grant.refreshes = false;
    assert_int_equal(redeem(g, &p), NX_FOUND);
    assert_string_equal(p.given.refresh.s, "");
    assert_int_equal(token_state(g, &p), NX_FOUND);
    struct nx_token t;
    enum nx_found found;
    OK(nx_token_find(st, a, "dvc", nx_span_str(p.token.jti.s), &t, &found));
    OK(nx_token_kill(st, a, &t, &NX_NOTE_NONE));
    assert_int_equal(token_state(g, &p), NX_GONE);
}

static struct nx_grant own_grant(struct rig *g)
{
    struct nx_grant x = {.client_id = "svc",
                         .subject = "svc",
                         .scope = "read",
                         .audience = "https://api",
                         .level = 0,
                         .rung = -1,
                         .token_s = 300};
    OK(nx_epochs_set(&x.epochs, NX_EPOCH_CLIENT, "svc", g->truth.client));
    OK(nx_epochs_set(&x.epochs, NX_EPOCH_SYSTEM, NX_EPOCH_SYSTEM_ID, g->truth.system));
    return x;
}

static void test_rule_21_client_credentials(void **state)
{
    RIG(state);
    struct nx_grant x = own_grant(g);
    struct nx_token_new t;
    struct nx_token read;
    enum nx_found found;
    OK(nx_token_new(&t, st, nx_store_shard(st, "svc"), "svc", 300));
    OK(nx_token_issue(st, a, &t, &x, &(struct nx_note){.type = "token.issued"}, &found));
    assert_int_equal(found, NX_FOUND);
    OK(nx_token_find(st, a, "svc", nx_span_str(t.jti.s), &read, &found));
    assert_int_equal(found, NX_FOUND);
    assert_string_equal(read.grant.scope, "read");
    assert_string_equal(read.grant.subject, "svc");
    assert_string_equal(read.family.s, "");

    struct nx_killed_list killed;
    struct nx_kill k = {
        .seq = 1, .shard = nx_store_shard(st, "svc"), .scope = NX_KILL_EPOCH, .target = "svc"};
    OK(nx_epochs_set(&k.epochs, NX_EPOCH_CLIENT, "svc", g->truth.client = 1));
    OK(nx_kill_apply(st, a, &k, &killed));
    OK(nx_token_find(st, a, "svc", nx_span_str(t.jti.s), &read, &found));
    assert_int_equal(found, NX_STALE);
    OK(nx_token_new(&t, st, nx_store_shard(st, "svc"), "svc", 300));
    OK(nx_token_issue(st, a, &t, &x, &NX_NOTE_NONE, &found)); /* under the epoch of before */
    assert_int_equal(found, NX_STALE);
    x = own_grant(g);
    OK(nx_token_issue(st, a, &t, &x, &NX_NOTE_NONE, &found));
    assert_int_equal(found, NX_FOUND);

    /* The system's epoch, which lives in a shard of its own. */
    k = (struct nx_kill){.seq = 2,
                         .shard = nx_store_shard(st, NX_EPOCH_SYSTEM_ID),
                         .scope = NX_KILL_EPOCH,
                         .target = NX_EPOCH_SYSTEM_ID};
    OK(nx_epochs_set(&k.epochs, NX_EPOCH_SYSTEM, NX_EPOCH_SYSTEM_ID, g->truth.system = 1));
    OK(nx_kill_apply(st, a, &k, &killed));
    OK(nx_token_find(st, a, "svc", nx_span_str(t.jti.s), &read, &found));
    assert_int_equal(found, NX_STALE);
}

static void test_rule_19_a_missing_epoch_is_loaded(void **state)
{
    RIG(state);
    nx_handle_text cookie;
    g->truth.person = 3;
    g->truth.qr = 1;
    signed_in(g, &cookie);
    assert_true(atomic_load(&g->truth.loads) >= 2);
    assert_int_equal(session_state(g, &cookie), NX_FOUND);

    struct nx_signon old = a_person(g);
    enum nx_found found;
    OK(nx_epochs_set(&old.epochs, NX_EPOCH_PERSON, PERSON, 2)); /* the copy says 3 */
    OK(nx_signon_begin(&cookie, st, a, &old, &NX_NOTE_NONE, &found));
    assert_int_equal(found, NX_STALE);
    OK(nx_epochs_set(&old.epochs, NX_EPOCH_PERSON, PERSON, 4)); /* more than the registry knows of */
    OK(nx_signon_begin(&cookie, st, a, &old, &NX_NOTE_NONE, &found));
    assert_int_equal(found, NX_STALE);
    g->truth.person = 4; /* the copy lags: it is loaded */
    OK(nx_signon_begin(&cookie, st, a, &old, &NX_NOTE_NONE, &found));
    assert_int_equal(found, NX_FOUND);
}

static void test_rule_19_no_such_thing_is_stale(void **state)
{
    RIG(state);
    nx_handle_text cookie;
    struct nx_signon s = a_person(g);
    enum nx_found found;
    struct nx_signon_list list;
    atomic_store(&g->truth.absent, true);
    OK(nx_signon_begin(&cookie, st, a, &s, &NX_NOTE_NONE, &found));
    assert_int_equal(found, NX_STALE);
    OK(nx_signon_list(st, a, PERSON, &list));
    assert_int_equal(list.n, 0);
}

static void test_guards(void **state)
{
    RIG(state);
    bool first;
    struct nx_guard guard = {"assertion", "dvc", NX_LIT("jti-1"), nx_now(), nx_now() + 60};
    OK(nx_guard_once(st, &guard, &first));
    assert_true(first);
    OK(nx_guard_once(st, &guard, &first));
    assert_false(first);
    guard.holder = "thue";
    OK(nx_guard_once(st, &guard, &first));
    assert_true(first);
    guard.purpose = "dpop";
    OK(nx_guard_once(st, &guard, &first));
    assert_true(first);
    guard.value = NX_LIT("jti-2");
    guard.expires = nx_now();
    OK(nx_guard_once(st, &guard, &first));
    assert_false(first); /* over already */
    guard.expires = nx_now() + NX_GUARD_LIFE_MAX_S + 60;
    assert_int_equal(nx_guard_once(st, &guard, &first).e, NX_ERR_RANGE);
}

/* In the round trip of the session: the first time and no other, whether or not there is a session. */
static void test_a_guard_beside_a_session(void **state)
{
    RIG(state);
    nx_handle_text cookie;
    struct nx_signon s;
    enum nx_found found;
    bool first;
    struct nx_guard guard = {"saml-request", "https://p.example", NX_LIT("_1"), nx_now() + 1, nx_now() + 60};
    signed_in(g, &cookie);
    OK(nx_signon_find_once(st, a, nx_span_str(cookie.s), &guard, &s, &found, &first));
    assert_true(first);
    assert_int_equal(found, NX_FOUND);
    OK(nx_signon_find_once(st, a, nx_span_str(cookie.s), &guard, &s, &found, &first));
    assert_false(first);
    assert_int_equal(found, NX_FOUND);
    OK(nx_guard_once(st, &guard, &first)); /* it is the same guard as by itself */
    assert_false(first);
    guard.value = NX_LIT("_2");
    OK(nx_guard_once(st, &guard, &first));
    assert_true(first);
    OK(nx_signon_find_once(st, a, nx_span_str(cookie.s), &guard, &s, &found, &first));
    assert_false(first);
    /* A cookie that is none, and none at all. */
    const nx_span others[] = {NX_LIT("forged"), NX_SPAN_NONE};
    for (size_t i = 0; i < 2; i++) {
        guard.value = i ? NX_LIT("_4") : NX_LIT("_3");
        OK(nx_signon_find_once(st, a, others[i], &guard, &s, &found, &first));
        assert_true(first);
        assert_int_equal(found, NX_GONE);
        OK(nx_signon_find_once(st, a, others[i], &guard, &s, &found, &first));
        assert_false(first);
    }
    /* What is over is never the first, and the session is found all the same. */
    guard.value = NX_LIT("_5");
    guard.expires = nx_now();
    OK(nx_signon_find_once(st, a, nx_span_str(cookie.s), &guard, &s, &found, &first));
    assert_false(first);
    assert_int_equal(found, NX_FOUND);
    /* A session that has ended. */
    guard.value = NX_LIT("_6");
    guard.expires = nx_now() + 60;
    nx_clock_shift(NX_GUARD_LIFE_MAX_S * 24 * 30);
    guard.issued = guard.expires = nx_now() + 30;
    OK(nx_signon_find_once(st, a, nx_span_str(cookie.s), &guard, &s, &found, &first));
    assert_true(first);
    assert_int_equal(found, NX_GONE);
    nx_clock_shift(0);
}

static void test_rule_19_things_of_before_the_recovery_are_refused(void **state)
{
    RIG(state);
    bool first;
    struct nx_store_info info;
    OK(nx_store_info(st, &info));
    struct nx_guard guard = {"assertion", "dvc", NX_LIT("old"), info.recovered_at - 5, nx_now() + 60};
    OK(nx_guard_once(st, &guard, &first));
    assert_false(first);
    guard.value = NX_LIT("new");
    guard.issued = nx_now() + 1;
    OK(nx_guard_once(st, &guard, &first));
    assert_true(first);
}

static void test_throttle(void **state)
{
    RIG(state);
    struct nx_attempt bad = {NX_THROTTLE_LOGIN, "citizen", "192.0.2.1", false};
    struct nx_throttled t;
    for (int i = 0; i < 5; i++) {
        OK(nx_throttle_take(st, a, &bad, &t));
        assert_true(t.allowed);
    }
    OK(nx_throttle_take(st, a, &bad, &t));
    assert_false(t.allowed);
    assert_in_range(t.retry_after_s, 1, 30);
    struct nx_attempt elsewhere = {NX_THROTTLE_LOGIN, "citizen", "192.0.2.2", false};
    OK(nx_throttle_take(st, a, &elsewhere, &t));
    assert_true(t.allowed);
    OK(nx_throttle_refund(st, a, &elsewhere));
    nx_clock_shift(31);
    OK(nx_throttle_take(st, a, &bad, &t));
    assert_true(t.allowed);
    OK(nx_throttle_take(st, a, &bad, &t));
    assert_false(t.allowed);
}

static void test_throttle_gives_back(void **state)
{
    RIG(state);
    struct nx_attempt good = {NX_THROTTLE_LOGIN, "citizen", "192.0.2.1", false};
    struct nx_throttled t;
    for (int i = 0; i < 40; i++) {
        OK(nx_throttle_take(st, a, &good, &t));
        assert_true(t.allowed);
        OK(nx_throttle_refund(st, a, &good));
    }
}

static void test_throttle_locks_nobody_else_out(void **state)
{
    RIG(state);
    struct nx_throttled t;
    char source[32];
    /* Many sources try one account until its bucket is over. */
    for (int i = 0; i < 200; i++) {
        snprintf(source, sizeof source, "198.51.100.%d", i);
        struct nx_attempt bad = {NX_THROTTLE_LOGIN, "citizen", source, false};
        OK(nx_throttle_take(st, a, &bad, &t));
        assert_true(t.allowed); /* each has its first attempt */
        OK(nx_throttle_take(st, a, &bad, &t));
        if (i > 40) assert_false(t.allowed); /* and no burst any more */
    }
    struct nx_attempt stranger = {NX_THROTTLE_LOGIN, "citizen", "203.0.113.1", false};
    OK(nx_throttle_take(st, a, &stranger, &t));
    assert_true(t.allowed);
    struct nx_attempt known = {NX_THROTTLE_LOGIN, "citizen", "203.0.113.2", true};
    for (int i = 0; i < 5; i++) {
        OK(nx_throttle_take(st, a, &known, &t));
        assert_true(t.allowed);
    }
}

static void test_throttle_of_a_source(void **state)
{
    RIG(state);
    struct nx_throttled t;
    char account[32];
    int allowed = 0;
    for (int i = 0; i < 100; i++) {
        snprintf(account, sizeof account, "citizen%d", i);
        struct nx_attempt spray = {NX_THROTTLE_LOGIN, account, "192.0.2.1", false};
        OK(nx_throttle_take(st, a, &spray, &t));
        allowed += t.allowed;
    }
    assert_in_range(allowed, 55, 75);
}

static void test_status_lists(void **state)
{
    RIG(state);
    struct portal p[8];
    int64_t *lists;
    size_t n, same = 0;
    for (size_t i = 0; i < 8; i++) {
        sign_in_to(g, &p[i], "dvc");
        for (size_t j = 0; j < i; j++)
            same += p[i].given.family.grant.status.index == p[j].given.family.grant.status.index;
    }
    assert_int_equal(same, 0);
    OK(nx_status_lists(st, a, &lists, &n));
    assert_int_equal(n, 1);
    assert_int_equal(lists[0], p[0].given.family.grant.status.list);
    assert_int_equal(lists[0] % g->shards, nx_store_shard(st, PERSON));
    static uint8_t bits[NX_STATUS_BYTES];
    enum nx_found found;
    OK(nx_status_read(st, a, lists[0] + (int64_t)g->shards, bits, &found));
    assert_int_equal(found, NX_GONE);
}

static void test_rule_22_an_expired_list_number_is_not_given_again(void **state)
{
    RIG(state);
    struct portal p, q;
    sign_in_to(g, &p, "dvc");
    nx_clock_shift(86400 + 3600); /* past the family's end, within the margin of a day */
    sign_in_to(g, &q, "dvc");
    assert_int_not_equal(p.given.family.grant.status.list, q.given.family.grant.status.list);
}

static void test_audit_stream(void **state)
{
    RIG(state);
    struct portal p;
    struct nx_stream_batch b;
    uint16_t shard = nx_store_shard(st, PERSON);
    sign_in_to(g, &p, "dvc");
    struct nx_token_new t;
    struct nx_family f;
    enum nx_found found;
    OK(nx_token_new(&t, st, shard, "dvc", 300));
    struct nx_note note = {
        .type = "token.refreshed", .actor = "client:dvc", .detail = "{\"scope\":\"openid\"}"};
    OK(nx_family_refresh(st, a, "dvc", nx_span_str(p.given.refresh.s), &t, &note, &f, &found));
    OK(nx_stream_append(st, shard, &(struct nx_note){.type = "x", .actor = "system"}));
    OK(nx_stream_read(st, a, shard, "0-0", 100, &b));
    assert_int_equal(b.n, 4);
    assert_string_equal(b.v[0].note.type, "session.started");
    assert_string_equal(b.v[0].note.subject, PERSON);
    assert_string_equal(b.v[2].note.type, "token.refreshed");
    assert_string_equal(b.v[2].note.subject, PERSON); /* found by the store */
    assert_string_equal(b.v[2].note.actor, "client:dvc");
    assert_string_equal(b.v[2].note.detail, "{\"scope\":\"openid\"}");
    assert_null(b.v[3].note.subject);
    assert_in_range(b.v[3].at, nx_now() - 2, nx_now());
    const char *second = b.v[1].position;
    OK(nx_stream_read(st, a, shard, second, 1, &b));
    assert_int_equal(b.n, 1);
    assert_string_equal(b.v[0].note.type, "token.refreshed");
    OK(nx_stream_drop(st, shard, second));
    OK(nx_stream_read(st, a, shard, "0-0", 100, &b));
    assert_int_equal(b.n, 2);
}

static void test_limits(void **state)
{
    RIG(state);
    struct nx_signon s = a_person(g);
    nx_handle_text cookie;
    enum nx_found found;
    for (int i = 0; i < NX_SIGNON_LIST_MAX; i++) {
        s = a_person(g);
        OK(nx_signon_begin(&cookie, st, a, &s, &NX_NOTE_NONE, &found));
    }
    assert_int_equal(nx_signon_begin(&cookie, st, a, &s, &NX_NOTE_NONE, &found).e, NX_ERR_LIMIT);
    s.subject = NULL;
    assert_int_equal(nx_signon_begin(&cookie, st, a, &s, &NX_NOTE_NONE, &found).e, NX_ERR_RANGE);
    s = a_person(g);
    s.qid = NULL; /* an epoch without the identity it belongs to */
    assert_int_equal(nx_signon_begin(&cookie, st, a, &s, &NX_NOTE_NONE, &found).e, NX_ERR_RANGE);
    struct nx_grant x = a_grant(g, "dvc");
    x.epochs.count = 0;
    s = a_person(g);
    assert_int_equal(nx_code_issue(&cookie, st, a, &s, &x, &NX_NOTE_NONE, &found).e, NX_ERR_MISSING);
}

static void test_a_session_has_a_limited_number_of_clients(void **state)
{
    RIG(state);
    nx_handle_text cookie, code;
    struct nx_signon s = signed_in(g, &cookie);
    enum nx_found found;
    char client[16];
    for (int i = 0; i < NX_SIGNON_CLIENTS_MAX; i++) {
        snprintf(client, sizeof client, "c%d", i);
        struct nx_grant x = a_grant(g, client);
        OK(nx_code_issue(&code, st, a, &s, &x, &NX_NOTE_NONE, &found));
    }
    struct nx_grant x = a_grant(g, "one more");
    assert_int_equal(nx_code_issue(&code, st, a, &s, &x, &NX_NOTE_NONE, &found).e, NX_ERR_LIMIT);
    x = a_grant(g, "c3");
    OK(nx_code_issue(&code, st, a, &s, &x, &NX_NOTE_NONE, &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NX_ALL(test_a_session_lives),
        NX_BOTH(test_a_session_ends_when_idle),
        NX_BOTH(test_a_session_ends_absolutely),
        NX_BOTH(test_rule_07_somebody_elses_screen),
        NX_ALL(test_sessions_are_listed),
        NX_ALL(test_transactions),
        NX_ALL(test_tickets),
        NX_ALL(test_a_code_becomes_tokens),
        NX_ALL(test_a_code_works_once),
        NX_BOTH(test_a_code_is_short_and_of_one_client),
        NX_ALL(test_refresh_of_a_confidential_client),
        NX_ALL(test_rule_15_rotation),
        NX_BOTH(test_rule_15_the_retry_window_closes),
        NX_BOTH(test_rule_15_one_style_per_family),
        NX_BOTH(test_a_family_ends_with_its_session_unless_offline),
        NX_BOTH(test_a_grant_without_refresh),
        NX_ALL(test_rule_21_client_credentials),
        NX_ALL(test_rule_19_a_missing_epoch_is_loaded),
        NX_ALL(test_rule_19_no_such_thing_is_stale),
        NX_ALL(test_guards),
        NX_ALL(test_a_guard_beside_a_session),
        NX_BOTH(test_rule_19_things_of_before_the_recovery_are_refused),
        NX_ALL(test_throttle),
        NX_BOTH(test_throttle_gives_back),
        NX_BOTH(test_throttle_locks_nobody_else_out),
        NX_ALL(test_throttle_of_a_source),
        NX_ALL(test_status_lists),
        /* On memory alone: Redis removes keys by its own clock, which no test shifts. */
        {"test_rule_22_an_expired_list_number_is_not_given_again",
         test_rule_22_an_expired_list_number_is_not_given_again, setup_memory, teardown, NULL},
        NX_ALL(test_audit_stream),
        NX_BOTH(test_limits),
        NX_BOTH(test_a_session_has_a_limited_number_of_clients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
