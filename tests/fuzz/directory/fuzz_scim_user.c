/* A body as it comes to /Users: read as a resource, and as a PatchOp over one. */
#include "directory/attribute.h"
#include "directory/patch.h"
#include "directory/user.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NX_AUTO_JSON body = NULL;
    if (!nx_ok(nx_json_parse_object(&body, nx_span_of(data, size)))) return 0;
    nx_arena *a = nx_arena_open(4 << 20);
    struct nx_user user;
    const char *why;
    nx_ignore(nx_user_read(&user, &why, a, body));
    NX_AUTO_JSON resource = json_pack("{s:s,s:[{s:s,s:s}],s:{s:s}}", "userName", "lan", "emails", "value", "lan@example.vn",
                                      "type", "work", "name", "familyName", "Trần");
    nx_ignore(nx_patch_apply(resource, a, body));
    nx_arena_close(a);
    return 0;
}
