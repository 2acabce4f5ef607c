/* The SQL seam: prepared statements over lent connections.
 *
 *     NX_AUTO_SQL(q);
 *     NX_TRY(nx_sql_open(&q, registry, "SELECT name FROM person WHERE id = $1"));
 *     nx_sql_text(&q, id);
 *     bool row;
 *     NX_TRY(nx_sql_step(&q, &row));
 *     out->name = nx_sql_get_text(&q, arena);
 *     return nx_sql_done(&q);
 *
 * Parameters are $1, $2 … in the order of their first appearance, and are bound in that order. Columns are
 * read in their order. Binding and reading failures stick and come out of the next step or of nx_sql_done.
 * The statement is prepared once for each connection and kept (up to NX_SQL_KEPT_MAX texts). A thread that
 * has a change open, or another statement, works on the same connection; otherwise one is lent from the pool
 * until nx_sql_close. Statements that write must run inside a change. Used by this folder only: everybody
 * else calls the repositories. */
#ifndef NX_REGISTRY_SQL_H
#define NX_REGISTRY_SQL_H

#include "registry/registry.h"

#define NX_SQL_KEPT_MAX 256
#define NX_SQL_PARAMETERS_MAX 40

struct nx_sql_loan;
typedef struct nx_sql {
    struct nx_sql_loan *loan; /* NULL: not open */
    struct nx_sql_statement *statement;
    int bound;
    int read;
    bool on_row;
    nx_err failed;
} nx_sql;

NX_FALLIBLE nx_sql_open(nx_sql *q, nx_registry *r, const char *sql);
void nx_sql_close(nx_sql *q);
#define NX_AUTO_SQL(name) __attribute__((cleanup(nx_sql_close))) nx_sql name = {.loan = NULL}

/* NULL text and NX_SPAN_NONE bind NULL. The bytes must live until the next step. */
void nx_sql_text(nx_sql *q, const char *text);
void nx_sql_span(nx_sql *q, nx_span text);
void nx_sql_blob(nx_sql *q, nx_span bytes);
void nx_sql_int(nx_sql *q, int64_t value);

/* *row: there is one. NX_ERR_CONFLICT when a uniqueness or reference rule of the schema refuses. */
NX_FALLIBLE nx_sql_step(nx_sql *q, bool *row);
/* A statement that gives no rows; *changed (may be NULL) counts the rows that it touched. */
NX_FALLIBLE nx_sql_run(nx_sql *q, int64_t *changed);
/* Ready for binding again. */
void nx_sql_again(nx_sql *q);

/* The next column: copied into the arena, NULL for NULL. */
char *nx_sql_get_text(nx_sql *q, nx_arena *a);
nx_span nx_sql_get_blob(nx_sql *q, nx_arena *a);
/* 0 for NULL. */
int64_t nx_sql_get_int(nx_sql *q);
/* An id into its room; empty text for NULL. */
void nx_sql_get_id(nx_sql *q, nx_id *out);
/* The first failure of binding and reading, or success. */
NX_FALLIBLE nx_sql_done(const nx_sql *q);

/* A write in one line: a durable change of its own, or part of the one that is open. The arguments are as
 * many as the format has letters: "t" const char *, "i" int64_t. Wants at least one row touched, else
 * NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_sql_write(nx_registry *r, const char *sql, const char *format, ...);

#endif
