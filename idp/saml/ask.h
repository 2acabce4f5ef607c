/* SAML's own part of a request on its way: what a transaction keeps beside struct nx_ask. */
#ifndef NX_SAML_ASK_H
#define NX_SAML_ASK_H

#include "flow/ask.h"
#include "saml/context.h"
#include "saml/names.h"

struct nx_saml_ask {
    struct nx_ask base;     /* return_to is the assertion consumer service */
    const char *request_id; /* NULL: nobody asked (IdP-initiated) */
    const char *relay_state;
    enum nx_saml_binding binding; /* POST or ARTIFACT */
    enum nx_saml_format format;   /* of the NameID that was asked for */
    bool format_unknown;
    struct nx_saml_context context;
    enum nx_saml_format subject_format;
    const char *subject; /* the person that it must be, by that name; NULL */
};

/* To the flow's form, in which our own part is packed bytes, and back. NX_ERR_LIMIT, NX_ERR_SYNTAX. */
NX_FALLIBLE nx_saml_ask_close(struct nx_ask *out, nx_arena *a, const struct nx_saml_ask *ask);
NX_FALLIBLE nx_saml_ask_open(struct nx_saml_ask *out, nx_arena *a, const struct nx_ask *ask);

#endif
