/* The reader's side: nothing here knows a registry or a store. */
#include "qr/verify.h"

#include "base/json.h"
#include "base/secret.h"
#include "crypto/base45.h"
#include "qr/bundle.h"
#include "qr/issue.h"
#include "qr/keys.h"

static nx_result check_claims(const struct nx_cwt *c, const nx_bundle *b, nx_time now)
{
    bool whole = c->iss && c->sub && c->exp && c->iat && c->status_uri;
    NX_REQUIRE(whole && strcmp(c->iss, nx_bundle_issuer(b)) == 0, NX_ERR_CWT);
    return nx_cwt_check_time(c, now);
}

/* A handle or a card: signed by a card key of the bundle. */
static nx_result open_signed(struct nx_cwt *claims, nx_arena *a, const nx_bundle *b, const struct nx_cose *c,
                             nx_time now)
{
    const nx_jwk *key = nx_bundle_key(b, "card", c->kid);
    NX_REQUIRE(key, NX_ERR_JOSE_KEY);
    NX_TRY(nx_cose_verify(c, a, c->typ, nx_jwk_evp(key)));
    NX_TRY(nx_cwt_read(claims, a, c->payload, NX_CBOR_STRICT));
    NX_REQUIRE(!claims->handle.n && !claims->cnf_key, NX_ERR_CWT);
    return check_claims(claims, b, now);
}

/* A card has an identity map and a handle has none (rule 10: neither passes for the other). */
static nx_result open_object(struct nx_verdict_qr *out, nx_arena *a, const nx_bundle *b,
                             const struct nx_cose *c, nx_time now)
{
    bool card = strcmp(c->typ, NX_QR_TYP_CARD) == 0;
    NX_REQUIRE(card || strcmp(c->typ, NX_QR_TYP_HANDLE) == 0, NX_ERR_JOSE_TYP);
    NX_TRY(open_signed(&out->claims, a, b, c, now));
    NX_REQUIRE(card == (out->claims.identity != NULL), NX_ERR_CWT);
    out->form = card ? NX_FORM_CARD : NX_FORM_HANDLE;
    out->has_identity = card;
    return card ? nx_claim169_read(&out->identity, a, out->claims.identity) : NX_OK;
}

static nx_result check_device(const struct nx_cose *live, nx_arena *a, const struct nx_cwt *claims,
                              nx_span ckt)
{
    uint8_t print[NX_CKT_LEN];
    EVP_PKEY *key = NULL;
    NX_TRY(nx_cose_key_get(&key, claims->cnf_key));
    nx_result r = nx_cose_key_thumbprint(print, key);
    if (nx_ok(r)) r = nx_cose_verify(live, a, NX_QR_TYP_LIVE, key);
    EVP_PKEY_free(key);
    NX_TRY(r);
    NX_REQUIRE(nx_span_eq(ckt, nx_span_of(print, sizeof print)), NX_ERR_CWT);
    return NX_OK;
}

/* Exactly iat, the key, the handle; the key is the one whose thumbprint the handle's issuer signed. */
static nx_result open_live(struct nx_verdict_qr *out, nx_arena *a, const nx_bundle *b,
                           const struct nx_cose *live, nx_time now)
{
    struct nx_cwt outer;
    struct nx_cose handle;
    NX_TRY(nx_cwt_read(&outer, a, live->payload, NX_CBOR_STRICT));
    bool form = outer.handle.n && outer.cnf_key && outer.iat && !outer.iss && !outer.sub && !outer.exp &&
                !outer.nbf && !outer.cti.n && !outer.status_uri && !outer.identity;
    NX_REQUIRE(form && !live->kid.n, NX_ERR_CWT);
    NX_TRY(nx_cose_parse(&handle, a, outer.handle, NX_CBOR_STRICT));
    NX_REQUIRE(strcmp(handle.typ, NX_QR_TYP_HANDLE) == 0, NX_ERR_JOSE_TYP);
    NX_TRY(open_object(out, a, b, &handle, now));
    NX_TRY(check_device(live, a, &outer, out->claims.ckt));
    out->form = NX_FORM_LIVE;
    out->live = outer.iat <= now + NX_SKEW_S && now <= outer.iat + NX_QR_LIVE_S;
    return NX_OK;
}

static void read_standing(struct nx_verdict_qr *out, const nx_bundle *b)
{
    unsigned value;
    const struct nx_tsl *list = nx_bundle_list(b, out->claims.status_uri);
    out->standing = NX_STANDING_UNKNOWN;
    if (!list || !nx_ok(nx_tsl_get(&value, list->list, list->bits, (uint64_t)out->claims.status_index)))
        return;
    out->list_made = list->iat;
    if (value == NX_TSL_VALID)
        out->standing = NX_STANDING_VALID;
    else
        out->standing = value == NX_TSL_SUSPENDED ? NX_STANDING_SUSPENDED : NX_STANDING_REVOKED;
}

NX_FALLIBLE nx_qr_verify(struct nx_verdict_qr *out, nx_arena *a, const nx_bundle *b, nx_span text,
                         nx_time now)
{
    nx_span bytes;
    struct nx_cose c;
    *out = (struct nx_verdict_qr){.standing = NX_STANDING_UNKNOWN};
    if (!nx_base45_alphabet(text) && nx_ok(nx_legacy_read(&out->hint, a, text))) {
        out->form = NX_FORM_LEGACY; /* unsigned: a hint, whoever shows it */
        return NX_OK;
    }
    NX_TRY(nx_cose_text_decode(&bytes, a, text));
    NX_TRY(nx_cose_parse(&c, a, bytes, NX_CBOR_STRICT));
    bool live = strcmp(c.typ, NX_QR_TYP_LIVE) == 0;
    NX_TRY(live ? open_live(out, a, b, &c, now) : open_object(out, a, b, &c, now));
    read_standing(out, b);
    return NX_OK;
}
