/* Names of entities in queries, and when metadata is fetched again. */
#include "saml/federation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1795305600

static nx_arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = nx_arena_open(1u << 20);
    return arena ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    nx_arena_close(arena);
    return 0;
}

static const char *url(const char *base, const char *id)
{
    const char *out = NULL;
    assert_true(nx_ok(nx_saml_mdq_url(&out, arena, base, nx_span_str(id))));
    return out;
}

static void test_an_entity_is_one_segment_of_the_path(void **state)
{
    (void)state;
    assert_string_equal(url("https://mdq.example", "http://idp.example/a?b=c#d"),
                        "https://mdq.example/entities/http%3A%2F%2Fidp.example%2Fa%3Fb%3Dc%23d");
    assert_string_equal(url("https://mdq.example/x/", "a/../b"), "https://mdq.example/x/entities/a%2F..%2Fb");
    assert_string_equal(url("https://mdq.example", "{sha1}00"), "https://mdq.example/entities/%7Bsha1%7D00");
}

/* A name that would make the URL too long goes by its digest. */
static void test_a_long_name_goes_by_its_digest(void **state)
{
    (void)state;
    char id[NX_SAML_ENTITY_ID_MAX + 1];
    memset(id, '/', NX_SAML_ENTITY_ID_MAX);
    id[NX_SAML_ENTITY_ID_MAX] = 0;
    const char *out = url("https://mdq.example/", id);
    assert_int_equal(strlen(out), strlen("https://mdq.example/entities/%7Bsha1%7D") + 40);
    assert_int_equal(strncmp(out, "https://mdq.example/entities/%7Bsha1%7D", 39), 0);
}

static int64_t after(int64_t keep, int64_t valid)
{
    const nx_saml_entity e = {.cache_duration = keep, .valid_until = valid ? NOW + valid : 0};
    return nx_saml_refresh_at(&e, NOW) - NOW;
}

static void test_fetched_again_well_before_its_time_is_over(void **state)
{
    (void)state;
    assert_int_equal(after(0, 0), 21600);
    assert_int_equal(after(3600, 0), 2700);
    assert_int_equal(after(3600, 1000), 500);
    assert_int_equal(after(1, 0), 60);
    assert_int_equal(after(3600, -100), 60);
    assert_int_equal(after(INT64_MAX / 8, INT64_MAX / 8), 86400);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_an_entity_is_one_segment_of_the_path),
        T(test_a_long_name_goes_by_its_digest),
        T(test_fetched_again_well_before_its_time_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
