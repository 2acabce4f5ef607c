#include "nixactl.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

void nx_say(const char *format, ...)
{
    va_list args;
    fputs("nixa: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

nx_result nx_refuse(nx_err err, const char *format, ...)
{
    va_list args;
    fputs("nixa: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return nx_fail(err, __func__, __LINE__);
}

const char *nx_take_data(int *argc, char **argv)
{
    const char *data = NULL;
    int kept = 0;
    for (int i = 0; i < *argc; i++) {
        if (strcmp(argv[i], "--data") == 0 && i + 1 < *argc)
            data = argv[++i];
        else if (strncmp(argv[i], "--data=", 7) == 0)
            data = argv[i] + 7;
        else
            argv[kept++] = argv[i];
    }
    argv[kept] = NULL;
    *argc = kept;
    return data;
}

const char *nx_data_folder(nx_arena *a, const char *given)
{
    const char *home = getenv("NIXA_HOME");
    if (!given && home && home[0] == '/') return nx_arena_printf(a, "%s/var", home);
    if (!given) given = "./var";
    if (given[0] == '/') return nx_arena_strdup(a, given);
    char here[4096];
    if (!getcwd(here, sizeof here)) return NULL;
    while (strncmp(given, "./", 2) == 0)
        given += 2;
    return nx_arena_printf(a, "%s/%s", here, given);
}

nx_result nx_random_hex(char out[65])
{
    uint8_t bytes[32];
    NX_REQUIRE(getrandom(bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes, NX_ERR_RANDOM);
    nx_hex_encode(out, nx_span_of(bytes, sizeof bytes));
    return NX_OK;
}
