/* What a transaction keeps of a request, and NameIDs in and out. */
#include "saml/ask.h"
#include "saml/nameid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static nx_arena *arena;

static int up(void **state)
{
    (void)state;
    arena = nx_arena_open(4u << 20);
    return arena ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    nx_arena_close(arena);
    return 0;
}

static struct nx_saml_ask whole(void)
{
    struct nx_saml_ask ask = {.base = {.client_id = "c", .return_to = "https://p.example/acs", .max_age = -1},
                              .request_id = "_1",
                              .relay_state = "r",
                              .binding = NX_SAML_ARTIFACT,
                              .format = NX_SAML_EMAIL,
                              .subject_format = NX_SAML_TRANSIENT,
                              .subject = "s"};
    ask.context.comparison = NX_SAML_BETTER;
    nx_saml_context_add(&ask.context, NX_LIT("urn:nixa:acr:m2"));
    nx_saml_context_add(&ask.context, NX_LIT("urn:other"));
    return ask;
}

static void a_request_is_kept_whole(void **state)
{
    (void)state;
    struct nx_saml_ask ask = whole(), back;
    struct nx_ask base;
    assert_int_equal(nx_saml_ask_close(&base, arena, &ask).e, NX_ERR_NONE);
    assert_int_equal(nx_saml_ask_open(&back, arena, &base).e, NX_ERR_NONE);
    assert_string_equal(back.request_id, "_1");
    assert_string_equal(back.relay_state, "r");
    assert_string_equal(back.subject, "s");
    assert_string_equal(back.base.return_to, "https://p.example/acs");
    assert_int_equal(back.binding, NX_SAML_ARTIFACT);
    assert_int_equal(back.format, NX_SAML_EMAIL);
    assert_int_equal(back.subject_format, NX_SAML_TRANSIENT);
    assert_int_equal(back.context.comparison, NX_SAML_BETTER);
    assert_true(back.context.asked && back.context.named);
    assert_int_equal(back.context.classes, ask.context.classes);
}

static void nothing_asked_stays_nothing(void **state)
{
    (void)state;
    struct nx_saml_ask ask = {.binding = NX_SAML_POST}, back;
    struct nx_ask base;
    assert_int_equal(nx_saml_ask_close(&base, arena, &ask).e, NX_ERR_NONE);
    assert_int_equal(nx_saml_ask_open(&back, arena, &base).e, NX_ERR_NONE);
    assert_null(back.request_id);
    assert_null(back.relay_state);
    assert_null(back.subject);
    assert_false(back.context.asked);
}

/* A binding by which nothing is answered is no record of ours. */
static void what_is_no_record_is_refused(void **state)
{
    (void)state;
    struct nx_saml_ask ask = {.binding = NX_SAML_SOAP}, back;
    struct nx_ask base;
    assert_int_equal(nx_saml_ask_close(&base, arena, &ask).e, NX_ERR_NONE);
    assert_int_equal(nx_saml_ask_open(&back, arena, &base).e, NX_ERR_SYNTAX);
    base.own = NX_LIT("\x01\x01");
    assert_int_equal(nx_saml_ask_open(&back, arena, &base).e, NX_ERR_SYNTAX);
}

static nx_err read_name(struct nx_given_name *n, const char *inner)
{
    NX_AUTO(nx_xml_doc) d = NULL;
    const char *xml =
        nx_arena_printf(arena, "<NameID xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\"%s</NameID>", inner);
    assert_non_null(xml);
    nx_result r = nx_xml_parse(&d, nx_span_str(xml), &nx_xml_message);
    return nx_ok(r) ? nx_saml_name_read(n, arena, nx_xml_root(d)).e : r.e;
}

static void names_come_back_as_they_went(void **state)
{
    (void)state;
    struct nx_given_name in = {.format = nx_saml_format_uri(NX_SAML_PERSISTENT),
                               .value = "a<b&\"c",
                               .name_qualifier = "https://idp.example",
                               .sp_qualifier = "https://p.example"},
                         out;
    nx_xml_writer *w = nx_xml_writer_new(arena, 4096);
    nx_span xml;
    nx_saml_name_write(w, &in);
    assert_int_equal(nx_xml_done(&xml, w).e, NX_ERR_NONE);
    NX_AUTO(nx_xml_doc) d = NULL;
    assert_int_equal(nx_xml_parse(&d, xml, &nx_xml_message).e, NX_ERR_NONE);
    assert_int_equal(nx_saml_name_read(&out, arena, nx_xml_root(d)).e, NX_ERR_NONE);
    assert_string_equal(out.value, in.value);
    assert_string_equal(out.format, in.format);
    assert_string_equal(out.name_qualifier, in.name_qualifier);
    assert_string_equal(out.sp_qualifier, in.sp_qualifier);
}

/* A comment inside a name once made one person pass for another. */
static void names_are_exact(void **state)
{
    (void)state;
    struct nx_given_name n;
    assert_int_equal(read_name(&n, ">abc"), NX_ERR_NONE);
    assert_string_equal(n.format, nx_saml_format_uri(NX_SAML_UNSPECIFIED));
    assert_int_equal(read_name(&n, ">"), NX_ERR_SAML_MESSAGE);
    assert_int_equal(read_name(&n, "><b/>"), NX_ERR_SAML_MESSAGE);
    assert_int_not_equal(read_name(&n, ">admin<!-- -->.evil"), NX_ERR_NONE);
    assert_int_not_equal(read_name(&n, ">admin<?x?>.evil"), NX_ERR_NONE);
}

static void formats_of_a_portal(void **state)
{
    (void)state;
    const char *listed[] = {"urn:x", "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
                            "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"};
    nx_saml_entity none = {.entity_id = "p"}, some = {.entity_id = "p", .name_id_formats = {listed, 3}};
    assert_int_equal(nx_saml_format_for(&none, NX_SAML_UNSPECIFIED), NX_SAML_PERSISTENT);
    assert_int_equal(nx_saml_format_for(&some, NX_SAML_UNSPECIFIED), NX_SAML_TRANSIENT);
    assert_int_equal(nx_saml_format_for(&some, NX_SAML_EMAIL), NX_SAML_EMAIL);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, up, down)
    static const struct CMUnitTest tests[] = {
        T(a_request_is_kept_whole),      T(nothing_asked_stays_nothing), T(what_is_no_record_is_refused),
        T(names_come_back_as_they_went), T(names_are_exact),             T(formats_of_a_portal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
