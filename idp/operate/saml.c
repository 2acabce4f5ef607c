#include "operate/saml.h"

#include "flow/claims.h"
#include "operate/page.h"
#include "registry/client.h"
#include "saml/entity_register.h"
#include "saml/federation.h"

#define LEGAL_BASIS_MAX 512

/* ---- what was found ------------------------------------------------------------------------------------------ */

/* "line 4: …; line 9: …", of what is fatal. */
static nx_result refuse_for(struct nx_operate_call *c, nx_result r, const struct nx_saml_findings *found)
{
    nx_buf b;
    size_t told = 0;
    nx_buf_init(&b, c->arena, 8192);
    for (size_t i = 0; i < found->n && told < 8; i++) {
        const struct nx_saml_finding *f = &found->v[i];
        if (!f->fatal) continue;
        if (told++) nx_buf_adds(&b, "; ");
        if (f->line) nx_buf_addf(&b, "line %d: ", f->line);
        nx_buf_adds(&b, f->text);
    }
    if (told) c->why = nx_buf_str(&b);
    return r;
}

static json_t *notes_of(const struct nx_saml_findings *found)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < found->n; i++)
        json_array_append_new(list, json_pack("{s:i,s:s,s:s}", "line", found->v[i].line, "kind",
                                              found->v[i].fatal ? "error" : "note", "text", found->v[i].text));
    return list;
}

static nx_result with_notes(json_t *j, const struct nx_saml_findings *found)
{
    NX_REQUIRE(json_object_set_new(j, "notes", notes_of(found)) == 0, NX_ERR_MEMORY);
    return NX_OK;
}

nx_result nx_operate_saml_check(json_t **out, struct nx_operate_call *c, nx_span xml)
{
    struct nx_saml_findings found;
    nx_saml_entity *e = NULL;
    const struct nx_saml_rules rules = {.loopback = c->house->loopback, .now = nx_now()};
    nx_result r = nx_saml_entity_read(&e, c->arena, &rules, NX_SAML_SP, xml, &found);
    NX_REQUIRE(r.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    if (r.e == NX_ERR_LIMIT && found.n == 0)
        found.v[found.n++] = (struct nx_saml_finding){true, 0, "it is larger than a megabyte"};
    nx_saml_entity_forget(e);
    *out = json_pack("{s:b,s:o}", "good", nx_ok(r), "items", notes_of(&found));
    NX_NEED(*out);
    return NX_OK;
}

/* ---- terms --------------------------------------------------------------------------------------------------- */

static nx_result check_claims(struct nx_operate_call *c, const json_t *settings)
{
    const json_t *claims = nx_json_array(settings, "claims");
    for (size_t i = 0; i < json_array_size(claims); i++)
        if (!nx_claim_bit(json_string_value(json_array_get(claims, i))))
            return nx_operate_refuse(c, NX_ERR_RANGE, "claims: there is no such claim");
    return NX_OK;
}

static nx_result check_settings(struct nx_operate_call *c, const json_t *settings)
{
    const char *member = NULL;
    nx_result r = nx_saml_settings_check(settings, &member);
    if (!nx_ok(r) && member)
        c->why = nx_arena_printf(c->arena, "%.64s: %s", member,
                                 r.e == NX_ERR_UNKNOWN ? "there is no such setting" : "has no such value");
    NX_TRY(r);
    return check_claims(c, settings);
}

static nx_result check_basis(struct nx_operate_call *c, const char *basis)
{
    nx_span text = nx_span_str(basis);
    if (basis && (text.n > LEGAL_BASIS_MAX || !nx_utf8_printable(text)))
        return nx_operate_refuse(c, NX_ERR_RANGE, "legal_basis: at most 512 bytes of text");
    return NX_OK;
}

static nx_result take_terms(struct nx_saml_registration *what, struct nx_operate_call *c, const json_t *terms)
{
    const json_t *settings = nx_json_object(terms, "settings");
    const char *basis = nx_json_str(terms, "legal_basis");
    NX_TRY(check_basis(c, basis));
    what->legal_basis = basis && *basis ? basis : NULL;
    if (!settings) return NX_OK;
    NX_TRY(check_settings(c, settings));
    NX_NEED(what->settings = nx_json_dump(c->arena, settings));
    return NX_OK;
}

/* ---- one portal ---------------------------------------------------------------------------------------------- */

json_t *nx_operate_saml_standing(const struct nx_saml_row *row)
{
    json_t *j = json_pack("{s:s,s:s?,s:I,s:s?}", "source", nx_saml_source_name(row->source), "url", row->url, "failures",
                          (json_int_t)row->failures, "last_error", row->last_error);
    if (!j) return NULL;
    nx_operate_time(j, "valid_until", row->valid_until);
    nx_operate_time(j, "fetched", row->fetched);
    nx_operate_time(j, "refresh", row->refresh);
    nx_operate_time(j, "failed_at", row->failed_at);
    return j;
}

static json_t *line_of(const struct nx_saml_row *row)
{
    json_t *j = nx_operate_saml_standing(row);
    if (!j) return NULL;
    json_object_set_new(j, "id", json_string(row->owner));
    json_object_set_new(j, "entity_id", json_string(row->entity_id));
    json_object_set_new(j, "version", json_integer((json_int_t)row->version));
    return j;
}

static nx_result add_client(json_t *j, struct nx_operate_call *c, const char *id, bool whole)
{
    NX_AUTO(nx_client) client = NULL;
    NX_TRY(nx_client_get(c->house->registry, nx_span_str(id), &client));
    json_object_set_new(j, "name", json_string(client->name));
    json_object_set_new(j, "state", json_string(nx_client_state_name(client->state)));
    json_object_set_new(j, "unreachable", json_boolean(nx_client_unreachable(client)));
    if (!whole) return NX_OK;
    const char *scope = nx_strings_join(c->arena, client->scopes);
    NX_NEED(scope);
    json_object_set_new(j, "name_vi", json_string(client->name_vi));
    json_object_set_new(j, "sector", json_string(client->sector));
    json_object_set_new(j, "scope", json_string(scope));
    json_object_set_new(j, "owner", json_string(client->owner));
    json_object_set_new(j, "legal_basis", client->legal_basis ? json_string(client->legal_basis) : json_null());
    return NX_OK;
}

static json_t *endpoints_json(const struct nx_saml_endpoints *list)
{
    json_t *out = json_array();
    for (size_t i = 0; out && i < list->n; i++) {
        const struct nx_saml_endpoint *e = &list->v[i];
        json_t *one = json_pack("{s:s,s:s}", "binding", nx_saml_binding_uri((enum nx_saml_binding)e->binding),
                                "location", e->location);
        if (one && e->index >= 0) json_object_set_new(one, "index", json_integer(e->index));
        if (one && e->index >= 0) json_object_set_new(one, "default", json_boolean(e->is_default));
        json_array_append_new(out, one);
    }
    return out;
}

static json_t *keys_json(const nx_saml_entity *e)
{
    json_t *out = json_array();
    for (size_t i = 0; out && i < e->key_count; i++) {
        const struct nx_saml_key *k = &e->key[i];
        uint8_t digest[NX_SHA256_LEN];
        char hex[2 * NX_SHA256_LEN + 1] = "";
        if (nx_ok(nx_sha256(digest, k->spki))) nx_hex_encode(hex, nx_span_of(digest, sizeof digest));
        json_array_append_new(out, json_pack("{s:s,s:i,s:b,s:b,s:s}", "kind", EVP_PKEY_get0_type_name(k->key), "bits",
                                             EVP_PKEY_get_bits(k->key), "signs", (k->uses & NX_SAML_FOR_SIGNING) != 0,
                                             "encrypts", (k->uses & NX_SAML_FOR_ENCRYPTION) != 0, "spki_sha256", hex));
    }
    return out;
}

static json_t *requested_json(const nx_saml_entity *e)
{
    json_t *out = json_array();
    for (size_t i = 0; out && i < e->attribute_count; i++)
        json_array_append_new(out, json_pack("{s:s,s:s?,s:b}", "name", e->attribute[i].name, "friendly",
                                             e->attribute[i].friendly, "required", e->attribute[i].required));
    return out;
}

static nx_result add_entity(json_t *j, struct nx_operate_call *c, const struct nx_saml_row *row)
{
    NX_AUTO(nx_saml_entity) e = NULL;
    NX_AUTO_JSON settings = NULL;
    NX_TRY(nx_saml_entity_of(c->house->registry, row->owner, NX_SAML_SP, &e));
    NX_TRY(nx_json_parse_object(&settings, nx_span_str(row->settings)));
    json_object_set(j, "settings", settings);
    json_object_set_new(j, "cache_duration", json_integer(row->cache_duration));
    json_object_set_new(j, "digest", json_string(row->digest));
    json_object_set_new(j, "assertion_consumers", endpoints_json(&e->acs));
    json_object_set_new(j, "logouts", endpoints_json(&e->slo));
    json_object_set_new(j, "keys", keys_json(e));
    json_object_set_new(j, "requested", requested_json(e));
    return NX_OK;
}

/* The client's id of either name. */
static nx_result find_row(struct nx_saml_row *row, struct nx_operate_call *c, const char *id)
{
    NX_REQUIRE(id && *id, NX_ERR_MISSING);
    nx_result r = nx_saml_row_get(c->house->registry, c->arena, id, NX_SAML_SP, row);
    if (r.e != NX_ERR_NOT_FOUND) return r;
    NX_AUTO(nx_saml_entity) e = NULL;
    NX_TRY(nx_saml_entity_get(c->house->registry, nx_span_str(id), NX_SAML_SP, &e));
    return nx_saml_row_get(c->house->registry, c->arena, e->owner, NX_SAML_SP, row);
}

nx_result nx_operate_saml_show(json_t **out, struct nx_operate_call *c, const char *id)
{
    struct nx_saml_row row;
    NX_TRY(find_row(&row, c, id));
    NX_AUTO_JSON j = line_of(&row);
    NX_NEED(j);
    NX_TRY(add_client(j, c, row.owner, true));
    NX_TRY(add_entity(j, c, &row));
    *out = NX_STEAL(j);
    return NX_OK;
}

nx_result nx_operate_saml_xml(nx_span *out, struct nx_operate_call *c, const char *id)
{
    struct nx_saml_row row;
    NX_TRY(find_row(&row, c, id));
    *out = row.xml;
    return NX_OK;
}

nx_result nx_operate_saml_find(json_t **out, struct nx_operate_call *c, const char *entity_id)
{
    json_t *one = NULL;
    NX_AUTO_JSON items = json_array();
    nx_result r = nx_operate_saml_show(&one, c, entity_id);
    NX_REQUIRE(nx_ok(r) || r.e == NX_ERR_NOT_FOUND, r.e);
    if (one) json_array_append_new(items, one);
    *out = nx_operate_list(NX_STEAL(items), NULL);
    NX_NEED(*out);
    return NX_OK;
}

nx_result nx_operate_saml_list(json_t **out, struct nx_operate_call *c, const struct nx_operate_page *page)
{
    size_t limit;
    struct nx_saml_page rows;
    NX_AUTO_JSON items = json_array();
    NX_NEED(items);
    NX_TRY(nx_operate_limit(&limit, page));
    NX_TRY(nx_saml_rows(c->house->registry, c->arena, NX_SAML_SP, page->cursor, limit, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        json_t *line = line_of(&rows.v[i]);
        NX_REQUIRE(line && json_array_append_new(items, line) == 0, NX_ERR_MEMORY);
        NX_TRY(add_client(line, c, rows.v[i].owner, false));
    }
    *out = nx_operate_list(NX_STEAL(items), rows.more ? rows.v[rows.n - 1].owner : NULL);
    NX_NEED(*out);
    return NX_OK;
}

/* ---- registering --------------------------------------------------------------------------------------------- */

/* id NULL: a new portal. */
static nx_result store(json_t **out, struct nx_operate_call *c, const char *id, struct nx_saml_registration *what,
                       const struct nx_saml_findings *found)
{
    char made[NX_CLIENT_ID_MAX + 1];
    what->actor = c->actor;
    nx_result r = id ? nx_saml_reregister(c->house, c->arena, id, what, 0, true)
                     : nx_saml_register(made, c->house, c->arena, what);
    if (r.e == NX_ERR_CONFLICT) c->why = "this entity id is registered already";
    if (r.e == NX_ERR_EGRESS_URL || r.e == NX_ERR_EGRESS_ADDRESS)
        c->why = "SingleLogoutService by SOAP is where this server does not call";
    NX_TRY(r);
    NX_TRY(nx_operate_saml_show(out, c, id ? id : made));
    return with_notes(*out, found);
}

static nx_result upload(json_t **out, struct nx_operate_call *c, const char *id, nx_span xml,
                        struct nx_saml_registration *what)
{
    struct nx_saml_findings found;
    nx_saml_entity *e = NULL;
    const struct nx_saml_rules rules = {.loopback = c->house->loopback, .now = nx_now()};
    nx_result r = nx_saml_entity_read(&e, c->arena, &rules, NX_SAML_SP, xml, &found);
    if (!nx_ok(r)) return refuse_for(c, r, &found);
    what->entity = e;
    what->xml = xml;
    what->source = NX_SAML_UPLOAD;
    r = store(out, c, id, what, &found);
    nx_saml_entity_forget(e);
    return r;
}

nx_result nx_operate_saml_add(json_t **out, struct nx_operate_call *c, nx_span xml, const json_t *terms)
{
    struct nx_saml_registration what = {.url = NULL};
    NX_TRY(take_terms(&what, c, terms));
    return upload(out, c, NULL, xml, &what);
}

nx_result nx_operate_saml_replace(json_t **out, struct nx_operate_call *c, const char *id, nx_span xml)
{
    struct nx_saml_row row;
    struct nx_saml_registration what = {.url = NULL};
    NX_TRY(find_row(&row, c, id));
    return upload(out, c, row.owner, xml, &what);
}

static nx_result remote_of(struct nx_saml_remote *from, struct nx_operate_call *c, const json_t *body)
{
    const struct nx_saml_place by = {.url = nx_json_str(body, "metadata_url"),
                                     .certificate = nx_json_str(body, "certificate"),
                                     .fingerprint = nx_json_str(body, "fingerprint"),
                                     .entity_id = nx_json_str(body, "entity_id")};
    return nx_saml_remote_at(from, c->house, c->arena, &by, &c->why);
}

static nx_result download(json_t **out, struct nx_operate_call *c, const char *id, const json_t *body,
                          struct nx_saml_registration *what)
{
    struct nx_saml_remote from;
    struct nx_saml_findings found;
    struct nx_saml_fetched got;
    NX_TRY(remote_of(&from, c, body));
    nx_result r = nx_saml_fetch(&got, c->house, c->arena, &from, NX_SAML_SP, &found);
    if (!nx_ok(r)) return refuse_for(c, r, &found);
    *what = (struct nx_saml_registration){.entity = got.entity,
                                          .xml = got.xml,
                                          .source = NX_SAML_URL,
                                          .url = from.url,
                                          .pin = got.pin,
                                          .refresh = nx_saml_refresh_at(got.entity, nx_now()),
                                          .settings = what->settings,
                                          .legal_basis = what->legal_basis};
    r = store(out, c, id, what, &found);
    nx_saml_entity_forget(got.entity);
    return r;
}

nx_result nx_operate_saml_add_url(json_t **out, struct nx_operate_call *c, const json_t *body)
{
    struct nx_saml_registration what = {.url = NULL};
    NX_TRY(take_terms(&what, c, body));
    return download(out, c, NULL, body, &what);
}

nx_result nx_operate_saml_replace_url(json_t **out, struct nx_operate_call *c, const char *id, const json_t *body)
{
    struct nx_saml_row row;
    struct nx_saml_registration what = {.url = NULL};
    NX_TRY(find_row(&row, c, id));
    return download(out, c, row.owner, body, &what);
}

nx_result nx_operate_saml_refresh(json_t **out, struct nx_operate_call *c, const char *id)
{
    struct nx_saml_row row;
    NX_TRY(find_row(&row, c, id));
    if (row.source == NX_SAML_UPLOAD)
        return nx_operate_refuse(c, NX_ERR_CONFLICT, "its metadata was uploaded, not fetched");
    NX_TRY(nx_saml_refresh_one(c->house, &row));
    return nx_operate_saml_show(out, c, row.owner);
}

/* ---- settling ------------------------------------------------------------------------------------------------ */

nx_result nx_operate_saml_settle(json_t **out, struct nx_operate_call *c, const char *id, const json_t *change)
{
    struct nx_saml_row row;
    const char *member;
    json_t *value;
    NX_AUTO_JSON settings = NULL;
    NX_TRY(find_row(&row, c, id));
    NX_TRY(nx_json_parse_object(&settings, nx_span_str(row.settings)));
    struct nx_saml_settling how = {.legal_basis = nx_json_str(change, "legal_basis"), .expected = row.version};
    if (json_is_null(json_object_get(change, "legal_basis"))) how.legal_basis = "";
    NX_TRY(check_basis(c, how.legal_basis));
    json_object_foreach((json_t *)(uintptr_t)change, member, value)
    {
        if (strcmp(member, "legal_basis") == 0) continue;
        if (json_is_null(value))
            json_object_del(settings, member);
        else
            json_object_set(settings, member, value);
    }
    NX_TRY(check_settings(c, settings));
    NX_NEED(how.settings = nx_json_dump(c->arena, settings));
    NX_TRY(nx_saml_settle(c->house, c->arena, c->actor, row.owner, &how));
    return nx_operate_saml_show(out, c, row.owner);
}

nx_result nx_operate_saml_remove(struct nx_operate_call *c, const char *id)
{
    struct nx_saml_row row;
    NX_TRY(find_row(&row, c, id));
    return nx_saml_unregister(c->house, c->arena, c->actor, row.owner);
}
