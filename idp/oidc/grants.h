/* The grants of the token endpoint, one function each, behind the rows of grants.def. */
#ifndef NX_OIDC_GRANTS_H
#define NX_OIDC_GRANTS_H

#include "oidc/mint.h"
#include "oidc/token.h"
#include "policies/may_issue.h"

/* A token request whose client has proven itself. */
struct nx_exchange {
    struct nx_house *house;
    nx_arena *arena;
    const nx_client *client;
    const struct nx_oauth_request *rq;
};

#define G(name, function) nx_result function(nx_span *json, const struct nx_exchange *x);
#include "oidc/grants.def"
#undef G

/* Names of grants.def in order; NULL past the end. Static. */
const char *nx_grant_name(size_t i);

/* The parts of a token answer (RFC 6749 section 5.1); NULL where absent. */
struct nx_answer_parts {
    const char *access_token;
    const char *id_token;
    const char *refresh_token;
    const char *scope;
    int64_t expires_in;
};
NX_FALLIBLE nx_token_answer(nx_span *json, nx_arena *a, const struct nx_answer_parts *p);

/* The one `resource` of a token request; *out is NULL when none was sent. NX_ERR_TARGET for several: a token
 * is for one audience, since the audience decides the pseudonym (rule 13). */
NX_FALLIBLE nx_exchange_resource(const char **out, const struct nx_exchange *x);

/* What is to be signed: a token of a grant, and beside it an ID token where the scope has openid. */
struct nx_signing {
    const struct nx_grant *grant;
    const struct nx_token_new *token;
    const char *nonce; /* of the ID token; NULL */
    int64_t id_token_s;
};
NX_FALLIBLE nx_exchange_sign(struct nx_answer_parts *p, const struct nx_exchange *x,
                             const struct nx_signing *s);

/* The audit line of what was issued; detail is in the arena. */
struct nx_note nx_exchange_note(const struct nx_exchange *x, const char *type, const char *subject);

#endif
