/* Registration bodies: what is kept is kept again unchanged, and a refusal says why. */
#include "house/house.h"
#include "oidc/client_metadata.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nx_arena *a = nx_arena_open(4u << 20);
    struct nx_house house = {.issuer = "https://localhost:8443", .loopback = true};
    NX_AUTO_JSON sent = NULL;
    NX_AUTO_JSON kept = NULL;
    NX_AUTO_JSON again = NULL;
    if (nx_ok(nx_json_parse_object(&sent, nx_span_of(data, size)))) {
        struct nx_metadata_check c = {.house = &house, .arena = a};
        nx_result r = nx_client_metadata(&kept, &c, sent);
        if (!nx_ok(r) && r.e != NX_ERR_MEMORY && !c.why) abort();
        const char *sector;
        if (nx_ok(r)) nx_ignore(nx_client_sector(&sector, &c, kept));
        if (nx_ok(r) && (!nx_ok(nx_client_metadata(&again, &c, kept)) || !json_equal(kept, again))) abort();
    }
    nx_arena_close(a);
    return 0;
}
