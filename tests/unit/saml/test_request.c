/* AuthnRequest: strict reading, and where the answer goes. */
#include "saml/request.h"
#include "saml/soap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static nx_arena *arena;

static int up(void **state)
{
    (void)state;
    arena = nx_arena_open(8u << 20);
    return arena ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    nx_arena_close(arena);
    return 0;
}

static const struct nx_saml_endpoint acs[] = {
    {.binding = NX_SAML_ARTIFACT, .location = "https://p.example/art", .index = 1},
    {.binding = NX_SAML_POST, .location = "https://p.example/post", .index = 2, .is_default = true},
    {.binding = NX_SAML_ARTIFACT, .location = "https://p.example/both", .index = 3},
    {.binding = NX_SAML_POST, .location = "https://p.example/both", .index = 4},
};
static const nx_saml_entity portal = {.entity_id = "https://p.example", .acs = {acs, 4}};
static const nx_saml_entity artifacts_only = {.entity_id = "https://p.example", .acs = {acs, 1}};

#define HEAD                                                                                                 \
    "<samlp:AuthnRequest xmlns:samlp='urn:oasis:names:tc:SAML:2.0:protocol' "                                \
    "xmlns:saml='urn:oasis:names:tc:SAML:2.0:assertion' ID='_1' Version='2.0' "                              \
    "IssueInstant='2026-01-01T00:00:00Z' "
#define BODY "<saml:Issuer>https://p.example</saml:Issuer>"
#define TAIL "</samlp:AuthnRequest>"

struct result {
    nx_err open, target, read;
    struct nx_saml_request r;
    const char *acs;
    enum nx_saml_binding binding;
};

static struct result of(const nx_saml_entity *e, const char *xml)
{
    struct result x = {.acs = NULL};
    struct nx_saml_in in = {.binding = NX_SAML_POST, .xml = nx_span_str(xml)};
    NX_AUTO_SAML(m);
    x.open = nx_saml_open(&m, arena, &in).e;
    if (x.open) return x;
    x.target = nx_saml_request_target(&x.r, arena, &m, e, &x.acs, &x.binding).e;
    x.read = nx_saml_request_read(&x.r, arena, &m).e;
    return x;
}
#define REQUEST(attributes, inner) of(&portal, HEAD attributes ">" BODY inner TAIL)

static void the_header_is_strict(void **state)
{
    (void)state;
    assert_int_equal(REQUEST("", "").open, NX_ERR_NONE);
    assert_int_equal(of(&portal, "<a/>").open, NX_ERR_SAML_MESSAGE);
    assert_int_equal(of(&portal, HEAD ">" TAIL).open, NX_ERR_SAML_MESSAGE);
    assert_int_equal(REQUEST("", BODY).open, NX_ERR_SAML_MESSAGE); /* two issuers */
    assert_int_equal(of(&portal, HEAD "><saml:Issuer Format='urn:x'>https://p.example</saml:Issuer>" TAIL).open,
                     NX_ERR_SAML_MESSAGE);
    assert_int_equal(of(&portal, HEAD "><saml:Issuer NameQualifier='q'>https://p.example</saml:Issuer>" TAIL).open,
                     NX_ERR_SAML_MESSAGE);
    assert_int_equal(of(&portal, "<samlp:AuthnRequest xmlns:samlp='urn:oasis:names:tc:SAML:2.0:protocol' ID='_1' "
                                 "Version='1.1' IssueInstant='2026-01-01T00:00:00Z'/>")
                         .open,
                     NX_ERR_SAML_MESSAGE);
    assert_int_equal(of(&portal, "<samlp:LogoutRequest xmlns:samlp='urn:oasis:names:tc:SAML:2.0:protocol' "
                                 "xmlns:saml='urn:oasis:names:tc:SAML:2.0:assertion' ID='_1' Version='2.0' "
                                 "IssueInstant='2026-01-01T00:00:00Z'>" BODY "</samlp:LogoutRequest>")
                         .target,
                     NX_ERR_SAML_MESSAGE);
}

static void the_answer_goes_where_the_metadata_says(void **state)
{
    (void)state;
    struct result x = REQUEST("", "");
    assert_int_equal(x.target, NX_ERR_NONE);
    assert_string_equal(x.acs, "https://p.example/post");
    x = REQUEST("AssertionConsumerServiceURL='https://p.example/both'", "");
    assert_string_equal(x.acs, "https://p.example/both");
    assert_int_equal(x.binding, NX_SAML_POST);
    x = REQUEST("AssertionConsumerServiceURL='https://p.example/both' "
                "ProtocolBinding='urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact'",
                "");
    assert_int_equal(x.binding, NX_SAML_ARTIFACT);
    x = REQUEST("AssertionConsumerServiceIndex='1'", "");
    assert_string_equal(x.acs, "https://p.example/art");
    assert_int_equal(x.binding, NX_SAML_ARTIFACT);
    x = REQUEST("ProtocolBinding='urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact'", "");
    assert_string_equal(x.acs, "https://p.example/art");
}

static void foreign_targets_are_error_pages(void **state)
{
    (void)state;
    assert_int_equal(REQUEST("AssertionConsumerServiceURL='https://evil.example/post'", "").target, NX_ERR_SAML_ACS);
    assert_int_equal(REQUEST("AssertionConsumerServiceURL='https://p.example/post/'", "").target, NX_ERR_SAML_ACS);
    assert_int_equal(REQUEST("AssertionConsumerServiceURL='HTTPS://p.example/post'", "").target, NX_ERR_SAML_ACS);
    assert_int_equal(REQUEST("AssertionConsumerServiceIndex='9'", "").target, NX_ERR_SAML_ACS);
    assert_int_equal(REQUEST("AssertionConsumerServiceIndex='65536'", "").target, NX_ERR_SAML_MESSAGE);
    assert_int_equal(REQUEST("AssertionConsumerServiceIndex='1' "
                             "AssertionConsumerServiceURL='https://p.example/post'",
                             "")
                         .target,
                     NX_ERR_SAML_MESSAGE);
}

static void a_binding_that_is_not_there_is_told(void **state)
{
    (void)state;
    struct result x = REQUEST("ProtocolBinding='urn:oasis:names:tc:SAML:2.0:bindings:PAOS'", "");
    assert_int_equal(x.target, NX_ERR_SAML_RESPONSE_BINDING);
    assert_string_equal(x.acs, "https://p.example/post");
    x = REQUEST("AssertionConsumerServiceURL='https://p.example/post' "
                "ProtocolBinding='urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact'",
                "");
    assert_int_equal(x.target, NX_ERR_SAML_RESPONSE_BINDING);
    assert_int_equal(x.binding, NX_SAML_POST);
    x = of(&artifacts_only, HEAD "ProtocolBinding='urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'>" BODY TAIL);
    assert_int_equal(x.target, NX_ERR_SAML_RESPONSE_BINDING);
    assert_int_equal(x.binding, NX_SAML_ARTIFACT);
}

static void the_rest_is_read(void **state)
{
    (void)state;
    struct result x = REQUEST(
        "ForceAuthn='true' IsPassive='1'",
        "<samlp:Extensions><x xmlns='urn:y'/></samlp:Extensions>"
        "<saml:Subject><saml:NameID Format='urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'>abc</saml:NameID>"
        "</saml:Subject>"
        "<samlp:NameIDPolicy Format='urn:oasis:names:tc:SAML:2.0:nameid-format:transient' AllowCreate='true' "
        "SPNameQualifier='https://p.example'/>"
        "<samlp:RequestedAuthnContext Comparison='minimum'><saml:AuthnContextClassRef>\n urn:nixa:acr:m2 "
        "</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>"
        "<samlp:Scoping ProxyCount='2'/>");
    assert_int_equal(x.read, NX_ERR_NONE);
    assert_true(x.r.force && x.r.passive);
    assert_int_equal(x.r.format, NX_SAML_TRANSIENT);
    assert_string_equal(x.r.sp_qualifier, "https://p.example");
    assert_string_equal(x.r.subject, "abc");
    assert_int_equal(x.r.subject_format, NX_SAML_PERSISTENT);
    assert_true(x.r.context.asked && x.r.context.classes && !x.r.context.named);
    assert_int_equal(x.r.context.comparison, NX_SAML_MINIMUM);
}

static void what_cannot_be_honoured_is_refused(void **state)
{
    (void)state;
    assert_int_equal(REQUEST("ForceAuthn='yes'", "").read, NX_ERR_SAML_MESSAGE);
    assert_int_equal(REQUEST("", "<saml:Conditions/>").read, NX_ERR_SAML_MESSAGE);
    assert_int_equal(REQUEST("", "<samlp:Other/>").read, NX_ERR_SAML_MESSAGE);
    assert_int_equal(REQUEST("", "<samlp:NameIDPolicy/><samlp:NameIDPolicy/>").read, NX_ERR_SAML_MESSAGE);
    assert_int_equal(REQUEST("", "<samlp:RequestedAuthnContext/>").read, NX_ERR_SAML_MESSAGE);
    assert_int_equal(REQUEST("", "<samlp:RequestedAuthnContext Comparison='best'><saml:AuthnContextClassRef>x"
                                 "</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>")
                         .read,
                     NX_ERR_SAML_MESSAGE);
    assert_int_equal(REQUEST("", "<saml:Subject><saml:NameID>a</saml:NameID><saml:SubjectConfirmation "
                                 "Method='urn:x'/></saml:Subject>")
                         .read,
                     NX_ERR_SAML_SUBJECT);
    assert_int_equal(REQUEST("", "<saml:Subject><saml:NameID Format='urn:x'>a</saml:NameID></saml:Subject>").read,
                     NX_ERR_SAML_SUBJECT);
    struct result x = REQUEST("", "<samlp:NameIDPolicy Format='urn:x'/>");
    assert_true(x.r.format_unknown);
    x = REQUEST("", "<samlp:RequestedAuthnContext><saml:AuthnContextDeclRef>urn:x</saml:AuthnContextDeclRef>"
                    "</samlp:RequestedAuthnContext>");
    assert_true(x.r.context.asked && x.r.context.named && !x.r.context.classes);
}

static nx_err body_of(const char *xml)
{
    NX_AUTO(nx_xml_doc) d = NULL;
    const nx_xml_node *e;
    nx_result r = nx_xml_parse(&d, nx_span_str(xml), &nx_xml_message);
    return nx_ok(r) ? nx_saml_soap_body(&e, d).e : r.e;
}
#define ENV(inner) "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'>" inner "</s:Envelope>"

static void envelopes_hold_one_message(void **state)
{
    (void)state;
    assert_int_equal(body_of(ENV("<s:Body><a/></s:Body>")), NX_ERR_NONE);
    assert_int_equal(body_of(ENV("<s:Header><h/></s:Header><s:Body><a/></s:Body>")), NX_ERR_NONE);
    assert_int_equal(body_of(ENV("<s:Header><h s:mustUnderstand='1'/></s:Header><s:Body><a/></s:Body>")),
                     NX_ERR_SAML_BINDING);
    assert_int_equal(body_of(ENV("<s:Body><a/><b/></s:Body>")), NX_ERR_SAML_BINDING);
    assert_int_equal(body_of(ENV("<s:Body/>")), NX_ERR_SAML_BINDING);
    assert_int_equal(body_of(ENV("<s:Body><a/></s:Body><s:Body><a/></s:Body>")), NX_ERR_SAML_BINDING);
    assert_int_equal(body_of("<a/>"), NX_ERR_SAML_BINDING);
    nx_span out;
    assert_int_equal(nx_saml_soap_fault(&out, arena, true, "no <portal>").e, NX_ERR_NONE);
    assert_int_equal(body_of((const char *)nx_arena_dup(arena, out)), NX_ERR_NONE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_header_is_strict, up, down),
        cmocka_unit_test_setup_teardown(the_answer_goes_where_the_metadata_says, up, down),
        cmocka_unit_test_setup_teardown(foreign_targets_are_error_pages, up, down),
        cmocka_unit_test_setup_teardown(a_binding_that_is_not_there_is_told, up, down),
        cmocka_unit_test_setup_teardown(the_rest_is_read, up, down),
        cmocka_unit_test_setup_teardown(what_cannot_be_honoured_is_refused, up, down),
        cmocka_unit_test_setup_teardown(envelopes_hold_one_message, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
