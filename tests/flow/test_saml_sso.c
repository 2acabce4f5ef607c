/* SAML sign-on without sockets: what a portal is told, how it may ask, and every way in which it is refused. */
#include "rig_phone.h"
#include "rig_saml.h"

#include "crypto/random.h"
#include "endpoints/answer.h"
#include "revoke/revoke.h"
#include "saml/message.h"
#include "sessions/signon.h"
#include "xml/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct rig rig;
static struct rig_browser browser;
static struct rig_saml portal;

static int up_with(const struct rig_saml_plan *plan)
{
    if (rig_up(&rig)) return -1;
    rig_browser_open(&browser, &rig);
    rig_saml_up(&portal, &rig, plan);
    return 0;
}

static int up(void **state)
{
    (void)state;
    return up_with(&(struct rig_saml_plan){.entity_id = NULL});
}

static int down(void **state)
{
    (void)state;
    rig_saml_down(&portal);
    rig_browser_close(&browser);
    rig_down(&rig);
    return 0;
}

#define AUTO_ANSWER(name) __attribute__((cleanup(rig_saml_forget))) struct rig_saml_answer name = {.response = NULL}

static const char *attr(const nx_xml_doc *d, const char *element, const char *name)
{
    const nx_xml_node *e = rig_saml_at(d, element, NULL);
    return e ? nx_xml_attr(e, name) : NULL;
}

static const char *class_of(const struct rig_saml_answer *x)
{
    return rig_saml_text(&rig, rig_saml_at(x->assertion, "AuthnStatement", "AuthnContext", "AuthnContextClassRef", NULL));
}

static void refused(const nx_reply *rp, nx_err e)
{
    assert_int_equal(rp->status, nx_answer_of(e).status);
    assert_int_equal(nx_last_origin().e, e);
    assert_null(strstr(rig_body(rp), "name=\"SAMLResponse\""));
}

static void told(const char *url, const char *status, const char *second)
{
    AUTO_ANSWER(x);
    rig_saml_sign_on(&x, &portal, &browser, url);
    assert_string_equal(x.status, status);
    assert_string_equal(x.second, second);
    assert_null(x.assertion);
    assert_string_equal(x.action, "https://health.example/post");
    assert_string_equal(x.relay, "r 1");
}

/* ---- what a portal is told -------------------------------------------------------------------------------- */

static void a_signed_assertion_is_posted(void **state)
{
    (void)state;
    AUTO_ANSWER(x);
    rig_sign_in(&browser, &rig.lan);
    const char *request = rig_saml_request(&portal, "_first", "", "");
    rig_saml_sign_on(&x, &portal, &browser, rig_saml_url(&portal, request, "&RelayState=r%201", false));
    assert_string_equal(x.status, "Success");
    assert_string_equal(x.in_response_to, "_first");
    assert_string_equal(x.action, "https://health.example/post");
    assert_string_equal(x.relay, "r 1");
    assert_string_equal(rig_saml_text(&rig, rig_saml_at(x.response, "Issuer", NULL)), RIG_ISSUER "/saml/metadata");
    assert_string_equal(rig_saml_text(&rig, rig_saml_at(x.assertion, "Issuer", NULL)), RIG_ISSUER "/saml/metadata");
    assert_string_equal(nx_xml_attr(nx_xml_root(x.response), "Destination"), "https://health.example/post");
    const nx_xml_node *data =
        rig_saml_at(x.assertion, "Subject", "SubjectConfirmation", "SubjectConfirmationData", NULL);
    assert_string_equal(nx_xml_attr(data, "Recipient"), "https://health.example/post");
    assert_string_equal(nx_xml_attr(data, "InResponseTo"), "_first");
    nx_time until, before, after, session;
    assert_true(nx_ok(nx_xml_attr_time(&until, data, "NotOnOrAfter", 0)));
    assert_in_range(until - nx_now(), 60, 300);
    const nx_xml_node *conditions = rig_saml_at(x.assertion, "Conditions", NULL);
    assert_true(nx_ok(nx_xml_attr_time(&before, conditions, "NotBefore", 0)));
    assert_true(nx_ok(nx_xml_attr_time(&after, conditions, "NotOnOrAfter", 0)));
    assert_true(before <= nx_now() && after > nx_now() && after - before <= 300);
    assert_string_equal(
        rig_saml_text(&rig, rig_saml_at(x.assertion, "Conditions", "AudienceRestriction", "Audience", NULL)),
        portal.entity_id);
    const nx_xml_node *statement = rig_saml_at(x.assertion, "AuthnStatement", NULL);
    assert_int_equal(strlen(nx_xml_attr(statement, "SessionIndex")), NX_ID_LEN);
    assert_true(nx_ok(nx_xml_attr_time(&session, statement, "SessionNotOnOrAfter", 0)));
    assert_true(session > nx_now() + 3600);
    assert_string_equal(class_of(&x), "urn:nixa:acr:m1");
}

static void attributes_are_those_released(void **state)
{
    (void)state;
    AUTO_ANSWER(x);
    rig_sign_in(&browser, &rig.lan);
    rig_saml_sign_on(&x, &portal, &browser, rig_saml_ask(&portal, "", ""));
    assert_string_equal(rig_saml_value(&rig, x.assertion, "urn:oid:0.9.2342.19200300.100.1.3"), "lan@example.vn");
    assert_string_equal(rig_saml_value(&rig, x.assertion, "urn:oid:0.9.2342.19200300.100.1.1"), "lan");
    assert_non_null(rig_saml_value(&rig, x.assertion, "urn:oid:2.16.840.1.113730.3.1.241"));
    assert_null(rig_saml_value(&rig, x.assertion, "urn:nixa:attribute:national_id")); /* no scope for it */
    assert_string_equal(rig_saml_value(&rig, x.assertion, "urn:nixa:attribute:level"), "m1");
    assert_string_equal(rig_saml_value(&rig, x.assertion, "urn:nixa:attribute:amr"), "pwd");
    assert_int_equal(strlen(rig_saml_value(&rig, x.assertion, "urn:nixa:attribute:qr_id")), 43);
    const char *status = rig_saml_value(&rig, x.assertion, "urn:nixa:attribute:status");
    assert_int_equal(strncmp(status, RIG_ISSUER "/status/", strlen(RIG_ISSUER "/status/")), 0);
    assert_non_null(strchr(status, '#'));
}

/* The same person has one name at one sector, whatever the protocol, and another elsewhere. */
static void persistent_names_are_pairwise(void **state)
{
    (void)state;
    struct rig_saml other;
    AUTO_ANSWER(a);
    AUTO_ANSWER(b);
    AUTO_ANSWER(c);
    rig_saml_up(&other, &rig, &(struct rig_saml_plan){.entity_id = "https://other.example"});
    rig_sign_in(&browser, &rig.lan);
    rig_saml_sign_on(&a, &portal, &browser, rig_saml_ask(&portal, "", ""));
    rig_saml_sign_on(&b, &portal, &browser, rig_saml_ask(&portal, "", ""));
    rig_saml_sign_on(&c, &other, &browser, rig_saml_ask(&other, "", ""));
    const nx_xml_node *name = rig_saml_at(a.assertion, "Subject", "NameID", NULL);
    const char *value = rig_saml_text(&rig, name);
    assert_string_equal(nx_xml_attr(name, "Format"), "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent");
    assert_string_equal(nx_xml_attr(name, "SPNameQualifier"), portal.entity_id);
    assert_string_equal(nx_xml_attr(name, "NameQualifier"), RIG_ISSUER "/saml/metadata");
    assert_string_equal(value, rig_saml_text(&rig, rig_saml_at(b.assertion, "Subject", "NameID", NULL)));
    /* One sector, two portals: one name. SessionIndex is each portal's own. */
    assert_string_equal(value, rig_saml_text(&rig, rig_saml_at(c.assertion, "Subject", "NameID", NULL)));
    assert_string_equal(attr(a.assertion, "AuthnStatement", "SessionIndex"),
                        attr(b.assertion, "AuthnStatement", "SessionIndex"));
    assert_string_not_equal(attr(a.assertion, "AuthnStatement", "SessionIndex"),
                            attr(c.assertion, "AuthnStatement", "SessionIndex"));
    rig_saml_down(&other);
}

#define POLICY(format) "<samlp:NameIDPolicy Format=\"" format "\"/>"
#define FORMAT2 "urn:oasis:names:tc:SAML:2.0:nameid-format:"
#define FORMAT1 "urn:oasis:names:tc:SAML:1.1:nameid-format:"

static void transient_names_are_of_a_session(void **state)
{
    (void)state;
    AUTO_ANSWER(a);
    AUTO_ANSWER(b);
    rig_sign_in(&browser, &rig.lan);
    rig_saml_sign_on(&a, &portal, &browser, rig_saml_ask(&portal, "", POLICY(FORMAT2 "transient")));
    struct rig_browser second;
    rig_browser_open(&second, &rig);
    rig_sign_in(&second, &rig.lan);
    rig_saml_sign_on(&b, &portal, &second, rig_saml_ask(&portal, "", POLICY(FORMAT2 "transient")));
    rig_browser_close(&second);
    const nx_xml_node *name = rig_saml_at(a.assertion, "Subject", "NameID", NULL);
    assert_string_equal(nx_xml_attr(name, "Format"), FORMAT2 "transient");
    assert_string_not_equal(rig_saml_text(&rig, name),
                            rig_saml_text(&rig, rig_saml_at(b.assertion, "Subject", "NameID", NULL)));
}

static void an_address_is_a_name_where_it_is_told(void **state)
{
    (void)state;
    struct rig_saml silent;
    AUTO_ANSWER(a);
    AUTO_ANSWER(b);
    rig_saml_up(&silent, &rig, &(struct rig_saml_plan){.entity_id = "https://silent.example", .scope = "profile"});
    rig_sign_in(&browser, &rig.lan);
    rig_saml_sign_on(&a, &portal, &browser, rig_saml_ask(&portal, "", POLICY(FORMAT1 "emailAddress")));
    assert_string_equal(rig_saml_text(&rig, rig_saml_at(a.assertion, "Subject", "NameID", NULL)), "lan@example.vn");
    rig_saml_sign_on(&b, &silent, &browser, rig_saml_ask(&silent, "", POLICY(FORMAT1 "emailAddress")));
    assert_string_equal(b.second, "InvalidNameIDPolicy");
    rig_saml_down(&silent);
}

static void names_that_cannot_be_had(void **state)
{
    (void)state;
    rig_sign_in(&browser, &rig.minh); /* has no address */
    told(rig_saml_ask(&portal, "", POLICY(FORMAT1 "emailAddress")), "Requester", "InvalidNameIDPolicy");
    told(rig_saml_ask(&portal, "", POLICY(FORMAT2 "encrypted")), "Requester", "InvalidNameIDPolicy");
    told(rig_saml_ask(&portal, "", "<samlp:NameIDPolicy SPNameQualifier=\"https://other.example\"/>"), "Requester",
         "InvalidNameIDPolicy");
}

/* ---- how it may ask --------------------------------------------------------------------------------------- */

#define CLASS(c) "<saml:AuthnContextClassRef>" c "</saml:AuthnContextClassRef>"
#define CONTEXT(comparison, inner)                                                                           \
    "<samlp:RequestedAuthnContext Comparison=\"" comparison "\">" inner "</samlp:RequestedAuthnContext>"

static void states(const char *inner, const char *uri)
{
    AUTO_ANSWER(x);
    rig_saml_sign_on(&x, &portal, &browser, rig_saml_ask(&portal, "", inner));
    if (!x.assertion) fail_msg("%s: %s %s", inner, x.status, x.second);
    assert_string_equal(class_of(&x), uri);
    if (strcmp(uri, "https://refeds.org/profile/sfa") == 0)
        assert_string_equal(rig_saml_value(&rig, x.assertion, "urn:nixa:attribute:level"), "m1"); /* no more than it says */
    if (strncmp(uri, "urn:nixa:acr:", 13) == 0)
        assert_string_equal(rig_saml_value(&rig, x.assertion, "urn:nixa:attribute:level"), uri + 13);
}

static void levels_are_stated_as_asked(void **state)
{
    (void)state;
    rig_prove(&browser, &rig.lan, (struct nx_proof){.bound_at = NX_M2, .rung = NX_RUNG_NONE, .means = NX_MEANS_PASSKEY_UV},
              NULL);
    states("", "urn:nixa:acr:m2");
    states(CONTEXT("exact", CLASS("urn:nixa:acr:m1")), "urn:nixa:acr:m1");
    states(CONTEXT("exact", CLASS("urn:nixa:acr:m2")), "urn:nixa:acr:m2");
    states(CONTEXT("minimum", CLASS("urn:nixa:acr:m1")), "urn:nixa:acr:m2");
    states(CONTEXT("maximum", CLASS("urn:nixa:acr:m1")), "urn:nixa:acr:m1");
    states(CONTEXT("better", CLASS("urn:nixa:acr:m1")), "urn:nixa:acr:m2");
    states(CONTEXT("exact", CLASS("https://refeds.org/profile/sfa")), "https://refeds.org/profile/sfa");
    states(CONTEXT("exact", CLASS("https://refeds.org/profile/mfa")), "https://refeds.org/profile/mfa");
    told(rig_saml_ask(&portal, "", CONTEXT("exact", CLASS("urn:oasis:names:tc:SAML:2.0:ac:classes:Password"))),
         "Responder", "NoAuthnContext");
    told(rig_saml_ask(&portal, "", CONTEXT("better", CLASS("urn:nixa:acr:m4"))), "Responder", "NoAuthnContext");
    told(rig_saml_ask(&portal, "", CONTEXT("exact", CLASS("urn:other"))), "Responder", "NoAuthnContext");
    told(rig_saml_ask(&portal, "", CONTEXT("exact", "<saml:AuthnContextDeclRef>urn:x</saml:AuthnContextDeclRef>")),
         "Responder", "NoAuthnContext");
}

static void a_level_that_nobody_can_reach_is_refused(void **state)
{
    (void)state;
    rig_sign_in(&browser, &rig.minh); /* proofed m1 */
    told(rig_saml_ask(&portal, "", CONTEXT("exact", CLASS("urn:nixa:acr:m3"))), "Responder", "NoAuthnContext");
    told(rig_saml_ask(&portal, "", CONTEXT("minimum", CLASS("urn:nixa:acr:m2"))), "Responder", "NoAuthnContext");
}

static void passive_requests_show_no_page(void **state)
{
    (void)state;
    told(rig_saml_ask(&portal, "IsPassive=\"true\"", ""), "Responder", "NoPassive");
    rig_sign_in(&browser, &rig.lan);
    AUTO_ANSWER(x);
    rig_saml_sign_on(&x, &portal, &browser, rig_saml_ask(&portal, "IsPassive=\"true\"", ""));
    assert_string_equal(x.status, "Success");
    told(rig_saml_ask(&portal, "IsPassive=\"true\" ForceAuthn=\"true\"", ""), "Responder", "NoPassive");
}

/* "As strong as possible" is a wish: it leads to a stronger way where there is one, and shows no page where none may be. */
static void a_wish_is_asked_for_once(void **state)
{
    (void)state;
    struct phone phone;
    struct rig_browser home;
    phone_open(&phone, &rig);
    rig_browser_open(&home, &rig);
    rig_prove(&home, &rig.lan, (struct nx_proof){.bound_at = NX_M2, .rung = NX_RUNG_NONE, .means = NX_MEANS_PASSKEY_UV},
              NULL);
    phone_enrol(&phone, &home); /* at m2, which is then what she can prove */
    rig_browser_close(&home);
    rig_sign_in(&browser, &rig.lan);
    const char *at_most = CONTEXT("maximum", CLASS("urn:nixa:acr:m2"));
    nx_reply *rp = rig_get(&browser, rig_saml_ask(&portal, "", at_most));
    assert_int_equal(strncmp(rig_location(rp), "/login?t=", 9), 0);
    AUTO_ANSWER(x);
    rig_saml_sign_on(&x, &portal, &browser, rig_saml_ask(&portal, "IsPassive=\"true\"", at_most));
    assert_string_equal(x.status, "Success");
    assert_string_equal(class_of(&x), "urn:nixa:acr:m1");
    phone_close(&phone);
}

static void forced_requests_want_a_new_sign_in(void **state)
{
    (void)state;
    rig_sign_in(&browser, &rig.lan);
    nx_reply *rp = rig_get(&browser, rig_saml_ask(&portal, "ForceAuthn=\"true\"", ""));
    assert_int_equal(strncmp(rig_location(rp), "/login?t=", 9), 0);
    char *handle = nx_arena_strdup(rig.arena, rig_location(rp) + 9);
    rig_sign_in(&browser, &rig.lan);
    AUTO_ANSWER(x);
    rig_saml_sign_on(&x, &portal, &browser, nx_arena_printf(rig.arena, "/login?t=%s", handle));
    assert_string_equal(x.status, "Success");
}

static void giving_up_is_told(void **state)
{
    (void)state;
    AUTO_ANSWER(x);
    char form[1024];
    nx_reply *rp = rig_follow(&browser, rig_get(&browser, rig_saml_ask(&portal, "", "")));
    const char *csrf = strstr(strstr(rig_body(rp), "action=\"/login/cancel\""), "name=\"csrf\" value=\"") + 19;
    snprintf(form, sizeof form, "t=%s&csrf=%.*s", rig_field(&rig, rp, "t"), (int)strcspn(csrf, "\""), csrf);
    rig_saml_read(&x, &portal, rig_post(&browser, "/login/cancel", form));
    assert_string_equal(x.status, "Responder");
    assert_string_equal(x.second, "RequestDenied");
    assert_null(x.assertion);
}

static void the_subject_must_be_the_one_named(void **state)
{
    (void)state;
    AUTO_ANSWER(a);
    AUTO_ANSWER(b);
    rig_sign_in(&browser, &rig.lan);
    rig_saml_sign_on(&a, &portal, &browser, rig_saml_ask(&portal, "", ""));
    const char *name = rig_saml_text(&rig, rig_saml_at(a.assertion, "Subject", "NameID", NULL));
    const char *subject = nx_arena_printf(
        rig.arena, "<saml:Subject><saml:NameID Format=\"" FORMAT2 "persistent\">%s</saml:NameID></saml:Subject>", name);
    rig_saml_sign_on(&b, &portal, &browser, rig_saml_ask(&portal, "", subject));
    assert_string_equal(b.status, "Success");
    rig_sign_in(&browser, &rig.minh);
    told(rig_saml_ask(&portal, "IsPassive=\"true\"", subject), "Responder", "NoPassive");
    told(rig_saml_ask(&portal, "", "<saml:Subject><saml:NameID Format=\"" FORMAT2
                                   "transient\">other</saml:NameID></saml:Subject>"),
         "Responder", "UnknownPrincipal");
}

static void ill_requests_are_told(void **state)
{
    (void)state;
    rig_sign_in(&browser, &rig.lan);
    told(rig_saml_ask(&portal, "", "<saml:Conditions/>"), "Requester", "RequestUnsupported");
    told(rig_saml_ask(&portal, "ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:PAOS\"", ""), "Requester",
         "UnsupportedBinding");
}

static void a_form_is_as_good_as_a_query(void **state)
{
    (void)state;
    AUTO_ANSWER(x);
    rig_sign_in(&browser, &rig.lan);
    nx_span xml = nx_span_str(rig_saml_request(&portal, "_posted", "", ""));
    rig_saml_read(&x, &portal, rig_post(&browser, "/saml/sso/post", rig_saml_form(&portal, xml)));
    assert_string_equal(x.in_response_to, "_posted");
    /* From the portal's own page, with the cookies kept back. */
    struct rig_browser fresh;
    rig_browser_open(&fresh, &rig);
    fresh.foreign = true;
    xml = nx_span_str(rig_saml_request(&portal, "_posted0", "", ""));
    nx_reply *rp = rig_post(&fresh, "/saml/sso/post", rig_saml_form(&portal, xml));
    assert_int_equal(rp->status, 303);
    assert_int_equal(strncmp(rig_location(rp), "/saml/sso/post?SAMLRequest=", 27), 0);
    rp = rig_get(&fresh, nx_arena_strdup(rig.arena, rig_location(rp)));
    assert_int_equal(strncmp(rig_location(rp), "/login?t=", 9), 0);
    rig_browser_close(&fresh);
    /* The same as a query: what a form becomes when the browser kept its cookies back. */
    AUTO_ANSWER(y);
    xml = nx_span_str(rig_saml_request(&portal, "_posted2", "", ""));
    rig_saml_read(&y, &portal,
                  rig_get(&browser, nx_arena_printf(rig.arena, "/saml/sso/post?%s", rig_saml_form(&portal, xml))));
    assert_string_equal(y.in_response_to, "_posted2");
}

/* ---- attacks on messages ---------------------------------------------------------------------------------- */

static void a_request_is_taken_once(void **state)
{
    (void)state;
    AUTO_ANSWER(x);
    rig_sign_in(&browser, &rig.lan);
    const char *url = rig_saml_url(&portal, rig_saml_request(&portal, "_once", "", ""), "", false);
    rig_saml_sign_on(&x, &portal, &browser, url);
    refused(rig_get(&browser, url), NX_ERR_SAML_REPLAYED);
    /* Nor by a browser that nobody is signed in in, nor one that only leads to a page, nor to an answer without a session. */
    struct rig_browser fresh;
    rig_browser_open(&fresh, &rig);
    refused(rig_get(&fresh, url), NX_ERR_SAML_REPLAYED);
    url = rig_saml_url(&portal, rig_saml_request(&portal, "_page", "", ""), "", false);
    assert_int_equal(strncmp(rig_location(rig_get(&fresh, url)), "/login?t=", 9), 0);
    refused(rig_get(&fresh, url), NX_ERR_SAML_REPLAYED);
    rig_browser_close(&fresh);
    url = rig_saml_url(&portal, rig_saml_request(&portal, "_no", "", POLICY(FORMAT2 "encrypted")), "", false);
    AUTO_ANSWER(no);
    rig_saml_sign_on(&no, &portal, &browser, url);
    assert_string_equal(no.second, "InvalidNameIDPolicy");
    refused(rig_get(&browser, url), NX_ERR_SAML_REPLAYED);
}

static void foreign_portals_and_targets(void **state)
{
    (void)state;
    struct rig_saml stranger = portal;
    stranger.entity_id = "https://stranger.example";
    refused(rig_get(&browser, rig_saml_ask(&stranger, "", "")), NX_ERR_SAML_ISSUER);
    refused(rig_get(&browser, rig_saml_ask(&portal, "AssertionConsumerServiceURL=\"https://evil.example/\"", "")),
            NX_ERR_SAML_ACS);
    refused(rig_get(&browser, rig_saml_ask(&portal, "AssertionConsumerServiceIndex=\"7\"", "")), NX_ERR_SAML_ACS);
    refused(rig_get(&browser, "/saml/sso?SAMLResponse=AAAA"), NX_ERR_SAML_BINDING);
    assert_true(nx_ok(nx_client_set_state(rig_house(&rig)->registry, portal.client, NX_CLIENT_SUSPENDED)));
    refused(rig_get(&browser, rig_saml_ask(&portal, "", "")), NX_ERR_CLIENT_UNKNOWN);
}

static void wrong_place_and_time(void **state)
{
    (void)state;
    refused(rig_get(&browser, rig_saml_ask(&portal, "Destination=\"https://other.example/saml/sso\"", "")),
            NX_ERR_SAML_DESTINATION);
    refused(rig_get(&browser, rig_saml_ask(&portal, "Destination=\"" RIG_ISSUER "/saml/sso/post\"", "")),
            NX_ERR_SAML_DESTINATION);
    char instant[64];
    snprintf(instant, sizeof instant, "IssueInstant=\"%s\"", rig_saml_instant(&rig, -NX_SAML_FRESH_S - 30));
    refused(rig_get(&browser, rig_saml_ask(&portal, instant, "")), NX_ERR_SAML_STALE);
    snprintf(instant, sizeof instant, "IssueInstant=\"%s\"", rig_saml_instant(&rig, 60));
    refused(rig_get(&browser, rig_saml_ask(&portal, instant, "")), NX_ERR_SAML_STALE);
}

static void signatures_of_queries(void **state)
{
    (void)state;
    AUTO_ANSWER(x);
    rig_sign_in(&browser, &rig.lan);
    const char *destination = "Destination=\"" RIG_ISSUER "/saml/sso\"";
    char *url = rig_saml_url(&portal, rig_saml_request(&portal, "_s1", destination, ""), "&RelayState=a", true);
    rig_saml_sign_on(&x, &portal, &browser, url);
    assert_string_equal(x.status, "Success");
    /* A signed message says where it was for. */
    url = rig_saml_url(&portal, rig_saml_request(&portal, "_s2", "", ""), "", true);
    refused(rig_get(&browser, url), NX_ERR_SAML_DESTINATION);
    /* Another relay state than was signed. */
    url = rig_saml_url(&portal, rig_saml_request(&portal, "_s3", destination, ""), "&RelayState=a", true);
    *strstr(url, "RelayState=a") = 'R';
    strstr(url, "RelayState=a")[11] = 'b';
    refused(rig_get(&browser, url), NX_ERR_SIGNATURE);
    /* SHA-1 has no row. */
    url = rig_saml_url(&portal, rig_saml_request(&portal, "_s4", destination, ""), "", true);
    url = nx_arena_printf(rig.arena, "%.*s&SigAlg=http%%3A%%2F%%2Fwww.w3.org%%2F2000%%2F09%%2Fxmldsig%%23rsa-sha1"
                                     "&Signature=AAAA",
                          (int)(strstr(url, "&SigAlg") - url), url);
    refused(rig_get(&browser, url), NX_ERR_XML_ALGORITHM);
}

static void unsigned_requests_where_signed_ones_are_promised(void **state)
{
    (void)state;
    struct rig_saml careful;
    AUTO_ANSWER(x);
    rig_saml_up(&careful, &rig,
                &(struct rig_saml_plan){.entity_id = "https://careful.example", .requests_signed = true});
    rig_sign_in(&browser, &rig.lan);
    refused(rig_get(&browser, rig_saml_ask(&careful, "", "")), NX_ERR_SAML_UNSIGNED);
    nx_span xml = nx_span_str(rig_saml_request(&careful, "_u", "", ""));
    refused(rig_post(&browser, "/saml/sso/post", rig_saml_form(&careful, xml)), NX_ERR_SAML_UNSIGNED);
    const char *destination = "Destination=\"" RIG_ISSUER "/saml/sso\"";
    char *url = rig_saml_url(&careful, rig_saml_request(&careful, "_v", destination, ""), "", true);
    rig_saml_sign_on(&x, &careful, &browser, url);
    assert_string_equal(x.status, "Success");
    /* Somebody else's key, though a registered one. */
    struct rig_saml thief = careful;
    thief.sign = portal.sign;
    url = rig_saml_url(&thief, rig_saml_request(&thief, "_w", destination, ""), "", true);
    refused(rig_get(&browser, url), NX_ERR_SIGNATURE);
    rig_saml_down(&careful);
}

static nx_span signed_request(struct rig_saml *p, const char *id, const char *acs)
{
    nx_xml_writer *w = nx_xml_writer_new(rig.arena, 16384);
    nx_xml_begin(w, NX_NS_SAMLP, "AuthnRequest");
    nx_xml_put_attr(w, "ID", id);
    nx_xml_put_attr(w, "Version", "2.0");
    nx_xml_put_attr_time(w, "IssueInstant", nx_now());
    nx_xml_put_attr(w, "Destination", RIG_ISSUER "/saml/sso/post");
    nx_xml_put_attr(w, "AssertionConsumerServiceURL", acs);
    nx_xml_put(w, NX_NS_SAML, "Issuer", p->entity_id);
    nx_xml_signature_here(w);
    nx_xml_end(w);
    return rig_saml_sign(p, w);
}

static void signatures_of_forms(void **state)
{
    (void)state;
    AUTO_ANSWER(x);
    rig_sign_in(&browser, &rig.lan);
    nx_span xml = signed_request(&portal, "_f1", "https://health.example/post");
    rig_saml_read(&x, &portal, rig_post(&browser, "/saml/sso/post", rig_saml_form(&portal, xml)));
    assert_string_equal(x.in_response_to, "_f1");
    xml = signed_request(&portal, "_f2", "https://health.example/post");
    char *changed = nx_arena_dup(rig.arena, xml);
    memcpy(strstr(changed, "health.example/post"), "health.example/artifact", 0);
    strstr(changed, "_f2")[1] = 'g'; /* the ID and with it the Reference's end */
    refused(rig_post(&browser, "/saml/sso/post", rig_saml_form(&portal, nx_span_str(changed))), NX_ERR_XML_REFERENCE);
    xml = signed_request(&portal, "_f3", "https://health.example/post");
    changed = nx_arena_dup(rig.arena, xml);
    strstr(changed, "/post\"")[1] = 'P';
    refused(rig_post(&browser, "/saml/sso/post", rig_saml_form(&portal, nx_span_str(changed))), NX_ERR_SIGNATURE);
    /* A signature inside a message of the redirect binding is none of that binding. */
    xml = signed_request(&portal, "_f4", "https://health.example/post");
    refused(rig_get(&browser, rig_saml_url(&portal, nx_arena_dup(rig.arena, xml), "", false)), NX_ERR_SAML_BINDING);
}

static void relay_state_is_shown_as_text(void **state)
{
    (void)state;
    rig_sign_in(&browser, &rig.lan);
    char *url = rig_saml_url(&portal, rig_saml_request(&portal, "_r", "", ""), "&RelayState=%22%3E%3Cscript%3E", false);
    nx_reply *rp = rig_authorize(&browser, url);
    assert_null(strstr(rig_body(rp), "<script>"));
    assert_non_null(strstr(rig_body(rp), "&quot;&gt;&lt;script&gt;"));
}

static void metadata_that_is_over(void **state)
{
    (void)state;
    struct rig_saml late;
    rig_saml_up(&late, &rig,
                &(struct rig_saml_plan){.entity_id = "https://late.example", .valid_until = nx_now() - 60});
    refused(rig_get(&browser, rig_saml_ask(&late, "", "")), NX_ERR_SAML_METADATA_EXPIRED);
    rig_saml_down(&late);
}

/* ---- one session ------------------------------------------------------------------------------------------ */

static struct nx_signon the_session(void)
{
    struct nx_signon_list list;
    assert_true(nx_ok(nx_signon_list(rig_house(&rig)->store, rig.arena, rig.lan.id, &list)));
    assert_int_equal(list.n, 1);
    return list.v[0];
}

static bool joined(const struct nx_signon *s, const char *client)
{
    for (size_t i = 0; i < s->client_count; i++)
        if (strcmp(s->clients[i], client) == 0) return true;
    return false;
}

static void one_session_with_openid_portals(void **state)
{
    (void)state;
    AUTO_ANSWER(x);
    rig_sign_in(&browser, &rig.lan);
    assert_non_null(rig_code(&browser, rig_authorize_url(&rig, &rig.portal, "")));
    rig_saml_sign_on(&x, &portal, &browser, rig_saml_ask(&portal, "IsPassive=\"true\"", ""));
    assert_string_equal(x.status, "Success");
    struct nx_signon s = the_session();
    assert_true(joined(&s, rig.portal.id) && joined(&s, portal.client));
}

static void a_session_for_one_portal_is_for_no_other(void **state)
{
    (void)state;
    rig_prove(&browser, &rig.lan, (struct nx_proof){.bound_at = NX_M1, .rung = NX_RUNG_NONE, .means = NX_MEANS_PASSWORD},
              rig.portal.id);
    told(rig_saml_ask(&portal, "IsPassive=\"true\"", ""), "Responder", "NoPassive");
}

static void a_session_that_ended_gives_nothing(void **state)
{
    (void)state;
    AUTO_ANSWER(x);
    rig_sign_in(&browser, &rig.lan);
    rig_saml_sign_on(&x, &portal, &browser, rig_saml_ask(&portal, "", ""));
    struct nx_signon s = the_session();
    struct nx_revoke_order order = {
        .act = NX_REVOKE, .scope = NX_REVOKE_SESSION, .target = s.id.s, .reason = "test", .actor = "system"};
    assert_true(nx_ok(nx_revoke(rig_house(&rig), rig.arena, &order, NULL)));
    told(rig_saml_ask(&portal, "IsPassive=\"true\"", ""), "Responder", "NoPassive");
}

/* ---- settings --------------------------------------------------------------------------------------------- */

static void the_person_is_asked(void **state)
{
    (void)state;
    struct rig_saml asking;
    AUTO_ANSWER(x);
    AUTO_ANSWER(y);
    rig_saml_up(&asking, &rig, &(struct rig_saml_plan){.entity_id = "https://asking.example", .consent = true});
    rig_sign_in(&browser, &rig.lan);
    nx_reply *rp = rig_follow(&browser, rig_get(&browser, rig_saml_ask(&asking, "", "")));
    assert_non_null(strstr(rig_body(rp), "lan@example.vn")); /* what leaves is shown */
    char form[1024];
    snprintf(form, sizeof form, "t=%s&csrf=%s&decision=deny", rig_field(&rig, rp, "t"), rig_field(&rig, rp, "csrf"));
    rig_saml_read(&x, &asking, rig_post(&browser, "/consent", form));
    assert_string_equal(x.second, "RequestDenied");
    rig_saml_sign_on(&y, &asking, &browser, rig_saml_ask(&asking, "", ""));
    assert_string_equal(y.status, "Success");
    rig_saml_down(&asking);
}

static void what_the_metadata_requests(void **state)
{
    (void)state;
    static const struct nx_saml_attribute wanted[] = {
        {.name = "urn:oid:0.9.2342.19200300.100.1.3", .format = NX_SAML_NAME_URI, .required = true},
        {.name = "phone_number"},
    };
    struct rig_saml modest;
    AUTO_ANSWER(x);
    rig_saml_up(&modest, &rig,
                &(struct rig_saml_plan){
                    .entity_id = "https://modest.example", .attribute = wanted, .attribute_count = 2});
    rig_sign_in(&browser, &rig.lan);
    rig_saml_sign_on(&x, &modest, &browser, rig_saml_ask(&modest, "", ""));
    assert_non_null(rig_saml_value(&rig, x.assertion, "urn:oid:0.9.2342.19200300.100.1.3"));
    assert_null(rig_saml_value(&rig, x.assertion, "urn:oid:0.9.2342.19200300.100.1.1")); /* not requested */
    assert_null(rig_saml_value(&rig, x.assertion, "urn:oid:2.5.4.20"));                  /* not allowed */
    rig_saml_down(&modest);
}

static void assertions_are_encrypted(void **state)
{
    (void)state;
    struct rig_saml secret, none;
    AUTO_ANSWER(x);
    rig_saml_up(&secret, &rig, &(struct rig_saml_plan){.entity_id = "https://secret.example", .encrypts = true});
    rig_saml_up(&none, &rig,
                &(struct rig_saml_plan){.entity_id = "https://none.example", .settings = "{\"encrypt\":\"always\"}"});
    rig_sign_in(&browser, &rig.lan);
    rig_saml_sign_on(&x, &secret, &browser, rig_saml_ask(&secret, "", ""));
    assert_true(x.encrypted);
    assert_string_equal(rig_saml_value(&rig, x.assertion, "urn:nixa:attribute:level"), "m1");
    AUTO_ANSWER(y);
    rig_saml_sign_on(&y, &none, &browser, rig_saml_ask(&none, "", "")); /* never in the clear instead */
    assert_string_equal(y.second, "RequestDenied");
    rig_saml_down(&secret);
    rig_saml_down(&none);
}

static void settings_of_a_portal(void **state)
{
    (void)state;
    struct rig_saml capped;
    AUTO_ANSWER(x);
    AUTO_ANSWER(y);
    rig_saml_up(&capped, &rig,
                &(struct rig_saml_plan){.entity_id = "https://capped.example",
                                        .settings = "{\"cap\":1,\"sign\":\"ec\",\"claims\":[\"email\"]}"});
    rig_prove(&browser, &rig.lan, (struct nx_proof){.bound_at = NX_M2, .rung = NX_RUNG_NONE, .means = NX_MEANS_PASSKEY_UV},
              NULL);
    rig_saml_sign_on(&x, &capped, &browser, rig_saml_ask(&capped, "", ""));
    assert_string_equal(class_of(&x), "urn:nixa:acr:m1");
    assert_non_null(rig_saml_value(&rig, x.assertion, "urn:oid:0.9.2342.19200300.100.1.3"));
    assert_null(rig_saml_value(&rig, x.assertion, "urn:oid:0.9.2342.19200300.100.1.1"));
    rig_saml_sign_on(&y, &capped, &browser, rig_saml_ask(&capped, "", CONTEXT("exact", CLASS("urn:nixa:acr:m2"))));
    assert_string_equal(y.second, "NoAuthnContext");
    rig_saml_down(&capped);
}

static void one_signature_will_do_where_it_is_settled(void **state)
{
    (void)state;
    struct rig_saml frugal;
    AUTO_ANSWER(a);
    AUTO_ANSWER(b);
    AUTO_ANSWER(c);
    rig_sign_in(&browser, &rig.lan);
    rig_saml_sign_on(&a, &portal, &browser, rig_saml_ask(&portal, "", ""));
    assert_true(a.whole && a.assertion);
    rig_saml_up(&frugal, &rig,
                &(struct rig_saml_plan){.entity_id = "https://frugal.example", .settings = "{\"signed\":\"assertion\"}"});
    rig_saml_sign_on(&b, &frugal, &browser, rig_saml_ask(&frugal, "", ""));
    assert_true(!b.whole && b.assertion);
    rig_saml_sign_on(&c, &frugal, &browser, rig_saml_ask(&frugal, "", "<saml:Conditions/>"));
    assert_true(c.whole && !c.assertion); /* a refusal has no other */
    rig_saml_down(&frugal);
}

static void unasked_sign_in_is_off(void **state)
{
    (void)state;
    struct rig_saml open;
    AUTO_ANSWER(x);
    rig_sign_in(&browser, &rig.lan);
    refused(rig_get(&browser, "/saml/start?portal=https%3A%2F%2Fhealth.example%2Fsaml"), NX_ERR_SAML_UNSOLICITED);
    refused(rig_get(&browser, "/saml/start?portal=nobody"), NX_ERR_SAML_ISSUER);
    refused(rig_get(&browser, "/saml/start"), NX_ERR_SAML_ISSUER);
    refused(rig_get(&browser, "/saml/start?portal=nobody&target=a%0d%0ab"), NX_ERR_ENCODING);
    rig_saml_up(&open, &rig,
                &(struct rig_saml_plan){.entity_id = "https://open.example", .settings = "{\"idp_initiated\":true}"});
    rig_saml_sign_on(&x, &open, &browser,
                     nx_arena_printf(rig.arena, "/saml/start?portal=%s&target=%%2Fhome", open.client));
    assert_string_equal(x.status, "Success");
    assert_null(x.in_response_to);
    assert_string_equal(x.relay, "/home");
    const nx_xml_node *data =
        rig_saml_at(x.assertion, "Subject", "SubjectConfirmation", "SubjectConfirmationData", NULL);
    assert_null(nx_xml_attr(data, "InResponseTo"));
    rig_saml_down(&open);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, up, down)
    static const struct CMUnitTest tests[] = {
        T(a_signed_assertion_is_posted),
        T(attributes_are_those_released),
        T(persistent_names_are_pairwise),
        T(transient_names_are_of_a_session),
        T(an_address_is_a_name_where_it_is_told),
        T(names_that_cannot_be_had),
        T(one_session_with_openid_portals),
        T(a_session_for_one_portal_is_for_no_other),
        T(a_session_that_ended_gives_nothing),
        T(levels_are_stated_as_asked),
        T(a_level_that_nobody_can_reach_is_refused),
        T(passive_requests_show_no_page),
        T(a_wish_is_asked_for_once),
        T(forced_requests_want_a_new_sign_in),
        T(giving_up_is_told),
        T(the_subject_must_be_the_one_named),
        T(ill_requests_are_told),
        T(a_form_is_as_good_as_a_query),
        T(a_request_is_taken_once),
        T(foreign_portals_and_targets),
        T(wrong_place_and_time),
        T(signatures_of_queries),
        T(unsigned_requests_where_signed_ones_are_promised),
        T(signatures_of_forms),
        T(relay_state_is_shown_as_text),
        T(metadata_that_is_over),
        T(the_person_is_asked),
        T(what_the_metadata_requests),
        T(assertions_are_encrypted),
        T(settings_of_a_portal),
        T(one_signature_will_do_where_it_is_settled),
        T(unasked_sign_in_is_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
