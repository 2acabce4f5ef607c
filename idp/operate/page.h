/* Cursors and limits. Inside this folder only. */
#ifndef NX_OPERATE_PAGE_H
#define NX_OPERATE_PAGE_H

#include "operate/call.h"

/* NX_ERR_RANGE. */
NX_FALLIBLE nx_operate_limit(size_t *out, const struct nx_operate_page *p);
/* A cursor that is a number; 0 without one. NX_ERR_SYNTAX. */
NX_FALLIBLE nx_operate_cursor_number(int64_t *out, const struct nx_operate_page *p);

#endif
