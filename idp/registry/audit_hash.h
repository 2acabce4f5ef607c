/* How audit rows are chained. Inside this folder only. */
#ifndef NX_REGISTRY_AUDIT_HASH_H
#define NX_REGISTRY_AUDIT_HASH_H

#include "crypto/digest.h"
#include "registry/audit.h"
#include "registry/sql.h"

struct nx_audit_link {
    int64_t seq;
    uint8_t hash[NX_SHA256_LEN];
};

/* The hash of a row behind `previous`. e->seq and e->at must be set; e->detail NULL counts as {}. */
NX_FALLIBLE nx_audit_hash(uint8_t out[NX_SHA256_LEN], const uint8_t previous[NX_SHA256_LEN],
                          const struct nx_audit_entry *e);
/* The head: seq 0 and zeros before the first row. q is opened here and belongs to the caller: as long as it
 * stays open, what this thread reads is of the head's moment, and writers need not wait. */
NX_FALLIBLE nx_audit_head(nx_sql *q, nx_registry *r, struct nx_audit_link *out);
/* Reads a blob column that is a hash. */
NX_FALLIBLE nx_audit_read_hash(nx_sql *q, uint8_t out[NX_SHA256_LEN]);

#endif
