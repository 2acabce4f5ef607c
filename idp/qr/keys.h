/* What a reader needs: the keys of handles, cards, status lists and contexts, and the bundle of them all. */
#ifndef NX_QR_KEYS_H
#define NX_QR_KEYS_H

#include "house/house.h"

/* Card keys are named by the beginning of their kid: every byte of a QR code counts. */
#define NX_QR_KID_LEN 4
#define NX_QR_BUNDLE_S 86400
#define NX_QR_TYP_BUNDLE "nixa-bundle+jwt"

/* Our card key with this short kid. *out is owned: nx_signing_key_release. NX_ERR_JOSE_KEY. */
NX_FALLIBLE nx_qr_card_key(nx_signing_key **out, nx_arena *a, nx_keyring *r, nx_span kid);
/* {"keys":[…]}, each with "purpose" (docs/PROTOCOL-qr.md section 2). *out is owned: json_decref. */
NX_FALLIBLE nx_qr_jwks(json_t **out, nx_arena *a, nx_keyring *r);
/* {"bundle": JWS, "lists": [tokens]} as text (section 10). */
NX_FALLIBLE nx_qr_bundle(char **out, nx_arena *a, struct nx_house *house, nx_time now);

#endif
