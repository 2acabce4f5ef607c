/* Credentials: passwords, and the PINs of QR identities. One-time codes are in registry/one_time.h.
 *
 * A verifier is text that crypto/password made; it is never in a list. bound_at is the level 1..4 at which
 * the credential was enrolled: it never yields more (rule 3). A PIN belongs to one QR identity (qid), the
 * others have an empty qid. There is one credential of a type for (person, qid). `failures` counts
 * consecutive ones. */
#ifndef NX_REGISTRY_CREDENTIAL_H
#define NX_REGISTRY_CREDENTIAL_H

#include "registry/person.h"
#include "registry/registry.h"

enum nx_credential_type { NX_CREDENTIAL_PASSWORD, NX_CREDENTIAL_PIN };
enum nx_credential_state { NX_CREDENTIAL_PENDING, NX_CREDENTIAL_ACTIVE };
#define NX_CREDENTIAL_TYPES 2
#define NX_VERIFIER_MAX 512

struct nx_credential {
    nx_id id;
    nx_id person;
    nx_id qid; /* empty text unless type is PIN */
    enum nx_credential_type type;
    enum nx_credential_state state;
    int bound_at;
    int64_t failures;
    nx_time failed_at; /* of the last failure, 0 never */
    nx_time created;
    nx_time changed;
    nx_time used;         /* of the last success, 0 never */
    const char *verifier; /* in the caller's arena */
};

/* "password", "pin". */
const char *nx_credential_type_name(enum nx_credential_type type);
NX_FALLIBLE nx_credential_type_of(enum nx_credential_type *out, nx_span name);

/* Sets or replaces the credential of (person, qid, type): id and times are drawn here and written into *c,
 * the counters start at zero. Does not touch epochs: the caller does where rule 25 asks. NX_ERR_CONFLICT when
 * the person or QR identity does not exist. */
NX_FALLIBLE nx_credential_set(nx_registry *r, struct nx_credential *c);
/* qid: NULL unless it is a PIN. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_credential_get(nx_registry *r, nx_arena *a, const char *person, const char *qid,
                              enum nx_credential_type type, struct nx_credential *out);
/* Without the verifiers (NULL). */
NX_FALLIBLE nx_credential_list(nx_registry *r, nx_arena *a, const char *person, struct nx_credential **out,
                               size_t *n);
/* The password sign-in in one indexed statement. NX_ERR_NOT_FOUND when there is no such user name; a person
 * without a password gives credential->verifier NULL. */
NX_FALLIBLE nx_credential_for_sign_in(nx_registry *r, nx_arena *a, nx_span user_name,
                                      struct nx_person *person, struct nx_credential *credential);

/* Sets the counter back and remembers the time. Writes nothing when the counter is zero and the last success
 * is less than an hour old: the common sign-in costs no write. */
NX_FALLIBLE nx_credential_succeeded(nx_registry *r, const struct nx_credential *c);
/* The same secret under newer hashing parameters. */
NX_FALLIBLE nx_credential_rehash(nx_registry *r, const char *id, const char *verifier);
/* pending → active. NX_ERR_NOT_FOUND when it is not pending. */
NX_FALLIBLE nx_credential_activate(nx_registry *r, const char *id);
NX_FALLIBLE nx_credential_delete(nx_registry *r, const char *id);

#endif
