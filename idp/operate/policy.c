#include "operate/policy.h"

#include "gate/enrolled.h"
#include "gate/gate.h"
#include "policies/may_issue.h"
#include "registry/client.h"
#include "registry/person.h"
#include "registry/policy_rule.h"
#include "registry/qr_identity.h"
#include "registry/saml_entity.h"

#include <stdio.h>

#define DUMP_MAX (32u << 10)
#define LINE_MAX_LEN 512
#define SAML_GRANT "urn:oasis:names:tc:SAML:2.0:profiles:SSO:browser"

static void add_line(json_t *lines, const char *text)
{
    json_array_append_new(lines, json_string(text));
}

/* "password + one-time code". */
static const char *means_text(nx_arena *a, unsigned means)
{
    nx_buf b;
    nx_buf_init(&b, a, LINE_MAX_LEN);
    for (int i = 0; i < NX_MEANS_COUNT; i++)
        if (means & nx_means_bit((enum nx_means_index)i))
            nx_buf_addf(&b, "%s%s", b.n ? " + " : "", nx_means_text((enum nx_means_index)i));
    const char *text = b.n ? nx_buf_str(&b) : "nothing";
    return text ? text : "…";
}

/* ---- dump ---- */

static nx_result add_policy(json_t *lines, struct nx_operate_call *c)
{
    nx_buf text;
    nx_span line, rest;
    nx_buf_init(&text, c->arena, DUMP_MAX);
    nx_policy_dump(&text, nx_policy());
    NX_TRY(nx_buf_done(&text));
    rest = nx_buf_span(&text);
    while (nx_span_cut(&rest, '\n', &line))
        if (line.n) json_array_append_new(lines, json_stringn((const char *)line.p, line.n));
    return NX_OK;
}

static nx_result add_rules(json_t *lines, struct nx_operate_call *c)
{
    struct nx_policy_rule *rules;
    size_t n;
    NX_TRY(nx_policy_rule_list(c->house->registry, c->arena, &rules, &n));
    for (size_t i = 0; i < n; i++) {
        char when[NX_RFC3339_MAX];
        nx_rfc3339(rules[i].changed, when);
        const char *line = nx_arena_printf(
            c->arena, "forbidden: %s %s: %s (%s, by %s at %s)", nx_policy_scope_name(rules[i].scope),
            rules[i].target, means_text(c->arena, rules[i].means), rules[i].reason, rules[i].actor, when);
        NX_NEED(line);
        add_line(lines, line);
    }
    return NX_OK;
}

nx_result nx_operate_policy_dump(json_t **out, struct nx_operate_call *c)
{
    NX_AUTO_JSON lines = json_array();
    NX_NEED(lines);
    NX_TRY(add_policy(lines, c));
    NX_TRY(add_rules(lines, c));
    *out = json_pack("{s:O}", "lines", lines);
    NX_NEED(*out);
    return NX_OK;
}

/* ---- explain ---- */

struct explaining {
    struct nx_operate_call *c;
    const struct nx_operate_explain *ask;
    json_t *lines;
    struct nx_person person;
    nx_client *client;
    struct nx_held enrolled;
    struct nx_held shown; /* the means of the sign-in that is asked about */
    struct nx_signon session;
    struct nx_gate gate;
};

static void say(struct explaining *x, const char *text)
{
    if (text) add_line(x->lines, text);
}

static nx_result choose_means(unsigned *out, struct explaining *x)
{
    if (x->ask->means) {
        nx_result r = nx_means_of_words(out, nx_span_str(x->ask->means));
        return nx_ok(r) ? r : nx_operate_refuse(x->c, r.e, "means: words of `policy dump` by commas");
    }
    unsigned mine = x->enrolled.means;
    *out = mine & NX_MEANS_PASSWORD ? NX_MEANS_PASSWORD : mine & (~mine + 1);
    return NX_OK;
}

/* What is kept elsewhere than in her own rows (a directory, an upstream), or is only supposed, holds nothing
 * down. */
static nx_result suppose(struct explaining *x)
{
    unsigned means;
    NX_TRY(choose_means(&means, x));
    for (int i = 0; i < NX_MEANS_COUNT; i++) {
        unsigned bit = nx_means_bit((enum nx_means_index)i);
        if (!(means & bit)) continue;
        bool has = x->enrolled.means & bit;
        enum nx_level bound_at = has ? x->enrolled.bound_at[i] : NX_M4;
        nx_held_add(&x->shown, bit, bound_at);
        say(x, nx_arena_printf(x->c->arena, has ? "means %s: enrolled at %s" : "means %s: supposed%.0s",
                               nx_means_word((enum nx_means_index)i), nx_level_text(bound_at)));
    }
    return NX_OK;
}

static enum nx_rung rung_of(const char *text)
{
    for (int r = NX_P0; text && r <= NX_P3; r++)
        if (strcmp(text, nx_rung_text((enum nx_rung)r)) == 0) return (enum nx_rung)r;
    return NX_RUNG_NONE;
}

static nx_result make_session(struct explaining *x)
{
    struct nx_qr_identity primary;
    nx_time now = nx_now();
    x->session = (struct nx_signon){.subject = x->person.id.s,
                                    .means = x->shown.means,
                                    .level = (int)nx_policy_level_of_held(nx_policy(), &x->shown),
                                    .rung = rung_of(x->ask->rung),
                                    .auth_time = now};
    nx_result r = nx_qr_identity_primary(x->c->house->registry, x->c->arena, x->person.id.s, now, &primary);
    if (r.e == NX_ERR_NOT_FOUND) return NX_OK;
    NX_TRY(r);
    NX_NEED(x->session.qid = nx_arena_strdup(x->c->arena, primary.qid.s));
    return NX_OK;
}

static nx_result gather(struct explaining *x)
{
    struct nx_gate *g = &x->gate;
    const char *acr = x->ask->acr;
    nx_gate_open(g, x->c->house, x->c->arena, NX_FACE_AUTHORIZE);
    nx_gate_client(g, x->client,
                   nx_strings_has(x->client->grant_types, SAML_GRANT) ? SAML_GRANT : "authorization_code");
    g->facts.ask.pkce = true;
    g->facts.ask.acr_essential = x->ask->essential;
    if (acr) g->facts.ask.acr = nx_level_of_text(nx_span_str(acr));
    if (acr && g->facts.ask.acr == NX_LEVEL_NONE) g->facts.ask.acr = nx_level_of_acr(nx_span_str(acr));
    if (acr && g->facts.ask.acr == NX_LEVEL_NONE)
        return nx_operate_refuse(x->c, NX_ERR_UNKNOWN, "acr: m1, m2, m3, m4");
    NX_TRY(nx_gate_signon(g, &x->session, x->client->id));
    g->facts.session.fresh = true;
    g->facts.consent.given = true;
    return NX_OK;
}

static void keep_line(void *ctx, const struct nx_trace_line *line)
{
    struct explaining *x = ctx;
    nx_arena *a = x->c->arena;
    switch (line->kind) {
    case NX_TRACE_RULE:
        say(x, nx_arena_printf(a, "rule %s: %s: %s", line->name, line->hit ? "DECIDES" : "no", line->text));
        break;
    case NX_TRACE_ROW:
        say(x, nx_arena_printf(a, "row: %s: %s",
                               line->row ? means_text(a, line->row->means) : "no set of means fits",
                               nx_level_text(line->level)));
        break;
    case NX_TRACE_CAP:
        say(x, nx_arena_printf(a, "cap %s: %s%s: %s", line->name, line->hit ? "LOWERS to " : "leaves ",
                               nx_level_text(line->level), line->text));
        break;
    }
}

static void say_forbidden(struct explaining *x)
{
    unsigned forbidden = x->gate.facts.forbidden;
    if (forbidden)
        say(x, nx_arena_printf(x->c->arena, "forbidden here: %s", means_text(x->c->arena, forbidden)));
}

static void say_ways(struct explaining *x)
{
    unsigned set[NX_WAYS_MAX];
    enum nx_level asked = x->gate.facts.ask.acr;
    if (asked == NX_LEVEL_NONE || nx_facts_level(&x->gate.facts) >= asked) return;
    size_t n = nx_policy_ways(set, nx_policy(), &x->gate.facts.session.how, asked, &x->enrolled, x->gate.facts.forbidden);
    for (size_t i = 0; i < n; i++)
        say(x, nx_arena_printf(x->c->arena, "way to %s: add %s", nx_level_text(asked),
                               means_text(x->c->arena, set[i])));
    if (!n) say(x, nx_arena_printf(x->c->arena, "way to %s: none of what she has", nx_level_text(asked)));
}

static const char *verdict_text(enum nx_verdict verdict)
{
    static const char *const text[] = {"deny", "allow", "sign in", "step up", "consent"};
    return text[verdict];
}

static nx_result explain(json_t **out, struct explaining *x)
{
    const struct nx_tracer tracer = {keep_line, x};
    NX_TRY(nx_gate_enrolled(&x->enrolled, x->c->house, x->c->arena, &x->person));
    NX_TRY(suppose(x));
    NX_TRY(make_session(x));
    NX_TRY(gather(x));
    say_forbidden(x);
    struct nx_decision d = nx_may_issue_traced(&x->gate.facts, &tracer);
    say_ways(x);
    const char *level = nx_level_text(nx_facts_level(&x->gate.facts));
    say(x, nx_arena_printf(x->c->arena, "decision: %s (%s: %s), level %s", verdict_text(d.verdict),
                           nx_reason_name(d.reason), nx_reason_text(d.reason), level));
    NX_REQUIRE(!nx_arena_failed(x->c->arena), NX_ERR_MEMORY);
    *out = json_pack("{s:s, s:s, s:s, s:O}", "verdict", verdict_text(d.verdict), "reason",
                     nx_reason_name(d.reason), "level", level, "lines", x->lines);
    NX_NEED(*out);
    return NX_OK;
}

/* A portal by its client id, or by its entity id where it speaks SAML. */
static nx_result portal_of(nx_client **out, struct nx_operate_call *c, const char *name)
{
    nx_result r = nx_client_get(c->house->registry, nx_span_str(name), out);
    if (r.e != NX_ERR_NOT_FOUND) return r;
    NX_AUTO(nx_saml_entity) e = NULL;
    r = nx_saml_entity_get(c->house->registry, nx_span_str(name), NX_SAML_SP, &e);
    if (r.e == NX_ERR_NOT_FOUND)
        return nx_operate_refuse(c, NX_ERR_NOT_FOUND, "client: no portal has that client id or entity id");
    NX_TRY(r);
    return nx_client_get(c->house->registry, nx_span_str(e->owner), out);
}

nx_result nx_operate_policy_explain(json_t **out, struct nx_operate_call *c,
                                    const struct nx_operate_explain *ask)
{
    NX_AUTO_JSON lines = json_array();
    NX_AUTO(nx_client) client = NULL;
    struct explaining *x = nx_arena_new(c->arena, struct explaining, 1);
    NX_REQUIRE(lines && x, NX_ERR_MEMORY);
    NX_REQUIRE(ask->person && ask->client, NX_ERR_MISSING);
    if (ask->rung && rung_of(ask->rung) == NX_RUNG_NONE)
        return nx_operate_refuse(c, NX_ERR_UNKNOWN, "rung: p0 to p3");
    x->c = c;
    x->ask = ask;
    x->lines = lines;
    NX_TRY(nx_operate_person(&x->person, c, ask->person));
    NX_TRY(portal_of(&client, c, ask->client));
    x->client = client;
    return explain(out, x);
}

/* ---- forbid and allow ---- */

static nx_result read_target(struct nx_policy_rule *rule, struct nx_operate_call *c,
                             const struct nx_operate_forbid *ask)
{
    if (!ask->organisation == !ask->client)
        return nx_operate_refuse(c, NX_ERR_MISSING, "one of: an organisation, a client");
    rule->scope = ask->client ? NX_POLICY_CLIENT : NX_POLICY_ORGANISATION;
    rule->target = ask->organisation;
    if (!ask->client) return NX_OK;
    NX_AUTO(nx_client) client = NULL;
    NX_TRY(portal_of(&client, c, ask->client));
    NX_NEED(rule->target = nx_arena_strdup(c->arena, client->id));
    return NX_OK;
}

static nx_result store(struct nx_operate_call *c, struct nx_policy_rule *rule, const char *type,
                       const char *means)
{
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, c->house->registry, NX_DURABLE));
    NX_TRY(nx_policy_rule_set(c->house->registry, rule));
    NX_TRY(nx_operate_audit(c, type, NULL,
                            json_pack("{s:s, s:s, s:s*, s:s*}", "scope", nx_policy_scope_name(rule->scope),
                                      "target", rule->target, "means", means, "reason", rule->reason)));
    return nx_registry_commit(&change);
}

nx_result nx_operate_policy_forbid(struct nx_operate_call *c, const struct nx_operate_forbid *ask)
{
    struct nx_policy_rule rule = {.reason = ask->reason, .actor = c->actor};
    NX_REQUIRE(ask->means && ask->reason, NX_ERR_MISSING);
    NX_TRY(read_target(&rule, c, ask));
    nx_result r = nx_means_of_words(&rule.means, nx_span_str(ask->means));
    if (!nx_ok(r)) return nx_operate_refuse(c, r.e, "means: words of `policy dump` by commas");
    return store(c, &rule, "policy.forbidden", ask->means);
}

nx_result nx_operate_policy_allow(struct nx_operate_call *c, const struct nx_operate_forbid *ask)
{
    struct nx_policy_rule rule = {.means = 0, .reason = ask->reason};
    NX_TRY(read_target(&rule, c, ask));
    return store(c, &rule, "policy.allowed", NULL);
}
