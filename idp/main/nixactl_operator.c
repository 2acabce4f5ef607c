/* Operator's commands: the words find a row, the row says which arguments become which members of the
 * request, nixad answers, the row's printer prints. */
#include "nixactl.h"
#include "nixactl_ask.h"
#include "nixactl_commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/secret.h"

#define ASK_MS 60000

static int words_of(const struct nx_command *c)
{
    return strchr(c->words, ' ') ? 2 : 1;
}

static bool words_match(const struct nx_command *c, int argc, char **argv)
{
    const char *space = strchr(c->words, ' ');
    size_t first = space ? (size_t)(space - c->words) : strlen(c->words);
    if (argc < 1 || strlen(argv[0]) != first || strncmp(argv[0], c->words, first) != 0) return false;
    return !space || (argc > 1 && strcmp(argv[1], space + 1) == 0);
}

/* The row with the most words that match: "token list" before "token". */
static const struct nx_command *find(int argc, char **argv)
{
    const struct nx_command *best = NULL;
    for (size_t i = 0; i < nx_command_count; i++) {
        const struct nx_command *c = &nx_commands[i];
        if (words_match(c, argc, argv) && (!best || words_of(c) > words_of(best))) best = c;
    }
    return best;
}

/* " ID", or " [ID]" where it may be left out. */
static void print_place(FILE *out, const struct nx_arg *a)
{
    fputs(a->required ? " " : " [", out);
    for (const char *c = a->name; *c; c++)
        fputc(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c, out);
    if (!a->required) fputc(']', out);
}

static void print_place_help(FILE *out, const struct nx_arg *a)
{
    char name[32] = "";
    for (size_t i = 0; a->name[i] && i < sizeof name - 1; i++)
        name[i] = (char)(a->name[i] >= 'a' && a->name[i] <= 'z' ? a->name[i] - 'a' + 'A' : a->name[i]);
    if (a->help) fprintf(out, "  %-28s %s\n", name, a->help);
}

static void usage(FILE *out, const struct nx_command *c)
{
    fprintf(out, "usage: nixactl %s", c->words);
    for (const struct nx_arg *a = c->positional; a < c->positional + 3 && a->name; a++)
        print_place(out, a);
    for (const struct nx_arg *a = c->option; a < c->option + NX_COMMAND_ARGS_MAX && a->name; a++)
        if (a->required) fprintf(out, " --%s …", a->name);
    fprintf(out, " [--data DIR] [--json]\n  %s\n", c->help);
    for (const struct nx_arg *a = c->positional; a < c->positional + 3 && a->name; a++)
        print_place_help(out, a);
    for (const struct nx_arg *a = c->option; a < c->option + NX_COMMAND_ARGS_MAX && a->name; a++)
        fprintf(out, "  --%-26s %s%s\n", a->name, a->help, a->required ? " (required)" : "");
}

void nx_operator_help(void)
{
    for (size_t i = 0; i < nx_command_count; i++)
        printf("  %-20s %s\n", nx_commands[i].words, nx_commands[i].help);
}

/* --- arguments ------------------------------------------------------------------------------------------ */

static const struct nx_arg *option_named(const struct nx_command *c, const char *name, size_t n)
{
    for (const struct nx_arg *a = c->option; a < c->option + NX_COMMAND_ARGS_MAX && a->name; a++)
        if (strlen(a->name) == n && strncmp(a->name, name, n) == 0) return a;
    return NULL;
}

static void member_name(char out[64], const char *option)
{
    snprintf(out, 64, "%s", option);
    for (char *c = out; *c; c++)
        if (*c == '-') *c = '_';
}

static bool put_number(json_t *request, const char *member, const char *value)
{
    char *end;
    long long n = strtoll(value, &end, 10);
    return end != value && *end == '\0' && json_object_set_new(request, member, json_integer(n)) == 0;
}

static bool put_listed(json_t *request, const char *member, const char *value)
{
    json_t *list = json_object_get(request, member);
    if (!list) {
        list = json_array();
        if (json_object_set_new(request, member, list) != 0) return false;
    }
    return json_array_append_new(list, json_string(value)) == 0; /* json_string: NULL for what is no UTF-8 */
}

/* Read with the caps of every JSON from outside; the reason is said here, since the usage would not help. */
static bool put_file(json_t *request, const char *member, const char *path)
{
    static char text[NX_JSON_MAX];
    json_t *object = NULL;
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    size_t n = f ? fread(text, 1, sizeof text, f) : 0;
    if (f && f != stdin) fclose(f);
    if (!f || n == sizeof text || !nx_ok(nx_json_parse_object(&object, nx_span_of(text, n)))) {
        nx_say("%s: %s", path, f ? "is not one JSON object" : "cannot be read");
        return false;
    }
    nx_wipe(text, n);
    return json_object_set_new(request, member, object) == 0;
}

static bool put_document(json_t *request, const char *member, const char *path)
{
    static char text[NX_JSON_MAX];
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    size_t n = f ? fread(text, 1, sizeof text, f) : 0;
    if (f && f != stdin) fclose(f);
    json_t *value = f && n > 0 && n < sizeof text ? json_stringn(text, n) : NULL;
    if (!value)
        nx_say("%s: %s", path, !f ? "cannot be read" : n == sizeof text ? "is too large" : "is not UTF-8 text");
    return value && json_object_set_new(request, member, value) == 0;
}

static bool is_url(const char *value)
{
    return strncmp(value, "https://", 8) == 0 || strncmp(value, "http://", 7) == 0;
}

static bool put(json_t *request, const struct nx_arg *a, const char *value)
{
    char member[64];
    member_name(member, a->name);
    if (a->kind == NX_ARG_FILE) return put_file(request, member, value);
    if (a->kind == NX_ARG_SOURCE && is_url(value))
        return json_object_set_new(request, "url", json_string(value)) == 0;
    if (a->kind == NX_ARG_DOCUMENT || a->kind == NX_ARG_SOURCE) return put_document(request, member, value);
    if (a->kind != NX_ARG_LIST && json_object_get(request, member)) return false; /* stands twice */
    if (a->kind == NX_ARG_NUMBER) return put_number(request, member, value);
    if (a->kind == NX_ARG_LIST) return put_listed(request, member, value);
    return json_object_set_new(request, member, json_string(value)) == 0;
}

/* One line without echo when it comes from a terminal. */
static bool read_line(char *line, size_t room, const char *prompt)
{
    struct termios old, quiet;
    bool terminal = isatty(0) && tcgetattr(0, &old) == 0;
    if (terminal) {
        quiet = old;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        fprintf(stderr, "%s: ", prompt);
        tcsetattr(0, TCSAFLUSH, &quiet);
    }
    bool ok = fgets(line, (int)room, stdin) != NULL;
    if (terminal) {
        tcsetattr(0, TCSAFLUSH, &old);
        fputc('\n', stderr);
    }
    line[ok ? strcspn(line, "\r\n") : 0] = '\0';
    return ok;
}

static bool put_password(json_t *request, const struct nx_arg *a)
{
    char first[512], again[512];
    bool ok = read_line(first, sizeof first, "New password");
    if (ok && isatty(0)) {
        ok = read_line(again, sizeof again, "Once more");
        if (ok && strcmp(first, again) != 0) {
            nx_say("the two differ");
            ok = false;
        }
        nx_wipe(again, sizeof again);
    }
    ok = ok && put(request, a, first);
    nx_wipe(first, sizeof first);
    return ok;
}

/* An option at argv[*i]; moves *i over what it took. */
static bool take_option(json_t *request, const struct nx_command *c, int argc, char **argv, int *i)
{
    const char *name = argv[*i] + 2, *value = strchr(name, '=');
    size_t n = value ? (size_t)(value - name) : strlen(name);
    if (n > 6 && strncmp(name + n - 6, "-stdin", 6) == 0) n -= 6;
    const struct nx_arg *a = option_named(c, name, n);
    if (!a) return false;
    if (a->kind == NX_ARG_PASSWORD) return put_password(request, a);
    if (a->kind == NX_ARG_FLAG) {
        char member[64];
        member_name(member, a->name);
        return json_object_set_new(request, member, json_true()) == 0;
    }
    if (value) return put(request, a, value + 1);
    return *i + 1 < argc && put(request, a, argv[++*i]);
}

static bool reads_file(const struct nx_arg *a)
{
    return a->kind == NX_ARG_FILE || a->kind == NX_ARG_DOCUMENT || a->kind == NX_ARG_SOURCE;
}

static bool take_arguments(json_t *request, const struct nx_command *c, int argc, char **argv)
{
    size_t positional = 0;
    for (int i = words_of(c); i < argc; i++) {
        bool option = strncmp(argv[i], "--", 2) == 0;
        const struct nx_arg *a = positional < 3 ? &c->positional[positional] : NULL;
        bool ok = option ? take_option(request, c, argc, argv, &i) : a && a->name && put(request, a, argv[i]);
        if (!ok && !option && a && reads_file(a)) return false; /* said already */
        if (!ok) {
            nx_say("what is meant by \"%s\"?", argv[i]);
            return false;
        }
        if (!option) positional++;
    }
    return true;
}

static bool complete_list(json_t *request, const struct nx_arg *args, size_t count, const char *dashes)
{
    char member[64];
    for (size_t i = 0; i < count && args[i].name; i++) {
        member_name(member, args[i].name);
        if (!args[i].required || json_object_get(request, member)) continue;
        if (args[i].kind == NX_ARG_SOURCE && json_object_get(request, "url")) continue;
        if (args[i].kind == NX_ARG_PASSWORD && put_password(request, &args[i])) continue;
        nx_say("%s%s is missing", dashes, args[i].name);
        return false;
    }
    return true;
}

/* --- asking --------------------------------------------------------------------------------------------- */

static int say_failure(nx_result r, const char *folder)
{
    if (r.e == NX_ERR_AWAY) {
        nx_say("nobody answers on %s: is ./nixa up running?", folder);
        return NX_EXIT_NOT_RUNNING;
    }
    nx_say("%s", nx_err_text(r.e));
    return NX_EXIT_FAILED;
}

static int ask_and_print(const struct nx_command *c, const json_t *request, const char *folder, bool as_json)
{
    NX_AUTO(nx_arena) a = nx_arena_open(2 * NX_JSON_MAX);
    NX_AUTO_JSON reply = NULL;
    nx_result r = nx_ask(&reply, folder, request, ASK_MS);
    if (!nx_ok(r)) return say_failure(r, folder);
    bool ok = nx_json_bool(reply, "ok", false);
    /* What was checked is not, though the check was made. */
    bool good = nx_json_bool(reply, "good", true) && nx_json_bool(reply, "answers", true);
    if (as_json && a) {
        json_object_del(reply, "ok");
        puts(nx_json_dump(a, reply));
    } else if (!ok) {
        const char *text = nx_json_str(reply, "text"), *error = nx_json_str(reply, "error");
        nx_say("refused: %s (%s)", text ? text : "no reason given", error ? error : "?");
    } else {
        (c->print ? c->print : nx_print_object)(reply);
    }
    return ok && good ? NX_EXIT_OK : NX_EXIT_FAILED;
}

static bool take_flag(int *argc, char **argv, const char *name)
{
    bool found = false;
    int kept = 0;
    for (int i = 0; i < *argc; i++) {
        if (strcmp(argv[i], name) == 0)
            found = true;
        else
            argv[kept++] = argv[i];
    }
    *argc = kept;
    return found;
}

/* The commands that begin with this word; false when there is none. */
static bool group(FILE *out, const char *word)
{
    size_t n = strlen(word), found = 0;
    for (size_t i = 0; n && i < nx_command_count; i++) {
        const struct nx_command *c = &nx_commands[i];
        if (strncmp(c->words, word, n) != 0 || c->words[n] != ' ') continue;
        fprintf(out, "%s nixactl %-20s %s\n", found++ ? "      " : "usage:", c->words, c->help);
    }
    return found > 0;
}

static int no_command(int argc, char **argv)
{
    if (argc > 0 && group(stderr, argv[0])) return NX_EXIT_USAGE;
    nx_say("there is no command \"%s\"; nixactl help lists them", argc > 0 ? argv[0] : "");
    return NX_EXIT_USAGE;
}

static int help_for(int argc, char **argv)
{
    const struct nx_command *c = find(argc, argv);
    if (c)
        usage(stdout, c);
    else
        return group(stdout, argc > 0 ? argv[0] : "") ? NX_EXIT_OK : no_command(argc, argv);
    return NX_EXIT_OK;
}

int nx_cmd_operator(int argc, char **argv)
{
    NX_AUTO(nx_arena) a = nx_arena_open(1u << 16);
    const char *given = nx_take_data(&argc, argv);
    bool as_json = take_flag(&argc, argv, "--json"), help = take_flag(&argc, argv, "--help");
    const char *folder = a ? nx_data_folder(a, given) : NULL;
    if (!folder) return NX_EXIT_FAILED;
    if (argc > 0 && strcmp(argv[0], "help") == 0) return help_for(argc - 1, argv + 1);
    if (help) return help_for(argc, argv);
    const struct nx_command *c = find(argc, argv);
    if (!c) return no_command(argc, argv);
    NX_AUTO_JSON request = json_pack("{s:s}", "do", c->request);
    if (!request || !take_arguments(request, c, argc, argv) || !complete_list(request, c->positional, 3, "") ||
        !complete_list(request, c->option, NX_COMMAND_ARGS_MAX, "--")) {
        usage(stderr, c);
        return NX_EXIT_USAGE;
    }
    return ask_and_print(c, request, folder, as_json);
}
