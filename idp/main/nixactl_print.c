/* How answers look on a terminal. Texts that came from people (names of portals and persons) may hold
 * anything printable; control characters were refused when they were stored and are replaced here all the
 * same, since a terminal obeys them. */
#include "base/clock.h"
#include "nixactl.h"
#include "nixactl_commands.h"

#include <stdio.h>
#include <string.h>

static void put_text(FILE *to, const char *s)
{
    for (; *s; s++)
        fputc((unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s, to);
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

static void put_value(FILE *to, const char *name, const json_t *value)
{
    size_t i;
    json_t *item;
    if (json_is_string(value)) {
        put_text(to, json_string_value(value));
    } else if (json_is_integer(value) && is_time(name) && json_integer_value(value) > 1000000000) {
        char text[NX_RFC3339_MAX];
        nx_rfc3339(json_integer_value(value), text);
        fputs(text, to);
    } else if (json_is_integer(value)) {
        fprintf(to, "%lld", (long long)json_integer_value(value));
    } else if (json_is_boolean(value)) {
        fputs(json_is_true(value) ? "yes" : "no", to);
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, item)
        {
            if (i > 0) fputc(' ', to);
            put_value(to, "", item);
        }
    } else if (json_is_object(value)) {
        char *text = json_dumps(value, JSON_COMPACT);
        if (text) put_text(to, text);
        free(text);
    } else {
        fputc('-', to);
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
        put_value(stdout, name, value);
        putchar('\n');
    }
}

void nx_print_object(const json_t *reply)
{
    put_members(reply, "");
}

/* --- lists: a table where it fits a line, else a block each -----------------------------------------------
 */

#define COLUMNS_MAX 16
#define WIDTH_MAX 120
#define CELL_MAX 512

/* What put_value would print. */
static void cell_text(char out[CELL_MAX], const char *name, const json_t *value)
{
    FILE *to = fmemopen(out, CELL_MAX, "w");
    out[0] = '\0';
    if (!to) return;
    put_value(to, name, value);
    fclose(to);
    out[CELL_MAX - 1] = '\0';
}

/* Characters, not bytes: names are Vietnamese. */
static size_t width_of(const char *utf8)
{
    size_t n = 0;
    for (; *utf8; utf8++)
        n += ((unsigned char)*utf8 & 0xc0) != 0x80;
    return n;
}

struct table {
    const char *name[COLUMNS_MAX];
    size_t width[COLUMNS_MAX];
    size_t columns;
};

/* The columns are the members of the first item. False when the lines would not fit. */
static bool measure(struct table *t, const json_t *items)
{
    char text[CELL_MAX];
    const char *name;
    json_t *value, *item;
    size_t i, total = 0;
    json_object_foreach(json_array_get(items, 0), name, value)
    {
        if (t->columns == COLUMNS_MAX) return false;
        t->name[t->columns] = name;
        t->width[t->columns++] = strlen(name);
    }
    json_array_foreach(items, i, item)
    {
        if (json_object_size(item) != t->columns) return false;
        for (size_t c = 0; c < t->columns; c++) {
            cell_text(text, t->name[c], json_object_get(item, t->name[c]));
            if (width_of(text) > t->width[c]) t->width[c] = width_of(text);
        }
    }
    for (size_t c = 0; c < t->columns; c++)
        total += t->width[c] + 2;
    return t->columns > 0 && total <= WIDTH_MAX;
}

static void put_row(const struct table *t, const json_t *item)
{
    char text[CELL_MAX];
    for (size_t c = 0; c < t->columns; c++) {
        if (item)
            cell_text(text, t->name[c], json_object_get(item, t->name[c]));
        else
            snprintf(text, sizeof text, "%s", t->name[c]);
        int pad = c + 1 < t->columns ? (int)(t->width[c] - width_of(text)) + 2 : 0;
        printf("%s%*s", text, pad, "");
    }
    putchar('\n');
}

void nx_print_items(const json_t *reply)
{
    size_t i;
    json_t *item;
    const json_t *items = nx_json_array(reply, "items");
    struct table t = {.columns = 0};
    bool fits = measure(&t, items);
    if (json_array_size(items) == 0)
        puts("none");
    else if (fits)
        put_row(&t, NULL);
    json_array_foreach(items, i, item)
    {
        if (fits) {
            put_row(&t, item);
            continue;
        }
        if (i > 0) putchar('\n');
        put_members(item, "");
    }
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
    char passphrase[65];
    const char *id = nx_json_str(reply, "client_id"), *secret = nx_json_str(reply, "client_secret");
    const char *issuer = nx_json_str(reply, "issuer"), *scope = nx_json_str(reply, "scope");
    const char *redirect = json_string_value(json_array_get(nx_json_array(reply, "redirect_uris"), 0));
    put_members(reply, "");
    if (!id || !secret || !issuer || !redirect || !nx_ok(nx_random_hex(passphrase))) return;
    printf("\n# For Apache with mod_auth_openidc. The secret is shown this once.\n"
           "OIDCProviderMetadataURL %s/.well-known/openid-configuration\n"
           "OIDCClientID %s\nOIDCClientSecret %s\nOIDCRedirectURI ",
           issuer, id, secret);
    put_text(stdout, redirect);
    printf("\nOIDCScope \"%s\"\nOIDCResponseType code\nOIDCPKCEMethod S256\n"
           "OIDCSessionType server-cache\nOIDCRemoteUserClaim sub\nOIDCCryptoPassphrase %s\n"
           "# While NIXA has a development certificate: OIDCCABundlePath FOLDER/certs/ca.pem\n",
           scope ? scope : "openid profile", passphrase);
}

static void put_line(const json_t *line)
{
    const char *name;
    json_t *value;
    bool first = true;
    fputs("  ", stdout);
    if (!json_is_object(line)) put_value(stdout, "", line);
    json_object_foreach((json_t *)line, name, value)
    {
        if (!first) fputs("  ", stdout);
        first = false;
        printf("%s ", name);
        put_value(stdout, name, value);
    }
    putchar('\n');
}

/* Lists inside the receipt (what was ended, which portals were told) as a line each under their name. */
void nx_print_findings(const json_t *reply)
{
    json_t *line;
    size_t i;
    json_array_foreach(json_object_get(reply, "items"), i, line)
    {
        int64_t at = nx_json_int(line, "line", 0);
        if (at) printf("line %lld: ", (long long)at);
        printf("%s: %s\n", nx_json_str(line, "kind"), nx_json_str(line, "text"));
    }
    puts(nx_json_bool(reply, "good", false) ? "good" : "not acceptable");
}

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
            put_value(stdout, name, value);
            putchar('\n');
            continue;
        }
        printf("%s\n", name);
        json_array_foreach(value, i, line) put_line(line);
        if (json_array_size(value) == 0) puts("  none");
    }
}

void nx_print_lines(const json_t *reply)
{
    const json_t *lines = json_object_get(reply, "lines");
    for (size_t i = 0; i < json_array_size(lines); i++)
        printf("%s\n", json_string_value(json_array_get(lines, i)));
}
