/* The phone takes an order: the frame is looked at first, so that an order cannot be taken or killed by who
 * only knows its name (rule 4). */
#include "base/json.h"
#include "base/secret.h"
#include "crypto/jws.h"
#include "crypto/random.h"
#include "qr/order.h"
#include "qr/order_body.h"

#include <arpa/inet.h>

#define NONCE_BYTES 16

/* The members of a take proof. */
struct take {
    nx_id order;
    nx_time t;
    uint8_t mac[NX_FRAME_MAC_LEN];
    enum nx_via via;
};

static nx_result read_via(enum nx_via *out, const char *text)
{
    for (int via = 0; text && via < NX_VIAS; via++) {
        if (strcmp(text, nx_via_text((enum nx_via)via)) != 0) continue;
        *out = (enum nx_via)via;
        return NX_OK;
    }
    NX_FAIL(NX_ERR_QR_MALFORMED);
}

static nx_result read_take(struct take *out, const json_t *payload)
{
    NX_TRY(nx_qr_order_id(&out->order, nx_json_str(payload, "order")));
    NX_TRY(read_via(&out->via, nx_json_str(payload, "via")));
    out->t = nx_json_int(payload, "t", -1);
    const char *mac = nx_json_str(payload, "mac");
    NX_REQUIRE(out->t > 0 && mac && nx_ok(nx_link_mac(out->mac, nx_span_str(mac))), NX_ERR_QR_MALFORMED);
    return NX_OK;
}

/* A pasted link exists on loopback issuers only (rule 4). */
static nx_result check_frame(nx_arena *a, const struct nx_house *house, const struct nx_qr_order *q,
                             const struct take *t)
{
    uint8_t mac[NX_FRAME_MAC_LEN];
    NX_REQUIRE(t->via != NX_VIA_LINK || house->loopback, NX_ERR_QR_FRAME_INVALID);
    NX_TRY(nx_qr_frame_mac(mac, a, q, t->via, t->t));
    NX_REQUIRE(nx_ct_equal_n(mac, t->mac, sizeof mac), NX_ERR_QR_FRAME_INVALID);
    int64_t age_ms = q->o.now_ms - t->t * 1000;
    int64_t life_ms = 1000 * (t->via == NX_VIA_SCAN ? NX_FRAME_SCAN_S : NX_FRAME_LINK_S);
    NX_REQUIRE(age_ms >= 0 && age_ms <= life_ms, NX_ERR_QR_FRAME_STALE);
    return NX_OK;
}

static bool public_v4(uint32_t a)
{
    bool private =
        a >> 24 == 10 || a >> 24 == 127 || a >> 20 == 0xac1 || a >> 16 == 0xc0a8 || a >> 16 == 0xa9fe;
    return !private && a >> 24 != 0 && a >> 22 != 0x191; /* 100.64/10: many households behind one address */
}

/* Rule 5: the same public network proves p1, which grants nothing that p0 lacks. */
static bool same_network(const char *x, const char *y)
{
    struct in_addr x4, y4;
    struct in6_addr x6, y6;
    if (!x || !y) return false;
    if (inet_pton(AF_INET, x, &x4) == 1 && inet_pton(AF_INET, y, &y4) == 1)
        return x4.s_addr == y4.s_addr && public_v4(ntohl(x4.s_addr));
    if (inet_pton(AF_INET6, x, &x6) != 1 || inet_pton(AF_INET6, y, &y6) != 1) return false;
    return x6.s6_addr[0] >> 5 == 1 && memcmp(&x6, &y6, 8) == 0; /* 2000::/3, one /64 */
}

static nx_result sign_context(const char **out, nx_arena *a, struct nx_house *house,
                              const struct nx_qr_order *q)
{
    NX_AUTO_JSON display = NULL;
    NX_TRY(nx_json_parse_object(&display, nx_span_str(q->display)));
    nx_time now = q->o.now_ms / 1000;
    NX_AUTO_JSON claims =
        json_pack("{s:s, s:I, s:I, s:s, s:I, s:s, s:s, s:s, s:s, s:O}", "iss", house->issuer, "iat",
                  (json_int_t)now, "exp", (json_int_t)(q->o.deadline_ms / 1000), "order",
                  nx_qr_order_name(a, &q->o.id), "t", (json_int_t)q->t, "nonce", q->nonce, "qid", q->qid,
                  "via", nx_via_text(q->via), "px", nx_rung_text(q->rung), "display", display);
    NX_NEED(claims);
    char *jws;
    NX_TRY(nx_jws_sign_json(&jws, a, house->keyring, NX_USE_WALLET, NX_QR_TYP_CONTEXT, claims));
    *out = jws;
    return NX_OK;
}

/* Rule 5: a link that was carried somewhere proves no place, not even a kiosk's. */
static enum nx_rung rung_of(const struct nx_qr_order *q, const struct take *t, const char *address)
{
    if (t->via != NX_VIA_SCAN) return NX_P0;
    if (q->kiosk) return NX_P2;
    return same_network(q->address, address) ? NX_P1 : NX_P0;
}

static nx_result fill_taken(struct nx_qr_order *q, nx_arena *a, struct nx_house *house,
                            const struct nx_qr_proof *p, const struct take *t, const char *address)
{
    uint8_t nonce[NONCE_BYTES];
    NX_TRY(nx_random(nonce, sizeof nonce));
    q->nonce = nx_b64u_dup(a, nx_span_of(nonce, sizeof nonce));
    NX_NEED(q->nonce);
    q->via = t->via;
    q->t = t->t;
    q->rung = rung_of(q, t, address);
    q->qid = p->who.qid.s;
    q->person = p->who.person.s;
    q->label = p->who.label;
    return sign_context(&q->context, a, house, q);
}

static nx_result answer(struct nx_qr_answer *out, const struct nx_qr_order *q)
{
    *out =
        (struct nx_qr_answer){.context = q->context, .expires_in = (q->o.deadline_ms - q->o.now_ms) / 1000};
    return NX_OK;
}

/* The same device's repeated scan: its first answer was lost, it gets the same one. */
static nx_result repeated(struct nx_qr_answer *out, nx_arena *a, struct nx_house *house, const char *id,
                          const struct nx_qr_proof *p)
{
    struct nx_qr_order q;
    NX_TRY(nx_qr_order_find(&q, a, house, id));
    NX_REQUIRE(q.o.state == NX_ORDER_CONTEXT && strcmp(q.o.by, p->who.thumbprint) == 0,
               NX_ERR_QR_ORDER_STATE);
    return answer(out, &q);
}

NX_FALLIBLE nx_qr_take(struct nx_qr_answer *out, nx_arena *a, struct nx_house *house,
                       const struct nx_qr_proof *p, const char *address)
{
    struct take t;
    struct nx_qr_order q;
    enum nx_found found;
    NX_TRY(read_take(&t, p->payload));
    NX_TRY(nx_qr_order_find(&q, a, house, t.order.s));
    NX_REQUIRE(q.o.state != NX_ORDER_DONE && q.o.state != NX_ORDER_DEAD, NX_ERR_QR_ORDER_GONE);
    NX_TRY(check_frame(a, house, &q, &t));
    if (q.kiosk) NX_TRY(nx_qr_check_kiosk(&q, a, house));
    NX_TRY(nx_order_take(house->store, a, t.order.s, p->who.thumbprint, NX_SPAN_NONE, &q.o, &found));
    NX_REQUIRE(found != NX_GONE, NX_ERR_QR_ORDER_GONE);
    NX_REQUIRE(found == NX_FOUND, NX_ERR_QR_ORDER_TAKEN);
    if (q.o.state != NX_ORDER_TAKEN) return repeated(out, a, house, t.order.s, p);
    NX_TRY(fill_taken(&q, a, house, p, &t, address));
    bool won;
    NX_TRY(nx_qr_order_step(&q, a, house, NX_ORDER_CONTEXT, &won));
    if (!won) return repeated(out, a, house, t.order.s, p);
    return answer(out, &q);
}
