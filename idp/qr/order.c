/* Beginning an order, its frames, finding it. */
#include "qr/order.h"

#include "base/json.h"
#include "base/secret.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "qr/kiosk.h"
#include "qr/order_body.h"

#define FRAME_LABEL "nixa-frame-v1"
#define FRAME_INPUT_MAX 256

const char *nx_via_text(enum nx_via via)
{
    static const char *const text[] = {
        [NX_VIA_SCAN] = "scan", [NX_VIA_LINK] = "link", [NX_VIA_SAME] = "same"};
    return via < NX_VIAS ? text[via] : "";
}

/* json_pack's "s?" writes null for NULL. */
static nx_result display_text(const char **out, nx_arena *a, const struct nx_qr_display *d, nx_time since)
{
    NX_AUTO_JSON claims = json_array();
    NX_NEED(claims);
    for (size_t i = 0; i < d->claim_count; i++)
        NX_REQUIRE(json_array_append_new(claims, json_string(d->claims[i])) == 0, NX_ERR_MEMORY);
    NX_AUTO_JSON j = json_pack(
        "{s:{s:s, s:s, s:s?, s:s?, s:s}, s:s, s:s, s:O, s:{s:s, s:s?, s:s?, s:I}}", "client", "id",
        d->client_id, "name", d->client_name, "organisation", d->organisation, "organisation_code",
        d->organisation_code, "origin", d->origin, "broker", d->broker, "acr", d->acr, "claims", claims,
        "screen", "browser", d->browser, "network", d->network, "place", d->place, "since", (json_int_t)since);
    NX_NEED(j);
    *out = nx_json_dump(a, j);
    NX_NEED(*out);
    return NX_OK;
}

static nx_result digest_of_cookie(nx_span *out, nx_arena *a, nx_span cookie)
{
    uint8_t *digest = nx_arena_alloc(a, NX_SHA256_LEN);
    NX_NEED(digest);
    NX_REQUIRE(cookie.n > 0, NX_ERR_QR_OTHER_BROWSER);
    NX_TRY(nx_sha256(digest, cookie));
    *out = nx_span_of(digest, NX_SHA256_LEN);
    return NX_OK;
}

NX_FALLIBLE nx_qr_order_begin(struct nx_qr_order *out, nx_arena *a, struct nx_house *house,
                              const struct nx_qr_begin *b)
{
    uint8_t *key = nx_arena_alloc(a, NX_SHA256_LEN);
    NX_NEED(key);
    NX_TRY(nx_random(key, NX_SHA256_LEN));
    struct nx_qr_order q = {.txn = b->txn,
                            .client_id = b->display->client_id,
                            .address = b->address,
                            .kiosk = b->kiosk,
                            .key = nx_span_of(key, NX_SHA256_LEN),
                            .rung = NX_P0};
    NX_TRY(display_text(&q.display, a, b->display, nx_now()));
    NX_TRY(digest_of_cookie(&q.browser, a, b->browser));
    nx_span body;
    NX_TRY(nx_qr_order_pack(&body, a, &q));
    NX_TRY(nx_order_begin(house->store, a, body, &q.o));
    *out = q;
    return NX_OK;
}

NX_FALLIBLE nx_qr_order_find(struct nx_qr_order *out, nx_arena *a, struct nx_house *house, const char *id)
{
    enum nx_found found;
    struct nx_order o; /* id may be the one inside *out */
    NX_TRY(nx_order_find(house->store, a, id, &o, &found));
    *out = (struct nx_qr_order){.o = o, .rung = NX_P0};
    NX_REQUIRE(found == NX_FOUND, NX_ERR_QR_ORDER_GONE);
    return nx_qr_order_unpack(out, a);
}

NX_FALLIBLE nx_qr_order_of_browser(struct nx_qr_order *out, nx_arena *a, struct nx_house *house,
                                   const char *id, nx_span browser_cookie)
{
    nx_span digest;
    NX_TRY(nx_qr_order_find(out, a, house, id));
    NX_TRY(digest_of_cookie(&digest, a, browser_cookie));
    NX_REQUIRE(nx_ct_equal(digest, out->browser), NX_ERR_QR_OTHER_BROWSER);
    return NX_OK;
}

NX_FALLIBLE nx_qr_frame_mac(uint8_t out[NX_FRAME_MAC_LEN], nx_arena *a, const struct nx_qr_order *q,
                            enum nx_via via, nx_time t)
{
    uint8_t digest[NX_SHA256_LEN], mac[NX_SHA256_LEN];
    NX_TRY(nx_sha256(digest, nx_span_str(q->display)));
    nx_buf b;
    nx_buf_init(&b, a, FRAME_INPUT_MAX);
    const char *pieces[] = {FRAME_LABEL, nx_via_text(via), nx_qr_order_name(a, &q->o.id),
                            nx_arena_printf(a, "%lld", (long long)t)};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        NX_NEED(pieces[i]);
        nx_buf_adds(&b, pieces[i]);
        nx_buf_add(&b, NX_LIT("\0"));
    }
    nx_buf_add(&b, nx_span_of(digest, sizeof digest));
    NX_TRY(nx_buf_done(&b));
    NX_TRY(nx_hmac_sha256(mac, q->key, nx_buf_span(&b)));
    memcpy(out, mac, NX_FRAME_MAC_LEN);
    nx_wipe(mac, sizeof mac);
    return NX_OK;
}

NX_FALLIBLE nx_qr_frame(char **link, nx_arena *a, const struct nx_house *house, const struct nx_qr_order *q,
                        enum nx_via via)
{
    struct nx_link l = {.kind = NX_LINK_ORDER, .id = q->o.id, .t = q->o.now_ms / 1000};
    NX_TRY(nx_qr_frame_mac(l.mac, a, q, via, l.t));
    *link = nx_link_order(a, house->issuer, &l);
    NX_NEED(*link);
    return NX_OK;
}

NX_FALLIBLE nx_qr_order_end(struct nx_house *house, nx_arena *a, const char *id, const char *why)
{
    enum nx_found found;
    return nx_order_kill(house->store, a, id, why, &found);
}

const char *nx_qr_why(const struct nx_order *o)
{
    if (!o->why[0]) return NULL;
    return strcmp(o->why, "second") == 0 ? "second-scan" : o->why;
}

NX_FALLIBLE nx_qr_check_kiosk(const struct nx_qr_order *q, nx_arena *a, struct nx_house *house)
{
    bool stands;
    NX_TRY(nx_kiosk_stands(&stands, house, a, q->kiosk));
    if (stands) return NX_OK;
    NX_TRY(nx_qr_order_end(house, a, q->o.id.s, "cancelled"));
    NX_FAIL(NX_ERR_QR_ORDER_GONE);
}
