/* What tests may do to a store opened with "memory:"; absent from release builds. */
#ifndef NX_SESSIONS_MEMORY_TEST_H
#define NX_SESSIONS_MEMORY_TEST_H

#include "sessions/store.h"

#ifdef NX_TESTING
/* The store restarts under another run id; lose: with nothing left of it. */
void nx_memory_restart(nx_store *s, bool lose);
/* It does not answer until told otherwise. */
void nx_memory_away(nx_store *s, bool away);
#endif

#endif
