/* A proof is taken apart by hand: its header has one of two exact forms, and nothing in it chooses how it is
 * verified. */
#include "qr/proof.h"

#include "base/secret.h"
#include "base/text.h"
#include "sessions/guard.h"

static const struct {
    const char *typ;
    const char *members;
} labels[] = {
#define X(name, typ, members) {typ, members},
#include "qr/proof.def"
#undef X
};

/* The three segments, decoded. */
struct pieces {
    nx_span input; /* header.payload as signed */
    json_t *header;
    json_t *payload;
    nx_span signature;
};

static void pieces_clear(struct pieces *p)
{
    json_decref(p->header);
    json_decref(p->payload);
}

void nx_qr_proof_clear(struct nx_qr_proof *p)
{
    nx_jwk_close(p->key);
    json_decref(p->payload);
    *p = (struct nx_qr_proof){.key = NULL};
}

static nx_result read_object(json_t **out, nx_arena *a, nx_span segment)
{
    nx_span text;
    NX_REQUIRE(nx_ok(nx_b64u_decode_dup(&text, a, segment)), NX_ERR_QR_MALFORMED);
    NX_REQUIRE(nx_ok(nx_json_parse_object(out, text)), NX_ERR_QR_MALFORMED);
    return NX_OK;
}

static nx_result split(struct pieces *out, nx_arena *a, const char *text)
{
    nx_span whole = nx_span_str(text), rest = whole, header, payload, signature;
    NX_REQUIRE(whole.n > 0 && whole.n <= NX_QR_PROOF_MAX, NX_ERR_QR_MALFORMED);
    bool three = nx_span_cut(&rest, '.', &header) && nx_span_cut(&rest, '.', &payload) &&
                 nx_span_cut(&rest, '.', &signature) && !rest.p;
    NX_REQUIRE(three, NX_ERR_QR_MALFORMED);
    out->input = nx_span_of(whole.p, header.n + 1 + payload.n);
    NX_TRY(read_object(&out->header, a, header));
    NX_TRY(read_object(&out->payload, a, payload));
    NX_REQUIRE(nx_ok(nx_b64u_decode_dup(&out->signature, a, signature)), NX_ERR_QR_MALFORMED);
    return NX_OK;
}

NX_FALLIBLE nx_qr_proof_peek(const char **out, nx_arena *a, const char *text, const char *member)
{
    __attribute__((cleanup(pieces_clear))) struct pieces s = {.header = NULL};
    NX_REQUIRE(text, NX_ERR_QR_MALFORMED);
    NX_TRY(split(&s, a, text));
    const char *value = nx_json_str(s.payload, member);
    NX_REQUIRE(value, NX_ERR_QR_MALFORMED);
    *out = nx_arena_strdup(a, value);
    NX_NEED(*out);
    return NX_OK;
}

static bool text_is(const json_t *object, const char *member, const char *wanted)
{
    const char *text = nx_json_str(object, member);
    return text && strcmp(text, wanted) == 0;
}

/* Exactly alg, typ and the member that names the key (RFC 8725 section 3.11: the typ is checked first). */
static nx_result check_header(const json_t *header, enum nx_qr_proof_label label, const char *key_member)
{
    NX_REQUIRE(text_is(header, "typ", labels[label].typ), NX_ERR_QR_PROOF);
    NX_REQUIRE(text_is(header, "alg", "ES256"), NX_ERR_QR_PROOF);
    NX_REQUIRE(json_object_size(header) == 3 && json_object_get(header, key_member), NX_ERR_QR_MALFORMED);
    return NX_OK;
}

/* aud, iat, jti and the label's own members, no others. */
static nx_result check_members(const json_t *payload, enum nx_qr_proof_label label)
{
    size_t count = 3;
    nx_span rest = nx_span_str(labels[label].members), name;
    while (rest.n && nx_span_cut(&rest, ' ', &name)) {
        NX_REQUIRE(json_object_getn(payload, (const char *)name.p, name.n), NX_ERR_QR_MALFORMED);
        count++;
    }
    NX_REQUIRE(json_object_size(payload) == count, NX_ERR_QR_MALFORMED);
    NX_REQUIRE(json_is_integer(json_object_get(payload, "iat")), NX_ERR_QR_MALFORMED);
    const char *jti = nx_json_str(payload, "jti");
    NX_REQUIRE(jti && strlen(jti) == NX_QR_PROOF_JTI_LEN, NX_ERR_QR_MALFORMED);
    return NX_OK;
}

/* Rule 9: a node further off the store's clock than 2 s is not ready, so this node's clock serves for a
 * minute's window. */
static nx_result check_moment(const json_t *payload, nx_time *server_time)
{
    nx_time now = nx_now(), iat = (nx_time)nx_json_int(payload, "iat", 0);
    *server_time = now;
    NX_REQUIRE(iat >= now - NX_QR_PROOF_SKEW_S && iat <= now + NX_QR_PROOF_SKEW_S, NX_ERR_QR_CLOCK);
    return NX_OK;
}

static nx_result check_first_use(struct nx_house *house, const json_t *payload, const char *holder)
{
    nx_time iat = (nx_time)nx_json_int(payload, "iat", 0);
    bool first = false;
    NX_TRY(nx_guard_once(house->store,
                         &(struct nx_guard){.purpose = "wallet",
                                            .holder = holder,
                                            .value = nx_span_str(nx_json_str(payload, "jti")),
                                            .issued = iat,
                                            .expires = iat + 2 * NX_QR_PROOF_SKEW_S},
                         &first));
    NX_REQUIRE(first, NX_ERR_QR_REPLAYED);
    return NX_OK;
}

NX_FALLIBLE nx_qr_usable(const struct nx_qr_identity *q, nx_time now)
{
    switch (q->status) {
    case NX_QR_PENDING:
        NX_FAIL(NX_ERR_QR_PENDING);
    case NX_QR_SUSPENDED:
        NX_FAIL(NX_ERR_QR_SUSPENDED);
    case NX_QR_REVOKED:
        NX_FAIL(NX_ERR_QR_REVOKED);
    case NX_QR_ACTIVE:
        NX_REQUIRE(q->expires > now, NX_ERR_QR_EXPIRED);
        return NX_OK;
    }
    NX_FAIL(NX_ERR_QR_REVOKED);
}

/* Who signed: the registry's key of that qid. A qid that nobody has and one without a key are answered like a
 * wrong signature. */
static nx_result find_key(struct nx_qr_proof *out, nx_arena *a, struct nx_house *house, const char *qid)
{
    NX_REQUIRE(qid && nx_id_valid(nx_span_str(qid)), NX_ERR_QR_PROOF);
    nx_result r = nx_qr_identity_get(house->registry, a, qid, &out->who);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_QR_PROOF);
    NX_TRY(r);
    NX_REQUIRE(out->who.kind == NX_QR_DEVICE && out->who.jwk, NX_ERR_QR_PROOF);
    return nx_jwk_parse(&out->key, nx_span_str(out->who.jwk));
}

static nx_result check_signature(const struct nx_qr_proof *p, const struct pieces *s)
{
    NX_REQUIRE(nx_ok(nx_jwk_verify(p->key, NX_ALG_ES256, s->input, s->signature)), NX_ERR_QR_PROOF);
    return NX_OK;
}

NX_FALLIBLE nx_qr_proof_open(struct nx_qr_proof *out, nx_arena *a, struct nx_house *house,
                             enum nx_qr_proof_label label, const char *text, bool any, nx_time *server_time)
{
    __attribute__((cleanup(pieces_clear))) struct pieces s = {.header = NULL};
    NX_REQUIRE(text, NX_ERR_QR_MALFORMED);
    NX_TRY(split(&s, a, text));
    NX_TRY(check_header(s.header, label, "kid"));
    NX_TRY(find_key(out, a, house, nx_json_str(s.header, "kid")));
    NX_TRY(check_signature(out, &s));
    NX_TRY(check_members(s.payload, label));
    NX_REQUIRE(text_is(s.payload, "aud", house->issuer), NX_ERR_QR_PROOF);
    NX_TRY(check_moment(s.payload, server_time));
    if (!any) NX_TRY(nx_qr_usable(&out->who, nx_now()));
    NX_TRY(check_first_use(house, s.payload, out->who.qid.s));
    out->payload = NX_STEAL(s.payload);
    out->text = text;
    return NX_OK;
}

static nx_result device_key(nx_jwk **out, const json_t *header)
{
    nx_result r = nx_jwk_from_json(out, json_object_get(header, "jwk"));
    NX_REQUIRE(r.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    NX_REQUIRE(nx_ok(r) && nx_alg_fits(NX_ALG_ES256, nx_jwk_evp(*out)), NX_ERR_QR_KEY);
    return NX_OK;
}

static bool text_equal_ct(const json_t *payload, const char *member, const char *wanted)
{
    const char *text = nx_json_str(payload, member);
    return text && nx_ct_equal(nx_span_str(text), nx_span_str(wanted));
}

NX_FALLIBLE nx_qr_proof_open_enrol(struct nx_qr_proof *out, nx_arena *a, struct nx_house *house,
                                   const char *text, const char *enrolment, const char *nonce,
                                   nx_time *server_time)
{
    __attribute__((cleanup(pieces_clear))) struct pieces s = {.header = NULL};
    NX_REQUIRE(text, NX_ERR_QR_MALFORMED);
    NX_TRY(split(&s, a, text));
    NX_TRY(check_header(s.header, NX_QR_PROOF_ENROL, "jwk"));
    NX_TRY(device_key(&out->key, s.header));
    NX_TRY(check_signature(out, &s));
    NX_TRY(check_members(s.payload, NX_QR_PROOF_ENROL));
    NX_REQUIRE(text_is(s.payload, "aud", house->issuer), NX_ERR_QR_PROOF);
    NX_TRY(check_moment(s.payload, server_time));
    NX_REQUIRE(text_equal_ct(s.payload, "enrolment", enrolment), NX_ERR_QR_PROOF);
    NX_REQUIRE(text_equal_ct(s.payload, "nonce", nonce), NX_ERR_QR_PROOF);
    NX_TRY(check_first_use(house, s.payload, enrolment));
    out->payload = NX_STEAL(s.payload);
    out->text = text;
    return NX_OK;
}
