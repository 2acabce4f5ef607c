/* Redirect URIs and the sector that they make: OpenID Connect Registration section 2, Core section 8.1, RFC
 * 8252. */
#include "egress/egress.h"
#include "house/house.h"
#include "oidc/client_metadata.h"
#include "flow/url.h"

static bool private_scheme(const struct nx_url *u)
{
    /*= RFC 8252 7.1
     *# apps MUST use a URI scheme based on a domain name under their control, expressed in
     *# reverse order */
    return memchr(u->scheme.p, '.', u->scheme.n) != NULL;
}

static bool redirect_ok(struct nx_metadata_check *c, const char *s, bool native)
{
    struct nx_url u;
    if (!nx_ok(nx_url_split(&u, nx_span_str(s))) || u.fragment) return false;
    if (nx_url_is_https(&u)) return true;
    if (nx_url_is_http(&u)) return nx_url_is_loopback(&u) && (native || c->house->loopback);
    return native && private_scheme(&u);
}

NX_FALLIBLE nx_metadata_redirects(struct nx_metadata_check *c, const char *member, const json_t *list,
                                  bool native)
{
    if (json_array_size(list) > NX_REDIRECT_URIS_MAX)
        return nx_metadata_refuse(c, NX_ERR_REDIRECT_URI_METADATA, member, "has too many");
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        const char *s = json_string_value(item);
        if (!s || !redirect_ok(c, s, native))
            return nx_metadata_refuse(
                c, NX_ERR_REDIRECT_URI_METADATA, member,
                "has one that is not https, has a fragment, or is of another kind of application");
    }
    return NX_OK;
}

/* The host; for a private scheme the scheme, which is a reversed domain name. */
static char *host_of(nx_arena *a, const char *s)
{
    struct nx_url u;
    if (!nx_ok(nx_url_split(&u, nx_span_str(s)))) return NULL;
    return nx_arena_dup(a, u.authority ? u.host : u.scheme);
}

static NX_FALLIBLE fetch_list(json_t **out, struct nx_metadata_check *c, const char *uri)
{
    struct nx_egress_reply reply;
    struct nx_egress_request rq = {.purpose = NX_PURPOSE_SECTOR, .url = uri};
    bool got = c->house->egress && nx_ok(nx_egress_call(&reply, c->arena, c->house->egress, &rq)) &&
               reply.status == 200 && nx_ok(nx_json_parse(out, reply.body)) && json_is_array(*out);
    if (got) return NX_OK;
    return nx_metadata_refuse(c, NX_ERR_CLIENT_METADATA, "sector_identifier_uri",
                              "does not answer with a JSON array");
}

/*= OpenID Connect Registration 5
 *# The values of the registered redirect_uris MUST be included in the elements of the array, or
 *# registration MUST fail. */
static NX_FALLIBLE check_list(struct nx_metadata_check *c, const char *uri, const json_t *redirects)
{
    NX_AUTO_JSON list = NULL;
    NX_TRY(fetch_list(&list, c, uri));
    size_t i;
    json_t *item;
    json_array_foreach(
        redirects, i,
        item) if (!nx_json_has(list,
                               json_string_value(item))) return nx_metadata_refuse(c, NX_ERR_CLIENT_METADATA,
                                                                                   "sector_identifier_uri",
                                                                                   "lacks a redirect URI");
    return NX_OK;
}

NX_FALLIBLE nx_client_sector(const char **out, struct nx_metadata_check *c, const json_t *kept)
{
    const json_t *redirects = json_object_get(kept, "redirect_uris");
    const char *uri = nx_json_str(kept, "sector_identifier_uri");
    *out = NULL;
    if (uri) {
        NX_TRY(check_list(c, uri, redirects));
        *out = host_of(c->arena, uri);
        NX_NEED(*out);
        return NX_OK;
    }
    bool pairwise = strcmp(nx_json_str(kept, "subject_type"), "pairwise") == 0;
    size_t i;
    json_t *item;
    json_array_foreach(redirects, i, item)
    {
        const char *host = host_of(c->arena, json_string_value(item));
        NX_NEED(host);
        if (*out && pairwise && strcmp(host, *out) != 0)
            return nx_metadata_refuse(c, NX_ERR_CLIENT_METADATA, "sector_identifier_uri",
                                      "is needed: the redirect URIs are of several hosts");
        if (!*out) *out = host;
    }
    return NX_OK;
}
