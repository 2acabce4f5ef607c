/* Linked codes: (scheme, value) pairs that belong to a subject. A value belongs to one subject only.
 *
 * - national-id: 12 digits PPP G YY RRRRRR: place of birth registration, sex and century (0/1 1900s to 8/9
 *   2300s), year, random; no check digit (Decree 137/2015)
 * - tax: 10 digits with a check digit, or those and "-NNN" for a branch, or a person's national id (Circular
 *   86/2024). N10 = 10 - (31 N1 + 29 N2 + 23 N3 + 19 N4 + 17 N5 + 13 N6 + 7 N7 + 5 N8 + 3 N9 mod 11); a stem
 *   that gives 10 has no code
 * - social-insurance: 10 digits
 * - health-insurance: the same 10 digits, or the printed card: 2 letters, one digit, 12 digits
 * - business: a registration number: the form of a tax code of 10 digits, with its check digit
 * - agency: Decision 20/2020: up to 35 characters, groups of 0-9 A-Z between single dots */
#ifndef NX_REGISTRY_IDENTIFIER_H
#define NX_REGISTRY_IDENTIFIER_H

#include "registry/registry.h"

enum nx_scheme {
    NX_SCHEME_NATIONAL_ID,
    NX_SCHEME_TAX,
    NX_SCHEME_SOCIAL_INSURANCE,
    NX_SCHEME_HEALTH_INSURANCE,
    NX_SCHEME_BUSINESS,
    NX_SCHEME_AGENCY
};
#define NX_SCHEMES 6

#define NX_IDENTIFIER_MAX 40
#define NX_IDENTIFIERS_MAX 16 /* of one subject */

struct nx_identifier {
    enum nx_scheme scheme;
    char value[NX_IDENTIFIER_MAX + 1]; /* normalised */
};

/* "national-id", "tax", … */
const char *nx_scheme_name(enum nx_scheme scheme);
NX_FALLIBLE nx_scheme_of(enum nx_scheme *out, nx_span name);

/* Takes the value as people write it (spaces, and for agencies lower case, are taken out), checks its
 * structure and fills *out. NX_ERR_IDENTIFIER_LENGTH, NX_ERR_IDENTIFIER_CHARACTER,
 * NX_ERR_IDENTIFIER_STRUCTURE (a part has an impossible value), NX_ERR_IDENTIFIER_CHECK (the check digit). */
NX_FALLIBLE nx_identifier_make(struct nx_identifier *out, enum nx_scheme scheme, nx_span value);

/* What a national number says by itself. place is three digits. */
struct nx_national_id {
    char place[4];
    bool female;
    int birth_year;
};
NX_FALLIBLE nx_national_id_read(struct nx_national_id *out, const struct nx_identifier *id);

/* Replaces all linked codes of a subject. NX_ERR_CONFLICT when one belongs to somebody else, NX_ERR_DUPLICATE
 * when one scheme stands twice in the list. */
NX_FALLIBLE nx_identifier_replace(nx_registry *r, const char *person, const struct nx_identifier *v,
                                  size_t n);
NX_FALLIBLE nx_identifier_list(nx_registry *r, nx_arena *a, const char *person, struct nx_identifier **out,
                               size_t *n);
/* Whose code this is. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_identifier_find(nx_registry *r, const struct nx_identifier *id, nx_id *person);

#endif
