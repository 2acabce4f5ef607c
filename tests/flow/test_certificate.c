/* Certificates of people below the pages (tests/integration/test_certificate.mjs has those): what must be shown before
 * one proves anybody, and whom it then proves. The files are those of tests/data/pki. */
#include "rig.h"

#include "authn/certificate.h"
#include "authn/standing.h"
#include "base/text.h"
#include "registry/certificate.h"
#include "registry/identifier.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NUMBER "001190012345"

static struct rig rig;

static int up(void **state)
{
    (void)state;
    struct nx_identifier id;
    if (rig_up(&rig) != 0) return -1;
    assert_true(nx_ok(nx_anchors_open(&rig_house(&rig)->person_anchors, rig_pki(&rig, "anchors.pem"), "")));
    assert_true(nx_ok(nx_identifier_make(&id, NX_SCHEME_NATIONAL_ID, NX_LIT(NUMBER))));
    assert_true(nx_ok(nx_identifier_replace(rig_house(&rig)->registry, rig.lan.id, &id, 1)));
    rig.settings.person_crl = NX_TEST_DATA "/pki/people.crl";
    rig.settings.person_number = true;
    rig.settings.person_ca_level = 2;
    return 0;
}

static int down(void **state)
{
    (void)state;
    nx_standing_forget();
    rig_down(&rig);
    return 0;
}

static nx_err verify(nx_cert **out, const char *name)
{
    return nx_certificate_verify(out, rig_house(&rig), rig.arena, rig_pki(&rig, name)).e;
}

static nx_err prove(struct nx_proof *out, const char *name)
{
    NX_AUTO(nx_cert) c = NULL;
    nx_err e = verify(&c, name);
    return e != NX_ERR_NONE ? e : nx_certificate_prove(out, rig_house(&rig), rig.arena, c).e;
}

static void the_number_says_who_she_is(void **state)
{
    (void)state;
    struct nx_proof p;
    assert_int_equal(prove(&p, "lan.der"), NX_ERR_NONE);
    assert_string_equal(p.person, rig.lan.id);
    assert_int_equal(p.means, NX_MEANS_CERTIFICATE);
    assert_int_equal(p.bound_at, 2);
    assert_int_equal(p.rung, NX_RUNG_NONE);
    rig.settings.person_number = false; /* the operator does not believe numbers */
    assert_int_equal(prove(&p, "lan.der"), NX_ERR_CERT_STRANGER);
}

static void test_rule_29_what_is_revoked_or_cannot_be_shown_to_stand_proves_nobody(void **state)
{
    (void)state;
    struct nx_proof p;
    assert_int_equal(prove(&p, "revoked.der"), NX_ERR_CERT_REVOKED);
    nx_standing_forget();
    rig.settings.person_crl = "";
    assert_int_equal(prove(&p, "lan.der"), NX_ERR_CERT_STANDING); /* nobody can be asked */
    rig.settings.person_crl = NX_TEST_DATA "/pki/over.crl";
    assert_int_equal(prove(&p, "lan.der"), NX_ERR_CERT_STANDING);
    nx_standing_forget();
    rig.settings.person_crl = NX_TEST_DATA "/pki/forged.crl";
    assert_int_equal(prove(&p, "lan.der"), NX_ERR_CERT_STANDING);
    nx_standing_forget();
    rig.settings.person_crl = NX_TEST_DATA "/pki/absent";
    assert_int_equal(prove(&p, "lan.der"), NX_ERR_CERT_STANDING);
    assert_int_equal(prove(&p, "foreign.der"), NX_ERR_CERT_UNTRUSTED);
}

static void without_anchors_nobody_is_taken(void **state)
{
    (void)state;
    struct nx_proof p;
    nx_anchors *had = rig_house(&rig)->person_anchors;
    rig_house(&rig)->person_anchors = NULL;
    assert_int_equal(prove(&p, "lan.der"), NX_ERR_CERT_UNTRUSTED);
    rig_house(&rig)->person_anchors = had;
}

static nx_err bind_to(const char *person, int level, const char *name)
{
    NX_AUTO(nx_cert) c = NULL;
    assert_int_equal(verify(&c, name), NX_ERR_NONE);
    return nx_certificate_bind(rig_house(&rig), rig.arena, person, level, c).e;
}

static void test_rule_03_a_bound_certificate_is_worth_what_its_session_was(void **state)
{
    (void)state;
    struct nx_proof p;
    rig.settings.person_number = false;
    assert_int_equal(bind_to(rig.minh.id, 1, "lan.der"), NX_ERR_NONE);
    assert_int_equal(prove(&p, "lan.der"), NX_ERR_NONE);
    assert_string_equal(p.person, rig.minh.id); /* who bound it, before any number */
    assert_int_equal(p.bound_at, 1);
    assert_int_equal(bind_to(rig.lan.id, 3, "lan.der"), NX_ERR_CONFLICT);
    assert_int_equal(bind_to(rig.lan.id, 5, "lan.der"), NX_ERR_RANGE);
    struct nx_certificate *rows;
    size_t n;
    assert_true(nx_ok(nx_certificate_list(rig_house(&rig)->registry, rig.arena, rig.minh.id, &rows, &n)));
    assert_int_equal(n, 1);
    assert_int_equal(nx_certificate_unbind(rig_house(&rig), rig.arena, rig.lan.id, rows[0].id.s).e, NX_ERR_NOT_FOUND);
    assert_int_equal(nx_certificate_unbind(rig_house(&rig), rig.arena, rig.minh.id, rows[0].id.s).e, NX_ERR_NONE);
    assert_int_equal(prove(&p, "lan.der"), NX_ERR_CERT_STRANGER);
}

/* RFC 9440 section 2.2, RFC 8941 section 3.3.5 */
static void the_field_is_a_byte_sequence(void **state)
{
    (void)state;
    nx_span der;
    assert_int_equal(nx_certificate_field(&der, rig.arena, NULL).e, NX_ERR_MISSING);
    assert_int_equal(nx_certificate_field(&der, rig.arena, "").e, NX_ERR_MISSING);
    static const char *const bad[] = {"x", "::", "MIIB", ":MIIB", "MIIB:", ":M!IB:", ":MIIB:, :MIIB:"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (nx_certificate_field(&der, rig.arena, bad[i]).e != NX_ERR_CERT) fail_msg("%s was taken", bad[i]);
    assert_true(nx_ok(nx_certificate_field(&der, rig.arena, ":MIIB:")));
    assert_int_equal(der.n, 3);
}

/* The pages are on the port where the edge asks for certificates, and only there; that port has nothing else. */
static void test_rule_28_the_pages_have_a_port_of_their_own(void **state)
{
    (void)state;
    struct rig_browser b;
    rig_browser_open(&b, &rig);
    assert_int_equal(rig_get(&b, "/certificate")->status, 421);
    assert_int_equal(rig_get(&b, "/certificate?bind=1")->status, 421);
    assert_int_equal(rig_post(&b, "/certificate", "csrf=x")->status, 421);
    rig_browser_close(&b);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
    const struct CMUnitTest tests[] = {
        T(the_number_says_who_she_is),
        T(test_rule_29_what_is_revoked_or_cannot_be_shown_to_stand_proves_nobody),
        T(without_anchors_nobody_is_taken),
        T(test_rule_03_a_bound_certificate_is_worth_what_its_session_was),
        T(the_field_is_a_byte_sequence),
        T(test_rule_28_the_pages_have_a_port_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
