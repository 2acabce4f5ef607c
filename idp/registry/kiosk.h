/* Kiosks: screens at counters with a key of their own, whose place an operator has registered (SECURITY.md 5). A
 * pending one waits for its key; a revoked one keeps its row, so that its key is never taken again. */
#ifndef NX_REGISTRY_KIOSK_H
#define NX_REGISTRY_KIOSK_H

#include "registry/registry.h"

#define NX_KIOSK_TEXT_MAX 120

enum nx_kiosk_state { NX_KIOSK_PENDING, NX_KIOSK_ACTIVE, NX_KIOSK_REVOKED };

struct nx_kiosk {
    nx_id id;
    enum nx_kiosk_state state;
    const char *name;         /* of the machine: "Kiosk 2" */
    const char *place;        /* as phones display it: "UBND phường Hoàn Kiếm, tầng 1" */
    const char *organisation; /* its code; NULL */
    const char *jwk;          /* public key, JSON; NULL while pending */
    nx_time created;
    nx_time enrolled; /* 0 while pending */
};

/* "pending", "active", "revoked". */
const char *nx_kiosk_state_name(enum nx_kiosk_state state);

/* id and created are drawn here; the state is pending. NX_ERR_LIMIT, NX_ERR_SYNTAX for a text that is empty, too
 * long or not printable. */
NX_FALLIBLE nx_kiosk_add(nx_registry *r, struct nx_kiosk *k);
/* NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_kiosk_get(nx_registry *r, nx_arena *a, const char *id, struct nx_kiosk *out);
/* Pending becomes active. NX_ERR_NOT_FOUND: it is not pending; NX_ERR_CONFLICT: the key is another kiosk's. */
NX_FALLIBLE nx_kiosk_enrol(nx_registry *r, const char *id, const char *jwk, const char *thumbprint);
/* Final. NX_ERR_NOT_FOUND: it is not there, or revoked already. A pending one is removed. */
NX_FALLIBLE nx_kiosk_revoke(nx_registry *r, const char *id);

struct nx_kiosk_page {
    struct nx_kiosk *v;
    size_t n;
    bool more;
};
/* In the order of ids; after: id of the last line of the page before, or NULL; limit 0: NX_PAGE_DEFAULT. */
NX_FALLIBLE nx_kiosk_list(nx_registry *r, nx_arena *a, const char *after, size_t limit, struct nx_kiosk_page *out);

#endif
