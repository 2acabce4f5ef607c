/* A SAML portal for flows: its rows in the registry, its key, the requests that it makes and what it reads in an
 * answer. A portal double reads an assertion as a careful portal would: only what a signature of ours covers. */
#ifndef NX_TESTS_FLOW_RIG_SAML_H
#define NX_TESTS_FLOW_RIG_SAML_H

#include "rig.h"

#include "saml/entity.h"
#include "xml/reader.h"
#include "xml/writer.h"

struct rig_saml {
    struct rig *rig;
    char client[NX_CLIENT_ID_MAX + 1];
    const char *entity_id; /* "https://health.example/saml" */
    EVP_PKEY *sign;        /* P-256 */
    EVP_PKEY *encrypt;     /* RSA-2048; NULL: none published */
};

/* How a portal differs from the usual one: ACS https://health.example/post (default, index 1),
 * https://health.example/artifact (index 2), legal basis, scopes "profile email". */
struct rig_saml_plan {
    const char *entity_id; /* NULL: the usual one */
    const char *settings;  /* JSON; NULL */
    const char *scope;     /* NULL: "profile email" */
    bool consent;          /* ask the person */
    bool requests_signed;
    bool encrypts;
    const char *name_id_format;
    const struct nx_saml_attribute *attribute;
    size_t attribute_count;
    nx_time valid_until;
};
void rig_saml_up(struct rig_saml *p, struct rig *r, const struct rig_saml_plan *plan);
void rig_saml_down(struct rig_saml *p);

/* An AuthnRequest as text; attributes and children as given ("ForceAuthn='true'", "<samlp:NameIDPolicy …/>"). Texts are
 * in the arena of the rig. */
char *rig_saml_request(struct rig_saml *p, const char *id, const char *attributes, const char *inner);
/* "/saml/sso?SAMLRequest=…" and `more` ("&RelayState=x") behind it; signed: by the portal's key. */
char *rig_saml_url(struct rig_saml *p, const char *xml, const char *more, bool is_signed);
/* "SAMLRequest=…", for a POST. */
char *rig_saml_form(struct rig_saml *p, nx_span xml);
/* A request with a fresh id, unsigned: the usual way in. */
char *rig_saml_ask(struct rig_saml *p, const char *attributes, const char *inner);
/* The moment of an instant attribute, seconds from now. */
char *rig_saml_instant(struct rig *r, int64_t from_now);

/* What came back. */
struct rig_saml_answer {
    nx_xml_doc *response;  /* verified; owned */
    nx_xml_doc *assertion; /* verified, decrypted where it was encrypted; NULL: none */
    const char *action;    /* where the form goes */
    const char *relay;     /* NULL */
    const char *in_response_to;
    const char *status; /* the last part of the URI: "Success", "Responder" */
    const char *second; /* "" */
    bool encrypted;
    bool whole; /* the Response is signed too */
};
/* Reads a page that posts a Response; fails the test when it is none, or a signature is missing. */
void rig_saml_read(struct rig_saml_answer *out, struct rig_saml *p, const nx_reply *rp);
/* The same of a Response that came otherwise; *d may be taken over. */
void rig_saml_parse(struct rig_saml_answer *out, struct rig_saml *p, nx_xml_doc **d, const nx_xml_node *response);
void rig_saml_forget(struct rig_saml_answer *x);
/* Goes to the URL, consents where asked, and reads what is posted to the portal. */
void rig_saml_sign_on(struct rig_saml_answer *out, struct rig_saml *p, struct rig_browser *b, const char *url);

/* An element by its path of local names from the document element, NULL behind the last; NULL when absent. */
const nx_xml_node *rig_saml_at(const nx_xml_doc *d, ...);
/* Its text; "" when absent. */
const char *rig_saml_text(struct rig *r, const nx_xml_node *e);
/* The values of an attribute by its Name, joined by spaces; NULL when it is not there. */
const char *rig_saml_value(struct rig *r, const nx_xml_doc *assertion, const char *name);
/* The document with a signature by the portal's key; what w wrote. */
nx_span rig_saml_sign(struct rig_saml *p, nx_xml_writer *w);

#endif
