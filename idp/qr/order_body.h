/* The body of an order, packed; inside this folder only. */
#ifndef NX_QR_ORDER_BODY_H
#define NX_QR_ORDER_BODY_H

#include "qr/order.h"

/* Kinds of orders share their store: one is never taken for the other. */
enum nx_order_kind { NX_ORDER_OF_SIGN_IN = 1, NX_ORDER_OF_ENROLMENT = 2 };
#define NX_ORDER_TAG_KIND 1 /* in the bodies of both */

NX_FALLIBLE nx_qr_order_pack(nx_span *out, nx_arena *a, const struct nx_qr_order *q);
/* Reads q->o.body. NX_ERR_QR_ORDER_GONE when it is an enrolment's. */
NX_FALLIBLE nx_qr_order_unpack(struct nx_qr_order *q, nx_arena *a);

/* One CAS step with the whole struct as the new body; *won is false when another act was faster. */
NX_FALLIBLE nx_qr_order_step(struct nx_qr_order *q, nx_arena *a, struct nx_house *house,
                             enum nx_order_state to, bool *won);

/* 80 bits over everything that the phone will display (docs/PROTOCOL-qr.md section 7). */
NX_FALLIBLE nx_qr_frame_mac(uint8_t out[NX_FRAME_MAC_LEN], nx_arena *a, const struct nx_qr_order *q,
                            enum nx_via via, nx_time t);

/* The kiosk at which the order was begun must still be one: taken back since, it is a screen like any other, at no place
 * and with nothing transferred to it. The order dies: NX_ERR_QR_ORDER_GONE. */
NX_FALLIBLE nx_qr_check_kiosk(const struct nx_qr_order *q, nx_arena *a, struct nx_house *house);

/* n random decimal digits and a NUL. */
NX_FALLIBLE nx_qr_make_digits(char *out, size_t n);

#endif
