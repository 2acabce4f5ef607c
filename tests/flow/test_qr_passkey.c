/* Approving on the phone by a passkey instead of the PIN (rule 2; docs/PROTOCOL-qr.md sections 7 and 9). */
#include "authn/passkey.h"
#include "base/clock.h"
#include "crypto/digest.h"
#include "house/chain.h"
#include "registry/audit.h"
#include "rig_phone.h"
#include "soft_passkey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct rig rig;
static struct rig_browser b, page;
static struct phone phone;
static struct soft_passkey key;

static int up(void **state)
{
    (void)state;
    int r = rig_up(&rig);
    rig_browser_open(&b, &rig);
    rig_browser_open(&page, &rig);
    phone_open(&phone, &rig);
    key = soft_open(rig.arena, -7, 1);
    key.handle_len = 0; /* not discoverable: says nothing of its person */
    rig_prove(
        &page, &rig.lan,
        (struct nx_proof){.means = NX_MEANS_PASSWORD | NX_MEANS_OTP, .bound_at = 2, .rung = NX_RUNG_NONE},
        NULL);
    phone_enrol(&phone, &page);
    return r;
}

static int down(void **state)
{
    (void)state;
    soft_close(&key);
    phone_close(&phone);
    rig_browser_close(&b);
    rig_browser_close(&page);
    rig_down(&rig);
    nx_clock_shift(0);
    return 0;
}

/* ---- enrolling
 * --------------------------------------------------------------------------------------------------- */

static nx_reply *start(struct phone *p, const char *pin)
{
    return phone_call(p, "/qr/v1/passkey/start", "passkey", NULL, json_pack("{s:s}", "pin", pin));
}

struct started {
    char *ticket, *challenge;
};

static struct started started(struct phone *p)
{
    nx_reply *rp = start(p, PHONE_PIN);
    if (rp->status != 200) fail_msg("start: %s", rig_body(rp));
    NX_AUTO_JSON j = rig_json(rp);
    const json_t *o = nx_json_object(j, "publicKey"),
                 *selection = nx_json_object(o, "authenticatorSelection");
    assert_string_equal(nx_json_str(selection, "authenticatorAttachment"), "platform");
    assert_string_equal(nx_json_str(selection, "userVerification"), "required");
    return (struct started){nx_arena_strdup(rig.arena, nx_json_str(j, "ticket")),
                            nx_arena_strdup(rig.arena, nx_json_str(o, "challenge"))};
}

static nx_reply *finish(struct phone *p, const char *ticket, const char *credential)
{
    return phone_call(p, "/qr/v1/passkey/finish", "passkey-bind", json_pack("{s:s}", "ticket", ticket),
                      json_pack("{s:s}", "credential", credential));
}

static void have(struct phone *p, struct soft_passkey *k)
{
    struct started s = started(p);
    soft_create(k, s.challenge);
    nx_reply *rp = finish(p, s.ticket, soft_registration(k));
    if (rp->status != 200) fail_msg("finish: %s", rig_body(rp));
}

static struct nx_passkey row_of(const struct soft_passkey *k)
{
    struct nx_passkey row;
    assert_true(nx_ok(nx_passkey_by_credential(rig_house(&rig)->registry, rig.arena,
                                               nx_span_of(k->id, SOFT_ID_LEN), &row)));
    return row;
}

/* ---- approving
 * --------------------------------------------------------------------------------------------------- */

/* The digest of what this phone was shown, as the wallet works it out. */
static char *shown(const struct phone *p)
{
    uint8_t digest[NX_SHA256_LEN];
    assert_true(nx_ok(nx_sha256(digest, nx_span_str(p->context))));
    return nx_b64u_dup(rig.arena, nx_span_of(digest, sizeof digest));
}

static nx_reply *approve_with(struct phone *p, const char *assertion, json_t *more)
{
    json_t *members = json_pack("{s:s, s:I, s:s, s:s, s:b}", "order", nx_json_str(p->shown, "order"), "t",
                                (json_int_t)nx_json_int(p->shown, "t", 0), "nonce",
                                nx_json_str(p->shown, "nonce"), "ctx", shown(p), "own_screen", 1);
    json_t *beside = json_pack("{s:s}", "assertion", assertion);
    if (more) json_object_update(beside, more);
    json_decref(more);
    return phone_call(p, "/qr/v1/orders/approve", "approve", members, beside);
}

static nx_reply *approve(struct phone *p, struct soft_passkey *k)
{
    soft_get(k, shown(p));
    return approve_with(p, soft_assertion(k), NULL);
}

/* An order of this browser, taken by the phone. */
static char *taken(struct phone *p)
{
    nx_reply *rp = page_open(&b, &rig.portal, "");
    char *link = page_code(&rig, rp), *t = page_t(&rig, rp);
    rp = phone_take(p, link, "scan");
    if (rp->status != 200) fail_msg("take: %s", rig_body(rp));
    return t;
}

static void a_passkey_approves_in_place_of_the_pin(void **state)
{
    (void)state;
    have(&phone, &key);
    assert_string_equal(row_of(&key).qid.s, phone.qid);
    assert_int_equal(row_of(&key).bound_at, 2);
    char *t = taken(&phone);
    nx_reply *rp = approve(&phone, &key);
    assert_int_equal(rp->status, 200);
    char *digits = phone_text(&phone, rp, "digits");
    assert_non_null(digits);
    rig_follow(&b, page_digits(&b, t, digits));
    NX_AUTO_JSON tokens = rig_tokens(&b, &rig.portal, "");
    NX_AUTO_JSON claims = rig_claims(&rig, nx_json_str(tokens, "id_token"), "JWT");
    assert_string_equal(nx_json_str(claims, "acr"), "urn:nixa:acr:m2");
    assert_true(nx_json_has(nx_json_array(claims, "amr"), "user"));
    assert_false(nx_json_has(nx_json_array(claims, "amr"), "pin"));
}

/* Rule 2: the evidence says by what the user was verified, and holds the assertion. */
static void the_evidence_says_so(void **state)
{
    (void)state;
    have(&phone, &key);
    taken(&phone);
    assert_int_equal(approve(&phone, &key)->status, 200);
    struct nx_audit_query q = {.subject = rig.lan.id, .type = "qr.approved"};
    struct nx_audit_page found;
    assert_true(nx_ok(nx_audit_list(rig_house(&rig)->registry, rig.arena, &q, &found)));
    assert_int_equal(found.n, 1);
    NX_AUTO_JSON detail = NULL;
    assert_true(nx_ok(nx_json_parse_object(&detail, nx_span_str(found.v[0].detail))));
    assert_string_equal(nx_json_str(detail, "verified_by"), "passkey");
    assert_string_equal(nx_json_str(detail, "assertion"), soft_assertion(&key));
}

static void what_does_not_approve(void **state)
{
    (void)state;
    have(&phone, &key);
    taken(&phone);
    struct soft_passkey good = key;
    soft_get(&key, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"); /* signs something else */
    assert_code(approve_with(&phone, soft_assertion(&key), NULL), 403, "passkey_invalid");
    key = good;
    key.flags = 0x01; /* somebody touched it */
    assert_code(approve(&phone, &key), 403, "passkey_invalid");
    key = good;
    key.origin = "https://evil.example";
    assert_code(approve(&phone, &key), 403, "passkey_invalid");
    key = good;
    key.rp_id = "evil.example";
    assert_code(approve(&phone, &key), 403, "passkey_invalid");
    key = good;
    key.id[0] ^= 1;
    assert_code(approve(&phone, &key), 403, "passkey_invalid");
    key = good;
    soft_get(&key, shown(&phone));
    assert_code(approve_with(&phone, soft_assertion(&key), json_pack("{s:s}", "pin", PHONE_PIN)), 400,
                "malformed");
    assert_int_equal(approve_with(&phone, soft_assertion(&key), NULL)->status, 200);
}

/* A counter that went back locks it; the PIN still serves. */
static void a_copy_is_noticed(void **state)
{
    (void)state;
    have(&phone, &key);
    key.counter = 50;
    taken(&phone);
    assert_int_equal(approve(&phone, &key)->status, 200);
    key.counter = 40;
    taken(&phone);
    assert_code(approve(&phone, &key), 403, "passkey_invalid");
    assert_int_equal(row_of(&key).state, NX_PASSKEY_FLAGGED);
    key.counter = 60;
    assert_code(approve(&phone, &key), 403, "passkey_invalid");
    assert_int_equal(phone_approve(&phone, PHONE_PIN, true)->status, 200);
}

static void the_passkey_of_another_phone_approves_nothing_here(void **state)
{
    (void)state;
    struct phone second;
    struct soft_passkey other = soft_open(rig.arena, -8, 2);
    phone_open(&second, &rig);
    phone_enrol(&second, &page);
    have(&second, &other);
    have(&phone, &key);
    taken(&phone);
    assert_code(approve(&phone, &other), 403, "passkey_invalid");
    assert_int_equal(approve(&phone, &key)->status, 200);
    soft_close(&other);
    phone_close(&second);
}

/* ---- what enrols none
 * --------------------------------------------------------------------------------------------------- */

static void enrolling_takes_the_pin_and_a_challenge_of_this_phone(void **state)
{
    (void)state;
    struct phone second;
    assert_code(start(&phone, "000000"), 403, "pin_wrong");
    phone_open(&second, &rig);
    phone_enrol(&second, &page);
    struct started s = started(&second);
    soft_create(&key, s.challenge);
    assert_code(finish(&phone, s.ticket, soft_registration(&key)), 403, "passkey_invalid");
    s = started(&phone);
    key.flags = 0x01;
    soft_create(&key, s.challenge);
    assert_code(finish(&phone, s.ticket, soft_registration(&key)), 403, "passkey_invalid");
    key.flags = 0x05;
    soft_create(&key, s.challenge); /* that ticket is used up */
    assert_code(finish(&phone, s.ticket, soft_registration(&key)), 403, "passkey_invalid");
    have(&phone, &key);
    phone_close(&second);
}

/* ---- telling
 * ----------------------------------------------------------------------------------------------------- */

static void sync_names_its_own_and_tells_of_others(void **state)
{
    (void)state;
    struct nx_passkey foreign = {.bound_at = 2,
                                 .alg = -7,
                                 .credential_id = NX_LIT("another credential of hers"),
                                 .public_key = NX_LIT("its key"),
                                 .transports = "",
                                 .name = "Máy lạ"};
    have(&phone, &key);
    memcpy(foreign.person.s, rig.lan.id, sizeof foreign.person.s);
    assert_true(nx_ok(nx_passkey_create(rig_house(&rig)->registry, &foreign)));
    nx_reply *rp = phone_call(&phone, "/qr/v1/sync", "sync", NULL, NULL);
    NX_AUTO_JSON j = rig_json(rp);
    assert_true(nx_json_has(nx_json_array(j, "passkeys"), soft_b64(&key, nx_span_of(key.id, SOFT_ID_LEN))));
    char *notice = nx_arena_printf(rig.arena, "k:%s", foreign.id.s);
    const json_t *list = nx_json_array(j, "notices");
    bool told = false;
    for (size_t i = 0; i < json_array_size(list); i++)
        told |= strcmp(nx_json_str(json_array_get(list, i), "id"), notice) == 0;
    assert_true(told);
    rp = phone_call(&phone, "/qr/v1/notices/undo", "undo", json_pack("{s:s}", "notice", notice), NULL);
    assert_int_equal(rp->status, 200);
    struct nx_passkey gone;
    assert_int_equal(nx_passkey_get(rig_house(&rig)->registry, rig.arena, foreign.id.s, &gone).e,
                     NX_ERR_NOT_FOUND);
    char *own = nx_arena_printf(rig.arena, "k:%s", row_of(&key).id.s);
    rp = phone_call(&phone, "/qr/v1/notices/undo", "undo", json_pack("{s:s}", "notice", own), NULL);
    assert_code(rp, 404, "not_found");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_passkey_approves_in_place_of_the_pin),
        TEST(the_evidence_says_so),
        TEST(what_does_not_approve),
        TEST(a_copy_is_noticed),
        TEST(the_passkey_of_another_phone_approves_nothing_here),
        TEST(enrolling_takes_the_pin_and_a_challenge_of_this_phone),
        TEST(sync_names_its_own_and_tells_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
