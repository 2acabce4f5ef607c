#include "directory/patch.h"

#include "directory/attribute.h"
#include "directory/filter.h"

#include <strings.h>

enum act { ADD, REPLACE, REMOVE };

struct operation {
    enum act act;
    const json_t *value;
};

static nx_result act_of(enum act *out, const char *word)
{
    static const char *const words[] = {"add", "replace", "remove"};
    for (size_t i = 0; word && i < 3; i++) {
        if (strcasecmp(word, words[i]) != 0) continue; /* some clients write "Add" */
        *out = (enum act)i;
        return NX_OK;
    }
    NX_FAIL(NX_ERR_SCIM_SYNTAX);
}

static const struct nx_attribute *row_in_set(bool extension, const char *name)
{
    const struct nx_attribute_set *set = &nx_attribute_sets[extension ? 1 : 0];
    return nx_attribute_find(set->row, set->count, nx_span_str(name));
}

/* A multi-valued attribute grows by add; values that are there already are not repeated. */
static void append_values(json_t *list, const json_t *value)
{
    size_t n = json_is_array(value) ? json_array_size(value) : 1;
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_is_array(value) ? json_array_get(value, i) : (json_t *)value;
        bool there = false;
        for (size_t k = 0; k < json_array_size(list) && !there; k++)
            there = json_equal(json_array_get(list, k), one);
        if (!there) json_array_append_new(list, json_deep_copy(one));
    }
}

static json_t *list_of(const json_t *value)
{
    json_t *list = json_array();
    append_values(list, value);
    return list;
}

/* One attribute of a holder (the resource, the extension, or a complex value), by its row when it has one. */
static nx_result apply_member(json_t *holder, const struct nx_attribute *row, const struct operation *op)
{
    NX_REQUIRE(row->mutability != NX_ATTR_READ_ONLY, NX_ERR_SCIM_MUTABILITY);
    if (op->act == REMOVE) {
        NX_REQUIRE(!row->required, NX_ERR_SCIM_MUTABILITY);
        json_object_del(holder, row->name);
        return NX_OK;
    }
    json_t *there = json_object_get(holder, row->name);
    if (op->act == ADD && row->multi && json_is_array(there)) {
        append_values(there, op->value);
        return NX_OK;
    }
    if (row->type == NX_ATTR_COMPLEX && !row->multi && json_is_object(there) && json_is_object(op->value)) {
        json_object_update(there, (json_t *)op->value);
        return NX_OK;
    }
    json_object_set_new(holder, row->name, row->multi ? list_of(op->value) : json_deep_copy(op->value));
    return NX_OK;
}

static nx_result apply_sub(json_t *complex, const struct nx_attribute *row, const char *sub, const struct operation *op)
{
    const struct nx_attribute *part = nx_attribute_find(row->sub, row->sub_count, nx_span_str(sub));
    NX_REQUIRE(part && json_is_object(complex), NX_ERR_SCIM_PATH);
    return apply_member(complex, part, op);
}

/* attribute[filter] and attribute[filter].sub: every value that matches. */
static nx_result apply_filtered(json_t *holder, const struct nx_attribute *row, const struct nx_patch_path *path,
                                const struct operation *op)
{
    json_t *list = json_object_get(holder, row->name);
    size_t hits = 0;
    for (size_t i = json_array_size(list); i-- > 0;) {
        json_t *one = json_array_get(list, i);
        if (!nx_filter_matches(path->filter, one)) continue;
        hits++;
        if (path->sub) {
            NX_TRY(apply_sub(one, row, path->sub, op));
        } else if (op->act == REMOVE) {
            json_array_remove(list, i);
        } else {
            NX_REQUIRE(json_is_object(op->value), NX_ERR_SCIM_VALUE);
            json_object_update(one, (json_t *)op->value);
        }
    }
    NX_REQUIRE(hits > 0, NX_ERR_SCIM_TARGET);
    return NX_OK;
}

static json_t *extension_of(json_t *resource)
{
    json_t *extension = json_object_get(resource, NX_SCIM_IDENTITY);
    if (!extension) json_object_set_new(resource, NX_SCIM_IDENTITY, extension = json_object());
    return extension;
}

static nx_result apply_path(json_t *resource, const struct nx_patch_path *path, const struct operation *op)
{
    json_t *holder = path->extension ? extension_of(resource) : resource;
    const struct nx_attribute *row = row_in_set(path->extension, path->attribute);
    NX_REQUIRE(row, NX_ERR_SCIM_PATH);
    if (path->filter) return apply_filtered(holder, row, path, op);
    if (!path->sub) return apply_member(holder, row, op);
    NX_REQUIRE(row->type == NX_ATTR_COMPLEX && !row->multi, NX_ERR_SCIM_PATH);
    if (!json_object_get(holder, row->name)) json_object_set_new(holder, row->name, json_object());
    return apply_sub(json_object_get(holder, row->name), row, path->sub, op);
}

static nx_result apply_to_path_text(json_t *resource, nx_arena *a, const char *text, const struct operation *op)
{
    struct nx_patch_path path;
    NX_TRY(nx_patch_path_parse(&path, a, nx_span_str(text)));
    if (path.attribute) return apply_path(resource, &path, op);
    if (op->act == REMOVE) {
        json_object_del(resource, NX_SCIM_IDENTITY);
        return NX_OK;
    }
    NX_REQUIRE(json_is_object(op->value), NX_ERR_SCIM_VALUE);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)op->value, key, value)
    {
        struct nx_patch_path member = {.extension = true, .attribute = key};
        NX_TRY(apply_path(resource, &member, &(struct operation){op->act, value}));
    }
    return NX_OK;
}

/* Without a path the value is an object whose members are paths ("name.familyName" included, as some clients do). */
static nx_result apply_operation(json_t *resource, nx_arena *a, const json_t *operation)
{
    struct operation op = {.value = json_object_get(operation, "value")};
    NX_REQUIRE(json_is_object(operation), NX_ERR_SCIM_SYNTAX);
    NX_TRY(act_of(&op.act, nx_json_str(operation, "op")));
    NX_REQUIRE(op.act == REMOVE || op.value, NX_ERR_SCIM_VALUE);
    const json_t *path = json_object_get(operation, "path");
    if (path) {
        NX_REQUIRE(json_is_string(path), NX_ERR_SCIM_PATH);
        return apply_to_path_text(resource, a, json_string_value(path), &op);
    }
    NX_REQUIRE(op.act != REMOVE, NX_ERR_SCIM_TARGET);
    NX_REQUIRE(json_is_object(op.value), NX_ERR_SCIM_VALUE);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)op.value, key, value)
    {
        if (strcasecmp(key, "schemas") == 0) continue;
        NX_TRY(apply_to_path_text(resource, a, key, &(struct operation){op.act, value}));
    }
    return NX_OK;
}

/* The member "Operations", in whichever case the client writes it. */
static const json_t *operations_of(const json_t *request)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)request, key, value)
    {
        if (strcasecmp(key, "Operations") == 0) return value;
    }
    return NULL;
}

NX_FALLIBLE nx_patch_apply(json_t *resource, nx_arena *a, const json_t *request)
{
    NX_REQUIRE(nx_json_has(nx_json_array(request, "schemas"), NX_SCIM_PATCH), NX_ERR_SCIM_SYNTAX);
    const json_t *operations = operations_of(request);
    NX_REQUIRE(json_is_array(operations) && json_array_size(operations) > 0, NX_ERR_SCIM_SYNTAX);
    NX_REQUIRE(json_array_size(operations) <= NX_PATCH_OPERATIONS_MAX, NX_ERR_LIMIT);
    for (size_t i = 0; i < json_array_size(operations); i++)
        NX_TRY(apply_operation(resource, a, json_array_get(operations, i)));
    return NX_OK;
}
