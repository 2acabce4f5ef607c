/* Decryption with a content key that the fuzzer knows (zeros), so that it gets past the key transport; with
 * AES-CBC past the content too. */
#include "xml/encrypt.h"

#include <stdlib.h>

static nx_result unwrap(void *ctx, nx_secret *out, const char *digest, const char *mask, nx_span wrapped)
{
    (void)ctx;
    if (!digest || !mask || wrapped.n > nx_xml_message.bytes) abort();
    memset(out->bytes, 0, sizeof out->bytes);
    out->n = wrapped.n ? wrapped.p[0] : 32;
    return NX_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nx_xml_unwrapper by[2] = {{.unwrap = unwrap}, {.unwrap = unwrap}};
    struct nx_xml_opening opening = {.v = by, .n = 2, .allow_cbc = true};
    NX_AUTO(nx_xml_doc) d = NULL;
    NX_AUTO(nx_xml_doc) out = NULL;
    if (!nx_ok(nx_xml_parse(&d, nx_span_of(data, size), &nx_xml_message))) return 0;
    if (nx_ok(nx_xml_decrypt(&out, nx_xml_root(d), &opening)) && !nx_xml_root(out)) abort();
    return 0;
}
