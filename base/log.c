#include "base/log.h"

#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048
#define TEXT_MAX 256

static _Atomic int least = NX_INFO;
static _Thread_local char request_id[33];

struct line {
    size_t n;
    char bytes[LINE_MAX_BYTES];
};

void nx_log_level(nx_severity level)
{
    atomic_store(&least, (int)level);
}

void nx_log_request(const char *id)
{
    snprintf(request_id, sizeof request_id, "%s", id ? id : "");
}

const char *nx_log_request_id(void)
{
    return request_id;
}

static void put(struct line *l, char c)
{
    if (l->n < sizeof l->bytes - 4) l->bytes[l->n++] = c; /* room for the closing of the line stays */
}

static void puts_raw(struct line *l, const char *s)
{
    while (*s)
        put(l, *s++);
}

static void puts_quoted(struct line *l, const char *s)
{
    put(l, '"');
    for (size_t i = 0; s[i] && i < TEXT_MAX; i++) {
        unsigned char c = (unsigned char)s[i];
        char esc[8];
        if (c < 0x20 || c == '"' || c == '\\' || c > 0x7e) {
            snprintf(esc, sizeof esc, "\\u%04x", c);
            puts_raw(l, esc);
        } else {
            put(l, (char)c);
        }
    }
    put(l, '"');
}

static void put_pair(struct line *l, const char *name, const char *value)
{
    if (l->n > 1) put(l, ',');
    puts_quoted(l, name);
    put(l, ':');
    puts_quoted(l, value);
}

static void put_field(struct line *l, const struct nx_field *f)
{
    if (f->text) {
        put_pair(l, f->name, f->text);
        return;
    }
    char number[32];
    snprintf(number, sizeof number, "%lld", (long long)f->number);
    put(l, ',');
    puts_quoted(l, f->name);
    put(l, ':');
    puts_raw(l, number);
}

void nx_log_write(nx_severity level, const char *event, const struct nx_field *fields, size_t count)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    if ((int)level < atomic_load(&least)) return;
    struct line l = {.n = 0};
    char when[NX_RFC3339_MAX];
    nx_rfc3339(nx_now(), when);
    put(&l, '{');
    put_pair(&l, "t", when);
    put_pair(&l, "lvl", names[level]);
    if (request_id[0]) put_pair(&l, "rid", request_id);
    put_pair(&l, "ev", event);
    for (size_t i = 0; i < count; i++)
        put_field(&l, &fields[i]);
    l.bytes[l.n++] = '}';
    l.bytes[l.n++] = '\n';
    ssize_t written = write(STDERR_FILENO, l.bytes, l.n); /* one write a line: lines of threads never mix */
    (void)written;
}

void nx_log_error(const char *event, nx_result r)
{
    struct nx_origin o = nx_last_origin();
    nx_log(NX_ERROR, event, NX_TEXT("err", nx_err_name(r.e)), NX_TEXT("in", o.e == r.e ? o.function : ""),
           NX_NUM("line", o.e == r.e ? o.line : 0));
}
