/* /me/passkeys: a person's passkeys. Adding one is a change of credentials (rules 3 and 25): a session of p0,
 * p1 or paper adds none, her last proof is fresh, and what is added never proves more than this session does.
 * Her phones and her activity list tell her, with undo. */
#include "operate/passkeys.h"
#include "authn/passkey.h"
#include "endpoints/me/me.h"
#include "endpoints/pages/passkey.h"
#include "sessions/throttle.h"

#define PAGE "/me/passkeys"

/* ---- the page
 * ----------------------------------------------------------------------------------------------- */

/* What may be said after an act, by the name that the act redirects with. */
static const char *notice_key(const nx_request *rq)
{
    static const char *const known[] = {"added", "renamed", "removed"};
    const char *done = nx_query(rq, "done");
    for (size_t i = 0; done && i < sizeof known / sizeof known[0]; i++)
        if (strcmp(done, known[i]) == 0) return nx_arena_printf(rq->arena, "passkey.%s", known[i]);
    return NULL;
}

static void add_row(nx_view *v, const struct nx_passkey *k)
{
    static const char *const levels[] = {"level.m1", "level.m1", "level.m2", "level.m3", "level.m4"};
    nx_view *item = nx_view_item(v, "passkeys");
    nx_view_text(item, "id", k->id.s);
    nx_view_text(item, "name", k->name);
    nx_view_label(item, "level", levels[k->bound_at]);
    nx_view_flag(item, "phone", k->qid.s[0] != 0);
    nx_view_flag(item, "attested", k->attested);
    nx_view_flag(item, "synced", k->backup_eligible);
    nx_view_flag(item, "flagged", k->state == NX_PASSKEY_FLAGGED);
    nx_view_time(item, "created", k->created);
    nx_view_time(item, "used", k->used);
}

static nx_result show(struct nx_self *s, int status, const char *error)
{
    struct nx_passkey *list;
    size_t n;
    const char *act = NULL;
    nx_view *v = NULL;
    NX_TRY(nx_form_view(&v, s->rq, s->rp, PAGE));
    NX_TRY(nx_csrf_token(&act, s->rq, s->rp, PAGE "/act"));
    NX_TRY(nx_passkey_list(s->house->registry, s->rq->arena, s->id, &list, &n));
    nx_view_text(v, "csrf_act", act);
    nx_view_label(v, "notice", notice_key(s->rq));
    nx_view_label(v, "error", error);
    nx_view_list(v, "passkeys");
    for (size_t i = 0; i < n; i++)
        add_row(v, &list[i]);
    /* Known here already, so that nobody touches her key in vain. */
    nx_view_flag(v, "fresh", nx_ok(nx_sign_in_recent(s->house, &s->gate.session)));
    if (s->rq->method == NX_POST)
        nx_view_url(v, "lang_url", strcmp(s->rq->lang, "vi") == 0 ? PAGE "?lang=en" : PAGE "?lang=vi");
    nx_reply_scripts(s->rp, false);
    nx_reply_page(s->rp, status, "me_passkeys", v);
    return NX_OK;
}

nx_result nx_me_passkeys_page(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    nx_result r = nx_self_open(&s, rq, rp, NX_SELF_LOOK);
    return nx_ok(r) ? show(&s, 200, NULL) : nx_self_answer(&s, r, PAGE);
}

/* ---- adding
 * ------------------------------------------------------------------------------------------------- */

static struct nx_passkey_scene scene_of(const struct nx_self *s)
{
    return (struct nx_passkey_scene){
        .purpose = NX_PASSKEY_ENROL, .browser = s->who.browser, .about = s->gate.session.id.s};
}

static struct nx_passkey_holder holder_of(const struct nx_self *s)
{
    enum nx_level level = nx_facts_level(&s->gate.facts);
    return (struct nx_passkey_holder){.person = s->id,
                                      .user_name = s->gate.person.user_name,
                                      .name = s->gate.person.name,
                                      .bound_at = level > NX_M1 ? (int)level : NX_M1};
}

static nx_result throttle(struct nx_self *s)
{
    struct nx_throttled t;
    const struct nx_attempt attempt = {.row = NX_THROTTLE_ENROL, .account = s->id, .source = s->rq->client};
    NX_TRY(nx_throttle_take(s->house->store, s->rq->arena, &attempt, &t));
    NX_REQUIRE(t.allowed, NX_ERR_HTTP_RATE);
    return NX_OK;
}

nx_result nx_me_passkeys_options(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    struct nx_passkey_challenge c;
    json_t *options = NULL;
    NX_TRY(nx_self_open(&s, rq, rp, NX_SELF_FRESH));
    NX_TRY(throttle(&s));
    const struct nx_passkey_scene scene = scene_of(&s);
    const struct nx_passkey_holder holder = holder_of(&s);
    NX_TRY(nx_passkey_challenge(&c, s.house, rq->arena, &scene));
    NX_TRY(nx_passkey_creation_json(&options, s.house, rq->arena, &c, &holder));
    NX_AUTO_JSON answer = json_pack("{s:s, s:o}", "ticket", c.ticket.s, "publicKey", options);
    NX_NEED(answer);
    nx_reply_json(rp, 200, answer);
    return NX_OK;
}

static const char *error_key(nx_err e)
{
    switch ((int)e) {
    case NX_ERR_PASSKEY_CHALLENGE:
        return "passkey.again";
    case NX_ERR_PASSKEY_TAKEN:
        return "passkey.taken";
    case NX_ERR_PASSKEY_MODEL:
        return "passkey.model";
    case NX_ERR_WEBAUTHN_UV:
        return "passkey.unverified";
    case NX_ERR_LIMIT:
        return "passkey.limit";
    case NX_ERR_RANGE:
        return "passkey.name_rule";
    case NX_ERR_WEBAUTHN_FORM:
    case NX_ERR_WEBAUTHN_TYPE:
    case NX_ERR_WEBAUTHN_CHALLENGE:
    case NX_ERR_WEBAUTHN_ORIGIN:
    case NX_ERR_WEBAUTHN_RP:
    case NX_ERR_WEBAUTHN_PRESENCE:
    case NX_ERR_WEBAUTHN_FLAGS:
    case NX_ERR_WEBAUTHN_ALG:
    case NX_ERR_WEBAUTHN_ATTESTATION:
        return "passkey.not_added";
    default:
        return NULL;
    }
}

nx_result nx_me_passkeys_add(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    struct nx_passkey k;
    nx_result r = nx_self_open(&s, rq, rp, NX_SELF_FRESH);
    if (!nx_ok(r)) return nx_self_answer(&s, r, PAGE);
    const char *ticket = nx_form(rq, "ticket"), *response = nx_form(rq, "response");
    if (!ticket || !response) return show(&s, 400, "passkey.script");
    const struct nx_passkey_scene scene = scene_of(&s);
    const struct nx_passkey_holder holder = holder_of(&s);
    const struct nx_passkey_answer answer = {.ticket = nx_span_str(ticket), .response = response};
    r = nx_passkey_enrol(&k, s.house, rq->arena, &scene, &holder, &answer, nx_form(rq, "name"));
    if (error_key(r.e)) return show(&s, r.e == NX_ERR_PASSKEY_TAKEN ? 409 : 400, error_key(r.e));
    NX_TRY(r);
    nx_reply_redirect(rp, PAGE "?done=added");
    return NX_OK;
}

/* ---- renaming, removing
 * ------------------------------------------------------------------------------------------ */

static nx_result rename_one(struct nx_self *s, const char *id)
{
    struct nx_passkey k;
    const char *name = nx_form(s->rq, "name");
    NX_TRY(nx_passkey_get(s->house->registry, s->rq->arena, id, &k));
    NX_REQUIRE(strcmp(k.person.s, s->id) == 0, NX_ERR_NOT_FOUND);
    if (!name || !nx_ok(nx_passkey_name_ok(name))) return show(s, 400, "passkey.name_rule");
    NX_TRY(nx_passkey_rename(s->house->registry, id, name));
    nx_reply_redirect(s->rp, PAGE "?done=renamed");
    return NX_OK;
}

/* The present session may be one of those that end: the next page then asks her to sign in. */
static nx_result remove_one(struct nx_self *s, const char *id)
{
    NX_TRY(nx_passkey_remove(s->house, s->rq->arena, s->id, id, s->actor));
    NX_TRY(nx_passkey_sessions_end(s->house, s->rq->arena, s->id, "its passkey was removed", s->actor));
    nx_reply_redirect(s->rp, PAGE "?done=removed");
    return NX_OK;
}

/* SECURITY.md 3: a session of p0, p1 or paper changes no credentials, and removing one is a change. */
nx_result nx_me_passkeys_act(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    const char *act = nx_form(rq, "act"), *id = nx_form(rq, "id");
    NX_REQUIRE(act && id, NX_ERR_MISSING);
    bool removes = strcmp(act, "remove") == 0;
    NX_REQUIRE(removes || strcmp(act, "rename") == 0, NX_ERR_UNKNOWN);
    nx_result r = nx_self_open(&s, rq, rp, NX_SELF_CHANGE);
    if (!nx_ok(r)) return nx_self_answer(&s, r, PAGE);
    return removes ? remove_one(&s, id) : rename_one(&s, id);
}
