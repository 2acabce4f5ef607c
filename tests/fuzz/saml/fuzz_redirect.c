/* The query of the redirect binding: limits hold, and what is signed is made of pieces of what came in. */
#include "saml/binding.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nx_arena *a = nx_arena_open(4u << 20);
    struct nx_saml_in in;
    if (nx_ok(nx_saml_redirect_read(&in, a, nx_span_of(data, size)))) {
        if (in.xml.n > NX_SAML_MESSAGE_MAX || (in.xml.n == 0) != (in.artifact != NULL)) abort();
        if (in.relay_state && strlen(in.relay_state) > NX_SAML_RELAY_MAX) abort();
        if (in.signed_octets.n > size || (in.sig_alg != NULL) != (in.signed_octets.n > 0)) abort();
    }
    nx_arena_close(a);
    return 0;
}
