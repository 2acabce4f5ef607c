/* nixactl trust: puts the data folder's authority into the browser stores of the user who runs it, and says
 * how to bring it to a phone. The stores are NSS databases: one of Chromium and its kin, one in each Firefox
 * profile. The authority can vouch for the issuer's host and loopback names only, which is said too. */
#include "layout.h"
#include "nixactl.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CERTUTIL "/usr/bin/certutil"

/* Its standard output and error go nowhere when quiet. */
static bool certutil(bool quiet, const char *const *argv)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        if (quiet && (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))) _exit(127);
        execv(CERTUTIL, (char *const *)argv);
        _exit(127);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool add_to_store(nx_arena *a, const char *store, const char *folder)
{
    const char *database = nx_arena_printf(a, "sql:%s", store);
    const char *name = nx_arena_printf(a, "NIXA development %s", folder);
    const char *file = nx_arena_printf(a, "%s/" NX_CA_FILE, folder);
    if (!database || !name || !file) return false;
    const char *const forget[] = {CERTUTIL, "-D", "-d", database, "-n", name, NULL};
    const char *const add[] = {CERTUTIL, "-A", "-d", database, "-n", name, "-t", "C,,", "-i", file, NULL};
    certutil(true, forget); /* an older authority of the same folder, if there was one */
    bool ok = certutil(false, add);
    if (ok)
        nx_say("trusted in %s", store);
    else
        nx_say("could not add it to %s", store);
    return ok;
}

static bool make_store(nx_arena *a, const char *store)
{
    const char *database = nx_arena_printf(a, "sql:%s", store),
               *file = nx_arena_printf(a, "%s/cert9.db", store);
    if (!database || !file) return false;
    if (access(file, F_OK) == 0) return true;
    const char *const make[] = {CERTUTIL, "-N", "-d", database, "--empty-password", NULL};
    return (mkdir(store, 0700) == 0 || errno == EEXIST) && certutil(false, make);
}

static bool add_to_chromium(nx_arena *a, const char *home, const char *folder)
{
    const char *pki = nx_arena_printf(a, "%s/.pki", home), *store = nx_arena_printf(a, "%s/.pki/nssdb", home);
    if (!pki || !store || (mkdir(pki, 0700) != 0 && errno != EEXIST) || !make_store(a, store)) return false;
    return add_to_store(a, store, folder);
}

static bool add_to_firefox(nx_arena *a, const char *home, const char *folder)
{
    bool ok = true;
    glob_t found;
    const char *pattern = nx_arena_printf(a, "%s/.mozilla/firefox/*/cert9.db", home);
    if (!pattern || glob(pattern, 0, NULL, &found) != 0) return true; /* no profile */
    for (size_t i = 0; i < found.gl_pathc; i++) {
        *strrchr(found.gl_pathv[i], '/') = '\0';
        ok = add_to_store(a, found.gl_pathv[i], folder) && ok;
    }
    globfree(&found);
    return ok;
}

static void print_steps(const char *folder)
{
    printf(
        "The authority is %s/" NX_CA_FILE ".\n"
        "It can vouch for this installation's own host and for loopback names, and for nothing else.\n\n"
        "Android: copy the file to the phone; Settings, Security, Encryption & credentials, Install a\n"
        "certificate, CA certificate; choose the file. Chrome then trusts it.\n"
        "iPhone: send the file by AirDrop or mail and open it; Settings, Profile Downloaded, Install; then\n"
        "General, About, Certificate Trust Settings, and switch it on.\n"
        "A phone must also reach the server: --listen ADDRESS:PORT and --issuer with a name that the phone\n"
        "resolves. Remove the authority from the phone when you are done.\n",
        folder);
}

int nx_cmd_trust(int argc, char **argv)
{
    NX_AUTO(nx_arena) a = nx_arena_open(1u << 16);
    const char *folder = a ? nx_data_folder(a, nx_take_data(&argc, argv)) : NULL, *home = getenv("HOME");
    const char *file = folder ? nx_arena_printf(a, "%s/" NX_CA_FILE, folder) : NULL;
    bool only_print = argc > 1 && strcmp(argv[1], "--print") == 0, ok = true;
    if (!file) return NX_EXIT_FAILED;
    if (access(file, R_OK) != 0) {
        nx_say("there is no %s yet: ./nixa up makes it", file);
        return NX_EXIT_NOT_RUNNING;
    }
    if (!only_print && (access(CERTUTIL, X_OK) != 0 || !home)) {
        nx_say("certutil is missing (package libnss3-tools), or HOME is not set");
        ok = false;
    } else if (!only_print) {
        ok = add_to_chromium(a, home, folder);
        ok = add_to_firefox(a, home, folder) && ok;
    }
    print_steps(folder);
    return ok ? NX_EXIT_OK : NX_EXIT_FAILED;
}
