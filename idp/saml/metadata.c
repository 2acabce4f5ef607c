/* The document is written from tables, signed, and kept until a key turns or it is a quarter of its life old. One
 * slot is enough: a process has one issuer. */
#include "saml/metadata.h"

#include "house/house.h"
#include "saml/message.h"
#include "xml/sign.h"

#include <pthread.h>
#include <stdlib.h>

#define DOCUMENT_MAX (256u << 10)
#define KEEP_MAX_S 21600 /* cacheDuration: peers come back in time for a key that is published before it signs */
#define KEEP_MIN_S 60
#define SP_ACS "/saml/acs"
#define BINDING(name) nx_saml_binding_uri(NX_SAML_##name)

struct making {
    struct nx_house *house;
    nx_arena *arena;
    nx_xml_writer *w;
    int64_t keep;
};

static const char *at(const struct making *m, const char *path)
{
    return nx_arena_printf(m->arena, "%s%s", m->house->issuer, path);
}

static void endpoint(const struct making *m, const char *name, const char *binding, const char *path)
{
    nx_xml_begin(m->w, NX_NS_MD, name);
    nx_xml_put_attr(m->w, "Binding", binding);
    nx_xml_put_attr(m->w, "Location", at(m, path));
    nx_xml_end(m->w);
}

static void indexed(const struct making *m, const char *name, const char *binding, const char *path)
{
    nx_xml_begin(m->w, NX_NS_MD, name);
    nx_xml_put_attr(m->w, "Binding", binding);
    nx_xml_put_attr(m->w, "Location", at(m, path));
    nx_xml_put_attr_number(m->w, "index", 0);
    nx_xml_put_attr_bool(m->w, "isDefault", true);
    nx_xml_end(m->w);
}

static void translated(const struct making *m, nx_ns ns, const char *name, const char *lang, const char *text)
{
    nx_xml_begin(m->w, ns, name);
    nx_xml_put_attr_in(m->w, NX_NS_XML, "lang", lang);
    nx_xml_put_text(m->w, nx_span_str(text));
    nx_xml_end(m->w);
}

/* ---- keys -------------------------------------------------------------------------------------------------- */

static void method(const struct making *m, const char *uri)
{
    nx_xml_begin(m->w, NX_NS_MD, "EncryptionMethod");
    nx_xml_put_attr(m->w, "Algorithm", uri);
    nx_xml_end(m->w);
}

static void key(const struct making *m, const nx_signing_key *k, const char *use)
{
    bool opens = nx_key_use_opens(nx_signing_key_use(k));
    nx_xml_begin(m->w, NX_NS_MD, "KeyDescriptor");
    nx_xml_put_attr(m->w, "use", use);
    nx_xml_begin(m->w, NX_NS_DS, "KeyInfo");
    nx_xml_put(m->w, NX_NS_DS, "KeyName", nx_signing_key_kid(k));
    nx_xml_begin(m->w, NX_NS_DS, "X509Data");
    nx_xml_put(m->w, NX_NS_DS, "X509Certificate", nx_signing_key_certificate(k));
    nx_xml_end(m->w);
    nx_xml_end(m->w);
    if (opens) {
        method(m, "http://www.w3.org/2009/xmlenc11#aes256-gcm");
        method(m, "http://www.w3.org/2009/xmlenc11#aes128-gcm");
        method(m, "http://www.w3.org/2009/xmlenc11#rsa-oaep");
        method(m, "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p");
    }
    nx_xml_end(m->w);
}

/* The one that signs first: peers that take one key take the first. */
static nx_result signing_keys(const struct making *m)
{
    static const nx_key_use uses[] = {NX_USE_SAML, NX_USE_SAML_EC};
    nx_signing_key *k[NX_KEYS_OF_USE_MAX];
    size_t n;
    for (size_t u = 0; u < sizeof uses / sizeof uses[0]; u++) {
        NX_TRY(nx_keyring_keys(k, &n, m->house->keyring, uses[u]));
        for (size_t i = 0; i < n; i++) {
            key(m, k[i], "signing");
            nx_signing_key_release(k[i]);
        }
    }
    return NX_OK;
}

/* One alone: an older one still opens what was encrypted by older metadata, and nobody should begin to use it. */
static nx_result encryption_key(const struct making *m)
{
    NX_AUTO(nx_signing_key) k = NULL;
    NX_TRY(nx_keyring_active(&k, m->house->keyring, NX_USE_SAML_ENC));
    key(m, k, "encryption");
    return NX_OK;
}

/* ---- roles ------------------------------------------------------------------------------------------------- */

static void display(const struct making *m)
{
    const char *name = m->house->settings->organisation;
    nx_xml_begin(m->w, NX_NS_MD, "Extensions");
    nx_xml_begin(m->w, NX_NS_MDUI, "UIInfo");
    translated(m, NX_NS_MDUI, "DisplayName", "vi", name);
    translated(m, NX_NS_MDUI, "DisplayName", "en", name);
    translated(m, NX_NS_MDUI, "Description", "vi", "Đăng nhập một lần cho dịch vụ công");
    translated(m, NX_NS_MDUI, "Description", "en", "One sign-in for public services");
    translated(m, NX_NS_MDUI, "InformationURL", "vi", at(m, "/"));
    nx_xml_end(m->w);
    nx_xml_end(m->w);
}

static void logout_services(const struct making *m)
{
    endpoint(m, "SingleLogoutService", BINDING(REDIRECT), NX_SAML_PATH_LOGOUT);
    endpoint(m, "SingleLogoutService", BINDING(POST), NX_SAML_PATH_LOGOUT_POST);
    endpoint(m, "SingleLogoutService", BINDING(SOAP), NX_SAML_PATH_LOGOUT_SOAP);
}

static void formats(const struct making *m)
{
    static const enum nx_saml_format list[] = {NX_SAML_PERSISTENT, NX_SAML_TRANSIENT, NX_SAML_EMAIL};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        nx_xml_put(m->w, NX_NS_MD, "NameIDFormat", nx_saml_format_uri(list[i]));
}

static void attributes(const struct making *m)
{
    static const char *const rows[][2] = {
#define T(claim, name, friendly) {(name), (friendly)},
#include "saml/attribute.def"
#undef T
        {"urn:nixa:attribute:level", "level"},   {"urn:nixa:attribute:amr", "amr"},
        {"urn:nixa:attribute:qr_id", "qr_id"},   {"urn:nixa:attribute:qr_px", "qr_px"},
        {"urn:nixa:attribute:status", "status"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        nx_xml_begin(m->w, NX_NS_SAML, "Attribute");
        nx_xml_put_attr(m->w, "Name", rows[i][0]);
        nx_xml_put_attr(m->w, "NameFormat", NX_SAML_NAME_URI);
        nx_xml_put_attr(m->w, "FriendlyName", rows[i][1]);
        nx_xml_end(m->w);
    }
}

static nx_result for_portals(const struct making *m)
{
    nx_xml_begin(m->w, NX_NS_MD, "IDPSSODescriptor");
    nx_xml_put_attr(m->w, "protocolSupportEnumeration", NX_SAML_NS_PROTOCOL);
    nx_xml_put_attr_bool(m->w, "WantAuthnRequestsSigned", false);
    display(m);
    NX_TRY(signing_keys(m));
    indexed(m, "ArtifactResolutionService", BINDING(SOAP), NX_SAML_PATH_ARTIFACT);
    logout_services(m);
    formats(m);
    endpoint(m, "SingleSignOnService", BINDING(REDIRECT), NX_SAML_PATH_SSO);
    endpoint(m, "SingleSignOnService", BINDING(POST), NX_SAML_PATH_SSO_POST);
    attributes(m);
    nx_xml_end(m->w);
    return NX_OK;
}

static nx_result for_upstreams(const struct making *m)
{
    nx_xml_begin(m->w, NX_NS_MD, "SPSSODescriptor");
    nx_xml_put_attr(m->w, "protocolSupportEnumeration", NX_SAML_NS_PROTOCOL);
    nx_xml_put_attr_bool(m->w, "AuthnRequestsSigned", true);
    nx_xml_put_attr_bool(m->w, "WantAssertionsSigned", true);
    display(m);
    NX_TRY(signing_keys(m));
    NX_TRY(encryption_key(m));
    logout_services(m);
    formats(m);
    indexed(m, "AssertionConsumerService", BINDING(POST), SP_ACS);
    nx_xml_end(m->w);
    return NX_OK;
}

static void organisation(const struct making *m)
{
    const char *name = m->house->settings->organisation;
    nx_xml_begin(m->w, NX_NS_MD, "Organization");
    translated(m, NX_NS_MD, "OrganizationName", "vi", name);
    translated(m, NX_NS_MD, "OrganizationDisplayName", "vi", name);
    translated(m, NX_NS_MD, "OrganizationURL", "vi", at(m, "/"));
    nx_xml_end(m->w);
}

/* ---- the whole --------------------------------------------------------------------------------------------- */

static nx_result write_all(const struct making *m)
{
    const char *entity_id, *id;
    NX_TRY(nx_saml_own_id(&entity_id, m->house, m->arena));
    NX_TRY(nx_saml_id(&id, m->arena));
    nx_xml_begin(m->w, NX_NS_MD, "EntityDescriptor");
    nx_xml_put_attr(m->w, "ID", id);
    nx_xml_put_attr(m->w, "entityID", entity_id);
    nx_xml_put_attr_time(m->w, "validUntil", nx_now() + NX_SAML_METADATA_VALID_S);
    nx_xml_put_attr(m->w, "cacheDuration", nx_arena_printf(m->arena, "PT%lldS", (long long)m->keep));
    nx_xml_signature_here(m->w);
    NX_TRY(for_portals(m));
    NX_TRY(for_upstreams(m));
    organisation(m);
    nx_xml_end(m->w);
    return NX_OK;
}

static int64_t keep_of(const struct nx_house *house)
{
    int64_t keep = house->settings->key_publish_s / 4;
    if (keep > KEEP_MAX_S) keep = KEEP_MAX_S;
    return keep < KEEP_MIN_S ? KEEP_MIN_S : keep;
}

static nx_result make(nx_span *out, struct nx_house *house, nx_arena *a)
{
    struct making m = {.house = house, .arena = a, .w = nx_xml_writer_new(a, DOCUMENT_MAX), .keep = keep_of(house)};
    struct nx_xml_signer signer;
    NX_AUTO(nx_signing_key) k = NULL;
    NX_NEED(m.w);
    NX_TRY(write_all(&m));
    NX_TRY(nx_keyring_active(&k, house->keyring, NX_USE_SAML));
    NX_TRY(nx_xml_signer_of(&signer, k, nx_signing_key_certificate(k)));
    return nx_xml_sign(out, a, m.w, &signer);
}

/* What was made last. kid tells the keyring of one house from that of another. */
static struct {
    pthread_mutex_t lock;
    char kid[NX_KEY_ID_LEN + 1];
    uint64_t generation;
    nx_time made;
    char *text;
    size_t n;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool kept_copy(nx_span *out, nx_arena *a, const char *kid, uint64_t generation, nx_time now)
{
    (void)pthread_mutex_lock(&kept.lock);
    bool fresh = kept.text && strcmp(kept.kid, kid) == 0 && kept.generation == generation && now >= kept.made &&
                 now < kept.made + NX_SAML_METADATA_VALID_S / 4;
    char *copy = fresh ? nx_arena_dup(a, nx_span_of(kept.text, kept.n)) : NULL;
    *out = nx_span_of(copy, copy ? kept.n : 0);
    (void)pthread_mutex_unlock(&kept.lock);
    return copy != NULL;
}

static void keep(nx_span text, const char *kid, uint64_t generation, nx_time now)
{
    char *copy = malloc(text.n);
    if (!copy) return; /* it is made again next time */
    memcpy(copy, text.p, text.n);
    (void)pthread_mutex_lock(&kept.lock);
    free(kept.text);
    kept.text = copy;
    kept.n = text.n;
    kept.generation = generation;
    kept.made = now;
    memcpy(kept.kid, kid, strlen(kid) + 1);
    (void)pthread_mutex_unlock(&kept.lock);
}

NX_FALLIBLE nx_saml_own_metadata(nx_span *xml, int64_t *max_age, struct nx_house *house, nx_arena *a)
{
    NX_AUTO(nx_signing_key) k = NULL;
    NX_TRY(nx_keyring_active(&k, house->keyring, NX_USE_SAML));
    uint64_t generation = nx_keyring_generation(house->keyring);
    nx_time now = nx_now();
    *max_age = KEEP_MIN_S;
    if (kept_copy(xml, a, nx_signing_key_kid(k), generation, now)) return NX_OK;
    NX_TRY(make(xml, house, a));
    keep(*xml, nx_signing_key_kid(k), generation, now);
    return NX_OK;
}
