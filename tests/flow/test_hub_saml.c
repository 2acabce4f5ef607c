/* Responses of an upstream that are well signed and wrong in what they say: audience, recipient, request, times, replay,
 * subject; and encrypted ones that nobody signed. Each is refused for its own reason. The provider here is a pen: it
 * writes with the product's own writer and signs with the key of tests/saml/attacks. */
#include "rig.h"

#include "hub/saml.h"
#include "hub/saml_row.h"
#include "saml/metadata.h"
#include "xml/encrypt.h"
#include "xml/sign.h"

#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define KEYS NX_SOURCE_DIR "/tests/saml/attacks/keys/"
#define PEER "https://idp.example/metadata"
#define HERE RIG_ISSUER "/saml/acs"
#define US RIG_ISSUER "/saml/metadata"
#define BROWSER NX_LIT("AAAAAAAAAAAAAAAAAAAAAA")
#define PERSISTENT "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"

static struct rig rig;
static EVP_PKEY *genuine, *foreign;

#define assert_ok(call) assert_string_equal(nx_err_name((call).e), nx_err_name(NX_ERR_NONE))
#define assert_err(call, err) assert_string_equal(nx_err_name((call).e), nx_err_name(err))

static EVP_PKEY *key_of(const char *path)
{
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    assert_non_null(key);
    return key;
}

/* The certificate's base64, without its armour and line breaks. */
static const char *certificate(void)
{
    char text[8192];
    FILE *f = fopen(KEYS "idp-rsa.crt", "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = 0;
    char *from = strstr(text, "-----\n") + 6, *to = strstr(from, "-----END");
    char *out = nx_arena_alloc(rig.arena, (size_t)(to - from) + 1), *end = out;
    for (; from < to; from++)
        if (*from != '\n') *end++ = *from;
    *end = 0;
    return out;
}

static void add_upstream(void)
{
    const char *why = "";
    const char *xml = nx_arena_printf(
        rig.arena,
        "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"" PEER "\">"
        "<IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">"
        "<KeyDescriptor use=\"signing\"><KeyInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><X509Data>"
        "<X509Certificate>%s</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
        "<SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\""
        " Location=\"https://idp.example/sso\"/></IDPSSODescriptor></EntityDescriptor>",
        certificate());
    NX_AUTO_JSON config = json_pack("{s:s, s:{s:s}, s:{s:s}}", "metadata", xml, "levels", "urn:card", "m3", "claims",
                                    "name", "displayName");
    NX_AUTO_JSON kept = nx_saml_row_config(config);
    struct nx_upstream_record u = {.id = "idp",
                                   .kind = NX_UPSTREAM_SAML,
                                   .name = "Provider",
                                   .issuer = PEER,
                                   .level_cap = 3,
                                   .proofing = 2,
                                   .jit = 1,
                                   .config = config};
    NX_AUTO_ROW_METADATA(metadata);
    assert_ok(nx_saml_row_check(rig_house(&rig), &u, &why));
    assert_ok(nx_saml_row_open(&metadata, rig_house(&rig), rig.arena, &u, &why));
    assert_ok(nx_saml_row_store(rig_house(&rig), &u, &metadata, &why));
    u.config = kept;
    assert_ok(nx_upstream_create(rig_house(&rig)->registry, rig_house(&rig)->master, &u));
    assert_ok(nx_upstream_set_state(rig_house(&rig)->registry, "idp", true));
}

static int up(void **state)
{
    (void)state;
    if (rig_up(&rig) != 0) return -1;
    genuine = key_of(KEYS "idp-rsa.key");
    foreign = key_of(KEYS "foreign-rsa.key");
    add_upstream();
    return 0;
}

static int down(void **state)
{
    (void)state;
    EVP_PKEY_free(genuine);
    EVP_PKEY_free(foreign);
    rig_down(&rig);
    nx_clock_shift(0);
    return 0;
}

/* ---- the pen */

/* What a response says; the zero value of each member says what is right. */
struct letter {
    const char *issuer, *audience, *recipient, *request, *confirmed, *destination, *format, *qualifier, *status, *context;
    const char *id;
    int64_t begins, ends, confirmation_ends, session_ends; /* seconds from now; 0: as it should be */
    bool no_audience, no_request, second_assertion, odd_condition;
    bool bare;        /* nobody signs */
    bool by_response; /* the response is signed and not the assertion */
    bool encrypted;
    bool by_foreign;
};

static nx_result sign_with(void *ctx, uint8_t out[NX_SIGNATURE_MAX], size_t *n, nx_span message)
{
    return nx_alg_sign(out, n, NX_ALG_RS256, ctx, message);
}

static const char *or_else(const char *said, const char *otherwise)
{
    return said ? said : otherwise;
}

static int64_t at(int64_t said, int64_t otherwise)
{
    return nx_now() + (said ? said : otherwise);
}

static void put_subject(nx_xml_writer *w, const struct letter *l, const char *request)
{
    nx_xml_begin(w, NX_NS_SAML, "Subject");
    nx_xml_begin(w, NX_NS_SAML, "NameID");
    nx_xml_put_attr(w, "Format", or_else(l->format, PERSISTENT));
    nx_xml_put_attr(w, "NameQualifier", l->qualifier);
    nx_xml_put_text(w, NX_LIT("an-0001"));
    nx_xml_end(w);
    nx_xml_begin(w, NX_NS_SAML, "SubjectConfirmation");
    nx_xml_put_attr(w, "Method", NX_SAML_BEARER);
    nx_xml_begin(w, NX_NS_SAML, "SubjectConfirmationData");
    nx_xml_put_attr(w, "Recipient", or_else(l->recipient, HERE));
    nx_xml_put_attr(w, "InResponseTo", or_else(l->confirmed, request));
    nx_xml_put_attr_time(w, "NotOnOrAfter", at(l->confirmation_ends, 300));
    nx_xml_end(w);
    nx_xml_end(w);
    nx_xml_end(w);
}

static void put_conditions(nx_xml_writer *w, const struct letter *l)
{
    nx_xml_begin(w, NX_NS_SAML, "Conditions");
    nx_xml_put_attr_time(w, "NotBefore", at(l->begins, -5));
    nx_xml_put_attr_time(w, "NotOnOrAfter", at(l->ends, 300));
    if (!l->no_audience) {
        nx_xml_begin(w, NX_NS_SAML, "AudienceRestriction");
        nx_xml_put(w, NX_NS_SAML, "Audience", or_else(l->audience, US));
        nx_xml_end(w);
    }
    if (l->odd_condition) nx_xml_put(w, NX_NS_SAML, "Condition", "");
    nx_xml_end(w);
}

static void put_statement(nx_xml_writer *w, const struct letter *l)
{
    nx_xml_begin(w, NX_NS_SAML, "AuthnStatement");
    nx_xml_put_attr_time(w, "AuthnInstant", nx_now());
    nx_xml_put_attr(w, "SessionIndex", "s1");
    if (l->session_ends) nx_xml_put_attr_time(w, "SessionNotOnOrAfter", at(l->session_ends, 0));
    nx_xml_begin(w, NX_NS_SAML, "AuthnContext");
    nx_xml_put(w, NX_NS_SAML, "AuthnContextClassRef", or_else(l->context, "urn:card"));
    nx_xml_end(w);
    nx_xml_end(w);
}

static nx_span finish(nx_xml_writer *w, bool sign, bool by_foreign)
{
    nx_span out;
    const struct nx_xml_signer signer = {
        .alg = NX_XML_RSA_SHA256, .sign = sign_with, .ctx = by_foreign ? foreign : genuine};
    if (sign)
        assert_ok(nx_xml_sign(&out, rig.arena, w, &signer));
    else
        assert_ok(nx_xml_done(&out, w));
    return out;
}

static nx_span assertion(const struct letter *l, const char *request)
{
    bool sign = !l->bare && !l->by_response;
    nx_xml_writer *w = nx_xml_writer_new(rig.arena, 64u << 10);
    nx_xml_begin(w, NX_NS_SAML, "Assertion");
    nx_xml_put_attr(w, "ID", or_else(l->id, "_a1"));
    nx_xml_put_attr(w, "Version", "2.0");
    nx_xml_put_attr_time(w, "IssueInstant", nx_now());
    nx_xml_put(w, NX_NS_SAML, "Issuer", or_else(l->issuer, PEER));
    if (sign) nx_xml_signature_here(w);
    put_subject(w, l, request);
    put_conditions(w, l);
    put_statement(w, l);
    nx_xml_end(w);
    return finish(w, sign, l->by_foreign);
}

static void put_encrypted(nx_xml_writer *w, nx_span element)
{
    NX_AUTO(nx_signing_key) ours = NULL;
    NX_AUTO(nx_xml_key) key = NULL;
    assert_ok(nx_keyring_active(&ours, rig_house(&rig)->keyring, NX_USE_SAML_ENC));
    assert_ok(nx_xml_key_of(&key, nx_jwk_evp(nx_signing_key_jwk(ours))));
    const struct nx_xml_recipient to = {.key = key, .cipher = NX_XML_AES256_GCM, .oaep = NX_XML_OAEP_MGF1P};
    nx_xml_begin(w, NX_NS_SAML, "EncryptedAssertion");
    assert_ok(nx_xml_encrypt(w, rig.arena, &to, element));
    nx_xml_end(w);
}

static nx_span response(const struct letter *l, const char *request)
{
    nx_span inner = assertion(l, request);
    nx_xml_writer *w = nx_xml_writer_new(rig.arena, 128u << 10);
    nx_xml_begin(w, NX_NS_SAMLP, "Response");
    nx_xml_put_attr(w, "ID", "_r1");
    nx_xml_put_attr(w, "Version", "2.0");
    nx_xml_put_attr_time(w, "IssueInstant", nx_now());
    nx_xml_put_attr(w, "Destination", or_else(l->destination, HERE));
    if (!l->no_request) nx_xml_put_attr(w, "InResponseTo", or_else(l->request, request));
    nx_xml_put(w, NX_NS_SAML, "Issuer", PEER);
    if (l->by_response) nx_xml_signature_here(w);
    nx_xml_begin(w, NX_NS_SAMLP, "Status");
    nx_xml_begin(w, NX_NS_SAMLP, "StatusCode");
    nx_xml_put_attr(w, "Value", or_else(l->status, "urn:oasis:names:tc:SAML:2.0:status:Success"));
    nx_xml_end(w);
    nx_xml_end(w);
    if (l->encrypted)
        put_encrypted(w, inner);
    else
        nx_xml_put_element(w, inner);
    if (l->second_assertion) nx_xml_put_element(w, assertion(&(struct letter){.id = "_a2"}, request));
    nx_xml_end(w);
    return finish(w, l->by_response, l->by_foreign);
}

/* ---- a sign-in */

struct trip {
    const char *relay;
    const char *request; /* ID of our AuthnRequest */
};

static struct trip set_out(bool fresh)
{
    struct trip t;
    const char *url;
    struct nx_saml_in sent;
    NX_AUTO_UPSTREAM u = NULL;
    const struct nx_rp_ask ask = {.browser = BROWSER, .fresh = fresh};
    assert_ok(nx_upstream_get(rig_house(&rig)->registry, NX_LIT("idp"), &u));
    assert_ok(nx_sp_begin(&url, rig_house(&rig), rig.arena, u, &ask));
    assert_memory_equal(url, "https://idp.example/sso?", 24);
    assert_ok(nx_saml_redirect_read(&sent, rig.arena, nx_span_str(url + 24)));
    assert_non_null(sent.sig_alg);
    t.relay = sent.relay_state;
    assert_true(strlen(t.relay) <= 80); /* saml-bindings 3.4.3 */
    const char *id = strstr(nx_arena_dup(rig.arena, sent.xml), " ID=\"") + 5;
    t.request = nx_arena_printf(rig.arena, "%.*s", (int)strcspn(id, "\""), id);
    return t;
}

static nx_time asked; /* when she was asked anew; 0: she was not */

static nx_result deliver(const struct trip *t, nx_span xml, nx_span browser)
{
    NX_AUTO_RP_RETURN(back);
    const struct nx_saml_in in = {.binding = NX_SAML_POST, .response = true, .xml = xml, .relay_state = t->relay};
    NX_TRY(nx_sp_finish(&back, rig_house(&rig), rig.arena, browser, &in, HERE));
    assert_string_equal(back.identity.subject, "an-0001");
    assert_string_equal(back.identity.session, "s1");
    assert_in_range(back.identity.at, asked ? asked - 2 : nx_now() - 300, nx_now()); /* its AuthnInstant */
    return NX_OK;
}

static nx_err come_with(const struct letter *l)
{
    struct trip t = set_out(false);
    return deliver(&t, response(l, t.request), BROWSER).e;
}

#define come(...) nx_err_name(come_with(&(struct letter){__VA_ARGS__}))
#define is(err) nx_err_name(NX_ERR_##err)

static void test_what_is_right_passes(void **state)
{
    (void)state;
    assert_string_equal(come(.id = "_g1"), is(NONE));
    assert_string_equal(come(.id = "_g2", .by_response = true), is(NONE));
    assert_string_equal(come(.id = "_g3", .encrypted = true), is(NONE));
    assert_string_equal(come(.id = "_g4", .qualifier = PEER), is(NONE));
}

static void test_who_signed(void **state)
{
    (void)state;
    assert_string_equal(come(.bare = true), is(SAML_UNSIGNED));
    assert_string_equal(come(.by_foreign = true), is(SIGNATURE));
    assert_string_equal(come(.by_response = true, .by_foreign = true), is(SIGNATURE));
}

/* Anybody can encrypt to us: our key is in our metadata. */
static void test_encrypted_but_unsigned(void **state)
{
    (void)state;
    assert_string_equal(come(.encrypted = true, .bare = true), is(SAML_UNSIGNED));
    assert_string_equal(come(.encrypted = true, .by_foreign = true), is(SIGNATURE));
}

static void test_for_whom_it_is(void **state)
{
    (void)state;
    assert_string_equal(come(.audience = "https://portal.example"), is(UPSTREAM_AUDIENCE));
    assert_string_equal(come(.no_audience = true), is(UPSTREAM_AUDIENCE));
    assert_string_equal(come(.recipient = "https://portal.example/acs"), is(SAML_DESTINATION));
    assert_string_equal(come(.destination = "https://portal.example/acs"), is(SAML_DESTINATION));
    assert_string_equal(come(.issuer = "https://other.example"), is(UPSTREAM_ISSUER));
    assert_string_equal(come(.odd_condition = true), is(UPSTREAM_FORM));
    assert_string_equal(come(.second_assertion = true), is(UPSTREAM_FORM));
}

static void test_what_it_answers(void **state)
{
    (void)state;
    assert_string_equal(come(.request = "_other"), is(UPSTREAM_NONCE));
    assert_string_equal(come(.confirmed = "_other"), is(UPSTREAM_NONCE));
    assert_string_equal(come(.no_request = true), is(UPSTREAM_NONCE));
    struct trip t = set_out(false);
    t.relay = NULL;
    assert_err(deliver(&t, response(&(struct letter){.bare = false}, t.request), BROWSER), NX_ERR_UPSTREAM_STATE);
}

static void test_times(void **state)
{
    (void)state;
    assert_string_equal(come(.ends = -120), is(UPSTREAM_TIME));
    assert_string_equal(come(.begins = 120), is(UPSTREAM_TIME));
    assert_string_equal(come(.confirmation_ends = -120), is(UPSTREAM_TIME));
    assert_string_equal(come(.session_ends = -120), is(UPSTREAM_TIME));
    assert_string_equal(come(.id = "_t1", .ends = -30), is(NONE)); /* within the skew of 60 s */
}

static void test_once(void **state)
{
    (void)state;
    struct trip t = set_out(false), later = set_out(false);
    nx_span xml = response(&(struct letter){.id = "_o1"}, t.request);
    assert_ok(deliver(&t, xml, BROWSER));
    assert_err(deliver(&t, xml, BROWSER), NX_ERR_UPSTREAM_STATE);
    assert_err(deliver(&later, response(&(struct letter){.id = "_o1"}, later.request), BROWSER),
               NX_ERR_UPSTREAM_REPLAYED);
}

static void test_in_the_browser_that_asked(void **state)
{
    (void)state;
    struct trip t = set_out(false);
    assert_err(deliver(&t, response(&(struct letter){.id = "_b1"}, t.request), NX_LIT("BBBBBBBBBBBBBBBBBBBBBB")),
               NX_ERR_UPSTREAM_STATE);
}

static void test_subjects_that_last(void **state)
{
    (void)state;
    assert_string_equal(come(.id = "_s1", .format = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"), is(UPSTREAM_SUBJECT));
    assert_string_equal(come(.id = "_s2", .format = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"),
                        is(UPSTREAM_SUBJECT));
    assert_string_equal(come(.id = "_s3", .qualifier = "https://other.example"), is(UPSTREAM_SUBJECT));
}

static void test_a_refusal_is_told(void **state)
{
    (void)state;
    assert_string_equal(come(.status = "urn:oasis:names:tc:SAML:2.0:status:Responder"), is(UPSTREAM_DENIED));
}

static void test_the_moment_of_a_fresh_sign_in(void **state)
{
    (void)state;
    struct trip t = set_out(true);
    nx_span old = response(&(struct letter){.id = "_f1"}, t.request); /* AuthnInstant is now … */
    assert_ok(deliver(&t, old, BROWSER));
    nx_clock_shift(NX_SP_SKEW_S - 5);
    t = set_out(true);
    nx_clock_shift(0); /* … here by a clock that is behind, after she was sent by ours … */
    old = response(&(struct letter){.id = "_f3"}, t.request);
    nx_clock_shift(NX_SP_SKEW_S - 5);
    asked = nx_now();
    assert_ok(deliver(&t, old, BROWSER));
    asked = 0;
    nx_clock_shift(200);
    t = set_out(true);
    nx_clock_shift(0); /* … and here 200 s before she was sent */
    old = response(&(struct letter){.id = "_f2"}, t.request);
    nx_clock_shift(200);
    assert_err(deliver(&t, old, BROWSER), NX_ERR_UPSTREAM_ACR);
}

#define test(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(test_what_is_right_passes),
        test(test_who_signed),
        test(test_encrypted_but_unsigned),
        test(test_for_whom_it_is),
        test(test_what_it_answers),
        test(test_times),
        test(test_once),
        test(test_in_the_browser_that_asked),
        test(test_subjects_that_last),
        test(test_a_refusal_is_told),
        test(test_the_moment_of_a_fresh_sign_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
