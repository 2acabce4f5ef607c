/* The phone's half of an enrolment: link, start, finish. Nothing lasts before the end: an enrolment that
 * fails leaves no row behind. */
#include "qr/enrol.h"

#include "base/text.h"
#include "crypto/random.h"
#include "qr/enrol_body.h"
#include "qr/order.h"
#include "qr/order_body.h"
#include "qr/pin.h"
#include "registry/audit.h"
#include "registry/credential.h"
#include "registry/person.h"

#define NONCE_BYTES 16
#define PHONE_HOLDER "phone"
#define WATCH_HOLDER "watch"

static nx_result seal_id(const char **out, nx_arena *a, const struct nx_house *house, const char *id,
                         nx_span holder)
{
    struct nx_handle h = {.shard = 0};
    nx_handle_text text;
    memcpy(h.id.s, id, sizeof h.id.s);
    NX_TRY(nx_handle_seal(&text, house->master, NX_HANDLE_ENROL, holder, &h));
    *out = nx_arena_strdup(a, text.s);
    NX_NEED(*out);
    return NX_OK;
}

NX_FALLIBLE nx_enrol_begin(struct nx_enrolment *out, char **link, nx_arena *a, struct nx_house *house,
                           const struct nx_enrol_ask *ask)
{
    struct nx_person person;
    NX_TRY(nx_person_get(house->registry, a, ask->person, &person));
    NX_REQUIRE(person.active, NX_ERR_PERSON_INACTIVE);
    *out = (struct nx_enrolment){.person = ask->person,
                                 .name = person.name,
                                 .session = ask->session,
                                 .qid = ask->qid,
                                 .pending = ask->qid != NULL,
                                 .bound_at = ask->bound_at};
    if (!ask->qid) {
        nx_id *qid = nx_arena_new(a, nx_id, 1);
        NX_NEED(qid);
        NX_TRY(nx_id_make(qid));
        out->qid = qid->s;
    }
    nx_span body;
    NX_TRY(nx_enrol_pack(&body, a, out));
    NX_TRY(nx_order_begin_for(house->store, a, NX_ENROL_LINK_S, body, &out->o));
    *link = nx_link_enrol(a, house->issuer, &out->o.id);
    NX_NEED(*link);
    return NX_OK;
}

NX_FALLIBLE nx_enrol_find(struct nx_enrolment *out, nx_arena *a, struct nx_house *house, const char *id)
{
    enum nx_found found;
    struct nx_order o; /* id may be the one inside *out */
    NX_TRY(nx_order_find(house->store, a, id, &o, &found));
    *out = (struct nx_enrolment){.o = o, .bound_at = 1};
    NX_REQUIRE(found == NX_FOUND, NX_ERR_QR_ENROLMENT_GONE);
    return nx_enrol_unpack(out, a);
}

NX_FALLIBLE nx_enrol_start(struct nx_enrolment *out, nx_arena *a, struct nx_house *house, nx_span secret)
{
    nx_id id, phone;
    uint8_t nonce[NONCE_BYTES];
    enum nx_found found;
    char *name = nx_arena_dup(a, secret);
    NX_NEED(name);
    NX_TRY(nx_qr_order_id(&id, name));
    NX_TRY(nx_enrol_find(out, a, house, id.s));
    /* Each start is a stranger to the one before, so that a second one kills, whoever it is from. */
    NX_TRY(nx_id_make(&phone));
    NX_TRY(nx_order_take(house->store, a, id.s, phone.s, NX_SPAN_NONE, &out->o, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_QR_ENROLMENT_GONE);
    NX_TRY(nx_random(nonce, sizeof nonce));
    out->nonce = nx_b64u_dup(a, nx_span_of(nonce, sizeof nonce));
    NX_NEED(out->nonce);
    NX_TRY(seal_id(&out->enrolment, a, house, id.s, NX_LIT(PHONE_HOLDER)));
    return nx_enrol_step(out, a, house, NX_ORDER_CONTEXT);
}

/* Which enrolment a proof speaks of, before it can be verified. */
static nx_result find_of_proof(struct nx_enrolment *e, nx_arena *a, struct nx_house *house, const char *proof)
{
    const char *enrolment;
    struct nx_handle h;
    NX_TRY(nx_qr_proof_peek(&enrolment, a, proof, "enrolment"));
    nx_span text = nx_span_str(enrolment);
    NX_REQUIRE(nx_ok(nx_handle_open(&h, house->master, NX_HANDLE_ENROL, NX_LIT(PHONE_HOLDER), text)),
               NX_ERR_QR_ENROLMENT_GONE);
    NX_TRY(nx_enrol_find(e, a, house, h.id.s));
    NX_REQUIRE(e->o.state == NX_ORDER_CONTEXT && strcmp(e->enrolment, enrolment) == 0,
               NX_ERR_QR_ENROLMENT_GONE);
    return NX_OK;
}

static nx_result check_key(struct nx_enrolment *e, nx_arena *a, struct nx_house *house,
                           const struct nx_qr_proof *p)
{
    struct nx_qr_identity other;
    e->thumbprint = nx_arena_strdup(a, nx_jwk_thumbprint(p->key));
    NX_NEED(e->thumbprint);
    nx_result r = nx_qr_identity_by_thumbprint(house->registry, a, e->thumbprint, &other);
    NX_REQUIRE(!nx_ok(r), NX_ERR_QR_KEY_TAKEN);
    if (r.e != NX_ERR_NOT_FOUND) return r;
    NX_AUTO_JSON jwk = nx_jwk_public(p->key);
    NX_NEED(jwk);
    e->jwk = nx_json_dump(a, jwk);
    NX_NEED(e->jwk);
    return NX_OK;
}

static nx_result check_label(struct nx_enrolment *e, nx_arena *a, const char *label)
{
    nx_span s = nx_span_str(label);
    size_t characters = 0;
    for (size_t i = 0; i < s.n; i++)
        characters += (s.p[i] & 0xc0) != 0x80;
    NX_REQUIRE(characters >= 1 && characters <= NX_ENROL_LABEL_MAX, NX_ERR_QR_MALFORMED);
    NX_REQUIRE(s.n <= NX_QR_LABEL_MAX && nx_utf8_printable(s), NX_ERR_QR_MALFORMED);
    e->label = nx_arena_strdup(a, label);
    NX_NEED(e->label);
    return NX_OK;
}

static nx_result check_pin(struct nx_enrolment *e, nx_arena *a, struct nx_house *house, const nx_secret *pin)
{
    struct nx_person person;
    nx_phc phc;
    NX_TRY(nx_person_get(house->registry, a, e->person, &person));
    NX_TRY(nx_pin_strong(pin, person.birthdate));
    NX_TRY(nx_pin_hash(&phc, house, pin));
    e->verifier = nx_arena_strdup(a, phc.s);
    NX_NEED(e->verifier);
    return NX_OK;
}

/* A link of an administrator: the key goes to the identity that waits for it, which stays pending (rule 25).
 */
static nx_result bind_pending(struct nx_enrolment *e, struct nx_house *house)
{
    struct nx_credential pin = {.type = NX_CREDENTIAL_PIN,
                                .state = NX_CREDENTIAL_ACTIVE,
                                .bound_at = e->bound_at,
                                .verifier = e->verifier};
    memcpy(pin.person.s, e->person, sizeof pin.person.s);
    memcpy(pin.qid.s, e->qid, sizeof pin.qid.s);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, house->registry, NX_DURABLE));
    NX_TRY(nx_qr_identity_bind_key(house->registry, e->qid, e->jwk, e->thumbprint, NX_QR_PENDING));
    NX_TRY(nx_qr_identity_set_label(house->registry, e->qid, e->label));
    NX_TRY(nx_credential_set(house->registry, &pin));
    NX_TRY(nx_audit_append(
        house->registry,
        &(struct nx_audit_entry){.actor = "system", .type = "qr.key-bound", .subject = e->person}));
    return nx_registry_commit(&change);
}

static nx_result ask_for_digits(struct nx_enrolment *e, nx_arena *a)
{
    char *digits = nx_arena_alloc(a, NX_QR_DIGITS + 1);
    NX_NEED(digits);
    NX_TRY(nx_qr_make_digits(digits, NX_QR_DIGITS));
    e->digits = digits;
    return NX_OK;
}

NX_FALLIBLE nx_enrol_finish(struct nx_enrol_done *out, nx_arena *a, struct nx_house *house, const char *proof,
                            const nx_secret *pin, const char *label, nx_time *server_time)
{
    struct nx_enrolment e;
    NX_AUTO_QR_PROOF(p);
    NX_TRY(find_of_proof(&e, a, house, proof));
    NX_TRY(nx_qr_proof_open_enrol(&p, a, house, proof, e.enrolment, e.nonce, server_time));
    NX_TRY(check_key(&e, a, house, &p));
    NX_TRY(check_label(&e, a, label));
    NX_TRY(check_pin(&e, a, house, pin));
    if (!e.pending) NX_TRY(ask_for_digits(&e, a));
    NX_TRY(nx_enrol_step(&e, a, house, NX_ORDER_APPROVED));
    if (e.pending) {
        NX_TRY(bind_pending(&e, house));
        NX_TRY(nx_enrol_step(&e, a, house, NX_ORDER_DONE));
    }
    *out = (struct nx_enrol_done){
        .qid = e.qid, .digits = e.digits, .expires_in = (e.o.deadline_ms - e.o.now_ms) / 1000};
    return seal_id(&out->watch, a, house, e.o.id.s, NX_LIT(WATCH_HOLDER));
}

NX_FALLIBLE nx_enrol_watch(const char **state, const char **reason, nx_arena *a, struct nx_house *house,
                           nx_span watch)
{
    struct nx_handle h;
    struct nx_enrolment e;
    NX_REQUIRE(nx_ok(nx_handle_open(&h, house->master, NX_HANDLE_ENROL, NX_LIT(WATCH_HOLDER), watch)),
               NX_ERR_QR_MALFORMED);
    *state = "dead";
    *reason = "expired";
    nx_result r = nx_enrol_find(&e, a, house, h.id.s);
    if (r.e == NX_ERR_QR_ENROLMENT_GONE) return NX_OK;
    NX_TRY(r);
    *reason = NULL;
    if (e.o.state == NX_ORDER_DONE)
        *state = e.pending ? "pending" : "done";
    else if (e.o.state == NX_ORDER_DEAD)
        *reason = nx_arena_strdup(a, nx_qr_why(&e.o));
    else
        *state = "digits";
    return NX_OK;
}
