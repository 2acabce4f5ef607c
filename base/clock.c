#include "base/clock.h"

#include "base/fault.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef NX_TESTING
static _Atomic int64_t shift_s;
static _Atomic int64_t next_read_ms;
static _Atomic int64_t file_shift_s;

void nx_clock_shift(int64_t seconds)
{
    atomic_store(&shift_s, seconds);
}

static void read_offset_file(void)
{
    int64_t now = nx_mono_ms();
    int64_t due = atomic_load(&next_read_ms);
    if (now < due || !atomic_compare_exchange_strong(&next_read_ms, &due, now + 100)) return;
    const char *path = getenv("NX_CLOCK_OFFSET_FILE");
    FILE *f = path ? fopen(path, "re") : NULL;
    if (!f) return;
    char line[32];
    if (fgets(line, sizeof line, f)) atomic_store(&file_shift_s, strtoll(line, NULL, 10));
    fclose(f);
}

static int64_t shifted_s(void)
{
    read_offset_file();
    return atomic_load(&shift_s) + atomic_load(&file_shift_s) + (nx_fault_hit(NX_ACT_CLOCK) ? 7200 : 0);
}
#else
static int64_t shifted_s(void)
{
    return 0;
}
#endif

static int64_t read_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t nx_now_ms(void)
{
    return read_ns(CLOCK_REALTIME) / 1000000 + shifted_s() * 1000;
}

nx_time nx_now(void)
{
    return nx_now_ms() / 1000;
}

int64_t nx_mono_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

int64_t nx_mono_ms(void)
{
    return nx_mono_ns() / 1000000;
}

void nx_rfc3339(nx_time t, char out[NX_RFC3339_MAX])
{
    time_t s = (time_t)t;
    struct tm tm;
    if (!gmtime_r(&s, &tm) || strftime(out, NX_RFC3339_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        snprintf(out, NX_RFC3339_MAX, "1970-01-01T00:00:00Z");
}
