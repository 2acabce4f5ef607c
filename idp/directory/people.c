#include "directory/people.h"

#include "authn/password.h"
#include "directory/attribute.h"
#include "directory/filter.h"
#include "directory/patch.h"
#include "directory/user.h"
#include "registry/audit.h"
#include "registry/qr_identity.h"
#include "revoke/revoke.h"

#include <strings.h>

#define REVOCATIONS_MAX (NX_QR_IDENTITIES_MAX + 1)

/* What must be applied after the commit. */
struct ended {
    int64_t seq[REVOCATIONS_MAX];
    size_t n;
};

static nx_result load(struct nx_people_call *c, const char *id, struct nx_user *out)
{
    struct nx_identifier *list;
    *out = (struct nx_user){.password = NULL};
    NX_TRY(nx_person_get(c->house->registry, c->arena, id, &out->person));
    NX_TRY(nx_identifier_list(c->house->registry, c->arena, id, &list, &out->identifier_count));
    NX_REQUIRE(out->identifier_count <= NX_IDENTIFIERS_MAX, NX_ERR_REGISTRY);
    for (size_t i = 0; i < out->identifier_count; i++)
        out->identifier[i] = list[i];
    return NX_OK;
}

static nx_result render(json_t **out, struct nx_people_call *c, const struct nx_user *u)
{
    *out = nx_user_render(u, c->base_url);
    NX_NEED(*out);
    return NX_OK;
}

static nx_result audit(struct nx_people_call *c, const char *type, const char *person)
{
    struct nx_audit_entry e = {.actor = c->actor, .type = type, .subject = person};
    return nx_audit_append(c->house->registry, &e);
}

static nx_result record_end(struct nx_people_call *c, struct ended *e, enum nx_revoke_scope scope, const char *target,
                            const char *reason)
{
    struct nx_revoke_order order = {.act = NX_REVOKE, .scope = scope, .target = target, .reason = reason, .actor = c->actor};
    NX_REQUIRE(e->n < REVOCATIONS_MAX, NX_ERR_LIMIT);
    return nx_revoke_record(c->house, c->arena, &order, &e->seq[e->n++]);
}

/* The change is durable; a store that is away now gets it later, and nothing is served before (idp/revoke). */
static nx_result apply_ends(struct nx_people_call *c, const struct ended *e)
{
    for (size_t i = 0; i < e->n; i++)
        NX_TRY(nx_revoke_apply(c->house, c->arena, e->seq[i]));
    return NX_OK;
}

/* Hashed before any change begins: no change stays open for as long as a hash takes. */
static nx_result hash_password(nx_phc *out, struct nx_people_call *c, const struct nx_user *u)
{
    NX_AUTO_SECRET(password);
    if (!u->password) return NX_OK;
    NX_TRY(nx_secret_set(&password, nx_span_str(u->password)));
    nx_result strong = nx_password_strong(c->house, &password, u->person.user_name);
    if (!nx_ok(strong)) c->why = "password: too short, too long, or easy to guess";
    NX_TRY(strong);
    return nx_password_make(out, c->house, &password);
}

static nx_result read_body(struct nx_people_call *c, struct nx_user *out, const json_t *body)
{
    return nx_user_read(out, &c->why, c->arena, body);
}

NX_FALLIBLE nx_people_create(json_t **out, struct nx_people_call *c, const json_t *body)
{
    struct nx_user u;
    struct nx_person_made made;
    nx_phc phc;
    NX_TRY(read_body(c, &u, body));
    NX_TRY(hash_password(&phc, c, &u));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_person_create(c->house->registry, &u.person, u.identifier, u.identifier_count, &made));
    if (u.password) NX_TRY(nx_password_put(c->house, made.id.s, &phc));
    NX_TRY(audit(c, "person.created", made.id.s));
    NX_TRY(nx_registry_commit(&change));
    return render(out, c, &u);
}

NX_FALLIBLE nx_people_get(json_t **out, struct nx_people_call *c, const char *id)
{
    struct nx_user u;
    NX_TRY(load(c, id, &u));
    return render(out, c, &u);
}

/* Rule 25: why this change ends the person's sessions; NULL when it does not. */
static const char *ends_because(const struct nx_person *was, const struct nx_user *now)
{
    if (was->active && !now->person.active) return "deactivated";
    if (was->proofing != now->person.proofing) return "proofing changed";
    if (now->password) return "password set by provisioning";
    return NULL;
}

/* What SCIM does not carry stays as it is. */
static void keep_what_scim_does_not_say(struct nx_person *now, const struct nx_person *was)
{
    now->id = was->id;
    now->created = was->created;
    now->email_verified = was->email_verified && was->email && now->email && strcmp(was->email, now->email) == 0;
    now->phone_verified = was->phone_verified && was->phone && now->phone && strcmp(was->phone, now->phone) == 0;
}

static nx_result store_user(struct nx_people_call *c, struct nx_user *now, const struct nx_person *was, int64_t expected,
                            struct ended *ended)
{
    nx_phc phc;
    NX_TRY(hash_password(&phc, c, now));
    keep_what_scim_does_not_say(&now->person, was);
    const char *because = ends_because(was, now);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_person_replace(c->house->registry, &now->person, expected));
    NX_TRY(nx_identifier_replace(c->house->registry, now->person.id.s, now->identifier, now->identifier_count));
    if (now->password) NX_TRY(nx_password_put(c->house, now->person.id.s, &phc));
    NX_TRY(audit(c, "person.changed", now->person.id.s));
    if (because) NX_TRY(record_end(c, ended, NX_REVOKE_PERSON, now->person.id.s, because));
    return nx_registry_commit(&change);
}

static nx_result replace(json_t **out, struct nx_people_call *c, const struct nx_user *was, int64_t expected,
                         const json_t *body)
{
    struct nx_user now;
    struct ended ended = {.n = 0};
    NX_TRY(read_body(c, &now, body));
    /* without If-Match the version that was read must still stand: two patches never undo one another */
    NX_TRY(store_user(c, &now, &was->person, expected ? expected : was->person.version, &ended));
    NX_TRY(apply_ends(c, &ended));
    return render(out, c, &now);
}

NX_FALLIBLE nx_people_replace(json_t **out, struct nx_people_call *c, const char *id, int64_t expected, const json_t *body)
{
    struct nx_user was;
    NX_TRY(load(c, id, &was));
    return replace(out, c, &was, expected, body);
}

NX_FALLIBLE nx_people_patch(json_t **out, struct nx_people_call *c, const char *id, int64_t expected, const json_t *body)
{
    struct nx_user was;
    NX_AUTO_JSON resource = NULL;
    NX_TRY(load(c, id, &was));
    NX_TRY(render(&resource, c, &was));
    NX_TRY(nx_patch_apply(resource, c->arena, body));
    return replace(out, c, &was, expected, resource);
}

/* The identities die first, so that their cards' bits say revoked and not nothing. */
static nx_result end_identities(struct nx_people_call *c, const char *id, struct ended *ended)
{
    struct nx_qr_identity *list;
    size_t n;
    NX_TRY(nx_qr_identity_list(c->house->registry, c->arena, id, &list, &n));
    for (size_t i = 0; i < n; i++)
        if (list[i].status != NX_QR_REVOKED) NX_TRY(record_end(c, ended, NX_REVOKE_QR, list[i].qid.s, "person deleted"));
    return NX_OK;
}

NX_FALLIBLE nx_people_delete(struct nx_people_call *c, const char *id)
{
    struct ended ended = {.n = 0};
    struct nx_person person;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_person_get(c->house->registry, c->arena, id, &person));
    NX_TRY(end_identities(c, id, &ended));
    NX_TRY(record_end(c, &ended, NX_REVOKE_PERSON, id, "person deleted"));
    NX_TRY(nx_person_delete(c->house->registry, id));
    NX_TRY(audit(c, "person.deleted", id));
    NX_TRY(nx_registry_commit(&change));
    return apply_ends(c, &ended);
}

static nx_result append(struct nx_people_page *out, struct nx_people_call *c, const struct nx_person *p,
                        const nx_filter *filter)
{
    struct nx_user u;
    NX_AUTO_JSON j = NULL;
    NX_TRY(load(c, p->id.s, &u));
    NX_TRY(render(&j, c, &u));
    if (filter && !nx_filter_matches(filter, j)) return NX_OK;
    json_array_append(out->resources, j);
    out->total++;
    return NX_OK;
}

static nx_result list_filtered(struct nx_people_page *out, struct nx_people_call *c, const char *text)
{
    const nx_filter *filter;
    struct nx_person person;
    NX_TRY(nx_filter_parse(&filter, c->arena, nx_span_str(text)));
    const char *id = nx_filter_demands(filter, "id"), *name = nx_filter_demands(filter, "userName");
    if (!id && !name) c->why = "filter: must demand a userName or an id with eq";
    NX_REQUIRE(id || name, NX_ERR_SCIM_FILTER);
    nx_result found = id ? nx_person_get(c->house->registry, c->arena, id, &person)
                         : nx_person_by_user_name(c->house->registry, c->arena, nx_span_str(name), &person);
    if (found.e == NX_ERR_NOT_FOUND) return NX_OK;
    NX_TRY(found);
    return append(out, c, &person, filter);
}

static nx_result list_all(struct nx_people_page *out, struct nx_people_call *c, const struct nx_people_query *q)
{
    struct nx_person_query query = {.offset = (size_t)(q->start - 1), .limit = (size_t)q->count};
    struct nx_person_page page = {.n = 0};
    if (q->count > 0) NX_TRY(nx_person_list(c->house->registry, c->arena, &query, &page));
    for (size_t i = 0; i < page.n; i++)
        NX_TRY(append(out, c, &page.v[i], NULL));
    return nx_person_count(c->house->registry, &query, &out->total);
}

NX_FALLIBLE nx_people_list(struct nx_people_page *out, struct nx_people_call *c, const struct nx_people_query *q)
{
    NX_REQUIRE(q->start >= 1 && q->count >= 0 && q->count <= NX_PAGE_MAX, NX_ERR_RANGE);
    *out = (struct nx_people_page){.resources = json_array()};
    NX_NEED(out->resources);
    nx_result r = q->filter ? list_filtered(out, c, q->filter) : list_all(out, c, q);
    if (nx_ok(r)) return NX_OK;
    json_decref(out->resources);
    out->resources = NULL;
    return r;
}

static bool names_password(const char *key)
{
    return strcasecmp(key, "password") == 0 || strcasecmp(key, NX_SCIM_USER ":password") == 0;
}

bool nx_people_sets_password(const json_t *body)
{
    const char *key;
    json_t *value;
    size_t i;
    json_object_foreach((json_t *)body, key, value)
    {
        if (names_password(key)) return true;
        if (strcasecmp(key, "Operations") != 0 || !json_is_array(value)) continue;
        json_t *operation;
        json_array_foreach(value, i, operation)
        {
            const char *path = nx_json_str(operation, "path");
            if ((path && names_password(path)) || nx_people_sets_password(json_object_get(operation, "value"))) return true;
        }
    }
    return false;
}
