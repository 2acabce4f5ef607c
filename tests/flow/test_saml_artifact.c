/* The artifact binding: one use, only by the portal it was made for, only by a signed request, and only while what it
 * stands on lives. */
#include "rig_saml.h"

#include "base/text.h"
#include "revoke/revoke.h"
#include "saml/message.h"
#include "sessions/signon.h"
#include "xml/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct rig rig;
static struct rig_browser browser;
static struct rig_browser back; /* the portal's own connection */
static struct rig_saml portal, other;

static int up(void **state)
{
    (void)state;
    if (rig_up(&rig)) return -1;
    rig_browser_open(&browser, &rig);
    rig_browser_open(&back, &rig);
    rig_saml_up(&portal, &rig, &(struct rig_saml_plan){.entity_id = NULL});
    rig_saml_up(&other, &rig, &(struct rig_saml_plan){.entity_id = "https://other.example"});
    rig_sign_in(&browser, &rig.lan);
    return 0;
}

static int down(void **state)
{
    (void)state;
    rig_saml_down(&portal);
    rig_saml_down(&other);
    rig_browser_close(&back);
    rig_browser_close(&browser);
    rig_down(&rig);
    return 0;
}

static const char *artifact(void)
{
    nx_reply *rp = rig_authorize(&browser, rig_saml_ask(&portal, "AssertionConsumerServiceIndex=\"2\"", ""));
    assert_int_equal(rp->status, 303);
    assert_int_equal(strncmp(rig_location(rp), "https://health.example/artifact?SAMLart=", 40), 0);
    assert_string_equal(rig_param(&rig, rp, "RelayState"), "r 1");
    return rig_param(&rig, rp, "SAMLart");
}

/* An ArtifactResolve by p in its envelope. */
static const char *resolve_text(struct rig_saml *p, const char *id, const char *text, bool is_signed)
{
    nx_xml_writer *w = nx_xml_writer_new(rig.arena, 16384);
    nx_span xml;
    nx_xml_begin(w, NX_NS_SAMLP, "ArtifactResolve");
    nx_xml_put_attr(w, "ID", id);
    nx_xml_put_attr(w, "Version", "2.0");
    nx_xml_put_attr_time(w, "IssueInstant", nx_now());
    nx_xml_put_attr(w, "Destination", RIG_ISSUER "/saml/artifact");
    nx_xml_put(w, NX_NS_SAML, "Issuer", p->entity_id);
    if (is_signed) nx_xml_signature_here(w);
    nx_xml_put(w, NX_NS_SAMLP, "Artifact", text);
    nx_xml_end(w);
    if (is_signed)
        xml = rig_saml_sign(p, w);
    else
        assert_true(nx_ok(nx_xml_done(&xml, w)));
    return nx_arena_printf(rig.arena,
                           "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>%.*s</e:Body>"
                           "</e:Envelope>",
                           (int)xml.n, (const char *)xml.p);
}

static nx_reply *resolve(struct rig_saml *p, const char *text, bool is_signed)
{
    return rig_send(&back, "POST", "/saml/artifact", "text/xml", resolve_text(p, "_resolve", text, is_signed));
}

/* The answer, verified; gives the Response in it, or NULL. */
static const nx_xml_node *inner(nx_xml_doc **d, nx_reply *rp)
{
    assert_int_equal(rp->status, 200);
    assert_true(nx_ok(nx_xml_parse(d, rp->body, &nx_xml_message)));
    const nx_xml_node *answer = rig_saml_at(*d, "Body", "ArtifactResponse", NULL);
    assert_non_null(answer);
    assert_true(nx_xml_signed(answer));
    assert_string_equal(nx_xml_attr(answer, "InResponseTo"), "_resolve");
    return nx_xml_child(answer, NX_NS_SAMLP, "Response");
}

static void empty(nx_reply *rp)
{
    NX_AUTO(nx_xml_doc) d = NULL;
    assert_null(inner(&d, rp));
}

static void faulty(nx_reply *rp, nx_err e)
{
    assert_int_equal(rp->status, 500);
    assert_non_null(strstr(rig_body(rp), "soap:Client"));
    assert_non_null(strstr(rig_body(rp), nx_err_text(e)));
}

static void an_artifact_is_resolved_once(void **state)
{
    (void)state;
    NX_AUTO(nx_xml_doc) d = NULL;
    struct rig_saml_answer x;
    const char *text = artifact();
    nx_span bytes;
    assert_true(nx_ok(nx_b64_decode_dup(&bytes, rig.arena, nx_span_str(text))));
    assert_int_equal(bytes.n, 44);
    assert_int_equal(bytes.p[1], 4);
    const nx_xml_node *response = inner(&d, resolve(&portal, text, true));
    assert_non_null(response);
    rig_saml_parse(&x, &portal, &d, response);
    assert_string_equal(x.status, "Success");
    assert_string_equal(rig_saml_value(&rig, x.assertion, "urn:nixa:attribute:level"), "m1");
    rig_saml_forget(&x);
}

static void a_second_use_gets_nothing(void **state)
{
    (void)state;
    NX_AUTO(nx_xml_doc) d = NULL;
    const char *text = artifact();
    assert_non_null(inner(&d, resolve(&portal, text, true)));
    empty(resolve(&portal, text, true));
}

static void another_portal_gets_nothing(void **state)
{
    (void)state;
    NX_AUTO(nx_xml_doc) d = NULL;
    const char *text = artifact();
    empty(resolve(&other, text, true));
    assert_non_null(inner(&d, resolve(&portal, text, true))); /* and has not used it up */
}

static void strangers_are_told_why(void **state)
{
    (void)state;
    const char *text = artifact();
    struct rig_saml stranger = portal, thief = portal;
    stranger.entity_id = "https://stranger.example";
    thief.sign = other.sign;
    faulty(resolve(&portal, text, false), NX_ERR_SAML_UNSIGNED);
    faulty(resolve(&stranger, text, true), NX_ERR_SAML_ISSUER);
    faulty(resolve(&thief, text, true), NX_ERR_SIGNATURE);
    faulty(rig_send(&back, "POST", "/saml/artifact", "text/xml", "<a/>"), NX_ERR_SAML_BINDING);
    assert_int_equal(rig_send(&back, "POST", "/saml/artifact", "application/json", "{}")->status, 415);
    assert_true(nx_ok(nx_client_set_state(rig_house(&rig)->registry, portal.client, NX_CLIENT_SUSPENDED)));
    faulty(resolve(&portal, text, true), NX_ERR_CLIENT_UNKNOWN);
}

static void what_is_no_artifact_gets_nothing(void **state)
{
    (void)state;
    char *text = nx_arena_strdup(rig.arena, artifact());
    empty(resolve(&portal, "AAQAAA==", true));
    empty(resolve(&portal, "not base64", true));
    text[40] = text[40] == 'A' ? 'B' : 'A'; /* in the handle */
    empty(resolve(&portal, text, true));
}

static void it_dies_with_the_session(void **state)
{
    (void)state;
    struct nx_signon_list list;
    const char *text = artifact();
    assert_true(nx_ok(nx_signon_list(rig_house(&rig)->store, rig.arena, rig.lan.id, &list)));
    struct nx_revoke_order order = {
        .act = NX_REVOKE, .scope = NX_REVOKE_SESSION, .target = list.v[0].id.s, .reason = "test", .actor = "system"};
    assert_true(nx_ok(nx_revoke(rig_house(&rig), rig.arena, &order, NULL)));
    empty(resolve(&portal, text, true));
}

static void it_dies_of_age(void **state)
{
    (void)state;
    const char *text = artifact();
    nx_clock_shift(NX_SAML_FRESH_S);
    empty(resolve(&portal, text, true));
    nx_clock_shift(0);
}

static void refusals_travel_the_same_way(void **state)
{
    (void)state;
    struct rig_saml_answer x;
    NX_AUTO(nx_xml_doc) d = NULL;
    struct rig_browser stranger;
    rig_browser_open(&stranger, &rig);
    nx_reply *rp = rig_get(&stranger, rig_saml_ask(&portal, "AssertionConsumerServiceIndex=\"2\" IsPassive=\"true\"", ""));
    const nx_xml_node *response = inner(&d, resolve(&portal, rig_param(&rig, rp, "SAMLart"), true));
    rig_saml_parse(&x, &portal, &d, response);
    assert_string_equal(x.second, "NoPassive");
    rig_saml_forget(&x);
    rig_browser_close(&stranger);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, up, down)
    static const struct CMUnitTest tests[] = {
        T(an_artifact_is_resolved_once),   T(a_second_use_gets_nothing), T(another_portal_gets_nothing),
        T(strangers_are_told_why),         T(what_is_no_artifact_gets_nothing), T(it_dies_with_the_session),      T(it_dies_of_age),
        T(refusals_travel_the_same_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
