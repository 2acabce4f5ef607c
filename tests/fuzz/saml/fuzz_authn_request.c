/* AuthnRequest and the header of every message: whatever comes in, the answer goes to an endpoint of the metadata. */
#include "saml/request.h"

#include <stdlib.h>

static const struct nx_saml_endpoint acs[] = {
    {.binding = NX_SAML_POST, .location = "https://p.example/post", .index = 1, .is_default = true},
    {.binding = NX_SAML_ARTIFACT, .location = "https://p.example/art", .index = 2},
};

static void read_all(nx_arena *a, const struct nx_saml_message *m)
{
    const nx_saml_entity portal = {.entity_id = "https://p.example", .acs = {acs, 2}};
    struct nx_saml_request r;
    enum nx_saml_binding binding;
    const char *to = NULL, *uri;
    enum nx_level lowest, said;
    bool essential;
    nx_result target = nx_saml_request_target(&r, a, m, &portal, &to, &binding);
    if (nx_ok(target) && to != acs[0].location && to != acs[1].location) abort();
    if (!nx_ok(target) || !nx_ok(nx_saml_request_read(&r, a, m))) return;
    if (!nx_ok(nx_saml_context_level(&r.context, &lowest, &essential))) return;
    nx_ignore(nx_saml_context_state(&r.context, NX_M2, NX_MEANS_PASSWORD | NX_MEANS_OTP, &uri, &said));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nx_arena *a = nx_arena_open(4u << 20);
    struct nx_saml_in in = {.binding = NX_SAML_POST, .xml = nx_span_of(data, size)};
    NX_AUTO_SAML(m);
    if (nx_ok(nx_saml_open(&m, a, &in))) read_all(a, &m);
    nx_arena_close(a);
    return 0;
}
