#include "operate/second.h"

#include "authn/one_time.h"
#include "base/text.h"
#include "policies/level.h"
#include "registry/credential.h"
#include "registry/person.h"
#include "revoke/revoke.h"
#include "sessions/signon.h"

/* ---- listing ---- */

static nx_result append(json_t *items, json_t *item, nx_time created, nx_time used)
{
    NX_NEED(item);
    nx_operate_time(item, "created_at", created);
    nx_operate_time(item, "used_at", used);
    NX_REQUIRE(json_array_append_new(items, item) == 0, NX_ERR_MEMORY);
    return NX_OK;
}

static const char *state_name(bool active)
{
    return active ? "active" : "pending";
}

static nx_result append_password(json_t *items, struct nx_operate_call *c, const char *person)
{
    struct nx_credential p;
    nx_result r = nx_credential_get(c->house->registry, c->arena, person, NULL, NX_CREDENTIAL_PASSWORD, &p);
    if (r.e == NX_ERR_NOT_FOUND) return NX_OK;
    NX_TRY(r);
    json_t *item = json_pack("{s:s, s:s, s:s, s:s}", "id", p.id.s, "type", "password", "state",
                             state_name(p.state == NX_CREDENTIAL_ACTIVE), "level",
                             nx_level_text((enum nx_level)p.bound_at));
    return append(items, item, p.created, p.used);
}

static nx_result append_generators(json_t *items, struct nx_operate_call *c, const char *person)
{
    struct nx_one_time *list;
    size_t n;
    NX_TRY(nx_one_time_list(c->house->registry, c->arena, person, &list, &n));
    for (size_t i = 0; i < n; i++) {
        json_t *item = json_pack("{s:s, s:s, s:s, s:s, s:s?}", "id", list[i].id.s, "type",
                                 nx_one_time_kind_name(list[i].kind), "state",
                                 state_name(list[i].state == NX_ONE_TIME_ACTIVE), "level",
                                 nx_level_text((enum nx_level)list[i].bound_at), "label", list[i].label);
        NX_TRY(append(items, item, list[i].created, list[i].used));
    }
    return NX_OK;
}

static nx_result append_recovery(json_t *items, struct nx_operate_call *c, const char *person)
{
    int64_t left;
    nx_time created;
    NX_TRY(nx_recovery_count(c->house->registry, person, &left, &created));
    if (!created) return NX_OK;
    json_t *item = json_pack("{s:s, s:s, s:s, s:s, s:I}", "id", "recovery", "type", "recovery", "state",
                             "active", "level", "m1", "left", (json_int_t)left);
    return append(items, item, created, 0);
}

nx_result nx_operate_credential_list(json_t **out, struct nx_operate_call *c, const char *person)
{
    struct nx_person p;
    NX_AUTO_JSON items = json_array();
    NX_NEED(items);
    NX_TRY(nx_operate_person(&p, c, person));
    NX_TRY(append_password(items, c, p.id.s));
    NX_TRY(append_generators(items, c, p.id.s));
    NX_TRY(append_recovery(items, c, p.id.s));
    *out = nx_operate_list(NX_STEAL(items), NULL);
    NX_NEED(*out);
    return NX_OK;
}

/* ---- making ---- */

static nx_result read_body(struct nx_one_time_ask *ask, struct nx_operate_call *c, const json_t *body)
{
    const char *type = nx_json_str(body, "type");
    ask->label = nx_json_str(body, "label");
    if (!type || !nx_ok(nx_one_time_kind_of(&ask->kind, nx_span_str(type))))
        return nx_operate_refuse(c, NX_ERR_UNKNOWN, "type: totp or hotp");
    bool fits = !ask->label ||
                (strlen(ask->label) <= NX_ONE_TIME_LABEL_MAX && nx_utf8_printable(nx_span_str(ask->label)));
    if (!fits) return nx_operate_refuse(c, NX_ERR_RANGE, "label: at most 64 printable bytes");
    return NX_OK;
}

nx_result nx_operate_credential_create(json_t **out, struct nx_operate_call *c, const char *person,
                                       const json_t *body)
{
    struct nx_person p;
    struct nx_one_time made;
    const char *uri;
    NX_TRY(nx_operate_person(&p, c, person));
    struct nx_one_time_ask ask = {.person = p.id.s, .user_name = p.user_name, .bound_at = p.proofing};
    NX_TRY(read_body(&ask, c, body));
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_one_time_make(&made, &uri, c->house, c->arena, &ask));
    NX_TRY(nx_operate_audit(
        c, "one-time.created", p.id.s,
        json_pack("{s:s, s:s}", "credential", made.id.s, "type", nx_one_time_kind_name(made.kind))));
    NX_AUTO_JSON j = json_pack("{s:s, s:s}", "id", made.id.s, "otpauth_uri", uri);
    NX_NEED(j);
    NX_TRY(nx_registry_commit(&change));
    *out = NX_STEAL(j);
    return NX_OK;
}

/* ---- removing ---- */

static nx_result forget(struct nx_operate_call *c, const char *person, const char *id)
{
    struct nx_one_time *list;
    size_t n;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_one_time_delete(c->house->registry, person, id));
    NX_TRY(nx_one_time_list(c->house->registry, c->arena, person, &list, &n));
    if (n == 0) NX_TRY(nx_always_second_set(c->house->registry, person, false));
    NX_TRY(nx_operate_audit(c, "one-time.removed", person, json_pack("{s:s}", "credential", id)));
    return nx_registry_commit(&change);
}

static nx_result end_sessions(struct nx_operate_call *c, const char *person)
{
    struct nx_signon_list list;
    NX_TRY(nx_signon_list(c->house->store, c->arena, person, &list));
    for (size_t i = 0; i < list.n; i++) {
        if (!(list.v[i].means & NX_MEANS_OTP)) continue;
        const struct nx_revoke_order order = {.act = NX_REVOKE,
                                              .scope = NX_REVOKE_SESSION,
                                              .target = list.v[i].id.s,
                                              .subject = person,
                                              .reason = "second factor removed",
                                              .actor = c->actor};
        nx_result r = nx_revoke(c->house, c->arena, &order, NULL);
        NX_REQUIRE(nx_ok(r) || r.e == NX_ERR_NOT_FOUND, r.e);
    }
    return NX_OK;
}

nx_result nx_operate_credential_delete(struct nx_operate_call *c, const char *person, const char *id)
{
    struct nx_person p;
    NX_REQUIRE(id, NX_ERR_MISSING);
    NX_TRY(nx_operate_person(&p, c, person));
    NX_TRY(forget(c, p.id.s, id));
    return end_sessions(c, p.id.s);
}

/* ---- numbers and mailboxes ---- */

nx_result nx_operate_person_verify(struct nx_operate_call *c, const char *person, bool phone, bool email)
{
    struct nx_person p;
    if (!phone && !email) return nx_operate_refuse(c, NX_ERR_MISSING, "which one: --phone or --email");
    NX_TRY(nx_operate_person(&p, c, person));
    if ((phone && !p.phone) || (email && !p.email))
        return nx_operate_refuse(c, NX_ERR_MISSING, "she has none: it is added by provisioning first");
    p.phone_verified = p.phone_verified || phone;
    p.email_verified = p.email_verified || email;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_person_replace(c->house->registry, &p, p.version));
    NX_TRY(nx_operate_audit(c, "person.verified", p.id.s, json_pack("{s:b, s:b}", "phone", phone, "email", email)));
    return nx_registry_commit(&change);
}
