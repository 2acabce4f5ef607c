/* Attestation objects, and the certificates in them: what is taken holds a credential of bounded length and a
 * key that OpenSSL takes too, and no stranger's chain is ever trusted. */
#include "authn/webauthn.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char client[] = "{\"type\":\"webauthn.create\",\"challenge\":\"AAAAAAAAAAAAAAAAAAAAAA\","
                                 "\"origin\":\"https://localhost:8443\"}";
    static const uint8_t challenge[16];
    const struct nx_webauthn_expect x = {.rp_id = "localhost",
                                         .origin = "https://localhost:8443",
                                         .challenge = nx_span_of(challenge, sizeof challenge)};
    nx_arena *a = nx_arena_open(4u << 20);
    struct nx_webauthn_created c;
    if (nx_ok(nx_webauthn_create(&c, a, &x, nx_span_str(client), nx_span_of(data, size)))) {
        bool trusted = true;
        if (c.credential_id.n < NX_PASSKEY_ID_MIN || c.credential_id.n > NX_PASSKEY_ID_MAX) abort();
        if (c.public_key.n == 0 || c.public_key.n > NX_PASSKEY_KEY_MAX) abort();
        if (!nx_ok(nx_webauthn_trusted(&trusted, &c, "", nx_now())) || trusted) abort();
    }
    nx_arena_close(a);
    return 0;
}
