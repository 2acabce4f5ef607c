/* Parameters by parameter: each function reads one group and fails with the error of the standard. */
#include "oidc/ask.h"

#include "base/text.h"
#include "house/house.h"
#include "oidc/hint.h"
#include "flow/url.h"

static const char *const types[NX_RESPONSE_TYPES] = {
    [NX_RESPONSE_CODE] = "code",
    [NX_RESPONSE_CODE_ID_TOKEN] = "code id_token",
};
static const char *const modes[NX_RESPONSE_MODES] = {
    [NX_MODE_QUERY] = "query",
    [NX_MODE_FRAGMENT] = "fragment",
    [NX_MODE_FORM_POST] = "form_post",
};

const char *nx_response_type_name(enum nx_response_type type)
{
    return types[type];
}

const char *nx_response_mode_name(enum nx_response_mode mode)
{
    return modes[mode];
}

static NX_FALLIBLE keep(const char **out, nx_arena *a, const char *value, size_t max)
{
    *out = NULL;
    if (!value) return NX_OK;
    NX_REQUIRE(strlen(value) <= max, NX_ERR_REQUEST);
    *out = nx_arena_strdup(a, value);
    NX_NEED(*out);
    return NX_OK;
}

static NX_FALLIBLE find_client(nx_client **out, struct nx_house *house, const char *id)
{
    NX_REQUIRE(id, NX_ERR_REQUEST);
    NX_REQUIRE(strlen(id) <= NX_CLIENT_ID_MAX, NX_ERR_CLIENT_UNKNOWN);
    NX_AUTO(nx_client) c = NULL;
    nx_result r = nx_client_get(house->registry, nx_span_str(id), &c);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_CLIENT_UNKNOWN);
    NX_TRY(r);
    NX_REQUIRE(c->state == NX_CLIENT_ACTIVE, NX_ERR_CLIENT_UNKNOWN);
    *out = NX_STEAL(c);
    return NX_OK;
}

static bool is_openid(const struct nx_params *request)
{
    const char *scope = nx_param(request, "scope");
    const char *at = scope ? strstr(scope, "openid") : NULL;
    return at && (at == scope || at[-1] == ' ') && (at[6] == 0 || at[6] == ' ');
}

/*= RFC 6749 4.1.2.1
 *# If the request fails due to a missing, invalid, or mismatching redirection URI [...] the
 *# authorization server SHOULD inform the resource owner of the error and MUST NOT automatically
 *# redirect the user-agent */
static NX_FALLIBLE find_redirect(struct nx_oidc_ask *ask, nx_arena *a, const nx_client *c,
                                 const struct nx_params *request)
{
    const char *sent = nx_param(request, "redirect_uri");
    ask->redirect_sent = sent != NULL;
    if (!sent) {
        NX_REQUIRE(c->redirect_uris.n == 1 && !is_openid(request), NX_ERR_REDIRECT_URI);
        sent = c->redirect_uris.v[0];
    }
    bool native = strcmp(c->application_type, "native") == 0;
    NX_REQUIRE(nx_redirect_uri_matches(c->redirect_uris, sent, native), NX_ERR_REDIRECT_URI);
    ask->base.return_to = nx_arena_strdup(a, sent);
    NX_NEED(ask->base.return_to);
    return NX_OK;
}

/* How to answer, even if the request turns out to be wrong: a mode that cannot be read leaves the default. */
static void guess_answer(struct nx_oidc_ask *ask, nx_arena *a, const struct nx_params *request)
{
    const char *type = nx_param(request, "response_type"), *mode = nx_param(request, "response_mode");
    ask->mode = type && strstr(type, "id_token") ? NX_MODE_FRAGMENT : NX_MODE_QUERY;
    for (int m = 0; mode && m < NX_RESPONSE_MODES; m++)
        if (strcmp(mode, modes[m]) == 0) ask->mode = (enum nx_response_mode)m;
    const char *state = nx_param(request, "state");
    if (state && strlen(state) <= NX_STATE_MAX) ask->state = nx_arena_strdup(a, state);
}

NX_FALLIBLE nx_oidc_ask_target(struct nx_oidc_ask *ask, nx_client **client, struct nx_house *house, nx_arena *a,
                          const struct nx_params *request)
{
    *ask = (struct nx_oidc_ask){.base.max_age = -1};
    NX_AUTO(nx_client) c = NULL;
    NX_TRY(find_client(&c, house, nx_param(request, "client_id")));
    ask->base.client_id = nx_arena_strdup(a, c->id);
    NX_NEED(ask->base.client_id);
    NX_TRY(find_redirect(ask, a, c, request));
    guess_answer(ask, a, request);
    *client = NX_STEAL(c);
    return NX_OK;
}

/* Words in any order name the same type: "id_token code". */
static bool same_words(const struct nx_words *w, nx_arena *a, const char *type)
{
    struct nx_words of_type;
    if (!nx_ok(nx_words_split(&of_type, a, type, 4)) || of_type.count != w->count) return false;
    for (size_t i = 0; i < w->count; i++)
        if (!nx_words_has(&of_type, w->word[i])) return false;
    return true;
}

static bool registered_type(const nx_client *c, nx_arena *a, const struct nx_words *w)
{
    for (size_t i = 0; i < c->response_types.n; i++)
        if (same_words(w, a, c->response_types.v[i])) return true;
    return false;
}

static NX_FALLIBLE read_type(struct nx_oidc_ask *ask, nx_arena *a, const nx_client *c,
                             const struct nx_params *request)
{
    const char *sent = nx_param(request, "response_type");
    NX_REQUIRE(sent, NX_ERR_REQUEST);
    struct nx_words w;
    NX_REQUIRE(nx_ok(nx_words_split(&w, a, sent, 4)), NX_ERR_RESPONSE_TYPE);
    int type = 0;
    while (type < NX_RESPONSE_TYPES && !same_words(&w, a, types[type]))
        type++;
    NX_REQUIRE(type < NX_RESPONSE_TYPES, NX_ERR_RESPONSE_TYPE);
    NX_REQUIRE(registered_type(c, a, &w), NX_ERR_GRANT_NOT_ALLOWED);
    ask->type = (enum nx_response_type)type;
    return NX_OK;
}

static NX_FALLIBLE read_mode(struct nx_oidc_ask *ask, const struct nx_params *request)
{
    const char *sent = nx_param(request, "response_mode");
    if (!sent) return NX_OK;
    NX_REQUIRE(strcmp(sent, modes[ask->mode]) == 0, NX_ERR_REQUEST); /* one that guess_answer did not know */
    /* OAuth 2.0 Multiple Response Types section 5: no ID token in a query, where logs and referrers keep it.
     */
    NX_REQUIRE(ask->type == NX_RESPONSE_CODE || ask->mode != NX_MODE_QUERY, NX_ERR_REQUEST);
    return NX_OK;
}

static NX_FALLIBLE refuse_objects(const struct nx_params *request)
{
    NX_REQUIRE(!nx_param(request, "request"), NX_ERR_REQUEST_OBJECT);
    NX_REQUIRE(!nx_param(request, "request_uri"), NX_ERR_REQUEST_URI);
    NX_REQUIRE(!nx_param(request, "registration"), NX_ERR_REGISTRATION_PARAMETER);
    return NX_OK;
}

/*= RFC 7636 4.4.1
 *# If the server supporting PKCE does not support the requested transformation, the authorization
 *# endpoint MUST return the authorization error response with "error" value set to
 *# "invalid_request". */
static NX_FALLIBLE read_pkce(struct nx_oidc_ask *ask, nx_arena *a, const struct nx_params *request)
{
    const char *challenge = nx_param(request, "code_challenge");
    const char *method = nx_param(request, "code_challenge_method");
    NX_REQUIRE(challenge || !method, NX_ERR_REQUEST);
    if (!challenge) return NX_OK;
    NX_REQUIRE(method && strcmp(method, "S256") == 0, NX_ERR_REQUEST);
    uint8_t digest[32];
    size_t n;
    NX_REQUIRE(strlen(challenge) == NX_CODE_CHALLENGE_LEN &&
                   nx_ok(nx_b64u_decode(digest, sizeof digest, &n, nx_span_str(challenge))),
               NX_ERR_REQUEST);
    ask->base.pkce = true;
    return keep(&ask->challenge, a, challenge, NX_CODE_CHALLENGE_LEN);
}

static NX_FALLIBLE read_prompt(struct nx_oidc_ask *ask, nx_arena *a, const struct nx_params *request)
{
    static const struct {
        const char *word;
        unsigned bit;
    } words[] = {{"none", NX_PROMPT_NONE},
                 {"login", NX_PROMPT_LOGIN},
                 {"consent", NX_PROMPT_CONSENT},
                 {"select_account", NX_PROMPT_SELECT}};
    struct nx_words w;
    NX_REQUIRE(nx_ok(nx_words_split(&w, a, nx_param(request, "prompt"), 8)), NX_ERR_REQUEST);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (nx_words_has(&w, words[i].word)) ask->base.prompt |= words[i].bit;
    /*= OpenID Connect Core 3.1.2.1
     *# If this parameter contains none with any other value, an error is returned. */
    NX_REQUIRE(!(ask->base.prompt & NX_PROMPT_NONE) || w.count == 1, NX_ERR_REQUEST);
    return NX_OK;
}

static NX_FALLIBLE read_max_age(struct nx_oidc_ask *ask, const nx_client *c, const struct nx_params *request)
{
    ask->base.max_age = c->default_max_age;
    const char *sent = nx_param(request, "max_age");
    if (!sent) return NX_OK;
    uint64_t seconds;
    NX_REQUIRE(nx_ok(nx_parse_u64(&seconds, nx_span_str(sent), INT32_MAX)), NX_ERR_REQUEST);
    ask->base.max_age = (int64_t)seconds;
    return NX_OK;
}

static enum nx_level lowest_of(const char *const *v, size_t n)
{
    enum nx_level lowest = NX_LEVEL_NONE;
    for (size_t i = 0; i < n; i++) {
        enum nx_level level = nx_level_of_acr(nx_span_str(v[i]));
        if (level != NX_LEVEL_NONE && (lowest == NX_LEVEL_NONE || level < lowest)) lowest = level;
    }
    return lowest;
}

/* acr_values wish; claims.id_token.acr may demand. Any of the values named satisfies, so the lowest is what
 * counts. */
static NX_FALLIBLE read_acr(struct nx_oidc_ask *ask, nx_arena *a, const nx_client *c,
                            const struct nx_params *request, const struct nx_claims_ask *claims)
{
    struct nx_words w;
    NX_REQUIRE(nx_ok(nx_words_split(&w, a, nx_param(request, "acr_values"), 16)), NX_ERR_REQUEST);
    NX_REQUIRE(!claims->acr_unknown, NX_ERR_UNMET_ACR);
    ask->base.acr =
        w.count ? lowest_of(w.word, w.count) : lowest_of(c->default_acr_values.v, c->default_acr_values.n);
    if (claims->acr == NX_LEVEL_NONE) return NX_OK;
    if (claims->acr_essential || ask->base.acr == NX_LEVEL_NONE) ask->base.acr = claims->acr;
    ask->base.acr_essential = claims->acr_essential;
    return NX_OK;
}

static NX_FALLIBLE read_scope(struct nx_oidc_ask *ask, nx_arena *a, const nx_client *c,
                              const struct nx_params *request)
{
    const char *sent = nx_param(request, "scope");
    NX_TRY(nx_scope_allowed(&ask->base.scopes, a, c, sent ? sent : ""));
    NX_REQUIRE(ask->base.scopes.count > 0, NX_ERR_SCOPE);
    NX_REQUIRE(ask->type == NX_RESPONSE_CODE || nx_words_has(&ask->base.scopes, "openid"), NX_ERR_REQUEST);
    if (nx_words_has(&ask->base.scopes, "openid")) ask->base.claims.userinfo = nx_claims_of_scopes(&ask->base.scopes);
    return NX_OK;
}

static bool may_ask_for(const nx_client *c, struct nx_house *house, const char *resource)
{
    size_t n = strlen(house->issuer);
    bool userinfo = strncmp(resource, house->issuer, n) == 0 && strcmp(resource + n, "/oidc/userinfo") == 0;
    return userinfo || nx_strings_has(c->resources, resource);
}

/* RFC 8707: the only parameter that may stand more than once. */
static NX_FALLIBLE read_resources(struct nx_oidc_ask *ask, struct nx_house *house, nx_arena *a, const nx_client *c,
                                  const struct nx_params *request)
{
    ask->base.resources.word = nx_arena_new(a, const char *, NX_RESOURCES_MAX);
    NX_NEED(ask->base.resources.word);
    for (size_t i = 0; i < request->count; i++) {
        const struct nx_param *p = &request->row[i];
        if (strcmp(p->name, "resource") != 0 || !*p->value) continue;
        NX_REQUIRE(may_ask_for(c, house, p->value), NX_ERR_TARGET);
        if (nx_words_has(&ask->base.resources, p->value)) continue;
        NX_REQUIRE(ask->base.resources.count < NX_RESOURCES_MAX, NX_ERR_TARGET);
        const char *copy = nx_arena_strdup(a, p->value);
        NX_NEED(copy);
        ask->base.resources.word[ask->base.resources.count++] = copy;
    }
    return NX_OK;
}

static NX_FALLIBLE read_claims(struct nx_oidc_ask *ask, nx_arena *a, const nx_client *c,
                               const struct nx_params *request)
{
    struct nx_claims_ask more = {.acr = NX_LEVEL_NONE};
    const char *sent = nx_param(request, "claims");
    bool openid = nx_words_has(&ask->base.scopes, "openid");
    if (sent && openid) NX_TRY(nx_claims_parameter(&ask->base.claims, &more, a, sent));
    ask->base.hint_sub = more.sub;
    return read_acr(ask, a, c, request, &more);
}

static NX_FALLIBLE read_texts(struct nx_oidc_ask *ask, nx_arena *a, const struct nx_params *request)
{
    NX_TRY(keep(&ask->state, a, nx_param(request, "state"), NX_STATE_MAX));
    NX_TRY(keep(&ask->nonce, a, nx_param(request, "nonce"), NX_NONCE_MAX));
    /* OpenID Connect Core 3.3.2.11: required where an ID token comes through the browser. */
    NX_REQUIRE(ask->nonce || ask->type == NX_RESPONSE_CODE, NX_ERR_REQUEST);
    NX_TRY(keep(&ask->base.login_hint, a, nx_param(request, "login_hint"), NX_STATE_MAX));
    if (ask->base.login_hint && strlen(ask->base.login_hint) > NX_LOGIN_HINT_MAX) ask->base.login_hint = NULL;
    NX_TRY(keep(&ask->base.acr_values, a, nx_param(request, "acr_values"), NX_STATE_MAX));
    if (ask->base.acr_values && strlen(ask->base.acr_values) > NX_ACR_VALUES_MAX) ask->base.acr_values = NULL;
    NX_TRY(keep(&ask->base.ui_locales, a, nx_param(request, "ui_locales"), NX_STATE_MAX));
    if (ask->base.ui_locales && strlen(ask->base.ui_locales) > NX_UI_LOCALES_MAX) ask->base.ui_locales = NULL;
    return NX_OK;
}

NX_FALLIBLE nx_oidc_ask_parse(struct nx_oidc_ask *ask, struct nx_house *house, nx_arena *a, const nx_client *c,
                         const struct nx_params *request)
{
    NX_TRY(refuse_objects(request));
    NX_TRY(read_type(ask, a, c, request));
    NX_TRY(read_mode(ask, request));
    NX_TRY(read_texts(ask, a, request));
    NX_TRY(read_pkce(ask, a, request));
    NX_TRY(read_prompt(ask, a, request));
    NX_TRY(read_max_age(ask, c, request));
    NX_TRY(read_scope(ask, a, c, request));
    NX_TRY(read_resources(ask, house, a, c, request));
    NX_TRY(read_claims(ask, a, c, request));
    const char *hint = nx_param(request, "id_token_hint");
    return hint ? nx_hint_read(&ask->base.hint_sub, NULL, NULL, house, a, nx_span_str(hint)) : NX_OK;
}
