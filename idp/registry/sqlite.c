/* SQLite behind the seam: the only file that includes sqlite3.h.
 *
 * One file with a write-ahead log: readers never wait for the writer. Readers are query_only, so that a write
 * outside of a change cannot slip through. `synchronous` is set at the beginning of each change, since SQLite
 * takes it outside of a transaction only. */
#include "registry/driver.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS 5000

static nx_result fail_with(nx_err e, sqlite3 *db)
{
    nx_log(NX_ERROR, "sql_failed", NX_NUM("code", db ? sqlite3_extended_errcode(db) : 0));
    NX_FAIL(e);
}

static nx_result answer(int code, sqlite3 *db)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return NX_OK;
    case SQLITE_CONSTRAINT:
        NX_FAIL(NX_ERR_CONFLICT);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        NX_FAIL(NX_ERR_BUSY);
    case SQLITE_NOMEM:
        NX_FAIL(NX_ERR_MEMORY);
    case SQLITE_TOOBIG:
        NX_FAIL(NX_ERR_LIMIT);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_SCHEMA:
        return fail_with(NX_ERR_REGISTRY, db);
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
        return fail_with(NX_ERR_IO, db);
    default:
        return fail_with(NX_ERR_INTERNAL, db);
    }
}

static nx_result run_script(void *connection, const char *sql)
{
    return answer(sqlite3_exec(connection, sql, NULL, NULL, NULL), connection);
}

/* SQLite gives the log and its index the mode of the file, so the file gets ours before it is opened. */
static nx_result make_private(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    NX_REQUIRE(fd >= 0, NX_ERR_IO);
    close(fd);
    return NX_OK;
}

static const char *const settings = "PRAGMA foreign_keys=ON;"
                                    "PRAGMA trusted_schema=OFF;"
                                    "PRAGMA secure_delete=ON;"
                                    "PRAGMA temp_store=MEMORY;"
                                    "PRAGMA cache_size=-1024;";

static nx_result sqlite_connect(void **connection, const char *where, bool writer)
{
    if (writer) NX_TRY(make_private(where));
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(where, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    nx_result r = answer(code, db);
    if (nx_ok(r)) {
        sqlite3_extended_result_codes(db, 1);
        sqlite3_busy_timeout(db, BUSY_MS);
        r = run_script(db, settings);
    }
    if (nx_ok(r)) r = run_script(db, writer ? "PRAGMA journal_mode=WAL" : "PRAGMA query_only=ON");
    if (!nx_ok(r)) {
        sqlite3_close(db);
        return r;
    }
    *connection = db;
    return NX_OK;
}

static void sqlite_disconnect(void *connection)
{
    sqlite3_close(connection);
}

/* Parameters are written $1, $2 … for every driver's sake; SQLite takes them for names and numbers them as
 * they come, so they must come in order. */
static bool in_order(sqlite3_stmt *s)
{
    int n = sqlite3_bind_parameter_count(s);
    for (int i = 1; i <= n; i++) {
        char want[16];
        const char *name = sqlite3_bind_parameter_name(s, i);
        snprintf(want, sizeof want, "$%d", i);
        if (!name || strcmp(name, want) != 0) return false;
    }
    return true;
}

static nx_result sqlite_prepare(void **statement, bool *writes, void *connection, const char *sql)
{
    sqlite3_stmt *s = NULL;
    NX_TRY(answer(sqlite3_prepare_v3(connection, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL), connection));
    if (!s || !in_order(s)) {
        sqlite3_finalize(s);
        NX_FAIL(NX_ERR_INTERNAL);
    }
    *writes = !sqlite3_stmt_readonly(s);
    *statement = s;
    return NX_OK;
}

static void sqlite_finalise(void *statement)
{
    sqlite3_finalize(statement);
}

static nx_result sqlite_bind_text(void *statement, int i, const char *p, size_t n)
{
    sqlite3 *db = sqlite3_db_handle(statement);
    if (!p) return answer(sqlite3_bind_null(statement, i), db);
    return answer(sqlite3_bind_text64(statement, i, p, n, SQLITE_STATIC, SQLITE_UTF8), db);
}

static nx_result sqlite_bind_blob(void *statement, int i, const void *p, size_t n)
{
    sqlite3 *db = sqlite3_db_handle(statement);
    if (!p) return answer(sqlite3_bind_null(statement, i), db);
    return answer(sqlite3_bind_blob64(statement, i, p, n, SQLITE_STATIC), db);
}

static nx_result sqlite_bind_int(void *statement, int i, int64_t value)
{
    return answer(sqlite3_bind_int64(statement, i, value), sqlite3_db_handle(statement));
}

static nx_result sqlite_step(void *statement, bool *row)
{
    int code = sqlite3_step(statement);
    *row = code == SQLITE_ROW;
    return answer(code, sqlite3_db_handle(statement));
}

static void sqlite_reset(void *statement)
{
    sqlite3_reset(statement); /* repeats the error of the last step, which was reported there */
    sqlite3_clear_bindings(statement);
}

static const void *sqlite_bytes(void *statement, int i, size_t *n)
{
    const void *p = sqlite3_column_blob(statement, i);
    *n = (size_t)sqlite3_column_bytes(statement, i);
    /* An empty text has no bytes but is not NULL. */
    if (!p && sqlite3_column_type(statement, i) != SQLITE_NULL) return "";
    return p;
}

static int64_t sqlite_integer(void *statement, int i)
{
    return sqlite3_column_int64(statement, i);
}

static int64_t sqlite_changes(void *connection)
{
    return sqlite3_changes64(connection);
}

const struct nx_sql_driver nx_sqlite = {
    .scheme = "sqlite:",
    .begin_durable = "PRAGMA synchronous=FULL; BEGIN IMMEDIATE",
    .begin_relaxed = "PRAGMA synchronous=NORMAL; BEGIN IMMEDIATE",
    .connect = sqlite_connect,
    .disconnect = sqlite_disconnect,
    .script = run_script,
    .prepare = sqlite_prepare,
    .finalise = sqlite_finalise,
    .bind_text = sqlite_bind_text,
    .bind_blob = sqlite_bind_blob,
    .bind_int = sqlite_bind_int,
    .step = sqlite_step,
    .reset = sqlite_reset,
    .bytes = sqlite_bytes,
    .integer = sqlite_integer,
    .changes = sqlite_changes,
};
