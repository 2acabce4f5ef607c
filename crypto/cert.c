#include "crypto/cert_inside.h"

#include "base/text.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdlib.h>

#define ANCHORS_MAX 256
#define DEPTH_MAX 5
#define SECURITY_LEVEL 2 /* 112 bits: RSA from 2,048, no SHA-1 */

/* ---- anchors
 * ---------------------------------------------------------------------------------------------- */

static bool is_anchor(X509 *x)
{
    return (X509_get_extension_flags(x) & EXFLAG_SS) != 0;
}

static nx_result add_one(nx_anchors *a, X509 *x)
{
    if (!is_anchor(x)) {
        NX_REQUIRE(sk_X509_push(a->helpers, x) > 0, NX_ERR_MEMORY);
        return NX_OK;
    }
    int ok = X509_STORE_add_cert(a->store, x);
    X509_free(x);
    NX_REQUIRE(ok == 1, NX_ERR_CERT);
    return NX_OK;
}

static nx_result add_all(nx_anchors *a, BIO *bio)
{
    int n = 0;
    X509 *x;
    while ((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        nx_result r = ++n <= ANCHORS_MAX ? add_one(a, x) : nx_fail(NX_ERR_CERT, __func__, __LINE__);
        NX_TRY(r);
    }
    /* The end of the text is told as an error of its own; anything else is a damaged certificate. */
    unsigned long e = ERR_peek_last_error();
    ERR_clear_error();
    NX_REQUIRE(n > 0 && ERR_GET_REASON(e) == PEM_R_NO_START_LINE, NX_ERR_CERT);
    NX_REQUIRE(sk_X509_num(a->helpers) < n, NX_ERR_CERT);
    return NX_OK;
}

static nx_result add_policy(nx_anchors *a, nx_span word)
{
    char text[128];
    NX_REQUIRE(word.n < sizeof text, NX_ERR_SYNTAX);
    memcpy(text, word.p, word.n);
    text[word.n] = '\0';
    ASN1_OBJECT *oid = OBJ_txt2obj(text, 1);
    NX_REQUIRE(oid, NX_ERR_SYNTAX);
    NX_REQUIRE(X509_VERIFY_PARAM_add0_policy(a->param, oid) == 1, NX_ERR_MEMORY);
    return NX_OK;
}

static nx_result add_policies(nx_anchors *a, const char *text)
{
    unsigned long flags = X509_V_FLAG_X509_STRICT;
    for (const char *at = text; *at;) {
        size_t n = strcspn(at, ", ");
        if (n) NX_TRY(add_policy(a, nx_span_of(at, n)));
        if (n) flags |= X509_V_FLAG_POLICY_CHECK | X509_V_FLAG_EXPLICIT_POLICY;
        at += n + (at[n] != '\0');
    }
    X509_VERIFY_PARAM_set_depth(a->param, DEPTH_MAX);
    X509_VERIFY_PARAM_set_auth_level(a->param, SECURITY_LEVEL);
    NX_REQUIRE(X509_VERIFY_PARAM_set_purpose(a->param, X509_PURPOSE_SSL_CLIENT) == 1 &&
                   X509_VERIFY_PARAM_set_flags(a->param, flags) == 1,
               NX_ERR_CRYPTO);
    return NX_OK;
}

static void bio_auto(BIO **b)
{
    BIO_free(*b);
}

static nx_result fill(nx_anchors *a, nx_span pem, const char *policies)
{
    a->store = X509_STORE_new();
    a->helpers = sk_X509_new_null();
    a->param = X509_VERIFY_PARAM_new();
    NX_REQUIRE(a->store && a->helpers && a->param, NX_ERR_MEMORY);
    NX_REQUIRE(pem.n > 0 && pem.n <= (1u << 24), NX_ERR_CERT);
    __attribute__((cleanup(bio_auto))) BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    NX_NEED(bio);
    NX_TRY(add_policies(a, policies));
    return add_all(a, bio);
}

nx_result nx_anchors_open(nx_anchors **out, nx_span pem, const char *policies)
{
    NX_AUTO(nx_anchors) a = calloc(1, sizeof *a);
    NX_NEED(a);
    NX_TRY(fill(a, pem, policies));
    *out = NX_STEAL(a);
    return NX_OK;
}

void nx_anchors_close(nx_anchors *a)
{
    if (!a) return;
    X509_STORE_free(a->store);
    sk_X509_pop_free(a->helpers, X509_free);
    X509_VERIFY_PARAM_free(a->param);
    free(a);
}

/* ---- a client's certificate
 * ------------------------------------------------------------------------------- */

static nx_err error_of(int e)
{
    switch (e) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return NX_ERR_CERT_EXPIRED;
    case X509_V_ERR_INVALID_PURPOSE:
        return NX_ERR_CERT_USE;
    case X509_V_ERR_OUT_OF_MEM:
        return NX_ERR_MEMORY;
    default:
        return NX_ERR_CERT_UNTRUSTED;
    }
}

static void ctx_auto(X509_STORE_CTX **c)
{
    X509_STORE_CTX_free(*c);
}

static nx_result find_path(nx_cert *c, nx_time now)
{
    __attribute__((cleanup(ctx_auto))) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    NX_NEED(ctx);
    NX_REQUIRE(X509_STORE_CTX_init(ctx, c->anchors->store, c->x, c->anchors->helpers) == 1, NX_ERR_CRYPTO);
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    NX_REQUIRE(X509_VERIFY_PARAM_set1(param, c->anchors->param) == 1, NX_ERR_CRYPTO);
    X509_VERIFY_PARAM_set_time(param, (time_t)now);
    if (X509_verify_cert(ctx) != 1) {
        nx_err e = error_of(X509_STORE_CTX_get_error(ctx));
        ERR_clear_error();
        NX_FAIL(e);
    }
    STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(ctx);
    NX_REQUIRE(sk_X509_num(path) >= 2, NX_ERR_CERT_UNTRUSTED); /* an anchor is nobody's certificate */
    c->issuer = sk_X509_value(path, 1);
    X509_up_ref(c->issuer);
    return NX_OK;
}

/* Absent extensions allow anything in X.509; here what a certificate is for must be stated. */
static nx_result check_use(X509 *x)
{
    uint32_t flags = X509_get_extension_flags(x);
    NX_REQUIRE(!(flags & EXFLAG_CA), NX_ERR_CERT_USE);
    NX_REQUIRE((flags & EXFLAG_XKUSAGE) && (X509_get_extended_key_usage(x) & XKU_SSL_CLIENT), NX_ERR_CERT_USE);
    NX_REQUIRE((flags & EXFLAG_KUSAGE) && (X509_get_key_usage(x) & KU_DIGITAL_SIGNATURE), NX_ERR_CERT_USE);
    return NX_OK;
}

nx_result nx_cert_open(nx_cert **out, const nx_anchors *anchors, nx_span der, nx_time now)
{
    NX_REQUIRE(der.n > 0 && der.n <= NX_CERT_DER_MAX, NX_ERR_CERT);
    NX_AUTO(nx_cert) c = calloc(1, sizeof *c);
    NX_NEED(c);
    const unsigned char *p = (const unsigned char *)der.p;
    c->anchors = anchors;
    c->x = d2i_X509(NULL, &p, (long)der.n);
    ERR_clear_error();
    NX_REQUIRE(c->x && p == (const unsigned char *)der.p + der.n, NX_ERR_CERT);
    NX_TRY(find_path(c, now));
    NX_TRY(check_use(c->x));
    NX_TRY(nx_cert_read(c));
    *out = NX_STEAL(c);
    return NX_OK;
}

void nx_cert_close(nx_cert *c)
{
    if (!c) return;
    X509_free(c->x);
    X509_free(c->issuer);
    free(c);
}

const struct nx_cert_facts *nx_cert_facts(const nx_cert *c)
{
    return &c->facts;
}
