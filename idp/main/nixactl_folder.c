/* Two locks. `lock` is the supervisor's: an open-file-description lock, so that asking who holds it
 * (F_OFD_GETLK) takes nothing. `run/children` is held by an open file that every child inherits: it is free
 * only when the last of them is gone. The kernel frees the first a moment before it kills the children of a
 * supervisor that died, and two Redis servers on one append-only file would be the end of it. */
#include "nixactl_folder.h"

#include "base/clock.h"
#include "layout.h"
#include "nixactl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHILDREN_FILE NX_RUN_DIR "/children"
#define CHILDREN_WAIT_MS 5000

static bool make_with_parents(const char *path)
{
    char part[4096];
    if (strlen(path) >= sizeof part) return false;
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        memcpy(part, path, (size_t)(slash - path));
        part[slash - path] = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST) return false;
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

nx_result nx_folder_enter(const char *path)
{
    static const char *const inside[] = {NX_RUN_DIR, "log", "redis", "portals", "certs"};
    struct stat st;
    if (!make_with_parents(path) || chdir(path) != 0 || stat(".", &st) != 0)
        return nx_refuse(NX_ERR_IO, "cannot use the data folder %s: %s", path, strerror(errno));
    if (st.st_uid != geteuid())
        return nx_refuse(NX_ERR_CONFLICT, "the data folder %s belongs to somebody else (uid %u)", path,
                         st.st_uid);
    if (st.st_mode & 022)
        return nx_refuse(NX_ERR_CONFLICT, "others may write to the data folder %s: chmod 700 it", path);
    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++)
        if (mkdir(inside[i], 0700) != 0 && errno != EEXIST)
            return nx_refuse(NX_ERR_IO, "cannot make %s/%s: %s", path, inside[i], strerror(errno));
    return NX_OK;
}

static struct flock whole_file(short type)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET};
}

static NX_FALLIBLE wait_for_children(void)
{
    int fd = open(CHILDREN_FILE, O_RDWR | O_CREAT, 0600); /* inherited: no O_CLOEXEC */
    if (fd < 0) return nx_refuse(NX_ERR_IO, "cannot open " CHILDREN_FILE ": %s", strerror(errno));
    int64_t end = nx_mono_ms() + CHILDREN_WAIT_MS;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (nx_mono_ms() > end)
            return nx_refuse(NX_ERR_CONFLICT,
                             "processes of an earlier run still hold the folder (lsof " CHILDREN_FILE
                             " names them)");
        usleep(10000);
    }
    return NX_OK;
}

nx_result nx_folder_lock(void)
{
    char text[32];
    struct flock lock = whole_file(F_WRLCK);
    int fd = open(NX_LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return nx_refuse(NX_ERR_IO, "cannot open the lock file: %s", strerror(errno));
    if (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
        ssize_t n = pread(fd, text, sizeof text - 1, 0);
        text[n > 0 ? n : 0] = '\0';
        close(fd);
        return nx_refuse(NX_ERR_CONFLICT, "already running on this data folder (process %ld)",
                         strtol(text, NULL, 10));
    }
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
        return nx_refuse(NX_ERR_IO, "cannot write the lock file: %s", strerror(errno));
    return wait_for_children(); /* the descriptor stays open: the lock lives as long as this process */
}

pid_t nx_folder_holder(const char *path)
{
    char lock_path[4096], text[32] = "";
    struct flock lock = whole_file(F_WRLCK);
    snprintf(lock_path, sizeof lock_path, "%s/%s", path, NX_LOCK_FILE);
    int fd = open(lock_path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return 0;
    bool held = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    ssize_t n = held ? pread(fd, text, sizeof text - 1, 0) : 0;
    close(fd);
    if (n > 0) text[n] = '\0';
    return held ? (pid_t)strtol(text, NULL, 10) : 0;
}
