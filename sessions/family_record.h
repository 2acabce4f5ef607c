/* Families in records; inside this folder only. */
#ifndef NX_SESSIONS_FAMILY_RECORD_H
#define NX_SESSIONS_FAMILY_RECORD_H

#include "sessions/family.h"
#include "sessions/grant_record.h"
#include "sessions/stream.h"
#include "sessions/token_record.h"

/* The refresh token of a link. */
NX_FALLIBLE nx_family_text(nx_handle_text *out, const nx_store *st, const struct nx_family *f, uint32_t link);

#endif
