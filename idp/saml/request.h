/* AuthnRequest (saml-core section 3.4.1), read strictly: what is not understood and not ignorable is an error,
 * never a guess. Extensions and Scoping are ignored, as the standard lets us; Conditions are an error. */
#ifndef NX_SAML_REQUEST_H
#define NX_SAML_REQUEST_H

#include "saml/context.h"
#include "saml/message.h"

struct nx_saml_request {
    const char *acs_url; /* NULL: not named */
    int acs_index;       /* -1 */
    enum nx_saml_binding binding; /* ProtocolBinding; NX_SAML_BINDINGS: not named */
    bool binding_unknown;         /* one was named that is not ours */
    bool force;
    bool passive;
    /* NameIDPolicy */
    enum nx_saml_format format; /* NX_SAML_UNSPECIFIED when not named */
    bool format_unknown;
    const char *sp_qualifier; /* NULL */
    struct nx_saml_context context;
    /* Subject: the person that it must be; value NULL: anybody. */
    enum nx_saml_format subject_format;
    const char *subject;
};

/* Reading has two halves. The first proves where an answer may be sent at all, by the metadata: the endpoint of the
 * URL (exactly), of the index, or the default; and of the binding where one is named. *binding is POST or ARTIFACT.
 * NX_ERR_SAML_MESSAGE (no AuthnRequest, or one that contradicts itself), NX_ERR_SAML_ACS: error pages, since nobody
 * is to be told anything there. NX_ERR_SAML_RESPONSE_BINDING: *acs and *binding say where that may be told. */
NX_FALLIBLE nx_saml_request_target(struct nx_saml_request *out, nx_arena *a, const struct nx_saml_message *m,
                                   const nx_saml_entity *portal, const char **acs, enum nx_saml_binding *binding);
/* Everything else, into the same *out. NX_ERR_SAML_MESSAGE, NX_ERR_SAML_SUBJECT. */
NX_FALLIBLE nx_saml_request_read(struct nx_saml_request *out, nx_arena *a, const struct nx_saml_message *m);

#endif
