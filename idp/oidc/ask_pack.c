/* The stored form of OpenID Connect's own part of a request. Tags are never given a new meaning: a node of the
 * next version reads what this one wrote. */
#include "oidc/ask.h"

#include "base/pack.h"

enum tag { REDIRECT_SENT = 1, TYPE = 2, MODE = 3, STATE = 4, NONCE = 5, CHALLENGE = 6 };

NX_FALLIBLE nx_oidc_ask_close(struct nx_ask *out, nx_arena *a, const struct nx_oidc_ask *ask)
{
    nx_buf b;
    nx_buf_init(&b, a, NX_ASK_OWN_MAX);
    nx_pack_begin(&b, 1);
    nx_pack_number(&b, REDIRECT_SENT, ask->redirect_sent);
    nx_pack_number(&b, TYPE, ask->type);
    nx_pack_number(&b, MODE, ask->mode);
    nx_pack_text(&b, STATE, ask->state);
    nx_pack_text(&b, NONCE, ask->nonce);
    nx_pack_text(&b, CHALLENGE, ask->challenge);
    NX_TRY(nx_buf_done(&b));
    *out = ask->base;
    out->own = nx_buf_span(&b);
    return NX_OK;
}

NX_FALLIBLE nx_oidc_ask_open(struct nx_oidc_ask *out, nx_arena *a, const struct nx_ask *ask)
{
    nx_pack p;
    NX_TRY(nx_pack_open(&p, ask->own));
    *out = (struct nx_oidc_ask){
        .base = *ask,
        .redirect_sent = nx_pack_get_number(&p, REDIRECT_SENT, 1),
        .type = (enum nx_response_type)nx_pack_get_number(&p, TYPE, NX_RESPONSE_CODE),
        .mode = (enum nx_response_mode)nx_pack_get_number(&p, MODE, NX_MODE_QUERY),
        .state = nx_pack_get_text(&p, STATE, a),
        .nonce = nx_pack_get_text(&p, NONCE, a),
        .challenge = nx_pack_get_text(&p, CHALLENGE, a),
    };
    NX_REQUIRE(out->type < NX_RESPONSE_TYPES && out->mode < NX_RESPONSE_MODES, NX_ERR_SYNTAX);
    return NX_OK;
}
