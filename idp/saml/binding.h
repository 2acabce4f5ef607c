/* Bindings: how a message travels through a browser (saml-bindings sections 3.4 and 3.5), without HTTP.
 *
 * Reading gives the bytes of the message and what stood beside it; nothing is believed yet. The redirect
 * binding signs the octets of the query as they were sent, so they are kept: URL-encoding has many spellings
 * and a signature fits one of them.
 *
 *     SAMLRequest=value&RelayState=value&SigAlg=value      what is signed, in this order (3.4.4.1)
 *
 * A parameter that stands twice is an error. What inflates beyond NX_SAML_MESSAGE_MAX, or to more than
 * NX_SAML_RATIO_MAX times what was sent, is refused before it is held. */
#ifndef NX_SAML_BINDING_H
#define NX_SAML_BINDING_H

#include "base/arena.h"
#include "crypto/keyring.h"
#include "flow/params.h"
#include "flow/step.h"
#include "saml/names.h"
#include "xml/sigalg.h"

#define NX_SAML_MESSAGE_MAX (256u << 10)
#define NX_SAML_RATIO_MAX 100
/* saml-bindings 3.4.3 says 80 bytes; peers send more, and losing it loses the person's way. */
#define NX_SAML_RELAY_MAX 1024

/* A message as it came in. Everything is in the arena. */
struct nx_saml_in {
    enum nx_saml_binding binding;
    bool response;          /* it came as SAMLResponse */
    nx_span xml;            /* the message; empty with an artifact */
    const char *artifact;   /* SAMLart; NULL */
    const char *relay_state; /* NULL: none */
    /* Of the redirect binding: the detached signature; sig_alg NULL: none. */
    const char *sig_alg;
    nx_span signature;
    nx_span signed_octets;
};

/* Reads the query of a redirect, as sent, without '?'. NX_ERR_SAML_BINDING (not one message, a coding that is
 * not DEFLATE, half a signature), NX_ERR_DUPLICATE, NX_ERR_SYNTAX, NX_ERR_ENCODING, NX_ERR_LIMIT. */
NX_FALLIBLE nx_saml_redirect_read(struct nx_saml_in *out, nx_arena *a, nx_span query);
/* Reads the parameters of a form, which the edge has decoded. The same errors. */
NX_FALLIBLE nx_saml_post_read(struct nx_saml_in *out, nx_arena *a, const struct nx_params *form);

/* A message that goes out. Borrowed. */
struct nx_saml_out {
    bool response;
    const char *destination; /* URL of the peer, from its metadata */
    nx_span xml;             /* signed already, but for the redirect binding */
    const char *relay_state; /* NULL: none */
};

/* REDIRECT step: deflated into the URL; signed when `key` is not NULL. NX_ERR_LIMIT when the URL would be
 * longer than browsers and servers take: send it by POST. */
NX_FALLIBLE nx_saml_redirect_write(struct nx_step *out, nx_arena *a, const struct nx_saml_out *m,
                                   const nx_signing_key *key);
/* FORM_POST step: a form that works without script by its button. */
NX_FALLIBLE nx_saml_post_write(struct nx_step *out, nx_arena *a, const struct nx_saml_out *m);

/* Verifies the detached signature of the redirect binding by the keys of the peer. NX_ERR_SAML_UNSIGNED (none was
 * sent), and the errors of nx_xml_verify_bytes. */
NX_FALLIBLE nx_saml_redirect_verify(const struct nx_saml_in *m, const struct nx_xml_keys *keys);

/* Raw DEFLATE of RFC 1951, with the limits above. NX_ERR_SAML_BINDING, NX_ERR_LIMIT. */
NX_FALLIBLE nx_saml_inflate(nx_span *out, nx_arena *a, nx_span in);
NX_FALLIBLE nx_saml_deflate(nx_span *out, nx_arena *a, nx_span in);

#endif
