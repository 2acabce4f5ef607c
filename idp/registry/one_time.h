/* One-time code generators (RFC 6238, RFC 4226), recovery codes, and whether a person always wants a second
 * factor.
 *
 * A generator's secret is sealed by whoever calls (idp/authn/one_time.h); here it is bytes. Taking a code is
 * one statement that compares and sets: of two callers with the same code exactly one goes on. bound_at is
 * the level 1..4 at which it was enrolled: it never yields more (rule 3). */
#ifndef NX_REGISTRY_ONE_TIME_H
#define NX_REGISTRY_ONE_TIME_H

#include "registry/registry.h"

#define NX_ONE_TIME_MAX 5 /* generators of one person */
#define NX_ONE_TIME_LABEL_MAX 64
#define NX_ONE_TIME_SEALED_MAX 256
#define NX_RECOVERY_CODES 10
#define NX_RECOVERY_DIGEST_LEN 32

enum nx_one_time_kind { NX_ONE_TIME_TOTP, NX_ONE_TIME_HOTP };
enum nx_one_time_state {
    NX_ONE_TIME_PENDING, /* made by an operator: until its holder used it beside another factor (rule 25) */
    NX_ONE_TIME_ACTIVE
};

struct nx_one_time {
    nx_id id;
    nx_id person;
    enum nx_one_time_kind kind;
    enum nx_one_time_state state;
    int bound_at;
    int64_t moving; /* the lowest step or counter that may still be taken */
    int64_t drift;  /* steps, of a clock that is ahead of ours positive */
    nx_time created;
    nx_time used;      /* of the last success, 0 never */
    const char *label; /* as its holder calls it; NULL. In the arena when read, as `sealed` */
    nx_span sealed;
};

/* "totp", "hotp". */
const char *nx_one_time_kind_name(enum nx_one_time_kind kind);
/* NX_ERR_UNKNOWN. */
NX_FALLIBLE nx_one_time_kind_of(enum nx_one_time_kind *out, nx_span name);

/* Stores a generator under the id that it has (its secret was sealed for it); created is drawn here.
 * NX_ERR_LIMIT past NX_ONE_TIME_MAX, NX_ERR_CONFLICT when there is no such person. */
NX_FALLIBLE nx_one_time_create(nx_registry *r, struct nx_one_time *c);
/* In the order in which they were made; *out has room for NX_ONE_TIME_MAX. */
NX_FALLIBLE nx_one_time_list(nx_registry *r, nx_arena *a, const char *person, struct nx_one_time **out,
                             size_t *n);
/* Takes the code of step or counter `at`: moves past it, keeps the drift, remembers the time, and makes a
 * pending one active. NX_ERR_NOT_FOUND when `at` was taken already, or the generator is gone. */
NX_FALLIBLE nx_one_time_take(nx_registry *r, const char *id, int64_t at, int64_t drift);
/* One of this person's. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_one_time_delete(nx_registry *r, const char *person, const char *id);

/* Replaces all recovery codes of a person by these digests, NX_RECOVERY_DIGEST_LEN bytes each; count 0
 * removes them. */
NX_FALLIBLE nx_recovery_set(nx_registry *r, const char *person, const nx_span *digests, size_t count);
/* Uses one up. NX_ERR_NOT_FOUND when it is none of hers, or was used. */
NX_FALLIBLE nx_recovery_take(nx_registry *r, const char *person, nx_span digest);
/* How many are unused, and when they were made (0: never). */
NX_FALLIBLE nx_recovery_count(nx_registry *r, const char *person, int64_t *left, nx_time *created);

/* Whether she asked that every sign-in of hers needs a second factor. */
NX_FALLIBLE nx_always_second_get(nx_registry *r, const char *person, bool *always);
NX_FALLIBLE nx_always_second_set(nx_registry *r, const char *person, bool always);

#endif
