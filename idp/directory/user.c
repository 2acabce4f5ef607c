#include "directory/user.h"

#include "directory/attribute.h"

#include <stdio.h>

#define PASSWORD_MAX 256

struct reader {
    nx_arena *arena;
    const char *why;
};

static nx_result refuse(struct reader *r, const char *attribute, nx_err e)
{
    r->why = nx_arena_printf(r->arena, "%s: %s", attribute, nx_err_text(e));
    return nx_fail(e, __func__, __LINE__);
}

static char *text_of(struct reader *r, const json_t *object, const char *name)
{
    const char *text = nx_json_str(object, name);
    return text && text[0] ? nx_arena_strdup(r->arena, text) : NULL;
}

/* The primary value, else the first. */
static const json_t *one_of(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_is_true(json_object_get(json_array_get(list, i), "primary"))) return json_array_get(list, i);
    return json_array_get(list, 0);
}

static char *address_of(struct reader *r, const json_t *address)
{
    static const char *const parts[] = {"streetAddress", "locality", "region", "postalCode", "country"};
    if (nx_json_str(address, "formatted")) return text_of(r, address, "formatted");
    nx_buf b;
    nx_buf_init(&b, r->arena, NX_PERSON_TEXT_MAX);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *part = nx_json_str(address, parts[i]);
        if (part && part[0]) nx_buf_addf(&b, "%s%s", nx_buf_span(&b).n ? "\n" : "", part);
    }
    return nx_buf_span(&b).n ? nx_buf_str(&b) : NULL;
}

static void read_names(struct reader *r, struct nx_person *p, const json_t *j)
{
    const json_t *name = json_object_get(j, "name");
    p->user_name = text_of(r, j, "userName");
    p->external_id = text_of(r, j, "externalId");
    p->family_name = text_of(r, name, "familyName");
    p->middle_name = text_of(r, name, "middleName");
    p->given_name = text_of(r, name, "givenName");
    p->name = text_of(r, name, "formatted");
    if (!p->name) p->name = text_of(r, j, "displayName");
    /* Vietnamese order: family, middle, given */
    if (!p->name && p->family_name && p->given_name)
        p->name = nx_arena_printf(r->arena, "%s %s%s%s", p->family_name, p->middle_name ? p->middle_name : "",
                                  p->middle_name ? " " : "", p->given_name);
}

static nx_result read_identifier(struct reader *r, struct nx_user *u, const char *scheme, const char *value)
{
    if (u->identifier_count == NX_IDENTIFIERS_MAX) return refuse(r, "identifiers", NX_ERR_LIMIT);
    enum nx_scheme which;
    if (!scheme || !value || !nx_ok(nx_scheme_of(&which, nx_span_str(scheme))))
        return refuse(r, "identifiers", NX_ERR_SCIM_VALUE);
    nx_result made = nx_identifier_make(&u->identifier[u->identifier_count], which, nx_span_str(value));
    if (!nx_ok(made)) return refuse(r, scheme, made.e);
    for (size_t i = 0; i < u->identifier_count; i++)
        if (u->identifier[i].scheme == which) return refuse(r, scheme, NX_ERR_DUPLICATE);
    u->identifier_count++;
    return NX_OK;
}

static nx_result read_identity(struct reader *r, struct nx_user *u, const json_t *identity)
{
    const char *kind = nx_json_str(identity, "kind");
    const char *proofing = nx_json_str(identity, "proofing");
    if (kind) NX_TRY(nx_person_kind_of(&u->person.kind, nx_span_str(kind)));
    u->person.proofing = proofing ? proofing[1] - '0' : 1;
    u->person.birthdate = text_of(r, identity, "birthdate");
    u->person.gender = text_of(r, identity, "gender");
    const char *national = nx_json_str(identity, "nationalId");
    if (national) NX_TRY(read_identifier(r, u, "national-id", national));
    const json_t *list = json_object_get(identity, "identifiers");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        NX_TRY(read_identifier(r, u, nx_json_str(one, "type"), nx_json_str(one, "value")));
    }
    return NX_OK;
}

static nx_result read_canonical(struct reader *r, struct nx_user *u, const json_t *j)
{
    struct nx_person *p = &u->person;
    read_names(r, p, j);
    p->active = nx_json_bool(j, "active", true);
    p->email = text_of(r, one_of(json_object_get(j, "emails")), "value");
    p->phone = text_of(r, one_of(json_object_get(j, "phoneNumbers")), "value");
    p->address = address_of(r, one_of(json_object_get(j, "addresses")));
    p->locale = text_of(r, j, "locale");
    u->password = text_of(r, j, "password");
    if (u->password && strlen(u->password) > PASSWORD_MAX) return refuse(r, "password", NX_ERR_LIMIT);
    if (!p->user_name) return refuse(r, "userName", NX_ERR_MISSING);
    NX_TRY(read_identity(r, u, json_object_get(j, NX_SCIM_IDENTITY)));
    if (!p->name) p->name = p->user_name;
    NX_REQUIRE(!nx_arena_failed(r->arena), NX_ERR_MEMORY);
    nx_result valid = nx_person_validate(p);
    return nx_ok(valid) ? NX_OK : refuse(r, "the person", valid.e);
}

NX_FALLIBLE nx_user_read(struct nx_user *out, const char **why, nx_arena *a, const json_t *resource)
{
    struct reader r = {.arena = a};
    *why = NULL;
    *out = (struct nx_user){.person = {.kind = NX_CITIZEN}};
    NX_AUTO_JSON canonical = NULL;
    NX_TRY(nx_attributes_canonical(&canonical, why, a, resource));
    nx_result read = read_canonical(&r, out, canonical);
    *why = r.why;
    return read;
}

static void set_text(json_t *object, const char *name, const char *text)
{
    if (text && text[0]) json_object_set_new(object, name, json_string(text));
}

static void set_single(json_t *object, const char *name, const char *member, const char *text, const char *type)
{
    if (text && text[0])
        json_object_set_new(object, name, json_pack("[{s:s,s:s,s:b}]", member, text, "type", type, "primary", 1));
}

static json_t *render_identity(const struct nx_user *u)
{
    char level[3] = {'m', (char)('0' + u->person.proofing), 0};
    json_t *j = json_pack("{s:s,s:s}", "kind", nx_person_kind_name(u->person.kind), "proofing", level);
    json_t *list = json_array();
    for (size_t i = 0; i < u->identifier_count; i++) {
        const struct nx_identifier *id = &u->identifier[i];
        if (id->scheme == NX_SCHEME_NATIONAL_ID) set_text(j, "nationalId", id->value);
        else json_array_append_new(list, json_pack("{s:s,s:s}", "type", nx_scheme_name(id->scheme), "value", id->value));
    }
    if (json_array_size(list)) json_object_set(j, "identifiers", list);
    json_decref(list);
    set_text(j, "birthdate", u->person.birthdate);
    set_text(j, "gender", u->person.gender);
    return j;
}

static json_t *render_name(const struct nx_person *p)
{
    json_t *name = json_object();
    set_text(name, "formatted", p->name);
    set_text(name, "familyName", p->family_name);
    set_text(name, "middleName", p->middle_name);
    set_text(name, "givenName", p->given_name);
    return name;
}

static json_t *render_meta(const struct nx_person *p, const char *base_url)
{
    char created[NX_RFC3339_MAX], updated[NX_RFC3339_MAX], etag[NX_ETAG_MAX], location[512];
    nx_rfc3339(p->created, created);
    nx_rfc3339(p->updated, updated);
    nx_user_etag(etag, p->version);
    snprintf(location, sizeof location, "%s/Users/%s", base_url, p->id.s);
    return json_pack("{s:s,s:s,s:s,s:s,s:s}", "resourceType", "User", "created", created, "lastModified", updated,
                     "location", location, "version", etag);
}

json_t *nx_user_render(const struct nx_user *u, const char *base_url)
{
    const struct nx_person *p = &u->person;
    json_t *j = json_pack("{s:[s,s],s:s}", "schemas", NX_SCIM_USER, NX_SCIM_IDENTITY, "id", p->id.s);
    if (!j) return NULL;
    set_text(j, "externalId", p->external_id);
    set_text(j, "userName", p->user_name);
    json_object_set_new(j, "name", render_name(p));
    set_text(j, "displayName", p->name);
    json_object_set_new(j, "active", json_boolean(p->active));
    set_single(j, "emails", "value", p->email, "work");
    set_single(j, "phoneNumbers", "value", p->phone, "mobile");
    set_single(j, "addresses", "formatted", p->address, "home");
    set_text(j, "locale", p->locale);
    json_object_set_new(j, NX_SCIM_IDENTITY, render_identity(u));
    json_object_set_new(j, "meta", render_meta(p, base_url));
    return j;
}

void nx_user_etag(char out[NX_ETAG_MAX], int64_t version)
{
    snprintf(out, NX_ETAG_MAX, "W/\"%lld\"", (long long)version);
}
