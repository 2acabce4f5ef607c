/* Links inside codes, and the older national codes. */
#include "qr/legacy.h"
#include "qr/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define ORIGIN "https://localhost:8443"

static nx_arena *arena;

static int up(void **state)
{
    (void)state;
    arena = nx_arena_open(1 << 20);
    return arena ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    nx_arena_close(arena);
    return 0;
}

static nx_err parse(struct nx_link *l, const char *text)
{
    return nx_link_parse(l, ORIGIN, nx_span_str(text)).e;
}

static void test_links_come_back(void **state)
{
    (void)state;
    struct nx_link in = {.kind = NX_LINK_ORDER, .id = {"mzxw6ytboi2dknrtgq3tqojrgi"}, .t = 1795000000}, out;
    for (uint8_t i = 0; i < NX_FRAME_MAC_LEN; i++)
        in.mac[i] = (uint8_t)(i * 29);
    char *text = nx_link_order(arena, ORIGIN, &in);
    assert_memory_equal(text, "HTTPS://LOCALHOST:8443/Q/MZXW6YTBOI2DKNRTGQ3TQOJRGI/1795000000/", 63);
    assert_int_equal(parse(&out, text), NX_ERR_NONE);
    assert_int_equal(out.kind, NX_LINK_ORDER);
    assert_string_equal(out.id.s, in.id.s);
    assert_true(out.t == in.t);
    assert_memory_equal(out.mac, in.mac, sizeof in.mac);
    assert_int_equal(parse(&out, nx_link_enrol(arena, ORIGIN, &in.id)), NX_ERR_NONE);
    assert_int_equal(out.kind, NX_LINK_ENROL);
    assert_string_equal(out.id.s, in.id.s);
}

static void test_links_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        nx_err e;
    } row[] = {
        {"", NX_ERR_SYNTAX},
        {"https://localhost:8443/Q/E/MZXW6YTBOI2DKNRTGQ3TQOJRGI", NX_ERR_SYNTAX},
        {"HTTPS://LOCALHOST:8444/Q/E/MZXW6YTBOI2DKNRTGQ3TQOJRGI", NX_ERR_UNKNOWN},
        {"HTTPS://LOCALHOST:84430/Q/E/MZXW6YTBOI2DKNRTGQ3TQOJRGI", NX_ERR_UNKNOWN},
        {"HTTPS://EVIL.EXAMPLE/Q/E/MZXW6YTBOI2DKNRTGQ3TQOJRGI", NX_ERR_UNKNOWN},
        {"HTTPS://LOCALHOST:8443@EVIL.EXAMPLE/Q/E/MZXW6YTBOI2DKNRTGQ3TQOJRGI", NX_ERR_UNKNOWN},
        {"HTTPS://LOCALHOST:8443/R/E/MZXW6YTBOI2DKNRTGQ3TQOJRGI", NX_ERR_SYNTAX},
        {"HTTPS://LOCALHOST:8443/Q/E/MZXW6YTBOI2DKNRTGQ3TQOJRG", NX_ERR_SYNTAX},
        {"HTTPS://LOCALHOST:8443/Q/E/MZXW6YTBOI2DKNRTGQ3TQOJRGI/", NX_ERR_SYNTAX},
        {"HTTPS://LOCALHOST:8443/Q/E/MZXW6YTBOI2DKNRTGQ3TQOJRGJ", NX_ERR_ENCODING}, /* not canonical */
        {"HTTPS://LOCALHOST:8443/Q/MZXW6YTBOI2DKNRTGQ3TQOJRGI/1795000000", NX_ERR_SYNTAX},
        {"HTTPS://LOCALHOST:8443/Q/MZXW6YTBOI2DKNRTGQ3TQOJRGI/1795000000/AAAAAAAAAAAAAAA", NX_ERR_SYNTAX},
        {"HTTPS://LOCALHOST:8443/Q/MZXW6YTBOI2DKNRTGQ3TQOJRGI/01/AAAAAAAAAAAAAAAA", NX_ERR_SYNTAX},
        {"HTTPS://LOCALHOST:8443/Q/MZXW6YTBOI2DKNRTGQ3TQOJRGI/-1/AAAAAAAAAAAAAAAA", NX_ERR_SYNTAX},
        {"HTTPS://LOCALHOST:8443/Q/MZXW6YTBOI2DKNRTGQ3TQOJRGI/99999999999999/AAAAAAAAAAAAAAAA", NX_ERR_RANGE},
        {"HTTPS://LOCALHOST:8443/Q/MZXW6YTBOI2DKNRTGQ3TQOJRGI/1/AAAAAAAAAAAAAAAA/X", NX_ERR_SYNTAX},
    };
    struct nx_link l;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        nx_err e = parse(&l, row[i].text);
        if (e != row[i].e) fail_msg("%s: %s", row[i].text, nx_err_name(e));
    }
}

static void test_older_codes_are_hints(void **state)
{
    (void)state;
    struct nx_legacy_hint h;
    nx_span chip = NX_LIT("079201012345|024567890|Nguyễn Thị Lan|28021990|Nữ|1 Tràng Tiền, Hà Nội|15062021");
    assert_true(nx_ok(nx_legacy_read(&h, arena, chip)));
    assert_int_equal(h.kind, NX_LEGACY_CHIP_CARD);
    assert_string_equal(h.number, "079201012345");
    assert_string_equal(h.old_number, "024567890");
    assert_string_equal(h.name, "Nguyễn Thị Lan");
    assert_string_equal(h.birthdate, "1990-02-28");
    assert_string_equal(h.gender, "female");
    assert_string_equal(h.issued, "2021-06-15");
    nx_span personal = NX_LIT("******012345|NGUYEN THI LAN|1990-02-28|0|QID123|");
    assert_true(nx_ok(nx_legacy_read(&h, arena, personal)));
    assert_int_equal(h.kind, NX_LEGACY_PERSONAL);
    assert_string_equal(h.number, "******012345");
    assert_string_equal(h.birthdate, "1990-02-28");
    assert_null(h.gender);
}

static void test_older_codes_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        nx_err e;
    } row[] = {
        {"", NX_ERR_UNKNOWN},
        {"hello", NX_ERR_UNKNOWN},
        {"a|b|c|d|e|f|g|h", NX_ERR_UNKNOWN},
        {"07920101234X||Lan|28021990|Nữ||15062021", NX_ERR_SYNTAX},
        {"079201012345||Lan|1990-02-28|Nữ||15062021", NX_ERR_SYNTAX},
        {"079201012345||Lan|28021990|X||15062021", NX_ERR_SYNTAX},
        {"079201012345||\x1b[2J|28021990|Nam||15062021", NX_ERR_ENCODING},
        {"*********345|LAN|1990-02-28|0|Q|", NX_ERR_SYNTAX},
        {"079201012345|LAN|28021990|0|Q|", NX_ERR_SYNTAX},
        {"079201012345|LAN|1990-02-28|2|Q|", NX_ERR_SYNTAX},
    };
    struct nx_legacy_hint h;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        nx_err e = nx_legacy_read(&h, arena, nx_span_str(row[i].text)).e;
        if (e != row[i].e) fail_msg("%s: %s", row[i].text, nx_err_name(e));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links_come_back),
        cmocka_unit_test(test_links_that_are_refused),
        cmocka_unit_test(test_older_codes_are_hints),
        cmocka_unit_test(test_older_codes_that_are_refused),
    };
    return cmocka_run_group_tests(tests, up, down);
}
