/* Templates and catalogues are ours, but a renderer that cannot crash is worth having. */
#include "http/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nx_arena *a = nx_arena_open(4u << 20);
    nx_views *vs = NULL;
    if (!a || !nx_ok(nx_views_open(&vs))) return 0;
    nx_span all = nx_span_of(data, size), head;
    nx_view *v = nx_view_new(a);
    nx_buf out;
    nx_buf_init(&out, a, 1u << 20);
    nx_view_text(v, "a", "<&\">");
    nx_view_flag(v, "b", true);
    nx_view_text(nx_view_item(v, "c"), "d", "e");
    if (nx_span_cut(&all, 0, &head)) nx_ignore(nx_views_catalogue(vs, "vi", head));
    if (nx_ok(nx_views_template(vs, "t", all))) nx_ignore(nx_views_render(vs, "t", v, "vi", &out));
    nx_views_close(vs);
    nx_arena_close(a);
    return 0;
}
