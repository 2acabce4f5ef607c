/* What the pages show of a request, and the person's answer to it (rule 16). */
#include "flow/protocol.h"
#include "house/house.h"
#include "flow/flow.h"
#include "flow/url.h"
#include "registry/audit.h"

static NX_FALLIBLE fill_claims(struct nx_flow_view *v, struct nx_flow *f)
{
    const char **names = nx_arena_new(f->arena, const char *, NX_CLAIMS);
    NX_NEED(names);
    uint32_t mask = f->ask.claims.id_token | f->ask.claims.userinfo;
    for (int i = 0; i < NX_CLAIMS; i++)
        if (mask & (1u << i)) names[v->claim_count++] = nx_claim_name((enum nx_claim)i);
    v->claim = names;
    return NX_OK;
}

static void fill_client(struct nx_flow_view *v, const nx_client *c)
{
    v->client_id = c->id;
    v->client_name = c->name ? c->name : c->id;
    v->client_name_vi = c->name_vi ? c->name_vi : v->client_name;
    v->client_uri = c->client_uri;
    v->logo_uri = c->logo_uri;
    v->policy_uri = c->policy_uri;
    v->tos_uri = c->tos_uri;
    v->organisation = c->organisation;
    v->purpose = c->purpose;
    v->native = strcmp(c->application_type, "native") == 0;
}

static NX_FALLIBLE fill_view(struct nx_flow_view *v, struct nx_flow *f)
{
    NX_REQUIRE(f->client, NX_ERR_NOT_FOUND);
    *v = (struct nx_flow_view){
        .login_hint = f->ask.login_hint,
        .acr_values = f->ask.acr_values,
        .ui_locales = f->ask.ui_locales,
        .level = f->ask.acr,
        .essential = f->ask.acr_essential,
        .offline = nx_words_has(&f->ask.scopes, "offline_access"),
        .signed_in = f->gate.has_session && f->gate.has_person,
    };
    fill_client(v, f->client);
    v->rung = NX_RUNG_NONE;
    if (v->signed_in) {
        v->person_name = f->gate.person.name;
        v->person = f->gate.session.subject;
        v->means = f->gate.session.means;
        v->rung = (enum nx_rung)f->gate.session.rung;
    }
    struct nx_url u;
    NX_TRY(nx_url_split(&u, nx_span_str(f->ask.return_to)));
    v->origin = nx_url_origin(f->arena, &u);
    NX_NEED(v->origin);
    return fill_claims(v, f);
}

/* The view's strings must outlive the client that the flow lets go: it is cached and shared, not ours. */
static NX_FALLIBLE own_strings(struct nx_flow_view *v, nx_arena *a)
{
    const char **texts[] = {&v->client_id, &v->client_name, &v->client_name_vi, &v->client_uri, &v->logo_uri,
                            &v->policy_uri, &v->tos_uri, &v->organisation, &v->purpose};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (!*texts[i]) continue;
        *texts[i] = nx_arena_strdup(a, *texts[i]);
        NX_NEED(*texts[i]);
    }
    return NX_OK;
}

NX_FALLIBLE nx_flow_view(struct nx_flow_view *out, struct nx_house *house, nx_arena *a,
                              const struct nx_visitor *who, const char *transaction)
{
    NX_AUTO_FLOW(f);
    NX_TRY(nx_flow_open(&f, house, a, who, transaction));
    NX_TRY(fill_view(out, &f));
    return own_strings(out, a);
}

NX_FALLIBLE nx_flow_look(struct nx_flow_view *view, struct nx_step *next, struct nx_house *house,
                              nx_arena *a, const struct nx_visitor *who, const char *transaction)
{
    NX_AUTO_FLOW(f);
    NX_TRY(nx_flow_open(&f, house, a, who, transaction));
    NX_TRY(fill_view(view, &f));
    NX_TRY(own_strings(view, a));
    return nx_flow_step(next, &f);
}

static const char *shown(const json_t *claims, const char *name, nx_arena *a)
{
    const json_t *v = json_object_get(claims, name);
    if (json_is_object(v)) v = json_object_get(v, "formatted");
    if (json_is_boolean(v)) return nx_arena_strdup(a, json_is_true(v) ? "✓" : "–");
    return json_is_string(v) ? nx_arena_strdup(a, json_string_value(v)) : NULL;
}

static NX_FALLIBLE fill_lines(struct nx_consent_view *v, struct nx_flow *f, uint32_t mask)
{
    NX_AUTO_JSON values = json_object();
    NX_NEED(values);
    NX_TRY(nx_claims_fill(values, f->house, f->arena, &f->gate.person, mask));
    struct nx_consent_line *line = nx_arena_new(f->arena, struct nx_consent_line, NX_CLAIMS);
    NX_NEED(line);
    for (int i = 0; i < NX_CLAIMS; i++) {
        const char *name = nx_claim_name((enum nx_claim)i);
        if (!(mask & (1u << i))) continue;
        line[v->line_count++] = (struct nx_consent_line){
            .claim = name,
            .value = shown(values, name, f->arena),
            .fresh = !f->has_consent || !nx_strings_has(f->consent.claims, name),
            .essential = (f->ask.claims.essential & (1u << i)) != 0,
        };
    }
    v->line = line;
    return NX_OK;
}

/* Scopes that are no set of claims of ours. */
static NX_FALLIBLE fill_scopes(struct nx_consent_view *v, struct nx_flow *f)
{
    const char **out = nx_arena_new(f->arena, const char *, NX_SCOPES_MAX);
    NX_NEED(out);
    for (size_t i = 0; i < f->ask.scopes.count; i++) {
        struct nx_words one = {&f->ask.scopes.word[i], 1};
        if (strcmp(*one.word, "openid") != 0 && nx_claims_of_scopes(&one) == 0)
            out[v->scope_count++] = *one.word;
    }
    v->scope = out;
    v->resource = f->ask.resources.word;
    v->resource_count = f->ask.resources.count;
    return NX_OK;
}

NX_FALLIBLE nx_flow_consent_view(struct nx_consent_view *out, struct nx_house *house, nx_arena *a,
                                      const struct nx_visitor *who, const char *transaction)
{
    NX_AUTO_FLOW(f);
    NX_TRY(nx_flow_open(&f, house, a, who, transaction));
    NX_REQUIRE(f.decision.verdict == NX_VERDICT_CONSENT, NX_ERR_CONFLICT);
    *out = (struct nx_consent_view){.line_count = 0};
    NX_TRY(fill_view(&out->request, &f));
    NX_TRY(own_strings(&out->request, a));
    NX_TRY(fill_lines(out, &f, f.ask.claims.id_token | f.ask.claims.userinfo));
    NX_TRY(fill_scopes(out, &f));
    struct nx_gate allowed = f.gate;
    allowed.facts.consent.given = true;
    out->remembered = nx_gate_decide(&allowed).terms.remember_consent;
    return NX_OK;
}

/* The consent and its audit row in one durable change (rule 20). */
static NX_FALLIBLE remember(struct nx_flow *f)
{
    struct nx_consent wanted;
    NX_TRY(nx_flow_wanted(&wanted, f));
    const char *actor = nx_arena_printf(f->arena, "person:%s", wanted.person.s);
    const char *detail = nx_arena_printf(f->arena, "{\"client\":\"%s\"}", f->client->id);
    NX_NEED(actor);
    NX_NEED(detail);
    NX_AUTO_CHANGE(change);
    NX_TRY(nx_registry_begin(&change, f->house->registry, NX_DURABLE));
    NX_TRY(nx_consent_put(f->house->registry, f->arena, &wanted));
    NX_TRY(nx_audit_append(f->house->registry, &(struct nx_audit_entry){.actor = actor,
                                                                        .type = "consent.given",
                                                                        .subject = wanted.person.s,
                                                                        .detail = detail}));
    return nx_registry_commit(&change);
}

NX_FALLIBLE nx_flow_consent(struct nx_step *out, struct nx_house *house, nx_arena *a,
                                 const struct nx_visitor *who, const char *transaction, bool allow)
{
    NX_AUTO_FLOW(f);
    NX_TRY(nx_flow_open(&f, house, a, who, transaction));
    /* Answered in another tab, or something else has to come first: compute what is next and follow that. */
    if (f.decision.verdict != NX_VERDICT_CONSENT) return nx_flow_step(out, &f);
    if (!allow) {
        NX_TRY(nx_flow_end(&f));
        return f.protocol->refuse(out, &f, NX_ERR_ACCESS_DENIED);
    }
    f.given = true;
    nx_flow_weigh(&f);
    if (f.decision.verdict == NX_VERDICT_ALLOW && f.decision.terms.remember_consent) NX_TRY(remember(&f));
    return nx_flow_step(out, &f);
}
