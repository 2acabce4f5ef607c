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

/* Reads the message that nx_saml_prove gave. NX_ERR_SAML_MESSAGE; NX_ERR_SAML_NO_CONTEXT for a declaration or an
 * unknown comparison; *out is then what was read so far and says where to answer. */
NX_FALLIBLE nx_saml_request_read(struct nx_saml_request *out, nx_arena *a, const struct nx_saml_message *m);

/* Where to answer, by the metadata: the endpoint of the URL (exactly), of the index, or the default; and of the
 * binding where one is named. *binding is POST or ARTIFACT. NX_ERR_SAML_ACS: an error page, since nobody is to be
 * told anything there. NX_ERR_SAML_RESPONSE_BINDING: *acs and *binding say where that may be told. */
NX_FALLIBLE nx_saml_request_acs(const struct nx_saml_request *r, const nx_saml_entity *portal, const char **acs,
                                enum nx_saml_binding *binding);

#endif
