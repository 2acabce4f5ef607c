/* `./nixa bench`: prints the table, or with --json the list that CONTRACT.md names. */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROWS_MAX 24

void die(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

void say(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
    va_end(ap);
}

double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double processor_now(pid_t pid)
{
    clockid_t id;
    struct timespec t;
    if (clock_getcpuclockid(pid, &id) != 0 || clock_gettime(id, &t) != 0)
        die("no processor time of %d", (int)pid);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print_table(const struct row *rows, size_t n)
{
    printf("%-56s %13s %9s %7s %6s %10s\n", "operation", "measured", "floor", "ratio", "goal", "processor");
    for (size_t i = 0; i < n; i++) {
        const struct row *r = &rows[i];
        char goal[32] = "-", processor[32] = "";
        if (r->limit)
            snprintf(goal, sizeof goal, "below");
        else if (r->goal > 0)
            snprintf(goal, sizeof goal, "%.2f", r->goal);
        if (!r->limit) snprintf(processor, sizeof processor, "%.2f", r->processor);
        printf("%-56s %9.2f %-3s %9.2f %7.2f %6s %10s\n", r->name, r->rate, r->unit, r->floor,
               r->rate / r->floor, goal, processor);
    }
}

static void print_json(const struct row *rows, size_t n)
{
    NX_AUTO_JSON list = json_array();
    for (size_t i = 0; i < n; i++) {
        const struct row *r = &rows[i];
        json_t *j =
            json_pack("{s:s,s:f,s:f,s:f,s:f,s:s,s:b}", "name", r->name, "rate", r->rate, "floor", r->floor,
                      "ratio", r->rate / r->floor, "goal", r->goal, "unit", r->unit, "limit", r->limit);
        if (j && !r->limit) json_object_set_new(j, "processor", json_real(r->processor));
        json_array_append_new(list, j);
    }
    json_dumpf(list, stdout, JSON_INDENT(1));
    putchar('\n');
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--empty-server") == 0) floors_serve_empty(3);
    bool as_json = false;
    const char *only = NULL;
    struct bench b = {.bin = NULL, .slices = 5};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            as_json = true;
        else if (strncmp(argv[i], "--slices=", 9) == 0)
            b.slices = atoi(argv[i] + 9);
        else if (strncmp(argv[i], "--bin=", 6) == 0)
            b.bin = argv[i] + 6;
        else if (strncmp(argv[i], "--launcher=", 11) == 0)
            b.launcher = argv[i] + 11;
        else if (strncmp(argv[i], "--only=", 7) == 0)
            only = argv[i] + 7;
        else
            die("usage: nx_bench --bin=FOLDER [--launcher=PROGRAM] [--json] [--slices=N] [--only=PART OF A "
                "NAME]");
    }
    if (b.slices < 1) die("--slices=N: 1 or more");
    if (!b.bin) die("--bin=FOLDER names the folder with nixad and nixactl");
    struct row rows[ROWS_MAX];
    rig_up(&b);
    say("measuring the bare parts");
    pin(BENCH_LOAD_CPU);
    floors_measure(&b);
    rows_prepare(&b);
    size_t n = rows_measure(&b, only, rows, ROWS_MAX);
    rig_down(&b);
    if (as_json)
        print_json(rows, n);
    else
        print_table(rows, n);
    return 0;
}
