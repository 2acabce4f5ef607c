/* The operator's commands that nixad carries out: words, arguments and how the answer is printed, a row each.
 */
#ifndef NX_MAIN_NIXACTL_COMMANDS_H
#define NX_MAIN_NIXACTL_COMMANDS_H

#include "base/json.h"

enum nx_arg_kind {
    NX_ARG_TEXT,
    NX_ARG_NUMBER,
    NX_ARG_FLAG,     /* true when it stands there */
    NX_ARG_LIST,     /* may stand more than once: an array of texts */
    NX_ARG_FILE,     /* a file of one JSON object, "-" for standard input: the member is the object */
    NX_ARG_DOCUMENT, /* a file of text, "-" for standard input: the member is the text */
    NX_ARG_SOURCE,   /* the same, or an https URL: then the member is "url" and holds that */
    NX_ARG_PASSWORD, /* asked for on the terminal, or read as one line of standard input with --NAME-stdin */
};

struct nx_arg {
    const char *name; /* "given-name": the option --given-name, the member given_name of the request */
    enum nx_arg_kind kind;
    bool required;
    const char *help; /* NULL: the name of a positional argument says enough */
};

#define NX_COMMAND_ARGS_MAX 16

struct nx_command {
    const char *words;   /* "person add" */
    const char *request; /* the request's "do" */
    const char *help;
    struct nx_arg positional[3];
    struct nx_arg option[NX_COMMAND_ARGS_MAX];
    /* Prints the answer; NULL: nx_print_object. */
    void (*print)(const json_t *reply);
};

extern const struct nx_command nx_commands[];
extern const size_t nx_command_count;

/* Printers (nixactl_print.c), to standard output. */
void nx_print_object(const json_t *reply); /* name: value lines */
void nx_print_items(const json_t *reply);  /* a table of the objects in "items" */
void nx_print_token(const json_t *reply);  /* the token alone, for $( … ) */
void nx_print_link(const json_t *reply);
void nx_print_client(const json_t *reply); /* with the snippet for mod_auth_openidc */
void nx_print_receipt(const json_t *reply);
void nx_print_findings(const json_t *reply); /* a line each, and whether it is good */
void nx_print_done(const json_t *reply);
void nx_print_lines(const json_t *reply); /* the texts of "lines" */

#endif
