/* A protocol in which portals ask for sign-ins: a row. The flow decides; the protocol speaks.
 *
 * Each is a const struct of its folder (idp/oidc, idp/saml); the composition root puts the list of them into
 * the house. A transaction names its protocol, so that the pages go on with any of them alike. */
#ifndef NX_FLOW_PROTOCOL_H
#define NX_FLOW_PROTOCOL_H

#include "flow/flow.h"

struct nx_protocol {
    const char *name;  /* "oidc", "saml": kept in transactions, never given another meaning */
    const char *grant; /* what a client must have registered to ask in this way */
    /* Issues what an allowed decision (f->decision) allows and makes the step that carries it to the portal. */
    nx_result (*issue)(struct nx_step *out, struct nx_flow *f);
    /* The step that tells the portal why not. Errors that only we can mend (NX_FAULT_AWAY, NX_FAULT_OURS) fail
     * instead: the browser gets our own error page with a way to try again. */
    nx_result (*refuse)(struct nx_step *out, struct nx_flow *f, nx_err e);
};

#endif
