/* Status lists as tokens: those of handles and cards out of the registry (ISSUER/s/N), those of tokens out of
 * the store (ISSUER/status/GENERATION/N), rule 22.
 *
 * A signed token is kept until what it says has changed or half its life is over, so that a list that
 * everybody reads costs a comparison and not a signature. The cache is the process's own; a node holds
 * nothing that another needs. */
#ifndef NX_QR_LISTS_H
#define NX_QR_LISTS_H

#include "crypto/status_list.h"
#include "house/house.h"

#define NX_QR_LIST_LIFE_S 86400

/* NX_ERR_NOT_FOUND for a list that does not exist. The text is in the arena. */
NX_FALLIBLE nx_qr_card_list(char **token, nx_arena *a, struct nx_house *house, int64_t list, nx_time now);
/* A list of a generation that is over answers that every entry is invalid (rule 22). generation is as in the
 * path. */
NX_FALLIBLE nx_qr_token_list(char **token, nx_arena *a, struct nx_house *house, nx_span generation,
                             int64_t list, nx_time now);
/* The URIs of all lists that exist: {"status_lists":[…]}. *out is owned. */
NX_FALLIBLE nx_qr_lists(json_t **out, nx_arena *a, struct nx_house *house);

/* Forgets the cache (at the end of the process, and in tests). */
void nx_qr_lists_clear(void);

#endif
