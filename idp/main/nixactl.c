/* nixactl COMMAND …: a table of commands that this program does itself; everything else is asked of nixad
 * over the ctl socket (nixactl_commands.c). */
#include "nixactl.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *first, *second; /* second NULL: one word */
    int (*run)(int argc, char **argv);
    const char *option; /* the only one it takes, besides --data; NULL: it reads its arguments itself */
    const char *arguments, *help;
} own[] = {
    {"up", NULL, nx_cmd_up, NULL, "[OPTION…]",
     "         start everything, stay in the foreground (--help for the options)"},
    {"status", NULL, nx_cmd_status, "--json", "[--json]", "      what runs on the data folder"},
    {"reset", NULL, nx_cmd_reset, "--yes", "[--yes]", "        delete the data folder"},
    {"trust", NULL, nx_cmd_trust, "--print", "[--print]",
     "      put the folder's authority into your browsers; steps for phones"},
    {"qr", "verify", nx_cmd_qr_verify, NULL, "FILE|TEXT",
     "  check a QR text (a file, - for standard input, or the text)"},
};

static void print_row(size_t i)
{
    printf("  %s%s%s %s %s\n", own[i].first, own[i].second ? " " : "", own[i].second ? own[i].second : "",
           own[i].arguments, own[i].help);
}

static void help(void)
{
    puts("usage: nixactl [--data DIR] COMMAND …\n\nOn this machine:");
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        print_row(i);
    puts("\nAsked of the running server (nixactl help COMMAND tells more; --json prints the answer as it "
         "came):");
    nx_operator_help();
    puts("\nExit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 nothing runs on the data folder.");
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static bool asks_for_help(const char *word, const char *next)
{
    return is_help(word) || (strcmp(word, "help") == 0 && !next[0]);
}

/* The row of argv[0] and, where it has two words, argv[1]; -1 when nixad is to be asked. */
static int find(int argc, char **argv)
{
    for (size_t i = 0; argc > 0 && i < sizeof own / sizeof own[0]; i++) {
        if (strcmp(argv[0], own[i].first) != 0) continue;
        if (!own[i].second || (argc > 1 && strcmp(argv[1], own[i].second) == 0)) return (int)i;
    }
    return -1;
}

static int usage(size_t i, int code)
{
    fprintf(code == NX_EXIT_OK ? stdout : stderr, "usage: nixactl %s%s%s [--data DIR] %s\n", own[i].first,
            own[i].second ? " " : "", own[i].second ? own[i].second : "", own[i].arguments);
    return code;
}

/* Nothing is done before every argument is understood: a misspelt --data must not reset the folder by default. */
static int run(size_t i, int argc, char **argv)
{
    const char *option = own[i].option;
    for (int k = 1; k < argc; k++)
        if (is_help(argv[k]) && own[i].run != nx_cmd_up) return usage(i, NX_EXIT_OK);
    for (int k = 1; option && k < argc; k++) {
        if (strcmp(argv[k], "--data") == 0 && k + 1 < argc) {
            k++;
        } else if (strncmp(argv[k], "--data=", 7) != 0 && strcmp(argv[k], option) != 0) {
            nx_say("what is meant by \"%s\"?", argv[k]);
            return usage(i, NX_EXIT_USAGE);
        }
    }
    return own[i].run(argc, argv);
}

/* nixactl help COMMAND, of a command of this program. */
static int help_on(size_t i)
{
    char *asked[] = {(char *)own[i].first, (char *)"--help", NULL};
    return run(i, 2, asked);
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
    bool help_first = strcmp(word, "help") == 0;
    int asked = find(argc - first - help_first, argv + first + help_first);
    if (help_first && asked >= 0) return help_on((size_t)asked);
    memmove(&argv[2], &argv[1], (size_t)(first - 1) * sizeof argv[0]);
    argv[1] = (char *)word;
    return asked >= 0 ? run((size_t)asked, argc - 1, argv + 1) : nx_cmd_operator(argc - 1, argv + 1);
}
