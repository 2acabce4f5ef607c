/* People, and what else may sign in: organisations, households, official roles. One table: a subject.
 *
 * The id of a person is her SCIM id. user_name is unique without regard to ASCII case. `version` is the SCIM
 * version: it grows by one with each change. proofing is the level 1..4 (m1..m4) at which the person was
 * proofed. Every new person gets her first QR identity (paper, no PIN yet) in the same transaction: no person
 * is without one. */
#ifndef NX_REGISTRY_PERSON_H
#define NX_REGISTRY_PERSON_H

#include "registry/identifier.h"
#include "registry/registry.h"

enum nx_person_kind { NX_CITIZEN, NX_ORGANISATION, NX_HOUSEHOLD, NX_OFFICIAL };
#define NX_PERSON_KINDS 4

#define NX_USER_NAME_MAX 128
#define NX_PERSON_TEXT_MAX 512 /* every other text, in bytes of UTF-8 */

struct nx_person {
    nx_id id;
    enum nx_person_kind kind;
    bool active;
    bool email_verified;
    bool phone_verified;
    int proofing;
    int64_t version;
    nx_time created;
    nx_time updated;
    /* Texts are in the caller's arena when read, borrowed when written; NULL where absent. */
    const char *user_name; /* required */
    const char *external_id;
    const char *name; /* as written in full, required: filled with user_name when absent */
    const char *family_name;
    const char *middle_name;
    const char *given_name;
    const char *birthdate; /* YYYY-MM-DD */
    const char *gender;    /* male, female, other */
    const char *address;   /* lines, '\n' between them */
    const char *email;
    const char *phone; /* E.164, "+84…" */
    const char *locale;
};

/* "citizen", "organisation", "household", "official". */
const char *nx_person_kind_name(enum nx_person_kind kind);
NX_FALLIBLE nx_person_kind_of(enum nx_person_kind *out, nx_span name);

/* Checks every field: NX_ERR_MISSING, NX_ERR_LIMIT, NX_ERR_ENCODING, NX_ERR_RANGE, NX_ERR_SYNTAX. */
NX_FALLIBLE nx_person_validate(const struct nx_person *p);

/* What is made together with a person. */
struct nx_person_made {
    nx_id id;
    nx_id qid; /* the first QR identity: paper, active, bound at m1 */
};

/* Makes the person (id, version and times are drawn here and written into *p), her identifiers and her first
 * paper identity. identifiers may be NULL when count is 0. NX_ERR_CONFLICT when the user name or an
 * identifier is taken, and the errors of nx_person_validate and nx_identifier_normalise. */
NX_FALLIBLE nx_person_create(nx_registry *r, struct nx_person *p, const struct nx_identifier *identifiers,
                             size_t count, struct nx_person_made *made);

/* One indexed statement each. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_person_get(nx_registry *r, nx_arena *a, const char *id, struct nx_person *out);
NX_FALLIBLE nx_person_by_user_name(nx_registry *r, nx_arena *a, nx_span user_name, struct nx_person *out);

/* Writes every field of *p but created; version and updated are drawn here and written into *p. expected: the
 * version that must stand, 0 for whichever. NX_ERR_NOT_FOUND, NX_ERR_VERSION, NX_ERR_CONFLICT. */
NX_FALLIBLE nx_person_replace(nx_registry *r, struct nx_person *p, int64_t expected);
/* Removes the person and all that hangs on her but the audit trail, revocations and notices. */
NX_FALLIBLE nx_person_delete(nx_registry *r, const char *id);

struct nx_person_query {
    const char *user_name; /* exactly this one, or NULL */
    const char *text;      /* a beginning of the user name or of the name, or NULL */
    const char *after;     /* cursor: the id of the last row of the page before, or NULL */
    size_t offset;         /* rows to skip (SCIM startIndex - 1); not together with after */
    size_t limit;          /* 0: NX_PAGE_DEFAULT; at most NX_PAGE_MAX */
};
struct nx_person_page {
    struct nx_person *v;
    size_t n;
    bool more;
};
/* In the order of ids. */
NX_FALLIBLE nx_person_list(nx_registry *r, nx_arena *a, const struct nx_person_query *q,
                           struct nx_person_page *out);
/* How many there are of the query, without regard to cursor, offset and limit. */
NX_FALLIBLE nx_person_count(nx_registry *r, const struct nx_person_query *q, int64_t *out);

#endif
