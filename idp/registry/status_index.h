/* Indexes of cards and handles in token status lists (rule 22). They last as long as the paper they are
 * printed on, so they are the registry's; those of tokens are the store's.
 *
 * Lists are numbered from 0, hold NX_STATUS_LIST_SIZE entries each, and are shared by everybody. An index is
 * drawn at random among the free ones of the newest list; past half full a new list begins, so that drawing
 * stays short and neighbours say nothing. An index is never used again. */
#ifndef NX_REGISTRY_STATUS_INDEX_H
#define NX_REGISTRY_STATUS_INDEX_H

#include "registry/registry.h"

#define NX_STATUS_LIST_SIZE (1 << 17)
#define NX_STATUS_LIST_BYTES (NX_STATUS_LIST_SIZE / 4) /* two bits an entry */

/* Draws an index for a QR identity; inside the change that makes it. */
NX_FALLIBLE nx_status_index_draw(nx_registry *r, const char *qid, int64_t *list, int64_t *index);
/* How many lists there are. */
NX_FALLIBLE nx_status_index_lists(nx_registry *r, int64_t *count);
/* Fills the whole list from the present status of its QR identities, two bits an entry, least significant
 * bits first: 0 valid, 1 revoked, 2 suspended or pending. Entries that were never drawn are 0.
 * NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_status_index_fill(nx_registry *r, int64_t list, uint8_t bits[NX_STATUS_LIST_BYTES]);

#endif
