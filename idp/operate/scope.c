#include "operate/scope.h"

static const char *const scope_rows[NX_OPERATOR_SCOPES] = {"scim", "clients", "revoke", "audit", "keys"};

static const struct {
    const char *role;
    const char *scopes;
} role_rows[] = {
    {"auditor", "audit"},
    {"operator", "revoke audit"},
    {"administrator", "scim clients revoke audit keys"},
    {"owner", "scim clients revoke audit keys"},
};

static int row_of(nx_span word)
{
    for (int i = 0; i < NX_OPERATOR_SCOPES; i++)
        if (nx_span_eq_str(word, scope_rows[i])) return i;
    return -1;
}

nx_result nx_operator_scopes(const char **out, nx_arena *a, const char *text)
{
    nx_span rest = nx_span_str(text), word;
    unsigned set = 0;
    while (nx_span_cut(&rest, ' ', &word)) {
        int row = row_of(word);
        NX_REQUIRE(row >= 0 && !(set & 1u << row), NX_ERR_SCOPE);
        set |= 1u << row;
    }
    NX_REQUIRE(set, NX_ERR_SCOPE);
    char *list = nx_arena_strdup(a, "");
    for (int i = 0; i < NX_OPERATOR_SCOPES; i++)
        if (set & 1u << i && list) list = nx_arena_printf(a, "%s%s%s", list, *list ? " " : "", scope_rows[i]);
    NX_NEED(list);
    *out = list;
    return NX_OK;
}

bool nx_operator_scope_held(const char *scopes, const char *scope)
{
    nx_span rest = nx_span_str(scopes), word;
    while (nx_span_cut(&rest, ' ', &word))
        if (nx_span_eq_str(word, scope)) return true;
    return false;
}

const char *nx_operator_role_scopes(const char *role)
{
    for (size_t i = 0; i < sizeof role_rows / sizeof role_rows[0]; i++)
        if (strcmp(role_rows[i].role, role) == 0) return role_rows[i].scopes;
    return NULL;
}

const char *nx_operator_role_of(const char *scopes)
{
    for (size_t i = 0; i < sizeof role_rows / sizeof role_rows[0]; i++)
        if (strcmp(role_rows[i].scopes, scopes) == 0) return role_rows[i].role;
    return "operator";
}
