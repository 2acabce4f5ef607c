#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

static double number_after(const char *text, const char *label)
{
    const char *at = strstr(text, label);
    return at ? strtod(at + strlen(label), NULL) : -1;
}

/* wrk prints "Requests/sec: N", and "Non-2xx or 3xx responses: N" only when there were some. */
double wrk_rate(struct bench *b, const char *origin, const char *path, const char *script,
                const char *argument)
{
    char command[2048], text[8192];
    snprintf(command, sizeof command, "taskset -c %d wrk -t1 -c8 -d%.0fs -s %s/%s %s%s -- '%s %s' 2>&1",
             BENCH_LOAD_CPU, b->seconds < 1 ? 1 : b->seconds, NX_BENCH_DIR, script, origin, path,
             b->authority, argument);
    FILE *f = popen(command, "re");
    if (!f) die("wrk does not start");
    size_t n = fread(text, 1, sizeof text - 1, f);
    text[n] = 0;
    if (pclose(f) != 0) die("wrk failed:\n%s", text);
    if (number_after(text, "Non-2xx or 3xx responses:") > 0) die("refused answers at %s:\n%s", path, text);
    double rate = number_after(text, "Requests/sec:");
    if (rate <= 0) die("no answers at %s:\n%s", path, text);
    return rate;
}
