#include "crypto/jose_guard.h"

#include "base/text.h"

#define KID_MAX 128
#define TYP_MAX 64
#define ES256_SIGNATURE 64
#define RSA_SIGNATURE_MIN 256

/* Members that would change what is verified or bring a key along. A token of ours never has one, and a
 * foreign token with one asks for something that we do not do (RFC 7515 section 4.1.11 for crit). */
static const char *const refused[] = {"crit", "zip", "b64", "jwk", "jku", "x5u", "x5c"};

static bool signature_fits(nx_alg alg, size_t n)
{
    if (nx_alg_kty(alg) == NX_KTY_EC) return n == ES256_SIGNATURE;
    return n >= RSA_SIGNATURE_MIN && n <= NX_SIGNATURE_MAX;
}

/* An optional text member: printable ASCII, not empty, bounded. */
static nx_result optional_text(const char **out, nx_arena *a, const json_t *head, const char *member,
                               size_t max)
{
    *out = NULL;
    const json_t *value = json_object_get(head, member);
    if (!value) return NX_OK;
    const char *s = json_string_value(value);
    NX_REQUIRE(s && *s && strlen(s) <= max && nx_ascii_printable(nx_span_str(s)), NX_ERR_JOSE_FORM);
    *out = nx_arena_strdup(a, s);
    NX_NEED(*out);
    return NX_OK;
}

static nx_result read_header(struct nx_jose_parts *out, nx_arena *a, nx_span encoded)
{
    NX_REQUIRE(encoded.n && encoded.n <= NX_B64U_LEN(NX_JOSE_HEADER_MAX), NX_ERR_JOSE_FORM);
    nx_span text;
    NX_TRY(nx_b64u_decode_dup(&text, a, encoded));
    NX_AUTO_JSON head = NULL;
    NX_TRY(nx_json_parse_object(&head, text));
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        NX_REQUIRE(!json_object_get(head, refused[i]), NX_ERR_JOSE_FORM);
    out->alg = nx_alg_of(nx_span_str(nx_json_str(head, "alg")));
    NX_REQUIRE(out->alg != NX_ALG_NONE, NX_ERR_JOSE_ALG);
    NX_TRY(optional_text(&out->typ, a, head, "typ", TYP_MAX));
    return optional_text(&out->kid, a, head, "kid", KID_MAX);
}

static nx_result split(nx_span segment[3], nx_span token)
{
    nx_span rest = token;
    for (int i = 0; i < 3; i++)
        NX_REQUIRE(nx_span_cut(&rest, '.', &segment[i]) && segment[i].n, NX_ERR_JOSE_FORM);
    NX_REQUIRE(rest.p == NULL, NX_ERR_JOSE_FORM);
    return NX_OK;
}

static nx_result read_parts(struct nx_jose_parts *out, nx_arena *a, const nx_span segment[3])
{
    NX_TRY(read_header(out, a, segment[0]));
    NX_TRY(nx_b64u_decode_dup(&out->payload, a, segment[1]));
    NX_REQUIRE(segment[2].n <= NX_B64U_LEN(NX_SIGNATURE_MAX), NX_ERR_JOSE_FORM);
    return nx_b64u_decode_dup(&out->signature, a, segment[2]);
}

/* What kind of malformed it was is of no use to a caller; our own failures stay what they are. */
static nx_result as_form(nx_result r)
{
    bool kept =
        nx_ok(r) || r.e == NX_ERR_JOSE_ALG || r.e == NX_ERR_JOSE_FORM || nx_err_fault(r.e) == NX_FAULT_OURS;
    if (kept) return r;
    NX_FAIL(NX_ERR_JOSE_FORM);
}

NX_FALLIBLE nx_jose_guard_jws(struct nx_jose_parts *out, nx_arena *a, nx_span token)
{
    NX_REQUIRE(token.n <= NX_JWS_MAX, NX_ERR_LIMIT);
    nx_span segment[3];
    NX_TRY(split(segment, token));
    NX_TRY(as_form(read_parts(out, a, segment)));
    NX_REQUIRE(signature_fits(out->alg, out->signature.n), NX_ERR_JOSE_FORM);
    out->input = nx_span_of(token.p, (size_t)(segment[2].p - token.p) - 1);
    return NX_OK;
}
