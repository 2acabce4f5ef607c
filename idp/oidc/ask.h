/* An authorization request, parsed: what a transaction keeps (docs/architecture.md section 8).
 *
 * Parsing has two halves. nx_oidc_ask_target proves where an answer may be sent at all; a fault in it is an error
 * page. After it, every fault is an error that is sent there: nx_oidc_ask_parse fails, and *ask still says how
 * to answer. */
#ifndef NX_OIDC_ASK_H
#define NX_OIDC_ASK_H

#include "flow/ask.h"
#include "registry/client.h"

struct nx_house;

#define NX_STATE_MAX 2048
#define NX_NONCE_MAX 1024
#define NX_CODE_CHALLENGE_LEN 43

enum nx_response_type { NX_RESPONSE_CODE, NX_RESPONSE_CODE_ID_TOKEN, NX_RESPONSE_TYPES };
enum nx_response_mode { NX_MODE_QUERY, NX_MODE_FRAGMENT, NX_MODE_FORM_POST, NX_RESPONSE_MODES };

/* As in requests and metadata; static. */
const char *nx_response_type_name(enum nx_response_type type);
const char *nx_response_mode_name(enum nx_response_mode mode);

struct nx_oidc_ask {
    struct nx_ask base; /* return_to is the redirect_uri */
    bool redirect_sent; /* it stood in the request: the token request must repeat it (RFC 6749 section 4.1.3)
                         */
    enum nx_response_type type;
    enum nx_response_mode mode;
    const char *state;     /* NULL: none */
    const char *nonce;     /* NULL: none */
    const char *challenge; /* S256; NULL: none */
};

/* The client and where to answer. *client is a counted reference. NX_ERR_CLIENT_UNKNOWN, NX_ERR_REDIRECT_URI,
 * NX_ERR_REQUEST (no client_id). Also sets mode and state as far as they are good. */
NX_FALLIBLE nx_oidc_ask_target(struct nx_oidc_ask *ask, nx_client **client, struct nx_house *house, nx_arena *a,
                               const struct nx_params *request);
/* Everything else. */
NX_FALLIBLE nx_oidc_ask_parse(struct nx_oidc_ask *ask, struct nx_house *house, nx_arena *a,
                              const nx_client *client, const struct nx_params *request);

/* To the flow's form, in which our own part is packed bytes, and back. NX_ERR_LIMIT, NX_ERR_SYNTAX. */
NX_FALLIBLE nx_oidc_ask_close(struct nx_ask *out, nx_arena *a, const struct nx_oidc_ask *ask);
NX_FALLIBLE nx_oidc_ask_open(struct nx_oidc_ask *out, nx_arena *a, const struct nx_ask *ask);

#endif
