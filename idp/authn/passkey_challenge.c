/* Challenges, and what a script is told to ask the authenticator. */
#include "authn/passkey_answer.h"
#include "base/pack.h"
#include "crypto/random.h"
#include "sessions/ticket.h"

#define BODY_VERSION 1
#define BODY_MAX 512

enum { TAG_PURPOSE = 1, TAG_ABOUT, TAG_CHALLENGE };

nx_result nx_passkey_challenge(struct nx_passkey_challenge *out, struct nx_house *house, nx_arena *a,
                               const struct nx_passkey_scene *scene)
{
    uint8_t challenge[NX_WEBAUTHN_CHALLENGE_LEN];
    nx_buf b;
    NX_TRY(nx_random(challenge, sizeof challenge));
    nx_b64u_encode(out->text, nx_span_of(challenge, sizeof challenge));
    nx_buf_init(&b, a, BODY_MAX);
    nx_pack_begin(&b, BODY_VERSION);
    nx_pack_number(&b, TAG_PURPOSE, scene->purpose);
    nx_pack_text(&b, TAG_ABOUT, scene->about);
    nx_pack_bytes(&b, TAG_CHALLENGE, nx_span_of(challenge, sizeof challenge));
    NX_TRY(nx_buf_done(&b));
    return nx_ticket_make(&out->ticket, house->store, a, NX_HANDLE_PASSKEY, scene->browser, nx_buf_span(&b),
                          NX_PASSKEY_CHALLENGE_S);
}

nx_result nx_passkey_challenge_take(uint8_t *challenge, struct nx_house *house, nx_arena *a,
                                    const struct nx_passkey_scene *scene, nx_span ticket)
{
    struct nx_ticket t;
    enum nx_found found;
    nx_pack p;
    nx_result r = nx_ticket_take(house->store, a, NX_HANDLE_PASSKEY, scene->browser, ticket, &t, &found);
    NX_REQUIRE(r.e != NX_ERR_HANDLE, NX_ERR_PASSKEY_CHALLENGE);
    NX_TRY(r);
    NX_REQUIRE(found == NX_FOUND, NX_ERR_PASSKEY_CHALLENGE);
    NX_TRY(nx_pack_open(&p, t.body));
    nx_span bytes = nx_pack_get(&p, TAG_CHALLENGE);
    bool same = nx_pack_get_number(&p, TAG_PURPOSE, 0) == scene->purpose &&
                nx_span_eq_str(nx_pack_get(&p, TAG_ABOUT), scene->about) &&
                bytes.n == NX_WEBAUTHN_CHALLENGE_LEN;
    NX_REQUIRE(same, NX_ERR_PASSKEY_CHALLENGE);
    memcpy(challenge, bytes.p, bytes.n);
    return NX_OK;
}

/* ---- options
 * ------------------------------------------------------------------------------------------------ */

/* Nothing in it depends on who asks. */
nx_result nx_passkey_request_json(json_t **out, struct nx_house *house, nx_arena *a,
                                  const struct nx_passkey_challenge *c)
{
    struct nx_webauthn_expect x = nx_passkey_expect(house, a, false);
    NX_NEED(x.rp_id);
    *out = json_pack("{s:s, s:s, s:i, s:s}", "challenge", c->text, "rpId", x.rp_id, "timeout",
                     NX_PASSKEY_CHALLENGE_S * 1000, "userVerification", "required");
    NX_NEED(*out);
    return NX_OK;
}

/* {"type","id","transports"} of each passkey that serves the same purpose. */
static nx_result add_excluded(json_t *options, struct nx_house *house, nx_arena *a,
                              const struct nx_passkey_holder *h)
{
    struct nx_passkey *list;
    size_t n;
    json_t *excluded = json_array();
    NX_REQUIRE(json_object_set_new(options, "excludeCredentials", excluded) == 0, NX_ERR_MEMORY);
    NX_TRY(nx_passkey_list(house->registry, a, h->person, &list, &n));
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i].qid.s, h->qid ? h->qid : "") != 0) continue;
        const char *id = nx_b64u_dup(a, list[i].credential_id);
        NX_NEED(id);
        json_t *item = json_pack("{s:s, s:s}", "type", "public-key", "id", id);
        NX_REQUIRE(item && json_array_append_new(excluded, item) == 0, NX_ERR_MEMORY);
    }
    return NX_OK;
}

/* A statement about the model is a trait that could tell people apart: asked for only where a row would
 * believe it. */
static nx_result add_attestation(json_t *options, struct nx_house *house)
{
    bool trusted;
    NX_TRY(nx_passkey_models_trusted(house->registry, &trusted));
    int set = json_object_set_new(options, "attestation", json_string(trusted ? "direct" : "none"));
    NX_REQUIRE(set == 0, NX_ERR_MEMORY);
    return NX_OK;
}

/* Signing in names nobody, so the credential must be one that the authenticator finds by itself; the one of a
 * phone stays in that phone. */
static json_t *selection(bool phone)
{
    if (phone)
        return json_pack("{s:s, s:s, s:s}", "authenticatorAttachment", "platform", "residentKey",
                         "discouraged", "userVerification", "required");
    return json_pack("{s:s, s:b, s:s}", "residentKey", "required", "requireResidentKey", 1,
                     "userVerification", "required");
}

nx_result nx_passkey_creation_json(json_t **out, struct nx_house *house, nx_arena *a,
                                   const struct nx_passkey_challenge *c, const struct nx_passkey_holder *h)
{
    uint8_t handle[NX_USER_HANDLE_LEN];
    char user[NX_B64U_LEN(NX_USER_HANDLE_LEN) + 1];
    struct nx_webauthn_expect x = nx_passkey_expect(house, a, h->qid != NULL);
    NX_NEED(x.rp_id);
    NX_TRY(nx_passkey_handle(house->registry, h->person, handle));
    nx_b64u_encode(user, nx_span_of(handle, sizeof handle));
    NX_AUTO_JSON options = json_pack(
        "{s:{s:s, s:s}, s:{s:s, s:s, s:s}, s:s, s:[{s:s, s:i}, {s:s, s:i}, {s:s, s:i}], s:i, s:o}", "rp",
        "id", x.rp_id, "name", "NIXA", "user", "id", user, "name", h->user_name, "displayName", h->name,
        "challenge", c->text, "pubKeyCredParams", "type", "public-key", "alg", -7, "type", "public-key",
        "alg", -8, "type", "public-key", "alg", NX_COSE_RS256, "timeout", NX_PASSKEY_CHALLENGE_S * 1000,
        "authenticatorSelection", selection(h->qid != NULL));
    NX_NEED(options);
    NX_TRY(add_excluded(options, house, a, h));
    NX_TRY(add_attestation(options, house));
    *out = json_incref(options);
    return NX_OK;
}
