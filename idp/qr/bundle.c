/* A bundle signs its keys, and its keys sign its lists. Which key signed the bundle is decided by who opens
 * it: the keys that he held before, or, for a first one that came over TLS or out of a trusted file, the
 * bundle's own. */
#include "qr/bundle.h"

#include "base/json.h"
#include "qr/keys.h"

#include <stdlib.h>

#define PURPOSES 3
static const char *const purposes[PURPOSES] = {"card", "wallet", "status"};

struct nx_bundle {
    nx_arena *arena;
    nx_jwks *keys[PURPOSES];
    const char *issuer;
    nx_time made;
    struct nx_tsl *list;
    size_t lists;
};

void nx_bundle_close(nx_bundle *b)
{
    if (!b) return;
    for (size_t i = 0; i < PURPOSES; i++)
        nx_jwks_close(b->keys[i]);
    nx_arena_close(b->arena);
    free(b);
}

nx_time nx_bundle_made(const nx_bundle *b)
{
    return b->made;
}

const char *nx_bundle_issuer(const nx_bundle *b)
{
    return b->issuer;
}

static size_t purpose_of(const char *purpose)
{
    for (size_t i = 0; i < PURPOSES; i++) {
        if (strcmp(purposes[i], purpose) == 0) return i;
    }
    return PURPOSES;
}

const nx_jwk *nx_bundle_key(const nx_bundle *b, const char *purpose, nx_span kid)
{
    size_t i = purpose_of(purpose);
    return i < PURPOSES && b->keys[i] && kid.n ? nx_jwks_find(b->keys[i], kid) : NULL;
}

const struct nx_tsl *nx_bundle_list(const nx_bundle *b, const char *uri)
{
    for (size_t i = 0; i < b->lists; i++) {
        if (strcmp(b->list[i].uri, uri) == 0) return &b->list[i];
    }
    return NULL;
}

/* The keys of an array that have this purpose. */
static nx_result keys_of(nx_jwks **out, const json_t *array, const char *purpose)
{
    NX_AUTO_JSON set = json_pack("{s:[]}", "keys");
    NX_NEED(set);
    size_t at;
    json_t *key;
    json_array_foreach(array, at, key)
    {
        const char *said = nx_json_str(key, "purpose");
        if (!said || strcmp(said, purpose) != 0) continue;
        NX_REQUIRE(json_array_append(json_object_get(set, "keys"), key) == 0, NX_ERR_MEMORY);
    }
    return nx_jwks_from_json(out, set);
}

/* The payload of the inner JWS, signed by a wallet key of `keys`. */
static nx_result open_jws(json_t **claims, nx_arena *a, const char *jws, const nx_jwks *keys)
{
    static const char *const types[] = {NX_QR_TYP_BUNDLE, NULL};
    const struct nx_jws_rules rules = {.algs = NX_ALG_BIT(NX_ALG_ES256), .typ = types};
    struct nx_jws token;
    NX_TRY(nx_jws_verify_set(&token, a, keys, &rules, nx_span_str(jws)));
    return nx_json_parse_object(claims, token.payload);
}

/* What the JWS says about its keys, before it is verified with them: only for a bundle that is trusted as it
 * came. */
static nx_result peek_keys(nx_jwks **out, nx_arena *a, const char *jws)
{
    struct nx_jose_parts parts;
    NX_AUTO_JSON claims = NULL;
    NX_TRY(nx_jose_guard_jws(&parts, a, nx_span_str(jws)));
    NX_TRY(nx_json_parse_object(&claims, parts.payload));
    return keys_of(out, nx_json_array(claims, "keys"), "wallet");
}

static nx_result open_claims(json_t **claims, nx_arena *a, const char *jws, const json_t *trusted)
{
    NX_AUTO(nx_jwks) keys = NULL;
    NX_TRY(trusted ? keys_of(&keys, nx_json_array(trusted, "keys"), "wallet") : peek_keys(&keys, a, jws));
    return open_jws(claims, a, jws, keys);
}

static nx_result read_claims(nx_bundle *b, const json_t *claims, nx_time now)
{
    const char *issuer = nx_json_str(claims, "iss");
    nx_time exp = nx_json_int(claims, "exp", 0);
    b->made = nx_json_int(claims, "iat", 0);
    NX_REQUIRE(issuer && b->made > 0 && exp > b->made, NX_ERR_MISSING);
    NX_REQUIRE(b->made <= now + NX_SKEW_S, NX_ERR_NOT_YET);
    NX_REQUIRE(now < exp && now < b->made + NX_QR_BUNDLE_S, NX_ERR_EXPIRED);
    b->issuer = nx_arena_strdup(b->arena, issuer);
    NX_NEED(b->issuer);
    for (size_t i = 0; i < PURPOSES; i++)
        NX_TRY(keys_of(&b->keys[i], nx_json_array(claims, "keys"), purposes[i]));
    return NX_OK;
}

/* The URI that a list token says it is, before it is verified as that. */
static nx_result peek_uri(const char **uri, nx_arena *a, const char *token)
{
    struct nx_jose_parts parts;
    NX_AUTO_JSON claims = NULL;
    NX_TRY(nx_jose_guard_jws(&parts, a, nx_span_str(token)));
    NX_TRY(nx_json_parse_object(&claims, parts.payload));
    const char *sub = nx_json_str(claims, "sub");
    NX_REQUIRE(sub, NX_ERR_STATUS_LIST);
    *uri = nx_arena_strdup(a, sub);
    NX_NEED(*uri);
    return NX_OK;
}

static nx_result read_lists(nx_bundle *b, const json_t *claims, const json_t *tokens, nx_time now)
{
    const json_t *uris = nx_json_array(claims, "lists");
    size_t n = json_array_size(tokens);
    NX_REQUIRE(n <= NX_BUNDLE_LISTS_MAX && n == json_array_size(uris), NX_ERR_LIMIT);
    b->list = nx_arena_new(b->arena, struct nx_tsl, n);
    NX_NEED(b->list);
    size_t at;
    json_t *token;
    json_array_foreach(tokens, at, token)
    {
        const char *text = json_string_value(token), *uri;
        NX_REQUIRE(text, NX_ERR_SYNTAX);
        NX_TRY(peek_uri(&uri, b->arena, text));
        NX_REQUIRE(nx_json_has(uris, uri) && !nx_bundle_list(b, uri), NX_ERR_STATUS_LIST);
        NX_TRY(nx_tsl_token_open(&b->list[b->lists], b->arena, b->keys[2], nx_span_str(text), uri, now));
        b->lists++;
    }
    return NX_OK;
}

static nx_result read_bundle(nx_bundle *b, nx_span text, const json_t *trusted, nx_time now)
{
    NX_REQUIRE(text.n <= NX_BUNDLE_MAX, NX_ERR_LIMIT);
    NX_AUTO_JSON whole = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
    NX_REQUIRE(json_is_object(whole), NX_ERR_SYNTAX);
    const char *jws = nx_json_str(whole, "bundle");
    NX_REQUIRE(jws && nx_json_array(whole, "lists"), NX_ERR_MISSING);
    NX_AUTO_JSON claims = NULL;
    NX_TRY(open_claims(&claims, b->arena, jws, trusted));
    NX_TRY(read_claims(b, claims, now));
    return read_lists(b, claims, nx_json_array(whole, "lists"), now);
}

NX_FALLIBLE nx_bundle_open(nx_bundle **out, nx_span text, const json_t *trusted, nx_time now)
{
    NX_AUTO(nx_bundle) b = calloc(1, sizeof *b);
    NX_NEED(b);
    b->arena = nx_arena_open(64u << 20);
    NX_NEED(b->arena);
    NX_TRY(read_bundle(b, text, trusted, now));
    *out = NX_STEAL(b);
    return NX_OK;
}
