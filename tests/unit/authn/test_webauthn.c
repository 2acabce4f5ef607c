/* What a browser and an authenticator say, right once and then wrong in every way, each refused for its own
 * reason. */
#include "../../flow/soft_passkey.h"
#include "authn/webauthn.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static nx_arena *a;
static uint8_t challenge[NX_WEBAUTHN_CHALLENGE_LEN];
static char challenge_text[64];
static struct nx_webauthn_expect expect;

static int up(void **state)
{
    (void)state;
    a = nx_arena_open(16u << 20);
    for (size_t i = 0; i < sizeof challenge; i++)
        challenge[i] = (uint8_t)(i * 7);
    nx_b64u_encode(challenge_text, nx_span_of(challenge, sizeof challenge));
    expect = (struct nx_webauthn_expect){.rp_id = "localhost",
                                         .origin = "https://localhost:8443",
                                         .challenge = nx_span_of(challenge, sizeof challenge)};
    return a ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    nx_arena_close(a);
    return 0;
}

static nx_err create(struct soft_passkey *p, struct nx_webauthn_created *out)
{
    struct nx_webauthn_created c;
    return nx_webauthn_create(out ? out : &c, a, &expect, p->client_data, p->object).e;
}

/* The row of a credential that was just made. */
static struct nx_passkey row_of(struct soft_passkey *p)
{
    struct nx_webauthn_created c;
    soft_create(p, challenge_text);
    assert_int_equal(create(p, &c), NX_ERR_NONE);
    return (struct nx_passkey){
        .alg = c.alg, .public_key = c.public_key, .backup_eligible = c.backup_eligible};
}

static nx_err assertion(const struct soft_passkey *p, const struct nx_passkey *k)
{
    struct nx_webauthn_asserted out;
    const struct nx_webauthn_assertion s = {
        .client_data = p->client_data, .auth_data = p->auth_data, .signature = p->signature};
    return nx_webauthn_assert(&out, &expect, k, &s).e;
}

/* ---- right ones
 * --------------------------------------------------------------------------------------------- */

static void test_every_kind_of_key_registers_and_asserts(void **state)
{
    (void)state;
    static const int algs[] = {-7, -8, -257};
    static const size_t lengths[] = {64, 32, 259};
    for (size_t i = 0; i < 3; i++) {
        struct soft_passkey p = soft_open(a, algs[i], (uint8_t)(i + 1));
        struct nx_webauthn_created c;
        p.counter = 7;
        soft_create(&p, challenge_text);
        assert_int_equal(create(&p, &c), NX_ERR_NONE);
        assert_int_equal(c.alg, algs[i]);
        assert_int_equal(c.public_key.n, lengths[i]);
        assert_int_equal(c.counter, 7);
        assert_int_equal(c.attestation, NX_ATTESTATION_NONE);
        assert_true(nx_span_eq(c.credential_id, nx_span_of(p.id, sizeof p.id)));
        assert_memory_equal(c.aaguid, p.aaguid, sizeof c.aaguid);
        struct nx_passkey k = row_of(&p);
        soft_get(&p, challenge_text);
        assert_int_equal(assertion(&p, &k), NX_ERR_NONE);
        soft_close(&p);
    }
}

/* Authenticators say more than they were asked, and browsers too. */
static void test_unsolicited_extensions_and_members_are_passed_over(void **state)
{
    (void)state;
    struct soft_passkey p = soft_open(a, -7, 1);
    p.unsolicited = true;
    p.more = ",\"crossOrigin\":false,\"other_keys_can_be_added_here\":\"yes\"";
    struct nx_passkey k = row_of(&p);
    p.unsolicited = false;
    soft_get(&p, challenge_text);
    assert_int_equal(assertion(&p, &k), NX_ERR_NONE);
    p.more = ""; /* crossOrigin absent is false */
    soft_get(&p, challenge_text);
    assert_int_equal(assertion(&p, &k), NX_ERR_NONE);
    soft_close(&p);
}

static void test_flags_of_backup_are_read(void **state)
{
    (void)state;
    struct soft_passkey p = soft_open(a, -7, 1);
    struct nx_webauthn_created c;
    p.flags |= 0x18;
    soft_create(&p, challenge_text);
    assert_int_equal(create(&p, &c), NX_ERR_NONE);
    assert_true(c.backup_eligible && c.backed_up);
    soft_close(&p);
}

/* ---- client data
 * -------------------------------------------------------------------------------------------- */

static nx_err client(const char *text)
{
    return nx_webauthn_client_data(&expect, "webauthn.get", nx_span_str(text)).e;
}

static void test_client_data_is_strict(void **state)
{
    (void)state;
#define WITH(type, challenge, origin, more)                                                                  \
    nx_arena_printf(a, "{\"type\":\"%s\",\"challenge\":\"%s\",\"origin\":\"%s\"%s}", type, challenge,        \
                    origin, more)
#define OURS "https://localhost:8443"
    const struct {
        char *text;
        nx_err e;
    } cases[] = {
        {WITH("webauthn.get", challenge_text, OURS, ""), NX_ERR_NONE},
        {WITH("webauthn.create", challenge_text, OURS, ""), NX_ERR_WEBAUTHN_TYPE},
        {WITH("payment.get", challenge_text, OURS, ""), NX_ERR_WEBAUTHN_TYPE},
        {WITH("webauthn.get", "AAAA", OURS, ""), NX_ERR_WEBAUTHN_CHALLENGE},
        {WITH("webauthn.get", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", OURS, ""),
         NX_ERR_WEBAUTHN_CHALLENGE},
        {WITH("webauthn.get", "", OURS, ""), NX_ERR_WEBAUTHN_CHALLENGE},
        {nx_arena_printf(a, "{\"type\":\"webauthn.get\",\"challenge\":\"%s=\",\"origin\":\"" OURS "\"}",
                         challenge_text),
         NX_ERR_WEBAUTHN_CHALLENGE},
        {WITH("webauthn.get", challenge_text, "https://localhost", ""), NX_ERR_WEBAUTHN_ORIGIN},
        {WITH("webauthn.get", challenge_text, "https://localhost:8443/", ""), NX_ERR_WEBAUTHN_ORIGIN},
        {WITH("webauthn.get", challenge_text, "http://localhost:8443", ""), NX_ERR_WEBAUTHN_ORIGIN},
        {WITH("webauthn.get", challenge_text, "https://localhost:84431", ""), NX_ERR_WEBAUTHN_ORIGIN},
        {WITH("webauthn.get", challenge_text, "https://dvc.localhost:8443", ""), NX_ERR_WEBAUTHN_ORIGIN},
        {WITH("webauthn.get", challenge_text, OURS, ",\"crossOrigin\":true"), NX_ERR_WEBAUTHN_ORIGIN},
        {WITH("webauthn.get", challenge_text, OURS, ",\"crossOrigin\":\"false\""), NX_ERR_WEBAUTHN_ORIGIN},
        {WITH("webauthn.get", challenge_text, OURS, ",\"crossOrigin\":null"), NX_ERR_WEBAUTHN_ORIGIN},
        {WITH("webauthn.get", challenge_text, OURS, ",\"topOrigin\":\"" OURS "\""), NX_ERR_WEBAUTHN_ORIGIN},
        {WITH("webauthn.get", challenge_text, OURS, ",\"type\":\"webauthn.get\""), NX_ERR_WEBAUTHN_FORM},
        {WITH("webauthn.get", challenge_text, OURS, "} {"), NX_ERR_WEBAUTHN_FORM},
        {WITH("webauthn.get", challenge_text, OURS, "\xff"), NX_ERR_WEBAUTHN_FORM},
        {nx_arena_printf(a, "[]"), NX_ERR_WEBAUTHN_FORM},
        {nx_arena_printf(a, "{}"), NX_ERR_WEBAUTHN_TYPE},
        {nx_arena_printf(a, "%s", ""), NX_ERR_WEBAUTHN_FORM},
        {nx_arena_printf(a, "{%5000s}", ""), NX_ERR_LIMIT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(client(cases[i].text), cases[i].e);
}

/* ---- registration
 * ------------------------------------------------------------------------------------------- */

static void test_registrations_that_are_wrong(void **state)
{
    (void)state;
    struct soft_passkey p = soft_open(a, -7, 1);
    p.rp_id = "dvc.localhost";
    soft_create(&p, challenge_text);
    assert_int_equal(create(&p, NULL), NX_ERR_WEBAUTHN_RP);
    p.rp_id = "localhost";
    p.flags = 0x04;
    soft_create(&p, challenge_text);
    assert_int_equal(create(&p, NULL), NX_ERR_WEBAUTHN_PRESENCE);
    p.flags = 0x01;
    soft_create(&p, challenge_text);
    assert_int_equal(create(&p, NULL), NX_ERR_WEBAUTHN_UV);
    p.flags = 0x15; /* backed up, and cannot be */
    soft_create(&p, challenge_text);
    assert_int_equal(create(&p, NULL), NX_ERR_WEBAUTHN_FLAGS);
    p.flags = 0x05;
    p.type = "webauthn.get";
    soft_create(&p, challenge_text);
    assert_int_equal(create(&p, NULL), NX_ERR_WEBAUTHN_TYPE);
    p.type = NULL;
    soft_create(&p, challenge_text);
    assert_int_equal(create(&p, NULL), NX_ERR_NONE);
    soft_close(&p);
}

/* A point that is not on the curve, and an algorithm without a row. */
static void test_keys_that_are_none(void **state)
{
    (void)state;
    struct soft_passkey p = soft_open(a, -7, 1);
    soft_create(&p, challenge_text);
    uint8_t *bytes = (uint8_t *)(uintptr_t)p.object.p;
    bytes[p.object.n - 1] ^= 1; /* the last byte of y */
    assert_int_equal(create(&p, NULL), NX_ERR_WEBAUTHN_ALG);
    bytes[p.object.n - 1] ^= 1;
    assert_int_equal(create(&p, NULL), NX_ERR_NONE);
    /* {1: 2, 3: -7, …}: the byte of -7 behind key 3 becomes -6 */
    size_t at = p.object.n - 77 + 4;
    assert_int_equal(bytes[at], 0x26);
    bytes[at] = 0x25;
    assert_int_equal(create(&p, NULL), NX_ERR_WEBAUTHN_ALG);
    soft_close(&p);
}

/* Extensions that announce more than there is: libcbor would allocate it. */
static void test_extensions_are_bounded(void **state)
{
    (void)state;
    static const uint8_t huge[] = {0xbb, 0x00, 0x00, 0x00, 0x08, 0x31, 0xd9, 0x76, 0x30};
    struct soft_passkey p = soft_open(a, -7, 1);
    struct nx_passkey k = row_of(&p);
    nx_buf b;
    soft_get(&p, challenge_text);
    nx_buf_init(&b, a, 256);
    nx_buf_add(&b, p.auth_data);
    nx_buf_add(&b, nx_span_of(huge, sizeof huge));
    p.auth_data = nx_buf_span(&b);
    ((uint8_t *)(uintptr_t)p.auth_data.p)[32] |= 0x80;
    p.signature = soft_sign(&p, p.key); /* right, over what is wrong */
    assert_int_equal(assertion(&p, &k), NX_ERR_WEBAUTHN_FORM);
    p.unsolicited = true;
    soft_get(&p, challenge_text);
    nx_buf_init(&b, a, 256);
    nx_buf_add(&b, p.auth_data);
    nx_buf_add(&b, nx_span_of("", 1)); /* something behind them */
    p.auth_data = nx_buf_span(&b);
    p.signature = soft_sign(&p, p.key);
    assert_int_equal(assertion(&p, &k), NX_ERR_WEBAUTHN_FORM);
    soft_close(&p);
}

static void test_every_cut_of_the_object_is_refused(void **state)
{
    (void)state;
    struct soft_passkey p = soft_open(a, -7, 1);
    p.format = SOFT_SELF;
    soft_create(&p, challenge_text);
    nx_span whole = p.object;
    for (size_t n = 0; n < whole.n; n++) {
        p.object = nx_span_of(whole.p, n);
        assert_int_equal(create(&p, NULL), NX_ERR_WEBAUTHN_FORM);
    }
    char *longer = nx_arena_printf(a, "%*s", (int)whole.n + 1, "");
    memcpy(longer, whole.p, whole.n);
    p.object = nx_span_of(longer, whole.n + 1);
    assert_int_equal(create(&p, NULL), NX_ERR_WEBAUTHN_FORM);
    p.object = nx_span_of(longer, NX_WEBAUTHN_ATTESTATION_MAX + 1);
    assert_int_equal(create(&p, NULL), NX_ERR_LIMIT);
    soft_close(&p);
}

/* ---- attestation
 * -------------------------------------------------------------------------------------------- */

static void test_self_attestation(void **state)
{
    (void)state;
    struct nx_webauthn_created c;
    for (size_t i = 0; i < 3; i++) {
        struct soft_passkey p = soft_open(a, (const int[]){-7, -8, -257}[i], 1);
        p.format = SOFT_SELF;
        soft_create(&p, challenge_text);
        assert_int_equal(create(&p, &c), NX_ERR_NONE);
        assert_int_equal(c.attestation, NX_ATTESTATION_SELF);
        bool trusted;
        assert_true(nx_ok(nx_webauthn_trusted(&trusted, &c, "", nx_now())));
        assert_false(trusted);
        /* The statement is over these client data and no others. */
        p.client_data =
            nx_span_str(nx_arena_printf(a, "%.*s ", (int)p.client_data.n, (const char *)p.client_data.p));
        assert_int_equal(create(&p, NULL), NX_ERR_WEBAUTHN_ATTESTATION);
        soft_close(&p);
    }
}

/* Every byte of the authenticator data is under the signature. */
static void test_no_byte_of_what_is_attested_can_change(void **state)
{
    (void)state;
    struct soft_passkey p = soft_open(a, -7, 1);
    struct soft_maker m = soft_maker_open(p.aaguid, NULL);
    p.format = SOFT_CHAIN;
    p.maker = &m;
    soft_create(&p, challenge_text);
    assert_int_equal(create(&p, NULL), NX_ERR_NONE);
    uint8_t *bytes = (uint8_t *)(uintptr_t)p.object.p;
    for (size_t i = p.object.n - p.auth_data.n; i < p.object.n; i++) {
        bytes[i] ^= 1;
        assert_int_not_equal(create(&p, NULL), NX_ERR_NONE);
        bytes[i] ^= 1;
    }
    assert_int_equal(create(&p, NULL), NX_ERR_NONE);
    soft_maker_close(&m);
    soft_close(&p);
}

static bool trusted_by(struct soft_passkey *p, X509 *anchor, nx_time now)
{
    struct nx_webauthn_created c;
    bool out = false;
    soft_create(p, challenge_text);
    assert_int_equal(create(p, &c), NX_ERR_NONE);
    assert_int_equal(c.attestation, NX_ATTESTATION_CHAIN);
    assert_true(nx_ok(nx_webauthn_trusted(&out, &c, anchor ? soft_pem(a, anchor) : "", now)));
    return out;
}

static void test_chains_lead_to_the_anchor_of_the_model(void **state)
{
    (void)state;
    struct soft_passkey p = soft_open(a, -7, 1);
    uint8_t other_model[16] = {9};
    struct soft_maker m = soft_maker_open(p.aaguid, NULL), other = soft_maker_open(p.aaguid, NULL),
                      unit = soft_maker_open(p.aaguid, "Marketing"),
                      model = soft_maker_open(other_model, NULL), silent = soft_maker_open(NULL, NULL);
    p.format = SOFT_CHAIN;
    p.maker = &m;
    nx_time now = nx_now();
    assert_true(trusted_by(&p, m.root, now));
    assert_true(trusted_by(&p, m.leaf, now)); /* the certificate itself may be the anchor */
    assert_false(trusted_by(&p, other.root, now));
    assert_false(trusted_by(&p, NULL, now));
    assert_false(trusted_by(&p, m.root, now + 4000LL * 86400));
    assert_false(trusted_by(&p, m.root, now - 7200));
    p.maker = &unit;
    assert_false(trusted_by(&p, unit.root, now));
    p.maker = &model;
    assert_false(trusted_by(&p, model.root, now));
    p.maker = &silent;
    assert_true(trusted_by(&p, silent.root, now));
    soft_maker_close(&m);
    soft_maker_close(&other);
    soft_maker_close(&unit);
    soft_maker_close(&model);
    soft_maker_close(&silent);
    soft_close(&p);
}

/* An authority's certificate attests nothing, even one that leads to the anchor. */
static void test_an_authority_is_no_authenticator(void **state)
{
    (void)state;
    struct soft_passkey p = soft_open(a, -7, 1);
    struct soft_maker m = soft_maker_open(p.aaguid, NULL);
    X509 *sub =
        soft_certificate(m.leaf_key, "Authenticator Attestation", "Sub", true, m.root, m.root_key, p.aaguid);
    X509_free(m.leaf);
    m.leaf = sub;
    p.format = SOFT_CHAIN;
    p.maker = &m;
    assert_false(trusted_by(&p, m.root, nx_now()));
    soft_maker_close(&m);
    soft_close(&p);
}

static void test_other_formats_attest_nothing(void **state)
{
    (void)state;
    struct soft_passkey p = soft_open(a, -7, 1);
    struct nx_webauthn_created c;
    p.format = SOFT_OTHER;
    soft_create(&p, challenge_text);
    assert_int_equal(create(&p, &c), NX_ERR_NONE);
    assert_int_equal(c.attestation, NX_ATTESTATION_NONE);
    soft_close(&p);
}

/* ---- assertions
 * --------------------------------------------------------------------------------------------- */

static void test_assertions_that_are_wrong(void **state)
{
    (void)state;
    struct soft_passkey p = soft_open(a, -7, 1), stranger = soft_open(a, -7, 1);
    struct nx_passkey k = row_of(&p);
    const struct {
        const char *rp_id, *origin, *type;
        uint8_t flags;
        nx_err e;
    } cases[] = {
        {"localhost", "https://localhost:8443", NULL, 0x05, NX_ERR_NONE},
        {"dvc.localhost", "https://localhost:8443", NULL, 0x05, NX_ERR_WEBAUTHN_RP},
        {"localhost", "https://evil.example", NULL, 0x05, NX_ERR_WEBAUTHN_ORIGIN},
        {"localhost", "https://localhost:8443", "webauthn.create", 0x05, NX_ERR_WEBAUTHN_TYPE},
        {"localhost", "https://localhost:8443", NULL, 0x04, NX_ERR_WEBAUTHN_PRESENCE},
        {"localhost", "https://localhost:8443", NULL, 0x01, NX_ERR_WEBAUTHN_UV},
        {"localhost", "https://localhost:8443", NULL, 0x15, NX_ERR_WEBAUTHN_FLAGS},
        {"localhost", "https://localhost:8443", NULL, 0x0d,
         NX_ERR_WEBAUTHN_FLAGS}, /* may be copied, suddenly */
        {"localhost", "https://localhost:8443", NULL, 0x45, NX_ERR_WEBAUTHN_FORM},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        p.rp_id = cases[i].rp_id;
        p.origin = cases[i].origin;
        p.type = cases[i].type;
        p.flags = cases[i].flags;
        soft_get(&p, challenge_text);
        assert_int_equal(assertion(&p, &k), cases[i].e);
    }
    soft_get(&stranger, challenge_text);
    assert_int_equal(assertion(&stranger, &k), NX_ERR_SIGNATURE);
    soft_get(&stranger, "c29tZSBvdGhlciBjaGFsbGVuZ2U");
    assert_int_equal(assertion(&stranger, &k), NX_ERR_WEBAUTHN_CHALLENGE);
    soft_close(&p);
    soft_close(&stranger);
}

static void test_no_byte_of_an_assertion_can_change(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct soft_passkey p = soft_open(a, (const int[]){-7, -8, -257}[i], 1);
        struct nx_passkey k = row_of(&p);
        soft_get(&p, challenge_text);
        nx_span parts[] = {p.client_data, p.auth_data, p.signature};
        for (size_t part = 0; part < 3; part++) {
            uint8_t *bytes = (uint8_t *)(uintptr_t)parts[part].p;
            for (size_t at = 0; at < parts[part].n; at++) {
                bytes[at] ^= 1;
                assert_int_not_equal(assertion(&p, &k), NX_ERR_NONE);
                bytes[at] ^= 1;
            }
        }
        assert_int_equal(assertion(&p, &k), NX_ERR_NONE);
        p.signature.n--;
        assert_int_equal(assertion(&p, &k), NX_ERR_SIGNATURE);
        p.auth_data.n--;
        assert_int_equal(assertion(&p, &k), NX_ERR_WEBAUTHN_FORM);
        soft_close(&p);
    }
}

/* A signature of one kind of key never passes under the row of another. */
static void test_the_row_decides_the_algorithm(void **state)
{
    (void)state;
    struct soft_passkey p = soft_open(a, -7, 1);
    struct nx_passkey k = row_of(&p);
    soft_get(&p, challenge_text);
    k.alg = -8;
    assert_int_equal(assertion(&p, &k), NX_ERR_SIGNATURE);
    k.alg = -257;
    assert_int_equal(assertion(&p, &k), NX_ERR_SIGNATURE);
    k.alg = 0;
    assert_int_equal(assertion(&p, &k), NX_ERR_SIGNATURE);
    soft_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_key_registers_and_asserts),
        cmocka_unit_test(test_unsolicited_extensions_and_members_are_passed_over),
        cmocka_unit_test(test_flags_of_backup_are_read),
        cmocka_unit_test(test_client_data_is_strict),
        cmocka_unit_test(test_registrations_that_are_wrong),
        cmocka_unit_test(test_keys_that_are_none),
        cmocka_unit_test(test_extensions_are_bounded),
        cmocka_unit_test(test_every_cut_of_the_object_is_refused),
        cmocka_unit_test(test_self_attestation),
        cmocka_unit_test(test_no_byte_of_what_is_attested_can_change),
        cmocka_unit_test(test_chains_lead_to_the_anchor_of_the_model),
        cmocka_unit_test(test_an_authority_is_no_authenticator),
        cmocka_unit_test(test_other_formats_attest_nothing),
        cmocka_unit_test(test_assertions_that_are_wrong),
        cmocka_unit_test(test_no_byte_of_an_assertion_can_change),
        cmocka_unit_test(test_the_row_decides_the_algorithm),
    };
    return cmocka_run_group_tests(tests, up, down);
}
