/* The registry: everything that lasts, behind the SQL seam (registry/sql.h).
 *
 * Thread safe: each call borrows a connection from a pool inside and gives it back. There is one writer at a
 * time and many readers (SQLite's write-ahead log). A thread that holds a change (nx_registry_begin) sees its
 * own writes; other threads see them after the commit.
 *
 *     NX_AUTO_CHANGE(change);
 *     NX_TRY(nx_registry_begin(&change, registry, NX_DURABLE));
 *     NX_TRY(nx_person_replace(registry, &person, person.version));
 *     NX_TRY(nx_audit_append(registry, &entry));
 *     return nx_registry_commit(&change);
 *
 * Leaving the block without a commit rolls back. A begin within a begin of the same thread is a part of it:
 * its rollback undoes the part, its commit keeps it as far as the outer change is kept. Errors that every
 * function may give: NX_ERR_MEMORY, NX_ERR_BUSY (no connection within 5 s), NX_ERR_IO, NX_ERR_REGISTRY
 * (damaged or of another version), NX_ERR_FAULT (tests). Nothing is half done after any of them. */
#ifndef NX_REGISTRY_REGISTRY_H
#define NX_REGISTRY_REGISTRY_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"

typedef struct nx_registry nx_registry;

#define NX_REGISTRY_READERS_MAX 64

/* Opens "sqlite:PATH" (made with mode 0600 if it is not there) and applies the migrations that it lacks.
 * readers: connections for reading, 1..NX_REGISTRY_READERS_MAX. NX_ERR_REGISTRY_URL for another
 * scheme: "postgresql:" is for a later version, and its text says so. NX_ERR_REGISTRY when a migration that
 * was applied has changed since, or when the file was written by a newer version. */
NX_FALLIBLE nx_registry_open(nx_registry **out, const char *url, unsigned readers);
/* No other call may be under way. */
void nx_registry_close(nx_registry *r);
NX_AUTO_DEFINE(nx_registry, nx_registry_close)

/* Whether the commit waits until the bytes are on the disk. Rule 20: revocations, credentials, consents, keys
 * and administration are durable; audit rows chained in from the store (which still has them) may be relaxed.
 */
enum nx_durability { NX_DURABLE, NX_RELAXED };

struct nx_change {
    nx_registry *registry; /* NULL: nothing begun, or already ended */
};

NX_FALLIBLE nx_registry_begin(struct nx_change *c, nx_registry *r, enum nx_durability durability);
/* On any failure nothing of the change stays. */
NX_FALLIBLE nx_registry_commit(struct nx_change *c);
void nx_registry_rollback(struct nx_change *c);
#define NX_AUTO_CHANGE(name) __attribute__((cleanup(nx_registry_rollback))) struct nx_change name = {NULL}

/* Whether people are told of changes to what they sign in by: then nx_audit_append puts a notice NX_NOTICE_PERSON for each
 * entry of told.def about somebody with a verified mailbox or number into the outbox, in the same change. Set before the first use; off unless set. */
void nx_registry_tell(nx_registry *r, bool on);

/* One cheap read: for readiness. */
NX_FALLIBLE nx_registry_ping(nx_registry *r);

/* A list of texts in somebody's arena. */
struct nx_strings {
    const char *const *v;
    size_t n;
};
bool nx_strings_has(struct nx_strings list, const char *s);
/* Every text of `part` is in `whole`. */
bool nx_strings_within(struct nx_strings part, struct nx_strings whole);
/* Splits at single spaces; empty text gives an empty list. */
NX_FALLIBLE nx_strings_split(struct nx_strings *out, nx_arena *a, const char *text);
char *nx_strings_join(nx_arena *a, struct nx_strings list);

/* How many rows a page may have, and how many it has unless told. */
#define NX_PAGE_MAX 200
#define NX_PAGE_DEFAULT 50

#endif
