/* One-time codes of a generator: TOTP (RFC 6238: SHA-1, six digits, 30 s, as every app has it) and HOTP (RFC
 * 4226), by liboath. A second factor only: whose code it is must have been proven before.
 *
 * The secret is 20 random bytes, sealed under the key-encryption key for its row. A step or counter is taken
 * once, by a compare-and-set in the registry, also of two callers at once. The window is one step each way
 * around the drift of the holder's clock when she used it last; a counter may be up to NX_ONE_TIME_AHEAD
 * ahead. Attempts are counted before they are made, by person and source, and by person whatever the source.
 */
#ifndef NX_AUTHN_ONE_TIME_H
#define NX_AUTHN_ONE_TIME_H

#include "authn/sign_in.h"
#include "base/secret.h"
#include "registry/one_time.h"

#define NX_ONE_TIME_DIGITS 6
#define NX_ONE_TIME_STEP_S 30
#define NX_ONE_TIME_AHEAD 10
#define NX_ONE_TIME_DRIFT_MAX 10 /* steps; a clock further off must be set right */
#define NX_ONE_TIME_SECRET_LEN 20
#define NX_ONE_TIME_ENROL_S 600

/* What an operator makes for a person (rule 25: pending until she uses it beside another factor). */
struct nx_one_time_ask {
    const char *person;
    const char *user_name; /* shown by the app */
    enum nx_one_time_kind kind;
    int bound_at;
    const char *label; /* NULL: none */
};
/* Makes one; *uri is its otpauth: link with the secret, shown once, in the arena. NX_ERR_LIMIT past
 * NX_ONE_TIME_MAX. */
NX_FALLIBLE nx_one_time_make(struct nx_one_time *out, const char **uri, struct nx_house *house, nx_arena *a,
                             const struct nx_one_time_ask *ask);

/* Enrolling one's own: nothing is stored before the first right code. The ticket is for this browser and
 * holds the secret; it serves until its time is over or the code was right. */
struct nx_one_time_enrolment {
    nx_handle_text ticket;
    const char *uri;  /* otpauth:totp, for the QR code; in the arena */
    const char *text; /* the secret in base32 in groups of four, for typing; in the arena */
};
NX_FALLIBLE nx_one_time_begin(struct nx_one_time_enrolment *out, struct nx_house *house, nx_arena *a,
                              nx_span browser, const struct nx_one_time_ask *ask);
/* The same enrolment shown again, after a wrong code or a reload. NX_ERR_ONE_TIME_GONE. */
NX_FALLIBLE nx_one_time_again(struct nx_one_time_enrolment *out, struct nx_house *house, nx_arena *a,
                              nx_span browser, const char *person, nx_span ticket);

/* A code as it was typed: blanks in it are left out. */
struct nx_one_time_try {
    const char *person;
    const nx_secret *code;
    const char *source;
};
/* The first code of an enrolment: stores the generator. NX_ERR_ONE_TIME, NX_ERR_ONE_TIME_GONE, NX_ERR_LIMIT,
 * or NX_ERR_HTTP_RATE with *retry_after_s. */
NX_FALLIBLE nx_one_time_confirm(struct nx_one_time *out, struct nx_house *house, nx_arena *a, nx_span browser,
                                nx_span ticket, const struct nx_one_time_try *t, int64_t *retry_after_s);

/* Proves possession: means OTP, bound_at of the generator. NX_ERR_ONE_TIME (wrong, or she has none),
 * NX_ERR_ONE_TIME_USED (right, and taken before), NX_ERR_HTTP_RATE with *retry_after_s. */
NX_FALLIBLE nx_one_time_prove(struct nx_proof *out, struct nx_house *house, nx_arena *a,
                              const struct nx_one_time_try *t, int64_t *retry_after_s);

/* The digits of a secret at a moving factor; NUL-terminated. NX_ERR_CRYPTO. */
NX_FALLIBLE nx_one_time_code(char out[NX_ONE_TIME_DIGITS + 1], nx_span secret, uint64_t moving);

/* Counts an attempt of a person at any of her second factors. NX_ERR_HTTP_RATE with *retry_after_s. */
NX_FALLIBLE nx_second_factor_attempt(struct nx_house *house, nx_arena *a, const struct nx_one_time_try *t,
                                     int64_t *retry_after_s);
/* It was right: gives it back. */
NX_FALLIBLE nx_second_factor_right(struct nx_house *house, nx_arena *a, const struct nx_one_time_try *t);

#endif
