#include "endpoints/saml/saml.h"
#include "http/router.h"
#include "saml/names.h"

#define FORM_MAX (64u << 10)
#define SOAP_MAX (64u << 10)
#define PAGE NX_GUARD_NO_STORE
#define FORM (NX_GUARD_FORM | NX_GUARD_NO_STORE)
#define SOAP (NX_AS_TEXT | NX_GUARD_NO_STORE)

static const struct nx_route rows[] = {
    /* Sign-on. */
    {NX_GET, NX_SAML_PATH_SSO, 0, PAGE, NX_RATE_PAGE, NX_LANE_FAST, nx_ep_saml_sso},
    {NX_GET, NX_SAML_PATH_SSO_POST, 0, PAGE, NX_RATE_PAGE, NX_LANE_FAST, nx_ep_saml_sso_post},
    {NX_POST, NX_SAML_PATH_SSO_POST, FORM_MAX, FORM, NX_RATE_PAGE, NX_LANE_FAST, nx_ep_saml_sso_post},
    {NX_GET, NX_SAML_PATH_START, 0, PAGE, NX_RATE_PAGE, NX_LANE_FAST, nx_ep_saml_start},
    {NX_POST, NX_SAML_PATH_ARTIFACT, SOAP_MAX, SOAP, NX_RATE_TOKEN, NX_LANE_FAST, nx_ep_saml_artifact},
    /* Single logout. */
    {NX_GET, NX_SAML_PATH_LOGOUT, 0, PAGE, NX_RATE_PAGE, NX_LANE_FAST, nx_ep_saml_logout},
    {NX_GET, NX_SAML_PATH_LOGOUT_POST, 0, PAGE, NX_RATE_PAGE, NX_LANE_FAST, nx_ep_saml_logout_post},
    {NX_POST, NX_SAML_PATH_LOGOUT_POST, FORM_MAX, FORM, NX_RATE_PAGE, NX_LANE_FAST, nx_ep_saml_logout_post},
    {NX_POST, NX_SAML_PATH_LOGOUT_SOAP, SOAP_MAX, SOAP, NX_RATE_TOKEN, NX_LANE_FAST, nx_ep_saml_logout_soap},
    {NX_GET, "/saml/logout/progress", 0, PAGE, NX_RATE_PAGE, NX_LANE_FAST, nx_ep_saml_logout_page},
    {NX_POST, "/saml/logout/next", 4096, FORM | NX_GUARD_CSRF, NX_RATE_PAGE, NX_LANE_FAST, nx_ep_saml_logout_next},
};
extern const struct nx_route_table nx_routes_saml;
const struct nx_route_table nx_routes_saml = NX_ROUTE_TABLE("saml", rows);
