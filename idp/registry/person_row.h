/* A person as columns; shared with the sign-in statement of credential.c. Inside this folder only. */
#ifndef NX_REGISTRY_PERSON_ROW_H
#define NX_REGISTRY_PERSON_ROW_H

#include "registry/person.h"
#include "registry/sql.h"

#define NX_PERSON_COLUMNS                                                                                    \
    "p.id, p.kind, p.active, p.proofing, p.version, p.created, p.updated, p.user_name, p.external_id, "      \
    "p.name, "                                                                                               \
    "p.family_name, p.middle_name, p.given_name, p.birthdate, p.gender, p.address, p.email, "                \
    "p.email_verified, "                                                                                     \
    "p.phone, p.phone_verified, p.locale"

/* Reads the columns from the next one on. */
NX_FALLIBLE nx_person_read(nx_sql *q, nx_arena *a, struct nx_person *out);
/* The user name in ASCII lower case: what is unique. NX_ERR_LIMIT. */
NX_FALLIBLE nx_person_key(char out[NX_USER_NAME_MAX + 1], nx_span user_name);

#endif
