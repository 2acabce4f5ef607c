/* /me/codes: authenticator apps, recovery codes, and whether a second factor is always asked for. What adds
 * or removes a means wants a fresh proof (SECURITY.md 3); what is enrolled here is bound at the level of this
 * very session. */
#include "authn/one_time.h"
#include "authn/recovery.h"
#include "endpoints/me/me.h"
#include "house/house.h"
#include "qr/symbol.h"
#include "registry/audit.h"
#include "revoke/revoke.h"

#include <stdio.h>

#define PAGE "/me/codes"
#define CONFIRM "/me/codes/confirm"

/* ---- the page ---- */

static const char *notice_key(const nx_request *rq)
{
    static const char *const known[] = {"code_added", "code_removed", "always_on", "always_off", "verified"};
    const char *done = nx_query(rq, "done");
    for (size_t i = 0; done && i < sizeof known / sizeof known[0]; i++)
        if (strcmp(done, known[i]) == 0) return nx_arena_printf(rq->arena, "done.%s", known[i]);
    return NULL;
}

static enum nx_level level_now(const struct nx_self *s)
{
    enum nx_level level = nx_facts_level(&s->gate.facts);
    return level > NX_M1 ? level : NX_M1;
}

/* What codes bound at that level reach beside a password. */
static const char *reaches(enum nx_level bound_at)
{
    struct nx_held held = {.means = NX_MEANS_NONE};
    nx_held_add(&held, NX_MEANS_PASSWORD, NX_M1);
    nx_held_add(&held, NX_MEANS_OTP, bound_at);
    return nx_level_key(nx_policy_level_of_held(nx_policy(), &held));
}

static nx_result add_generators(nx_view *v, struct nx_self *s)
{
    struct nx_one_time *list;
    size_t n;
    NX_TRY(nx_one_time_list(s->house->registry, s->rq->arena, s->id, &list, &n));
    nx_view_list(v, "generators");
    for (size_t i = 0; i < n; i++) {
        nx_view *item = nx_view_item(v, "generators");
        nx_view_text(item, "id", list[i].id.s);
        if (list[i].label)
            nx_view_text(item, "label", list[i].label);
        else
            nx_view_label(item, "label", "codes.unnamed");
        nx_view_label(item, "reaches", reaches((enum nx_level)list[i].bound_at));
        nx_view_time(item, "created", list[i].created);
        nx_view_time(item, "used", list[i].used);
        nx_view_flag(item, "pending", list[i].state == NX_ONE_TIME_PENDING);
    }
    return NX_OK;
}

static nx_result fill(nx_view *v, struct nx_self *s)
{
    int64_t left;
    nx_time made;
    bool always;
    NX_TRY(add_generators(v, s));
    NX_TRY(nx_me_contacts(v, s));
    NX_TRY(nx_recovery_count(s->house->registry, s->id, &left, &made));
    NX_TRY(nx_always_second_get(s->house->registry, s->id, &always));
    nx_view_number(v, "left", left);
    nx_view_flag(v, "recovery_made", made != 0);
    nx_view_flag(v, "always", always);
    nx_view_label(v, "level", reaches(level_now(s)));
    return NX_OK;
}

static void set_own_url(nx_view *v, struct nx_self *s)
{
    const char *other = strcmp(s->rq->lang, "vi") == 0 ? "en" : "vi";
    if (s->rq->method == NX_POST)
        nx_view_url(v, "lang_url", nx_arena_printf(s->rq->arena, PAGE "?lang=%s", other));
}

static nx_result show(struct nx_self *s, const char *error)
{
    nx_view *v = NULL;
    NX_TRY(nx_form_view(&v, s->rq, s->rp, PAGE));
    NX_TRY(fill(v, s));
    nx_view_label(v, "notice", error ? NULL : notice_key(s->rq));
    nx_view_label(v, "error", error);
    set_own_url(v, s);
    nx_reply_page(s->rp, error ? 400 : 200, "me_codes", v);
    return NX_OK;
}

nx_result nx_me_codes_page(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    nx_result r = nx_self_open(&s, rq, rp, NX_SELF_LOOK);
    return nx_ok(r) ? show(&s, NULL) : nx_self_answer(&s, r, PAGE);
}

static nx_result note(struct nx_self *s, const char *type)
{
    struct nx_audit_entry entry = {.actor = s->actor, .type = type, .subject = s->id};
    return nx_audit_append(s->house->registry, &entry);
}

static nx_result done(struct nx_self *s, const char *what)
{
    const char *url = nx_arena_printf(s->rq->arena, PAGE "?done=%s", what);
    NX_NEED(url);
    nx_reply_redirect(s->rp, url);
    return NX_OK;
}

/* ---- adding an app ---- */

static nx_result show_enrolment(struct nx_self *s, const struct nx_one_time_enrolment *e, const char *error,
                                int status)
{
    struct nx_symbol symbol;
    char *path;
    nx_view *v = NULL;
    NX_TRY(nx_form_view(&v, s->rq, s->rp, CONFIRM));
    NX_TRY(nx_symbol_foreign(&symbol, s->rq->arena, nx_span_str(e->uri)));
    NX_TRY(nx_symbol_path(&path, s->rq->arena, &symbol));
    nx_view_text(v, "qr_text", e->uri);
    nx_view_number(v, "qr_size", nx_symbol_side(&symbol));
    nx_view_text(v, "qr_path", path);
    nx_view_text(v, "secret", e->text);
    nx_view_text(v, "ticket", e->ticket.s);
    nx_view_label(v, "level", reaches(level_now(s)));
    nx_view_label(v, "error", error);
    set_own_url(v, s);
    nx_reply_page(s->rp, status, "me_code_add", v);
    return NX_OK;
}

static bool label_fits(const char *label)
{
    return strlen(label) <= NX_ONE_TIME_LABEL_MAX && nx_utf8_printable(nx_span_str(label));
}

static nx_result add_app(struct nx_self *s)
{
    struct nx_one_time_enrolment e;
    struct nx_one_time *list;
    size_t n;
    const char *label = nx_form(s->rq, "label");
    if (label && !label_fits(label)) return show(s, "form.missing");
    NX_TRY(nx_one_time_list(s->house->registry, s->rq->arena, s->id, &list, &n));
    if (n >= NX_ONE_TIME_MAX) return show(s, "form.codes_full");
    const struct nx_one_time_ask ask = {.person = s->id,
                                        .user_name = s->gate.person.user_name,
                                        .kind = NX_ONE_TIME_TOTP,
                                        .bound_at = (int)level_now(s),
                                        .label = label};
    NX_TRY(nx_one_time_begin(&e, s->house, s->rq->arena, s->who.browser, &ask));
    return show_enrolment(s, &e, NULL, 200);
}

/* A wrong first code shows the same secret again: the app has it already. */
static nx_result again(struct nx_self *s, nx_span ticket, nx_err e)
{
    struct nx_one_time_enrolment shown;
    if (e == NX_ERR_ONE_TIME_GONE) return show(s, "form.code_gone");
    if (e == NX_ERR_LIMIT) return show(s, "form.codes_full");
    NX_TRY(nx_one_time_again(&shown, s->house, s->rq->arena, s->who.browser, s->id, ticket));
    bool rate = e == NX_ERR_HTTP_RATE, missing = e == NX_ERR_MISSING;
    return show_enrolment(s, &shown,
                          rate      ? "form.throttled"
                          : missing ? "form.missing"
                                    : "form.code",
                          rate      ? 429
                          : missing ? 400
                                    : 403);
}

static nx_result confirm(struct nx_self *s)
{
    struct nx_one_time made;
    int64_t retry_after_s = 1;
    NX_AUTO_SECRET(code);
    const char *ticket = nx_form(s->rq, "ticket");
    NX_REQUIRE(ticket, NX_ERR_MISSING);
    const struct nx_one_time_try t = {.person = s->id, .code = &code, .source = s->rq->client};
    nx_result r = nx_form_secret(&code, s->rq, "code");
    if (nx_ok(r))
        r = nx_one_time_confirm(&made, s->house, s->rq->arena, s->who.browser, nx_span_str(ticket), &t,
                                &retry_after_s);
    bool form = r.e == NX_ERR_ONE_TIME || r.e == NX_ERR_ONE_TIME_GONE || r.e == NX_ERR_HTTP_RATE ||
                r.e == NX_ERR_LIMIT || r.e == NX_ERR_MISSING;
    if (form) return again(s, nx_span_str(ticket), r.e);
    NX_TRY(r);
    NX_TRY(note(s, "one-time.enrolled"));
    return done(s, "code_added");
}

nx_result nx_me_codes_confirm(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    nx_result r = nx_self_open(&s, rq, rp, NX_SELF_FRESH);
    return nx_ok(r) ? confirm(&s) : nx_self_answer(&s, r, PAGE);
}

/* ---- removing one ---- */

/* Without a generator there is no second factor to ask for. */
static nx_result forget(struct nx_self *s, const char *id)
{
    struct nx_one_time *list;
    size_t n;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, s->house->registry, NX_DURABLE));
    NX_TRY(nx_one_time_delete(s->house->registry, s->id, id));
    NX_TRY(nx_one_time_list(s->house->registry, s->rq->arena, s->id, &list, &n));
    if (n == 0) NX_TRY(nx_always_second_set(s->house->registry, s->id, false));
    NX_TRY(note(s, "one-time.removed"));
    return nx_registry_commit(&change);
}

/* What was raised by its codes ends, but for the session that removes it: whoever has the phone has nothing
 * left. */
static nx_result end_sessions(struct nx_self *s)
{
    struct nx_signon_list list;
    NX_TRY(nx_signon_list(s->house->store, s->rq->arena, s->id, &list));
    for (size_t i = 0; i < list.n; i++) {
        if (!(list.v[i].means & NX_MEANS_OTP) || strcmp(list.v[i].id.s, s->gate.session.id.s) == 0) continue;
        const struct nx_revoke_order order = {.act = NX_REVOKE,
                                              .scope = NX_REVOKE_SESSION,
                                              .target = list.v[i].id.s,
                                              .subject = s->id,
                                              .reason = "second factor removed",
                                              .actor = s->actor};
        nx_result r = nx_revoke(s->house, s->rq->arena, &order, NULL);
        NX_REQUIRE(nx_ok(r) || r.e == NX_ERR_NOT_FOUND, r.e);
    }
    return NX_OK;
}

static nx_result remove_app(struct nx_self *s)
{
    const char *id = nx_form(s->rq, "id");
    NX_REQUIRE(id, NX_ERR_MISSING);
    NX_TRY(forget(s, id));
    NX_TRY(end_sessions(s));
    return done(s, "code_removed");
}

/* ---- recovery codes ---- */

static nx_result show_recovery(struct nx_self *s, struct nx_recovery_list *list)
{
    nx_view *v = nx_view_new(s->rq->arena);
    nx_view_text(v, "user_name", s->gate.person.user_name);
    nx_view_list(v, "codes");
    for (size_t i = 0; i < NX_RECOVERY_CODES; i++)
        nx_view_text(nx_view_item(v, "codes"), "code", list->code[i]);
    nx_wipe(list, sizeof *list);
    set_own_url(v, s);
    nx_reply_page(s->rp, 200, "me_recovery", v);
    return NX_OK;
}

static nx_result make_recovery(struct nx_self *s)
{
    struct nx_recovery_list list;
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, s->house->registry, NX_DURABLE));
    NX_TRY(nx_recovery_make(&list, s->house, s->id));
    NX_TRY(note(s, "recovery.made"));
    NX_TRY(nx_registry_commit(&change));
    return show_recovery(s, &list);
}

/* ---- always ---- */

static nx_result set_always(struct nx_self *s, bool always)
{
    struct nx_one_time *list;
    size_t n;
    NX_TRY(nx_one_time_list(s->house->registry, s->rq->arena, s->id, &list, &n));
    if (always && n == 0) return show(s, "form.codes_first");
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, s->house->registry, NX_DURABLE));
    NX_TRY(nx_always_second_set(s->house->registry, s->id, always));
    NX_TRY(note(s, "second-factor.choice"));
    NX_TRY(nx_registry_commit(&change));
    return done(s, always ? "always_on" : "always_off");
}

static nx_result always_on(struct nx_self *s)
{
    return set_always(s, true);
}

static nx_result always_off(struct nx_self *s)
{
    return set_always(s, false);
}

static const struct {
    const char *name;
    nx_result (*run)(struct nx_self *s);
} acts[] = {{"add", add_app},
            {"remove", remove_app},
            {"recovery", make_recovery},
            {"always-on", always_on},
            {"always-off", always_off}};

nx_result nx_me_codes_act(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    const char *name = nx_form(rq, "act");
    for (size_t i = 0; name && i < sizeof acts / sizeof acts[0]; i++) {
        if (strcmp(acts[i].name, name) != 0) continue;
        nx_result r = nx_self_open(&s, rq, rp, NX_SELF_FRESH);
        return nx_ok(r) ? acts[i].run(&s) : nx_self_answer(&s, r, PAGE);
    }
    NX_FAIL(NX_ERR_UNKNOWN);
}
