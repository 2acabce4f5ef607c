/* Bound records as the store keeps them: a line of nine words and a sealed body. Inside this folder only; the
 * layout is in docs/PROTOCOL-sessions.md.
 *
 *     state link expires made up status bounds life extra\n body
 *     L 0 1767225600000 1767225300000 s<id> 0:4711 p:<id>=3,q:<id>=0,s:<id> - - …
 */
#ifndef NX_SESSIONS_RECORD_H
#define NX_SESSIONS_RECORD_H

#include "sessions/grant.h"
#include "sessions/seam.h"

#define NX_REC_SESSION 's'
#define NX_REC_CODE 'c'
#define NX_REC_FAMILY 'f'
#define NX_REC_TOKEN 't'
#define NX_REC_TXN 'x'
#define NX_REC_TICKET 'k'
#define NX_REC_ASSERTION 'a'
#define NX_REC_ARTIFACT 'm'
#define NX_REC_NAME 'n'
#define NX_REC_NAME_ENDED 'd'

/* "s" and the id: a record's name within its shard. */
typedef struct nx_rec_key {
    char s[NX_ID_LEN + 2];
} nx_rec_key;
nx_rec_key nx_rec_name(char kind, const char *id);

struct nx_rec {
    nx_rec_key key;
    bool used;
    uint32_t link;
    int64_t expires_ms;
    int64_t made_ms;
    nx_rec_key up; /* "" none */
    struct nx_status_ref status;
    struct nx_epochs epochs;
    nx_id session; /* the session it was made with: it hangs on it, or a tag names it; "" none */
    int64_t idle_ms, ends_ms, seen_ms;
    nx_span extra; /* "" none */
    nx_span body;  /* opened */
};

/* Parses a record found under key and opens its body. NX_ERR_STORE_RECORD. */
NX_FALLIBLE nx_rec_parse(struct nx_rec *out, const nx_store *s, nx_arena *a, uint16_t shard, nx_rec_key key,
                         nx_span value);

/* "p:<id>=3,q:<id>=0,s:<session>" or "-". Ids are percent-encoded. */
NX_FALLIBLE nx_bounds_write(nx_span *out, nx_arena *a, const struct nx_epochs *e, const char *session);
NX_FALLIBLE nx_bounds_read(struct nx_epochs *e, nx_id *session, nx_arena *a, nx_span text);
/* A name as one word without separators of ours. */
nx_span nx_word_encode(nx_arena *a, const char *name);
NX_FALLIBLE nx_word_decode(char **out, nx_arena *a, nx_span word);
/* "list:index" in the numbering of the shard, as drawn; the list number of the outside is n * shards + shard.
 */
NX_FALLIBLE nx_status_ref_read(struct nx_status_ref *out, const nx_store *s, uint16_t shard, nx_span text);

/* Ids of sessions and families name their shard and leave room for a link number:
 * shard (2 bytes), 10 random bytes, link (4 bytes, zero in the id itself). */
NX_FALLIBLE nx_linked_id(nx_id *out, uint16_t shard);
NX_FALLIBLE nx_linked_split(nx_id *id, uint16_t *shard, uint32_t *link, const nx_store *s,
                            const char *linked);
NX_FALLIBLE nx_linked_join(nx_id *out, const char *id, uint32_t link);

#endif
