/* Time. Wall time is whole seconds of Unix time (int64, past 2038 too); durations are measured with the
 * monotonic clock. Test builds shift the wall clock by an offset, from a call or from the file that
 * NX_CLOCK_OFFSET_FILE names (re-read at most ten times a second), so that no test sleeps through a lifetime. */
#ifndef NX_BASE_CLOCK_H
#define NX_BASE_CLOCK_H

#include <stdint.h>

typedef int64_t nx_time; /* seconds since 1970-01-01T00:00:00Z */

#define NX_SKEW_S 10 /* how far the clock of a peer may be off, both ways, wherever peers' times are compared */

nx_time nx_now(void);
/* Milliseconds of wall time. */
int64_t nx_now_ms(void);
/* Monotonic milliseconds and nanoseconds, for deadlines and measuring; never shifted. */
int64_t nx_mono_ms(void);
int64_t nx_mono_ns(void);

#ifdef NX_TESTING
/* Shifts nx_now and nx_now_ms by seconds, for the whole process. */
void nx_clock_shift(int64_t seconds);
#endif

/* "2026-11-21T08:30:00Z" into a room of at least 32 bytes (RFC 3339, UTC). */
#define NX_RFC3339_MAX 32
void nx_rfc3339(nx_time t, char out[NX_RFC3339_MAX]);

#endif
