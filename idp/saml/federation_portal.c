/* Portals that nobody registered: asked of the federation when they first ask us. */
#include "saml/federation.h"

#include "base/log.h"
#include "crypto/certificate.h"
#include "house/house.h"
#include "saml/entity_register.h"
#include "sessions/throttle.h"

#include <stdio.h>

#define ACTOR "federation"
#define CERTIFICATE_FILE_MAX (64u << 10)

static bool may_be_found(const struct nx_house *house)
{
    return house->settings->saml_mdq[0] != 0;
}

NX_FALLIBLE nx_saml_portal(nx_saml_entity **out, struct nx_house *house, nx_span entity_id)
{
    NX_AUTO(nx_saml_entity) e = NULL;
    nx_result got = nx_saml_entity_get(house->registry, entity_id, NX_SAML_SP, &e);
    if (got.e == NX_ERR_NOT_FOUND) {
        NX_REQUIRE(entity_id.n > 0 && entity_id.n <= NX_SAML_ENTITY_ID_MAX, NX_ERR_SAML_UNKNOWN);
        NX_REQUIRE(!may_be_found(house), NX_ERR_SAML_FETCH);
        NX_FAIL(NX_ERR_SAML_UNKNOWN);
    }
    NX_TRY(got);
    nx_result valid = nx_saml_entity_valid(e, nx_now());
    NX_REQUIRE(nx_ok(valid) || e->source != NX_SAML_MDQ || !may_be_found(house), NX_ERR_SAML_FETCH);
    NX_TRY(valid);
    *out = NX_STEAL(e);
    return NX_OK;
}

/* The federation's certificate is read each time: it may be changed without a restart. */
NX_FALLIBLE nx_saml_federation_pin(nx_span *out, struct nx_house *house, nx_arena *a)
{
    FILE *f = fopen(house->settings->saml_mdq_certificate, "re");
    NX_REQUIRE(f, NX_ERR_SETTING_VALUE);
    char *text = nx_arena_alloc(a, CERTIFICATE_FILE_MAX);
    size_t n = text ? fread(text, 1, CERTIFICATE_FILE_MAX, f) : 0;
    (void)fclose(f);
    NX_NEED(text);
    return nx_certificate_pem(out, a, nx_span_of(text, n));
}

/* {"cap":2,"claims":["name"]}: what a portal that nobody looked at is told. */
static NX_FALLIBLE settings_of(const char **out, const struct nx_house *house, nx_arena *a)
{
    struct nx_strings claims;
    NX_TRY(nx_strings_split(&claims, a, house->settings->saml_mdq_claims));
    NX_AUTO_JSON j = json_pack("{s:i,s:[]}", "cap", (int)house->settings->saml_mdq_cap, "claims");
    NX_NEED(j);
    for (size_t i = 0; i < claims.n; i++)
        json_array_append_new(json_object_get(j, "claims"), json_string(claims.v[i]));
    NX_NEED(*out = nx_json_dump(a, j));
    return NX_OK;
}

/* Strangers name entities as they like: each is asked for at most twice in a while, and all together at most once a
 * second. */
static NX_FALLIBLE may_ask(struct nx_house *house, nx_arena *a, nx_span entity_id)
{
    struct nx_throttled t;
    const struct nx_attempt attempt = {
        .row = NX_THROTTLE_METADATA, .account = nx_arena_dup(a, entity_id), .source = "federation"};
    NX_NEED(attempt.account);
    NX_TRY(nx_throttle_take(house->store, a, &attempt, &t));
    NX_REQUIRE(t.allowed, NX_ERR_SAML_UNKNOWN);
    return NX_OK;
}

static NX_FALLIBLE keep(struct nx_house *house, nx_arena *a, const struct nx_saml_fetched *got, const char *url)
{
    NX_AUTO(nx_saml_entity) old = NULL;
    char id[NX_CLIENT_ID_MAX + 1];
    struct nx_saml_registration what = {.entity = got->entity,
                                        .xml = got->xml,
                                        .source = NX_SAML_MDQ,
                                        .url = url,
                                        .pin = got->pin,
                                        .refresh = nx_saml_refresh_at(got->entity, nx_now()),
                                        .actor = ACTOR};
    nx_span name = nx_span_str(got->entity->entity_id);
    nx_result known = nx_saml_entity_get(house->registry, name, NX_SAML_SP, &old);
    if (nx_ok(known)) return nx_saml_reregister(house, a, old->owner, &what, 0, false);
    NX_REQUIRE(known.e == NX_ERR_NOT_FOUND, known.e);
    NX_TRY(settings_of(&what.settings, house, a));
    nx_result made = nx_saml_register(id, house, a, &what);
    return made.e == NX_ERR_CONFLICT ? NX_OK : made; /* another request was faster */
}

NX_FALLIBLE nx_saml_portal_fetch(struct nx_house *house, nx_arena *a, nx_span entity_id)
{
    struct nx_saml_findings found;
    struct nx_saml_fetched got;
    struct nx_saml_remote from = {.federation = true, .entity_id = nx_arena_dup(a, entity_id)};
    NX_NEED(from.entity_id);
    NX_REQUIRE(may_be_found(house), NX_ERR_SAML_UNKNOWN);
    NX_TRY(may_ask(house, a, entity_id));
    NX_TRY(nx_saml_mdq_url(&from.url, a, house->settings->saml_mdq, entity_id));
    NX_TRY(nx_saml_federation_pin(&from.pin, house, a));
    nx_result fetched = nx_saml_fetch(&got, house, a, &from, NX_SAML_SP, &found);
    if (!nx_ok(fetched)) nx_log_error("saml_federation", fetched);
    NX_TRY(fetched);
    nx_result kept = keep(house, a, &got, from.url);
    nx_saml_entity_forget(got.entity);
    return kept;
}
