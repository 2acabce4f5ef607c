/* nixactl status and nixactl reset: what needs no server. */
#include "base/clock.h"
#include "base/json.h"
#include "layout.h"
#include "nixactl.h"
#include "nixactl_folder.h"
#include "nixactl_render.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool flag(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0) return true;
    return false;
}

static void print_state(const json_t *state)
{
    char since[NX_RFC3339_MAX];
    size_t i;
    json_t *child;
    nx_rfc3339(nx_json_int(state, "since", 0), since);
    printf("%s %s, since %s\n", nx_json_bool(state, "ready", false) ? "ready" : "starting",
           nx_json_str(state, "issuer"), since);
    json_array_foreach(nx_json_array(state, "children"), i, child)
    {
        printf("  %-12s %-8s process %lld, restarts %lld\n", nx_json_str(child, "name"),
               nx_json_bool(child, "running", false) ? "runs" : "is down",
               (long long)nx_json_int(child, "pid", 0), (long long)nx_json_int(child, "restarts", 0));
    }
}

static NX_FALLIBLE read_state(json_t **state, nx_arena *a, const char *folder)
{
    nx_span text;
    NX_TRY(nx_read_file(&text, a, nx_arena_printf(a, "%s/" NX_STATE_FILE, folder), 1u << 16));
    return nx_json_parse_object(state, text);
}

int nx_cmd_status(int argc, char **argv)
{
    NX_AUTO(nx_arena) a = nx_arena_open(1u << 20);
    NX_AUTO_JSON state = NULL;
    bool json = flag(argc, argv, "--json");
    const char *folder = a ? nx_data_folder(a, nx_take_data(&argc, argv)) : NULL;
    if (!folder) return NX_EXIT_FAILED;
    pid_t holder = nx_folder_holder(folder);
    if (!holder) {
        if (json)
            puts("{\"running\":false}");
        else
            printf("nothing runs on %s\n", folder);
        return NX_EXIT_NOT_RUNNING;
    }
    nx_result r = read_state(&state, a, folder);
    if (!nx_ok(r)) state = json_pack("{s:b, s:[]}", "ready", 0, "children");
    if (!state) return NX_EXIT_FAILED;
    json_object_set_new(state, "running", json_true());
    json_object_set_new(state, "pid", json_integer(holder));
    json_object_set_new(state, "data", json_string(folder));
    if (json)
        puts(nx_json_dump(a, state));
    else if (nx_ok(r))
        print_state(state);
    else
        printf("starting on %s (process %ld)\n", folder, (long)holder);
    return NX_EXIT_OK;
}

/* --- reset -------------------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static bool is_data_folder(const char *folder)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/" NX_LOCK_FILE, folder);
    return access(path, F_OK) == 0;
}

static bool agreed(const char *folder)
{
    char answer[16] = "";
    if (!isatty(0)) {
        nx_say("reset deletes %s with all people, keys and sessions: say --yes to agree", folder);
        return false;
    }
    fprintf(stderr, "This deletes %s: people, keys, sessions, certificates. Type yes to go on: ", folder);
    return fgets(answer, sizeof answer, stdin) && strcmp(answer, "yes\n") == 0;
}

int nx_cmd_reset(int argc, char **argv)
{
    NX_AUTO(nx_arena) a = nx_arena_open(1u << 16);
    bool yes = flag(argc, argv, "--yes");
    const char *folder = a ? nx_data_folder(a, nx_take_data(&argc, argv)) : NULL;
    if (!folder) return NX_EXIT_FAILED;
    if (access(folder, F_OK) != 0) {
        nx_say("there is no %s: nothing to delete", folder);
        return NX_EXIT_OK;
    }
    if (!is_data_folder(folder)) {
        nx_say("%s is no data folder of NIXA: left alone", folder);
        return NX_EXIT_FAILED;
    }
    pid_t holder = nx_folder_holder(folder);
    if (holder) {
        nx_say("it is running (process %ld): stop it first", (long)holder);
        return NX_EXIT_FAILED;
    }
    if (!yes && !agreed(folder)) return NX_EXIT_FAILED;
    if (nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) != 0) {
        nx_say("could not delete all of %s: %s", folder, strerror(errno));
        return NX_EXIT_FAILED;
    }
    nx_say("deleted %s", folder);
    return NX_EXIT_OK;
}
