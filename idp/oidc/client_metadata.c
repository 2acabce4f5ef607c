#include "oidc/client_metadata.h"

#include "base/text.h"
#include "crypto/jwk.h"
#include "egress/egress.h"
#include "house/house.h"
#include "oidc/ask.h"
#include "oidc/client_auth.h"
#include "oidc/client_certificate.h"
#include "oidc/grants.h"
#include "flow/scope.h"
#include "flow/url.h"

#include <arpa/inet.h>

#define TEXT_MAX 512
#define NAME_MAX_BYTES 200
#define LIST_MAX 32

typedef nx_result (*check)(struct nx_metadata_check *c, const char *member, const json_t *v);

NX_FALLIBLE nx_metadata_refuse(struct nx_metadata_check *c, nx_err e, const char *member, const char *what)
{
    c->why = nx_arena_printf(c->arena, "%s %s", member, what);
    return nx_fail(e, __func__, __LINE__);
}

#define MUST(ok, what)                                                                                       \
    do {                                                                                                     \
        if (!(ok)) return nx_metadata_refuse(c, NX_ERR_CLIENT_METADATA, member, (what));                     \
    } while (0)

static nx_result text(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    const char *s = json_string_value(v);
    MUST(s && *s && strlen(s) <= TEXT_MAX && nx_utf8_printable(nx_span_str(s)),
         "must be a short printable text");
    return NX_OK;
}

static nx_result name(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    const char *s = json_string_value(v);
    MUST(s && *s && strlen(s) <= NAME_MAX_BYTES && nx_utf8_printable(nx_span_str(s)),
         "must be a printable text of at most 200 bytes");
    return NX_OK;
}

static nx_result texts(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    MUST(json_is_array(v) && json_array_size(v) <= LIST_MAX, "must be an array of at most 32 texts");
    size_t i;
    json_t *item;
    json_array_foreach(v, i, item)
    {
        const char *s = json_string_value(item);
        MUST(s && *s && strlen(s) <= NX_URL_MAX, "must be an array of texts");
    }
    return NX_OK;
}

static nx_result flag(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    MUST(json_is_boolean(v), "must be true or false");
    return NX_OK;
}

static nx_result count(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    MUST(json_is_integer(v) && json_integer_value(v) >= 0 && json_integer_value(v) <= INT32_MAX,
         "must be a number of seconds");
    return NX_OK;
}

static bool listed(const json_t *v, const char *(*at)(size_t))
{
    const char *s = json_string_value(v), *known;
    for (size_t i = 0; s && (known = at(i)); i++)
        if (strcmp(s, known) == 0) return true;
    return false;
}

static nx_result all_listed(struct nx_metadata_check *c, const char *member, const json_t *v,
                            const char *(*at)(size_t))
{
    NX_TRY(texts(c, member, v));
    size_t i;
    json_t *item;
    json_array_foreach(v, i, item) MUST(listed(item, at), "has a value that is not supported");
    return NX_OK;
}

static const char *response_type_at(size_t i)
{
    return i < NX_RESPONSE_TYPES ? nx_response_type_name((enum nx_response_type)i) : NULL;
}

static nx_result response_types(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    return all_listed(c, member, v, response_type_at);
}

/* "implicit" is how OpenID Connect names the front-channel half of `code id_token`; it is no grant of the
 * endpoint's. */
static const char *grant_type_at(size_t i)
{
    const char *row = nx_grant_name(i);
    if (row) return row;
    return nx_grant_name(i - 1) ? "implicit" : NULL;
}

static nx_result grant_types(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    return all_listed(c, member, v, grant_type_at);
}

static nx_result one_of(struct nx_metadata_check *c, const char *member, const json_t *v,
                        const char *const *words)
{
    const char *s = json_string_value(v);
    for (size_t i = 0; s && words[i]; i++)
        if (strcmp(s, words[i]) == 0) return NX_OK;
    MUST(false, "is not supported");
    return NX_OK;
}

static nx_result application_type(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    static const char *const words[] = {"web", "native", NULL};
    return one_of(c, member, v, words);
}

static nx_result subject_type(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    static const char *const words[] = {"pairwise", "public", NULL};
    return one_of(c, member, v, words);
}

static nx_result profile(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    static const char *const words[] = {"base", "fapi2", NULL};
    return one_of(c, member, v, words);
}

static nx_result our_alg(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    static const char *const words[] = {"RS256", "ES256", NULL};
    return one_of(c, member, v, words);
}

static nx_result any_alg(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    MUST(nx_alg_of(nx_span_str(json_string_value(v))) != NX_ALG_NONE, "is not supported");
    return NX_OK;
}

static nx_result auth_method(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    MUST(listed(v, nx_client_auth_method), "is not supported");
    MUST(nx_client_auth_offered(c->house, json_string_value(v)), "needs --client-ca, which is not set here");
    return NX_OK;
}

static nx_result address(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    const char *s = json_string_value(v);
    MUST(s && (inet_pton(AF_INET, s, bytes) == 1 || inet_pton(AF_INET6, s, bytes) == 1), "must be an IP address");
    return NX_OK;
}

static nx_result acr_values(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    NX_TRY(texts(c, member, v));
    size_t i;
    json_t *item;
    json_array_foreach(v, i, item)
        MUST(nx_level_of_acr(nx_span_str(json_string_value(item))) != NX_LEVEL_NONE, "has an unknown level");
    return NX_OK;
}

/* Rule 12: the operators' scopes are not to be had. */
static nx_result scope(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    struct nx_words w;
    MUST(json_is_string(v) && nx_ok(nx_words_split(&w, c->arena, json_string_value(v), NX_SCOPES_MAX)),
         "must be scopes between single spaces");
    for (size_t i = 0; i < w.count; i++) {
        MUST(nx_scope_valid(nx_span_str(w.word[i])), "has a malformed scope");
        MUST(!nx_scope_is_operators(w.word[i]), "has a scope that clients cannot have");
    }
    return NX_OK;
}

bool nx_metadata_url_ok(struct nx_metadata_check *c, const char *s, struct nx_url *u)
{
    if (!s || !nx_ok(nx_url_split(u, nx_span_str(s))) || u->fragment) return false;
    return nx_url_is_https(u) || (nx_url_is_http(u) && c->house->loopback && nx_url_is_loopback(u));
}

static nx_result page(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    struct nx_url u;
    MUST(nx_metadata_url_ok(c, json_string_value(v), &u), "must be an https URL without fragment");
    return NX_OK;
}

static nx_result login_page(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    struct nx_url u;
    MUST(nx_metadata_url_ok(c, json_string_value(v), &u) && nx_url_is_https(&u), "must be an https URL");
    return NX_OK;
}

/* Rule 30: a URL that the server would call and may not is refused now and not when it is needed. */
static nx_result called(struct nx_metadata_check *c, const char *member, const json_t *v, nx_purpose purpose)
{
    NX_TRY(page(c, member, v));
    MUST(!c->house->egress ||
             nx_ok(nx_egress_url_allowed(c->house->egress, purpose, nx_span_str(json_string_value(v)))),
         "is an address that this server does not call");
    return NX_OK;
}

static nx_result called_jwks(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    return called(c, member, v, NX_PURPOSE_CLIENT_JWKS);
}

static nx_result called_sector(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    return called(c, member, v, NX_PURPOSE_SECTOR);
}

static nx_result called_logout(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    return called(c, member, v, NX_PURPOSE_LOGOUT);
}

static nx_result jwks(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    NX_AUTO(nx_jwks) set = NULL;
    MUST(json_is_object(v) && nx_ok(nx_jwks_from_json(&set, v)),
         "must be a set of public keys, one of them usable");
    return NX_OK;
}

/* Rule 12: our own audiences (userinfo, admin) are nobody's to register. */
static bool is_ours(const struct nx_metadata_check *c, const struct nx_url *u)
{
    const char *origin = nx_url_origin(c->arena, u);
    return !origin || strcasecmp(origin, c->house->issuer) == 0;
}

static nx_result resources(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    NX_TRY(texts(c, member, v));
    size_t i;
    json_t *item;
    json_array_foreach(v, i, item)
    {
        struct nx_url u;
        MUST(nx_ok(nx_url_split(&u, nx_span_str(json_string_value(item)))) && !u.fragment,
             "must be absolute URIs without fragment");
        MUST(!is_ours(c, &u), "has one of this server's own");
    }
    return NX_OK;
}

static nx_result audience(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    struct nx_url u;
    NX_TRY(text(c, member, v));
    bool url = nx_ok(nx_url_split(&u, nx_span_str(json_string_value(v))));
    MUST(!url || !is_ours(c, &u), "is this server's own");
    return NX_OK;
}

static nx_result unsupported(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    (void)v;
    MUST(false, "is not supported");
    return NX_OK;
}

static nx_result refused_if_true(struct nx_metadata_check *c, const char *member, const json_t *v)
{
    MUST(json_is_false(v), "is not supported");
    return NX_OK;
}

static const struct {
    const char *name;
    check check;
} rows[] = {
#define V(member, function) {#member, function},
#include "oidc/client_metadata.def"
#undef V
};

/* "client_name#vi" is checked and kept like "client_name" (RFC 7591 section 2.2). */
static check row_of(const char *member)
{
    size_t n = strcspn(member, "#");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strlen(rows[i].name) == n && strncmp(rows[i].name, member, n) == 0) return rows[i].check;
    return NULL;
}

static NX_FALLIBLE copy_checked(json_t *kept, struct nx_metadata_check *c, const json_t *sent)
{
    const char *member;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)sent, member, v)
    {
        check function = row_of(member);
        if (!function || json_is_null(v)) continue;
        NX_TRY(function(c, member, v));
        NX_REQUIRE(json_object_set(kept, member, v) == 0, NX_ERR_MEMORY);
    }
    return NX_OK;
}

static void fill(json_t *kept, const char *member, json_t *otherwise)
{
    if (json_object_get(kept, member))
        json_decref(otherwise);
    else
        json_object_set_new(kept, member, otherwise);
}

static void fill_defaults(json_t *kept, bool by_hand)
{
    fill(kept, "grant_types", json_pack("[s]", "authorization_code"));
    bool codes = nx_json_has(json_object_get(kept, "grant_types"), "authorization_code");
    fill(kept, "response_types", codes ? json_pack("[s]", "code") : json_array());
    fill(kept, "application_type", json_string("web"));
    fill(kept, "token_endpoint_auth_method", json_string("client_secret_basic"));
    fill(kept, "id_token_signed_response_alg", json_string(by_hand ? "ES256" : "RS256"));
    fill(kept, "subject_type", json_string("pairwise"));
}

static bool has_type(const json_t *kept, const char *part)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(kept, "response_types"), i,
                       item) if (strstr(json_string_value(item), part)) return true;
    return false;
}

/* RFC 7591 section 2.1: the grant types and response types must fit each other. */
static NX_FALLIBLE check_types(struct nx_metadata_check *c, const json_t *kept)
{
    const char *member = "grant_types";
    const json_t *grants = json_object_get(kept, member);
    bool codes = nx_json_has(grants, "authorization_code");
    MUST(codes || !has_type(kept, "code"), "lacks authorization_code, which response_types needs");
    MUST(!codes || has_type(kept, "code"), "has authorization_code without a response type");
    MUST(!nx_json_has(grants, "implicit") || has_type(kept, "id_token"),
         "has implicit, which is not supported");
    const char *method = nx_json_str(kept, "token_endpoint_auth_method");
    MUST(!nx_json_has(grants, "client_credentials") || strcmp(method, "none") != 0,
         "has client_credentials, which needs client authentication");
    return NX_OK;
}

static NX_FALLIBLE check_keys(struct nx_metadata_check *c, const json_t *kept)
{
    const char *member = "jwks";
    bool by_value = json_object_get(kept, "jwks"), by_uri = json_object_get(kept, "jwks_uri");
    /*= RFC 7591 2
     *# The "jwks_uri" and "jwks" parameters MUST NOT both be present in the same request or
     *# response. */
    MUST(!(by_value && by_uri), "and jwks_uri must not both be present");
    const char *method = nx_json_str(kept, "token_endpoint_auth_method");
    MUST(strcmp(method, "private_key_jwt") != 0 || by_value || by_uri,
         "or jwks_uri is needed for private_key_jwt");
    return NX_OK;
}

/*= RFC 8705 2.1.2
 *# A client using the "tls_client_auth" authentication method MUST use exactly one of the below metadata parameters */
static NX_FALLIBLE check_certificate(struct nx_metadata_check *c, const json_t *kept)
{
    const char *member = "tls_client_auth";
    bool by_certificate = strcmp(nx_json_str(kept, "token_endpoint_auth_method"), member) == 0;
    size_t named = 0;
    for (size_t i = 0; nx_client_certificate_member(i); i++)
        named += json_object_get(kept, nx_client_certificate_member(i)) != NULL;
    MUST(!by_certificate || named == 1, "needs exactly one of its _subject_dn, _san_dns, _san_uri, _san_ip, _san_email");
    MUST(by_certificate || named == 0, "is the method that the name of a certificate belongs to");
    return NX_OK;
}

static NX_FALLIBLE check_redirects(struct nx_metadata_check *c, const json_t *kept)
{
    bool native = strcmp(nx_json_str(kept, "application_type"), "native") == 0;
    bool codes = nx_json_has(json_object_get(kept, "grant_types"), "authorization_code");
    const json_t *list = json_object_get(kept, "redirect_uris");
    if (codes && json_array_size(list) == 0)
        return nx_metadata_refuse(c, NX_ERR_REDIRECT_URI_METADATA, "redirect_uris", "must name at least one");
    NX_TRY(nx_metadata_redirects(c, "redirect_uris", list, native));
    nx_result r = nx_metadata_redirects(c, "post_logout_redirect_uris",
                                        json_object_get(kept, "post_logout_redirect_uris"), native);
    NX_REQUIRE(r.e != NX_ERR_REDIRECT_URI_METADATA, NX_ERR_CLIENT_METADATA);
    return r;
}

NX_FALLIBLE nx_client_metadata(json_t **kept, struct nx_metadata_check *c, const json_t *sent)
{
    NX_AUTO_JSON out = json_object();
    NX_NEED(out);
    NX_TRY(copy_checked(out, c, sent));
    fill_defaults(out, c->by_hand);
    NX_TRY(check_types(c, out));
    NX_TRY(check_keys(c, out));
    NX_TRY(check_certificate(c, out));
    NX_TRY(check_redirects(c, out));
    *kept = NX_STEAL(out);
    return NX_OK;
}
