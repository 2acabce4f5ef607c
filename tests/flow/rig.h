/* The flow rig: the whole server without sockets. A house over a memory store and a temporary SQLite file,
 * the router with every face, and browsers that keep cookies and follow redirects. Tests speak HTTP to it by
 * function calls.
 *
 *     struct rig rig;
 *     assert_int_equal(rig_up(&rig), 0);
 *     struct rig_browser b;
 *     rig_browser_open(&b, &rig);
 *     rig_sign_in(&b, &rig.lan);
 *     nx_reply *rp = rig_get(&b, "/oidc/authorize?…");
 *
 * A reply and what it points to live until the next request of the same browser. Helpers fail the test
 * themselves. */
#ifndef NX_TESTS_FLOW_RIG_H
#define NX_TESTS_FLOW_RIG_H

#include "authn/sign_in.h"
#include "base/fault.h"
#include "config/settings.h"
#include "endpoints/server.h"
#include "house/house.h"
#include "registry/client.h"
#include "registry/person.h"

#define RIG_ISSUER "https://localhost:8443"
#define RIG_PASSWORD "correct horse battery"

struct rig_person {
    char id[NX_ID_LEN + 1];
    char qid[NX_ID_LEN + 1]; /* the paper identity that she was made with */
    const char *user_name;
};

/* A client as its registration answered. */
struct rig_client {
    char id[NX_CLIENT_ID_MAX + 1];
    char secret[64]; /* "" without one */
    char token[64];  /* registration access token */
};

/* A fault of the server alone: acts are counted while it works and not while the test does. */
struct rig_fault {
    nx_act act;
    unsigned left; /* the act that fails, counted from now; 0: none */
    bool fired;
};

struct rig {
    char folder[64];
    nx_arena *arena; /* for what a test needs longer than a reply */
    struct nx_settings settings;
    nx_server server;
    struct rig_person lan;     /* proofed m3, with a password */
    struct rig_person minh;    /* proofed m1 */
    struct rig_client portal;  /* confidential, code and refresh, pairwise, https://portal.example/cb */
    struct rig_client tax;     /* the same at https://tax.example/cb */
    struct rig_client app;     /* public */
    struct rig_client machine; /* client_credentials, scopes "reports reports.write" */
    struct rig_fault fault;    /* none, unless a test sets it; every request is under it */
};

/* 0, or the reason on standard error. */
int rig_up(struct rig *r);
void rig_down(struct rig *r);

struct nx_house *rig_house(struct rig *r);

/* Around a call into the server that is no request: the rig's fault counts in between. */
void rig_fault_begin(const struct rig *r);
void rig_fault_end(struct rig *r);

/* ---- browsers ---- */

#define RIG_COOKIES 8
struct rig_browser {
    struct rig *rig;
    nx_arena *arena;
    nx_reply *reply;
    char name[RIG_COOKIES][32];
    char value[RIG_COOKIES][256];
    const char *authorization; /* sent when not NULL */
    bool foreign;              /* forms come from another origin */
};
void rig_browser_open(struct rig_browser *b, struct rig *r);
void rig_browser_close(struct rig_browser *b);

nx_reply *rig_get(struct rig_browser *b, const char *target);
nx_reply *rig_post(struct rig_browser *b, const char *target, const char *form);
/* Any method; type NULL: no body. */
nx_reply *rig_send(struct rig_browser *b, const char *method, const char *target, const char *type,
                   const char *body);
/* Follows redirects that stay at the issuer; gives the first reply that does not. */
nx_reply *rig_follow(struct rig_browser *b, nx_reply *rp);

/* Signs the person in in this browser, as a password would (the hash itself is left out). */
void rig_sign_in(struct rig_browser *b, const struct rig_person *p);
/* The same with any proof; person is filled in. */
void rig_prove(struct rig_browser *b, const struct rig_person *p, struct nx_proof proof,
               const char *only_client);

/* Authorization of an operator with a new token of these scopes, in the arena of the rig. */
const char *rig_operator(struct rig *r, const char *scopes);
/* A file of tests/data/pki, in the arena of the rig. */
nx_span rig_pki(struct rig *r, const char *name);
/* For a form or a query, in the arena of the rig. */
char *rig_encoded(struct rig *r, const char *text);

/* ---- reading replies ---- */

/* The whole body as a string. */
const char *rig_body(const nx_reply *rp);
bool rig_says(const nx_reply *rp, const char *text);
/* "" when absent. */
const char *rig_location(const nx_reply *rp);
/* A parameter of the Location's query or fragment, decoded, in the arena of the rig; NULL when absent. */
char *rig_param(struct rig *r, const nx_reply *rp, const char *name);
/* The value of the first <input name="…"> of the page, in the arena of the rig; fails the test when absent.
 */
char *rig_field(struct rig *r, const nx_reply *rp, const char *name);
/* Parsed body; the test owns it. */
json_t *rig_json(const nx_reply *rp);
/* Claims of a signed token of ours, its signature verified with the key that the ring publishes; owned. typ
 * as in nx_jws_verify_own. */
json_t *rig_claims(struct rig *r, const char *token, const char *typ);

#define assert_oauth_error(rp, expected_status, expected_error)                                              \
    do {                                                                                                     \
        assert_int_equal((rp)->status, (expected_status));                                                   \
        NX_AUTO_JSON rig_error_ = rig_json(rp);                                                              \
        assert_string_equal(nx_json_str(rig_error_, "error"), (expected_error));                             \
    } while (0)

/* ---- clients ---- */

/* Registers by metadata JSON; fails the test when it is refused. */
void rig_register(struct rig *r, struct rig_client *out, const char *metadata);
/* "Basic …" in the arena of the rig. */
const char *rig_basic(struct rig *r, const struct rig_client *c);

/* ---- the code flow ---- */

/* A PKCE pair that every test may use. */
#define RIG_VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define RIG_CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

/* "/oidc/authorize?response_type=code&client_id=…&redirect_uri=https://portal.example/cb&scope=openid&state=s1&nonce=n1
 * &code_challenge=…" and `more` ("&prompt=none") behind; in the arena of the rig. */
char *rig_authorize_url(struct rig *r, const struct rig_client *c, const char *more);
/* From the URL to the portal: follows, and consents where asked. The browser must be signed in. */
nx_reply *rig_authorize(struct rig_browser *b, const char *url);
/* The code of an authorization that succeeds; in the arena of the rig. */
char *rig_code(struct rig_browser *b, const char *url);
/* The token request for a code, with client authentication by Basic (or none) and the verifier. */
nx_reply *rig_redeem(struct rig_browser *b, const struct rig_client *c, const char *code);
/* The answer of a whole code flow; owned. */
json_t *rig_tokens(struct rig_browser *b, const struct rig_client *c, const char *more);
/* A form request to an endpoint with Basic authentication (c NULL: without). */
nx_reply *rig_call(struct rig_browser *b, const struct rig_client *c, const char *target, const char *form);

#endif
