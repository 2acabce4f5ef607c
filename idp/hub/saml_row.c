#include "hub/saml_row.h"

#include "house/house.h"

static nx_result wrong(const char **why, const char *text)
{
    *why = text;
    NX_FAIL(NX_ERR_UPSTREAM_CONFIG);
}

/* ---- the row */

static struct nx_saml_place place_of(const struct nx_upstream_record *record)
{
    return (struct nx_saml_place){.url = nx_json_str(record->config, "metadata_url"),
                                  .certificate = nx_json_str(record->config, "metadata_certificate"),
                                  .fingerprint = nx_json_str(record->config, "metadata_fingerprint"),
                                  .entity_id = record->issuer};
}

static nx_result check_source(struct nx_house *house, nx_arena *a, const struct nx_upstream_record *record, const char **why)
{
    struct nx_saml_remote from;
    const struct nx_saml_place by = place_of(record);
    if (!by.url && !by.certificate && !by.fingerprint) return NX_OK;
    if (json_object_get(record->config, "metadata"))
        return wrong(why, "metadata, or metadata_url with the certificate or fingerprint of who signs it: one of the two");
    nx_result r = nx_saml_remote_at(&from, house, a, &by, why);
    return nx_ok(r) ? r : wrong(why, *why ? *why : nx_err_text(r.e));
}

NX_FALLIBLE nx_saml_row_check(struct nx_house *house, const struct nx_upstream_record *record, const char **why)
{
    const char *sign = nx_json_str(record->config, "sign"), *kind = nx_json_str(record->config, "person_kind");
    enum nx_person_kind person;
    NX_AUTO(nx_arena) a = nx_arena_open(1u << 20);
    NX_NEED(a);
    NX_TRY(nx_hub_config_check(record, why));
    if (nx_hub_stranger(NX_UPSTREAM_SAML, record->config))
        return wrong(why, "config: an unknown member, or one of another type");
    if (sign && strcmp(sign, "rsa") != 0 && strcmp(sign, "ec") != 0) return wrong(why, "sign: rsa or ec");
    if (kind && !nx_ok(nx_person_kind_of(&person, nx_span_str(kind))))
        return wrong(why, "person_kind: citizen, organisation, household or official");
    return check_source(house, a, record, why);
}

json_t *nx_saml_row_config(const json_t *config)
{
    json_t *copy = json_copy((json_t *)(uintptr_t)config);
    if (copy) json_object_del(copy, "metadata");
    return copy;
}

/* ---- its metadata */

static nx_result refused(nx_result r, const struct nx_saml_findings *found, const char **why)
{
    for (size_t i = 0; i < found->n; i++)
        if (found->v[i].fatal) return wrong(why, found->v[i].text);
    *why = nx_err_text(r.e);
    return r;
}

static nx_result read_sent(struct nx_saml_row_metadata *out, struct nx_house *house, nx_arena *a,
                           const struct nx_upstream_record *record, const char **why)
{
    struct nx_saml_findings found = {.n = 0};
    const struct nx_saml_rules rules = {.loopback = house->loopback, .now = nx_now(), .entity_id = record->issuer};
    out->got.xml = nx_span_str(nx_json_str(record->config, "metadata"));
    nx_result r = nx_saml_entity_read(&out->got.entity, a, &rules, NX_SAML_IDP, out->got.xml, &found);
    if (nx_ok(r)) return r;
    (void)refused(r, &found, why);
    return wrong(why, found.n ? *why : "metadata: not the metadata of that identity provider");
}

static nx_result fetch(struct nx_saml_row_metadata *out, struct nx_house *house, nx_arena *a,
                       const struct nx_upstream_record *record, const char **why)
{
    struct nx_saml_findings found = {.n = 0};
    struct nx_saml_remote from;
    const struct nx_saml_place by = place_of(record);
    NX_TRY(nx_saml_remote_at(&from, house, a, &by, why));
    nx_result r = nx_saml_fetch(&out->got, house, a, &from, NX_SAML_IDP, &found);
    if (!nx_ok(r)) return refused(r, &found, why);
    out->url = from.url;
    return NX_OK;
}

NX_FALLIBLE nx_saml_row_open(struct nx_saml_row_metadata *out, struct nx_house *house, nx_arena *a,
                             const struct nx_upstream_record *record, const char **why)
{
    *out = (struct nx_saml_row_metadata){.url = NULL};
    bool sent = json_object_get(record->config, "metadata"), named = json_object_get(record->config, "metadata_url");
    if (sent) NX_TRY(read_sent(out, house, a, record, why));
    if (named) NX_TRY(fetch(out, house, a, record, why));
    if (!out->got.entity || nx_saml_entity_signs_on(out->got.entity)) return NX_OK;
    nx_saml_row_close(out);
    return wrong(why, "metadata: needs sign-on by redirect");
}

void nx_saml_row_close(struct nx_saml_row_metadata *m)
{
    nx_saml_entity_forget(m->got.entity);
    m->got.entity = NULL;
}

/* What stands may be fetched no more when the row no longer says from where. */
static nx_result stands(bool *out, struct nx_house *house, const struct nx_upstream_record *record,
                        const struct nx_saml_row_metadata *m, const char **why)
{
    NX_AUTO(nx_saml_entity) e = NULL;
    nx_result r = nx_saml_entity_of(house->registry, record->id, NX_SAML_IDP, &e);
    *out = nx_ok(r);
    if (r.e != NX_ERR_NOT_FOUND) NX_TRY(r);
    if (m->got.entity) return NX_OK;
    if (!*out) return wrong(why, "metadata or metadata_url: the provider's metadata is needed");
    return e->source == NX_SAML_UPLOAD ? NX_OK : wrong(why, "metadata_url: name it again, or send metadata instead");
}

NX_FALLIBLE nx_saml_row_store(struct nx_house *house, const struct nx_upstream_record *record,
                              const struct nx_saml_row_metadata *m, const char **why)
{
    bool there;
    const char *sign = nx_json_str(record->config, "sign");
    const char *settings = sign && strcmp(sign, "ec") == 0 ? "{\"sign\":\"ec\"}" : "{\"sign\":\"rsa\"}";
    NX_TRY(stands(&there, house, record, m, why));
    if (!m->got.entity) return nx_saml_entity_set(house->registry, record->id, NX_SAML_IDP, settings, 0);
    const struct nx_saml_record row = {
        .parsed = m->got.entity,
        .xml = m->got.xml,
        .owner = record->id,
        .source = m->url ? NX_SAML_URL : NX_SAML_UPLOAD,
        .url = m->url,
        .pin = m->got.pin,
        .settings = settings,
        .refresh = m->url ? nx_saml_refresh_at(m->got.entity, nx_now()) : 0,
    };
    return there ? nx_saml_entity_replace(house->registry, &row, 0) : nx_saml_entity_create(house->registry, &row);
}

NX_FALLIBLE nx_saml_row_forget(struct nx_house *house, const char *upstream)
{
    nx_result r = nx_saml_entity_delete(house->registry, upstream, NX_SAML_IDP);
    return r.e == NX_ERR_NOT_FOUND ? NX_OK : r;
}
