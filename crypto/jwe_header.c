#include "crypto/jwe_header.h"

#include "base/text.h"
#include "crypto/jose_guard.h"
#include "crypto/jwe.h"

#include <openssl/evp.h>

#define COORDINATE 32
#define KID_MAX 128

static const struct nx_jwe_enc encs[] = {
    {"A256GCM", 32, 12, 16, EVP_aes_256_gcm, NULL},
    {"A128GCM", 16, 12, 16, EVP_aes_128_gcm, NULL},
    {"A128CBC-HS256", 32, 16, 16, EVP_aes_128_cbc, EVP_sha256},
    {"A256CBC-HS512", 64, 16, 32, EVP_aes_256_cbc, EVP_sha512},
};

static const char *const algs[] = {"ECDH-ES+A256KW", "RSA-OAEP-256"};

const char *nx_jwe_alg_name(enum nx_jwe_alg alg)
{
    return algs[alg];
}

bool nx_jwe_alg_known(const char *alg)
{
    for (size_t i = 0; i < sizeof algs / sizeof *algs; i++)
        if (strcmp(alg, algs[i]) == 0) return true;
    return false;
}

/* Members that would change what is opened or bring a key along. */
static const char *const refused[] = {"crit", "zip", "b64", "jwk", "jku", "x5u", "x5c"};

static nx_result read_names(struct nx_jwe *j, nx_arena *a, const json_t *head)
{
    const char *alg = nx_json_str(head, "alg"), *enc = nx_json_str(head, "enc");
    const json_t *kid = json_object_get(head, "kid");
    int found = -1;
    NX_REQUIRE(alg && enc, NX_ERR_JWE_FORM);
    for (size_t i = 0; i < sizeof algs / sizeof *algs; i++)
        if (strcmp(alg, algs[i]) == 0) found = (int)i;
    for (size_t i = 0; i < sizeof encs / sizeof *encs; i++)
        if (strcmp(enc, encs[i].name) == 0) j->enc = &encs[i];
    NX_REQUIRE(found >= 0 && j->enc, NX_ERR_JWE_ALG);
    j->alg = (enum nx_jwe_alg)found;
    if (!kid) return NX_OK;
    nx_span s = nx_span_str(json_string_value(kid));
    NX_REQUIRE(s.n && s.n <= KID_MAX && nx_ascii_printable(s), NX_ERR_JWE_FORM);
    NX_NEED(j->kid = nx_arena_dup(a, s));
    return NX_OK;
}

static nx_result coordinate(uint8_t *out, const json_t *epk, const char *member)
{
    size_t n = 0;
    const char *text = nx_json_str(epk, member);
    NX_REQUIRE(text && nx_ok(nx_b64u_decode(out, COORDINATE, &n, nx_span_str(text))) && n == COORDINATE,
               NX_ERR_JWE_FORM);
    return NX_OK;
}

/* RFC 7518 section 4.6.1.1: a public key, and nothing that it does not need. */
static nx_result read_epk(struct nx_jwe *j, const json_t *head)
{
    const json_t *epk = nx_json_object(head, "epk");
    const char *kty = nx_json_str(epk, "kty"), *crv = nx_json_str(epk, "crv"), *name;
    json_t *value;
    NX_REQUIRE(kty && crv && strcmp(kty, "EC") == 0, NX_ERR_JWE_FORM);
    NX_REQUIRE(strcmp(crv, "P-256") == 0, NX_ERR_JWE_ALG);
    json_object_foreach((json_t *)(uintptr_t)epk, name, value)
    {
        NX_REQUIRE(strcmp(name, "kty") == 0 || strcmp(name, "crv") == 0 || strcmp(name, "x") == 0 ||
                       strcmp(name, "y") == 0,
                   NX_ERR_JWE_FORM);
    }
    j->epk[0] = 4;
    NX_TRY(coordinate(j->epk + 1, epk, "x"));
    return coordinate(j->epk + 1 + COORDINATE, epk, "y");
}

static nx_result read_party(nx_span *out, nx_arena *a, const json_t *head, const char *member)
{
    const json_t *value = json_object_get(head, member);
    *out = NX_SPAN_NONE;
    if (!value) return NX_OK;
    nx_span text = nx_span_str(json_string_value(value));
    NX_REQUIRE(json_is_string(value) && text.n <= NX_B64U_LEN(NX_JWE_PARTY_MAX), NX_ERR_JWE_FORM);
    NX_REQUIRE(nx_ok(nx_b64u_decode_dup(out, a, text)), NX_ERR_JWE_FORM);
    return NX_OK;
}

static nx_result read_header(struct nx_jwe *j, nx_arena *a, nx_span encoded)
{
    nx_span text;
    NX_AUTO_JSON head = NULL;
    NX_REQUIRE(encoded.n && encoded.n <= NX_B64U_LEN(NX_JOSE_HEADER_MAX), NX_ERR_JWE_FORM);
    NX_REQUIRE(nx_ok(nx_b64u_decode_dup(&text, a, encoded)), NX_ERR_JWE_FORM);
    NX_REQUIRE(nx_ok(nx_json_parse_object(&head, text)), NX_ERR_JWE_FORM);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        NX_REQUIRE(!json_object_get(head, refused[i]), NX_ERR_JWE_FORM);
    NX_TRY(read_names(j, a, head));
    if (j->alg != NX_JWE_ECDH_A256KW) return NX_OK;
    NX_TRY(read_epk(j, head));
    NX_TRY(read_party(&j->apu, a, head, "apu"));
    return read_party(&j->apv, a, head, "apv");
}

static nx_result decode(nx_span *out, nx_arena *a, nx_span part)
{
    nx_result r = nx_b64u_decode_dup(out, a, part);
    NX_REQUIRE(r.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    NX_REQUIRE(nx_ok(r), NX_ERR_JWE_FORM);
    return NX_OK;
}

/* Exact lengths, so that no primitive below ever sees another: the wrapped content key, IV, tag. */
static nx_result check_lengths(const struct nx_jwe *j)
{
    bool ec = j->alg == NX_JWE_ECDH_A256KW;
    NX_REQUIRE(ec ? j->wrapped.n == j->enc->key + 8 : j->wrapped.n >= 256 && j->wrapped.n <= NX_SIGNATURE_MAX,
               NX_ERR_JWE_FORM);
    NX_REQUIRE(j->iv.n == j->enc->iv && j->tag.n == j->enc->tag && j->cipher.n > 0, NX_ERR_JWE_FORM);
    NX_REQUIRE(!j->enc->digest || j->cipher.n % 16 == 0, NX_ERR_JWE_FORM);
    return NX_OK;
}

NX_FALLIBLE nx_jwe_parse(struct nx_jwe *out, nx_arena *a, nx_span token)
{
    nx_span part[5], rest = token;
    NX_REQUIRE(token.n <= NX_JWE_MAX, NX_ERR_LIMIT);
    *out = (struct nx_jwe){.enc = NULL};
    for (int i = 0; i < 5; i++)
        NX_REQUIRE(nx_span_cut(&rest, '.', &part[i]) && part[i].n, NX_ERR_JWE_FORM);
    NX_REQUIRE(rest.p == NULL, NX_ERR_JWE_FORM);
    NX_TRY(read_header(out, a, part[0]));
    out->aad = part[0];
    NX_TRY(decode(&out->wrapped, a, part[1]));
    NX_TRY(decode(&out->iv, a, part[2]));
    NX_TRY(decode(&out->cipher, a, part[3]));
    NX_TRY(decode(&out->tag, a, part[4]));
    return check_lengths(out);
}
