/* From a document to the entity: which EntityDescriptor, which role, how long it is valid. */
#include "saml/entity.h"

#include "saml/entity_reading.h"

#define DESCRIPTORS_MAX 10000 /* that one is looked for among */

static void find(struct nx_saml_reading *r, const nx_xml_node *at, bool fatal, const char *text)
{
    if (r->found->n == NX_SAML_FINDINGS_MAX) return;
    r->found->v[r->found->n++] = (struct nx_saml_finding){fatal, at ? nx_xml_line(at) : 0, text};
}

void nx_saml_refuse(struct nx_saml_reading *r, const nx_xml_node *at, const char *text)
{
    r->refused = true;
    find(r, at, true, text);
}

void nx_saml_note(struct nx_saml_reading *r, const nx_xml_node *at, const char *text)
{
    find(r, at, false, text);
}

/* Validity. */

/* The earliest validUntil and the shortest cacheDuration of what stands around each other count. */
static void read_validity(struct nx_saml_reading *r, const nx_xml_node *e)
{
    nx_time until;
    int64_t keep = 0;
    const char *duration = nx_xml_attr(e, "cacheDuration");
    if (!nx_ok(nx_xml_attr_time(&until, e, "validUntil", 0))) {
        nx_saml_refuse(r, e, "validUntil is not a time");
        return;
    }
    if (duration && (!nx_ok(nx_xml_duration(&keep, nx_span_str(duration))) || keep <= 0)) {
        nx_saml_note(r, e, "cacheDuration is not a duration and is left out");
        keep = 0;
    }
    if (nx_xml_attr(e, "validUntil") && until <= r->rules->now) {
        nx_saml_refuse(r, e, "validUntil is over");
        r->expired = true;
    }
    nx_saml_entity *to = r->entity;
    if (until && (!to->valid_until || until < to->valid_until)) to->valid_until = until;
    if (keep && (!to->cache_duration || keep < to->cache_duration)) to->cache_duration = keep;
}

static void read_validities(struct nx_saml_reading *r)
{
    for (const nx_xml_node *e = r->role; e; e = nx_xml_parent(e))
        read_validity(r, e);
}

/* Which descriptor. */

struct search {
    const char *entity_id; /* NULL: any */
    const nx_xml_node *hit;
    size_t hits;
    size_t seen;
};

static void visit(struct search *s, const nx_xml_node *e)
{
    const char *id = nx_xml_attr(e, "entityID");
    s->seen++;
    if (s->entity_id && (!id || strcmp(id, s->entity_id) != 0)) return;
    if (s->hits++ == 0) s->hit = e;
}

/* The next element in document order that may be or hold an EntityDescriptor, within top. */
static const nx_xml_node *walk(const nx_xml_node *e, const nx_xml_node *top)
{
    const nx_xml_node *next = nx_xml_is(e, NX_NS_MD, "EntitiesDescriptor") ? nx_xml_first(e) : NULL;
    while (!next && e && e != top) {
        next = nx_xml_next(e);
        e = nx_xml_parent(e);
    }
    return next;
}

static void search(struct search *s, const nx_xml_node *root)
{
    for (const nx_xml_node *e = root; e && s->seen <= DESCRIPTORS_MAX; e = walk(e, root))
        if (nx_xml_is(e, NX_NS_MD, "EntityDescriptor")) visit(s, e);
}

static void choose_descriptor(struct nx_saml_reading *r, const nx_xml_node *root)
{
    struct search s = {.entity_id = r->rules->entity_id};
    search(&s, root);
    if (s.seen == 0)
        nx_saml_refuse(r, root, "there is no EntityDescriptor of SAML 2.0 metadata");
    else if (s.seen > DESCRIPTORS_MAX)
        nx_saml_refuse(r, root, "there are too many entities");
    else if (s.hits == 0)
        nx_saml_refuse(r, root, "it is not about the entity that was asked for");
    else if (s.hits > 1)
        nx_saml_refuse(r, root, s.entity_id ? "the entity stands there more than once"
                                            : "there are several entities; say which");
    else
        r->descriptor = s.hit;
}

static bool speaks_saml2(const nx_xml_node *role)
{
    nx_span rest = nx_span_str(nx_xml_attr(role, "protocolSupportEnumeration")), word;
    while (nx_span_cut(&rest, ' ', &word))
        if (nx_span_eq_str(word, NX_SAML_NS_PROTOCOL)) return true;
    return false;
}

static void choose_role(struct nx_saml_reading *r)
{
    bool sp = r->entity->role == NX_SAML_SP;
    const nx_xml_node *e = nx_xml_child(r->descriptor, NX_NS_MD, sp ? "SPSSODescriptor" : "IDPSSODescriptor");
    while (e && !speaks_saml2(e))
        e = nx_xml_again(e);
    r->role = e;
    if (!e)
        nx_saml_refuse(r, r->descriptor, sp ? "it has no SPSSODescriptor for SAML 2.0"
                                            : "it has no IDPSSODescriptor for SAML 2.0");
}

static nx_result read_id(struct nx_saml_reading *r)
{
    const char *id = nx_xml_attr(r->descriptor, "entityID");
    nx_span text = nx_span_str(id);
    if (text.n == 0 || text.n > NX_SAML_ENTITY_ID_MAX || !nx_utf8_printable(text) || memchr(id, ' ', text.n)) {
        nx_saml_refuse(r, r->descriptor, "entityID must be a URI of at most 1024 bytes");
        return NX_OK;
    }
    NX_NEED(r->entity->entity_id = nx_arena_strdup(r->arena, id));
    return NX_OK;
}

static void read_flag(struct nx_saml_reading *r, bool *out, const char *name)
{
    if (nx_ok(nx_xml_attr_bool(out, r->role, name, false))) return;
    nx_saml_refuse(r, r->role, "a flag of the role must be true or false");
}

static void read_flags(struct nx_saml_reading *r)
{
    if (r->entity->role == NX_SAML_IDP) {
        read_flag(r, &r->entity->wants_requests_signed, "WantAuthnRequestsSigned");
        return;
    }
    read_flag(r, &r->entity->requests_signed, "AuthnRequestsSigned");
    read_flag(r, &r->entity->wants_assertions_signed, "WantAssertionsSigned");
}

static nx_result read_formats(struct nx_saml_reading *r)
{
    const char **v = nx_arena_new(r->arena, const char *, NX_SAML_FORMATS_MAX);
    NX_NEED(v);
    size_t n = 0;
    const nx_xml_node *e = nx_xml_child(r->role, NX_NS_MD, "NameIDFormat");
    for (; e && n < NX_SAML_FORMATS_MAX; e = nx_xml_again(e)) {
        char *text;
        nx_result got = nx_xml_token(&text, r->arena, e, NX_SAML_URI_MAX);
        if (!nx_ok(got) || !*text || !nx_ascii_printable(nx_span_str(text)))
            nx_saml_refuse(r, e, "NameIDFormat must be a URI");
        else
            v[n++] = text;
    }
    if (e) nx_saml_refuse(r, e, "there are too many NameIDFormat elements");
    r->entity->name_id_formats = (struct nx_strings){v, n};
    return NX_OK;
}

static nx_result read_role(struct nx_saml_reading *r)
{
    NX_TRY(read_id(r));
    choose_role(r);
    if (!r->role) return NX_OK;
    read_validities(r);
    read_flags(r);
    NX_TRY(read_formats(r));
    NX_TRY(nx_saml_read_endpoints(r));
    NX_TRY(nx_saml_read_keys(r));
    NX_TRY(nx_saml_read_names(r));
    return nx_saml_read_attributes(r);
}

static nx_result read_all(struct nx_saml_reading *r, const nx_xml_node *root)
{
    choose_descriptor(r, root);
    if (r->descriptor) NX_TRY(read_role(r));
    NX_REQUIRE(!nx_arena_failed(r->arena), NX_ERR_MEMORY);
    NX_REQUIRE(!r->expired, NX_ERR_SAML_METADATA_EXPIRED);
    NX_REQUIRE(!r->refused, NX_ERR_SAML_METADATA);
    return NX_OK;
}

NX_FALLIBLE nx_saml_entity_read_from(nx_saml_entity **out, nx_arena *a, const struct nx_saml_rules *rules,
                                     enum nx_saml_role role, const nx_xml_node *root,
                                     struct nx_saml_findings *found)
{
    nx_saml_entity *e = nx_arena_new(a, nx_saml_entity, 1);
    NX_NEED(e);
    e->role = role;
    struct nx_saml_reading r = {.arena = a, .rules = rules, .found = found, .entity = e};
    nx_result read = read_all(&r, root);
    if (!nx_ok(read)) nx_saml_entity_forget(e);
    NX_TRY(read);
    *out = e;
    return NX_OK;
}

NX_FALLIBLE nx_saml_entity_read(nx_saml_entity **out, nx_arena *a, const struct nx_saml_rules *rules,
                                enum nx_saml_role role, nx_span xml, struct nx_saml_findings *found)
{
    NX_AUTO(nx_xml_doc) d = NULL;
    found->n = 0;
    NX_REQUIRE(xml.n <= NX_SAML_METADATA_MAX, NX_ERR_LIMIT);
    nx_result parsed = nx_xml_parse(&d, xml, &nx_xml_metadata);
    if (!nx_ok(parsed)) found->v[found->n++] = (struct nx_saml_finding){true, 0, nx_err_text(parsed.e)};
    NX_TRY(parsed);
    return nx_saml_entity_read_from(out, a, rules, role, nx_xml_root(d), found);
}

bool nx_saml_entity_signs_on(const nx_saml_entity *e)
{
    return nx_saml_endpoint_by(&e->sso, NX_SAML_REDIRECT) != NULL;
}

void nx_saml_entity_forget(nx_saml_entity *e)
{
    for (size_t i = 0; e && i < e->key_count; i++)
        EVP_PKEY_free(e->key[i].key);
    if (e) e->key_count = 0;
}
