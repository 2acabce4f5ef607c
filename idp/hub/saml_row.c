#include "hub/saml_row.h"

#include "house/house.h"

static nx_result wrong(const char **why, const char *text)
{
    *why = text;
    NX_FAIL(NX_ERR_UPSTREAM_CONFIG);
}

static nx_result read_metadata(nx_saml_entity **out, struct nx_house *house, nx_arena *a,
                               const struct nx_upstream_record *record, const char **why)
{
    struct nx_saml_findings found;
    const struct nx_saml_rules rules = {.loopback = house->loopback, .now = nx_now(), .entity_id = record->issuer};
    const char *xml = nx_json_str(record->config, "metadata");
    nx_result r = nx_saml_entity_read(out, a, &rules, NX_SAML_IDP, nx_span_str(xml), &found);
    for (size_t i = 0; !nx_ok(r) && i < found.n; i++)
        if (found.v[i].fatal) return wrong(why, found.v[i].text);
    if (!nx_ok(r)) return wrong(why, "metadata: not the metadata of that identity provider");
    return NX_OK;
}

NX_FALLIBLE nx_saml_row_check(struct nx_house *house, const struct nx_upstream_record *record, const char **why)
{
    const char *sign = nx_json_str(record->config, "sign"), *kind = nx_json_str(record->config, "person_kind");
    enum nx_person_kind person;
    NX_AUTO(nx_arena) a = nx_arena_open(4u << 20);
    NX_NEED(a);
    NX_TRY(nx_hub_config_check(record, why));
    if (nx_hub_stranger(NX_UPSTREAM_SAML, record->config))
        return wrong(why, "config: an unknown member, or one of another type");
    if (sign && strcmp(sign, "rsa") != 0 && strcmp(sign, "ec") != 0) return wrong(why, "sign: rsa or ec");
    if (kind && !nx_ok(nx_person_kind_of(&person, nx_span_str(kind))))
        return wrong(why, "person_kind: citizen, organisation, household or official");
    if (!json_object_get(record->config, "metadata")) return NX_OK;
    nx_saml_entity *e = NULL;
    NX_TRY(read_metadata(&e, house, a, record, why));
    bool usable = nx_saml_endpoint_by(&e->sso, NX_SAML_REDIRECT) && nx_saml_key_for(e, NX_SAML_FOR_SIGNING, 0);
    nx_saml_entity_forget(e);
    return usable ? NX_OK : wrong(why, "metadata: needs a key that signs and sign-on by redirect");
}

json_t *nx_saml_row_config(const json_t *config)
{
    json_t *copy = json_copy((json_t *)(uintptr_t)config);
    if (copy) json_object_del(copy, "metadata");
    return copy;
}

static nx_result exists(bool *out, struct nx_house *house, const char *upstream)
{
    NX_AUTO(nx_saml_entity) e = NULL;
    nx_result r = nx_saml_entity_of(house->registry, upstream, NX_SAML_IDP, &e);
    *out = nx_ok(r);
    return r.e == NX_ERR_NOT_FOUND ? NX_OK : r;
}

NX_FALLIBLE nx_saml_row_store(struct nx_house *house, nx_arena *a, const struct nx_upstream_record *record,
                              const char **why)
{
    bool there;
    nx_saml_entity *e = NULL;
    const char *xml = nx_json_str(record->config, "metadata"), *sign = nx_json_str(record->config, "sign");
    NX_TRY(exists(&there, house, record->id));
    if (!xml) return there ? NX_OK : wrong(why, "metadata: the provider's metadata is needed");
    NX_TRY(read_metadata(&e, house, a, record, why));
    const struct nx_saml_record row = {
        .parsed = e,
        .xml = nx_span_str(xml),
        .owner = record->id,
        .source = NX_SAML_UPLOAD,
        .settings = sign && strcmp(sign, "ec") == 0 ? "{\"sign\":\"ec\"}" : "{\"sign\":\"rsa\"}",
    };
    nx_result r = there ? nx_saml_entity_replace(house->registry, &row, 0) : nx_saml_entity_create(house->registry, &row);
    nx_saml_entity_forget(e);
    return r;
}

NX_FALLIBLE nx_saml_row_forget(struct nx_house *house, const char *upstream)
{
    nx_result r = nx_saml_entity_delete(house->registry, upstream, NX_SAML_IDP);
    return r.e == NX_ERR_NOT_FOUND ? NX_OK : r;
}
