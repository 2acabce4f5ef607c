/* Attestation of format "packed" (WebAuthn section 8.2), and what its certificates are worth. */
#include "authn/webauthn_data.h"
#include "base/secret.h"
#include "crypto/cose.h"
#include "crypto/digest.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define CERTIFICATE_MAX 4096
#define ANCHORS_MAX 16
#define OID_AAGUID "1.3.6.1.4.1.45724.1.1.4" /* id-fido-gen-ce-aaguid */

/* ---- the signature
 * ------------------------------------------------------------------------------------------ */

static bool signature_right(EVP_PKEY *key, int alg, nx_span signature, nx_span auth_data,
                            const uint8_t digest[NX_SHA256_LEN], nx_arena *a)
{
    uint8_t *message = nx_arena_alloc(a, auth_data.n + NX_SHA256_LEN);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool right = false;
    if (message && ctx) {
        memcpy(message, auth_data.p, auth_data.n);
        memcpy(message + auth_data.n, digest, NX_SHA256_LEN);
        right = EVP_DigestVerifyInit(ctx, NULL, alg == NX_COSE_EDDSA ? NULL : EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestVerify(ctx, signature.p, signature.n, message, auth_data.n + NX_SHA256_LEN) == 1;
    }
    EVP_MD_CTX_free(ctx);
    return right;
}

static X509 *certificate(nx_span der)
{
    const unsigned char *p = der.p;
    X509 *x = der.n > 0 && der.n <= CERTIFICATE_MAX ? d2i_X509(NULL, &p, (long)der.n) : NULL;
    if (x && p == der.p + der.n) return x;
    X509_free(x);
    return NULL;
}

static nx_result read_chain(struct nx_webauthn_created *out, const struct nx_cbor *x5c)
{
    bool fits = x5c->type == NX_CBOR_ARRAY && x5c->count >= 1 && x5c->count <= NX_WEBAUTHN_CHAIN_MAX;
    NX_REQUIRE(fits, NX_ERR_WEBAUTHN_ATTESTATION);
    for (size_t i = 0; i < x5c->count; i++)
        NX_REQUIRE(nx_ok(nx_cbor_bytes(&out->chain[i], &x5c->item[i])), NX_ERR_WEBAUTHN_ATTESTATION);
    out->chain_length = x5c->count;
    return NX_OK;
}

/* The key that signed the statement; owned. NULL when there is none of that kind. */
static EVP_PKEY *signer(const struct nx_webauthn_created *c)
{
    EVP_PKEY *key = NULL;
    if (c->chain_length == 0) {
        nx_result r = nx_webauthn_key(&key, c->alg, c->public_key);
        return nx_ok(r) ? key : NULL;
    }
    X509 *leaf = certificate(c->chain[0]);
    if (leaf) key = X509_get_pubkey(leaf);
    X509_free(leaf);
    if (key && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && EVP_PKEY_bits(key) == 256) return key;
    EVP_PKEY_free(key);
    return NULL;
}

nx_result nx_webauthn_packed(struct nx_webauthn_created *out, nx_arena *a, const struct nx_cbor *statement,
                             nx_span auth_data, nx_span client_data)
{
    uint8_t digest[NX_SHA256_LEN];
    int64_t alg = 0;
    nx_span signature;
    const struct nx_cbor *x5c = nx_cbor_named(statement, "x5c");
    NX_REQUIRE(nx_ok(nx_cbor_int(&alg, nx_cbor_named(statement, "alg"))), NX_ERR_WEBAUTHN_ATTESTATION);
    NX_REQUIRE(nx_ok(nx_cbor_bytes(&signature, nx_cbor_named(statement, "sig"))),
               NX_ERR_WEBAUTHN_ATTESTATION);
    NX_REQUIRE(statement->count == (x5c ? 3 : 2), NX_ERR_WEBAUTHN_ATTESTATION);
    /* Certificates sign with ES256 wherever they are met; by the key itself, with the algorithm of the key.
     */
    NX_REQUIRE(alg == (x5c ? NX_COSE_ES256 : out->alg), NX_ERR_WEBAUTHN_ATTESTATION);
    if (x5c) NX_TRY(read_chain(out, x5c));
    NX_TRY(nx_sha256(digest, client_data));
    EVP_PKEY *key = signer(out);
    bool right = key && signature_right(key, (int)alg, signature, auth_data, digest, a);
    EVP_PKEY_free(key);
    NX_REQUIRE(right, NX_ERR_WEBAUTHN_ATTESTATION);
    out->attestation = x5c ? NX_ATTESTATION_CHAIN : NX_ATTESTATION_SELF;
    return NX_OK;
}

/* ---- the chain
 * ---------------------------------------------------------------------------------------------- */

/* Section 8.2.1: an attestation certificate is version 3, no authority, and says what it is; where it names a
 * model, it is this one. */
static bool names_model(X509 *leaf, const uint8_t aaguid[NX_AAGUID_LEN])
{
    ASN1_OBJECT *oid = OBJ_txt2obj(OID_AAGUID, 1);
    int at = oid ? X509_get_ext_by_OBJ(leaf, oid, -1) : -1;
    ASN1_OBJECT_free(oid);
    if (at < 0) return true;
    const X509_EXTENSION *e = X509_get_ext(leaf, at);
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data((X509_EXTENSION *)(uintptr_t)e);
    const uint8_t *p = ASN1_STRING_get0_data(value);
    /* An OCTET STRING of 16 bytes inside the OCTET STRING of every extension. */
    return ASN1_STRING_length(value) == 2 + NX_AAGUID_LEN && p[0] == V_ASN1_OCTET_STRING &&
           p[1] == NX_AAGUID_LEN && memcmp(p + 2, aaguid, NX_AAGUID_LEN) == 0;
}

static bool may_attest(X509 *leaf, const uint8_t aaguid[NX_AAGUID_LEN])
{
    char unit[64];
    const X509_NAME *subject = X509_get_subject_name(leaf);
    int n = X509_NAME_get_text_by_NID((X509_NAME *)(uintptr_t)subject, NID_organizationalUnitName, unit,
                                      sizeof unit);
    return X509_get_version(leaf) == X509_VERSION_3 && X509_check_ca(leaf) == 0 && n > 0 &&
           strcmp(unit, "Authenticator Attestation") == 0 && names_model(leaf, aaguid);
}

/* *n is how many there were. */
static X509_STORE *read_anchors(const char *pem, int *n)
{
    X509_STORE *store = X509_STORE_new();
    BIO *in = BIO_new_mem_buf(pem, -1);
    X509 *x = NULL;
    for (*n = 0; store && in && *n < ANCHORS_MAX && (x = PEM_read_bio_X509(in, NULL, NULL, NULL)); ++*n) {
        X509_STORE_add_cert(store, x);
        X509_free(x);
    }
    BIO_free(in);
    return store;
}

bool nx_webauthn_anchors_ok(const char *anchors)
{
    int n = 0;
    X509_STORE_free(read_anchors(anchors, &n));
    return n > 0 && strlen(anchors) <= NX_PASSKEY_ANCHORS_MAX;
}

static STACK_OF(X509) * read_others(const struct nx_webauthn_created *c)
{
    STACK_OF(X509) *others = sk_X509_new_null();
    for (size_t i = 1; others && i < c->chain_length; i++) {
        X509 *x = certificate(c->chain[i]);
        if (x && !sk_X509_push(others, x)) X509_free(x);
    }
    return others;
}

/* The anchor may be the attestation certificate itself or an authority of any rank: who wrote the row chose
 * it. */
static bool leads(X509 *leaf, X509_STORE *anchors, STACK_OF(X509) * others, nx_time now)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    bool ok = ctx && X509_STORE_CTX_init(ctx, anchors, leaf, others) == 1;
    if (ok) {
        X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_PARTIAL_CHAIN);
        X509_STORE_CTX_set_time(ctx, 0, (time_t)now);
        ok = X509_verify_cert(ctx) == 1;
    }
    X509_STORE_CTX_free(ctx);
    return ok;
}

nx_result nx_webauthn_trusted(bool *out, const struct nx_webauthn_created *c, const char *anchors,
                              nx_time now)
{
    *out = false;
    if (c->attestation != NX_ATTESTATION_CHAIN) return NX_OK;
    X509 *leaf = certificate(c->chain[0]);
    int n;
    X509_STORE *store = read_anchors(anchors, &n);
    STACK_OF(X509) *others = read_others(c);
    bool memory = leaf && store && others;
    if (memory) *out = may_attest(leaf, c->aaguid) && leads(leaf, store, others, now);
    sk_X509_pop_free(others, X509_free);
    X509_STORE_free(store);
    X509_free(leaf);
    NX_REQUIRE(memory, NX_ERR_MEMORY);
    return NX_OK;
}
