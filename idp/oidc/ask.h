/* An authorization request, parsed: what a transaction keeps (docs/architecture.md section 8).
 *
 * Parsing has two halves. nx_ask_target proves where an answer may be sent at all; a fault in it is an error
 * page. After it, every fault is an error that is sent there: nx_ask_parse fails, and *ask still says how to
 * answer. */
#ifndef NX_OIDC_ASK_H
#define NX_OIDC_ASK_H

#include "oidc/claims.h"
#include "oidc/params.h"
#include "oidc/scope.h"
#include "policies/may_issue.h"
#include "registry/client.h"
#include "sessions/signon.h"

struct nx_house;

#define NX_STATE_MAX 2048
#define NX_NONCE_MAX 1024
#define NX_LOGIN_HINT_MAX 128
#define NX_UI_LOCALES_MAX 128
#define NX_RESOURCES_MAX 8
#define NX_CODE_CHALLENGE_LEN 43

enum nx_response_type { NX_RESPONSE_CODE, NX_RESPONSE_CODE_ID_TOKEN, NX_RESPONSE_TYPES };
enum nx_response_mode { NX_MODE_QUERY, NX_MODE_FRAGMENT, NX_MODE_FORM_POST, NX_RESPONSE_MODES };

/* As in requests and metadata; static. */
const char *nx_response_type_name(enum nx_response_type type);
const char *nx_response_mode_name(enum nx_response_mode mode);

struct nx_ask {
    const char *client_id;
    const char *redirect_uri;
    bool redirect_sent; /* it stood in the request: the token request must repeat it (RFC 6749 section 4.1.3)
                         */
    enum nx_response_type type;
    enum nx_response_mode mode;
    const char *state;      /* NULL: none */
    const char *nonce;      /* NULL: none */
    const char *challenge;  /* S256; NULL: none */
    struct nx_words scopes; /* that may be granted */
    struct nx_words resources;
    struct nx_claims claims;
    unsigned prompt; /* enum nx_prompt bits */
    int64_t max_age; /* -1: none */
    enum nx_level acr;
    bool acr_essential;
    const char *hint_sub; /* of id_token_hint or of claims.sub; NULL */
    const char *login_hint;
    const char *ui_locales;
    /* The session that the browser had when the request came: a later one is fresh. */
    const char *prior_session;
    uint32_t prior_link;
};

/* The client and where to answer. *client is a counted reference. NX_ERR_CLIENT_UNKNOWN, NX_ERR_REDIRECT_URI,
 * NX_ERR_REQUEST (no client_id). Also sets mode and state as far as they are good. */
NX_FALLIBLE nx_ask_target(struct nx_ask *ask, nx_client **client, struct nx_house *house, nx_arena *a,
                          const struct nx_params *request);
/* Everything else. */
NX_FALLIBLE nx_ask_parse(struct nx_ask *ask, struct nx_house *house, nx_arena *a, const nx_client *client,
                         const struct nx_params *request);

/* The form in which a transaction keeps it. */
NX_FALLIBLE nx_ask_pack(nx_span *out, nx_arena *a, const struct nx_ask *ask);
NX_FALLIBLE nx_ask_unpack(struct nx_ask *ask, nx_arena *a, nx_span pack);

/* Whether the session is another one than at the beginning, or has been raised since. */
bool nx_ask_is_fresh(const struct nx_ask *ask, const struct nx_signon *s);

#endif
