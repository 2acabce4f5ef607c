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

static void print_table(const struct row *rows, size_t n)
{
    printf("%-58s %14s %8s %8s %8s\n", "operation", "measured", "floor", "ratio", "goal");
    for (size_t i = 0; i < n; i++) {
        char goal[32] = "-";
        if (rows[i].limit)
            snprintf(goal, sizeof goal, "below");
        else if (rows[i].goal > 0)
            snprintf(goal, sizeof goal, "%.2f", rows[i].goal);
        printf("%-58s %9.2f %-4s %8.2f %8.2f %8s\n", rows[i].name, rows[i].rate, rows[i].unit, rows[i].floor,
               rows[i].floor > 0 ? rows[i].rate / rows[i].floor : 0, goal);
    }
}

static void print_json(const struct row *rows, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{s:s,s:f,s:f,s:f,s:f,s:s}", "name", rows[i].name, "rate",
                                              rows[i].rate, "floor", rows[i].floor, "ratio",
                                              rows[i].floor > 0 ? rows[i].rate / rows[i].floor : 0, "goal",
                                              rows[i].goal, "unit", rows[i].unit));
    json_dumpf(list, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(list);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--empty-server") == 0) floors_serve_empty(3);
    bool as_json = false;
    const char *only = NULL;
    struct bench b = {.bin = NULL, .seconds = 4};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            as_json = true;
        else if (strncmp(argv[i], "--seconds=", 10) == 0)
            b.seconds = atof(argv[i] + 10);
        else if (strncmp(argv[i], "--bin=", 6) == 0)
            b.bin = argv[i] + 6;
        else if (strncmp(argv[i], "--launcher=", 11) == 0)
            b.launcher = argv[i] + 11;
        else if (strncmp(argv[i], "--only=", 7) == 0)
            only = argv[i] + 7;
        else
            die("usage: nx_bench --bin=FOLDER [--launcher=PROGRAM] [--json] [--seconds=N] [--only=PART OF A "
                "NAME]");
    }
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
