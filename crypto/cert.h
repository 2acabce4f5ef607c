/* Other people's X.509 certificates: is this one vouched for, for what, by whom, and does it still stand?
 * (RFC 5280, RFC 6960). Our own SAML certificates are crypto/certificate.h.
 *
 * A set of anchors is the only thing that a purpose trusts (SECURITY.md 29): no system store, no fetching of
 * issuers. Self-signed certificates of the file are anchors, the others help to build a path, since the edge
 * passes on the leaf alone. Whether it still stands is said by a CRL or an OCSP answer that its issuer signed;
 * where to get one is idp/authn's business. Everything is thread safe. */
#ifndef NX_CRYPTO_CERT_H
#define NX_CRYPTO_CERT_H

#include "base/arena.h"
#include "base/clock.h"
#include "crypto/digest.h"

#define NX_CERT_DER_MAX 8192
#define NX_CERT_TEXT_MAX 512
#define NX_CERT_URL_MAX 1024
#define NX_CRL_DER_MAX (16u << 20)
#define NX_OCSP_DER_MAX (64u << 10)
#define NX_CERT_SKEW_S 300
#define NX_OCSP_AGE_MAX_S (7 * 86400) /* an answer without an end of its own is believed so long */

typedef struct nx_anchors nx_anchors;
typedef struct nx_cert nx_cert;
typedef struct nx_crl nx_crl;

/* pem: certificates one after the other, at most 256; policies: OIDs of which a path must be valid for one,
 * separated by commas or spaces, "" for any (RFC 5280 section 6.1). NX_ERR_CERT: nothing in it, or something
 * that is no certificate; NX_ERR_SYNTAX: a policy that is no OID. Owned by the caller. */
NX_FALLIBLE nx_anchors_open(nx_anchors **out, nx_span pem, const char *policies);
void nx_anchors_close(nx_anchors *a);
NX_AUTO_DEFINE(nx_anchors, nx_anchors_close)

/* A client's certificate, verified: a path to an anchor at that time; digitalSignature and clientAuth, both
 * stated; no CA; nothing weaker than 112 bits; the policies. NX_ERR_CERT (no certificate, or too large),
 * NX_ERR_CERT_EXPIRED (or not valid yet), NX_ERR_CERT_USE, NX_ERR_CERT_UNTRUSTED. Owned by the caller; anchors must
 * outlive it. */
NX_FALLIBLE nx_cert_open(nx_cert **out, const nx_anchors *anchors, nx_span der, nx_time now);
void nx_cert_close(nx_cert *c);
NX_AUTO_DEFINE(nx_cert, nx_cert_close)

/* Of a certificate; borrowed from it. */
struct nx_cert_facts {
    uint8_t name[NX_SHA256_LEN]; /* of issuer and serial number: what a renewed certificate does not share */
    char subject[NX_CERT_TEXT_MAX + 1];
    char issuer[NX_CERT_TEXT_MAX + 1];
    char common_name[NX_CERT_TEXT_MAX + 1];
    char serial[48];         /* hexadecimal */
    char national_id[16];    /* the person's number where the subject names it (cert_number.def); "" otherwise */
    nx_time not_after;
    char ocsp[NX_CERT_URL_MAX + 1]; /* of its issuer, as the certificate says; "" none */
    char crl[NX_CERT_URL_MAX + 1];
};
const struct nx_cert_facts *nx_cert_facts(const nx_cert *c);

/* Whether it has exactly this name. SUBJECT: the whole distinguished name as RFC 4514 writes it (openssl x509 -nameopt
 * RFC2253,-esc_msb); the others: a subjectAltName. DNS names without regard to case and never by a wildcard; an IP
 * address in any of its spellings. */
enum nx_cert_name {
    NX_CERT_NAME_SUBJECT,
    NX_CERT_NAME_DNS,
    NX_CERT_NAME_URI,
    NX_CERT_NAME_IP,
    NX_CERT_NAME_EMAIL
};
bool nx_cert_is_named(const nx_cert *c, enum nx_cert_name kind, const char *name);

enum nx_cert_standing { NX_CERT_UNKNOWN, NX_CERT_GOOD, NX_CERT_REVOKED };

/* Parses a CRL, DER or PEM. NX_ERR_CERT. */
NX_FALLIBLE nx_crl_open(nx_crl **out, nx_span bytes);
void nx_crl_close(nx_crl *crl);
NX_AUTO_DEFINE(nx_crl, nx_crl_close)
/* What it says of a certificate: UNKNOWN when it is not its issuer's. NX_ERR_CERT_STANDING: its signature is wrong,
 * it is of the future or over, or has a critical extension (a part of a list, an indirect one). *until: how long
 * that is good. */
NX_FALLIBLE nx_crl_ask(enum nx_cert_standing *out, nx_time *until, const nx_crl *crl, const nx_cert *c, nx_time now);

/* The DER of a request about a certificate. */
NX_FALLIBLE nx_ocsp_ask(nx_span *der, nx_arena *a, const nx_cert *c);
/* What the answer says: signed by the issuer or by whom it delegated (id-kp-OCSPSigning), about this
 * certificate, of now. NX_ERR_CERT_STANDING otherwise. */
NX_FALLIBLE nx_ocsp_read(enum nx_cert_standing *out, nx_time *until, const nx_cert *c, nx_span der, nx_time now);

#endif
