/* What an assertion must say to sign somebody in: saml-core section 2, saml-profiles sections 3 and 4.1.4.2. The node is
 * of a document that was verified. Inside this folder only, and for tests. */
#ifndef NX_HUB_SAML_ASSERTION_H
#define NX_HUB_SAML_ASSERTION_H

#include "hub/hub.h"
#include "sessions/assertion.h"
#include "xml/reader.h"

struct nx_sp_rules {
    const char *issuer;     /* entity id of the provider */
    const char *audience;   /* ours */
    const char *recipient;  /* the URL that it came to */
    const char *request_id; /* that it must answer */
    nx_time fresh_since;    /* AuthnInstant is not before; 0: any */
};

struct nx_sp_facts {
    const char *id;       /* of the assertion, for the replay guard … */
    nx_time until;        /* … which keeps it so long */
    struct nx_given_name name;
    bool named;           /* there is a NameID */
    nx_time at;           /* AuthnInstant: when she signed in there */
    const char *session;  /* SessionIndex; NULL */
    const char *context;  /* AuthnContextClassRef; NULL */
};

/* NX_ERR_UPSTREAM_FORM, _ISSUER, _AUDIENCE, _TIME, _NONCE (InResponseTo), NX_ERR_SAML_DESTINATION (Recipient),
 * NX_ERR_UPSTREAM_SUBJECT, NX_ERR_UPSTREAM_ACR (not signed in anew). Texts in the arena. */
NX_FALLIBLE nx_sp_assertion(struct nx_sp_facts *out, nx_arena *a, const nx_xml_node *assertion,
                            const struct nx_sp_rules *rules);
/* The one value of the attribute of that name; NULL when there is none or more than one. */
NX_FALLIBLE nx_sp_attribute(const char **out, nx_arena *a, const nx_xml_node *assertion, const char *name);

#endif
