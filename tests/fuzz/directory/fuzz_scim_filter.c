#include "directory/attribute.h"
#include "directory/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static json_t *resource;
    if (!resource)
        resource = json_pack("{s:s,s:b,s:[{s:s,s:s}],s:{s:s},s:{s:s}}", "userName", "lan", "active", 1, "emails", "value",
                             "lan@example.vn", "type", "work", "name", "familyName", "Trần", NX_SCIM_IDENTITY, "kind",
                             "citizen");
    nx_arena *a = nx_arena_open(1 << 20);
    const nx_filter *f;
    struct nx_patch_path path;
    if (nx_ok(nx_filter_parse(&f, a, nx_span_of(data, size)))) {
        nx_filter_matches(f, resource);
        nx_filter_demands(f, "userName");
    }
    nx_ignore(nx_patch_path_parse(&path, a, nx_span_of(data, size)));
    nx_arena_close(a);
    return 0;
}
