/* Reading: what is refused and why, names by namespace, exact texts, values, and one element at a time. What
 * a message as a whole is refused for is in test_attacks.c. */
#include "material.h"

#define SAML_NS "xmlns:s='urn:oasis:names:tc:SAML:2.0:assertion'"
#define MD_NS "xmlns:m='urn:oasis:names:tc:SAML:2.0:metadata'"

static nx_err error_under(const char *xml, const struct nx_xml_limits *limits)
{
    NX_AUTO(nx_xml_doc) d = NULL;
    return nx_xml_parse(&d, nx_span_str(xml), limits).e;
}

static nx_err error_of(const char *xml)
{
    return error_under(xml, &nx_xml_message);
}

static void test_names_are_by_namespace(void **state)
{
    (void)state;
    NX_AUTO(nx_xml_doc)
    d = parsed(NX_LIT("<A " SAML_NS " xmlns='urn:oasis:names:tc:SAML:2.0:protocol'>"
                      "<s:B c='1' s:c='2'/>t<B/><s:B/><o:B xmlns:o='urn:other'/><C xmlns=''/></A>"));
    const nx_xml_node *root = nx_xml_root(d), *b;
    assert_true(nx_xml_is(root, NX_NS_SAMLP, "A"));
    assert_false(nx_xml_is(root, NX_NS_SAML, "A"));
    assert_false(nx_xml_is(root, NX_NS_NONE, "A"));
    assert_false(nx_xml_is(NULL, NX_NS_NONE, "A"));
    b = nx_xml_child(root, NX_NS_SAML, "B");
    assert_string_equal(nx_xml_attr(b, "c"), "1");
    assert_string_equal(nx_xml_attr_in(b, NX_NS_SAML, "c"), "2");
    assert_null(nx_xml_attr_in(b, NX_NS_SAMLP, "c"));
    assert_null(nx_xml_attr(b, "d"));
    assert_ptr_equal(nx_xml_parent(b), root);
    assert_null(nx_xml_parent(root));
    assert_ptr_equal(nx_xml_again(b), nx_xml_next(nx_xml_next(b)));
    assert_null(nx_xml_again(nx_xml_again(b)));
    assert_int_equal(nx_xml_only(&b, root, NX_NS_SAML, "B").e, NX_ERR_DUPLICATE);
    assert_int_equal(nx_xml_optional(&b, root, NX_NS_SAML, "B").e, NX_ERR_DUPLICATE);
    assert_int_equal(nx_xml_only(&b, root, NX_NS_SAML, "A").e, NX_ERR_MISSING);
    assert_true(nx_ok(nx_xml_optional(&b, root, NX_NS_SAML, "A")) && !b);
    assert_true(nx_ok(nx_xml_only(&b, root, NX_NS_SAMLP, "B")));
    assert_null(
        nx_xml_child(root, NX_NS_OTHER, "B")); /* nothing is read from a namespace that we do not know */
    assert_non_null(nx_xml_child(root, NX_NS_NONE, "C"));
    assert_int_equal(nx_xml_ns(nx_xml_first(root)), NX_NS_SAML);
}

static void test_texts_are_exact(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    NX_AUTO(nx_xml_doc)
    d = parsed(NX_LIT("<a><b> x&amp;y&#10;<![CDATA[<z>]]></b><b/><b>1<c/></b><b>&#x1EA1;</b></a>"));
    const nx_xml_node *b = nx_xml_first(nx_xml_root(d));
    char *text;
    assert_true(nx_ok(nx_xml_text(&text, a, b, 100)));
    assert_string_equal(text, " x&y\n<z>");
    assert_true(nx_ok(nx_xml_token(&text, a, b, 100)));
    assert_string_equal(text, "x&y\n<z>");
    assert_int_equal(nx_xml_text(&text, a, b, 7).e, NX_ERR_LIMIT);
    assert_true(nx_ok(nx_xml_text(&text, a, b, 8)));
    b = nx_xml_again(b);
    assert_true(nx_ok(nx_xml_text(&text, a, b, 0)));
    assert_string_equal(text, "");
    b = nx_xml_again(b);
    assert_int_equal(nx_xml_text(&text, a, b, 100).e, NX_ERR_XML_FORM);
    assert_true(nx_ok(nx_xml_text(&text, a, nx_xml_again(b), 100)));
    assert_string_equal(text, "\xe1\xba\xa1");
}

static void test_base64(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    NX_AUTO(nx_xml_doc)
    d = parsed(NX_LIT("<a><b>\n  YWJj\r\n\tZA==\n</b><b>YWJjZA</b><b>Y WJj!</b><b/></a>"));
    const nx_xml_node *b = nx_xml_first(nx_xml_root(d));
    nx_span out;
    assert_true(nx_ok(nx_xml_base64(&out, a, b, 4)));
    assert_true(nx_span_eq_str(out, "abcd"));
    assert_int_equal(nx_xml_base64(&out, a, b, 3).e, NX_ERR_LIMIT);
    b = nx_xml_again(b);
    assert_int_equal(nx_xml_base64(&out, a, b, 100).e, NX_ERR_ENCODING);
    b = nx_xml_again(b);
    assert_int_equal(nx_xml_base64(&out, a, b, 100).e, NX_ERR_ENCODING);
    assert_true(nx_ok(nx_xml_base64(&out, a, nx_xml_again(b), 0)) && out.n == 0);
}

static int64_t time_of(const char *text)
{
    nx_time t;
    return nx_ok(nx_xml_time(&t, nx_span_str(text))) ? t : -1;
}

static void test_times(void **state)
{
    (void)state;
    assert_int_equal(time_of("2026-01-01T00:00:00Z"), 1767225600);
    assert_int_equal(time_of(" 2026-01-01T00:00:00\n"), 1767225600);
    assert_int_equal(time_of("2026-01-01T00:00:00.9999Z"), 1767225600);
    assert_int_equal(time_of("2026-01-01T07:00:00+07:00"), 1767225600);
    assert_int_equal(time_of("2025-12-31T23:30:00-00:30"), 1767225600);
    assert_int_equal(time_of("2024-02-29T00:00:00Z"), 1709164800);
    assert_int_equal(time_of("9999-12-31T23:59:59Z"), INT64_C(253402300799));
    static const char *const bad[] = {"",
                                      "2026-01-01",
                                      "2026-1-01T00:00:00Z",
                                      "2026-02-29T00:00:00Z",
                                      "2026-13-01T00:00:00Z",
                                      "2026-00-01T00:00:00Z",
                                      "2026-01-00T00:00:00Z",
                                      "2026-01-01T24:00:00Z",
                                      "2026-01-01T00:60:00Z",
                                      "2026-01-01T00:00:60Z",
                                      "2026-01-01T00:00:00.Z",
                                      "2026-01-01T00:00:00ZZ",
                                      "2026-01-01T00:00:00+7",
                                      "2026-01-01T00:00:00+15:00",
                                      "2026-01-01T00:00:00+07:00Z",
                                      "2026-01-01t00:00:00Z",
                                      "-2026-01-01T00:00:00Z",
                                      "12026-01-01T00:00:00Z"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(time_of(bad[i]), -1);
}

static int64_t duration_of(const char *text)
{
    int64_t s;
    return nx_ok(nx_xml_duration(&s, nx_span_str(text))) ? s : -1;
}

static void test_durations(void **state)
{
    (void)state;
    assert_int_equal(duration_of("PT1H"), 3600);
    assert_int_equal(duration_of("P1DT2H3M4S"), 86400 + 7200 + 180 + 4);
    assert_int_equal(duration_of("P1Y2M"), (365 + 60) * 86400);
    static const char *const bad[] = {"",       "P",     "PT",  "P1",    "1D",     "-P1D",
                                      "P1DT",   "PT1D",  "P1H", "P1D2Y", "PT1.5S", "P99999999999D",
                                      "PT1H1H", "P9999Y"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(duration_of(bad[i]), -1);
}

static void test_values_of_attributes(void **state)
{
    (void)state;
    NX_AUTO(nx_xml_doc)
    d = parsed(NX_LIT("<a t='true' o=' 1 ' f='false' z='0' bad='yes' n='65535' big='65536' neg='-1' "
                      "w='2026-01-01T00:00:00Z' x='now'/>"));
    const nx_xml_node *e = nx_xml_root(d);
    bool b = false;
    unsigned n;
    nx_time t;
    assert_true(nx_ok(nx_xml_attr_bool(&b, e, "t", false)) && b);
    assert_true(nx_ok(nx_xml_attr_bool(&b, e, "o", false)) && b);
    assert_true(nx_ok(nx_xml_attr_bool(&b, e, "f", true)) && !b);
    assert_true(nx_ok(nx_xml_attr_bool(&b, e, "z", true)) && !b);
    assert_true(nx_ok(nx_xml_attr_bool(&b, e, "absent", true)) && b);
    assert_int_equal(nx_xml_attr_bool(&b, e, "bad", true).e, NX_ERR_SYNTAX);
    assert_true(nx_ok(nx_xml_attr_number(&n, e, "n", 1)) && n == 65535);
    assert_true(nx_ok(nx_xml_attr_number(&n, e, "absent", 7)) && n == 7);
    assert_int_equal(nx_xml_attr_number(&n, e, "big", 1).e, NX_ERR_RANGE);
    assert_int_equal(nx_xml_attr_number(&n, e, "neg", 1).e, NX_ERR_SYNTAX);
    assert_true(nx_ok(nx_xml_attr_time(&t, e, "w", 0)) && t == 1767225600);
    assert_true(nx_ok(nx_xml_attr_time(&t, e, "absent", -5)) && t == -5);
    assert_int_equal(nx_xml_attr_time(&t, e, "x", 0).e, NX_ERR_SYNTAX);
}

/* ---- limits
 * ------------------------------------------------------------------------------------------------------ */

static void test_limits_to_the_one(void **state)
{
    (void)state;
    struct nx_xml_limits l = {.bytes = 34, .depth = 3, .nodes = 7, .attributes = 2};
    assert_int_equal(error_under("<a x='1' y='2'><b z='>'><c/></b></a>", &l), NX_ERR_LIMIT);
    l.bytes = 40;
    assert_int_equal(error_under("<a x='1' y='2'><b z='>'><c/></b></a>", &l), NX_ERR_NONE);
    l.depth = 2;
    assert_int_equal(error_under("<a x='1' y='2'><b z='>'><c/></b></a>", &l), NX_ERR_XML_BOUNDS);
    assert_int_equal(error_under("<a><b/><b/></a>", &l), NX_ERR_NONE);
    l.depth = 3;
    l.attributes = 1;
    assert_int_equal(error_under("<a x='1' y='2'><b z='>'><c/></b></a>", &l), NX_ERR_XML_BOUNDS);
    l.attributes = 2;
    l.nodes = 5;
    assert_int_equal(error_under("<a x='1' y='2'><b z='>'><c/></b></a>", &l), NX_ERR_XML_BOUNDS);
    l.nodes = 6;
    assert_int_equal(error_under("<a x='1' y='2'><b z='>'><c/></b></a>", &l), NX_ERR_NONE);
    /* What looks like tags in CDATA is none. */
    assert_int_equal(error_under("<a><![CDATA[<b><b><b><b><b>]]></a>", &l), NX_ERR_NONE);
}

static void test_a_message_of_256_kib(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    char *xml = nx_arena_alloc(a, nx_xml_message.bytes + 1);
    memset(xml, ' ', nx_xml_message.bytes + 1);
    memcpy(xml, "<a/>", 4);
    NX_AUTO(nx_xml_doc) d = NULL;
    NX_AUTO(nx_xml_doc) e = NULL;
    assert_true(nx_ok(nx_xml_parse(&d, nx_span_of(xml, nx_xml_message.bytes), &nx_xml_message)));
    assert_int_equal(nx_xml_parse(&e, nx_span_of(xml, nx_xml_message.bytes + 1), &nx_xml_message).e,
                     NX_ERR_LIMIT);
}

/* Metadata has comments: they are gone before anything reads a text. */
static void test_comments_of_metadata(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    NX_AUTO(nx_xml_doc) d = NULL;
    const char *xml = "<?xml version='1.0'?><?style x?><!-- - > <!DOCTYPE --><a><!--1--><b>an<!-- "
                      "-->.ng<!----></b></a><!-- -->";
    assert_int_equal(error_of(xml), NX_ERR_XML_COMMENT);
    assert_true(nx_ok(nx_xml_parse(&d, nx_span_str(xml), &nx_xml_metadata)));
    char *text;
    assert_true(nx_ok(nx_xml_text(&text, a, nx_xml_first(nx_xml_root(d)), 100)));
    assert_string_equal(text, "an.ng");
    assert_int_equal(error_under("<a><?x y?></a>", &nx_xml_metadata), NX_ERR_XML_COMMENT);
    assert_int_equal(error_under("<!DOCTYPE a><a/>", &nx_xml_metadata), NX_ERR_XML_DTD);
    assert_int_equal(error_under("<a><!-- </a>", &nx_xml_metadata), NX_ERR_XML_FORM);
}

static void test_declarations(void **state)
{
    (void)state;
    assert_int_equal(error_of("<?xml version = \"1.0\" encoding='UTF-8' ?><a/>"), NX_ERR_NONE);
    assert_int_equal(error_of("<?xml encoding='UTF-8'?><a/>"), NX_ERR_XML_FORM);
    assert_int_equal(error_of("<?xml version='1.0' encoding='UTF-8' more='x'?><a/>"), NX_ERR_XML_FORM);
    assert_int_equal(error_of("<?xml version='1.0?><a/>"), NX_ERR_XML_FORM);
    assert_int_equal(error_of("<?xml version='1.0'?>"), NX_ERR_XML_FORM);
    assert_int_equal(error_of(" <?xml version='1.0'?><a/>"), NX_ERR_XML_COMMENT);
    assert_int_equal(error_of("<?xml version='1.0'?><?xml version='1.0'?><a/>"), NX_ERR_XML_COMMENT);
    assert_int_equal(error_of("</a>"), NX_ERR_XML_FORM);
    assert_int_equal(error_of("<a b='></a>"), NX_ERR_XML_FORM);
}

/* ---- one at a time
 * ----------------------------------------------------------------------------------------------- */

struct seen {
    size_t count, stop_at;
    char root[64];
    char ids[256];
    nx_err root_error;
};

static nx_result on_root(void *ctx, const nx_xml_node *root)
{
    struct seen *s = ctx;
    const char *valid = nx_xml_attr(root, "validUntil");
    snprintf(s->root, sizeof s->root, "%s %s", nx_xml_name(root), valid ? valid : "-");
    if (s->root_error) NX_FAIL(s->root_error);
    return NX_OK;
}

static nx_result on_each(void *ctx, const nx_xml_doc *d)
{
    struct seen *s = ctx;
    const nx_xml_node *e = nx_xml_root(d), *x;
    NX_REQUIRE(nx_xml_is(e, NX_NS_MD, "EntityDescriptor"), NX_ERR_INTERNAL);
    NX_TRY(nx_xml_optional(&x, e, NX_NS_MDUI, "UIInfo")); /* a prefix that is declared far outside */
    size_t n = strlen(s->ids);
    snprintf(s->ids + n, sizeof s->ids - n, "%s%s ", nx_xml_attr(e, "entityID"), x ? "+" : "");
    if (++s->count == s->stop_at) NX_FAIL(NX_ERR_CONFLICT);
    return NX_OK;
}

static nx_err walk(struct seen *s, const char *xml)
{
    struct nx_xml_walk w = {
        .ns = NX_NS_MD, .name = "EntityDescriptor", .root = on_root, .each = on_each, .ctx = s};
    return nx_xml_each(nx_span_str(xml), &nx_xml_metadata, &w).e;
}

#define AGGREGATE                                                                                            \
    "<m:EntitiesDescriptor " MD_NS                                                                           \
    " xmlns:u='urn:oasis:names:tc:SAML:metadata:ui' validUntil='v'>\n <!-- c -->"                            \
    "<m:Extensions>x</m:Extensions>\n"                                                                       \
    "<m:EntityDescriptor entityID='a'><u:UIInfo/></m:EntityDescriptor>\n  text <m:EntitiesDescriptor>"       \
    "<m:EntityDescriptor entityID='b'><m:EntityDescriptor entityID='inner'/></m:EntityDescriptor>"           \
    "</m:EntitiesDescriptor> \n<m:EntityDescriptor "                                                         \
    "entityID='c'>%s</m:EntityDescriptor>\n</m:EntitiesDescriptor>"

static void test_one_entity_at_a_time(void **state)
{
    (void)state;
    char xml[2048];
    snprintf(xml, sizeof xml, AGGREGATE, "");
    struct seen s = {.count = 0};
    assert_int_equal(walk(&s, xml), NX_ERR_NONE);
    assert_string_equal(s.root, "EntitiesDescriptor v");
    assert_string_equal(s.ids, "a+ b c ");

    s = (struct seen){.stop_at = 2};
    assert_int_equal(walk(&s, xml), NX_ERR_CONFLICT);
    assert_int_equal(s.count, 2);

    s = (struct seen){.root_error = NX_ERR_EXPIRED};
    assert_int_equal(walk(&s, xml), NX_ERR_EXPIRED);
    assert_int_equal(s.count, 0);

    s = (struct seen){.count = 0};
    assert_int_equal(walk(&s, "<m:EntityDescriptor " MD_NS " entityID='alone'/>"), NX_ERR_NONE);
    assert_string_equal(s.ids, "alone ");

    snprintf(xml, sizeof xml, AGGREGATE, "<m:x ID='i'/><m:y Id='i'/>");
    s = (struct seen){.count = 0};
    assert_int_equal(walk(&s, xml), NX_ERR_XML_ID);
    assert_string_equal(s.ids, "a+ b ");
    snprintf(xml, sizeof xml, AGGREGATE, "<p:x/>");
    s = (struct seen){.count = 0};
    assert_int_equal(walk(&s, xml), NX_ERR_XML_FORM);
    assert_string_equal(s.ids, "a+ b ");
    snprintf(xml, sizeof xml, AGGREGATE, "<x></y>");
    assert_int_equal(walk(&s, xml), NX_ERR_XML_FORM);
}

/* Past the 10 MB at which the parser stops by itself under some of its settings. */
static void test_a_federation_of_12_mb(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(64 << 20);
    nx_xml_writer *w = nx_xml_writer_new(a, 16 << 20);
    char *certificate = nx_arena_alloc(a, 100001);
    memset(certificate, 'A', 100000);
    nx_xml_begin(w, NX_NS_MD, "EntitiesDescriptor");
    for (int i = 0; i < 120; i++) {
        nx_xml_begin(w, NX_NS_MD, "EntityDescriptor");
        nx_xml_put_attr(w, "entityID", "x");
        nx_xml_put(w, NX_NS_DS, "X509Certificate", certificate);
        nx_xml_end(w);
    }
    nx_xml_end(w);
    nx_span xml;
    assert_true(nx_ok(nx_xml_done(&xml, w)) && xml.n > 12000000);
    struct seen s = {.count = 0};
    struct nx_xml_walk walk_all = {.ns = NX_NS_MD, .name = "EntityDescriptor", .each = on_each, .ctx = &s};
    assert_true(nx_ok(nx_xml_each(xml, &nx_xml_metadata, &walk_all)));
    assert_int_equal(s.count, 120);
    NX_AUTO(nx_xml_doc) d = NULL;
    assert_true(nx_ok(nx_xml_parse(&d, xml, &nx_xml_metadata)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_by_namespace),
        cmocka_unit_test(test_texts_are_exact),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_values_of_attributes),
        cmocka_unit_test(test_limits_to_the_one),
        cmocka_unit_test(test_a_message_of_256_kib),
        cmocka_unit_test(test_comments_of_metadata),
        cmocka_unit_test(test_declarations),
        cmocka_unit_test(test_one_entity_at_a_time),
        cmocka_unit_test(test_a_federation_of_12_mb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
