#include "qr/order_body.h"

#include "base/pack.h"
#include "crypto/random.h"

#include <ctype.h>

#define BODY_VERSION 1

/* Never reuse a number: bodies outlive an upgrade by minutes. */
enum {
    TAG_TXN = 2,
    TAG_CLIENT,
    TAG_DISPLAY,
    TAG_ADDRESS,
    TAG_BROWSER,
    TAG_KEY,
    TAG_VIA,
    TAG_T,
    TAG_RUNG,
    TAG_QID,
    TAG_PERSON,
    TAG_LABEL,
    TAG_NONCE,
    TAG_CONTEXT,
    TAG_DIGITS,
    TAG_PROOF,
    TAG_OWN_SCREEN,
    TAG_BOUND_AT,
    TAG_MEANS,
    TAG_KIOSK = 40,
};

NX_FALLIBLE nx_qr_order_pack(nx_span *out, nx_arena *a, const struct nx_qr_order *q)
{
    nx_buf b;
    nx_buf_init(&b, a, NX_ORDER_BODY_MAX);
    nx_pack_begin(&b, BODY_VERSION);
    nx_pack_number(&b, NX_ORDER_TAG_KIND, NX_ORDER_OF_SIGN_IN);
    nx_pack_text(&b, TAG_TXN, q->txn);
    nx_pack_text(&b, TAG_CLIENT, q->client_id);
    nx_pack_text(&b, TAG_DISPLAY, q->display);
    nx_pack_text(&b, TAG_ADDRESS, q->address);
    nx_pack_bytes(&b, TAG_BROWSER, q->browser);
    nx_pack_bytes(&b, TAG_KEY, q->key);
    nx_pack_number(&b, TAG_VIA, q->via);
    nx_pack_number(&b, TAG_T, q->t);
    nx_pack_number(&b, TAG_RUNG, q->rung);
    nx_pack_text(&b, TAG_QID, q->qid);
    nx_pack_text(&b, TAG_PERSON, q->person);
    nx_pack_text(&b, TAG_LABEL, q->label);
    nx_pack_text(&b, TAG_NONCE, q->nonce);
    nx_pack_text(&b, TAG_CONTEXT, q->context);
    nx_pack_text(&b, TAG_DIGITS, q->digits);
    nx_pack_text(&b, TAG_PROOF, q->proof);
    nx_pack_number(&b, TAG_OWN_SCREEN, q->own_screen);
    nx_pack_number(&b, TAG_BOUND_AT, q->bound_at);
    nx_pack_number(&b, TAG_MEANS, q->means);
    nx_pack_text(&b, TAG_KIOSK, q->kiosk);
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_span(&b);
    return NX_OK;
}

NX_FALLIBLE nx_qr_order_unpack(struct nx_qr_order *q, nx_arena *a)
{
    nx_pack p;
    NX_TRY(nx_pack_open(&p, q->o.body));
    NX_REQUIRE(nx_pack_get_number(&p, NX_ORDER_TAG_KIND, 0) == NX_ORDER_OF_SIGN_IN, NX_ERR_QR_ORDER_GONE);
    q->txn = nx_pack_get_text(&p, TAG_TXN, a);
    q->client_id = nx_pack_get_text(&p, TAG_CLIENT, a);
    q->display = nx_pack_get_text(&p, TAG_DISPLAY, a);
    q->address = nx_pack_get_text(&p, TAG_ADDRESS, a);
    q->browser = nx_pack_get(&p, TAG_BROWSER);
    q->key = nx_pack_get(&p, TAG_KEY);
    q->via = (enum nx_via)nx_pack_get_number(&p, TAG_VIA, NX_VIA_SCAN);
    q->t = (nx_time)nx_pack_get_number(&p, TAG_T, 0);
    q->rung = (enum nx_rung)nx_pack_get_number(&p, TAG_RUNG, NX_P0);
    q->qid = nx_pack_get_text(&p, TAG_QID, a);
    q->person = nx_pack_get_text(&p, TAG_PERSON, a);
    q->label = nx_pack_get_text(&p, TAG_LABEL, a);
    q->nonce = nx_pack_get_text(&p, TAG_NONCE, a);
    q->context = nx_pack_get_text(&p, TAG_CONTEXT, a);
    q->digits = nx_pack_get_text(&p, TAG_DIGITS, a);
    q->proof = nx_pack_get_text(&p, TAG_PROOF, a);
    q->own_screen = nx_pack_get_number(&p, TAG_OWN_SCREEN, 0) == 1;
    q->bound_at = (int)nx_pack_get_number(&p, TAG_BOUND_AT, 0);
    q->means = (unsigned)nx_pack_get_number(&p, TAG_MEANS, 0);
    q->kiosk = nx_pack_get_text(&p, TAG_KIOSK, a);
    NX_REQUIRE(!nx_arena_failed(a), NX_ERR_MEMORY);
    return NX_OK;
}

char *nx_qr_order_name(nx_arena *a, const nx_id *id)
{
    char *name = nx_arena_strdup(a, id->s);
    for (char *c = name; c && *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return name;
}

NX_FALLIBLE nx_qr_order_id(nx_id *out, const char *name)
{
    uint8_t bytes[16];
    size_t n;
    NX_REQUIRE(name && strlen(name) == NX_ID_LEN, NX_ERR_QR_MALFORMED);
    NX_REQUIRE(nx_ok(nx_b32_decode(bytes, sizeof bytes, &n, nx_span_str(name), true)), NX_ERR_QR_MALFORMED);
    nx_b32_encode(out->s, nx_span_of(bytes, n), false);
    return NX_OK;
}

NX_FALLIBLE nx_qr_order_step(struct nx_qr_order *q, nx_arena *a, struct nx_house *house,
                             enum nx_order_state to, bool *won)
{
    nx_span body;
    enum nx_found found;
    NX_TRY(nx_qr_order_pack(&body, a, q));
    NX_TRY(nx_order_step(house->store, a, &q->o, to, body, &found));
    *won = found == NX_FOUND;
    return NX_OK;
}

NX_FALLIBLE nx_qr_make_digits(char *out, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint8_t byte;
        NX_TRY(nx_random(&byte, 1));
        if (byte < 250) out[i++] = (char)('0' + byte % 10); /* no digit more likely than another */
    }
    out[n] = 0;
    return NX_OK;
}
