/* The files of idp/web as they were when the program was built: templates, catalogues, styles, scripts,
 * pictures. Names are paths below idp/web: "templates/login.html", "lang/vi.txt", "static/app.css". */
#ifndef NX_WEB_ASSETS_H
#define NX_WEB_ASSETS_H

#include "base/span.h"

struct nx_asset {
    const char *name;
    nx_span bytes;
    const char *type; /* media type by the name's ending */
    const char *hash; /* first 16 hexadecimal digits of the SHA-256 of the bytes */
};

/* All files, sorted by name. */
extern const struct nx_asset nx_assets[];
extern const size_t nx_asset_count;

/* NULL when there is no such file. */
const struct nx_asset *nx_asset_find(const char *name);

#endif
