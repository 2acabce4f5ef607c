/* Signature by us and by a second implementation, then the claims, then the row in the registry, then the
 * gate. Whatever is wrong with a token is one error to its sender; what it lacks in scope is another. */
#include "endpoints/bearer/check.h"

#include "crypto/jws.h"
#include "endpoints/bearer/second.h"
#include "gate/gate.h"
#include "registry/operator_token.h"

#include <strings.h>

#define TYP "at+jwt"

/* What the token says, once its signature is good. */
struct said {
    const char *jti, *scopes;
    nx_time exp;
    bool audience;
};

NX_FALLIBLE nx_bearer_token(nx_span *out, const char *authorization)
{
    static const char scheme[] = "Bearer ";
    bool bearer = authorization && strncasecmp(authorization, scheme, sizeof scheme - 1) == 0;
    NX_REQUIRE(bearer, NX_ERR_TOKEN_ABSENT);
    *out = nx_span_str(authorization + sizeof scheme - 1);
    NX_REQUIRE(out->n, NX_ERR_TOKEN_ABSENT);
    return NX_OK;
}

/* Our own failures stay what they are; everything about the token is one answer. */
static nx_result as_invalid(nx_result r)
{
    nx_fault_of fault = nx_err_fault(r.e);
    if (nx_ok(r) || fault == NX_FAULT_OURS || fault == NX_FAULT_AWAY) return r;
    NX_FAIL(NX_ERR_TOKEN_INVALID);
}

static nx_result verify_twice(struct nx_jws *jws, struct nx_house *house, nx_arena *a, nx_span token)
{
    uint32_t uses = NX_USE_BIT(NX_USE_TOKEN);
    NX_TRY(nx_jws_verify_own(jws, a, house->keyring, uses, TYP, token));
    NX_AUTO(nx_signing_key) key = NULL;
    NX_TRY(nx_keyring_find(&key, house->keyring, uses, nx_span_str(jws->kid)));
    const char *text = nx_arena_dup(a, token);
    NX_NEED(text);
    return nx_second_verify(key, a, text);
}

static bool is_text(const json_t *claims, const char *name, const char *expected)
{
    const char *s = nx_json_str(claims, name);
    return s && strcmp(s, expected) == 0;
}

/* RFC 9068 section 2.2 and 4. A sender-constrained token (cnf) is no bearer token. */
static nx_result read_claims(struct said *out, nx_arena *a, const json_t *claims,
                             const struct nx_house *house)
{
    nx_time now = nx_now();
    NX_REQUIRE(is_text(claims, "iss", house->issuer) && !json_object_get(claims, "cnf"),
               NX_ERR_TOKEN_INVALID);
    int64_t exp = nx_json_int(claims, "exp", 0), iat = nx_json_int(claims, "iat", INT64_MAX);
    int64_t nbf = json_object_get(claims, "nbf") ? nx_json_int(claims, "nbf", INT64_MAX) : iat;
    NX_REQUIRE(now < exp && iat <= now + NX_SKEW_S && nbf <= now + NX_SKEW_S, NX_ERR_TOKEN_INVALID);
    const char *jti = nx_json_str(claims, "jti"), *scope = nx_json_str(claims, "scope");
    NX_REQUIRE(jti && *jti && scope, NX_ERR_TOKEN_INVALID);
    *out = (struct said){nx_arena_strdup(a, jti), nx_arena_strdup(a, scope), exp,
                         is_text(claims, "aud", house->admin_audience)};
    NX_REQUIRE(out->jti && out->scopes, NX_ERR_MEMORY);
    return NX_OK;
}

static nx_result read_token(struct said *out, struct nx_house *house, nx_arena *a, nx_span token)
{
    struct nx_jws jws;
    NX_TRY(verify_twice(&jws, house, a, token));
    NX_AUTO_JSON claims = NULL;
    NX_TRY(nx_json_parse_object(&claims, jws.payload));
    return read_claims(out, a, claims, house);
}

static bool list_holds(const char *list, const char *scope)
{
    nx_span rest = nx_span_str(list), piece;
    while (nx_span_cut(&rest, ' ', &piece))
        if (nx_span_eq_str(piece, scope)) return true;
    return false;
}

bool nx_bearer_holds(const struct nx_bearer *b, const char *scope)
{
    return list_holds(b->scopes, scope);
}

/* The gate's reasons of an operator are about scope or about the token. */
static nx_result ask_gate(struct nx_house *house, nx_arena *a, const struct said *said, bool live, bool scope)
{
    struct nx_gate g;
    struct nx_terms terms;
    nx_gate_open(&g, house, a, NX_FACE_OPERATOR);
    nx_gate_operator(&g, live, said->exp, said->audience, scope);
    nx_result r = nx_gate_require(&terms, &g);
    return r.e == NX_ERR_SCOPE_INSUFFICIENT ? r : as_invalid(r);
}

NX_FALLIBLE nx_bearer_check(struct nx_bearer *out, struct nx_house *house, nx_arena *a, nx_span token,
                            const char *scope)
{
    struct said said = {.jti = NULL};
    struct nx_operator_token row = {.jti = NULL};
    NX_TRY(as_invalid(read_token(&said, house, a, token)));
    nx_result r = nx_operator_token_live(house->registry, a, said.jti, NX_OPERATOR_TOKEN, nx_now(), &row);
    if (!nx_ok(r) && r.e != NX_ERR_NOT_FOUND) return r;
    bool live = nx_ok(r);
    bool held = live && list_holds(row.scopes, scope) && list_holds(said.scopes, scope);
    NX_TRY(ask_gate(house, a, &said, live, held));
    *out = (struct nx_bearer){.actor = row.actor, .scopes = row.scopes, .jti = row.jti, .expires = said.exp};
    return NX_OK;
}
