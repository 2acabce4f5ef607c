/* LogoutRequest and LogoutResponse (saml-core section 3.7), of either role: portals sign people out here, we sign them
 * out at portals, and upstream providers do both with us. Read strictly from a message that was proven
 * (saml/message.h), written and signed for the binding that carries it. */
#ifndef NX_SAML_LOGOUT_MESSAGE_H
#define NX_SAML_LOGOUT_MESSAGE_H

#include "flow/step.h"
#include "saml/message.h"
#include "sessions/assertion.h"

#define NX_SAML_INDEXES_MAX 16
#define NX_SAML_LOGOUT_LIFE_S 300 /* NotOnOrAfter of our requests */

struct nx_saml_logout {
    struct nx_given_name name;
    const char *index[NX_SAML_INDEXES_MAX]; /* SessionIndex; none: every session of that person at the issuer */
    size_t index_count;
};

/* Reads a proven LogoutRequest; an encrypted NameID is opened with our keys. NX_ERR_SAML_MESSAGE (another kind, no name
 * or two, more indexes), NX_ERR_SAML_STALE (past its NotOnOrAfter), NX_ERR_XML_DECRYPT. */
NX_FALLIBLE nx_saml_logout_read(struct nx_saml_logout *out, struct nx_house *house, nx_arena *a,
                                const struct nx_saml_message *m);

/* What is written; texts are borrowed. */
struct nx_saml_logout_out {
    const nx_saml_entity *peer;
    enum nx_saml_binding binding; /* REDIRECT and POST become a step, SOAP an envelope */
    const char *destination;      /* of the peer's metadata */
    const char *relay_state;      /* NULL */
    const char *id;               /* of the message; NULL: a random one */
    /* A request: whom, and of which sessions. */
    const struct nx_saml_logout *logout;
    /* Otherwise a response: to which request, and how it went. */
    const char *in_response_to;
    enum nx_saml_status status;
    enum nx_saml_status second; /* NX_SAML_STATUSES: none */
};
/* REDIRECT or POST. NX_ERR_LIMIT when the URL would be too long. */
NX_FALLIBLE nx_saml_logout_step(struct nx_step *out, struct nx_house *house, nx_arena *a,
                                const struct nx_saml_logout_out *o);
/* The signed message in its envelope; in the arena. */
NX_FALLIBLE nx_saml_logout_envelope(nx_span *out, struct nx_house *house, nx_arena *a,
                                    const struct nx_saml_logout_out *o);

/* How a proven LogoutResponse says it went. */
struct nx_saml_logout_result {
    enum nx_saml_status status;
    enum nx_saml_status second; /* NX_SAML_STATUSES: none, or not ours */
};
/* NX_ERR_SAML_MESSAGE for another kind or none InResponseTo. Compare m->in_response_to yourself. */
NX_FALLIBLE nx_saml_logout_result_read(struct nx_saml_logout_result *out, const struct nx_saml_message *m);

#endif
