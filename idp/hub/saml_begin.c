/* AuthnRequest: saml-core section 3.4.1, signed and sent by the redirect binding. */
#include "hub/saml.h"

#include "xml/writer.h"

static const char *class_of(const nx_upstream *u, enum nx_level level)
{
    return level == NX_LEVEL_NONE ? NULL : nx_json_str(nx_json_object(u->config, "contexts"), nx_level_text(level));
}

static bool passes_force(const nx_upstream *u)
{
    const json_t *list = nx_json_array(u->config, "pass");
    return !list || nx_json_has(list, "force_authn");
}

struct request {
    const nx_upstream *upstream;
    const struct nx_rp_ask *ask;
    const char *id;
    const char *destination;
    const char *issuer;
    const char *acs;
};

static nx_result write_request(nx_span *out, nx_arena *a, const struct request *r)
{
    nx_xml_writer *w = nx_xml_writer_new(a, NX_SAML_MESSAGE_MAX);
    const char *class = class_of(r->upstream, r->ask->level);
    nx_xml_begin(w, NX_NS_SAMLP, "AuthnRequest");
    nx_xml_put_attr(w, "ID", r->id);
    nx_xml_put_attr(w, "Version", "2.0");
    nx_xml_put_attr_time(w, "IssueInstant", nx_now());
    nx_xml_put_attr(w, "Destination", r->destination);
    nx_xml_put_attr(w, "AssertionConsumerServiceURL", r->acs);
    nx_xml_put_attr(w, "ProtocolBinding", nx_saml_binding_uri(NX_SAML_POST));
    if (r->ask->fresh && passes_force(r->upstream)) nx_xml_put_attr_bool(w, "ForceAuthn", true);
    nx_xml_put(w, NX_NS_SAML, "Issuer", r->issuer);
    nx_xml_begin(w, NX_NS_SAMLP, "NameIDPolicy");
    if (!nx_json_str(r->upstream->config, "subject_attribute"))
        nx_xml_put_attr(w, "Format", nx_saml_format_uri(NX_SAML_PERSISTENT));
    nx_xml_put_attr_bool(w, "AllowCreate", true);
    nx_xml_end(w);
    if (class) {
        nx_xml_begin(w, NX_NS_SAMLP, "RequestedAuthnContext");
        nx_xml_put_attr(w, "Comparison", "exact");
        nx_xml_put(w, NX_NS_SAML, "AuthnContextClassRef", class);
        nx_xml_end(w);
    }
    nx_xml_end(w);
    return nx_xml_done(out, w);
}

static nx_result entity_of(nx_saml_entity **out, struct nx_house *house, const nx_upstream *u)
{
    nx_result r = nx_saml_entity_of(house->registry, u->id, NX_SAML_IDP, out);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_UPSTREAM_METADATA);
    NX_TRY(r);
    NX_REQUIRE(nx_ok(nx_saml_entity_valid(*out, nx_now())), NX_ERR_UPSTREAM_METADATA);
    return NX_OK;
}

static nx_result send(const char **url, struct nx_house *house, nx_arena *a, const nx_saml_entity *e, nx_span xml,
                      const char *destination, const char *relay_state)
{
    struct nx_step step;
    NX_AUTO(nx_signing_key) key = NULL;
    const struct nx_saml_out m = {.destination = destination, .xml = xml, .relay_state = relay_state};
    NX_TRY(nx_saml_signing_key(&key, house, e));
    NX_TRY(nx_saml_redirect_write(&step, a, &m, key));
    *url = step.location;
    return NX_OK;
}

NX_FALLIBLE nx_sp_begin(const char **url, struct nx_house *house, nx_arena *a, const nx_upstream *u,
                        const struct nx_rp_ask *ask)
{
    nx_span xml;
    nx_handle_text state;
    NX_AUTO(nx_saml_entity) e = NULL;
    struct request r = {.upstream = u, .ask = ask};
    struct nx_hub_ticket ticket = {
        .upstream = u->id, .t = ask->t, .linker = ask->linker, .level = ask->level, .fresh = ask->fresh};
    NX_TRY(entity_of(&e, house, u));
    const struct nx_saml_endpoint *sso = nx_saml_endpoint_by(&e->sso, NX_SAML_REDIRECT);
    NX_REQUIRE(sso, NX_ERR_UPSTREAM_METADATA);
    NX_TRY(nx_saml_id(&ticket.nonce, a));
    NX_TRY(nx_saml_own_id(&r.issuer, house, a));
    r.id = ticket.nonce;
    r.destination = sso->location;
    NX_NEED(r.acs = nx_arena_printf(a, "%s" NX_SP_ACS, house->issuer));
    NX_TRY(write_request(&xml, a, &r));
    NX_TRY(nx_hub_ticket_make(&state, house, a, ask->browser, &ticket));
    return send(url, house, a, e, xml, sso->location, state.s);
}
