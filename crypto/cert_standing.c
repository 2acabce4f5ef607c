/* Does a certificate still stand? By CRL (RFC 5280 section 5) or by OCSP (RFC 6960). The anchors' clock is ours:
 * nothing here asks the machine's. */
#include "crypto/cert_inside.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdlib.h>

struct nx_crl {
    X509_CRL *crl;
};

/* ---- CRL
 * -------------------------------------------------------------------------------------------------- */

static X509_CRL *parse_crl(nx_span bytes)
{
    const unsigned char *p = (const unsigned char *)bytes.p, *end = p + bytes.n;
    if (bytes.p[0] == 0x30) {
        X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)bytes.n);
        if (crl && p == end) return crl;
        X509_CRL_free(crl);
        return NULL;
    }
    BIO *bio = BIO_new_mem_buf(bytes.p, (int)bytes.n);
    X509_CRL *crl = bio ? PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    return crl;
}

nx_result nx_crl_open(nx_crl **out, nx_span bytes)
{
    NX_REQUIRE(bytes.n > 1 && bytes.n <= NX_CRL_DER_MAX, NX_ERR_CERT);
    NX_AUTO(nx_crl) c = calloc(1, sizeof *c);
    NX_NEED(c);
    c->crl = parse_crl(bytes);
    ERR_clear_error();
    NX_REQUIRE(c->crl, NX_ERR_CERT);
    *out = NX_STEAL(c);
    return NX_OK;
}

void nx_crl_close(nx_crl *crl)
{
    if (!crl) return;
    X509_CRL_free(crl->crl);
    free(crl);
}

/* A part of a list, or an indirect one, says so in a critical extension. */
static bool has_critical(const X509_CRL *crl)
{
    for (int i = 0; i < X509_CRL_get_ext_count(crl); i++)
        if (X509_EXTENSION_get_critical(X509_CRL_get_ext(crl, i))) return true;
    return false;
}

static bool is_weak(int nid)
{
    int digest = NID_undef;
    return OBJ_find_sigid_algs(nid, &digest, NULL) != 1 || digest == NID_sha1 || digest == NID_md5 ||
           digest == NID_undef;
}

static nx_result check_crl(nx_time *until, X509_CRL *crl, const nx_cert *c, nx_time now)
{
    nx_time made;
    bool dated = nx_asn1_time(&made, X509_CRL_get0_lastUpdate(crl)) &&
                 nx_asn1_time(until, X509_CRL_get0_nextUpdate(crl));
    NX_REQUIRE(dated && made <= now + NX_CERT_SKEW_S && *until > now, NX_ERR_CERT_STANDING);
    NX_REQUIRE(!has_critical(crl) && !is_weak(X509_CRL_get_signature_nid(crl)), NX_ERR_CERT_STANDING);
    uint32_t flags = X509_get_extension_flags(c->issuer);
    NX_REQUIRE(!(flags & EXFLAG_KUSAGE) || (X509_get_key_usage(c->issuer) & KU_CRL_SIGN), NX_ERR_CERT_STANDING);
    int ok = X509_CRL_verify(crl, X509_get0_pubkey(c->issuer));
    ERR_clear_error();
    NX_REQUIRE(ok == 1, NX_ERR_CERT_STANDING);
    return NX_OK;
}

nx_result nx_crl_ask(enum nx_cert_standing *out, nx_time *until, const nx_crl *crl, const nx_cert *c, nx_time now)
{
    X509_REVOKED *row = NULL;
    *out = NX_CERT_UNKNOWN;
    *until = now;
    if (X509_NAME_cmp(X509_CRL_get_issuer(crl->crl), X509_get_subject_name(c->issuer)) != 0) return NX_OK;
    NX_TRY(check_crl(until, crl->crl, c, now));
    int found = X509_CRL_get0_by_serial(crl->crl, &row, X509_get0_serialNumber(c->x));
    *out = found == 1 ? NX_CERT_REVOKED : NX_CERT_GOOD; /* 2: taken off a hold */
    return NX_OK;
}

/* ---- OCSP
 * ------------------------------------------------------------------------------------------------- */

static void id_auto(OCSP_CERTID **id)
{
    OCSP_CERTID_free(*id);
}
static void basic_auto(OCSP_BASICRESP **b)
{
    OCSP_BASICRESP_free(*b);
}
static void response_auto(OCSP_RESPONSE **r)
{
    OCSP_RESPONSE_free(*r);
}
static void request_auto(OCSP_REQUEST **r)
{
    OCSP_REQUEST_free(*r);
}
static void stack_auto(STACK_OF(X509) * *s)
{
    sk_X509_free(*s);
}
#define AUTO(fn) __attribute__((cleanup(fn)))

/* SHA-1 here names the issuer and proves nothing; it is the one that every responder knows (RFC 6960 section
 * 4.3). */
static OCSP_CERTID *id_of(const nx_cert *c)
{
    return OCSP_cert_to_id(EVP_sha1(), c->x, c->issuer);
}

nx_result nx_ocsp_ask(nx_span *der, nx_arena *a, const nx_cert *c)
{
    AUTO(request_auto) OCSP_REQUEST *rq = OCSP_REQUEST_new();
    OCSP_CERTID *id = id_of(c);
    if (!rq || !id || !OCSP_request_add0_id(rq, id)) {
        OCSP_CERTID_free(id);
        NX_FAIL(NX_ERR_MEMORY);
    }
    int n = i2d_OCSP_REQUEST(rq, NULL);
    NX_REQUIRE(n > 0, NX_ERR_CRYPTO);
    unsigned char *out = nx_arena_alloc(a, (size_t)n), *p = out;
    NX_NEED(out);
    i2d_OCSP_REQUEST(rq, &p);
    *der = nx_span_of((const char *)out, (size_t)n);
    return NX_OK;
}

/* A delegate's certificate must lead to the very issuer, say that it may, and have no way of its own to be revoked
 * that we would have to ask. OpenSSL checks path, issuer and use; the machine's clock in it is set to ours. */
static nx_result check_signer(OCSP_BASICRESP *basic, const nx_cert *c, nx_time now)
{
    AUTO(stack_auto) STACK_OF(X509) *helpers = sk_X509_dup(c->anchors->helpers);
    X509_STORE *store = X509_STORE_new();
    NX_REQUIRE(helpers && store, NX_ERR_MEMORY);
    X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);
    X509_VERIFY_PARAM_set_time(param, (time_t)now);
    X509_VERIFY_PARAM_set_auth_level(param, 2);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    int ok = sk_X509_push(helpers, c->issuer) > 0 && X509_STORE_add_cert(store, c->issuer) == 1 &&
             OCSP_basic_verify(basic, helpers, store, 0) == 1;
    X509_STORE_free(store);
    ERR_clear_error();
    NX_REQUIRE(ok, NX_ERR_CERT_STANDING);
    return NX_OK;
}

static nx_result read_single(enum nx_cert_standing *out, nx_time *until, OCSP_BASICRESP *basic, const nx_cert *c,
                             nx_time now)
{
    AUTO(id_auto) OCSP_CERTID *id = id_of(c);
    ASN1_GENERALIZEDTIME *made = NULL, *next = NULL;
    nx_time at;
    int status, reason;
    NX_NEED(id);
    NX_REQUIRE(OCSP_resp_find_status(basic, id, &status, &reason, NULL, &made, &next) == 1,
               NX_ERR_CERT_STANDING);
    NX_REQUIRE(nx_asn1_time(&at, made) && at <= now + NX_CERT_SKEW_S, NX_ERR_CERT_STANDING);
    *until = at + NX_OCSP_AGE_MAX_S;
    if (next) NX_REQUIRE(nx_asn1_time(until, next), NX_ERR_CERT_STANDING);
    NX_REQUIRE(*until > now, NX_ERR_CERT_STANDING);
    *out = status == V_OCSP_CERTSTATUS_GOOD      ? NX_CERT_GOOD
           : status == V_OCSP_CERTSTATUS_REVOKED ? NX_CERT_REVOKED
                                                 : NX_CERT_UNKNOWN;
    return NX_OK;
}

nx_result nx_ocsp_read(enum nx_cert_standing *out, nx_time *until, const nx_cert *c, nx_span der, nx_time now)
{
    const unsigned char *p = (const unsigned char *)der.p;
    *out = NX_CERT_UNKNOWN;
    *until = now;
    NX_REQUIRE(der.n > 0 && der.n <= NX_OCSP_DER_MAX, NX_ERR_CERT_STANDING);
    AUTO(response_auto) OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &p, (long)der.n);
    bool said = r && OCSP_response_status(r) == OCSP_RESPONSE_STATUS_SUCCESSFUL;
    AUTO(basic_auto) OCSP_BASICRESP *basic = said ? OCSP_response_get1_basic(r) : NULL;
    ERR_clear_error();
    NX_REQUIRE(basic, NX_ERR_CERT_STANDING);
    NX_TRY(check_signer(basic, c, now));
    return read_single(out, until, basic, c, now);
}
