/* Changes: transactions that belong to a thread; inner ones are savepoints. All savepoints have one name,
 * since the newest of a name is meant. */
#include "registry/registry.h"

#include "base/fault.h"
#include "registry/client_cache.h"
#include "registry/pool.h"
#include "registry/upstream_cache.h"
#include "registry/saml_entity_cache.h"

static nx_result script(struct nx_sql_loan *loan, const char *sql)
{
    if (nx_fault_hit(NX_ACT_SQL)) NX_FAIL(NX_ERR_FAULT);
    return loan->registry->driver->script(loan->connection->handle, sql);
}

static void end(struct nx_sql_loan *loan)
{
    loan->changes = 0;
    loan->doomed = NX_ERR_NONE;
    loan->clients = loan->upstreams = false;
    loan->entities = false;
    nx_sql_give_back(loan);
}

/* Fails only where there is nothing to roll back any more. */
static void undo(struct nx_sql_loan *loan)
{
    nx_ignore(loan->registry->driver->script(loan->connection->handle, "ROLLBACK"));
    end(loan);
}

static const char *begin_script(const struct nx_sql_loan *loan, enum nx_durability durability)
{
    const struct nx_sql_driver *d = loan->registry->driver;
    if (loan->changes > 0) return "SAVEPOINT part";
    return durability == NX_RELAXED ? d->begin_relaxed : d->begin_durable;
}

nx_result nx_registry_begin(struct nx_change *c, nx_registry *r, enum nx_durability durability)
{
    NX_TRY(nx_sql_lend(r, true));
    struct nx_sql_loan *loan = nx_sql_loan_mine();
    nx_result begun = script(loan, begin_script(loan, durability));
    if (!nx_ok(begun)) {
        nx_sql_give_back(loan);
        return begun;
    }
    loan->changes++;
    c->registry = r;
    return NX_OK;
}

static nx_result try_commit(struct nx_sql_loan *loan)
{
    NX_REQUIRE(loan->doomed == NX_ERR_NONE, loan->doomed);
    NX_REQUIRE(loan->statements == 0, NX_ERR_INTERNAL);
    return script(loan, "COMMIT");
}

static nx_result commit_outer(struct nx_sql_loan *loan)
{
    nx_registry *r = loan->registry;
    bool clients = loan->clients, upstreams = loan->upstreams;
    bool entities = clients || loan->entities; /* a client takes its metadata with it */
    nx_result done = try_commit(loan);
    if (nx_ok(done))
        end(loan);
    else
        undo(loan);
    if (clients) nx_client_cache_forget(r->clients);
    if (upstreams) nx_upstream_cache_forget(r->upstreams);
    if (entities) nx_saml_entity_cache_forget(r->entities);
    return done;
}

static nx_result end_part(struct nx_sql_loan *loan, const char *sql)
{
    loan->changes--;
    nx_result done = loan->registry->driver->script(loan->connection->handle, sql);
    if (!nx_ok(done)) loan->doomed = done.e;
    return done;
}

nx_result nx_registry_commit(struct nx_change *c)
{
    NX_REQUIRE(c->registry, NX_ERR_INTERNAL);
    c->registry = NULL;
    struct nx_sql_loan *loan = nx_sql_loan_mine();
    if (loan->changes == 1) return commit_outer(loan);
    return end_part(loan, "RELEASE part");
}

void nx_registry_rollback(struct nx_change *c)
{
    if (!c->registry) return;
    c->registry = NULL;
    struct nx_sql_loan *loan = nx_sql_loan_mine();
    if (loan->changes == 1)
        undo(loan);
    else
        nx_ignore(end_part(loan, "ROLLBACK TO part; RELEASE part")); /* a failure dooms the whole change */
}
