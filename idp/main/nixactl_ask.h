/* Asking nixad over its ctl socket. */
#ifndef NX_MAIN_NIXACTL_ASK_H
#define NX_MAIN_NIXACTL_ASK_H

#include "base/json.h"

/* One request, one reply (owned), with NX_CTL_SOCKET below the data folder. wait_ms bounds the whole.
 * NX_ERR_AWAY when nobody answers. */
NX_FALLIBLE nx_ask(json_t **reply, const char *data_folder, const json_t *request, int wait_ms);

#endif
