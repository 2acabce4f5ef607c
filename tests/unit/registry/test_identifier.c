#include "registry/identifier.h"

#include "rig.h"

static nx_err make(enum nx_scheme scheme, const char *value)
{
    struct nx_identifier id;
    return nx_identifier_make(&id, scheme, nx_span_str(value)).e;
}

static void test_tax_codes(void **state)
{
    (void)state;
    assert_int_equal(make(NX_SCHEME_TAX, "0100047516"), NX_ERR_NONE);
    assert_int_equal(make(NX_SCHEME_TAX, "0100047516-001"), NX_ERR_NONE);
    assert_int_equal(make(NX_SCHEME_TAX, "0100047516-000"), NX_ERR_IDENTIFIER_STRUCTURE);
    assert_int_equal(make(NX_SCHEME_TAX, "0100047516.001"), NX_ERR_IDENTIFIER_CHARACTER);
    assert_int_equal(make(NX_SCHEME_TAX, "010004751"), NX_ERR_IDENTIFIER_LENGTH);
    assert_int_equal(make(NX_SCHEME_TAX, "01000475l6"), NX_ERR_IDENTIFIER_CHARACTER);
    assert_int_equal(make(NX_SCHEME_TAX, "001090012345"), NX_ERR_NONE); /* a person's, since July 2025 */
}

/* Nine of ten stems have exactly one check digit, the others none; and every changed digit shows. */
static void test_tax_check_digit(void **state)
{
    (void)state;
    for (int digit = 0; digit <= 9; digit++) {
        char code[] = "0100047510";
        code[9] = (char)('0' + digit);
        assert_int_equal(make(NX_SCHEME_TAX, code), digit == 6 ? NX_ERR_NONE : NX_ERR_IDENTIFIER_CHECK);
    }
    for (size_t place = 0; place < 10; place++) {
        char code[] = "0100047516";
        code[place] = code[place] == '9' ? '0' : (char)(code[place] + 1);
        assert_int_equal(make(NX_SCHEME_TAX, code), NX_ERR_IDENTIFIER_CHECK);
    }
    assert_int_equal(make(NX_SCHEME_BUSINESS, "0100047516"), NX_ERR_NONE);
    assert_int_equal(make(NX_SCHEME_BUSINESS, "0100047516-001"), NX_ERR_IDENTIFIER_LENGTH);
}

/* 31 x 0 + … + 3 x 0 = 0: the formula gives 10, and no digit is right. */
static void test_a_stem_without_a_code(void **state)
{
    (void)state;
    for (int digit = 0; digit <= 9; digit++) {
        char code[] = "0000000000";
        code[9] = (char)('0' + digit);
        assert_int_equal(make(NX_SCHEME_TAX, code), NX_ERR_IDENTIFIER_CHECK);
    }
}

static void test_national_numbers(void **state)
{
    (void)state;
    struct nx_identifier id;
    struct nx_national_id read;
    assert_ok(nx_identifier_make(&id, NX_SCHEME_NATIONAL_ID, NX_LIT("001 190 012345")));
    assert_string_equal(id.value, "001190012345");
    assert_ok(nx_national_id_read(&read, &id));
    assert_string_equal(read.place, "001");
    assert_true(read.female);
    assert_int_equal(read.birth_year, 1990);
    assert_ok(nx_identifier_make(&id, NX_SCHEME_NATIONAL_ID, NX_LIT("079205000001")));
    assert_ok(nx_national_id_read(&read, &id));
    assert_false(read.female);
    assert_int_equal(read.birth_year, 2005);
    assert_int_equal(make(NX_SCHEME_NATIONAL_ID, "000190012345"), NX_ERR_IDENTIFIER_STRUCTURE);
    assert_int_equal(make(NX_SCHEME_NATIONAL_ID, "001990012345"),
                     NX_ERR_IDENTIFIER_STRUCTURE); /* born 2390 */
    assert_int_equal(make(NX_SCHEME_NATIONAL_ID, "00119001234"), NX_ERR_IDENTIFIER_LENGTH);
    assert_int_equal(make(NX_SCHEME_NATIONAL_ID, "00119001234x"), NX_ERR_IDENTIFIER_CHARACTER);
}

static void test_other_schemes(void **state)
{
    (void)state;
    assert_int_equal(make(NX_SCHEME_SOCIAL_INSURANCE, "0123456789"), NX_ERR_NONE);
    assert_int_equal(make(NX_SCHEME_SOCIAL_INSURANCE, "012345678"), NX_ERR_IDENTIFIER_LENGTH);
    assert_int_equal(make(NX_SCHEME_HEALTH_INSURANCE, "dn4010123456789"), NX_ERR_NONE);
    assert_int_equal(make(NX_SCHEME_HEALTH_INSURANCE, "DN6010123456789"), NX_ERR_IDENTIFIER_STRUCTURE);
    assert_int_equal(make(NX_SCHEME_HEALTH_INSURANCE, "4N4010123456789"), NX_ERR_IDENTIFIER_CHARACTER);
    assert_int_equal(make(NX_SCHEME_AGENCY, "000.00.19.H26"), NX_ERR_NONE);
    assert_int_equal(make(NX_SCHEME_AGENCY, "000..19"), NX_ERR_IDENTIFIER_STRUCTURE);
    assert_int_equal(make(NX_SCHEME_AGENCY, ".H26"), NX_ERR_IDENTIFIER_STRUCTURE);
    assert_int_equal(make(NX_SCHEME_AGENCY, "H26."), NX_ERR_IDENTIFIER_STRUCTURE);
    assert_int_equal(make(NX_SCHEME_AGENCY, "H26-1"), NX_ERR_IDENTIFIER_CHARACTER);
    assert_int_equal(make(NX_SCHEME_AGENCY, ""), NX_ERR_IDENTIFIER_LENGTH);
    assert_int_equal(make(NX_SCHEME_AGENCY, "A23456789012345678901234567890123456"),
                     NX_ERR_IDENTIFIER_LENGTH);
    assert_int_equal(make(NX_SCHEME_AGENCY, "A2345678901234567890123456789012345678901234567890"),
                     NX_ERR_IDENTIFIER_LENGTH);
}

static void test_names_of_schemes(void **state)
{
    (void)state;
    for (int i = 0; i < NX_SCHEMES; i++) {
        enum nx_scheme back;
        assert_ok(nx_scheme_of(&back, nx_span_str(nx_scheme_name((enum nx_scheme)i))));
        assert_int_equal(back, i);
    }
    enum nx_scheme none;
    assert_err(nx_scheme_of(&none, NX_LIT("passport")), NX_ERR_UNKNOWN);
}

static void test_one_owner(void **state)
{
    struct rig *rig = *state;
    struct nx_person_made lan = rig_person(rig, "lan"), minh = rig_person(rig, "minh");
    struct nx_identifier ids[2], *list;
    size_t n;
    nx_id owner;
    assert_ok(nx_identifier_make(&ids[0], NX_SCHEME_NATIONAL_ID, NX_LIT("001190012345")));
    assert_ok(nx_identifier_make(&ids[1], NX_SCHEME_TAX, NX_LIT("0100047516")));
    assert_ok(nx_identifier_replace(rig->registry, lan.id.s, ids, 2));
    assert_err(nx_identifier_replace(rig->registry, minh.id.s, &ids[1], 1), NX_ERR_CONFLICT);
    assert_ok(nx_identifier_find(rig->registry, &ids[1], &owner));
    assert_string_equal(owner.s, lan.id.s);
    assert_ok(nx_identifier_list(rig->registry, rig->arena, lan.id.s, &list, &n));
    assert_int_equal(n, 2);
    assert_string_equal(list[0].value, "001190012345");
    ids[0] = ids[1];
    assert_err(nx_identifier_replace(rig->registry, lan.id.s, ids, 2), NX_ERR_DUPLICATE);
    assert_ok(nx_identifier_replace(rig->registry, lan.id.s, NULL, 0));
    assert_err(nx_identifier_find(rig->registry, &ids[1], &owner), NX_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tax_codes),
        cmocka_unit_test(test_tax_check_digit),
        cmocka_unit_test(test_a_stem_without_a_code),
        cmocka_unit_test(test_national_numbers),
        cmocka_unit_test(test_other_schemes),
        cmocka_unit_test(test_names_of_schemes),
        RIG_TEST(test_one_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
