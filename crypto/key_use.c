/* Names of uses and states, as the registry and operators write them. */
#include "crypto/keyring.h"

enum trait { LATE = 1, CERTIFIED = 2, OPENS = 4 };

static const struct {
    const char *name;
    nx_alg alg;
    int32_t retire_s;
    unsigned traits;
} uses[NX_USE_COUNT] = {
#define X(name, text, alg, retire_s, traits) [NX_USE_##name] = {(text), NX_ALG_##alg, (retire_s), (traits)},
#include "crypto/key_use.def"
#undef X
};

static const char *const states[] = {
    [NX_KEY_NEXT] = "next",
    [NX_KEY_ACTIVE] = "active",
    [NX_KEY_RETIRED] = "retired",
};

const char *nx_key_use_name(nx_key_use use)
{
    return uses[use].name;
}

nx_alg nx_key_use_alg(nx_key_use use)
{
    return uses[use].alg;
}

const char *nx_key_use_alg_name(nx_key_use use)
{
    return nx_key_use_opens(use) ? "RSA-OAEP" : nx_alg_name(uses[use].alg);
}

int32_t nx_key_use_retire_s(nx_key_use use)
{
    return uses[use].retire_s;
}

bool nx_key_use_late(nx_key_use use)
{
    return uses[use].traits & LATE;
}

bool nx_key_use_certified(nx_key_use use)
{
    return uses[use].traits & CERTIFIED;
}

bool nx_key_use_opens(nx_key_use use)
{
    return uses[use].traits & OPENS;
}

const char *nx_key_state_name(nx_key_state state)
{
    return states[state];
}

NX_FALLIBLE nx_key_use_of(nx_key_use *out, nx_span name)
{
    for (int i = 0; i < NX_USE_COUNT; i++)
        if (nx_span_eq_str(name, uses[i].name)) {
            *out = (nx_key_use)i;
            return NX_OK;
        }
    NX_FAIL(NX_ERR_UNKNOWN);
}

NX_FALLIBLE nx_key_state_of(nx_key_state *out, nx_span name)
{
    for (int i = 0; i <= NX_KEY_RETIRED; i++)
        if (nx_span_eq_str(name, states[i])) {
            *out = (nx_key_state)i;
            return NX_OK;
        }
    NX_FAIL(NX_ERR_UNKNOWN);
}
