/* Templates escape whatever they are given, and are refused when they could not. */
#include "http/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static nx_arena *arena;
static nx_views *views;

static int up(void **state)
{
    (void)state;
    arena = nx_arena_open(1u << 20);
    if (!arena || !nx_ok(nx_views_open(&views))) return -1;
    if (!nx_ok(nx_views_catalogue(views, "vi", NX_LIT("# words\nhello = Chào {name}!\nplain = A & B\n"))))
        return -1;
    return nx_ok(nx_views_catalogue(views, "en", NX_LIT("hello = Hello {name}!\nplain = A & B\n"))) ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    nx_views_close(views);
    nx_arena_close(arena);
    return 0;
}

static const char *render(const char *text, nx_view *v, const char *lang)
{
    static int n;
    char name[16];
    nx_buf out;
    snprintf(name, sizeof name, "t%d", n++);
    nx_buf_init(&out, arena, 4096);
    assert_true(nx_ok(nx_views_template(views, name, nx_span_str(text))));
    nx_result r = nx_views_render(views, name, v, lang, &out);
    return nx_ok(r) ? nx_buf_str(&out) : NULL;
}

static void test_values_are_escaped(void **state)
{
    nx_view *v = nx_view_new(arena);
    (void)state;
    nx_view_text(v, "x", "<a href=\"'&\">");
    assert_string_equal(render("[{{x}}]", v, "vi"), "[&lt;a href=&quot;&#39;&amp;&quot;&gt;]");
    assert_string_equal(render("<i t=\"{{x}}\">", v, "vi"),
                        "<i t=\"&lt;a href=&quot;&#39;&amp;&quot;&gt;\">");
    nx_view_text(v, "name", "<b>");
    assert_string_equal(render("{{t:hello}} {{t:plain}}", v, "en"), "Hello &lt;b&gt;! A &amp; B");
    assert_string_equal(render("{{t:hello}}", v, "vi"), "Chào &lt;b&gt;!");
}

static void test_sections(void **state)
{
    nx_view *v = nx_view_new(arena);
    (void)state;
    nx_view_text(v, "who", "x");
    for (int i = 1; i <= 3; i++)
        nx_view_number(nx_view_item(v, "list"), "n", i);
    nx_view_list(v, "none");
    nx_view_flag(v, "off", false);
    assert_string_equal(render("{{#list}}{{n}}{{who}},{{/list}}", v, "vi"), "1x,2x,3x,");
    assert_string_equal(
        render("{{#none}}a{{/none}}{{^none}}b{{/none}}{{^off}}c{{/off}}{{^absent}}d{{/absent}}", v, "vi"),
        "bcd");
    assert_string_equal(
        render("{{#who}}({{who}}){{/who}}{{! a comment }}{{#off}}{{absent}}{{/off}}", v, "vi"), "(x)");
}

static void test_partials_labels_times_urls(void **state)
{
    nx_view *v = nx_view_new(arena);
    (void)state;
    assert_true(nx_ok(nx_views_template(views, "part", NX_LIT("<p>{{x}}</p>"))));
    nx_view_text(v, "x", "1");
    nx_view_label(v, "label", "plain");
    nx_view_time(v, "at", 1795300000);
    nx_view_url(v, "good", "/me?a=b&c=d");
    nx_view_url(v, "script", "javascript:alert(1)");
    nx_view_url(v, "host", "//evil.example");
    nx_view_url(v, "back", "/\\evil.example");
    assert_string_equal(render("{{>part}}{{label}}", v, "vi"), "<p>1</p>A &amp; B");
    assert_string_equal(render("{{at}}", v, "vi"), "22/11/2026 05:26");
    assert_string_equal(render("{{at}}", v, "en"), "2026-11-22 05:26");
    assert_string_equal(render("{{good}} {{script}} {{host}} {{back}}", v, "vi"), "/me?a=b&amp;c=d # # #");
}

static void test_markup_only_by_type(void **state)
{
    nx_view *v = nx_view_new(arena);
    (void)state;
    nx_view_markup(v, "svg", NX_LIT("<svg/>"));
    nx_view_text(v, "text", "<svg/>");
    assert_string_equal(render("{{&svg}}", v, "vi"), "<svg/>");
    assert_null(render("{{&text}}", v, "vi"));
    assert_null(render("{{svg}}", v, "vi"));
}

static void test_a_hole_that_nobody_filled_is_seen_in_tests(void **state)
{
    (void)state;
    assert_null(render("{{absent}}", nx_view_new(arena), "vi"));
    assert_null(render("{{t:absent}}", nx_view_new(arena), "vi"));
}

static void test_malformed_templates(void **state)
{
    static const char *const bad[] = {"{{x",
                                      "{{}}",
                                      "{{#a}}",
                                      "{{/a}}",
                                      "{{#a}}{{/b}}",
                                      "{{X}}",
                                      "{{a b}}",
                                      "<a href={{x}}>",
                                      "<a {{x}}>",
                                      "<a title={{t:x}}>",
                                      "<a title=\"{{&x}}\">",
                                      "{{#a}}{{#b}}{{/a}}{{/b}}"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(nx_views_template(views, "bad", nx_span_str(bad[i])).e, NX_ERR_TEMPLATE);
    assert_true(nx_ok(nx_views_template(views, "once", NX_LIT("x"))));
    assert_int_equal(nx_views_template(views, "once", NX_LIT("x")).e, NX_ERR_DUPLICATE);
}

static void test_a_partial_of_itself_ends(void **state)
{
    (void)state;
    assert_null(render("{{>t_loop}}", nx_view_new(arena), "vi")); /* unknown */
    assert_true(nx_ok(nx_views_template(views, "t_loop", NX_LIT("{{>t_loop}}"))));
    assert_null(render("{{>t_loop}}", nx_view_new(arena), "vi"));
}

static void test_the_check_finds_what_does_not_fit(void **state)
{
    nx_views *vs;
    (void)state;
    assert_true(nx_ok(nx_views_check(views)));
    assert_true(nx_ok(nx_views_template(views, "lost", NX_LIT("{{t:nowhere}}"))));
    assert_int_equal(nx_views_check(views).e, NX_ERR_UNKNOWN);
    assert_true(nx_ok(nx_views_open(&vs)));
    assert_true(nx_ok(nx_views_catalogue(vs, "vi", NX_LIT("a = {x}\n"))));
    assert_true(nx_ok(nx_views_catalogue(vs, "en", NX_LIT("a = {y}\n"))));
    assert_int_equal(nx_views_check(vs).e, NX_ERR_UNKNOWN);
    nx_views_close(vs);
    assert_true(nx_ok(nx_views_open(&vs)));
    assert_int_equal(nx_views_catalogue(vs, "vi", NX_LIT("a = 1\na = 2\n")).e, NX_ERR_DUPLICATE);
    assert_int_equal(nx_views_catalogue(vs, "vi", NX_LIT("no equals sign\n")).e, NX_ERR_TEMPLATE);
    assert_int_equal(nx_views_catalogue(vs, "xx", NX_LIT("a = 1\n")).e, NX_ERR_TEMPLATE);
    nx_views_close(vs);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
    const struct CMUnitTest tests[] = {
        T(test_values_are_escaped),
        T(test_sections),
        T(test_partials_labels_times_urls),
        T(test_markup_only_by_type),
        T(test_a_hole_that_nobody_filled_is_seen_in_tests),
        T(test_malformed_templates),
        T(test_a_partial_of_itself_ends),
        T(test_the_check_finds_what_does_not_fit),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
