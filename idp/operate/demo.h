/* The demo: people to sign in as and the portals of `./nixa up` (SECURITY.md 27). */
#ifndef NX_OPERATE_DEMO_H
#define NX_OPERATE_DEMO_H

#include "operate/call.h"

/* Every demo person's password; shown on the root page of a demo server and nowhere else. */
#define NX_DEMO_PASSWORD "nixa-demo-2026"

struct nx_demo_person {
    const char *user_name;
    const char *name;
    const char *kind;
    const char *proofing;
    const char *national_id; /* NULL: none */
    const char *family_name;
    const char *middle_name;
    const char *given_name;
    const char *birthdate;
    const char *gender;
    const char *address;
    const char *email;
    const char *phone;
};
extern const struct nx_demo_person nx_demo_people[];
extern const size_t nx_demo_people_count;

/* {"portals":[{client_id, client_secret, name, name_vi, scope, origin, redirect_uri,
 * post_logout_redirect_uri, backchannel_logout_uri} or {saml_metadata}…]}: makes the people where they are missing
 * and the portals as they are described; answers {people, portals, saml_metadata} with our own metadata for those
 * that speak SAML. NX_ERR_DEMO unless the folder was made with a loopback issuer. Hashes. */
NX_FALLIBLE nx_operate_demo_load(json_t **out, struct nx_operate_call *c, const json_t *request);

#endif
