#include "crypto/keyring.h"
#include "endpoints/oidc/oidc.h"
#include "endpoints/server.h"
#include "house/house.h"

/* The keys that sign tokens, the next ones too: a portal may keep the set for as long as a key is published
 * before it signs (NX_KEYRING_TERMS). */
nx_result nx_ep_jwks(nx_request *rq, nx_reply *rp)
{
    char *set;
    uint32_t uses = NX_USE_BIT(NX_USE_TOKEN) | NX_USE_BIT(NX_USE_TOKEN_RS256);
    NX_TRY(nx_keyring_jwks(&set, rq->arena, nx_house_of(rq)->keyring, uses));
    nx_reply_body(rp, 200, "application/json", nx_span_str(set));
    nx_reply_header(rp, "Cache-Control", "public, max-age=300");
    return NX_OK;
}
