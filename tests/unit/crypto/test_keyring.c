/* The life of signing keys: made once, published before use, retired after the last token, rolled at once;
 * rows that were tampered with; other nodes; and threads that sign while keys turn. */
#include "memory_keys.h"

#include "base/fault.h"
#include "base/text.h"
#include "crypto/certificate.h"
#include "crypto/jws.h"

#include <openssl/rsa.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>

#include <cmocka.h>

static const struct nx_keyring_terms terms = {.publish_s = 600};
static struct memory_keys rows;
static nx_master *master;
static nx_arena *arena;
static int64_t shifted;

static int set_up(void **state)
{
    (void)state;
    memset(&rows, 0, sizeof rows);
    (void)memory_keys_store(&rows);
    master = memory_master();
    arena = nx_arena_open(16u << 20);
    return arena ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    nx_master_close(master);
    nx_arena_close(arena);
    nx_clock_shift(0);
    shifted = 0;
    return 0;
}

static void pass(int64_t seconds)
{
    shifted += seconds;
    nx_clock_shift(shifted);
}

/* How many uses get their key at first start. */
static size_t at_start(void)
{
    size_t n = 0;
    for (int use = 0; use < NX_USE_COUNT; use++)
        n += !nx_key_use_late((nx_key_use)use);
    return n;
}

static nx_keyring *open_ring(void)
{
    struct nx_key_store store = {
        .ctx = &rows, .list = memory_keys_list, .save = memory_keys_save, .drop = memory_keys_drop};
    nx_keyring *r = NULL;
    assert_true(nx_ok(nx_keyring_open(&r, master, &store, &terms)));
    return r;
}

static void tend_until_quiet(nx_keyring *r)
{
    for (int i = 0; i < 2 * NX_USE_COUNT; i++)
        assert_true(nx_ok(nx_keyring_tend(r)));
}

static nx_span sign(nx_keyring *r)
{
    char *token = NULL;
    assert_true(nx_ok(nx_jws_sign(&token, arena, r, NX_USE_TOKEN, "JWT", NX_LIT("{}"))));
    return nx_span_str(token);
}

static nx_err verify(nx_keyring *r, nx_span token)
{
    struct nx_jws out;
    return nx_jws_verify_own(&out, arena, r, NX_USE_BIT(NX_USE_TOKEN), "JWT", token).e;
}

static size_t published(nx_keyring *r)
{
    char *json = NULL;
    assert_true(nx_ok(nx_keyring_jwks(&json, arena, r, NX_USE_BIT(NX_USE_TOKEN))));
    NX_AUTO_JSON set = NULL;
    assert_true(nx_ok(nx_json_parse(&set, nx_span_str(json))));
    return json_array_size(nx_json_array(set, "keys"));
}

static void test_made_at_first_start_and_kept(void **state)
{
    (void)state;
    NX_AUTO(nx_keyring) first = open_ring();
    assert_int_equal(rows.count, at_start());
    nx_span token = sign(first);
    NX_AUTO(nx_keyring) second = open_ring();
    assert_int_equal(rows.count, at_start());
    assert_int_equal(verify(second, token), NX_ERR_NONE);
    for (size_t i = 0; i < rows.count; i++) {
        assert_int_equal(rows.row[i].state, NX_KEY_ACTIVE);
        assert_int_equal(rows.row[i].alg, nx_key_use_alg(rows.row[i].use));
        assert_int_equal(strlen(rows.row[i].kid), NX_KEY_ID_LEN);
    }
}

static void test_rotation_publishes_before_use_and_retires_after_the_last_token(void **state)
{
    (void)state;
    NX_AUTO(nx_keyring) r = open_ring();
    nx_span old = sign(r);
    assert_int_equal(nx_keyring_rotate(r, NX_USE_TOKEN).e, NX_ERR_KEY_TOO_NEW);
    tend_until_quiet(r);
    assert_int_equal(published(r), 2);
    assert_int_equal(nx_keyring_rotate(r, NX_USE_TOKEN).e, NX_ERR_KEY_TOO_NEW);
    pass(terms.publish_s);
    uint64_t before = nx_keyring_generation(r);
    assert_true(nx_ok(nx_keyring_rotate(r, NX_USE_TOKEN)));
    assert_true(nx_keyring_generation(r) > before);
    nx_span fresh = sign(r);
    assert_int_equal(verify(r, old), NX_ERR_NONE);
    assert_int_equal(verify(r, fresh), NX_ERR_NONE);
    tend_until_quiet(r);
    assert_int_equal(published(r), 3);
    pass(nx_key_use_retire_s(NX_USE_TOKEN));
    assert_int_equal(verify(r, old), NX_ERR_JOSE_KEY);
    assert_int_equal(published(r), 2);
    assert_int_equal(rows.count, 2 * NX_USE_COUNT + 1);
    tend_until_quiet(r);
    assert_int_equal(rows.count, 2 * NX_USE_COUNT);
    assert_int_equal(verify(r, fresh), NX_ERR_NONE);
}

/* Retire after the last token: as long as anything that a key of this use signed is believed, and no longer.
 */
static void test_each_use_retires_in_its_own_time(void **state)
{
    (void)state;
    nx_time began = nx_now();
    NX_AUTO(nx_keyring) r = open_ring();
    struct nx_key_row *row;
    size_t n;
    tend_until_quiet(r);
    pass(terms.publish_s);
    for (int use = 0; use < NX_USE_COUNT; use++)
        assert_true(nx_ok(nx_keyring_rotate(r, (nx_key_use)use)));
    assert_true(nx_ok(nx_keyring_list(&row, &n, arena, r)));
    int64_t took = nx_now() - began - terms.publish_s; /* the test's own time: under valgrind it is minutes */
    int seen = 0;
    for (size_t i = 0; i < n; i++) {
        if (row[i].state != NX_KEY_RETIRED) continue;
        int64_t past =
            row[i].retire_after - row[i].published - terms.publish_s - nx_key_use_retire_s(row[i].use);
        assert_in_range(past, 0, took + 1);
        seen++;
    }
    assert_int_equal(seen, NX_USE_COUNT);
    assert_true(nx_key_use_retire_s(NX_USE_TOKEN) >= 12 * 3600 && nx_key_use_retire_s(NX_USE_TOKEN) <= 86400);
    assert_int_equal(nx_key_use_retire_s(NX_USE_TOKEN_RS256), nx_key_use_retire_s(NX_USE_TOKEN));
    assert_true(nx_key_use_retire_s(NX_USE_STATUS) > 86400 && nx_key_use_retire_s(NX_USE_WALLET) > 86400);
    assert_true(nx_key_use_retire_s(NX_USE_QR) > 5LL * 365 * 86400);
}

static void test_housekeeping_rotates_in_time(void **state)
{
    (void)state;
    struct nx_key_store store = {
        .ctx = &rows, .list = memory_keys_list, .save = memory_keys_save, .drop = memory_keys_drop};
    const struct nx_keyring_terms turning = {.publish_s = 600, .rotate_s = 7200};
    NX_AUTO(nx_keyring) r = NULL;
    NX_AUTO(nx_signing_key) first = NULL;
    NX_AUTO(nx_signing_key) second = NULL;
    NX_AUTO(nx_signing_key) third = NULL;
    assert_true(nx_ok(nx_keyring_open(&r, master, &store, &turning)));
    tend_until_quiet(r);
    assert_true(nx_ok(nx_keyring_active(&first, r, NX_USE_TOKEN)));
    pass(turning.rotate_s);
    tend_until_quiet(r);
    assert_true(nx_ok(nx_keyring_active(&second, r, NX_USE_TOKEN)));
    assert_string_equal(nx_signing_key_kid(second), nx_signing_key_kid(first));
    pass(turning.publish_s);
    tend_until_quiet(r);
    assert_true(nx_ok(nx_keyring_active(&third, r, NX_USE_TOKEN)));
    assert_string_not_equal(nx_signing_key_kid(third), nx_signing_key_kid(first));
}

static void test_rolling_ends_everything_at_once(void **state)
{
    (void)state;
    NX_AUTO(nx_keyring) r = open_ring();
    tend_until_quiet(r);
    nx_span old = sign(r);
    assert_int_equal(verify(r, old), NX_ERR_NONE);
    assert_true(nx_ok(nx_keyring_roll(r, NX_USE_TOKEN)));
    assert_int_equal(verify(r, old), NX_ERR_JOSE_KEY);
    assert_int_equal(published(r), 1);
    assert_int_equal(verify(r, sign(r)), NX_ERR_NONE);
    tend_until_quiet(r);
    assert_int_equal(rows.count, 2 * NX_USE_COUNT);
}

static void test_another_nodes_rotation_is_taken_over(void **state)
{
    (void)state;
    NX_AUTO(nx_keyring) a = open_ring();
    tend_until_quiet(a);
    NX_AUTO(nx_keyring) b = open_ring();
    pass(terms.publish_s);
    assert_true(nx_ok(nx_keyring_rotate(a, NX_USE_TOKEN)));
    nx_span token = sign(a);
    assert_int_equal(verify(b, token), NX_ERR_NONE); /* published before use: b knew it */
    assert_int_equal(nx_keyring_rotate(b, NX_USE_TOKEN).e, NX_ERR_KEY_TOO_NEW);
    assert_true(nx_ok(nx_keyring_tend(b)));
    NX_AUTO(nx_signing_key) ka = NULL;
    NX_AUTO(nx_signing_key) kb = NULL;
    assert_true(nx_ok(nx_keyring_active(&ka, a, NX_USE_TOKEN)));
    assert_true(nx_ok(nx_keyring_active(&kb, b, NX_USE_TOKEN)));
    assert_string_equal(nx_signing_key_kid(ka), nx_signing_key_kid(kb));
}

static void test_a_lost_race_follows_the_winner(void **state)
{
    (void)state;
    NX_AUTO(nx_keyring) r = open_ring();
    tend_until_quiet(r);
    pass(terms.publish_s);
    rows.refuse = true;
    nx_span token = sign(r);
    assert_int_equal(nx_keyring_rotate(r, NX_USE_TOKEN).e, NX_ERR_CONFLICT);
    assert_int_equal(verify(r, token), NX_ERR_NONE);
    assert_true(nx_ok(nx_keyring_rotate(r, NX_USE_TOKEN)));
}

static nx_err reopen(void)
{
    struct nx_key_store store = {
        .ctx = &rows, .list = memory_keys_list, .save = memory_keys_save, .drop = memory_keys_drop};
    nx_keyring *r = NULL;
    nx_err e = nx_keyring_open(&r, master, &store, &terms).e;
    nx_keyring_close(r);
    return e;
}

static void test_every_flipped_byte_of_a_row_is_noticed(void **state)
{
    (void)state;
    nx_keyring_close(open_ring());
    for (size_t at = 0; at < rows.row[0].sealed.n; at++) {
        rows.sealed[0][at] ^= 4;
        assert_int_equal(reopen(), NX_ERR_KEY_ROW);
        rows.sealed[0][at] ^= 4;
    }
    assert_int_equal(reopen(), NX_ERR_NONE);
}

/* A row copied over another, or relabelled for another use, does not open. */
static void test_rows_are_bound_to_kid_and_use(void **state)
{
    (void)state;
    nx_keyring_close(open_ring());
    struct nx_key_row *token = NULL, *qr = NULL;
    for (size_t i = 0; i < rows.count; i++) {
        if (rows.row[i].use == NX_USE_TOKEN) token = &rows.row[i];
        if (rows.row[i].use == NX_USE_QR) qr = &rows.row[i];
    }
    assert_non_null(token);
    assert_non_null(qr);
    nx_span mine = token->sealed;
    token->sealed = qr->sealed;
    assert_int_equal(reopen(), NX_ERR_KEY_ROW);
    token->sealed = mine;
    token->use = NX_USE_QR;
    qr->use = NX_USE_TOKEN;
    assert_int_equal(reopen(), NX_ERR_KEY_ROW);
    token->use = NX_USE_TOKEN;
    qr->use = NX_USE_QR;
    token->alg = NX_ALG_RS256;
    assert_int_equal(reopen(), NX_ERR_KEY_ROW);
}

static void test_a_key_that_was_taken_outlives_the_ring(void **state)
{
    (void)state;
    nx_keyring *r = open_ring();
    NX_AUTO(nx_signing_key) k = NULL;
    assert_true(nx_ok(nx_keyring_active(&k, r, NX_USE_QR)));
    nx_keyring_close(r);
    uint8_t sig[NX_SIGNATURE_MAX];
    size_t n;
    assert_true(nx_ok(nx_signing_key_sign(k, sig, &n, NX_LIT("m"))));
    assert_true(nx_ok(nx_signing_key_verify(k, NX_LIT("m"), nx_span_of(sig, n))));
    assert_int_equal(nx_signing_key_use(k), NX_USE_QR);
}

static void test_a_late_key_is_made_at_first_need_and_once(void **state)
{
    (void)state;
    NX_AUTO(nx_keyring) r = open_ring();
    NX_AUTO(nx_keyring) other = open_ring();
    NX_AUTO(nx_signing_key) first = NULL;
    NX_AUTO(nx_signing_key) again = NULL;
    NX_AUTO(nx_signing_key) theirs = NULL;
    size_t before = rows.count;
    assert_true(nx_ok(nx_keyring_active(&first, r, NX_USE_SAML)));
    assert_true(nx_ok(nx_keyring_active(&again, r, NX_USE_SAML)));
    assert_ptr_equal(first, again);
    assert_int_equal(rows.count, before + 1);
    assert_true(nx_ok(nx_keyring_active(&theirs, other, NX_USE_SAML)));
    assert_string_equal(nx_signing_key_kid(theirs), nx_signing_key_kid(first));
}

/* ECDSA signs otherwise each time: a certificate that were made anew would not be the one that peers have. */
static void test_a_certificate_outlives_restarts_and_is_the_keys(void **state)
{
    (void)state;
    static const nx_key_use uses[] = {NX_USE_SAML, NX_USE_SAML_EC, NX_USE_SAML_ENC};
    for (size_t i = 0; i < 3; i++) {
        NX_AUTO(nx_keyring) r = open_ring();
        NX_AUTO(nx_keyring) later = NULL;
        NX_AUTO(nx_signing_key) k = NULL;
        NX_AUTO(nx_signing_key) same = NULL;
        assert_true(nx_ok(nx_keyring_active(&k, r, uses[i])));
        later = open_ring();
        assert_true(nx_ok(nx_keyring_active(&same, later, uses[i])));
        const char *certificate = nx_signing_key_certificate(k);
        assert_non_null(certificate);
        assert_string_equal(certificate, nx_signing_key_certificate(same));
        nx_span der;
        EVP_PKEY *key = NULL;
        assert_true(nx_ok(nx_b64_decode_dup(&der, arena, nx_span_str(certificate))));
        assert_true(nx_ok(nx_certificate_key(&key, der)));
        assert_int_equal(EVP_PKEY_eq(key, nx_jwk_evp(nx_signing_key_jwk(k))), 1);
        EVP_PKEY_free(key);
    }
    NX_AUTO(nx_keyring) r = open_ring();
    NX_AUTO(nx_signing_key) plain = NULL;
    assert_true(nx_ok(nx_keyring_active(&plain, r, NX_USE_TOKEN)));
    assert_null(nx_signing_key_certificate(plain));
}

static nx_span wrap(const nx_signing_key *k, const EVP_MD *digest, nx_span message)
{
    static uint8_t out[512];
    size_t n = sizeof out;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(nx_jwk_evp(nx_signing_key_jwk(k)), NULL);
    assert_int_equal(EVP_PKEY_encrypt_init(c), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_OAEP_PADDING), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md(c, digest), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(c, digest), 1);
    assert_int_equal(EVP_PKEY_encrypt(c, out, &n, message.p, message.n), 1);
    EVP_PKEY_CTX_free(c);
    return nx_span_of(out, n);
}

static void test_a_key_decrypts_or_signs_and_never_both(void **state)
{
    (void)state;
    NX_AUTO(nx_keyring) r = open_ring();
    NX_AUTO(nx_signing_key) opens = NULL;
    NX_AUTO(nx_signing_key) signs = NULL;
    assert_true(nx_ok(nx_keyring_active(&opens, r, NX_USE_SAML_ENC)));
    assert_true(nx_ok(nx_keyring_active(&signs, r, NX_USE_SAML)));
    NX_AUTO_SECRET(got);
    nx_span wrapped = wrap(opens, EVP_sha256(), NX_LIT("0123456789abcdef"));
    assert_true(nx_ok(nx_signing_key_open(opens, &got, "SHA256", "SHA256", wrapped)));
    assert_true(nx_span_eq(nx_secret_expose(&got), NX_LIT("0123456789abcdef")));
    assert_int_equal(nx_signing_key_open(opens, &got, "SHA1", "SHA1", wrapped).e, NX_ERR_SEAL);
    assert_int_equal(nx_signing_key_open(opens, &got, "MD5", "MD5", wrapped).e, NX_ERR_JOSE_ALG);
    assert_int_equal(nx_signing_key_open(opens, &got, "SHA256", "SHA256", NX_LIT("short")).e, NX_ERR_SEAL);
    assert_int_equal(nx_signing_key_open(signs, &got, "SHA256", "SHA256", wrapped).e, NX_ERR_JOSE_ALG);
    uint8_t sig[NX_SIGNATURE_MAX];
    size_t n;
    assert_int_equal(nx_signing_key_sign(opens, sig, &n, NX_LIT("m")).e, NX_ERR_JOSE_ALG);
    NX_AUTO(nx_signing_key) found = NULL;
    nx_span kid = nx_span_str(nx_signing_key_kid(opens));
    assert_int_equal(nx_keyring_find(&found, r, ~0u, kid).e, NX_ERR_JOSE_KEY);
    char *jwks = NULL;
    assert_true(nx_ok(nx_keyring_jwks(&jwks, arena, r, NX_USE_BIT(NX_USE_SAML_ENC))));
    assert_string_equal(jwks, "{\"keys\":[]}");
}

static void test_the_keys_of_a_use_active_first(void **state)
{
    (void)state;
    NX_AUTO(nx_keyring) r = open_ring();
    nx_signing_key *k[NX_KEYS_OF_USE_MAX];
    size_t n;
    NX_AUTO(nx_signing_key) old = NULL;
    assert_true(nx_ok(nx_keyring_active(&old, r, NX_USE_SAML_ENC)));
    tend_until_quiet(r);
    pass(terms.publish_s);
    assert_true(nx_ok(nx_keyring_rotate(r, NX_USE_SAML_ENC)));
    tend_until_quiet(r);
    assert_true(nx_ok(nx_keyring_keys(k, &n, r, NX_USE_SAML_ENC)));
    assert_int_equal(n, 3);
    assert_ptr_equal(k[2], old);
    NX_AUTO(nx_signing_key) active = NULL;
    assert_true(nx_ok(nx_keyring_active(&active, r, NX_USE_SAML_ENC)));
    assert_ptr_equal(k[0], active);
    for (size_t i = 0; i < n; i++)
        nx_signing_key_release(k[i]);
    pass(nx_key_use_retire_s(NX_USE_SAML_ENC));
    assert_true(nx_ok(nx_keyring_keys(k, &n, r, NX_USE_SAML_ENC)));
    assert_int_equal(n, 2);
    for (size_t i = 0; i < n; i++)
        nx_signing_key_release(k[i]);
}

static void test_names(void **state)
{
    (void)state;
    for (int i = 0; i < NX_USE_COUNT; i++) {
        nx_key_use use;
        assert_true(nx_ok(nx_key_use_of(&use, nx_span_str(nx_key_use_name((nx_key_use)i)))));
        assert_int_equal(use, i);
    }
    nx_key_use use;
    nx_key_state s;
    assert_int_equal(nx_key_use_of(&use, NX_LIT("tokens")).e, NX_ERR_UNKNOWN);
    assert_true(nx_ok(nx_key_state_of(&s, NX_LIT("retired"))));
    assert_int_equal(s, NX_KEY_RETIRED);
    assert_int_equal(nx_key_state_of(&s, NX_LIT("gone")).e, NX_ERR_UNKNOWN);
}

static void test_no_key_is_made_without_random_bytes(void **state)
{
    (void)state;
    for (unsigned n = 1;; n++) {
        memset(&rows, 0, sizeof rows);
        (void)memory_keys_store(&rows);
        nx_fault_arm(NX_ACT_RANDOM, n);
        nx_err e = reopen();
        if (!nx_fault_fired(NX_ACT_RANDOM)) break;
        assert_int_equal(e, NX_ERR_RANDOM);
    }
    nx_fault_arm(NX_ACT_RANDOM, 0);
    assert_int_equal(rows.count, at_start());
}

/* Threads report, the main thread asserts. */
struct crew {
    nx_keyring *ring;
    atomic_bool stop;
    atomic_uint signed_well, failed;
};

static void *sign_and_verify(void *arg)
{
    struct crew *c = arg;
    while (!atomic_load(&c->stop)) {
        NX_AUTO(nx_arena) a = nx_arena_open(64u << 10);
        char *token = NULL, *json = NULL;
        struct nx_jws out;
        bool ok =
            nx_ok(nx_jws_sign(&token, a, c->ring, NX_USE_TOKEN, "JWT", NX_LIT("{}"))) &&
            nx_ok(nx_jws_verify_own(&out, a, c->ring, NX_USE_BIT(NX_USE_TOKEN), "JWT", nx_span_str(token))) &&
            nx_ok(nx_keyring_jwks(&json, a, c->ring, NX_USE_BIT(NX_USE_TOKEN)));
        atomic_fetch_add(ok ? &c->signed_well : &c->failed, 1);
    }
    return NULL;
}

static void test_threads_sign_while_keys_turn(void **state)
{
    (void)state;
    NX_AUTO(nx_keyring) r = open_ring();
    tend_until_quiet(r);
    struct crew crew = {.ring = r};
    pthread_t thread[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, sign_and_verify, &crew), 0);
    unsigned turned = 0;
    for (int i = 0; i < 12; i++) {
        unsigned at = atomic_load(&crew.signed_well);
        pass(terms.publish_s);
        turned += nx_ok(nx_keyring_rotate(r, NX_USE_TOKEN));
        nx_ignore(nx_keyring_tend(r)); /* counted below through what the threads saw */
        while (atomic_load(&crew.signed_well) < at + 3 && atomic_load(&crew.failed) == 0)
            sched_yield();
    }
    atomic_store(&crew.stop, true);
    for (int i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
    assert_true(turned >= 6);
    assert_int_equal(atomic_load(&crew.failed), 0);
    assert_true(atomic_load(&crew.signed_well) >= 36);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_made_at_first_start_and_kept),
        T(test_rotation_publishes_before_use_and_retires_after_the_last_token),
        T(test_rolling_ends_everything_at_once),
        T(test_each_use_retires_in_its_own_time),
        T(test_housekeeping_rotates_in_time),
        T(test_another_nodes_rotation_is_taken_over),
        T(test_a_lost_race_follows_the_winner),
        T(test_every_flipped_byte_of_a_row_is_noticed),
        T(test_rows_are_bound_to_kid_and_use),
        T(test_a_key_that_was_taken_outlives_the_ring),
        T(test_a_late_key_is_made_at_first_need_and_once),
        T(test_a_certificate_outlives_restarts_and_is_the_keys),
        T(test_a_key_decrypts_or_signs_and_never_both),
        T(test_the_keys_of_a_use_active_first),
        T(test_names),
        T(test_no_key_is_made_without_random_bytes),
        T(test_threads_sign_while_keys_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
