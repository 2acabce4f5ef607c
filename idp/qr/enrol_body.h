/* The body of an enrolment, packed; inside this folder only. */
#ifndef NX_QR_ENROL_BODY_H
#define NX_QR_ENROL_BODY_H

#include "qr/enrol.h"

NX_FALLIBLE nx_enrol_pack(nx_span *out, nx_arena *a, const struct nx_enrolment *e);
/* Reads e->o.body. NX_ERR_QR_ENROLMENT_GONE when it is a sign-in's. */
NX_FALLIBLE nx_enrol_unpack(struct nx_enrolment *e, nx_arena *a);
NX_FALLIBLE nx_enrol_step(struct nx_enrolment *e, nx_arena *a, struct nx_house *house,
                          enum nx_order_state to);
/* Kills it; why is a word of docs/PROTOCOL-qr.md section 6. */
NX_FALLIBLE nx_enrol_end(struct nx_house *house, nx_arena *a, const char *id, const char *why);

#endif
