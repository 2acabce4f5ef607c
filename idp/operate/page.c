#include "operate/page.h"

nx_result nx_operate_limit(size_t *out, const struct nx_operate_page *p)
{
    NX_REQUIRE(p->limit >= 0 && p->limit <= NX_PAGE_MAX, NX_ERR_RANGE);
    *out = p->limit ? (size_t)p->limit : NX_PAGE_DEFAULT;
    return NX_OK;
}

nx_result nx_operate_cursor_number(int64_t *out, const struct nx_operate_page *p)
{
    uint64_t n = 0;
    if (p->cursor) NX_TRY(nx_parse_u64(&n, nx_span_str(p->cursor), INT64_MAX));
    *out = (int64_t)n;
    return NX_OK;
}
