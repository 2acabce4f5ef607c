/* clientDataJSON: what the browser says about where it was asked, and for what. */
#include "authn/webauthn.h"
#include "base/json.h"
#include "base/secret.h"

/* A frame of another site inside which somebody was asked is no page of ours, whatever its own origin says. A
 * member of another type than the standard's is refused rather than taken for absent. */
static bool not_framed(const json_t *data)
{
    const json_t *cross = json_object_get(data, "crossOrigin");
    return (!cross || json_is_false(cross)) && !json_object_get(data, "topOrigin");
}

static bool answers(const json_t *data, nx_span challenge)
{
    uint8_t bytes[NX_WEBAUTHN_CHALLENGE_LEN];
    size_t n = 0;
    const char *text = nx_json_str(data, "challenge");
    if (!text || challenge.n == 0 || challenge.n > sizeof bytes) return false;
    if (!nx_ok(nx_b64u_decode(bytes, sizeof bytes, &n, nx_span_str(text)))) return false;
    return nx_ct_equal(nx_span_of(bytes, n), challenge);
}

nx_result nx_webauthn_client_data(const struct nx_webauthn_expect *x, const char *type, nx_span client_data)
{
    NX_AUTO_JSON data = NULL;
    NX_REQUIRE(client_data.n <= NX_WEBAUTHN_CLIENT_DATA_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(nx_ok(nx_json_parse_object(&data, client_data)), NX_ERR_WEBAUTHN_FORM);
    const char *said = nx_json_str(data, "type"), *origin = nx_json_str(data, "origin");
    NX_REQUIRE(said && strcmp(said, type) == 0, NX_ERR_WEBAUTHN_TYPE);
    NX_REQUIRE(answers(data, x->challenge), NX_ERR_WEBAUTHN_CHALLENGE);
    NX_REQUIRE(origin && strcmp(origin, x->origin) == 0 && not_framed(data), NX_ERR_WEBAUTHN_ORIGIN);
    return NX_OK;
}
