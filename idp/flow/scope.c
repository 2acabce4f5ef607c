#include "flow/scope.h"

static const struct {
    const char *name;
    bool by_default;
} standard[] = {
#define S(name, by_default) {#name, (by_default)},
#include "flow/scope.def"
#undef S
};
#define STANDARD (sizeof standard / sizeof standard[0])

bool nx_scope_is_operators(const char *name)
{
    static const char *const operators[] = {"scim", "clients", "revoke", "audit", "keys"};
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (strcmp(operators[i], name) == 0) return true;
    return false;
}

/*= RFC 6749 3.3
 *# scope-token = 1*( %x21 / %x23-5B / %x5D-7E ) */
bool nx_scope_valid(nx_span name)
{
    if (name.n == 0 || name.n > NX_SCOPE_NAME_MAX) return false;
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= 0x20 || name.p[i] > 0x7e || name.p[i] == '"' || name.p[i] == '\\') return false;
    return true;
}

const char *nx_scope_standard(size_t i)
{
    return i < STANDARD ? standard[i].name : NULL;
}

static bool is_standard(const char *name, bool *by_default)
{
    for (size_t i = 0; i < STANDARD; i++) {
        if (strcmp(standard[i].name, name) != 0) continue;
        *by_default = standard[i].by_default;
        return true;
    }
    return false;
}

static bool allowed(const nx_client *c, const char *name)
{
    if (nx_scope_is_operators(name)) return false;
    if (strcmp(name, "offline_access") == 0 && !nx_strings_has(c->grant_types, "refresh_token")) return false;
    if (c->scopes.n > 0) return nx_strings_has(c->scopes, name);
    bool by_default = false;
    return is_standard(name, &by_default) && by_default;
}

static NX_FALLIBLE split(struct nx_words *out, nx_arena *a, const char *asked)
{
    NX_REQUIRE(nx_ok(nx_words_split(out, a, asked, NX_SCOPES_MAX)), NX_ERR_SCOPE);
    for (size_t i = 0; i < out->count; i++)
        NX_REQUIRE(nx_scope_valid(nx_span_str(out->word[i])), NX_ERR_SCOPE);
    return NX_OK;
}

NX_FALLIBLE nx_scope_allowed(struct nx_words *out, nx_arena *a, const nx_client *c, const char *asked)
{
    NX_TRY(split(out, a, asked));
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++)
        if (allowed(c, out->word[i])) out->word[kept++] = out->word[i];
    out->count = kept;
    return NX_OK;
}

static bool own(const nx_client *c, const char *name)
{
    bool by_default;
    return nx_strings_has(c->scopes, name) && !is_standard(name, &by_default) && !nx_scope_is_operators(name);
}

NX_FALLIBLE nx_scope_own(struct nx_words *out, nx_arena *a, const nx_client *c, const char *asked)
{
    if (asked) {
        NX_TRY(split(out, a, asked));
        for (size_t i = 0; i < out->count; i++)
            NX_REQUIRE(own(c, out->word[i]), NX_ERR_SCOPE);
        return NX_OK;
    }
    *out = (struct nx_words){.word = nx_arena_new(a, const char *, c->scopes.n ? c->scopes.n : 1)};
    NX_NEED(out->word);
    for (size_t i = 0; i < c->scopes.n; i++)
        if (own(c, c->scopes.v[i])) out->word[out->count++] = c->scopes.v[i];
    return NX_OK;
}
