/* Reading and writing the rows of upstreams; links stand in links.c. */
#include "operate/upstreams.h"

#include "authn/agency.h"
#include "hub/breaker.h"
#include "hub/check.h"
#include "hub/oidc_row.h"
#include "hub/saml_row.h"
#include "operate/saml.h"
#include "revoke/revoke.h"

/* ---- JSON of a row */

static json_t *jit_json(const nx_upstream *u)
{
    json_t *list = json_array();
    for (int kind = 0; kind < NX_PERSON_KINDS; kind++)
        if (u->jit & 1u << kind)
            json_array_append_new(list, json_string(nx_person_kind_name((enum nx_person_kind)kind)));
    if (json_array_size(list) > 0) return list;
    json_decref(list);
    return json_string("none");
}

static nx_result put_secrets(json_t *j, struct nx_operate_call *c, const nx_upstream *u)
{
    static const char *const names[] = {
#define X(name, text) #name,
#include "registry/upstream_secret.def"
#undef X
    };
    json_t *list = json_array();
    NX_REQUIRE(list && json_object_set_new(j, "secrets", list) == 0, NX_ERR_MEMORY);
    for (size_t i = 0; u->sealed.n && i < sizeof names / sizeof *names; i++) {
        bool has;
        NX_TRY(nx_upstream_has_secret(&has, c->house->master, u, names[i]));
        if (has) json_array_append_new(list, json_string(names[i]));
    }
    return NX_OK;
}

static json_t *health_json(const nx_upstream *u)
{
    struct nx_fuse_view f;
    nx_fuse_look(&f, u->id);
    return json_pack("{s:s, s:i, s:i, s:I, s:I}", "state", nx_fuse_state_name(f.state), "in_flight", (int)f.under_way,
                     "failures", (int)f.failures, "refused", (json_int_t)f.refused, "rest_ms", (json_int_t)f.rest_ms);
}

/* What the provider has to be told of us. */
static json_t *addresses_json(struct nx_operate_call *c, const nx_upstream *u)
{
    const char *base = c->house->issuer, *id = u->id;
    if (u->kind == NX_UPSTREAM_SAML)
        return json_pack("{s:o}", "metadata", json_sprintf("%s/saml/metadata", base));
    if (u->kind != NX_UPSTREAM_OIDC) return json_object();
    return json_pack("{s:o, s:o, s:o, s:o}", "redirect_uri", json_sprintf("%s/upstream/%s/callback", base, id),
                     "backchannel_logout_uri", json_sprintf("%s/upstream/%s/logout", base, id),
                     "post_logout_redirect_uri", json_sprintf("%s/upstream/%s/left", base, id), "jwks_uri",
                     json_sprintf("%s/upstream/%s/jwks", base, id));
}

/* How the metadata of a SAML provider came, and how fetching it goes. */
static nx_result put_metadata(json_t *j, struct nx_operate_call *c, const nx_upstream *u)
{
    struct nx_saml_row row;
    if (u->kind != NX_UPSTREAM_SAML) return NX_OK;
    nx_result r = nx_saml_row_get(c->house->registry, c->arena, u->id, NX_SAML_IDP, &row);
    if (r.e == NX_ERR_NOT_FOUND) return NX_OK;
    NX_TRY(r);
    NX_REQUIRE(json_object_set_new(j, "metadata", nx_operate_saml_standing(&row)) == 0, NX_ERR_MEMORY);
    return NX_OK;
}

static nx_result row_json(json_t **out, struct nx_operate_call *c, const nx_upstream *u)
{
    NX_AUTO_JSON j = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:s, s:s, s:o, s:b, s:O, s:o, s:I}", "id", u->id, "kind",
        nx_upstream_kind_name(u->kind), "state", u->on ? "on" : "off", "name", u->name, "name_vi", u->name_vi,
        "organisation", u->organisation, "issuer", u->issuer, "level_cap",
        nx_level_text((enum nx_level)u->level_cap), "proofing", nx_level_text((enum nx_level)u->proofing), "jit",
        jit_json(u), "trusts_national_id", u->trusts_number, "config", u->config, "health", health_json(u), "version",
        (json_int_t)u->version);
    NX_NEED(j);
    nx_operate_time(j, "created", u->created);
    nx_operate_time(j, "updated", u->updated);
    NX_TRY(put_secrets(j, c, u));
    NX_TRY(put_metadata(j, c, u));
    NX_REQUIRE(json_object_set_new(j, "addresses", addresses_json(c, u)) == 0, NX_ERR_MEMORY);
    *out = NX_STEAL(j);
    return NX_OK;
}

/* ---- a row out of JSON */

static nx_result level_of(int *out, struct nx_operate_call *c, const json_t *body, const char *member, int otherwise)
{
    const json_t *said = json_object_get(body, member);
    *out = otherwise;
    if (!said) return NX_OK;
    enum nx_level level =
        json_is_string(said) ? nx_level_of_text(nx_span_str(json_string_value(said))) : NX_LEVEL_NONE;
    if (level == NX_LEVEL_NONE) return nx_operate_refuse(c, NX_ERR_RANGE, "level_cap, proofing: m1, m2, m3 or m4");
    *out = (int)level;
    return NX_OK;
}

static nx_result jit_of(unsigned *out, struct nx_operate_call *c, const json_t *jit)
{
    static const char why[] = "jit: none, create, or a list of citizen, organisation, household, official";
    const char *word = json_string_value(jit);
    *out = 0;
    if (!jit || (word && strcmp(word, "none") == 0)) return NX_OK;
    if (word && strcmp(word, "create") == 0) {
        *out = (1u << NX_PERSON_KINDS) - 1;
        return NX_OK;
    }
    if (!json_is_array(jit)) return nx_operate_refuse(c, NX_ERR_UPSTREAM_CONFIG, why);
    for (size_t i = 0; i < json_array_size(jit); i++) {
        enum nx_person_kind kind;
        nx_span name = nx_span_str(json_string_value(json_array_get(jit, i)));
        if (!nx_ok(nx_person_kind_of(&kind, name))) return nx_operate_refuse(c, NX_ERR_UPSTREAM_CONFIG, why);
        *out |= 1u << kind;
    }
    return NX_OK;
}

static nx_result check_config(struct nx_operate_call *c, const struct nx_upstream_record *u)
{
    const char *stranger = nx_hub_stranger(u->kind, u->config);
    if (stranger) {
        c->why = nx_arena_printf(c->arena, "config.%.64s: rows of kind %s have no such member, or not of that type",
                                 stranger, nx_upstream_kind_name(u->kind));
        NX_FAIL(NX_ERR_UPSTREAM_CONFIG);
    }
    switch (u->kind) {
    case NX_UPSTREAM_OIDC:
        return nx_oidc_row_check(c->house, u, &c->why);
    case NX_UPSTREAM_SAML:
        return nx_saml_row_check(c->house, u, &c->why);
    case NX_UPSTREAM_LDAP:
    case NX_UPSTREAM_RADIUS:
    case NX_UPSTREAM_KERBEROS:
        NX_TRY(nx_hub_config_check(u, &c->why));
        return nx_agency_config_check(u->kind, u->config, &c->why);
    }
    NX_FAIL(NX_ERR_INTERNAL);
}

/* Members of a row: those that are written, and those that a row that was shown has besides. */
static const char *const row_members[] = {
    "id",        "kind", "name",  "name_vi", "organisation", "issuer",  "level_cap", "proofing",  "jit", "trusts_national_id",
    "config",    "version", "state", "health",  "created",      "updated", "secrets",   "addresses", "metadata", "do"};

static nx_result check_members(struct nx_operate_call *c, const json_t *body)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)body, name, value)
    {
        size_t i = 0, n = sizeof row_members / sizeof *row_members;
        while (i < n && strcmp(row_members[i], name) != 0)
            i++;
        if (i < n) continue;
        c->why = nx_arena_printf(c->arena, "%.64s: an upstream has no such member", name);
        NX_FAIL(NX_ERR_UPSTREAM_CONFIG);
    }
    const json_t *trusts = json_object_get(body, "trusts_national_id");
    if (trusts && !json_is_boolean(trusts))
        return nx_operate_refuse(c, NX_ERR_UPSTREAM_CONFIG, "trusts_national_id: true or false");
    return NX_OK;
}

static nx_result check_row(struct nx_operate_call *c, const struct nx_upstream_record *u)
{
    if (!nx_upstream_id_valid(nx_span_str(u->id)))
        return nx_operate_refuse(c, NX_ERR_RANGE, "id: 1 to 32 of a-z, 0-9 and hyphens, none at either end");
    if (u->proofing > u->level_cap)
        return nx_operate_refuse(c, NX_ERR_RANGE, "proofing: at most level_cap (m2 unless told)");
    return check_config(c, u);
}

static nx_result read_record(struct nx_upstream_record *u, struct nx_operate_call *c, const char *id,
                             const json_t *body)
{
    const char *kind = nx_json_str(body, "kind");
    NX_TRY(check_members(c, body));
    *u = (struct nx_upstream_record){.id = id,
                                     .name = nx_json_str(body, "name"),
                                     .name_vi = nx_json_str(body, "name_vi"),
                                     .organisation = nx_json_str(body, "organisation"),
                                     .issuer = nx_json_str(body, "issuer"),
                                     .trusts_number = nx_json_bool(body, "trusts_national_id", false),
                                     .config = nx_json_object(body, "config")};
    if (!kind || !nx_ok(nx_upstream_kind_of(&u->kind, nx_span_str(kind))))
        return nx_operate_refuse(c, NX_ERR_RANGE, "kind: oidc, saml, ldap, radius or kerberos");
    if (!id || !u->name || !u->issuer || !u->config)
        return nx_operate_refuse(c, NX_ERR_MISSING, "id, kind, name, issuer and config are needed");
    NX_TRY(level_of(&u->level_cap, c, body, "level_cap", NX_M2));
    NX_TRY(level_of(&u->proofing, c, body, "proofing", NX_M1));
    NX_TRY(jit_of(&u->jit, c, json_object_get(body, "jit")));
    return check_row(c, u);
}

/* ---- acts */

static nx_result audit(const struct nx_operate_call *c, const char *type, const char *id)
{
    return nx_operate_audit(c, type, NULL, json_pack("{s:s}", "upstream", id));
}

/* A row to be written, and a SAML provider's metadata, which is kept apart. body: of a replacement, with the version that
 * must stand; NULL: a new row. */
struct writing {
    const struct nx_upstream_record *row;
    const struct nx_saml_row_metadata *metadata;
    const json_t *body;
};

static nx_result write_row(struct nx_operate_call *c, const struct writing *w)
{
    const struct nx_upstream_record *u = w->row;
    const json_t *body = w->body;
    struct nx_upstream_record row = *u;
    NX_AUTO_JSON config = NULL;
    if (u->kind == NX_UPSTREAM_SAML) NX_NEED(row.config = config = nx_saml_row_config(u->config));
    if (body)
        NX_TRY(nx_upstream_replace(c->house->registry, c->house->master, &row, nx_json_int(body, "version", 0)));
    else
        NX_TRY(nx_upstream_create(c->house->registry, c->house->master, &row));
    return u->kind == NX_UPSTREAM_SAML ? nx_saml_row_store(c->house, u, w->metadata, &c->why) : NX_OK;
}

/* Metadata that must be fetched is, before anything is written. */
static nx_result take_metadata(struct nx_saml_row_metadata *out, struct nx_operate_call *c,
                               const struct nx_upstream_record *u)
{
    return u->kind == NX_UPSTREAM_SAML ? nx_saml_row_open(out, c->house, c->arena, u, &c->why) : NX_OK;
}

NX_FALLIBLE nx_operate_upstream_add(json_t **out, struct nx_operate_call *c, const json_t *body)
{
    struct nx_upstream_record u;
    NX_AUTO_ROW_METADATA(metadata);
    NX_TRY(read_record(&u, c, nx_json_str(body, "id"), body));
    NX_TRY(take_metadata(&metadata, c, &u));
    {
        NX_AUTO_CHANGE(change);
        NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
        nx_result r = write_row(c, &(struct writing){.row = &u, .metadata = &metadata});
        if (r.e == NX_ERR_CONFLICT) c->why = "there is an upstream of that id: nixactl upstream set ID FILE changes it";
        NX_TRY(r);
        NX_TRY(audit(c, "upstream.added", u.id));
        NX_TRY(nx_registry_commit(&change));
    }
    return nx_operate_upstream_show(out, c, u.id);
}

NX_FALLIBLE nx_operate_upstream_replace(json_t **out, struct nx_operate_call *c, const char *id, const json_t *body)
{
    struct nx_upstream_record u;
    NX_AUTO_ROW_METADATA(metadata);
    NX_TRY(read_record(&u, c, id, body));
    NX_TRY(take_metadata(&metadata, c, &u));
    {
        NX_AUTO_CHANGE(change);
        NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
        NX_TRY(write_row(c, &(struct writing){.row = &u, .metadata = &metadata, .body = body}));
        NX_TRY(audit(c, "upstream.changed", id));
        NX_TRY(nx_registry_commit(&change));
    }
    return nx_operate_upstream_show(out, c, id);
}

NX_FALLIBLE nx_operate_upstream_list(json_t **out, struct nx_operate_call *c)
{
    struct nx_upstream_list all;
    NX_AUTO_UPSTREAM hold = NULL;
    NX_AUTO_JSON items = json_array();
    NX_NEED(items);
    NX_TRY(nx_upstream_all(c->house->registry, &all, &hold));
    for (size_t i = 0; i < all.n; i++) {
        const nx_upstream *u = &all.v[i];
        struct nx_fuse_view f;
        nx_fuse_look(&f, u->id);
        json_t *item = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i}", "id", u->id, "kind",
                                 nx_upstream_kind_name(u->kind), "state", u->on ? "on" : "off", "health",
                                 nx_fuse_state_name(f.state), "name", u->name, "level_cap",
                                 nx_level_text((enum nx_level)u->level_cap), "failures", (int)f.failures);
        NX_REQUIRE(json_array_append_new(items, item) == 0, NX_ERR_MEMORY);
    }
    NX_NEED(*out = nx_operate_list(NX_STEAL(items), NULL));
    return NX_OK;
}

static nx_result get(const nx_upstream **u, struct nx_operate_call *c, const char *id)
{
    NX_REQUIRE(id && *id, NX_ERR_MISSING);
    return nx_upstream_get(c->house->registry, nx_span_str(id), u);
}

NX_FALLIBLE nx_operate_upstream_show(json_t **out, struct nx_operate_call *c, const char *id)
{
    NX_AUTO_UPSTREAM u = NULL;
    NX_TRY(get(&u, c, id));
    return row_json(out, c, u);
}

NX_FALLIBLE nx_operate_upstream_on(struct nx_operate_call *c, const char *id)
{
    NX_AUTO_UPSTREAM u = NULL;
    NX_TRY(get(&u, c, id));
    if (u->on) return NX_OK;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_upstream_set_state(c->house->registry, id, true));
    NX_TRY(audit(c, "upstream.on", id));
    return nx_registry_commit(&change);
}

NX_FALLIBLE nx_operate_upstream_off(struct nx_operate_call *c, const char *id, const char *reason)
{
    NX_AUTO_UPSTREAM u = NULL;
    NX_TRY(get(&u, c, id));
    const struct nx_revoke_order o = {.act = NX_REVOKE,
                                      .scope = NX_REVOKE_UPSTREAM,
                                      .target = u->id,
                                      .reason = reason && *reason ? reason : "no reason given",
                                      .actor = c->actor};
    return nx_revoke(c->house, c->arena, &o, NULL);
}

NX_FALLIBLE nx_operate_upstream_remove(struct nx_operate_call *c, const char *id)
{
    NX_TRY(nx_operate_upstream_off(c, id, "removed"));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_saml_row_forget(c->house, id));
    NX_TRY(nx_upstream_delete(c->house->registry, id));
    NX_TRY(audit(c, "upstream.removed", id));
    return nx_registry_commit(&change);
}

NX_FALLIBLE nx_operate_upstream_check(json_t **out, struct nx_operate_call *c, const char *id)
{
    NX_AUTO_UPSTREAM u = NULL;
    NX_TRY(get(&u, c, id));
    return nx_hub_check(out, c->house, c->arena, u);
}
