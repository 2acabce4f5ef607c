/* Templates of docker/: text in which @NAME@ stands for a value. */
#ifndef NX_MAIN_NIXACTL_RENDER_H
#define NX_MAIN_NIXACTL_RENDER_H

#include "base/buf.h"

#define NX_TEMPLATE_MAX (64u << 10)

struct nx_blank {
    const char *name; /* without the at-signs */
    const char *value;
};

/* Fills every @NAME@ (upper-case letters, digits, '_'). A name without a value, and a value with a line feed,
 * a quote, a backslash or a control character, are refused: values must not add lines or break out of
 * quotes. NX_ERR_SYNTAX, NX_ERR_UNKNOWN, NX_ERR_LIMIT. */
NX_FALLIBLE nx_render(nx_buf *out, nx_span text, const struct nx_blank *blanks, size_t count);
/* The same from a file to a file: written beside and renamed, with the mode given. Says why it failed. */
NX_FALLIBLE nx_render_file(const char *from, const char *to, unsigned mode, const struct nx_blank *blanks,
                           size_t count);

/* A whole file of at most max bytes in the arena, with a NUL behind that is not counted. NX_ERR_IO,
 * NX_ERR_LIMIT. */
NX_FALLIBLE nx_read_file(nx_span *out, nx_arena *a, const char *path, size_t max);
/* Written beside, synced and renamed, so that a reader sees the old or the new, whole. NX_ERR_IO. */
NX_FALLIBLE nx_write_file(const char *path, unsigned mode, nx_span bytes);

#endif
