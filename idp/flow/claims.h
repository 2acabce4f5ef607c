/* Which claims are asked for, and their values: OpenID Connect Core sections 5.1, 5.4 and 5.5.
 *
 * A set of claims is a mask over the rows of claims.def. Scopes ask for claims of UserInfo; the `claims`
 * parameter asks for either place. What the person agreed to is the union (rule 16). */
#ifndef NX_FLOW_CLAIMS_H
#define NX_FLOW_CLAIMS_H

#include "flow/params.h"
#include "policies/level.h"

#include "base/json.h"

struct nx_house;
struct nx_person;

enum nx_claim {
#define C(name, scope) NX_CLAIM_##name,
#include "flow/claims.def"
#undef C
    NX_CLAIMS
};

struct nx_claims {
    uint32_t id_token;
    uint32_t userinfo;
    uint32_t essential;
};

#define NX_CLAIMS_PARAMETER_MAX 4096

/* What the `claims` parameter says beyond sets of claims. */
struct nx_claims_ask {
    enum nx_level acr; /* the lowest of the values asked for; NX_LEVEL_NONE: not asked */
    bool acr_essential;
    bool acr_unknown; /* essential values were named, and none of them is ours */
    const char *sub;  /* in the arena; the End-User must be this one; NULL */
};

/* Name of a row; static. */
const char *nx_claim_name(enum nx_claim claim);
/* The scope that asks for a row; static. */
const char *nx_claim_scope(enum nx_claim claim);
/* The mask of a name; 0 when it is not ours. */
uint32_t nx_claim_bit(const char *name);
/* What the scopes ask for. */
uint32_t nx_claims_of_scopes(const struct nx_words *scopes);
/* Parses the `claims` parameter and adds to *c. NX_ERR_REQUEST when it is not a JSON object of the form of
 * Core 5.5. */
NX_FALLIBLE nx_claims_parameter(struct nx_claims *c, struct nx_claims_ask *ask, nx_arena *a,
                                const char *json);

/* The stored form, three masks in hexadecimal, and back: short, since each refresh family keeps it.
 * NX_ERR_SYNTAX. */
NX_FALLIBLE nx_claims_pack(const char **out, nx_arena *a, const struct nx_claims *c);
NX_FALLIBLE nx_claims_unpack(struct nx_claims *c, const char *packed);

/* Adds the claims of the mask that the person has to the object. Reads her linked codes only when asked for.
 */
NX_FALLIBLE nx_claims_fill(json_t *object, struct nx_house *house, nx_arena *a, const struct nx_person *p,
                           uint32_t mask);

#endif
