/* What an organisation or a portal forbids: means of signing in that prove nothing there
 * (policies/may_issue.h). An organisation's rule holds for its portals and, whatever the portal, for its own
 * people. */
#ifndef NX_REGISTRY_POLICY_RULE_H
#define NX_REGISTRY_POLICY_RULE_H

#include "registry/registry.h"

enum nx_policy_scope { NX_POLICY_ORGANISATION, NX_POLICY_CLIENT };
#define NX_POLICY_TARGET_MAX 128
#define NX_POLICY_REASON_MAX 200

struct nx_policy_rule {
    enum nx_policy_scope scope;
    const char *target; /* code of the organisation, or client id */
    unsigned means;     /* enum nx_means bits */
    const char *reason; /* of whoever set it, for the explanation and the audit trail */
    const char *actor;
    nx_time changed;
};

/* "organisation", "client". */
const char *nx_policy_scope_name(enum nx_policy_scope scope);

/* Sets or replaces the rule of (scope, target); means 0 removes it (NX_ERR_NOT_FOUND when there was none).
 * changed is drawn here. NX_ERR_LIMIT, NX_ERR_MISSING. */
NX_FALLIBLE nx_policy_rule_set(nx_registry *r, struct nx_policy_rule *rule);
/* NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_policy_rule_get(nx_registry *r, nx_arena *a, enum nx_policy_scope scope, const char *target,
                               struct nx_policy_rule *out);
/* All, by scope and target; at most NX_PAGE_MAX. */
NX_FALLIBLE nx_policy_rule_list(nx_registry *r, nx_arena *a, struct nx_policy_rule **out, size_t *n);
/* The union of the means that are forbidden to this person at this portal: by the portal's rule, its
 * organisation's (NULL: none), and that of the person's agency (her identifier of that scheme). One
 * statement. */
NX_FALLIBLE nx_policy_forbidden(nx_registry *r, const char *client, const char *organisation,
                                const char *person, unsigned *means);

#endif
