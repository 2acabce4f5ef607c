/* Kiosks' pages: making the key, and proving it before an order is begun. The cookie only says that a browser may be
 * a kiosk, so that it is asked to prove it. */
#ifndef NX_ENDPOINTS_QR_KIOSK_H
#define NX_ENDPOINTS_QR_KIOSK_H

#include "endpoints/pages/pages.h"
#include "qr/kiosk.h"

#define NX_KIOSK_COOKIE "__Host-nxk"

bool nx_kiosk_is_here(const nx_request *rq);
/* The page whose script signs a challenge and posts it to /login/qr/kiosk. */
NX_FALLIBLE nx_kiosk_page(nx_request *rq, nx_reply *rp, const char *txn);
/* What it posted: challenge, kiosk, signature. Errors of nx_kiosk_prove. */
NX_FALLIBLE nx_kiosk_proven(struct nx_kiosk *out, nx_request *rq, const struct nx_visitor *who);

/* It could not: from now on this is a screen like any other. */
NX_FALLIBLE nx_kiosk_is_none(nx_request *rq, nx_reply *rp, const char *txn);

#endif
