/* What readers get: handles, cards and live codes that verify with the bundle and nothing else; status lists
 * that follow the registry; keys with a purpose. */
#include "rig_phone.h"

#include "base/clock.h"
#include "crypto/base45.h"
#include "crypto/cwt.h"
#include "crypto/status_list.h"
#include "house/house.h"
#include "qr/issue.h"
#include "qr/keys.h"
#include "qr/lists.h"
#include "qr/verify.h"
#include "registry/qr_identity.h"
#include "revoke/revoke.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct rig rig;
static struct rig_browser home, reader;
static struct phone phone;
static char *handle, *card;

static void sync_texts(void)
{
    nx_reply *rp = phone_call(&phone, "/qr/v1/sync", "sync", NULL, NULL);
    assert_int_equal(rp->status, 200);
    handle = phone_text(&phone, rp, "handle");
    card = phone_text(&phone, rp, "card");
}

static int up(void **state)
{
    (void)state;
    if (rig_up(&rig) != 0) return -1;
    rig_browser_open(&home, &rig);
    rig_browser_open(&reader, &rig);
    phone_open(&phone, &rig);
    rig_sign_in(&home, &rig.lan);
    phone_enrol(&phone, &home);
    sync_texts();
    return 0;
}

static int down(void **state)
{
    (void)state;
    phone_close(&phone);
    rig_browser_close(&home);
    rig_browser_close(&reader);
    rig_down(&rig);
    nx_qr_lists_clear();
    nx_clock_shift(0);
    return 0;
}

static nx_bundle *fetch_bundle(void)
{
    nx_reply *rp = rig_get(&reader, "/qr/bundle");
    assert_int_equal(rp->status, 200);
    nx_bundle *b = NULL;
    nx_result r = nx_bundle_open(&b, nx_span_str(rig_body(rp)), NULL, nx_now());
    if (!nx_ok(r)) fail_msg("bundle: %s", nx_err_name(r.e));
    return b;
}

static nx_result sign_live(void *ctx, uint8_t out[NX_SIGNATURE_MAX], size_t *n, nx_span message)
{
    return nx_alg_sign(out, n, NX_ALG_ES256, ctx, message);
}

/* As a wallet makes it: the handle's bytes inside a proof of the device key. */
static char *live_of(const char *inner, EVP_PKEY *key, nx_time at)
{
    nx_span bytes, payload, signed_bytes;
    char *text;
    assert_true(nx_ok(nx_cose_text_decode(&bytes, rig.arena, nx_span_str(inner))));
    assert_true(nx_ok(nx_cwt_write_live(&payload, rig.arena, at, key, bytes)));
    assert_true(nx_ok(nx_cose_sign(&signed_bytes, rig.arena, NX_QR_TYP_LIVE, NX_SPAN_NONE, payload,
                                   &(struct nx_cose_signer){sign_live, key})));
    assert_true(nx_ok(nx_cose_text_encode(&text, rig.arena, signed_bytes)));
    return text;
}

static nx_err verify(struct nx_verdict_qr *v, const nx_bundle *b, const char *text)
{
    return nx_qr_verify(v, rig.arena, b, nx_span_str(text), nx_now()).e;
}

static void test_handle_card_and_live_verify_offline(void **state)
{
    (void)state;
    NX_AUTO(nx_bundle) b = fetch_bundle();
    struct nx_verdict_qr v;
    assert_int_equal(verify(&v, b, handle), NX_ERR_NONE);
    assert_int_equal(v.form, NX_FORM_HANDLE);
    assert_int_equal(v.standing, NX_STANDING_VALID);
    assert_string_equal(v.claims.sub, phone.qid);
    assert_false(v.has_identity);
    assert_false(v.live);

    assert_int_equal(verify(&v, b, card), NX_ERR_NONE);
    assert_int_equal(v.form, NX_FORM_CARD);
    assert_string_equal(v.identity.full_name, "Nguyễn Thị Lan");
    assert_string_equal(v.identity.birthdate, "19900228");
    assert_int_equal(v.identity.gender, 2);
    assert_int_equal(v.identity.proofing, 3);

    char *live = live_of(handle, phone.key, nx_now());
    assert_int_equal(verify(&v, b, live), NX_ERR_NONE);
    assert_int_equal(v.form, NX_FORM_LIVE);
    assert_true(v.live);
    nx_clock_shift(31);
    assert_int_equal(verify(&v, b, live), NX_ERR_NONE);
    assert_false(v.live); /* a screenshot */
}

static void test_rule_10_a_live_code_carries_the_key_of_the_handle(void **state)
{
    (void)state;
    NX_AUTO(nx_bundle) b = fetch_bundle();
    struct nx_verdict_qr v;
    EVP_PKEY *thief = NULL;
    assert_true(nx_ok(nx_alg_generate(&thief, NX_ALG_ES256)));
    assert_int_equal(verify(&v, b, live_of(handle, thief, nx_now())), NX_ERR_CWT);
    assert_int_equal(verify(&v, b, live_of(card, phone.key, nx_now())),
                     NX_ERR_JOSE_TYP); /* cards are not wrapped */
    EVP_PKEY_free(thief);
}

static nx_result sign_as_server(void *ctx, uint8_t out[NX_SIGNATURE_MAX], size_t *n, nx_span message)
{
    return nx_signing_key_sign(ctx, out, n, message);
}

/* The payload of a card under the typ of a handle, signed by the right key: still no handle. */
static void test_rule_10_a_card_never_passes_for_a_handle(void **state)
{
    (void)state;
    NX_AUTO(nx_bundle) b = fetch_bundle();
    NX_AUTO(nx_signing_key) key = NULL;
    struct nx_verdict_qr v;
    struct nx_cose c;
    nx_span bytes, forged;
    char *text;
    assert_true(nx_ok(nx_keyring_active(&key, rig_house(&rig)->keyring, NX_USE_QR)));
    const struct nx_cose_signer signer = {sign_as_server, key};
    assert_true(nx_ok(nx_cose_text_decode(&bytes, rig.arena, nx_span_str(card))));
    assert_true(nx_ok(nx_cose_parse(&c, rig.arena, bytes, NX_CBOR_STRICT)));
    assert_true(nx_ok(nx_cose_sign(&forged, rig.arena, NX_QR_TYP_HANDLE, c.kid, c.payload, &signer)));
    assert_true(nx_ok(nx_cose_text_encode(&text, rig.arena, forged)));
    assert_int_equal(verify(&v, b, text), NX_ERR_CWT);
}

static void test_rule_10_a_handle_says_nothing_about_its_holder(void **state)
{
    (void)state;
    nx_span bytes;
    assert_true(nx_ok(nx_cose_text_decode(&bytes, rig.arena, nx_span_str(handle))));
    static const char *const secrets[] = {"Lan", "1990", "lan@example.vn", "84912345678"};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        assert_null(memmem(bytes.p, bytes.n, secrets[i], strlen(secrets[i])));
    assert_null(memmem(bytes.p, bytes.n, rig.lan.id, NX_ID_LEN)); /* nor her id */
}

static void test_tampered_and_foreign_codes_fail(void **state)
{
    (void)state;
    NX_AUTO(nx_bundle) b = fetch_bundle();
    struct nx_verdict_qr v;
    nx_span bytes;
    assert_true(nx_ok(nx_cose_text_decode(&bytes, rig.arena, nx_span_str(card))));
    for (size_t i = 0; i < bytes.n; i++) {
        NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
        uint8_t copy[1024];
        char *text;
        memcpy(copy, bytes.p, bytes.n);
        copy[i] ^= 0x01;
        assert_true(nx_ok(nx_cose_text_encode(&text, a, nx_span_of(copy, bytes.n))));
        if (nx_ok(nx_qr_verify(&v, a, b, nx_span_str(text), nx_now())))
            fail_msg("byte %zu may be changed", i);
    }
    assert_int_not_equal(verify(&v, b, "HELLO WORLD"), NX_ERR_NONE);
}

static void revoke(enum nx_revoke_act act)
{
    const struct nx_revoke_order order = {
        .act = act, .scope = NX_REVOKE_QR, .target = phone.qid, .reason = "test", .actor = "uid:0"};
    assert_true(nx_ok(nx_revoke(rig_house(&rig), rig.arena, &order, NULL)));
}

static void test_status_follows_the_registry(void **state)
{
    (void)state;
    struct nx_verdict_qr v;
    revoke(NX_SUSPEND);
    NX_AUTO(nx_bundle) suspended = fetch_bundle();
    assert_int_equal(verify(&v, suspended, card), NX_ERR_NONE);
    assert_int_equal(v.standing, NX_STANDING_SUSPENDED);
    revoke(NX_RESUME);
    NX_AUTO(nx_bundle) resumed = fetch_bundle();
    assert_int_equal(verify(&v, resumed, card), NX_ERR_NONE);
    assert_int_equal(v.standing, NX_STANDING_VALID);
    revoke(NX_REVOKE);
    NX_AUTO(nx_bundle) revoked = fetch_bundle();
    assert_int_equal(verify(&v, revoked, card), NX_ERR_NONE);
    assert_int_equal(v.standing, NX_STANDING_REVOKED);
    nx_reply *rp = phone_call(&phone, "/qr/v1/sync", "sync", NULL, NULL);
    assert_int_equal(rp->status, 200);
    assert_null(phone_text(&phone, rp, "handle"));
}

static void test_a_bundle_has_its_day(void **state)
{
    (void)state;
    char *text = nx_arena_strdup(rig.arena, rig_body(rig_get(&reader, "/qr/bundle")));
    NX_AUTO_JSON keys = rig_json(rig_get(&reader, "/qr/jwks"));
    nx_bundle *b = NULL;
    nx_time now = nx_now();
    assert_int_equal(nx_bundle_open(&b, nx_span_str(text), keys, now + NX_QR_BUNDLE_S).e, NX_ERR_EXPIRED);
    assert_int_equal(nx_bundle_open(&b, nx_span_str(text), keys, now - 3600).e, NX_ERR_NOT_YET);
    assert_true(nx_ok(nx_bundle_open(&b, nx_span_str(text), keys, now)));
    assert_string_equal(nx_bundle_issuer(b), RIG_ISSUER);
    nx_bundle_close(b);

    /* Another server's bundle is not taken by who holds this one's keys. */
    struct rig stranger;
    struct rig_browser there;
    assert_int_equal(rig_up(&stranger), 0);
    rig_browser_open(&there, &stranger);
    nx_span other = nx_span_str(rig_body(rig_get(&there, "/qr/bundle")));
    assert_int_equal(nx_bundle_open(&b, other, keys, now).e, NX_ERR_JOSE_KEY);
    rig_browser_close(&there);
    rig_down(&stranger);
}

static void test_keys_have_a_purpose_and_no_private_half(void **state)
{
    (void)state;
    NX_AUTO_JSON set = rig_json(rig_get(&reader, "/qr/jwks"));
    unsigned cards = 0, wallets = 0, status = 0;
    size_t at;
    json_t *key;
    json_array_foreach(nx_json_array(set, "keys"), at, key)
    {
        const char *purpose = nx_json_str(key, "purpose"), *kid = nx_json_str(key, "kid");
        cards += strcmp(purpose, "card") == 0 && strlen(kid) == NX_QR_KID_LEN;
        wallets += strcmp(purpose, "wallet") == 0;
        status += strcmp(purpose, "status") == 0;
        assert_null(json_object_get(key, "d"));
        assert_string_equal(nx_json_str(key, "alg"), "ES256");
    }
    assert_true(cards >= 1 && wallets >= 1 && status >= 1);
    assert_int_equal(json_array_size(nx_json_array(set, "keys")), cards + wallets + status);
}

static nx_jwks *status_keys(void)
{
    NX_AUTO_JSON set = rig_json(rig_get(&reader, "/qr/jwks"));
    json_t *keys = nx_json_array(set, "keys");
    for (size_t i = json_array_size(keys); i-- > 0;)
        if (strcmp(nx_json_str(json_array_get(keys, i), "purpose"), "status") != 0)
            json_array_remove(keys, i);
    nx_jwks *out = NULL;
    assert_true(nx_ok(nx_jwks_from_json(&out, set)));
    return out;
}

/* The statuses of a token list, fetched by its URI. */
static nx_err fetch_list(struct nx_tsl *out, const char *uri)
{
    NX_AUTO(nx_jwks) keys = status_keys();
    nx_reply *rp = rig_get(&reader, uri + strlen(RIG_ISSUER));
    if (rp->status != 200) return NX_ERR_NOT_FOUND;
    assert_string_equal(nx_reply_header_get(rp, "Content-Type"), "application/statuslist+jwt");
    assert_string_equal(nx_reply_header_get(rp, "Cache-Control"), "public, max-age=60");
    return nx_tsl_token_open(out, rig.arena, keys, nx_span_str(rig_body(rp)), uri, nx_now()).e;
}

static void test_rule_22_lists_are_signed_public_and_cached(void **state)
{
    (void)state;
    struct nx_tsl l;
    NX_AUTO_JSON lists = rig_json(rig_get(&reader, "/status/lists"));
    const json_t *uris = nx_json_array(lists, "status_lists");
    assert_true(json_array_size(uris) >= 1);
    size_t at;
    json_t *uri;
    json_array_foreach(uris, at, uri)
    {
        assert_int_equal(fetch_list(&l, json_string_value(uri)), NX_ERR_NONE);
        assert_int_equal(l.bits, 2);
        assert_int_equal(l.ttl, 60);
        assert_int_equal(l.list.n, (1 << 17) / 4);
    }
    /* The same token until something changes, another after. */
    char *first = nx_arena_strdup(rig.arena, rig_body(rig_get(&reader, "/s/0")));
    nx_clock_shift(30);
    assert_string_equal(rig_body(rig_get(&reader, "/s/0")), first);
    revoke(NX_REVOKE);
    assert_string_not_equal(rig_body(rig_get(&reader, "/s/0")), first);
    assert_int_equal(rig_get(&reader, "/s/9")->status, 404);
    assert_int_equal(rig_get(&reader, "/s/-1")->status, 404);
    assert_int_equal(rig_get(&reader, "/s/00")->status, 404);
}

/* A token's own status: valid, then revoked with its QR identity; lists of an older generation say
 * all-invalid. */
static void test_rule_22_tokens_point_into_lists(void **state)
{
    (void)state;
    struct nx_tsl l;
    unsigned value;
    nx_reply *rp = phone_sign_in(&phone, &reader, &rig.portal, false);
    NX_AUTO_JSON answer = rig_json(rig_redeem(&reader, &rig.portal, rig_param(&rig, rp, "code")));
    NX_AUTO_JSON claims = rig_claims(&rig, nx_json_str(answer, "access_token"), "at+jwt");
    const json_t *ref = nx_json_object(nx_json_object(claims, "status"), "status_list");
    const char *uri = nx_json_str(ref, "uri");
    uint64_t index = (uint64_t)nx_json_int(ref, "idx", -1);
    assert_int_equal(fetch_list(&l, uri), NX_ERR_NONE);
    assert_true(nx_ok(nx_tsl_get(&value, l.list, l.bits, index)));
    assert_int_equal(value, NX_TSL_VALID);
    revoke(NX_REVOKE);
    assert_int_equal(fetch_list(&l, uri), NX_ERR_NONE);
    assert_true(nx_ok(nx_tsl_get(&value, l.list, l.bits, index)));
    assert_int_equal(value, NX_TSL_INVALID);

    assert_int_equal(fetch_list(&l, RIG_ISSUER "/status/aaaaaaaaaaaaaaaaaaaaaaaaaa/0"), NX_ERR_NONE);
    for (uint64_t i = 0; i < 1 << 17; i += 4999) {
        assert_true(nx_ok(nx_tsl_get(&value, l.list, l.bits, i)));
        assert_int_equal(value, NX_TSL_INVALID);
    }
}

static void test_paper_has_a_handle_without_a_key(void **state)
{
    (void)state;
    struct nx_qr_identity paper;
    struct nx_qr_texts texts;
    struct nx_verdict_qr v;
    assert_true(nx_ok(nx_qr_identity_get(rig_house(&rig)->registry, rig.arena, rig.lan.qid, &paper)));
    assert_true(nx_ok(nx_qr_issue(&texts, rig.arena, rig_house(&rig), &paper, nx_now())));
    NX_AUTO(nx_bundle) b = fetch_bundle();
    assert_int_equal(verify(&v, b, texts.handle), NX_ERR_NONE);
    assert_int_equal(v.claims.ckt.n, 0);
    assert_true(v.claims.exp == paper.expires);
    assert_int_equal(verify(&v, b, live_of(texts.handle, phone.key, nx_now())),
                     NX_ERR_CWT); /* nobody's key */
}

#define T(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_handle_card_and_live_verify_offline),
        T(test_rule_10_a_live_code_carries_the_key_of_the_handle),
        T(test_rule_10_a_card_never_passes_for_a_handle),
        T(test_rule_10_a_handle_says_nothing_about_its_holder),
        T(test_tampered_and_foreign_codes_fail),
        T(test_status_follows_the_registry),
        T(test_a_bundle_has_its_day),
        T(test_keys_have_a_purpose_and_no_private_half),
        T(test_rule_22_lists_are_signed_public_and_cached),
        T(test_rule_22_tokens_point_into_lists),
        T(test_paper_has_a_handle_without_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
