/* A message of a peer, opened: whose it is, and what of it may be believed. Requests, responses and logouts all
 * begin here.
 *
 *     open ─ issuer (unproven) ─▶ the peer's row ─▶ verify ─▶ meant for us, fresh ─▶ once
 *
 * nx_saml_open parses and reads who the message says it is from, nothing else is to be used. nx_saml_prove
 * verifies the signature with the keys of that peer and reads everything anew from the bytes that the signature
 * covers; an unsigned message passes only where the caller does not require one. The rest of the message is then
 * read from m->root, never from what arrived. */
#ifndef NX_SAML_MESSAGE_H
#define NX_SAML_MESSAGE_H

#include "base/clock.h"
#include "saml/binding.h"
#include "saml/entity.h"
#include "sessions/guard.h"
#include "xml/reader.h"

struct nx_house;

#define NX_SAML_FRESH_S 300 /* how old a message may be, the skew of clocks added both ways */

struct nx_saml_message {
    nx_xml_doc *doc; /* owned: nx_saml_close */
    const nx_xml_node *root;
    bool proven; /* by the peer's signature */
    /* RequestAbstractType, StatusResponseType; in the arena, NULL where absent. */
    const char *id;
    const char *issuer;
    const char *destination;
    const char *in_response_to;
    nx_time issued;
};

static inline void nx_saml_close(struct nx_saml_message *m)
{
    nx_xml_close(m->doc);
}
#define NX_AUTO_SAML(name)                                                                                   \
    __attribute__((cleanup(nx_saml_close))) struct nx_saml_message name = {.doc = NULL}

/* Parses the bytes and reads the header. in is a message of any binding; of a SOAP one in->xml is the envelope.
 * NX_ERR_SAML_MESSAGE (not version 2.0, no ID, no Issuer or one with qualifiers, a second Issuer), the errors of
 * nx_xml_parse. */
NX_FALLIBLE nx_saml_open(struct nx_saml_message *m, nx_arena *a, const struct nx_saml_in *in);
/* Verifies where there is a signature, of whichever kind the binding has. NX_ERR_SAML_UNSIGNED when there is none
 * and required; the errors of nx_xml_verify; NX_ERR_SAML_ISSUER when the issuer is not the peer. */
NX_FALLIBLE nx_saml_prove(struct nx_saml_message *m, nx_arena *a, const struct nx_saml_in *in,
                          const nx_saml_entity *peer, bool required);
/* Whether it was made for this place, a moment ago. A signed message must say where to (saml-bindings 3.4.5.2,
 * 3.5.5.2); over SOAP it need not. here: absolute URL. NX_ERR_SAML_DESTINATION, NX_ERR_SAML_STALE. */
NX_FALLIBLE nx_saml_meant(const struct nx_saml_message *m, const struct nx_saml_in *in, const char *here);
/* Whether it comes for the first time: the ID is remembered as long as the message is fresh. purpose: a fixed word of
 * ours. NX_ERR_SAML_REPLAYED. */
/* By what it is known to be new; the message must outlive it. */
struct nx_guard nx_saml_guard(const struct nx_saml_message *m, const char *purpose);
NX_FALLIBLE nx_saml_once(const struct nx_saml_message *m, struct nx_house *house, const char *purpose);

/* A random ID for a message of ours: an NCName of 160 bits; in the arena. */
NX_FALLIBLE nx_saml_id(const char **out, nx_arena *a);
/* Our entity id, in the arena. */
NX_FALLIBLE nx_saml_own_id(const char **out, const struct nx_house *house, nx_arena *a);
/* The key that signs for this peer (saml_entity settings); owned. */
NX_FALLIBLE nx_saml_signing_key(nx_signing_key **out, struct nx_house *house, const nx_saml_entity *peer);

/* The keys of a peer as xml/verify.h takes them; owned: nx_saml_keys_forget. */
struct nx_saml_keys {
    nx_xml_key *v[NX_SAML_KEYS_MAX];
    size_t n;
};
NX_FALLIBLE nx_saml_keys_of(struct nx_saml_keys *out, const nx_saml_entity *peer, unsigned use);
void nx_saml_keys_forget(struct nx_saml_keys *k);
#define NX_AUTO_SAML_KEYS(name) __attribute__((cleanup(nx_saml_keys_forget))) struct nx_saml_keys name = {.n = 0}

#endif
