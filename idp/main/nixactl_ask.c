#include "nixactl_ask.h"

#include "base/clock.h"
#include "ctl_frame.h"
#include "layout.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* By way of the folder's descriptor, since an address has room for 107 bytes and a folder may lie deeper. */
static int connect_below(const char *folder)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = NX_CTL_SOCKET};
    int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = -1;
    if (here >= 0 && chdir(folder) == 0) {
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) != 0) {
            close(fd);
            fd = -1;
        }
        if (fchdir(here) != 0 && fd >= 0) {
            close(fd);
            fd = -1;
        }
    }
    if (here >= 0) close(here);
    return fd;
}

nx_result nx_ask(json_t **reply, const char *data_folder, const json_t *request, int wait_ms)
{
    int64_t deadline = nx_mono_ms() + wait_ms;
    int fd = connect_below(data_folder);
    NX_REQUIRE(fd >= 0, NX_ERR_AWAY);
    nx_result r = nx_ctl_write(fd, request, deadline);
    if (nx_ok(r)) r = nx_ctl_read(reply, fd, deadline);
    close(fd);
    return r;
}
