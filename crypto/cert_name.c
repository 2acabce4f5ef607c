/* Names that a certificate vouches for (RFC 5280 section 4.2.1.6). */
#include "crypto/cert_inside.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <strings.h>

static int type_of(enum nx_cert_name kind)
{
    switch (kind) {
    case NX_CERT_NAME_DNS:
        return GEN_DNS;
    case NX_CERT_NAME_URI:
        return GEN_URI;
    case NX_CERT_NAME_IP:
        return GEN_IPADD;
    case NX_CERT_NAME_EMAIL:
        return GEN_EMAIL;
    case NX_CERT_NAME_SUBJECT:
        break;
    }
    return -1;
}

/* The name as it stands in a certificate: an address as its bytes, everything else as its text. */
static nx_span wanted_of(enum nx_cert_name kind, const char *name, unsigned char address[16])
{
    if (kind != NX_CERT_NAME_IP) return nx_span_str(name);
    if (inet_pton(AF_INET, name, address) == 1) return nx_span_of(address, 4);
    if (inet_pton(AF_INET6, name, address) == 1) return nx_span_of(address, 16);
    return NX_SPAN_NONE;
}

/* A zero byte inside of a name would end it for others: lengths are compared first. */
static bool matches(const GENERAL_NAME *g, int type, nx_span wanted)
{
    int found;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(g, &found);
    if (found != type || !value || (size_t)ASN1_STRING_length(value) != wanted.n) return false;
    const char *p = (const char *)ASN1_STRING_get0_data(value);
    return type == GEN_DNS ? strncasecmp(p, (const char *)wanted.p, wanted.n) == 0 : memcmp(p, wanted.p, wanted.n) == 0;
}

bool nx_cert_is_named(const nx_cert *c, enum nx_cert_name kind, const char *name)
{
    unsigned char address[16];
    if (kind == NX_CERT_NAME_SUBJECT) return *name && strcmp(c->facts.subject, name) == 0;
    nx_span wanted = wanted_of(kind, name, address);
    GENERAL_NAMES *all = wanted.n ? X509_get_ext_d2i(c->x, NID_subject_alt_name, NULL, NULL) : NULL;
    bool found = false;
    for (int i = 0; !found && i < sk_GENERAL_NAME_num(all); i++)
        found = matches(sk_GENERAL_NAME_value(all, i), type_of(kind), wanted);
    GENERAL_NAMES_free(all);
    return found;
}
