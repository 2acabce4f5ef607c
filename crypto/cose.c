/* COSE_Sign1, RFC 9052 sections 4.2 to 4.4. */
#include "crypto/cose.h"

#include "base/text.h"

enum { HEADER_ALG = 1, HEADER_KID = 4, HEADER_TYP = 16 };

/* [ "Signature1", protected, h'', payload ] */
static nx_result to_be_signed(nx_span *out, nx_arena *a, nx_span header, nx_span payload)
{
    nx_buf b;
    nx_buf_init(&b, a, NX_CBOR_MAX + 64);
    nx_cbor_put_array(&b, 4);
    nx_cbor_put_text(&b, "Signature1");
    nx_cbor_put_bytes(&b, header);
    nx_cbor_put_bytes(&b, NX_SPAN_NONE);
    nx_cbor_put_bytes(&b, payload);
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_span(&b);
    return NX_OK;
}

static nx_result protected_header(nx_span *out, nx_arena *a, const char *typ)
{
    nx_buf b;
    nx_buf_init(&b, a, 64);
    nx_cbor_put_map(&b, 2);
    nx_cbor_put_int(&b, HEADER_ALG);
    nx_cbor_put_int(&b, NX_COSE_ES256);
    nx_cbor_put_int(&b, HEADER_TYP);
    nx_cbor_put_text(&b, typ);
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_span(&b);
    return NX_OK;
}

NX_FALLIBLE nx_cose_sign(nx_span *out, nx_arena *a, const char *typ, nx_span kid, nx_span payload,
                         const struct nx_cose_signer *signer)
{
    NX_REQUIRE(strlen(typ) <= NX_COSE_TYP_MAX && kid.n <= NX_COSE_KID_MAX, NX_ERR_LIMIT);
    nx_span header, message;
    NX_TRY(protected_header(&header, a, typ));
    NX_TRY(to_be_signed(&message, a, header, payload));
    uint8_t signature[NX_SIGNATURE_MAX];
    size_t n;
    NX_TRY(signer->sign(signer->ctx, signature, &n, message));

    nx_buf b;
    nx_buf_init(&b, a, NX_CBOR_MAX);
    nx_cbor_put_tag(&b, NX_COSE_TAG_SIGN1);
    nx_cbor_put_array(&b, 4);
    nx_cbor_put_bytes(&b, header);
    nx_cbor_put_map(&b, kid.n ? 1 : 0);
    if (kid.n) {
        nx_cbor_put_int(&b, HEADER_KID);
        nx_cbor_put_bytes(&b, kid);
    }
    nx_cbor_put_bytes(&b, payload);
    nx_cbor_put_bytes(&b, nx_span_of(signature, n));
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_span(&b);
    return NX_OK;
}

/* Tag 61 may stand around tag 18, tag 18 may be missing; nothing else. */
static const struct nx_cbor *without_tags(const struct nx_cbor *item)
{
    if (item->type == NX_CBOR_TAG && item->number == NX_COSE_TAG_CWT) item = &item->item[0];
    if (item->type == NX_CBOR_TAG && item->number == NX_COSE_TAG_SIGN1) item = &item->item[0];
    return item;
}

static nx_result read_kid(nx_span *out, const struct nx_cbor *map)
{
    const struct nx_cbor *kid = nx_cbor_at(map, HEADER_KID);
    if (!kid) return NX_OK;
    NX_TRY(nx_cbor_bytes(out, kid));
    NX_REQUIRE(out->n > 0 && out->n <= NX_COSE_KID_MAX, NX_ERR_COSE_FORM);
    return NX_OK;
}

static nx_result read_headers(struct nx_cose *out, nx_arena *a, const struct nx_cbor *unprotected,
                              enum nx_cbor_mode mode)
{
    bool foreign = mode == NX_CBOR_FOREIGN;
    const struct nx_cbor none = {.type = NX_CBOR_MAP}, *map = &none;
    /* Nothing is written as no bytes or as an empty map (RFC 9052 section 3); of ours it never is empty. */
    if (out->header.n || !foreign) NX_TRY(nx_cbor_parse(&map, a, out->header, mode));
    NX_REQUIRE(map->type == NX_CBOR_MAP && unprotected->type == NX_CBOR_MAP, NX_ERR_COSE_FORM);
    const struct nx_cbor *alg = nx_cbor_at(map, HEADER_ALG);
    if (!alg && foreign) alg = nx_cbor_at(unprotected, HEADER_ALG);
    NX_TRY(nx_cbor_int(&out->alg, alg));
    if (foreign) {
        /* Either side may hold it; what is signed wins. */
        NX_TRY(read_kid(&out->kid, map));
        return out->kid.n ? NX_OK : read_kid(&out->kid, unprotected);
    }
    NX_TRY(read_kid(&out->kid, unprotected));
    NX_TRY(nx_cbor_text(&out->typ, a, nx_cbor_at(map, HEADER_TYP)));
    NX_REQUIRE(strlen(out->typ) <= NX_COSE_TYP_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(map->count == 2 && unprotected->count == (out->kid.n ? 1 : 0), NX_ERR_COSE_FORM);
    NX_REQUIRE(out->alg == NX_COSE_ES256, NX_ERR_JOSE_ALG);
    return NX_OK;
}

NX_FALLIBLE nx_cose_parse(struct nx_cose *out, nx_arena *a, nx_span bytes, enum nx_cbor_mode mode)
{
    *out = (struct nx_cose){.alg = 0};
    const struct nx_cbor *root = NULL;
    NX_TRY(nx_cbor_parse(&root, a, bytes, mode));
    root = without_tags(root);
    NX_REQUIRE(root->type == NX_CBOR_ARRAY && root->count == 4, NX_ERR_COSE_FORM);
    NX_TRY(nx_cbor_bytes(&out->header, &root->item[0]));
    NX_TRY(nx_cbor_bytes(&out->payload, &root->item[2]));
    NX_TRY(nx_cbor_bytes(&out->signature, &root->item[3]));
    return read_headers(out, a, &root->item[1], mode);
}

NX_FALLIBLE nx_cose_verify(const struct nx_cose *c, nx_arena *a, const char *typ, EVP_PKEY *key)
{
    NX_REQUIRE(c->typ && strcmp(c->typ, typ) == 0, NX_ERR_JOSE_TYP);
    NX_REQUIRE(c->alg == NX_COSE_ES256 && nx_alg_fits(NX_ALG_ES256, key), NX_ERR_JOSE_ALG);
    nx_span message;
    NX_TRY(to_be_signed(&message, a, c->header, c->payload));
    return nx_alg_verify(NX_ALG_ES256, key, message, c->signature);
}

static nx_result verify_ed25519(EVP_PKEY *key, nx_span message, nx_span signature)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    NX_NEED(ctx);
    bool good = EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestVerify(ctx, signature.p, signature.n, message.p, message.n) == 1;
    EVP_MD_CTX_free(ctx);
    NX_REQUIRE(good, NX_ERR_SIGNATURE);
    return NX_OK;
}

NX_FALLIBLE nx_cose_verify_foreign(const struct nx_cose *c, nx_arena *a, EVP_PKEY *key)
{
    nx_span message;
    NX_TRY(to_be_signed(&message, a, c->header, c->payload));
    if (EVP_PKEY_is_a(key, "ED25519")) {
        NX_REQUIRE(c->alg == NX_COSE_EDDSA, NX_ERR_JOSE_ALG);
        return verify_ed25519(key, message, c->signature);
    }
    nx_alg alg = nx_alg_fits(NX_ALG_ES256, key) ? NX_ALG_ES256 : NX_ALG_PS256;
    NX_REQUIRE(c->alg == (alg == NX_ALG_ES256 ? NX_COSE_ES256 : NX_COSE_PS256), NX_ERR_JOSE_ALG);
    return nx_alg_verify(alg, key, message, c->signature);
}
