/* One try at one notice, and what is written down about it. */
#ifndef NX_NOTIFY_ATTEMPT_H
#define NX_NOTIFY_ATTEMPT_H

#include "notify/notify.h"

#define NX_ATTEMPT_ARENA (512u << 10)
#define NX_BACKOFF_MAX_S 900

enum nx_attempt { NX_ATTEMPT_DELIVERED, NX_ATTEMPT_FAILED, NX_ATTEMPT_GIVEN_UP };

/* The notice must be leased. Fails only when the outcome could not be written. */
NX_FALLIBLE nx_attempt(enum nx_attempt *outcome, struct nx_house *house, nx_arena *a,
                       const struct nx_notify_plan *plan, const struct nx_notice *notice);

/* Seconds until the next try after that many: doubled each time from 1, at most NX_BACKOFF_MAX_S, plus up to
 * half of it by chance (`draw`), so that the notices of an hour do not come back in one second. */
int64_t nx_backoff_s(int64_t tries, uint32_t draw);

#endif
