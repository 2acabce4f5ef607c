#include "qr/enrol_body.h"

#include "base/pack.h"
#include "qr/order_body.h"

#define BODY_VERSION 1

enum {
    TAG_PERSON = 2,
    TAG_NAME,
    TAG_SESSION,
    TAG_QID,
    TAG_PENDING,
    TAG_BOUND_AT,
    TAG_ENROLMENT,
    TAG_NONCE,
    TAG_LABEL,
    TAG_JWK,
    TAG_THUMBPRINT,
    TAG_VERIFIER,
    TAG_DIGITS,
};

NX_FALLIBLE nx_enrol_pack(nx_span *out, nx_arena *a, const struct nx_enrolment *e)
{
    nx_buf b;
    nx_buf_init(&b, a, NX_ORDER_BODY_MAX);
    nx_pack_begin(&b, BODY_VERSION);
    nx_pack_number(&b, NX_ORDER_TAG_KIND, NX_ORDER_OF_ENROLMENT);
    nx_pack_text(&b, TAG_PERSON, e->person);
    nx_pack_text(&b, TAG_NAME, e->name);
    nx_pack_text(&b, TAG_SESSION, e->session);
    nx_pack_text(&b, TAG_QID, e->qid);
    nx_pack_number(&b, TAG_PENDING, e->pending);
    nx_pack_number(&b, TAG_BOUND_AT, e->bound_at);
    nx_pack_text(&b, TAG_ENROLMENT, e->enrolment);
    nx_pack_text(&b, TAG_NONCE, e->nonce);
    nx_pack_text(&b, TAG_LABEL, e->label);
    nx_pack_text(&b, TAG_JWK, e->jwk);
    nx_pack_text(&b, TAG_THUMBPRINT, e->thumbprint);
    nx_pack_text(&b, TAG_VERIFIER, e->verifier);
    nx_pack_text(&b, TAG_DIGITS, e->digits);
    NX_TRY(nx_buf_done(&b));
    *out = nx_buf_span(&b);
    return NX_OK;
}

NX_FALLIBLE nx_enrol_unpack(struct nx_enrolment *e, nx_arena *a)
{
    nx_pack p;
    NX_TRY(nx_pack_open(&p, e->o.body));
    bool mine = nx_pack_get_number(&p, NX_ORDER_TAG_KIND, 0) == NX_ORDER_OF_ENROLMENT;
    NX_REQUIRE(mine, NX_ERR_QR_ENROLMENT_GONE);
    e->person = nx_pack_get_text(&p, TAG_PERSON, a);
    e->name = nx_pack_get_text(&p, TAG_NAME, a);
    e->session = nx_pack_get_text(&p, TAG_SESSION, a);
    e->qid = nx_pack_get_text(&p, TAG_QID, a);
    e->pending = nx_pack_get_number(&p, TAG_PENDING, 0) == 1;
    e->bound_at = (int)nx_pack_get_number(&p, TAG_BOUND_AT, 1);
    e->enrolment = nx_pack_get_text(&p, TAG_ENROLMENT, a);
    e->nonce = nx_pack_get_text(&p, TAG_NONCE, a);
    e->label = nx_pack_get_text(&p, TAG_LABEL, a);
    e->jwk = nx_pack_get_text(&p, TAG_JWK, a);
    e->thumbprint = nx_pack_get_text(&p, TAG_THUMBPRINT, a);
    e->verifier = nx_pack_get_text(&p, TAG_VERIFIER, a);
    e->digits = nx_pack_get_text(&p, TAG_DIGITS, a);
    NX_REQUIRE(!nx_arena_failed(a), NX_ERR_MEMORY);
    return NX_OK;
}

NX_FALLIBLE nx_enrol_step(struct nx_enrolment *e, nx_arena *a, struct nx_house *house, enum nx_order_state to)
{
    nx_span body;
    enum nx_found found;
    NX_TRY(nx_enrol_pack(&body, a, e));
    NX_TRY(nx_order_step(house->store, a, &e->o, to, body, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_QR_ENROLMENT_GONE);
    return NX_OK;
}

NX_FALLIBLE nx_enrol_end(struct nx_house *house, nx_arena *a, const char *id, const char *why)
{
    enum nx_found found;
    return nx_order_kill(house->store, a, id, why, &found);
}
