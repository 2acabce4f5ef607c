/* The keyring: signing keys, their life and their public face.
 *
 *   next ──rotate──▶ active ──rotate──▶ retired ──last token expired──▶ gone
 *
 * Publish before use: a key is in the JWKS as `next` for publish_s before it may sign. Retire after the last
 * token: a key that no longer signs stays in the JWKS for its use's retire_s (key_use.def). A key is known by its kid, the first
 * NX_KEY_ID_LEN characters of its RFC 7638 thumbprint. Private keys are rows of the registry, PKCS#8 sealed
 * under the key-encryption key with "use/kid" as additional data, so that a row copied over another does not
 * open.
 *
 * The keyring reads and writes rows through struct nx_key_store, which the registry fills. What it read is
 * held as reference-counted keys in a snapshot: any number of threads sign and verify while a rotation, or
 * the reload that sees another node's rotation, swaps it. Signing works on EVP keys; struct nx_key_backend is
 * where they come from (sealed rows; a PKCS#11 module needs another row of it and nothing else). */
#ifndef NX_CRYPTO_KEYRING_H
#define NX_CRYPTO_KEYRING_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/secret.h"
#include "crypto/alg.h"
#include "crypto/jwk.h"
#include "crypto/master.h"

#define NX_KEY_ID_LEN 22 /* 132 bits of the thumbprint */
#define NX_KEYS_MAX 128  /* rows of all uses together */
#define NX_KEY_SEALED_MAX 4096

typedef enum nx_key_use {
#define X(name, text, alg, retire_s, traits) NX_USE_##name,
#include "crypto/key_use.def"
#undef X
    NX_USE_COUNT
} nx_key_use;
#define NX_USE_BIT(use) (1u << (use))

typedef enum nx_key_state { NX_KEY_NEXT, NX_KEY_ACTIVE, NX_KEY_RETIRED } nx_key_state;

/* One row of the registry's table of keys. */
struct nx_key_row {
    char kid[NX_KEY_ID_LEN + 1];
    nx_key_use use;
    nx_alg alg;
    nx_key_state state;
    nx_time published;    /* since when it is in the JWKS */
    nx_time retire_after; /* retired keys: when it leaves the JWKS; 0 otherwise */
    nx_span sealed;       /* the sealed private key */
};

/* Where rows live; filled by the registry, by memory in tests. Called by one thread at a time. */
struct nx_key_store {
    void *ctx;
    /* All rows; memory of the arena. */
    nx_result (*list)(void *ctx, nx_arena *a, struct nx_key_row **rows, size_t *count);
    /* Inserts rows with a new kid and updates state and times of the others, all or nothing and durable at
     * return. NX_ERR_CONFLICT, and nothing written, when afterwards a use would have two active or two next
     * keys: another node was faster. */
    nx_result (*save)(void *ctx, const struct nx_key_row *rows, size_t count);
    /* Deletes a row. */
    nx_result (*drop)(void *ctx, const char *kid);
};

struct nx_keyring_terms {
    int32_t publish_s; /* how long a key is published before it signs: the longest that peers cache a JWKS */
    int32_t rotate_s;  /* how long a key signs before housekeeping rotates it; 0: only when asked */
    int32_t retire_s[NX_USE_COUNT]; /* where it is more than the use's own retire_s, it counts */
};
#define NX_KEYRING_TERMS ((struct nx_keyring_terms){.publish_s = 600})

/* Names, static: "token"; "active". */
const char *nx_key_use_name(nx_key_use use);
nx_alg nx_key_use_alg(nx_key_use use);
/* What operators and peers are told: "ES256", "RSA-OAEP". */
const char *nx_key_use_alg_name(nx_key_use use);
/* The traits of key_use.def: made at need, in a certificate, for decryption. */
bool nx_key_use_late(nx_key_use use);
bool nx_key_use_certified(nx_key_use use);
bool nx_key_use_opens(nx_key_use use);
/* How long a key of that use stays published after it signed last, in seconds. */
int32_t nx_key_use_retire_s(nx_key_use use);
const char *nx_key_state_name(nx_key_state state);
/* NX_ERR_UNKNOWN. */
NX_FALLIBLE nx_key_use_of(nx_key_use *out, nx_span name);
NX_FALLIBLE nx_key_state_of(nx_key_state *out, nx_span name);

typedef struct nx_keyring nx_keyring;
typedef struct nx_signing_key nx_signing_key;

/* Loads the rows and makes the active key of every use that has none, but for late ones (first start: under a
 * second, one RSA key). Copies store; master must outlive the ring. NX_ERR_KEY_ROW when a row does not open. Owned by the
 * caller. */
NX_FALLIBLE nx_keyring_open(nx_keyring **out, const nx_master *m, const struct nx_key_store *store,
                            const struct nx_keyring_terms *terms);
/* No thread may be inside the ring any more; keys still held stay valid. */
void nx_keyring_close(nx_keyring *r);
NX_AUTO_DEFINE(nx_keyring, nx_keyring_close)

/* Housekeeping, to be called every few seconds by one thread of the node: takes over other nodes' changes,
 * makes one missing key (late active ones, then next ones), drops one retired key whose time is over, rotates one use whose key has signed for
 * rotate_s. */
NX_FALLIBLE nx_keyring_tend(nx_keyring *r);
/* next becomes active, active becomes retired; housekeeping then makes the new next. NX_ERR_KEY_TOO_NEW while
 * the next key is not published for publish_s (or not made yet). */
NX_FALLIBLE nx_keyring_rotate(nx_keyring *r, nx_key_use use);
/* After a compromise: a new key signs at once and the old ones leave the JWKS at once, with everything they
 * signed. */
NX_FALLIBLE nx_keyring_roll(nx_keyring *r, nx_key_use use);

/* The key that signs for a use; a late one is made when it is missing, which may take a second. *out is owned:
 * nx_signing_key_release. */
NX_FALLIBLE nx_keyring_active(nx_signing_key **out, nx_keyring *r, nx_key_use use);
/* The published key with that kid, of one of the uses (a set of NX_USE_BIT): next, active or retired. *out is
 * owned. NX_ERR_JOSE_KEY. */
NX_FALLIBLE nx_keyring_find(nx_signing_key **out, nx_keyring *r, uint32_t uses, nx_span kid);
/* Every published key of a use: the active one first, then next, then retired ones. Each is owned by the caller;
 * *n of them, at most NX_KEYS_OF_USE_MAX. */
#define NX_KEYS_OF_USE_MAX 16
NX_FALLIBLE nx_keyring_keys(nx_signing_key *out[NX_KEYS_OF_USE_MAX], size_t *n, nx_keyring *r, nx_key_use use);
void nx_signing_key_release(nx_signing_key *k);
NX_AUTO_DEFINE(nx_signing_key, nx_signing_key_release)

/* Borrowed from k. */
const char *nx_signing_key_kid(const nx_signing_key *k);
nx_alg nx_signing_key_alg(const nx_signing_key *k);
nx_key_use nx_signing_key_use(const nx_signing_key *k);
const nx_jwk *nx_signing_key_jwk(const nx_signing_key *k);
/* Its certificate as base64 of the DER; NULL for uses without. */
const char *nx_signing_key_certificate(const nx_signing_key *k);
/* RSA-OAEP (RFC 8017 section 7.1.2) with the digests named: "SHA1", "SHA256", "SHA384", "SHA512". NX_ERR_SEAL when
 * it does not open, whatever the reason; NX_ERR_JOSE_ALG for a key that signs. */
NX_FALLIBLE nx_signing_key_open(const nx_signing_key *k, nx_secret *out, const char *digest, const char *mgf1_digest,
                                nx_span wrapped);
/* See nx_alg_sign, nx_alg_verify: raw signatures in JOSE and COSE form. NX_ERR_JOSE_ALG for a key that
 * decrypts. */
NX_FALLIBLE nx_signing_key_sign(const nx_signing_key *k, uint8_t out[NX_SIGNATURE_MAX], size_t *n,
                                nx_span message);
NX_FALLIBLE nx_signing_key_verify(const nx_signing_key *k, nx_span message, nx_span signature);

/* {"keys":[…]} of the uses in the set, next and retired ones too; in the arena. Keys that decrypt are left out. */
NX_FALLIBLE nx_keyring_jwks(char **out, nx_arena *a, nx_keyring *r, uint32_t uses);
/* The rows without their sealed keys, for operators; memory of the arena. */
NX_FALLIBLE nx_keyring_list(struct nx_key_row **rows, size_t *count, nx_arena *a, nx_keyring *r);
/* Grows with every change of the snapshot: for caches of the JWKS answer. */
uint64_t nx_keyring_generation(nx_keyring *r);

#endif
