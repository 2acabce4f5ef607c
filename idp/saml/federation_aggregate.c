/* One entity out of the metadata of a whole federation: too large for a tree, so it is walked behind its signature,
 * one entity in memory at a time. The document itself is not kept. */
#include "saml/entity_reading.h"
#include "saml/federation_inside.h"

struct picking {
    nx_arena *arena;
    const struct nx_saml_rules *rules;
    enum nx_saml_role role;
    struct nx_saml_findings *found;
    nx_saml_entity *entity; /* what was picked */
    nx_time valid_until;    /* of the aggregate; 0: it says nothing */
    int64_t cache_duration;
};

static nx_result look_at_root(void *ctx, const nx_xml_node *root)
{
    struct picking *p = ctx;
    const char *duration = nx_xml_attr(root, "cacheDuration");
    NX_REQUIRE(nx_ok(nx_xml_attr_time(&p->valid_until, root, "validUntil", 0)), NX_ERR_SAML_METADATA);
    NX_REQUIRE(!nx_xml_attr(root, "validUntil") || p->rules->now < p->valid_until, NX_ERR_SAML_METADATA_EXPIRED);
    if (duration && !nx_ok(nx_xml_duration(&p->cache_duration, nx_span_str(duration)))) p->cache_duration = 0;
    return NX_OK;
}

static nx_result look_at_entity(void *ctx, const nx_xml_doc *element)
{
    struct picking *p = ctx;
    const nx_xml_node *e = nx_xml_root(element);
    const char *id = nx_xml_attr(e, "entityID");
    if (!id || strcmp(id, p->rules->entity_id) != 0) return NX_OK;
    NX_REQUIRE(!p->entity, NX_ERR_SAML_METADATA); /* it stands there twice */
    return nx_saml_entity_read_from(&p->entity, p->arena, p->rules, p->role, e, p->found);
}

static void add_validity(nx_saml_entity *e, const struct picking *p)
{
    if (p->valid_until && (!e->valid_until || p->valid_until < e->valid_until)) e->valid_until = p->valid_until;
    if (p->cache_duration > 0 && (!e->cache_duration || p->cache_duration < e->cache_duration))
        e->cache_duration = p->cache_duration;
}

NX_FALLIBLE nx_saml_pick(nx_saml_entity **out, nx_arena *a, const struct nx_saml_rules *rules, enum nx_saml_role role,
                         const struct nx_saml_aggregate *from, struct nx_saml_findings *found)
{
    struct picking p = {.arena = a, .rules = rules, .role = role, .found = found};
    const struct nx_xml_walk walk = {
        .ns = NX_NS_MD, .name = "EntityDescriptor", .root = look_at_root, .each = look_at_entity, .ctx = &p};
    NX_REQUIRE(rules->entity_id, NX_ERR_MISSING);
    nx_result r = nx_xml_verify_each(from->xml, &nx_xml_metadata, from->keys, &walk);
    if (!nx_ok(r)) nx_saml_entity_forget(p.entity);
    NX_TRY(r);
    NX_REQUIRE(p.entity, NX_ERR_SAML_UNKNOWN);
    add_validity(p.entity, &p);
    *out = p.entity;
    return NX_OK;
}
