/* The token: claims around a list, signed as a JWT. */
#include "crypto/status_list.h"

NX_FALLIBLE nx_tsl_claims(json_t **out, nx_arena *a, const struct nx_tsl *l)
{
    char *lst;
    NX_TRY(nx_tsl_lst_encode(&lst, a, l->list));
    NX_AUTO_JSON claims = json_pack("{s:s, s:I, s:{s:i, s:s}}", "sub", l->uri, "iat", (json_int_t)l->iat,
                                    "status_list", "bits", (int)l->bits, "lst", lst);
    NX_NEED(claims);
    bool whole = true;
    if (l->exp) whole = json_object_set_new(claims, "exp", json_integer(l->exp)) == 0;
    if (l->ttl) whole = whole && json_object_set_new(claims, "ttl", json_integer(l->ttl)) == 0;
    NX_REQUIRE(whole, NX_ERR_MEMORY);
    *out = NX_STEAL(claims);
    return NX_OK;
}

NX_FALLIBLE nx_tsl_token_sign(char **out, nx_arena *a, nx_keyring *r, const struct nx_tsl *l)
{
    NX_AUTO_JSON claims = NULL;
    NX_TRY(nx_tsl_claims(&claims, a, l));
    return nx_jws_sign_json(out, a, r, NX_USE_STATUS, NX_TSL_TYP, claims);
}

NX_FALLIBLE nx_tsl_read(struct nx_tsl *out, nx_arena *a, const json_t *claims, const char *uri, nx_time now)
{
    const json_t *list = nx_json_object(claims, "status_list");
    const char *sub = nx_json_str(claims, "sub"), *lst = nx_json_str(list, "lst");
    NX_REQUIRE(sub && strcmp(sub, uri) == 0 && lst, NX_ERR_STATUS_LIST);
    int64_t bits = nx_json_int(list, "bits", 0);
    NX_REQUIRE(bits == 1 || bits == 2 || bits == 4 || bits == 8, NX_ERR_STATUS_LIST);
    *out = (struct nx_tsl){
        .uri = uri,
        .iat = nx_json_int(claims, "iat", 0),
        .exp = nx_json_int(claims, "exp", 0),
        .ttl = nx_json_int(claims, "ttl", 0),
        .bits = (unsigned)bits,
    };
    NX_REQUIRE(out->iat > 0 && out->iat <= now + NX_SKEW_S, NX_ERR_STATUS_LIST);
    NX_REQUIRE(out->exp == 0 || now - NX_SKEW_S < out->exp, NX_ERR_EXPIRED);
    return nx_tsl_lst_decode(&out->list, a, nx_span_str(lst));
}

NX_FALLIBLE nx_tsl_token_open(struct nx_tsl *out, nx_arena *a, const nx_jwks *keys, nx_span token,
                              const char *uri, nx_time now)
{
    static const char *const types[] = {NX_TSL_TYP, NULL};
    struct nx_jws jws;
    const struct nx_jws_rules rules = {.algs = NX_ALG_BIT(NX_ALG_ES256), .typ = types};
    NX_TRY(nx_jws_verify_set(&jws, a, keys, &rules, token));
    NX_AUTO_JSON claims = NULL;
    NX_TRY(nx_json_parse_object(&claims, jws.payload));
    return nx_tsl_read(out, a, claims, uri, now);
}
