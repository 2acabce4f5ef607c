/* The policy's text against tests/data/policy.txt. After a wanted change: run with NX_UPDATE_SNAPSHOT=1 in
 * the environment, and let the reviewer read the diff. */
#include "policies/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SNAPSHOT NX_TEST_DATA "/policy.txt"

static void the_policy_is_the_one_that_was_reviewed(void **state)
{
    (void)state;
    nx_arena *a = nx_arena_open(256 << 10);
    nx_buf text;
    nx_buf_init(&text, a, 32 << 10);
    nx_policy_dump(&text, nx_policy());
    const char *now = nx_buf_str(&text);
    assert_non_null(now);
    if (getenv("NX_UPDATE_SNAPSHOT")) {
        FILE *out = fopen(SNAPSHOT, "w");
        assert_non_null(out);
        assert_true(fputs(now, out) >= 0);
        fclose(out);
    }
    static char was[32 << 10];
    FILE *in = fopen(SNAPSHOT, "r");
    assert_non_null(in);
    was[fread(was, 1, sizeof was - 1, in)] = 0;
    fclose(in);
    assert_string_equal(now, was);
    nx_arena_close(a);
}

static void levels_and_rungs_have_one_spelling(void **state)
{
    (void)state;
    assert_string_equal(nx_acr_of_level(NX_M3), "urn:nixa:acr:m3");
    assert_null(nx_acr_of_level(NX_LEVEL_NONE));
    assert_int_equal(nx_level_of_acr(nx_span_str("urn:nixa:acr:m4")), NX_M4);
    assert_int_equal(nx_level_of_acr(nx_span_str("urn:nixa:acr:m5")), NX_LEVEL_NONE);
    assert_int_equal(nx_level_of_acr(nx_span_str("urn:nixa:acr:M1")), NX_LEVEL_NONE);
    assert_int_equal(nx_level_of_acr(nx_span_str("urn:nixa:acr:")), NX_LEVEL_NONE);
    assert_int_equal(nx_level_of_acr(nx_span_str("m1")), NX_LEVEL_NONE);
    assert_string_equal(nx_rung_text(NX_P0), "p0");
    assert_null(nx_rung_text(NX_RUNG_NONE));
    for (int kind = 0; kind < NX_SUBJECT_KINDS; kind++)
        assert_int_equal(nx_subject_kind_of(nx_span_str(nx_subject_kind_text((enum nx_subject_kind)kind))),
                         kind);
    assert_int_equal(nx_subject_kind_of(nx_span_str("emperor")), NX_SUBJECT_CITIZEN);
}

static void amr(unsigned means, const char *expected)
{
    const char *values[NX_AMR_MAX];
    char joined[128] = "";
    size_t n = nx_amr_of_means(values, means);
    for (size_t i = 0; i < n; i++) {
        strcat(joined, i ? " " : "");
        strcat(joined, values[i]);
    }
    assert_string_equal(joined, expected);
}

static void amr_of_means(void **state)
{
    (void)state;
    amr(NX_MEANS_NONE, "");
    amr(NX_MEANS_PASSWORD, "pwd");
    amr(NX_MEANS_PASSWORD | NX_MEANS_OTP, "pwd otp mfa");
    amr(NX_MEANS_QR_POSSESSION, "qr");
    amr(NX_MEANS_QR_PIN, "qr pin mfa");
    amr(NX_MEANS_QR_UV, "qr user mfa");
    amr(NX_MEANS_PAPER_PIN, "qr pin");
    amr(NX_MEANS_PASSKEY_UV, "hwk user mfa");
    amr(NX_MEANS_PASSWORD | NX_MEANS_DIRECTORY, "pwd"); /* one kind */
    amr(NX_MEANS_PASSWORD | NX_MEANS_OTP_SENT, "pwd otp mfa");
    amr(NX_MEANS_CERTIFICATE, "sc pop mfa");
    amr(NX_MEANS_UPSTREAM, "");
    amr(0xffffffffu, "pwd otp hwk user qr pin sc pop wia mfa");
}

/* A biometric by QR is worth m3 from p2 on and m2 below; verification of the user that nobody attested, a PIN
 * and possession are m2 and m1 wherever the phone is. */
static void test_rule_06_m3_needs_a_biometric(void **state)
{
    (void)state;
    static const struct {
        unsigned means;
        enum nx_level at[4]; /* p0 to p3 */
    } rows[] = {
        {NX_MEANS_QR_POSSESSION, {NX_M1, NX_M1, NX_M1, NX_M1}},
        {NX_MEANS_QR_PIN, {NX_M2, NX_M2, NX_M2, NX_M2}},
        {NX_MEANS_QR_UV, {NX_M2, NX_M2, NX_M2, NX_M2}},
        {NX_MEANS_QR_BIOMETRIC, {NX_M2, NX_M2, NX_M3, NX_M3}},
        {NX_MEANS_QR_PIN | NX_MEANS_PASSWORD, {NX_M2, NX_M2, NX_M2, NX_M2}}, /* proximity is no factor */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int rung = NX_P0; rung <= NX_P3; rung++)
            assert_int_equal(nx_policy_level_of_means(nx_policy(), rows[i].means, (enum nx_rung)rung),
                             rows[i].at[rung - NX_P0]);
    assert_int_equal(nx_policy_level_of_means(nx_policy(), NX_MEANS_PASSKEY_UV, NX_RUNG_NONE), NX_M2);
    assert_int_equal(nx_policy_level_of_means(nx_policy(), NX_MEANS_PASSKEY_BIOMETRIC, NX_RUNG_NONE), NX_M3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rule_06_m3_needs_a_biometric),
        cmocka_unit_test(the_policy_is_the_one_that_was_reviewed),
        cmocka_unit_test(levels_and_rungs_have_one_spelling),
        cmocka_unit_test(amr_of_means),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
