/* Responses: what is sent to a portal, and how (saml-core 3.3.3, saml-profiles 4.1.4.2). Inside this folder only.
 *
 * The assertion is signed, and so is the Response around it, unless the portal's row says that the assertion will do:
 * portals differ in which of the two they insist on.
 * An encrypted assertion was signed before; anybody can encrypt to a portal. */
#ifndef NX_SAML_RESPONSE_H
#define NX_SAML_RESPONSE_H

#include "flow/step.h"
#include "registry/client.h"
#include "saml/ask.h"
#include "saml/message.h"
#include "sessions/assertion.h"
#include "xml/writer.h"

#define NX_SAML_BEARER_S 120 /* how long a portal may take to be handed the assertion */
#define NX_SAML_EARLY_S 30   /* how far its clock may be behind ours */

/* Whom it is for; borrowed. */
struct nx_saml_reply {
    struct nx_house *house;
    nx_arena *arena;
    const nx_saml_entity *portal;
    const char *client_id;
    const struct nx_saml_ask *ask; /* return_to, binding, request_id, relay_state */
};

/* What an assertion says. */
struct nx_saml_assertion {
    const struct nx_assertion *told;
    const nx_client *client;
    const struct nx_person *person;
    const char *class_uri;
    enum nx_level level;
    uint32_t claims;
};

/* The step that carries an assertion to the portal. *found: NX_STALE or NX_GONE when what it stands on ended while
 * it was being kept for its artifact. NX_ERR_XML_KEY when it must be encrypted and the portal has no key that we can
 * use. */
NX_FALLIBLE nx_saml_reply_assertion(struct nx_step *out, const struct nx_saml_reply *to,
                                    const struct nx_saml_assertion *what, const struct nx_epochs *epochs,
                                    enum nx_found *found);
/* The step that tells the portal why not. second NX_SAML_STATUSES: none. */
NX_FALLIBLE nx_saml_reply_status(struct nx_step *out, const struct nx_saml_reply *to, enum nx_saml_status top,
                                 enum nx_saml_status second, const char *text);

/* The same for an error of ours. Errors that only we can mend (NX_FAULT_AWAY, NX_FAULT_OURS) fail instead. */
NX_FALLIBLE nx_saml_reply_error(struct nx_step *out, const struct nx_saml_reply *to, nx_err e);

/* samlp:Status into an open element. */
void nx_saml_status_write(nx_xml_writer *w, enum nx_saml_status top, enum nx_saml_status second,
                          const char *text);
/* An assertion, signed; in the arena. */
NX_FALLIBLE nx_saml_assertion_make(nx_span *out, const struct nx_saml_reply *to,
                                   const struct nx_saml_assertion *what, const nx_signing_key *key);

#endif
