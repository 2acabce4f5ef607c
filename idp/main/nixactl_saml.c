#include "nixactl_saml.h"

#include "base/secret.h"
#include "base/text.h"
#include "crypto/alg.h"
#include "crypto/certificate.h"
#include "nixactl.h"
#include "nixactl_render.h"

#include <errno.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (16u << 10)

/* A key pair as PEM; a peer of this kind takes RSA alone. */
static NX_FALLIBLE key_text(nx_span *out, nx_arena *a, EVP_PKEY *pair)
{
    BIO *b = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    bool ok = b && PEM_write_bio_PrivateKey(b, pair, NULL, NULL, 0, NULL, NULL) == 1;
    long n = ok ? BIO_get_mem_data(b, &bytes) : 0;
    *out = n > 0 ? nx_span_of(nx_arena_dup(a, nx_span_of(bytes, (size_t)n)), (size_t)n) : NX_SPAN_NONE;
    if (n > 0) nx_wipe(bytes, (size_t)n);
    BIO_free(b);
    NX_REQUIRE(n > 0, NX_ERR_CRYPTO);
    NX_NEED(out->p);
    return NX_OK;
}

static NX_FALLIBLE write_pair(nx_arena *a, EVP_PKEY *pair, const char *key, const char *certificate, uid_t owner)
{
    nx_span der, text;
    NX_TRY(nx_certificate_make(&der, a, pair, "yte.localhost", nx_now()));
    const char *body = nx_b64_dup(a, der);
    NX_NEED(body);
    const char *pem =
        nx_arena_printf(a, "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n", body);
    NX_NEED(pem);
    NX_TRY(key_text(&text, a, pair));
    NX_TRY(nx_write_file(key, 0600, text));
    NX_REQUIRE(owner == geteuid() || chown(key, owner, (gid_t)-1) == 0, NX_ERR_IO);
    return nx_write_file(certificate, 0644, nx_span_str(pem)); /* last: it says that both are there */
}

static NX_FALLIBLE make_pair(nx_arena *a, const char *key, const char *certificate, uid_t owner)
{
    EVP_PKEY *pair;
    NX_TRY(nx_alg_generate(&pair, NX_ALG_RS256));
    nx_result r = write_pair(a, pair, key, certificate, owner);
    EVP_PKEY_free(pair);
    return r;
}

static const char *metadata_of(nx_arena *a, const struct nx_plan *p, const struct nx_portal *portal, nx_span der)
{
    const char *origin = nx_arena_printf(a, "https://%s%s", portal->host, p->port_suffix);
    const char *certificate = nx_b64_dup(a, der);
    if (!origin || !certificate) return NULL;
    return nx_arena_printf(
        a,
        "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"" NX_SAML_PORTAL_ENTITY "\">"
        "<SPSSODescriptor AuthnRequestsSigned=\"true\" WantAssertionsSigned=\"true\" "
        "protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">"
        "<Extensions><UIInfo xmlns=\"urn:oasis:names:tc:SAML:metadata:ui\">"
        "<DisplayName xml:lang=\"en\">%s</DisplayName><DisplayName xml:lang=\"vi\">%s</DisplayName></UIInfo>"
        "</Extensions>"
        "<KeyDescriptor><KeyInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><X509Data><X509Certificate>%s"
        "</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
        "<SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:SOAP\" Location=\"%s/mellon/logout\"/>"
        "<SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" "
        "Location=\"%s/mellon/logout\"/>"
        "<NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</NameIDFormat>"
        "<AssertionConsumerService index=\"0\" isDefault=\"true\" "
        "Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"%s/mellon/postResponse\"/>"
        "<AssertionConsumerService index=\"1\" Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact\" "
        "Location=\"%s/mellon/artifactResponse\"/>"
        "<AttributeConsumingService index=\"0\"><ServiceName xml:lang=\"en\">%s</ServiceName>"
        "<RequestedAttribute Name=\"urn:oid:2.16.840.1.113730.3.1.241\" FriendlyName=\"displayName\" "
        "NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\" isRequired=\"true\"/>"
        "<RequestedAttribute Name=\"urn:nixa:attribute:birthdate\" FriendlyName=\"birthdate\" "
        "NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\"/>"
        "</AttributeConsumingService></SPSSODescriptor>"
        "<Organization><OrganizationName xml:lang=\"en\">%s</OrganizationName>"
        "<OrganizationDisplayName xml:lang=\"en\">%s</OrganizationDisplayName>"
        "<OrganizationURL xml:lang=\"en\">%s/</OrganizationURL></Organization></EntityDescriptor>\n",
        portal->title, portal->title_vi, certificate, origin, origin, origin, origin, portal->title,
        portal->title, portal->title, origin);
}

static NX_FALLIBLE prepare(nx_arena *a, const struct nx_plan *p, struct nx_portal *portal, const char *folder,
                           uid_t owner)
{
    char key[256], certificate[256], metadata[256];
    nx_span pem, der;
    snprintf(key, sizeof key, "%s/sp.key", folder);
    snprintf(certificate, sizeof certificate, "%s/sp.pem", folder);
    snprintf(metadata, sizeof metadata, "%s/sp.xml", folder);
    if (access(certificate, F_OK) != 0) NX_TRY(make_pair(a, key, certificate, owner));
    NX_TRY(nx_read_file(&pem, a, certificate, FILE_MAX));
    NX_TRY(nx_certificate_pem(&der, a, pem));
    const char *text = metadata_of(a, p, portal, der);
    NX_NEED(text);
    portal->metadata = nx_arena_strdup(p->arena, text);
    NX_NEED(portal->metadata);
    return nx_write_file(metadata, 0644, nx_span_str(portal->metadata));
}

nx_result nx_saml_portal_prepare(const struct nx_plan *p, struct nx_portal *portal, const char *folder, uid_t owner)
{
    NX_AUTO(nx_arena) a = nx_arena_open(1u << 20);
    NX_NEED(a);
    nx_result r = prepare(a, p, portal, folder, owner);
    if (!nx_ok(r)) return nx_refuse(r.e, "cannot make the demo portal's key in %s: %s", folder, strerror(errno));
    return NX_OK;
}
