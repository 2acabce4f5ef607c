/* Client certificates that people have bound to themselves: USB tokens, chip cards, the state's PKI. The key and
 * the certificate stay with their holder; kept is its name (issuer and serial number, hashed) and what lists show. */
#ifndef NX_REGISTRY_CERTIFICATE_H
#define NX_REGISTRY_CERTIFICATE_H

#include "registry/registry.h"

#define NX_CERTIFICATES_MAX 8 /* of one person */
#define NX_CERTIFICATE_NAME_LEN 32

struct nx_certificate {
    nx_id id;
    nx_id person;
    uint8_t name[NX_CERTIFICATE_NAME_LEN];
    const char *subject; /* RFC 4514 text, as shown */
    const char *issuer;
    int bound_at; /* level 1..4 of the session that bound it (SECURITY.md 3) */
    nx_time not_after;
    nx_time created;
};

/* id and created are drawn here. NX_ERR_CONFLICT: it is somebody's already; NX_ERR_LIMIT. */
NX_FALLIBLE nx_certificate_add(nx_registry *r, struct nx_certificate *c);
/* Whose it is. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_certificate_find(nx_registry *r, nx_arena *a, const uint8_t name[NX_CERTIFICATE_NAME_LEN],
                                struct nx_certificate *out);
/* A person's, oldest first. */
NX_FALLIBLE nx_certificate_list(nx_registry *r, nx_arena *a, const char *person, struct nx_certificate **out,
                                size_t *n);
/* NX_ERR_NOT_FOUND, also for one of another person. */
NX_FALLIBLE nx_certificate_remove(nx_registry *r, const char *person, const char *id);

#endif
