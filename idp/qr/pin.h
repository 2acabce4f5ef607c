/* PINs of phones and paper: set, checked with Argon2id under a pepper that is not in the registry, counted
 * (rules 2, 8).
 *
 * Slow on purpose: HASH lane only. Suspending after the last failure is the caller's act (idp/revoke stands
 * above). */
#ifndef NX_QR_PIN_H
#define NX_QR_PIN_H

#include "base/secret.h"
#include "crypto/password.h"
#include "house/house.h"
#include "registry/qr_identity.h"

#define NX_PIN_MIN 6
#define NX_PIN_MAX 12
#define NX_PIN_FAILURES_MAX 5

/* What a check found. */
struct nx_pin_result {
    bool right;
    int left;     /* tries that are left; 0: the identity must be suspended now */
    bool counted; /* there is a PIN, and tries at it are counted; false: there is nothing to guess */
    int bound_at; /* of the identity */
};

/* NX_ERR_QR_PIN_WEAK: not NX_PIN_MIN to NX_PIN_MAX digits, one digit repeated, a run up or down, two or three
 * digits repeated, the holder's birth date or year, or one of the commonest. */
NX_FALLIBLE nx_pin_strong(const nx_secret *pin, const char *birthdate);
/* Six random digits that are strong, for paper (returned once). */
NX_FALLIBLE nx_pin_make(nx_secret *out, const char *birthdate);
/* The verifier of a PIN that was found strong, for who stores it later. */
NX_FALLIBLE nx_pin_hash(nx_phc *out, const struct nx_house *house, const nx_secret *pin);
/* Checks strength and stores the verifier. */
NX_FALLIBLE nx_pin_set(struct nx_house *house, nx_arena *a, const struct nx_qr_identity *q,
                       const nx_secret *pin);
/* NX_OK whether right or wrong. source: who asks (address; an enrolled device's own qid). NX_ERR_HTTP_RATE is
 * never given: a throttled attempt is wrong without counting, with `left` as it stands. An identity without a
 * PIN, or past the last failure, is wrong with left 0. */
NX_FALLIBLE nx_pin_check(struct nx_pin_result *out, struct nx_house *house, nx_arena *a,
                         const struct nx_qr_identity *q, const nx_secret *pin, const char *source);

/* What a check costs when there is nothing to check, so that an unknown identity is not told apart by time.
 */
NX_FALLIBLE nx_pin_burn(const struct nx_house *house, const nx_secret *pin);

#endif
