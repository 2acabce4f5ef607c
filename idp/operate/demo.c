#include "operate/demo.h"

#include "crypto/secret_digest.h"
#include "operate/people.h"
#include "operate/upstreams.h"
#include "registry/client.h"
#include "registry/meta.h"
#include "registry/person.h"
#include "saml/entity_register.h"
#include "saml/metadata.h"

#include <string.h>

/* National numbers of places that exist, with random endings; their second group says gender and year of birth, as the
 * real ones do. Mail goes to a domain that nobody can have (RFC 2606), phones have a prefix that nobody was given. */
const struct nx_demo_person nx_demo_people[] = {
    {.user_name = "lan",
     .name = "Nguyễn Thị Lan",
     .kind = "citizen",
     .proofing = "m2",
     .national_id = "001190012345",
     .family_name = "Nguyễn",
     .middle_name = "Thị",
     .given_name = "Lan",
     .birthdate = "1990-03-12",
     .gender = "female",
     .address = "12 phố Hàng Bông, phường Hoàn Kiếm, Hà Nội",
     .email = "lan@nixa.example",
     .phone = "+84100000001"},
    {.user_name = "minh",
     .name = "Trần Văn Minh",
     .kind = "citizen",
     .proofing = "m3",
     .national_id = "079085004321",
     .family_name = "Trần",
     .middle_name = "Văn",
     .given_name = "Minh",
     .birthdate = "1985-09-02",
     .gender = "male",
     .address = "45 đường Lê Lợi, phường Sài Gòn, Thành phố Hồ Chí Minh",
     .email = "minh@nixa.example",
     .phone = "+84100000002"},
    {.user_name = "hoa",
     .name = "Phạm Thị Hoa",
     .kind = "official",
     .proofing = "m4",
     .national_id = "048188007654",
     .family_name = "Phạm",
     .middle_name = "Thị",
     .given_name = "Hoa",
     .birthdate = "1988-11-20",
     .gender = "female",
     .address = "8 đường Bạch Đằng, phường Hải Châu, Đà Nẵng",
     .email = "hoa@nixa.example",
     .phone = "+84100000003"},
};
const size_t nx_demo_people_count = sizeof nx_demo_people / sizeof nx_demo_people[0];

static nx_result add_person(struct nx_operate_call *c, const struct nx_demo_person *d)
{
    struct nx_person p;
    nx_result had = nx_person_by_user_name(c->house->registry, c->arena, nx_span_str(d->user_name), &p);
    if (had.e != NX_ERR_NOT_FOUND) return had;
    NX_AUTO_JSON made = NULL;
    NX_AUTO_JSON request = json_pack(
        "{s:s,s:s,s:s,s:s,s:s*,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "user_name", d->user_name, "name", d->name,
        "kind", d->kind, "proofing", d->proofing, "national_id", d->national_id, "password", NX_DEMO_PASSWORD,
        "locale", "vi", "family_name", d->family_name, "middle_name", d->middle_name, "given_name",
        d->given_name, "birthdate", d->birthdate, "gender", d->gender, "address", d->address, "email",
        d->email, "phone", d->phone);
    NX_NEED(request);
    return nx_operate_person_add(&made, c, request);
}

/* What mod_auth_openidc is registered as; ES256, since NIXA makes this client itself. */
static json_t *metadata_of(const json_t *p)
{
    return json_pack(
        "{s:s*,s:s*,s:s*,s:[s],s:[s],s:[s],s:[s],s:s,s:s,s:s*,s:s*,s:b,s:s,s:s}", "client_name",
        nx_json_str(p, "name"), "client_name#vi", nx_json_str(p, "name_vi"), "client_uri",
        nx_json_str(p, "origin"), "redirect_uris",
        nx_json_str(p, "redirect_uri"), "post_logout_redirect_uris",
        nx_json_str(p, "post_logout_redirect_uri"), "grant_types", "authorization_code", "response_types",
        "code", "token_endpoint_auth_method", "client_secret_basic", "id_token_signed_response_alg", "ES256",
        "scope", nx_json_str(p, "scope"), "backchannel_logout_uri", nx_json_str(p, "backchannel_logout_uri"),
        "backchannel_logout_session_required", 1, "subject_type", "pairwise", "application_type", "web");
}

static const char *sector_of(const char *origin)
{
    return strncmp(origin, "https://", 8) == 0 ? origin + 8 : origin;
}

static nx_result fill_record(struct nx_client_record *out, struct nx_operate_call *c, const json_t *p,
                             uint8_t digest[NX_SHA256_LEN])
{
    const char *id = nx_json_str(p, "client_id"), *secret = nx_json_str(p, "client_secret");
    const char *origin = nx_json_str(p, "origin");
    NX_REQUIRE(id && secret && origin, NX_ERR_MISSING);
    NX_AUTO_JSON metadata = metadata_of(p);
    NX_REQUIRE(metadata, NX_ERR_MISSING);
    NX_TRY(nx_secret_digest(digest, nx_span_str(secret)));
    const char *sector = sector_of(origin);
    *out =
        (struct nx_client_record){.id = id,
                                  .metadata = nx_json_dump(c->arena, metadata),
                                  .subject_type = NX_SUBJECT_PAIRWISE,
                                  .sector = nx_arena_dup(c->arena, nx_span_of(sector, strcspn(sector, ":/"))),
                                  .secret_digest = nx_span_of(digest, NX_SHA256_LEN),
                                  .owner = "demo",
                                  .purpose_version = 1};
    NX_REQUIRE(out->metadata && out->sector, NX_ERR_MEMORY);
    return NX_OK;
}

static bool same(const nx_client *have, const struct nx_client_record *want, nx_arena *a)
{
    const char *metadata = nx_json_dump(a, have->metadata);
    return metadata && strcmp(metadata, want->metadata) == 0 &&
           nx_span_eq(have->secret_digest, want->secret_digest);
}

static nx_result put_portal(struct nx_operate_call *c, const json_t *p)
{
    uint8_t digest[NX_SHA256_LEN];
    char id[NX_CLIENT_ID_MAX + 1];
    struct nx_client_record record;
    NX_AUTO(nx_client) have = NULL;
    NX_TRY(fill_record(&record, c, p, digest));
    nx_result had = nx_client_get(c->house->registry, nx_span_str(record.id), &have);
    if (nx_ok(had) && same(have, &record, c->arena)) return NX_OK;
    if (!nx_ok(had) && had.e != NX_ERR_NOT_FOUND) return had;
    NX_TRY(nx_ok(had) ? nx_client_record_replace(c->house->registry, &record, 0)
                      : nx_client_record_create(c->house->registry, &record, id));
    return nx_operate_audit(c, nx_ok(had) ? "client.replaced" : "client.created", NULL,
                            json_pack("{s:s}", "client", record.id));
}

/* A portal that speaks SAML: all that is known of it is its metadata. Another port at the next start changes the
 * places in it and not who it is. */
static nx_result put_saml_portal(struct nx_operate_call *c, const char *xml)
{
    char id[NX_CLIENT_ID_MAX + 1];
    struct nx_saml_findings found = {.n = 0};
    struct nx_saml_row row;
    nx_saml_entity *entity = NULL;
    NX_AUTO(nx_saml_entity) have = NULL;
    struct nx_saml_rules rules = {.loopback = true, .now = nx_now()};
    NX_TRY(nx_saml_entity_read(&entity, c->arena, &rules, NX_SAML_SP, nx_span_str(xml), &found));
    struct nx_saml_registration what = {
        .entity = entity, .xml = nx_span_str(xml), .source = NX_SAML_UPLOAD, .actor = "demo"};
    nx_result r = nx_saml_entity_get(c->house->registry, nx_span_str(entity->entity_id), NX_SAML_SP, &have);
    if (r.e == NX_ERR_NOT_FOUND) r = nx_saml_register(id, c->house, c->arena, &what);
    if (nx_ok(r) && have) r = nx_saml_row_get(c->house->registry, c->arena, have->owner, NX_SAML_SP, &row);
    if (nx_ok(r) && have && !nx_span_eq(row.xml, what.xml))
        r = nx_saml_reregister(c->house, c->arena, have->owner, &what, 0, false);
    nx_saml_entity_forget(entity);
    return r;
}

static nx_result put_any_portal(struct nx_operate_call *c, const json_t *p)
{
    const char *xml = nx_json_str(p, "saml_metadata");
    return xml ? put_saml_portal(c, xml) : put_portal(c, p);
}

static nx_result put_portals(struct nx_operate_call *c, const json_t *portals)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    for (size_t i = 0; i < json_array_size(portals); i++)
        NX_TRY(put_any_portal(c, json_array_get(portals, i)));
    NX_TRY(nx_meta_set(c->house->registry, NX_META_DEMO, "1"));
    return nx_registry_commit(&change);
}

/* Written anew at each start: its issuer has the port of the edge. It is on unless somebody has switched it off. */
static nx_result put_upstream(struct nx_operate_call *c, const json_t *body)
{
    NX_AUTO_JSON had = NULL;
    NX_AUTO_JSON made = NULL;
    const char *id = nx_json_str(body, "id");
    if (!body) return NX_OK;
    NX_REQUIRE(id, NX_ERR_MISSING);
    nx_result r = nx_operate_upstream_show(&had, c, id);
    if (nx_ok(r)) return nx_operate_upstream_replace(&made, c, id, body);
    NX_REQUIRE(r.e == NX_ERR_NOT_FOUND, r.e);
    NX_TRY(nx_operate_upstream_add(&made, c, body));
    return nx_operate_upstream_on(c, id);
}

/* Rule 27: by the issuer that the folder was made with, which the house has compared with the present one. */
nx_result nx_operate_demo_load(json_t **out, struct nx_operate_call *c, const json_t *request)
{
    NX_REQUIRE(c->house->loopback, NX_ERR_DEMO);
    for (size_t i = 0; i < nx_demo_people_count; i++)
        NX_TRY(add_person(c, &nx_demo_people[i]));
    const json_t *portals = nx_json_array(request, "portals");
    NX_TRY(put_portals(c, portals));
    NX_TRY(put_upstream(c, nx_json_object(request, "upstream")));
    nx_span metadata;
    int64_t max_age;
    NX_TRY(nx_saml_own_metadata(&metadata, &max_age, c->house, c->arena));
    *out = json_pack("{s:I,s:I,s:s%}", "people", (json_int_t)nx_demo_people_count, "portals",
                     (json_int_t)json_array_size(portals), "saml_metadata", (const char *)metadata.p, metadata.n);
    NX_NEED(*out);
    return NX_OK;
}
