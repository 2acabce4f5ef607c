/* Foreign corpora through our decoder (tests/data/qr): the claim-169 vectors, and real issuers' codes with
 * the verdicts that their publishers expect. */
#include "base/json.h"
#include "base/text.h"
#include "crypto/claim169.h"
#include "crypto/cose.h"
#include "crypto/cwt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>
#include <glob.h>
#include <openssl/x509.h>

static json_t *load(const char *path)
{
    json_error_t error;
    json_t *j = json_load_file(path, 0, &error);
    if (!j) fail_msg("%s: %s", path, error.text);
    return j;
}

/* ---- claim-169
 * --------------------------------------------------------------------------------------------- */

static EVP_PKEY *key_from_hex(const char *algorithm, const char *hex)
{
    uint8_t bytes[65];
    size_t n;
    assert_true(nx_ok(nx_hex_decode(bytes, sizeof bytes, &n, nx_span_str(hex))));
    if (strcmp(algorithm, "EdDSA") == 0) return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes, n);
    EVP_PKEY *key = NULL;
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 16);
    nx_buf b;
    nx_buf_init(&b, a, 256);
    nx_cbor_put_map(&b, 4);
    nx_cbor_put_int(&b, 1);
    nx_cbor_put_int(&b, 2);
    nx_cbor_put_int(&b, -1);
    nx_cbor_put_int(&b, 1);
    nx_cbor_put_int(&b, -2);
    nx_cbor_put_bytes(&b, nx_span_of(bytes + 1, 32));
    nx_cbor_put_int(&b, -3);
    nx_cbor_put_bytes(&b, nx_span_of(bytes + 33, 32));
    const struct nx_cbor *map;
    assert_true(nx_ok(nx_cbor_parse(&map, a, nx_buf_span(&b), NX_CBOR_STRICT)));
    assert_true(nx_ok(nx_cose_key_get(&key, map)));
    return key;
}

/* Everything a reader does with a code; the step that fails is in *step. */
static nx_result read_claim169(nx_arena *a, const char *text, EVP_PKEY *key, struct nx_cwt *cwt,
                               struct nx_claim169 *who, const char **step)
{
    nx_span bytes;
    struct nx_cose cose;
    *step = "text";
    NX_TRY(nx_cose_text_decode(&bytes, a, nx_span_str(text)));
    *step = "CoseParse";
    NX_TRY(nx_cose_parse(&cose, a, bytes, NX_CBOR_FOREIGN));
    *step = "verify";
    if (key) NX_TRY(nx_cose_verify_foreign(&cose, a, key));
    *step = "claims";
    NX_TRY(nx_cwt_read(cwt, a, cose.payload, NX_CBOR_FOREIGN));
    *step = "Claim169NotFound";
    NX_REQUIRE(cwt->identity && cwt->person, NX_ERR_CWT);
    *step = "map";
    return nx_claim169_read(who, a, cwt->identity);
}

static void check_text(const json_t *want, const char *name, const char *have)
{
    const char *text = nx_json_str(want, name);
    if (text) assert_string_equal(have ? have : "(absent)", text);
}

static void compare_with(const json_t *j, const struct nx_cwt *cwt, const struct nx_claim169 *who)
{
    const json_t *want = nx_json_object(j, "expected_claim169"),
                 *meta = nx_json_object(j, "expected_cwt_meta");
    check_text(want, "id", who->id);
    check_text(want, "fullName", who->full_name);
    check_text(want, "firstName", who->first_name);
    check_text(want, "middleName", who->middle_name);
    check_text(want, "lastName", who->last_name);
    check_text(want, "address", who->address);
    check_text(want, "email", who->email);
    check_text(want, "phone", who->phone);
    check_text(meta, "issuer", cwt->iss);
    check_text(meta, "subject", cwt->sub);
    assert_true(nx_json_int(meta, "expiresAt", cwt->exp) == cwt->exp);
    assert_true(nx_json_int(meta, "issuedAt", cwt->iat) == cwt->iat);
    assert_true(nx_json_int(meta, "notBefore", cwt->nbf) == cwt->nbf);
}

static unsigned walk(const char *pattern, void (*one)(const char *path, const json_t *j))
{
    glob_t g;
    assert_int_equal(glob(pattern, 0, NULL, &g), 0);
    for (size_t i = 0; i < g.gl_pathc; i++) {
        NX_AUTO_JSON j = load(g.gl_pathv[i]);
        one(g.gl_pathv[i], j);
    }
    unsigned n = (unsigned)g.gl_pathc;
    globfree(&g);
    return n;
}

static void one_claim169(const char *path, const json_t *j)
{
    NX_AUTO(nx_arena) a = nx_arena_open(8 << 20);
    const json_t *signing = nx_json_object(j, "signing_key");
    EVP_PKEY *key = NULL;
    if (signing)
        key = key_from_hex(nx_json_str(signing, "algorithm"), nx_json_str(signing, "public_key_hex"));
    struct nx_cwt cwt;
    struct nx_claim169 who;
    const char *step;
    nx_result r = read_claim169(a, nx_json_str(j, "qr_data"), key, &cwt, &who, &step);
    EVP_PKEY_free(key);
    /* Encrypted objects (COSE_Encrypt0) are not ours to read: they are refused as what they are. */
    bool encrypted = nx_json_object(j, "encryption_key") != NULL;
    bool invalid = strcmp(nx_json_str(j, "category"), "invalid") == 0;
    if (encrypted) assert_string_equal(step, "CoseParse");
    if (nx_ok(r) == (invalid || encrypted)) fail_msg("%s: %s at %s", path, nx_err_name(r.e), step);
    if (nx_ok(r)) compare_with(j, &cwt, &who);
    const char *wanted = nx_json_str(j, "expected_error");
    if (wanted && strcmp(wanted, "Base45Decode") == 0)
        assert_int_equal(r.e, NX_ERR_ENCODING);
    else if (wanted && strcmp(wanted, "Decompress") == 0)
        assert_int_equal(r.e, NX_ERR_ZLIB);
    else if (wanted)
        assert_string_equal(step, wanted);
}

static void test_claim_169_vectors(void **state)
{
    (void)state;
    assert_int_equal(walk(NX_TEST_DATA "/qr/claim-169/*/*.json", one_claim169), 18);
}

static void test_claim_169_signature_is_looked_at(void **state)
{
    (void)state;
    NX_AUTO_JSON j = load(NX_TEST_DATA "/qr/claim-169/valid/ecdsa-p256-signed.json");
    NX_AUTO_JSON other = load(NX_TEST_DATA "/qr/claim-169/valid/ed25519-signed.json");
    NX_AUTO(nx_arena) a = nx_arena_open(8 << 20);
    EVP_PKEY *wrong = NULL;
    assert_true(nx_ok(nx_alg_generate(&wrong, NX_ALG_ES256)));
    struct nx_cwt cwt;
    struct nx_claim169 who;
    const char *step;
    assert_int_equal(read_claim169(a, nx_json_str(j, "qr_data"), wrong, &cwt, &who, &step).e,
                     NX_ERR_SIGNATURE);
    assert_int_equal(read_claim169(a, nx_json_str(other, "qr_data"), wrong, &cwt, &who, &step).e,
                     NX_ERR_JOSE_ALG);
    EVP_PKEY_free(wrong);
}

/* Rule 10: what the foreign mode reads is not an object of ours. */
static void test_rule_10_strict_mode_takes_no_foreign_object(void **state)
{
    (void)state;
    NX_AUTO_JSON j = load(NX_TEST_DATA "/qr/claim-169/valid/ecdsa-p256-signed.json");
    NX_AUTO(nx_arena) a = nx_arena_open(8 << 20);
    nx_span bytes;
    struct nx_cose cose;
    assert_true(nx_ok(nx_cose_text_decode(&bytes, a, nx_span_str(nx_json_str(j, "qr_data")))));
    assert_false(nx_ok(nx_cose_parse(&cose, a, bytes, NX_CBOR_STRICT)));
}

/* ---- digital certificates
 * ---------------------------------------------------------------------------------- */

static EVP_PKEY *key_of_certificate(const char *base64, nx_span *kid, uint8_t digest[32])
{
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 16);
    nx_span der;
    if (!nx_ok(nx_b64_decode_dup(&der, a, nx_span_str(base64)))) return NULL;
    unsigned n = 32;
    assert_int_equal(EVP_Digest(der.p, der.n, digest, &n, EVP_sha256(), NULL), 1);
    *kid = nx_span_of(digest, 8);
    const uint8_t *p = der.p;
    X509 *certificate = d2i_X509(NULL, &p, (long)der.n);
    EVP_PKEY *key = certificate ? X509_get_pubkey(certificate) : NULL;
    X509_free(certificate);
    return key;
}

static time_t time_of(const char *text)
{
    struct tm tm = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!rest) return 0;
    time_t t = timegm(&tm);
    while (*rest == '.' || (*rest >= '0' && *rest <= '9'))
        rest++;
    if (*rest == '+' || *rest == '-') {
        int hours = atoi(rest + 1), minutes = atoi(rest + 4);
        t -= (*rest == '+' ? 1 : -1) * (hours * 3600 + minutes * 60);
    }
    return t;
}

/* The certificate itself: claim -260, {1: map}. */
static bool holds_certificate(nx_arena *a, nx_span payload)
{
    const struct nx_cbor *claims;
    if (!nx_ok(nx_cbor_parse(&claims, a, payload, NX_CBOR_FOREIGN))) return false;
    const struct nx_cbor *certificate = nx_cbor_at(nx_cbor_at(claims, -260), 1);
    return certificate && certificate->type == NX_CBOR_MAP;
}

/* What our decoder says of each step; a step behind a failed one was not reached. */
struct verdict {
    bool prefix, base45, inflated, verified, claims, current;
};

static struct verdict judge(nx_arena *a, const json_t *j)
{
    struct verdict v = {.prefix = false};
    const json_t *context = nx_json_object(j, "TESTCTX");
    nx_span text = nx_span_str(nx_json_str(j, "PREFIX")), bytes, kid = NX_SPAN_NONE;
    v.prefix = nx_span_starts(text, NX_LIT("HC1:"));
    if (!v.prefix) return v;
    nx_err e = nx_cose_text_decode(&bytes, a, nx_span_from(text, 4)).e;
    v.base45 = e != NX_ERR_ENCODING;
    v.inflated = e == NX_ERR_NONE;
    struct nx_cose cose;
    struct nx_cwt cwt;
    if (!v.inflated || !nx_ok(nx_cose_parse(&cose, a, bytes, NX_CBOR_FOREIGN))) return v;
    uint8_t digest[32];
    const char *certificate = nx_json_str(context, "CERTIFICATE");
    EVP_PKEY *key = certificate ? key_of_certificate(certificate, &kid, digest) : NULL;
    v.claims =
        nx_ok(nx_cwt_read(&cwt, a, cose.payload, NX_CBOR_FOREIGN)) && holds_certificate(a, cose.payload);
    v.verified = key && v.claims && nx_span_eq(cose.kid, kid) && nx_ok(nx_cose_verify_foreign(&cose, a, key));
    EVP_PKEY_free(key);
    const char *clock = nx_json_str(context, "VALIDATIONCLOCK");
    v.current = v.claims && clock && nx_ok(nx_cwt_check_time(&cwt, time_of(clock)));
    return v;
}

static unsigned verified, refused;

static void expect(const char *path, const json_t *results, const char *name, bool have)
{
    const json_t *want = json_object_get(results, name);
    if (json_is_boolean(want) && json_is_true(want) != have) fail_msg("%s: %s is %d", path, name, have);
}

static void one_certificate(const char *path, const json_t *j)
{
    NX_AUTO(nx_arena) a = nx_arena_open(8 << 20);
    const json_t *results = nx_json_object(j, "EXPECTEDRESULTS");
    if (!nx_json_str(j, "PREFIX")) return;
    struct verdict v = judge(a, j);
    expect(path, results, "EXPECTEDUNPREFIX", v.prefix);
    expect(path, results, "EXPECTEDB45DECODE", v.base45);
    expect(path, results, "EXPECTEDCOMPRESSION", v.inflated);
    expect(path, results, "EXPECTEDDECODE", v.claims);
    expect(path, results, "EXPECTEDVERIFY", v.verified);
    expect(path, results, "EXPECTEDEXPIRATIONCHECK", v.current);
    verified += v.verified;
    refused += !v.verified;
}

static void test_digital_certificates(void **state)
{
    (void)state;
    unsigned files = walk(NX_TEST_DATA "/qr/dgc/*/2DCode/raw/*.json", one_certificate) +
                     walk(NX_TEST_DATA "/qr/dgc/*/*/2DCode/raw/*.json", one_certificate);
    print_message("# %u files, %u verified, %u refused\n", files, verified, refused);
    assert_int_equal(files, 101);
    assert_int_equal(verified, 90);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claim_169_vectors),
        cmocka_unit_test(test_claim_169_signature_is_looked_at),
        cmocka_unit_test(test_rule_10_strict_mode_takes_no_foreign_object),
        cmocka_unit_test(test_digital_certificates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
