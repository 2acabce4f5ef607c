/* COSE_Sign1 objects of ours: what verifies, what does not, and how large they are. */
#include "base/text.h"
#include "crypto/base45.h"
#include "crypto/claim169.h"
#include "crypto/cose.h"
#include "crypto/cwt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static nx_result sign_with(void *ctx, uint8_t out[NX_SIGNATURE_MAX], size_t *n, nx_span message)
{
    return nx_alg_sign(out, n, NX_ALG_ES256, ctx, message);
}

struct rig {
    nx_arena *a;
    EVP_PKEY *key;
    EVP_PKEY *device;
};

static int rig_up(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
    r->a = nx_arena_open(4 << 20);
    assert_true(nx_ok(nx_alg_generate(&r->key, NX_ALG_ES256)));
    assert_true(nx_ok(nx_alg_generate(&r->device, NX_ALG_ES256)));
    *state = r;
    return 0;
}

static int rig_down(void **state)
{
    struct rig *r = *state;
    EVP_PKEY_free(r->key);
    EVP_PKEY_free(r->device);
    nx_arena_close(r->a);
    free(r);
    return 0;
}

static nx_span sign(struct rig *r, EVP_PKEY *key, const char *typ, const char *kid, nx_span payload)
{
    nx_span out;
    assert_true(nx_ok(
        nx_cose_sign(&out, r->a, typ, nx_span_str(kid), payload, &(struct nx_cose_signer){sign_with, key})));
    return out;
}

static void test_an_object_verifies_as_what_it_is(void **state)
{
    struct rig *r = *state;
    struct nx_cose c;
    nx_span bytes = sign(r, r->key, "nx-h", "abcdef", NX_LIT("\xa0"));
    assert_true(nx_ok(nx_cose_parse(&c, r->a, bytes, NX_CBOR_STRICT)));
    assert_string_equal(c.typ, "nx-h");
    assert_true(nx_span_eq_str(c.kid, "abcdef"));
    assert_true(nx_ok(nx_cose_verify(&c, r->a, "nx-h", r->key)));
}

/* Rule 10: every object has a typ, and one kind never passes for another; nor does another's key. */
static void test_rule_10_typ_and_key_decide(void **state)
{
    struct rig *r = *state;
    struct nx_cose c;
    nx_span bytes = sign(r, r->key, "nx-h", "abcdef", NX_LIT("\xa0"));
    assert_true(nx_ok(nx_cose_parse(&c, r->a, bytes, NX_CBOR_STRICT)));
    assert_int_equal(nx_cose_verify(&c, r->a, "nx-c", r->key).e, NX_ERR_JOSE_TYP);
    assert_int_equal(nx_cose_verify(&c, r->a, "nx-l", r->key).e, NX_ERR_JOSE_TYP);
    assert_int_equal(nx_cose_verify(&c, r->a, "nx-h", r->device).e, NX_ERR_SIGNATURE);
}

static void test_every_flipped_bit_is_seen(void **state)
{
    struct rig *r = *state;
    nx_span bytes = sign(r, r->key, "nx-h", "abcdef", NX_LIT("\xa1\x01\x61\x78"));
    uint8_t bad[512];
    struct nx_cose whole;
    assert_true(nx_ok(nx_cose_parse(&whole, r->a, bytes, NX_CBOR_STRICT)));
    assert_true(nx_ok(nx_cose_verify(&whole, r->a, "nx-h", r->key)));
    for (size_t i = 0; i < bytes.n * 8; i++) {
        NX_AUTO(nx_arena) a = nx_arena_open(1 << 18);
        memcpy(bad, bytes.p, bytes.n);
        bad[i / 8] ^= (uint8_t)(1u << i % 8);
        struct nx_cose c;
        bool good = nx_ok(nx_cose_parse(&c, a, nx_span_of(bad, bytes.n), NX_CBOR_STRICT)) &&
                    nx_ok(nx_cose_verify(&c, a, "nx-h", r->key));
        /* The kid chooses a key and is not signed: another one finds no key. */
        if (good && nx_span_eq_str(c.kid, "abcdef")) fail_msg("bit %zu may be flipped", i);
    }
}

/* Which COSE forms a strict reader takes: hand-made from a signed one. */
static void test_tags_may_be_61_18_or_none(void **state)
{
    struct rig *r = *state;
    struct nx_cose c;
    nx_span bytes = sign(r, r->key, "nx-h", "k", NX_LIT("\xa0"));
    uint8_t more[512] = {0xd8, 61};
    memcpy(more + 2, bytes.p, bytes.n);
    assert_true(nx_ok(nx_cose_parse(&c, r->a, nx_span_of(more, bytes.n + 2), NX_CBOR_STRICT)));
    assert_true(nx_ok(nx_cose_verify(&c, r->a, "nx-h", r->key)));
    assert_true(nx_ok(nx_cose_parse(&c, r->a, nx_span_from(bytes, 1), NX_CBOR_STRICT)));
    assert_true(nx_ok(nx_cose_verify(&c, r->a, "nx-h", r->key)));
    more[1] = 17; /* COSE_Mac0 */
    assert_false(nx_ok(nx_cose_parse(&c, r->a, nx_span_of(more, bytes.n + 2), NX_CBOR_STRICT)));
}

static void test_headers_that_are_refused(void **state)
{
    struct rig *r = *state;
    static const struct {
        const char *protected_hex, *unprotected_hex;
        nx_err e;
    } row[] = {
        {"a10126", "a0", NX_ERR_MISSING},              /* no typ */
        {"a2012710646e782d68", "a0", NX_ERR_JOSE_ALG}, /* EdDSA */
        {"a2013824"
         "10646e782d68",
         "a0", NX_ERR_JOSE_ALG},                      /* PS256 */
        {"a10126", "a110646e782d68", NX_ERR_MISSING}, /* typ that is not signed */
        {"a110646e782d68", "a10126", NX_ERR_MISSING}, /* algorithm that is not signed */
        {"a3012610646e782d680281"
         "10",
         "a0", NX_ERR_COSE_FORM}, /* crit */
        {"a2012610646e782d68",
         "a2044161"
         "0500",
         NX_ERR_COSE_FORM}, /* something beside the kid */
        {"", "a0", NX_ERR_SYNTAX},
        {"80", "a0", NX_ERR_COSE_FORM},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        uint8_t header[64], other[64];
        size_t n, m;
        assert_true(nx_ok(nx_hex_decode(header, sizeof header, &n, nx_span_str(row[i].protected_hex))));
        assert_true(nx_ok(nx_hex_decode(other, sizeof other, &m, nx_span_str(row[i].unprotected_hex))));
        nx_buf b;
        nx_buf_init(&b, r->a, 256);
        nx_cbor_put_array(&b, 4);
        nx_cbor_put_bytes(&b, nx_span_of(header, n));
        nx_buf_add(&b, nx_span_of(other, m));
        nx_cbor_put_bytes(&b, NX_LIT("\xa0"));
        nx_cbor_put_bytes(&b, NX_LIT("0123456789012345678901234567890123456789012345678901234567890123"));
        struct nx_cose c;
        nx_err e = nx_cose_parse(&c, r->a, nx_buf_span(&b), NX_CBOR_STRICT).e;
        if (e != row[i].e) fail_msg("row %zu: %s", i, nx_err_name(e));
    }
}

static void test_text_form_comes_back_and_is_bounded(void **state)
{
    struct rig *r = *state;
    char *text;
    nx_span back;
    static uint8_t zeros[NX_CBOR_MAX];
    assert_true(nx_ok(nx_cose_text_encode(&text, r->a, nx_span_of(zeros, sizeof zeros))));
    assert_true(strlen(text) < 100);
    assert_true(nx_ok(nx_cose_text_decode(&back, r->a, nx_span_str(text))));
    assert_int_equal(back.n, sizeof zeros);
    assert_int_equal(nx_cose_text_decode(&back, r->a, NX_LIT("")).e, NX_ERR_ZLIB);

    /* The same text with one byte behind the stream, and cut off. */
    nx_span packed;
    char *longer;
    assert_true(nx_ok(nx_base45_decode(&packed, r->a, nx_span_str(text))));
    uint8_t bytes[128];
    memcpy(bytes, packed.p, packed.n);
    bytes[packed.n] = 0;
    assert_true(nx_ok(nx_base45_encode(&longer, r->a, nx_span_of(bytes, packed.n + 1))));
    assert_int_equal(nx_cose_text_decode(&back, r->a, nx_span_str(longer)).e, NX_ERR_ZLIB);
    assert_true(nx_ok(nx_base45_encode(&longer, r->a, nx_span_of(bytes, packed.n - 1))));
    assert_false(nx_ok(nx_cose_text_decode(&back, r->a, nx_span_str(longer))));
}

static void test_a_bomb_does_not_unpack(void **state)
{
    struct rig *r = *state;
    /* 64 KiB of zeros. */
    static const char bomb_hex[] =
        "78daedc101010000008090feafee080a0000000000000000000000000000000000000000000000000000000000000000"
        "000000000000000000000000000000000000000000000000000000000000006a000f0001";
    uint8_t bytes[256];
    size_t n;
    char *text;
    nx_span back;
    assert_true(nx_ok(nx_hex_decode(bytes, sizeof bytes, &n, nx_span_str(bomb_hex))));
    assert_true(nx_ok(nx_base45_encode(&text, r->a, nx_span_of(bytes, n))));
    assert_int_equal(nx_cose_text_decode(&back, r->a, nx_span_str(text)).e, NX_ERR_LIMIT);
}

static void test_keys_and_thumbprints(void **state)
{
    struct rig *r = *state;
    nx_buf b;
    nx_buf_init(&b, r->a, 128);
    assert_true(nx_ok(nx_cose_key_put(&b, r->device)));
    const struct nx_cbor *map;
    assert_true(nx_ok(nx_cbor_parse(&map, r->a, nx_buf_span(&b), NX_CBOR_STRICT)));
    EVP_PKEY *back;
    assert_true(nx_ok(nx_cose_key_get(&back, map)));
    assert_int_equal(EVP_PKEY_eq(back, r->device), 1);
    uint8_t x[NX_CKT_LEN], y[NX_CKT_LEN], z[NX_CKT_LEN];
    assert_true(nx_ok(nx_cose_key_thumbprint(x, r->device)));
    assert_true(nx_ok(nx_cose_key_thumbprint(y, back)));
    assert_true(nx_ok(nx_cose_key_thumbprint(z, r->key)));
    assert_memory_equal(x, y, sizeof x);
    assert_memory_not_equal(x, z, sizeof x);
    EVP_PKEY_free(back);
}

/* The example of RFC 9679 section 6: an EC2 P-256 key and its SHA-256 thumbprint. */
static void test_thumbprint_of_rfc_9679(void **state)
{
    struct rig *r = *state;
    static const char key_hex[] = "a401022001215820"
                                  "65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d"
                                  "225820"
                                  "1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c";
    static const char want[] = "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec";
    uint8_t bytes[128], print[NX_CKT_LEN];
    size_t n;
    char hex[2 * NX_CKT_LEN + 1];
    const struct nx_cbor *map;
    EVP_PKEY *key;
    assert_true(nx_ok(nx_hex_decode(bytes, sizeof bytes, &n, nx_span_str(key_hex))));
    assert_true(nx_ok(nx_cbor_parse(&map, r->a, nx_span_of(bytes, n), NX_CBOR_STRICT)));
    assert_true(nx_ok(nx_cose_key_get(&key, map)));
    assert_true(nx_ok(nx_cose_key_thumbprint(print, key)));
    nx_hex_encode(hex, nx_span_of(print, sizeof print));
    assert_string_equal(hex, want);
    EVP_PKEY_free(key);
    bytes[n - 1] ^= 1; /* off the curve */
    assert_true(nx_ok(nx_cbor_parse(&map, r->a, nx_span_of(bytes, n), NX_CBOR_STRICT)));
    assert_int_equal(nx_cose_key_get(&key, map).e, NX_ERR_JWK);
}

/* ---- sizes: QR.md's aims, in the text that a QR code holds
 * ------------------------------------------------- */

/* Characters that a QR code of level M holds in alphanumeric mode (ISO/IEC 18004 table 7). */
enum { V11_M = 366, V12_M = 419, V13_M = 483, V15_M = 600 };

static struct nx_cwt handle_claims(struct rig *r, const char *issuer, uint8_t ckt[NX_CKT_LEN])
{
    assert_true(nx_ok(nx_cose_key_thumbprint(ckt, r->device)));
    return (struct nx_cwt){
        .iss = issuer,
        .sub = "mzxw6ytboi2dknrtgq3tqojrgi",
        .exp = 1900000000,
        .iat = 1795000000,
        .cti = NX_LIT("\x9e\x01"),
        .ckt = nx_span_of(ckt, NX_CKT_LEN),
        .status_index = 101234,
        .status_uri = nx_arena_printf(r->a, "%s/s/0", issuer),
        .person = true,
    };
}

static nx_span identity(struct rig *r)
{
    struct nx_claim169 c = {
        .id = "079201012345",
        .full_name = "Nguyễn Thị Minh Khai",
        .birthdate = "20010930",
        .gender = 2,
        .kind = NX_169_PERSON,
        .proofing = 3,
    };
    nx_span map;
    assert_true(nx_ok(nx_claim169_write(&map, r->a, &c)));
    return map;
}

static void test_sizes_fit_the_versions(void **state)
{
    struct rig *r = *state;
    static const char *const issuers[] = {"https://id.gov.vn", "https://localhost:8443"};
    for (size_t i = 0; i < 2; i++) {
        uint8_t ckt[NX_CKT_LEN];
        struct nx_cwt claims = handle_claims(r, issuers[i], ckt);
        nx_span payload, card, live;
        char *text;
        assert_true(nx_ok(nx_cwt_write(&payload, r->a, &claims, NX_SPAN_NONE)));
        nx_span handle = sign(r, r->key, "nx-h", "kq3Z", payload);
        assert_true(nx_ok(nx_cose_text_encode(&text, r->a, handle)));
        print_message("# %s handle: %zu bytes, %zu characters\n", issuers[i], handle.n, strlen(text));
        assert_in_range(strlen(text), 1, strlen(issuers[i]) > 17 ? V12_M : V11_M);

        assert_true(nx_ok(nx_cwt_write(&payload, r->a, &claims, identity(r))));
        card = sign(r, r->key, "nx-c", "kq3Z", payload);
        assert_true(nx_ok(nx_cose_text_encode(&text, r->a, card)));
        print_message("# %s card: %zu bytes, %zu characters\n", issuers[i], card.n, strlen(text));
        assert_in_range(strlen(text), 1, V13_M);

        assert_true(nx_ok(nx_cwt_write_live(&payload, r->a, 1795000123, r->device, handle)));
        live = sign(r, r->device, "nx-l", "", payload);
        assert_true(nx_ok(nx_cose_text_encode(&text, r->a, live)));
        print_message("# %s live: %zu bytes, %zu characters\n", issuers[i], live.n, strlen(text));
        assert_in_range(strlen(text), 1, V15_M);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_object_verifies_as_what_it_is, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(test_rule_10_typ_and_key_decide, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(test_every_flipped_bit_is_seen, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(test_tags_may_be_61_18_or_none, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(test_headers_that_are_refused, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(test_text_form_comes_back_and_is_bounded, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(test_a_bomb_does_not_unpack, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(test_keys_and_thumbprints, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(test_thumbprint_of_rfc_9679, rig_up, rig_down),
        cmocka_unit_test_setup_teardown(test_sizes_fit_the_versions, rig_up, rig_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
