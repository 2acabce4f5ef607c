/* A handle is signed over claims without personal data; the card is the same with the identity map of its
 * holder. */
#include "qr/issue.h"

#include "crypto/base45.h"
#include "crypto/claim169.h"
#include "crypto/cwt.h"
#include "crypto/random.h"
#include "qr/keys.h"
#include "registry/identifier.h"

#define CTI_LEN 2
/* An address past this would make the card a poster. */
#define CARD_ADDRESS_MAX 120

char *nx_qr_list_uri(nx_arena *a, const struct nx_house *house, int64_t list)
{
    return nx_arena_printf(a, "%s/s/%lld", house->issuer, (long long)list);
}

static enum nx_claim169_kind kind_of(enum nx_person_kind kind)
{
    switch (kind) {
    case NX_CITIZEN:
        return NX_169_PERSON;
    case NX_ORGANISATION:
        return NX_169_ORGANISATION;
    case NX_HOUSEHOLD:
        return NX_169_HOUSEHOLD;
    case NX_OFFICIAL:
        return NX_169_ROLE;
    }
    return NX_169_UNSAID;
}

static int gender_of(const char *gender)
{
    if (!gender) return 0;
    if (strcmp(gender, "male") == 0) return 1;
    return strcmp(gender, "female") == 0 ? 2 : 3;
}

/* YYYY-MM-DD → YYYYMMDD; the registry has checked the date. */
static void birthdate_of(char out[9], const char *date)
{
    size_t n = 0;
    for (; date && *date && n < 8; date++) {
        if (*date != '-') out[n++] = *date;
    }
    out[n] = 0;
}

static nx_result linked_codes(struct nx_claim169 *c, nx_arena *a, nx_registry *r, const char *person)
{
    struct nx_identifier *v;
    size_t n;
    NX_TRY(nx_identifier_list(r, a, person, &v, &n));
    for (size_t i = 0; i < n; i++) {
        if (v[i].scheme == NX_SCHEME_NATIONAL_ID) {
            c->id = v[i].value;
        } else if (c->codes < NX_CLAIM169_CODES_MAX) {
            c->code[c->codes++] = (struct nx_claim169_code){nx_scheme_name(v[i].scheme), v[i].value};
        }
    }
    return NX_OK;
}

static nx_result identity_of(nx_span *map, nx_arena *a, struct nx_house *house, const struct nx_person *p)
{
    struct nx_claim169 c = {
        .full_name = p->name,
        .gender = gender_of(p->gender),
        .address = p->address && strlen(p->address) <= CARD_ADDRESS_MAX ? p->address : NULL,
        .kind = kind_of(p->kind),
        .proofing = p->proofing,
    };
    birthdate_of(c.birthdate, p->birthdate);
    NX_TRY(linked_codes(&c, a, house->registry, p->id.s));
    return nx_claim169_write(map, a, &c);
}

static nx_result sign_with_key(void *ctx, uint8_t out[NX_SIGNATURE_MAX], size_t *n, nx_span message)
{
    return nx_signing_key_sign(ctx, out, n, message);
}

static nx_result text_of(const char **out, nx_arena *a, nx_signing_key *key, const char *typ,
                         const struct nx_cwt *claims, nx_span map)
{
    nx_span payload, bytes, kid = nx_span_of(nx_signing_key_kid(key), NX_QR_KID_LEN);
    char *text;
    NX_TRY(nx_cwt_write(&payload, a, claims, map));
    NX_TRY(nx_cose_sign(&bytes, a, typ, kid, payload, &(struct nx_cose_signer){sign_with_key, key}));
    NX_TRY(nx_cose_text_encode(&text, a, bytes));
    NX_REQUIRE(strlen(text) <= NX_QR_TEXT_MAX, NX_ERR_LIMIT);
    *out = text;
    return NX_OK;
}

/* The thumbprint of the device key, for cnf; nothing for paper. */
static nx_result confirmation(nx_span *ckt, uint8_t room[NX_CKT_LEN], const char *jwk)
{
    if (!jwk) return NX_OK;
    NX_AUTO(nx_jwk) key = NULL;
    NX_TRY(nx_jwk_parse(&key, nx_span_str(jwk)));
    NX_TRY(nx_cose_key_thumbprint(room, nx_jwk_evp(key)));
    *ckt = nx_span_of(room, NX_CKT_LEN);
    return NX_OK;
}

static nx_time expiry_of(const struct nx_qr_identity *q, nx_time now)
{
    if (q->kind == NX_QR_PAPER || q->expires < now + NX_QR_DEVICE_TEXT_S) return q->expires;
    return now + NX_QR_DEVICE_TEXT_S;
}

NX_FALLIBLE nx_qr_issue(struct nx_qr_texts *out, nx_arena *a, struct nx_house *house,
                        const struct nx_qr_identity *q, nx_time now)
{
    struct nx_person person;
    NX_TRY(nx_person_get(house->registry, a, q->person.s, &person));
    uint8_t cti[CTI_LEN], ckt[NX_CKT_LEN];
    NX_TRY(nx_random(cti, sizeof cti));
    struct nx_cwt claims = {
        .iss = house->issuer,
        .sub = q->qid.s,
        .exp = expiry_of(q, now),
        .iat = now,
        .cti = nx_span_of(cti, sizeof cti),
        .status_index = q->status_index,
        .status_uri = nx_qr_list_uri(a, house, q->status_list),
        .person = person.kind == NX_CITIZEN,
    };
    NX_NEED(claims.status_uri);
    NX_TRY(confirmation(&claims.ckt, ckt, q->jwk));
    nx_span map;
    NX_TRY(identity_of(&map, a, house, &person));
    NX_AUTO(nx_signing_key) key = NULL;
    NX_TRY(nx_keyring_active(&key, house->keyring, NX_USE_QR));
    NX_TRY(text_of(&out->handle, a, key, NX_QR_TYP_HANDLE, &claims, NX_SPAN_NONE));
    return text_of(&out->card, a, key, NX_QR_TYP_CARD, &claims, map);
}
