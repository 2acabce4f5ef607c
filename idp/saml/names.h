/* The URIs of SAML 2.0 (core, bindings, profiles, metadata), and the small enums behind those that a message
 * chooses among. A URI that has no row is not ours and is never guessed. */
#ifndef NX_SAML_NAMES_H
#define NX_SAML_NAMES_H

#include "base/span.h"

#define NX_SAML_NS_PROTOCOL "urn:oasis:names:tc:SAML:2.0:protocol"
#define NX_SAML_NS_ASSERTION "urn:oasis:names:tc:SAML:2.0:assertion"
#define NX_SAML_NS_METADATA "urn:oasis:names:tc:SAML:2.0:metadata"
#define NX_SAML_NS_SOAP "http://schemas.xmlsoap.org/soap/envelope/"
#define NX_SAML_NS_DSIG "http://www.w3.org/2000/09/xmldsig#"
#define NX_SAML_NS_XENC "http://www.w3.org/2001/04/xmlenc#"
#define NX_SAML_NS_XSI "http://www.w3.org/2001/XMLSchema-instance"
#define NX_SAML_NS_XS "http://www.w3.org/2001/XMLSchema"

#define NX_SAML_BEARER "urn:oasis:names:tc:SAML:2.0:cm:bearer"
#define NX_SAML_NAME_URI "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
#define NX_SAML_ISSUER_FORMAT "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
/* The grant type of a portal that speaks this protocol (docs/architecture.md section 12). */
#define NX_SAML_GRANT "urn:oasis:names:tc:SAML:2.0:profiles:SSO:browser"

/* Where we are reached, behind the issuer; the metadata says so. A request by POST has a path of its own, so that
 * it may be turned into the same request by GET (endpoints/browser.h) and is still known for what it is. */
#define NX_SAML_PATH_METADATA "/saml/metadata" /* and our entity id */
#define NX_SAML_PATH_SSO "/saml/sso"
#define NX_SAML_PATH_SSO_POST "/saml/sso/post"
#define NX_SAML_PATH_ARTIFACT "/saml/artifact"
#define NX_SAML_PATH_START "/saml/start"
#define NX_SAML_PATH_LOGOUT "/saml/logout" /* SingleLogoutService of both roles, by redirect … */
#define NX_SAML_PATH_LOGOUT_POST "/saml/logout/post" /* … by POST … */
#define NX_SAML_PATH_LOGOUT_SOAP "/saml/logout/soap" /* … and by SOAP */

/* Index of our one ArtifactResolutionService, in our metadata and in every artifact. */
#define NX_SAML_ARTIFACT_INDEX 0

/* saml-core section 1.3.4 asks for 128 random bits and up; texts longer than this are no ids of anybody. */
#define NX_SAML_ID_MAX 256
#define NX_SAML_ENTITY_MAX 1024 /* saml-metadata section 2.2.1 */

enum nx_saml_binding {
    NX_SAML_REDIRECT,
    NX_SAML_POST,
    NX_SAML_ARTIFACT,
    NX_SAML_SOAP,
    NX_SAML_BINDINGS /* also: one that is not ours */
};
/* Static. */
const char *nx_saml_binding_uri(enum nx_saml_binding b);
/* NX_SAML_BINDINGS for one that is not ours. */
enum nx_saml_binding nx_saml_binding_of(nx_span uri);

enum nx_saml_format {
    NX_SAML_UNSPECIFIED,
    NX_SAML_PERSISTENT,
    NX_SAML_TRANSIENT,
    NX_SAML_EMAIL,
    NX_SAML_FORMATS /* also: one that is not ours */
};
const char *nx_saml_format_uri(enum nx_saml_format f);
enum nx_saml_format nx_saml_format_of(nx_span uri);

/* saml-core section 3.2.2.2. The first five are top-level codes. */
enum nx_saml_status {
    NX_SAML_SUCCESS,
    NX_SAML_REQUESTER,
    NX_SAML_RESPONDER,
    NX_SAML_VERSION_MISMATCH,
    NX_SAML_PARTIAL_LOGOUT, /* second level from here on */
    NX_SAML_AUTHN_FAILED,
    NX_SAML_INVALID_NAMEID_POLICY,
    NX_SAML_NO_AUTHN_CONTEXT,
    NX_SAML_NO_PASSIVE,
    NX_SAML_REQUEST_DENIED,
    NX_SAML_REQUEST_UNSUPPORTED,
    NX_SAML_RESOURCE_NOT_RECOGNIZED,
    NX_SAML_UNKNOWN_PRINCIPAL,
    NX_SAML_UNSUPPORTED_BINDING,
    NX_SAML_STATUSES /* none, or one that is not ours */
};
const char *nx_saml_status_uri(enum nx_saml_status s);
enum nx_saml_status nx_saml_status_of(nx_span uri);

#endif
