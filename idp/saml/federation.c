/* Fetching: one call, one signature, one reading. */
#include "saml/federation.h"

#include "base/secret.h"
#include "crypto/certificate.h"
#include "house/house.h"
#include "saml/entity_reading.h"
#include "saml/federation_inside.h"
#include "xml/verify.h"

#include <openssl/evp.h>

#define SHA1_LEN 20
#define MDQ_PATH "/entities/"
#define ANSWER_MAX (200u << 20) /* a body of the largest budget while it grows */

struct reading {
    const struct nx_saml_remote *from;
    struct nx_saml_rules rules;
    enum nx_saml_role role;
    struct nx_saml_findings *found;
};

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

/* One of the errors of a signature is like another to whoever asks; the log has which. */
static nx_result as_signature(nx_result r)
{
    NX_REQUIRE(nx_ok(r) || r.e == NX_ERR_MEMORY, NX_ERR_SAML_METADATA_SIGNATURE);
    return r;
}

static bool of_metadata(nx_err e)
{
    return e == NX_ERR_SAML_METADATA || e == NX_ERR_SAML_METADATA_EXPIRED || e == NX_ERR_SAML_UNKNOWN ||
           e == NX_ERR_MISSING;
}

/* A document that is kept: the entity is read from what its signature covers. */
static NX_FALLIBLE read_one(struct nx_saml_fetched *out, nx_arena *a, const struct reading *r)
{
    NX_AUTO(nx_xml_doc) d = NULL;
    NX_AUTO(nx_xml_doc) covered = NULL;
    NX_AUTO(nx_xml_key) key = NULL;
    NX_TRY(nx_xml_parse(&d, out->xml, &nx_xml_metadata));
    if (r->from->fingerprint) NX_TRY(find_pin(&out->pin, a, nx_xml_root(d), r->from->fingerprint));
    NX_TRY(as_signature(nx_xml_key_make(&key, out->pin)));
    const struct nx_xml_keys keys = {.v = &key, .n = 1};
    NX_TRY(as_signature(nx_xml_verify(&covered, d, nx_xml_root(d), &keys)));
    return nx_saml_entity_read_from(&out->entity, a, &r->rules, r->role, nx_xml_root(covered), r->found);
}

/* A whole federation. Its certificate must be named itself: the document is not searched for it. */
static NX_FALLIBLE read_aggregate(struct nx_saml_fetched *out, nx_arena *a, const struct reading *r)
{
    NX_AUTO(nx_xml_key) key = NULL;
    NX_REQUIRE(out->pin.n > 0, NX_ERR_SAML_METADATA_SIGNATURE);
    NX_TRY(as_signature(nx_xml_key_make(&key, out->pin)));
    const struct nx_xml_keys keys = {.v = &key, .n = 1};
    const struct nx_saml_aggregate aggregate = {.xml = out->xml, .keys = &keys};
    nx_result picked = nx_saml_pick(&out->entity, a, &r->rules, r->role, &aggregate, r->found);
    out->xml = NX_LIT("");
    return of_metadata(picked.e) ? picked : as_signature(picked);
}

NX_FALLIBLE nx_saml_fetch(struct nx_saml_fetched *out, struct nx_house *house, nx_arena *a,
                          const struct nx_saml_remote *from, enum nx_saml_role role, struct nx_saml_findings *found)
{
    const struct reading r = {
        .from = from,
        .rules = {.loopback = house->loopback, .now = nx_now(), .entity_id = from->entity_id},
        .role = role,
        .found = found,
    };
    found->n = 0;
    NX_AUTO(nx_arena) answer = nx_arena_open(ANSWER_MAX);
    NX_NEED(answer);
    NX_TRY(get(&out->xml, house, answer, from));
    out->pin = from->pin;
    if (out->xml.n > NX_SAML_METADATA_MAX) return read_aggregate(out, a, &r);
    char *kept = nx_arena_dup(a, out->xml);
    NX_NEED(kept);
    out->xml.p = (const uint8_t *)kept;
    return read_one(out, a, &r);
}
