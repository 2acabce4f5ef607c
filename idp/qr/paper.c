#include "qr/paper.h"

#include "crypto/cose.h"
#include "crypto/cwt.h"
#include "qr/issue.h"
#include "qr/keys.h"
#include "qr/proof.h"
#include "sessions/throttle.h"

#include <ctype.h>

/* The qid out of a code of ours: signed by our card key, in its time. */
static nx_result qid_of_code(const char **qid, nx_arena *a, struct nx_house *house, nx_span text)
{
    nx_span bytes;
    struct nx_cose c;
    struct nx_cwt claims;
    NX_TRY(nx_cose_text_decode(&bytes, a, text));
    NX_TRY(nx_cose_parse(&c, a, bytes, NX_CBOR_STRICT));
    bool typ = strcmp(c.typ, NX_QR_TYP_HANDLE) == 0 || strcmp(c.typ, NX_QR_TYP_CARD) == 0;
    NX_REQUIRE(typ, NX_ERR_JOSE_TYP);
    NX_AUTO(nx_signing_key) key = NULL;
    NX_TRY(nx_qr_card_key(&key, a, house->keyring, c.kid));
    NX_TRY(nx_cose_verify(&c, a, c.typ, nx_jwk_evp(nx_signing_key_jwk(key))));
    NX_TRY(nx_cwt_read(&claims, a, c.payload, NX_CBOR_STRICT));
    NX_TRY(nx_cwt_check_time(&claims, nx_now()));
    NX_REQUIRE(claims.sub && nx_id_valid(nx_span_str(claims.sub)), NX_ERR_CWT);
    *qid = claims.sub;
    return NX_OK;
}

/* A qid as people type it: in either case, with spaces. NULL when it is none. */
static const char *typed_qid(nx_arena *a, nx_span text)
{
    char *qid = nx_arena_alloc(a, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; qid && i < text.n; i++) {
        if (text.p[i] != ' ') qid[n++] = (char)tolower(text.p[i]);
    }
    if (qid) qid[n] = 0;
    return qid && nx_id_valid(nx_span_str(qid)) ? qid : NULL;
}

/* The active paper that the code names; *known is false when there is none. */
static nx_result look_up(struct nx_qr_identity *out, bool *known, nx_arena *a, struct nx_house *house,
                         nx_span code)
{
    const char *qid = typed_qid(a, code);
    *known = false;
    if (!qid && !nx_ok(qid_of_code(&qid, a, house, code))) return NX_OK;
    nx_result r = nx_qr_identity_get(house->registry, a, qid, out);
    if (r.e == NX_ERR_NOT_FOUND) return NX_OK;
    NX_TRY(r);
    *known = out->kind == NX_QR_PAPER && nx_ok(nx_qr_usable(out, nx_now()));
    return NX_OK;
}

static nx_result take(struct nx_house *house, nx_arena *a, const struct nx_attempt *attempt)
{
    struct nx_throttled t;
    NX_TRY(nx_throttle_take(house->store, a, attempt, &t));
    NX_REQUIRE(t.allowed, NX_ERR_HTTP_RATE);
    return NX_OK;
}

/* Per source, portal and system, before anything is looked up. */
static nx_result throttle(struct nx_house *house, nx_arena *a, const struct nx_paper_ask *ask)
{
    char *portal = nx_arena_printf(a, "portal:%s", ask->client_id ? ask->client_id : "");
    NX_NEED(portal);
    NX_TRY(take(house, a, &(struct nx_attempt){.row = NX_THROTTLE_PAPER, .source = ask->source}));
    NX_TRY(take(house, a, &(struct nx_attempt){.row = NX_THROTTLE_PAPER_WIDE, .source = portal}));
    return take(house, a, &(struct nx_attempt){.row = NX_THROTTLE_PAPER_WIDE, .source = "system"});
}

NX_FALLIBLE nx_paper_prove(struct nx_paper_found *out, struct nx_house *house, nx_arena *a,
                           const struct nx_paper_ask *ask)
{
    bool known;
    struct nx_pin_result pin;
    *out = (struct nx_paper_found){.right = false};
    NX_TRY(throttle(house, a, ask));
    NX_TRY(look_up(&out->who, &known, a, house, ask->code));
    if (!known) return nx_pin_burn(house, ask->pin);
    NX_TRY(nx_pin_check(&pin, house, a, &out->who, ask->pin, ask->source));
    out->right = pin.right;
    out->exhausted = !pin.right && pin.left == 0 && pin.counted;
    return NX_OK;
}
