/* Migrations: numbered files, applied in order, each in one change with the row that remembers it. A file
 * that was applied must not change: its SHA-256 is compared at each start, so that two installations with the
 * same number have the same schema. A row without a file was left by a newer program: refused, since its
 * schema is not known here. */
#include "base/embed.h"
#include "base/log.h"
#include "crypto/digest.h"
#include "registry/pool.h"

extern const struct nx_embedded nx_registry_migrations[];
extern const size_t nx_registry_migrations_count;

static nx_result make_table(nx_registry *r)
{
    return r->driver->script(r->writer->handle, "CREATE TABLE IF NOT EXISTS migration ("
                                                "number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
                                                " digest TEXT NOT NULL, at INTEGER NOT NULL)");
}

static nx_result digest_of(const struct nx_embedded *file, char hex[2 * NX_SHA256_LEN + 1])
{
    uint8_t digest[NX_SHA256_LEN];
    NX_TRY(nx_sha256(digest, nx_embedded_span(file)));
    nx_hex_encode(hex, nx_span_of(digest, sizeof digest));
    return NX_OK;
}

/* *applied, or NX_ERR_REGISTRY when another text was applied under this number. */
static nx_result look_up(nx_registry *r, nx_arena *a, int64_t number, const char *digest, bool *applied)
{
    NX_AUTO_SQL(q);
    NX_TRY(nx_sql_open(&q, r, "SELECT digest FROM migration WHERE number = $1"));
    nx_sql_int(&q, number);
    NX_TRY(nx_sql_step(&q, applied));
    if (!*applied) return NX_OK;
    const char *had = nx_sql_get_text(&q, a);
    NX_TRY(nx_sql_done(&q));
    NX_REQUIRE(had && nx_span_eq_str(nx_span_str(had), digest), NX_ERR_REGISTRY);
    return NX_OK;
}

static nx_result remember(nx_registry *r, int64_t number, const char *name, const char *digest)
{
    return nx_sql_write(r, "INSERT INTO migration (number, name, digest, at) VALUES ($1, $2, $3, $4)", "itti",
                        number, name, digest, (int64_t)nx_now());
}

static nx_result apply(nx_registry *r, nx_arena *a, const struct nx_embedded *file, int64_t number)
{
    char digest[2 * NX_SHA256_LEN + 1];
    bool applied;
    NX_TRY(digest_of(file, digest));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(look_up(r, a, number, digest, &applied));
    if (!applied) {
        NX_TRY(r->driver->script(r->writer->handle, file->begin));
        NX_TRY(remember(r, number, file->name, digest));
        nx_log(NX_INFO, "registry_migrated", NX_TEXT("name", file->name));
    }
    return nx_registry_commit(&change);
}

static nx_result refuse_newer(nx_registry *r)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(&q, r, "SELECT count(*) FROM migration WHERE number > $1"));
    nx_sql_int(&q, (int64_t)nx_registry_migrations_count);
    NX_TRY(nx_sql_step(&q, &row));
    int64_t newer = nx_sql_get_int(&q);
    NX_TRY(nx_sql_done(&q));
    NX_REQUIRE(newer == 0, NX_ERR_REGISTRY);
    return NX_OK;
}

nx_result nx_registry_migrate(nx_registry *r)
{
    NX_AUTO(nx_arena) a = nx_arena_open(16u << 10);
    NX_NEED(a);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, r, NX_DURABLE));
    NX_TRY(make_table(r));
    NX_TRY(refuse_newer(r));
    for (size_t i = 0; i < nx_registry_migrations_count; i++)
        NX_TRY(apply(r, a, &nx_registry_migrations[i], (int64_t)i + 1));
    return nx_registry_commit(&change);
}
