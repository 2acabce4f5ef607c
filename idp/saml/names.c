#include "saml/names.h"

#define SAML2 "urn:oasis:names:tc:SAML:2.0:"
#define SAML1 "urn:oasis:names:tc:SAML:1.1:"

static const char *const bindings[NX_SAML_BINDINGS] = {
    [NX_SAML_REDIRECT] = SAML2 "bindings:HTTP-Redirect",
    [NX_SAML_POST] = SAML2 "bindings:HTTP-POST",
    [NX_SAML_ARTIFACT] = SAML2 "bindings:HTTP-Artifact",
    [NX_SAML_SOAP] = SAML2 "bindings:SOAP",
};
static const char *const formats[NX_SAML_FORMATS] = {
    [NX_SAML_UNSPECIFIED] = SAML1 "nameid-format:unspecified",
    [NX_SAML_PERSISTENT] = SAML2 "nameid-format:persistent",
    [NX_SAML_TRANSIENT] = SAML2 "nameid-format:transient",
    [NX_SAML_EMAIL] = SAML1 "nameid-format:emailAddress",
};
static const char *const statuses[NX_SAML_STATUSES] = {
    [NX_SAML_SUCCESS] = SAML2 "status:Success",
    [NX_SAML_REQUESTER] = SAML2 "status:Requester",
    [NX_SAML_RESPONDER] = SAML2 "status:Responder",
    [NX_SAML_VERSION_MISMATCH] = SAML2 "status:VersionMismatch",
    [NX_SAML_PARTIAL_LOGOUT] = SAML2 "status:PartialLogout",
    [NX_SAML_AUTHN_FAILED] = SAML2 "status:AuthnFailed",
    [NX_SAML_INVALID_NAMEID_POLICY] = SAML2 "status:InvalidNameIDPolicy",
    [NX_SAML_NO_AUTHN_CONTEXT] = SAML2 "status:NoAuthnContext",
    [NX_SAML_NO_PASSIVE] = SAML2 "status:NoPassive",
    [NX_SAML_REQUEST_DENIED] = SAML2 "status:RequestDenied",
    [NX_SAML_REQUEST_UNSUPPORTED] = SAML2 "status:RequestUnsupported",
    [NX_SAML_RESOURCE_NOT_RECOGNIZED] = SAML2 "status:ResourceNotRecognized",
    [NX_SAML_UNKNOWN_PRINCIPAL] = SAML2 "status:UnknownPrincipal",
    [NX_SAML_UNSUPPORTED_BINDING] = SAML2 "status:UnsupportedBinding",
};

static int row_of(const char *const *rows, int n, nx_span uri)
{
    int i = 0;
    while (i < n && !nx_span_eq_str(uri, rows[i]))
        i++;
    return i;
}

const char *nx_saml_binding_uri(enum nx_saml_binding b)
{
    return bindings[b];
}

enum nx_saml_binding nx_saml_binding_of(nx_span uri)
{
    return (enum nx_saml_binding)row_of(bindings, NX_SAML_BINDINGS, uri);
}

const char *nx_saml_format_uri(enum nx_saml_format f)
{
    return formats[f];
}

enum nx_saml_format nx_saml_format_of(nx_span uri)
{
    return (enum nx_saml_format)row_of(formats, NX_SAML_FORMATS, uri);
}

const char *nx_saml_status_uri(enum nx_saml_status s)
{
    return statuses[s];
}

enum nx_saml_status nx_saml_status_of(nx_span uri)
{
    return (enum nx_saml_status)row_of(statuses, NX_SAML_STATUSES, uri);
}
