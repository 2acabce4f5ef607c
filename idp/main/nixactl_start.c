/* The start, step by step; each waits for something and then starts what stands on it:
 *
 *   STORE    the private Redis answers on its socket       nixad and the edge are started
 *   SERVER   nixad answers on its ctl socket               the demo is loaded, the portals are started
 *   EDGE     the discovery document comes back by TLS      "nixa: ready ISSUER" is printed */
#include "nixactl_start.h"

#include "layout.h"
#include "nixactl.h"
#include "nixactl_ask.h"
#include "nixactl_probe.h"
#include "nixactl_render.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* --- what runs ---------------------------------------------------------------------------------------- */

static void add(struct nx_up *u, struct nx_child *c)
{
    c->keep_fd = c->keep_fd > 0 ? c->keep_fd : -1;
    u->children[u->count++] = c;
}

nx_result nx_up_define(struct nx_up *u)
{
    static char apache_config[] = "/proc/self/fd/9/httpd.conf";
    const char *nixad = nx_arena_printf(u->plan.arena, "%s/nixad", u->plan.programs);
    NX_NEED(nixad);
    u->redis = (struct nx_child){.name = "redis",
                                 .argv = {"/usr/bin/redis-server", NX_RUN_DIR "/redis.conf"},
                                 .death_signal = SIGKILL,
                                 .stop_signal = SIGTERM,
                                 .stop_ms = 10000};
    u->nixad = (struct nx_child){.name = "nixad",
                                 .argv = {nixad, "--config", NX_NIXAD_CONFIG},
                                 .death_signal = SIGKILL,
                                 .stop_signal = SIGTERM,
                                 .stop_ms = (int)(u->plan.settings.drain_s + 5) * 1000};
    u->edge = (struct nx_child){.name = "haproxy",
                                .argv = {"/usr/sbin/haproxy", "-db", "-f", NX_RUN_DIR "/haproxy.cfg"},
                                .death_signal = SIGKILL,
                                .stop_signal = SIGTERM,
                                .stop_ms = 2000};
    u->provider = (struct nx_child){.name = "provider",
                                    .argv = {nixad, "--config", NX_NIXAD_CONFIG},
                                    .folder = NX_PROVIDER_DIR,
                                    .death_signal = SIGKILL,
                                    .stop_signal = SIGTERM,
                                    .stop_ms = 5000};
    add(u, &u->redis);
    add(u, &u->nixad);
    add(u, &u->edge);
    if (u->plan.provider) add(u, &u->provider);
    for (unsigned i = 0; u->plan.demo && i < NX_PORTALS; i++) {
        /* Apache passes its end on to its workers only when it is asked, not when it is killed. */
        u->portal[i] =
            (struct nx_child){.name = u->plan.portal[i].name,
                              .argv = {"/usr/sbin/apache2", "-D", "FOREGROUND", "-f", apache_config},
                              .death_signal = SIGTERM,
                              .stop_signal = SIGTERM,
                              .stop_ms = 5000,
                              .keep_fd = u->plan.portal[i].folder_fd};
        add(u, &u->portal[i]);
    }
    for (unsigned i = 0; i < u->count; i++)
        if (access(u->children[i]->argv[0], X_OK) != 0)
            return nx_refuse(NX_ERR_IO, "%s is not there: ./nixa up installs and builds it",
                             u->children[i]->argv[0]);
    return NX_OK;
}

void nx_up_want(struct nx_up *u, struct nx_child *c)
{
    c->wanted = true;
    u->stale = true;
}

/* --- the steps of the start ----------------------------------------------------------------------------- */

static bool redis_answers(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = NX_REDIS_SOCKET};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
    if (fd >= 0) close(fd);
    return ok;
}

static json_t *portal_request(const struct nx_plan *p, const struct nx_portal *portal)
{
    char origin[300];
    if (portal->saml) return json_pack("{s:s}", "saml_metadata", portal->metadata);
    snprintf(origin, sizeof origin, "https://%s%s", portal->host, p->port_suffix);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s+, s:s+, s:s+}", "client_id", portal->name,
                     "client_secret", portal->secret, "name", portal->title, "name_vi", portal->title_vi,
                     "scope", portal->scope, "origin", origin, "redirect_uri", origin, "/oidc/callback",
                     "post_logout_redirect_uri", origin, "/signed-out.shtml", "backchannel_logout_uri",
                     origin, "/oidc/callback?logout=backchannel");
}

/* What a SAML portal knows NIXA by. */
static NX_FALLIBLE tell_portals(const struct nx_plan *p, const json_t *reply)
{
    const char *metadata = nx_json_str(reply, "saml_metadata");
    char path[128];
    for (unsigned i = 0; i < NX_PORTALS; i++) {
        if (!p->portal[i].saml) continue;
        snprintf(path, sizeof path, "portals/%s/idp.xml", p->portal[i].name);
        if (!metadata || !nx_ok(nx_write_file(path, 0644, nx_span_str(metadata))))
            return nx_refuse(NX_ERR_IO, "cannot write %s", path);
    }
    return NX_OK;
}

/* What the other provider is to us … */
static json_t *upstream_request(const struct nx_plan *p)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:{s:s, s:s, s:s, s:{s:s}, s:{s:s, s:s}, s:b, s:b}}", "id",
                     NX_PROVIDER_ID, "kind", "oidc", "name", "Officials' accounts", "name_vi", "Tài khoản cán bộ",
                     "issuer", p->provider_issuer, "level_cap", "m2", "proofing", "m1", "jit", "none",
                     "trusts_national_id", 1, "config", "client_id", "nixa", "client_secret", p->provider_secret,
                     "scope", "openid profile identifiers", "claims", "national_id", "national_id", "levels",
                     "urn:nixa:acr:m1", "m1", "urn:nixa:acr:m2", "m2", "userinfo", 1, "rp_logout", 1);
}

/* … and we to it: a portal like any other. */
static json_t *broker_request(const struct nx_plan *p)
{
    const char *issuer = p->settings.issuer, *path = "/upstream/" NX_PROVIDER_ID;
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s++, s:s+, s:s++}", "client_id", "nixa", "client_secret",
                     p->provider_secret, "name", "NIXA", "name_vi", "NIXA", "scope", "openid profile identifiers",
                     "origin", issuer, "redirect_uri", issuer, path, "/callback", "post_logout_redirect_uri", issuer,
                     "/signed-out", "backchannel_logout_uri", issuer, path, "/logout");
}

static NX_FALLIBLE ask_to_load(json_t **reply, const char *folder, const json_t *request)
{
    NX_NEED(request);
    NX_TRY(nx_ask(reply, folder, request, 20000));
    if (nx_json_bool(*reply, "ok", false)) return NX_OK;
    const char *text = nx_json_str(*reply, "text");
    return nx_refuse(NX_ERR_CONFLICT, "the demo was not loaded: %s", text ? text : "no reason given");
}

static NX_FALLIBLE load_provider(const struct nx_plan *p)
{
    NX_AUTO_JSON reply = NULL;
    NX_AUTO_JSON request = json_pack("{s:s, s:[o]}", "do", "demo.load", "portals", broker_request(p));
    return ask_to_load(&reply, NX_PROVIDER_DIR, request);
}

/* {"do":"demo.load","portals":[{client_id, client_secret, name, name_vi, scope, origin, redirect_uri,
 * post_logout_redirect_uri, backchannel_logout_uri} or {saml_metadata} …], "upstream": a row}: makes the demo's people where they are missing and
 * the portals' clients as they are described here, so that a start with another port mends their URIs. */
static NX_FALLIBLE load_demo(struct nx_up *u)
{
    NX_AUTO_JSON request = json_pack("{s:s, s:[]}", "do", "demo.load", "portals");
    NX_AUTO_JSON reply = NULL;
    NX_NEED(request);
    for (unsigned i = 0; i < NX_PORTALS; i++)
        json_array_append_new(nx_json_array(request, "portals"),
                              portal_request(&u->plan, &u->plan.portal[i]));
    if (u->plan.provider) json_object_set_new(request, "upstream", upstream_request(&u->plan));
    NX_TRY(ask_to_load(&reply, ".", request));
    NX_TRY(tell_portals(&u->plan, reply));
    return u->plan.provider ? load_provider(&u->plan) : NX_OK;
}

static bool server_answers(const char *folder)
{
    NX_AUTO_JSON request = json_pack("{s:s}", "do", "ping");
    NX_AUTO_JSON reply = NULL;
    return request && nx_ok(nx_ask(&reply, folder, request, 2000)) && nx_json_bool(reply, "ok", false);
}

static bool servers_answer(const struct nx_up *u)
{
    return server_answers(".") && (!u->plan.provider || server_answers(NX_PROVIDER_DIR));
}

static bool edge_answers(const struct nx_up *u)
{
    struct nx_probe probe = {.listen = u->plan.settings.listen,
                             .host = u->plan.host,
                             .authority = u->plan.authority,
                             .ca_file = NX_CA_FILE,
                             .path = "/.well-known/openid-configuration"};
    return nx_probe_ok(&probe);
}

nx_result nx_up_advance(struct nx_up *u)
{
    if (u->step == NX_STEP_STORE && (!u->plan.own_redis || redis_answers())) {
        nx_up_want(u, &u->nixad);
        if (u->plan.provider) nx_up_want(u, &u->provider);
        nx_up_want(u, &u->edge);
        u->step = NX_STEP_SERVER;
    } else if (u->step == NX_STEP_SERVER && servers_answer(u)) {
        if (u->plan.demo) NX_TRY(load_demo(u));
        for (unsigned i = 0; u->plan.demo && i < NX_PORTALS; i++)
            nx_up_want(u, &u->portal[i]);
        u->step = NX_STEP_EDGE;
    } else if (u->step == NX_STEP_EDGE && edge_answers(u)) {
        printf("nixa: ready %s\n", u->plan.settings.issuer);
        fflush(stdout);
        nx_say("Ctrl-C stops it. ./nixa ctl trust lets your browsers trust %s", u->plan.settings.issuer);
        u->step = NX_STEP_READY;
        u->stale = true;
    }
    return NX_OK;
}
