/* The SCIM face: RFC 7644 over HTTP. Rows, one handler each; what they do is idp/directory. */
#include "directory/attribute.h"
#include "directory/people.h"
#include "endpoints/answer.h"
#include "endpoints/bearer/bearer.h"
#include "endpoints/server.h"
#include "registry/registry.h"

#include <stdio.h>

#define BODY_MAX (64u << 10)
#define MEDIA "application/scim+json"
#define COUNT_DEFAULT 100

/* The words of RFC 7644 section 3.12. */
static const char *scim_type(nx_err e)
{
    static const struct {
        nx_err e;
        const char *word;
    } rows[] = {
        {NX_ERR_SCIM_FILTER, "invalidFilter"}, {NX_ERR_SCIM_PATH, "invalidPath"}, {NX_ERR_SCIM_TARGET, "noTarget"},
        {NX_ERR_SCIM_SYNTAX, "invalidSyntax"}, {NX_ERR_SCIM_MUTABILITY, "mutability"}, {NX_ERR_CONFLICT, "uniqueness"},
        {NX_ERR_SYNTAX, "invalidSyntax"}, {NX_ERR_VERSION, NULL}, {NX_ERR_NOT_FOUND, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].e == e) return rows[i].word;
    return nx_answer_of(e).status == 400 ? "invalidValue" : NULL;
}

/* A refusal of the caller's input says what is wrong with it; everything else is the table's answer. */
static nx_result refuse(nx_reply *rp, const struct nx_people_call *c, nx_result r)
{
    int status = nx_answer_of(r.e).status;
    if (status < 400 || status >= 500 || status == 401 || status == 403) return r;
    char number[8];
    snprintf(number, sizeof number, "%d", status);
    NX_AUTO_JSON j = json_pack("{s:[s],s:s,s:s}", "schemas", NX_SCIM_ERROR, "status", number, "detail",
                               c->why ? c->why : nx_err_text(r.e));
    const char *word = scim_type(r.e);
    if (j && word) json_object_set_new(j, "scimType", json_string(word));
    nx_reply_json_as(rp, status, MEDIA, j);
    return NX_OK;
}

static nx_result begin(struct nx_people_call *c, nx_request *rq)
{
    struct nx_bearer by;
    NX_TRY(nx_bearer_require(&by, rq, "scim"));
    struct nx_house *h = nx_house_of(rq);
    *c = (struct nx_people_call){.house = h, .arena = rq->arena, .actor = by.actor,
                                 .base_url = nx_arena_printf(rq->arena, "%s/scim/v2", h->issuer)};
    NX_NEED(c->base_url);
    return NX_OK;
}

static nx_result reply_user(nx_reply *rp, int status, json_t *user)
{
    NX_AUTO_JSON j = user;
    const json_t *meta = json_object_get(j, "meta");
    nx_reply_header(rp, "ETag", nx_json_str(meta, "version"));
    if (status == 201) nx_reply_header(rp, "Location", nx_json_str(meta, "location"));
    nx_reply_json_as(rp, status, MEDIA, j);
    return NX_OK;
}

/* The version of If-Match: W/"7"; "*" or none is whichever. */
static nx_result expected_version(const nx_request *rq, int64_t *out)
{
    const char *text = nx_header(rq, "If-Match");
    uint64_t version;
    *out = 0;
    if (!text || strcmp(text, "*") == 0) return NX_OK;
    nx_span s = nx_span_str(text);
    if (nx_span_starts(s, NX_LIT("W/"))) s = nx_span_from(s, 2);
    NX_REQUIRE(s.n > 2 && s.p[0] == '"' && s.p[s.n - 1] == '"', NX_ERR_VERSION);
    NX_REQUIRE(nx_ok(nx_parse_u64(&version, nx_span_of(s.p + 1, s.n - 2), INT64_MAX)), NX_ERR_VERSION);
    *out = (int64_t)version;
    return NX_OK;
}

static nx_result list_users(nx_request *rq, nx_reply *rp)
{
    struct nx_people_call c;
    struct nx_people_page page;
    uint64_t start = 1, count = COUNT_DEFAULT;
    NX_TRY(begin(&c, rq));
    /* RFC 7644 section 3.4.2.4: what is below 1 (or 0) counts as that, what is above the maximum as that */
    if (nx_query(rq, "startIndex") && !nx_ok(nx_parse_u64(&start, nx_span_str(nx_query(rq, "startIndex")), INT32_MAX))) start = 1;
    if (nx_query(rq, "count") && !nx_ok(nx_parse_u64(&count, nx_span_str(nx_query(rq, "count")), INT32_MAX))) count = 0;
    struct nx_people_query q = {.filter = nx_query(rq, "filter"), .start = start ? (int64_t)start : 1,
                                .count = count < NX_PAGE_MAX ? (int64_t)count : NX_PAGE_MAX};
    nx_result r = nx_people_list(&page, &c, &q);
    if (!nx_ok(r)) return refuse(rp, &c, r);
    NX_AUTO_JSON j = json_pack("{s:[s],s:I,s:I,s:I,s:o}", "schemas", NX_SCIM_LIST, "totalResults", (json_int_t)page.total,
                               "startIndex", (json_int_t)q.start, "itemsPerPage",
                               (json_int_t)json_array_size(page.resources), "Resources", page.resources);
    nx_reply_json_as(rp, 200, MEDIA, j);
    return NX_OK;
}

static nx_result create_user(nx_request *rq, nx_reply *rp)
{
    struct nx_people_call c;
    json_t *user;
    if (nx_people_sets_password(rq->json) && rq->lane != NX_LANE_HASH) return nx_reply_move(rp, NX_LANE_HASH);
    NX_TRY(begin(&c, rq));
    nx_result r = nx_people_create(&user, &c, rq->json);
    return nx_ok(r) ? reply_user(rp, 201, user) : refuse(rp, &c, r);
}

static nx_result get_user(nx_request *rq, nx_reply *rp)
{
    struct nx_people_call c;
    json_t *user;
    NX_TRY(begin(&c, rq));
    nx_result r = nx_people_get(&user, &c, nx_path(rq, "id"));
    return nx_ok(r) ? reply_user(rp, 200, user) : refuse(rp, &c, r);
}

typedef nx_result (*change_fn)(json_t **out, struct nx_people_call *c, const char *id, int64_t expected, const json_t *body);

static nx_result change_user(nx_request *rq, nx_reply *rp, change_fn change)
{
    struct nx_people_call c;
    int64_t expected;
    json_t *user;
    if (nx_people_sets_password(rq->json) && rq->lane != NX_LANE_HASH) return nx_reply_move(rp, NX_LANE_HASH);
    NX_TRY(begin(&c, rq));
    nx_result r = expected_version(rq, &expected);
    if (nx_ok(r)) r = change(&user, &c, nx_path(rq, "id"), expected, rq->json);
    return nx_ok(r) ? reply_user(rp, 200, user) : refuse(rp, &c, r);
}

static nx_result replace_user(nx_request *rq, nx_reply *rp)
{
    return change_user(rq, rp, nx_people_replace);
}

static nx_result patch_user(nx_request *rq, nx_reply *rp)
{
    return change_user(rq, rp, nx_people_patch);
}

static nx_result delete_user(nx_request *rq, nx_reply *rp)
{
    struct nx_people_call c;
    NX_TRY(begin(&c, rq));
    nx_result r = nx_people_delete(&c, nx_path(rq, "id"));
    if (!nx_ok(r)) return refuse(rp, &c, r);
    nx_reply_nothing(rp);
    return NX_OK;
}

/* RFC 7643 section 5. */
static nx_result provider_config(nx_request *rq, nx_reply *rp)
{
    struct nx_people_call c;
    NX_TRY(begin(&c, rq));
    NX_AUTO_JSON j = json_pack(
        "{s:[s],s:{s:b},s:{s:b,s:i,s:i},s:{s:b,s:i},s:{s:b},s:{s:b},s:{s:b},s:[{s:s,s:s,s:s,s:s}]}", "schemas",
        "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig", "patch", "supported", 1, "bulk", "supported", 0,
        "maxOperations", 0, "maxPayloadSize", 0, "filter", "supported", 1, "maxResults", NX_PAGE_MAX, "changePassword",
        "supported", 1, "sort", "supported", 0, "etag", "supported", 1, "authenticationSchemes", "type",
        "oauthbearertoken", "name", "OAuth Bearer Token", "description", "an operator's token of scope scim", "specUri",
        "https://www.rfc-editor.org/info/rfc6750");
    nx_reply_json_as(rp, 200, MEDIA, j);
    return NX_OK;
}

static json_t *user_type(const struct nx_people_call *c)
{
    char location[512];
    snprintf(location, sizeof location, "%s/ResourceTypes/User", c->base_url);
    return json_pack("{s:[s],s:s,s:s,s:s,s:s,s:s,s:[{s:s,s:b}],s:{s:s,s:s}}", "schemas",
                     "urn:ietf:params:scim:schemas:core:2.0:ResourceType", "id", "User", "name", "User", "endpoint",
                     "/Users", "description", "a person, organisation, household or official role", "schema",
                     NX_SCIM_USER, "schemaExtensions", "schema", NX_SCIM_IDENTITY, "required", 0, "meta",
                     "resourceType", "ResourceType", "location", location);
}

static nx_result reply_list(nx_reply *rp, json_t *resources)
{
    size_t n = json_array_size(resources);
    NX_AUTO_JSON j = json_pack("{s:[s],s:I,s:I,s:I,s:o}", "schemas", NX_SCIM_LIST, "totalResults", (json_int_t)n,
                               "startIndex", (json_int_t)1, "itemsPerPage", (json_int_t)n, "Resources", resources);
    nx_reply_json_as(rp, 200, MEDIA, j);
    return NX_OK;
}

static nx_result resource_types(nx_request *rq, nx_reply *rp)
{
    struct nx_people_call c;
    NX_TRY(begin(&c, rq));
    json_t *list = json_array();
    json_array_append_new(list, user_type(&c));
    return reply_list(rp, list);
}

static nx_result resource_type(nx_request *rq, nx_reply *rp)
{
    struct nx_people_call c;
    NX_TRY(begin(&c, rq));
    if (strcmp(nx_path(rq, "id"), "User") != 0) return refuse(rp, &c, (nx_result){NX_ERR_NOT_FOUND});
    NX_AUTO_JSON j = user_type(&c);
    nx_reply_json_as(rp, 200, MEDIA, j);
    return NX_OK;
}

static nx_result schemas(nx_request *rq, nx_reply *rp)
{
    struct nx_people_call c;
    NX_TRY(begin(&c, rq));
    json_t *list = json_array();
    for (size_t i = 0; i < 2; i++)
        json_array_append_new(list, nx_attribute_schema(i, c.base_url));
    return reply_list(rp, list);
}

static nx_result schema(nx_request *rq, nx_reply *rp)
{
    struct nx_people_call c;
    NX_TRY(begin(&c, rq));
    for (size_t i = 0; i < 2; i++) {
        if (strcmp(nx_path(rq, "id"), nx_attribute_sets[i].schema) != 0) continue;
        NX_AUTO_JSON j = nx_attribute_schema(i, c.base_url);
        nx_reply_json_as(rp, 200, MEDIA, j);
        return NX_OK;
    }
    return refuse(rp, &c, (nx_result){NX_ERR_NOT_FOUND});
}

#define READ (NX_GUARD_NO_STORE | NX_AS_SCIM)
#define WRITE (NX_GUARD_JSON | NX_GUARD_NO_STORE | NX_AS_SCIM)
#define ROW(method, path, body, guards, handler) {method, "/scim/v2" path, body, guards, NX_RATE_API, NX_LANE_FAST, handler}

static const struct nx_route rows[] = {
    ROW(NX_GET, "/Users", 0, READ, list_users),
    ROW(NX_POST, "/Users", BODY_MAX, WRITE, create_user),
    ROW(NX_GET, "/Users/{id}", 0, READ, get_user),
    ROW(NX_PUT, "/Users/{id}", BODY_MAX, WRITE, replace_user),
    ROW(NX_PATCH, "/Users/{id}", BODY_MAX, WRITE, patch_user),
    ROW(NX_DELETE, "/Users/{id}", 0, READ, delete_user),
    ROW(NX_GET, "/ServiceProviderConfig", 0, READ, provider_config),
    ROW(NX_GET, "/ResourceTypes", 0, READ, resource_types),
    ROW(NX_GET, "/ResourceTypes/{id}", 0, READ, resource_type),
    ROW(NX_GET, "/Schemas", 0, READ, schemas),
    ROW(NX_GET, "/Schemas/{id}", 0, READ, schema),
};

const struct nx_route_table nx_routes_scim = NX_ROUTE_TABLE("scim", rows);
