#include "registry/upstream_seal.h"

#include "crypto/seal.h"

#define AAD "nixa upstream "

static const char *const names[] = {
#define X(name, text) #name,
#include "registry/upstream_secret.def"
#undef X
};
#define COUNT (sizeof names / sizeof *names)

bool nx_upstream_member_secret(const char *name)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

void nx_upstream_wipe(json_t *secrets)
{
    const char *key;
    json_t *value;
    json_object_foreach(secrets, key, value)
    {
        if (json_is_string(value))
            nx_wipe((void *)(uintptr_t)json_string_value(value), json_string_length(value));
    }
}

nx_result nx_upstream_unseal(json_t **out, nx_arena *a, const nx_master *m, const char *id, nx_span sealed)
{
    nx_span plain;
    if (sealed.n == 0) {
        NX_NEED(*out = json_object());
        return NX_OK;
    }
    const char *aad = nx_arena_printf(a, AAD "%s", id);
    NX_NEED(aad);
    NX_TRY(nx_seal_open_dup(&plain, a, nx_master_key(m, NX_LABEL_KEK), nx_span_str(aad), sealed));
    return nx_json_parse_object(out, plain);
}

nx_result nx_upstream_seal(nx_span *out, nx_arena *a, const nx_master *m, const char *id, const json_t *secrets)
{
    *out = NX_SPAN_NONE;
    if (json_object_size(secrets) == 0) return NX_OK;
    const char *aad = nx_arena_printf(a, AAD "%s", id);
    const char *plain = nx_json_dump(a, secrets);
    NX_REQUIRE(aad && plain, NX_ERR_MEMORY);
    return nx_seal_dup(out, a, nx_master_key(m, NX_LABEL_KEK), nx_span_str(aad), nx_span_str(plain));
}

static nx_result take_one(json_t *secrets, json_t *config, const char *name)
{
    json_t *value = json_object_get(config, name);
    if (!value) return NX_OK;
    if (json_is_null(value)) {
        json_object_del(secrets, name);
    } else {
        size_t n = json_is_string(value) ? json_string_length(value) : 0;
        NX_REQUIRE(n > 0 && n < NX_SECRET_MAX, NX_ERR_UPSTREAM_CONFIG);
        NX_REQUIRE(json_object_set(secrets, name, value) == 0, NX_ERR_MEMORY);
    }
    json_object_del(config, name);
    return NX_OK;
}

nx_result nx_upstream_take_secrets(json_t *secrets, json_t *config)
{
    for (size_t i = 0; i < COUNT; i++)
        NX_TRY(take_one(secrets, config, names[i]));
    return NX_OK;
}
