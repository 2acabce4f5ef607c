/* The redirect and POST bindings: what is read, what was signed, and the limits of DEFLATE. */
#include "base/text.h"
#include "saml/binding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static nx_arena *arena;

static int up(void **state)
{
    (void)state;
    arena = nx_arena_open(32u << 20);
    return arena ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    nx_arena_close(arena);
    return 0;
}

static const char *packed(nx_span xml)
{
    nx_span z;
    assert_int_equal(nx_saml_deflate(&z, arena, xml).e, NX_ERR_NONE);
    nx_buf b;
    nx_buf_init(&b, arena, 1u << 20);
    nx_percent_encode(&b, nx_span_str(nx_b64_dup(arena, z)));
    return nx_buf_str(&b);
}

static nx_err take(struct nx_saml_in *in, const char *query)
{
    return nx_saml_redirect_read(in, arena, nx_span_str(query)).e;
}

#define print(...) need(nx_arena_printf(arena, __VA_ARGS__))
static const char *need(const char *text)
{
    assert_non_null(text);
    return text;
}

static void a_redirect_comes_back_as_it_was_sent(void **state)
{
    (void)state;
    struct nx_step step;
    struct nx_saml_in in;
    struct nx_saml_out out = {.destination = "https://idp.example/saml/sso?x=1",
                              .xml = NX_LIT("<a>xin chào</a>"),
                              .relay_state = "ss:mem:å&=+ %"};
    assert_int_equal(nx_saml_redirect_write(&step, arena, &out, NULL).e, NX_ERR_NONE);
    assert_int_equal(step.kind, NX_STEP_REDIRECT);
    assert_int_equal(strncmp(step.location, "https://idp.example/saml/sso?x=1&SAMLRequest=", 45), 0);
    assert_int_equal(take(&in, strchr(step.location, '?') + 1), NX_ERR_NONE);
    assert_true(nx_span_eq(in.xml, out.xml));
    assert_string_equal(in.relay_state, out.relay_state);
    assert_false(in.response);
    assert_null(in.sig_alg);
    out.response = true;
    out.destination = "https://idp.example/slo";
    assert_int_equal(nx_saml_redirect_write(&step, arena, &out, NULL).e, NX_ERR_NONE);
    assert_int_equal(take(&in, strchr(step.location, '?') + 1), NX_ERR_NONE);
    assert_true(in.response);
}

/* The signature covers the octets as sent, in the order of the standard, whatever the order of arrival. */
static void the_signed_octets_are_those_sent(void **state)
{
    (void)state;
    struct nx_saml_in in;
    const char *m = packed(NX_LIT("<a/>"));
    const char *tail = "SigAlg=http%3a%2f%2Fx%23y&RelayState=a%2bb+c&Signature=AAAA&SAMLRequest=";
    assert_int_equal(take(&in, print("%s%s", tail, m)), NX_ERR_NONE);
    const char *want = print("SAMLRequest=%s&RelayState=a%%2bb+c&SigAlg=http%%3a%%2f%%2Fx%%23y%s", m, "");
    assert_true(nx_span_eq_str(in.signed_octets, want));
    assert_string_equal(in.sig_alg, "http://x#y");
    assert_string_equal(in.relay_state, "a+b c");
    assert_int_equal(in.signature.n, 3);
    /* Half a signature is none that anybody meant. */
    assert_int_equal(take(&in, print("SAMLRequest=%s&SigAlg=%s", m, "x")), NX_ERR_SAML_BINDING);
    assert_int_equal(take(&in, print("SAMLRequest=%s&Signature=%s", m, "AAAA")), NX_ERR_SAML_BINDING);
}

static void what_stands_twice_is_refused(void **state)
{
    (void)state;
    struct nx_saml_in in;
    const char *m = packed(NX_LIT("<a/>"));
    assert_int_equal(take(&in, print("SAMLRequest=%s&SAMLRequest=%s", m, m)), NX_ERR_DUPLICATE);
    assert_int_equal(take(&in, print("SAMLRequest=%s&RelayState=a&RelayState=%s", m, "b")), NX_ERR_DUPLICATE);
    assert_int_equal(take(&in, print("SAMLRequest=%s&SAML%%52equest=%s", m, m)), NX_ERR_DUPLICATE);
    assert_int_equal(take(&in, print("SAMLRequest=%s&SAMLResponse=%s", m, m)), NX_ERR_SAML_BINDING);
    assert_int_equal(take(&in, print("SAMLRequest=%s&SAMLart=%s", m, "AAQ")), NX_ERR_SAML_BINDING);
    assert_int_equal(take(&in, "RelayState=x"), NX_ERR_SAML_BINDING);
    assert_int_equal(take(&in, ""), NX_ERR_SAML_BINDING);
    struct nx_param twice[] = {{"SAMLRequest", "PGEvPg=="}, {"SAMLRequest", "PGEvPg=="}};
    struct nx_params form = {twice, 2};
    assert_int_equal(nx_saml_post_read(&in, arena, &form).e, NX_ERR_DUPLICATE);
}

static void other_codings_are_refused(void **state)
{
    (void)state;
    struct nx_saml_in in;
    const char *m = packed(NX_LIT("<a/>"));
    assert_int_equal(take(&in, print("SAMLRequest=%s&SAMLEncoding=%s", m, "urn:x")), NX_ERR_SAML_BINDING);
    assert_int_equal(
        take(&in, print("SAMLRequest=%s&SAMLEncoding=%s", m,
                        "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE")),
        NX_ERR_NONE);
    assert_int_equal(take(&in, "SAMLRequest=PGEvPg%3D%3D"), NX_ERR_SAML_BINDING); /* not deflated */
    assert_int_equal(take(&in, "SAMLRequest=***"), NX_ERR_ENCODING);
    assert_int_equal(take(&in, "SAMLRequest=%zz"), NX_ERR_ENCODING);
}

static void relay_state_has_a_limit(void **state)
{
    (void)state;
    struct nx_saml_in in;
    char relay[NX_SAML_RELAY_MAX + 2];
    const char *m = packed(NX_LIT("<a/>"));
    memset(relay, 'r', sizeof relay);
    relay[NX_SAML_RELAY_MAX] = 0;
    assert_int_equal(take(&in, print("SAMLRequest=%s&RelayState=%s", m, relay)), NX_ERR_NONE);
    relay[NX_SAML_RELAY_MAX] = 'r';
    relay[NX_SAML_RELAY_MAX + 1] = 0;
    assert_int_equal(take(&in, print("SAMLRequest=%s&RelayState=%s", m, relay)), NX_ERR_LIMIT);
    assert_int_equal(take(&in, print("SAMLRequest=%s&RelayState=%s", m, "a%0d%0ab")), NX_ERR_ENCODING);
    assert_int_equal(take(&in, print("SAMLRequest=%s&RelayState=%s", m, "")), NX_ERR_NONE);
    assert_null(in.relay_state);
}

/* A bomb costs what an honest message may cost, and no more. */
static void bombs_are_refused(void **state)
{
    (void)state;
    struct nx_saml_in in;
    size_t n = NX_SAML_MESSAGE_MAX;
    uint8_t *zeros = nx_arena_alloc(arena, n);
    nx_span z, back;
    assert_non_null(zeros);
    assert_int_equal(nx_saml_deflate(&z, arena, nx_span_of(zeros, n)).e, NX_ERR_NONE);
    assert_true(z.n * NX_SAML_RATIO_MAX < n);
    assert_int_equal(nx_saml_inflate(&back, arena, z).e, NX_ERR_LIMIT);
    assert_int_equal(take(&in, print("SAMLRequest=%s%s", packed(nx_span_of(zeros, n)), "")), NX_ERR_LIMIT);
    /* Bytes behind the stream, and a stream that is cut off. */
    assert_int_equal(nx_saml_deflate(&z, arena, NX_LIT("<a/>")).e, NX_ERR_NONE);
    uint8_t *more = nx_arena_alloc(arena, z.n + 1);
    memcpy(more, z.p, z.n);
    assert_int_equal(nx_saml_inflate(&back, arena, nx_span_of(more, z.n + 1)).e, NX_ERR_SAML_BINDING);
    assert_int_equal(nx_saml_inflate(&back, arena, nx_span_of(z.p, z.n - 1)).e, NX_ERR_SAML_BINDING);
    assert_int_equal(nx_saml_inflate(&back, arena, NX_SPAN_NONE).e, NX_ERR_SAML_BINDING);
}

static void forms_carry_base64(void **state)
{
    (void)state;
    struct nx_saml_in in;
    struct nx_step step;
    struct nx_saml_out out = {
        .response = true, .destination = "https://portal.example/acs", .xml = NX_LIT("<a/>"), .relay_state = "x"};
    assert_int_equal(nx_saml_post_write(&step, arena, &out).e, NX_ERR_NONE);
    assert_int_equal(step.kind, NX_STEP_FORM_POST);
    struct nx_params form = {step.field, step.field_count};
    assert_int_equal(nx_saml_post_read(&in, arena, &form).e, NX_ERR_NONE);
    assert_true(in.response && nx_span_eq(in.xml, out.xml));
    assert_string_equal(in.relay_state, "x");
    struct nx_param folded[] = {{"SAMLRequest", "PG\r\nEv\nPg=="}};
    form = (struct nx_params){folded, 1};
    assert_int_equal(nx_saml_post_read(&in, arena, &form).e, NX_ERR_NONE);
    assert_true(nx_span_eq(in.xml, NX_LIT("<a/>")));
    struct nx_param bad[] = {{"SAMLRequest", "PGEvPg"}};
    form = (struct nx_params){bad, 1};
    assert_int_equal(nx_saml_post_read(&in, arena, &form).e, NX_ERR_ENCODING);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_redirect_comes_back_as_it_was_sent, up, down),
        cmocka_unit_test_setup_teardown(the_signed_octets_are_those_sent, up, down),
        cmocka_unit_test_setup_teardown(what_stands_twice_is_refused, up, down),
        cmocka_unit_test_setup_teardown(other_codings_are_refused, up, down),
        cmocka_unit_test_setup_teardown(relay_state_has_a_limit, up, down),
        cmocka_unit_test_setup_teardown(bombs_are_refused, up, down),
        cmocka_unit_test_setup_teardown(forms_carry_base64, up, down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
