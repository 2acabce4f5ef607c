/* The audit trail: rows chained by hashes, so that a change or a missing row shows.
 *
 * hash(n) = SHA-256( "nixa-audit-1" NUL hash(n-1) seq at, then actor, type, subject, detail each with its
 * length ), numbers as 8 bytes and lengths as 4 bytes, big endian; hash(0) is 32 zero bytes. The head (last
 * seq and hash) is also in a row of its own, so that cutting off the end shows too. detail is a JSON object
 * without secrets and without personal data beyond ids of ours. */
#ifndef NX_REGISTRY_AUDIT_H
#define NX_REGISTRY_AUDIT_H

#include "registry/registry.h"

#define NX_AUDIT_DETAIL_MAX (8u << 10)
#define NX_AUDIT_TEXT_MAX 128
#define NX_AUDIT_BATCH_MAX 1024

struct nx_audit_entry {
    int64_t seq;         /* drawn when appended */
    nx_time at;          /* 0 when appended: now */
    const char *actor;   /* "uid:0", "person:ID", "client:ID", "system" */
    const char *type;    /* "person.created", "qr.revoked", "session.started", … */
    const char *subject; /* a person's id, NULL: none */
    const char *detail;  /* JSON object, NULL: {} */
    const char *hash;    /* hex; only when read */
};

/* Inside the caller's change: the row stands or falls with the act. Outside of one it is a change by itself.
 */
NX_FALLIBLE nx_audit_append(nx_registry *r, const struct nx_audit_entry *e);
/* Appends rows that were made in a store shard's stream and remembers the stream position with them, in one
 * (relaxed) change. A position not above the remembered one is skipped whole: delivering twice is harmless.
 */
NX_FALLIBLE nx_audit_append_batch(nx_registry *r, int shard, const char *position,
                                  const struct nx_audit_entry *v, size_t n);
/* The remembered position of a shard's stream ("0-0" at first), in the form "MILLISECONDS-N". */
NX_FALLIBLE nx_audit_position(nx_registry *r, nx_arena *a, int shard, const char **position);

struct nx_audit_query {
    const char *subject; /* NULL: any */
    const char *type;    /* NULL: any; "qr.*" is every type with that beginning */
    nx_time since;       /* 0: any */
    int64_t before;      /* cursor: seq of the last row of the page before, 0: from the newest */
    size_t limit;        /* 0: NX_PAGE_DEFAULT */
};
struct nx_audit_page {
    struct nx_audit_entry *v;
    size_t n;
    bool more;
};
/* Newest first. */
NX_FALLIBLE nx_audit_list(nx_registry *r, nx_arena *a, const struct nx_audit_query *q,
                          struct nx_audit_page *out);

struct nx_audit_verdict {
    bool whole;
    int64_t rows;
    int64_t broken_at; /* seq of the first row that does not fit, 0 when whole */
    char head[65];     /* hex hash of the last good row */
};
/* Walks the whole chain. A broken chain is a verdict, not an error. */
NX_FALLIBLE nx_audit_verify(nx_registry *r, struct nx_audit_verdict *out);

#endif
