#include "saml/entity_register.h"

#include "flow/claims.h"
#include "flow/scope.h"
#include "flow/url.h"
#include "house/house.h"
#include "registry/audit.h"
#include "registry/client.h"
#include "revoke/revoke.h"

#include <stdlib.h>

#define SECTOR_PREFIX "saml:"

/* ---- the client's metadata ---------------------------------------------------------------------------------- */

static const char *host_of(nx_arena *a, const char *url)
{
    struct nx_url u;
    if (!url || !nx_ok(nx_url_split(&u, nx_span_str(url))) || u.host.n == 0) return NULL;
    char *host = nx_arena_dup(a, u.host);
    for (char *p = host; p && *p; p++)
        if (*p >= 'A' && *p <= 'Z') *p = (char)(*p + ('a' - 'A'));
    return host;
}

static NX_FALLIBLE sector_of(const char **out, nx_arena *a, const nx_saml_entity *e)
{
    const char *first = host_of(a, nx_saml_endpoint_default(&e->acs)->location);
    bool one = first != NULL;
    for (size_t i = 0; one && i < e->acs.n; i++) {
        const char *host = host_of(a, e->acs.v[i].location);
        one = host && strcmp(host, first) == 0;
    }
    *out = one ? first : nx_arena_printf(a, SECTOR_PREFIX "%s", e->entity_id);
    NX_NEED(*out);
    return NX_OK;
}

/* The claim that an attribute of the metadata means: by its Name, or by the claim's own name. */
static uint32_t claim_of(const struct nx_saml_attribute *at)
{
    static const struct {
        const char *claim, *name;
    } rows[] = {
#define T(claim, name, friendly) {#claim, (name)},
#include "saml/attribute.def"
#undef T
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(at->name, rows[i].name) == 0) return nx_claim_bit(rows[i].claim);
    return nx_claim_bit(at->name);
}

/* The scopes of what is asked for. Numbers of the state are never among them: an operator names those. */
static const char *scope_of(nx_arena *a, const nx_saml_entity *e)
{
    uint32_t asked = 0;
    nx_buf b;
    if (e->attribute_count == 0) return "openid profile";
    for (size_t i = 0; i < e->attribute_count; i++)
        asked |= claim_of(&e->attribute[i]);
    nx_buf_init(&b, a, 256);
    nx_buf_adds(&b, "openid");
    for (size_t s = 0; nx_scope_standard(s); s++) {
        const char *name = nx_scope_standard(s);
        uint32_t gives = nx_claims_of_scopes(&(struct nx_words){.word = &name, .count = 1});
        if ((gives & asked) && strcmp(name, "identifiers") != 0) nx_buf_addf(&b, " %s", name);
    }
    return nx_buf_str(&b);
}

static json_t *redirects_of(const nx_saml_entity *e)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < e->acs.n; i++)
        if (!nx_json_has(list, e->acs.v[i].location))
            json_array_append_new(list, json_string(e->acs.v[i].location));
    return list;
}

/* old: what stands, whose scopes stay; NULL at first. */
static NX_FALLIBLE metadata_of(const char **out, nx_arena *a, const nx_saml_entity *e, const nx_client *old)
{
    const char *name = e->name ? e->name : host_of(a, nx_saml_endpoint_default(&e->acs)->location);
    const char *scope = old ? nx_strings_join(a, old->scopes) : scope_of(a, e);
    bool told = nx_saml_endpoint_by(&e->slo, NX_SAML_SOAP) != NULL;
    NX_REQUIRE(name && scope, NX_ERR_MEMORY);
    NX_AUTO_JSON j = json_pack("{s:s,s:s*,s:s*,s:o,s:[s],s:[],s:s,s:s,s:b}", "client_name", name, "client_name#vi",
                               e->name_vi, "client_uri", e->home, "redirect_uris", redirects_of(e), "grant_types",
                               NX_SAML_GRANT, "response_types", "scope", scope, "subject_type", "pairwise",
                               "nixa_saml_logout", told);
    NX_NEED(j);
    NX_NEED(*out = nx_json_dump(a, j));
    NX_REQUIRE(strlen(*out) <= NX_CLIENT_METADATA_MAX, NX_ERR_LIMIT);
    return NX_OK;
}

/* SECURITY.md 30: what the server would call and may not is refused here, not when somebody must be told. */
static NX_FALLIBLE check_called(const struct nx_house *house, const nx_saml_entity *e)
{
    for (size_t i = 0; house->egress && i < e->slo.n; i++)
        if (e->slo.v[i].binding == NX_SAML_SOAP)
            NX_TRY(nx_egress_url_allowed(house->egress, NX_PURPOSE_LOGOUT, nx_span_str(e->slo.v[i].location)));
    return NX_OK;
}

/* ---- rows --------------------------------------------------------------------------------------------------- */

static NX_FALLIBLE audit(struct nx_house *house, nx_arena *a, const char *actor, const char *type, const char *id,
                         const char *entity_id)
{
    NX_AUTO_JSON j = json_pack("{s:s,s:s*}", "client", id, "entity_id", entity_id);
    NX_NEED(j);
    const char *detail = nx_json_dump(a, j);
    NX_NEED(detail);
    return nx_audit_append(house->registry,
                           &(struct nx_audit_entry){.actor = actor, .type = type, .detail = detail});
}

static struct nx_saml_record record_of(const struct nx_saml_registration *what, const char *id)
{
    return (struct nx_saml_record){.parsed = what->entity,
                                   .xml = what->xml,
                                   .owner = id,
                                   .source = what->source,
                                   .url = what->url,
                                   .pin = what->pin,
                                   .settings = what->settings,
                                   .refresh = what->refresh};
}

NX_FALLIBLE nx_saml_register(char id[NX_CLIENT_ID_MAX + 1], struct nx_house *house, nx_arena *a,
                             const struct nx_saml_registration *what)
{
    struct nx_client_record client = {.subject_type = NX_SUBJECT_PAIRWISE,
                                      .owner = what->actor,
                                      .legal_basis = what->legal_basis,
                                      .purpose_version = 1};
    NX_REQUIRE(what->entity->role == NX_SAML_SP, NX_ERR_INTERNAL);
    NX_TRY(check_called(house, what->entity));
    NX_TRY(metadata_of(&client.metadata, a, what->entity, NULL));
    NX_TRY(sector_of(&client.sector, a, what->entity));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    NX_TRY(nx_client_record_create(house->registry, &client, id));
    struct nx_saml_record record = record_of(what, id);
    NX_TRY(nx_saml_entity_create(house->registry, &record));
    NX_TRY(audit(house, a, what->actor, what->legal_basis ? "saml.created-legal-basis" : "saml.created", id,
                 what->entity->entity_id));
    return nx_registry_commit(&change);
}

static NX_FALLIBLE client_record(struct nx_client_record *out, nx_arena *a, const nx_client *old,
                                 const struct nx_saml_registration *what, bool settle)
{
    *out = (struct nx_client_record){.id = old->id,
                                     .subject_type = old->subject_type,
                                     .sector = old->sector,
                                     .owner = old->owner,
                                     .legal_basis = old->legal_basis,
                                     .purpose_version = old->purpose_version};
    if (settle) NX_TRY(sector_of(&out->sector, a, what->entity));
    return metadata_of(&out->metadata, a, what->entity, settle ? NULL : old);
}

NX_FALLIBLE nx_saml_reregister(struct nx_house *house, nx_arena *a, const char *id,
                               const struct nx_saml_registration *what, int64_t expected, bool settle)
{
    NX_AUTO(nx_client) old = NULL;
    struct nx_client_record client;
    struct nx_saml_record record = record_of(what, id);
    NX_TRY(check_called(house, what->entity));
    NX_TRY(nx_client_get(house->registry, nx_span_str(id), &old));
    NX_TRY(client_record(&client, a, old, what, settle));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    NX_TRY(nx_saml_entity_replace(house->registry, &record, expected));
    NX_TRY(nx_client_record_replace(house->registry, &client, old->version));
    NX_TRY(audit(house, a, what->actor, settle ? "saml.replaced" : "saml.refreshed", id, what->entity->entity_id));
    return nx_registry_commit(&change);
}

static NX_FALLIBLE set_basis(struct nx_house *house, const nx_client *old, const char *basis)
{
    const struct nx_client_record client = {.id = old->id,
                                            .metadata = json_dumps(old->metadata, JSON_COMPACT),
                                            .subject_type = old->subject_type,
                                            .sector = old->sector,
                                            .owner = old->owner,
                                            .legal_basis = *basis ? basis : NULL,
                                            .purpose_version = old->purpose_version};
    NX_NEED(client.metadata);
    nx_result r = nx_client_record_replace(house->registry, &client, old->version);
    free((char *)(uintptr_t)client.metadata);
    return r;
}

NX_FALLIBLE nx_saml_settle(struct nx_house *house, nx_arena *a, const char *actor, const char *id,
                           const struct nx_saml_settling *how)
{
    NX_AUTO(nx_client) old = NULL;
    NX_AUTO(nx_saml_entity) e = NULL;
    NX_TRY(nx_client_get(house->registry, nx_span_str(id), &old));
    NX_TRY(nx_saml_entity_of(house->registry, id, NX_SAML_SP, &e));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    NX_TRY(nx_saml_entity_set(house->registry, id, NX_SAML_SP, how->settings, how->expected));
    if (how->legal_basis) NX_TRY(set_basis(house, old, how->legal_basis));
    NX_TRY(audit(house, a, actor, how->legal_basis ? "saml.settled-legal-basis" : "saml.settled", id, e->entity_id));
    return nx_registry_commit(&change);
}

/* The entity's row goes with the client's. */
NX_FALLIBLE nx_saml_unregister(struct nx_house *house, nx_arena *a, const char *actor, const char *id)
{
    NX_AUTO(nx_saml_entity) e = NULL;
    const struct nx_revoke_order order = {.act = NX_REVOKE,
                                          .scope = NX_REVOKE_CLIENT,
                                          .target = id,
                                          .reason = "portal removed",
                                          .actor = actor};
    NX_TRY(nx_saml_entity_of(house->registry, id, NX_SAML_SP, &e));
    NX_TRY(nx_revoke(house, a, &order, NULL));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    NX_TRY(nx_client_record_delete(house->registry, id));
    NX_TRY(audit(house, a, actor, "saml.deleted", id, e->entity_id));
    return nx_registry_commit(&change);
}
