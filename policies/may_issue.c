/* The rules, each a row: for which faces it counts, and when it is violated. They are asked in the order of
 * reason.def; the first that is violated is the reason, and its verdict stands in reason.def too. Adding a
 * rule is a row there, a function and a row here. */
#include "policies/may_issue.h"

#define ON(face) (1u << NX_FACE_##face)
#define ANY ((1u << NX_FACES) - 1)
#define WITH_CLIENT (ON(AUTHORIZE) | ON(CODE) | ON(REFRESH) | ON(CLIENT) | ON(USERINFO) | ON(INTROSPECTION))
#define WITH_HANDLE (ON(CODE) | ON(REFRESH) | ON(USERINFO) | ON(INTROSPECTION) | ON(OPERATOR))
#define WITH_BROWSER (ON(AUTHORIZE) | ON(SELF))

struct rule {
    enum nx_reason reason;
    unsigned faces;
    bool (*violated)(const struct nx_facts *f);
};

static const struct {
    const char *name;
    enum nx_verdict verdict;
    nx_err error;
    const char *text;
} reasons[] = {
#define R(name, verdict, error, text) {#name, NX_VERDICT_##verdict, NX_ERR_##error, (text)},
#include "policies/reason.def"
#undef R
};

static bool stale(const struct nx_facts *f, enum nx_fact_epoch of)
{
    const struct nx_epoch_fact *e = &f->epoch[of];
    return e->bound && (!e->known || e->issued != e->now);
}

/* ---- the level: a row of assurance.def, then caps ---- */

/* What the sign-in proves here: of what is forbidden, nothing. */
static unsigned counted(const struct nx_facts *f)
{
    return f->session.how.means & ~f->forbidden;
}

static enum nx_level cap_rung(const struct nx_facts *f, unsigned means)
{
    enum nx_rung rung = f->session.how.rung;
    (void)means;
    return rung >= NX_P0 && rung <= NX_P3 ? nx_policy()->rung_cap[rung] : NX_M4;
}

static enum nx_level cap_enrolled(const struct nx_facts *f, unsigned means)
{
    (void)means;
    return f->session.how.bound_at;
}

/* A provider's word is worth what its row says now, whatever it said then; beside something of ours, what the two are
 * worth together. */
static enum nx_level cap_upstream(const struct nx_facts *f, unsigned means)
{
    static const unsigned theirs = NX_MEANS_UPSTREAM | NX_MEANS_DIRECTORY | NX_MEANS_KERBEROS;
    const struct nx_policy *p = nx_policy();
    enum nx_level most = f->session.upstream_cap;
    if (most == NX_LEVEL_NONE || !(means & theirs)) return NX_M4;
    for (size_t i = 0; i < p->acr_count; i++) {
        const struct nx_acr_row *row = &p->acr[i];
        bool shown = (means & row->means) == row->means && (row->means & ~theirs);
        if (shown && row->level > most) most = row->level;
    }
    return most;
}

/* What was enrolled at which level is known of the whole sign-in only: what stood on something forbidden
 * stands low. */
static enum nx_level cap_forbidden(const struct nx_facts *f, unsigned means)
{
    (void)means;
    return f->session.how.means & f->forbidden ? NX_M1 : NX_M4;
}

static enum nx_level cap_paper(const struct nx_facts *f, unsigned means)
{
    (void)f;
    return means & NX_MEANS_PAPER_PIN ? nx_policy()->paper_cap : NX_M4;
}

static enum nx_level cap_proofing(const struct nx_facts *f, unsigned means)
{
    (void)means;
    return f->person.proofing;
}

static enum nx_level cap_no_qr(const struct nx_facts *f, unsigned means)
{
    const struct nx_policy *p = nx_policy();
    bool exempt = f->qr.state != NX_FACT_QR_NONE || (means & p->no_qr_exempt_means[f->person.kind]);
    return exempt ? NX_M4 : p->no_qr_cap[f->person.kind];
}

static enum nx_level cap_unreachable(const struct nx_facts *f, unsigned means)
{
    (void)means;
    return f->face == NX_FACE_SELF || f->client.reachable ? NX_M4 : nx_policy()->unreachable_cap;
}

static enum nx_level cap_decoupled(const struct nx_facts *f, unsigned means)
{
    (void)means;
    return f->face != NX_FACE_SELF && f->client.decoupled ? nx_policy()->device_grant_cap : NX_M4;
}

static enum nx_level cap_client(const struct nx_facts *f, unsigned means)
{
    (void)means;
    return f->face == NX_FACE_SELF || f->client.cap == NX_LEVEL_NONE ? NX_M4 : f->client.cap;
}

static const struct cap {
    const char *name;
    const char *text;
    bool sign_in; /* of this sign-in; the others hold for whatever the person could show */
    enum nx_level (*most)(const struct nx_facts *f, unsigned means);
} caps[] = {
    {"rung", "how near the phone was", true, cap_rung},
    {"enrolled", "the level at which what she used was enrolled", true, cap_enrolled},
    {"upstream", "what the provider that she came through is worth now", true, cap_upstream},
    {"forbidden", "something that is forbidden here took part in the sign-in", true, cap_forbidden},
    {"paper", "signed in by paper", true, cap_paper},
    {"proofing", "the level at which the person was proofed", false, cap_proofing},
    {"no-qr", "the person has no QR identity", false, cap_no_qr},
    {"unreachable", "the portal cannot be told of a revocation", false, cap_unreachable},
    {"decoupled", "device grant or CIBA", false, cap_decoupled},
    {"client", "the portal's own cap", false, cap_client},
};
#define CAPS (sizeof caps / sizeof caps[0])

static void tell(const struct nx_tracer *t, struct nx_trace_line line)
{
    if (t) t->line(t->ctx, &line);
}

static enum nx_level lower_by(const struct cap *c, const struct nx_facts *f, enum nx_level level,
                              unsigned means, const struct nx_tracer *t)
{
    enum nx_level most = c->most(f, means);
    bool lowers = most < level;
    if (lowers) level = most;
    tell(t, (struct nx_trace_line){NX_TRACE_CAP, c->name, c->text, lowers, level, NULL});
    return level;
}

static enum nx_level level_of(const struct nx_facts *f, const struct nx_tracer *t)
{
    unsigned means = counted(f);
    const struct nx_acr_row *row = nx_policy_best_row(nx_policy(), means, f->session.how.rung);
    enum nx_level level = row ? row->level : NX_LEVEL_NONE;
    tell(t, (struct nx_trace_line){NX_TRACE_ROW, "assurance", "the best set of means that was fulfilled",
                                   row != NULL, level, row});
    for (size_t i = 0; i < CAPS; i++)
        level = lower_by(&caps[i], f, level, means, t);
    return level;
}

enum nx_level nx_facts_level(const struct nx_facts *f)
{
    return level_of(f, NULL);
}

/* Every cap that does not depend on how the person signed in. */
static enum nx_level capped(const struct nx_facts *f, enum nx_level level, unsigned means)
{
    for (size_t i = 0; i < CAPS; i++)
        if (!caps[i].sign_in) level = lower_by(&caps[i], f, level, means, NULL);
    return level;
}

/* ---- the rules ---- */

static bool store_unclean(const struct nx_facts *f)
{
    return !f->store_clean;
}

static bool client_unknown(const struct nx_facts *f)
{
    return !f->client.known;
}

static bool client_inactive(const struct nx_facts *f)
{
    return !f->client.active;
}

static bool client_revoked(const struct nx_facts *f)
{
    return stale(f, NX_FACT_EPOCH_CLIENT);
}

static bool system_revoked(const struct nx_facts *f)
{
    return stale(f, NX_FACT_EPOCH_SYSTEM);
}

static bool grant_not_registered(const struct nx_facts *f)
{
    return !f->client.grant;
}

static bool public_client(const struct nx_facts *f)
{
    return f->client.is_public;
}

static bool handle_dead(const struct nx_facts *f)
{
    return !f->handle.live;
}

static bool holder_wrong(const struct nx_facts *f)
{
    return !f->handle.holder;
}

static bool expired(const struct nx_facts *f)
{
    return f->handle.expires <= f->now;
}

static bool audience_wrong(const struct nx_facts *f)
{
    return !f->handle.audience;
}

static bool scope_missing(const struct nx_facts *f)
{
    return !f->scope.held;
}

static bool person_unknown(const struct nx_facts *f)
{
    return !f->person.none && !f->person.known;
}

static bool person_inactive(const struct nx_facts *f)
{
    return !f->person.none && !f->person.active;
}

static bool person_revoked(const struct nx_facts *f)
{
    return stale(f, NX_FACT_EPOCH_PERSON);
}

static bool qr_revoked(const struct nx_facts *f)
{
    return f->qr.state == NX_FACT_QR_REVOKED || stale(f, NX_FACT_EPOCH_QR);
}

static bool qr_suspended(const struct nx_facts *f)
{
    return f->qr.state == NX_FACT_QR_SUSPENDED;
}

static bool qr_pending(const struct nx_facts *f)
{
    return f->qr.state == NX_FACT_QR_PENDING;
}

static bool qr_expired(const struct nx_facts *f)
{
    return f->qr.state != NX_FACT_QR_NONE && f->qr.expires != 0 && f->qr.expires <= f->now;
}

static bool session_revoked(const struct nx_facts *f)
{
    return stale(f, NX_FACT_EPOCH_SESSION);
}

static bool upstream_revoked(const struct nx_facts *f)
{
    return stale(f, NX_FACT_EPOCH_UPSTREAM);
}

static bool pkce_missing(const struct nx_facts *f)
{
    return (f->client.pkce_required || f->client.is_public) && !f->ask.pkce;
}

static bool no_session(const struct nx_facts *f)
{
    return !f->session.live;
}

static bool session_elsewhere(const struct nx_facts *f)
{
    return f->session.one_client && !f->session.this_client;
}

/* A session of somebody who may not sign in any more is no session: the sign-in page says what is wrong. */
static bool session_ended(const struct nx_facts *f)
{
    return system_revoked(f) || person_unknown(f) || person_inactive(f) || person_revoked(f) ||
           qr_revoked(f) || qr_suspended(f) || qr_pending(f) || qr_expired(f) || session_revoked(f) ||
           upstream_revoked(f);
}

static bool asked_anew(const struct nx_facts *f)
{
    return f->session.fresh && !f->session.before;
}

static bool prompt_login(const struct nx_facts *f)
{
    return (f->ask.prompt & NX_PROMPT_LOGIN) && !asked_anew(f);
}

static bool prompt_select(const struct nx_facts *f)
{
    return (f->ask.prompt & NX_PROMPT_SELECT) && !f->session.fresh && !f->ask.selected;
}

static bool max_age(const struct nx_facts *f)
{
    if (f->ask.max_age < 0 || asked_anew(f)) return false;
    return f->ask.max_age == 0 || f->now - f->session.auth_time > f->ask.max_age;
}

static bool other_person(const struct nx_facts *f)
{
    return f->ask.hint && !f->ask.hint_matches && f->session.fresh;
}

static bool hint_mismatch(const struct nx_facts *f)
{
    return f->ask.hint && !f->ask.hint_matches;
}

static bool change_forbidden(const struct nx_facts *f)
{
    enum nx_rung rung = f->session.how.rung;
    unsigned weak = NX_MEANS_PAPER_PIN | NX_MEANS_ASSISTED;
    return f->ask.change && (rung == NX_P0 || rung == NX_P1 || (f->session.how.means & weak));
}

/* Nothing that counts here was shown. */
static bool means_forbidden(const struct nx_facts *f)
{
    const struct nx_sign_in *how = &f->session.how;
    return (how->means & f->forbidden) && !nx_policy_best_row(nx_policy(), counted(f), how->rung);
}

/* Two kinds of our own, what an upstream or an officer answers for at that height, or a code for the day on
 * which the second factor is lost. */
static bool second_factor(const struct nx_facts *f)
{
    const struct nx_sign_in *how = &f->session.how;
    bool elsewhere = (how->means & (NX_MEANS_UPSTREAM | NX_MEANS_ASSISTED)) && how->bound_at >= NX_M2;
    bool shown = elsewhere || (how->means & NX_MEANS_RECOVERY) || nx_means_multi_factor(how->means);
    return f->person.wants_second && !shown;
}

static bool below(const struct nx_facts *f)
{
    return f->ask.acr != NX_LEVEL_NONE && nx_facts_level(f) < f->ask.acr;
}

static bool reachable_level(const struct nx_facts *f)
{
    return capped(f, f->session.attainable, nx_policy()->no_qr_exempt_means[f->person.kind]) >= f->ask.acr;
}

static bool unmet_acr(const struct nx_facts *f)
{
    return below(f) && f->ask.acr_essential && !reachable_level(f);
}

/* A wish (acr_values) is asked for once: who signed in for this request and proved less gets less, said so in
 * acr. An essential acr is asked for until it is met. */
static bool level_too_low(const struct nx_facts *f)
{
    return below(f) && reachable_level(f) && (f->ask.acr_essential || !f->session.fresh);
}

static bool must_ask(const struct nx_facts *f)
{
    return !f->client.legal_basis && !f->consent.given;
}

static bool consent_missing(const struct nx_facts *f)
{
    return must_ask(f) && f->consent.cover == NX_COVER_NOTHING;
}

static bool consent_grown(const struct nx_facts *f)
{
    return must_ask(f) && f->consent.cover != NX_COVER_ALL;
}

static bool consent_prompt(const struct nx_facts *f)
{
    return must_ask(f) && (f->ask.prompt & NX_PROMPT_CONSENT);
}

static bool consent_offline(const struct nx_facts *f)
{
    return must_ask(f) && f->ask.offline;
}

static bool consent_native(const struct nx_facts *f)
{
    return must_ask(f) && f->client.native_unclaimed;
}

static bool consent_weak(const struct nx_facts *f)
{
    return must_ask(f) && (f->session.how.means & NX_MEANS_PAPER_PIN);
}

#define ISSUED (ON(CODE) | ON(REFRESH) | ON(USERINFO) | ON(INTROSPECTION) | ON(OPERATOR))

static const struct rule rules[] = {
    {NX_REASON_STORE_UNCLEAN, ANY, store_unclean},
    {NX_REASON_CLIENT_UNKNOWN, WITH_CLIENT, client_unknown},
    {NX_REASON_CLIENT_INACTIVE, WITH_CLIENT, client_inactive},
    {NX_REASON_CLIENT_REVOKED, WITH_CLIENT, client_revoked},
    {NX_REASON_SYSTEM_REVOKED, ANY & ~WITH_BROWSER, system_revoked},
    {NX_REASON_GRANT_NOT_REGISTERED, ON(AUTHORIZE) | ON(CODE) | ON(REFRESH) | ON(CLIENT),
     grant_not_registered},
    {NX_REASON_PUBLIC_CLIENT, ON(CLIENT), public_client},
    {NX_REASON_HANDLE_DEAD, WITH_HANDLE, handle_dead},
    {NX_REASON_HOLDER_WRONG, ON(CODE) | ON(REFRESH) | ON(INTROSPECTION), holder_wrong},
    {NX_REASON_EXPIRED, WITH_HANDLE, expired},
    {NX_REASON_AUDIENCE_WRONG, ON(USERINFO) | ON(OPERATOR), audience_wrong},
    {NX_REASON_SCOPE_MISSING, ON(USERINFO) | ON(OPERATOR), scope_missing},
    {NX_REASON_PERSON_UNKNOWN, ISSUED, person_unknown},
    {NX_REASON_PERSON_INACTIVE, ISSUED, person_inactive},
    {NX_REASON_PERSON_REVOKED, ISSUED, person_revoked},
    {NX_REASON_QR_REVOKED, ISSUED, qr_revoked},
    {NX_REASON_QR_SUSPENDED, ISSUED, qr_suspended},
    {NX_REASON_QR_PENDING, ISSUED, qr_pending},
    {NX_REASON_QR_EXPIRED, ISSUED, qr_expired},
    {NX_REASON_SESSION_REVOKED, ISSUED, session_revoked},
    {NX_REASON_UPSTREAM_REVOKED, ISSUED, upstream_revoked},
    {NX_REASON_PKCE_MISSING, ON(AUTHORIZE), pkce_missing},
    {NX_REASON_NO_SESSION, WITH_BROWSER, no_session},
    {NX_REASON_SESSION_ELSEWHERE, WITH_BROWSER, session_elsewhere},
    {NX_REASON_SESSION_ENDED, WITH_BROWSER, session_ended},
    {NX_REASON_PROMPT_LOGIN, WITH_BROWSER, prompt_login},
    {NX_REASON_PROMPT_SELECT, ON(AUTHORIZE), prompt_select},
    {NX_REASON_MAX_AGE, WITH_BROWSER, max_age},
    {NX_REASON_OTHER_PERSON, ON(AUTHORIZE), other_person},
    {NX_REASON_HINT_MISMATCH, ON(AUTHORIZE), hint_mismatch},
    {NX_REASON_MEANS_FORBIDDEN, ON(AUTHORIZE) | ON(CODE) | ON(REFRESH), means_forbidden},
    {NX_REASON_CHANGE_FORBIDDEN, ON(SELF), change_forbidden},
    {NX_REASON_SECOND_FACTOR, WITH_BROWSER, second_factor},
    {NX_REASON_UNMET_ACR, WITH_BROWSER, unmet_acr},
    {NX_REASON_LEVEL_TOO_LOW, WITH_BROWSER, level_too_low},
    {NX_REASON_CONSENT_MISSING, ON(AUTHORIZE), consent_missing},
    {NX_REASON_CONSENT_GROWN, ON(AUTHORIZE), consent_grown},
    {NX_REASON_CONSENT_PROMPT, ON(AUTHORIZE), consent_prompt},
    {NX_REASON_CONSENT_OFFLINE, ON(AUTHORIZE), consent_offline},
    {NX_REASON_CONSENT_NATIVE, ON(AUTHORIZE), consent_native},
    {NX_REASON_CONSENT_WEAK, ON(AUTHORIZE), consent_weak},
};

static struct nx_terms terms_of(const struct nx_facts *f)
{
    const struct nx_lifetimes *life = &nx_policy()->life;
    struct nx_terms t = {
        .level = f->person.none ? NX_LEVEL_NONE : nx_facts_level(f),
        .access_s = life->access,
        .id_token_s = life->id_token,
        .code_s = life->code,
        .rotate = f->client.is_public,
    };
    bool weak = f->session.one_client || (f->session.how.means & (NX_MEANS_PAPER_PIN | NX_MEANS_ASSISTED));
    t.remember_consent = !weak && !f->client.native_unclaimed;
    if (!f->client.refreshes || f->person.none) return t;
    t.bind_session = weak || !f->ask.offline;
    t.refresh_idle_s = f->session.one_client ? life->foreign_idle
                       : t.bind_session      ? life->session_idle
                                             : life->refresh_idle;
    t.refresh_most_s = f->session.one_client ? life->foreign_most
                       : t.bind_session      ? life->session_most
                                             : life->refresh_most;
    return t;
}

/* OpenID Connect Core 3.1.2.1: with prompt=none no page is shown, whatever page it would be. */
static enum nx_reason silent(enum nx_verdict verdict, enum nx_reason reason)
{
    switch (verdict) {
    case NX_VERDICT_SIGN_IN:
    case NX_VERDICT_STEP_UP:
        return NX_REASON_LOGIN_REQUIRED;
    case NX_VERDICT_CONSENT:
        return NX_REASON_CONSENT_REQUIRED;
    case NX_VERDICT_DENY:
    case NX_VERDICT_ALLOW:
        break;
    }
    return reason;
}

/* Whether the rule decides; told as it is asked. */
static bool decides(const struct rule *rule, const struct nx_facts *f, const struct nx_tracer *t)
{
    if (!(rule->faces & (1u << f->face))) return false;
    bool hit = rule->violated(f);
    tell(t, (struct nx_trace_line){NX_TRACE_RULE, reasons[rule->reason].name, reasons[rule->reason].text, hit,
                                   NX_LEVEL_NONE, NULL});
    return hit;
}

struct nx_decision nx_may_issue_traced(const struct nx_facts *f, const struct nx_tracer *t)
{
    struct nx_decision d = {.verdict = NX_VERDICT_ALLOW, .reason = NX_REASON_OK};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0] && d.reason == NX_REASON_OK; i++)
        if (decides(&rules[i], f, t)) d.reason = rules[i].reason;
    if (f->ask.prompt & NX_PROMPT_NONE) d.reason = silent(reasons[d.reason].verdict, d.reason);
    d.verdict = reasons[d.reason].verdict;
    if (d.verdict == NX_VERDICT_ALLOW) d.terms = terms_of(f);
    if (d.verdict == NX_VERDICT_STEP_UP) d.terms.level = f->ask.acr;
    if (t && !f->person.none) level_of(f, t);
    return d;
}

struct nx_decision nx_may_issue(const struct nx_facts *f)
{
    return nx_may_issue_traced(f, NULL);
}

const char *nx_reason_name(enum nx_reason reason)
{
    return reason < NX_REASONS ? reasons[reason].name : "UNKNOWN";
}

const char *nx_reason_text(enum nx_reason reason)
{
    return reason < NX_REASONS ? reasons[reason].text : "unknown";
}

nx_err nx_reason_error(enum nx_reason reason)
{
    return reason < NX_REASONS ? reasons[reason].error : NX_ERR_INTERNAL;
}
