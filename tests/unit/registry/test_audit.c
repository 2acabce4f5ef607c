#include "registry/audit.h"
#include "registry/outbox.h"
#include "registry/person.h"

#include "rig.h"

#include <pthread.h>
#include <sqlite3.h>

static void append(struct rig *rig, const char *type, const char *subject)
{
    const struct nx_audit_entry e = {
        .actor = "uid:0", .type = type, .subject = subject, .detail = "{\"n\":1}"};
    assert_ok(nx_audit_append(rig->registry, &e));
}

static void outside(struct rig *rig, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(rig_path(rig), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static struct nx_audit_verdict verify(struct rig *rig)
{
    struct nx_audit_verdict v;
    assert_ok(nx_audit_verify(rig->registry, &v));
    return v;
}

static int with_rows(void **state)
{
    if (rig_up(state) != 0) return -1;
    for (int i = 0; i < 5; i++)
        append(*state, i % 2 ? "qr.revoked" : "person.created", i < 3 ? "lan" : NULL);
    return 0;
}

static void test_a_whole_chain(void **state)
{
    struct rig *rig = *state;
    struct nx_audit_verdict v = verify(rig);
    assert_true(v.whole);
    assert_int_equal(v.rows, 5);
    assert_int_equal(v.broken_at, 0);
    assert_int_equal(strlen(v.head), 64);
}

static void test_an_empty_chain(void **state)
{
    struct nx_audit_verdict v = verify(*state);
    assert_true(v.whole);
    assert_int_equal(v.rows, 0);
}

/* Every kind of tampering shows, and where. */
static void test_every_change_shows(void **state)
{
    struct rig *rig = *state;
    static const struct {
        const char *sql;
        int64_t broken_at;
    } rows[] = {
        {"UPDATE audit SET actor = 'uid:1' WHERE seq = 3", 3},
        {"UPDATE audit SET type = 'x' WHERE seq = 1", 1},
        {"UPDATE audit SET at = at + 1 WHERE seq = 2", 2},
        {"UPDATE audit SET subject = NULL WHERE seq = 2", 2},
        {"UPDATE audit SET detail = '{}' WHERE seq = 4", 4},
        {"UPDATE audit SET hash = zeroblob(32) WHERE seq = 4", 4},
        {"DELETE FROM audit WHERE seq = 3", 3},
        {"DELETE FROM audit WHERE seq = 5", 5},
        {"DELETE FROM audit", 1},
        {"UPDATE audit_head SET seq = 4", 6},
        {"DELETE FROM audit_head", 6},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        void *other;
        assert_int_equal(with_rows(&other), 0);
        outside(other, rows[i].sql);
        struct nx_audit_verdict v = verify(other);
        assert_false(v.whole);
        assert_int_equal(v.broken_at, rows[i].broken_at);
        rig_down(&other);
    }
    assert_true(verify(rig).whole);
}

static size_t waiting(struct rig *rig)
{
    struct nx_outbox_depth d;
    assert_ok(nx_outbox_depth(rig->registry, &d));
    return (size_t)d.waiting;
}

/* A change to what she signs in by puts a notice into the outbox in the same change; nothing else does, and nothing at all
 * where nobody can be told. */
static void test_people_are_told_of_what_they_sign_in_by(void **state)
{
    struct rig *rig = *state;
    struct nx_person p = {.user_name = "lan", .email = "lan@example.vn", .active = true, .proofing = 1};
    struct nx_person_made made;
    assert_ok(nx_person_create(rig->registry, &p, NULL, 0, &made));
    const char *lan = p.id.s;
    nx_registry_tell(rig->registry, true);
    append(rig, "passkey.enrolled", lan); /* she cannot be reached */
    assert_int_equal(waiting(rig), 0);
    p.email_verified = true;
    assert_ok(nx_person_replace(rig->registry, &p, 0));
    nx_registry_tell(rig->registry, false);
    append(rig, "passkey.enrolled", lan);
    assert_int_equal(waiting(rig), 0);
    nx_registry_tell(rig->registry, true);
    append(rig, "passkey.enrolled", lan);
    append(rig, "passkey.enrolled", "aaaaaaaaaaaaaaaaaaaaaaaaaa");
    append(rig, "passkey.enrolled", NULL);
    append(rig, "session.started", lan);
    append(rig, "passkey.enrolledx", lan);
    assert_int_equal(waiting(rig), 1);
    struct nx_notice_list list;
    NX_AUTO(nx_arena) a = nx_arena_open(64u << 10);
    assert_non_null(a);
    assert_ok(nx_outbox_lease(rig->registry, a, nx_now(), 60, 8, &list));
    assert_int_equal(list.n, 1);
    assert_string_equal(list.v[0].kind, NX_NOTICE_PERSON);
    assert_string_equal(list.v[0].target, lan);
    assert_string_equal(list.v[0].payload, "{\"type\":\"passkey.enrolled\"}");
    {
        NX_AUTO_CHANGE(change);
        assert_ok(nx_registry_begin(&change, rig->registry, NX_DURABLE));
        append(rig, "password.changed", lan);
    } /* rolled back */
    assert_int_equal(waiting(rig), 1);
}

static void test_pages_and_filters(void **state)
{
    struct rig *rig = *state;
    struct nx_audit_page page;
    struct nx_audit_query q = {.limit = 2};
    assert_ok(nx_audit_list(rig->registry, rig->arena, &q, &page));
    assert_true(page.more);
    assert_int_equal(page.v[0].seq, 5);
    q.before = page.v[1].seq;
    q.limit = 0;
    assert_ok(nx_audit_list(rig->registry, rig->arena, &q, &page));
    assert_int_equal(page.n, 3);
    assert_false(page.more);
    q = (struct nx_audit_query){.subject = "lan", .type = "person.created"};
    assert_ok(nx_audit_list(rig->registry, rig->arena, &q, &page));
    assert_int_equal(page.n, 2);
    q = (struct nx_audit_query){.type = "qr.*"};
    assert_ok(nx_audit_list(rig->registry, rig->arena, &q, &page));
    assert_int_equal(page.n, 2);
    q = (struct nx_audit_query){.type = "q.*"};
    assert_ok(nx_audit_list(rig->registry, rig->arena, &q, &page));
    assert_int_equal(page.n, 0);
    q = (struct nx_audit_query){.since = nx_now() + 100};
    assert_ok(nx_audit_list(rig->registry, rig->arena, &q, &page));
    assert_int_equal(page.n, 0);
}

/* A batch of the store's stream enters once, however often it is delivered. */
static void test_a_batch_enters_once(void **state)
{
    struct rig *rig = *state;
    const char *position;
    const struct nx_audit_entry e[2] = {{.at = 5, .actor = "person:a", .type = "session.started"},
                                        {.at = 6, .actor = "person:b", .type = "session.started"}};
    assert_ok(nx_audit_position(rig->registry, rig->arena, 0, &position));
    assert_string_equal(position, "0-0");
    assert_ok(nx_audit_append_batch(rig->registry, 0, "9-1", e, 2));
    assert_ok(nx_audit_append_batch(rig->registry, 0, "9-1", e, 2));
    assert_ok(nx_audit_append_batch(rig->registry, 0, "8-7", e, 2));
    assert_ok(nx_audit_position(rig->registry, rig->arena, 0, &position));
    assert_string_equal(position, "9-1");
    assert_int_equal(verify(rig).rows, 7);
    assert_ok(nx_audit_append_batch(rig->registry, 0, "10-0", e, 2)); /* 10 is after 9, though not as text */
    assert_ok(nx_audit_append_batch(rig->registry, 1, "1-0", e, 1));
    assert_int_equal(verify(rig).rows, 10);
    assert_true(verify(rig).whole);
    assert_err(nx_audit_append_batch(rig->registry, 0, "later", e, 2), NX_ERR_SYNTAX);
}

static void test_what_is_refused(void **state)
{
    struct rig *rig = *state;
    struct nx_audit_entry e = {.actor = "a", .type = "t", .detail = "[]"};
    assert_err(nx_audit_append(rig->registry, &e), NX_ERR_SYNTAX);
    e.detail = "{";
    assert_err(nx_audit_append(rig->registry, &e), NX_ERR_SYNTAX);
    e.detail = NULL;
    e.actor = "";
    assert_err(nx_audit_append(rig->registry, &e), NX_ERR_MISSING);
    assert_int_equal(verify(rig).rows, 0);
}

static void test_the_nth_statement_fails(void **state)
{
    struct rig *rig = *state;
    unsigned n = 1;
    for (;; n++) {
        const struct nx_audit_entry e = {.actor = "uid:0", .type = "t"};
        nx_fault_arm(NX_ACT_SQL, n);
        nx_result r = nx_audit_append(rig->registry, &e);
        bool fired = nx_fault_fired(NX_ACT_SQL);
        nx_fault_arm(NX_ACT_SQL, 0);
        struct nx_audit_verdict v = verify(rig);
        assert_true(v.whole);
        assert_int_equal(v.rows, fired ? 5 : 6);
        if (!fired) {
            assert_ok(r);
            break;
        }
    }
    assert_true(n > 3);
}

struct writer {
    pthread_t thread;
    nx_registry *registry;
    nx_err failed;
};

static void *append_often(void *arg)
{
    struct writer *w = arg;
    const struct nx_audit_entry e = {.actor = "system", .type = "t"};
    for (int i = 0; i < 200 && w->failed == NX_ERR_NONE; i++)
        w->failed = nx_audit_append_batch(w->registry, i, "1-0", &e, 1).e;
    return NULL;
}

/* What is verified is of one moment; nobody waits for it, and it waits for nobody. */
static void test_verifying_while_rows_come(void **state)
{
    struct rig *rig = *state;
    struct writer w = {.registry = rig->registry};
    assert_int_equal(pthread_create(&w.thread, NULL, append_often, &w), 0);
    bool whole = true;
    for (int i = 0; i < 50 && whole; i++)
        whole = verify(rig).whole;
    pthread_join(w.thread, NULL);
    assert_true(whole);
    assert_int_equal(w.failed, NX_ERR_NONE);
    assert_int_equal(verify(rig).rows, 205);
}

#define WITH_ROWS(name) cmocka_unit_test_setup_teardown(name, with_rows, rig_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ROWS(test_a_whole_chain),           RIG_TEST(test_an_empty_chain),
           RIG_TEST(test_people_are_told_of_what_they_sign_in_by),
        WITH_ROWS(test_every_change_shows),      WITH_ROWS(test_pages_and_filters),
        WITH_ROWS(test_a_batch_enters_once),     RIG_TEST(test_what_is_refused),
        WITH_ROWS(test_the_nth_statement_fails), WITH_ROWS(test_verifying_while_rows_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
