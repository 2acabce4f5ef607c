#include "authn/certificate.h"

#include "authn/standing.h"
#include "base/text.h"
#include "registry/audit.h"
#include "registry/certificate.h"
#include "registry/epoch.h"
#include "registry/identifier.h"

nx_result nx_certificate_field(nx_span *der, nx_arena *a, const char *value)
{
    NX_REQUIRE(value && value[0], NX_ERR_MISSING);
    size_t n = strlen(value);
    NX_REQUIRE(n >= 6 && value[0] == ':' && value[n - 1] == ':', NX_ERR_CERT);
    NX_REQUIRE(n <= 2 * NX_CERT_DER_MAX, NX_ERR_CERT);
    NX_REQUIRE(nx_ok(nx_b64_decode_dup(der, a, nx_span_of(value + 1, n - 2))), NX_ERR_CERT);
    return NX_OK;
}

nx_result nx_certificate_verify(nx_cert **out, struct nx_house *house, nx_arena *a, nx_span der)
{
    NX_AUTO(nx_cert) c = NULL;
    NX_REQUIRE(house->person_anchors, NX_ERR_CERT_UNTRUSTED);
    NX_TRY(nx_cert_open(&c, house->person_anchors, der, nx_now()));
    NX_TRY(nx_standing_check(house, a, NX_STANDING_PERSON, c));
    *out = NX_STEAL(c);
    return NX_OK;
}

static nx_result by_binding(nx_id *person, int *bound_at, struct nx_house *house, nx_arena *a,
                            const struct nx_cert_facts *f)
{
    struct nx_certificate row;
    NX_TRY(nx_certificate_find(house->registry, a, f->name, &row));
    *person = row.person;
    *bound_at = row.bound_at;
    return NX_OK;
}

static nx_result by_number(nx_id *person, int *bound_at, struct nx_house *house, const struct nx_cert_facts *f)
{
    struct nx_identifier id;
    NX_REQUIRE(house->settings->person_number && f->national_id[0], NX_ERR_NOT_FOUND);
    NX_REQUIRE(nx_ok(nx_identifier_make(&id, NX_SCHEME_NATIONAL_ID, nx_span_str(f->national_id))), NX_ERR_NOT_FOUND);
    *bound_at = (int)house->settings->person_ca_level;
    return nx_identifier_find(house->registry, &id, person);
}

nx_result nx_certificate_prove(struct nx_proof *out, struct nx_house *house, nx_arena *a, const nx_cert *c)
{
    const struct nx_cert_facts *f = nx_cert_facts(c);
    nx_id person;
    int bound_at = 0;
    nx_result r = by_binding(&person, &bound_at, house, a, f);
    if (r.e == NX_ERR_NOT_FOUND) r = by_number(&person, &bound_at, house, f);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_CERT_STRANGER);
    NX_TRY(r);
    *out = (struct nx_proof){.person = nx_arena_strdup(a, person.s),
                             .means = NX_MEANS_CERTIFICATE,
                             .bound_at = bound_at,
                             .rung = NX_RUNG_NONE};
    NX_NEED(out->person);
    return NX_OK;
}

static nx_result note(struct nx_house *house, nx_arena *a, const char *type, const char *person, const char *id)
{
    const char *actor = nx_arena_printf(a, "person:%s", person);
    const char *detail = nx_arena_printf(a, "{\"certificate\":\"%s\"}", id);
    NX_REQUIRE(actor && detail, NX_ERR_MEMORY);
    return nx_audit_append(house->registry, &(struct nx_audit_entry){
                                                .actor = actor, .type = type, .subject = person, .detail = detail});
}

nx_result nx_certificate_bind(struct nx_house *house, nx_arena *a, const char *person, int level, const nx_cert *c)
{
    const struct nx_cert_facts *f = nx_cert_facts(c);
    struct nx_certificate row = {
        .subject = f->subject, .issuer = f->issuer, .bound_at = level, .not_after = f->not_after};
    NX_REQUIRE(strlen(person) == NX_ID_LEN && level >= NX_M1 && level <= NX_M4, NX_ERR_RANGE);
    memcpy(row.person.s, person, NX_ID_LEN + 1);
    memcpy(row.name, f->name, sizeof row.name);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    NX_TRY(nx_certificate_add(house->registry, &row));
    NX_TRY(note(house, a, "certificate.bound", person, row.id.s));
    return nx_registry_commit(&change);
}

nx_result nx_certificate_unbind(struct nx_house *house, nx_arena *a, const char *person, const char *id)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    NX_TRY(nx_certificate_remove(house->registry, person, id));
    NX_TRY(note(house, a, "certificate.removed", person, id));
    return nx_registry_commit(&change);
}
