#include "saml/message.h"

#include "crypto/random.h"
#include "house/house.h"
#include "saml/soap.h"
#include "xml/verify.h"

#define ID_BYTES 20

static NX_FALLIBLE keep(const char **out, nx_arena *a, const char *value, size_t max)
{
    *out = NULL;
    if (!value) return NX_OK;
    NX_REQUIRE(*value && strlen(value) <= max, NX_ERR_SAML_MESSAGE);
    *out = nx_arena_strdup(a, value);
    NX_NEED(*out);
    return NX_OK;
}

/*= saml-profiles 4.1.4.1, 4.1.4.2
 *# the Format attribute [of Issuer] MUST be omitted or have a value of
 *# urn:oasis:names:tc:SAML:2.0:nameid-format:entity */
static NX_FALLIBLE read_issuer(struct nx_saml_message *m, nx_arena *a)
{
    const nx_xml_node *issuer;
    char *text;
    NX_REQUIRE(nx_ok(nx_xml_only(&issuer, m->root, NX_NS_SAML, "Issuer")), NX_ERR_SAML_MESSAGE);
    const char *format = nx_xml_attr(issuer, "Format");
    NX_REQUIRE(!format || strcmp(format, NX_SAML_ISSUER_FORMAT) == 0, NX_ERR_SAML_MESSAGE);
    NX_REQUIRE(!nx_xml_attr(issuer, "NameQualifier") && !nx_xml_attr(issuer, "SPNameQualifier") &&
                   !nx_xml_attr(issuer, "SPProvidedID"),
               NX_ERR_SAML_MESSAGE);
    nx_result r = nx_xml_token(&text, a, issuer, NX_SAML_ENTITY_MAX);
    NX_REQUIRE(r.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    NX_REQUIRE(nx_ok(r) && *text, NX_ERR_SAML_MESSAGE);
    m->issuer = text;
    return NX_OK;
}

static NX_FALLIBLE read_header(struct nx_saml_message *m, nx_arena *a)
{
    const char *version = nx_xml_attr(m->root, "Version");
    NX_REQUIRE(nx_xml_ns(m->root) == NX_NS_SAMLP, NX_ERR_SAML_MESSAGE);
    NX_REQUIRE(version && strcmp(version, "2.0") == 0, NX_ERR_SAML_MESSAGE);
    NX_REQUIRE(nx_xml_attr(m->root, "ID") && nx_xml_attr(m->root, "IssueInstant"), NX_ERR_SAML_MESSAGE);
    NX_TRY(keep(&m->id, a, nx_xml_attr(m->root, "ID"), NX_SAML_ID_MAX));
    /* Some peers write an empty one where they need none, over SOAP: it names no place. */
    const char *destination = nx_xml_attr(m->root, "Destination");
    if (destination && !*destination) destination = NULL;
    NX_TRY(keep(&m->destination, a, destination, NX_SAML_LOCATION_MAX));
    NX_TRY(keep(&m->in_response_to, a, nx_xml_attr(m->root, "InResponseTo"), NX_SAML_ID_MAX));
    NX_REQUIRE(nx_ok(nx_xml_attr_time(&m->issued, m->root, "IssueInstant", 0)), NX_ERR_SAML_MESSAGE);
    return read_issuer(m, a);
}

NX_FALLIBLE nx_saml_open(struct nx_saml_message *m, nx_arena *a, const struct nx_saml_in *in)
{
    *m = (struct nx_saml_message){.doc = NULL};
    NX_TRY(nx_xml_parse(&m->doc, in->xml, &nx_xml_message));
    m->root = nx_xml_root(m->doc);
    if (in->binding == NX_SAML_SOAP) NX_TRY(nx_saml_soap_body(&m->root, m->doc));
    return read_header(m, a);
}

/* What the signature covers takes the place of what arrived. */
static NX_FALLIBLE prove_enveloped(struct nx_saml_message *m, nx_arena *a, const struct nx_xml_keys *keys)
{
    NX_AUTO(nx_xml_doc) verified = NULL;
    NX_TRY(nx_xml_verify(&verified, m->doc, m->root, keys));
    nx_xml_close(m->doc);
    *m = (struct nx_saml_message){.doc = NX_STEAL(verified), .proven = true};
    m->root = nx_xml_root(m->doc);
    return read_header(m, a);
}

static NX_FALLIBLE prove_by(struct nx_saml_message *m, nx_arena *a, const struct nx_saml_in *in,
                            const struct nx_xml_keys *keys)
{
    bool enveloped = nx_xml_signed(m->root);
    if (in->binding == NX_SAML_REDIRECT) {
        /*= saml-bindings 3.4.4.1
         *# Any signature on the SAML protocol message, including the <ds:Signature> XML element itself, MUST be
         *# removed. */
        NX_REQUIRE(!enveloped, NX_ERR_SAML_BINDING);
        if (!in->sig_alg) return NX_OK;
        NX_TRY(nx_saml_redirect_verify(in, keys));
        m->proven = true;
        return NX_OK;
    }
    return enveloped ? prove_enveloped(m, a, keys) : NX_OK;
}

NX_FALLIBLE nx_saml_prove(struct nx_saml_message *m, nx_arena *a, const struct nx_saml_in *in,
                          const nx_saml_entity *peer, bool required)
{
    NX_AUTO_SAML_KEYS(keys);
    NX_TRY(nx_saml_keys_of(&keys, peer, NX_SAML_FOR_SIGNING));
    NX_TRY(prove_by(m, a, in, &(struct nx_xml_keys){.v = keys.v, .n = keys.n}));
    NX_REQUIRE(m->proven || !required, NX_ERR_SAML_UNSIGNED);
    NX_REQUIRE(strcmp(m->issuer, peer->entity_id) == 0, NX_ERR_SAML_ISSUER);
    return NX_OK;
}

NX_FALLIBLE nx_saml_meant(const struct nx_saml_message *m, const struct nx_saml_in *in, const char *here)
{
    nx_time now = nx_now();
    bool must_say = m->proven && in->binding != NX_SAML_SOAP;
    NX_REQUIRE(m->destination || !must_say, NX_ERR_SAML_DESTINATION);
    NX_REQUIRE(!m->destination || strcmp(m->destination, here) == 0, NX_ERR_SAML_DESTINATION);
    NX_REQUIRE(m->issued <= now + NX_SKEW_S, NX_ERR_SAML_STALE);
    NX_REQUIRE(m->issued + NX_SAML_FRESH_S + NX_SKEW_S > now, NX_ERR_SAML_STALE);
    return NX_OK;
}

struct nx_guard nx_saml_guard(const struct nx_saml_message *m, const char *purpose)
{
    return (struct nx_guard){.purpose = purpose,
                             .holder = m->issuer,
                             .value = nx_span_str(m->id),
                             .issued = m->issued,
                             .expires = m->issued + NX_SAML_FRESH_S + NX_SKEW_S};
}

NX_FALLIBLE nx_saml_once(const struct nx_saml_message *m, struct nx_house *house, const char *purpose)
{
    struct nx_guard g = nx_saml_guard(m, purpose);
    bool first;
    NX_TRY(nx_guard_once(house->store, &g, &first));
    NX_REQUIRE(first, NX_ERR_SAML_REPLAYED);
    return NX_OK;
}

NX_FALLIBLE nx_saml_id(const char **out, nx_arena *a)
{
    uint8_t random[ID_BYTES];
    char *id = nx_arena_alloc(a, 1 + 2 * ID_BYTES + 1);
    NX_NEED(id);
    NX_TRY(nx_random(random, sizeof random));
    id[0] = '_'; /* an NCName begins with no digit */
    nx_hex_encode(id + 1, nx_span_of(random, sizeof random));
    *out = id;
    return NX_OK;
}

NX_FALLIBLE nx_saml_own_id(const char **out, const struct nx_house *house, nx_arena *a)
{
    *out = nx_arena_printf(a, "%s" NX_SAML_PATH_METADATA, house->issuer);
    NX_NEED(*out);
    return NX_OK;
}

NX_FALLIBLE nx_saml_signing_key(nx_signing_key **out, struct nx_house *house, const nx_saml_entity *peer)
{
    bool ec = peer->settings.sign == NX_SAML_SIGN_EC;
    return nx_keyring_active(out, house->keyring, ec ? NX_USE_SAML_EC : NX_USE_SAML);
}

NX_FALLIBLE nx_saml_keys_of(struct nx_saml_keys *out, const nx_saml_entity *peer, unsigned use)
{
    *out = (struct nx_saml_keys){.n = 0};
    for (size_t i = 0; i < peer->key_count && out->n < NX_SAML_KEYS_MAX; i++) {
        if (!(peer->key[i].uses & use)) continue;
        NX_TRY(nx_xml_key_of(&out->v[out->n], peer->key[i].key));
        out->n++;
    }
    return NX_OK;
}

void nx_saml_keys_forget(struct nx_saml_keys *k)
{
    for (size_t i = 0; i < k->n; i++)
        nx_xml_key_free(k->v[i]);
    k->n = 0;
}
