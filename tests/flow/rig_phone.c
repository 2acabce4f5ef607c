#include "rig_phone.h"

#include "base/text.h"
#include "crypto/alg.h"
#include "crypto/digest.h"
#include "crypto/jwk.h"
#include "crypto/jws.h"
#include "crypto/random.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

void phone_open(struct phone *p, struct rig *r)
{
    *p = (struct phone){.rig = r};
    rig_browser_open(&p->net, r);
    assert_true(nx_ok(nx_alg_generate(&p->key, NX_ALG_ES256)));
}

void phone_close(struct phone *p)
{
    EVP_PKEY_free(p->key);
    json_decref(p->shown);
    rig_browser_close(&p->net);
    *p = (struct phone){.rig = NULL};
}

/* ---- proofs
 * ------------------------------------------------------------------------------------------------------ */

static json_t *public_key(struct phone *p)
{
    NX_AUTO(nx_jwk) jwk = NULL;
    assert_true(nx_ok(nx_jwk_from_evp(&jwk, p->key, NX_ALG_NONE, NULL)));
    json_t *j = nx_jwk_public(jwk);
    json_object_del(j, "use");
    return j;
}

static char *encoded(struct phone *p, json_t *j)
{
    char *text = nx_b64u_dup(p->rig->arena, nx_span_str(nx_json_dump(p->rig->arena, j)));
    json_decref(j);
    return text;
}

char *phone_proof(struct phone *p, const char *label, json_t *members)
{
    uint8_t random[16], signature[NX_SIGNATURE_MAX];
    size_t n;
    nx_arena *a = p->rig->arena;
    assert_true(nx_ok(nx_random(random, sizeof random)));
    json_t *payload =
        json_pack("{s:s, s:I, s:s}", "aud", RIG_ISSUER, "iat", (json_int_t)(nx_now() + p->offset), "jti",
                  nx_b64u_dup(a, nx_span_of(random, sizeof random)));
    if (members) json_object_update(payload, members);
    json_decref(members);
    json_t *header = json_pack("{s:s, s:s}", "alg", "ES256", "typ", nx_arena_printf(a, "nixa-%s+jwt", label));
    if (strcmp(label, "enrol") == 0)
        json_object_set_new(header, "jwk", public_key(p));
    else
        json_object_set_new(header, "kid", json_string(p->qid));
    char *input = nx_arena_printf(a, "%s.%s", encoded(p, header), encoded(p, payload));
    assert_true(nx_ok(nx_alg_sign(signature, &n, NX_ALG_ES256, p->key, nx_span_str(input))));
    return nx_arena_printf(a, "%s.%s", input, nx_b64u_dup(a, nx_span_of(signature, n)));
}

nx_reply *phone_post(struct phone *p, const char *path, const json_t *body)
{
    return rig_send(&p->net, "POST", path, "application/json", nx_json_dump(p->rig->arena, body));
}

nx_reply *phone_call(struct phone *p, const char *path, const char *label, json_t *members, json_t *beside)
{
    NX_AUTO_JSON body = json_pack("{s:s}", "proof", phone_proof(p, label, members));
    if (beside) json_object_update(body, beside);
    json_decref(beside);
    return phone_post(p, path, body);
}

char *phone_text(struct phone *p, const nx_reply *rp, const char *member)
{
    NX_AUTO_JSON j = rig_json(rp);
    const char *s = nx_json_str(j, member);
    return s ? nx_arena_strdup(p->rig->arena, s) : NULL;
}

int64_t phone_number(const nx_reply *rp, const char *member)
{
    NX_AUTO_JSON j = rig_json(rp);
    return nx_json_int(j, member, -1);
}

/* ---- pages
 * ---------------------------------------------------------------------------------------------------------
 */

char *page_piece(struct rig *r, const nx_reply *rp, const char *before, char until)
{
    const char *at = strstr(rig_body(rp), before);
    if (!at) return NULL;
    at += strlen(before);
    const char *end = strchr(at, until);
    return end ? nx_arena_dup(r->arena, nx_span_of(at, (size_t)(end - at))) : NULL;
}

char *page_code(struct rig *r, const nx_reply *rp)
{
    char *text = page_piece(r, rp, "data-qr=\"", '"');
    if (!text) fail_msg("no code on the page (status %d)", rp->status);
    return text;
}

char *page_t(struct rig *r, const nx_reply *rp)
{
    char *t = page_piece(r, rp, "/login/qr/frames?t=", '"');
    assert_non_null(t);
    return t;
}

nx_reply *page_open(struct rig_browser *b, const struct rig_client *c, const char *more)
{
    nx_reply *rp = rig_follow(b, rig_get(b, rig_authorize_url(b->rig, c, more)));
    assert_int_equal(rp->status, 200);
    char *url = page_piece(b->rig, rp, "href=\"/login/qr?t=", '"');
    assert_non_null(url);
    return rig_follow(b, rig_get(b, nx_arena_printf(b->rig->arena, "/login/qr?t=%s", url)));
}

nx_reply *page_again(struct rig_browser *b, const char *t)
{
    return rig_get(b, nx_arena_printf(b->rig->arena, "/login/qr?t=%s", t));
}

/* The token of the form that posts to path; "" when the page has no such form. */
static char *form_token(struct rig *r, const nx_reply *rp, const char *path)
{
    const char *name = "name=\"csrf\" value=\"";
    const char *form = strstr(rig_body(rp), nx_arena_printf(r->arena, "action=\"%s\"", path));
    const char *at = form ? strstr(form, name) : NULL;
    if (!at) return nx_arena_strdup(r->arena, "");
    at += strlen(name);
    return nx_arena_dup(r->arena, nx_span_of(at, strcspn(at, "\"")));
}

nx_reply *page_post(struct rig_browser *b, const char *t, const char *path, const char *more)
{
    char *token = form_token(b->rig, page_again(b, t), path);
    return rig_post(b, path, nx_arena_printf(b->rig->arena, "t=%s&csrf=%s%s", t, token, more));
}

nx_reply *page_digits(struct rig_browser *b, const char *t, const char *digits)
{
    return page_post(b, t, "/login/qr/digits", nx_arena_printf(b->rig->arena, "&digits=%s", digits));
}

/* ---- enrolling
 * --------------------------------------------------------------------------------------------------- */

char *phone_enrol_start(struct phone *p, const char *link)
{
    const char *secret = strstr(link, "/Q/E/");
    assert_non_null(secret);
    NX_AUTO_JSON start = json_pack("{s:s}", "secret", secret + strlen("/Q/E/"));
    nx_reply *rp = phone_post(p, "/qr/v1/enrol/start", start);
    assert_int_equal(rp->status, 200);
    json_t *members = json_pack("{s:s, s:s}", "enrolment", phone_text(p, rp, "enrolment"), "nonce",
                                phone_text(p, rp, "nonce"));
    rp = phone_call(p, "/qr/v1/enrol/finish", "enrol", members,
                    json_pack("{s:s, s:s}", "pin", PHONE_PIN, "label", "Máy Lan"));
    if (rp->status != 200) fail_msg("finish: %s", rig_body(rp));
    snprintf(p->qid, sizeof p->qid, "%s", phone_text(p, rp, "qid"));
    p->watch = phone_text(p, rp, "watch");
    return phone_text(p, rp, "digits");
}

void phone_enrol(struct phone *p, struct rig_browser *page)
{
    nx_reply *rp = rig_follow(page, rig_get(page, "/me/phones/enrol"));
    assert_int_equal(rp->status, 200);
    char *link = page_code(p->rig, rp), *e = page_piece(p->rig, rp, "/me/phones/frames?e=", '"');
    char *digits = phone_enrol_start(p, link);
    rp = rig_get(page, nx_arena_printf(p->rig->arena, "/me/phones/enrol?e=%s", e));
    char *form =
        nx_arena_printf(p->rig->arena, "csrf=%s&e=%s&digits=%s", rig_field(p->rig, rp, "csrf"), e, digits);
    rp = rig_post(page, "/me/phones/digits", form);
    assert_int_equal(rp->status, 200);
    assert_non_null(strstr(rig_body(rp), "data-state=\"done\""));
}

/* ---- signing in
 * ---------------------------------------------------------------------------------------------------- */

/* As a wallet does: the key set of the server, the purpose, the kid, the typ. */
static json_t *verified_context(struct phone *p, const char *jws)
{
    static const char *const types[] = {"nixa-context+jwt", NULL};
    const struct nx_jws_rules rules = {.algs = NX_ALG_BIT(NX_ALG_ES256), .typ = types};
    struct rig_browser fetch; /* the answer of the take stays readable */
    struct rig_fault fault = p->rig->fault;
    p->rig->fault.left = 0; /* a wallet has had these keys since long */
    rig_browser_open(&fetch, p->rig);
    NX_AUTO_JSON set = rig_json(rig_get(&fetch, "/qr/jwks"));
    rig_browser_close(&fetch);
    p->rig->fault = fault;
    json_t *keys = nx_json_array(set, "keys");
    for (size_t i = json_array_size(keys); i-- > 0;) {
        const char *purpose = nx_json_str(json_array_get(keys, i), "purpose");
        assert_non_null(purpose);
        if (strcmp(purpose, "wallet") != 0) json_array_remove(keys, i);
    }
    NX_AUTO(nx_jwks) wallet = NULL;
    struct nx_jws token;
    json_t *claims = NULL;
    assert_true(nx_ok(nx_jwks_from_json(&wallet, set)));
    assert_true(nx_ok(nx_jws_verify_set(&token, p->rig->arena, wallet, &rules, nx_span_str(jws))));
    assert_true(nx_ok(nx_json_parse_object(&claims, token.payload)));
    return claims;
}

nx_reply *phone_take(struct phone *p, const char *link, const char *via)
{
    char *copy = nx_arena_strdup(p->rig->arena, strstr(link, "/Q/") + 3);
    char *order = strtok(copy, "/"), *t = strtok(NULL, "/"), *mac = strtok(NULL, "/");
    json_t *members = json_pack("{s:s, s:I, s:s, s:s}", "order", order, "t", (json_int_t)strtoll(t, NULL, 10),
                                "mac", mac, "via", via);
    nx_reply *rp = phone_call(p, "/qr/v1/orders/take", "take", members, NULL);
    if (rp->status != 200) return rp;
    p->order = order;
    p->context = phone_text(p, rp, "context");
    p->watch = phone_text(p, rp, "watch");
    json_decref(p->shown);
    p->shown = verified_context(p, p->context);
    return rp;
}

nx_reply *phone_approve(struct phone *p, const char *pin, bool own_screen)
{
    uint8_t digest[NX_SHA256_LEN];
    assert_true(nx_ok(nx_sha256(digest, nx_span_str(p->context))));
    json_t *members =
        json_pack("{s:s, s:I, s:s, s:s, s:b}", "order", p->order, "t",
                  (json_int_t)nx_json_int(p->shown, "t", 0), "nonce", nx_json_str(p->shown, "nonce"), "ctx",
                  nx_b64u_dup(p->rig->arena, nx_span_of(digest, sizeof digest)), "own_screen", own_screen);
    return phone_call(p, "/qr/v1/orders/approve", "approve", members, json_pack("{s:s}", "pin", pin));
}

char *phone_watch(struct phone *p)
{
    NX_AUTO_JSON body = json_pack("{s:s}", "watch", p->watch);
    nx_reply *rp = phone_post(p, "/qr/v1/orders/watch", body);
    assert_int_equal(rp->status, 200);
    char *reason = phone_text(p, rp, "reason");
    return nx_arena_printf(p->rig->arena, reason ? "%s: %s" : "%s", phone_text(p, rp, "state"), reason);
}

nx_reply *phone_sign_in(struct phone *p, struct rig_browser *b, const struct rig_client *c, bool own_screen)
{
    nx_reply *rp = page_open(b, c, "");
    char *t = page_t(p->rig, rp);
    rp = phone_take(p, page_code(p->rig, rp), "scan");
    if (rp->status != 200) fail_msg("take: %s", rig_body(rp));
    rp = phone_approve(p, PHONE_PIN, own_screen);
    if (rp->status != 200) fail_msg("approve: %s", rig_body(rp));
    return rig_follow(b, page_digits(b, t, phone_text(p, rp, "digits")));
}
