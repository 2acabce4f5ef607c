#include "nixactl_probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

bool nx_split_address(const char *address, char *host, char *port, unsigned long n)
{
    const char *colon = strrchr(address, ':');
    if (!colon || colon == address || !colon[1]) return false;
    const char *begin = address, *end = colon;
    if (*begin == '[' && end[-1] == ']') begin++, end--;
    if ((unsigned long)(end - begin) >= n || strlen(colon + 1) >= n) return false;
    memcpy(host, begin, (size_t)(end - begin));
    host[end - begin] = '\0';
    strcpy(port, colon + 1);
    return true;
}

static struct addrinfo *resolve(const char *address, int flags)
{
    char host[256], port[256];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV}, *found = NULL;
    if (!nx_split_address(address, host, port, sizeof host)) return NULL;
    return getaddrinfo(strcmp(host, "*") == 0 ? NULL : host, port, &hints, &found) == 0 ? found : NULL;
}

bool nx_can_listen(const char *address)
{
    struct addrinfo *at = resolve(address, AI_PASSIVE);
    if (!at) {
        errno = EADDRNOTAVAIL;
        return false;
    }
    int one = 1, fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
              bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, 1) == 0;
    int why = errno;
    if (fd >= 0) close(fd);
    freeaddrinfo(at);
    errno = why;
    return ok;
}

static int connect_to(const char *address)
{
    struct timeval second = {.tv_sec = 1};
    struct addrinfo *at = resolve(address, 0);
    if (!at) return -1;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
        if (connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(at);
    return fd;
}

/* The name in the certificate: a DNS name, or an address where the issuer's host is one. */
static bool expect_name(SSL *ssl, const char *host)
{
    unsigned char address[16];
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    return SSL_set_tlsext_host_name(ssl, host) == 1 && SSL_set1_host(ssl, host) == 1;
}

/* HTTP/1.0, so that the body comes as it is and ends with the connection. */
static bool send_request(SSL *ssl, const struct nx_probe *probe)
{
    char text[1024];
    int n = snprintf(text, sizeof text, "GET %s HTTP/1.0\r\nHost: %s\r\nAccept: application/json\r\n\r\n",
                     probe->path, probe->authority);
    return n > 0 && (size_t)n < sizeof text && SSL_connect(ssl) == 1 && SSL_write(ssl, text, n) == n;
}

struct reading {
    uint8_t *bytes;
    size_t room, n;
};

static bool exchange(SSL *ssl, const struct nx_probe *probe, struct reading *in)
{
    if (!send_request(ssl, probe)) return false;
    while (in->n < in->room) {
        int want = in->room - in->n > 1 << 20 ? 1 << 20 : (int)(in->room - in->n);
        int got = SSL_read(ssl, in->bytes + in->n, want);
        if (got <= 0) break;
        in->n += (size_t)got;
    }
    return in->n >= 13 && memcmp(in->bytes, "HTTP/1.", 7) == 0 && memcmp(in->bytes + 8, " 200 ", 5) == 0;
}

static bool get(const struct nx_probe *probe, struct reading *in)
{
    bool ok = false;
    int fd = connect_to(probe->listen);
    if (fd < 0) return false;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = NULL;
    if (context && SSL_CTX_load_verify_file(context, probe->ca_file) == 1) {
        SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
        ssl = SSL_new(context);
    }
    if (ssl && expect_name(ssl, probe->host) && SSL_set_fd(ssl, fd) == 1) ok = exchange(ssl, probe, in);
    SSL_free(ssl);
    SSL_CTX_free(context);
    close(fd);
    return ok;
}

bool nx_probe_ok(const struct nx_probe *probe)
{
    uint8_t head[64];
    struct reading in = {.bytes = head, .room = sizeof head};
    return get(probe, &in);
}

nx_result nx_probe_fetch(nx_span *body, nx_arena *a, const struct nx_probe *probe, size_t max)
{
    struct reading in = {.room = max + 8192};
    in.bytes = nx_arena_alloc(a, in.room);
    NX_NEED(in.bytes);
    NX_REQUIRE(get(probe, &in), NX_ERR_AWAY);
    NX_REQUIRE(in.n < in.room, NX_ERR_LIMIT);
    const uint8_t *end = memmem(in.bytes, in.n, "\r\n\r\n", 4);
    NX_REQUIRE(end, NX_ERR_AWAY);
    *body = nx_span_from(nx_span_of(in.bytes, in.n), (size_t)(end - in.bytes) + 4);
    return NX_OK;
}
