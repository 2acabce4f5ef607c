/* nixactl: the supervisor (`nixactl up`) and the operator's command. What its files share. */
#ifndef NX_MAIN_NIXACTL_H
#define NX_MAIN_NIXACTL_H

#include "base/arena.h"

/* Exit codes. */
enum { NX_EXIT_OK = 0, NX_EXIT_FAILED = 1, NX_EXIT_USAGE = 2, NX_EXIT_NOT_RUNNING = 3 };

/* "nixa: …" and a line feed on standard error. */
void nx_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Says why and gives the failure: return nx_refuse(NX_ERR_IO, "cannot lock %s", path); */
nx_result nx_refuse(nx_err err, const char *format, ...)
    __attribute__((format(printf, 2, 3), warn_unused_result));

/* The data folder that a command works on, absolute: the value of --data, else `var` beside the launcher
 * (NIXA_HOME), else ./var. NULL when out of memory. */
const char *nx_data_folder(nx_arena *a, const char *given);

/* Takes `--data DIR` (or --data=DIR) out of the arguments, wherever it stands; NULL when it is absent. */
const char *nx_take_data(int *argc, char **argv);

/* 32 random bytes as hexadecimal. NX_ERR_RANDOM. */
NX_FALLIBLE nx_random_hex(char out[65]);

/* The commands; argv[0] is the command's own word. Each gives an exit code. */
int nx_cmd_up(int argc, char **argv);
int nx_cmd_status(int argc, char **argv);
int nx_cmd_reset(int argc, char **argv);
int nx_cmd_trust(int argc, char **argv);
int nx_cmd_qr_verify(int argc, char **argv);
/* Anything that nixad does for an operator, by the table of nixactl_commands.c. */
int nx_cmd_operator(int argc, char **argv);
void nx_operator_help(void);

#endif
