#include "http/routes.h"

#include "base/text.h"

#include <stdlib.h>

const char *nx_method_name(nx_method m)
{
    static const char *const names[NX_METHOD_COUNT] = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    return names[m];
}

/* ---- building
 * ---------------------------------------------------------------------------------------------- */

static nx_result check_row(const struct nx_route *r)
{
    size_t params = 0;
    NX_REQUIRE(r->path && r->path[0] == '/' && r->handler && r->method < NX_METHOD_COUNT, NX_ERR_SYNTAX);
    for (const char *p = r->path; *p; p++) {
        if (*p != '{') continue;
        params++;
        NX_REQUIRE(p[-1] == '/' && strchr(p, '}'), NX_ERR_SYNTAX);
        p = strchr(p, '}');
        NX_REQUIRE(p[1] == '/' || p[1] == '\0', NX_ERR_SYNTAX);
        NX_REQUIRE(p[-1] != '*' || p[1] == '\0', NX_ERR_SYNTAX);
    }
    NX_REQUIRE(params <= NX_PATH_PARAMS_MAX, NX_ERR_LIMIT);
    bool wants_body = r->guards & (NX_GUARD_FORM | NX_GUARD_JSON);
    NX_REQUIRE(!wants_body || r->body_max > 0, NX_ERR_SYNTAX);
    NX_REQUIRE(!(r->guards & NX_GUARD_CSRF) || r->guards & NX_GUARD_FORM, NX_ERR_SYNTAX);
    return NX_OK;
}

static struct nx_path *path_of(struct nx_routes *out, const char *path)
{
    for (size_t i = 0; i < out->path_count; i++)
        if (strcmp(out->path[i].path, path) == 0) return &out->path[i];
    struct nx_path *p = &out->path[out->path_count++];
    *p = (struct nx_path){.path = path, .pattern = strchr(path, '{') != NULL};
    return p;
}

static nx_result add_row(struct nx_routes *out, const char *face, const struct nx_route *route)
{
    NX_TRY(check_row(route));
    struct nx_path *p = path_of(out, route->path);
    NX_REQUIRE(!p->row[route->method], NX_ERR_DUPLICATE);
    struct nx_row *row = &out->row[out->row_count++];
    row->route = route;
    row->face = face;
    p->row[route->method] = row;
    return NX_OK;
}

/* Literals by name; patterns behind them, those with the longer literal beginning first. */
static int by_path(const void *a, const void *b)
{
    const struct nx_path *left = a, *right = b;
    if (left->pattern != right->pattern) return left->pattern ? 1 : -1;
    if (left->pattern) {
        size_t l = strcspn(left->path, "{"), r = strcspn(right->path, "{");
        if (l != r) return l < r ? 1 : -1;
    }
    return strcmp(left->path, right->path);
}

static nx_result fill(struct nx_routes *out, const struct nx_route_table *const *tables, size_t n)
{
    for (size_t t = 0; t < n; t++)
        for (size_t i = 0; i < tables[t]->count; i++)
            NX_TRY(add_row(out, tables[t]->face, &tables[t]->rows[i]));
    qsort(out->path, out->path_count, sizeof out->path[0], by_path);
    while (out->literal_count < out->path_count && !out->path[out->literal_count].pattern)
        out->literal_count++;
    return NX_OK;
}

nx_result nx_routes_build(struct nx_routes *out, const struct nx_route_table *const *tables, size_t n)
{
    size_t rows = 0;
    *out = (struct nx_routes){0};
    for (size_t t = 0; t < n; t++)
        rows += tables[t]->count;
    out->row = calloc(rows + 1, sizeof out->row[0]);
    out->path = calloc(rows + 1, sizeof out->path[0]);
    nx_result r = out->row && out->path ? fill(out, tables, n) : nx_fail(NX_ERR_MEMORY, __func__, __LINE__);
    if (!nx_ok(r)) nx_routes_clear(out);
    return r;
}

void nx_routes_clear(struct nx_routes *r)
{
    free(r->row);
    free(r->path);
    *r = (struct nx_routes){0};
}

/* ---- finding
 * ----------------------------------------------------------------------------------------------- */

/* Percent-decoding alone: in a path '+' is a plus. */
static char *decode_segment(nx_arena *a, nx_span segment)
{
    nx_buf b;
    char *out = NULL;
    nx_buf_init(&b, a, 3 * NX_TARGET_MAX);
    nx_span rest = segment, piece;
    while (nx_span_cut(&rest, '+', &piece)) {
        nx_buf_add(&b, piece);
        if (rest.p) nx_buf_adds(&b, "%2B");
    }
    if (!nx_ok(nx_buf_done(&b)) || !nx_ok(nx_form_decode(&out, a, nx_buf_span(&b)))) return NULL;
    return out;
}

static bool bind(nx_request *rq, struct nx_pair *pairs, nx_span name, nx_span value)
{
    char *key = nx_arena_dup(rq->arena, name);
    char *decoded = value.n ? decode_segment(rq->arena, value) : NULL;
    if (!key || !decoded) return false;
    pairs[rq->path_params.n++] = (struct nx_pair){key, decoded};
    return true;
}

static bool matches(const char *pattern, nx_request *rq, struct nx_pair *pairs)
{
    nx_span want = nx_span_from(nx_span_str(pattern), 1), have = nx_span_from(nx_span_str(rq->path), 1);
    nx_span w, h;
    while (nx_span_cut(&want, '/', &w)) {
        if (w.n > 3 && w.p[0] == '{' && w.p[w.n - 2] == '*')
            return have.p && bind(rq, pairs, nx_span_of(w.p + 1, w.n - 3), have);
        if (!nx_span_cut(&have, '/', &h)) return false;
        if (w.n > 2 && w.p[0] == '{') {
            if (!bind(rq, pairs, nx_span_of(w.p + 1, w.n - 2), h)) return false;
        } else if (!nx_span_eq(w, h)) {
            return false;
        }
    }
    return have.p == NULL;
}

static int to_path(const void *key, const void *element)
{
    return strcmp(key, ((const struct nx_path *)element)->path);
}

const struct nx_path *nx_routes_find(const struct nx_routes *r, nx_request *rq)
{
    rq->path_params = (nx_pairs){NULL, 0};
    const struct nx_path *found = bsearch(rq->path, r->path, r->literal_count, sizeof r->path[0], to_path);
    if (found) return found;
    struct nx_pair *pairs = nx_arena_new(rq->arena, struct nx_pair, NX_PATH_PARAMS_MAX);
    if (!pairs) return NULL;
    for (size_t i = r->literal_count; i < r->path_count; i++) {
        size_t fixed = strcspn(r->path[i].path, "{");
        rq->path_params = (nx_pairs){pairs, 0};
        if (strncmp(rq->path, r->path[i].path, fixed) == 0 && matches(r->path[i].path, rq, pairs))
            return &r->path[i];
    }
    rq->path_params = (nx_pairs){NULL, 0};
    return NULL;
}

char *nx_path_allow(const struct nx_path *p, nx_arena *a)
{
    nx_buf b;
    nx_buf_init(&b, a, 64);
    for (int m = 0; m < NX_METHOD_COUNT; m++)
        if (p->row[m])
            nx_buf_addf(&b, "%s%s", b.n ? ", " : "",
                        m == NX_GET ? "GET, HEAD" : nx_method_name((nx_method)m));
    return nx_buf_str(&b);
}
