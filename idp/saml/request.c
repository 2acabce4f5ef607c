#include "saml/request.h"

#define URI_MAX 1024
#define NAME_VALUE_MAX 1024

/* Children may stand in the order of the schema only; what is unknown is an error. */
static const char *const known[] = {"Issuer",     "Signature", "Extensions",          "Subject", "NameIDPolicy",
                                    "Conditions", "Scoping",   "RequestedAuthnContext"};

static NX_FALLIBLE check_children(const nx_xml_node *root)
{
    for (const nx_xml_node *c = nx_xml_first(root); c; c = nx_xml_next(c)) {
        size_t i = 0, n = sizeof known / sizeof known[0];
        while (i < n && strcmp(nx_xml_name(c), known[i]) != 0)
            i++;
        NX_REQUIRE(i < n, NX_ERR_SAML_MESSAGE);
    }
    /* Conditions ask for an assertion of other terms than ours; to ignore them would be to break them. */
    NX_REQUIRE(!nx_xml_child(root, NX_NS_SAML, "Conditions"), NX_ERR_SAML_MESSAGE);
    return NX_OK;
}

static NX_FALLIBLE keep(const char **out, nx_arena *a, const char *value, size_t max)
{
    *out = NULL;
    if (!value) return NX_OK;
    NX_REQUIRE(strlen(value) <= max, NX_ERR_SAML_MESSAGE);
    *out = nx_arena_strdup(a, value);
    NX_NEED(*out);
    return NX_OK;
}

/*= saml-core 3.4.1
 *# [AssertionConsumerServiceIndex] is mutually exclusive with the AssertionConsumerServiceURL and ProtocolBinding
 *# attributes. */
static NX_FALLIBLE read_answer(struct nx_saml_request *out, nx_arena *a, const nx_xml_node *root)
{
    unsigned index;
    const char *binding = nx_xml_attr(root, "ProtocolBinding");
    NX_TRY(keep(&out->acs_url, a, nx_xml_attr(root, "AssertionConsumerServiceURL"), NX_SAML_LOCATION_MAX));
    NX_REQUIRE(nx_ok(nx_xml_attr_number(&index, root, "AssertionConsumerServiceIndex", UINT16_MAX + 1u)),
               NX_ERR_SAML_MESSAGE);
    if (index <= UINT16_MAX) {
        NX_REQUIRE(!out->acs_url && !binding, NX_ERR_SAML_MESSAGE);
        out->acs_index = (int)index;
    }
    if (!binding) return NX_OK;
    out->binding = nx_saml_binding_of(nx_span_str(binding));
    out->binding_unknown = out->binding != NX_SAML_POST && out->binding != NX_SAML_ARTIFACT;
    return NX_OK;
}

static NX_FALLIBLE read_policy(struct nx_saml_request *out, nx_arena *a, const nx_xml_node *root)
{
    const nx_xml_node *policy;
    bool create;
    NX_REQUIRE(nx_ok(nx_xml_optional(&policy, root, NX_NS_SAMLP, "NameIDPolicy")), NX_ERR_SAML_MESSAGE);
    if (!policy) return NX_OK;
    /* Names are derived, not created: every person has hers at every portal from the beginning. */
    NX_REQUIRE(nx_ok(nx_xml_attr_bool(&create, policy, "AllowCreate", false)), NX_ERR_SAML_MESSAGE);
    const char *format = nx_xml_attr(policy, "Format");
    if (format) out->format = nx_saml_format_of(nx_span_str(format));
    out->format_unknown = out->format == NX_SAML_FORMATS;
    if (out->format_unknown) out->format = NX_SAML_UNSPECIFIED;
    return keep(&out->sp_qualifier, a, nx_xml_attr(policy, "SPNameQualifier"), NX_SAML_ENTITY_MAX);
}

static NX_FALLIBLE add_class(struct nx_saml_context *c, nx_arena *a, const nx_xml_node *class)
{
    char *uri;
    nx_result r = nx_xml_token(&uri, a, class, URI_MAX);
    NX_REQUIRE(r.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    NX_REQUIRE(nx_ok(r) && *uri, NX_ERR_SAML_MESSAGE);
    nx_saml_context_add(c, nx_span_str(uri));
    return NX_OK;
}

static NX_FALLIBLE read_context(struct nx_saml_request *out, nx_arena *a, const nx_xml_node *root)
{
    const nx_xml_node *asked;
    size_t count = 0;
    NX_REQUIRE(nx_ok(nx_xml_optional(&asked, root, NX_NS_SAMLP, "RequestedAuthnContext")), NX_ERR_SAML_MESSAGE);
    if (!asked) return NX_OK;
    out->context.comparison = nx_saml_comparison_of(nx_span_str(nx_xml_attr(asked, "Comparison")));
    NX_REQUIRE(out->context.comparison != NX_SAML_COMPARISONS, NX_ERR_SAML_MESSAGE);
    for (const nx_xml_node *c = nx_xml_first(asked); c; c = nx_xml_next(c)) {
        NX_REQUIRE(++count <= NX_SAML_CONTEXTS_MAX, NX_ERR_SAML_MESSAGE);
        if (nx_xml_is(c, NX_NS_SAML, "AuthnContextClassRef"))
            NX_TRY(add_class(&out->context, a, c));
        else /* a declaration: a class that we do not have */
            nx_saml_context_add(&out->context, NX_SPAN_NONE);
    }
    NX_REQUIRE(count > 0, NX_ERR_SAML_MESSAGE);
    return NX_OK;
}

/*= saml-core 3.4.1.1
 *# if [...] <saml:SubjectConfirmation> elements [are included], the resulting assertion(s) MUST [...] */
static NX_FALLIBLE read_subject(struct nx_saml_request *out, nx_arena *a, const nx_xml_node *root)
{
    const nx_xml_node *subject, *name;
    char *value;
    NX_REQUIRE(nx_ok(nx_xml_optional(&subject, root, NX_NS_SAML, "Subject")), NX_ERR_SAML_MESSAGE);
    if (!subject) return NX_OK;
    NX_REQUIRE(nx_ok(nx_xml_only(&name, subject, NX_NS_SAML, "NameID")) && !nx_xml_next(nx_xml_first(subject)),
               NX_ERR_SAML_SUBJECT);
    nx_result r = nx_xml_text(&value, a, name, NAME_VALUE_MAX);
    NX_REQUIRE(r.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    NX_REQUIRE(nx_ok(r) && *value, NX_ERR_SAML_MESSAGE);
    const char *format = nx_xml_attr(name, "Format");
    out->subject_format = format ? nx_saml_format_of(nx_span_str(format)) : NX_SAML_UNSPECIFIED;
    NX_REQUIRE(out->subject_format != NX_SAML_FORMATS, NX_ERR_SAML_SUBJECT);
    out->subject = value;
    return NX_OK;
}

NX_FALLIBLE nx_saml_request_read(struct nx_saml_request *out, nx_arena *a, const struct nx_saml_message *m)
{
    NX_TRY(check_children(m->root));
    NX_REQUIRE(nx_ok(nx_xml_attr_bool(&out->force, m->root, "ForceAuthn", false)), NX_ERR_SAML_MESSAGE);
    NX_REQUIRE(nx_ok(nx_xml_attr_bool(&out->passive, m->root, "IsPassive", false)), NX_ERR_SAML_MESSAGE);
    NX_TRY(read_policy(out, a, m->root));
    NX_TRY(read_context(out, a, m->root));
    return read_subject(out, a, m->root);
}

static bool takes(const struct nx_saml_endpoint *e)
{
    return e->binding == NX_SAML_POST || e->binding == NX_SAML_ARTIFACT;
}

/* The endpoint at the URL, of the binding if one is named there; without one, POST before artifact. */
static const struct nx_saml_endpoint *at_url(const struct nx_saml_endpoints *list, const char *url,
                                             enum nx_saml_binding binding)
{
    const struct nx_saml_endpoint *found = NULL;
    for (size_t i = 0; i < list->n; i++) {
        const struct nx_saml_endpoint *e = &list->v[i];
        if (!takes(e) || strcmp(e->location, url) != 0) continue;
        if (e->binding == (int)binding) return e;
        if (!found || e->binding == NX_SAML_POST) found = e;
    }
    return found;
}

static const struct nx_saml_endpoint *by_default(const struct nx_saml_endpoints *list, enum nx_saml_binding binding)
{
    const struct nx_saml_endpoint *first = NULL;
    for (size_t i = 0; i < list->n; i++) {
        const struct nx_saml_endpoint *e = &list->v[i];
        if (!takes(e) || (binding != NX_SAML_BINDINGS && e->binding != (int)binding)) continue;
        if (e->is_default) return e;
        if (!first) first = e;
    }
    return first;
}

static const struct nx_saml_endpoint *by_index(const struct nx_saml_endpoints *list, int index)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i].index == index && takes(&list->v[i])) return &list->v[i];
    return NULL;
}

static NX_FALLIBLE choose_acs(const struct nx_saml_request *r, const nx_saml_entity *portal, const char **acs,
                              enum nx_saml_binding *binding)
{
    enum nx_saml_binding wanted = r->binding_unknown ? NX_SAML_BINDINGS : r->binding;
    const struct nx_saml_endpoint *e;
    if (r->acs_url)
        e = at_url(&portal->acs, r->acs_url, wanted);
    else if (r->acs_index >= 0)
        e = by_index(&portal->acs, r->acs_index);
    else
        e = by_default(&portal->acs, wanted);
    bool missed = !e && wanted != NX_SAML_BINDINGS && !r->acs_url; /* known portal, binding that it does not have */
    if (missed) e = by_default(&portal->acs, NX_SAML_BINDINGS);
    NX_REQUIRE(e, NX_ERR_SAML_ACS);
    *acs = e->location;
    *binding = (enum nx_saml_binding)e->binding;
    NX_REQUIRE(!missed && !r->binding_unknown && (wanted == NX_SAML_BINDINGS || *binding == wanted),
               NX_ERR_SAML_RESPONSE_BINDING);
    return NX_OK;
}

NX_FALLIBLE nx_saml_request_target(struct nx_saml_request *out, nx_arena *a, const struct nx_saml_message *m,
                                   const nx_saml_entity *portal, const char **acs, enum nx_saml_binding *binding)
{
    *out = (struct nx_saml_request){
        .acs_index = -1, .binding = NX_SAML_BINDINGS, .format = NX_SAML_UNSPECIFIED};
    NX_REQUIRE(nx_xml_is(m->root, NX_NS_SAMLP, "AuthnRequest"), NX_ERR_SAML_MESSAGE);
    NX_TRY(read_answer(out, a, m->root));
    return choose_acs(out, portal, acs, binding);
}
