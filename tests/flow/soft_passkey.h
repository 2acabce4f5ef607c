/* An authenticator in software, with the browser's half around it: makes credentials and assertions as Web
 * Authentication says, and whatever wrong ones a test asks for. Of the server's code it uses the encoders of
 * texts and CBOR alone; keys, signatures and certificates are OpenSSL's. */
#ifndef NX_TESTS_FLOW_SOFT_PASSKEY_H
#define NX_TESTS_FLOW_SOFT_PASSKEY_H

#include "base/clock.h"
#include "base/text.h"
#include "crypto/cbor.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#define SOFT __attribute__((unused)) static
#define SOFT_ID_LEN 32

enum soft_format { SOFT_NONE, SOFT_SELF, SOFT_CHAIN, SOFT_OTHER };

/* A maker of authenticators: its root signs one attestation certificate. */
struct soft_maker {
    EVP_PKEY *root_key, *leaf_key;
    X509 *root, *leaf;
};

struct soft_passkey {
    nx_arena *arena;
    EVP_PKEY *key;
    int alg; /* -7, -8, -257 */
    uint8_t id[SOFT_ID_LEN];
    uint8_t handle[32]; /* user handle */
    size_t handle_len;
    uint32_t counter; /* grows by one with each assertion, when step is 1 */
    uint32_t step;
    uint8_t flags; /* UP 01, UV 04, BE 08, BS 10 */
    uint8_t aaguid[16];
    enum soft_format format;
    const struct soft_maker *maker;
    const char *origin;
    const char *rp_id;
    const char *type;    /* NULL: the right one */
    const char *more;    /* further members of clientDataJSON: ",\"crossOrigin\":false" */
    bool unsolicited;    /* the authenticator says something of its own: an extension */
    nx_span client_data; /* as last said */
    nx_span auth_data;
    nx_span object; /* attestation object */
    nx_span signature;
};

SOFT EVP_PKEY *soft_key(int alg)
{
    if (alg == -8) return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (alg == -257) return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    return EVP_EC_gen("P-256");
}

/* n of the serial number makes its id and its model. */
SOFT struct soft_passkey soft_open(nx_arena *a, int alg, uint8_t n)
{
    struct soft_passkey p = {.arena = a,
                             .key = soft_key(alg),
                             .alg = alg,
                             .flags = 0x05,
                             .step = 1,
                             .handle_len = 32,
                             .origin = "https://localhost:8443",
                             .rp_id = "localhost",
                             .more = ",\"crossOrigin\":false"};
    memset(p.id, n, sizeof p.id);
    memset(p.handle, 0xa0 + n, sizeof p.handle);
    memset(p.aaguid, 0x40 + n, sizeof p.aaguid);
    return p;
}

SOFT void soft_close(struct soft_passkey *p)
{
    EVP_PKEY_free(p->key);
}

/* ---- keys and signatures
 * ------------------------------------------------------------------------------------ */

SOFT nx_span soft_number(nx_arena *a, const EVP_PKEY *key, const char *name, size_t n)
{
    BIGNUM *bn = NULL;
    uint8_t *p = nx_arena_alloc(a, n);
    if (EVP_PKEY_get_bn_param(key, name, &bn) != 1 || BN_bn2binpad(bn, p, (int)n) < 0) abort();
    BN_free(bn);
    return nx_span_of(p, n);
}

SOFT void soft_cose_key(nx_buf *b, const struct soft_passkey *p)
{
    nx_cbor_put_map(b, p->alg == -7 ? 5 : 4);
    nx_cbor_put_int(b, 1);
    nx_cbor_put_int(b, p->alg == -7 ? 2 : p->alg == -8 ? 1 : 3);
    nx_cbor_put_int(b, 3);
    nx_cbor_put_int(b, p->alg);
    if (p->alg == -257) {
        nx_cbor_put_int(b, -1);
        nx_cbor_put_bytes(b, soft_number(p->arena, p->key, OSSL_PKEY_PARAM_RSA_N, 256));
        nx_cbor_put_int(b, -2);
        nx_cbor_put_bytes(b, soft_number(p->arena, p->key, OSSL_PKEY_PARAM_RSA_E, 3));
        return;
    }
    uint8_t raw[32];
    size_t n = sizeof raw;
    nx_cbor_put_int(b, -1);
    nx_cbor_put_int(b, p->alg == -7 ? 1 : 6);
    nx_cbor_put_int(b, -2);
    if (p->alg == -8) {
        if (EVP_PKEY_get_raw_public_key(p->key, raw, &n) != 1) abort();
        nx_cbor_put_bytes(b, nx_span_of(raw, n));
        return;
    }
    nx_cbor_put_bytes(b, soft_number(p->arena, p->key, OSSL_PKEY_PARAM_EC_PUB_X, 32));
    nx_cbor_put_int(b, -3);
    nx_cbor_put_bytes(b, soft_number(p->arena, p->key, OSSL_PKEY_PARAM_EC_PUB_Y, 32));
}

/* Over the authenticator data and the digest of the client data. */
SOFT nx_span soft_sign(const struct soft_passkey *p, EVP_PKEY *key)
{
    nx_buf b;
    uint8_t digest[32], *out = nx_arena_alloc(p->arena, 512);
    size_t n = 512;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    SHA256(p->client_data.p, p->client_data.n, digest);
    nx_buf_init(&b, p->arena, 4096);
    nx_buf_add(&b, p->auth_data);
    nx_buf_add(&b, nx_span_of(digest, sizeof digest));
    nx_span m = nx_buf_span(&b);
    const EVP_MD *md = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
    if (EVP_DigestSignInit(ctx, NULL, md, NULL, key) != 1 || EVP_DigestSign(ctx, out, &n, m.p, m.n) != 1)
        abort();
    EVP_MD_CTX_free(ctx);
    return nx_span_of(out, n);
}

/* ---- what browser and authenticator say
 * --------------------------------------------------------------------- */

SOFT void soft_client_data(struct soft_passkey *p, const char *type, const char *challenge)
{
    char *text = nx_arena_printf(p->arena, "{\"type\":\"%s\",\"challenge\":\"%s\",\"origin\":\"%s\"%s}",
                                 p->type ? p->type : type, challenge, p->origin, p->more);
    p->client_data = nx_span_str(text);
}

SOFT void soft_auth_data(struct soft_passkey *p, bool attested)
{
    nx_buf b;
    uint8_t rp[32], c[4] = {(uint8_t)(p->counter >> 24), (uint8_t)(p->counter >> 16),
                            (uint8_t)(p->counter >> 8), (uint8_t)p->counter};
    SHA256((const uint8_t *)p->rp_id, strlen(p->rp_id), rp);
    nx_buf_init(&b, p->arena, 2048);
    nx_buf_add(&b, nx_span_of(rp, 32));
    uint8_t flags = (uint8_t)(p->flags | (attested ? 0x40 : 0) | (p->unsolicited ? 0x80 : 0));
    nx_buf_add(&b, nx_span_of(&flags, 1));
    nx_buf_add(&b, nx_span_of(c, 4));
    if (attested) {
        nx_buf_add(&b, nx_span_of(p->aaguid, 16));
        nx_buf_add(&b, nx_span_of((uint8_t[]){0, SOFT_ID_LEN}, 2));
        nx_buf_add(&b, nx_span_of(p->id, SOFT_ID_LEN));
        soft_cose_key(&b, p);
    }
    if (p->unsolicited) {
        nx_cbor_put_map(&b, 1);
        nx_cbor_put_text(&b, "credProtect");
        nx_cbor_put_int(&b, 2);
    }
    p->auth_data = nx_buf_span(&b);
}

SOFT nx_span soft_der(nx_arena *a, X509 *x)
{
    uint8_t *der = NULL;
    int n = i2d_X509(x, &der);
    char *copy = nx_arena_dup(a, nx_span_of(der, (size_t)n));
    OPENSSL_free(der);
    return nx_span_of(copy, (size_t)n);
}

SOFT void soft_statement(nx_buf *b, const struct soft_passkey *p)
{
    if (p->format == SOFT_NONE || p->format == SOFT_OTHER) {
        nx_cbor_put_map(b, 0);
        return;
    }
    bool chain = p->format == SOFT_CHAIN;
    nx_cbor_put_map(b, chain ? 3 : 2);
    nx_cbor_put_text(b, "alg");
    nx_cbor_put_int(b, chain ? -7 : p->alg);
    nx_cbor_put_text(b, "sig");
    nx_cbor_put_bytes(b, soft_sign(p, chain ? p->maker->leaf_key : p->key));
    if (!chain) return;
    nx_cbor_put_text(b, "x5c");
    nx_cbor_put_array(b, 1);
    nx_cbor_put_bytes(b, soft_der(p->arena, p->maker->leaf));
}

/* A new credential for that challenge (base64url): client_data and object. */
SOFT void soft_create(struct soft_passkey *p, const char *challenge)
{
    static const char *const formats[] = {
        [SOFT_NONE] = "none", [SOFT_SELF] = "packed", [SOFT_CHAIN] = "packed", [SOFT_OTHER] = "tpm"};
    nx_buf b;
    soft_client_data(p, "webauthn.create", challenge);
    soft_auth_data(p, true);
    nx_buf_init(&b, p->arena, 8192);
    nx_cbor_put_map(&b, 3);
    nx_cbor_put_text(&b, "fmt");
    nx_cbor_put_text(&b, formats[p->format]);
    nx_cbor_put_text(&b, "attStmt");
    soft_statement(&b, p);
    nx_cbor_put_text(&b, "authData");
    nx_cbor_put_bytes(&b, p->auth_data);
    p->object = nx_buf_span(&b);
}

/* An assertion: client_data, auth_data, signature. */
SOFT void soft_get(struct soft_passkey *p, const char *challenge)
{
    p->counter += p->step;
    soft_client_data(p, "webauthn.get", challenge);
    soft_auth_data(p, false);
    p->signature = soft_sign(p, p->key);
}

/* ---- as a page sends it
 * ------------------------------------------------------------------------------------- */

SOFT char *soft_b64(const struct soft_passkey *p, nx_span s)
{
    return nx_b64u_dup(p->arena, s);
}

SOFT char *soft_registration(const struct soft_passkey *p)
{
    return nx_arena_printf(p->arena,
                           "{\"id\":\"%s\",\"type\":\"public-key\",\"response\":{\"clientDataJSON\":\"%s\","
                           "\"attestationObject\":\"%s\",\"transports\":[\"internal\",\"x\",\"hybrid\"]}}",
                           soft_b64(p, nx_span_of(p->id, sizeof p->id)), soft_b64(p, p->client_data),
                           soft_b64(p, p->object));
}

SOFT char *soft_assertion(const struct soft_passkey *p)
{
    char *handle = p->handle_len ? soft_b64(p, nx_span_of(p->handle, p->handle_len)) : NULL;
    return nx_arena_printf(p->arena,
                           "{\"id\":\"%s\",\"type\":\"public-key\",\"response\":{\"clientDataJSON\":\"%s\","
                           "\"authenticatorData\":\"%s\",\"signature\":\"%s\",\"userHandle\":%s%s%s}}",
                           soft_b64(p, nx_span_of(p->id, sizeof p->id)), soft_b64(p, p->client_data),
                           soft_b64(p, p->auth_data), soft_b64(p, p->signature), handle ? "\"" : "",
                           handle ? handle : "null", handle ? "\"" : "");
}

/* ---- makers
 * ------------------------------------------------------------------------------------------------- */

SOFT void soft_name(X509_NAME *name, const char *unit, const char *common)
{
    X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC, (const uint8_t *)"VN", -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const uint8_t *)"Test Maker", -1, -1, 0);
    if (unit) X509_NAME_add_entry_by_txt(name, "OU", MBSTRING_ASC, (const uint8_t *)unit, -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)common, -1, -1, 0);
}

SOFT X509 *soft_certificate(EVP_PKEY *key, const char *unit, const char *common, bool authority, X509 *issuer,
                            EVP_PKEY *issuer_key, const uint8_t *aaguid)
{
    X509 *x = X509_new();
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), authority ? 1 : 2);
    X509_time_adj_ex(X509_getm_notBefore(x), 0, -3600, &(time_t){(time_t)nx_now()});
    X509_time_adj_ex(X509_getm_notAfter(x), 3650, 0, &(time_t){(time_t)nx_now()});
    soft_name(X509_get_subject_name(x), unit, common);
    X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer : x));
    X509_set_pubkey(x, key);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints,
                                            authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    X509_add_ext(x, e, -1);
    X509_EXTENSION_free(e);
    if (aaguid) {
        uint8_t value[18] = {0x04, 0x10};
        memcpy(value + 2, aaguid, 16);
        ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.45724.1.1.4", 1);
        ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
        ASN1_OCTET_STRING_set(s, value, sizeof value);
        e = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, s);
        X509_add_ext(x, e, -1);
        X509_EXTENSION_free(e);
        ASN1_OCTET_STRING_free(s);
        ASN1_OBJECT_free(oid);
    }
    if (!X509_sign(x, issuer_key ? issuer_key : key, EVP_sha256())) abort();
    return x;
}

/* unit NULL: "Authenticator Attestation", as it must be. aaguid NULL: the certificate names no model. */
SOFT struct soft_maker soft_maker_open(const uint8_t *aaguid, const char *unit)
{
    struct soft_maker m = {.root_key = EVP_EC_gen("P-256"), .leaf_key = EVP_EC_gen("P-256")};
    m.root = soft_certificate(m.root_key, NULL, "Test Maker Root", true, NULL, NULL, NULL);
    m.leaf = soft_certificate(m.leaf_key, unit ? unit : "Authenticator Attestation", "Test Key", false,
                              m.root, m.root_key, aaguid);
    return m;
}

SOFT void soft_maker_close(struct soft_maker *m)
{
    EVP_PKEY_free(m->root_key);
    EVP_PKEY_free(m->leaf_key);
    X509_free(m->root);
    X509_free(m->leaf);
}

SOFT char *soft_pem(nx_arena *a, X509 *x)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *p = NULL;
    PEM_write_bio_X509(out, x);
    long n = BIO_get_mem_data(out, &p);
    char *text = nx_arena_dup(a, nx_span_of(p, (size_t)n));
    BIO_free(out);
    return text;
}

#endif
