#include "authn/webauthn.h"

#include "authn/webauthn_data.h"
#include "crypto/cbor.h"
#include "crypto/digest.h"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

#define CBOR_ROOM (256u << 10)

static const int algs[] = {COSE_ES256, COSE_EDDSA, COSE_RS256};

/* ---- registration
 * ------------------------------------------------------------------------------------------- */

struct object {
    const char *format;
    const struct nx_cbor *statement;
    nx_span auth_data;
};

/* Section 6.5.4: exactly these three. */
static nx_result split(struct object *out, nx_arena *a, nx_span attestation_object)
{
    const struct nx_cbor *map;
    NX_REQUIRE(attestation_object.n <= NX_WEBAUTHN_ATTESTATION_MAX, NX_ERR_LIMIT);
    nx_result r = nx_cbor_parse(&map, a, attestation_object, NX_CBOR_STRICT);
    NX_REQUIRE(r.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    NX_REQUIRE(nx_ok(r) && map->type == NX_CBOR_MAP && map->count == 3, NX_ERR_WEBAUTHN_FORM);
    out->statement = nx_cbor_named(map, "attStmt");
    NX_REQUIRE(out->statement && out->statement->type == NX_CBOR_MAP, NX_ERR_WEBAUTHN_FORM);
    NX_REQUIRE(nx_ok(nx_cbor_text(&out->format, a, nx_cbor_named(map, "fmt"))), NX_ERR_WEBAUTHN_FORM);
    NX_REQUIRE(nx_ok(nx_cbor_bytes(&out->auth_data, nx_cbor_named(map, "authData"))), NX_ERR_WEBAUTHN_FORM);
    return NX_OK;
}

/* libfido2 hands CBOR to libcbor, which allocates what a head announces: whatever follows the fixed parts is
 * read here first, under the caps of crypto/cbor.h. So many maps, and nothing behind them. */
static nx_result check_maps(nx_arena *a, nx_span bytes, uint8_t maps)
{
    const struct nx_cbor *list;
    nx_buf b;
    nx_buf_init(&b, a, NX_WEBAUTHN_AUTH_DATA_MAX);
    nx_cbor_put_array(&b, maps);
    nx_buf_add(&b, bytes);
    NX_TRY(nx_buf_done(&b));
    nx_result r = nx_cbor_parse(&list, a, nx_buf_span(&b), NX_CBOR_STRICT);
    NX_REQUIRE(r.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    NX_REQUIRE(nx_ok(r), NX_ERR_WEBAUTHN_FORM);
    for (uint8_t i = 0; i < maps; i++)
        NX_REQUIRE(list->item[i].type == NX_CBOR_MAP, NX_ERR_WEBAUTHN_FORM);
    return NX_OK;
}

/* A credential and its key must be there, and extensions where the flag says so. */
static nx_result check_layout(nx_arena *a, nx_span d, uint8_t flags)
{
    NX_REQUIRE(flags & NX_FLAG_AT && d.n > NX_AUTH_DATA_KEY, NX_ERR_WEBAUTHN_FORM);
    size_t id = (size_t)d.p[53] << 8 | d.p[54];
    NX_REQUIRE(id >= NX_PASSKEY_ID_MIN && id <= NX_PASSKEY_ID_MAX, NX_ERR_WEBAUTHN_FORM);
    NX_REQUIRE(d.n > NX_AUTH_DATA_KEY + id, NX_ERR_WEBAUTHN_FORM);
    return check_maps(a, nx_span_from(d, NX_AUTH_DATA_KEY + id), flags & NX_FLAG_ED ? 2 : 1);
}

static bool copy(nx_span *out, nx_arena *a, const uint8_t *p, size_t n)
{
    char *c = p && n ? nx_arena_dup(a, nx_span_of(p, n)) : NULL;
    *out = nx_span_of(c, c ? n : 0);
    return c != NULL;
}

/* libfido2 reads a credential of one kind of key at a time. */
static bool read_credential(struct nx_webauthn_created *out, nx_arena *a, nx_span auth_data, int alg)
{
    fido_cred_t *c = fido_cred_new();
    bool ok = c && fido_cred_set_type(c, alg) == FIDO_OK &&
              fido_cred_set_authdata_raw(c, auth_data.p, auth_data.n) == FIDO_OK &&
              fido_cred_aaguid_len(c) == NX_AAGUID_LEN &&
              copy(&out->credential_id, a, fido_cred_id_ptr(c), fido_cred_id_len(c)) &&
              copy(&out->public_key, a, fido_cred_pubkey_ptr(c), fido_cred_pubkey_len(c));
    if (ok) memcpy(out->aaguid, fido_cred_aaguid_ptr(c), NX_AAGUID_LEN);
    out->alg = alg;
    fido_cred_free(&c);
    return ok;
}

static nx_result find_credential(struct nx_webauthn_created *out, nx_arena *a, nx_span auth_data)
{
    EVP_PKEY *key = NULL;
    bool found = false;
    for (size_t i = 0; !found && i < sizeof algs / sizeof algs[0]; i++)
        found = read_credential(out, a, auth_data, algs[i]);
    NX_REQUIRE(!nx_arena_failed(a), NX_ERR_MEMORY);
    NX_REQUIRE(found, NX_ERR_WEBAUTHN_ALG);
    NX_TRY(nx_webauthn_key(&key, out->alg, out->public_key));
    EVP_PKEY_free(key);
    return NX_OK;
}

nx_result nx_webauthn_create(struct nx_webauthn_created *out, nx_arena *a, const struct nx_webauthn_expect *x,
                             nx_span client_data, nx_span attestation_object)
{
    struct object o;
    struct nx_auth_data d;
    *out = (struct nx_webauthn_created){.attestation = NX_ATTESTATION_NONE};
    fido_init(0); /* for this thread; costs nothing */
    NX_TRY(nx_webauthn_client_data(x, "webauthn.create", client_data));
    NX_TRY(split(&o, a, attestation_object));
    NX_TRY(nx_auth_data_read(&d, x->rp_id, o.auth_data));
    NX_TRY(check_layout(a, o.auth_data, d.flags));
    NX_TRY(find_credential(out, a, o.auth_data));
    out->counter = d.counter;
    out->backup_eligible = d.flags & NX_FLAG_BE;
    out->backed_up = d.flags & NX_FLAG_BS;
    /* "none" has nothing to say (section 8.7). */
    if (strcmp(o.format, "none") == 0) NX_REQUIRE(o.statement->count == 0, NX_ERR_WEBAUTHN_ATTESTATION);
    if (strcmp(o.format, "packed") == 0)
        NX_TRY(nx_webauthn_packed(out, a, o.statement, o.auth_data, client_data));
    return NX_OK;
}

/* ---- assertion
 * ---------------------------------------------------------------------------------------------- */

static int verify(const fido_assert_t *f, const struct nx_passkey *k)
{
    int r = FIDO_ERR_INVALID_ARGUMENT;
    es256_pk_t *es = k->alg == COSE_ES256 ? es256_pk_new() : NULL;
    eddsa_pk_t *ed = k->alg == COSE_EDDSA ? eddsa_pk_new() : NULL;
    rs256_pk_t *rs = k->alg == COSE_RS256 ? rs256_pk_new() : NULL;
    const void *p = k->public_key.p;
    size_t n = k->public_key.n;
    if (es && es256_pk_from_ptr(es, p, n) == FIDO_OK) r = fido_assert_verify(f, 0, k->alg, es);
    if (ed && eddsa_pk_from_ptr(ed, p, n) == FIDO_OK) r = fido_assert_verify(f, 0, k->alg, ed);
    if (rs && rs256_pk_from_ptr(rs, p, n) == FIDO_OK) r = fido_assert_verify(f, 0, k->alg, rs);
    es256_pk_free(&es);
    eddsa_pk_free(&ed);
    rs256_pk_free(&rs);
    return r;
}

static nx_result signature_right(const struct nx_webauthn_expect *x, const struct nx_passkey *k,
                                 const struct nx_webauthn_assertion *s)
{
    uint8_t digest[NX_SHA256_LEN];
    NX_TRY(nx_sha256(digest, s->client_data));
    fido_assert_t *f = fido_assert_new();
    NX_NEED(f);
    bool right =
        fido_assert_set_count(f, 1) == FIDO_OK && fido_assert_set_rp(f, x->rp_id) == FIDO_OK &&
        fido_assert_set_up(f, FIDO_OPT_TRUE) == FIDO_OK && fido_assert_set_uv(f, FIDO_OPT_TRUE) == FIDO_OK &&
        fido_assert_set_clientdata_hash(f, digest, sizeof digest) == FIDO_OK &&
        fido_assert_set_authdata_raw(f, 0, s->auth_data.p, s->auth_data.n) == FIDO_OK &&
        fido_assert_set_sig(f, 0, s->signature.p, s->signature.n) == FIDO_OK && verify(f, k) == FIDO_OK;
    fido_assert_free(&f);
    NX_REQUIRE(right, NX_ERR_SIGNATURE);
    return NX_OK;
}

/* No credential, and extensions where the flag says so. */
static nx_result check_bare(nx_span d, uint8_t flags)
{
    NX_REQUIRE(!(flags & NX_FLAG_AT), NX_ERR_WEBAUTHN_FORM);
    if (!(flags & NX_FLAG_ED)) {
        NX_REQUIRE(d.n == NX_AUTH_DATA_FIXED, NX_ERR_WEBAUTHN_FORM);
        return NX_OK;
    }
    NX_AUTO(nx_arena) a = nx_arena_open(CBOR_ROOM);
    NX_NEED(a);
    return check_maps(a, nx_span_from(d, NX_AUTH_DATA_FIXED), 1);
}

nx_result nx_webauthn_assert(struct nx_webauthn_asserted *out, const struct nx_webauthn_expect *x,
                             const struct nx_passkey *k, const struct nx_webauthn_assertion *s)
{
    struct nx_auth_data d;
    fido_init(0);
    NX_TRY(nx_webauthn_client_data(x, "webauthn.get", s->client_data));
    NX_TRY(nx_auth_data_read(&d, x->rp_id, s->auth_data));
    NX_TRY(check_bare(s->auth_data, d.flags));
    *out = (struct nx_webauthn_asserted){
        .counter = d.counter, .backup_eligible = d.flags & NX_FLAG_BE, .backed_up = d.flags & NX_FLAG_BS};
    /* A credential does not change its kind (section 6.1.3). */
    NX_REQUIRE(out->backup_eligible == k->backup_eligible, NX_ERR_WEBAUTHN_FLAGS);
    NX_REQUIRE(s->signature.n > 0 && s->signature.n <= NX_WEBAUTHN_SIGNATURE_MAX, NX_ERR_SIGNATURE);
    return signature_right(x, k, s);
}
