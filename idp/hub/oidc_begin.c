/* The authentication request: OpenID Connect Core 3.1.2.1, RFC 7636. */
#include "hub/oidc.h"

#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "hub/oidc_provider.h"
#include "policies/policy.h"

#define URL_MAX 4096
#define RANDOM_BYTES 32

static nx_result random_text(const char **out, nx_arena *a)
{
    uint8_t bytes[RANDOM_BYTES];
    NX_TRY(nx_random(bytes, sizeof bytes));
    NX_NEED(*out = nx_b64u_dup(a, nx_span_of(bytes, sizeof bytes)));
    return NX_OK;
}

static nx_result challenge_of(const char **out, nx_arena *a, const char *verifier)
{
    uint8_t digest[NX_SHA256_LEN];
    NX_TRY(nx_sha256(digest, nx_span_str(verifier)));
    NX_NEED(*out = nx_b64u_dup(a, nx_span_of(digest, sizeof digest)));
    return NX_OK;
}

static void add(nx_buf *url, const char *name, const char *value)
{
    if (!value) return;
    nx_buf_addf(url, "&%s=", name);
    nx_percent_encode(url, nx_span_str(value));
}

/* The provider's word for the level that a portal asks for, by the row's map. */
static const char *acr_of(const nx_upstream *u, enum nx_level level)
{
    return level == NX_LEVEL_NONE ? NULL : nx_json_str(nx_json_object(u->config, "acr_values"), nx_level_text(level));
}

/*= OpenID Connect Core 3.1.2.1
 *# When max_age is used, the ID Token returned MUST include an auth_time Claim Value.
 *
 * It is always asked for: a provider that knows her already does not ask her again, and what she may change here, and
 * what portals are told, hangs on when she was really there. */
static void add_age(nx_buf *url, nx_arena *a, bool fresh)
{
    int64_t most = fresh ? 0 : nx_policy()->life.session_most;
    add(url, "max_age", nx_arena_printf(a, "%lld", (long long)most));
}

static void add_wishes(nx_buf *url, nx_arena *a, const struct nx_oidc_row *row, const struct nx_rp_ask *ask)
{
    add(url, "acr_values", acr_of(row->upstream, ask->level));
    if (ask->fresh && nx_oidc_row_passes(row, "prompt")) add(url, "prompt", "login");
    if (nx_oidc_row_passes(row, "max_age")) add_age(url, a, ask->fresh);
    if (nx_oidc_row_passes(row, "ui_locales")) add(url, "ui_locales", ask->ui_locales);
    if (nx_oidc_row_passes(row, "login_hint")) add(url, "login_hint", ask->login_hint);
}

static nx_result write_url(const char **out, struct nx_house *house, nx_arena *a, const struct nx_oidc_row *row,
                           const struct nx_oidc_provider *p, const struct nx_hub_ticket *ticket, const char *state,
                           const struct nx_rp_ask *ask)
{
    nx_buf url;
    const char *challenge = NULL;
    nx_buf_init(&url, a, URL_MAX);
    if (ticket->verifier) NX_TRY(challenge_of(&challenge, a, ticket->verifier));
    nx_buf_addf(&url, "%s%cresponse_type=code", p->authorization_endpoint,
                strchr(p->authorization_endpoint, '?') ? '&' : '?');
    add(&url, "client_id", row->client_id);
    add(&url, "redirect_uri", nx_rp_redirect_uri(a, house, row->upstream->id));
    add(&url, "scope", row->scope);
    add(&url, "state", state);
    add(&url, "nonce", ticket->nonce);
    add(&url, "response_mode", row->response_mode);
    add(&url, "code_challenge", challenge);
    if (challenge) add(&url, "code_challenge_method", "S256");
    add_wishes(&url, a, row, ask);
    NX_NEED(*out = nx_buf_str(&url));
    return nx_buf_done(&url);
}

NX_FALLIBLE nx_rp_begin(const char **url, struct nx_house *house, nx_arena *a, const nx_upstream *u,
                        const struct nx_rp_ask *ask)
{
    struct nx_oidc_row row;
    struct nx_oidc_provider provider;
    nx_handle_text state;
    struct nx_hub_ticket ticket = {
        .upstream = u->id, .t = ask->t, .linker = ask->linker, .level = ask->level, .fresh = ask->fresh};
    NX_TRY(nx_oidc_row_read(&row, u));
    NX_TRY(nx_oidc_provider_get(&provider, house, a, &row));
    NX_TRY(random_text(&ticket.nonce, a));
    if (row.pkce) NX_TRY(random_text(&ticket.verifier, a));
    NX_TRY(nx_hub_ticket_make(&state, house, a, ask->browser, &ticket));
    return write_url(url, house, a, &row, &provider, &ticket, state.s, ask);
}
