#include "rig_saml.h"

#include "base/text.h"
#include "crypto/alg.h"
#include "crypto/certificate.h"
#include "crypto/random.h"
#include "saml/binding.h"
#include "saml/message.h"
#include "xml/encrypt.h"
#include "xml/sign.h"
#include "xml/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct nx_saml_endpoint consumers[] = {
    {.binding = NX_SAML_POST, .location = "https://health.example/post", .response_location = "https://health.example/post",
     .index = 1, .is_default = true},
    {.binding = NX_SAML_ARTIFACT, .location = "https://health.example/artifact",
     .response_location = "https://health.example/artifact", .index = 2},
};

static void keys_of(struct nx_saml_key key[2], size_t *n, struct rig_saml *p, bool encrypts)
{
    assert_true(nx_ok(nx_alg_generate(&p->sign, NX_ALG_ES256)));
    key[0] = (struct nx_saml_key){.uses = NX_SAML_FOR_SIGNING, .key = p->sign};
    assert_true(nx_ok(nx_spki(&key[0].spki, p->rig->arena, p->sign)));
    *n = 1;
    if (!encrypts) return;
    assert_true(nx_ok(nx_alg_generate(&p->encrypt, NX_ALG_RS256)));
    key[1] = (struct nx_saml_key){.uses = NX_SAML_FOR_ENCRYPTION, .key = p->encrypt};
    assert_true(nx_ok(nx_spki(&key[1].spki, p->rig->arena, p->encrypt)));
    *n = 2;
}

static void make_client(struct rig_saml *p, const struct rig_saml_plan *plan)
{
    const char *metadata =
        nx_arena_printf(p->rig->arena,
                        "{\"client_name\":\"Health\",\"grant_types\":[\"" NX_SAML_GRANT "\"],\"scope\":\"%s\","
                        "\"response_types\":[],\"token_endpoint_auth_method\":\"none\"}",
                        plan->scope ? plan->scope : "profile email");
    struct nx_client_record record = {.metadata = metadata,
                                      .sector = "health.example",
                                      .owner = "test",
                                      .legal_basis = plan->consent ? NULL : "Decree 137/2015",
                                      .purpose_version = 1};
    assert_true(nx_ok(nx_client_record_create(rig_house(p->rig)->registry, &record, p->client)));
}

void rig_saml_up(struct rig_saml *p, struct rig *r, const struct rig_saml_plan *plan)
{
    struct nx_saml_key key[2];
    const char *format[] = {plan->name_id_format};
    *p = (struct rig_saml){.rig = r, .entity_id = plan->entity_id ? plan->entity_id : "https://health.example/saml"};
    nx_saml_entity parsed = {.entity_id = p->entity_id,
                             .role = NX_SAML_SP,
                             .valid_until = plan->valid_until,
                             .acs = {consumers, 2},
                             .key = key,
                             .name_id_formats = {format, plan->name_id_format ? 1 : 0},
                             .attribute = plan->attribute,
                             .attribute_count = plan->attribute_count,
                             .requests_signed = plan->requests_signed};
    keys_of(key, &parsed.key_count, p, plan->encrypts);
    make_client(p, plan);
    struct nx_saml_record record = {.parsed = &parsed,
                                    .xml = NX_LIT("<EntityDescriptor/>"),
                                    .owner = p->client,
                                    .source = NX_SAML_UPLOAD,
                                    .settings = plan->settings};
    nx_result made = nx_saml_entity_create(rig_house(r)->registry, &record);
    if (!nx_ok(made)) fail_msg("entity: %s", nx_err_name(made.e));
}

void rig_saml_down(struct rig_saml *p)
{
    EVP_PKEY_free(p->sign);
    EVP_PKEY_free(p->encrypt);
}

/* ---- requests --------------------------------------------------------------------------------------------- */

char *rig_saml_instant(struct rig *r, int64_t from_now)
{
    char *text = nx_arena_alloc(r->arena, NX_RFC3339_MAX);
    nx_rfc3339(nx_now() + from_now, text);
    return text;
}

char *rig_saml_request(struct rig_saml *p, const char *id, const char *attributes, const char *inner)
{
    const char *instant = strstr(attributes, "IssueInstant") ? "" : rig_saml_instant(p->rig, 0);
    return nx_arena_printf(p->rig->arena,
                           "<samlp:AuthnRequest xmlns:samlp=\"" NX_SAML_NS_PROTOCOL
                           "\" xmlns:saml=\"" NX_SAML_NS_ASSERTION "\" ID=\"%s\" Version=\"2.0\" %s%s%s%s>"
                           "<saml:Issuer>%s</saml:Issuer>%s</samlp:AuthnRequest>",
                           id, *instant ? "IssueInstant=\"" : "", instant, *instant ? "\" " : "", attributes,
                           p->entity_id, inner);
}

static void add(nx_buf *b, const char *name, nx_span value)
{
    nx_buf_adds(b, name);
    nx_percent_encode(b, value);
}

char *rig_saml_url(struct rig_saml *p, const char *xml, const char *more, bool is_signed)
{
    nx_span z;
    nx_buf b;
    uint8_t signature[NX_SIGNATURE_MAX];
    size_t n;
    assert_true(nx_ok(nx_saml_deflate(&z, p->rig->arena, nx_span_str(xml))));
    nx_buf_init(&b, p->rig->arena, 64u << 10);
    add(&b, "SAMLRequest=", nx_span_str(nx_b64_dup(p->rig->arena, z)));
    nx_buf_adds(&b, more);
    if (is_signed) {
        add(&b, "&SigAlg=", NX_LIT("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"));
        assert_true(nx_ok(nx_alg_sign(signature, &n, NX_ALG_ES256, p->sign, nx_buf_span(&b))));
        add(&b, "&Signature=", nx_span_str(nx_b64_dup(p->rig->arena, nx_span_of(signature, n))));
    }
    return nx_arena_printf(p->rig->arena, NX_SAML_PATH_SSO "?%s", nx_buf_str(&b));
}

char *rig_saml_form(struct rig_saml *p, nx_span xml)
{
    nx_buf b;
    nx_buf_init(&b, p->rig->arena, 256u << 10);
    add(&b, "SAMLRequest=", nx_span_str(nx_b64_dup(p->rig->arena, xml)));
    return nx_buf_str(&b);
}

char *rig_saml_ask(struct rig_saml *p, const char *attributes, const char *inner)
{
    nx_id id;
    assert_true(nx_ok(nx_id_make(&id)));
    const char *name = nx_arena_printf(p->rig->arena, "_%s", id.s);
    return rig_saml_url(p, rig_saml_request(p, name, attributes, inner), "&RelayState=r%201", false);
}

static nx_result sign_by_pair(void *ctx, uint8_t out[NX_SIGNATURE_MAX], size_t *n, nx_span message)
{
    return nx_alg_sign(out, n, NX_ALG_ES256, ctx, message);
}

nx_span rig_saml_sign(struct rig_saml *p, nx_xml_writer *w)
{
    struct nx_xml_signer signer = {.alg = NX_XML_ECDSA_SHA256, .sign = sign_by_pair, .ctx = p->sign};
    nx_span out;
    assert_true(nx_ok(nx_xml_sign(&out, p->rig->arena, w, &signer)));
    return out;
}

/* ---- answers ---------------------------------------------------------------------------------------------- */

const nx_xml_node *rig_saml_at(const nx_xml_doc *d, ...)
{
    va_list path;
    const nx_xml_node *e = nx_xml_root(d);
    va_start(path, d);
    for (const char *name = va_arg(path, const char *); name && e; name = va_arg(path, const char *)) {
        const nx_xml_node *child = nx_xml_first(e);
        while (child && strcmp(nx_xml_name(child), name) != 0)
            child = nx_xml_next(child);
        e = child;
    }
    va_end(path);
    return e;
}

const char *rig_saml_text(struct rig *r, const nx_xml_node *e)
{
    char *text;
    if (!e) return "";
    assert_true(nx_ok(nx_xml_text(&text, r->arena, e, 4096)));
    return text;
}

const char *rig_saml_value(struct rig *r, const nx_xml_doc *assertion, const char *name)
{
    const nx_xml_node *statement = rig_saml_at(assertion, "AttributeStatement", NULL);
    for (const nx_xml_node *e = statement ? nx_xml_first(statement) : NULL; e; e = nx_xml_next(e)) {
        if (strcmp(nx_xml_attr(e, "Name"), name) != 0) continue;
        assert_string_equal(nx_xml_attr(e, "NameFormat"), NX_SAML_NAME_URI);
        const char *all = "";
        for (const nx_xml_node *v = nx_xml_first(e); v; v = nx_xml_next(v))
            all = nx_arena_printf(r->arena, "%s%s%s", all, *all ? " " : "", rig_saml_text(r, v));
        return all;
    }
    return NULL;
}

/* Both keys of ours; which of them signs is a setting of the portal. */
static void own_keys(nx_xml_key *v[2], struct rig *r)
{
    static const nx_key_use uses[] = {NX_USE_SAML, NX_USE_SAML_EC};
    for (size_t i = 0; i < 2; i++) {
        nx_signing_key *k;
        assert_true(nx_ok(nx_keyring_active(&k, rig_house(r)->keyring, uses[i])));
        assert_true(nx_ok(nx_xml_key_of(&v[i], nx_jwk_evp(nx_signing_key_jwk(k)))));
        nx_signing_key_release(k);
    }
}

static nx_xml_doc *verified(struct rig *r, nx_xml_doc *d, const nx_xml_node *e)
{
    nx_xml_key *v[2];
    nx_xml_doc *out = NULL;
    own_keys(v, r);
    nx_result ok = nx_xml_verify(&out, d, e, &(struct nx_xml_keys){v, 2});
    nx_xml_key_free(v[0]);
    nx_xml_key_free(v[1]);
    if (!nx_ok(ok)) fail_msg("%s does not verify: %s", nx_xml_name(e), nx_err_name(ok.e));
    return out;
}

/* A Response whose assertion alone is signed. */
static nx_xml_doc *unsigned_copy(nx_xml_doc **d, const nx_xml_node *response)
{
    assert_ptr_equal(nx_xml_root(*d), response);
    return NX_STEAL(*d);
}

static const char *last_part(const char *uri)
{
    const char *colon = uri ? strrchr(uri, ':') : NULL;
    return colon ? colon + 1 : "";
}

static void take_assertion(struct rig_saml_answer *x, struct rig_saml *p)
{
    const nx_xml_node *plain = rig_saml_at(x->response, "Assertion", NULL);
    const nx_xml_node *sealed = rig_saml_at(x->response, "EncryptedAssertion", NULL);
    if (plain) x->assertion = verified(p->rig, x->response, plain);
    if (!sealed) return;
    struct nx_xml_unwrapper key = {.unwrap = nx_xml_unwrap_evp, .ctx = p->encrypt};
    NX_AUTO(nx_xml_doc) opened = NULL;
    x->encrypted = true;
    assert_true(nx_ok(nx_xml_decrypt(&opened, sealed, &(struct nx_xml_opening){.v = &key, .n = 1})));
    x->assertion = verified(p->rig, opened, nx_xml_root(opened));
}

void rig_saml_parse(struct rig_saml_answer *out, struct rig_saml *p, nx_xml_doc **d, const nx_xml_node *response)
{
    *out = (struct rig_saml_answer){.whole = nx_xml_signed(response)};
    out->response = out->whole ? verified(p->rig, *d, response) : unsigned_copy(d, response);
    assert_true(nx_xml_is(nx_xml_root(out->response), NX_NS_SAMLP, "Response"));
    const nx_xml_node *top = rig_saml_at(out->response, "Status", "StatusCode", NULL);
    const nx_xml_node *second = rig_saml_at(out->response, "Status", "StatusCode", "StatusCode", NULL);
    out->status = last_part(nx_xml_attr(top, "Value"));
    out->second = second ? last_part(nx_xml_attr(second, "Value")) : "";
    out->in_response_to = nx_xml_attr(nx_xml_root(out->response), "InResponseTo");
    take_assertion(out, p);
}

void rig_saml_read(struct rig_saml_answer *out, struct rig_saml *p, const nx_reply *rp)
{
    nx_span xml;
    NX_AUTO(nx_xml_doc) d = NULL;
    assert_int_equal(rp->status, 200);
    assert_true(nx_ok(nx_b64_decode_dup(&xml, p->rig->arena, nx_span_str(rig_field(p->rig, rp, "SAMLResponse")))));
    nx_result parsed = nx_xml_parse(&d, xml, &nx_xml_message);
    if (!nx_ok(parsed)) fail_msg("%s: %.*s", nx_err_name(parsed.e), (int)xml.n, (const char *)xml.p);
    rig_saml_parse(out, p, &d, nx_xml_root(d));
    const char *form = strstr(rig_body(rp), "action=\"");
    out->action = nx_arena_dup(p->rig->arena, nx_span_of(form + 8, strcspn(form + 8, "\"")));
    if (strstr(rig_body(rp), "RelayState")) out->relay = rig_field(p->rig, rp, "RelayState");
}

void rig_saml_forget(struct rig_saml_answer *x)
{
    nx_xml_close(x->assertion);
    nx_xml_close(x->response);
}

void rig_saml_sign_on(struct rig_saml_answer *out, struct rig_saml *p, struct rig_browser *b, const char *url)
{
    rig_saml_read(out, p, rig_authorize(b, url));
}
