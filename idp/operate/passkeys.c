#include "operate/passkeys.h"

#include "authn/passkey.h"
#include "registry/passkey.h"
#include "registry/person.h"
#include "revoke/revoke.h"

static const unsigned by_passkey =
    NX_MEANS_PASSKEY_UV | NX_MEANS_PASSKEY_BIOMETRIC | NX_MEANS_QR_UV | NX_MEANS_QR_BIOMETRIC;

nx_result nx_passkey_sessions_end(struct nx_house *house, nx_arena *a, const char *person, const char *reason,
                                  const char *actor)
{
    struct nx_signon_list list;
    NX_TRY(nx_signon_list(house->store, a, person, &list));
    for (size_t i = 0; i < list.n; i++) {
        if (!(list.v[i].means & by_passkey)) continue;
        const struct nx_revoke_order order = {.act = NX_REVOKE,
                                              .scope = NX_REVOKE_SESSION,
                                              .target = list.v[i].id.s,
                                              .subject = person,
                                              .reason = reason,
                                              .actor = actor};
        nx_result r = nx_revoke(house, a, &order, NULL);
        if (r.e != NX_ERR_NOT_FOUND) NX_TRY(r); /* it ended by itself meanwhile */
    }
    return NX_OK;
}

/* ---- of a person
 * -------------------------------------------------------------------------------------------- */

static json_t *passkey_json(const struct nx_passkey *k)
{
    char model[NX_AAGUID_TEXT + 1];
    nx_aaguid_text(model, k->aaguid);
    json_t *j =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:s?}", "id", k->id.s, "name", k->name, "state",
                  nx_passkey_state_name(k->state), "level", nx_level_text((enum nx_level)k->bound_at),
                  "model", model, "attested", k->attested, "backup_eligible", k->backup_eligible,
                  "qr_identity", k->qid.s[0] ? k->qid.s : NULL);
    if (!j) return NULL;
    nx_operate_time(j, "created_at", k->created);
    nx_operate_time(j, "used_at", k->used);
    return j;
}

nx_result nx_operate_passkey_list(json_t **out, struct nx_operate_call *c, const char *person)
{
    struct nx_person p;
    struct nx_passkey *v;
    size_t n;
    NX_AUTO_JSON items = json_array();
    NX_NEED(items);
    NX_TRY(nx_operate_person(&p, c, person));
    NX_TRY(nx_passkey_list(c->house->registry, c->arena, p.id.s, &v, &n));
    for (size_t i = 0; i < n; i++)
        NX_REQUIRE(json_array_append_new(items, passkey_json(&v[i])) == 0, NX_ERR_MEMORY);
    *out = nx_operate_list(NX_STEAL(items), NULL);
    NX_NEED(*out);
    return NX_OK;
}

nx_result nx_operate_passkey_remove(struct nx_operate_call *c, const char *person, const char *id)
{
    struct nx_person p;
    NX_TRY(nx_operate_person(&p, c, person));
    NX_TRY(nx_passkey_remove(c->house, c->arena, p.id.s, id, c->actor));
    return nx_passkey_sessions_end(c->house, c->arena, p.id.s, "its passkey was removed", c->actor);
}

static nx_result set_level(struct nx_operate_call *c, const struct nx_passkey *k, enum nx_level level)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_passkey_set_bound_at(c->house->registry, k->id.s, (int)level));
    NX_TRY(
        nx_operate_audit(c, "passkey.level", k->person.s,
                         json_pack("{s:s, s:s, s:s}", "passkey", k->id.s, "from",
                                   nx_level_text((enum nx_level)k->bound_at), "to", nx_level_text(level))));
    return nx_registry_commit(&change);
}

nx_result nx_operate_passkey_level(struct nx_operate_call *c, const char *person, const char *id,
                                   const json_t *body)
{
    struct nx_person p;
    struct nx_passkey k;
    enum nx_level level = nx_level_of_text(nx_span_str(nx_json_str(body, "level")));
    NX_TRY(nx_operate_person(&p, c, person));
    NX_TRY(nx_passkey_get(c->house->registry, c->arena, id, &k));
    NX_REQUIRE(strcmp(k.person.s, p.id.s) == 0, NX_ERR_NOT_FOUND);
    if (level == NX_LEVEL_NONE || (int)level > p.proofing)
        return nx_operate_refuse(c, NX_ERR_RANGE, "level: m1 to m4, at most the person's proofing");
    NX_TRY(set_level(c, &k, level));
    if ((int)level >= k.bound_at) return NX_OK;
    return nx_passkey_sessions_end(c->house, c->arena, p.id.s, "the level of a passkey was lowered",
                                   c->actor);
}

/* ---- models
 * ------------------------------------------------------------------------------------------------- */

static json_t *model_json(const struct nx_passkey_model *m)
{
    char aaguid[NX_AAGUID_TEXT + 1];
    nx_aaguid_text(aaguid, m->aaguid);
    json_t *j = json_pack("{s:s, s:s, s:b, s:b, s:s}", "aaguid", aaguid, "name", m->name, "allowed",
                          m->allowed, "biometric", m->biometric, "anchors", m->anchors);
    if (j) nx_operate_time(j, "updated_at", m->updated);
    return j;
}

nx_result nx_operate_model_list(json_t **out, struct nx_operate_call *c)
{
    struct nx_passkey_model *v;
    size_t n;
    NX_AUTO_JSON items = json_array();
    NX_NEED(items);
    NX_TRY(nx_passkey_model_list(c->house->registry, c->arena, &v, &n));
    for (size_t i = 0; i < n; i++)
        NX_REQUIRE(json_array_append_new(items, model_json(&v[i])) == 0, NX_ERR_MEMORY);
    *out = nx_operate_list(NX_STEAL(items), NULL);
    NX_NEED(*out);
    return NX_OK;
}

static nx_result read_model(struct nx_passkey_model *m, struct nx_operate_call *c, const char *aaguid,
                            const json_t *body)
{
    const json_t *allowed = json_object_get(body, "allowed"), *biometric = json_object_get(body, "biometric");
    *m =
        (struct nx_passkey_model){.name = nx_json_str(body, "name"), .anchors = nx_json_str(body, "anchors")};
    if (!nx_ok(nx_aaguid_of(m->aaguid, nx_span_str(aaguid))))
        return nx_operate_refuse(c, NX_ERR_SYNTAX,
                                 "the path ends in an AAGUID: 8-4-4-4-12 hexadecimal digits");
    if (!m->name || !json_is_boolean(allowed) || !json_is_boolean(biometric))
        return nx_operate_refuse(c, NX_ERR_SYNTAX, "name, allowed and biometric are required");
    if (!m->anchors) m->anchors = "";
    m->allowed = json_is_true(allowed);
    m->biometric = json_is_true(biometric);
    if (*m->anchors && !nx_webauthn_anchors_ok(m->anchors))
        return nx_operate_refuse(c, NX_ERR_SYNTAX, "anchors: one to sixteen certificates in PEM");
    return NX_OK;
}

nx_result nx_operate_model_set(json_t **out, struct nx_operate_call *c, const char *aaguid,
                               const json_t *body)
{
    struct nx_passkey_model m;
    NX_TRY(read_model(&m, c, aaguid, body));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_passkey_model_set(c->house->registry, &m));
    NX_TRY(nx_operate_audit(
        c, "passkey-model.set", NULL,
        json_pack("{s:s, s:b, s:b}", "aaguid", aaguid, "allowed", m.allowed, "biometric", m.biometric)));
    NX_TRY(nx_registry_commit(&change));
    NX_NEED(*out = model_json(&m));
    return NX_OK;
}

nx_result nx_operate_model_remove(struct nx_operate_call *c, const char *aaguid)
{
    uint8_t bytes[NX_AAGUID_LEN];
    NX_REQUIRE(nx_ok(nx_aaguid_of(bytes, nx_span_str(aaguid))), NX_ERR_NOT_FOUND);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_passkey_model_delete(c->house->registry, bytes));
    NX_TRY(nx_operate_audit(c, "passkey-model.removed", NULL, json_pack("{s:s}", "aaguid", aaguid)));
    return nx_registry_commit(&change);
}
