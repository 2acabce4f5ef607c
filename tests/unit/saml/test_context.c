/* RequestedAuthnContext: each comparison, over our classes and the standard's. */
#include "saml/context.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define AC "urn:oasis:names:tc:SAML:2.0:ac:classes:"
#define M1 "urn:nixa:acr:m1"
#define M2 "urn:nixa:acr:m2"
#define M3 "urn:nixa:acr:m3"
#define M4 "urn:nixa:acr:m4"

static struct nx_saml_context ask(const char *comparison, const char *a, const char *b)
{
    struct nx_saml_context c = {.comparison = nx_saml_comparison_of(nx_span_str(comparison))};
    if (a) nx_saml_context_add(&c, nx_span_str(a));
    if (b) nx_saml_context_add(&c, nx_span_str(b));
    return c;
}

static void wants(struct nx_saml_context c, enum nx_level level, bool essential)
{
    enum nx_level lowest;
    bool must;
    assert_int_equal(nx_saml_context_level(&c, &lowest, &must).e, NX_ERR_NONE);
    assert_int_equal(lowest, level);
    assert_int_equal(must, essential);
}

static void impossible(struct nx_saml_context c)
{
    enum nx_level lowest;
    bool must;
    assert_int_equal(nx_saml_context_level(&c, &lowest, &must).e, NX_ERR_SAML_NO_CONTEXT);
}

static void states(struct nx_saml_context c, enum nx_level level, unsigned means, const char *uri)
{
    const char *said = NULL;
    enum nx_level told = NX_LEVEL_NONE;
    nx_err e = nx_saml_context_state(&c, level, means, &said, &told).e;
    if (uri && strncmp(uri, "urn:nixa:acr:", 13) == 0) assert_int_equal(told, nx_level_of_acr(nx_span_str(uri)));
    assert_true(told <= level);
    assert_int_equal(e, uri ? NX_ERR_NONE : NX_ERR_SAML_NO_CONTEXT);
    if (uri) assert_string_equal(said, uri);
}

static void nothing_asked(void **state)
{
    (void)state;
    struct nx_saml_context c = {.asked = false};
    wants(c, NX_LEVEL_NONE, false);
    states(c, NX_M3, NX_MEANS_QR_BIOMETRIC, M3);
    states(c, NX_M1, NX_MEANS_PASSWORD, M1);
    states(c, NX_LEVEL_NONE, 0, NULL);
}

static void exact(void **state)
{
    (void)state;
    wants(ask("exact", M2, NULL), NX_M2, true);
    wants(ask("", M3, M2), NX_M2, true);
    states(ask("exact", M2, NULL), NX_M3, 0, M2); /* more is not said */
    states(ask("exact", M2, M3), NX_M3, 0, M3);
    states(ask("exact", M3, NULL), NX_M2, 0, NULL);
    impossible(ask("exact", "urn:other", NULL));
    wants(ask("exact", "urn:other", M1), NX_M1, true);
    states(ask("exact", "urn:other", M1), NX_M2, 0, M1);
}

static void classes_name_their_means(void **state)
{
    (void)state;
    states(ask("exact", AC "PasswordProtectedTransport", NULL), NX_M1, NX_MEANS_PASSWORD,
           AC "PasswordProtectedTransport");
    states(ask("exact", AC "PasswordProtectedTransport", NULL), NX_M2, NX_MEANS_QR_UV, NULL);
    states(ask("exact", AC "X509", AC "Password"), NX_M2, NX_MEANS_CERTIFICATE, AC "X509");
    states(ask("exact", AC "Kerberos", NULL), NX_M1, NX_MEANS_KERBEROS, AC "Kerberos");
    states(ask("exact", AC "TimeSyncToken", NULL), NX_M2, NX_MEANS_PASSWORD | NX_MEANS_OTP, AC "TimeSyncToken");
    states(ask("exact", AC "TimeSyncToken", NULL), NX_M1, NX_MEANS_PASSWORD | NX_MEANS_OTP, NULL);
    states(ask("exact", AC "MobileTwoFactorContract", NULL), NX_M2, NX_MEANS_QR_PIN, AC "MobileTwoFactorContract");
    wants(ask("exact", AC "MobileTwoFactorContract", NULL), NX_M2, true);
}

static void minimum(void **state)
{
    (void)state;
    wants(ask("minimum", M2, M3), NX_M2, true);
    states(ask("minimum", M2, NULL), NX_M3, 0, M3);
    states(ask("minimum", AC "Password", NULL), NX_M1, NX_MEANS_PASSWORD, AC "Password");
    states(ask("minimum", AC "Password", NULL), NX_M2, NX_MEANS_QR_UV, M2);
}

static void maximum(void **state)
{
    (void)state;
    wants(ask("maximum", M2, M1), NX_M2, false); /* as strong as possible: a wish */
    states(ask("maximum", M2, NULL), NX_M4, 0, M2);
    states(ask("maximum", M2, NULL), NX_M1, 0, M1);
    impossible(ask("maximum", "urn:other", NULL));
}

static void better(void **state)
{
    (void)state;
    wants(ask("better", M2, M1), NX_M3, true); /* than every one of them */
    states(ask("better", M2, NULL), NX_M3, 0, M3);
    impossible(ask("better", M4, NULL));
    impossible(ask("better", M1, "urn:other"));
    assert_int_equal(nx_saml_comparison_of(NX_LIT("best")), NX_SAML_COMPARISONS);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_asked), cmocka_unit_test(exact),   cmocka_unit_test(classes_name_their_means),
        cmocka_unit_test(minimum),       cmocka_unit_test(maximum), cmocka_unit_test(better),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
