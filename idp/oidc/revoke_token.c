/* Token revocation: RFC 7009. A refresh token takes its whole family with it, an access token only itself. */
#include "house/house.h"
#include "oidc/access.h"
#include "oidc/client_auth.h"
#include "oidc/grants.h"
#include "oidc/token.h"
#include "sessions/family.h"

static NX_FALLIBLE kill_refresh(const struct nx_exchange *x, nx_span text)
{
    struct nx_family f;
    enum nx_found found;
    struct nx_handle h;
    nx_span holder = nx_span_str(x->client->id);
    nx_result opened = nx_handle_open(&h, x->house->master, NX_HANDLE_REFRESH, holder, text);
    if (opened.e == NX_ERR_HANDLE)
        return NX_OK; /* RFC 7009 section 2.2: an invalid token is revoked already */
    NX_TRY(opened);
    NX_TRY(nx_family_find(x->house->store, x->arena, x->client->id, text, &f, &found));
    if (found != NX_FOUND) return NX_OK;
    struct nx_note note = nx_exchange_note(x, "token.revoked", f.grant.subject);
    return nx_family_kill(x->house->store, x->arena, f.ref.shard, f.ref.id.s, &note);
}

/*= RFC 7009 2.1
 *# The authorization server [...] verifies whether the token was issued to the client making the
 *# revocation request. */
static NX_FALLIBLE kill_access(const struct nx_exchange *x, nx_span text)
{
    struct nx_access t;
    nx_result r = nx_access_read(&t, x->house, x->arena, text);
    if (r.e == NX_ERR_TOKEN_INVALID) return NX_OK;
    NX_TRY(r);
    if (t.found != NX_FOUND || strcmp(t.client_id, x->client->id) != 0) return NX_OK;
    struct nx_note note = nx_exchange_note(x, "token.revoked", t.token.grant.subject);
    return nx_token_kill(x->house->store, x->arena, &t.token, &note);
}

NX_FALLIBLE nx_revoke_token(struct nx_house *house, nx_arena *a, const struct nx_oauth_request *rq)
{
    NX_AUTO(nx_client) c = NULL;
    NX_TRY(nx_client_authenticate(&c, house, a, rq));
    const char *token = nx_param(&rq->form, "token");
    NX_REQUIRE(token, NX_ERR_REQUEST);
    struct nx_exchange x = {house, a, c, rq};
    return strchr(token, '.') ? kill_access(&x, nx_span_str(token)) : kill_refresh(&x, nx_span_str(token));
}
