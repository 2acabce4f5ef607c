/* Keys of a peer. A certificate is a container (crypto/certificate.h): what counts is that the metadata names it. */
#include "crypto/certificate.h"
#include "saml/entity_reading.h"

#include <openssl/ec.h>

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192

static bool is_curve(const EVP_PKEY *key, const char *name)
{
    char group[32];
    size_t n;
    return EVP_PKEY_get_group_name(key, group, sizeof group, &n) == 1 && strcmp(group, name) == 0;
}

/* NULL, or why it is left out. */
static const char *unusable(const EVP_PKEY *key)
{
    int bits = EVP_PKEY_get_bits(key);
    if (EVP_PKEY_is_a(key, "EC"))
        return is_curve(key, "prime256v1") || is_curve(key, "secp384r1")
                   ? NULL
                   : "a key on another curve than P-256 and P-384 is left out";
    if (!EVP_PKEY_is_a(key, "RSA")) return "a key that is neither RSA nor EC is left out";
    if (bits < RSA_BITS_MIN) return "an RSA key of less than 2048 bits is left out";
    return bits > RSA_BITS_MAX ? "an RSA key of more than 8192 bits is left out" : NULL;
}

/* A key that already stands there serves for both uses. */
static bool merge(struct nx_saml_key *v, size_t n, nx_span spki, unsigned uses, struct nx_strings methods)
{
    for (size_t i = 0; i < n; i++)
        if (nx_span_eq(v[i].spki, spki)) {
            v[i].uses |= uses;
            if (v[i].methods.n == 0) v[i].methods = methods;
            return true;
        }
    return false;
}

struct keys {
    struct nx_saml_reading *r;
    struct nx_saml_key *v;
    size_t seen;
    unsigned uses;             /* of the KeyDescriptor at hand */
    struct nx_strings methods; /* likewise */
};

static nx_result add_key(struct keys *k, const nx_xml_node *at, EVP_PKEY *key)
{
    nx_span spki;
    nx_saml_entity *e = k->r->entity;
    const char *why = unusable(key);
    nx_result encoded = why ? NX_OK : nx_spki(&spki, k->r->arena, key);
    bool known = !why && nx_ok(encoded) && merge(k->v, e->key_count, spki, k->uses, k->methods);
    if (why || known || !nx_ok(encoded)) EVP_PKEY_free(key);
    if (why) nx_saml_note(k->r, at, why);
    NX_TRY(encoded);
    if (why || known) return NX_OK;
    k->v[e->key_count++] =
        (struct nx_saml_key){.uses = k->uses, .key = key, .spki = spki, .methods = k->methods};
    return NX_OK;
}

static nx_result read_certificate(struct keys *k, const nx_xml_node *at)
{
    nx_span der;
    EVP_PKEY *key = NULL;
    if (k->seen++ == NX_SAML_KEYS_MAX) nx_saml_refuse(k->r, at, "there are too many certificates");
    if (k->seen > NX_SAML_KEYS_MAX) return NX_OK;
    nx_result got = nx_xml_base64(&der, k->r->arena, at, NX_CERTIFICATE_MAX);
    if (nx_ok(got)) got = nx_certificate_key(&key, der);
    if (nx_ok(got)) return add_key(k, at, key);
    NX_REQUIRE(got.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    nx_saml_refuse(k->r, at, "X509Certificate is not a certificate in base64");
    return NX_OK;
}

static bool read_use(struct keys *k, const nx_xml_node *descriptor)
{
    const char *use = nx_xml_attr(descriptor, "use");
    bool signing = !use || strcmp(use, "signing") == 0, encryption = !use || strcmp(use, "encryption") == 0;
    k->uses = (signing ? NX_SAML_FOR_SIGNING : 0) | (encryption ? NX_SAML_FOR_ENCRYPTION : 0);
    if (!k->uses) nx_saml_refuse(k->r, descriptor, "use of a KeyDescriptor is signing or encryption");
    return k->uses != 0;
}

static nx_result read_methods(struct keys *k, const nx_xml_node *descriptor)
{
    const char **v = nx_arena_new(k->r->arena, const char *, NX_SAML_METHODS_MAX);
    NX_NEED(v);
    size_t n = 0;
    const nx_xml_node *e = nx_xml_child(descriptor, NX_NS_MD, "EncryptionMethod");
    for (; e && n < NX_SAML_METHODS_MAX; e = nx_xml_again(e)) {
        nx_span uri = nx_span_str(nx_xml_attr(e, "Algorithm"));
        if (uri.n == 0 || uri.n > NX_SAML_URI_MAX || !nx_ascii_printable(uri))
            nx_saml_refuse(k->r, e, "EncryptionMethod needs an Algorithm");
        else
            NX_NEED(v[n++] = nx_arena_dup(k->r->arena, uri));
    }
    if (e) nx_saml_refuse(k->r, e, "there are too many EncryptionMethod elements");
    k->methods = (struct nx_strings){v, n};
    return NX_OK;
}

static nx_result read_descriptor(struct keys *k, const nx_xml_node *descriptor)
{
    const nx_xml_node *info = nx_xml_child(descriptor, NX_NS_DS, "KeyInfo");
    size_t before = k->seen;
    if (!read_use(k, descriptor)) return NX_OK;
    NX_TRY(read_methods(k, descriptor));
    const nx_xml_node *data = info ? nx_xml_child(info, NX_NS_DS, "X509Data") : NULL;
    for (; data; data = nx_xml_again(data)) {
        const nx_xml_node *c = nx_xml_child(data, NX_NS_DS, "X509Certificate");
        for (; c && k->seen <= NX_SAML_KEYS_MAX; c = nx_xml_again(c))
            NX_TRY(read_certificate(k, c));
    }
    if (k->seen == before) nx_saml_note(k->r, descriptor, "a KeyDescriptor without X509Certificate is left out");
    return NX_OK;
}

static bool has_key(const nx_saml_entity *e, unsigned use)
{
    return nx_saml_key_for(e, use, 0) != NULL;
}

NX_FALLIBLE nx_saml_read_keys(struct nx_saml_reading *r)
{
    struct keys k = {.r = r, .v = nx_arena_new(r->arena, struct nx_saml_key, NX_SAML_KEYS_MAX)};
    NX_NEED(k.v);
    r->entity->key = k.v;
    const nx_xml_node *first = nx_xml_child(r->role, NX_NS_MD, "KeyDescriptor");
    for (const nx_xml_node *d = first; d && k.seen <= NX_SAML_KEYS_MAX; d = nx_xml_again(d))
        NX_TRY(read_descriptor(&k, d));
    if (first && r->entity->key_count == 0) nx_saml_refuse(r, first, "none of the keys can be used");
    bool signs = has_key(r->entity, NX_SAML_FOR_SIGNING);
    if (r->entity->role == NX_SAML_IDP && !signs)
        nx_saml_refuse(r, r->role, "an identity provider needs a key that signs");
    if (r->entity->requests_signed && !signs)
        nx_saml_refuse(r, r->role, "AuthnRequestsSigned is true and there is no key that signs");
    return NX_OK;
}
