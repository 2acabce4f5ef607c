#include "registry/driver.h"

#include "base/log.h"

static const struct nx_sql_driver *const drivers[] = {&nx_sqlite};

nx_result nx_sql_driver_of(const struct nx_sql_driver **out, const char **where, const char *url)
{
    nx_span text = nx_span_str(url);
    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
        nx_span scheme = nx_span_str(drivers[i]->scheme);
        if (!nx_span_starts(text, scheme) || text.n == scheme.n) continue;
        *out = drivers[i];
        *where = url + scheme.n;
        return NX_OK;
    }
    nx_log(NX_ERROR, "database_refused", NX_TEXT("why", nx_err_text(NX_ERR_REGISTRY_URL)));
    NX_FAIL(NX_ERR_REGISTRY_URL);
}
