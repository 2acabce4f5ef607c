/* The payload of an ID token whose signature is good: a provider may be hostile too. */
#include "hub/id_token.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct nx_id_token_rules rules = {
        .issuer = "https://op.example", .client_id = "nixa", .nonce = "n", .code = "c", .access_token = "t", .fresh_since = 1};
    NX_AUTO_JSON claims = NULL;
    if (!nx_ok(nx_json_parse_object(&claims, nx_span_of(data, size)))) return 0;
    if (!nx_ok(nx_id_token_check(claims, &rules))) return 0;
    if (strcmp(nx_json_str(claims, "iss"), rules.issuer) != 0 || !nx_json_str(claims, "sub")) abort();
    return 0;
}
