/* Letters as people type them when they search: lower case, without the marks of Vietnamese. */
#ifndef NX_HUB_FOLD_H
#define NX_HUB_FOLD_H

#include "base/arena.h"

/* Words of ASCII letters and digits between single spaces, one space in front; other scripts stay as they are. Text that
 * is not UTF-8 gives "". NULL when out of memory. */
char *nx_fold(nx_arena *a, const char *text);

#endif
