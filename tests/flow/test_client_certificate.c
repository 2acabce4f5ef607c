/* Clients that prove themselves by a certificate (RFC 8705 section 2.1): what is registered, and what the token endpoint then
 * takes. The files are those of tests/data/pki; the edge's part is in tests/integration/test_client_certificate.mjs. */
#include "rig.h"

#include "authn/standing.h"
#include "base/text.h"
#include "oidc/metadata.h"
#include "oidc/register.h"
#include "oidc/token.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PKI NX_TEST_DATA "/pki/"
#define MACHINE "\"client_name\":\"API\",\"grant_types\":[\"client_credentials\"],\"response_types\":[],\"scope\":\"reports\""
#define BY_CERTIFICATE "\"token_endpoint_auth_method\":\"tls_client_auth\""

static struct rig rig;
static struct rig_client client;

static int up(void **state)
{
    (void)state;
    if (rig_up(&rig) != 0) return -1;
    struct nx_house *h = rig_house(&rig);
    assert_true(nx_ok(nx_anchors_open(&h->client_anchors, rig_pki(&rig, "clients.pem"), "")));
    assert_true(nx_ok(nx_anchors_open(&h->person_anchors, rig_pki(&rig, "anchors.pem"), "")));
    h->mtls_origin = "https://localhost:8444";
    rig.settings.client_crl = PKI "clients.crl";
    rig.settings.person_crl = PKI "people.crl";
    rig_register(&rig, &client, "{" MACHINE "," BY_CERTIFICATE ",\"tls_client_auth_san_dns\":\"api.portal.example\"}");
    return 0;
}

static int down(void **state)
{
    (void)state;
    nx_standing_forget();
    rig_down(&rig);
    return 0;
}

/* ---- registering */

static nx_err registered(const char *metadata, const char **why)
{
    nx_span json;
    const struct nx_registrar by = {.actor = "uid:0"};
    *why = "";
    return nx_client_register(&json, why, rig_house(&rig), rig.arena, &by, nx_span_str(metadata)).e;
}

static void exactly_one_name_is_registered(void **state)
{
    (void)state;
    const char *why;
    assert_int_equal(registered("{" MACHINE "," BY_CERTIFICATE "}", &why), NX_ERR_CLIENT_METADATA);
    assert_non_null(strstr(why, "exactly one"));
    assert_int_equal(registered("{" MACHINE "," BY_CERTIFICATE
                                ",\"tls_client_auth_san_dns\":\"a\",\"tls_client_auth_subject_dn\":\"CN=a\"}",
                                &why),
                     NX_ERR_CLIENT_METADATA);
    assert_int_equal(registered("{" MACHINE "," BY_CERTIFICATE ",\"tls_client_auth_san_ip\":\"api\"}", &why),
                     NX_ERR_CLIENT_METADATA);
    assert_int_equal(registered("{" MACHINE ",\"tls_client_auth_san_dns\":\"a\"}", &why), NX_ERR_CLIENT_METADATA);
    assert_int_equal(registered("{" MACHINE "," BY_CERTIFICATE ",\"tls_client_auth_san_ip\":\"2001:db8::7\"}", &why),
                     NX_ERR_NONE);
}

static bool metadata_says(const char *text)
{
    nx_span json;
    assert_true(nx_ok(nx_metadata(&json, rig_house(&rig), rig.arena)));
    return strstr(nx_arena_dup(rig.arena, json), text) != NULL;
}

static void only_where_there_are_authorities(void **state)
{
    (void)state;
    const char *why;
    struct nx_house *h = rig_house(&rig);
    nx_anchors *had = h->client_anchors;
    assert_true(metadata_says("\"tls_client_auth\""));
    assert_true(metadata_says("\"mtls_endpoint_aliases\":{\"token_endpoint\":\"https://localhost:8444/oidc/token\""));
    h->client_anchors = NULL;
    assert_false(metadata_says("tls_client_auth"));
    assert_false(metadata_says("mtls_endpoint_aliases"));
    assert_int_equal(registered("{" MACHINE "," BY_CERTIFICATE ",\"tls_client_auth_san_dns\":\"a\"}", &why),
                     NX_ERR_CLIENT_METADATA);
    assert_non_null(strstr(why, "--client-ca"));
    h->client_anchors = had;
}

/* ---- asking for a token */

/* The Client-Cert field with that certificate. */
static const char *field(const char *name)
{
    return nx_arena_printf(rig.arena, ":%s:", nx_b64_dup(rig.arena, rig_pki(&rig, name)));
}

static nx_err ask_as(const char *id, const char *certificate, const char *secret, bool may_call)
{
    nx_span json;
    struct nx_param row[] = {{"grant_type", "client_credentials"}, {"client_id", id}, {"client_secret", secret}};
    const struct nx_oauth_request rq = {.form = {row, secret ? 3 : 2},
                                        .certificate = certificate,
                                        .path = "/oidc/token",
                                        .may_call = may_call};
    return nx_token(&json, rig_house(&rig), rig.arena, &rq).e;
}

static nx_err ask(const char *name)
{
    return ask_as(client.id, name ? field(name) : NULL, NULL, true);
}

static void a_certificate_of_that_name_proves_the_client(void **state)
{
    (void)state;
    assert_int_equal(ask("portal.der"), NX_ERR_NONE);
    static const char *const other[] = {"\"tls_client_auth_subject_dn\":\"CN=api,O=Sở Tài chính,C=VN\"",
                                        "\"tls_client_auth_san_uri\":\"urn:portal:1\"",
                                        "\"tls_client_auth_san_ip\":\"192.0.2.7\"",
                                        "\"tls_client_auth_san_email\":\"ops@portal.example\""};
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        struct rig_client c;
        rig_register(&rig, &c, nx_arena_printf(rig.arena, "{" MACHINE "," BY_CERTIFICATE ",%s}", other[i]));
        assert_int_equal(ask_as(c.id, field("portal.der"), NULL, true), NX_ERR_NONE);
        assert_int_equal(ask_as(c.id, field("portal-other.der"), NULL, true), NX_ERR_CLIENT_AUTH);
    }
}

/* One answer for whatever is wrong. */
static void test_rule_29_no_other_certificate_does(void **state)
{
    (void)state;
    assert_int_equal(ask("portal-other.der"), NX_ERR_CLIENT_AUTH);   /* another's, of the same authority */
    assert_int_equal(ask("portal-revoked.der"), NX_ERR_CLIENT_AUTH); /* of that name, and taken back */
    assert_int_equal(ask("lan.der"), NX_ERR_CLIENT_AUTH);            /* people's authority is none of portals' */
    assert_int_equal(ask_as(client.id, "", NULL, true), NX_ERR_CLIENT_AUTH);
    assert_int_equal(ask_as(client.id, ":AAAA:", NULL, true), NX_ERR_CLIENT_AUTH);
    assert_int_equal(ask_as(client.id, "AAAA", NULL, true), NX_ERR_CLIENT_AUTH);
    assert_int_equal(ask(NULL), NX_ERR_CLIENT_AUTH_METHOD);
    assert_int_equal(ask_as(client.id, field("portal.der"), "guessed", true), NX_ERR_CLIENT_AUTH_METHOD);
    nx_standing_forget();
    rig.settings.client_crl = ""; /* nobody can be asked */
    assert_int_equal(ask("portal.der"), NX_ERR_CLIENT_AUTH);
    rig.settings.client_crl = PKI "people.crl"; /* another authority's list says nothing of it */
    assert_int_equal(ask("portal.der"), NX_ERR_CLIENT_AUTH);
}

/* Who has a secret is not let in by a certificate, of whatever name. */
static void a_certificate_is_no_other_method(void **state)
{
    (void)state;
    assert_int_equal(ask_as(rig.machine.id, field("portal.der"), NULL, true), NX_ERR_CLIENT_AUTH_METHOD);
    assert_int_equal(ask_as(rig.machine.id, field("portal.der"), rig.machine.secret, true),
                     ask_as(rig.machine.id, NULL, rig.machine.secret, true));
}

static void what_must_be_asked_is_asked_where_it_may(void **state)
{
    (void)state;
    assert_int_equal(ask_as(client.id, field("portal.der"), NULL, false), NX_ERR_CLIENT_KEYS);
    assert_int_equal(ask("portal.der"), NX_ERR_NONE);
    assert_int_equal(ask_as(client.id, field("portal.der"), NULL, false), NX_ERR_NONE); /* learned a moment ago */
    assert_int_equal(ask("portal-revoked.der"), NX_ERR_CLIENT_AUTH);
    assert_int_equal(ask_as(client.id, field("portal-revoked.der"), NULL, false), NX_ERR_CLIENT_AUTH);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
    const struct CMUnitTest tests[] = {
        T(exactly_one_name_is_registered),
        T(only_where_there_are_authorities),
        T(a_certificate_of_that_name_proves_the_client),
        T(test_rule_29_no_other_certificate_does),
        T(a_certificate_is_no_other_method),
        T(what_must_be_asked_is_asked_where_it_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
