/* A whole QR text: Base45, zlib, COSE, keys, CWT; and, behind a first byte 0, the COSE bytes without their
 * text form. */
#include "crypto/claim169.h"
#include "crypto/cose.h"
#include "crypto/cwt.h"

#include <openssl/evp.h>

static void read_object(nx_arena *a, nx_span bytes, enum nx_cbor_mode mode)
{
    static EVP_PKEY *key;
    if (!key && !nx_ok(nx_alg_generate(&key, NX_ALG_ES256))) return;
    struct nx_cose cose;
    struct nx_cwt cwt;
    struct nx_claim169 who;
    if (!nx_ok(nx_cose_parse(&cose, a, bytes, mode))) return;
    nx_ignore(mode == NX_CBOR_STRICT ? nx_cose_verify(&cose, a, "nx-h", key)
                                     : nx_cose_verify_foreign(&cose, a, key));
    if (!nx_ok(nx_cwt_read(&cwt, a, cose.payload, mode))) return;
    EVP_PKEY *device = NULL;
    if (cwt.cnf_key && nx_ok(nx_cose_key_get(&device, cwt.cnf_key))) {
        uint8_t print[NX_CKT_LEN];
        nx_ignore(nx_cose_key_thumbprint(print, device));
        EVP_PKEY_free(device);
    }
    if (cwt.identity) nx_ignore(nx_claim169_read(&who, a, cwt.identity));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NX_AUTO(nx_arena) a = nx_arena_open(8 << 20);
    nx_span bytes = size ? nx_span_of(data + 1, size - 1) : NX_SPAN_NONE;
    if (!a || size == 0) return 0;
    if (data[0] != 0 && !nx_ok(nx_cose_text_decode(&bytes, a, nx_span_of(data, size)))) return 0;
    read_object(a, bytes, NX_CBOR_STRICT);
    read_object(a, bytes, NX_CBOR_FOREIGN);
    return 0;
}
