#include "operate/credentials.h"

#include "crypto/jwk.h"
#include "operate/page.h"
#include "policies/level.h"
#include "qr/enrol.h"
#include "qr/issue.h"
#include "qr/pin.h"
#include "registry/audit.h"
#include "registry/credential.h"
#include "registry/person.h"
#include "registry/qr_identity.h"
#include "sessions/signon.h"

static json_t *qr_json(const struct nx_qr_identity *q)
{
    json_t *j = json_pack("{s:s,s:s,s:s,s:s?,s:s?,s:b}", "id", q->qid.s, "status",
                          nx_qr_status_name(q->status), "kind", nx_qr_kind_name(q->kind), "label", q->label,
                          "key_thumbprint", q->thumbprint, "primary", q->primary);
    if (!j) return NULL;
    nx_operate_time(j, "issued_at", q->issued);
    nx_operate_time(j, "expires_at", q->expires);
    nx_operate_time(j, "used_at", q->used);
    return j;
}

nx_result nx_operate_qr_list(json_t **out, struct nx_operate_call *c, const char *person)
{
    struct nx_person p;
    struct nx_qr_identity *v;
    size_t n;
    NX_AUTO_JSON items = json_array();
    NX_NEED(items);
    NX_TRY(nx_operate_person(&p, c, person));
    NX_TRY(nx_qr_identity_list(c->house->registry, c->arena, p.id.s, &v, &n));
    for (size_t i = 0; i < n; i++)
        NX_REQUIRE(json_array_append_new(items, qr_json(&v[i])) == 0, NX_ERR_MEMORY);
    *out = nx_operate_list(NX_STEAL(items), NULL);
    NX_NEED(*out);
    return NX_OK;
}

bool nx_operate_qr_hashes(const json_t *body)
{
    const char *kind = nx_json_str(body, "kind");
    return kind && strcmp(kind, "paper") == 0;
}

/* The public key as it is kept: canonical, and nothing but public members. */
static nx_result read_key(struct nx_qr_identity *q, struct nx_operate_call *c, const json_t *jwk)
{
    NX_AUTO(nx_jwk) key = NULL;
    NX_TRY(nx_jwk_from_json(&key, jwk));
    NX_REQUIRE(nx_jwk_kty(key) == NX_KTY_EC, NX_ERR_JWK);
    NX_AUTO_JSON canonical = nx_jwk_public(key);
    NX_NEED(canonical);
    q->jwk = nx_json_dump(c->arena, canonical);
    q->thumbprint = nx_arena_strdup(c->arena, nx_jwk_thumbprint(key));
    NX_REQUIRE(q->jwk && q->thumbprint, NX_ERR_MEMORY);
    return NX_OK;
}

static nx_result read_body(struct nx_qr_identity *q, struct nx_operate_call *c, const struct nx_person *p,
                           const json_t *body)
{
    const char *kind = nx_json_str(body, "kind");
    const json_t *jwk = json_object_get(body, "jwk");
    *q = (struct nx_qr_identity){.person = p->id, .bound_at = NX_M1, .label = nx_json_str(body, "label")};
    if (!kind || !nx_ok(nx_qr_kind_of(&q->kind, nx_span_str(kind))))
        return nx_operate_refuse(c, NX_ERR_UNKNOWN, "kind: device or paper");
    if (q->kind == NX_QR_PAPER && jwk) return nx_operate_refuse(c, NX_ERR_RANGE, "jwk: paper has no key");
    q->expires = nx_now() + c->house->settings->qr_identity_ttl_s;
    q->status = q->kind == NX_QR_PAPER ? NX_QR_ACTIVE : NX_QR_PENDING;
    return jwk ? read_key(q, c, jwk) : NX_OK;
}

static nx_result write_texts(json_t *j, struct nx_operate_call *c, const struct nx_qr_identity *q)
{
    struct nx_qr_texts texts;
    NX_TRY(nx_qr_issue(&texts, c->arena, c->house, q, nx_now()));
    json_object_set_new(j, "handle", json_string(texts.handle));
    json_object_set_new(j, "card", json_string(texts.card));
    return NX_OK;
}

/* A new PIN and its verifier, made before the change begins: no change stays open for as long as a hash
 * takes. */
static nx_result make_pin(nx_secret *pin, nx_phc *phc, struct nx_operate_call *c, const struct nx_person *p)
{
    NX_TRY(nx_pin_make(pin, p->birthdate));
    return nx_pin_hash(phc, c->house, pin);
}

static nx_result store_pin(struct nx_operate_call *c, const struct nx_qr_identity *q, const nx_phc *phc)
{
    struct nx_credential pin = {.person = q->person,
                                .qid = q->qid,
                                .type = NX_CREDENTIAL_PIN,
                                .state = NX_CREDENTIAL_ACTIVE,
                                .bound_at = q->bound_at,
                                .verifier = phc->s};
    return nx_credential_set(c->house->registry, &pin);
}

static nx_result write_link(json_t *j, struct nx_operate_call *c, const struct nx_qr_identity *q)
{
    struct nx_enrolment e;
    char *link;
    const struct nx_enrol_ask ask = {.person = q->person.s, .qid = q->qid.s, .bound_at = q->bound_at};
    NX_TRY(nx_enrol_begin(&e, &link, c->arena, c->house, &ask));
    json_object_set_new(j, "enrolment", json_string(link));
    return NX_OK;
}

/* What comes with the identity; a failure takes the identity back. phc: of its PIN, NULL for a device. */
static nx_result write_rest(json_t *j, struct nx_operate_call *c, const struct nx_qr_identity *q,
                            const nx_phc *phc)
{
    if (q->kind == NX_QR_DEVICE && !q->jwk) return write_link(j, c, q);
    if (phc) NX_TRY(store_pin(c, q, phc));
    return write_texts(j, c, q);
}

static nx_result make_identity(json_t **out, struct nx_operate_call *c, struct nx_qr_identity *q,
                               const nx_phc *phc)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_qr_identity_create(c->house->registry, q));
    NX_TRY(nx_operate_audit(c, "qr.created", q->person.s,
                            json_pack("{s:s,s:s}", "qid", q->qid.s, "kind", nx_qr_kind_name(q->kind))));
    NX_AUTO_JSON j = json_pack("{s:s}", "id", q->qid.s);
    NX_NEED(j);
    NX_TRY(write_rest(j, c, q, phc));
    NX_TRY(nx_registry_commit(&change));
    *out = NX_STEAL(j);
    return NX_OK;
}

nx_result nx_operate_qr_create(json_t **out, struct nx_operate_call *c, const char *person,
                               const json_t *body)
{
    struct nx_person p;
    struct nx_qr_identity q;
    nx_phc phc;
    NX_AUTO_SECRET(pin);
    NX_TRY(nx_person_get(c->house->registry, c->arena, person, &p));
    NX_TRY(read_body(&q, c, &p, body));
    bool paper = q.kind == NX_QR_PAPER;
    if (paper) NX_TRY(make_pin(&pin, &phc, c, &p));
    NX_TRY(make_identity(out, c, &q, paper ? &phc : NULL));
    if (paper) json_object_set_new(*out, "pin", json_stringn((const char *)pin.bytes, pin.n));
    return NX_OK;
}

static json_t *amr_json(unsigned means)
{
    const char *amr[NX_AMR_MAX];
    size_t n = nx_amr_of_means(amr, means);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(amr[i]));
    return list;
}

static json_t *clients_json(const struct nx_signon *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->client_count; i++)
        json_array_append_new(list, json_string(s->clients[i]));
    return list;
}

static json_t *session_json(const struct nx_signon *s)
{
    json_t *j = json_pack("{s:s,s:s,s:s?,s:s,s:o,s:o,s:s?,s:s?}", "id", s->id.s, "subject", s->subject, "acr",
                          nx_acr_of_level((enum nx_level)s->level), "level",
                          nx_level_text((enum nx_level)s->level), "amr", amr_json(s->means), "client_ids",
                          clients_json(s), "qr_id", s->qid, "agent", s->agent);
    if (!j) return NULL;
    nx_operate_time(j, "created", s->created);
    nx_operate_time(j, "last_seen", s->last_seen);
    nx_operate_time(j, "expires", s->expires);
    return j;
}

static nx_result append_sessions(json_t *items, struct nx_operate_call *c, const char *subject)
{
    struct nx_signon_list list;
    NX_TRY(nx_signon_list(c->house->store, c->arena, subject, &list));
    for (size_t i = 0; i < list.n; i++)
        NX_REQUIRE(json_array_append_new(items, session_json(&list.v[i])) == 0, NX_ERR_MEMORY);
    return NX_OK;
}

nx_result nx_operate_session_list(json_t **out, struct nx_operate_call *c, const char *subject)
{
    NX_AUTO_JSON items = json_array();
    NX_NEED(items);
    if (nx_id_valid(nx_span_str(subject))) NX_TRY(append_sessions(items, c, subject));
    *out = nx_operate_list(NX_STEAL(items), NULL);
    NX_NEED(*out);
    return NX_OK;
}

static bool seen_before(const struct nx_audit_page *page, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (strcmp(page->v[j].subject, page->v[i].subject) == 0) return true;
    return false;
}

nx_result nx_operate_session_recent(json_t **out, struct nx_operate_call *c)
{
    const struct nx_audit_query q = {.type = "session.started", .limit = NX_PAGE_MAX};
    struct nx_audit_page page;
    NX_AUTO_JSON items = json_array();
    NX_NEED(items);
    NX_TRY(nx_audit_list(c->house->registry, c->arena, &q, &page));
    for (size_t i = 0; i < page.n && json_array_size(items) < NX_PAGE_MAX; i++) {
        NX_REQUIRE(page.v[i].subject, NX_ERR_REGISTRY);
        if (!seen_before(&page, i)) NX_TRY(append_sessions(items, c, page.v[i].subject));
    }
    *out = nx_operate_list(NX_STEAL(items), NULL);
    NX_NEED(*out);
    return NX_OK;
}
