/* Where somebody comes from, as far as it costs him something to come from elsewhere. An IPv4 address is worth a
 * source; of IPv6 a network is, since whoever has one address has 2^64 of them (RFC 4291 section 2.5.4). */
#ifndef NX_BASE_SOURCE_H
#define NX_BASE_SOURCE_H

#define NX_SOURCE_MAX 64
#define NX_SOURCE_LINK 64 /* bits of a network: one screen's, one handset's */
#define NX_SOURCE_SITE 48 /* the largest that a single customer is given */

/* The network of that many bits for an IPv6 address and the IPv4 address for one that is mapped, in out; anything else
 * is given back as it is. */
const char *nx_source(char out[NX_SOURCE_MAX], const char *address, int bits);

#endif
