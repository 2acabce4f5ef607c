/* Portals registered by their metadata, through the whole server; and our own metadata. */
#include "crypto/certificate.h"
#include "endpoints/bearer/bearer.h"
#include "registry/audit.h"
#include "registry/consent.h"
#include "registry/saml_entity.h"
#include "rig.h"
#include "saml/entity.h"
#include "saml/federation.h"
#include "xml/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define METADATA "application/samlmetadata+xml"
#define PROVIDERS "/admin/v1/saml/providers"
#define POST_BINDING "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
#define SOAP_BINDING "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"

struct desk {
    struct rig rig;
    struct rig_browser b;
};

static int set_up(void **state)
{
    struct desk *d = calloc(1, sizeof *d);
    *state = d;
    if (rig_up(&d->rig) != 0) return -1;
    rig_browser_open(&d->b, &d->rig);
    d->b.authorization = rig_operator(&d->rig, "clients");
    return 0;
}

static int tear_down(void **state)
{
    struct desk *d = *state;
    nx_clock_shift(0);
    rig_browser_close(&d->b);
    rig_down(&d->rig);
    free(d);
    return 0;
}

static int start(void **state)
{
    (void)state;
    return nx_ok(nx_bearer_start()) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    nx_bearer_stop();
    return 0;
}

static const char *sample(struct desk *d, const char *name)
{
    char path[256];
    static char text[64 << 10];
    snprintf(path, sizeof path, NX_TEST_DATA "/saml/metadata/%s", name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    return nx_arena_dup(d->rig.arena, nx_span_of(text, n));
}

/* A small portal: ACS at these two, and more inside of the role. */
static const char *portal(struct desk *d, const char *id, const char *first, const char *second, const char *more)
{
    return nx_arena_printf(d->rig.arena,
                           "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"%s\">"
                           "<SPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">%s"
                           "<AssertionConsumerService Binding=\"" POST_BINDING "\" Location=\"%s\" index=\"0\"/>"
                           "<AssertionConsumerService Binding=\"" POST_BINDING "\" Location=\"%s\" index=\"1\"/>"
                           "<AttributeConsumingService index=\"0\"><ServiceName xml:lang=\"vi\">Cổng</ServiceName>"
                           "<RequestedAttribute Name=\"urn:oid:0.9.2342.19200300.100.1.3\"/>"
                           "<RequestedAttribute Name=\"national_id\"/></AttributeConsumingService>"
                           "</SPSSODescriptor></EntityDescriptor>",
                           id, more, first, second);
}

static nx_reply *add(struct desk *d, const char *xml)
{
    return rig_send(&d->b, "POST", PROVIDERS, METADATA, xml);
}

/* The id of a portal that is registered now; in the arena of the rig. */
static const char *added(struct desk *d, const char *xml)
{
    nx_reply *rp = add(d, xml);
    assert_int_equal(rp->status, 201);
    NX_AUTO_JSON j = rig_json(rp);
    return nx_arena_strdup(d->rig.arena, nx_json_str(j, "id"));
}

static const char *at(struct desk *d, const char *id, const char *after)
{
    return nx_arena_printf(d->rig.arena, PROVIDERS "/%s%s", id, after);
}

static nx_client *client(struct desk *d, const char *id)
{
    nx_client *c = NULL;
    assert_true(nx_ok(nx_client_get(rig_house(&d->rig)->registry, nx_span_str(id), &c)));
    return c;
}

static bool audited(struct desk *d, const char *type)
{
    struct nx_audit_page page;
    const struct nx_audit_query q = {.type = type};
    assert_true(nx_ok(nx_audit_list(rig_house(&d->rig)->registry, d->rig.arena, &q, &page)));
    return page.n == 1 && strcmp(page.v[0].actor, "uid:0") == 0;
}

static void test_a_portal_is_registered_by_its_metadata(void **state)
{
    struct desk *d = *state;
    nx_reply *rp = add(d, sample(d, "pysaml2.xml"));
    assert_int_equal(rp->status, 201);
    NX_AUTO_JSON j = rig_json(rp);
    const char *id = nx_arena_strdup(d->rig.arena, nx_json_str(j, "id"));
    assert_string_equal(nx_reply_header_get(rp, "Location"), at(d, id, ""));
    assert_string_equal(nx_json_str(j, "entity_id"), "https://py.example/metadata");
    assert_string_equal(nx_json_str(j, "name_vi"), "Cổng Py");
    assert_string_equal(nx_json_str(j, "sector"), "py.example");
    assert_string_equal(nx_json_str(j, "scope"), "openid profile email");
    assert_false(nx_json_bool(j, "unreachable", true)); /* its logout is by SOAP too */
    assert_true(audited(d, "saml.created"));
    NX_AUTO(nx_client) c = client(d, id);
    assert_true(nx_strings_has(c->grant_types, "urn:oasis:names:tc:SAML:2.0:profiles:SSO:browser"));
    assert_int_equal(c->grant_types.n, 1);
    assert_int_equal(c->response_types.n, 0);
    assert_int_equal(c->secret_digest.n, 0);
    assert_int_equal(rig_get(&d->b, at(d, id, "/metadata"))->status, 200);
    NX_AUTO_JSON by_name = rig_json(rig_get(&d->b, PROVIDERS "?entity_id=https%3A%2F%2Fpy.example%2Fmetadata"));
    const json_t *only = json_array_get(nx_json_array(by_name, "items"), 0);
    assert_string_equal(nx_json_str(only, "id"), id);
    NX_AUTO_JSON nobody = rig_json(rig_get(&d->b, PROVIDERS "?entity_id=urn:nobody"));
    assert_int_equal(json_array_size(nx_json_array(nobody, "items")), 0);
    NX_AUTO_JSON list = rig_json(rig_get(&d->b, PROVIDERS));
    assert_int_equal(json_array_size(nx_json_array(list, "items")), 1);
    assert_int_equal(add(d, sample(d, "pysaml2.xml"))->status, 409);
    NX_AUTO_JSON still = rig_json(rig_get(&d->b, PROVIDERS));
    assert_int_equal(json_array_size(nx_json_array(still, "items")), 1);
}

static void test_no_oauth_endpoint_serves_it(void **state)
{
    struct desk *d = *state;
    const char *id = added(d, sample(d, "mellon.xml"));
    rig_sign_in(&d->b, &d->rig.lan);
    nx_reply *rp = rig_get(&d->b, nx_arena_printf(d->rig.arena,
                                                  "/oidc/authorize?response_type=code&client_id=%s&scope=openid"
                                                  "&redirect_uri=https://cong.example/mellon/postResponse",
                                                  id));
    const char *to = nx_reply_header_get(rp, "Location");
    assert_true(rp->status == 400 || (to && strstr(to, "error=") && !strstr(to, "code=")));
    struct rig_client none = {.secret = "x"};
    snprintf(none.id, sizeof none.id, "%s", id);
    assert_int_equal(rig_call(&d->b, &none, "/oidc/token", "grant_type=client_credentials")->status, 401);
}

/* What refuses says why, in words and by line. */
static void test_a_refusal_names_lines(void **state)
{
    struct desk *d = *state;
    nx_reply *rp = add(d, portal(d, "a", "http://p.example/acs", "https://p.example/2", ""));
    assert_int_equal(rp->status, 400);
    NX_AUTO_JSON j = rig_json(rp);
    assert_non_null(strstr(nx_json_str(j, "detail"), "line 1: a location must be an https URL"));
    assert_int_equal(add(d, "<x>")->status, 400);
    assert_int_equal(rig_send(&d->b, "POST", PROVIDERS, "text/plain", "x")->status, 415);
    NX_AUTO_JSON found = rig_json(rig_send(&d->b, "POST", "/admin/v1/saml/check", METADATA,
                                           portal(d, "a", "http://p.example/acs", "https://p.example/2", "")));
    assert_false(nx_json_bool(found, "good", true));
    NX_AUTO_JSON good = rig_json(rig_send(&d->b, "POST", "/admin/v1/saml/check", METADATA, sample(d, "shibboleth.xml")));
    assert_true(nx_json_bool(good, "good", false));
    assert_true(json_array_size(nx_json_array(good, "items")) > 0);
    NX_AUTO_JSON list = rig_json(rig_get(&d->b, PROVIDERS));
    assert_int_equal(json_array_size(nx_json_array(list, "items")), 0);
}

/* A portal that lists somebody else's host does not get that host's pairwise names. */
static void test_hosts_that_differ_are_a_sector_of_their_own(void **state)
{
    struct desk *d = *state;
    const char *one = added(d, portal(d, "urn:one", "https://P.example/1", "https://p.example:444/2", ""));
    const char *two = added(d, portal(d, "urn:two", "https://p.example/1", "https://tax.example/2", ""));
    NX_AUTO(nx_client) c1 = client(d, one);
    NX_AUTO(nx_client) c2 = client(d, two);
    assert_string_equal(c1->sector, "p.example");
    assert_string_equal(c2->sector, "saml:urn:two");
    assert_true(nx_client_unreachable(c1));
}

/* Numbers of the state are an operator's to name, not the metadata's to ask for. */
static void test_identifiers_are_not_asked_into_being(void **state)
{
    struct desk *d = *state;
    const char *id = added(d, portal(d, "urn:one", "https://p.example/1", "https://p.example/2", ""));
    NX_AUTO(nx_client) c = client(d, id);
    assert_true(nx_strings_has(c->scopes, "email"));
    assert_false(nx_strings_has(c->scopes, "identifiers"));
}

static void test_settings(void **state)
{
    struct desk *d = *state;
    const char *id = added(d, portal(d, "urn:one", "https://p.example/1", "https://p.example/2", ""));
    NX_AUTO(nx_saml_entity) before = NULL;
    NX_AUTO(nx_saml_entity) e = NULL;
    nx_registry *r = rig_house(&d->rig)->registry;
    assert_true(nx_ok(nx_saml_entity_get(r, NX_LIT("urn:one"), NX_SAML_SP, &before)));
    assert_false(before->settings.idp_initiated || before->settings.claims_listed);
    nx_reply *rp = rig_send(&d->b, "PATCH", at(d, id, ""), "application/json",
                            "{\"idp_initiated\":true,\"encrypt\":\"always\",\"sign\":\"ec\",\"cap\":2,"
                            "\"claims\":[\"national_id\"],\"legal_basis\":\"Luật 59\"}");
    assert_int_equal(rp->status, 200);
    assert_true(nx_ok(nx_saml_entity_get(r, NX_LIT("urn:one"), NX_SAML_SP, &e)));
    assert_true(e->settings.idp_initiated && e->settings.claims_listed);
    assert_int_equal(e->settings.encrypt, NX_SAML_ENCRYPT_ALWAYS);
    assert_int_equal(e->settings.sign, NX_SAML_SIGN_EC);
    assert_int_equal(e->settings.cap, 2);
    assert_true(nx_strings_has(e->settings.claims, "national_id"));
    NX_AUTO(nx_client) c = client(d, id);
    assert_string_equal(c->legal_basis, "Luật 59");
    assert_true(audited(d, "saml.settled-legal-basis"));
    static const char *const bad[] = {"{\"encrypt\":\"maybe\"}", "{\"cap\":5}", "{\"colour\":1}", "{\"claims\":[\"shoe\"]}",
                                      "{\"idp_initiated\":1}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(rig_send(&d->b, "PATCH", at(d, id, ""), "application/json", bad[i])->status, 400);
    rp = rig_send(&d->b, "PATCH", at(d, id, ""), "application/json", "{\"claims\":null,\"legal_basis\":null}");
    NX_AUTO_JSON j = rig_json(rp);
    assert_null(json_object_get(nx_json_object(j, "settings"), "claims"));
    assert_int_equal(json_integer_value(json_object_get(nx_json_object(j, "settings"), "cap")), 2);
    assert_true(json_is_null(json_object_get(j, "legal_basis")));
}

static void test_replacing_and_removing(void **state)
{
    struct desk *d = *state;
    nx_registry *r = rig_house(&d->rig)->registry;
    const char *id = added(d, portal(d, "urn:one", "https://p.example/1", "https://p.example/2", ""));
    const char *other = added(d, portal(d, "urn:other", "https://o.example/1", "https://o.example/2", ""));
    char before[NX_CLIENT_SHAPE_LEN + 1], after[NX_CLIENT_SHAPE_LEN + 1];
    nx_client *c = client(d, id);
    assert_true(nx_ok(nx_client_shape(d->rig.arena, c, before)));
    nx_client_release(c);
    assert_int_equal(rig_send(&d->b, "PUT", at(d, id, ""), METADATA,
                              portal(d, "urn:other", "https://p.example/1", "https://p.example/2", ""))->status, 409);
    nx_reply *rp = rig_send(&d->b, "PUT", at(d, id, ""), METADATA,
                            portal(d, "urn:new", "https://p.example/3", "https://p.example/4",
                                   "<SingleLogoutService Binding=\"" SOAP_BINDING "\" Location=\"https://p.example/s\"/>"));
    assert_int_equal(rp->status, 200);
    NX_AUTO(nx_saml_entity) e = NULL;
    NX_AUTO(nx_saml_entity) gone = NULL;
    assert_int_equal(nx_saml_entity_get(r, NX_LIT("urn:one"), NX_SAML_SP, &gone).e, NX_ERR_NOT_FOUND);
    assert_true(nx_ok(nx_saml_entity_get(r, NX_LIT("urn:new"), NX_SAML_SP, &e)));
    assert_string_equal(e->owner, id);
    c = client(d, id);
    assert_false(nx_client_unreachable(c));
    assert_true(nx_ok(nx_client_shape(d->rig.arena, c, after)));
    nx_client_release(c);
    assert_string_not_equal(before, after); /* rule 16: answers go elsewhere, so consent is asked again */
    assert_int_equal(rig_send(&d->b, "DELETE", at(d, id, ""), NULL, NULL)->status, 204);
    assert_int_equal(nx_saml_entity_get(r, NX_LIT("urn:new"), NX_SAML_SP, &gone).e, NX_ERR_NOT_FOUND);
    assert_int_equal(rig_get(&d->b, at(d, id, ""))->status, 404);
    assert_true(audited(d, "saml.deleted"));
    assert_int_equal(rig_get(&d->b, at(d, other, ""))->status, 200);
    assert_int_equal(rig_send(&d->b, "POST", at(d, other, "/refresh"), NULL, NULL)->status, 409);
}

/* ---- our own ------------------------------------------------------------------------------------------------- */

static nx_span own(struct desk *d)
{
    nx_reply *rp = rig_get(&d->b, "/saml/metadata");
    assert_int_equal(rp->status, 200);
    return nx_span_str(nx_arena_dup(d->rig.arena, rp->body));
}

static void verify_own(struct desk *d, nx_span xml, nx_signing_key *by)
{
    NX_AUTO(nx_xml_doc) doc = NULL;
    NX_AUTO(nx_xml_doc) covered = NULL;
    NX_AUTO(nx_xml_key) key = NULL;
    nx_span der;
    assert_true(nx_ok(nx_b64_decode_dup(&der, d->rig.arena, nx_span_str(nx_signing_key_certificate(by)))));
    assert_true(nx_ok(nx_xml_key_make(&key, der)));
    const struct nx_xml_keys keys = {.v = &key, .n = 1};
    assert_true(nx_ok(nx_xml_parse(&doc, xml, &nx_xml_metadata)));
    assert_true(nx_ok(nx_xml_verify(&covered, doc, nx_xml_root(doc), &keys)));
}

static void test_our_own_metadata_in_both_roles(void **state)
{
    struct desk *d = *state;
    struct nx_saml_findings found;
    nx_saml_entity *idp = NULL, *sp = NULL;
    const struct nx_saml_rules rules = {.loopback = true, .now = nx_now()};
    nx_span xml = own(d);
    NX_AUTO(nx_signing_key) active = NULL;
    assert_true(nx_ok(nx_keyring_active(&active, rig_house(&d->rig)->keyring, NX_USE_SAML)));
    verify_own(d, xml, active);
    assert_true(nx_ok(nx_saml_entity_read(&idp, d->rig.arena, &rules, NX_SAML_IDP, xml, &found)));
    assert_int_equal(found.n, 0);
    assert_true(nx_ok(nx_saml_entity_read(&sp, d->rig.arena, &rules, NX_SAML_SP, xml, &found)));
    assert_string_equal(idp->entity_id, RIG_ISSUER "/saml/metadata");
    assert_in_range(idp->valid_until - nx_now(), 604700, 604800);
    assert_true(idp->cache_duration >= 60 && idp->cache_duration <= 21600);
    assert_int_equal(idp->slo.n, 3);
    assert_int_equal(idp->artifact.n, 1);
    assert_true(nx_strings_has(idp->name_id_formats, "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"));
    assert_null(nx_saml_key_encrypting(idp));
    assert_non_null(nx_saml_key_encrypting(sp));
    assert_string_equal(nx_saml_endpoint_default(&sp->acs)->location, RIG_ISSUER "/saml/acs");
    assert_true(sp->requests_signed && sp->wants_assertions_signed);
    nx_saml_entity_forget(idp);
    nx_saml_entity_forget(sp);
}

static size_t signing_keys(struct desk *d, nx_span xml)
{
    struct nx_saml_findings found;
    nx_saml_entity *idp = NULL;
    const struct nx_saml_rules rules = {.loopback = true, .now = nx_now()};
    size_t n = 0;
    assert_true(nx_ok(nx_saml_entity_read(&idp, d->rig.arena, &rules, NX_SAML_IDP, xml, &found)));
    while (nx_saml_key_for(idp, NX_SAML_FOR_SIGNING, n))
        n++;
    nx_saml_entity_forget(idp);
    return n;
}

/* The next key is there before it signs, the old one as long as somebody may hold what it signed. */
static void test_keys_overlap(void **state)
{
    struct desk *d = *state;
    nx_keyring *ring = rig_house(&d->rig)->keyring;
    assert_int_equal(signing_keys(d, own(d)), 2); /* the first one makes its keys itself */
    nx_span first = own(d);
    assert_true(nx_span_eq(own(d), first)); /* from memory: an ID would differ */
    for (int i = 0; i < 2 * NX_USE_COUNT; i++)
        assert_true(nx_ok(nx_keyring_tend(ring)));
    assert_int_equal(signing_keys(d, own(d)), 4);
    nx_clock_shift(90000);
    assert_true(nx_ok(nx_keyring_rotate(ring, NX_USE_SAML)));
    nx_span turned = own(d);
    NX_AUTO(nx_signing_key) active = NULL;
    assert_true(nx_ok(nx_keyring_active(&active, ring, NX_USE_SAML)));
    verify_own(d, turned, active);
    assert_int_equal(signing_keys(d, turned), 4); /* the old one, the one that signs, and those of ECDSA */
    nx_clock_shift(90000 + 172800);
    assert_false(nx_span_eq(own(d), turned)); /* old: validUntil moves on */
}

static void test_it_is_valid_by_the_schema(void **state)
{
    struct desk *d = *state;
    char path[64] = "/tmp/nixa-metadata-XXXXXX", command[512];
    nx_span xml = own(d);
    if (access("/usr/share/xml/opensaml/saml-schema-metadata-2.0.xsd", R_OK) != 0) skip();
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, xml.p, xml.n), (ssize_t)xml.n);
    close(fd);
    snprintf(command, sizeof command, NX_SOURCE_DIR "/tests/saml/validate.sh metadata %s", path);
    int status = system(command);
    unlink(path);
    assert_int_equal(status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_portal_is_registered_by_its_metadata),
        TEST(test_no_oauth_endpoint_serves_it),
        TEST(test_a_refusal_names_lines),
        TEST(test_hosts_that_differ_are_a_sector_of_their_own),
        TEST(test_identifiers_are_not_asked_into_being),
        TEST(test_settings),
        TEST(test_replacing_and_removing),
        TEST(test_our_own_metadata_in_both_roles),
        TEST(test_keys_overlap),
        TEST(test_it_is_valid_by_the_schema),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
