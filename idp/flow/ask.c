/* The stored form of a request. Tags are never given a new meaning: a node of the next version reads what
 * this one wrote (docs/architecture.md section 6). */
#include "flow/ask.h"

#include "base/pack.h"

#define PACK_MAX (14u << 10)

enum tag {
    CLIENT = 1,
    RETURN_TO = 2,
    SCOPES = 9,
    RESOURCES = 10,
    CLAIMS = 11,
    PROMPT = 12,
    MAX_AGE = 13,
    ACR = 14,
    ACR_ESSENTIAL = 15,
    HINT_SUB = 16,
    LOGIN_HINT = 17,
    UI_LOCALES = 18,
    PRIOR_SESSION = 19,
    PRIOR_LINK = 20,
    PROTOCOL = 21,
    PKCE = 22,
    OWN = 23,
    ACR_VALUES = 24
};

static void texts(nx_buf *b, const struct nx_ask *ask)
{
    nx_pack_text(b, PROTOCOL, ask->protocol);
    nx_pack_text(b, CLIENT, ask->client_id);
    nx_pack_text(b, RETURN_TO, ask->return_to);
    nx_pack_text(b, HINT_SUB, ask->hint_sub);
    nx_pack_text(b, LOGIN_HINT, ask->login_hint);
    nx_pack_text(b, UI_LOCALES, ask->ui_locales);
    nx_pack_text(b, ACR_VALUES, ask->acr_values);
    nx_pack_text(b, PRIOR_SESSION, ask->prior_session);
}

static void numbers(nx_buf *b, const struct nx_ask *ask)
{
    nx_pack_number(b, PROMPT, ask->prompt);
    nx_pack_number(b, MAX_AGE, ask->max_age);
    nx_pack_number(b, ACR, ask->acr);
    nx_pack_number(b, ACR_ESSENTIAL, ask->acr_essential);
    nx_pack_number(b, PKCE, ask->pkce);
    nx_pack_number(b, PRIOR_LINK, ask->prior_link);
}

NX_FALLIBLE nx_ask_pack(nx_span *out, nx_arena *a, const struct nx_ask *ask)
{
    nx_buf b;
    nx_buf_init(&b, a, PACK_MAX);
    nx_pack_begin(&b, 1);
    texts(&b, ask);
    numbers(&b, ask);
    const char *scopes = nx_words_join(a, &ask->scopes), *resources = nx_words_join(a, &ask->resources),
               *claims;
    NX_NEED(scopes);
    NX_NEED(resources);
    NX_REQUIRE(ask->own.n <= NX_ASK_OWN_MAX, NX_ERR_LIMIT);
    NX_TRY(nx_claims_pack(&claims, a, &ask->claims));
    nx_pack_text(&b, SCOPES, scopes);
    nx_pack_text(&b, RESOURCES, resources);
    nx_pack_text(&b, CLAIMS, claims);
    nx_pack_bytes(&b, OWN, ask->own);
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_span(&b);
    return NX_OK;
}

static void read_texts(struct nx_ask *ask, nx_arena *a, const nx_pack *p)
{
    ask->protocol = nx_pack_get_text(p, PROTOCOL, a);
    ask->client_id = nx_pack_get_text(p, CLIENT, a);
    ask->return_to = nx_pack_get_text(p, RETURN_TO, a);
    ask->hint_sub = nx_pack_get_text(p, HINT_SUB, a);
    ask->login_hint = nx_pack_get_text(p, LOGIN_HINT, a);
    ask->ui_locales = nx_pack_get_text(p, UI_LOCALES, a);
    ask->acr_values = nx_pack_get_text(p, ACR_VALUES, a);
    ask->prior_session = nx_pack_get_text(p, PRIOR_SESSION, a);
}

static void read_numbers(struct nx_ask *ask, const nx_pack *p)
{
    ask->prompt = (unsigned)nx_pack_get_number(p, PROMPT, 0);
    ask->max_age = nx_pack_get_number(p, MAX_AGE, -1);
    ask->acr = (enum nx_level)nx_pack_get_number(p, ACR, NX_LEVEL_NONE);
    ask->acr_essential = nx_pack_get_number(p, ACR_ESSENTIAL, 0);
    ask->pkce = nx_pack_get_number(p, PKCE, 0);
    ask->prior_link = (uint32_t)nx_pack_get_number(p, PRIOR_LINK, 0);
}

NX_FALLIBLE nx_ask_unpack(struct nx_ask *ask, nx_arena *a, nx_span pack)
{
    nx_pack p;
    NX_TRY(nx_pack_open(&p, pack));
    *ask = (struct nx_ask){.max_age = -1};
    read_texts(ask, a, &p);
    read_numbers(ask, &p);
    NX_REQUIRE(ask->protocol && ask->client_id && ask->return_to, NX_ERR_SYNTAX);
    NX_REQUIRE(ask->acr >= NX_LEVEL_NONE && ask->acr <= NX_M4, NX_ERR_SYNTAX);
    ask->own = nx_pack_get(&p, OWN);
    NX_TRY(nx_words_split(&ask->scopes, a, nx_pack_get_text(&p, SCOPES, a), NX_SCOPES_MAX));
    NX_TRY(nx_words_split(&ask->resources, a, nx_pack_get_text(&p, RESOURCES, a), NX_RESOURCES_MAX));
    return nx_claims_unpack(&ask->claims, nx_pack_get_text(&p, CLAIMS, a));
}

bool nx_ask_is_fresh(const struct nx_ask *ask, const struct nx_signon *s)
{
    return !ask->prior_session || strcmp(ask->prior_session, s->id.s) != 0 || ask->prior_link != s->link;
}
