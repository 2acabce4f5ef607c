/* What a page sends back, and the tickets of challenges; inside this folder only. */
#ifndef NX_AUTHN_PASSKEY_ANSWER_H
#define NX_AUTHN_PASSKEY_ANSWER_H

#include "authn/passkey.h"

/* RegistrationResponseJSON or AuthenticationResponseJSON (Level 3 section 5.1): what is read of them,
 * decoded, in the arena. The other members are for browsers. */
struct nx_passkey_response {
    nx_span credential_id;
    nx_span client_data;
    nx_span attestation_object; /* of a registration */
    const char *transports;
    nx_span auth_data; /* of an assertion */
    nx_span signature;
    nx_span user_handle; /* empty when the authenticator did not say */
};
/* NX_ERR_WEBAUTHN_FORM, NX_ERR_LIMIT. */
NX_FALLIBLE nx_passkey_registration(struct nx_passkey_response *out, nx_arena *a, const char *json);
NX_FALLIBLE nx_passkey_assertion(struct nx_passkey_response *out, nx_arena *a, const char *json);

/* Uses the ticket up; challenge has room for NX_WEBAUTHN_CHALLENGE_LEN. NX_ERR_PASSKEY_CHALLENGE. */
NX_FALLIBLE nx_passkey_challenge_take(uint8_t *challenge, struct nx_house *house, nx_arena *a,
                                      const struct nx_passkey_scene *scene, nx_span ticket);

/* Where an answer must come from; the challenge is filled in by the caller. */
struct nx_webauthn_expect nx_passkey_expect(const struct nx_house *house, nx_arena *a, bool phone);

#endif
