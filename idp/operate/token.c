/* Tokens, links and console sessions differ in what their holder has: a JWT whose jti is the row's, or a
 * secret whose digest is. None of the three is kept itself. */
#include "operate/token.h"

#include "crypto/jws.h"
#include "crypto/random.h"
#include "crypto/secret_digest.h"
#include "operate/approval.h"
#include "operate/scope.h"
#include "registry/operator_token.h"

#define CLIENT "nixactl" /* RFC 9068 wants a client_id; this is ours, and registration gives it to nobody */

static nx_result keep(const struct nx_operate_call *c, const struct nx_operator_token *t, const char *type)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_operator_token_sweep(c->house->registry, t->issued));
    NX_TRY(nx_operator_token_put(c->house->registry, t));
    NX_TRY(nx_operate_audit(
        c, type, NULL,
        json_pack("{s:s,s:s,s:I}", "id", t->jti, "scopes", t->scopes, "expires", (json_int_t)t->expires)));
    return nx_registry_commit(&change);
}

static nx_result sign(char **out, const struct nx_operate_call *c, const struct nx_operator_token *t)
{
    NX_AUTO_JSON claims =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I}", "iss", c->house->issuer, "sub", t->actor, "aud",
                  c->house->admin_audience, "client_id", CLIENT, "jti", t->jti, "scope", t->scopes, "iat",
                  (json_int_t)t->issued, "exp", (json_int_t)t->expires);
    NX_NEED(claims);
    return nx_jws_sign_json(out, c->arena, c->house->keyring, NX_USE_TOKEN, "at+jwt", claims);
}

nx_result nx_operate_token_issue(json_t **out, struct nx_operate_call *c, const char *scopes, int64_t ttl)
{
    nx_id jti;
    char *jwt;
    struct nx_operator_token t = {.kind = NX_OPERATOR_TOKEN, .actor = c->actor, .issued = nx_now()};
    if (ttl == 0) ttl = c->house->settings->operator_ttl_s;
    NX_REQUIRE(ttl >= 1 && ttl <= NX_OPERATOR_TTL_MAX, NX_ERR_RANGE);
    NX_TRY(nx_operator_scopes(&t.scopes, c->arena, scopes));
    NX_TRY(nx_operate_approved(c, "token", t.scopes));
    NX_TRY(nx_id_make(&jti));
    t.jti = jti.s;
    t.expires = t.issued + ttl;
    NX_TRY(keep(c, &t, "operator.token-issued"));
    NX_TRY(sign(&jwt, c, &t));
    *out = json_pack("{s:s,s:s,s:s}", "token", jwt, "jti", t.jti, "scope", t.scopes);
    NX_NEED(*out);
    nx_operate_time(*out, "expires", t.expires);
    return NX_OK;
}

static json_t *row_json(const struct nx_operator_token *t)
{
    static const char *const kinds[] = {"token", "console-link", "console"};
    json_t *j = json_pack("{s:s,s:s,s:s,s:s}", "jti", t->jti, "kind", kinds[t->kind], "actor", t->actor,
                          "scope", t->scopes);
    if (!j) return NULL;
    nx_operate_time(j, "issued", t->issued);
    nx_operate_time(j, "expires", t->expires);
    nx_operate_time(j, "revoked", t->revoked);
    return j;
}

nx_result nx_operate_token_list(json_t **out, struct nx_operate_call *c)
{
    struct nx_operator_token_list list;
    NX_AUTO_JSON items = json_array();
    NX_NEED(items);
    NX_TRY(nx_operator_token_list(c->house->registry, c->arena, nx_now(), &list));
    for (size_t i = 0; i < list.n; i++)
        NX_REQUIRE(json_array_append_new(items, row_json(&list.v[i])) == 0, NX_ERR_MEMORY);
    *out = nx_operate_list(NX_STEAL(items), NULL);
    NX_NEED(*out);
    return NX_OK;
}

nx_result nx_operate_token_revoke(struct nx_operate_call *c, const char *jti)
{
    NX_REQUIRE(jti, NX_ERR_MISSING);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_operator_token_revoke(c->house->registry, jti, nx_now()));
    NX_TRY(nx_operate_audit(c, "operator.token-revoked", NULL, json_pack("{s:s}", "id", jti)));
    return nx_registry_commit(&change);
}

static nx_result digest_text(char out[NX_B64U_LEN(NX_SHA256_LEN) + 1], nx_span secret)
{
    uint8_t digest[NX_SHA256_LEN];
    NX_TRY(nx_secret_digest(digest, secret));
    nx_b64u_encode(out, nx_span_of(digest, sizeof digest));
    return NX_OK;
}

nx_result nx_operate_link_issue(json_t **out, struct nx_operate_call *c, const char *role)
{
    NX_AUTO_SECRET(secret);
    char jti[NX_B64U_LEN(NX_SHA256_LEN) + 1];
    struct nx_operator_token t = {.kind = NX_OPERATOR_LINK, .actor = c->actor, .issued = nx_now()};
    t.scopes = role ? nx_operator_role_scopes(role) : NULL;
    if (!t.scopes) return nx_operate_refuse(c, NX_ERR_UNKNOWN, "role: auditor, operator or administrator");
    NX_TRY(nx_operate_approved(c, "console-link", t.scopes));
    NX_TRY(nx_secret_make(&secret));
    NX_TRY(digest_text(jti, nx_secret_expose(&secret)));
    t.jti = jti;
    t.expires = t.issued + NX_CONSOLE_LINK_S;
    NX_TRY(keep(c, &t, "operator.console-link"));
    const char *origin = c->house->settings->console_origin;
    const char *url =
        nx_arena_printf(c->arena, "%s/console/link#%.*s", origin && *origin ? origin : c->house->issuer,
                        (int)secret.n, (const char *)secret.bytes);
    NX_NEED(url);
    *out = json_pack("{s:s,s:s}", "url", url, "role", role);
    NX_NEED(*out);
    nx_operate_time(*out, "expires", t.expires);
    return NX_OK;
}

static void show(struct nx_console *out, const struct nx_operator_token *t)
{
    *out = (struct nx_console){.actor = t->actor, .scopes = t->scopes, .jti = t->jti, .expires = t->expires};
}

static nx_result open_console(nx_secret *cookie, struct nx_console *out, struct nx_operate_call *c,
                              const char *scopes)
{
    char jti[NX_B64U_LEN(NX_SHA256_LEN) + 1];
    struct nx_operator_token t = {
        .kind = NX_OPERATOR_CONSOLE, .actor = c->actor, .scopes = scopes, .issued = nx_now()};
    NX_TRY(nx_secret_make(cookie));
    NX_TRY(digest_text(jti, nx_secret_expose(cookie)));
    t.jti = nx_arena_strdup(c->arena, jti);
    NX_NEED(t.jti);
    t.expires = t.issued + NX_CONSOLE_SESSION_S;
    NX_TRY(keep(c, &t, "operator.console-entered"));
    show(out, &t);
    return NX_OK;
}

nx_result nx_console_enter(nx_secret *cookie, struct nx_console *out, struct nx_house *house, nx_arena *a,
                           nx_span secret)
{
    char jti[NX_B64U_LEN(NX_SHA256_LEN) + 1];
    struct nx_operator_token link;
    NX_TRY(digest_text(jti, secret));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    NX_TRY(nx_operator_token_take(house->registry, a, jti, NX_OPERATOR_LINK, nx_now(), &link));
    struct nx_operate_call c = {.house = house, .arena = a, .actor = link.actor};
    NX_TRY(open_console(cookie, out, &c, link.scopes));
    return nx_registry_commit(&change);
}

nx_result nx_console_begin(nx_secret *cookie, struct nx_console *out, struct nx_house *house, nx_arena *a,
                           const char *actor, const char *scopes)
{
    struct nx_operate_call c = {.house = house, .arena = a, .actor = actor};
    return open_console(cookie, out, &c, scopes);
}

nx_result nx_console_find(struct nx_console *out, struct nx_house *house, nx_arena *a, nx_span cookie)
{
    char jti[NX_B64U_LEN(NX_SHA256_LEN) + 1];
    struct nx_operator_token t;
    NX_REQUIRE(cookie.n == NX_MADE_SECRET_LEN, NX_ERR_NOT_FOUND);
    NX_TRY(digest_text(jti, cookie));
    NX_TRY(nx_operator_token_live(house->registry, a, jti, NX_OPERATOR_CONSOLE, nx_now(), &t));
    show(out, &t);
    return NX_OK;
}

nx_result nx_console_leave(struct nx_house *house, const struct nx_console *c)
{
    return nx_operator_token_revoke(house->registry, c->jti, nx_now());
}
