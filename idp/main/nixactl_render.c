#include "nixactl_render.h"

#include "nixactl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool name_byte(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Bytes of the name behind an at-sign; 0 when no blank stands there. */
static size_t blank_length(nx_span rest)
{
    size_t n = 0;
    while (n < rest.n && name_byte(rest.p[n]))
        n++;
    return n > 0 && n < rest.n && rest.p[n] == '@' ? n : 0;
}

static NX_FALLIBLE put_value(nx_buf *out, nx_span name, const struct nx_blank *blanks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!nx_span_eq_str(name, blanks[i].name)) continue;
        for (const char *c = blanks[i].value; *c; c++)
            NX_REQUIRE((unsigned char)*c >= 0x20 && *c != 0x7f && *c != '"' && *c != '\\', NX_ERR_SYNTAX);
        return nx_buf_puts(out, blanks[i].value);
    }
    NX_FAIL(NX_ERR_UNKNOWN);
}

nx_result nx_render(nx_buf *out, nx_span text, const struct nx_blank *blanks, size_t count)
{
    for (size_t i = 0; i < text.n;) {
        size_t n = text.p[i] == '@' ? blank_length(nx_span_from(text, i + 1)) : 0;
        if (n == 0) {
            NX_TRY(nx_buf_putc(out, text.p[i++]));
            continue;
        }
        NX_TRY(put_value(out, nx_span_of(text.p + i + 1, n), blanks, count));
        i += n + 2;
    }
    return nx_buf_done(out);
}

nx_result nx_read_file(nx_span *out, nx_arena *a, const char *path, size_t max)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    NX_REQUIRE(fd >= 0, NX_ERR_IO);
    struct stat st;
    nx_err err = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? NX_ERR_NONE : NX_ERR_IO;
    if (!err && (size_t)st.st_size > max) err = NX_ERR_LIMIT;
    char *bytes = err ? NULL : nx_arena_alloc(a, (size_t)st.st_size + 1);
    if (!err && !bytes) err = NX_ERR_MEMORY;
    size_t n = 0;
    while (!err && n < (size_t)st.st_size) {
        ssize_t got = read(fd, bytes + n, (size_t)st.st_size - n);
        if (got > 0)
            n += (size_t)got;
        else if (got == 0 || errno != EINTR)
            break;
    }
    close(fd);
    NX_REQUIRE(!err, err);
    *out = nx_span_of(bytes, n);
    return NX_OK;
}

static bool write_all(int fd, nx_span bytes)
{
    while (bytes.n > 0) {
        ssize_t put = write(fd, bytes.p, bytes.n);
        if (put < 0 && errno != EINTR) return false;
        if (put > 0) bytes = nx_span_from(bytes, (size_t)put);
    }
    return true;
}

nx_result nx_write_file(const char *path, unsigned mode, nx_span bytes)
{
    char beside[4096];
    NX_REQUIRE((size_t)snprintf(beside, sizeof beside, "%s.new", path) < sizeof beside, NX_ERR_LIMIT);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    NX_REQUIRE(fd >= 0, NX_ERR_IO);
    bool ok = write_all(fd, bytes) && fchmod(fd, mode) == 0 && fsync(fd) == 0;
    ok = close(fd) == 0 && ok;
    if (ok && rename(beside, path) == 0) return NX_OK;
    unlink(beside);
    NX_FAIL(NX_ERR_IO);
}

static NX_FALLIBLE render_file(nx_arena *a, const char *from, const char *to, unsigned mode,
                               const struct nx_blank *blanks, size_t count)
{
    nx_span text;
    nx_buf out;
    nx_buf_init(&out, a, NX_TEMPLATE_MAX);
    NX_TRY(nx_read_file(&text, a, from, NX_TEMPLATE_MAX));
    NX_TRY(nx_render(&out, text, blanks, count));
    return nx_write_file(to, mode, nx_buf_span(&out));
}

nx_result nx_render_file(const char *from, const char *to, unsigned mode, const struct nx_blank *blanks,
                         size_t count)
{
    NX_AUTO(nx_arena) a = nx_arena_open(4 * NX_TEMPLATE_MAX);
    NX_NEED(a);
    nx_result r = render_file(a, from, to, mode, blanks, count);
    if (!nx_ok(r)) return nx_refuse(r.e, "cannot make %s from %s: %s", to, from, nx_err_text(r.e));
    return NX_OK;
}
