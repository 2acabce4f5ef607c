/* What the writer writes is what exclusive canonicalisation would make of it, shown by the library's own. */
#include "material.h"

#include <libxml/c14n.h>
#include <libxml/parser.h>

/* The canonical form of the element of that name and namespace, or of the document element for NULL. */
static void assert_canonical(nx_span xml)
{
    xmlDoc *d = xmlReadMemory((const char *)xml.p, (int)xml.n, NULL, NULL, XML_PARSE_NONET);
    assert_non_null(d);
    xmlChar *text = NULL;
    int n = xmlC14NDocDumpMemory(d, NULL, XML_C14N_EXCLUSIVE_1_0, NULL, 1, &text);
    if (n != (int)xml.n || memcmp(text, xml.p, xml.n) != 0)
        print_error("wrote     %.*s\ncanonical %.*s\n", (int)xml.n, (const char *)xml.p, n, (char *)text);
    assert_int_equal(n, xml.n);
    assert_memory_equal(text, xml.p, xml.n);
    xmlFree(text);
    xmlFreeDoc(d);
}

static void test_order_and_declarations(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    nx_xml_writer *w = nx_xml_writer_new(a, 4096);
    nx_xml_begin(w, NX_NS_SAMLP, "Response");
    nx_xml_put_attr(w, "Version", "2.0");
    nx_xml_put_attr_in(w, NX_NS_XML, "lang", "vi");
    nx_xml_put_attr_in(w, NX_NS_MD, "b", "2");
    nx_xml_put_attr(w, "ID", "_1");
    nx_xml_put_attr_in(w, NX_NS_ALG, "a", "1");
    nx_xml_put(w, NX_NS_SAML, "Issuer", "one");
    nx_xml_put(w, NX_NS_SAML, "Issuer", "two");
    nx_xml_begin(w, NX_NS_SAMLP, "Status");
    nx_xml_end(w);
    nx_xml_end(w);
    nx_span out;
    assert_true(nx_ok(nx_xml_done(&out, w)));
    const char *expected =
        "<samlp:Response xmlns:alg=\"urn:oasis:names:tc:SAML:metadata:algsupport\""
        " xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" "
        "xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\""
        " ID=\"_1\" Version=\"2.0\" xml:lang=\"vi\" md:b=\"2\" alg:a=\"1\">"
        "<saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">one</saml:Issuer>"
        "<saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">two</saml:Issuer>"
        "<samlp:Status></samlp:Status></samlp:Response>";
    assert_string_equal(nx_arena_dup(a, out), expected);
    assert_canonical(out);
}

static void test_escapes(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    nx_xml_writer *w = nx_xml_writer_new(a, 4096);
    const char *all = "a&<>\"'\t\n\r]]> \xe1\xba\xa1 z";
    nx_xml_begin(w, NX_NS_NONE, "e");
    nx_xml_put_attr(w, "v", all);
    nx_xml_put_text(w, nx_span_str(all));
    nx_xml_end(w);
    nx_span out;
    assert_true(nx_ok(nx_xml_done(&out, w)));
    assert_string_equal(nx_arena_dup(a, out), "<e v=\"a&amp;&lt;>&quot;'&#x9;&#xA;&#xD;]]> \xe1\xba\xa1 z\">"
                                              "a&amp;&lt;&gt;\"'\t\n&#xD;]]&gt; \xe1\xba\xa1 z</e>");
    assert_canonical(out);
    NX_AUTO(nx_xml_doc) d = parsed(out);
    char *text;
    assert_true(nx_ok(nx_xml_text(&text, a, nx_xml_root(d), 100)));
    assert_string_equal(text, all);
    assert_string_equal(nx_xml_attr(nx_xml_root(d), "v"), all);
}

/* ---- property: random documents
 * ---------------------------------------------------------------------------------- */

static uint32_t dice;

static uint32_t roll(uint32_t sides)
{
    dice = dice * 1664525u + 1013904223u;
    return (dice >> 8) % sides;
}

static nx_ns some_ns(void)
{
    return (nx_ns)roll(NX_NS_XML); /* NX_NS_NONE … NX_NS_XSI */
}

static const char *some_text(void)
{
    static const char *const texts[] = {
        "", "a", "<&>", "\"q\"", "\r\n\t", "\xe1\xba\xa1", " x ", "' xmlns:ds=\"u\""};
    return texts[roll(8)];
}

static void write_some(nx_xml_writer *w, nx_arena *a, unsigned depth)
{
    static const char *const names[] = {"A", "B", "c", "d1"};
    nx_xml_begin(w, some_ns(), names[roll(4)]);
    unsigned attributes = roll(4);
    for (unsigned i = 0; i < attributes; i++)
        nx_xml_put_attr_in(w,
                           roll(3)     ? NX_NS_NONE
                           : some_ns() ? NX_NS_MDUI
                                       : NX_NS_XSI,
                           nx_arena_printf(a, "%c%u", "zyx"[roll(3)], i), some_text());
    unsigned children = depth ? roll(5) : 0;
    for (unsigned i = 0; i < children; i++) {
        nx_xml_put_text(w, nx_span_str(some_text()));
        if (roll(4)) {
            write_some(w, a, depth - 1);
            continue;
        }
        nx_span whole;
        nx_xml_writer *other = nx_xml_writer_new(a, 64 << 10);
        write_some(other, a, depth - 1);
        assert_true(nx_ok(nx_xml_done(&whole, other)));
        nx_xml_put_element(w, whole);
    }
    nx_xml_end(w);
}

static void test_whatever_is_written_is_canonical(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 2000; seed++) {
        NX_AUTO(nx_arena) a = nx_arena_open(4 << 20);
        nx_xml_writer *w = nx_xml_writer_new(a, 256 << 10);
        nx_span out;
        dice = seed;
        write_some(w, a, 4);
        assert_true(nx_ok(nx_xml_done(&out, w)));
        assert_canonical(out);
    }
}

/* ---- what cannot be written
 * --------------------------------------------------------------------------------------- */

static nx_err error_of(nx_xml_writer *w)
{
    nx_span out;
    return nx_xml_done(&out, w).e;
}

static void test_what_is_no_document(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    nx_xml_writer *w = nx_xml_writer_new(a, 4096);
    assert_int_equal(error_of(w), NX_ERR_INTERNAL); /* nothing */
    nx_xml_begin(w, NX_NS_SAML, "A");
    assert_int_equal(error_of(w), NX_ERR_INTERNAL); /* still open */
    nx_xml_end(w);
    assert_int_equal(error_of(w), NX_ERR_NONE);
    nx_xml_begin(w, NX_NS_SAML, "A"); /* a second root */
    assert_int_equal(error_of(w), NX_ERR_INTERNAL);

    w = nx_xml_writer_new(a, 4096);
    nx_xml_begin(w, NX_NS_SAML, "A");
    nx_xml_put_attr(w, "b", "1");
    nx_xml_put_attr(w, "b", "2");
    nx_xml_end(w);
    assert_int_equal(error_of(w), NX_ERR_INTERNAL);

    w = nx_xml_writer_new(a, 4096);
    nx_xml_begin(w, NX_NS_SAML, "A");
    nx_xml_put_text(w, NX_LIT("x"));
    nx_xml_put_attr(w, "late", "1");
    nx_xml_end(w);
    assert_int_equal(error_of(w), NX_ERR_INTERNAL);
}

static void test_what_stands_in_no_element(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    nx_xml_writer *w = nx_xml_writer_new(a, 4096);
    nx_xml_end(w);
    assert_int_equal(error_of(w), NX_ERR_INTERNAL);
    w = nx_xml_writer_new(a, 4096);
    nx_xml_put_text(w, NX_LIT("x"));
    assert_int_equal(error_of(w), NX_ERR_INTERNAL);
    w = nx_xml_writer_new(a, 4096);
    nx_xml_put_element(w, NX_LIT("<a></a>"));
    assert_int_equal(error_of(w), NX_ERR_INTERNAL);
    w = nx_xml_writer_new(a, 4096);
    nx_xml_signature_here(w);
    assert_int_equal(error_of(w), NX_ERR_INTERNAL);
    w = nx_xml_writer_new(a, 4096);
    nx_xml_begin(w, NX_NS_SAML, "A");
    nx_xml_signature_here(w);
    nx_xml_signature_here(w); /* one place */
    nx_xml_end(w);
    assert_int_equal(error_of(w), NX_ERR_INTERNAL);
}

static void test_values(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    nx_xml_writer *w = nx_xml_writer_new(a, 4096);
    nx_xml_begin(w, NX_NS_NONE, "a");
    nx_xml_put_attr(w, "absent", NULL);
    nx_xml_put_attr_bool(w, "no", false);
    nx_xml_put_attr_bool(w, "yes", true);
    nx_xml_put_attr_number(w, "n", UINT64_MAX);
    nx_xml_put_attr_time(w, "t", 1767225600);
    nx_xml_put(w, NX_NS_NONE, "absent", NULL);
    nx_xml_put_base64(w, NX_LIT("abcd"));
    nx_xml_end(w);
    nx_span out;
    assert_true(nx_ok(nx_xml_done(&out, w)));
    assert_string_equal(nx_arena_dup(a, out),
                        "<a n=\"18446744073709551615\" no=\"false\" t=\"2026-01-01T00:00:00Z\" "
                        "yes=\"true\">YWJjZA==</a>");
}

static void test_what_no_xml_holds(void **state)
{
    (void)state;
    static const char *const bad[] = {"\x01",         "\x1f",         "\xff",  "\xc0\x80",
                                      "\xed\xa0\x80", "\xef\xbf\xbe", "a\x0bz"};
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        nx_xml_writer *w = nx_xml_writer_new(a, 4096);
        nx_xml_put(w, NX_NS_SAML, "A", bad[i]);
        assert_int_equal(error_of(w), NX_ERR_ENCODING);
        w = nx_xml_writer_new(a, 4096);
        nx_xml_begin(w, NX_NS_SAML, "A");
        nx_xml_put_attr(w, "b", bad[i]);
        nx_xml_end(w);
        assert_int_equal(error_of(w), NX_ERR_ENCODING);
    }
}

static void test_bounds(void **state)
{
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    nx_xml_writer *w = nx_xml_writer_new(a, 100);
    nx_xml_put(w, NX_NS_SAML, "A", "0123456789012345678901234567890123456789");
    assert_int_equal(error_of(w), NX_ERR_LIMIT);

    w = nx_xml_writer_new(a, 64 << 10);
    for (int i = 0; i <= NX_XML_WRITE_DEPTH; i++)
        nx_xml_begin(w, NX_NS_SAML, "A");
    assert_int_equal(error_of(w), NX_ERR_INTERNAL);

    w = nx_xml_writer_new(a, 64 << 10);
    nx_xml_begin(w, NX_NS_SAML, "A");
    for (int i = 0; i <= NX_XML_WRITE_ATTRIBUTES; i++)
        nx_xml_put_attr(w, nx_arena_printf(a, "a%d", i), "");
    assert_int_equal(error_of(w), NX_ERR_INTERNAL);

    NX_AUTO(nx_arena) small = nx_arena_open(64);
    assert_null(nx_xml_writer_new(small, 100));
    nx_xml_put(NULL, NX_NS_SAML, "A", "x");
    assert_int_equal(error_of(NULL), NX_ERR_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_declarations),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_whatever_is_written_is_canonical),
        cmocka_unit_test(test_what_is_no_document),
        cmocka_unit_test(test_what_no_xml_holds),
        cmocka_unit_test(test_what_stands_in_no_element),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
