#include "base/fault.h"

#ifdef NX_TESTING
#include <stdatomic.h>

static _Atomic unsigned armed[NX_ACT_COUNT];
static _Atomic bool fired[NX_ACT_COUNT];

void nx_fault_arm(nx_act act, unsigned n)
{
    atomic_store(&fired[act], false);
    atomic_store(&armed[act], n);
}

unsigned nx_fault_left(nx_act act)
{
    return atomic_load(&armed[act]);
}

bool nx_fault_fired(nx_act act)
{
    return atomic_load(&fired[act]);
}

bool nx_fault_hit(nx_act act)
{
    unsigned n = atomic_load(&armed[act]);
    while (n > 0 && !atomic_compare_exchange_weak(&armed[act], &n, n - 1))
        ;
    if (n != 1) return false;
    atomic_store(&fired[act], true);
    return true;
}
#else
typedef int nx_fault_is_empty_in_release_builds;
#endif
