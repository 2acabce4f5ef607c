/* Our keys as a provider sees them: with which we authenticate, and to which it encrypts. */
#include "endpoints/hub/hub.h"

#include "crypto/jwe.h"
#include "house/house.h"

nx_result nx_hub_jwks(nx_request *rq, nx_reply *rp)
{
    char *text;
    nx_keyring *ring = nx_house_of(rq)->keyring;
    NX_AUTO(nx_signing_key) active = NULL;
    NX_AUTO_JSON set = NULL;
    NX_AUTO_UPSTREAM u = NULL;
    NX_TRY(nx_upstream_get(nx_house_of(rq)->registry, nx_span_str(nx_path(rq, "id")), &u));
    NX_REQUIRE(u->kind == NX_UPSTREAM_OIDC, NX_ERR_NOT_FOUND);
    NX_TRY(nx_keyring_active(&active, ring, NX_USE_UPSTREAM)); /* made at first need */
    NX_TRY(nx_keyring_jwks(&text, rq->arena, ring, NX_USE_BIT(NX_USE_UPSTREAM)));
    NX_TRY(nx_json_parse_object(&set, nx_span_str(text)));
    NX_TRY(nx_jwe_publish(nx_json_array(set, "keys"), ring,
                          nx_json_str(u->config, "id_token_encryption_alg")));
    nx_reply_header(rp, "Cache-Control", "public, max-age=300");
    nx_reply_json_as(rp, 200, "application/jwk-set+json", set);
    return NX_OK;
}
