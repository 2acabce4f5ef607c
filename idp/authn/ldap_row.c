/* An LDAP row: its config parsed and checked, and its templates filled. */
#include "authn/ldap.h"

#include "base/text.h"

#include <lber.h>
#include <ldap.h>
#include <stdio.h>

#define PLACE_MAX 16

static bool starts(const char **rest, const char *with)
{
    size_t n = strlen(with);
    if (strncasecmp(*rest, with, n) != 0) return false;
    *rest += n;
    return true;
}

static bool host_ok(const char *host)
{
    for (const char *c = host; *c; c++)
        if (*c <= ' ' || *c >= 0x7f || strchr("/\\?#@%[]<>\"", *c)) return false;
    return *host != 0;
}

/* HOST, HOST:PORT, [V6]:PORT; nothing behind it but one slash. */
static bool read_host(struct nx_ldap_row *out, const char *at)
{
    const char *end = at[0] == '[' ? strchr(at, ']') : at + strcspn(at, ":/");
    if (!end) return false;
    size_t from = at[0] == '[' ? 1 : 0, n = (size_t)(end - at) - from;
    if (n >= sizeof out->host) return false;
    memcpy(out->host, at + from, n);
    out->host[n] = 0;
    end += from;
    if (*end == ':') {
        uint64_t port;
        size_t digits = strspn(end + 1, "0123456789");
        if (!nx_ok(nx_parse_u64(&port, nx_span_of(end + 1, digits), 65535)) || port == 0) return false;
        out->port = (int)port;
        end += 1 + digits;
    }
    return host_ok(out->host) && (*end == 0 || strcmp(end, "/") == 0);
}

static bool is_loopback_name(const char *host)
{
    size_t n = strlen(host);
    return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0 || strcasecmp(host, "localhost") == 0 ||
           (n > 10 && strcasecmp(host + n - 10, ".localhost") == 0);
}

static nx_result read_url(struct nx_ldap_row *out, const json_t *config, const char **why)
{
    const char *url = nx_json_str(config, "url"), *tls = nx_json_str(config, "tls");
    *why = "url must be ldaps://HOST[:PORT] or ldap://HOST[:PORT]";
    NX_REQUIRE(url, NX_ERR_UPSTREAM_CONFIG);
    bool whole = starts(&url, "ldaps://");
    NX_REQUIRE(whole || starts(&url, "ldap://"), NX_ERR_UPSTREAM_CONFIG);
    out->tls = whole ? NX_LDAP_TLS : NX_LDAP_STARTTLS;
    out->port = whole ? 636 : 389;
    NX_REQUIRE(read_host(out, url), NX_ERR_UPSTREAM_CONFIG);
    *why = "tls must be starttls, or none towards loopback, beside an ldap: URL";
    if (!tls) return NX_OK;
    bool none = strcmp(tls, "none") == 0;
    NX_REQUIRE(!whole && (none || strcmp(tls, "starttls") == 0), NX_ERR_UPSTREAM_CONFIG);
    NX_REQUIRE(!none || is_loopback_name(out->host), NX_ERR_UPSTREAM_CONFIG);
    if (none) out->tls = NX_LDAP_PLAIN;
    return NX_OK;
}

/* ---- texts
 * ----------------------------------------------------------------------------------------------- */

struct text_rule {
    const char *member;
    size_t max;
    const char **into;
    const char *must_hold; /* NULL: anything */
    const char *why;
};

static nx_result read_text(const struct text_rule *t, const json_t *config, const char **why)
{
    const json_t *j = json_object_get(config, t->member);
    *why = t->why;
    if (!j || json_is_null(j)) return NX_OK;
    const char *s = json_string_value(j);
    NX_REQUIRE(s && *s && strlen(s) <= t->max, NX_ERR_UPSTREAM_CONFIG);
    NX_REQUIRE(!t->must_hold || strstr(s, t->must_hold), NX_ERR_UPSTREAM_CONFIG);
    *t->into = s;
    return NX_OK;
}

/* attributetype of RFC 4512: letters, digits, hyphens, or a numeric OID; options are not for people's fields.
 */
static bool attribute_ok(const char *s)
{
    size_t n = strlen(s);
    return n > 0 && n <= 64 &&
           strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") == n;
}

static nx_result read_texts(struct nx_ldap_row *out, const json_t *config, const char **why)
{
    const struct text_rule rules[] = {
        {"ca", NX_LDAP_CA_MAX, &out->ca, "-----BEGIN CERTIFICATE-----", "ca must be certificates in PEM"},
        {"base", NX_LDAP_DN_MAX, &out->base, NULL, "base must be a DN"},
        {"filter", NX_LDAP_FILTER_MAX, &out->filter, "{user}", "filter must hold {user}"},
        {"bind_dn", NX_LDAP_DN_MAX, &out->bind_dn, NULL, "bind_dn must be a DN"},
        {"user_dn", NX_LDAP_DN_MAX, &out->user_dn, "{user}", "user_dn must hold {user}"},
        {"subject", 64, &out->subject, NULL, "subject must be an attribute"},
        {"user_name", 64, &out->user_name, NULL, "user_name must be an attribute"},
        {"group_attribute", 64, &out->group_attribute, NULL, "group_attribute must be an attribute"},
        {"group_base", NX_LDAP_DN_MAX, &out->group_base, NULL, "group_base must be a DN"},
        {"group_filter", NX_LDAP_FILTER_MAX, &out->group_filter, "{dn}", "group_filter must hold {dn}"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        NX_TRY(read_text(&rules[i], config, why));
    *why = "subject, user_name and group_attribute must be attributes";
    NX_REQUIRE(attribute_ok(out->subject) && attribute_ok(out->user_name) &&
                   attribute_ok(out->group_attribute),
               NX_ERR_UPSTREAM_CONFIG);
    return NX_OK;
}

/* ---- maps
 * ------------------------------------------------------------------------------------------------ */

static nx_result read_attributes(struct nx_ldap_row *out, const json_t *config, const char **why)
{
    struct nx_agency_person person;
    const char *field;
    json_t *attribute;
    out->attributes = json_object_get(config, "attributes");
    *why = "attributes must map fields of a person to attributes of the directory";
    if (!out->attributes) return NX_OK;
    NX_REQUIRE(json_is_object(out->attributes), NX_ERR_UPSTREAM_CONFIG);
    json_object_foreach((json_t *)out->attributes, field, attribute)
    {
        const char *name = json_string_value(attribute);
        NX_REQUIRE(nx_agency_field(&person, field) && name && attribute_ok(name), NX_ERR_UPSTREAM_CONFIG);
    }
    return NX_OK;
}

static nx_result read_groups(struct nx_ldap_row *out, const json_t *config, const char **why)
{
    const char *dn;
    json_t *word;
    out->groups = json_object_get(config, "groups");
    *why = "groups must map DNs to words";
    if (!out->groups) return NX_OK;
    NX_REQUIRE(json_is_object(out->groups) && json_object_size(out->groups) <= NX_LDAP_MAPPED_MAX,
               NX_ERR_UPSTREAM_CONFIG);
    json_object_foreach((json_t *)out->groups, dn, word)
    {
        NX_REQUIRE(*dn && strlen(dn) <= NX_LDAP_DN_MAX && json_is_string(word), NX_ERR_UPSTREAM_CONFIG);
        NX_REQUIRE(nx_agency_text_fits(nx_span_str(json_string_value(word))), NX_ERR_UPSTREAM_CONFIG);
    }
    return NX_OK;
}

static nx_result check_whole(const struct nx_ldap_row *row, const json_t *config, const char **why)
{
    const char *scope = nx_json_str(config, "scope");
    *why = "base is missing";
    NX_REQUIRE(row->base, NX_ERR_UPSTREAM_CONFIG);
    *why = "filter is missing";
    NX_REQUIRE(row->filter, NX_ERR_UPSTREAM_CONFIG);
    *why = "one of bind_dn and user_dn, and not both";
    NX_REQUIRE(!row->bind_dn != !row->user_dn, NX_ERR_UPSTREAM_CONFIG);
    *why = "group_base and group_filter belong together";
    NX_REQUIRE(!row->group_base == !row->group_filter, NX_ERR_UPSTREAM_CONFIG);
    *why = "scope must be sub or one";
    NX_REQUIRE(!scope || strcmp(scope, "sub") == 0 || strcmp(scope, "one") == 0, NX_ERR_UPSTREAM_CONFIG);
    return NX_OK;
}

nx_result nx_ldap_row_parse(struct nx_ldap_row *out, const json_t *config, const char **why)
{
    const char *scope = nx_json_str(config, "scope");
    *out = (struct nx_ldap_row){.subject = "entryUUID",
                                .user_name = "uid",
                                .group_attribute = "memberOf",
                                .one_level = scope && strcmp(scope, "one") == 0};
    NX_TRY(read_url(out, config, why));
    *why = "url: not localhost, which libldap takes for the machine's own name: write what the certificate names";
    NX_REQUIRE(out->tls == NX_LDAP_PLAIN || strcasecmp(out->host, "localhost") != 0, NX_ERR_UPSTREAM_CONFIG);
    NX_TRY(read_texts(out, config, why));
    NX_TRY(read_attributes(out, config, why));
    NX_TRY(read_groups(out, config, why));
    NX_TRY(check_whole(out, config, why));
    *why = NULL;
    return NX_OK;
}

/* ---- templates
 * ------------------------------------------------------------------------------------------- */

static nx_result fill(char **out, nx_arena *a, const char *template, const char *key, const char *value)
{
    char place[PLACE_MAX];
    nx_buf b;
    nx_buf_init(&b, a, NX_LDAP_DN_MAX + 4 * NX_LDAP_DN_MAX);
    (void)snprintf(place, sizeof place, "{%s}", key);
    for (const char *hit; (hit = strstr(template, place)); template = hit + strlen(place)) {
        nx_buf_add(&b, nx_span_of(template, (size_t)(hit - template)));
        nx_buf_adds(&b, value);
    }
    nx_buf_adds(&b, template);
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_str(&b);
    NX_NEED(*out);
    return NX_OK;
}

nx_result nx_ldap_filter_fill(char **out, nx_arena *a, const char *template, const char *key, nx_span value)
{
    struct berval raw = {.bv_len = value.n, .bv_val = (char *)value.p}, escaped = {0};
    NX_REQUIRE(value.n > 0 && value.n <= NX_LDAP_DN_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(ldap_bv2escaped_filter_value(&raw, &escaped) == 0, NX_ERR_MEMORY);
    nx_result r = fill(out, a, template, key, escaped.bv_val);
    ber_memfree(escaped.bv_val);
    return r;
}

static bool plain(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

/* In a DN every byte that is not plain is written as its pair of digits. A template that is no DN (a user
 * principal name) knows no escapes: there only plain names are taken. */
nx_result nx_ldap_dn_fill(char **out, nx_arena *a, const char *template, nx_span user_name)
{
    bool dn = strchr(template, '=') != NULL;
    nx_buf b;
    nx_buf_init(&b, a, 4 * NX_AGENCY_USER_MAX);
    for (size_t i = 0; i < user_name.n; i++) {
        bool as_is = plain(user_name.p[i]);
        NX_REQUIRE(as_is || dn, NX_ERR_PASSWORD);
        if (as_is)
            nx_buf_add(&b, nx_span_of(&user_name.p[i], 1));
        else
            nx_buf_addf(&b, "\\%02x", user_name.p[i]);
    }
    NX_TRY(nx_buf_done(&b));
    const char *value = nx_buf_str(&b);
    NX_REQUIRE(value && b.n > 0, NX_ERR_LIMIT);
    return fill(out, a, template, "user", value);
}

/* ---- subjects
 * -------------------------------------------------------------------------------------------- */

/* [MS-DTYP] 2.3.4: three numbers in little endian, then eight bytes as they are. */
static const char *guid_text(nx_arena *a, const uint8_t *g)
{
    return nx_arena_printf(a, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", g[3],
                           g[2], g[1], g[0], g[5], g[4], g[7], g[6], g[8], g[9], g[10], g[11], g[12], g[13],
                           g[14], g[15]);
}

const char *nx_ldap_subject_text(nx_arena *a, const char *attribute, nx_span value)
{
    if (strcasecmp(attribute, "objectGUID") == 0) return value.n == 16 ? guid_text(a, value.p) : NULL;
    return nx_agency_text_fits(value) ? nx_arena_dup(a, value) : NULL;
}
