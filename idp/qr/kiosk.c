#include "qr/kiosk.h"

#include "base/json.h"
#include "base/text.h"
#include "crypto/jwk.h"
#include "registry/audit.h"
#include "sessions/ticket.h"

#define SIGNATURE_LEN 64

nx_result nx_kiosk_link(nx_handle_text *out, struct nx_house *house, nx_arena *a, const char *id)
{
    return nx_ticket_make(out, house->store, a, NX_HANDLE_KIOSK, NX_SPAN_NONE, nx_span_str(id), NX_KIOSK_ENROL_S);
}

nx_result nx_kiosk_challenge(nx_handle_text *out, struct nx_house *house, nx_arena *a, nx_span browser)
{
    NX_REQUIRE(browser.n > 0, NX_ERR_MISSING);
    return nx_ticket_make(out, house->store, a, NX_HANDLE_KIOSK, browser, NX_LIT("challenge"), NX_KIOSK_CHALLENGE_S);
}

static nx_result take(const char **body, struct nx_house *house, nx_arena *a, nx_span holder, nx_span text)
{
    struct nx_ticket t;
    enum nx_found found;
    NX_TRY(nx_ticket_take(house->store, a, NX_HANDLE_KIOSK, holder, text, &t, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_NOT_FOUND);
    *body = nx_arena_dup(a, t.body);
    NX_NEED(*body);
    return NX_OK;
}

static nx_result check(struct nx_house *house, nx_arena *a, const nx_jwk *key, const char *label, nx_span text,
                       nx_span signature)
{
    uint8_t raw[SIGNATURE_LEN];
    size_t n;
    const char *message = nx_arena_printf(a, "%s\n%s\n%.*s", label, house->issuer, (int)text.n, (const char *)text.p);
    NX_NEED(message);
    NX_REQUIRE(nx_ok(nx_b64u_decode(raw, sizeof raw, &n, signature)) && n == sizeof raw, NX_ERR_SIGNATURE);
    return nx_jwk_verify(key, NX_ALG_ES256, nx_span_str(message), nx_span_of(raw, n));
}

static nx_result note(struct nx_house *house, nx_arena *a, const char *type, const char *id)
{
    const char *detail = nx_arena_printf(a, "{\"kiosk\":\"%s\"}", id);
    NX_NEED(detail);
    return nx_audit_append(house->registry,
                           &(struct nx_audit_entry){.actor = "system", .type = type, .detail = detail});
}

static nx_result keep(struct nx_house *house, nx_arena *a, const char *id, const nx_jwk *key)
{
    NX_AUTO_JSON public = nx_jwk_public(key);
    const char *text = public ? nx_json_dump(a, public) : NULL;
    NX_NEED(text);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    nx_result r = nx_kiosk_enrol(house->registry, id, text, nx_jwk_thumbprint(key));
    NX_REQUIRE(r.e != NX_ERR_CONFLICT, NX_ERR_QR_KEY);
    NX_TRY(r);
    NX_TRY(note(house, a, "kiosk.enrolled", id));
    return nx_registry_commit(&change);
}

nx_result nx_kiosk_stands(bool *out, struct nx_house *house, nx_arena *a, const char *id)
{
    struct nx_kiosk k;
    *out = false;
    if (!id) return NX_OK;
    nx_result r = nx_kiosk_get(house->registry, a, id, &k);
    if (r.e == NX_ERR_NOT_FOUND) return NX_OK;
    NX_TRY(r);
    *out = k.state == NX_KIOSK_ACTIVE;
    return NX_OK;
}

nx_result nx_kiosk_key(struct nx_kiosk *out, struct nx_house *house, nx_arena *a, nx_span secret, const char *jwk,
                       nx_span signature)
{
    NX_AUTO(nx_jwk) key = NULL;
    const char *id;
    NX_REQUIRE(jwk && nx_ok(nx_jwk_parse(&key, nx_span_str(jwk))) && nx_jwk_kty(key) == NX_KTY_EC, NX_ERR_QR_KEY);
    NX_TRY(check(house, a, key, NX_KIOSK_LABEL_ENROL, secret, signature));
    NX_TRY(take(&id, house, a, NX_SPAN_NONE, secret));
    NX_TRY(keep(house, a, id, key));
    return nx_kiosk_get(house->registry, a, id, out);
}

nx_result nx_kiosk_prove(struct nx_kiosk *out, struct nx_house *house, nx_arena *a, nx_span browser,
                         nx_span challenge, const char *id, nx_span signature)
{
    NX_AUTO(nx_jwk) key = NULL;
    const char *body;
    NX_REQUIRE(browser.n > 0, NX_ERR_NOT_FOUND);
    NX_TRY(take(&body, house, a, browser, challenge));
    NX_TRY(nx_kiosk_get(house->registry, a, id, out));
    NX_REQUIRE(out->state == NX_KIOSK_ACTIVE, NX_ERR_NOT_FOUND);
    NX_TRY(nx_jwk_parse(&key, nx_span_str(out->jwk)));
    return check(house, a, key, NX_KIOSK_LABEL_PROVE, challenge, signature);
}
