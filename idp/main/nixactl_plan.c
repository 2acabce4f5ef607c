#include "nixactl_plan.h"

#include "layout.h"
#include "nixactl.h"
#include "nixactl_folder.h"
#include "nixactl_probe.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct nx_portal portals[NX_PORTALS] = {
    {.name = "dichvucong",
     .host = "dichvucong.localhost",
     .title = "Public Service Portal",
     .title_vi = "Cổng dịch vụ công",
     .scope = "openid profile",
     .other = "thue.localhost",
     .folder_fd = -1},
    {.name = "thue",
     .host = "thue.localhost",
     .title = "Electronic Tax",
     .title_vi = "Thuế điện tử",
     .scope = "openid profile email",
     .other = "yte.localhost",
     .folder_fd = -1},
    {.name = "yte",
     .host = "yte.localhost",
     .title = "Health Portal",
     .title_vi = "Cổng y tế",
     .saml = true,
     .other = "dichvucong.localhost",
     .folder_fd = -1},
};

/* "https://HOST[:PORT]" into host, authority and port_suffix. */
static NX_FALLIBLE split_issuer(struct nx_plan *p)
{
    static const char scheme[] = "https://";
    const char *issuer = p->settings.issuer;
    if (strncmp(issuer, scheme, sizeof scheme - 1) != 0 || strlen(issuer) > 255 || strchr(issuer + 8, '/'))
        return nx_refuse(NX_ERR_SYNTAX, "the issuer must be https://HOST or https://HOST:PORT, not %s",
                         issuer);
    snprintf(p->authority, sizeof p->authority, "%s", issuer + sizeof scheme - 1);
    char port[256] = "443";
    const char *bracket = strchr(p->authority, ']');
    if (!strchr(bracket ? bracket : p->authority, ':')) {
        memcpy(p->host, p->authority, strlen(p->authority) + 1); /* at most 255 - 8 bytes, checked above */
    } else if (!nx_split_address(p->authority, p->host, port, sizeof p->host)) {
        return nx_refuse(NX_ERR_SYNTAX, "the issuer's port is none: %s", issuer);
    }
    if (strcmp(port, "443") == 0) return NX_OK;
    snprintf(p->port_suffix, sizeof p->port_suffix, ":%.5s", port);
    snprintf(p->port_escaped, sizeof p->port_escaped, "%%3A%.5s", port);
    return NX_OK;
}

static NX_FALLIBLE settle_mtls(struct nx_plan *p)
{
    char host[256], port[256];
    if (p->settings.mtls_listen[0]) {
        snprintf(p->mtls_listen, sizeof p->mtls_listen, "%s", p->settings.mtls_listen);
        return NX_OK;
    }
    if (!nx_split_address(p->settings.listen, host, port, sizeof host))
        return nx_refuse(NX_ERR_SYNTAX, "--listen must be HOST:PORT, not %s", p->settings.listen);
    snprintf(p->mtls_listen, sizeof p->mtls_listen, strchr(host, ':') ? "[%s]:%ld" : "%s:%ld", host,
             strtol(port, NULL, 10) + 1);
    return NX_OK;
}

/* Files that the operator names are relative to where he stands, which is not where the programs will be. */
static NX_FALLIBLE absolute(nx_arena *a, const char **path, const char *option)
{
    char whole[PATH_MAX];
    if (!(*path)[0]) return NX_OK;
    if (!realpath(*path, whole)) return nx_refuse(NX_ERR_IO, "--%s %s: %s", option, *path, strerror(errno));
    *path = nx_arena_strdup(a, whole);
    NX_NEED(*path);
    return NX_OK;
}

/* The same for "sqlite:PATH" and "unix:PATH". */
static NX_FALLIBLE absolute_url(nx_arena *a, const char **url, const char *scheme)
{
    size_t n = strlen(scheme);
    char here[PATH_MAX];
    if (strncmp(*url, scheme, n) != 0 || (*url)[n] == '/' || !getcwd(here, sizeof here)) return NX_OK;
    *url = nx_arena_printf(a, "%s%s/%s", scheme, here, *url + n);
    NX_NEED(*url);
    return NX_OK;
}

static NX_FALLIBLE find_programs(struct nx_plan *p)
{
    char self[PATH_MAX];
    const char *share = getenv("NIXA_SHARE");
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0) return nx_refuse(NX_ERR_IO, "cannot tell where this program is: %s", strerror(errno));
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    p->programs = nx_arena_strdup(p->arena, self);
    p->share = share && share[0] == '/' ? share : NX_SHARE_DIR;
    NX_NEED(p->programs);
    return NX_OK;
}

static NX_FALLIBLE read_settings(struct nx_plan *p, int argc, char **argv)
{
    char complaint[NX_COMPLAINT_MAX] = "";
    int rest = 0;
    nx_result r = nx_settings_read(&p->settings, p->arena, argc - 1, argv + 1, &rest, complaint);
    if (!nx_ok(r)) return nx_refuse(r.e, "%s", complaint[0] ? complaint : nx_err_text(r.e));
    if (rest < argc - 1) return nx_refuse(NX_ERR_UNKNOWN, "what is meant by \"%s\"?", argv[1 + rest]);
    return NX_OK;
}

static bool data_was_given(const struct nx_settings *s)
{
    struct nx_settings otherwise;
    nx_settings_default(&otherwise);
    return s->data != otherwise.data;
}

nx_result nx_plan_read(struct nx_plan *p, nx_arena *a, int argc, char **argv)
{
    *p = (struct nx_plan){.arena = a};
    memcpy(p->portal, portals, sizeof portals);
    struct nx_settings *s = &p->settings;
    NX_TRY(read_settings(p, argc, argv));
    NX_TRY(find_programs(p));
    NX_TRY(split_issuer(p));
    NX_TRY(settle_mtls(p));
    NX_TRY(absolute(a, &s->ca, "ca"));
    NX_TRY(absolute(a, &s->client_ca, "client-ca"));
    NX_TRY(absolute(a, &s->person_ca, "person-ca"));
    NX_TRY(absolute(a, &s->person_crl, "person-crl"));
    NX_TRY(absolute(a, &s->client_crl, "client-crl"));
    NX_TRY(absolute_url(a, &s->database, "sqlite:"));
    NX_TRY(absolute_url(a, &s->redis, "unix:"));
    s->data = nx_data_folder(a, data_was_given(s) ? s->data : NULL);
    NX_NEED(s->data);
    p->own_redis = !s->redis[0];
    p->demo = s->demo && nx_settings_loopback(s); /* rule 27 */
    p->provider = p->demo && p->own_redis;
    p->provider_issuer = nx_arena_printf(a, "https://" NX_PROVIDER_HOST "%s", p->port_suffix);
    NX_NEED(p->provider_issuer);
    return nx_folder_enter(s->data);
}
