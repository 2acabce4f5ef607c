#include "hub/made.h"

#include "crypto/random.h"
#include "registry/audit.h"

/* A field at a time: what the registry refuses is left out, since a provider's odd birthdate is no reason to refuse a
 * person. */
static const char *fitting(const struct nx_person *base, size_t offset, const char *value)
{
    struct nx_person one = {.user_name = base->user_name, .name = base->user_name, .proofing = 1};
    if (!value || !*value) return NULL;
    memcpy((char *)&one + offset, &value, sizeof value);
    return nx_ok(nx_person_validate(&one)) ? value : NULL;
}
#define FIT(member, value) fitting(&p, offsetof(struct nx_person, member), (value))

static nx_result user_name_of(const char **out, nx_arena *a, const nx_upstream *u)
{
    nx_id id;
    NX_TRY(nx_id_make(&id));
    NX_NEED(*out = nx_arena_printf(a, "%s.%.16s", u->id, id.s));
    return NX_OK;
}

static nx_result audit_made(struct nx_house *house, nx_arena *a, const nx_upstream *u, const char *person)
{
    NX_AUTO_JSON detail = json_pack("{s:s, s:i}", "upstream", u->id, "proofing", u->proofing);
    NX_NEED(detail);
    const struct nx_audit_entry e = {.actor = nx_arena_printf(a, "upstream:%s", u->id),
                                     .type = "person.created",
                                     .subject = person,
                                     .detail = nx_json_dump(a, detail)};
    NX_REQUIRE(e.actor && e.detail, NX_ERR_MEMORY);
    return nx_audit_append(house->registry, &e);
}

NX_FALLIBLE nx_hub_make_person(struct nx_person_made *made, struct nx_house *house, nx_arena *a,
                               const struct nx_identity *who, const struct nx_identifier *number)
{
    const struct nx_identity_person *said = &who->person;
    struct nx_person p = {.kind = said->kind, .active = true, .proofing = who->upstream->proofing};
    NX_TRY(user_name_of(&p.user_name, a, who->upstream));
    p.name = FIT(name, said->name);
    p.family_name = FIT(family_name, said->family_name);
    p.middle_name = FIT(middle_name, said->middle_name);
    p.given_name = FIT(given_name, said->given_name);
    p.birthdate = FIT(birthdate, said->birthdate);
    p.gender = FIT(gender, said->gender);
    p.email = FIT(email, said->email);
    p.phone = FIT(phone, said->phone);
    p.locale = FIT(locale, said->locale);
    NX_TRY(nx_person_create(house->registry, &p, number, number ? 1 : 0, made));
    return audit_made(house, a, who->upstream, made->id.s);
}
