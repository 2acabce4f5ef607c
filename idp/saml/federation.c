/* Fetching: one call, one signature, one reading. */
#include "saml/federation.h"

#include "base/secret.h"
#include "crypto/certificate.h"
#include "house/house.h"
#include "saml/entity_reading.h"
#include "xml/verify.h"

#include <openssl/evp.h>

#define SHA1_LEN 20
#define MDQ_PATH "/entities/"

NX_FALLIBLE nx_saml_mdq_url(const char **out, nx_arena *a, const char *base, nx_span entity_id)
{
    nx_buf b;
    char hex[2 * SHA1_LEN + 1];
    uint8_t digest[SHA1_LEN];
    size_t n = strlen(base);
    NX_REQUIRE(n > 0, NX_ERR_MISSING);
    nx_buf_init(&b, a, 2 * NX_EGRESS_URL_MAX);
    nx_buf_add(&b, nx_span_of(base, base[n - 1] == '/' ? n - 1 : n));
    nx_buf_adds(&b, MDQ_PATH);
    nx_percent_encode(&b, entity_id);
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_str(&b);
    if (b.n <= NX_EGRESS_URL_MAX) return NX_OK;
    /* The protocol's other name for an entity: its digest, which is no matter of security there. */
    unsigned length = 0;
    NX_REQUIRE(EVP_Digest(entity_id.p, entity_id.n, digest, &length, EVP_sha1(), NULL) == 1, NX_ERR_CRYPTO);
    nx_hex_encode(hex, nx_span_of(digest, sizeof digest));
    *out = nx_arena_printf(a, "%.*s" MDQ_PATH "%%7Bsha1%%7D%s", (int)(base[n - 1] == '/' ? n - 1 : n), base, hex);
    NX_NEED(*out);
    return NX_OK;
}

static NX_FALLIBLE get(nx_span *out, struct nx_house *house, nx_arena *a, const struct nx_saml_remote *from)
{
    struct nx_egress_reply reply;
    const struct nx_egress_request request = {
        .purpose = from->federation ? NX_PURPOSE_ENTITY : NX_PURPOSE_FEDERATION,
        .url = from->url,
        .accept = "application/samlmetadata+xml",
    };
    NX_REQUIRE(house->egress, NX_ERR_EGRESS_AWAY);
    NX_TRY(nx_egress_call(&reply, a, house->egress, &request));
    NX_REQUIRE(reply.status != 404, NX_ERR_SAML_UNKNOWN);
    NX_REQUIRE(reply.status == 200, NX_ERR_EGRESS_AWAY);
    NX_REQUIRE(reply.body.n <= NX_SAML_METADATA_MAX, NX_ERR_EGRESS_SIZE);
    *out = reply.body;
    return NX_OK;
}

static bool has_fingerprint(nx_span der, const char *fingerprint)
{
    uint8_t digest[NX_SHA256_LEN];
    char hex[2 * NX_SHA256_LEN + 1];
    if (!nx_ok(nx_sha256(digest, der))) return false;
    nx_hex_encode(hex, nx_span_of(digest, sizeof digest));
    return nx_ct_equal(nx_span_str(hex), nx_span_str(fingerprint));
}

/* The certificate of that fingerprint out of the document's own KeyInfo. */
static NX_FALLIBLE find_pin(nx_span *out, nx_arena *a, const nx_xml_node *root, const char *fingerprint)
{
    const nx_xml_node *at = nx_xml_child(root, NX_NS_DS, "Signature");
    at = at ? nx_xml_child(at, NX_NS_DS, "KeyInfo") : NULL;
    at = at ? nx_xml_child(at, NX_NS_DS, "X509Data") : NULL;
    at = at ? nx_xml_child(at, NX_NS_DS, "X509Certificate") : NULL;
    for (; at; at = nx_xml_again(at))
        if (nx_ok(nx_xml_base64(out, a, at, NX_CERTIFICATE_MAX)) && has_fingerprint(*out, fingerprint)) return NX_OK;
    NX_FAIL(NX_ERR_SAML_METADATA_SIGNATURE);
}

/* *out holds what the signature of the document element covers. */
static NX_FALLIBLE verify(nx_xml_doc **out, nx_xml_doc *d, nx_span pin)
{
    NX_AUTO(nx_xml_key) key = NULL;
    nx_result made = nx_xml_key_make(&key, pin);
    NX_REQUIRE(made.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    NX_REQUIRE(nx_ok(made), NX_ERR_SAML_METADATA_SIGNATURE);
    const struct nx_xml_keys keys = {.v = &key, .n = 1};
    nx_result r = nx_xml_verify(out, d, nx_xml_root(d), &keys);
    NX_REQUIRE(r.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    NX_REQUIRE(nx_ok(r), NX_ERR_SAML_METADATA_SIGNATURE);
    return NX_OK;
}

NX_FALLIBLE nx_saml_fetch(struct nx_saml_fetched *out, struct nx_house *house, nx_arena *a,
                          const struct nx_saml_remote *from, enum nx_saml_role role, struct nx_saml_findings *found)
{
    NX_AUTO(nx_xml_doc) d = NULL;
    NX_AUTO(nx_xml_doc) covered = NULL;
    const struct nx_saml_rules rules = {
        .loopback = house->loopback, .now = nx_now(), .entity_id = from->entity_id};
    found->n = 0;
    NX_TRY(get(&out->xml, house, a, from));
    NX_TRY(nx_xml_parse(&d, out->xml, &nx_xml_metadata));
    out->pin = from->pin;
    if (from->fingerprint) NX_TRY(find_pin(&out->pin, a, nx_xml_root(d), from->fingerprint));
    NX_TRY(verify(&covered, d, out->pin));
    return nx_saml_entity_read_from(&out->entity, a, &rules, role, nx_xml_root(covered), found);
}
