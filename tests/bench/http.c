#include "bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define COOKIES 8
#define ANSWER_MAX (256u << 10)

struct http {
    int fd;
    const struct bench *bench;
    struct {
        char name[64];
        char value[512];
    } cookie[COOKIES];
};

static int dial(int port)
{
    static _Atomic uint32_t caller;
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(0x7f100000 + ++caller % 0xfffff)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) != 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("cannot connect to nixad");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

struct http *http_open(const struct bench *b)
{
    struct http *h = calloc(1, sizeof *h);
    if (!h) die("memory");
    h->bench = b;
    h->fd = dial(b->port);
    return h;
}

void http_close(struct http *h)
{
    close(h->fd);
    free(h);
}

int http_fd(const struct http *h)
{
    return h->fd;
}

void http_renew(struct http *h)
{
    close(h->fd);
    h->fd = dial(h->bench->port);
}

void http_forget_cookies(struct http *h)
{
    memset(h->cookie, 0, sizeof h->cookie);
}

static void cookie_keep(struct http *h, const char *line, size_t n)
{
    const char *eq = memchr(line, '=', n), *end = memchr(line, ';', n);
    if (!eq) return;
    if (!end) end = line + n;
    size_t name = (size_t)(eq - line), slot = COOKIES;
    for (size_t i = COOKIES; i-- > 0;)
        if (!h->cookie[i].name[0] ||
            (strlen(h->cookie[i].name) == name && memcmp(h->cookie[i].name, line, name) == 0))
            slot = i;
    if (slot == COOKIES) die("too many cookies");
    snprintf(h->cookie[slot].name, sizeof h->cookie[slot].name, "%.*s", (int)name, line);
    snprintf(h->cookie[slot].value, sizeof h->cookie[slot].value, "%.*s", (int)(end - eq - 1), eq + 1);
}

static void write_all(struct http *h, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = send(h->fd, p, n, MSG_NOSIGNAL);
        if (done <= 0) die("nixad closed the connection");
        p += done;
        n -= (size_t)done;
    }
}

static void send_request(struct http *h, nx_arena *a, const char *method, const char *target,
                         const char *body, const char *type, const char *authorization)
{
    nx_buf b;
    nx_buf_init(&b, a, 64u << 10);
    nx_buf_addf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nAccept-Language: vi\r\n", method, target,
                h->bench->authority);
    const char *sep = "Cookie: ";
    for (size_t i = 0; i < COOKIES; i++) {
        if (!h->cookie[i].name[0] || !h->cookie[i].value[0]) continue;
        nx_buf_addf(&b, "%s%s=%s", sep, h->cookie[i].name, h->cookie[i].value);
        sep = "; ";
    }
    if (sep[0] == ';') nx_buf_adds(&b, "\r\n");
    if (authorization) nx_buf_addf(&b, "Authorization: %s\r\n", authorization);
    if (body)
        nx_buf_addf(&b, "Origin: %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n", h->bench->issuer,
                    type ? type : "application/x-www-form-urlencoded", strlen(body));
    nx_buf_adds(&b, "\r\n");
    if (body) nx_buf_adds(&b, body);
    if (!nx_ok(nx_buf_done(&b))) die("request too large");
    write_all(h, (const char *)nx_buf_span(&b).p, nx_buf_span(&b).n);
}

static void read_headers(struct http *h, nx_arena *a, struct answer *out, char *text, size_t *length)
{
    char *rest = text, *line;
    while ((line = strsep(&rest, "\n"))) {
        size_t n = strcspn(line, "\r");
        line[n] = 0;
        if (strncasecmp(line, "set-cookie:", 11) == 0) cookie_keep(h, line + 12, n - 12);
        if (strncasecmp(line, "location:", 9) == 0) out->location = nx_arena_strdup(a, line + 10);
        if (strncasecmp(line, "content-length:", 15) == 0) *length = strtoul(line + 15, NULL, 10);
    }
}

struct answer http_send(struct http *h, nx_arena *a, const char *method, const char *target, const char *body,
                        const char *type, const char *authorization)
{
    send_request(h, a, method, target, body, type, authorization);
    char *in = nx_arena_alloc(a, ANSWER_MAX);
    if (!in) die("memory");
    size_t have = 0, length = 0;
    char *end = NULL;
    while (!end) {
        ssize_t n = recv(h->fd, in + have, ANSWER_MAX - 1 - have, 0);
        if (n <= 0) die("nixad closed the connection at %s %s", method, target);
        have += (size_t)n;
        in[have] = 0;
        end = strstr(in, "\r\n\r\n");
    }
    struct answer out = {.status = atoi(in + 9)};
    *end = 0;
    size_t head = (size_t)(end + 4 - in);
    read_headers(h, a, &out, in, &length);
    while (have < head + length) {
        ssize_t n = recv(h->fd, in + have, ANSWER_MAX - 1 - have, 0);
        if (n <= 0) die("nixad closed the connection within a body");
        have += (size_t)n;
        in[have] = 0;
    }
    out.body = in + head;
    out.n = length;
    return out;
}
