/* The rows of the table: what is done, what its floor is made of, and the least ratio. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FIRST_SEEN_TOKENS 20000
#define PEOPLE 32

static void add(struct row *rows, size_t *n, size_t max, struct row row)
{
    if (*n == max) die("too many rows");
    say("%s: %.1f %s (floor or limit %.1f)", row.name, row.rate, row.unit, row.floor);
    rows[(*n)++] = row;
}

static char *authorization(struct bench *b, nx_arena *a)
{
    char *pair = nx_arena_printf(a, "%s:%s", b->client_id, b->client_secret);
    return nx_arena_printf(a, "Basic %s", nx_b64_dup(a, nx_span_str(pair)));
}

static void make_client(struct bench *b)
{
    snprintf(b->redirect_uri, sizeof b->redirect_uri, "https://bench.localhost:8443/callback");
    NX_AUTO_JSON reply = rig_ctl(b, (const char *const[]){"client", "add", "--name", "Bench", "--redirect-uri", b->redirect_uri,
                                                      "--grant-type", "authorization_code", "--grant-type",
                                                      "refresh_token", "--grant-type", "client_credentials", NULL});
    const char *id = nx_json_str(reply, "client_id"), *secret = nx_json_str(reply, "client_secret");
    if (!id || !secret) die("client add gave no id and secret");
    snprintf(b->client_id, sizeof b->client_id, "%s", id);
    snprintf(b->client_secret, sizeof b->client_secret, "%s", secret);
}

static struct answer post(struct bench *b, struct http *h, nx_arena *a, const char *target, const char *form)
{
    return http_send(h, a, "POST", target, form, NULL, authorization(b, a));
}

static char *client_token(struct bench *b, struct http *h, nx_arena *a)
{
    struct answer r = post(b, h, a, "/oidc/token", "grant_type=client_credentials");
    NX_AUTO_JSON j = json_loadb(r.body, r.n, 0, NULL);
    const char *token = nx_json_str(j, "access_token");
    if (r.status != 200 || !token) die("client credentials: status %d: %s", r.status, r.body);
    return nx_arena_strdup(a, token);
}

/* Tokens that no introspection has seen, one form a line. */
static void write_tokens(struct bench *b, const char *path, int count)
{
    FILE *f = fopen(path, "we");
    struct http *h = http_open(b->port);
    nx_arena *a = nx_arena_open(4u << 20);
    if (!f || !a) die("%s", path);
    for (int i = 0; i < count; i++) {
        fprintf(f, "token=%s\n", client_token(b, h, a));
        nx_arena_reset(a);
    }
    nx_arena_close(a);
    http_close(h);
    fclose(f);
}

static double introspection_first(struct bench *b, nx_arena *a)
{
    char path[128];
    snprintf(path, sizeof path, "%s/tokens", b->dir);
    write_tokens(b, path, FIRST_SEEN_TOKENS);
    double seconds = b->seconds;
    b->seconds = 1; /* fewer answers than tokens */
    double rate = wrk_rate(b, b->port, "/oidc/introspect", "forms.lua",
                           nx_arena_printf(a, "%s %s", path, authorization(b, a)));
    b->seconds = seconds;
    return rate;
}

/* Resident bytes of nixad, in MiB. */
static double memory_mib(pid_t pid)
{
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "re");
    double kib = 0;
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmRSS:", 6) == 0) kib = strtod(line + 6, NULL);
    if (f) fclose(f);
    return kib / 1024;
}

static double redis_bytes(struct bench *b)
{
    char command[256], text[4096];
    snprintf(command, sizeof command, "redis-cli -s %s/run/redis.sock info memory", b->dir);
    FILE *p = popen(command, "re");
    size_t n = p ? fread(text, 1, sizeof text - 1, p) : 0;
    text[n] = 0;
    if (!p || pclose(p) != 0) die("redis-cli");
    const char *at = strstr(text, "used_memory:");
    return at ? strtod(at + 12, NULL) : 0;
}

/* Redis bytes of one sign-on session with one portal, over many. */
static double bytes_a_session(struct bench *b, nx_arena *a)
{
    enum { SESSIONS = 200 };
    struct http *h = http_open(b->port);
    double before = redis_bytes(b);
    for (int i = 0; i < SESSIONS; i++) {
        http_forget_cookies(h);
        flow_tokens(b, h, a, i % PEOPLE, NULL);
        nx_arena_reset(a);
    }
    http_close(h);
    return (redis_bytes(b) - before) / SESSIONS;
}

static void measure_tokens(struct bench *b, struct row *rows, size_t *n, size_t max, nx_arena *a)
{
    const struct floors *f = &b->floor;
    struct http *h = http_open(b->port);
    char *refresh = NULL;
    double rate = wrk_rate(b, b->port, "/oidc/token", "form.lua",
                           nx_arena_printf(a, "grant_type=client_credentials %s", authorization(b, a)));
    add(rows, n, max, (struct row){.name = "client credentials, ES256 JWT", .rate = rate,
                                   .floor = 1 / (f->answer + f->round_trip + f->es256_sign), .goal = 0.5, .unit = "/s"});
    flow_tokens(b, h, a, 0, &refresh);
    if (refresh) {
        rate = wrk_rate(b, b->port, "/oidc/token", "form.lua",
                        nx_arena_printf(a, "grant_type=refresh_token&refresh_token=%s %s", refresh, authorization(b, a)));
        add(rows, n, max, (struct row){.name = "refresh, confidential client (ID and access token)", .rate = rate,
                                       .floor = 1 / (f->answer + f->round_trip + 2 * f->es256_sign), .goal = 0.5,
                                       .unit = "/s"});
    }
    add(rows, n, max, (struct row){.name = "introspection, token seen first", .rate = introspection_first(b, a),
                                   .floor = 1 / (f->answer + f->round_trip + f->es256_verify), .goal = 0.6, .unit = "/s"});
    rate = wrk_rate(b, b->port, "/oidc/introspect", "form.lua",
                    nx_arena_printf(a, "token=%s %s", client_token(b, h, a), authorization(b, a)));
    add(rows, n, max, (struct row){.name = "introspection, the same token again", .rate = rate,
                                   .floor = 1 / (f->answer + f->round_trip), .goal = 0.6, .unit = "/s"});
    http_close(h);
}

size_t rows_measure(struct bench *b, struct row *rows, size_t max)
{
    size_t n = 0;
    NX_AUTO(nx_arena) a = nx_arena_open(16u << 20);
    add(rows, &n, max, (struct row){.name = "nixad ready after its start on an existing folder", .rate = b->ready_s * 1000,
                                    .floor = 500, .limit = true, .unit = "ms"});
    sleep(1);
    add(rows, &n, max, (struct row){.name = "idle memory of nixad", .rate = memory_mib(b->nixad), .floor = 60, .limit = true,
                                    .unit = "MiB"});
    make_client(b);
    say("making people");
    flow_make_people(b, PEOPLE);
    measure_tokens(b, rows, &n, max, a);
    nx_arena_reset(a);
    add(rows, &n, max, (struct row){.name = "Redis bytes of a sign-on session with one portal",
                                    .rate = bytes_a_session(b, a), .floor = 1536, .limit = true, .unit = "B"});
    add(rows, &n, max, (struct row){.name = "password sign-in, whole code flow", .rate = flow_password_rate(b, NULL),
                                    .floor = 1 / b->floor.argon2id, .goal = 0.85, .unit = "/s"});
    return n;
}
