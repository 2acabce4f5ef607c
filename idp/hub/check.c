#include "hub/check.h"

#include "authn/agency.h"
#include "hub/oidc_provider.h"
#include "saml/federation.h"

static nx_result check_oidc(json_t *j, struct nx_house *house, nx_arena *a, const nx_upstream *u)
{
    struct nx_oidc_row row;
    struct nx_oidc_provider p;
    size_t keys;
    NX_TRY(nx_oidc_row_read(&row, u));
    NX_TRY(nx_oidc_provider_get(&p, house, a, &row));
    NX_TRY(nx_oidc_provider_keys(&keys, house, a, &row, &p));
    json_object_set_new(j, "authorization_endpoint", json_string(p.authorization_endpoint));
    json_object_set_new(j, "token_endpoint", json_string(p.token_endpoint));
    json_object_set_new(j, "redirect_uri", json_string(nx_rp_redirect_uri(a, house, u->id)));
    json_object_set_new(j, "names_issuer", json_boolean(p.says_issuer));
    json_object_set_new(j, "keys", json_integer((json_int_t)keys));
    return NX_OK;
}

/* What was tried, step by step, in words. */
static nx_result check_agency(json_t *j, struct nx_house *house, nx_arena *a, const nx_upstream *u)
{
    struct nx_agency_probe probe;
    NX_TRY(nx_agency_probe(&probe, house, a, u));
    json_t *steps = json_array();
    json_object_set_new(j, "steps", steps);
    for (size_t i = 0; i < probe.n; i++)
        json_array_append_new(steps, json_pack("{s:b, s:s}", "ok", probe.step[i].ok, "text", probe.step[i].text));
    NX_REQUIRE(probe.ok, NX_ERR_AGENCY_AWAY);
    return NX_OK;
}

/* Fetches the metadata now, where that is how it comes; what failed is told, and what stands may still serve. */
static nx_result fetch_metadata(json_t *j, struct nx_house *house, nx_arena *a, const nx_upstream *u)
{
    struct nx_saml_row row;
    nx_result r = nx_saml_row_get(house->registry, a, u->id, NX_SAML_IDP, &row);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_UPSTREAM_METADATA);
    NX_TRY(r);
    if (row.source == NX_SAML_UPLOAD) return NX_OK;
    NX_TRY(nx_saml_refresh_one(house, &row));
    NX_TRY(nx_saml_row_get(house->registry, a, u->id, NX_SAML_IDP, &row));
    if (row.failures == 0) return NX_OK;
    json_object_set_new(j, "problem", json_sprintf("metadata_url: %s; what stands is used", row.last_error));
    NX_FAIL(NX_ERR_UPSTREAM_METADATA);
}

/* What its metadata says; for the rest a SAML provider is not called by us. */
static nx_result check_saml(json_t *j, struct nx_house *house, nx_arena *a, const nx_upstream *u)
{
    NX_AUTO(nx_saml_entity) e = NULL;
    nx_result fetched = fetch_metadata(j, house, a, u);
    nx_result r = nx_saml_entity_of(house->registry, u->id, NX_SAML_IDP, &e);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_UPSTREAM_METADATA);
    NX_TRY(r);
    const struct nx_saml_endpoint *sso = nx_saml_endpoint_by(&e->sso, NX_SAML_REDIRECT);
    json_object_set_new(j, "sign_on", json_string(sso ? sso->location : ""));
    json_object_set_new(j, "keys", json_integer((json_int_t)e->key_count));
    NX_TRY(nx_saml_entity_valid(e, nx_now()));
    return fetched;
}

static const char *problem_of(nx_result r)
{
    if (r.e != NX_ERR_UPSTREAM_AWAY) return nx_err_text(r.e);
    return "no answer: its name, port, or certificate (--ca), or it fails; after three failures it rests up to 30 s";
}

NX_FALLIBLE nx_hub_check(json_t **out, struct nx_house *house, nx_arena *a, const nx_upstream *u)
{
    NX_AUTO_JSON j = json_pack("{s:s, s:s}", "upstream", u->id, "kind", nx_upstream_kind_name(u->kind));
    NX_NEED(j);
    nx_result r = NX_OK;
    if (u->kind == NX_UPSTREAM_OIDC) r = check_oidc(j, house, a, u);
    if (u->kind == NX_UPSTREAM_SAML) r = check_saml(j, house, a, u);
    bool agency = u->kind == NX_UPSTREAM_LDAP || u->kind == NX_UPSTREAM_RADIUS || u->kind == NX_UPSTREAM_KERBEROS;
    if (agency) r = check_agency(j, house, a, u);
    NX_REQUIRE(r.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    json_object_set_new(j, "answers", json_boolean(nx_ok(r)));
    if (!nx_ok(r) && !json_object_get(j, "problem")) json_object_set_new(j, "problem", json_string(problem_of(r)));
    *out = NX_STEAL(j);
    return NX_OK;
}
