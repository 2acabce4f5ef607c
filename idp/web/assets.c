#include "web/assets.h"

#include <stdlib.h>

static int by_name(const void *key, const void *element)
{
    return strcmp(key, ((const struct nx_asset *)element)->name);
}

const struct nx_asset *nx_asset_find(const char *name)
{
    return bsearch(name, nx_assets, nx_asset_count, sizeof nx_assets[0], by_name);
}
