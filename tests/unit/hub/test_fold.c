#include "hub/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_letters_as_people_type_them(void **state)
{
    static const char *const rows[][2] = {
        {"Công an tỉnh Thừa Thiên Huế", " cong an tinh thua thien hue"},
        {"ĐẶNG Ỷ ƯỚC quỹ", " dang y uoc quy"},
        {"Bu\xCC\x9B\xCC\x81u \xC4\x91i\xE1\xBB\x87n", " buu dien"}, /* marks written apart */
        {"  G-10.22  (x)", " g 10 22 x "},
        {"日本", " 日本"},
        {"", " "},
        {"\xff", ""},
    };
    (void)state;
    NX_AUTO(nx_arena) a = nx_arena_open(1u << 16);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(nx_fold(a, rows[i][0]), rows[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_letters_as_people_type_them)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
