/* Reading registered metadata: RFC 7591 section 2, OpenID Connect Registration section 2, and our nixa_
 * members. What was registered has been validated by the registering code; here types are checked again,
 * since a row that another program wrote must not crash a token endpoint. */
#include "registry/client_parse.h"

#include "registry/strings.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#define ARENA_MAX (256u << 10)

/* The public struct with what only this file touches. */
struct shared {
    nx_client client;
    _Atomic unsigned references;
    nx_arena *arena;
};

nx_result nx_client_new(nx_client **out, nx_arena **a)
{
    struct shared *s = calloc(1, sizeof *s);
    NX_REQUIRE(s, NX_ERR_MEMORY);
    s->references = 1;
    s->arena = *a = nx_arena_open(ARENA_MAX);
    if (!s->arena) {
        free(s);
        NX_FAIL(NX_ERR_MEMORY);
    }
    *out = &s->client;
    return NX_OK;
}

nx_client *nx_client_hold(nx_client *c)
{
    atomic_fetch_add(&((struct shared *)c)->references, 1);
    return c;
}

void nx_client_release(nx_client *c)
{
    if (!c) return;
    struct shared *s = (struct shared *)c;
    if (atomic_fetch_sub(&s->references, 1) > 1) return;
    json_decref(c->metadata);
    nx_arena_close(s->arena);
    free(s);
}

/* The members that are texts: where they go, and what stands when they are absent. */
static const struct {
    const char *member;
    size_t offset;
    const char *otherwise;
} text_rows[] = {
    {"client_name", offsetof(nx_client, name), NULL},
    {"client_name#vi", offsetof(nx_client, name_vi), NULL},
    {"token_endpoint_auth_method", offsetof(nx_client, auth_method), "client_secret_basic"},
    {"token_endpoint_auth_signing_alg", offsetof(nx_client, auth_signing_alg), NULL},
    {"id_token_signed_response_alg", offsetof(nx_client, id_token_alg), "RS256"},
    {"nixa_profile", offsetof(nx_client, profile), "base"},
    {"application_type", offsetof(nx_client, application_type), "web"},
    {"nixa_organisation", offsetof(nx_client, organisation), NULL},
    {"nixa_purpose", offsetof(nx_client, purpose), NULL},
    {"client_uri", offsetof(nx_client, client_uri), NULL},
    {"logo_uri", offsetof(nx_client, logo_uri), NULL},
    {"policy_uri", offsetof(nx_client, policy_uri), NULL},
    {"tos_uri", offsetof(nx_client, tos_uri), NULL},
    {"jwks_uri", offsetof(nx_client, jwks_uri), NULL},
    {"initiate_login_uri", offsetof(nx_client, initiate_login_uri), NULL},
    {"backchannel_logout_uri", offsetof(nx_client, backchannel_logout_uri), NULL},
};

static const struct {
    const char *member;
    size_t offset;
    const char *otherwise; /* one word, NULL: the empty list */
} list_rows[] = {
    {"redirect_uris", offsetof(nx_client, redirect_uris), NULL},
    {"post_logout_redirect_uris", offsetof(nx_client, post_logout_redirect_uris), NULL},
    {"grant_types", offsetof(nx_client, grant_types), "authorization_code"},
    {"response_types", offsetof(nx_client, response_types), "code"},
    {"nixa_resources", offsetof(nx_client, resources), NULL},
    {"default_acr_values", offsetof(nx_client, default_acr_values), NULL},
};

static const struct {
    const char *member;
    size_t offset;
} bool_rows[] = {
    {"backchannel_logout_session_required", offsetof(nx_client, backchannel_logout_session_required)},
    {"require_auth_time", offsetof(nx_client, require_auth_time)},
    {"nixa_introspects", offsetof(nx_client, introspects)},
    {"nixa_saml_logout", offsetof(nx_client, saml_logout)},
};

/* The strings of the parsed metadata live as long as it does: borrowed, not copied. */
static nx_result read_texts(nx_client *c)
{
    for (size_t i = 0; i < sizeof text_rows / sizeof text_rows[0]; i++) {
        const json_t *member = json_object_get(c->metadata, text_rows[i].member);
        NX_REQUIRE(!member || json_is_string(member), NX_ERR_SYNTAX);
        const char **field = (const char **)((char *)c + text_rows[i].offset);
        *field = member ? json_string_value(member) : text_rows[i].otherwise;
    }
    if (!c->name) c->name = c->id;
    if (!c->name_vi) c->name_vi = c->name;
    return NX_OK;
}

static nx_result read_lists(nx_client *c, nx_arena *a)
{
    for (size_t i = 0; i < sizeof list_rows / sizeof list_rows[0]; i++) {
        const json_t *member = json_object_get(c->metadata, list_rows[i].member);
        struct nx_strings *field = (struct nx_strings *)((char *)c + list_rows[i].offset);
        NX_REQUIRE(!member || json_is_array(member), NX_ERR_SYNTAX);
        NX_TRY(nx_strings_of_json(field, a, member));
        if (member || !list_rows[i].otherwise) continue;
        NX_TRY(nx_strings_split(field, a, list_rows[i].otherwise));
    }
    return nx_strings_split(&c->scopes, a, nx_json_str(c->metadata, "scope"));
}

static nx_result read_jwks(nx_client *c, nx_arena *a)
{
    const json_t *jwks = nx_json_object(c->metadata, "jwks");
    if (!jwks) return NX_OK;
    c->jwks = nx_json_dump(a, jwks);
    NX_NEED(c->jwks);
    return NX_OK;
}

nx_result nx_client_parse(nx_client *c, nx_arena *a, const char *metadata)
{
    nx_span text = nx_span_str(metadata);
    NX_REQUIRE(text.n <= NX_CLIENT_METADATA_MAX, NX_ERR_LIMIT);
    NX_TRY(nx_json_parse_object(&c->metadata, text));
    NX_TRY(read_texts(c));
    NX_TRY(read_lists(c, a));
    for (size_t i = 0; i < sizeof bool_rows / sizeof bool_rows[0]; i++)
        *(bool *)((char *)c + bool_rows[i].offset) = nx_json_bool(c->metadata, bool_rows[i].member, false);
    c->default_max_age = nx_json_int(c->metadata, "default_max_age", -1);
    return read_jwks(c, a);
}

bool nx_client_unreachable(const nx_client *c)
{
    return !c->backchannel_logout_uri && !c->introspects && !c->saml_logout;
}
