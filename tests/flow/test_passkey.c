/* Passkeys, from the page that adds one to the portal that learns what it is worth. */
#include "authn/passkey.h"
#include "base/clock.h"
#include "endpoints/bearer/bearer.h"
#include "house/chain.h"
#include "registry/audit.h"
#include "revoke/revoke.h"
#include "rig.h"
#include "soft_passkey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct rig rig;
static struct rig_browser b, other;
static struct soft_passkey key;

static int up(void **state)
{
    (void)state;
    int r = rig_up(&rig);
    rig_browser_open(&b, &rig);
    rig_browser_open(&other, &rig);
    key = soft_open(rig.arena, -7, 1);
    return r;
}

static int down(void **state)
{
    (void)state;
    soft_close(&key);
    rig_browser_close(&b);
    rig_browser_close(&other);
    rig_down(&rig);
    nx_clock_shift(0);
    return 0;
}

/* Two factors of different kinds, at the level at which they were enrolled. */
static void sign_in_at(struct rig_browser *who, const struct rig_person *p, int level)
{
    rig_prove(
        who, p,
        (struct nx_proof){.means = NX_MEANS_PASSWORD | NX_MEANS_OTP, .bound_at = level, .rung = NX_RUNG_NONE},
        NULL);
}

/* ---- adding
 * ------------------------------------------------------------------------------------------------- */

/* What the server asks of a script; in the rig's arena. */
struct asked {
    char *ticket;
    char *challenge;
    char *user;        /* handle, base64url; NULL when signing in */
    char *attestation; /* NULL when signing in */
    size_t excluded;
};

static struct asked ask(struct rig_browser *who, const char *path, const char *t)
{
    char form[600];
    snprintf(form, sizeof form, "t=%s", t);
    nx_reply *rp = rig_post(who, path, form);
    assert_int_equal(rp->status, 200);
    NX_AUTO_JSON j = rig_json(rp);
    const json_t *o = nx_json_object(j, "publicKey"), *u = nx_json_object(o, "user");
    struct asked out = {.ticket = nx_arena_strdup(rig.arena, nx_json_str(j, "ticket")),
                        .challenge = nx_arena_strdup(rig.arena, nx_json_str(o, "challenge"))};
    if (u) out.user = nx_arena_strdup(rig.arena, nx_json_str(u, "id"));
    if (u) out.attestation = nx_arena_strdup(rig.arena, nx_json_str(o, "attestation"));
    if (u) out.excluded = json_array_size(nx_json_array(o, "excludeCredentials"));
    return out;
}

/* The forms of the page in their order: those of its rows come first. */
static char *field_of(const nx_reply *rp, const char *action, const char *name)
{
    const char *form = strstr(rig_body(rp), nx_arena_printf(rig.arena, "action=\"%s\"", action));
    assert_non_null(form);
    char *wanted = nx_arena_printf(rig.arena, "name=\"%s\" value=\"", name);
    const char *at = strstr(form, wanted);
    assert_non_null(at);
    at += strlen(wanted);
    return nx_arena_dup(rig.arena, nx_span_of(at, strcspn(at, "\"")));
}

static nx_reply *send_new(struct rig_browser *who, const char *csrf, const struct asked *q,
                          const char *response)
{
    return rig_post(
        who, "/me/passkeys",
        nx_arena_printf(rig.arena, "csrf=%s&ticket=%s&response=%s", csrf, q->ticket, rig_encoded(&rig, response)));
}

static size_t excluded; /* credentials named to the authenticator that was asked last */

static nx_reply *add(struct rig_browser *who, struct soft_passkey *p, const char *name)
{
    struct asked q = ask(who, "/me/passkeys/options", "");
    size_t n;
    excluded = q.excluded;
    assert_true(nx_ok(nx_b64u_decode(p->handle, sizeof p->handle, &n, nx_span_str(q.user))));
    p->handle_len = n;
    soft_create(p, q.challenge);
    nx_reply *rp = rig_get(who, "/me/passkeys");
    char *form = nx_arena_printf(rig.arena, "csrf=%s&ticket=%s&response=%s&name=%s",
                                 field_of(rp, "/me/passkeys", "csrf"), q.ticket,
                                 rig_encoded(&rig, soft_registration(p)), rig_encoded(&rig, name));
    return rig_post(who, "/me/passkeys", form);
}

static struct nx_passkey row_of(const struct soft_passkey *p)
{
    struct nx_passkey k;
    assert_true(nx_ok(
        nx_passkey_by_credential(rig_house(&rig)->registry, rig.arena, nx_span_of(p->id, SOFT_ID_LEN), &k)));
    return k;
}

/* Adds it in a session of that level, which is signed out again. */
static void have(struct soft_passkey *p, const struct rig_person *whose, int level)
{
    sign_in_at(&b, whose, level);
    assert_string_equal(rig_location(add(&b, p, "Khóa của tôi")), "/me/passkeys?done=added");
    rig_browser_close(&b);
    rig_browser_open(&b, &rig);
}

/* ---- signing in
 * --------------------------------------------------------------------------------------------- */

static nx_reply *send_answer(struct rig_browser *who, const char *t, const char *ticket, const char *response)
{
    nx_reply *rp = rig_get(who, nx_arena_printf(rig.arena, "/login/passkey?t=%s", t));
    assert_int_equal(rp->status, 200);
    char *form = nx_arena_printf(rig.arena, "csrf=%s&t=%s&ticket=%s&response=%s",
                                 field_of(rp, "/login/passkey", "csrf"), t, ticket, rig_encoded(&rig, response));
    return rig_post(who, "/login/passkey", form);
}

static nx_reply *use(struct rig_browser *who, struct soft_passkey *p, const char *t)
{
    rig_get(who, "/login");
    struct asked q = ask(who, "/login/passkey/options", t);
    soft_get(p, q.challenge);
    return send_answer(who, t, q.ticket, soft_assertion(p));
}

/* The transaction of a portal that asks, and its sign-in page's t. */
static char *begin(struct rig_browser *who, const char *more)
{
    nx_reply *rp = rig_follow(who, rig_get(who, rig_authorize_url(&rig, &rig.portal, more)));
    assert_int_equal(rp->status, 200);
    return rig_field(&rig, rp, "t");
}

static void assert_acr(struct rig_browser *who, const char *acr, const char *amr)
{
    NX_AUTO_JSON tokens = rig_tokens(who, &rig.portal, "");
    NX_AUTO_JSON claims = rig_claims(&rig, nx_json_str(tokens, "id_token"), "JWT");
    assert_string_equal(nx_json_str(claims, "acr"), acr);
    assert_true(nx_json_has(nx_json_array(claims, "amr"), amr));
}

static void a_passkey_is_added_and_signs_in(void **state)
{
    (void)state;
    have(&key, &rig.lan, 2);
    struct nx_passkey k = row_of(&key);
    assert_string_equal(k.person.s, rig.lan.id);
    assert_int_equal(k.bound_at, 2);
    assert_string_equal(k.transports, "hybrid internal");
    assert_string_equal(k.name, "Khóa của tôi");
    nx_reply *rp = use(&b, &key, "");
    assert_string_equal(rig_location(rp), "/me");
    assert_int_equal(rig_follow(&b, rp)->status, 200);
    assert_int_equal(row_of(&key).counter, key.counter);
    assert_acr(&b, "urn:nixa:acr:m2", "hwk");
}

static void a_portal_gets_its_answer(void **state)
{
    (void)state;
    have(&key, &rig.lan, 2);
    nx_reply *rp = rig_follow(&b, use(&b, &key, begin(&b, "&acr_values=urn:nixa:acr:m2")));
    if (rig_says(rp, "name=\"decision\"")) return; /* the portal's consent comes behind the sign-in */
    assert_true(strncmp(rig_location(rp), "https://portal.example/cb", 25) == 0);
}

/* Rule 3: no credential lifts itself. */
static void what_is_added_proves_no_more_than_the_session_did(void **state)
{
    (void)state;
    rig_sign_in(&b, &rig.lan); /* a password: m1 */
    assert_string_equal(rig_location(add(&b, &key, "")), "/me/passkeys?done=added");
    assert_int_equal(row_of(&key).bound_at, 1);
    rig_browser_close(&b);
    rig_browser_open(&b, &rig);
    use(&b, &key, "");
    assert_acr(&b, "urn:nixa:acr:m1", "hwk");
}

/* ---- beside a phone
 * ----------------------------------------------------------------------------------------------- */

#define WANTS_M3 "&acr_values=urn:nixa:acr:m3&claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3Atrue%2C%22value%22%3A%22urn:nixa:acr:m3%22%7D%7D%7D"

/* Signed in by a phone that was attested as biometric, from no one knows where. */
static void sign_in_from_afar(void)
{
    rig_prove(&b, &rig.lan, (struct nx_proof){.means = NX_MEANS_QR_BIOMETRIC, .bound_at = 3, .rung = NX_P0}, NULL);
}

/* QR.md 2.5, SECURITY.md 6: an answer of hers in the tab itself, of a phone nearby or of any authenticator, is the nearness
 * that a code alone cannot prove. */
static void a_passkey_in_the_tab_brings_the_phone_near(void **state)
{
    (void)state;
    rig_prove(&b, &rig.lan,
              (struct nx_proof){.means = NX_MEANS_PASSKEY_BIOMETRIC, .bound_at = 3, .rung = NX_RUNG_NONE}, NULL);
    add(&b, &key, "");
    assert_int_equal(row_of(&key).bound_at, 3);
    rig_browser_close(&b);
    rig_browser_open(&b, &rig);
    sign_in_from_afar();
    nx_reply *rp = rig_follow(&b, rig_get(&b, rig_authorize_url(&rig, &rig.portal, WANTS_M3)));
printf("# %d %s\n%s\n", rp->status, rig_location(rp), rig_body(rp));
    assert_true(rig_says(rp, "Cần xác minh mạnh hơn"));
    assert_true(rig_says(rp, "/login/passkey?t="));
    char *t = strstr(rig_body(rp), "/login/passkey?t=") + strlen("/login/passkey?t=");
    rp = rig_follow(&b, use(&b, &key, nx_arena_dup(rig.arena, nx_span_of(t, strcspn(t, "\"&")))));
    NX_AUTO_JSON tokens = rig_tokens(&b, &rig.portal, WANTS_M3);
    NX_AUTO_JSON claims = rig_claims(&rig, nx_json_str(tokens, "id_token"), "JWT");
    assert_string_equal(nx_json_str(claims, "acr"), "urn:nixa:acr:m3");
    assert_string_equal(nx_json_str(claims, "qr_px"), "p3");
}

/* SECURITY.md 3: who has her password may have added it in a session of m2; it lifts nothing above that. */
static void a_passkey_that_was_added_lower_brings_nothing_near(void **state)
{
    (void)state;
    have(&key, &rig.lan, 2);
    sign_in_from_afar();
    nx_reply *rp = rig_follow(&b, rig_get(&b, rig_authorize_url(&rig, &rig.portal, WANTS_M3)));
    assert_false(rig_says(rp, "/login/passkey?t="));
    use(&b, &key, "");
    NX_AUTO_JSON tokens = rig_tokens(&b, &rig.portal, "");
    NX_AUTO_JSON claims = rig_claims(&rig, nx_json_str(tokens, "id_token"), "JWT");
    assert_string_equal(nx_json_str(claims, "acr"), "urn:nixa:acr:m2");
    assert_string_equal(nx_json_str(claims, "qr_px"), "p0");
}

/* ---- what is refused
 * ------------------------------------------------------------------------------------------ */

static const char refused[] = "Không nhận khóa này", again[] = "Trang đã mở quá lâu";

static void assert_refused(nx_reply *rp, int status, const char *text)
{
    assert_int_equal(rp->status, status);
    assert_true(rig_says(rp, text));
    assert_int_equal(rig_get(&b, "/me")->status, 303); /* nobody is signed in */
}

static void a_challenge_is_answered_once_by_its_browser_for_its_transaction(void **state)
{
    (void)state;
    have(&key, &rig.lan, 2);
    rig_get(&b, "/login");
    rig_get(&other, "/login");
    char *t = begin(&b, "");
    struct asked q = ask(&b, "/login/passkey/options", t);
    soft_get(&key, q.challenge);
    char *answer = soft_assertion(&key);
    assert_refused(send_answer(&b, "", q.ticket, answer), 400, again); /* another page: and it is used up */
    assert_refused(send_answer(&b, t, q.ticket, answer), 400, again);
    q = ask(&b, "/login/passkey/options", "");
    soft_get(&key, q.challenge);
    assert_int_equal(send_answer(&other, "", q.ticket, soft_assertion(&key))->status,
                     400); /* another browser */
    nx_reply *rp = send_answer(&b, "", q.ticket, soft_assertion(&key));
    assert_string_equal(rig_location(rp), "/me");
    rig_browser_close(&b);
    rig_browser_open(&b, &rig);
    rig_get(&b, "/login");
    assert_refused(send_answer(&b, "", q.ticket, soft_assertion(&key)), 400, again); /* replayed */
    assert_refused(send_answer(&b, "", "x", "{}"), 400, again);
    q = ask(&b, "/login/passkey/options", "");
    soft_get(&key, q.challenge);
    nx_clock_shift(NX_PASSKEY_CHALLENGE_S + 1);
    assert_refused(send_answer(&b, "", q.ticket, soft_assertion(&key)), 400, again); /* over */
}

/* A challenge for adding one is none for signing in, and the other way round. */
static void purposes_are_kept_apart(void **state)
{
    (void)state;
    have(&key, &rig.lan, 2);
    sign_in_at(&b, &rig.lan, 2);
    struct asked enrol = ask(&b, "/me/passkeys/options", ""), login = ask(&b, "/login/passkey/options", "");
    soft_get(&key, enrol.challenge);
    assert_int_equal(send_answer(&b, "", enrol.ticket, soft_assertion(&key))->status, 400);
    struct nx_passkey_challenge c; /* of the same browser and the same thing, but to enter the console */
    const struct nx_passkey_scene console = {
        .purpose = NX_PASSKEY_CONSOLE, .browser = NX_LIT("b"), .about = ""};
    struct nx_passkey_try t = {.scene = console, .source = "local"};
    struct nx_proof proof;
    int64_t wait;
    assert_true(nx_ok(nx_passkey_challenge(&c, rig_house(&rig), rig.arena, &console)));
    t.scene.purpose = NX_PASSKEY_SIGN_IN;
    t.answer = (struct nx_passkey_answer){.ticket = nx_span_str(c.ticket.s), .response = "{}"};
    assert_int_equal(nx_passkey_prove(&proof, NULL, rig_house(&rig), rig.arena, &t, &wait).e,
                     NX_ERR_PASSKEY_CHALLENGE);
    struct soft_passkey second = soft_open(rig.arena, -8, 2);
    soft_create(&second, login.challenge);
    nx_reply *rp = rig_get(&b, "/me/passkeys");
    char *form =
        nx_arena_printf(rig.arena, "csrf=%s&ticket=%s&response=%s", field_of(rp, "/me/passkeys", "csrf"),
                        login.ticket, rig_encoded(&rig, soft_registration(&second)));
    assert_int_equal(rig_post(&b, "/me/passkeys", form)->status, 400);
    soft_close(&second);
}

static void answers_that_are_wrong(void **state)
{
    (void)state;
    have(&key, &rig.lan, 2);
    struct soft_passkey good = key;
    key.origin = "https://localhost.evil.example";
    assert_refused(use(&b, &key, ""), 403, refused);
    key = good;
    key.rp_id = "portal.example";
    assert_refused(use(&b, &key, ""), 403, refused);
    key = good;
    key.flags = 0x01; /* the user was not verified: possession only, no sign-in */
    assert_refused(use(&b, &key, ""), 403, refused);
    key = good;
    key.handle_len = 0; /* does not say whose it is */
    assert_refused(use(&b, &key, ""), 403, refused);
    key = good;
    key.handle[0] ^= 1;
    assert_refused(use(&b, &key, ""), 403, refused);
    key = good;
    key.id[0] ^= 1; /* a credential that nobody has */
    assert_refused(use(&b, &key, ""), 403, refused);
    key = good;
    assert_string_equal(rig_location(use(&b, &key, "")), "/me");
}

static size_t audited(const char *type)
{
    struct nx_audit_query q = {.subject = rig.lan.id, .type = type};
    struct nx_audit_page page;
    assert_true(nx_ok(nx_house_chain(rig_house(&rig))));
    assert_true(nx_ok(nx_audit_list(rig_house(&rig)->registry, rig.arena, &q, &page)));
    return page.n;
}

static void a_counter_that_goes_back_locks_the_passkey(void **state)
{
    (void)state;
    have(&key, &rig.lan, 2);
    key.counter = 9;
    assert_string_equal(rig_location(use(&b, &key, "")), "/me");
    rig_browser_close(&b);
    rig_browser_open(&b, &rig);
    key.step = 0; /* the same number once more */
    assert_refused(use(&b, &key, ""), 403, refused);
    assert_int_equal(row_of(&key).state, NX_PASSKEY_FLAGGED);
    key.step = 1;
    key.counter = 100;
    assert_refused(use(&b, &key, ""), 403, refused); /* and stays locked */
    assert_int_equal(audited("passkey.flagged"), 1);
    sign_in_at(&b, &rig.lan, 2);
    assert_true(rig_says(rig_get(&b, "/me/passkeys"), "Bộ đếm của khóa này đi lùi"));
}

static void of_somebody_who_is_not_active(void **state)
{
    (void)state;
    struct nx_person p;
    have(&key, &rig.lan, 2);
    assert_true(nx_ok(nx_person_get(rig_house(&rig)->registry, rig.arena, rig.lan.id, &p)));
    p.active = false;
    assert_true(nx_ok(nx_person_replace(rig_house(&rig)->registry, &p, 0)));
    assert_refused(use(&b, &key, ""), 403, refused);
}

/* Attempts are counted by where they come from: a guesser learns nothing and stops soon. */
static void too_many_wrong_answers(void **state)
{
    (void)state;
    int status = 0;
    rig_get(&b, "/login");
    for (int i = 0; i < 40 && status != 429; i++) {
        struct asked q = ask(&b, "/login/passkey/options", "");
        soft_get(&key, q.challenge);
        status = send_answer(&b, "", q.ticket, soft_assertion(&key))->status;
    }
    assert_int_equal(status, 429);
    assert_non_null(nx_reply_header_get(b.reply, "Retry-After"));
}

/* ---- whose, and who may
 * ------------------------------------------------------------------------------------- */

static void adding_wants_a_fresh_proof_and_no_weak_rung(void **state)
{
    (void)state;
    assert_int_not_equal(rig_post(&b, "/me/passkeys/options", "t=")->status, 200); /* nobody is signed in */
    sign_in_at(&b, &rig.lan, 2);
    struct asked q = ask(&b, "/me/passkeys/options", "");
    soft_create(&key, q.challenge);
    char *csrf = field_of(rig_get(&b, "/me/passkeys"), "/me/passkeys", "csrf");
    nx_clock_shift(rig.settings.recent_auth_s + 1);
    assert_int_not_equal(rig_post(&b, "/me/passkeys/options", "t=")->status, 200);
    nx_reply *rp = send_new(&b, csrf, &q, soft_registration(&key));
    assert_string_equal(rig_location(rp), "/me/confirm?next=/me/passkeys");
    assert_true(rig_says(rig_get(&b, "/me/passkeys"), "/me/confirm?next=/me/passkeys"));
    nx_clock_shift(0);
    rig_prove(&b, &rig.lan,
              (struct nx_proof){.means = NX_MEANS_QR_PIN, .bound_at = 2, .rung = NX_P0, .qid = rig.lan.qid},
              NULL);
    assert_int_equal(rig_post(&b, "/me/passkeys/options", "t=")->status, 403);
    assert_int_equal(send_new(&b, csrf, &q, soft_registration(&key))->status, 403);
    rig_prove(&b, &rig.lan,
              (struct nx_proof){
                  .means = NX_MEANS_PAPER_PIN, .bound_at = 1, .rung = NX_RUNG_NONE, .qid = rig.lan.qid},
              NULL);
    assert_int_equal(rig_post(&b, "/me/passkeys/options", "t=")->status, 403);
}

static void registrations_that_are_refused(void **state)
{
    (void)state;
    sign_in_at(&b, &rig.lan, 2);
    key.flags = 0x01;
    assert_true(rig_says(add(&b, &key, ""), "không kiểm tra người dùng"));
    key.flags = 0x05;
    key.origin = "https://evil.example";
    assert_int_equal(add(&b, &key, "")->status, 400);
    key.origin = RIG_ISSUER;
    assert_true(rig_says(add(&b, &key, "a name that is longer than forty characters are"), "1 đến 40"));
    assert_string_equal(rig_location(add(&b, &key, "Một")), "/me/passkeys?done=added");
    assert_int_equal(excluded, 0);
    assert_int_equal(add(&b, &key, "Hai")->status, 409); /* the same authenticator */
    assert_int_equal(excluded, 1);
    sign_in_at(&other, &rig.minh, 1);
    assert_int_equal(add(&other, &key, "Ba")->status, 409); /* of whomever */
    assert_string_equal(row_of(&key).person.s, rig.lan.id);
}

static nx_reply *change(struct rig_browser *who, const char *act, const char *id, const char *name)
{
    nx_reply *rp = rig_get(who, "/me/passkeys");
    assert_int_equal(rp->status, 200);
    return rig_post(who, "/me/passkeys/act",
                    nx_arena_printf(rig.arena, "csrf=%s&act=%s&id=%s&name=%s",
                                    field_of(rp, "/me/passkeys/act", "csrf"), act, id, rig_encoded(&rig, name)));
}

static void hers_alone_are_renamed_and_removed(void **state)
{
    (void)state;
    struct soft_passkey his = soft_open(rig.arena, -8, 7);
    have(&his, &rig.minh, 1);
    have(&key, &rig.lan, 2);
    sign_in_at(&b, &rig.minh, 1);
    struct nx_passkey k = row_of(&key);
    assert_int_equal(change(&b, "rename", k.id.s, "Của tôi")->status, 404);
    assert_int_equal(change(&b, "remove", k.id.s, "")->status, 404);
    sign_in_at(&b, &rig.lan, 2);
    assert_string_equal(rig_location(change(&b, "rename", k.id.s, "Máy bàn")), "/me/passkeys?done=renamed");
    assert_string_equal(row_of(&key).name, "Máy bàn");
    assert_int_equal(change(&b, "rename", k.id.s, "")->status, 400);
    soft_close(&his);
}

static void removing_ends_what_it_opened(void **state)
{
    (void)state;
    have(&key, &rig.lan, 2);
    assert_string_equal(rig_location(use(&other, &key, "")), "/me");
    sign_in_at(&b, &rig.lan, 2);
    assert_int_equal(rig_get(&other, "/me")->status, 200);
    assert_string_equal(rig_location(change(&b, "remove", row_of(&key).id.s, "")),
                        "/me/passkeys?done=removed");
    assert_int_equal(rig_get(&other, "/me")->status, 303);
    assert_int_equal(rig_get(&b, "/me")->status, 200); /* signed in by other means */
    rig_browser_close(&b);
    rig_browser_open(&b, &rig);
    assert_refused(use(&b, &key, ""), 403, refused);
    assert_int_equal(audited("passkey.removed"), 1);
}

static void test_rule_03_a_weak_rung_removes_none(void **state)
{
    (void)state;
    have(&key, &rig.lan, 2);
    sign_in_at(&b, &rig.lan, 2);
    const struct nx_proof weak[] = {
        {.means = NX_MEANS_QR_PIN, .bound_at = 2, .rung = NX_P0, .qid = rig.lan.qid},
        {.means = NX_MEANS_PAPER_PIN, .bound_at = 1, .rung = NX_RUNG_NONE, .qid = rig.lan.qid}};
    for (size_t i = 0; i < 2; i++) {
        rig_prove(&b, &rig.lan, weak[i], NULL);
        assert_int_equal(change(&b, "remove", row_of(&key).id.s, "")->status, 403);
    }
    assert_string_equal(row_of(&key).person.s, rig.lan.id);
}

/* Rule 3: she is told, and takes back what was not hers, even from a session that could not add one. */
static void her_activity_tells_and_undoes(void **state)
{
    (void)state;
    have(&key, &rig.lan, 2);
    use(&other, &key, "");
    rig_sign_in(&b, &rig.lan);
    assert_int_equal(audited("passkey.enrolled"), 1);
    nx_reply *rp = rig_get(&b, "/me");
    assert_true(rig_says(rp, "Thêm khóa đăng nhập"));
    assert_true(rig_says(rp, "value=\"undo-passkey\""));
    char *form = nx_arena_printf(rig.arena, "csrf=%s&act=undo-passkey&id=%s", rig_field(&rig, rp, "csrf"),
                                 row_of(&key).id.s);
    assert_string_equal(rig_location(rig_post(&b, "/me", form)), "/me?done=undone");
    assert_int_equal(rig_get(&other, "/me")->status, 303);
    rp = rig_get(&b, "/me");
    form = nx_arena_printf(rig.arena, "csrf=%s&act=undo-passkey&id=%s", rig_field(&rig, rp, "csrf"),
                           rig.minh.id);
    assert_string_equal(rig_location(rig_post(&b, "/me", form)), "/me?done=undone");
}

/* ---- rule 6: biometric
 * -------------------------------------------------------------------------------------- */

static void set_model(const struct soft_maker *m, bool allowed, bool biometric)
{
    struct nx_passkey_model row = {.name = "Test Key",
                                   .allowed = allowed,
                                   .biometric = biometric,
                                   .anchors = soft_pem(rig.arena, m->root)};
    memcpy(row.aaguid, key.aaguid, sizeof row.aaguid);
    assert_true(nx_ok(nx_passkey_model_set(rig_house(&rig)->registry, &row)));
}

static void an_attested_biometric_reaches_m3_while_its_model_is_trusted(void **state)
{
    (void)state;
    struct soft_maker maker = soft_maker_open(key.aaguid, NULL);
    sign_in_at(&b, &rig.lan, 3);
    assert_string_equal(ask(&b, "/me/passkeys/options", "").attestation,
                        "none"); /* nobody would believe one */
    set_model(&maker, true, true);
    assert_string_equal(ask(&b, "/me/passkeys/options", "").attestation, "direct");
    key.format = SOFT_CHAIN;
    key.maker = &maker;
    have(&key, &rig.lan, 3);
    assert_true(row_of(&key).attested);
    assert_true(nx_ok(nx_passkey_set_bound_at(rig_house(&rig)->registry, row_of(&key).id.s, 3)));
    use(&b, &key, "");
    assert_acr(&b, "urn:nixa:acr:m3", "hwk");
    rig_browser_close(&b);
    rig_browser_open(&b, &rig);
    set_model(&maker, true, false); /* it falls back to a PIN after all */
    use(&b, &key, "");
    assert_acr(&b, "urn:nixa:acr:m2", "hwk");
    rig_browser_close(&b);
    rig_browser_open(&b, &rig);
    set_model(&maker, false, true);
    assert_refused(use(&b, &key, ""), 403, refused);
    soft_maker_close(&maker);
}

static void without_trust_it_is_user_verification(void **state)
{
    (void)state;
    struct soft_maker maker = soft_maker_open(key.aaguid, NULL), stranger = soft_maker_open(key.aaguid, NULL);
    set_model(&maker, true, true);
    key.format = SOFT_CHAIN;
    key.maker = &stranger;
    have(&key, &rig.lan, 3);
    assert_false(row_of(&key).attested);
    assert_true(nx_ok(nx_passkey_set_bound_at(rig_house(&rig)->registry, row_of(&key).id.s, 3)));
    use(&b, &key, "");
    assert_acr(&b, "urn:nixa:acr:m2", "hwk");
    soft_maker_close(&maker);
    soft_maker_close(&stranger);
}

static void what_may_be_copied_is_no_biometric(void **state)
{
    (void)state;
    struct soft_maker maker = soft_maker_open(key.aaguid, NULL);
    set_model(&maker, true, true);
    key.format = SOFT_CHAIN;
    key.maker = &maker;
    key.flags |= 0x08;
    have(&key, &rig.lan, 3);
    assert_true(row_of(&key).attested);
    assert_true(nx_ok(nx_passkey_set_bound_at(rig_house(&rig)->registry, row_of(&key).id.s, 3)));
    use(&b, &key, "");
    assert_acr(&b, "urn:nixa:acr:m2", "hwk");
    soft_maker_close(&maker);
}

static void a_model_that_policy_refuses_is_not_added(void **state)
{
    (void)state;
    struct soft_maker maker = soft_maker_open(key.aaguid, NULL);
    set_model(&maker, false, true);
    sign_in_at(&b, &rig.lan, 2);
    assert_true(rig_says(add(&b, &key, ""), "Loại khóa này không được dùng"));
    soft_maker_close(&maker);
}

/* ---- ways
 * --------------------------------------------------------------------------------------------------- */

static void the_way_is_offered_where_it_helps(void **state)
{
    (void)state;
    assert_true(rig_says(rig_get(&b, "/login"), "/login/passkey")); /* to everybody, whoever has one */
    rig_sign_in(&b, &rig.lan);
    nx_reply *rp =
        rig_follow(&b, rig_get(&b, rig_authorize_url(&rig, &rig.portal, "&acr_values=urn:nixa:acr:m2")));
    assert_false(rig_says(rp, "/login/passkey"));
    have(&key, &rig.lan, 2);
    rig_sign_in(&b, &rig.lan);
    rp = rig_follow(
        &b,
        rig_get(&b, rig_authorize_url(
                        &rig, &rig.portal,
                        "&claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3Atrue%2C%22value%22"
                        "%3A%22urn%3Anixa%3Aacr%3Am2%22%7D%7D%7D")));
    assert_true(rig_says(rp, "/login/passkey?t="));
}

/* One that approves on a phone signs nobody in. */
static void one_of_a_phone_does_not_sign_in(void **state)
{
    (void)state;
    struct nx_passkey k;
    have(&key, &rig.lan, 2);
    k = row_of(&key);
    assert_true(nx_ok(nx_passkey_delete(rig_house(&rig)->registry, k.id.s)));
    memcpy(k.qid.s, rig.lan.qid, sizeof k.qid.s);
    assert_true(nx_ok(nx_passkey_create(rig_house(&rig)->registry, &k)));
    assert_refused(use(&b, &key, ""), 403, refused);
}

/* ---- operators
 * --------------------------------------------------------------------------------------------------- */

static nx_reply *operate(const char *scope, const char *method, const char *path, const char *body)
{
    other.authorization = rig_operator(&rig, scope);
    nx_reply *rp = rig_send(&other, method, nx_arena_printf(rig.arena, "/admin/v1%s", path),
                            body ? "application/json" : NULL, body);
    other.authorization = NULL;
    return rp;
}

static void operators_see_remove_and_set_the_level(void **state)
{
    (void)state;
    have(&key, &rig.lan, 2);
    char *list = nx_arena_printf(rig.arena, "/people/%s/passkeys", rig.lan.id);
    char *one = nx_arena_printf(rig.arena, "%s/%s", list, row_of(&key).id.s);
    char *hers = nx_arena_printf(rig.arena, "/people/%s/passkeys/%s", rig.minh.id, row_of(&key).id.s);
    char *level = nx_arena_printf(rig.arena, "%s/level", one);
    assert_true(rig_says(operate("revoke", "GET", list, NULL), "\"level\":\"m2\""));
    assert_int_equal(operate("clients", "GET", list, NULL)->status, 403);
    use(&b, &key, "");
    assert_int_equal(operate("scim", "POST", level, "{\"level\":\"m4\"}")->status,
                     400); /* she is proofed m3 */
    assert_int_equal(operate("revoke", "POST", level, "{\"level\":\"m3\"}")->status, 403);
    assert_int_equal(operate("scim", "POST", level, "{\"level\":\"m3\"}")->status, 204);
    assert_int_equal(row_of(&key).bound_at, 3);
    assert_int_equal(rig_get(&b, "/me")->status, 200);
    assert_int_equal(operate("scim", "POST", level, "{\"level\":\"m1\"}")->status, 204);
    assert_int_equal(rig_get(&b, "/me")->status, 303); /* lowered: what it opened is over */
    assert_int_equal(operate("revoke", "DELETE", hers, NULL)->status, 404); /* not of that person */
    use(&b, &key, "");
    assert_int_equal(operate("revoke", "DELETE", one, NULL)->status, 204);
    assert_int_equal(rig_get(&b, "/me")->status, 303);
    assert_int_equal(operate("revoke", "DELETE", one, NULL)->status, 404);
}

static void operators_write_models(void **state)
{
    (void)state;
    static const char path[] = "/passkey-models/ee882879-721c-4913-9775-3dfcce97072a";
    struct soft_maker maker = soft_maker_open(key.aaguid, NULL);
    NX_AUTO_JSON good = json_pack("{s:s, s:b, s:b, s:s}", "name", "Khóa A", "allowed", 1, "biometric", 1,
                                  "anchors", soft_pem(rig.arena, maker.root));
    const char *text = nx_json_dump(rig.arena, good);
    assert_int_equal(operate("scim", "PUT", path, text)->status, 403);
    assert_int_equal(operate("keys", "PUT", path, text)->status, 200);
    assert_int_equal(operate("keys", "PUT", "/passkey-models/none", text)->status, 400);
    assert_int_equal(operate("keys", "PUT", path, "{\"name\":\"A\"}")->status, 400);
    assert_int_equal(operate("keys", "PUT", path,
                             "{\"name\":\"A\",\"allowed\":true,\"biometric\":true,\"anchors\":\"none\"}")
                         ->status,
                     400);
    assert_true(
        rig_says(operate("keys", "GET", "/passkey-models", NULL), "ee882879-721c-4913-9775-3dfcce97072a"));
    assert_int_equal(operate("keys", "DELETE", path, NULL)->status, 204);
    assert_int_equal(operate("keys", "DELETE", path, NULL)->status, 404);
    soft_maker_close(&maker);
}

static int start(void **state)
{
    (void)state;
    return nx_ok(nx_bearer_start()) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    nx_bearer_stop();
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_passkey_is_added_and_signs_in),
        TEST(a_portal_gets_its_answer),
        TEST(what_is_added_proves_no_more_than_the_session_did),
        TEST(a_passkey_in_the_tab_brings_the_phone_near),
        TEST(a_passkey_that_was_added_lower_brings_nothing_near),
        TEST(a_challenge_is_answered_once_by_its_browser_for_its_transaction),
        TEST(purposes_are_kept_apart),
        TEST(answers_that_are_wrong),
        TEST(a_counter_that_goes_back_locks_the_passkey),
        TEST(of_somebody_who_is_not_active),
        TEST(too_many_wrong_answers),
        TEST(adding_wants_a_fresh_proof_and_no_weak_rung),
        TEST(registrations_that_are_refused),
        TEST(hers_alone_are_renamed_and_removed),
        TEST(test_rule_03_a_weak_rung_removes_none),
        TEST(removing_ends_what_it_opened),
        TEST(her_activity_tells_and_undoes),
        TEST(an_attested_biometric_reaches_m3_while_its_model_is_trusted),
        TEST(without_trust_it_is_user_verification),
        TEST(what_may_be_copied_is_no_biometric),
        TEST(a_model_that_policy_refuses_is_not_added),
        TEST(the_way_is_offered_where_it_helps),
        TEST(one_of_a_phone_does_not_sign_in),
        TEST(operators_see_remove_and_set_the_level),
        TEST(operators_write_models),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
