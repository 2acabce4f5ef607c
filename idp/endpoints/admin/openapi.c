/* /admin/v1/openapi.json, written from the rows that are also the routes. */
#include "endpoints/admin/admin.h"
#include "endpoints/admin/openapi_schemas.h"
#include "house/house.h"

#include <stdio.h>

static const char *const method_names[NX_METHOD_COUNT] = {"get", "post", "put", "patch", "delete"};

static void add_parameter(json_t *list, const char *where, nx_span name, bool required)
{
    json_array_append_new(list, json_pack("{s:s%,s:s,s:b,s:{s:s}}", "name", (const char *)name.p, name.n,
                                          "in", where, "required", required, "schema", "type", "string"));
}

/* {id} in the path, then the words of the query column. */
static json_t *parameters(const struct nx_admin_call *call)
{
    json_t *list = json_array();
    for (const char *open = strchr(call->path, '{'); open; open = strchr(open + 1, '{'))
        add_parameter(list, "path", nx_span_of(open + 1, strcspn(open + 1, "}")), true);
    nx_span rest = nx_span_str(call->query), word;
    while (nx_span_cut(&rest, ' ', &word))
        if (word.n > 0)
            add_parameter(list, "query", word,
                          nx_span_eq_str(word, "subject") && strcmp(call->path, "/sessions") == 0);
    return list;
}

static json_t *content(const char *type, const char *schema)
{
    return json_pack("{s:{s:{s:s+}}}", type, "schema", "$ref", "#/components/schemas/", schema);
}

static json_t *responses(const struct nx_admin_call *call)
{
    char status[8];
    snprintf(status, sizeof status, "%d", call->status);
    json_t *done = json_pack("{s:s}", "description", call->summary);
    if (*call->response) json_object_set_new(done, "content", content("application/json", call->response));
    return json_pack("{s:o,s:{s:s,s:o}}", status, done, "default", "description", "a problem (RFC 9457)",
                     "content", content("application/problem+json", "Problem"));
}

/* "Schema|media type": JSON of that schema, or a text of that type; either may be missing. */
static json_t *request_content(const char *request)
{
    const char *other = strchr(request, '|');
    char schema[64];
    snprintf(schema, sizeof schema, "%.*s", other ? (int)(other - request) : (int)strlen(request), request);
    json_t *all = *schema ? content("application/json", schema) : json_object();
    if (all && other) json_object_set_new(all, other + 1, json_pack("{s:{s:s}}", "schema", "type", "string"));
    return all;
}

static json_t *operation(const struct nx_admin_call *call)
{
    json_t *op = json_pack("{s:s,s:s,s:[{s:[s]}],s:o,s:o}", "operationId", call->name + strlen("nx_admin_"),
                           "summary", call->summary, "security", "operator", call->scope, "parameters",
                           parameters(call), "responses", responses(call));
    if (op && *call->request)
        json_object_set_new(op, "requestBody",
                            json_pack("{s:o}", "content", request_content(call->request)));
    return op;
}

static json_t *paths(void)
{
    json_t *all = json_object();
    for (size_t i = 0; i < nx_admin_call_count; i++) {
        const struct nx_admin_call *call = &nx_admin_calls[i];
        json_t *path = json_object_get(all, call->path);
        if (!path) {
            path = json_object();
            json_object_set_new(all, call->path, path);
        }
        json_object_set_new(path, method_names[call->method], operation(call));
    }
    return all;
}

static nx_result schemas(json_t **out)
{
    NX_AUTO_JSON all = json_object();
    for (size_t i = 0; i < sizeof openapi_schemas / sizeof openapi_schemas[0]; i++) {
        json_t *schema = NULL;
        NX_TRY(nx_json_parse_object(&schema, nx_span_str(openapi_schemas[i].json)));
        json_object_set_new(all, openapi_schemas[i].name, schema);
    }
    *out = NX_STEAL(all);
    return NX_OK;
}

nx_result nx_admin_openapi(nx_request *rq, nx_reply *rp)
{
    json_t *parts = NULL;
    NX_TRY(schemas(&parts));
    NX_AUTO_JSON j =
        json_pack("{s:s,s:{s:s,s:s},s:[{s:s+}],s:o,s:{s:{s:{s:s,s:s,s:s,s:s}},s:o}}", "openapi", "3.1.0",
                  "info", "title", "NIXA admin API", "version", "1", "servers", "url",
                  nx_house_of(rq)->issuer, NX_ADMIN_ROOT, "paths", paths(), "components", "securitySchemes",
                  "operator", "type", "http", "scheme", "bearer", "bearerFormat", "at+jwt", "description",
                  "an operator's token with the scope named", "schemas", parts);
    NX_NEED(j);
    nx_reply_json(rp, 200, j);
    return NX_OK;
}
