/* The table of settings.def as data, for the files of this folder. */
#ifndef NX_CONFIG_SETTINGS_TABLE_H
#define NX_CONFIG_SETTINGS_TABLE_H

#include "config/settings.h"

enum nx_setting_type { NX_SETTING_BOOL, NX_SETTING_NUMBER, NX_SETTING_TEXT };

struct nx_setting {
    const char *key;
    enum nx_setting_type type;
    size_t offset;    /* in struct nx_settings */
    int64_t number;   /* default of BOOL and NUMBER */
    const char *text; /* default of TEXT */
    int64_t least;
    int64_t most;
    const char *help;
};

extern const struct nx_setting nx_setting_rows[];
extern const size_t nx_setting_count;

/* '-' and '_' are the same; NULL when unknown. */
const struct nx_setting *nx_setting_find(const char *key);
bool *nx_setting_bool(struct nx_settings *s, const struct nx_setting *row);
int64_t *nx_setting_number(struct nx_settings *s, const struct nx_setting *row);
const char **nx_setting_text(struct nx_settings *s, const struct nx_setting *row);

#endif
