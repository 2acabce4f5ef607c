#include "ctl_frame.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

/* Waits until the socket is ready or the deadline passes. */
static bool ready(int fd, short what, int64_t deadline_ms)
{
    for (;;) {
        int64_t left = deadline_ms - nx_mono_ms();
        struct pollfd p = {.fd = fd, .events = what};
        if (left <= 0) return false;
        int n = poll(&p, 1, left > 60000 ? 60000 : (int)left);
        if (n > 0) return true;
        if (n < 0 && errno != EINTR) return false;
    }
}

static bool read_whole(int fd, void *to, size_t n, int64_t deadline_ms)
{
    for (char *p = to; n > 0;) {
        if (!ready(fd, POLLIN, deadline_ms)) return false;
        ssize_t got = recv(fd, p, n, MSG_DONTWAIT);
        if (got == 0) return false;
        if (got < 0 && errno != EAGAIN && errno != EINTR) return false;
        if (got > 0) p += got, n -= (size_t)got;
    }
    return true;
}

static bool write_whole(int fd, const void *from, size_t n, int64_t deadline_ms)
{
    for (const char *p = from; n > 0;) {
        if (!ready(fd, POLLOUT, deadline_ms)) return false;
        ssize_t put = send(fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (put < 0 && errno != EAGAIN && errno != EINTR) return false;
        if (put > 0) p += put, n -= (size_t)put;
    }
    return true;
}

nx_result nx_ctl_read(json_t **out, int fd, int64_t deadline_ms)
{
    uint8_t head[4];
    *out = NULL;
    NX_REQUIRE(read_whole(fd, head, sizeof head, deadline_ms), NX_ERR_IO);
    size_t n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    NX_REQUIRE(n <= NX_CTL_FRAME_MAX, NX_ERR_LIMIT);
    NX_AUTO(nx_arena) a = nx_arena_open(NX_CTL_FRAME_MAX + 4096); /* wiped: requests carry passwords */
    NX_NEED(a);
    void *bytes = nx_arena_alloc(a, n);
    NX_NEED(bytes);
    NX_REQUIRE(read_whole(fd, bytes, n, deadline_ms), NX_ERR_IO);
    return nx_json_parse_object(out, nx_span_of(bytes, n));
}

nx_result nx_ctl_write(int fd, const json_t *message, int64_t deadline_ms)
{
    NX_AUTO(nx_arena) a = nx_arena_open(4 * NX_CTL_FRAME_MAX);
    NX_NEED(a);
    const char *text = nx_json_dump(a, message);
    NX_NEED(text);
    size_t n = strlen(text);
    NX_REQUIRE(n <= NX_CTL_FRAME_MAX, NX_ERR_LIMIT);
    uint8_t head[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    NX_REQUIRE(write_whole(fd, head, sizeof head, deadline_ms), NX_ERR_IO);
    NX_REQUIRE(write_whole(fd, text, n, deadline_ms), NX_ERR_IO);
    return NX_OK;
}
