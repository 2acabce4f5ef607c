#include "ctl_listener.h"

#include "base/clock.h"
#include "base/log.h"
#include "ctl_frame.h"
#include "oidc/register.h"
#include "operate/command.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define READ_MS 5000
#define WRITE_MS 5000
#define BACKLOG 16

struct nx_ctl_listener {
    struct nx_house *house;
    struct sockaddr_un at;
    int listen_fd;
    int stop_fd; /* an eventfd: readable when the thread is to end */
    bool running;
    pthread_t thread;
};

/* Clients that an operator makes by hand; idp/operate stands beside idp/oidc and reaches it only this way. */
static nx_result register_client(nx_span *json, const char **why, struct nx_house *house, nx_arena *a,
                                 const char *actor, nx_span metadata)
{
    const struct nx_registrar by = {.actor = actor, .by_hand = true};
    return nx_client_register(json, why, house, a, &by, metadata);
}

static const struct nx_operate_host host = {.register_client = register_client};

/* The uid of the process at the other end, as it was when it connected. */
static bool peer_allowed(int fd, uid_t *uid)
{
    struct ucred peer;
    socklen_t n = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0) return false;
    *uid = peer.uid;
    return peer.uid == geteuid() || peer.uid == 0;
}

/* The supervisor asks this to see that the server is there; it takes no store and no registry. */
static bool is_ping(const json_t *request)
{
    const char *act = nx_json_str(request, "do");
    return act && strcmp(act, "ping") == 0;
}

static NX_FALLIBLE answer(const struct nx_ctl_listener *l, int fd, uid_t uid)
{
    NX_AUTO_JSON request = NULL;
    NX_AUTO_JSON reply = NULL;
    NX_TRY(nx_ctl_read(&request, fd, nx_mono_ms() + READ_MS));
    if (is_ping(request))
        reply = json_pack("{s:b}", "ok", 1);
    else
        NX_TRY(nx_operate_command(&reply, l->house, &host, uid, request));
    NX_NEED(reply);
    return nx_ctl_write(fd, reply, nx_mono_ms() + WRITE_MS);
}

static void serve(const struct nx_ctl_listener *l, int fd)
{
    uid_t uid = (uid_t)-1;
    if (!peer_allowed(fd, &uid)) {
        nx_log(NX_WARN, "ctl_refused", NX_NUM("uid", uid));
        return;
    }
    nx_result r = answer(l, fd, uid);
    if (!nx_ok(r)) nx_log_error("ctl_failed", r);
}

static void *listen_loop(void *arg)
{
    struct nx_ctl_listener *l = arg;
    struct pollfd wait[] = {{.fd = l->listen_fd, .events = POLLIN}, {.fd = l->stop_fd, .events = POLLIN}};
    for (;;) {
        if (poll(wait, 2, -1) < 0 && errno != EINTR) return NULL;
        if (wait[1].revents) return NULL;
        int fd = wait[0].revents ? accept4(l->listen_fd, NULL, NULL, SOCK_CLOEXEC) : -1;
        if (fd < 0) continue;
        serve(l, fd);
        close(fd);
    }
}

static NX_FALLIBLE open_socket(struct nx_ctl_listener *l)
{
    l->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    NX_REQUIRE(l->listen_fd >= 0, NX_ERR_IO);
    unlink(l->at.sun_path);
    /* Narrow before it can be connected to: bind makes the file with the mode of the socket. */
    NX_REQUIRE(fchmod(l->listen_fd, 0600) == 0, NX_ERR_IO);
    NX_REQUIRE(bind(l->listen_fd, (struct sockaddr *)&l->at, sizeof l->at) == 0, NX_ERR_IO);
    NX_REQUIRE(chmod(l->at.sun_path, 0600) == 0 && listen(l->listen_fd, BACKLOG) == 0, NX_ERR_IO);
    return NX_OK;
}

static NX_FALLIBLE start(struct nx_ctl_listener *l)
{
    l->stop_fd = eventfd(0, EFD_CLOEXEC);
    NX_REQUIRE(l->stop_fd >= 0, NX_ERR_IO);
    NX_TRY(open_socket(l));
    NX_REQUIRE(pthread_create(&l->thread, NULL, listen_loop, l) == 0, NX_ERR_MEMORY);
    l->running = true;
    return NX_OK;
}

nx_result nx_ctl_listener_open(nx_ctl_listener **out, struct nx_house *house, const char *path)
{
    nx_ctl_listener *l = calloc(1, sizeof *l);
    *out = NULL;
    NX_NEED(l);
    *l = (struct nx_ctl_listener){.house = house, .listen_fd = -1, .stop_fd = -1, .at.sun_family = AF_UNIX};
    nx_result r = NX_OK;
    if (strlen(path) >= sizeof l->at.sun_path)
        r = nx_fail(NX_ERR_LIMIT, __func__, __LINE__);
    else
        strcpy(l->at.sun_path, path);
    if (nx_ok(r)) r = start(l);
    if (nx_ok(r))
        *out = l;
    else
        nx_ctl_listener_close(l);
    return r;
}

void nx_ctl_listener_close(nx_ctl_listener *l)
{
    if (!l) return;
    if (l->running) {
        uint64_t one = 1;
        if (write(l->stop_fd, &one, sizeof one) == (ssize_t)sizeof one) pthread_join(l->thread, NULL);
    }
    if (l->listen_fd >= 0) {
        close(l->listen_fd);
        unlink(l->at.sun_path);
    }
    if (l->stop_fd >= 0) close(l->stop_fd);
    free(l);
}
