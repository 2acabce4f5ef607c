/* CWT claims and the identity map: both ways, and what is refused. */
#include "base/text.h"
#include "crypto/claim169.h"
#include "crypto/cwt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static nx_arena *arena;

static int up(void **state)
{
    (void)state;
    arena = nx_arena_open(4 << 20);
    return arena ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    nx_arena_close(arena);
    return 0;
}

static nx_span unhex(const char *hex)
{
    size_t n, room = strlen(hex) / 2 + 1;
    uint8_t *bytes = nx_arena_alloc(arena, room);
    assert_true(nx_ok(nx_hex_decode(bytes, room, &n, nx_span_str(hex))));
    return nx_span_of(bytes, n);
}

static void test_claims_come_back(void **state)
{
    (void)state;
    uint8_t ckt[NX_CKT_LEN] = {1, 2, 3};
    struct nx_cwt in = {
        .iss = "https://id.example.vn",
        .sub = "mzxw6ytboi2dknrtgq3tqojrgi",
        .exp = 4102444800,
        .iat = 1795000000,
        .cti = NX_LIT("\x01\x02"),
        .ckt = nx_span_of(ckt, sizeof ckt),
        .status_index = 77,
        .status_uri = "https://id.example.vn/s/0",
        .person = true,
    };
    struct nx_claim169 who = {.full_name = "Trần Văn An", .kind = NX_169_PERSON};
    nx_span map, payload;
    assert_true(nx_ok(nx_claim169_write(&map, arena, &who)));
    assert_true(nx_ok(nx_cwt_write(&payload, arena, &in, map)));
    struct nx_cwt out;
    assert_true(nx_ok(nx_cwt_read(&out, arena, payload, NX_CBOR_STRICT)));
    assert_string_equal(out.iss, in.iss);
    assert_string_equal(out.sub, in.sub);
    assert_true(out.exp == in.exp && out.iat == in.iat && out.nbf == 0);
    assert_true(nx_span_eq(out.cti, in.cti) && nx_span_eq(out.ckt, in.ckt));
    assert_int_equal(out.status_index, 77);
    assert_string_equal(out.status_uri, in.status_uri);
    assert_true(out.person);
    struct nx_claim169 back;
    assert_true(nx_ok(nx_claim169_read(&back, arena, out.identity)));
    assert_string_equal(back.full_name, who.full_name);
}

static void test_organisations_stand_under_their_own_claim(void **state)
{
    (void)state;
    struct nx_claim169 who = {
        .full_name = "Sở Thông tin và Truyền thông",
        .kind = NX_169_ORGANISATION,
        .code = {{"tax", "0100047516"}, {"agency", "000.00.19.H26"}},
        .codes = 2,
        .proofing = 4,
    };
    nx_span map, payload;
    assert_true(nx_ok(nx_claim169_write(&map, arena, &who)));
    assert_true(nx_ok(nx_cwt_write(&payload, arena, &(struct nx_cwt){.iss = "i", .status_index = -1}, map)));
    struct nx_cwt out;
    assert_true(nx_ok(nx_cwt_read(&out, arena, payload, NX_CBOR_STRICT)));
    assert_false(out.person);
    struct nx_claim169 back;
    assert_true(nx_ok(nx_claim169_read(&back, arena, out.identity)));
    assert_int_equal(back.kind, NX_169_ORGANISATION);
    assert_int_equal(back.codes, 2);
    assert_string_equal(back.code[1].scheme, "agency");
    assert_string_equal(back.code[1].value, "000.00.19.H26");
    assert_int_equal(back.proofing, 4);
}

static void test_strict_claims_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        const char *why;
        bool foreign; /* whether the foreign mode takes it */
    } row[] = {
        {"80", "no map", false},
        {"a1016100", "iss with a NUL", false},
        {"a10101", "iss is a number", false},
        {"a1024101", "sub must be text (rule 10)", false},
        {"a1046131", "exp is text", false},
        {"a10420", "exp before 1970", false},
        {"a104fb41d954fc40000000", "exp is a fraction", true},
        {"a1041b7fffffffffffffff", "exp past every calendar", false},
        {"a11863"
         "00",
         "claim 99 is not known", true},
        {"a1617800", "a text claim key", true},
        {"a108a10541aa", "a short thumbprint", false},
        {"a108a0", "an empty cnf", false},
        {"a119ffffa1"
         "6178"
         "00",
         "another kind of status", false},
        {"a119ffffa16b7374617475735f6c697374a16369647800", "status without a uri", false},
        {"a118a980", "identity is no map", false},
        {"a218a9a0"
         "3a00011218a0",
         "two identities", false},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct nx_cwt out;
        if (nx_ok(nx_cwt_read(&out, arena, unhex(row[i].hex), NX_CBOR_STRICT)))
            fail_msg("taken: %s", row[i].why);
        bool taken = nx_ok(nx_cwt_read(&out, arena, unhex(row[i].hex), NX_CBOR_FOREIGN));
        if (taken != row[i].foreign) fail_msg("foreign: %s", row[i].why);
    }
    struct nx_cwt out;
    assert_true(nx_ok(nx_cwt_read(&out, arena, unhex("a0"), NX_CBOR_STRICT)));
}

static void test_times(void **state)
{
    (void)state;
    struct nx_cwt c = {.exp = 2000, .iat = 1000};
    assert_true(nx_ok(nx_cwt_check_time(&c, 1500)));
    assert_true(nx_ok(nx_cwt_check_time(&c, 2000 + NX_SKEW_S - 1)));
    assert_int_equal(nx_cwt_check_time(&c, 2000 + NX_SKEW_S).e, NX_ERR_EXPIRED);
    assert_true(nx_ok(nx_cwt_check_time(&c, 1000 - NX_SKEW_S)));
    assert_int_equal(nx_cwt_check_time(&c, 1000 - NX_SKEW_S - 1).e, NX_ERR_NOT_YET);
    c.nbf = 1800;
    assert_int_equal(nx_cwt_check_time(&c, 1500).e, NX_ERR_NOT_YET);
}

static void test_identity_maps_that_are_not_written(void **state)
{
    (void)state;
    nx_span map;
    static char long_name[NX_CLAIM169_TEXT_MAX + 2];
    memset(long_name, 'x', sizeof long_name - 1);
    struct nx_claim169 bad[] = {
        {.birthdate = "20010229"},
        {.birthdate = "19000229"},
        {.birthdate = "20011301"},
        {.birthdate = "2001-1-1"},
        {.gender = 4},
        {.proofing = 5},
        {.codes = NX_CLAIM169_CODES_MAX + 1},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(nx_ok(nx_claim169_write(&map, arena, &bad[i])));
    assert_int_equal(nx_claim169_write(&map, arena, &(struct nx_claim169){.full_name = long_name}).e,
                     NX_ERR_LIMIT);
    assert_int_equal(nx_claim169_write(&map, arena, &(struct nx_claim169){.id = "\xff"}).e, NX_ERR_ENCODING);
    assert_true(nx_ok(nx_claim169_write(&map, arena, &(struct nx_claim169){.birthdate = "20000229"})));
}

static nx_err read_map(const char *hex, struct nx_claim169 *out)
{
    const struct nx_cbor *map;
    assert_true(nx_ok(nx_cbor_parse(&map, arena, unhex(hex), NX_CBOR_STRICT)));
    return nx_claim169_read(out, arena, map).e;
}

static void test_identity_maps_that_are_read(void **state)
{
    (void)state;
    struct nx_claim169 c;
    assert_int_equal(read_map("a1086a313938342d30342d3138", &c), NX_ERR_NONE); /* 1984-04-18 */
    assert_string_equal(c.birthdate, "19840418");
    assert_int_equal(read_map("a108683139383430343138", &c), NX_ERR_NONE); /* 19840418 */
    assert_string_equal(c.birthdate, "19840418");
    assert_int_equal(read_map("a1183c8100", &c), NX_ERR_NONE); /* an iris: not for us, skipped */
    assert_int_equal(read_map("a1086a313938342d31332d3138", &c), NX_ERR_CWT);
    assert_int_equal(read_map("a10904", &c), NX_ERR_CWT);    /* gender 4 */
    assert_int_equal(read_map("a10900", &c), NX_ERR_CWT);    /* gender 0 */
    assert_int_equal(read_map("a10400", &c), NX_ERR_SYNTAX); /* a name that is a number */
    assert_int_equal(read_map("a1184b06", &c), NX_ERR_CWT);  /* kind 6 */
    assert_int_equal(read_map("a1184c8181"
                              "6161",
                              &c),
                     NX_ERR_CWT); /* half a code */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claims_come_back),
        cmocka_unit_test(test_organisations_stand_under_their_own_claim),
        cmocka_unit_test(test_strict_claims_that_are_refused),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_identity_maps_that_are_not_written),
        cmocka_unit_test(test_identity_maps_that_are_read),
    };
    return cmocka_run_group_tests(tests, up, down);
}
