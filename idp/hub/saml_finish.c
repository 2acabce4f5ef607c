/* A Response at our assertion consumer service: whose it is, whether it answers us, and who signed what is read. */
#include "hub/saml.h"

#include "hub/saml_assertion.h"
#include "sessions/guard.h"
#include "xml/encrypt.h"
#include "xml/verify.h"

struct answer {
    struct nx_house *house;
    nx_arena *arena;
    const nx_saml_entity *peer;
    struct nx_saml_message *m;
    struct nx_rp_return *back;
    const char *here;
};

/* ---- status (saml-core 3.2.2) */

static enum nx_saml_status code_of(const nx_xml_node *code)
{
    const char *value = code ? nx_xml_attr(code, "Value") : NULL;
    return value ? nx_saml_status_of(nx_span_str(value)) : NX_SAML_STATUSES;
}

static nx_result check_status(const nx_xml_node *root)
{
    const nx_xml_node *status, *top;
    NX_REQUIRE(nx_ok(nx_xml_only(&status, root, NX_NS_SAMLP, "Status")), NX_ERR_UPSTREAM_FORM);
    NX_REQUIRE(nx_ok(nx_xml_only(&top, status, NX_NS_SAMLP, "StatusCode")), NX_ERR_UPSTREAM_FORM);
    enum nx_saml_status first = code_of(top), second = code_of(nx_xml_child(top, NX_NS_SAMLP, "StatusCode"));
    if (first == NX_SAML_SUCCESS) return NX_OK;
    NX_FAIL(second == NX_SAML_NO_AUTHN_CONTEXT ? NX_ERR_UPSTREAM_ACR : NX_ERR_UPSTREAM_DENIED);
}

/* ---- the one assertion, verified */

static nx_result unwrap(void *ctx, nx_secret *out, const char *digest, const char *mgf1_digest, nx_span wrapped)
{
    return nx_signing_key_open(ctx, out, digest, mgf1_digest, wrapped);
}

static nx_result decrypt(nx_xml_doc **out, const struct answer *x, const nx_xml_node *encrypted)
{
    nx_signing_key *key[NX_KEYS_OF_USE_MAX];
    struct nx_xml_unwrapper v[NX_XML_UNWRAPPERS_MAX];
    size_t n = 0;
    /* Whoever may send us cipher texts of his own making must not learn how far they got: CBC tells. */
    bool cbc = nx_json_bool(x->back->upstream->config, "allow_cbc", false);
    NX_REQUIRE(!cbc || x->m->proven, NX_ERR_SAML_UNSIGNED);
    NX_TRY(nx_keyring_keys(key, &n, x->house->keyring, NX_USE_SAML_ENC));
    struct nx_xml_opening opening = {.v = v, .allow_cbc = cbc};
    for (; opening.n < n && opening.n < NX_XML_UNWRAPPERS_MAX; opening.n++)
        v[opening.n] = (struct nx_xml_unwrapper){unwrap, key[opening.n]};
    nx_result r = nx_xml_decrypt(out, encrypted, &opening);
    for (size_t i = 0; i < n; i++)
        nx_signing_key_release(key[i]);
    return r;
}

/* Verified by its own signature where it has one; otherwise the Response's must have covered it. */
static nx_result settle(nx_xml_doc **verified, const nx_xml_node **out, const struct answer *x, nx_xml_doc *doc,
                        const nx_xml_node *assertion)
{
    NX_AUTO_SAML_KEYS(keys);
    NX_REQUIRE(nx_xml_is(assertion, NX_NS_SAML, "Assertion"), NX_ERR_UPSTREAM_FORM);
    *out = assertion;
    if (!nx_xml_signed(assertion)) {
        NX_REQUIRE(x->m->proven, NX_ERR_SAML_UNSIGNED);
        return NX_OK;
    }
    NX_TRY(nx_saml_keys_of(&keys, x->peer, NX_SAML_FOR_SIGNING));
    NX_TRY(nx_xml_verify(verified, doc, assertion, &(struct nx_xml_keys){.v = keys.v, .n = keys.n}));
    *out = nx_xml_root(*verified);
    return NX_OK;
}

/* Exactly one, plain or encrypted: with two, somebody chooses which one is read. */
static nx_result find(const nx_xml_node **plain, const nx_xml_node **encrypted, const nx_xml_node *root)
{
    NX_REQUIRE(nx_ok(nx_xml_optional(plain, root, NX_NS_SAML, "Assertion")), NX_ERR_UPSTREAM_FORM);
    NX_REQUIRE(nx_ok(nx_xml_optional(encrypted, root, NX_NS_SAML, "EncryptedAssertion")), NX_ERR_UPSTREAM_FORM);
    NX_REQUIRE(!*plain != !*encrypted, NX_ERR_UPSTREAM_FORM);
    return NX_OK;
}

/* ---- from the assertion to an identity */

static nx_result spend(const struct answer *x, const struct nx_sp_facts *f)
{
    bool first;
    nx_time most = nx_now() + NX_GUARD_LIFE_MAX_S - NX_SP_SKEW_S, until = f->until + NX_SP_SKEW_S;
    const struct nx_guard g = {.purpose = "saml-assertion",
                               .holder = x->peer->entity_id,
                               .value = nx_span_str(f->id),
                               .expires = until < most ? until : most};
    NX_TRY(nx_guard_once(x->house->store, &g, &first));
    NX_REQUIRE(first, NX_ERR_UPSTREAM_REPLAYED);
    return NX_OK;
}

/* A name that lasts, given by that provider to us (saml-core 8.3.7); any other kind is somebody else's next time. */
static nx_result persistent(const char **out, const struct answer *x, const struct nx_sp_facts *f)
{
    const char *own;
    const struct nx_given_name *n = &f->name;
    NX_TRY(nx_saml_own_id(&own, x->house, x->arena));
    NX_REQUIRE(f->named && n->format && strcmp(n->format, nx_saml_format_uri(NX_SAML_PERSISTENT)) == 0,
               NX_ERR_UPSTREAM_SUBJECT);
    NX_REQUIRE(!n->name_qualifier || strcmp(n->name_qualifier, x->peer->entity_id) == 0, NX_ERR_UPSTREAM_SUBJECT);
    NX_REQUIRE(!n->sp_qualifier || strcmp(n->sp_qualifier, own) == 0, NX_ERR_UPSTREAM_SUBJECT);
    *out = n->value;
    return NX_OK;
}

static nx_result subject_of(const char **out, const struct answer *x, const struct nx_sp_facts *f,
                            const nx_xml_node *assertion)
{
    const char *by = nx_json_str(x->back->upstream->config, "subject_attribute");
    if (!by) return persistent(out, x, f);
    NX_TRY(nx_sp_attribute(out, x->arena, assertion, by));
    NX_REQUIRE(*out && **out, NX_ERR_UPSTREAM_SUBJECT);
    return NX_OK;
}

static nx_result read_person(struct nx_identity_person *p, const struct answer *x, const nx_xml_node *assertion)
{
    const json_t *config = x->back->upstream->config, *claims = nx_json_object(config, "claims");
    const char *kind = nx_json_str(config, "person_kind");
    const struct {
        const char *field;
        const char **out;
    } fields[] = {
        {"name", &p->name},         {"family_name", &p->family_name}, {"middle_name", &p->middle_name},
        {"given_name", &p->given_name}, {"birthdate", &p->birthdate}, {"gender", &p->gender},
        {"email", &p->email},       {"phone_number", &p->phone},      {"locale", &p->locale},
        {"national_id", &p->national_id},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const char *name = nx_json_str(claims, fields[i].field);
        if (name) NX_TRY(nx_sp_attribute(fields[i].out, x->arena, assertion, name));
    }
    p->kind = NX_CITIZEN;
    return kind ? nx_person_kind_of(&p->kind, nx_span_str(kind)) : NX_OK;
}

static nx_result read_identity(const struct answer *x, const struct nx_sp_facts *f, const nx_xml_node *assertion)
{
    struct nx_identity *id = &x->back->identity;
    const nx_upstream *u = x->back->upstream;
    bool known = f->context && nx_json_str(nx_json_object(u->config, "levels"), f->context);
    NX_REQUIRE(known || !nx_json_bool(u->config, "require_context", false), NX_ERR_UPSTREAM_ACR);
    id->upstream = u;
    id->means = NX_MEANS_UPSTREAM;
    id->level = nx_hub_level(u, f->context);
    id->at = f->at;
    id->session = f->session;
    id->told_as = f->named ? f->name.value : NULL;
    id->epoch_known = true;
    id->epoch = x->back->ticket.epoch;
    NX_TRY(subject_of(&id->subject, x, f, assertion));
    return read_person(&id->person, x, assertion);
}

static nx_result take(const struct answer *x, const nx_xml_node *assertion)
{
    struct nx_sp_facts f;
    const struct nx_hub_ticket *t = &x->back->ticket;
    const json_t *pass = nx_json_array(x->back->upstream->config, "pass");
    struct nx_sp_rules rules = {.issuer = x->peer->entity_id,
                                .recipient = x->here,
                                .request_id = t->nonce,
                                .fresh_since = t->fresh && (!pass || nx_json_has(pass, "force_authn")) ? t->began : 0};
    NX_TRY(nx_saml_own_id(&rules.audience, x->house, x->arena));
    NX_TRY(nx_sp_assertion(&f, x->arena, assertion, &rules));
    NX_TRY(spend(x, &f));
    NX_TRY(read_identity(x, &f, assertion));
    nx_hub_asked_anew(&x->back->identity, rules.fresh_since);
    return NX_OK;
}

static nx_result open_assertion(const struct answer *x)
{
    const nx_xml_node *plain, *encrypted, *assertion;
    NX_AUTO(nx_xml_doc) opened = NULL;
    NX_AUTO(nx_xml_doc) verified = NULL;
    NX_TRY(find(&plain, &encrypted, x->m->root));
    if (encrypted) NX_TRY(decrypt(&opened, x, encrypted));
    if (opened) plain = nx_xml_root(opened);
    NX_TRY(settle(&verified, &assertion, x, opened ? opened : x->m->doc, plain));
    return take(x, assertion);
}

/* ---- the response */

static nx_result prove(const struct answer *x, const struct nx_saml_in *in)
{
    struct nx_saml_message *m = x->m;
    NX_TRY(nx_saml_prove(m, x->arena, in, x->peer, false));
    NX_REQUIRE(nx_xml_is(m->root, NX_NS_SAMLP, "Response"), NX_ERR_UPSTREAM_FORM);
    NX_TRY(nx_saml_meant(m, in, x->here));
    NX_REQUIRE(m->in_response_to && strcmp(m->in_response_to, x->back->ticket.nonce) == 0, NX_ERR_UPSTREAM_NONCE);
    return check_status(m->root);
}

/* Whose response it says it is: the entity, which belongs to an upstream. */
static nx_result peer_of(nx_saml_entity **out, struct nx_house *house, const char *issuer)
{
    nx_result r = nx_saml_entity_get(house->registry, nx_span_str(issuer), NX_SAML_IDP, out);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_UPSTREAM_ISSUER);
    NX_TRY(r);
    NX_REQUIRE(nx_ok(nx_saml_entity_valid(*out, nx_now())), NX_ERR_UPSTREAM_METADATA);
    return NX_OK;
}

NX_FALLIBLE nx_sp_finish(struct nx_rp_return *out, struct nx_house *house, nx_arena *a, nx_span browser,
                         const struct nx_saml_in *in, const char *here)
{
    NX_AUTO_SAML(m);
    NX_AUTO(nx_saml_entity) peer = NULL;
    NX_REQUIRE(in->response && in->relay_state, NX_ERR_UPSTREAM_STATE);
    NX_TRY(nx_saml_open(&m, a, in));
    NX_TRY(peer_of(&peer, house, m.issuer));
    NX_TRY(nx_hub_ticket_take(&out->ticket, &out->upstream, house, a, browser, nx_span_str(in->relay_state),
                              nx_span_str(peer->owner), NX_UPSTREAM_SAML));
    const struct answer x = {.house = house, .arena = a, .peer = peer, .m = &m, .back = out, .here = here};
    NX_TRY(prove(&x, in));
    return open_assertion(&x);
}
