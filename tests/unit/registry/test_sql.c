#include "registry/sql.h"

#include "registry/meta.h"
#include "rig.h"

#include <pthread.h>
#include <sqlite3.h>
#include <sys/stat.h>

static void outside(struct rig *rig, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(rig_path(rig), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static bool has(struct rig *rig, const char *name)
{
    const char *value;
    nx_result r = nx_meta_get(rig->registry, rig->arena, name, &value);
    assert_true(nx_ok(r) || r.e == NX_ERR_NOT_FOUND);
    return nx_ok(r);
}

static nx_result set_and_leave(nx_registry *r, const char *name, bool commit)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(nx_meta_set(r, name, "1"));
    return commit ? nx_registry_commit(&change) : NX_OK;
}

static void test_leaving_without_commit_rolls_back(void **state)
{
    struct rig *rig = *state;
    assert_ok(set_and_leave(rig->registry, "kept", true));
    assert_ok(set_and_leave(rig->registry, "lost", false));
    assert_true(has(rig, "kept"));
    assert_false(has(rig, "lost"));
}

static void test_a_part_is_undone_alone(void **state)
{
    struct rig *rig = *state;
    struct nx_change change = {NULL};
    assert_ok(nx_registry_begin(&change, rig->registry, NX_DURABLE));
    assert_ok(nx_meta_set(rig->registry, "before", "1"));
    assert_ok(set_and_leave(rig->registry, "inner-lost", false));
    assert_ok(set_and_leave(rig->registry, "inner-kept", true));
    assert_ok(nx_registry_commit(&change));
    assert_true(has(rig, "before") && has(rig, "inner-kept"));
    assert_false(has(rig, "inner-lost"));
}

static void test_an_outer_rollback_takes_its_parts(void **state)
{
    struct rig *rig = *state;
    struct nx_change change = {NULL};
    assert_ok(nx_registry_begin(&change, rig->registry, NX_DURABLE));
    assert_ok(set_and_leave(rig->registry, "inner", true));
    assert_true(has(rig, "inner"));
    nx_registry_rollback(&change);
    assert_false(has(rig, "inner"));
}

/* Whoever passes over a failure hears of it at the next statement and at the commit, by its own name: a change
 * that the disk has spoilt is no conflict of the caller's. */
static void test_a_spoilt_change_says_why(void **state)
{
    struct rig *rig = *state;
    struct nx_change change = {NULL};
    assert_ok(nx_registry_begin(&change, rig->registry, NX_DURABLE));
    nx_fault_arm(NX_ACT_SQL, 1);
    assert_err(nx_registry_ping(rig->registry), NX_ERR_FAULT);
    assert_err(nx_meta_set(rig->registry, "after", "1"), NX_ERR_FAULT);
    assert_err(nx_registry_commit(&change), NX_ERR_FAULT);
    assert_false(has(rig, "after"));
}

static nx_result open_statement(nx_registry *r, const char *sql)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, sql));
    return nx_sql_run(&q, NULL);
}

static void test_writes_need_a_change(void **state)
{
    struct rig *rig = *state;
    assert_err(open_statement(rig->registry, "DELETE FROM meta"), NX_ERR_INTERNAL);
    assert_err(open_statement(rig->registry, "SELECT $2"), NX_ERR_INTERNAL); /* parameters out of order */
    assert_err(open_statement(rig->registry, "SELEKT"), NX_ERR_INTERNAL);
    assert_ok(nx_registry_ping(rig->registry));
}

static void test_a_reader_cannot_begin_a_change_under_an_open_statement(void **state)
{
    struct rig *rig = *state;
    struct nx_change change = {NULL};
    nx_sql q = {.loan = NULL};
    assert_ok(nx_sql_open(&q, rig->registry, "SELECT name FROM meta"));
    assert_err(nx_registry_begin(&change, rig->registry, NX_DURABLE), NX_ERR_INTERNAL);
    nx_sql_close(&q);
    assert_ok(nx_registry_begin(&change, rig->registry, NX_DURABLE));
    nx_registry_rollback(&change);
}

static void test_the_same_statement_twice_at_once(void **state)
{
    struct rig *rig = *state;
    bool row;
    nx_sql a = {.loan = NULL}, b = {.loan = NULL};
    assert_ok(nx_meta_set(rig->registry, "x", "1"));
    assert_ok(nx_sql_open(&a, rig->registry, "SELECT value FROM meta WHERE name = $1"));
    assert_ok(nx_sql_open(&b, rig->registry, "SELECT value FROM meta WHERE name = $1"));
    nx_sql_text(&a, "x");
    nx_sql_text(&b, "nothing");
    assert_ok(nx_sql_step(&a, &row));
    assert_true(row);
    assert_ok(nx_sql_step(&b, &row));
    assert_false(row);
    assert_string_equal(nx_sql_get_text(&a, rig->arena), "1");
    nx_sql_close(&b);
    nx_sql_close(&a);
}

static void test_the_file_is_private(void **state)
{
    struct rig *rig = *state;
    static const char *const suffix[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char path[192];
        struct stat st;
        snprintf(path, sizeof path, "%s%s", rig_path(rig), suffix[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
}

static nx_err open_again(struct rig *rig)
{
    nx_registry_close(rig->registry);
    rig->registry = NULL;
    return nx_registry_open(&rig->registry, rig->url, 2).e;
}

static void test_open_again_keeps_everything(void **state)
{
    struct rig *rig = *state;
    assert_ok(nx_meta_set(rig->registry, "kept", "1"));
    assert_int_equal(open_again(rig), NX_ERR_NONE);
    assert_true(has(rig, "kept"));
}

static void test_a_changed_migration_is_refused(void **state)
{
    struct rig *rig = *state;
    outside(rig, "UPDATE migration SET digest = 'other' WHERE number = 1");
    assert_int_equal(open_again(rig), NX_ERR_REGISTRY);
}

static void test_a_newer_schema_is_refused(void **state)
{
    struct rig *rig = *state;
    outside(rig, "INSERT INTO migration (number, name, digest, at) VALUES (9999, 'later', 'x', 0)");
    assert_int_equal(open_again(rig), NX_ERR_REGISTRY);
}

static void test_no_database_is_no_registry(void **state)
{
    struct rig *rig = *state;
    FILE *f = fopen(rig_path(rig), "r+");
    nx_registry_close(rig->registry);
    rig->registry = NULL;
    assert_non_null(f);
    fputs("this is no database, and it stands where the header of one would be expected", f);
    fclose(f);
    assert_err(nx_registry_open(&rig->registry, rig->url, 2), NX_ERR_REGISTRY);
    assert_null(rig->registry);
}

static void test_other_databases_are_refused(void **state)
{
    (void)state;
    nx_registry *r = NULL;
    assert_err(nx_registry_open(&r, "postgresql://localhost/nixa", 2), NX_ERR_REGISTRY_URL);
    assert_err(nx_registry_open(&r, "registry.db", 2), NX_ERR_REGISTRY_URL);
    assert_err(nx_registry_open(&r, "sqlite:", 2), NX_ERR_REGISTRY_URL);
    assert_err(nx_registry_open(&r, "sqlite:/nowhere/at/all/registry.db", 2), NX_ERR_IO);
    assert_err(nx_registry_open(&r, "sqlite:/tmp/x", 0), NX_ERR_RANGE);
    assert_null(r);
}

#define THREADS 8
#define ROUNDS 40

struct worker {
    pthread_t thread;
    nx_registry *registry;
    int number;
    nx_err failed;
};

static nx_result count_up(nx_registry *r)
{
    NX_AUTO_CHANGE(change);
    int64_t value;
    char text[32];
    NX_TRY(nx_registry_begin(&change, r, NX_RELAXED));
    NX_TRY(nx_meta_number(r, "count", 0, &value));
    snprintf(text, sizeof text, "%lld", (long long)value + 1);
    NX_TRY(nx_meta_set(r, "count", text));
    return nx_registry_commit(&change);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    for (int i = 0; i < ROUNDS && w->failed == NX_ERR_NONE; i++) {
        int64_t value;
        nx_result r = w->number % 2 ? count_up(w->registry) : nx_meta_number(w->registry, "count", 0, &value);
        w->failed = r.e;
    }
    return NULL;
}

/* More threads than connections, half of them writers: nobody loses an update, nobody is refused. */
static void test_threads(void **state)
{
    struct rig *rig = *state;
    struct worker w[THREADS] = {0};
    int64_t value;
    for (int i = 0; i < THREADS; i++) {
        w[i] = (struct worker){.registry = rig->registry, .number = i};
        assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(w[i].thread, NULL);
    for (int i = 0; i < THREADS; i++)
        assert_string_equal(nx_err_name(w[i].failed), nx_err_name(NX_ERR_NONE));
    assert_ok(nx_meta_number(rig->registry, "count", 0, &value));
    assert_int_equal(value, THREADS / 2 * ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_leaving_without_commit_rolls_back),
        RIG_TEST(test_a_part_is_undone_alone),
        RIG_TEST(test_an_outer_rollback_takes_its_parts),
        RIG_TEST(test_a_spoilt_change_says_why),
        RIG_TEST(test_writes_need_a_change),
        RIG_TEST(test_a_reader_cannot_begin_a_change_under_an_open_statement),
        RIG_TEST(test_the_same_statement_twice_at_once),
        RIG_TEST(test_the_file_is_private),
        RIG_TEST(test_open_again_keeps_everything),
        RIG_TEST(test_a_changed_migration_is_refused),
        RIG_TEST(test_a_newer_schema_is_refused),
        RIG_TEST(test_no_database_is_no_registry),
        cmocka_unit_test(test_other_databases_are_refused),
        RIG_TEST(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
