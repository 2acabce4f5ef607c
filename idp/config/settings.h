/* The table of settings: one row each in settings.def with type, default, bounds and help; command line,
 * file, dump and explanation all read that table.
 *
 * Precedence: command line over file over default. An unknown key, a key that stands twice and a value
 * outside its bounds are errors with the line (file) or the option (command line) named in the complaint. */
#ifndef NX_CONFIG_SETTINGS_H
#define NX_CONFIG_SETTINGS_H

#include "base/buf.h"

struct nx_settings {
#define BOOL(key, otherwise, help) bool key;
#define NUMBER(key, otherwise, least, most, help) int64_t key;
#define TEXT(key, otherwise, least, most, help)                                                              \
    const char *key; /* never NULL; borrowed from the arena or static */
#include "config/settings.def"
#undef BOOL
#undef NUMBER
#undef TEXT
};

#define NX_COMPLAINT_MAX 256

/* All defaults. */
void nx_settings_default(struct nx_settings *s);

/* Sets one key ('-' and '_' are the same) from its text. NX_ERR_SETTING_UNKNOWN, NX_ERR_SETTING_VALUE; the
 * complaint says what would have been right. Texts are copied into the arena. */
NX_FALLIBLE nx_settings_set(struct nx_settings *s, nx_arena *a, const char *key, const char *value,
                            char complaint[NX_COMPLAINT_MAX]);

/* Reads a YAML file: one mapping of keys to scalars (or, for comma lists, to a list of scalars). */
NX_FALLIBLE nx_settings_file(struct nx_settings *s, nx_arena *a, const char *path,
                             char complaint[NX_COMPLAINT_MAX]);
NX_FALLIBLE nx_settings_yaml(struct nx_settings *s, nx_arena *a, nx_span text,
                             char complaint[NX_COMPLAINT_MAX]);

/* Defaults, then the file of --config, then the options, then derivation and the checks. Options are --key
 * VALUE,
 * --key=VALUE, --flag, --no-flag. Arguments that are no options stop the reading: *rest is the index of the
 * first. */
NX_FALLIBLE nx_settings_read(struct nx_settings *s, nx_arena *a, int argc, char *const argv[], int *rest,
                             char complaint[NX_COMPLAINT_MAX]);

/* Fills what follows from something else (the issuer from listen) and checks keys against each other. */
NX_FALLIBLE nx_settings_derive(struct nx_settings *s, nx_arena *a, char complaint[NX_COMPLAINT_MAX]);

/* YAML of every key, with its help as a comment; reading it again gives the same settings. */
void nx_settings_dump(const struct nx_settings *s, nx_buf *out);
/* The manual: key, type, default, bounds, help, a line each. */
void nx_settings_explain(nx_buf *out);

/* Parts that others ask for; derived settings only. */
bool nx_settings_loopback(const struct nx_settings *s); /* whether the issuer's host is loopback */

#endif
