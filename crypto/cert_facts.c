/* What a certificate says of its subject. Texts are shown to people and kept in the audit trail: they are
 * bounded, valid UTF-8 and without control characters, or they are refused. */
#include "crypto/cert_inside.h"

#include "base/text.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <time.h>

#define NATIONAL_DIGITS 12

static const struct {
    const char *oid;
    const char *front;
} numbers[] = {
#define N(oid, front) {(oid), (front)},
#include "crypto/cert_number.def"
#undef N
};

static void bio_auto(BIO **b)
{
    BIO_free(*b);
}

static nx_result name_text(char out[NX_CERT_TEXT_MAX + 1], const X509_NAME *name)
{
    __attribute__((cleanup(bio_auto))) BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    NX_NEED(bio);
    NX_REQUIRE(X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0,
               NX_ERR_CERT);
    long n = BIO_get_mem_data(bio, &text);
    NX_REQUIRE(n >= 0 && n <= NX_CERT_TEXT_MAX && nx_utf8_printable(nx_span_of(text, (size_t)n)), NX_ERR_CERT);
    memcpy(out, text, (size_t)n);
    out[n] = '\0';
    return NX_OK;
}

/* The one attribute of that OID; "" when there is none. Two of them say nothing. */
static nx_result attribute(char out[NX_CERT_TEXT_MAX + 1], X509_NAME *name, const char *oid)
{
    out[0] = '\0';
    ASN1_OBJECT *obj = OBJ_txt2obj(oid, 1);
    NX_NEED(obj);
    int at = X509_NAME_get_index_by_OBJ(name, obj, -1);
    int more = at >= 0 ? X509_NAME_get_index_by_OBJ(name, obj, at) : -1;
    ASN1_OBJECT_free(obj);
    if (at < 0 || more >= 0) return NX_OK;
    unsigned char *utf8 = NULL;
    int n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    bool fits =
        n > 0 && n <= NX_CERT_TEXT_MAX && nx_utf8_printable(nx_span_of((const char *)utf8, (size_t)n));
    if (fits) snprintf(out, NX_CERT_TEXT_MAX + 1, "%.*s", n, (const char *)utf8);
    OPENSSL_free(utf8);
    NX_REQUIRE(n < 0 || fits || n == 0, NX_ERR_CERT);
    return NX_OK;
}

static bool is_number(const char *text)
{
    return strlen(text) == NATIONAL_DIGITS && strspn(text, "0123456789") == NATIONAL_DIGITS;
}

static nx_result read_number(struct nx_cert_facts *f, X509_NAME *name)
{
    char text[NX_CERT_TEXT_MAX + 1];
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        size_t front = strlen(numbers[i].front);
        NX_TRY(attribute(text, name, numbers[i].oid));
        if (strncmp(text, numbers[i].front, front) != 0 || !is_number(text + front)) continue;
        NX_REQUIRE(!f->national_id[0] || strcmp(f->national_id, text + front) == 0, NX_ERR_CERT);
        snprintf(f->national_id, sizeof f->national_id, "%.*s", NATIONAL_DIGITS, text + front);
    }
    return NX_OK;
}

bool nx_asn1_time(nx_time *out, const ASN1_TIME *t)
{
    struct tm tm;
    if (!t || ASN1_TIME_to_tm(t, &tm) != 1) return false;
    *out = (nx_time)timegm(&tm);
    return true;
}

static nx_result read_serial(struct nx_cert_facts *f, const X509 *x)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
    int n = ASN1_STRING_length(serial);
    NX_REQUIRE(n > 0 && n <= 20, NX_ERR_CERT); /* RFC 5280 section 4.1.2.2 */
    for (int i = 0; i < n; i++)
        snprintf(f->serial + 2 * i, 3, "%02x", ASN1_STRING_get0_data(serial)[i]);
    return NX_OK;
}

static nx_result read_name(struct nx_cert_facts *f, X509 *x)
{
    unsigned char *der = NULL;
    int n = i2d_X509_NAME(X509_get_issuer_name(x), &der);
    NX_REQUIRE(n > 0, NX_ERR_CERT);
    nx_span parts[] = {nx_span_of((const char *)der, (size_t)n), nx_span_str(f->serial)};
    nx_result r = nx_sha256_parts(f->name, parts, 2);
    OPENSSL_free(der);
    return r;
}

static void keep_url(char out[NX_CERT_URL_MAX + 1], const GENERAL_NAME *name)
{
    if (out[0] || !name || name->type != GEN_URI) return;
    int n = ASN1_STRING_length(name->d.uniformResourceIdentifier);
    const char *p = (const char *)ASN1_STRING_get0_data(name->d.uniformResourceIdentifier);
    if (n > 0 && n <= NX_CERT_URL_MAX && nx_ascii_printable(nx_span_of(p, (size_t)n)))
        snprintf(out, NX_CERT_URL_MAX + 1, "%.*s", n, p);
}

static void read_ocsp(struct nx_cert_facts *f, X509 *x)
{
    AUTHORITY_INFO_ACCESS *all = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
    for (int i = 0; all && i < sk_ACCESS_DESCRIPTION_num(all); i++) {
        const ACCESS_DESCRIPTION *d = sk_ACCESS_DESCRIPTION_value(all, i);
        if (OBJ_obj2nid(d->method) == NID_ad_OCSP) keep_url(f->ocsp, d->location);
    }
    AUTHORITY_INFO_ACCESS_free(all);
}

static void read_crl(struct nx_cert_facts *f, X509 *x)
{
    CRL_DIST_POINTS *all = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
    for (int i = 0; all && i < sk_DIST_POINT_num(all); i++) {
        const DIST_POINT *d = sk_DIST_POINT_value(all, i);
        if (!d->distpoint || d->distpoint->type != 0) continue;
        for (int k = 0; k < sk_GENERAL_NAME_num(d->distpoint->name.fullname); k++)
            keep_url(f->crl, sk_GENERAL_NAME_value(d->distpoint->name.fullname, k));
    }
    CRL_DIST_POINTS_free(all);
}

nx_result nx_cert_read(struct nx_cert *c)
{
    struct nx_cert_facts *f = &c->facts;
    X509_NAME *subject = X509_get_subject_name(c->x);
    NX_TRY(name_text(f->subject, subject));
    NX_TRY(name_text(f->issuer, X509_get_issuer_name(c->x)));
    NX_TRY(attribute(f->common_name, subject, "2.5.4.3"));
    NX_TRY(read_number(f, subject));
    NX_TRY(read_serial(f, c->x));
    NX_TRY(read_name(f, c->x));
    NX_REQUIRE(nx_asn1_time(&f->not_after, X509_get0_notAfter(c->x)), NX_ERR_CERT);
    read_ocsp(f, c->x);
    read_crl(f, c->x);
    ERR_clear_error();
    return NX_OK;
}
