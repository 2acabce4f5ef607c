/* nixactl COMMAND …: a table of commands that this program does itself; everything else is asked of nixad
 * over the ctl socket (nixactl_commands.c). */
#include "nixactl.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *first, *second; /* second NULL: one word */
    int (*run)(int argc, char **argv);
    const char *help;
} own[] = {
    {"up", NULL, nx_cmd_up,
     "[OPTION…]          start everything, stay in the foreground (--help for the options)"},
    {"status", NULL, nx_cmd_status, "[--json]       what runs on the data folder"},
    {"reset", NULL, nx_cmd_reset, "[--yes]         delete the data folder"},
    {"trust", NULL, nx_cmd_trust,
     "[--print]       put the folder's authority into your browsers; steps for phones"},
    {"qr", "verify", nx_cmd_qr_verify,
     "FILE|TEXT   check a QR text (a file, - for standard input, or the text)"},
};

static void help(void)
{
    puts("usage: nixactl [--data DIR] COMMAND …\n\nOn this machine:");
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        printf("  %s%s%s %s\n", own[i].first, own[i].second ? " " : "", own[i].second ? own[i].second : "",
               own[i].help);
    puts("\nAsked of the running server (nixactl help COMMAND tells more; --json prints the answer as it "
         "came):");
    nx_operator_help();
    puts("\nExit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 nothing runs on the data folder.");
}

static bool asks_for_help(const char *word, const char *next)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || (strcmp(word, "help") == 0 && !next[0]);
}

int main(int argc, char **argv)
{
    /* `nixactl --data DIR COMMAND` and `nixactl COMMAND --data DIR` are the same: the word comes first below.
     */
    int first = 1;
    while (first < argc && strncmp(argv[first], "--data", 6) == 0)
        first += argv[first][6] == '=' ? 1 : 2;
    const char *word = first < argc ? argv[first] : "";
    const char *next = first + 1 < argc ? argv[first + 1] : "";
    if (!word[0] || asks_for_help(word, next)) {
        help();
        return word[0] ? NX_EXIT_OK : NX_EXIT_USAGE;
    }
    memmove(&argv[2], &argv[1], (size_t)(first - 1) * sizeof argv[0]);
    argv[1] = (char *)word;
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (strcmp(word, own[i].first) != 0 || (own[i].second && strcmp(next, own[i].second) != 0)) continue;
        return own[i].run(argc - 1, argv + 1);
    }
    return nx_cmd_operator(argc - 1, argv + 1);
}
