/* The master key: the root of every symmetric key of an installation.
 *
 * DIR/keys/master.key holds 32 random bytes, mode 0600. HKDF-SHA256 with the labels of master.def gives one
 * 256-bit key each, derived once at open. Losing the file loses every session, every pairwise name and every
 * signing key: it belongs in the operator's safe. Immutable after open, hence thread safe. */
#ifndef NX_CRYPTO_MASTER_H
#define NX_CRYPTO_MASTER_H

#include "base/result.h"
#include "base/span.h"

#define NX_MASTER_LEN 32

typedef enum nx_label {
#define X(name, label) NX_LABEL_##name,
#include "crypto/master.def"
#undef X
    NX_LABEL_COUNT
} nx_label;

typedef struct nx_master nx_master;

/* Opens `dir`/keys/master.key; makes folder (0700) and key (0600, synced to disk before use) when there is
 * none. A file of another length, or one that others may read, is refused: NX_ERR_MASTER_KEY. NX_ERR_IO.
 * Owned by the caller. */
NX_FALLIBLE nx_master_open(nx_master **out, const char *dir);
/* The same from bytes in memory (tests, keys from an outside vault). */
NX_FALLIBLE nx_master_from(nx_master **out, nx_span bytes);
/* Wipes and frees; NULL is allowed. */
void nx_master_close(nx_master *m);
NX_AUTO_DEFINE(nx_master, nx_master_close)

/* The derived key of a label: 32 bytes, borrowed from m. */
nx_span nx_master_key(const nx_master *m, nx_label label);

#endif
