#include "base/result.h"

static _Thread_local struct nx_origin last;

static const struct {
    const char *name;
    const char *text;
    nx_fault_of fault;
} rows[NX_ERR_COUNT] = {
    [NX_ERR_NONE] = {"NONE", "no error", NX_FAULT_OURS},
#define X(n, f, t) [NX_ERR_##n] = {#n, t, NX_FAULT_##f},
#include "base/error.def"
#undef X
};

void nx_fail_note(nx_err err, const char *function, int line)
{
    last = (struct nx_origin){function, line, err};
}

const char *nx_err_name(nx_err err)
{
    return (unsigned)err < NX_ERR_COUNT ? rows[err].name : "?";
}

const char *nx_err_text(nx_err err)
{
    return (unsigned)err < NX_ERR_COUNT ? rows[err].text : "?";
}

nx_fault_of nx_err_fault(nx_err err)
{
    return (unsigned)err < NX_ERR_COUNT ? rows[err].fault : NX_FAULT_OURS;
}

struct nx_origin nx_last_origin(void)
{
    return last;
}
