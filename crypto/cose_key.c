/* P-256 keys as COSE_Key maps, and their thumbprints. */
#include "crypto/cose.h"
#include "crypto/digest.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>

enum { KEY_KTY = 1, KEY_CRV = -1, KEY_X = -2, KEY_Y = -3 };
enum { KTY_EC2 = 2, CRV_P256 = 1 };

#define FIELD 32
#define POINT (1 + 2 * FIELD)

/* The uncompressed point: 0x04, x, y. */
static nx_result point_of(uint8_t out[POINT], const EVP_PKEY *key)
{
    size_t n = 0;
    NX_REQUIRE(nx_alg_fits(NX_ALG_ES256, key), NX_ERR_JWK);
    NX_REQUIRE(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, out, POINT, &n) == 1,
               NX_ERR_JWK);
    NX_REQUIRE(n == POINT && out[0] == 0x04, NX_ERR_JWK);
    return NX_OK;
}

NX_FALLIBLE nx_cose_key_put(nx_buf *b, const EVP_PKEY *key)
{
    uint8_t point[POINT];
    NX_TRY(point_of(point, key));
    nx_cbor_put_map(b, 4);
    nx_cbor_put_int(b, KEY_KTY);
    nx_cbor_put_int(b, KTY_EC2);
    nx_cbor_put_int(b, KEY_CRV);
    nx_cbor_put_int(b, CRV_P256);
    nx_cbor_put_int(b, KEY_X);
    nx_cbor_put_bytes(b, nx_span_of(point + 1, FIELD));
    nx_cbor_put_int(b, KEY_Y);
    nx_cbor_put_bool(b, point[POINT - 1] & 1);
    return nx_buf_done(b);
}

NX_FALLIBLE nx_cose_key_thumbprint(uint8_t out[NX_CKT_LEN], const EVP_PKEY *key)
{
    uint8_t point[POINT];
    NX_TRY(point_of(point, key));
    /* RFC 9679 section 3: the required members in the order of their labels' encodings, the point
     * uncompressed. */
    static const uint8_t head[] = {0xa4, 0x01, 0x02, 0x20, 0x01, 0x21, 0x58, FIELD};
    static const uint8_t head_y[] = {0x22, 0x58, FIELD};
    uint8_t map[sizeof head + FIELD + sizeof head_y + FIELD];
    memcpy(map, head, sizeof head);
    memcpy(map + sizeof head, point + 1, FIELD);
    memcpy(map + sizeof head + FIELD, head_y, sizeof head_y);
    memcpy(map + sizeof head + FIELD + sizeof head_y, point + 1 + FIELD, FIELD);
    return nx_sha256(out, nx_span_of(map, sizeof map));
}

/* The point in one of the encodings of SEC 1. */
static nx_result read_point(uint8_t out[POINT], size_t *n, const struct nx_cbor *map)
{
    nx_span x, y;
    NX_TRY(nx_cbor_bytes(&x, nx_cbor_at(map, KEY_X)));
    NX_REQUIRE(x.n == FIELD, NX_ERR_JWK);
    memcpy(out + 1, x.p, FIELD);
    const struct nx_cbor *second = nx_cbor_at(map, KEY_Y);
    NX_REQUIRE(second, NX_ERR_JWK);
    if (second->type == NX_CBOR_BOOL) {
        out[0] = second->number ? 0x03 : 0x02;
        *n = 1 + FIELD;
        return NX_OK;
    }
    NX_TRY(nx_cbor_bytes(&y, second));
    NX_REQUIRE(y.n == FIELD, NX_ERR_JWK);
    out[0] = 0x04;
    memcpy(out + 1 + FIELD, y.p, FIELD);
    *n = POINT;
    return NX_OK;
}

/* OpenSSL checks that the point is on the curve. */
static EVP_PKEY *key_of(uint8_t *point, size_t n)
{
    char group[] = "prime256v1";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, n),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (!ctx) return NULL;
    if (EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    return key;
}

NX_FALLIBLE nx_cose_key_get(EVP_PKEY **out, const struct nx_cbor *map)
{
    int64_t kty, crv;
    NX_REQUIRE(map && map->type == NX_CBOR_MAP && map->count == 4, NX_ERR_JWK);
    NX_TRY(nx_cbor_int(&kty, nx_cbor_at(map, KEY_KTY)));
    NX_TRY(nx_cbor_int(&crv, nx_cbor_at(map, KEY_CRV)));
    NX_REQUIRE(kty == KTY_EC2 && crv == CRV_P256, NX_ERR_JWK);
    uint8_t point[POINT];
    size_t n;
    NX_TRY(read_point(point, &n, map));
    *out = key_of(point, n);
    NX_REQUIRE(*out, NX_ERR_JWK);
    return NX_OK;
}
