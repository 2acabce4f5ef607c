/* The operator's door of nixad: a unix socket, mode 0600, in the 0700 run folder. The actor of a request is
 * the uid of its peer as the kernel tells it (SO_PEERCRED), and only the uid that nixad itself runs as, or
 * root, is let in (SECURITY.md 24). One thread serves it, one request after the other: operators are few, and
 * what they do is short or starts work that goes on elsewhere. */
#ifndef NX_MAIN_CTL_LISTENER_H
#define NX_MAIN_CTL_LISTENER_H

#include "base/result.h"

struct nx_house;
typedef struct nx_ctl_listener nx_ctl_listener;

/* Listens at path (a socket that a dead nixad left there is replaced) and starts the thread. The house is
 * borrowed and must outlive the listener. NX_ERR_IO, NX_ERR_MEMORY. */
NX_FALLIBLE nx_ctl_listener_open(nx_ctl_listener **out, struct nx_house *house, const char *path);
/* Ends the thread (after the request that it serves), closes and removes the socket. NULL is allowed. */
void nx_ctl_listener_close(nx_ctl_listener *l);

#endif
