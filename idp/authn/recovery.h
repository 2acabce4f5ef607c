/* Recovery codes: ten codes of ten characters on paper, for the day on which the phone is lost. Beside a
 * password only, and they lift nothing (policies/assurance.def): whoever copied the list once would have a
 * second factor for ever. They let their holder in where she asked that every sign-in needs a second factor,
 * so that she can enrol a new one.
 *
 * A code has 50 random bits, and its tries are counted: an HMAC under the pepper is enough at rest. */
#ifndef NX_AUTHN_RECOVERY_H
#define NX_AUTHN_RECOVERY_H

#include "authn/one_time.h"

#define NX_RECOVERY_LEN 10

struct nx_recovery_list {
    char code[NX_RECOVERY_CODES][NX_RECOVERY_LEN + 2]; /* "abcde-fghij"; wipe after showing */
};

/* Makes ten new ones in place of all that she had. */
NX_FALLIBLE nx_recovery_make(struct nx_recovery_list *out, struct nx_house *house, const char *person);
/* Uses one up: means RECOVERY, bound_at m1. Case, blanks and hyphens do not count. NX_ERR_RECOVERY_CODE, or
 * NX_ERR_HTTP_RATE with *retry_after_s. */
NX_FALLIBLE nx_recovery_prove(struct nx_proof *out, struct nx_house *house, nx_arena *a,
                              const struct nx_one_time_try *t, int64_t *retry_after_s);

#endif
