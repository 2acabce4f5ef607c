#include "operate/people.h"

#include "authn/password.h"
#include "operate/page.h"
#include "policies/level.h"
#include "registry/person.h"
#include "revoke/revoke.h"

#include <stddef.h>

/* Members of the request that are texts of the person. */
static const struct {
    const char *member;
    size_t offset;
} text_rows[] = {
    {"user_name", offsetof(struct nx_person, user_name)},
    {"name", offsetof(struct nx_person, name)},
    {"given_name", offsetof(struct nx_person, given_name)},
    {"middle_name", offsetof(struct nx_person, middle_name)},
    {"family_name", offsetof(struct nx_person, family_name)},
    {"birthdate", offsetof(struct nx_person, birthdate)},
    {"gender", offsetof(struct nx_person, gender)},
    {"address", offsetof(struct nx_person, address)},
    {"email", offsetof(struct nx_person, email)},
    {"phone", offsetof(struct nx_person, phone)},
    {"locale", offsetof(struct nx_person, locale)},
};

static nx_result read_person(struct nx_person *p, struct nx_operate_call *c, const json_t *request)
{
    *p = (struct nx_person){.active = true, .proofing = NX_M1, .kind = NX_CITIZEN};
    for (size_t i = 0; i < sizeof text_rows / sizeof text_rows[0]; i++)
        *(const char **)((char *)p + text_rows[i].offset) = nx_json_str(request, text_rows[i].member);
    const char *kind = nx_json_str(request, "kind"), *proofing = nx_json_str(request, "proofing");
    if (kind && !nx_ok(nx_person_kind_of(&p->kind, nx_span_str(kind))))
        return nx_operate_refuse(c, NX_ERR_UNKNOWN, "kind: citizen, organisation, household or official");
    if (proofing) p->proofing = nx_level_of_text(nx_span_str(proofing));
    if (p->proofing == NX_LEVEL_NONE)
        return nx_operate_refuse(c, NX_ERR_UNKNOWN, "proofing: m1, m2, m3 or m4");
    return nx_person_validate(p);
}

/* Hashes before anything is written: no change stays open for as long as a hash takes. */
static nx_result hash(nx_phc *out, struct nx_operate_call *c, const char *password, const char *user_name)
{
    NX_AUTO_SECRET(secret);
    NX_TRY(nx_secret_set(&secret, nx_span_str(password)));
    nx_result strong = nx_password_strong(c->house, &secret, user_name);
    if (!nx_ok(strong)) c->why = "password: too short, too long, or easy to guess";
    NX_TRY(strong);
    return nx_password_make(out, c->house, &secret);
}

static nx_result make(struct nx_person_made *made, struct nx_operate_call *c, struct nx_person *p,
                      const struct nx_identifier *national, const nx_phc *phc)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_person_create(c->house->registry, p, national, national ? 1 : 0, made));
    if (phc) NX_TRY(nx_password_put(c->house, made->id.s, phc));
    NX_TRY(nx_operate_audit(c, "person.created", made->id.s, json_pack("{s:s}", "qid", made->qid.s)));
    return nx_registry_commit(&change);
}

nx_result nx_operate_person_add(json_t **out, struct nx_operate_call *c, const json_t *request)
{
    struct nx_person p;
    struct nx_person_made made;
    struct nx_identifier national;
    nx_phc phc;
    const char *number = nx_json_str(request, "national_id"), *password = nx_json_str(request, "password");
    NX_TRY(read_person(&p, c, request));
    if (number) NX_TRY(nx_identifier_make(&national, NX_SCHEME_NATIONAL_ID, nx_span_str(number)));
    if (password) NX_TRY(hash(&phc, c, password, p.user_name));
    NX_TRY(make(&made, c, &p, number ? &national : NULL, password ? &phc : NULL));
    *out = json_pack("{s:s,s:s,s:s,s:s}", "id", made.id.s, "qid", made.qid.s, "user_name", p.user_name,
                     "name", p.name ? p.name : p.user_name);
    NX_NEED(*out);
    return NX_OK;
}

nx_result nx_operate_person_password(struct nx_operate_call *c, const char *who, const char *password)
{
    struct nx_person p;
    nx_phc phc;
    int64_t seq;
    NX_REQUIRE(password, NX_ERR_MISSING);
    NX_TRY(nx_operate_person(&p, c, who));
    NX_TRY(hash(&phc, c, password, p.user_name));
    const struct nx_revoke_order order = {.act = NX_REVOKE,
                                          .scope = NX_REVOKE_PERSON,
                                          .target = p.id.s,
                                          .subject = p.id.s,
                                          .reason = "password set by an operator",
                                          .actor = c->actor};
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_password_put(c->house, p.id.s, &phc));
    NX_TRY(nx_operate_audit(c, "person.password-set", p.id.s, NULL));
    NX_TRY(nx_revoke_record(c->house, c->arena, &order, &seq));
    NX_TRY(nx_registry_commit(&change));
    return nx_revoke_apply(c->house, c->arena, seq);
}

static json_t *line(const struct nx_person *p)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:b,s:s}", "id", p->id.s, "user_name", p->user_name, "name", p->name,
                     "kind", nx_person_kind_name(p->kind), "active", p->active, "proofing",
                     nx_level_text((enum nx_level)p->proofing));
}

nx_result nx_operate_person_list(json_t **out, struct nx_operate_call *c, const char *text,
                                 const struct nx_operate_page *page)
{
    struct nx_person_query q = {.text = text, .after = page->cursor};
    struct nx_person_page people;
    NX_AUTO_JSON items = json_array();
    NX_NEED(items);
    NX_TRY(nx_operate_limit(&q.limit, page));
    NX_TRY(nx_person_list(c->house->registry, c->arena, &q, &people));
    for (size_t i = 0; i < people.n; i++)
        NX_REQUIRE(json_array_append_new(items, line(&people.v[i])) == 0, NX_ERR_MEMORY);
    *out = nx_operate_list(NX_STEAL(items), people.more ? people.v[people.n - 1].id.s : NULL);
    NX_NEED(*out);
    return NX_OK;
}

static nx_result add_identifiers(json_t *j, struct nx_operate_call *c, const char *person)
{
    struct nx_identifier *v;
    size_t n;
    NX_TRY(nx_identifier_list(c->house->registry, c->arena, person, &v, &n));
    for (size_t i = 0; i < n; i++)
        json_object_set_new(j, nx_scheme_name(v[i].scheme), json_string(v[i].value));
    return NX_OK;
}

nx_result nx_operate_person_show(json_t **out, struct nx_operate_call *c, const char *who)
{
    struct nx_person p;
    NX_TRY(nx_operate_person(&p, c, who));
    NX_AUTO_JSON j = line(&p);
    NX_NEED(j);
    for (size_t i = 0; i < sizeof text_rows / sizeof text_rows[0]; i++) {
        const char *text = *(const char *const *)((const char *)&p + text_rows[i].offset);
        if (text) json_object_set_new(j, text_rows[i].member, json_string(text));
    }
    NX_TRY(add_identifiers(j, c, p.id.s));
    nx_operate_time(j, "created", p.created);
    nx_operate_time(j, "updated", p.updated);
    *out = NX_STEAL(j);
    return NX_OK;
}
