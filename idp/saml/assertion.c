/* The assertion of Web Browser SSO (saml-profiles section 4.1.4.2), element by element in the order of the schema. */
#include "house/house.h"
#include "registry/person.h"
#include "saml/attribute.h"
#include "saml/nameid.h"
#include "saml/response.h"
#include "xml/sign.h"

static void write_subject(nx_xml_writer *w, const struct nx_saml_reply *to, const struct nx_assertion *told,
                          nx_time now)
{
    nx_xml_begin(w, NX_NS_SAML, "Subject");
    nx_saml_name_write(w, &told->name);
    nx_xml_begin(w, NX_NS_SAML, "SubjectConfirmation");
    nx_xml_put_attr(w, "Method", NX_SAML_BEARER);
    nx_xml_begin(w, NX_NS_SAML, "SubjectConfirmationData");
    nx_xml_put_attr_time(w, "NotOnOrAfter", now + NX_SAML_BEARER_S);
    nx_xml_put_attr(w, "Recipient", to->ask->base.return_to);
    nx_xml_put_attr(w, "InResponseTo", to->ask->request_id);
    nx_xml_end(w);
    nx_xml_end(w);
    nx_xml_end(w);
}

static void write_conditions(nx_xml_writer *w, const struct nx_saml_reply *to, nx_time now)
{
    nx_xml_begin(w, NX_NS_SAML, "Conditions");
    nx_xml_put_attr_time(w, "NotBefore", now - NX_SAML_EARLY_S);
    nx_xml_put_attr_time(w, "NotOnOrAfter", now + NX_SAML_BEARER_S);
    nx_xml_begin(w, NX_NS_SAML, "AudienceRestriction");
    nx_xml_put(w, NX_NS_SAML, "Audience", to->portal->entity_id);
    nx_xml_end(w);
    nx_xml_end(w);
}

static void write_statement(nx_xml_writer *w, const struct nx_saml_assertion *what)
{
    const struct nx_assertion *told = what->told;
    nx_xml_begin(w, NX_NS_SAML, "AuthnStatement");
    nx_xml_put_attr_time(w, "AuthnInstant", told->session->auth_time);
    nx_xml_put_attr(w, "SessionIndex", told->index.s);
    nx_xml_put_attr_time(w, "SessionNotOnOrAfter", told->until);
    nx_xml_begin(w, NX_NS_SAML, "AuthnContext");
    nx_xml_put(w, NX_NS_SAML, "AuthnContextClassRef", what->class_uri);
    nx_xml_end(w);
    nx_xml_end(w);
}

static NX_FALLIBLE write_attributes(nx_xml_writer *w, const struct nx_saml_reply *to,
                                    const struct nx_saml_assertion *what)
{
    struct nx_saml_facts facts = {.house = to->house,
                                  .client = what->client,
                                  .person = what->person,
                                  .told = what->told,
                                  .claims = what->claims,
                                  .level = what->level};
    return nx_saml_attributes_write(w, to->arena, &facts);
}

NX_FALLIBLE nx_saml_assertion_make(nx_span *out, const struct nx_saml_reply *to,
                                   const struct nx_saml_assertion *what, const nx_signing_key *key)
{
    const char *id, *issuer;
    struct nx_xml_signer signer;
    nx_time now = nx_now();
    NX_TRY(nx_saml_id(&id, to->arena));
    NX_TRY(nx_saml_own_id(&issuer, to->house, to->arena));
    nx_xml_writer *w = nx_xml_writer_new(to->arena, NX_SAML_MESSAGE_MAX);
    nx_xml_begin(w, NX_NS_SAML, "Assertion");
    nx_xml_put_attr(w, "Version", "2.0");
    nx_xml_put_attr(w, "ID", id);
    nx_xml_put_attr_time(w, "IssueInstant", now);
    nx_xml_put(w, NX_NS_SAML, "Issuer", issuer);
    nx_xml_signature_here(w);
    write_subject(w, to, what->told, now);
    write_conditions(w, to, now);
    write_statement(w, what);
    NX_TRY(write_attributes(w, to, what));
    nx_xml_end(w);
    NX_TRY(nx_xml_signer_of(&signer, key, NULL));
    return nx_xml_sign(out, to->arena, w, &signer);
}
