/* Client registration without HTTP: RFC 7591, RFC 7592, OpenID Connect Dynamic Client Registration 1.0.
 *
 * Registering needs an operator's token of scope `clients`, which the edge has checked (SECURITY.md 12).
 * Reading, replacing and deleting need the registration access token that registering returned, or such an
 * operator's token. Every member is validated by its own row; a URL of the client's that the server would
 * call and may not is refused here (SECURITY.md 30). */
#ifndef NX_OIDC_REGISTER_H
#define NX_OIDC_REGISTER_H

#include "flow/params.h"

struct nx_house;

/* Who registers: the operator's name for the audit trail. by_hand: made by the operator's own tools, whose
 * clients get ES256 unless they name an algorithm. itself: a client by its registration access token, which
 * may not change what operators give (nx_client_replace). */
struct nx_registrar {
    const char *actor;
    bool by_hand;
    bool itself;
    const char *legal_basis; /* NULL; registered in place of consent, audited (SECURITY.md 16) */
};

/* The answer is the client information response with client_secret (once) and registration_access_token.
 * NX_ERR_REDIRECT_URI_METADATA, NX_ERR_CLIENT_METADATA: *why is a sentence that names the member, in the
 * arena. */
NX_FALLIBLE nx_client_register(nx_span *json, const char **why, struct nx_house *house, nx_arena *a,
                               const struct nx_registrar *by, nx_span metadata);

/* The bearer of a registration access token of this client; NX_ERR_TOKEN_INVALID. */
NX_FALLIBLE nx_client_manager(struct nx_house *house, nx_arena *a, const char *client_id, nx_span bearer);
NX_FALLIBLE nx_client_show(nx_span *json, struct nx_house *house, nx_arena *a, const char *client_id);
NX_FALLIBLE nx_client_replace(nx_span *json, const char **why, struct nx_house *house, nx_arena *a,
                              const struct nx_registrar *by, const char *client_id, nx_span metadata);
NX_FALLIBLE nx_client_delete(struct nx_house *house, nx_arena *a, const char *actor, const char *client_id);

#endif
