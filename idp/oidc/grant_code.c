/* grant_type=authorization_code: RFC 6749 section 4.1.3, RFC 7636 section 4.5. */
#include "base/secret.h"
#include "crypto/digest.h"
#include "gate/gate.h"
#include "house/house.h"
#include "oidc/ask.h"
#include "oidc/grants.h"
#include "sessions/code.h"

#define VERIFIER_MIN 43
#define VERIFIER_MAX 128

static NX_FALLIBLE found_code(enum nx_found found)
{
    NX_REQUIRE(found != NX_SPENT, NX_ERR_CODE_REPLAYED);
    NX_REQUIRE(found != NX_STALE, NX_ERR_GRANT_REVOKED);
    NX_REQUIRE(found == NX_FOUND, NX_ERR_GRANT_INVALID);
    return NX_OK;
}

/*= RFC 6749 4.1.3
 *# ensure that the "redirect_uri" parameter is present if the "redirect_uri" parameter was
 *# included in the initial authorization request [...] and if included ensure that their values are
 *# identical. */
static NX_FALLIBLE check_redirect(const struct nx_grant *g, const char *sent)
{
    bool same = g->redirect_uri ? sent && strcmp(g->redirect_uri, sent) == 0 : !sent;
    NX_REQUIRE(same, NX_ERR_REDIRECT_URI_MISMATCH);
    return NX_OK;
}

static bool verifier_ok(const char *v)
{
    size_t n = strlen(v);
    if (n < VERIFIER_MIN || n > VERIFIER_MAX) return false;
    return strspn(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") == n;
}

/*= RFC 7636 4.6
 *# If the values are not equal, an error response indicating "invalid_grant" as described in
 *# Section 5.2 of [RFC6749] MUST be returned. */
static NX_FALLIBLE check_verifier(const struct nx_grant *g, const char *verifier)
{
    /* RFC 9700 section 4.8.2: a verifier where no challenge was sent is a downgrade, and so is the opposite.
     */
    NX_REQUIRE((verifier != NULL) == (g->code_challenge != NULL), NX_ERR_PKCE_UNASKED);
    if (!verifier) return NX_OK;
    NX_REQUIRE(verifier_ok(verifier), NX_ERR_PKCE_MISMATCH);
    uint8_t digest[NX_SHA256_LEN];
    char calculated[NX_CODE_CHALLENGE_LEN + 1];
    NX_TRY(nx_sha256(digest, nx_span_str(verifier)));
    nx_b64u_encode(calculated, nx_span_of(digest, sizeof digest));
    NX_REQUIRE(nx_ct_equal(nx_span_str(calculated), nx_span_str(g->code_challenge)), NX_ERR_PKCE_MISMATCH);
    return NX_OK;
}

static NX_FALLIBLE decide(struct nx_terms *terms, const struct nx_exchange *x, const struct nx_code *code)
{
    struct nx_gate g;
    nx_gate_open(&g, x->house, x->arena, NX_FACE_CODE);
    nx_gate_client(&g, x->client, "authorization_code");
    NX_TRY(nx_gate_grant(&g, &code->grant, code->grant.expires, NX_FOUND));
    g.facts.handle.holder = strcmp(code->grant.client_id, x->client->id) == 0;
    return nx_gate_require(terms, &g);
}

/* The grant as it will be kept: what the person's standing allows now, never more than the code was made for.
 */
static struct nx_grant settle(const struct nx_grant *code, const struct nx_terms *terms)
{
    struct nx_grant g = *code;
    if ((int)terms->level < g.level) g.level = terms->level;
    g.token_s = terms->access_s;
    g.refreshes = g.refreshes && terms->refresh_idle_s > 0;
    return g;
}

/* Its record keeps what this request narrows, as asked; the token says what came of it. */
static NX_FALLIBLE redeem(struct nx_redeemed *out, const struct nx_exchange *x, const struct nx_code *code,
                          const struct nx_grant *grant, struct nx_token_new *t)
{
    const char *audience;
    NX_TRY(nx_token_new(t, x->house->store, code->ref.shard, x->client->id, grant->token_s));
    NX_TRY(nx_exchange_resource(&t->narrow.audience, x));
    NX_TRY(nx_mint_audience(&audience, x->house, x->arena, grant->audience, t->narrow.audience));
    struct nx_redeem r = {code, grant, t, grant->qid != NULL};
    struct nx_note note = nx_exchange_note(x, "token.issued", grant->subject);
    enum nx_found found;
    NX_TRY(nx_code_redeem(x->house->store, x->arena, &r, &note, out, &found));
    t->narrow = (struct nx_narrow){.scope = grant->scope, .audience = audience};
    return found_code(found);
}

nx_result nx_grant_code(nx_span *json, const struct nx_exchange *x)
{
    const char *text = nx_param(&x->rq->form, "code");
    NX_REQUIRE(text, NX_ERR_REQUEST);
    struct nx_code code;
    enum nx_found found;
    NX_TRY(nx_code_find(x->house->store, x->arena, x->client->id, nx_span_str(text), &code, &found));
    NX_TRY(found_code(found));
    NX_TRY(check_redirect(&code.grant, nx_param(&x->rq->form, "redirect_uri")));
    NX_TRY(check_verifier(&code.grant, nx_param(&x->rq->form, "code_verifier")));
    struct nx_terms terms;
    NX_TRY(decide(&terms, x, &code));
    struct nx_grant grant = settle(&code.grant, &terms);
    struct nx_redeemed got;
    struct nx_token_new t;
    NX_TRY(redeem(&got, x, &code, &grant, &t));
    struct nx_answer_parts parts = {.refresh_token = *got.refresh.s ? got.refresh.s : NULL};
    struct nx_signing s = {&got.family.grant, &t, grant.nonce, terms.id_token_s};
    NX_TRY(nx_exchange_sign(&parts, x, &s));
    return nx_token_answer(json, x->arena, &parts);
}
