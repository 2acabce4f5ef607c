/* Enrolled kiosks: the rung p2 (SECURITY.md 5). A kiosk proves its key, which its browser cannot give away, over a
 * challenge of the server that is good once, for two minutes, in one browser; the order that is begun in the same
 * call is at the kiosk's place, and nobody else's word counts.
 *
 * What is signed (ES256, raw): the label, the issuer and the challenge, with a line feed after each but the last. */
#ifndef NX_QR_KIOSK_H
#define NX_QR_KIOSK_H

#include "house/house.h"
#include "registry/kiosk.h"

#define NX_KIOSK_ENROL_S 600
#define NX_KIOSK_CHALLENGE_S 120
#define NX_KIOSK_LABEL_ENROL "nixa-kiosk-enrol-v1"
#define NX_KIOSK_LABEL_PROVE "nixa-kiosk-prove-v1"

/* The secret of an enrolment link, for a pending kiosk: one use. */
NX_FALLIBLE nx_kiosk_link(nx_handle_text *out, struct nx_house *house, nx_arena *a, const char *id);
/* The kiosk's browser has made its key: jwk is JSON, signature base64url over (enrol label, issuer, secret). Fills
 * *out. NX_ERR_NOT_FOUND: the link is over; NX_ERR_QR_KEY: no P-256 key, or another kiosk's; NX_ERR_SIGNATURE. */
NX_FALLIBLE nx_kiosk_key(struct nx_kiosk *out, struct nx_house *house, nx_arena *a, nx_span secret, const char *jwk,
                         nx_span signature);

/* Whether there is an active kiosk of that id; NULL: there is not. */
NX_FALLIBLE nx_kiosk_stands(bool *out, struct nx_house *house, nx_arena *a, const char *id);

/* A challenge for this browser. */
NX_FALLIBLE nx_kiosk_challenge(nx_handle_text *out, struct nx_house *house, nx_arena *a, nx_span browser);
/* Takes the challenge and verifies the signature over (prove label, issuer, challenge) by the active kiosk of that id.
 * NX_ERR_NOT_FOUND: the challenge is over or another browser's, or there is no such kiosk any more; NX_ERR_SIGNATURE. */
NX_FALLIBLE nx_kiosk_prove(struct nx_kiosk *out, struct nx_house *house, nx_arena *a, nx_span browser,
                           nx_span challenge, const char *id, nx_span signature);

#endif
