/* Administrators: a console link first allows enrolling a passkey, which enters the console afterwards
 * (SECURITY.md 24). It carries the scopes of the session in which it was enrolled and never more; rights over
 * keys are given on by two. */
#include "authn/administrator.h"
#include "endpoints/console/console.h"
#include "operate/approval.h"
#include "operate/scope.h"
#include "registry/audit.h"

#define PAGE "/console/passkeys"

static nx_result options_reply(nx_reply *rp, const struct nx_passkey_challenge *c, json_t *options)
{
    NX_AUTO_JSON answer = json_pack("{s:s, s:o}", "ticket", c->ticket.s, "publicKey", options);
    NX_NEED(answer);
    nx_reply_json(rp, 200, answer);
    return NX_OK;
}

/* ---- enrolling
 * --------------------------------------------------------------------------------------------------- */

static nx_result show(const struct nx_console_visit *visit, nx_request *rq, nx_reply *rp, int status,
                      const char *error)
{
    struct nx_administrator *list;
    size_t n;
    nx_view *v;
    const char *add, *remove;
    NX_TRY(nx_console_view(&v, visit, rq, rp));
    NX_TRY(nx_csrf_token(&add, rq, rp, PAGE));
    NX_TRY(nx_csrf_token(&remove, rq, rp, PAGE "/remove"));
    NX_TRY(nx_administrator_list(visit->call.house->registry, rq->arena, &list, &n));
    nx_view_text(v, "csrf", add);
    nx_view_text(v, "csrf_remove", remove);
    nx_view_label(v, "error", error);
    nx_view_list(v, "administrators");
    for (size_t i = 0; i < n; i++) {
        nx_view *item = nx_view_item(v, "administrators");
        nx_view_text(item, "id", list[i].key.id.s);
        nx_view_text(item, "name", list[i].key.name);
        nx_view_text(item, "held", nx_operator_role_of(list[i].scopes));
        nx_view_text(item, "made_by", list[i].made_by);
        nx_view_flag(item, "flagged", list[i].key.state == NX_PASSKEY_FLAGGED);
        nx_view_time(item, "created", list[i].key.created);
        nx_view_time(item, "used", list[i].key.used);
    }
    if (rq->method == NX_POST) nx_view_url(v, "lang_url", PAGE);
    nx_reply_scripts(rp, false);
    nx_reply_page(rp, status, "console_passkeys", v);
    return NX_OK;
}

nx_result nx_console_passkeys(nx_request *rq, nx_reply *rp)
{
    struct nx_console_visit visit;
    bool shown;
    NX_TRY(nx_console_open(&visit, &shown, rq, rp, NULL));
    return shown ? NX_OK : show(&visit, rq, rp, 200, NULL);
}

static struct nx_passkey_scene enrolment_of(const struct nx_console_visit *visit)
{
    return (struct nx_passkey_scene){.purpose = NX_PASSKEY_CONSOLE_ENROL,
                                     .browser = nx_span_str(visit->who.jti),
                                     .about = visit->who.actor};
}

nx_result nx_console_passkeys_options(nx_request *rq, nx_reply *rp)
{
    struct nx_console_visit visit;
    struct nx_passkey_challenge c;
    json_t *options;
    NX_TRY(nx_console_visit(&visit, rq, NULL));
    const struct nx_passkey_scene scene = enrolment_of(&visit);
    NX_TRY(nx_passkey_challenge(&c, visit.call.house, rq->arena, &scene));
    NX_TRY(nx_administrator_creation_json(&options, visit.call.house, rq->arena, &c, visit.who.actor));
    return options_reply(rp, &c, options);
}

nx_result nx_console_passkeys_add(nx_request *rq, nx_reply *rp)
{
    struct nx_console_visit visit;
    bool shown;
    const char *ticket = nx_form(rq, "ticket"), *response = nx_form(rq, "response"),
               *name = nx_form(rq, "name");
    NX_TRY(nx_console_open(&visit, &shown, rq, rp, NULL));
    if (shown) return NX_OK;
    if (!ticket || !response) return show(&visit, rq, rp, 400, "passkey.script");
    if (!name || !nx_ok(nx_passkey_name_ok(name))) return show(&visit, rq, rp, 400, "passkey.name_rule");
    struct nx_administrator who = {
        .key = {.name = name}, .scopes = visit.who.scopes, .made_by = visit.who.actor};
    nx_result approved = nx_operate_approved(&visit.call, "administrator", visit.who.scopes);
    if (approved.e == NX_ERR_ACCESS_DENIED) return show(&visit, rq, rp, 403, "console.needs_second");
    NX_TRY(approved);
    const struct nx_passkey_scene scene = enrolment_of(&visit);
    const struct nx_passkey_answer answer = {.ticket = nx_span_str(ticket), .response = response};
    nx_result r = nx_administrator_enrol(&who, visit.call.house, rq->arena, &scene, &answer);
    nx_fault_of fault = nx_err_fault(r.e);
    if (!nx_ok(r) && fault != NX_FAULT_OURS && fault != NX_FAULT_AWAY)
        return show(&visit, rq, rp, 400, r.e == NX_ERR_PASSKEY_TAKEN ? "passkey.taken" : "passkey.not_added");
    NX_TRY(r);
    nx_reply_redirect(rp, PAGE);
    return NX_OK;
}

/* Her own, or with the scope that administrators alone hold. */
nx_result nx_console_passkeys_remove(nx_request *rq, nx_reply *rp)
{
    struct nx_console_visit visit;
    const char *id = nx_form(rq, "id");
    NX_TRY(nx_console_visit(&visit, rq, NULL));
    NX_REQUIRE(id && nx_id_valid(nx_span_str(id)), NX_ERR_NOT_FOUND);
    const char *own = nx_arena_printf(rq->arena, "admin:%s", id);
    NX_NEED(own);
    bool may = strcmp(own, visit.who.actor) == 0 || nx_operator_scope_held(visit.who.scopes, "keys");
    NX_REQUIRE(may, NX_ERR_SCOPE_INSUFFICIENT);
    nx_result approved = nx_operate_may_remove(&visit.call, id);
    if (approved.e == NX_ERR_ACCESS_DENIED) return show(&visit, rq, rp, 403, "console.needs_second");
    NX_TRY(approved);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, visit.call.house->registry, NX_DURABLE));
    NX_TRY(nx_administrator_delete(visit.call.house->registry, id));
    NX_TRY(nx_operate_audit(&visit.call, "administrator.removed", NULL,
                            json_pack("{s:s}", "administrator", id)));
    NX_TRY(nx_registry_commit(&change));
    nx_reply_redirect(rp, PAGE);
    return NX_OK;
}

/* ---- entering
 * --------------------------------------------------------------------------------------------------- */

static nx_result entering(struct nx_passkey_scene *out, nx_request *rq, nx_reply *rp)
{
    const char *browser;
    NX_TRY(nx_browser(&browser, rq, rp));
    *out = (struct nx_passkey_scene){
        .purpose = NX_PASSKEY_CONSOLE, .browser = nx_span_str(browser), .about = "console"};
    return NX_OK;
}

nx_result nx_console_login_options(nx_request *rq, nx_reply *rp)
{
    struct nx_house *house = nx_house_of(rq);
    struct nx_passkey_scene scene;
    struct nx_passkey_challenge c;
    json_t *options;
    NX_TRY(entering(&scene, rq, rp));
    NX_TRY(nx_passkey_challenge(&c, house, rq->arena, &scene));
    NX_TRY(nx_administrator_request_json(&options, house, rq->arena, &c));
    return options_reply(rp, &c, options);
}

nx_result nx_console_login(nx_request *rq, nx_reply *rp)
{
    struct nx_house *house = nx_house_of(rq);
    struct nx_administrator who;
    struct nx_console console;
    int64_t retry_after_s = 1;
    NX_AUTO_SECRET(cookie);
    const char *ticket = nx_form(rq, "ticket"), *response = nx_form(rq, "response");
    if (!ticket || !response) return nx_console_ask(rq, rp, 400, "passkey.script");
    struct nx_passkey_try attempt = {.answer = {.ticket = nx_span_str(ticket), .response = response},
                                     .source = rq->client};
    NX_TRY(entering(&attempt.scene, rq, rp));
    nx_result r = nx_administrator_prove(&who, house, rq->arena, &attempt, &retry_after_s);
    nx_fault_of fault = nx_err_fault(r.e);
    if (r.e == NX_ERR_HTTP_RATE) return nx_console_ask(rq, rp, 429, "form.throttled");
    if (!nx_ok(r) && fault != NX_FAULT_OURS && fault != NX_FAULT_AWAY)
        return nx_console_ask(rq, rp, 403, "passkey.refused");
    NX_TRY(r);
    const char *actor = nx_arena_printf(rq->arena, "admin:%s", who.key.id.s);
    NX_NEED(actor);
    NX_TRY(nx_console_begin(&cookie, &console, house, rq->arena, actor, who.scopes));
    return nx_console_entered(rq, rp, &cookie);
}
