#include "crypto/random.h"

#include "base/fault.h"
#include "base/secret.h"

#include <openssl/rand.h>

NX_FALLIBLE nx_random(void *out, size_t n)
{
    bool failed = nx_fault_hit(NX_ACT_RANDOM) || n > INT32_MAX || RAND_bytes(out, (int)n) != 1;
    if (!failed) return NX_OK;
    nx_wipe(out, n);
    NX_FAIL(NX_ERR_RANDOM);
}

NX_FALLIBLE nx_id_make(nx_id *out)
{
    uint8_t bytes[16];
    NX_TRY(nx_random(bytes, sizeof bytes));
    nx_b32_encode(out->s, nx_span_of(bytes, sizeof bytes), false);
    return NX_OK;
}
