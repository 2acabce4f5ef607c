/* The phones of the people: enrolled from their own pages, approving with a PIN (docs/PROTOCOL-qr.md sections
 * 5 to 7).
 *
 * A phone verifies the context before it shows it; this one only reads it, since that is the load's time and
 * not the server's. The PIN's hash is left out of what is measured: after the enrolment the verifiers are
 * made anew at libsodium's least cost (8 KiB, one pass, some 20 µs), by this program in the folder's own
 * registry. */
#include "bench.h"

#include "crypto/alg.h"
#include "crypto/digest.h"
#include "crypto/jwk.h"
#include "crypto/master.h"
#include "crypto/password.h"
#include "crypto/random.h"
#include "registry/credential.h"
#include "registry/qr_identity.h"

#include <stdio.h>
#include <time.h>

#define PIN "730184"

static struct phone {
    EVP_PKEY *key;
    char qid[NX_ID_LEN + 1];
} phones[PEOPLE];

static void need(nx_result r, const char *what)
{
    if (!nx_ok(r)) die("%s: %s", what, nx_err_name(r.e));
}

/* ---- proofs ---- */

static char *segment(nx_arena *a, const json_t *j)
{
    return nx_b64u_dup(a, nx_span_str(nx_json_dump(a, j)));
}

/* A compact JWS over the members and those that every proof has. Takes both. */
static char *proof(const struct bench *b, nx_arena *a, const struct phone *p, json_t *header, json_t *payload)
{
    uint8_t random[16], signature[NX_SIGNATURE_MAX];
    size_t n;
    need(nx_random(random, sizeof random), "random");
    json_object_set_new(payload, "aud", json_string(b->issuer));
    json_object_set_new(payload, "iat", json_integer(time(NULL)));
    json_object_set_new(payload, "jti", json_string(nx_b64u_dup(a, nx_span_of(random, sizeof random))));
    char *signed_part = nx_arena_printf(a, "%s.%s", segment(a, header), segment(a, payload));
    need(nx_alg_sign(signature, &n, NX_ALG_ES256, p->key, nx_span_str(signed_part)), "proof");
    json_decref(header);
    json_decref(payload);
    return nx_arena_printf(a, "%s.%s", signed_part, nx_b64u_dup(a, nx_span_of(signature, n)));
}

static json_t *header_of(const char *label, const struct phone *p)
{
    return json_pack("{s:s, s:s, s:s}", "alg", "ES256", "typ", label, "kid", p->qid);
}

/* Sends one object and gives the answer; takes the body, and the caller owns the answer. */
static json_t *call(struct visit *v, const char *target, json_t *body)
{
    struct answer r =
        http_send(v->phone, v->arena, "POST", target, nx_json_dump(v->arena, body), "application/json", NULL);
    json_decref(body);
    json_t *answer = json_loadb(r.body, r.n, 0, NULL);
    if (r.status != 200 || !answer) die("%s: status %d: %s", target, r.status, r.body);
    return answer;
}

/* ---- reading pages ---- */

/* The text of the code that a page shows, from behind "/Q/" on. */
static char *code_in(nx_arena *a, const char *page)
{
    const char *at = strstr(page, "data-qr=\""), *q = at ? strstr(at, "/Q/") : NULL;
    if (!q) die("no code in the page:\n%.3000s", page);
    return nx_arena_dup(a, nx_span_of(q + 3, strcspn(q + 3, "\"")));
}

static char *piece(char **rest)
{
    char *p = strsep(rest, "/");
    if (!p) die("a code without its pieces");
    return p;
}

/* ---- signing in ---- */

static json_t *take(struct visit *v, char *code, char **order, json_int_t *t)
{
    const struct phone *p = &phones[v->person];
    *order = piece(&code);
    *t = strtoll(piece(&code), NULL, 10);
    json_t *payload =
        json_pack("{s:s, s:I, s:s, s:s}", "order", *order, "t", *t, "mac", piece(&code), "via", "scan");
    char *text = proof(v->bench, v->arena, p, header_of("nixa-take+jwt", p), payload);
    return call(v, "/qr/v1/orders/take", json_pack("{s:s}", "proof", text));
}

static json_t *approve(struct visit *v, const char *order, json_int_t t, const char *context)
{
    const struct phone *p = &phones[v->person];
    uint8_t digest[NX_SHA256_LEN];
    nx_span whole = nx_span_str(context), rest = whole, header, payload, text;
    if (!nx_span_cut(&rest, '.', &header) || !nx_span_cut(&rest, '.', &payload)) die("context");
    need(nx_b64u_decode_dup(&text, v->arena, payload), "context");
    need(nx_sha256(digest, whole), "digest");
    NX_AUTO_JSON claims = json_loadb((const char *)text.p, text.n, 0, NULL);
    json_t *says =
        json_pack("{s:s, s:I, s:s, s:s, s:b}", "order", order, "t", t, "nonce", nx_json_str(claims, "nonce"),
                  "ctx", nx_b64u_dup(v->arena, nx_span_of(digest, sizeof digest)), "own_screen", 0);
    char *jws = proof(v->bench, v->arena, p, header_of("nixa-approve+jwt", p), says);
    return call(v, "/qr/v1/orders/approve", json_pack("{s:s, s:s}", "proof", jws, "pin", PIN));
}

/* From the sign-in page by way of the code, the phone and the digits to the redirect behind them. */
struct answer phone_sign_in(struct visit *v, const char *page)
{
    nx_arena *a = v->arena;
    char *order;
    json_int_t t;
    struct answer r = visit_get(v, nx_arena_printf(a, "/login/qr?t=%s", page_field(a, page, "t")));
    if (r.status != 303) die("no order: status %d:\n%.2000s", r.status, r.body);
    const char *here = nx_arena_strdup(a, issuer_path(v->bench, r.location));
    r = visit_get(v, here);
    NX_AUTO_JSON taken = take(v, code_in(a, r.body), &order, &t);
    NX_AUTO_JSON approved = approve(v, order, t, nx_json_str(taken, "context"));
    r = visit_get(v, here);
    nx_buf form;
    nx_buf_init(&form, a, 4096);
    form_add(&form, "t", page_field(a, r.body, "t"));
    form_add(&form, "csrf", page_field(a, r.body, "csrf"));
    form_add(&form, "digits", nx_json_str(approved, "digits"));
    return visit_post(v, "/login/qr/digits", &form);
}

/* ---- enrolling ---- */

static json_t *finish(struct visit *v, struct phone *p, const json_t *started)
{
    NX_AUTO(nx_jwk) public_half = NULL;
    need(nx_alg_generate(&p->key, NX_ALG_ES256), "device key");
    need(nx_jwk_from_evp(&public_half, p->key, NX_ALG_NONE, NULL), "device key");
    NX_AUTO_JSON all = nx_jwk_public(public_half);
    json_t *jwk = json_pack("{s:s, s:s, s:s, s:s}", "kty", "EC", "crv", "P-256", "x", nx_json_str(all, "x"),
                            "y", nx_json_str(all, "y"));
    json_t *header = json_pack("{s:s, s:s, s:o}", "alg", "ES256", "typ", "nixa-enrol+jwt", "jwk", jwk);
    json_t *payload = json_pack("{s:s, s:s}", "enrolment", nx_json_str(started, "enrolment"), "nonce",
                                nx_json_str(started, "nonce"));
    char *text = proof(v->bench, v->arena, p, header, payload);
    return call(v, "/qr/v1/enrol/finish",
                json_pack("{s:s, s:s, s:s}", "proof", text, "pin", PIN, "label", "Bench"));
}

static void enrol(struct visit *v)
{
    nx_arena *a = v->arena;
    struct phone *p = &phones[v->person];
    flow_own_page(v);
    struct answer r = visit_get(v, "/me/phones/enrol");
    if (r.status != 303) die("no enrolment: status %d:\n%.2000s", r.status, r.body);
    const char *here = nx_arena_strdup(a, issuer_path(v->bench, r.location));
    r = visit_get(v, here);
    char *code = code_in(a, r.body);
    NX_AUTO_JSON started = call(v, "/qr/v1/enrol/start", json_pack("{s:s}", "secret", code + 2));
    NX_AUTO_JSON finished = finish(v, p, started);
    snprintf(p->qid, sizeof p->qid, "%s", nx_json_str(finished, "qid"));
    r = visit_get(v, here);
    nx_buf form;
    nx_buf_init(&form, a, 4096);
    form_add(&form, "csrf", page_field(a, r.body, "csrf"));
    form_add(&form, "e", page_field(a, r.body, "e"));
    form_add(&form, "digits", nx_json_str(finished, "digits"));
    r = visit_post(v, "/me/phones/digits", &form);
    if (r.status != 200) die("digits of an enrolment: status %d:\n%.2000s", r.status, r.body);
}

static void make_pin_cheap(nx_registry *registry, nx_arena *a, const char *qid, const char *verifier)
{
    struct nx_qr_identity q;
    struct nx_credential c;
    need(nx_qr_identity_get(registry, a, qid, &q), "identity");
    need(nx_credential_get(registry, a, q.person.s, qid, NX_CREDENTIAL_PIN, &c), "PIN");
    need(nx_credential_rehash(registry, c.id.s, verifier), "PIN");
}

static void make_pins_cheap(nx_arena *a)
{
    static const struct nx_password_cost least = {.passes = 1, .memory_kib = 8};
    NX_AUTO(nx_master) master = NULL;
    nx_registry *registry;
    nx_phc phc;
    NX_AUTO_SECRET(pin);
    need(nx_secret_set(&pin, NX_LIT(PIN)), "PIN");
    need(nx_master_open(&master, "."), "master key");
    need(nx_password_hash(&phc, &least, &pin, nx_master_key(master, NX_LABEL_PEPPER)), "PIN");
    need(nx_registry_open(&registry, "sqlite:registry.db", 1), "registry");
    for (int i = 0; i < PEOPLE; i++)
        make_pin_cheap(registry, a, phones[i].qid, phc.s);
    nx_registry_close(registry);
}

void phones_enrol(struct bench *b)
{
    NX_AUTO(nx_arena) a = nx_arena_open(16u << 20);
    for (int i = 0; i < PEOPLE; i++) {
        struct visit v = {
            .bench = b, .person = i, .browser = http_open(b), .phone = http_open(b), .arena = a};
        enrol(&v);
        http_close(v.browser);
        http_close(v.phone);
        nx_arena_reset(a);
    }
    make_pins_cheap(a);
}
