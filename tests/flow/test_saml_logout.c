/* Single logout without sockets: from a portal, from us, across protocols; portals that fail and portals that
 * never come back; and every request and answer that is not to be believed. */
#include "rig_saml.h"

#include "crypto/alg.h"
#include "crypto/certificate.h"
#include "crypto/random.h"
#include "endpoints/answer.h"
#include "registry/outbox.h"
#include "registry/upstream.h"
#include "revoke/portals.h"
#include "revoke/revoke.h"
#include "saml/logout.h"
#include "saml/message.h"
#include "saml/soap.h"
#include "sessions/signon.h"
#include "xml/encrypt.h"
#include "xml/sign.h"
#include "xml/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define OK(call) assert_int_equal((call).e, NX_ERR_NONE)
#define TAX_BYE "post_logout_redirect_uri=https://portal.example/bye&state=s9"

/* ---- portals
 * ----------------------------------------------------------------------------------------------- */

enum how { BY_REDIRECT, BY_POST, BY_SOAP, BY_NOTHING };

static struct rig rig;
static struct rig_browser browser;
static struct rig_saml health, land, school, mute, court; /* court: by redirect too */
static struct rig_client oidc;

struct known { /* what a portal was told of a sign-on */
    const char *format, *value, *index;
};

static void portal_up(struct rig_saml *p, const char *name, enum how how)
{
    static const int bindings[] = {NX_SAML_REDIRECT, NX_SAML_POST, NX_SAML_SOAP};
    const char *slo = nx_arena_printf(rig.arena, "https://%s.example/slo", name);
    const char *acs = nx_arena_printf(rig.arena, "https://%s.example/post", name);
    const char *answers = nx_arena_printf(rig.arena, "https://%s.example/slo/answers", name);
    struct nx_saml_key key = {.uses = NX_SAML_FOR_SIGNING};
    struct nx_saml_endpoint consumer = {
        .binding = NX_SAML_POST, .location = acs, .response_location = acs, .index = 0, .is_default = true};
    struct nx_saml_endpoint logout = {.location = slo, .response_location = answers, .index = -1};
    *p = (struct rig_saml){.rig = &rig,
                           .entity_id = nx_arena_printf(rig.arena, "https://%s.example/saml", name)};
    OK(nx_alg_generate(&p->sign, NX_ALG_ES256));
    key.key = p->sign;
    OK(nx_spki(&key.spki, rig.arena, p->sign));
    if (how != BY_NOTHING) logout.binding = bindings[how];
    nx_saml_entity parsed = {.entity_id = p->entity_id,
                             .role = NX_SAML_SP,
                             .acs = {&consumer, 1},
                             .slo = {&logout, how == BY_NOTHING ? 0 : 1},
                             .key = &key,
                             .key_count = 1};
    const char *metadata = nx_arena_printf(rig.arena,
                                           "{\"client_name\":\"%s\",\"grant_types\":[\"" NX_SAML_GRANT
                                           "\"],\"scope\":\"profile\",\"response_types\":[],"
                                           "\"token_endpoint_auth_method\":\"none\",\"nixa_saml_logout\":%s}",
                                           name, how == BY_SOAP ? "true" : "false");
    struct nx_client_record record = {.metadata = metadata,
                                      .sector = nx_arena_printf(rig.arena, "%s.example", name),
                                      .owner = "test",
                                      .legal_basis = "Decree 137/2015",
                                      .purpose_version = 1};
    OK(nx_client_record_create(rig_house(&rig)->registry, &record, p->client));
    struct nx_saml_record row = {.parsed = &parsed,
                                 .xml = NX_LIT("<EntityDescriptor/>"),
                                 .owner = p->client,
                                 .source = NX_SAML_UPLOAD};
    OK(nx_saml_entity_create(rig_house(&rig)->registry, &row));
}

static int up(void **state)
{
    (void)state;
    if (rig_up(&rig)) return -1;
    rig_browser_open(&browser, &rig);
    portal_up(&health, "health", BY_REDIRECT);
    portal_up(&court, "court", BY_REDIRECT);
    portal_up(&land, "land", BY_POST);
    portal_up(&school, "school", BY_SOAP);
    portal_up(&mute, "mute", BY_NOTHING);
    rig_register(
        &rig, &oidc,
        "{\"client_name\":\"Tax\",\"redirect_uris\":[\"https://portal.example/cb\"],"
        "\"post_logout_redirect_uris\":[\"https://portal.example/bye\"],"
        "\"backchannel_logout_uri\":\"https://portal.example/logout\",\"scope\":\"openid profile\"}");
    rig_sign_in(&browser, &rig.lan);
    return 0;
}

static int down(void **state)
{
    (void)state;
    struct rig_saml *all[] = {&health, &court, &land, &school, &mute};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        rig_saml_down(all[i]);
    rig_browser_close(&browser);
    rig_down(&rig);
    nx_clock_shift(0);
    return 0;
}

static struct known sign_on(struct rig_browser *b, struct rig_saml *p)
{
    struct rig_saml_answer x;
    rig_saml_sign_on(&x, p, b, rig_saml_ask(p, "", ""));
    assert_string_equal(x.status, "Success");
    const nx_xml_node *name = rig_saml_at(x.assertion, "Subject", "NameID", NULL);
    struct known k = {
        .format = nx_arena_strdup(rig.arena, nx_xml_attr(name, "Format")),
        .value = rig_saml_text(&rig, name),
        .index = nx_arena_strdup(
            rig.arena, nx_xml_attr(rig_saml_at(x.assertion, "AuthnStatement", NULL), "SessionIndex"))};
    rig_saml_forget(&x);
    return k;
}

static bool signed_in(struct rig_browser *b)
{
    nx_reply *rp = rig_get(b, "/me");
    return rp->status == 200;
}

/* ---- messages
 * ---------------------------------------------------------------------------------------------- */

struct message {
    struct rig_saml *from;
    const char *id;
    const char *destination;    /* path at ours */
    const char *in_response_to; /* a response */
    const char *status, *second;
    const struct known *who; /* a request; index NULL: none */
    int64_t issued, until;   /* seconds from now; until 0: none */
    const nx_xml_key *to;    /* who may read the name; NULL: in the clear */
};

static void put_name(nx_xml_writer *w, const struct known *who)
{
    nx_xml_begin(w, NX_NS_SAML, "NameID");
    nx_xml_put_attr(w, "Format", who->format);
    nx_xml_put_text(w, nx_span_str(who->value));
    nx_xml_end(w);
}

static void put_encrypted_name(nx_xml_writer *w, const struct message *m)
{
    nx_span name;
    nx_xml_writer *inner = nx_xml_writer_new(rig.arena, 4u << 10);
    struct nx_xml_recipient to = {.key = m->to, .cipher = NX_XML_AES256_GCM, .oaep = NX_XML_OAEP_MGF1P};
    put_name(inner, m->who);
    OK(nx_xml_done(&name, inner));
    nx_xml_begin(w, NX_NS_SAML, "EncryptedID");
    OK(nx_xml_encrypt(w, rig.arena, &to, name));
    nx_xml_end(w);
}

static nx_xml_writer *write_message(const struct message *m, bool place)
{
    nx_xml_writer *w = nx_xml_writer_new(rig.arena, 32u << 10);
    nx_xml_begin(w, NX_NS_SAMLP, m->who ? "LogoutRequest" : "LogoutResponse");
    nx_xml_put_attr(w, "ID", m->id);
    nx_xml_put_attr(w, "Version", "2.0");
    nx_xml_put_attr_time(w, "IssueInstant", nx_now() + m->issued);
    if (m->destination)
        nx_xml_put_attr(w, "Destination", nx_arena_printf(rig.arena, RIG_ISSUER "%s", m->destination));
    if (m->until) nx_xml_put_attr_time(w, "NotOnOrAfter", nx_now() + m->until);
    nx_xml_put_attr(w, "InResponseTo", m->in_response_to);
    nx_xml_put(w, NX_NS_SAML, "Issuer", m->from->entity_id);
    if (place) nx_xml_signature_here(w);
    if (m->who) {
        if (m->to)
            put_encrypted_name(w, m);
        else
            put_name(w, m->who);
        nx_xml_put(w, NX_NS_SAMLP, "SessionIndex", m->who->index);
    } else {
        nx_xml_begin(w, NX_NS_SAMLP, "Status");
        nx_xml_begin(w, NX_NS_SAMLP, "StatusCode");
        nx_xml_put_attr(w, "Value",
                        nx_arena_printf(rig.arena, "urn:oasis:names:tc:SAML:2.0:status:%s", m->status));
        if (m->second) {
            nx_xml_begin(w, NX_NS_SAMLP, "StatusCode");
            nx_xml_put_attr(w, "Value",
                            nx_arena_printf(rig.arena, "urn:oasis:names:tc:SAML:2.0:status:%s", m->second));
            nx_xml_end(w);
        }
        nx_xml_end(w);
        nx_xml_end(w);
    }
    nx_xml_end(w);
    return w;
}

static const char *fresh_id(void)
{
    nx_id id;
    OK(nx_id_make(&id));
    return nx_arena_printf(rig.arena, "_%s", id.s);
}

/* By key (NULL: unsigned), as a target of ours. */
static char *redirect_of(const struct message *m, EVP_PKEY *key, const char *relay)
{
    nx_span xml, z;
    nx_buf b;
    uint8_t signature[NX_SIGNATURE_MAX];
    size_t n;
    OK(nx_xml_done(&xml, write_message(m, false)));
    OK(nx_saml_deflate(&z, rig.arena, xml));
    nx_buf_init(&b, rig.arena, 32u << 10);
    nx_buf_adds(&b, m->who ? "SAMLRequest=" : "SAMLResponse=");
    nx_percent_encode(&b, nx_span_str(nx_b64_dup(rig.arena, z)));
    if (relay) {
        nx_buf_adds(&b, "&RelayState=");
        nx_percent_encode(&b, nx_span_str(relay));
    }
    if (key) {
        nx_buf_adds(&b, "&SigAlg=");
        nx_percent_encode(&b, NX_LIT("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"));
        OK(nx_alg_sign(signature, &n, NX_ALG_ES256, key, nx_buf_span(&b)));
        nx_buf_adds(&b, "&Signature=");
        nx_percent_encode(&b, nx_span_str(nx_b64_dup(rig.arena, nx_span_of(signature, n))));
    }
    return nx_arena_printf(rig.arena, NX_SAML_PATH_LOGOUT "?%s", nx_buf_str(&b));
}

static nx_span signed_xml(const struct message *m)
{
    return rig_saml_sign(m->from, write_message(m, true));
}

static nx_reply *post_of(struct rig_browser *b, const struct message *m, const char *relay)
{
    nx_buf f;
    nx_buf_init(&f, rig.arena, 64u << 10);
    nx_buf_adds(&f, m->who ? "SAMLRequest=" : "SAMLResponse=");
    nx_percent_encode(&f, nx_span_str(nx_b64_dup(rig.arena, signed_xml(m))));
    if (relay) {
        nx_buf_adds(&f, "&RelayState=");
        nx_percent_encode(&f, nx_span_str(relay));
    }
    return rig_post(b, NX_SAML_PATH_LOGOUT_POST, nx_buf_str(&f));
}

static struct message request_of(struct rig_saml *from, const struct known *who)
{
    return (struct message){
        .from = from, .id = fresh_id(), .destination = NX_SAML_PATH_LOGOUT, .who = who, .until = 300};
}

static struct message answer_of(struct rig_saml *from, const char *to)
{
    return (struct message){.from = from,
                            .id = fresh_id(),
                            .destination = NX_SAML_PATH_LOGOUT,
                            .in_response_to = to,
                            .status = "Success"};
}

static nx_reply *ask(struct rig_browser *b, struct rig_saml *from, const struct known *who, const char *relay)
{
    struct message m = request_of(from, who);
    return rig_get(b, redirect_of(&m, from->sign, relay));
}

/* ---- what we say
 * ------------------------------------------------------------------------------------------- */

struct said {
    const char *id, *in_response_to, *destination, *relay;
    const char *name, *index, *status, *second;
    bool request;
};

static const char *last_part(const char *uri)
{
    const char *colon = uri ? strrchr(uri, ':') : NULL;
    return colon ? colon + 1 : "";
}

static const char *keep(const char *text)
{
    return text ? nx_arena_strdup(rig.arena, text) : NULL;
}

static void read_said(struct said *out, const nx_xml_doc *d)
{
    const nx_xml_node *root = nx_xml_root(d);
    const nx_xml_node *second = rig_saml_at(d, "Status", "StatusCode", "StatusCode", NULL);
    const nx_xml_node *top = rig_saml_at(d, "Status", "StatusCode", NULL);
    out->request = nx_xml_is(root, NX_NS_SAMLP, "LogoutRequest");
    out->id = keep(nx_xml_attr(root, "ID"));
    out->in_response_to = keep(nx_xml_attr(root, "InResponseTo"));
    out->destination = keep(nx_xml_attr(root, "Destination"));
    out->name = rig_saml_text(&rig, rig_saml_at(d, "NameID", NULL));
    out->index = rig_saml_text(&rig, rig_saml_at(d, "SessionIndex", NULL));
    out->status = keep(top ? last_part(nx_xml_attr(top, "Value")) : "");
    out->second = keep(second ? last_part(nx_xml_attr(second, "Value")) : "");
    assert_string_equal(rig_saml_text(&rig, rig_saml_at(d, "Issuer", NULL)),
                        RIG_ISSUER NX_SAML_PATH_METADATA);
}

static void own_key(nx_xml_key **out)
{
    nx_signing_key *k;
    OK(nx_keyring_active(&k, rig_house(&rig)->keyring, NX_USE_SAML));
    OK(nx_xml_key_of(out, nx_jwk_evp(nx_signing_key_jwk(k))));
    nx_signing_key_release(k);
}

/* Of a redirect: its signature must be ours. */
static struct said said_by_redirect(const nx_reply *rp)
{
    struct said s = {.id = NULL};
    struct nx_saml_in in;
    nx_xml_key *key;
    NX_AUTO(nx_xml_doc) d = NULL;
    const char *query = strchr(rig_location(rp), '?');
    assert_int_equal(rp->status, 303);
    assert_non_null(query);
    OK(nx_saml_redirect_read(&in, rig.arena, nx_span_str(query + 1)));
    own_key(&key);
    OK(nx_saml_redirect_verify(&in, &(struct nx_xml_keys){&key, 1}));
    nx_xml_key_free(key);
    OK(nx_xml_parse(&d, in.xml, &nx_xml_message));
    read_said(&s, d);
    s.relay = in.relay_state;
    assert_true(strncmp(rig_location(rp), s.destination, strlen(s.destination)) == 0);
    return s;
}

static void read_verified(struct said *out, nx_xml_doc *d, const nx_xml_node *e)
{
    NX_AUTO(nx_xml_doc) verified = NULL;
    nx_xml_key *key;
    own_key(&key);
    OK(nx_xml_verify(&verified, d, e, &(struct nx_xml_keys){&key, 1}));
    nx_xml_key_free(key);
    read_said(out, verified);
}

static struct said said_by_post(const nx_reply *rp, bool request)
{
    struct said s = {.id = NULL};
    nx_span xml;
    NX_AUTO(nx_xml_doc) d = NULL;
    assert_int_equal(rp->status, 200);
    const char *field = rig_field(&rig, rp, request ? "SAMLRequest" : "SAMLResponse");
    OK(nx_b64_decode_dup(&xml, rig.arena, nx_span_str(field)));
    OK(nx_xml_parse(&d, xml, &nx_xml_message));
    read_verified(&s, d, nx_xml_root(d));
    if (strstr(rig_body(rp), "RelayState")) s.relay = rig_field(&rig, rp, "RelayState");
    return s;
}

static struct said said_by_soap(nx_span body)
{
    struct said s = {.id = NULL};
    NX_AUTO(nx_xml_doc) d = NULL;
    const nx_xml_node *element;
    OK(nx_xml_parse(&d, body, &nx_xml_message));
    OK(nx_saml_soap_body(&element, d));
    read_verified(&s, d, element);
    return s;
}

static void refused(const nx_reply *rp, nx_err e)
{
    assert_int_equal(nx_last_origin().e, e);
    assert_int_equal(rp->status, nx_answer_of(e).status);
}

/* The page of the portals, and its button. */
static char *page_of(const nx_reply *rp)
{
    assert_int_equal(rp->status, 303);
    assert_true(strncmp(rig_location(rp), "/saml/logout/progress?t=", 24) == 0);
    return nx_arena_strdup(rig.arena, rig_location(rp));
}

static nx_reply *press(struct rig_browser *b, const char *page)
{
    nx_reply *rp = rig_get(b, page);
    assert_int_equal(rp->status, 200);
    return rig_post(
        b, "/saml/logout/next",
        nx_arena_printf(rig.arena, "t=%s&csrf=%s", rig_field(&rig, rp, "t"), rig_field(&rig, rp, "csrf")));
}

static size_t count(const char *text, const char *piece)
{
    size_t n = 0;
    for (const char *p = strstr(text, piece); p; p = strstr(p + 1, piece))
        n++;
    return n;
}

/* ---- from a portal
 * ----------------------------------------------------------------------------------------- */

static void a_portal_signs_her_out(void **state)
{
    (void)state;
    struct known k = sign_on(&browser, &health);
    struct message m = request_of(&health, &k);
    nx_reply *rp = rig_get(&browser, redirect_of(&m, health.sign, "state 1"));
    struct said s = said_by_redirect(rp);
    assert_string_equal(s.destination, "https://health.example/slo/answers");
    assert_string_equal(s.in_response_to, m.id);
    assert_string_equal(s.relay, "state 1");
    assert_string_equal(s.status, "Success");
    assert_string_equal(s.second, "");
    assert_false(signed_in(&browser));
}

static void by_post_it_is_answered_by_post(void **state)
{
    (void)state;
    struct known k = sign_on(&browser, &land);
    struct message m = request_of(&land, &k);
    m.destination = NX_SAML_PATH_LOGOUT_POST;
    struct said s = said_by_post(post_of(&browser, &m, "r"), false);
    assert_string_equal(s.in_response_to, m.id);
    assert_string_equal(s.status, "Success");
    assert_false(signed_in(&browser));
}

static void without_an_index_every_session_of_hers_there_ends(void **state)
{
    (void)state;
    struct rig_browser other, third;
    rig_browser_open(&other, &rig);
    rig_browser_open(&third, &rig);
    rig_sign_in(&other, &rig.lan);
    rig_sign_in(&third, &rig.lan); /* never at that portal */
    struct known k = sign_on(&browser, &health), k2 = sign_on(&other, &health);
    assert_string_equal(k.value, k2.value);
    assert_string_not_equal(k.index, k2.index);
    k.index = NULL;
    struct said s = said_by_redirect(ask(&browser, &health, &k, NULL));
    assert_string_equal(s.status, "Success");
    assert_false(signed_in(&browser));
    assert_false(signed_in(&other));
    assert_true(signed_in(&third));
    rig_browser_close(&other);
    rig_browser_close(&third);
}

/* The requests that a browser carries name her at each portal: one that is not hers carries none, and sees no
 * list. */
static void another_browser_hears_nothing_of_her_portals(void **state)
{
    (void)state;
    struct rig_browser theirs;
    for (int signed_in_as = 0; signed_in_as < 2; signed_in_as++) {
        rig_sign_in(&browser, &rig.lan);
        rig_browser_open(&theirs, &rig);
        if (signed_in_as) rig_sign_in(&theirs, &rig.minh);
        struct known k = sign_on(&browser, &health);
        sign_on(&browser, &court);
        struct said s = said_by_redirect(ask(&theirs, &health, &k, "state 3"));
        assert_false(s.request);
        assert_string_equal(s.destination, "https://health.example/slo/answers");
        assert_string_equal(s.second, "PartialLogout"); /* the court could not be told */
        assert_false(signed_in(&browser));
        assert_int_equal(signed_in(&theirs), signed_in_as);
        rig_browser_close(&theirs);
    }
}

static void what_is_over_already_is_success(void **state)
{
    (void)state;
    struct known k = sign_on(&browser, &health);
    assert_string_equal(said_by_redirect(ask(&browser, &health, &k, NULL)).status, "Success");
    assert_string_equal(said_by_redirect(ask(&browser, &health, &k, NULL)).status, "Success");
}

/* ---- requests that are not to be believed
 * ------------------------------------------------------------------ */

static void another_persons_name_ends_nothing(void **state)
{
    (void)state;
    struct rig_browser minhs;
    rig_browser_open(&minhs, &rig);
    rig_sign_in(&minhs, &rig.minh);
    struct known lan = sign_on(&browser, &health), minh = sign_on(&minhs, &health);
    struct known crossed = {.format = minh.format, .value = minh.value, .index = lan.index};
    struct said s = said_by_redirect(ask(&browser, &health, &crossed, NULL));
    assert_string_equal(s.status, "Requester");
    assert_string_equal(s.second, "UnknownPrincipal");
    struct known nobody = {.format = lan.format, .value = "nobody", .index = NULL};
    s = said_by_redirect(ask(&browser, &health, &nobody, NULL));
    assert_string_equal(s.second, "UnknownPrincipal");
    assert_true(signed_in(&browser));
    assert_true(signed_in(&minhs));
    rig_browser_close(&minhs);
}

static void another_portals_index_ends_nothing(void **state)
{
    (void)state;
    struct known k = sign_on(&browser, &health);
    sign_on(&browser, &court);
    struct said s = said_by_redirect(ask(&browser, &court, &k, NULL)); /* court has learned health's index */
    assert_string_equal(s.status, "Success"); /* nothing of its own was left to end */
    assert_true(signed_in(&browser));
}

static void a_request_must_be_signed_fresh_and_for_us(void **state)
{
    (void)state;
    struct known k = sign_on(&browser, &health);
    struct message m = request_of(&health, &k);
    refused(rig_get(&browser, redirect_of(&m, NULL, NULL)), NX_ERR_SAML_UNSIGNED);
    refused(rig_get(&browser, redirect_of(&m, court.sign, NULL)), NX_ERR_SIGNATURE);
    m.from = &court; /* court's name under health's key */
    refused(rig_get(&browser, redirect_of(&m, health.sign, NULL)), NX_ERR_SIGNATURE);
    m = request_of(&health, &k);
    m.destination = NX_SAML_PATH_SSO;
    refused(rig_get(&browser, redirect_of(&m, health.sign, NULL)), NX_ERR_SAML_DESTINATION);
    m = request_of(&health, &k);
    m.issued = -400;
    refused(rig_get(&browser, redirect_of(&m, health.sign, NULL)), NX_ERR_SAML_STALE);
    m = request_of(&health, &k);
    m.until = -60; /* NotOnOrAfter */
    refused(rig_get(&browser, redirect_of(&m, health.sign, NULL)), NX_ERR_SAML_STALE);
    struct rig_saml stranger = {
        .rig = &rig, .entity_id = "https://stranger.example/saml", .sign = health.sign};
    m = request_of(&stranger, &k);
    refused(rig_get(&browser, redirect_of(&m, health.sign, NULL)), NX_ERR_SAML_ISSUER);
    assert_true(signed_in(&browser));
}

static void a_request_is_taken_once(void **state)
{
    (void)state;
    struct known k = sign_on(&browser, &health);
    struct message m = request_of(&health, &k);
    const char *url = redirect_of(&m, health.sign, NULL);
    assert_string_equal(said_by_redirect(rig_get(&browser, url)).status, "Success");
    rig_sign_in(&browser, &rig.lan);
    sign_on(&browser, &health);
    refused(rig_get(&browser, url), NX_ERR_SAML_REPLAYED);
    assert_true(signed_in(&browser));
}

/* ---- through the browser
 * ----------------------------------------------------------------------------------- */

/* health asks; court and land are told through the browser, school and the OIDC portal by us. */
static char *everybody(struct known *k)
{
    *k = sign_on(&browser, &health);
    sign_on(&browser, &court);
    sign_on(&browser, &land);
    sign_on(&browser, &school);
    json_decref(rig_tokens(&browser, &oidc, ""));
    return page_of(ask(&browser, &health, k, "state 1"));
}

static void everybody_is_told_and_the_one_who_asked_is_answered(void **state)
{
    (void)state;
    struct known k;
    const char *page = everybody(&k);
    assert_false(signed_in(&browser)); /* before anybody was asked */
    nx_reply *rp = rig_get(&browser, page);
    assert_int_equal(count(rig_body(rp), "<li>"), 4);
    assert_int_equal(count(rig_body(rp), "data-auto-submit"), 1);
    struct said first = said_by_redirect(press(&browser, page));
    assert_true(first.request);
    assert_string_equal(first.destination, "https://court.example/slo");
    assert_true(strlen(first.relay) <= 80); /* saml-bindings 3.4.3 */
    assert_int_equal(strlen(first.index), NX_ID_LEN);
    struct message m = answer_of(&court, first.id);
    struct said second = said_by_post(rig_get(&browser, redirect_of(&m, court.sign, first.relay)), true);
    assert_string_equal(second.destination, "https://land.example/slo");
    m = answer_of(&land, second.id);
    m.destination = NX_SAML_PATH_LOGOUT_POST;
    struct said last = said_by_redirect(post_of(&browser, &m, second.relay));
    assert_string_equal(last.destination, "https://health.example/slo/answers");
    assert_string_equal(last.status, "Success");
    assert_string_equal(last.second, "");
    assert_string_equal(last.relay, "state 1");
    assert_int_equal(rig_get(&browser, page)->status, 404); /* and the way is over */
}

static void one_fails_and_one_never_comes_back(void **state)
{
    (void)state;
    struct known k;
    const char *page = everybody(&k);
    struct said first = said_by_redirect(press(&browser, page));
    struct message m = answer_of(&court, first.id);
    m.status = "Responder";
    struct said second = said_by_post(rig_get(&browser, redirect_of(&m, court.sign, first.relay)), true);
    assert_string_equal(second.destination, "https://land.example/slo");
    /* land says nothing: the person comes back to the page, which does not run off by itself again */
    nx_reply *rp = rig_get(&browser, page);
    assert_int_equal(count(rig_body(rp), "data-auto-submit"), 0);
    struct said last = said_by_redirect(press(&browser, page));
    assert_string_equal(last.destination, "https://health.example/slo/answers");
    assert_string_equal(last.status, "Success");
    assert_string_equal(last.second, "PartialLogout");
    /* an answer that comes too late finds no way any more */
    m = answer_of(&land, second.id);
    m.destination = NX_SAML_PATH_LOGOUT_POST;
    assert_int_equal(post_of(&browser, &m, second.relay)->status, 404);
}

static void what_failed_is_shown_before_the_answer(void **state)
{
    (void)state;
    struct known k = sign_on(&browser, &health);
    sign_on(&browser, &court);
    sign_on(&browser, &mute);
    const char *page = page_of(ask(&browser, &health, &k, NULL));
    struct said first = said_by_redirect(press(&browser, page));
    struct message m = answer_of(&court, first.id);
    m.second = "PartialLogout"; /* half a success is none */
    nx_reply *rp = rig_get(&browser, redirect_of(&m, court.sign, first.relay));
    assert_string_equal(page_of(rp), page);
    rp = rig_get(&browser, page);
    assert_int_equal(count(rig_body(rp), "class=\"tag bad\""), 1);
    assert_int_equal(count(rig_body(rp), "class=\"tag warn\""), 1);
    struct said last = said_by_redirect(press(&browser, page));
    assert_string_equal(last.second, "PartialLogout");
}

static void answers_that_are_not_to_be_believed(void **state)
{
    (void)state;
    struct known k = sign_on(&browser, &health);
    sign_on(&browser, &court);
    const char *page = page_of(ask(&browser, &health, &k, NULL));
    struct said first = said_by_redirect(press(&browser, page));
    struct message good = answer_of(&court, first.id), m;
    assert_string_equal(page_of(rig_get(&browser, redirect_of(&good, NULL, first.relay))), page);
    assert_string_equal(page_of(rig_get(&browser, redirect_of(&good, health.sign, first.relay))), page);
    m = answer_of(&court, "_another");
    assert_string_equal(page_of(rig_get(&browser, redirect_of(&m, court.sign, first.relay))), page);
    m = answer_of(&health, first.id); /* another portal's word for it */
    assert_string_equal(page_of(rig_get(&browser, redirect_of(&m, health.sign, first.relay))), page);
    m = answer_of(&court, first.id);
    m.destination = NX_SAML_PATH_SSO;
    assert_string_equal(page_of(rig_get(&browser, redirect_of(&m, court.sign, first.relay))), page);
    assert_int_equal(rig_get(&browser, redirect_of(&good, court.sign, NULL))->status,
                     404); /* whose answer? */
    struct rig_browser other;
    rig_browser_open(&other, &rig);
    assert_int_equal(rig_get(&other, redirect_of(&good, court.sign, first.relay))->status, 404);
    assert_int_equal(rig_get(&other, page)->status, 404);
    rig_browser_close(&other);
    struct said last = said_by_redirect(rig_get(&browser, redirect_of(&good, court.sign, first.relay)));
    assert_string_equal(last.destination, "https://health.example/slo/answers");
    assert_string_equal(last.second, "");
}

/* ---- from us
 * ----------------------------------------------------------------------------------------------- */

static void relying_party_logout_goes_through_the_portals(void **state)
{
    (void)state;
    sign_on(&browser, &health);
    sign_on(&browser, &school);
    NX_AUTO_JSON t = rig_tokens(&browser, &oidc, "");
    const char *url =
        nx_arena_printf(rig.arena, "/oidc/logout?id_token_hint=%s&" TAX_BYE, nx_json_str(t, "id_token"));
    const char *page = page_of(rig_get(&browser, url));
    struct said s = said_by_redirect(press(&browser, page));
    assert_string_equal(s.destination, "https://health.example/slo");
    struct message m = answer_of(&health, s.id);
    nx_reply *rp = rig_get(&browser, redirect_of(&m, health.sign, s.relay));
    assert_string_equal(rig_location(rp), "https://portal.example/bye?state=s9");
    assert_false(signed_in(&browser));
}

static void her_own_page_goes_through_the_portals(void **state)
{
    (void)state;
    static const char *const acts[] = {"sign-out", "sign-out-everywhere"};
    for (size_t i = 0; i < 2; i++) {
        rig_sign_in(&browser, &rig.lan);
        sign_on(&browser, &health);
        nx_reply *rp = rig_get(&browser, "/me");
        const char *csrf = rig_field(&rig, rp, "csrf");
        rp = rig_post(&browser, "/me", nx_arena_printf(rig.arena, "act=%s&csrf=%s", acts[i], csrf));
        const char *page = page_of(rp);
        assert_false(signed_in(&browser));
        struct said s = said_by_redirect(press(&browser, page));
        struct message m = answer_of(&health, s.id);
        rp = rig_get(&browser, redirect_of(&m, health.sign, s.relay));
        assert_string_equal(page_of(rp), page); /* nobody waits: the page says how it went */
        rp = rig_get(&browser, page);
        assert_int_equal(count(rig_body(rp), "class=\"tag good\""), 1);
        assert_null(strstr(rig_body(rp), "/saml/logout/next"));
    }
}

/* The state of each portal in a receipt, "?" when it is not there. */
static const char *state_of(const json_t *receipt, const struct rig_saml *p)
{
    size_t i;
    const json_t *line;
    json_array_foreach(nx_json_array(receipt, "portals"), i,
                       line) if (strcmp(nx_json_str(line, "client_id"), p->client) ==
                                 0) return nx_json_str(line, "state");
    return "?";
}

static const char *session_of(const char *person)
{
    struct nx_signon_list list;
    OK(nx_signon_list(rig_house(&rig)->store, rig.arena, person, &list));
    assert_int_equal(list.n, 1);
    return nx_arena_strdup(rig.arena, list.v[0].id.s);
}

static void rule_18_a_receipt_says_who_could_be_told(void **state)
{
    (void)state;
    sign_on(&browser, &health);
    sign_on(&browser, &school);
    sign_on(&browser, &mute);
    int64_t seq;
    struct nx_revoke_order order = {.act = NX_REVOKE,
                                    .scope = NX_REVOKE_SESSION,
                                    .target = session_of(rig.lan.id),
                                    .reason = "test",
                                    .actor = "uid:0"};
    OK(nx_revoke(rig_house(&rig), rig.arena, &order, &seq));
    NX_AUTO_JSON receipt = NULL;
    OK(nx_revoke_receipt(&receipt, rig_house(&rig), rig.arena, seq));
    assert_string_equal(state_of(receipt, &school), "pending");
    assert_string_equal(state_of(receipt, &health), "unreachable"); /* an operator has no browser of hers */
    assert_string_equal(state_of(receipt, &mute), "unreachable");
}

static void a_browser_that_does_not_come_leaves_it_untold(void **state)
{
    (void)state;
    sign_on(&browser, &health);
    nx_reply *rp = rig_get(&browser, "/me");
    page_of(rig_post(&browser, "/me",
                     nx_arena_printf(rig.arena, "act=sign-out&csrf=%s", rig_field(&rig, rp, "csrf"))));
    struct nx_notice_list due;
    OK(nx_outbox_lease(rig_house(&rig)->registry, rig.arena, nx_now(), 30, 64, &due));
    for (size_t i = 0; i < due.n; i++)
        assert_string_not_equal(due.v[i].kind,
                                NX_NOTICE_SAML_BROWSER); /* not the deliverer's, while there is time */
    nx_clock_shift(NX_NOTICE_BROWSER_S + 1);
    OK(nx_outbox_lease(rig_house(&rig)->registry, rig.arena, nx_now(), 30, 64, &due));
    size_t found = 0;
    for (size_t i = 0; i < due.n; i++) {
        struct nx_egress_request rq;
        if (strcmp(due.v[i].target, health.client) != 0) continue;
        assert_string_equal(due.v[i].kind, NX_NOTICE_SAML_BROWSER);
        assert_int_equal(nx_notice_saml_browser.build(&rq, rig_house(&rig), rig.arena, &due.v[i]).e,
                         NX_ERR_NOT_FOUND);
        found++;
    }
    assert_int_equal(found, 1);
}

/* ---- by SOAP
 * ----------------------------------------------------------------------------------------------- */

static struct nx_notice notice_for(const struct rig_saml *p)
{
    struct nx_notice_list due;
    OK(nx_outbox_lease(rig_house(&rig)->registry, rig.arena, nx_now(), 1, 64, &due));
    for (size_t i = 0; i < due.n; i++)
        if (strcmp(due.v[i].target, p->client) == 0 && strcmp(due.v[i].kind, NX_NOTICE_SAML) == 0)
            return due.v[i];
    fail_msg("no notice");
    return (struct nx_notice){.id = 0};
}

static struct nx_egress_reply envelope(nx_span element)
{
    nx_span body;
    OK(nx_saml_soap_write(&body, rig.arena, element));
    return (struct nx_egress_reply){.status = 200, .content_type = "text/xml", .body = body};
}

static bool confirms(const struct nx_notice *n, const struct message *m)
{
    struct nx_egress_reply reply = envelope(signed_xml(m));
    return nx_notice_saml.confirmed(rig_house(&rig), rig.arena, n, &reply);
}

static void rule_18_a_portal_is_told_by_soap(void **state)
{
    (void)state;
    struct known k = sign_on(&browser, &school);
    nx_reply *rp = rig_get(&browser, "/me");
    rp = rig_post(&browser, "/me",
                  nx_arena_printf(rig.arena, "act=sign-out&csrf=%s", rig_field(&rig, rp, "csrf")));
    assert_string_equal(rig_location(rp), "/signed-out"); /* nobody needs the browser */
    struct nx_notice n = notice_for(&school);
    struct nx_egress_request rq;
    OK(nx_notice_saml.build(&rq, rig_house(&rig), rig.arena, &n));
    assert_string_equal(rq.url, "https://school.example/slo");
    assert_string_equal(rq.content_type, "text/xml");
    struct said s = said_by_soap(rq.body);
    assert_true(s.request);
    assert_string_equal(s.name, k.value);
    assert_string_equal(s.index, k.index);
    assert_string_equal(s.destination, "https://school.example/slo");
    struct message m = answer_of(&school, s.id);
    m.destination = NULL;
    assert_true(confirms(&n, &m));
    m.status = "Responder";
    assert_false(confirms(&n, &m));
    m = answer_of(&school, "_another");
    m.destination = NULL;
    assert_false(confirms(&n, &m));
    m = answer_of(&court, s.id);
    m.destination = NULL;
    assert_false(confirms(&n, &m));
    m = answer_of(&school, s.id);
    m.destination = NULL;
    m.second = "PartialLogout";
    assert_false(confirms(&n, &m));
    struct nx_egress_reply fault = {.status = 500, .content_type = "text/xml", .body = NX_LIT("<x/>")};
    assert_false(nx_notice_saml.confirmed(rig_house(&rig), rig.arena, &n, &fault));
    /* the next try is another request, and the answer to this one is none to that */
    m = answer_of(&school, s.id);
    m.destination = NULL;
    OK(nx_outbox_retry(rig_house(&rig)->registry, n.id, nx_now(), "http_500"));
    struct nx_notice again = notice_for(&school);
    OK(nx_notice_saml.build(&rq, rig_house(&rig), rig.arena, &again));
    assert_string_not_equal(said_by_soap(rq.body).id, s.id);
    assert_false(confirms(&again, &m));
    /* and once nobody is there any more, it is given up */
    OK(nx_saml_entity_delete(rig_house(&rig)->registry, school.client, NX_SAML_SP));
    assert_int_equal(nx_notice_saml.build(&rq, rig_house(&rig), rig.arena, &again).e, NX_ERR_NOT_FOUND);
}

static struct said soap(const struct message *m, int *status)
{
    struct nx_egress_reply e = envelope(signed_xml(m));
    nx_reply *rp =
        rig_send(&browser, "POST", NX_SAML_PATH_LOGOUT_SOAP, "text/xml", nx_arena_dup(rig.arena, e.body));
    *status = rp->status;
    if (rp->status != 200) return (struct said){.id = NULL};
    return said_by_soap(rp->body);
}

static void a_portal_signs_her_out_by_soap(void **state)
{
    (void)state;
    int status;
    struct known k = sign_on(&browser, &school);
    sign_on(&browser, &health);
    struct message m = request_of(&school, &k);
    m.destination = NX_SAML_PATH_LOGOUT_SOAP;
    struct said s = soap(&m, &status);
    assert_int_equal(status, 200);
    assert_string_equal(s.in_response_to, m.id);
    assert_string_equal(s.status, "Success");
    assert_string_equal(s.second, "PartialLogout"); /* health needs a browser, and none is there */
    assert_false(signed_in(&browser));
}

static void by_soap_too_a_request_must_be_right(void **state)
{
    (void)state;
    int status;
    struct known k = sign_on(&browser, &school);
    struct known crossed = {.format = k.format, .value = "somebody else", .index = k.index};
    struct message m = request_of(&school, &crossed);
    m.destination = NX_SAML_PATH_LOGOUT_SOAP;
    struct said s = soap(&m, &status);
    assert_string_equal(s.second, "UnknownPrincipal");
    m = request_of(&school, &k);
    m.destination = NX_SAML_PATH_LOGOUT;
    soap(&m, &status);
    assert_int_equal(status, 500);
    assert_int_equal(nx_last_origin().e, NX_ERR_SAML_DESTINATION);
    m = request_of(&school, &k);
    m.from = &court;
    struct rig_saml crooked = court;
    crooked.sign = school.sign;
    m.from = &crooked;
    m.destination = NX_SAML_PATH_LOGOUT_SOAP;
    soap(&m, &status);
    assert_int_equal(status, 500);
    nx_span xml;
    m = request_of(&school, &k);
    m.destination = NX_SAML_PATH_LOGOUT_SOAP;
    OK(nx_xml_done(&xml, write_message(&m, false)));
    struct nx_egress_reply e = envelope(xml);
    nx_reply *rp =
        rig_send(&browser, "POST", NX_SAML_PATH_LOGOUT_SOAP, "text/xml", nx_arena_dup(rig.arena, e.body));
    assert_int_equal(rp->status, 500);
    assert_int_equal(nx_last_origin().e, NX_ERR_SAML_UNSIGNED);
    assert_true(signed_in(&browser));
}

static nx_xml_key *encryption_key(void)
{
    nx_xml_key *out;
    nx_signing_key *k;
    OK(nx_keyring_active(&k, rig_house(&rig)->keyring, NX_USE_SAML_ENC));
    OK(nx_xml_key_of(&out, nx_jwk_evp(nx_signing_key_jwk(k))));
    nx_signing_key_release(k);
    return out;
}

/* saml-core section 3.7.1: the name may be an EncryptedID. */
static void her_name_may_be_encrypted(void **state)
{
    (void)state;
    int status;
    nx_xml_key *ours = encryption_key(), *foreign;
    struct known k = sign_on(&browser, &school);
    struct known crossed = {.format = k.format, .value = "somebody else", .index = k.index};
    EVP_PKEY *stranger;
    OK(nx_alg_generate(&stranger, NX_ALG_RS256));
    OK(nx_xml_key_of(&foreign, stranger));

    struct message m = request_of(&school, &k);
    m.destination = NX_SAML_PATH_LOGOUT_SOAP;
    m.to = foreign;
    soap(&m, &status);
    assert_int_equal(status, 500);
    assert_int_equal(nx_last_origin().e, NX_ERR_XML_DECRYPT);

    m = request_of(&school, &crossed);
    m.destination = NX_SAML_PATH_LOGOUT_SOAP;
    m.to = ours;
    assert_string_equal(soap(&m, &status).second, "UnknownPrincipal");
    assert_true(signed_in(&browser));

    m = request_of(&school, &k);
    m.destination = NX_SAML_PATH_LOGOUT_SOAP;
    m.to = ours;
    assert_string_equal(soap(&m, &status).status, "Success");
    assert_false(signed_in(&browser));
    nx_xml_key_free(ours);
    nx_xml_key_free(foreign);
    EVP_PKEY_free(stranger);
}

/* ---- from an upstream provider
 * ------------------------------------------------------------------------------ */

#define IDP "tinh"

static void upstream_up(struct rig_saml *p)
{
    NX_AUTO_JSON config = json_object();
    struct nx_upstream_record row = {.id = IDP,
                                     .kind = NX_UPSTREAM_SAML,
                                     .name = "Tỉnh",
                                     .issuer = "https://idp.example/metadata",
                                     .level_cap = 2,
                                     .proofing = 1,
                                     .config = config};
    struct nx_saml_key key = {.uses = NX_SAML_FOR_SIGNING};
    struct nx_saml_endpoint slo[2] = {{.binding = NX_SAML_REDIRECT,
                                       .location = "https://idp.example/slo",
                                       .response_location = "https://idp.example/slo/answers",
                                       .index = -1},
                                      {.binding = NX_SAML_SOAP,
                                       .location = "https://idp.example/soap",
                                       .response_location = "https://idp.example/soap",
                                       .index = -1}};
    OK(nx_upstream_create(rig_house(&rig)->registry, rig_house(&rig)->master, &row));
    OK(nx_upstream_set_state(rig_house(&rig)->registry, IDP, true));
    *p = (struct rig_saml){.rig = &rig, .entity_id = row.issuer};
    OK(nx_alg_generate(&p->sign, NX_ALG_ES256));
    key.key = p->sign;
    OK(nx_spki(&key.spki, rig.arena, p->sign));
    nx_saml_entity parsed = {.entity_id = row.issuer,
                             .role = NX_SAML_IDP,
                             .sso = {slo, 1},
                             .slo = {slo, 2},
                             .key = &key,
                             .key_count = 1};
    struct nx_saml_record record = {
        .parsed = &parsed, .xml = NX_LIT("<EntityDescriptor/>"), .owner = IDP, .source = NX_SAML_UPLOAD};
    OK(nx_saml_entity_create(rig_house(&rig)->registry, &record));
}

/* As hub/saml.h does: the person here is Lan, "lan@tinh" there. */
static void came_through(struct rig_browser *b, const char *session)
{
    struct nx_proof proof = {.means = NX_MEANS_UPSTREAM,
                             .bound_at = NX_M1,
                             .rung = NX_RUNG_NONE,
                             .upstream = IDP,
                             .upstream_subject = "lan@tinh",
                             .upstream_session = session};
    rig_prove(b, &rig.lan, proof, NULL);
}

static void a_provider_signs_her_out_through_our_portals(void **state)
{
    (void)state;
    struct rig_saml idp;
    struct rig_browser other;
    upstream_up(&idp);
    rig_browser_open(&other, &rig);
    came_through(&other, "there-2");
    came_through(&browser, "there-1");
    sign_on(&browser, &health);
    struct known k = {
        .format = nx_saml_format_uri(NX_SAML_PERSISTENT), .value = "lan@tinh", .index = "there-1"};
    struct message m = request_of(&idp, &k);
    const char *page = page_of(rig_get(&browser, redirect_of(&m, idp.sign, "state 2")));
    assert_false(signed_in(&browser));
    struct said s = said_by_redirect(press(&browser, page));
    assert_string_equal(s.destination, "https://health.example/slo");
    struct message answer = answer_of(&health, s.id);
    struct said last = said_by_redirect(rig_get(&browser, redirect_of(&answer, health.sign, s.relay)));
    assert_string_equal(last.destination, "https://idp.example/slo/answers");
    assert_string_equal(last.in_response_to, m.id);
    assert_string_equal(last.relay, "state 2");
    assert_string_equal(last.status, "Success");
    assert_true(signed_in(&other)); /* another session there */
    rig_browser_close(&other);
    rig_saml_down(&idp);
}

static void a_provider_signs_her_out_by_soap(void **state)
{
    (void)state;
    int status;
    struct rig_saml idp;
    struct rig_browser local, other;
    upstream_up(&idp);
    rig_browser_open(&local, &rig);
    rig_browser_open(&other, &rig);
    rig_sign_in(&local, &rig.lan); /* by us, not by them */
    came_through(&other, "there-2");
    came_through(&browser, "there-1");
    struct known wrong = {
        .format = nx_saml_format_uri(NX_SAML_PERSISTENT), .value = "minh@tinh", .index = "there-1"};
    struct message m = request_of(&idp, &wrong);
    m.destination = NX_SAML_PATH_LOGOUT_SOAP;
    assert_string_equal(soap(&m, &status).status, "Success"); /* nothing of that name came from there */
    assert_true(signed_in(&browser));
    struct known all = {.format = nx_saml_format_uri(NX_SAML_PERSISTENT), .value = "lan@tinh", .index = NULL};
    m = request_of(&idp, &all);
    m.destination = NX_SAML_PATH_LOGOUT_SOAP;
    struct rig_saml crooked = idp;
    crooked.sign = health.sign;
    m.from = &crooked;
    soap(&m, &status);
    assert_int_equal(status, 500);
    assert_true(signed_in(&browser));
    m.from = &idp;
    assert_string_equal(soap(&m, &status).status, "Success");
    assert_false(signed_in(&browser));
    assert_false(signed_in(&other));
    assert_true(signed_in(&local));
    rig_browser_close(&local);
    rig_browser_close(&other);
    rig_saml_down(&idp);
}

#define T(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_portal_signs_her_out),
        T(by_post_it_is_answered_by_post),
        T(without_an_index_every_session_of_hers_there_ends),
        T(another_browser_hears_nothing_of_her_portals),
        T(what_is_over_already_is_success),
        T(another_persons_name_ends_nothing),
        T(another_portals_index_ends_nothing),
        T(a_request_must_be_signed_fresh_and_for_us),
        T(a_request_is_taken_once),
        T(everybody_is_told_and_the_one_who_asked_is_answered),
        T(one_fails_and_one_never_comes_back),
        T(what_failed_is_shown_before_the_answer),
        T(answers_that_are_not_to_be_believed),
        T(relying_party_logout_goes_through_the_portals),
        T(her_own_page_goes_through_the_portals),
        T(rule_18_a_receipt_says_who_could_be_told),
        T(a_browser_that_does_not_come_leaves_it_untold),
        T(rule_18_a_portal_is_told_by_soap),
        T(a_portal_signs_her_out_by_soap),
        T(by_soap_too_a_request_must_be_right),
        T(her_name_may_be_encrypted),
        T(a_provider_signs_her_out_through_our_portals),
        T(a_provider_signs_her_out_by_soap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
