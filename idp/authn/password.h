/* Passwords: the authenticator, and changing one. HASH lane only.
 *
 * An unknown user name costs one hash like a known one and fails with the same error; so does a person
 * without a password and one who is not active. Attempts are counted before they are made, by (account,
 * source), by source, and by account; nobody can lock somebody else out (sessions/throttle.h). */
#ifndef NX_AUTHN_PASSWORD_H
#define NX_AUTHN_PASSWORD_H

#include "authn/sign_in.h"
#include "base/secret.h"
#include "crypto/password.h"

struct nx_password_ask {
    nx_span user_name;
    const nx_secret *password;
    const char *source; /* client address */
    bool known;         /* this browser is signed in to this account already (re-authentication) */
};

/* NX_OK fills the proof (means PASSWORD, bound_at of the credential); strings in the arena. NX_ERR_PASSWORD,
 * or NX_ERR_HTTP_RATE with *retry_after_s. */
NX_FALLIBLE nx_password_prove(struct nx_proof *out, struct nx_house *house, nx_arena *a,
                              const struct nx_password_ask *ask, int64_t *retry_after_s);

/* Whether a new password may be one: password_min to 256 characters of valid UTF-8, not the user name, none
 * of the commonest. NX_ERR_PASSWORD_WEAK. */
NX_FALLIBLE nx_password_strong(struct nx_house *house, const nx_secret *password, const char *user_name);

/* Sets a person's password: hashes, stores, raises nothing. bound_at 1. For provisioning; inside a registry
 * change of the caller when there is one. */
NX_FALLIBLE nx_password_store(struct nx_house *house, const char *person, const nx_secret *password);
/* Its two halves, for who must not hold a change while hashing. */
NX_FALLIBLE nx_password_make(nx_phc *out, struct nx_house *house, const nx_secret *password);
NX_FALLIBLE nx_password_put(struct nx_house *house, const char *person, const nx_phc *phc);

/* Changing one's own is an act of the page above (idp/endpoints/me): prove, strong, then store and revoke the
 * person's sessions in one change (idp/revoke stands beside this folder and not under it). */

#endif
