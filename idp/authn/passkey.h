/* Passkeys and security keys: enrolling them, signing in with them, approving with them on a phone.
 *
 * A challenge is a ticket (sessions/ticket.h): random, of one purpose, for one browser and what it is doing,
 * five minutes, used up before the answer to it is looked at. Signing in names nobody: the authenticator
 * finds the credential and says whose it is by a random handle, so nothing here tells whether an account or a
 * passkey exists.
 *
 * What a passkey proves (SECURITY.md 6): the user was verified, PASSKEY_UV; by a biometric,
 * PASSKEY_BIOMETRIC, only when it was attested at enrolment, its model's row says biometric now, and it
 * cannot be copied to other devices. A passkey used from another device by CTAP hybrid proves what the same
 * passkey proves here: that a phone was near is known to the browser and only claimed to us, so it earns no
 * rung (docs/passkeys.md). */
#ifndef NX_AUTHN_PASSKEY_H
#define NX_AUTHN_PASSKEY_H

#include "authn/sign_in.h"
#include "authn/webauthn.h"
#include "base/json.h"

#define NX_PASSKEY_CHALLENGE_S 300
#define NX_PASSKEY_RESPONSE_MAX (16u << 10) /* bytes of JSON that a page sends back */

enum nx_passkey_purpose {
    NX_PASSKEY_SIGN_IN = 1,
    NX_PASSKEY_ENROL = 2,
    NX_PASSKEY_ENROL_PHONE = 3,
    NX_PASSKEY_CONSOLE = 4, /* an administrator enters the console (authn/administrator.h) */
    NX_PASSKEY_CONSOLE_ENROL = 5
};

/* Who may answer a challenge, and what for. */
struct nx_passkey_scene {
    enum nx_passkey_purpose purpose;
    nx_span browser;   /* browser cookie; for a phone its qid */
    const char *about; /* transaction, "" without one; the session's id; the qid */
};

struct nx_passkey_challenge {
    nx_handle_text ticket;
    char text[NX_B64U_LEN(NX_WEBAUTHN_CHALLENGE_LEN) + 1];
};
NX_FALLIBLE nx_passkey_challenge(struct nx_passkey_challenge *out, struct nx_house *house, nx_arena *a,
                                 const struct nx_passkey_scene *scene);

/* The RP id of the pages (the issuer's host), and of the wallet (its origin's host); in the arena. */
char *nx_passkey_rp(nx_arena *a, const char *origin);

/* PublicKeyCredentialRequestOptions / CreationOptions in the JSON form of Level 3 section 5.1, for a script
 * of ours; *out is owned. Creation names the person's credentials of this kind so that an authenticator is
 * not enrolled twice: only for a page of her own. */
NX_FALLIBLE nx_passkey_request_json(json_t **out, struct nx_house *house, nx_arena *a,
                                    const struct nx_passkey_challenge *c);
struct nx_passkey_holder {
    const char *person;
    const char *qid;       /* NULL: it will sign in */
    const char *user_name; /* shown by the authenticator */
    const char *name;
    int bound_at;
};
NX_FALLIBLE nx_passkey_creation_json(json_t **out, struct nx_house *house, nx_arena *a,
                                     const struct nx_passkey_challenge *c, const struct nx_passkey_holder *h);

/* What a page or wallet sends back. */
struct nx_passkey_answer {
    nx_span ticket;
    const char *response; /* JSON: RegistrationResponseJSON or AuthenticationResponseJSON */
};

/* Enrols: audited as "passkey.enrolled". name: 1 to 40 printable characters, NULL or "": the model's. *out in
 * the arena. NX_ERR_PASSKEY_CHALLENGE (not one of this browser and purpose, over, or used),
 * NX_ERR_PASSKEY_TAKEN, NX_ERR_PASSKEY_MODEL (refused by policy), NX_ERR_LIMIT, and the errors of
 * nx_webauthn_create. */
NX_FALLIBLE nx_passkey_enrol(struct nx_passkey *out, struct nx_house *house, nx_arena *a,
                             const struct nx_passkey_scene *scene, const struct nx_passkey_holder *h,
                             const struct nx_passkey_answer *answer, const char *name);

/* Proves who holds the passkey: means, bound_at and the person's epoch as it was before the row was read.
 * *used (may be NULL) is its id. Attempts are counted by source. What is wrong with an answer is one of the
 * errors of nx_webauthn_assert, NX_ERR_PASSKEY_CHALLENGE, NX_ERR_PASSKEY_UNKNOWN (no such credential, of
 * nobody active, or not for this), NX_ERR_PASSKEY_COUNTER (it went back: flagged now, or was before),
 * NX_ERR_PASSKEY_MODEL, NX_ERR_HTTP_RATE with *retry_after_s. To the person all but the last are one. */
struct nx_passkey_try {
    struct nx_passkey_scene scene;
    struct nx_passkey_answer answer;
    const char *source;
};
NX_FALLIBLE nx_passkey_prove(struct nx_proof *out, nx_id *used, struct nx_house *house, nx_arena *a,
                             const struct nx_passkey_try *t, int64_t *retry_after_s);

/* A phone's approval (docs/PROTOCOL-qr.md section 7): an assertion of a passkey of this QR identity over the
 * digest of what was displayed. *means is NX_MEANS_QR_UV or NX_MEANS_QR_BIOMETRIC. Errors as above. */
NX_FALLIBLE nx_passkey_approve(unsigned *means, int *bound_at, struct nx_house *house, nx_arena *a,
                               const char *qid, nx_span digest, const char *response);

/* Whether she has one that signs in and would reach that level alone. */
NX_FALLIBLE nx_passkey_could(bool *out, struct nx_house *house, nx_arena *a, const char *person,
                             enum nx_level level);

/* 1 to 40 printable characters. NX_ERR_RANGE. */
NX_FALLIBLE nx_passkey_name_ok(const char *name);

/* Removes one of the person's: audited as "passkey.removed". Ending what was signed in with it is the
 * caller's (nx_passkey_end in idp/endpoints/me, which stands above idp/revoke). NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_passkey_remove(struct nx_house *house, nx_arena *a, const char *person, const char *id,
                              const char *actor);

#endif
