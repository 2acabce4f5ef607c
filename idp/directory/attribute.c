#include "directory/attribute.h"

#include <strings.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define MULTI_MAX 32

static const char *const kinds[] = {"citizen", "organisation", "household", "official", NULL};
static const char *const schemes[] = {"tax", "social-insurance", "health-insurance", "business", "agency", NULL};
static const char *const levels[] = {"m1", "m2", "m3", "m4", NULL};
static const char *const genders[] = {"male", "female", "other", NULL};

#define TEXT(n, h) {.name = (n), .type = NX_ATTR_STRING, .kept = true, .help = (h)}
#define DROPPED(n, t, m, h) {.name = (n), .type = (t), .multi = (m), .help = (h)}

static const struct nx_attribute name_rows[] = {
    TEXT("formatted", "the name as written in full"),
    TEXT("familyName", "family name"),
    TEXT("givenName", "given name"),
    TEXT("middleName", "middle name"),
    DROPPED("honorificPrefix", NX_ATTR_STRING, false, "not kept"),
    DROPPED("honorificSuffix", NX_ATTR_STRING, false, "not kept"),
};

static const struct nx_attribute value_rows[] = {
    TEXT("value", "the value"),
    DROPPED("display", NX_ATTR_STRING, false, "not kept"),
    TEXT("type", "a label"),
    {.name = "primary", .type = NX_ATTR_BOOLEAN, .kept = true, .help = "the one that is kept"},
};

static const struct nx_attribute address_rows[] = {
    TEXT("formatted", "the address as written, lines between line breaks"),
    TEXT("streetAddress", "joined into formatted when that is absent"),
    TEXT("locality", "joined into formatted when that is absent"),
    TEXT("region", "joined into formatted when that is absent"),
    TEXT("postalCode", "joined into formatted when that is absent"),
    TEXT("country", "joined into formatted when that is absent"),
    TEXT("type", "a label"),
    {.name = "primary", .type = NX_ATTR_BOOLEAN, .kept = true, .help = "the one that is kept"},
};

static const struct nx_attribute meta_rows[] = {
    {.name = "resourceType", .type = NX_ATTR_STRING, .exact = true, .mutability = NX_ATTR_READ_ONLY, .help = "User"},
    {.name = "created", .type = NX_ATTR_DATETIME, .mutability = NX_ATTR_READ_ONLY, .help = "when it was made"},
    {.name = "lastModified", .type = NX_ATTR_DATETIME, .mutability = NX_ATTR_READ_ONLY, .help = "when it changed"},
    {.name = "location", .type = NX_ATTR_REFERENCE, .exact = true, .mutability = NX_ATTR_READ_ONLY, .help = "its URL"},
    {.name = "version", .type = NX_ATTR_STRING, .exact = true, .mutability = NX_ATTR_READ_ONLY, .help = "its ETag"},
};

#define COMPLEX(n, m, rows, h)                                                                               \
    {.name = (n), .type = NX_ATTR_COMPLEX, .multi = (m), .kept = true, .sub = (rows), .sub_count = COUNT(rows), .help = (h)}

static const struct nx_attribute user_rows[] = {
    {.name = "id", .type = NX_ATTR_STRING, .exact = true, .mutability = NX_ATTR_READ_ONLY, .help = "the person's id"},
    {.name = "externalId", .type = NX_ATTR_STRING, .kept = true, .exact = true, .help = "the client's own id"},
    {.name = "meta", .type = NX_ATTR_COMPLEX, .mutability = NX_ATTR_READ_ONLY, .sub = meta_rows,
     .sub_count = COUNT(meta_rows), .help = "about the resource"},
    {.name = "userName", .type = NX_ATTR_STRING, .required = true, .kept = true, .help = "what she signs in with"},
    COMPLEX("name", false, name_rows, "the parts of the name"),
    TEXT("displayName", "the name as shown; the full name when name.formatted is absent"),
    {.name = "active", .type = NX_ATTR_BOOLEAN, .kept = true, .help = "false ends her sessions and tokens"},
    {.name = "password", .type = NX_ATTR_STRING, .kept = true, .exact = true, .mutability = NX_ATTR_WRITE_ONLY,
     .help = "never returned"},
    COMPLEX("emails", true, value_rows, "one is kept: the primary, else the first"),
    COMPLEX("phoneNumbers", true, value_rows, "one is kept: the primary, else the first; E.164"),
    COMPLEX("addresses", true, address_rows, "one is kept: the primary, else the first"),
    TEXT("locale", "a language tag"),
    DROPPED("preferredLanguage", NX_ATTR_STRING, false, "not kept"),
    DROPPED("nickName", NX_ATTR_STRING, false, "not kept"),
    DROPPED("profileUrl", NX_ATTR_REFERENCE, false, "not kept"),
    DROPPED("title", NX_ATTR_STRING, false, "not kept"),
    DROPPED("userType", NX_ATTR_STRING, false, "not kept"),
    DROPPED("timezone", NX_ATTR_STRING, false, "not kept"),
    DROPPED("ims", NX_ATTR_COMPLEX, true, "not kept"),
    DROPPED("photos", NX_ATTR_COMPLEX, true, "not kept"),
    DROPPED("groups", NX_ATTR_COMPLEX, true, "not kept"),
    DROPPED("entitlements", NX_ATTR_COMPLEX, true, "not kept"),
    DROPPED("roles", NX_ATTR_COMPLEX, true, "not kept"),
    DROPPED("x509Certificates", NX_ATTR_COMPLEX, true, "not kept"),
};

static const struct nx_attribute identifier_rows[] = {
    {.name = "type", .type = NX_ATTR_STRING, .kept = true, .required = true, .words = schemes, .help = "the scheme"},
    {.name = "value", .type = NX_ATTR_STRING, .kept = true, .required = true, .help = "checked by its scheme"},
};

static const struct nx_attribute identity_rows[] = {
    {.name = "kind", .type = NX_ATTR_STRING, .kept = true, .words = kinds, .help = "citizen unless told"},
    {.name = "nationalId", .type = NX_ATTR_STRING, .kept = true, .exact = true, .help = "12 digits"},
    COMPLEX("identifiers", true, identifier_rows, "linked codes, one of a scheme"),
    {.name = "proofing", .type = NX_ATTR_STRING, .kept = true, .words = levels,
     .help = "the level at which she was proofed; a change ends sessions and is audited"},
    TEXT("birthdate", "YYYY-MM-DD"),
    {.name = "gender", .type = NX_ATTR_STRING, .kept = true, .words = genders, .help = "as registered"},
};

const struct nx_attribute_set nx_attribute_sets[2] = {
    {NX_SCIM_USER, "User", user_rows, COUNT(user_rows)},
    {NX_SCIM_IDENTITY, "Identity", identity_rows, COUNT(identity_rows)},
};

const struct nx_attribute *nx_attribute_find(const struct nx_attribute *rows, size_t count, nx_span name)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(rows[i].name) == name.n && strncasecmp(rows[i].name, (const char *)name.p, name.n) == 0)
            return &rows[i];
    return NULL;
}

/* What a walk over a resource carries along. */
struct walk {
    nx_arena *arena;
    const char *why;
};

static nx_result refuse(struct walk *w, const char *name, const char *what, nx_err e)
{
    w->why = nx_arena_printf(w->arena, "%s: %s", name, what);
    return nx_fail(e, __func__, __LINE__);
}

static nx_result canonical_object(struct walk *w, json_t *out, const struct nx_attribute *rows, size_t count,
                                  const json_t *in);

static nx_result canonical_text(struct walk *w, json_t **out, const struct nx_attribute *row, const json_t *in)
{
    const char *text = json_string_value(in);
    if (!text) return refuse(w, row->name, "must be a string", NX_ERR_SCIM_VALUE);
    for (size_t i = 0; row->words && row->words[i]; i++) {
        if (strcasecmp(row->words[i], text) != 0) continue;
        *out = json_string(row->words[i]);
        return NX_OK;
    }
    if (row->words) return refuse(w, row->name, "is not one of the values of the schema", NX_ERR_SCIM_VALUE);
    *out = json_string(text);
    return NX_OK;
}

/* Some provisioning clients write booleans as strings; the meaning is plain, so both are read. */
static nx_result canonical_boolean(struct walk *w, json_t **out, const struct nx_attribute *row, const json_t *in)
{
    const char *text = json_string_value(in);
    bool yes = json_is_true(in) || (text && strcasecmp(text, "true") == 0);
    bool no = json_is_false(in) || (text && strcasecmp(text, "false") == 0);
    if (!yes && !no) return refuse(w, row->name, "must be true or false", NX_ERR_SCIM_VALUE);
    *out = json_boolean(yes);
    return NX_OK;
}

static nx_result canonical_one(struct walk *w, json_t **out, const struct nx_attribute *row, const json_t *in)
{
    if (row->type == NX_ATTR_BOOLEAN) return canonical_boolean(w, out, row, in);
    if (row->type != NX_ATTR_COMPLEX) return canonical_text(w, out, row, in);
    if (!json_is_object(in)) return refuse(w, row->name, "must be an object", NX_ERR_SCIM_VALUE);
    NX_AUTO_JSON object = json_object();
    NX_TRY(canonical_object(w, object, row->sub, row->sub_count, in));
    *out = json_incref(object);
    return NX_OK;
}

static nx_result canonical_many(struct walk *w, json_t **out, const struct nx_attribute *row, const json_t *in)
{
    if (!json_is_array(in)) return refuse(w, row->name, "must be an array", NX_ERR_SCIM_VALUE);
    if (json_array_size(in) > MULTI_MAX) return refuse(w, row->name, "has too many values", NX_ERR_LIMIT);
    NX_AUTO_JSON list = json_array();
    for (size_t i = 0; i < json_array_size(in); i++) {
        json_t *one = NULL;
        NX_TRY(canonical_one(w, &one, row, json_array_get(in, i)));
        json_array_append_new(list, one);
    }
    *out = json_incref(list);
    return NX_OK;
}

static nx_result canonical_object(struct walk *w, json_t *out, const struct nx_attribute *rows, size_t count,
                                  const json_t *in)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)in, key, value)
    {
        const struct nx_attribute *row = nx_attribute_find(rows, count, nx_span_str(key));
        if (!row) return refuse(w, key, "is not an attribute of this schema", NX_ERR_SCIM_VALUE);
        if (json_object_get(out, row->name)) return refuse(w, row->name, "stands twice", NX_ERR_DUPLICATE);
        /* null and the empty array mean unassigned (RFC 7643 section 2.5) */
        if (!row->kept || json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0)) continue;
        json_t *canonical = NULL;
        NX_TRY(row->multi ? canonical_many(w, &canonical, row, value) : canonical_one(w, &canonical, row, value));
        json_object_set_new(out, row->name, canonical);
    }
    return NX_OK;
}

static bool is_schema_member(const char *key)
{
    return strcasecmp(key, "schemas") == 0 || strncasecmp(key, "urn:", 4) == 0;
}

/* The core attributes stand at the top beside "schemas" and the extensions; an extension of others is ignored. */
static nx_result core_only(json_t *core, const json_t *resource)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)resource, key, value)
    {
        if (!is_schema_member(key)) json_object_set(core, key, value);
    }
    return NX_OK;
}

static json_t *extension_of(const json_t *resource)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)resource, key, value)
    {
        if (strcasecmp(key, NX_SCIM_IDENTITY) == 0) return value;
    }
    return NULL;
}

NX_FALLIBLE nx_attributes_canonical(json_t **out, const char **why, nx_arena *a, const json_t *resource)
{
    struct walk w = {.arena = a};
    NX_AUTO_JSON core = json_object();
    NX_AUTO_JSON made = json_object();
    NX_AUTO_JSON identity = json_object();
    NX_TRY(core_only(core, resource));
    const json_t *extension = extension_of(resource);
    nx_result r = canonical_object(&w, made, user_rows, COUNT(user_rows), core);
    if (nx_ok(r) && extension && !json_is_object(extension))
        r = refuse(&w, NX_SCIM_IDENTITY, "must be an object", NX_ERR_SCIM_VALUE);
    if (nx_ok(r) && extension) r = canonical_object(&w, identity, identity_rows, COUNT(identity_rows), extension);
    *why = w.why;
    NX_TRY(r);
    json_object_set(made, NX_SCIM_IDENTITY, identity);
    *out = json_incref(made);
    return NX_OK;
}

static const char *type_word(enum nx_attribute_type type)
{
    static const char *const words[] = {"string", "boolean", "complex", "reference", "dateTime"};
    return words[type];
}

static json_t *describe(const struct nx_attribute *rows, size_t count)
{
    static const char *const mutability[] = {"readWrite", "readOnly", "writeOnly"};
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct nx_attribute *row = &rows[i];
        if (!row->kept && row->mutability != NX_ATTR_READ_ONLY) continue;
        json_t *j = json_pack("{s:s,s:s,s:b,s:s,s:b,s:b,s:s,s:s,s:s}", "name", row->name, "type", type_word(row->type),
                              "multiValued", row->multi, "description", row->help, "required", row->required,
                              "caseExact", row->exact, "mutability", mutability[row->mutability], "returned",
                              row->mutability == NX_ATTR_WRITE_ONLY ? "never" : "default", "uniqueness",
                              strcmp(row->name, "userName") == 0 ? "server" : "none");
        for (size_t k = 0; row->words && row->words[k]; k++) {
            if (k == 0) json_object_set_new(j, "canonicalValues", json_array());
            json_array_append_new(json_object_get(j, "canonicalValues"), json_string(row->words[k]));
        }
        if (row->sub) json_object_set_new(j, "subAttributes", describe(row->sub, row->sub_count));
        json_array_append_new(list, j);
    }
    return list;
}

json_t *nx_attribute_schema(size_t index, const char *base_url)
{
    const struct nx_attribute_set *set = &nx_attribute_sets[index];
    char location[512];
    snprintf(location, sizeof location, "%s/Schemas/%s", base_url, set->schema);
    return json_pack("{s:[s],s:s,s:s,s:o,s:{s:s,s:s}}", "schemas", "urn:ietf:params:scim:schemas:core:2.0:Schema", "id",
                     set->schema, "name", set->name, "attributes", describe(set->row, set->count), "meta",
                     "resourceType", "Schema", "location", location);
}
