/* How answers look on a terminal. Texts that came from people (names of portals and persons) may hold
 * anything printable; control characters were refused when they were stored and are replaced here all the
 * same, since a terminal obeys them. */
#include "base/clock.h"
#include "nixactl_commands.h"

#include <stdio.h>
#include <string.h>

static void put_text(const char *s)
{
    for (; *s; s++)
        putchar((unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s);
}

static bool is_time(const char *name)
{
    static const char *const times[] = {"at",        "since",      "created",      "updated",
                                        "issued",    "issued_at",  "expires",      "expires_at",
                                        "last_seen", "not_before", "retire_after", "delivered"};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        if (strcmp(name, times[i]) == 0) return true;
    return false;
}

static void put_value(const char *name, const json_t *value)
{
    size_t i;
    json_t *item;
    if (json_is_string(value)) {
        put_text(json_string_value(value));
    } else if (json_is_integer(value) && is_time(name) && json_integer_value(value) > 1000000000) {
        char text[NX_RFC3339_MAX];
        nx_rfc3339(json_integer_value(value), text);
        fputs(text, stdout);
    } else if (json_is_integer(value)) {
        printf("%lld", (long long)json_integer_value(value));
    } else if (json_is_boolean(value)) {
        fputs(json_is_true(value) ? "yes" : "no", stdout);
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, item)
        {
            if (i > 0) putchar(' ');
            put_value("", item);
        }
    } else if (json_is_object(value)) {
        char *text = json_dumps(value, JSON_COMPACT);
        if (text) put_text(text);
        free(text);
    } else {
        putchar('-');
    }
}

static void put_members(const json_t *object, const char *indent)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value)
    {
        if (strcmp(name, "ok") == 0) continue;
        printf("%s%-20s ", indent, name);
        put_value(name, value);
        putchar('\n');
    }
}

void nx_print_object(const json_t *reply)
{
    put_members(reply, "");
}

/* Blocks rather than columns: ids are long, and a terminal is 80 wide. */
void nx_print_items(const json_t *reply)
{
    size_t i;
    json_t *item;
    const json_t *items = nx_json_array(reply, "items");
    json_array_foreach(items, i, item)
    {
        if (i > 0) putchar('\n');
        put_members(item, "");
    }
    if (json_array_size(items) == 0) puts("none");
    const char *next = nx_json_str(reply, "next");
    if (next) printf("\nmore: --cursor %s\n", next);
}

void nx_print_token(const json_t *reply)
{
    const char *token = nx_json_str(reply, "token");
    if (token) puts(token);
}

void nx_print_link(const json_t *reply)
{
    const char *url = nx_json_str(reply, "url");
    if (url) puts(url);
}

void nx_print_done(const json_t *reply)
{
    if (json_object_size(reply) > 1)
        nx_print_object(reply);
    else
        puts("done");
}

void nx_print_client(const json_t *reply)
{
    const char *id = nx_json_str(reply, "client_id"), *secret = nx_json_str(reply, "client_secret");
    const char *issuer = nx_json_str(reply, "issuer"), *scope = nx_json_str(reply, "scope");
    const char *redirect = json_string_value(json_array_get(nx_json_array(reply, "redirect_uris"), 0));
    put_members(reply, "");
    if (!id || !secret || !issuer || !redirect) return;
    printf("\n# For Apache with mod_auth_openidc. The secret is shown this once.\n"
           "OIDCProviderMetadataURL %s/.well-known/openid-configuration\n"
           "OIDCClientID %s\nOIDCClientSecret %s\nOIDCRedirectURI ",
           issuer, id, secret);
    put_text(redirect);
    printf("\nOIDCScope \"%s\"\nOIDCResponseType code\nOIDCPKCEMethod S256\n"
           "OIDCSessionType server-cache\nOIDCRemoteUserClaim sub\n"
           "OIDCCryptoPassphrase \"exec:/usr/bin/openssl rand -hex 32\"\n",
           scope ? scope : "openid profile");
}

static void put_line(const json_t *line)
{
    const char *name;
    json_t *value;
    bool first = true;
    fputs("  ", stdout);
    if (!json_is_object(line)) put_value("", line);
    json_object_foreach((json_t *)line, name, value)
    {
        if (!first) fputs("  ", stdout);
        first = false;
        printf("%s ", name);
        put_value(name, value);
    }
    putchar('\n');
}

/* Lists inside the receipt (what was ended, which portals were told) as a line each under their name. */
void nx_print_receipt(const json_t *reply)
{
    const char *name;
    json_t *value, *line;
    size_t i;
    json_object_foreach((json_t *)reply, name, value)
    {
        if (strcmp(name, "ok") == 0) continue;
        if (!json_is_array(value)) {
            printf("%-20s ", name);
            put_value(name, value);
            putchar('\n');
            continue;
        }
        printf("%s\n", name);
        json_array_foreach(value, i, line) put_line(line);
        if (json_array_size(value) == 0) puts("  none");
    }
}
