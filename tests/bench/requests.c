/* Single requests by wrk: tokens and introspection. */
#include "bench.h"

#include <stdio.h>
#include <unistd.h>

static struct shot shot_at(const struct bench *b, nx_arena *a, const char *path, const char *script,
                           const char *argument)
{
    return (struct shot){nx_arena_printf(a, "http://127.0.0.1:%d", b->port), path, script, argument,
                         b->nixad};
}

static struct speed issue_at(struct bench *b, nx_arena *a, const char *origin)
{
    struct shot s = shot_at(b, a, "/oidc/token", "form.lua",
                            nx_arena_printf(a, "grant_type=client_credentials %s", basic_of(b, a)));
    if (origin) s.origin = origin;
    return wrk_best(b, &s);
}

struct speed client_credentials(struct bench *b, nx_arena *a)
{
    struct speed s = issue_at(b, a, NULL);
    b->token_rate = 1 / s.clock;
    return s;
}

struct speed through_edge(struct bench *b, nx_arena *a)
{
    return issue_at(b, a, nx_arena_printf(a, "https://%s", b->listen));
}

struct speed on_disk(struct bench *b, nx_arena *a)
{
    if (rig_to_disk(b)) rows_make_client(b);
    return issue_at(b, a, NULL);
}

/* Of many people, since a person has a greatest number of live tokens. */
struct speed refresh(struct bench *b, nx_arena *a)
{
    char path[128];
    snprintf(path, sizeof path, "%s/families", b->dir);
    FILE *f = fopen(path, "we");
    struct visit v = {.bench = b, .browser = http_open(b), .arena = a};
    for (; f && v.person < PEOPLE; v.person++) {
        http_forget_cookies(v.browser);
        fprintf(f, "grant_type=refresh_token&refresh_token=%s\n", flow_tokens(&v));
        nx_arena_reset(a);
    }
    http_close(v.browser);
    if (!f || fclose(f) != 0) die("%s", path);
    struct shot s =
        shot_at(b, a, "/oidc/token", "forms.lua", nx_arena_printf(a, "%s again %s", path, basic_of(b, a)));
    return wrk_best(b, &s);
}

/* Each token once: what two seconds give is more than one second can look at. */
struct speed introspection_first(struct bench *b, nx_arena *a)
{
    char *path = nx_arena_printf(a, "%s/tokens", b->dir), *who = basic_of(b, a);
    struct shot fill = shot_at(b, a, "/oidc/token", "tokens.lua",
                               nx_arena_printf(a, "%s grant_type=client_credentials %s", path, who));
    struct shot look =
        shot_at(b, a, "/oidc/introspect", "forms.lua", nx_arena_printf(a, "%s once %s", path, who));
    struct speed best = SPEED_NONE;
    for (int i = 0; i < b->slices; i++) {
        unlink(path);
        wrk_once(b, &fill);
        wrk_once(b, &fill);
        speed_best(&best, wrk_once(b, &look));
    }
    return best;
}

static char *client_token(struct bench *b, nx_arena *a)
{
    struct http *h = http_open(b);
    struct answer r =
        http_send(h, a, "POST", "/oidc/token", "grant_type=client_credentials", NULL, basic_of(b, a));
    http_close(h);
    NX_AUTO_JSON j = json_loadb(r.body, r.n, 0, NULL);
    const char *token = nx_json_str(j, "access_token");
    if (r.status != 200 || !token) die("client credentials: status %d: %s", r.status, r.body);
    return nx_arena_strdup(a, token);
}

struct speed introspection_again(struct bench *b, nx_arena *a)
{
    struct shot s = shot_at(b, a, "/oidc/introspect", "form.lua",
                            nx_arena_printf(a, "token=%s %s", client_token(b, a), basic_of(b, a)));
    return wrk_best(b, &s);
}
