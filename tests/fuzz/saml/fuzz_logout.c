/* LogoutRequest and LogoutResponse: what is read of them is whole. An encrypted name is fuzz_xml_decrypt's.
 */
#include "saml/logout_message.h"

#include <stdlib.h>

static void read_request(nx_arena *a, const struct nx_saml_message *m)
{
    struct nx_saml_logout l;
    if (nx_xml_child(m->root, NX_NS_SAML, "EncryptedID")) return;
    if (!nx_ok(nx_saml_logout_read(&l, NULL, a, m))) return;
    if (!l.name.value || l.index_count > NX_SAML_INDEXES_MAX) abort();
    for (size_t i = 0; i < l.index_count; i++)
        if (!*l.index[i]) abort();
}

static void read_response(const struct nx_saml_message *m)
{
    struct nx_saml_logout_result r;
    if (!nx_ok(nx_saml_logout_result_read(&r, m))) return;
    if (r.status > NX_SAML_STATUSES || r.second > NX_SAML_STATUSES || !m->in_response_to) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nx_arena *a = nx_arena_open(4u << 20);
    struct nx_saml_in in = {.binding = NX_SAML_POST, .xml = nx_span_of(data, size)};
    NX_AUTO_SAML(m);
    if (nx_ok(nx_saml_open(&m, a, &in))) {
        read_request(a, &m);
        read_response(&m);
    }
    nx_arena_close(a);
    return 0;
}
