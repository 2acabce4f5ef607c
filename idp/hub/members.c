/* Which members an upstream's config may have, and of which type. A member that nobody reads is a mistake of who wrote the
 * row: what she meant to settle would silently not be settled. */
#include "hub/hub.h"

#define OIDC (1u << NX_UPSTREAM_OIDC)
#define SAML (1u << NX_UPSTREAM_SAML)
#define LDAP (1u << NX_UPSTREAM_LDAP)
#define RADIUS (1u << NX_UPSTREAM_RADIUS)
#define KERBEROS (1u << NX_UPSTREAM_KERBEROS)
#define ALL (OIDC | SAML | LDAP | RADIUS | KERBEROS)

static bool is_text(const json_t *v)
{
    return json_is_string(v);
}

static bool is_flag(const json_t *v)
{
    return json_is_boolean(v);
}

static bool is_number(const json_t *v)
{
    return json_is_integer(v);
}

static bool is_object(const json_t *v)
{
    return json_is_object(v);
}

/* null takes a secret away. */
static bool is_secret(const json_t *v)
{
    return json_is_string(v) || json_is_null(v);
}

static bool is_list(const json_t *v)
{
    for (size_t i = 0; i < json_array_size(v); i++)
        if (!json_is_string(json_array_get(v, i))) return false;
    return json_is_array(v);
}

#define TEXT is_text
#define FLAG is_flag
#define NUMBER is_number
#define OBJECT is_object
#define SECRET is_secret
#define LIST is_list

static const struct {
    unsigned kinds;
    const char *name;
    bool (*fits)(const json_t *v);
} members[] = {
#define M(kinds, name, type) {(kinds), #name, type},
#include "hub/members.def"
#undef M
};

static bool known(enum nx_upstream_kind kind, const char *name, const json_t *value)
{
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if ((members[i].kinds & 1u << kind) && strcmp(members[i].name, name) == 0) return members[i].fits(value);
    return false;
}

const char *nx_hub_stranger(enum nx_upstream_kind kind, const json_t *config)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)config, name, value)
    {
        if (!known(kind, name, value)) return name;
    }
    return NULL;
}
