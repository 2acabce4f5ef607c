/* The store's URL, taken apart. */
#ifndef NX_SESSIONS_URL_H
#define NX_SESSIONS_URL_H

#include "base/result.h"
#include "base/secret.h"

struct nx_store_url {
    char path[108]; /* unix socket; "" for TCP */
    char host[254];
    int port;
    int db;
    nx_secret password;
};

/* "unix:/path?db=0&password=…", "redis://:password@host:port/db". Values are percent-decoded.
 * NX_ERR_STORE_URL, after one line in the log when the scheme is one of a later version. The caller wipes. */
NX_FALLIBLE nx_store_url_parse(struct nx_store_url *out, const char *text);

#endif
