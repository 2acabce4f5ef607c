/* The outer form of a wallet's proof: everything that is parsed before a key is known. */
#include "qr/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NX_AUTO(nx_arena) a = nx_arena_open(1 << 20);
    const char *value;
    char *text = a ? nx_arena_dup(a, nx_span_of(data, size)) : NULL;
    if (text) nx_ignore(nx_qr_proof_peek(&value, a, text, "enrolment"));
    return 0;
}
