/* Files of idp/web as they were built in: styles, scripts, pictures, the wallet and the verifier. They change
 * with the program only, so a browser asks again each time and mostly hears 304. */
#include "endpoints/pages/pages.h"

#include "web/assets.h"

#include <stdio.h>

static bool not_modified(const nx_request *rq, const char *tag)
{
    const char *known = nx_header(rq, "If-None-Match");
    return known && strstr(known, tag) != NULL;
}

nx_result nx_file_reply(nx_request *rq, nx_reply *rp, const char *folder)
{
    const char *file = nx_path(rq, "file");
    char name[256];
    NX_REQUIRE(file && snprintf(name, sizeof name, "%s/%s", folder, file) < (int)sizeof name,
               NX_ERR_HTTP_ROUTE);
    const struct nx_asset *asset = nx_asset_find(name);
    NX_REQUIRE(asset, NX_ERR_HTTP_ROUTE);
    char *tag = nx_arena_printf(rq->arena, "\"%s\"", asset->hash);
    NX_NEED(tag);
    nx_reply_header(rp, "ETag", tag);
    nx_reply_header(rp, "Cache-Control", "no-cache");
    if (not_modified(rq, tag))
        nx_reply_status(rp, 304);
    else
        nx_reply_body(rp, 200, asset->type, asset->bytes);
    return NX_OK;
}

nx_result nx_static_file(nx_request *rq, nx_reply *rp)
{
    return nx_file_reply(rq, rp, "static");
}

/* A worker's scope is its app's path and not the folder that its file lies in. */
static nx_result app_file(nx_request *rq, nx_reply *rp, const char *folder)
{
    char scope[64];
    snprintf(scope, sizeof scope, "/%s", folder);
    if (strcmp(nx_path(rq, "file") ? nx_path(rq, "file") : "", "sw.js") == 0) {
        nx_reply_header(rp, "Service-Worker-Allowed", scope);
        nx_reply_header(rp, "Content-Security-Policy",
                        "default-src 'none'; connect-src 'self'; script-src 'self'");
    }
    return nx_file_reply(rq, rp, folder);
}

nx_result nx_wallet_file(nx_request *rq, nx_reply *rp)
{
    return app_file(rq, rp, "wallet");
}

nx_result nx_verify_file(nx_request *rq, nx_reply *rp)
{
    return app_file(rq, rp, "verify");
}
