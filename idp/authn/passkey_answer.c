#include "authn/passkey_answer.h"

/* ---- reading
 * ------------------------------------------------------------------------------------------------ */

static nx_result bytes(nx_span *out, nx_arena *a, const json_t *object, const char *member, size_t most)
{
    const char *text = nx_json_str(object, member);
    NX_REQUIRE(text && *text, NX_ERR_WEBAUTHN_FORM);
    NX_REQUIRE(strlen(text) <= NX_B64U_LEN(most), NX_ERR_LIMIT);
    nx_result r = nx_b64u_decode_dup(out, a, nx_span_str(text));
    NX_REQUIRE(r.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    NX_REQUIRE(nx_ok(r), NX_ERR_WEBAUTHN_FORM);
    return NX_OK;
}

/* json is owned by the caller. */
static nx_result open_response(json_t **json, const json_t **response, struct nx_passkey_response *out,
                               nx_arena *a, const char *text)
{
    *out = (struct nx_passkey_response){.transports = ""};
    NX_REQUIRE(text, NX_ERR_WEBAUTHN_FORM);
    NX_REQUIRE(strlen(text) <= NX_PASSKEY_RESPONSE_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(nx_ok(nx_json_parse_object(json, nx_span_str(text))), NX_ERR_WEBAUTHN_FORM);
    const char *type = nx_json_str(*json, "type");
    *response = nx_json_object(*json, "response");
    NX_REQUIRE(*response && type && strcmp(type, "public-key") == 0, NX_ERR_WEBAUTHN_FORM);
    NX_TRY(bytes(&out->credential_id, a, *json, "id", NX_PASSKEY_ID_MAX));
    return bytes(&out->client_data, a, *response, "clientDataJSON", NX_WEBAUTHN_CLIENT_DATA_MAX);
}

/* Said by the browser and only ever given back to it: words that are known, in one order. */
static nx_result read_transports(const char **out, nx_arena *a, const json_t *list)
{
    static const char *const known[] = {"usb", "nfc", "ble", "smart-card", "hybrid", "internal"};
    nx_buf b;
    nx_buf_init(&b, a, NX_PASSKEY_TRANSPORTS_MAX);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (nx_json_has(list, known[i])) nx_buf_addf(&b, "%s%s", b.n ? " " : "", known[i]);
    NX_TRY(nx_buf_done(&b));
    *out = b.n ? nx_buf_str(&b) : "";
    NX_NEED(*out);
    return NX_OK;
}

nx_result nx_passkey_registration(struct nx_passkey_response *out, nx_arena *a, const char *json)
{
    NX_AUTO_JSON j = NULL;
    const json_t *response;
    NX_TRY(open_response(&j, &response, out, a, json));
    NX_TRY(read_transports(&out->transports, a, nx_json_array(response, "transports")));
    return bytes(&out->attestation_object, a, response, "attestationObject", NX_WEBAUTHN_ATTESTATION_MAX);
}

nx_result nx_passkey_assertion(struct nx_passkey_response *out, nx_arena *a, const char *json)
{
    NX_AUTO_JSON j = NULL;
    const json_t *response;
    NX_TRY(open_response(&j, &response, out, a, json));
    NX_TRY(bytes(&out->auth_data, a, response, "authenticatorData", NX_WEBAUTHN_AUTH_DATA_MAX));
    NX_TRY(bytes(&out->signature, a, response, "signature", NX_WEBAUTHN_SIGNATURE_MAX));
    const char *handle = nx_json_str(response, "userHandle");
    if (!handle || !*handle) return NX_OK;
    return bytes(&out->user_handle, a, response, "userHandle", NX_USER_HANDLE_LEN);
}

/* ---- expecting
 * ---------------------------------------------------------------------------------------------- */

char *nx_passkey_rp(nx_arena *a, const char *origin)
{
    const char *host = strstr(origin, "://");
    host = host ? host + 3 : origin;
    return nx_arena_dup(a, nx_span_of(host, strcspn(host, ":/")));
}

struct nx_webauthn_expect nx_passkey_expect(const struct nx_house *house, nx_arena *a, bool phone)
{
    const char *wallet = house->settings->wallet_origin,
               *origin = phone && wallet && *wallet ? wallet : house->issuer;
    return (struct nx_webauthn_expect){.rp_id = nx_passkey_rp(a, origin), .origin = origin};
}
