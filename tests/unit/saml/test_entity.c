/* Metadata of peers: as real software writes it, and as an enemy would. The samples were made by the tools of
 * mod_auth_mellon, Shibboleth, node-saml, pysaml2 and SimpleSAMLphp. */
#include "saml/entity.h"

#include "base/buf.h"
#include "crypto/certificate.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define assert_ok(call) assert_string_equal(nx_err_name((call).e), nx_err_name(NX_ERR_NONE))
#define assert_err(call, err) assert_string_equal(nx_err_name((call).e), nx_err_name(err))

#define NOW 1795305600 /* 2026-11-22 */
#define MD "xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\""
#define SAML2 "protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\""
#define POST "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
#define ACS "<AssertionConsumerService Binding=\"" POST "\" Location=\"https://p.example/acs\" index=\"0\"/>"

static nx_arena *arena;
static struct nx_saml_findings found;
static struct nx_saml_rules rules;

static int set_up(void **state)
{
    (void)state;
    arena = nx_arena_open(64u << 20);
    rules = (struct nx_saml_rules){.now = NOW};
    return arena ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    nx_arena_close(arena);
    return 0;
}

static nx_span sample(const char *name)
{
    char path[256];
    static char text[64 << 10];
    snprintf(path, sizeof path, NX_TEST_DATA "/saml/metadata/%s", name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    return nx_span_of(text, n);
}

static nx_saml_entity *read_sample(const char *name, enum nx_saml_role role)
{
    nx_saml_entity *e = NULL;
    nx_result r = nx_saml_entity_read(&e, arena, &rules, role, sample(name), &found);
    for (size_t i = 0; !nx_ok(r) && i < found.n; i++)
        printf("# %s: line %d: %s\n", name, found.v[i].line, found.v[i].text);
    assert_ok(r);
    return e;
}

static void assert_endpoint(const struct nx_saml_endpoint *e, enum nx_saml_binding binding, const char *location)
{
    assert_non_null(e);
    assert_int_equal(e->binding, binding);
    assert_string_equal(e->location, location);
}

static void test_mellon(void **state)
{
    (void)state;
    nx_saml_entity *e = read_sample("mellon.xml", NX_SAML_SP);
    assert_string_equal(e->entity_id, "https://cong.example/mellon/metadata");
    assert_true(e->requests_signed);
    assert_endpoint(nx_saml_endpoint_default(&e->acs), NX_SAML_POST, "https://cong.example/mellon/postResponse");
    assert_endpoint(nx_saml_endpoint_by(&e->slo, NX_SAML_REDIRECT), NX_SAML_REDIRECT,
                    "https://cong.example/mellon/logout");
    assert_null(nx_saml_endpoint_by(&e->slo, NX_SAML_SOAP));
    assert_int_equal(e->key_count, 1); /* one certificate for both uses */
    assert_int_equal(e->key[0].uses, NX_SAML_FOR_SIGNING | NX_SAML_FOR_ENCRYPTION);
    assert_ptr_equal(nx_saml_key_encrypting(e), &e->key[0]);
    nx_saml_entity_forget(e);
}

static void test_shibboleth(void **state)
{
    (void)state;
    nx_saml_entity *e = read_sample("shibboleth.xml", NX_SAML_SP);
    assert_int_equal(e->acs.n, 2); /* SimpleSign, PAOS and SAML 1 are left out */
    assert_true(found.n >= 4);
    for (size_t i = 0; i < found.n; i++)
        assert_false(found.v[i].fatal);
    assert_endpoint(&e->acs.v[1], NX_SAML_ARTIFACT, "https://thue.example/Shibboleth.sso/SAML2/Artifact");
    assert_int_equal(e->acs.v[1].index, 3);
    assert_int_equal(e->slo.n, 3);
    assert_int_equal(e->key[0].uses, NX_SAML_FOR_SIGNING | NX_SAML_FOR_ENCRYPTION);
    assert_string_equal(e->name, "Cuc Thue");
    assert_string_equal(e->home, "https://thue.example/shibboleth");
    nx_saml_entity_forget(e);
}

static void test_node_saml(void **state)
{
    (void)state;
    nx_saml_entity *e = read_sample("node-saml.xml", NX_SAML_SP);
    assert_true(e->requests_signed && e->wants_assertions_signed);
    assert_true(nx_strings_has(e->name_id_formats, "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"));
    const struct nx_saml_key *k = nx_saml_key_encrypting(e);
    assert_non_null(k);
    assert_true(nx_strings_has(k->methods, "http://www.w3.org/2009/xmlenc11#aes256-gcm"));
    nx_saml_entity_forget(e);
}

static void test_pysaml2(void **state)
{
    (void)state;
    nx_saml_entity *e = read_sample("pysaml2.xml", NX_SAML_SP);
    assert_string_equal(e->name, "Py Portal");
    assert_string_equal(e->name_vi, "Cổng Py");
    assert_string_equal(e->organisation, "Cong Py");
    assert_true(e->valid_until > NOW);
    assert_int_equal(e->attribute_count, 3);
    size_t required = 0;
    for (size_t i = 0; i < e->attribute_count; i++)
        required += e->attribute[i].required;
    assert_int_equal(required, 2);
    assert_string_equal(e->attribute[0].friendly, "displayName");
    nx_saml_entity_forget(e);
}

static void test_simplesamlphp_both_roles(void **state)
{
    (void)state;
    nx_saml_entity *sp = read_sample("simplesamlphp-sp.xml", NX_SAML_SP);
    assert_string_equal(sp->name_vi, "Cổng SSP");
    assert_int_equal(sp->attribute_count, 2);
    assert_true(sp->attribute[0].required);
    nx_saml_entity_forget(sp);
    nx_saml_entity *idp = read_sample("simplesamlphp-idp.xml", NX_SAML_IDP);
    assert_endpoint(nx_saml_endpoint_by(&idp->sso, NX_SAML_REDIRECT), NX_SAML_REDIRECT,
                    "https://ssp.example/simplesaml/saml2/idp/SSOService.php");
    assert_string_equal(idp->name_vi, "Đăng nhập Bộ SSP");
    assert_int_equal(idp->acs.n, 0);
    nx_saml_entity_forget(idp);
    nx_saml_entity *no = NULL;
    assert_err(nx_saml_entity_read(&no, arena, &rules, NX_SAML_SP, sample("simplesamlphp-idp.xml"), &found),
               NX_ERR_SAML_METADATA);
}

static bool said(const char *text)
{
    for (size_t i = 0; i < found.n; i++)
        if (strcmp(found.v[i].text, text) == 0) return true;
    return false;
}

/* Servers of other protocols (WS-Federation) describe those in roles of types that we do not know, with claims by the
 * dozen, in the same document. */
static void test_roles_of_other_protocols_stand_beside(void **state)
{
    nx_buf b;
    nx_saml_entity *idp = NULL;
    (void)state;
    nx_buf_init(&b, arena, 256 << 10);
    nx_buf_adds(&b, "<EntityDescriptor " MD " entityID=\"http://fs.example/services/trust\">");
    for (int role = 0; role < 2; role++) {
        nx_buf_adds(&b, "<RoleDescriptor xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:fed=\"urn:fed\""
                        " xsi:type=\"fed:ServiceType\" protocolSupportEnumeration=\"urn:ws-trust urn:fed\">"
                        "<KeyDescriptor use=\"signing\"><ds:KeyInfo/></KeyDescriptor><fed:Claims xmlns:auth=\"urn:auth\">");
        for (int i = 0; i < 60; i++)
            nx_buf_addf(&b, "<auth:ClaimType Uri=\"urn:claim:%d\" Optional=\"true\"><auth:DisplayName>Claim</auth:DisplayName>"
                            "<auth:Description>What it says</auth:Description></auth:ClaimType>", i);
        nx_buf_adds(&b, "</fed:Claims></RoleDescriptor>");
    }
    nx_buf_adds(&b, "<SPSSODescriptor " SAML2 ">" ACS "</SPSSODescriptor><IDPSSODescriptor " SAML2 ">"
                    "<SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\""
                    " Location=\"https://fs.example/ls/\"/><Attribute xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\""
                    " Name=\"urn:claim:1\"/></IDPSSODescriptor></EntityDescriptor>");
    assert_ok(nx_buf_done(&b));
    /* The one thing that is wrong: the key of another role is none of this one. */
    assert_err(nx_saml_entity_read(&idp, arena, &rules, NX_SAML_IDP, nx_buf_span(&b), &found), NX_ERR_SAML_METADATA);
    assert_int_equal(found.n, 1);
    assert_true(said("an identity provider needs a key that signs"));
    nx_saml_entity *sp = NULL;
    assert_ok(nx_saml_entity_read(&sp, arena, &rules, NX_SAML_SP, nx_buf_span(&b), &found));
    assert_int_equal(found.n, 0);
    nx_saml_entity_forget(sp);
}

/* Metadata with this inside of the role and these attributes of the EntityDescriptor. */
static nx_span entity(const char *attributes, const char *inside)
{
    char *text = nx_arena_printf(arena,
                                 "<EntityDescriptor " MD " entityID=\"https://p.example/sp\" %s>"
                                 "<SPSSODescriptor " SAML2 ">%s</SPSSODescriptor></EntityDescriptor>",
                                 attributes, inside);
    assert_non_null(text);
    return nx_span_str(text);
}

static nx_err read_err(nx_span xml)
{
    nx_saml_entity *e = NULL;
    nx_result r = nx_saml_entity_read(&e, arena, &rules, NX_SAML_SP, xml, &found);
    if (nx_ok(r)) nx_saml_entity_forget(e);
    return r.e;
}

static void test_the_smallest_that_serves(void **state)
{
    (void)state;
    assert_int_equal(read_err(entity("", ACS)), NX_ERR_NONE);
    assert_int_equal(found.n, 0);
    assert_int_equal(read_err(entity("", "")), NX_ERR_SAML_METADATA);
    assert_true(said("there is no AssertionConsumerService by HTTP-POST or HTTP-Artifact"));
    assert_int_equal(read_err(NX_LIT("<x/>")), NX_ERR_SAML_METADATA);
    assert_true(said("there is no EntityDescriptor of SAML 2.0 metadata"));
    assert_int_equal(read_err(NX_LIT("<x>")), NX_ERR_XML_FORM);
    assert_int_equal(found.n, 1);
}

static void test_only_https_and_loopback_where_it_may(void **state)
{
    (void)state;
    static const char *const bad[] = {"http://p.example/acs",   "javascript:alert(1)", "https:///acs",
                                      "//p.example/acs",        "/acs",                "https://p.example/acs#x",
                                      "https://u@p.example/a",  "",                    "data:text/html,x",
                                      "ftp://p.example/acs",    "https://p.example/ acs"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char acs[512], slo[1024];
        snprintf(acs, sizeof acs, "<AssertionConsumerService Binding=\"" POST "\" Location=\"%s\" index=\"0\"/>", bad[i]);
        snprintf(slo, sizeof slo, "%s<SingleLogoutService Binding=\"" POST "\" Location=\"https://p.example/slo\""
                 " ResponseLocation=\"%s\"/>", ACS, bad[i]);
        assert_int_equal(read_err(entity("", acs)), NX_ERR_SAML_METADATA);
        assert_true(said("a location must be an https URL without a fragment"));
        assert_int_equal(read_err(entity("", slo)), NX_ERR_SAML_METADATA);
    }
    nx_span local = entity("", "<AssertionConsumerService Binding=\"" POST
                               "\" Location=\"http://dvc.localhost:8080/acs\" index=\"0\"/>");
    assert_int_equal(read_err(local), NX_ERR_SAML_METADATA);
    rules.loopback = true;
    assert_int_equal(read_err(local), NX_ERR_NONE);
    assert_int_equal(read_err(entity("", "<AssertionConsumerService Binding=\"" POST
                                         "\" Location=\"http://p.example/acs\" index=\"0\"/>")),
                     NX_ERR_SAML_METADATA);
}

static void test_an_assertion_never_goes_by_redirect(void **state)
{
    (void)state;
    assert_int_equal(read_err(entity("", "<AssertionConsumerService Location=\"https://p.example/acs\" index=\"0\""
                                         " Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\"/>")),
                     NX_ERR_SAML_METADATA);
}

static void test_validity(void **state)
{
    (void)state;
    nx_saml_entity *e = NULL;
    assert_int_equal(read_err(entity("validUntil=\"2026-11-21T00:00:00Z\"", ACS)), NX_ERR_SAML_METADATA_EXPIRED);
    assert_true(said("validUntil is over"));
    assert_int_equal(read_err(entity("validUntil=\"soon\"", ACS)), NX_ERR_SAML_METADATA);
    assert_int_equal(read_err(entity("validUntil=\"1969-01-01T00:00:00Z\"", ACS)), NX_ERR_SAML_METADATA_EXPIRED);
    nx_span around = NX_LIT("<EntitiesDescriptor " MD " validUntil=\"2026-11-23T00:00:00Z\" cacheDuration=\"PT2H\">"
                            "<EntityDescriptor entityID=\"a\" validUntil=\"2027-01-01T00:00:00Z\""
                            " cacheDuration=\"P1D\"><SPSSODescriptor " SAML2 ">" ACS
                            "</SPSSODescriptor></EntityDescriptor></EntitiesDescriptor>");
    assert_ok(nx_saml_entity_read(&e, arena, &rules, NX_SAML_SP, around, &found));
    assert_int_equal(e->valid_until, NOW + 86400 - NOW % 86400);
    assert_int_equal(e->cache_duration, 7200);
    assert_ok(nx_saml_entity_valid(e, e->valid_until - 1));
    assert_err(nx_saml_entity_valid(e, e->valid_until), NX_ERR_SAML_METADATA_EXPIRED);
    nx_saml_entity_forget(e);
}

static void test_one_of_several(void **state)
{
    (void)state;
#define ONE(id) "<EntityDescriptor entityID=\"" id "\"><SPSSODescriptor " SAML2 ">" ACS "</SPSSODescriptor></EntityDescriptor>"
    nx_span two = NX_LIT("<EntitiesDescriptor " MD "><EntitiesDescriptor>" ONE("a") "</EntitiesDescriptor>" ONE(
        "b") "<EntitiesDescriptor/></EntitiesDescriptor>");
    nx_span twice = NX_LIT("<EntitiesDescriptor " MD ">" ONE("a") ONE("b") ONE("a") "</EntitiesDescriptor>");
    nx_saml_entity *e = NULL;
    assert_int_equal(read_err(two), NX_ERR_SAML_METADATA);
    assert_true(said("there are several entities; say which"));
    rules.entity_id = "b";
    assert_ok(nx_saml_entity_read(&e, arena, &rules, NX_SAML_SP, two, &found));
    assert_string_equal(e->entity_id, "b");
    rules.entity_id = "a";
    assert_int_equal(read_err(two), NX_ERR_NONE);
    assert_int_equal(read_err(twice), NX_ERR_SAML_METADATA);
    assert_true(said("the entity stands there more than once"));
    rules.entity_id = "c";
    assert_int_equal(read_err(two), NX_ERR_SAML_METADATA);
    assert_int_equal(read_err(entity("", ACS)), NX_ERR_SAML_METADATA); /* about another one than was asked for */
    assert_true(said("it is not about the entity that was asked for"));
}

/* % stands for a number that grows. */
static nx_span repeated(const char *piece, size_t times)
{
    nx_buf b;
    nx_buf_init(&b, arena, 32u << 20);
    for (size_t i = 0; i < times; i++)
        for (const char *p = piece; *p; p++)
            if (*p == '%')
                nx_buf_addf(&b, "%zu", i);
            else
                nx_buf_add(&b, nx_span_of(p, 1));
    assert_ok(nx_buf_done(&b));
    return entity("", nx_buf_str(&b));
}

static void test_every_list_ends(void **state)
{
    (void)state;
    static const struct {
        const char *piece, *why;
    } lists[] = {
        {"<AssertionConsumerService Binding=\"" POST "\" Location=\"https://p.example/%\" index=\"%\"/>",
         "there are too many AssertionConsumerService elements"},
        {"<SingleLogoutService Binding=\"" POST "\" Location=\"https://p.example/%\"/>",
         "there are too many SingleLogoutService elements"},
        {"<NameIDFormat>urn:x:%</NameIDFormat>", "there are too many NameIDFormat elements"},
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        assert_int_not_equal(read_err(repeated(lists[i].piece, 5000)), NX_ERR_NONE);
        assert_true(said(lists[i].why));
    }
    nx_span huge = repeated("<AssertionConsumerService Binding=\"" POST
                            "\" Location=\"https://p.example/%\" index=\"%\"/>", 10000);
    assert_int_not_equal(read_err(huge), NX_ERR_NONE);
    assert_int_equal(read_err(nx_span_of(huge.p, NX_SAML_METADATA_MAX + 1)), NX_ERR_LIMIT);
}

static void test_indexes_and_the_default(void **state)
{
    (void)state;
#define AT(n, index, more)                                                                                   \
    "<AssertionConsumerService Binding=\"" POST "\" Location=\"https://p.example/" n "\" index=\"" index "\" " more "/>"
    nx_saml_entity *e = NULL;
    assert_int_equal(read_err(entity("", AT("a", "1", "") AT("b", "1", ""))), NX_ERR_SAML_METADATA);
    assert_true(said("an index stands twice"));
    assert_int_equal(read_err(entity("", AT("a", "-1", ""))), NX_ERR_SAML_METADATA);
    assert_int_equal(read_err(entity("", AT("a", "70000", ""))), NX_ERR_SAML_METADATA);
    assert_int_equal(read_err(entity("", AT("a", "1", "isDefault=\"yes\""))), NX_ERR_SAML_METADATA);
    static const struct {
        const char *inside;
        const char *which;
    } cases[] = {
        {AT("a", "1", "") AT("b", "2", "isDefault=\"true\"") AT("c", "3", "isDefault=\"1\""), "https://p.example/b"},
        {AT("a", "1", "isDefault=\"false\"") AT("b", "2", "") AT("c", "3", ""), "https://p.example/b"},
        {AT("a", "1", "isDefault=\"false\"") AT("b", "2", "isDefault=\"0\""), "https://p.example/a"},
    };
    for (size_t i = 0; i < 3; i++) {
        assert_ok(nx_saml_entity_read(&e, arena, &rules, NX_SAML_SP, entity("", cases[i].inside), &found));
        assert_string_equal(nx_saml_endpoint_default(&e->acs)->location, cases[i].which);
    }
    const enum nx_saml_binding artifact = NX_SAML_ARTIFACT;
    assert_non_null(nx_saml_endpoint_at(&e->acs, NX_LIT("https://p.example/b"), NULL));
    assert_null(nx_saml_endpoint_at(&e->acs, NX_LIT("https://p.example/B"), NULL));
    assert_null(nx_saml_endpoint_at(&e->acs, NX_LIT("https://p.example/b"), &artifact));
}

static EVP_PKEY *make_key(const char *kind)
{
    if (strcmp(kind, "RSA-1024") == 0) return EVP_RSA_gen(1024);
    if (strcmp(kind, "RSA-2048") == 0) return EVP_RSA_gen(2048);
    if (strcmp(kind, "ED25519") == 0) return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    return EVP_EC_gen(kind);
}

static const char *descriptor(const char *kind, const char *use)
{
    nx_span der = NX_LIT("");
    EVP_PKEY *key = make_key(kind);
    assert_non_null(key);
    if (strcmp(kind, "ED25519") == 0)
        assert_ok(nx_spki(&der, arena, key)); /* not a certificate at all */
    else
        assert_ok(nx_certificate_make(&der, arena, key, "x", NOW));
    EVP_PKEY_free(key);
    return nx_arena_printf(arena, "<KeyDescriptor %s><ds:KeyInfo><ds:X509Data><ds:X509Certificate>%s"
                                  "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>",
                           use, nx_b64_dup(arena, der));
}

static void test_keys_that_are_too_weak_or_odd(void **state)
{
    (void)state;
    assert_int_equal(read_err(entity("", nx_arena_printf(arena, "%s" ACS, descriptor("RSA-1024", "")))),
                     NX_ERR_SAML_METADATA);
    assert_true(said("an RSA key of less than 2048 bits is left out"));
    assert_true(said("none of the keys can be used"));
    assert_int_equal(read_err(entity("", nx_arena_printf(arena, "%s" ACS, descriptor("secp256k1", "")))),
                     NX_ERR_SAML_METADATA);
    assert_int_equal(read_err(entity("", nx_arena_printf(arena, "%s" ACS, descriptor("ED25519", "")))),
                     NX_ERR_SAML_METADATA);
    assert_true(said("X509Certificate is not a certificate in base64"));
    assert_int_equal(read_err(entity("", nx_arena_printf(arena, "%s" ACS, descriptor("P-256", "use=\"both\"")))),
                     NX_ERR_SAML_METADATA);
    assert_int_equal(read_err(entity("", nx_arena_printf(arena, "%s%s" ACS, descriptor("RSA-1024", ""),
                                                         descriptor("P-384", "use=\"signing\"")))),
                     NX_ERR_NONE);
}

static void test_keys_have_uses(void **state)
{
    (void)state;
    nx_saml_entity *e = NULL;
    nx_span xml = entity("", nx_arena_printf(arena, "%s%s%s" ACS, descriptor("P-256", "use=\"signing\""),
                                             descriptor("P-256", "use=\"encryption\""),
                                             descriptor("RSA-2048", "use=\"encryption\"")));
    assert_ok(nx_saml_entity_read(&e, arena, &rules, NX_SAML_SP, xml, &found));
    assert_ptr_equal(nx_saml_key_for(e, NX_SAML_FOR_SIGNING, 0), &e->key[0]);
    assert_null(nx_saml_key_for(e, NX_SAML_FOR_SIGNING, 1));
    assert_ptr_equal(nx_saml_key_for(e, NX_SAML_FOR_ENCRYPTION, 1), &e->key[2]);
    assert_ptr_equal(nx_saml_key_encrypting(e), &e->key[2]);
    nx_saml_entity_forget(e);
    nx_buf many;
    nx_buf_init(&many, arena, 1u << 20);
    const char *one = descriptor("P-256", "");
    for (size_t i = 0; i <= NX_SAML_KEYS_MAX; i++)
        nx_buf_adds(&many, one);
    nx_buf_adds(&many, ACS);
    assert_int_equal(read_err(entity("", nx_buf_str(&many))), NX_ERR_SAML_METADATA);
    assert_true(said("there are too many certificates"));
}

static void test_what_signs_must_have_a_key(void **state)
{
    (void)state;
    nx_span xml = NX_LIT("<EntityDescriptor " MD " entityID=\"a\"><SPSSODescriptor AuthnRequestsSigned=\"true\" " SAML2
                         ">" ACS "</SPSSODescriptor></EntityDescriptor>");
    assert_int_equal(read_err(xml), NX_ERR_SAML_METADATA);
    assert_true(said("AuthnRequestsSigned is true and there is no key that signs"));
}

static void test_a_line_says_where(void **state)
{
    (void)state;
    nx_span xml = NX_LIT("<EntityDescriptor " MD " entityID=\"a\">\n <SPSSODescriptor " SAML2 ">\n  " ACS
                         "\n  <SingleLogoutService Binding=\"" POST "\" Location=\"http://x/\"/>\n"
                         " </SPSSODescriptor></EntityDescriptor>");
    assert_int_equal(read_err(xml), NX_ERR_SAML_METADATA);
    assert_int_equal(found.n, 1);
    assert_int_equal(found.v[0].line, 4);
}

static void test_no_entities_and_no_doctype(void **state)
{
    (void)state;
    assert_int_not_equal(read_err(NX_LIT("<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><x>&a;</x>")),
                         NX_ERR_NONE);
    assert_int_equal(read_err(entity("", "<Extensions><a xmlns=\"urn:odd\"><b/></a></Extensions>" ACS)), NX_ERR_NONE);
}

static void test_names_of_odd_form(void **state)
{
    (void)state;
    nx_saml_entity *e = NULL;
    nx_span xml = NX_LIT("<EntityDescriptor " MD " entityID=\"a\"><SPSSODescriptor " SAML2 ">" ACS
                         "<AttributeConsumingService index=\"0\"><ServiceName xml:lang=\"vi\">C&#x85;</ServiceName>"
                         "<ServiceName xml:lang=\"vi\">Cổng</ServiceName><RequestedAttribute Name=\"mail\"/>"
                         "</AttributeConsumingService></SPSSODescriptor></EntityDescriptor>");
    assert_ok(nx_saml_entity_read(&e, arena, &rules, NX_SAML_SP, xml, &found));
    assert_string_equal(e->name_vi, "Cổng");
    assert_string_equal(e->name, "Cổng");
    assert_int_equal(found.n, 1);
    assert_string_equal(e->attribute[0].name, "mail");
    static const char *const ids[] = {"", "a b"};
    for (size_t i = 0; i < 2; i++) {
        char *text = nx_arena_printf(arena, "<EntityDescriptor " MD " entityID=\"%s\"><SPSSODescriptor " SAML2 ">" ACS
                                            "</SPSSODescriptor></EntityDescriptor>", ids[i]);
        assert_int_equal(read_err(nx_span_str(text)), NX_ERR_SAML_METADATA);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_mellon),
        T(test_shibboleth),
        T(test_node_saml),
        T(test_pysaml2),
        T(test_simplesamlphp_both_roles),
        T(test_roles_of_other_protocols_stand_beside),
        T(test_the_smallest_that_serves),
        T(test_only_https_and_loopback_where_it_may),
        T(test_an_assertion_never_goes_by_redirect),
        T(test_validity),
        T(test_one_of_several),
        T(test_every_list_ends),
        T(test_indexes_and_the_default),
        T(test_keys_that_are_too_weak_or_odd),
        T(test_keys_have_uses),
        T(test_what_signs_must_have_a_key),
        T(test_a_line_says_where),
        T(test_no_entities_and_no_doctype),
        T(test_names_of_odd_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
