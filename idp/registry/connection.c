/* Connections with the statements that they keep prepared. */
#include "registry/pool.h"

#include <stdlib.h>

static size_t hash_of(const char *text)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a: the texts are ours, nobody chooses collisions */
    for (; *text; text++)
        h = (h ^ (uint8_t)*text) * 1099511628211u;
    return (size_t)h % NX_SQL_SLOTS;
}

nx_result nx_sql_connection_open(struct nx_sql_connection **out, const struct nx_sql_driver *d,
                                 const char *where, bool writer)
{
    struct nx_sql_connection *c = calloc(1, sizeof *c);
    NX_REQUIRE(c, NX_ERR_MEMORY);
    nx_result r = d->connect(&c->handle, where, writer);
    if (!nx_ok(r)) {
        free(c);
        return r;
    }
    *out = c;
    return NX_OK;
}

static void statement_free(struct nx_sql_statement *s, const struct nx_sql_driver *d)
{
    d->finalise(s->handle);
    free(s->text);
    free(s);
}

void nx_sql_connection_close(struct nx_sql_connection *c, const struct nx_sql_driver *d)
{
    if (!c) return;
    for (size_t i = 0; i < NX_SQL_SLOTS; i++)
        if (c->slot[i]) statement_free(c->slot[i], d);
    d->disconnect(c->handle);
    free(c);
}

/* The slot of the text, or the free one where it belongs. */
static struct nx_sql_statement **slot_of(struct nx_sql_connection *c, const char *sql)
{
    size_t i = hash_of(sql);
    while (c->slot[i] && strcmp(c->slot[i]->text, sql) != 0)
        i = (i + 1) % NX_SQL_SLOTS;
    return &c->slot[i];
}

static nx_result prepare(struct nx_sql_statement **out, struct nx_sql_connection *c,
                         const struct nx_sql_driver *d, const char *sql)
{
    struct nx_sql_statement *s = calloc(1, sizeof *s);
    NX_REQUIRE(s, NX_ERR_MEMORY);
    nx_result r = d->prepare(&s->handle, &s->writes, c->handle, sql);
    if (!nx_ok(r)) {
        free(s);
        return r;
    }
    s->open = true;
    *out = s;
    return NX_OK;
}

nx_result nx_sql_statement_take(struct nx_sql_statement **out, struct nx_sql_connection *c,
                                const struct nx_sql_driver *d, const char *sql)
{
    struct nx_sql_statement **slot = slot_of(c, sql);
    if (*slot && !(*slot)->open) {
        (*slot)->open = true;
        *out = *slot;
        return NX_OK;
    }
    NX_TRY(prepare(out, c, d, sql));
    if (*slot || c->kept == NX_SQL_KEPT_MAX) return NX_OK; /* open already, or enough kept: used once */
    (*out)->text = strdup(sql);
    if (!(*out)->text) return NX_OK;
    *slot = *out;
    c->kept++;
    return NX_OK;
}

void nx_sql_statement_leave(struct nx_sql_statement *s, const struct nx_sql_driver *d)
{
    if (!s->text) {
        statement_free(s, d);
        return;
    }
    d->reset(s->handle);
    s->open = false;
}
