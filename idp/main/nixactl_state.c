#include "nixactl_state.h"

#include "base/json.h"
#include "layout.h"
#include "nixactl.h"
#include "nixactl_render.h"

#include <sys/wait.h>

static json_t *child_state(const struct nx_child *c)
{
    json_t *j = json_pack("{s:s, s:b, s:i, s:I}", "name", c->name, "running", c->pid > 0, "pid", (int)c->pid,
                          "restarts", (json_int_t)(c->starts > 0 ? c->starts - 1 : 0));
    if (j && c->starts > 1 && WIFSIGNALED(c->last_status))
        json_object_set_new(j, "last_signal", json_integer(WTERMSIG(c->last_status)));
    if (j && c->starts > 1 && WIFEXITED(c->last_status))
        json_object_set_new(j, "last_exit", json_integer(WEXITSTATUS(c->last_status)));
    return j;
}

static NX_FALLIBLE write_state(const struct nx_run_state *s)
{
    NX_AUTO(nx_arena) a = nx_arena_open(1u << 16);
    NX_NEED(a);
    NX_AUTO_JSON j = json_pack("{s:s, s:s, s:I, s:b, s:[]}", "issuer", s->issuer, "listen", s->listen,
                               "since", (json_int_t)s->since, "ready", s->ready, "children");
    NX_NEED(j);
    json_t *list = nx_json_array(j, "children");
    for (unsigned i = 0; i < s->count; i++)
        if (s->children[i]->wanted) json_array_append_new(list, child_state(s->children[i]));
    const char *text = nx_json_dump(a, j);
    NX_NEED(text);
    return nx_write_file(NX_STATE_FILE, 0600, nx_span_str(text));
}

void nx_state_write(const struct nx_run_state *s)
{
    nx_result r = write_state(s);
    if (!nx_ok(r)) nx_say("cannot write " NX_STATE_FILE ": %s", nx_err_text(r.e));
}
