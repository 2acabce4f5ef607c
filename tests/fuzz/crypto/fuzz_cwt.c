/* Claims and identity maps out of arbitrary bytes, in both modes; an identity that was read can be written.
 */
#include "crypto/claim169.h"
#include "crypto/cwt.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int mode = NX_CBOR_STRICT; mode <= NX_CBOR_FOREIGN; mode++) {
        NX_AUTO(nx_arena) a = nx_arena_open(4 << 20);
        struct nx_cwt cwt;
        struct nx_claim169 who;
        nx_span map;
        if (!a || !nx_ok(nx_cwt_read(&cwt, a, nx_span_of(data, size), (enum nx_cbor_mode)mode))) continue;
        nx_ignore(nx_cwt_check_time(&cwt, 1795000000));
        if (!cwt.identity || !nx_ok(nx_claim169_read(&who, a, cwt.identity))) continue;
        nx_result r = nx_claim169_write(&map, a, &who);
        if (!nx_ok(r) && r.e != NX_ERR_LIMIT) abort();
    }
    return 0;
}
