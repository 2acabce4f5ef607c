/* Policy as operators see it: the rows, what is forbidden where, and why a decision is what it is. */
#ifndef NX_OPERATE_POLICY_H
#define NX_OPERATE_POLICY_H

#include "operate/call.h"

/* {"lines": […]}: nx_policy_dump, and what organisations and portals forbid. */
NX_FALLIBLE nx_operate_policy_dump(json_t **out, struct nx_operate_call *c);

struct nx_operate_explain {
    const char *person; /* id or user name */
    const char *client; /* client id */
    const char *acr;    /* "m2" or its URN; NULL: not asked */
    bool essential;
    const char *means; /* words by commas; NULL: her password, or else the first that she has */
    const char *rung;  /* "p0" … "p3", for QR; NULL: none */
};
/* What would be decided if she had just signed in so: {"verdict","reason","level","lines": […]}, a line for
 * each rule in the order in which it is asked, the row of means that counts, each cap with where it comes
 * from, and what a step-up could add. Consent is taken as given. The lines come from the decision itself
 * (nx_may_issue_traced). NX_ERR_NOT_FOUND, NX_ERR_UNKNOWN. */
NX_FALLIBLE nx_operate_policy_explain(json_t **out, struct nx_operate_call *c,
                                      const struct nx_operate_explain *ask);

/* Forbids means to an organisation (its portals, its people) or at one portal: exactly one is named. Replaces
 * the rule that stands there. NX_ERR_NOT_FOUND (no such client), NX_ERR_UNKNOWN, NX_ERR_MISSING. */
struct nx_operate_forbid {
    const char *organisation;
    const char *client;
    const char *means;
    const char *reason;
};
NX_FALLIBLE nx_operate_policy_forbid(struct nx_operate_call *c, const struct nx_operate_forbid *ask);
/* Takes the rule away. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_operate_policy_allow(struct nx_operate_call *c, const struct nx_operate_forbid *ask);

#endif
