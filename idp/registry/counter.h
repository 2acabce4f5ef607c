/* Officers at counters: who may vouch for somebody who stands in front of them, and the vouchers that they made: good
 * once, for two minutes. A voucher is known by the HMAC of its digits only. */
#ifndef NX_REGISTRY_COUNTER_H
#define NX_REGISTRY_COUNTER_H

#include "registry/registry.h"

#define NX_COUNTER_TEXT_MAX 120
#define NX_VOUCHER_LIFE_S 120
#define NX_VOUCHER_CODE_LEN 32

struct nx_counter {
    nx_id person;
    const char *place;        /* "Quầy 3, UBND phường Hoàn Kiếm" */
    const char *organisation; /* code of the agency; NULL */
    nx_time added;
};

/* Adds, or replaces her place. NX_ERR_SYNTAX (texts), NX_ERR_CONFLICT (no such person). */
NX_FALLIBLE nx_counter_put(nx_registry *r, const struct nx_counter *c);
/* NX_ERR_NOT_FOUND: she may not. */
NX_FALLIBLE nx_counter_get(nx_registry *r, nx_arena *a, const char *person, struct nx_counter *out);
/* NX_ERR_NOT_FOUND. Her unused vouchers go with it. */
NX_FALLIBLE nx_counter_remove(nx_registry *r, const char *person);
/* All of them, at most NX_PAGE_MAX. */
NX_FALLIBLE nx_counter_list(nx_registry *r, nx_arena *a, struct nx_counter **out, size_t *n);

/* NX_ERR_CONFLICT: that code is out already, or one of the two is nobody. */
NX_FALLIBLE nx_voucher_put(nx_registry *r, const uint8_t code[NX_VOUCHER_CODE_LEN], const char *person,
                           const char *officer);
/* Uses it up: for exactly one caller. NX_ERR_NOT_FOUND: never was, used, or over. */
NX_FALLIBLE nx_voucher_take(nx_registry *r, const uint8_t code[NX_VOUCHER_CODE_LEN], nx_id *person, nx_id *officer);

#endif
