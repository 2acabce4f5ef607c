/* The fault of a rig: armed while the server works, put by while the test does. */
#include "rig.h"

void rig_fault_begin(const struct rig *r)
{
    nx_fault_arm(r->fault.act, r->fault.left);
}

void rig_fault_end(struct rig *r)
{
    r->fault.left = nx_fault_left(r->fault.act);
    if (nx_fault_fired(r->fault.act)) r->fault.fired = true;
    nx_fault_arm(r->fault.act, 0);
}
