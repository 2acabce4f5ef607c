/* The files that the children are configured by, made anew at each start from the templates in docker/, and
 * the secrets that are made once. */
#include "layout.h"
#include "nixactl.h"
#include "nixactl_child.h"
#include "nixactl_plan.h"
#include "nixactl_probe.h"
#include "nixactl_render.h"
#include "nixactl_saml.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define APACHE_MODULES "/usr/lib/apache2/modules"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Runs a program, its standard error ours, and gives the first word that it prints. */
static NX_FALLIBLE run_for_word(const char *const *argv, char *word, size_t room)
{
    int pipe_fd[2], status = -1;
    NX_REQUIRE(pipe2(pipe_fd, O_CLOEXEC) == 0, NX_ERR_IO);
    pid_t pid = fork();
    if (pid == 0) {
        if (dup2(pipe_fd[1], 1) >= 0) execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    close(pipe_fd[1]);
    ssize_t n = pid > 0 ? read(pipe_fd[0], word, room - 1) : 0;
    close(pipe_fd[0]);
    word[n > 0 ? n : 0] = '\0';
    word[strcspn(word, " \r\n")] = '\0';
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    NX_REQUIRE(pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0, NX_ERR_IO);
    return NX_OK;
}

nx_result nx_plan_certificates(const struct nx_plan *p, bool *changed)
{
    char script[4200], word[16];
    const char *argv[16] = {"/bin/sh", script, "certs", p->host};
    size_t n = 4;
    snprintf(script, sizeof script, "%s/certs/dev-certs.sh", p->share);
    if (nx_settings_loopback(&p->settings)) {
        static const char *const names[] = {"localhost", "127.0.0.1", "::1"};
        for (size_t i = 0; i < COUNT(names); i++)
            if (strcmp(names[i], p->host) != 0) argv[n++] = names[i];
    }
    for (size_t i = 0; p->demo && i < NX_PORTALS; i++)
        argv[n++] = p->portal[i].host;
    if (p->demo) argv[n++] = "dvc.localhost";
    if (p->demo) argv[n++] = NX_PROVIDER_HOST;
    nx_result r = run_for_word(argv, word, sizeof word);
    if (!nx_ok(r)) return nx_refuse(r.e, "could not make the certificates (%s)", script);
    *changed = strcmp(word, "new") == 0;
    return NX_OK;
}

/* A secret in a file of its own, made when it is not there. */
static NX_FALLIBLE keep_secret(nx_arena *a, char out[65], const char *folder, const char *name)
{
    char path[256];
    nx_span kept;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (nx_ok(nx_read_file(&kept, a, path, 64)) && kept.n == 64) {
        memcpy(out, kept.p, 64);
        out[64] = '\0';
        return NX_OK;
    }
    NX_TRY(nx_random_hex(out));
    return nx_write_file(path, 0600, nx_span_of(out, 64));
}

/* A port of loopback that nobody listens on. Somebody could take it before Apache does; then Apache fails, is
 * started again and says so in its log: only the demo depends on it. */
static NX_FALLIBLE free_port(unsigned *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&at, n) == 0 &&
              getsockname(fd, (struct sockaddr *)&at, &n) == 0;
    if (fd >= 0) close(fd);
    NX_REQUIRE(ok, NX_ERR_IO);
    *port = ntohs(at.sin_port);
    return NX_OK;
}

static NX_FALLIBLE make_folder(const char *path, unsigned mode, uid_t owner)
{
    if (mkdir(path, mode) != 0 && errno != EEXIST) NX_FAIL(NX_ERR_IO);
    NX_REQUIRE(chmod(path, mode) == 0, NX_ERR_IO);
    NX_REQUIRE(owner == geteuid() || chown(path, owner, (gid_t)-1) == 0, NX_ERR_IO);
    return NX_OK;
}

static NX_FALLIBLE copy_file(nx_arena *a, const char *from, const char *to)
{
    nx_span bytes;
    NX_TRY(nx_read_file(&bytes, a, from, NX_TEMPLATE_MAX));
    return nx_write_file(to, 0644, bytes);
}

static NX_FALLIBLE copy_site(nx_arena *a, const struct nx_plan *p, const char *folder)
{
    static const char *const files[] = {"index.shtml",    "signed-out.shtml", "head.shtml",
                                        "foot.shtml",     "portal.css",       "emblem-dichvucong.svg",
                                        "emblem-thue.svg", "emblem-yte.svg"};
    for (size_t i = 0; i < COUNT(files); i++) {
        char from[4200], to[256];
        snprintf(from, sizeof from, "%s/docker/portal/site/%s", p->share, files[i]);
        snprintf(to, sizeof to, "%s/site/%s", folder, files[i]);
        NX_TRY(copy_file(a, from, to));
    }
    return NX_OK;
}

/* Apache gives up root for www-data before it serves, so that is who needs to read and to write here. */
static uid_t apache_user(void)
{
    const struct passwd *user = geteuid() == 0 ? getpwnam("www-data") : NULL;
    return user ? user->pw_uid : geteuid();
}

static NX_FALLIBLE make_portal_folder(nx_arena *a, const struct nx_plan *p, struct nx_portal *portal,
                                      const char *folder)
{
    char path[256];
    struct {
        const char *name;
        unsigned mode;
        uid_t owner;
    } const inside[] = {{"", 0711, geteuid()},
                        {"/run", 0700, geteuid()},
                        {"/site", 0755, geteuid()},
                        {"/cache", 0700, apache_user()}};
    for (size_t i = 0; i < COUNT(inside); i++) {
        snprintf(path, sizeof path, "%s%s", folder, inside[i].name);
        NX_TRY(make_folder(path, inside[i].mode, inside[i].owner));
    }
    NX_TRY(keep_secret(a, portal->secret, folder, "client.secret"));
    NX_TRY(keep_secret(a, portal->passphrase, folder, "cookie.secret"));
    snprintf(path, sizeof path, "%s/ca.pem", folder);
    NX_TRY(copy_file(a, NX_CA_FILE, path));
    return copy_site(a, p, folder);
}

static const struct nx_portal *portal_at(const struct nx_plan *p, const char *host)
{
    size_t i = 0;
    while (i + 1 < NX_PORTALS && strcmp(p->portal[i].host, host) != 0)
        i++;
    return &p->portal[i];
}

/* What every portal's Apache has in common, and how this one asks who somebody is. */
static NX_FALLIBLE configure_portal(const struct nx_plan *p, const struct nx_portal *portal,
                                    const char *folder)
{
    const char *const files[][2] = {{"httpd.conf", "httpd.conf"},
                                    {portal->saml ? "saml.conf" : "oidc.conf", "auth.conf"}};
    const struct nx_portal *other = portal_at(p, portal->other);
    char root[32], port[8], from[4200], to[256];
    snprintf(root, sizeof root, "/proc/self/fd/%d", NX_CHILD_FD);
    snprintf(port, sizeof port, "%u", portal->port);
    const struct nx_blank blanks[] = {
        {"ROOT", root},
        {"MODULES", APACHE_MODULES},
        {"AS_ROOT", geteuid() == 0 ? "" : "#"},
        {"NAME", portal->name},
        {"HOST", portal->host},
        {"OTHER", portal->other},
        {"TITLE", portal->title},
        {"TITLE_VI", portal->title_vi},
        {"OTHER_TITLE", other->title},
        {"OTHER_TITLE_VI", other->title_vi},
        {"PORT", p->port_suffix},
        {"PORT_ESCAPED", p->port_escaped},
        {"INNER", port},
        {"ISSUER", p->settings.issuer},
        {"CLIENT_ID", portal->name},
        {"CLIENT_SECRET", portal->secret},
        {"PASSPHRASE", portal->passphrase},
        {"SCOPE", portal->scope ? portal->scope : ""},
        {"ENTITY", NX_SAML_PORTAL_ENTITY},
    };
    for (size_t i = 0; i < COUNT(files); i++) {
        snprintf(from, sizeof from, "%s/docker/portal/%s.in", p->share, files[i][0]);
        snprintf(to, sizeof to, "%s/%s", folder, files[i][1]);
        NX_TRY(nx_render_file(from, to, 0600, blanks, COUNT(blanks)));
    }
    return NX_OK;
}

static NX_FALLIBLE prepare_portal(const struct nx_plan *p, struct nx_portal *portal)
{
    char folder[128];
    snprintf(folder, sizeof folder, "portals/%s", portal->name);
    NX_AUTO(nx_arena) a = nx_arena_open(1u << 20);
    NX_NEED(a);
    nx_result r = make_portal_folder(a, p, portal, folder);
    if (nx_ok(r) && portal->saml) r = nx_saml_portal_prepare(p, portal, folder, apache_user());
    if (!nx_ok(r))
        return nx_refuse(r.e, "cannot make the demo portal's folder %s: %s", folder, strerror(errno));
    NX_TRY(free_port(&portal->port));
    NX_TRY(configure_portal(p, portal, folder));
    int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    NX_REQUIRE(fd >= 0, NX_ERR_IO);
    /* Above NX_CHILD_FD: a descriptor copied onto itself would still be closed by exec. */
    portal->folder_fd = fcntl(fd, F_DUPFD_CLOEXEC, NX_CHILD_FD + 1);
    close(fd);
    NX_REQUIRE(portal->folder_fd >= 0, NX_ERR_IO);
    return NX_OK;
}

static NX_FALLIBLE configure_redis(const struct nx_plan *p)
{
    char from[4200];
    snprintf(from, sizeof from, "%s/docker/redis.conf.in", p->share);
    /* Redis moves into redis/ before it makes its socket. */
    const struct nx_blank blanks[] = {{"ROOT", ".."}};
    return nx_render_file(from, NX_RUN_DIR "/redis.conf", 0600, blanks, COUNT(blanks));
}

/* The authorities that the edge names when it asks for a certificate, so that a browser knows which of a person's
 * to offer. What comes is passed on whatever its path: nixad decides. */
static NX_FALLIBLE name_authorities(const struct nx_plan *p, const char **out)
{
    const char *const files[] = {p->settings.client_ca, p->settings.person_ca};
    NX_AUTO(nx_arena) a = nx_arena_open(4u << 20);
    NX_NEED(a);
    nx_buf all;
    nx_buf_init(&all, a, 2u << 20);
    for (size_t i = 0; i < COUNT(files); i++) {
        nx_span pem;
        if (!files[i][0]) continue;
        nx_result r = nx_read_file(&pem, a, files[i], 1u << 20);
        if (!nx_ok(r)) return nx_refuse(r.e, "cannot read %s: %s", files[i], strerror(errno));
        nx_buf_add(&all, pem);
        nx_buf_adds(&all, "\n");
    }
    NX_TRY(nx_buf_done(&all));
    *out = nx_buf_span(&all).n ? NX_RUN_DIR "/mtls-ca.pem" : NX_CA_FILE;
    return nx_buf_span(&all).n ? nx_write_file(NX_RUN_DIR "/mtls-ca.pem", 0600, nx_buf_span(&all)) : NX_OK;
}

static NX_FALLIBLE configure_edge(const struct nx_plan *p)
{
    const char *mtls_ca = NX_CA_FILE;
    NX_TRY(name_authorities(p, &mtls_ca));
    char from[4200], port[NX_PORTALS][8] = {"0", "0", "0"};
    snprintf(from, sizeof from, "%s/docker/haproxy.cfg.in", p->share);
    for (size_t i = 0; p->demo && i < NX_PORTALS; i++)
        snprintf(port[i], sizeof port[i], "%u", p->portal[i].port);
    const struct nx_blank blanks[] = {
        {"DEMO", p->demo ? "" : "#"},
        {"PROVIDER", p->provider ? "" : "#"},
        {"LISTEN", p->settings.listen},
        {"MTLS_LISTEN", p->mtls_listen},
        {"MTLS_CA", mtls_ca},
        {"SHARE", p->share},
        {"PORT", p->port_suffix},
        {"PORTAL_1", port[0]},
        {"PORTAL_2", port[1]},
        {"PORTAL_3", port[2]},
    };
    return nx_render_file(from, NX_RUN_DIR "/haproxy.cfg", 0600, blanks, COUNT(blanks));
}

/* nixad gets the settings as they were settled here, in the configuration file's own form. */
static NX_FALLIBLE write_settings(const struct nx_settings *s, const char *path)
{
    NX_AUTO(nx_arena) a = nx_arena_open(1u << 20);
    NX_NEED(a);
    nx_buf yaml;
    nx_buf_init(&yaml, a, 1u << 18);
    nx_settings_dump(s, &yaml);
    NX_TRY(nx_buf_done(&yaml));
    nx_result r = nx_write_file(path, 0600, nx_buf_span(&yaml));
    if (!nx_ok(r)) return nx_refuse(r.e, "cannot write %s: %s", path, strerror(errno));
    return NX_OK;
}

static NX_FALLIBLE configure_nixad(const struct nx_plan *p)
{
    struct nx_settings s = p->settings;
    s.data = ".";
    s.demo = p->demo;
    s.mtls_listen = p->mtls_listen;
    if (p->own_redis) s.redis = "unix:" NX_REDIS_SOCKET;
    return write_settings(&s, NX_NIXAD_CONFIG);
}

/* The demo's second provider: people, keys and sessions of its own, behind the same edge. */
static NX_FALLIBLE prepare_provider(struct nx_plan *p)
{
    static const char *const folders[] = {NX_PROVIDER_DIR, NX_PROVIDER_DIR "/run", NX_PROVIDER_DIR "/certs"};
    NX_AUTO(nx_arena) a = nx_arena_open(1u << 20);
    NX_NEED(a);
    nx_result r = NX_OK;
    for (size_t i = 0; i < COUNT(folders) && nx_ok(r); i++)
        r = make_folder(folders[i], 0700, geteuid());
    if (nx_ok(r)) r = keep_secret(a, p->provider_secret, NX_PROVIDER_DIR, "client.secret");
    if (nx_ok(r)) r = copy_file(a, NX_CA_FILE, NX_PROVIDER_DIR "/" NX_CA_FILE);
    if (!nx_ok(r)) return nx_refuse(r.e, "cannot make the demo provider's folder: %s", strerror(errno));
    struct nx_settings s;
    nx_settings_default(&s);
    s.data = ".";
    s.issuer = p->provider_issuer;
    s.listen = p->settings.listen;
    s.mtls_listen = p->mtls_listen;
    s.wallet_origin = s.console_origin = s.issuer;
    s.egress_allow = p->settings.egress_allow;
    s.log_level = p->settings.log_level;
    s.redis = "unix:../" NX_REDIS_SOCKET "?db=1";
    return write_settings(&s, NX_PROVIDER_DIR "/" NX_NIXAD_CONFIG);
}

nx_result nx_plan_prepare(struct nx_plan *p)
{
    bool changed;
    const char *addresses[] = {p->settings.listen, p->mtls_listen};
    for (size_t i = 0; i < COUNT(addresses); i++)
        if (!nx_can_listen(addresses[i]))
            return nx_refuse(NX_ERR_IO, "cannot listen on %s: %s (--listen, --mtls-listen choose others)",
                             addresses[i], strerror(errno));
    NX_TRY(nx_plan_certificates(p, &changed));
    for (size_t i = 0; p->demo && i < NX_PORTALS; i++)
        NX_TRY(prepare_portal(p, &p->portal[i]));
    if (p->provider) NX_TRY(prepare_provider(p));
    if (p->own_redis) NX_TRY(configure_redis(p));
    NX_TRY(configure_edge(p));
    return configure_nixad(p);
}
