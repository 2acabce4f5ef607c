/* Operator scopes and roles (SECURITY.md 12): rows. They are not OAuth scopes of clients and are granted by
 * nobody who does not hold them. */
#ifndef NX_OPERATE_SCOPE_H
#define NX_OPERATE_SCOPE_H

#include "base/arena.h"

#define NX_OPERATOR_SCOPES 5

/* Checks a space-separated list: every word known, none twice, at least one. *out is the list in the order of
 * the rows, so that one set has one spelling. NX_ERR_SCOPE. */
NX_FALLIBLE nx_operator_scopes(const char **out, nx_arena *a, const char *text);
/* Whether a list holds a scope. */
bool nx_operator_scope_held(const char *scopes, const char *scope);
/* The scopes of a console role: "auditor", "operator", "administrator" (also "owner"). NULL for another.
 * Static. */
const char *nx_operator_role_scopes(const char *role);
/* The role whose scopes these are, "operator" for a set without a row. Static. */
const char *nx_operator_role_of(const char *scopes);

#endif
