/* The names by which an audience knows a person and her QR identity (rule 13): those of the audience's
 * sector. */
#ifndef NX_FLOW_SUBJECT_H
#define NX_FLOW_SUBJECT_H

#include "crypto/pairwise.h"
#include "registry/client.h"

struct nx_house;

/* `sub` for a client: its sector's pairwise name, or the public one. */
NX_FALLIBLE nx_subject_of(nx_pairwise *out, struct nx_house *house, const nx_client *c, const char *person);
/* The sector of a resource (RFC 8707): the host of its URI. *out is in the arena. NX_ERR_TARGET when it is no
 * absolute URI without fragment. */
NX_FALLIBLE nx_sector_of_resource(const char **out, nx_arena *a, const char *resource);

#endif
