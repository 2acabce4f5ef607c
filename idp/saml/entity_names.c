/* What people are shown of a peer: mdui:UIInfo before AttributeConsumingService before Organization. Contacts are not
 * read: they are names of people that nobody needs here. */
#include "saml/entity_reading.h"

struct names {
    const char *vi;
    const char *en;
    const char *any;
};

static void offer(struct names *to, const char *lang, const char *text)
{
    const char **place = lang && strncmp(lang, "vi", 2) == 0   ? &to->vi
                         : lang && strncmp(lang, "en", 2) == 0 ? &to->en
                                                               : &to->any;
    if (!*place) *place = text;
}

/* Every child of that name, by language. One that cannot be shown is left out. */
static nx_result collect(struct nx_saml_reading *r, struct names *to, const nx_xml_node *parent, nx_ns ns,
                         const char *name)
{
    const nx_xml_node *e = parent ? nx_xml_child(parent, ns, name) : NULL;
    for (; e; e = nx_xml_again(e)) {
        char *text;
        nx_result got = nx_xml_token(&text, r->arena, e, NX_SAML_TEXT_MAX);
        NX_REQUIRE(got.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
        if (!nx_ok(got) || !*text || !nx_utf8_printable(nx_span_str(text)))
            nx_saml_note(r, e, "a name that is empty, long or not printable is left out");
        else
            offer(to, nx_xml_attr_in(e, NX_NS_XML, "lang"), text);
    }
    return NX_OK;
}

static const char *best(const struct names *n)
{
    return n->en ? n->en : n->any ? n->any : n->vi;
}

static const nx_xml_node *extension(const nx_xml_node *e, nx_ns ns, const char *name)
{
    const nx_xml_node *holder = nx_xml_child(e, NX_NS_MD, "Extensions");
    return holder ? nx_xml_child(holder, ns, name) : NULL;
}

static nx_result read_own(struct nx_saml_reading *r, struct names *own)
{
    const nx_xml_node *service = nx_xml_child(r->role, NX_NS_MD, "AttributeConsumingService");
    NX_TRY(collect(r, own, extension(r->role, NX_NS_MDUI, "UIInfo"), NX_NS_MDUI, "DisplayName"));
    if (best(own)) return NX_OK;
    return collect(r, own, service, NX_NS_MD, "ServiceName");
}

static nx_result read_home(struct nx_saml_reading *r, const nx_xml_node *organisation)
{
    struct names urls = {NULL, NULL, NULL};
    NX_TRY(collect(r, &urls, organisation, NX_NS_MD, "OrganizationURL"));
    const char *url = urls.vi ? urls.vi : best(&urls);
    if (url && nx_saml_location_ok(r->rules, url)) r->entity->home = url;
    return NX_OK;
}

NX_FALLIBLE nx_saml_read_names(struct nx_saml_reading *r)
{
    struct names own = {NULL, NULL, NULL}, organisation = {NULL, NULL, NULL};
    const nx_xml_node *o = nx_xml_child(r->role, NX_NS_MD, "Organization");
    if (!o) o = nx_xml_child(r->descriptor, NX_NS_MD, "Organization");
    NX_TRY(read_own(r, &own));
    NX_TRY(collect(r, &organisation, o, NX_NS_MD, "OrganizationDisplayName"));
    NX_TRY(read_home(r, o));
    r->entity->organisation = organisation.vi ? organisation.vi : best(&organisation);
    const struct names *from = best(&own) ? &own : &organisation;
    r->entity->name = best(from);
    r->entity->name_vi = from->vi;
    return NX_OK;
}

/* What it asks for. */

static const nx_xml_node *default_service(const nx_xml_node *role)
{
    const nx_xml_node *first = nx_xml_child(role, NX_NS_MD, "AttributeConsumingService");
    for (const nx_xml_node *e = first; e; e = nx_xml_again(e)) {
        bool is_default;
        if (nx_ok(nx_xml_attr_bool(&is_default, e, "isDefault", false)) && is_default) return e;
    }
    return first;
}

static bool name_ok(const char *text, bool needed)
{
    nx_span s = nx_span_str(text);
    if (!text) return !needed;
    return s.n > 0 && s.n <= NX_SAML_TEXT_MAX && nx_utf8_printable(s);
}

static nx_result read_attribute(struct nx_saml_reading *r, struct nx_saml_attribute *to, const nx_xml_node *e)
{
    const char *name = nx_xml_attr(e, "Name"), *format = nx_xml_attr(e, "NameFormat");
    const char *friendly = nx_xml_attr(e, "FriendlyName");
    bool ok = name_ok(name, true) && name_ok(format, false) && name_ok(friendly, false) &&
              nx_ok(nx_xml_attr_bool(&to->required, e, "isRequired", false));
    if (!ok) {
        nx_saml_refuse(r, e, "RequestedAttribute needs a Name, and names of at most 256 bytes");
        return NX_OK;
    }
    NX_NEED(to->name = nx_arena_strdup(r->arena, name));
    if (format) NX_NEED(to->format = nx_arena_strdup(r->arena, format));
    if (friendly) NX_NEED(to->friendly = nx_arena_strdup(r->arena, friendly));
    return NX_OK;
}

NX_FALLIBLE nx_saml_read_attributes(struct nx_saml_reading *r)
{
    const nx_xml_node *service = r->entity->role == NX_SAML_SP ? default_service(r->role) : NULL;
    if (!service) return NX_OK;
    struct nx_saml_attribute *v = nx_arena_new(r->arena, struct nx_saml_attribute, NX_SAML_ATTRIBUTES_MAX);
    NX_NEED(v);
    size_t n = 0;
    const nx_xml_node *e = nx_xml_child(service, NX_NS_MD, "RequestedAttribute");
    for (; e && n < NX_SAML_ATTRIBUTES_MAX; e = nx_xml_again(e)) {
        NX_TRY(read_attribute(r, &v[n], e));
        n += v[n].name != NULL;
    }
    if (e) nx_saml_refuse(r, e, "there are too many RequestedAttribute elements");
    r->entity->attribute = v;
    r->entity->attribute_count = n;
    return NX_OK;
}
