/* Fault injection: test builds fail the n-th act of a kind, so that a torture test can walk every n.
 * In release builds nx_fault_hit is a constant false and costs nothing. */
#ifndef NX_BASE_FAULT_H
#define NX_BASE_FAULT_H

#include <stdbool.h>

typedef enum nx_act {
    NX_ACT_ALLOC,  /* an arena chunk */
    NX_ACT_RANDOM, /* random bytes */
    NX_ACT_STORE,  /* a round trip to the store */
    NX_ACT_SQL,    /* a statement of the registry */
    NX_ACT_CLOCK,  /* a reading of the wall clock jumps two hours ahead */
    NX_ACT_COUNT
} nx_act;

#ifdef NX_TESTING
/* The n-th act of this kind from now on fails, once; n == 0 disarms. The whole process. */
void nx_fault_arm(nx_act act, unsigned n);
/* How many acts of this kind are still to come until the one that fails; 0 when none is armed. */
unsigned nx_fault_left(nx_act act);
/* Whether the armed fault has happened. */
bool nx_fault_fired(nx_act act);
/* Asked at the place of the act: true when this one is to fail. */
bool nx_fault_hit(nx_act act);
#else
static inline bool nx_fault_hit(nx_act act)
{
    (void)act;
    return false;
}
#endif

#endif
