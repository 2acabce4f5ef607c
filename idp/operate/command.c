/* The commands of nixactl as rows; each reads its arguments out of the request and calls an act. */
#include "operate/approval.h"
#include "operate/command.h"

#include "operate/acts.h"
#include "operate/counters.h"
#include "operate/credentials.h"
#include "operate/demo.h"
#include "operate/kiosks.h"
#include "operate/people.h"
#include "operate/policy.h"
#include "operate/records.h"
#include "operate/second.h"
#include "operate/saml.h"
#include "operate/token.h"
#include "operate/upstreams.h"
#include "registry/person.h"

#include <stdio.h>

#define ARENA_MAX (4u << 20)

struct command {
    struct nx_operate_call call;
    const struct nx_operate_host *host;
    const json_t *request;
};

static const char *text(const struct command *c, const char *member)
{
    return nx_json_str(c->request, member);
}

static struct nx_operate_page page_of(const struct command *c)
{
    return (struct nx_operate_page){.cursor = text(c, "cursor"),
                                    .limit = nx_json_int(c->request, "limit", 0)};
}

static nx_result done(json_t **out, nx_result r)
{
    NX_TRY(r);
    NX_NEED(*out = json_object());
    return NX_OK;
}

static nx_result ping(json_t **out, struct command *c)
{
    (void)c;
    return done(out, NX_OK);
}

static nx_result token_issue(json_t **out, struct command *c)
{
    NX_REQUIRE(text(c, "scope"), NX_ERR_MISSING);
    return nx_operate_token_issue(out, &c->call, text(c, "scope"), nx_json_int(c->request, "ttl", 0));
}

static nx_result token_list(json_t **out, struct command *c)
{
    return nx_operate_token_list(out, &c->call);
}

static nx_result token_revoke(json_t **out, struct command *c)
{
    return done(out, nx_operate_token_revoke(&c->call, text(c, "jti")));
}

static nx_result approval_list(json_t **out, struct command *c)
{
    return nx_operate_approval_list(out, &c->call);
}

static nx_result approve(json_t **out, struct command *c)
{
    return done(out, nx_operate_approve(&c->call, text(c, "id")));
}

static nx_result console_link(json_t **out, struct command *c)
{
    return nx_operate_link_issue(out, &c->call, text(c, "role"));
}

static nx_result person_add(json_t **out, struct command *c)
{
    return nx_operate_person_add(out, &c->call, c->request);
}

static nx_result person_password(json_t **out, struct command *c)
{
    return done(out, nx_operate_person_password(&c->call, text(c, "person"), text(c, "password")));
}

static nx_result person_list(json_t **out, struct command *c)
{
    const struct nx_operate_page page = page_of(c);
    return nx_operate_person_list(out, &c->call, text(c, "filter"), &page);
}

static nx_result person_show(json_t **out, struct command *c)
{
    return nx_operate_person_show(out, &c->call, text(c, "person"));
}

/* The options of `client add` and the metadata members that they are. */
static const struct {
    const char *option;
    const char *member;
} client_rows[] = {
    {"name", "client_name"},
    {"name_vi", "client_name#vi"},
    {"redirect_uri", "redirect_uris"},
    {"post_logout_redirect_uri", "post_logout_redirect_uris"},
    {"backchannel_logout_uri", "backchannel_logout_uri"},
    {"scope", "scope"},
    {"auth_method", "token_endpoint_auth_method"},
    {"tls_subject_dn", "tls_client_auth_subject_dn"},
    {"tls_san_dns", "tls_client_auth_san_dns"},
    {"jwks_uri", "jwks_uri"},
    {"grant_type", "grant_types"},
    {"subject_type", "subject_type"},
    {"id_token_alg", "id_token_signed_response_alg"},
};

static json_t *client_metadata(const json_t *request)
{
    json_t *metadata = json_pack("{s:s}", "scope", "openid profile");
    for (size_t i = 0; metadata && i < sizeof client_rows / sizeof client_rows[0]; i++) {
        json_t *value = json_object_get(request, client_rows[i].option);
        if (value) json_object_set(metadata, client_rows[i].member, value);
    }
    return metadata;
}

static nx_result client_add(json_t **out, struct command *c)
{
    nx_span answer;
    const char *why = NULL;
    NX_REQUIRE(c->host && c->host->register_client, NX_ERR_COMMAND);
    if (text(c, "client_id"))
        return nx_operate_refuse(&c->call, NX_ERR_RANGE,
                                 "client_id: NIXA makes it, so that it is never given twice");
    NX_AUTO_JSON metadata = client_metadata(c->request);
    const char *json = metadata ? nx_json_dump(c->call.arena, metadata) : NULL;
    NX_NEED(json);
    nx_result r = c->host->register_client(&answer, &why, c->call.house, c->call.arena, c->call.actor,
                                           nx_span_str(json));
    c->call.why = why;
    NX_TRY(r);
    NX_TRY(nx_json_parse_object(out, answer));
    json_object_set_new(*out, "issuer", json_string(c->call.house->issuer));
    return NX_OK;
}

static nx_result client_list(json_t **out, struct command *c)
{
    const struct nx_operate_page page = page_of(c);
    return nx_operate_client_list(out, &c->call, &page);
}

static nx_result client_show(json_t **out, struct command *c)
{
    return nx_operate_client_show(out, &c->call, text(c, "client"));
}

static nx_result end(json_t **out, struct command *c, enum nx_revoke_act act)
{
    return nx_operate_end(out, &c->call, act, text(c, "what"), text(c, "id"), text(c, "reason"));
}

static nx_result revoke(json_t **out, struct command *c)
{
    return end(out, c, NX_REVOKE);
}

static nx_result suspend(json_t **out, struct command *c)
{
    return end(out, c, NX_SUSPEND);
}

static nx_result resume(json_t **out, struct command *c)
{
    return end(out, c, NX_RESUME);
}

/* The number of a revocation comes as text from a command line and as a number from a program. */
static nx_result receipt(json_t **out, struct command *c)
{
    int64_t seq = nx_json_int(c->request, "revocation", 0);
    uint64_t number = 0;
    if (text(c, "revocation")) {
        NX_TRY(nx_parse_u64(&number, nx_span_str(text(c, "revocation")), INT64_MAX));
        seq = (int64_t)number;
    }
    return nx_operate_receipt(out, &c->call, seq);
}

static nx_result session_list(json_t **out, struct command *c)
{
    struct nx_person p;
    if (!text(c, "person")) return nx_operate_session_recent(out, &c->call);
    NX_TRY(nx_operate_person(&p, &c->call, text(c, "person")));
    return nx_operate_session_list(out, &c->call, p.id.s);
}

static nx_result qr_list(json_t **out, struct command *c)
{
    return nx_operate_qr_list(out, &c->call, text(c, "person"));
}

static nx_result key_list(json_t **out, struct command *c)
{
    return nx_operate_key_list(out, &c->call);
}

static nx_result key_rotate(json_t **out, struct command *c)
{
    return nx_operate_key_rotate(out, &c->call, text(c, "use"), nx_json_bool(c->request, "now", false));
}

static nx_result audit_list(json_t **out, struct command *c)
{
    const struct nx_operate_audit_query q = {.subject = text(c, "subject"),
                                             .type = text(c, "type"),
                                             .since = text(c, "since"),
                                             .page = page_of(c)};
    return nx_operate_audit_list(out, &c->call, &q);
}

static nx_result audit_verify(json_t **out, struct command *c)
{
    return nx_operate_audit_verify(out, &c->call);
}

static nx_result doctor(json_t **out, struct command *c)
{
    return nx_operate_doctor(out, &c->call);
}

/* The row of the file, with members of its config that stand in files of their own. */
static nx_result upstream_body(const json_t **out, const struct command *c)
{
    static const char *const members[] = {"metadata", "metadata_certificate", "ca"};
    json_t *body = json_object_get(c->request, "file"), *config = json_object_get(body, "config");
    NX_REQUIRE(json_is_object(body), NX_ERR_MISSING);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (text(c, members[i]) && json_is_object(config))
            NX_REQUIRE(json_object_set(config, members[i], json_object_get(c->request, members[i])) == 0, NX_ERR_MEMORY);
    *out = body;
    return NX_OK;
}

static nx_result upstream_add(json_t **out, struct command *c)
{
    const json_t *body;
    NX_TRY(upstream_body(&body, c));
    return nx_operate_upstream_add(out, &c->call, body);
}

static nx_result upstream_set(json_t **out, struct command *c)
{
    const json_t *body;
    NX_TRY(upstream_body(&body, c));
    return nx_operate_upstream_replace(out, &c->call, text(c, "upstream"), body);
}

static nx_result upstream_list(json_t **out, struct command *c)
{
    return nx_operate_upstream_list(out, &c->call);
}

static nx_result upstream_show(json_t **out, struct command *c)
{
    return nx_operate_upstream_show(out, &c->call, text(c, "upstream"));
}

static nx_result upstream_on(json_t **out, struct command *c)
{
    return done(out, nx_operate_upstream_on(&c->call, text(c, "upstream")));
}

static nx_result upstream_off(json_t **out, struct command *c)
{
    return done(out, nx_operate_upstream_off(&c->call, text(c, "upstream"), text(c, "reason")));
}

static nx_result upstream_remove(json_t **out, struct command *c)
{
    return done(out, nx_operate_upstream_remove(&c->call, text(c, "upstream")));
}

static nx_result upstream_check(json_t **out, struct command *c)
{
    return nx_operate_upstream_check(out, &c->call, text(c, "upstream"));
}

static nx_result link_list(json_t **out, struct command *c)
{
    return nx_operate_link_list(out, &c->call, text(c, "person"));
}

static nx_result kiosk_add(json_t **out, struct command *c)
{
    return nx_operate_kiosk_add(out, &c->call, c->request);
}

static nx_result kiosk_list(json_t **out, struct command *c)
{
    const struct nx_operate_page page = page_of(c);
    return nx_operate_kiosk_list(out, &c->call, &page);
}

static nx_result kiosk_revoke(json_t **out, struct command *c)
{
    return done(out, nx_operate_kiosk_revoke(&c->call, text(c, "kiosk"), text(c, "reason")));
}

/* {"metadata": text} or {"url","fingerprint" or "certificate"}; options become terms. */
static nx_result saml_terms(json_t **out, struct command *c)
{
    NX_AUTO_JSON settings = json_object();
    const char *const members[] = {"encrypt", "sign", "signed"};
    NX_NEED(settings);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (text(c, members[i])) json_object_set_new(settings, members[i], json_string(text(c, members[i])));
    if (json_object_get(c->request, "cap"))
        json_object_set(settings, "cap", json_object_get(c->request, "cap"));
    if (nx_json_bool(c->request, "idp_initiated", false)) json_object_set_new(settings, "idp_initiated", json_true());
    if (nx_json_array(c->request, "claim"))
        json_object_set(settings, "claims", json_object_get(c->request, "claim"));
    *out = json_pack("{s:O,s:s*,s:s*,s:s*,s:s*,s:s*}", "settings", settings, "legal_basis", text(c, "legal_basis"),
                     "metadata_url", text(c, "url"), "fingerprint", text(c, "fingerprint"), "certificate",
                     text(c, "certificate"), "entity_id", text(c, "entity_id"));
    NX_NEED(*out);
    return NX_OK;
}

static nx_result saml_add(json_t **out, struct command *c)
{
    NX_AUTO_JSON terms = NULL;
    NX_TRY(saml_terms(&terms, c));
    if (text(c, "url")) return nx_operate_saml_add_url(out, &c->call, terms);
    NX_REQUIRE(text(c, "metadata"), NX_ERR_MISSING);
    return nx_operate_saml_add(out, &c->call, nx_span_str(text(c, "metadata")), terms);
}

static nx_result saml_replace(json_t **out, struct command *c)
{
    NX_REQUIRE(text(c, "metadata"), NX_ERR_MISSING);
    return nx_operate_saml_replace(out, &c->call, text(c, "portal"), nx_span_str(text(c, "metadata")));
}

static nx_result saml_list(json_t **out, struct command *c)
{
    const struct nx_operate_page page = page_of(c);
    return nx_operate_saml_list(out, &c->call, &page);
}

static nx_result saml_show(json_t **out, struct command *c)
{
    return nx_operate_saml_show(out, &c->call, text(c, "portal"));
}

/* --unset NAME, as the option is called: null takes a setting away. */
static void put_unset(json_t *change, const struct command *c)
{
    const json_t *list = nx_json_array(c->request, "unset");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *option = json_string_value(json_array_get(list, i));
        if (!option) continue;
        const char *member = strcmp(option, "claim") == 0           ? "claims"
                             : strcmp(option, "idp-initiated") == 0 ? "idp_initiated"
                             : strcmp(option, "legal-basis") == 0   ? "legal_basis"
                                                                    : option;
        json_object_set_new(change, member, json_null());
    }
}

static nx_result saml_settle(json_t **out, struct command *c)
{
    NX_AUTO_JSON terms = NULL;
    NX_TRY(saml_terms(&terms, c));
    json_t *change = json_object_get(terms, "settings");
    if (text(c, "legal_basis")) json_object_set_new(change, "legal_basis", json_string(text(c, "legal_basis")));
    put_unset(change, c);
    return nx_operate_saml_settle(out, &c->call, text(c, "portal"), change);
}

static nx_result saml_remove(json_t **out, struct command *c)
{
    return done(out, nx_operate_saml_remove(&c->call, text(c, "portal")));
}

static nx_result saml_refresh(json_t **out, struct command *c)
{
    return nx_operate_saml_refresh(out, &c->call, text(c, "portal"));
}

static nx_result saml_check(json_t **out, struct command *c)
{
    NX_REQUIRE(text(c, "metadata"), NX_ERR_MISSING);
    return nx_operate_saml_check(out, &c->call, nx_span_str(text(c, "metadata")));
}

static nx_result policy_dump(json_t **out, struct command *c)
{
    return nx_operate_policy_dump(out, &c->call);
}

static nx_result policy_explain(json_t **out, struct command *c)
{
    const struct nx_operate_explain ask = {.person = text(c, "person"),
                                           .client = text(c, "client"),
                                           .acr = text(c, "acr"),
                                           .essential = nx_json_bool(c->request, "essential", false),
                                           .means = text(c, "means"),
                                           .rung = text(c, "rung")};
    return nx_operate_policy_explain(out, &c->call, &ask);
}

static struct nx_operate_forbid forbid_of(const struct command *c)
{
    return (struct nx_operate_forbid){.organisation = text(c, "organisation"),
                                      .client = text(c, "client"),
                                      .means = text(c, "means"),
                                      .reason = text(c, "reason")};
}

static nx_result policy_forbid(json_t **out, struct command *c)
{
    const struct nx_operate_forbid ask = forbid_of(c);
    return done(out, nx_operate_policy_forbid(&c->call, &ask));
}

static nx_result policy_allow(json_t **out, struct command *c)
{
    const struct nx_operate_forbid ask = forbid_of(c);
    return done(out, nx_operate_policy_allow(&c->call, &ask));
}

static nx_result person_verify(json_t **out, struct command *c)
{
    return done(out, nx_operate_person_verify(&c->call, text(c, "person"), nx_json_bool(c->request, "phone", false),
                                              nx_json_bool(c->request, "email", false)));
}

static nx_result credential_list(json_t **out, struct command *c)
{
    return nx_operate_credential_list(out, &c->call, text(c, "person"));
}

static nx_result counter_allow(json_t **out, struct command *c)
{
    return nx_operate_counter_put(out, &c->call, c->request);
}

static nx_result counter_list(json_t **out, struct command *c)
{
    return nx_operate_counter_list(out, &c->call);
}

static nx_result counter_forbid(json_t **out, struct command *c)
{
    return done(out, nx_operate_counter_remove(&c->call, text(c, "person")));
}

static nx_result demo_load(json_t **out, struct command *c)
{
    return nx_operate_demo_load(out, &c->call, c->request);
}

static const struct {
    const char *name;
    nx_result (*run)(json_t **out, struct command *c);
} rows[] = {
    {"ping", ping},
    {"token.issue", token_issue},
    {"token.list", token_list},
    {"token.revoke", token_revoke},
    {"console.link", console_link},
    {"approval.list", approval_list},
    {"approve", approve},
    {"person.add", person_add},
    {"person.password", person_password},
    {"person.list", person_list},
    {"person.show", person_show},
    {"client.add", client_add},
    {"client.list", client_list},
    {"client.show", client_show},
    {"revoke", revoke},
    {"suspend", suspend},
    {"resume", resume},
    {"receipt", receipt},
    {"session.list", session_list},
    {"qr.list", qr_list},
    {"key.list", key_list},
    {"key.rotate", key_rotate},
    {"audit.list", audit_list},
    {"audit.verify", audit_verify},
    {"doctor", doctor},
    {"saml.add", saml_add},
    {"saml.replace", saml_replace},
    {"saml.list", saml_list},
    {"saml.show", saml_show},
    {"saml.settle", saml_settle},
    {"saml.remove", saml_remove},
    {"saml.refresh", saml_refresh},
    {"saml.check", saml_check},
    {"upstream.add", upstream_add},
    {"upstream.set", upstream_set},
    {"upstream.list", upstream_list},
    {"upstream.show", upstream_show},
    {"upstream.on", upstream_on},
    {"upstream.off", upstream_off},
    {"upstream.remove", upstream_remove},
    {"upstream.check", upstream_check},
    {"link.list", link_list},
    {"kiosk.add", kiosk_add},
    {"kiosk.list", kiosk_list},
    {"kiosk.revoke", kiosk_revoke},
    {"person.verify", person_verify},
    {"policy.dump", policy_dump},
    {"policy.explain", policy_explain},
    {"policy.forbid", policy_forbid},
    {"policy.allow", policy_allow},
    {"credential.list", credential_list},
    {"counter.allow", counter_allow},
    {"counter.list", counter_list},
    {"counter.forbid", counter_forbid},
    {"demo.load", demo_load},
};

static nx_result run(json_t **out, struct command *c)
{
    const char *name = text(c, "do");
    for (size_t i = 0; name && i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, name) == 0) return rows[i].run(out, c);
    NX_FAIL(NX_ERR_COMMAND);
}

static json_t *refusal(nx_err e, const char *why)
{
    return json_pack("{s:b,s:s,s:s}", "ok", 0, "error", nx_err_name(e), "text", why ? why : nx_err_text(e));
}

nx_result nx_operate_command(json_t **reply, struct nx_house *house, const struct nx_operate_host *host,
                             uid_t uid, const json_t *request)
{
    char actor[32];
    NX_AUTO(nx_arena) a = nx_arena_open(ARENA_MAX);
    NX_NEED(a);
    snprintf(actor, sizeof actor, "uid:%lu", (unsigned long)uid);
    struct command c = {
        .call = {.house = house, .arena = a, .actor = actor}, .host = host, .request = request};
    *reply = NULL;
    nx_result r = run(reply, &c);
    if (nx_ok(r))
        json_object_set_new(*reply, "ok", json_true());
    else
        *reply = refusal(r.e, c.call.why);
    NX_NEED(*reply);
    return NX_OK;
}
