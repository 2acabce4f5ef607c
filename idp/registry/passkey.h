/* Passkeys and security keys (Web Authentication Level 3), and the models of authenticators that policy
 * knows.
 *
 * A passkey signs in (qid empty) or approves on the phone of one QR identity (qid set); neither serves for
 * the other. bound_at is the level 1..4 at which it was enrolled: it never yields more (rule 3). The user
 * handle, by which an authenticator knows its person, is random, one for each person, and names nobody.
 *
 * Whether a passkey counts as biometric is worked out when it is used, from the row of its model as it is
 * then: a model that lost its trust lowers every passkey of it at once. */
#ifndef NX_REGISTRY_PASSKEY_H
#define NX_REGISTRY_PASSKEY_H

#include "registry/registry.h"

#define NX_PASSKEYS_MAX 10 /* of one person that sign in; and of one QR identity */
#define NX_PASSKEY_ID_MIN 16
#define NX_PASSKEY_ID_MAX 1023 /* bytes of a credential id (WebAuthn section 4) */
#define NX_PASSKEY_KEY_MAX 512 /* bytes of a public key */
#define NX_PASSKEY_NAME_MAX 80 /* bytes, 40 characters */
#define NX_PASSKEY_TRANSPORTS_MAX 64
#define NX_USER_HANDLE_LEN 32
#define NX_AAGUID_LEN 16
#define NX_AAGUID_TEXT 36 /* 8-4-4-4-12 hexadecimal digits */
#define NX_PASSKEY_ANCHORS_MAX (16u << 10)

enum nx_passkey_state {
    NX_PASSKEY_ACTIVE,
    NX_PASSKEY_FLAGGED /* its signature counter went back: there may be a copy of it. It serves no more */
};

struct nx_passkey {
    nx_id id;
    nx_id person;
    nx_id qid; /* empty text: it signs in */
    enum nx_passkey_state state;
    int bound_at;
    int alg; /* COSE: -7 ES256, -8 EdDSA, -257 RS256 */
    uint32_t counter;
    bool backup_eligible; /* may be copied to other devices of its holder */
    bool backed_up;
    bool attested; /* a trusted statement said so when it was enrolled */
    uint8_t aaguid[NX_AAGUID_LEN];
    nx_time created;
    nx_time used; /* 0 never */
    /* Borrowed when written, in the caller's arena when read. */
    nx_span credential_id;
    nx_span public_key;     /* x | y; 32 bytes; or n | e (idp/authn/webauthn.h) */
    const char *transports; /* words with single spaces: "internal hybrid" */
    const char *name;       /* as its holder calls it */
};

/* "active", "flagged". */
const char *nx_passkey_state_name(enum nx_passkey_state state);

/* The person's user handle, drawn when she has none yet. NX_ERR_CONFLICT when there is no such person. */
NX_FALLIBLE nx_passkey_handle(nx_registry *r, const char *person, uint8_t out[NX_USER_HANDLE_LEN]);
/* Whose it is, when she has one. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_passkey_handle_is(nx_registry *r, const char *person, nx_span handle, bool *same);

/* Makes one: id and created are drawn here, used is 0, state active. NX_ERR_CONFLICT when the credential id
 * stands already (of whomever) or the person or QR identity does not exist, NX_ERR_LIMIT when there are
 * NX_PASSKEYS_MAX, NX_ERR_RANGE for a field past its bounds. */
NX_FALLIBLE nx_passkey_create(nx_registry *r, struct nx_passkey *k);
/* NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_passkey_get(nx_registry *r, nx_arena *a, const char *id, struct nx_passkey *out);
NX_FALLIBLE nx_passkey_by_credential(nx_registry *r, nx_arena *a, nx_span credential_id,
                                     struct nx_passkey *out);
/* All of a person's, those of her QR identities too, oldest first. */
NX_FALLIBLE nx_passkey_list(nx_registry *r, nx_arena *a, const char *person, struct nx_passkey **out,
                            size_t *n);

/* A verified assertion with this counter and backup state: takes them over and remembers the time, in one
 * step with the comparison (WebAuthn section 7.2 step 22): both zero, or the new one greater. Otherwise the
 * row is flagged, which is durable, and *regressed is true. NX_ERR_NOT_FOUND when it is gone or not active.
 */
NX_FALLIBLE nx_passkey_count(nx_registry *r, const char *id, uint32_t counter, bool backed_up,
                             bool *regressed);
NX_FALLIBLE nx_passkey_rename(nx_registry *r, const char *id, const char *name);
/* After a counter ceremony, or approved by a credential of the higher level (rule 3). */
NX_FALLIBLE nx_passkey_set_bound_at(nx_registry *r, const char *id, int level);
NX_FALLIBLE nx_passkey_delete(nx_registry *r, const char *id);

/* ---- models
 * ---------------------------------------------------------------------------------------------------- */

struct nx_passkey_model {
    uint8_t aaguid[NX_AAGUID_LEN];
    bool allowed; /* false: such authenticators are refused at enrolment, and those enrolled serve no more */
    bool biometric; /* verifies its user by a biometric, without falling back to a PIN */
    nx_time updated;
    const char *name;
    const char *anchors; /* PEM; "" for none: nothing of this model is ever attested */
};

/* "ee882879-721c-4913-9775-3dfcce97072a" and back (either case). NX_ERR_SYNTAX. */
void nx_aaguid_text(char out[NX_AAGUID_TEXT + 1], const uint8_t aaguid[NX_AAGUID_LEN]);
NX_FALLIBLE nx_aaguid_of(uint8_t out[NX_AAGUID_LEN], nx_span text);

/* Sets or replaces the row. NX_ERR_RANGE for a name or anchors past their bounds. */
NX_FALLIBLE nx_passkey_model_set(nx_registry *r, struct nx_passkey_model *m);
NX_FALLIBLE nx_passkey_model_get(nx_registry *r, nx_arena *a, const uint8_t aaguid[NX_AAGUID_LEN],
                                 struct nx_passkey_model *out);
NX_FALLIBLE nx_passkey_model_delete(nx_registry *r, const uint8_t aaguid[NX_AAGUID_LEN]);
/* At most NX_PAGE_MAX, by name. */
NX_FALLIBLE nx_passkey_model_list(nx_registry *r, nx_arena *a, struct nx_passkey_model **out, size_t *n);
/* Whether any allowed model has anchors: only then attestation is worth asking for. */
NX_FALLIBLE nx_passkey_models_trusted(nx_registry *r, bool *out);

#endif
