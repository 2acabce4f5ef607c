/* The log: one JSON object a line on standard error.
 *
 * {"t":"2026-…Z","lvl":"warn","rid":"…","ev":"store_away","…":…}
 *
 * An event is a fixed word, its fields have fixed names and are numbers, fixed words or identifiers of ours.
 * A token, a secret or personal data never is a field: that is why no function takes a format string with
 * free text. The request id is set once a request and repeated in each of its lines. */
#ifndef NX_BASE_LOG_H
#define NX_BASE_LOG_H

#include "base/result.h"
#include "base/span.h"

typedef enum nx_severity { NX_DEBUG, NX_INFO, NX_WARN, NX_ERROR } nx_severity;

struct nx_field {
    const char *name;
    const char *text; /* used when not NULL; escaped, cut at 256 bytes */
    int64_t number;
};

/* NULL is written as the empty text. */
static inline struct nx_field nx_field_text(const char *name, const char *value)
{
    return (struct nx_field){name, value ? value : "", 0};
}
#define NX_TEXT(name, value) nx_field_text((name), (value))
#define NX_NUM(name, value) ((struct nx_field){(name), NULL, (int64_t)(value)})

/* Lines below this level are not written. NX_INFO at start. */
void nx_log_level(nx_severity level);
/* The request id of the calling thread from now on; NULL for none. Copied, at most 32 bytes. */
void nx_log_request(const char *id);
const char *nx_log_request_id(void);

void nx_log_write(nx_severity level, const char *event, const struct nx_field *fields, size_t count);
/* nx_log(NX_WARN, "store_away", NX_TEXT("host", h), NX_NUM("ms", 5)); */
#define nx_log(level, event, ...)                                                                            \
    nx_log_write((level), (event), (const struct nx_field[]){__VA_ARGS__},                                    \
                 sizeof((const struct nx_field[]){__VA_ARGS__}) / sizeof(struct nx_field))
/* An error of ours, with its name and where it began. */
void nx_log_error(const char *event, nx_result r);

#endif
