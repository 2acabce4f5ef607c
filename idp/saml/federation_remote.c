/* Where metadata is fetched from, as an operator names it. */
#include "saml/federation.h"

#include "crypto/certificate.h"
#include "house/house.h"

#include <ctype.h>

#define FINGERPRINT_LEN (2 * NX_SHA256_LEN)

static NX_FALLIBLE wrong(const char **why, nx_err e, const char *text)
{
    *why = text;
    NX_FAIL(e);
}

/* As openssl prints it, or bare; NULL: neither. */
static const char *fingerprint_of(nx_arena *a, const char *text)
{
    char *hex = nx_arena_alloc(a, FINGERPRINT_LEN + 1);
    size_t n = 0;
    for (; hex && *text; text++) {
        if (*text == ':') continue;
        if (!isxdigit((unsigned char)*text) || n == FINGERPRINT_LEN) return NULL;
        hex[n++] = (char)tolower((unsigned char)*text);
    }
    return n == FINGERPRINT_LEN ? hex : NULL;
}

static NX_FALLIBLE pin_of(struct nx_saml_remote *out, nx_arena *a, const struct nx_saml_place *by, const char **why)
{
    if (!by->certificate == !by->fingerprint)
        return wrong(why, NX_ERR_MISSING, "certificate or fingerprint: the one certificate that signs the metadata");
    if (by->fingerprint) {
        out->fingerprint = fingerprint_of(a, by->fingerprint);
        return out->fingerprint ? NX_OK : wrong(why, NX_ERR_SYNTAX, "fingerprint: SHA-256 in hexadecimal");
    }
    nx_result r = nx_certificate_pem(&out->pin, a, nx_span_str(by->certificate));
    if (!nx_ok(r)) *why = "certificate: one certificate in PEM";
    return r;
}

NX_FALLIBLE nx_saml_remote_at(struct nx_saml_remote *out, struct nx_house *house, nx_arena *a,
                                 const struct nx_saml_place *by, const char **why)
{
    *out = (struct nx_saml_remote){.url = by->url, .entity_id = by->entity_id};
    if (!by->url) return wrong(why, NX_ERR_MISSING, "metadata_url: where the metadata is");
    NX_TRY(pin_of(out, a, by, why));
    NX_REQUIRE(house->egress, NX_ERR_EGRESS_AWAY);
    nx_result r = nx_egress_url_allowed(house->egress, NX_PURPOSE_FEDERATION, nx_span_str(by->url));
    if (!nx_ok(r)) *why = "metadata_url: not a URL that this server calls";
    return r;
}
