#include "registry/policy_rule.h"

#include "registry/identifier.h"
#include "registry/sql.h"

const char *nx_policy_scope_name(enum nx_policy_scope scope)
{
    return scope == NX_POLICY_CLIENT ? "client" : "organisation";
}

static nx_result fits(const char *text, size_t most)
{
    NX_REQUIRE(text && *text, NX_ERR_MISSING);
    NX_REQUIRE(strlen(text) <= most, NX_ERR_LIMIT);
    return NX_OK;
}

nx_result nx_policy_rule_set(nx_registry *r, struct nx_policy_rule *rule)
{
    NX_TRY(fits(rule->target, NX_POLICY_TARGET_MAX));
    if (!rule->means)
        return nx_sql_write(r, "DELETE FROM policy_rule WHERE scope = $1 AND target = $2", "it",
                            (int64_t)rule->scope, rule->target);
    NX_TRY(fits(rule->reason, NX_POLICY_REASON_MAX));
    NX_TRY(fits(rule->actor, NX_POLICY_TARGET_MAX));
    rule->changed = nx_now();
    return nx_sql_write(
        r,
        "INSERT INTO policy_rule (scope, target, means, reason, actor, changed) VALUES ($1, $2, $3, $4,"
        " $5, $6) ON CONFLICT (scope, target) DO UPDATE SET means = excluded.means, reason ="
        " excluded.reason, actor = excluded.actor, changed = excluded.changed",
        "ititti", (int64_t)rule->scope, rule->target, (int64_t)rule->means, rule->reason, rule->actor,
        (int64_t)rule->changed);
}

static nx_result read_row(nx_sql *q, nx_arena *a, struct nx_policy_rule *out)
{
    out->scope = nx_sql_get_int(q) == NX_POLICY_CLIENT ? NX_POLICY_CLIENT : NX_POLICY_ORGANISATION;
    out->target = nx_sql_get_text(q, a);
    out->means = (unsigned)nx_sql_get_int(q);
    out->reason = nx_sql_get_text(q, a);
    out->actor = nx_sql_get_text(q, a);
    out->changed = nx_sql_get_int(q);
    return nx_sql_done(q);
}

nx_result nx_policy_rule_get(nx_registry *r, nx_arena *a, enum nx_policy_scope scope, const char *target,
                             struct nx_policy_rule *out)
{
    NX_AUTO_SQL(q);
    bool row;
    NX_TRY(nx_sql_open(
        &q, r,
        "SELECT scope, target, means, reason, actor, changed FROM policy_rule WHERE scope = $1 AND"
        " target = $2"));
    nx_sql_int(&q, (int64_t)scope);
    nx_sql_text(&q, target);
    NX_TRY(nx_sql_step(&q, &row));
    NX_REQUIRE(row, NX_ERR_NOT_FOUND);
    return read_row(&q, a, out);
}

nx_result nx_policy_rule_list(nx_registry *r, nx_arena *a, struct nx_policy_rule **out, size_t *n)
{
    NX_AUTO_SQL(q);
    bool row;
    *out = nx_arena_new(a, struct nx_policy_rule, NX_PAGE_MAX);
    NX_NEED(*out);
    NX_TRY(nx_sql_open(
        &q, r,
        "SELECT scope, target, means, reason, actor, changed FROM policy_rule ORDER BY scope, target"
        " LIMIT $1"));
    nx_sql_int(&q, NX_PAGE_MAX);
    for (*n = 0; *n < NX_PAGE_MAX; ++*n) {
        NX_TRY(nx_sql_step(&q, &row));
        if (!row) break;
        NX_TRY(read_row(&q, a, &(*out)[*n]));
    }
    return NX_OK;
}

nx_result nx_policy_forbidden(nx_registry *r, const char *client, const char *organisation,
                              const char *person, unsigned *means)
{
    NX_AUTO_SQL(q);
    bool row = true;
    *means = 0;
    NX_TRY(nx_sql_open(
        &q, r,
        "SELECT means FROM policy_rule WHERE (scope = 1 AND target = $1) OR (scope = 0 AND (target = $2 OR"
        " target = (SELECT value FROM identifier WHERE person = $3 AND scheme = $4)))"));
    nx_sql_text(&q, client);
    nx_sql_text(&q, organisation);
    nx_sql_text(&q, person);
    nx_sql_int(&q, (int64_t)NX_SCHEME_AGENCY);
    while (row) {
        NX_TRY(nx_sql_step(&q, &row));
        if (row) *means |= (unsigned)nx_sql_get_int(&q);
    }
    return nx_sql_done(&q);
}
