/* The keyring's public face as wallets and readers know it: a kid that is short for cards, and a purpose, so
 * that a key is never taken for something it does not sign (rule 10). */
#include "qr/keys.h"

#include "base/json.h"
#include "crypto/jws.h"
#include "qr/lists.h"
#include "registry/status_index.h"

static const struct {
    nx_key_use use;
    const char *purpose;
} purposes[] = {
    {NX_USE_QR, "card"},
    {NX_USE_WALLET, "wallet"},
    {NX_USE_STATUS, "status"},
};

/* Adds the keys of one use to the array, each with its purpose. */
static nx_result add_keys(json_t *all, nx_arena *a, nx_keyring *r, size_t i)
{
    char *text;
    NX_AUTO_JSON set = NULL;
    NX_TRY(nx_keyring_jwks(&text, a, r, NX_USE_BIT(purposes[i].use)));
    NX_TRY(nx_json_parse_object(&set, nx_span_str(text)));
    size_t at;
    json_t *key;
    json_array_foreach(nx_json_array(set, "keys"), at, key)
    {
        const char *kid = nx_json_str(key, "kid");
        bool card = purposes[i].use == NX_USE_QR;
        NX_REQUIRE(kid && strlen(kid) >= NX_QR_KID_LEN, NX_ERR_INTERNAL);
        bool whole = json_object_set_new(key, "purpose", json_string(purposes[i].purpose)) == 0;
        if (card) whole = whole && json_object_set_new(key, "kid", json_stringn(kid, NX_QR_KID_LEN)) == 0;
        NX_REQUIRE(whole && json_array_append(all, key) == 0, NX_ERR_MEMORY);
    }
    return NX_OK;
}

NX_FALLIBLE nx_qr_jwks(json_t **out, nx_arena *a, nx_keyring *r)
{
    NX_AUTO_JSON set = json_pack("{s:[]}", "keys");
    NX_NEED(set);
    for (size_t i = 0; i < sizeof purposes / sizeof purposes[0]; i++)
        NX_TRY(add_keys(json_object_get(set, "keys"), a, r, i));
    *out = NX_STEAL(set);
    return NX_OK;
}

NX_FALLIBLE nx_qr_card_key(nx_signing_key **out, nx_arena *a, nx_keyring *r, nx_span kid)
{
    struct nx_key_row *rows;
    size_t n;
    NX_REQUIRE(kid.n == NX_QR_KID_LEN, NX_ERR_JOSE_KEY);
    NX_TRY(nx_keyring_list(&rows, &n, a, r));
    for (size_t i = 0; i < n; i++) {
        if (rows[i].use != NX_USE_QR || !nx_span_starts(nx_span_str(rows[i].kid), kid)) continue;
        return nx_keyring_find(out, r, NX_USE_BIT(NX_USE_QR), nx_span_str(rows[i].kid));
    }
    NX_FAIL(NX_ERR_JOSE_KEY);
}

/* The tokens of all lists of cards, and their URIs. */
static nx_result add_lists(json_t *uris, json_t *tokens, nx_arena *a, struct nx_house *house, nx_time now)
{
    int64_t count;
    NX_TRY(nx_status_index_lists(house->registry, &count));
    for (int64_t i = 0; i < count; i++) {
        char *token, *uri = nx_arena_printf(a, "%s/s/%lld", house->issuer, (long long)i);
        NX_NEED(uri);
        NX_TRY(nx_qr_card_list(&token, a, house, i, now));
        NX_REQUIRE(json_array_append_new(uris, json_string(uri)) == 0, NX_ERR_MEMORY);
        NX_REQUIRE(json_array_append_new(tokens, json_string(token)) == 0, NX_ERR_MEMORY);
    }
    return NX_OK;
}

NX_FALLIBLE nx_qr_bundle(char **out, nx_arena *a, struct nx_house *house, nx_time now)
{
    NX_AUTO_JSON keys = NULL;
    NX_TRY(nx_qr_jwks(&keys, a, house->keyring));
    NX_AUTO_JSON claims =
        json_pack("{s:s, s:I, s:I, s:O, s:[]}", "iss", house->issuer, "iat", (json_int_t)now, "exp",
                  (json_int_t)(now + NX_QR_BUNDLE_S), "keys", json_object_get(keys, "keys"), "lists");
    NX_AUTO_JSON whole = json_pack("{s:[]}", "lists");
    NX_REQUIRE(claims && whole, NX_ERR_MEMORY);
    NX_TRY(add_lists(json_object_get(claims, "lists"), json_object_get(whole, "lists"), a, house, now));
    char *jws;
    NX_TRY(nx_jws_sign_json(&jws, a, house->keyring, NX_USE_WALLET, NX_QR_TYP_BUNDLE, claims));
    NX_REQUIRE(json_object_set_new(whole, "bundle", json_string(jws)) == 0, NX_ERR_MEMORY);
    *out = nx_json_dump(a, whole);
    NX_NEED(*out);
    return NX_OK;
}
