/* Metadata of a peer, in both roles: read, packed, unpacked. */
#include "saml/entity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NX_AUTO(nx_arena) a = nx_arena_open(16u << 20);
    if (!a) return 0;
    for (int role = NX_SAML_SP; role <= NX_SAML_IDP; role++) {
        const struct nx_saml_rules rules = {.loopback = role == NX_SAML_IDP, .now = 1795305600};
        struct nx_saml_findings found;
        nx_saml_entity *e = NULL;
        if (nx_ok(nx_saml_entity_read(&e, a, &rules, (enum nx_saml_role)role, nx_span_of(data, size), &found)))
            nx_saml_entity_forget(e);
    }
    return 0;
}
