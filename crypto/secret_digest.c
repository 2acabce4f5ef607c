#include "crypto/secret_digest.h"

#include "base/text.h"
#include "crypto/random.h"

NX_FALLIBLE nx_secret_make(nx_secret *out)
{
    uint8_t bytes[32];
    NX_TRY(nx_random(bytes, sizeof bytes));
    nx_b64u_encode((char *)out->bytes, nx_span_of(bytes, sizeof bytes));
    nx_wipe(bytes, sizeof bytes);
    out->n = NX_MADE_SECRET_LEN;
    return NX_OK;
}

NX_FALLIBLE nx_secret_digest(uint8_t out[NX_SHA256_LEN], nx_span secret)
{
    return nx_sha256(out, secret);
}

NX_FALLIBLE nx_secret_check(nx_span digest, nx_span presented)
{
    uint8_t mine[NX_SHA256_LEN];
    NX_TRY(nx_sha256(mine, presented));
    NX_REQUIRE(nx_ct_equal(digest, nx_span_of(mine, sizeof mine)), NX_ERR_SECRET);
    return NX_OK;
}
