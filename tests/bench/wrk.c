#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

static double number_after(const char *text, const char *label)
{
    const char *at = strstr(text, label);
    return at ? strtod(at + strlen(label), NULL) : -1;
}

static double requests_of(const char *text)
{
    const char *at = strstr(text, " requests in ");
    while (at && at > text && at[-1] >= '0' && at[-1] <= '9')
        at--;
    return at ? strtod(at, NULL) : 0;
}

/* wrk prints "N requests in …", "Requests/sec: N", and "Non-2xx or 3xx responses: N" only when there were
 * some. */
struct speed wrk_once(const struct bench *b, const struct shot *s)
{
    char command[2048], text[8192];
    snprintf(command, sizeof command, "taskset -c %d wrk -t1 -c8 -d1s -s %s/%s %s%s -- '%s %s' 2>&1",
             BENCH_LOAD_CPU, NX_BENCH_DIR, s->script, s->origin, s->path, b->authority, s->argument);
    double used = processor_now(s->server);
    FILE *f = popen(command, "re");
    if (!f) die("wrk does not start");
    size_t n = fread(text, 1, sizeof text - 1, f);
    text[n] = 0;
    used = processor_now(s->server) - used;
    if (pclose(f) != 0) die("wrk failed:\n%s", text);
    if (number_after(text, "Non-2xx or 3xx responses:") > 0) die("refused answers at %s:\n%s", s->path, text);
    double rate = number_after(text, "Requests/sec:"), count = requests_of(text);
    if (rate <= 0 || count <= 0) die("no answers at %s:\n%s", s->path, text);
    return (struct speed){1 / rate, used / count};
}

struct speed wrk_best(const struct bench *b, const struct shot *s)
{
    struct speed best = SPEED_NONE;
    for (int i = 0; i < b->slices; i++)
        speed_best(&best, wrk_once(b, s));
    return best;
}
