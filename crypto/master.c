#include "crypto/master.h"

#include "base/secret.h"
#include "crypto/digest.h"
#include "crypto/random.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct nx_master {
    uint8_t key[NX_LABEL_COUNT][NX_MASTER_LEN];
};

static const char *const labels[NX_LABEL_COUNT] = {
#define X(name, label) label,
#include "crypto/master.def"
#undef X
};

static inline void fd_auto(int *fd)
{
    if (*fd >= 0) (void)close(*fd);
}
#define AUTO_FD __attribute__((cleanup(fd_auto))) int

NX_FALLIBLE nx_master_from(nx_master **out, nx_span bytes)
{
    NX_REQUIRE(bytes.n == NX_MASTER_LEN, NX_ERR_MASTER_KEY);
    NX_AUTO(nx_master) m = calloc(1, sizeof *m);
    NX_REQUIRE(m, NX_ERR_MEMORY);
    for (size_t i = 0; i < NX_LABEL_COUNT; i++)
        NX_TRY(nx_hkdf_sha256(m->key[i], NX_MASTER_LEN, bytes, NX_LIT("nixa/1"), nx_span_str(labels[i])));
    *out = NX_STEAL(m);
    return NX_OK;
}

void nx_master_close(nx_master *m)
{
    if (!m) return;
    nx_wipe(m, sizeof *m);
    free(m);
}

nx_span nx_master_key(const nx_master *m, nx_label label)
{
    return nx_span_of(m->key[label], NX_MASTER_LEN);
}

static nx_result sync_folder(const char *folder)
{
    AUTO_FD fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    NX_REQUIRE(fd >= 0 && fsync(fd) == 0, NX_ERR_IO);
    return NX_OK;
}

static nx_result write_synced(const char *path, nx_span bytes)
{
    AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    NX_REQUIRE(fd >= 0, NX_ERR_IO);
    NX_REQUIRE(write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n && fsync(fd) == 0, NX_ERR_IO);
    return NX_OK;
}

/* Written aside and then linked: two processes that start at once end with one key, and a crash leaves the
 * key whole or none. */
static nx_result make_file(const char *folder, const char *path)
{
    char aside[PATH_MAX];
    int n = snprintf(aside, sizeof aside, "%s.%ld", path, (long)getpid());
    NX_REQUIRE(n > 0 && (size_t)n < sizeof aside, NX_ERR_LIMIT);
    NX_AUTO_SECRET(key);
    NX_TRY(nx_random(key.bytes, NX_MASTER_LEN));
    NX_TRY(write_synced(aside, nx_span_of(key.bytes, NX_MASTER_LEN)));
    bool linked = link(aside, path) == 0 || errno == EEXIST;
    (void)unlink(aside);
    NX_REQUIRE(linked, NX_ERR_IO);
    return sync_folder(folder);
}

static nx_result read_file(nx_secret *key, const char *path)
{
    AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) NX_FAIL(NX_ERR_NOT_FOUND);
    NX_REQUIRE(fd >= 0, NX_ERR_IO);
    struct stat st;
    NX_REQUIRE(fstat(fd, &st) == 0, NX_ERR_IO);
    NX_REQUIRE(S_ISREG(st.st_mode) && (st.st_mode & 077) == 0 && st.st_size == NX_MASTER_LEN,
               NX_ERR_MASTER_KEY);
    NX_REQUIRE(read(fd, key->bytes, NX_MASTER_LEN) == NX_MASTER_LEN, NX_ERR_IO);
    key->n = NX_MASTER_LEN;
    return NX_OK;
}

NX_FALLIBLE nx_master_open(nx_master **out, const char *dir)
{
    char folder[PATH_MAX - 32], path[PATH_MAX];
    int n = snprintf(folder, sizeof folder, "%s/keys", dir);
    NX_REQUIRE(n > 0 && (size_t)n < sizeof folder, NX_ERR_LIMIT);
    (void)snprintf(path, sizeof path, "%s/master.key", folder);
    NX_REQUIRE(mkdir(folder, 0700) == 0 || errno == EEXIST, NX_ERR_IO);
    NX_AUTO_SECRET(key);
    nx_result r = read_file(&key, path);
    if (r.e == NX_ERR_NOT_FOUND) {
        NX_TRY(make_file(folder, path));
        r = read_file(&key, path);
    }
    NX_TRY(r);
    return nx_master_from(out, nx_secret_expose(&key));
}
