#include "saml/nameid.h"

#include "crypto/pairwise.h"
#include "flow/subject.h"
#include "house/house.h"
#include "registry/person.h"
#include "saml/message.h"

enum nx_saml_format nx_saml_format_for(const nx_saml_entity *portal, enum nx_saml_format asked)
{
    if (asked != NX_SAML_UNSPECIFIED) return asked;
    for (size_t i = 0; i < portal->name_id_formats.n; i++) {
        enum nx_saml_format listed = nx_saml_format_of(nx_span_str(portal->name_id_formats.v[i]));
        if (listed != NX_SAML_FORMATS && listed != NX_SAML_UNSPECIFIED) return listed;
    }
    return NX_SAML_PERSISTENT;
}

static NX_FALLIBLE keep(const char **out, nx_arena *a, const char *text)
{
    *out = nx_arena_strdup(a, text);
    NX_NEED(*out);
    return NX_OK;
}

/*= saml-core 8.3.7
 *# Persistent name identifiers [...] the NameQualifier attribute [...] contains the unique identifier of the identity
 *# provider that generated [it]; SPNameQualifier [...] of the service provider */
static NX_FALLIBLE persistent(struct nx_given_name *out, nx_arena *a, const struct nx_saml_named *n)
{
    nx_pairwise sub;
    NX_TRY(nx_subject_of(&sub, n->house, n->client, n->person->id.s));
    NX_TRY(nx_saml_own_id(&out->name_qualifier, n->house, a));
    return keep(&out->value, a, sub.s);
}

/* The space keeps these apart from the names of sectors, which are hosts. */
static NX_FALLIBLE transient(struct nx_given_name *out, nx_arena *a, const struct nx_saml_named *n)
{
    nx_pairwise name;
    const char *label = nx_arena_printf(a, "transient %s", n->client->id);
    NX_NEED(label);
    NX_TRY(nx_pairwise_sub(&name, n->house->master, nx_span_str(label), nx_span_str(n->session)));
    NX_TRY(nx_saml_own_id(&out->name_qualifier, n->house, a));
    return keep(&out->value, a, name.s);
}

static NX_FALLIBLE address(struct nx_given_name *out, nx_arena *a, const struct nx_saml_named *n)
{
    NX_REQUIRE(n->email_allowed && n->person->email && n->person->email_verified, NX_ERR_SAML_NAMEID_POLICY);
    return keep(&out->value, a, n->person->email);
}

NX_FALLIBLE nx_saml_name_of(struct nx_given_name *out, nx_arena *a, const struct nx_saml_named *n,
                            enum nx_saml_format asked)
{
    enum nx_saml_format format = nx_saml_format_for(n->portal, asked);
    *out = (struct nx_given_name){.sp_qualifier = n->portal->entity_id};
    NX_REQUIRE(format < NX_SAML_FORMATS, NX_ERR_SAML_NAMEID_POLICY);
    out->format = nx_saml_format_uri(format);
    if (format == NX_SAML_EMAIL) return address(out, a, n);
    return format == NX_SAML_TRANSIENT ? transient(out, a, n) : persistent(out, a, n);
}

void nx_saml_name_write(nx_xml_writer *w, const struct nx_given_name *n)
{
    nx_xml_begin(w, NX_NS_SAML, "NameID");
    nx_xml_put_attr(w, "Format", n->format);
    nx_xml_put_attr(w, "NameQualifier", n->name_qualifier);
    nx_xml_put_attr(w, "SPNameQualifier", n->sp_qualifier);
    nx_xml_put_text(w, nx_span_str(n->value));
    nx_xml_end(w);
}

static NX_FALLIBLE read_attr(const char **out, nx_arena *a, const nx_xml_node *e, const char *name)
{
    const char *value = nx_xml_attr(e, name);
    *out = NULL;
    if (!value) return NX_OK;
    NX_REQUIRE(strlen(value) <= NX_SAML_ENTITY_MAX, NX_ERR_SAML_MESSAGE);
    return keep(out, a, value);
}

NX_FALLIBLE nx_saml_name_read(struct nx_given_name *out, nx_arena *a, const nx_xml_node *name_id)
{
    char *value;
    *out = (struct nx_given_name){.value = NULL};
    nx_result r = nx_xml_text(&value, a, name_id, NX_ASSERTION_NAME_MAX);
    NX_REQUIRE(r.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    NX_REQUIRE(nx_ok(r) && *value, NX_ERR_SAML_MESSAGE);
    out->value = value;
    NX_TRY(read_attr(&out->format, a, name_id, "Format"));
    NX_TRY(read_attr(&out->name_qualifier, a, name_id, "NameQualifier"));
    NX_TRY(read_attr(&out->sp_qualifier, a, name_id, "SPNameQualifier"));
    if (!out->format) out->format = nx_saml_format_uri(NX_SAML_UNSPECIFIED);
    return NX_OK;
}
