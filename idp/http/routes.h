/* The compiled route table: every path once, with its rows by method. Literal paths are found by binary
 * search, patterns by trying each; a literal wins over a pattern. */
#ifndef NX_HTTP_ROUTES_H
#define NX_HTTP_ROUTES_H

#include "http/metrics.h"
#include "http/router.h"

struct nx_row {
    const struct nx_route *route;
    const char *face;
    struct nx_row_metrics metrics;
};

struct nx_path {
    const char *path;
    bool pattern;
    struct nx_row *row[NX_METHOD_COUNT];
};

struct nx_routes {
    struct nx_row *row; /* owned */
    size_t row_count;
    struct nx_path *path; /* owned; literals first, sorted, then the patterns in the order of the tables */
    size_t path_count;
    size_t literal_count;
};

NX_FALLIBLE nx_routes_build(struct nx_routes *out, const struct nx_route_table *const *tables, size_t n);
void nx_routes_clear(struct nx_routes *r);

/* The path's entry, and its {parameters} decoded into rq->path_params; NULL when there is none (or the
 * parameters are not decodable). */
const struct nx_path *nx_routes_find(const struct nx_routes *r, nx_request *rq);
/* "GET, HEAD, POST" into the arena. */
char *nx_path_allow(const struct nx_path *p, nx_arena *a);
const char *nx_method_name(nx_method m);

#endif
