/* What a page sends back when it signs in: JSON, client data, authenticator data, signature. Nobody who does
 * not hold the key makes one that is taken. */
#include "authn/passkey_answer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t challenge[16];
    static const uint8_t key[32] = {1};
    const struct nx_webauthn_expect x = {.rp_id = "localhost",
                                         .origin = "https://localhost:8443",
                                         .challenge = nx_span_of(challenge, sizeof challenge)};
    const struct nx_passkey k = {.alg = -8, .public_key = nx_span_of(key, sizeof key)};
    nx_arena *a = nx_arena_open(4u << 20);
    const char *text = nx_arena_dup(a, nx_span_of(data, size));
    struct nx_passkey_response r;
    struct nx_webauthn_asserted out;
    if (text && nx_ok(nx_passkey_assertion(&r, a, text))) {
        const struct nx_webauthn_assertion s = {
            .client_data = r.client_data, .auth_data = r.auth_data, .signature = r.signature};
        if (r.credential_id.n > NX_PASSKEY_ID_MAX || r.user_handle.n > NX_USER_HANDLE_LEN) abort();
        if (nx_ok(nx_webauthn_assert(&out, &x, &k, &s))) abort();
    }
    if (text) nx_ignore(nx_passkey_registration(&r, a, text));
    nx_arena_close(a);
    return 0;
}
