/* Command line, derivation, cross-checks. */
#include "config/settings_table.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <strings.h>

/* ---- command line
 * ------------------------------------------------------------------------------------------ */

struct option {
    char key[64];
    const char *value;
    int used; /* arguments */
};

static nx_result say(char complaint[NX_COMPLAINT_MAX], const char *what, const char *name)
{
    snprintf(complaint, NX_COMPLAINT_MAX, "--%.64s: %s", name, what);
    NX_FAIL(NX_ERR_SETTING_VALUE);
}

/* --key VALUE, --key=VALUE, --flag, --no-flag. */
static nx_result parse_option(struct option *out, int left, char *const argv[],
                              char complaint[NX_COMPLAINT_MAX])
{
    const char *name = argv[0] + 2, *equals = strchr(name, '=');
    size_t n = equals ? (size_t)(equals - name) : strlen(name);
    if (n == 0 || n >= sizeof out->key) return say(complaint, "no such option", name);
    *out = (struct option){.used = 1, .value = equals ? equals + 1 : NULL};
    snprintf(out->key, sizeof out->key, "%.*s", (int)n, name);
    bool config = strcmp(out->key, "config") == 0;
    const struct nx_setting *row = nx_setting_find(out->key);
    const struct nx_setting *off = strncmp(out->key, "no-", 3) == 0 ? nx_setting_find(out->key + 3) : NULL;
    if (off && off->type == NX_SETTING_BOOL && !equals) {
        snprintf(out->key, sizeof out->key, "%s", off->key);
        out->value = "false";
    } else if (!row && !config) {
        return say(complaint, "no such option", name);
    } else if (!equals && row && row->type == NX_SETTING_BOOL) {
        out->value = "true";
    } else if (!equals) {
        if (left < 2) return say(complaint, "wants a value", name);
        out->value = argv[1];
        out->used = 2;
    }
    return NX_OK;
}

/* Walks the options; config == true takes --config alone, false all the others. */
static nx_result walk(struct nx_settings *s, nx_arena *a, int argc, char *const argv[], int *rest,
                      bool config, char complaint[NX_COMPLAINT_MAX])
{
    int i = 0;
    uint64_t seen[4] = {0};
    while (i < argc && strncmp(argv[i], "--", 2) == 0) {
        struct option o;
        NX_TRY(parse_option(&o, argc - i, argv + i, complaint));
        i += o.used;
        bool is_config = strcmp(o.key, "config") == 0;
        if (is_config && config) NX_TRY(nx_settings_file(s, a, o.value, complaint));
        if (is_config || config) continue;
        size_t row = (size_t)(nx_setting_find(o.key) - nx_setting_rows);
        if (seen[row / 64] >> (row % 64) & 1) return say(complaint, "stands twice", o.key);
        seen[row / 64] |= (uint64_t)1 << (row % 64);
        NX_TRY(nx_settings_set(s, a, o.key, o.value, complaint));
    }
    *rest = i;
    return NX_OK;
}

nx_result nx_settings_read(struct nx_settings *s, nx_arena *a, int argc, char *const argv[], int *rest,
                           char complaint[NX_COMPLAINT_MAX])
{
    nx_settings_default(s);
    NX_TRY(walk(s, a, argc, argv, rest, true, complaint));
    NX_TRY(walk(s, a, argc, argv, rest, false, complaint));
    return nx_settings_derive(s, a, complaint);
}

/* ---- derivation and checks
 * --------------------------------------------------------------------------------- */

static nx_result refuse(char complaint[NX_COMPLAINT_MAX], const char *what)
{
    snprintf(complaint, NX_COMPLAINT_MAX, "%s", what);
    NX_FAIL(NX_ERR_SETTING_VALUE);
}

/* The port of HOST:PORT, 0 when it has none. */
static unsigned port_of(const char *listen)
{
    const char *colon = strrchr(listen, ':');
    uint64_t port = 0;
    if (!colon || colon == listen || !nx_ok(nx_parse_u64(&port, nx_span_str(colon + 1), 65535))) return 0;
    return (unsigned)port;
}

static nx_result derive_places(struct nx_settings *s, nx_arena *a, char complaint[NX_COMPLAINT_MAX])
{
    unsigned port = port_of(s->listen);
    if (!port) return refuse(complaint, "listen: must be HOST:PORT");
    if (!s->issuer[0])
        s->issuer = nx_arena_printf(a, port == 443 ? "https://localhost" : "https://localhost:%u", port);
    if (!s->mtls_listen[0])
        s->mtls_listen = nx_arena_printf(a, "%.*s:%u", (int)(strrchr(s->listen, ':') - s->listen), s->listen,
                                         port < 65535 ? port + 1 : port - 1);
    if (!s->wallet_origin[0]) s->wallet_origin = s->issuer;
    if (!s->console_origin[0]) s->console_origin = s->issuer;
    NX_REQUIRE(s->issuer && s->mtls_listen, NX_ERR_MEMORY);
    if (!port_of(s->mtls_listen)) return refuse(complaint, "mtls_listen: must be HOST:PORT");
    return NX_OK;
}

/* RFC 8414 section 2: https, no query, no fragment. Paths are refused too: every URL of ours is at the root.
 */
static bool origin_ok(const char *url)
{
    if (strncmp(url, "https://", 8) != 0 || !nx_ascii_printable(nx_span_str(url))) return false;
    const char *host = url + 8;
    return host[0] && host[0] != ':' && !strpbrk(host, "/?#@ \"'<>\\");
}

static const char *const *origins_of(const struct nx_settings *s, const char *out[3])
{
    out[0] = s->issuer;
    out[1] = s->wallet_origin;
    out[2] = s->console_origin;
    return out;
}

static nx_result check(const struct nx_settings *s, char complaint[NX_COMPLAINT_MAX])
{
    const char *room[3];
    const char *const *origins = origins_of(s, room);
    for (size_t i = 0; i < 3; i++)
        if (!origin_ok(origins[i]))
            return refuse(complaint, "issuer, wallet_origin and console_origin: must be https://HOST[:PORT]");
    if (s->session_idle_s > s->session_ttl_s)
        return refuse(complaint, "session_idle_s: longer than session_ttl_s");
    if (s->refresh_idle_s > s->refresh_ttl_s)
        return refuse(complaint, "refresh_idle_s: longer than refresh_ttl_s");
    if (s->key_publish_s >= s->key_rotate_s)
        return refuse(complaint, "key_publish_s: not shorter than key_rotate_s");
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    for (size_t i = 0; i < 4; i++)
        if (strcmp(s->log_level, levels[i]) == 0) return NX_OK;
    return refuse(complaint, "log_level: must be debug, info, warn or error");
}

/* URLs of later editions are known by name, so that the refusal can say what is meant. */
static nx_result check_urls(const struct nx_settings *s, char complaint[NX_COMPLAINT_MAX])
{
    if (strncmp(s->redis, "redis+", 6) == 0)
        return refuse(
            complaint,
            "redis: redis+sentinel and redis+cluster are not in this edition; use redis:// or unix:");
    if (s->redis[0] && strncmp(s->redis, "redis://", 8) != 0 && strncmp(s->redis, "unix:", 5) != 0)
        return refuse(complaint, "redis: must be redis://HOST:PORT/DB or unix:PATH");
    if (strncmp(s->database, "postgresql:", 11) == 0)
        return refuse(complaint, "database: postgresql is not in this edition; use sqlite:PATH");
    if (s->database[0] && strncmp(s->database, "sqlite:", 7) != 0)
        return refuse(complaint, "database: must be sqlite:PATH");
    return NX_OK;
}

nx_result nx_settings_derive(struct nx_settings *s, nx_arena *a, char complaint[NX_COMPLAINT_MAX])
{
    NX_TRY(derive_places(s, a, complaint));
    NX_TRY(check_urls(s, complaint));
    NX_TRY(check(s, complaint));
    if (!s->egress_allow[0] && nx_settings_loopback(s)) s->egress_allow = "127.0.0.0/8,::1/128";
    return NX_OK;
}

bool nx_settings_loopback(const struct nx_settings *s)
{
    const char *host = strncmp(s->issuer, "https://", 8) == 0 ? s->issuer + 8 : s->issuer;
    size_t n = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    char name[256];
    struct in_addr v4;
    if (n >= sizeof name) return false;
    snprintf(name, sizeof name, "%.*s", (int)n, host);
    if (strcasecmp(name, "localhost") == 0 || strcmp(name, "[::1]") == 0) return true;
    if (n > 10 && strcasecmp(name + n - 10, ".localhost") == 0) return true;
    return inet_pton(AF_INET, name, &v4) == 1 && (ntohl(v4.s_addr) >> 24) == 127;
}
