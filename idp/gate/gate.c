#include "gate/gate.h"

#include "base/log.h"
#include "config/settings.h"
#include "gate/enrolled.h"
#include "registry/epoch.h"
#include "registry/one_time.h"
#include "registry/policy_rule.h"
#include "registry/upstream.h"
#include "sessions/code.h"
#include "sessions/family.h"
#include "sessions/signon.h"
#include "sessions/txn.h"

_Static_assert(NX_LIFE_TRANSACTION_S == NX_TXN_LIFE_S, "policy and store: a login transaction");
_Static_assert(NX_LIFE_CODE_S == NX_CODE_LIFE_S, "policy and store: an authorization code");
_Static_assert(NX_LIFE_REFRESH_RETRY_S == NX_FAMILY_GRACE_S, "policy and store: the same answer again");
_Static_assert(NX_LIFE_FOREIGN_IDLE_S == NX_SIGNON_ELSEWHERE_IDLE_S,
               "policy and store: somebody else's screen");

void nx_gate_open(struct nx_gate *g, struct nx_house *house, nx_arena *a, enum nx_face face)
{
    *g = (struct nx_gate){.house = house, .arena = a};
    g->facts.now = nx_now();
    g->facts.face = face;
    g->facts.ask.max_age = -1;
    g->facts.session.how.rung = NX_RUNG_NONE;
}

static bool loopback_host(const char *uri)
{
    return strncmp(uri, "http://", 7) == 0;
}

/* An app that comes back by a claimed https link proves the link's owner; a private scheme or a loopback port
 * proves nothing, since any app on the device may take it (RFC 8252 section 8.6). */
static bool native_unclaimed(const nx_client *c)
{
    if (!c->application_type || strcmp(c->application_type, "native") != 0) return false;
    for (size_t i = 0; i < c->redirect_uris.n; i++) {
        const char *uri = c->redirect_uris.v[i];
        if (loopback_host(uri) || strncmp(uri, "https://", 8) != 0) return true;
    }
    return false;
}

void nx_gate_client(struct nx_gate *g, const nx_client *c, const char *grant_type)
{
    g->client = c;
    if (!c) return;
    bool base = strcmp(c->profile, "base") == 0;
    bool is_public = strcmp(c->auth_method, "none") == 0;
    g->facts.client = (struct nx_client_facts){
        .known = true,
        .active = c->state == NX_CLIENT_ACTIVE,
        .is_public = is_public,
        .pkce_required = is_public || !base,
        .native_unclaimed = native_unclaimed(c),
        .reachable = !nx_client_unreachable(c),
        .legal_basis = c->legal_basis != NULL,
        .grant = !*grant_type || nx_strings_has(c->grant_types, grant_type),
        .refreshes = nx_strings_has(c->grant_types, "refresh_token"),
    };
}

static enum nx_subject_kind kind_of(enum nx_person_kind kind)
{
    switch (kind) {
    case NX_CITIZEN:
        return NX_SUBJECT_CITIZEN;
    case NX_ORGANISATION:
        return NX_SUBJECT_ORGANISATION;
    case NX_HOUSEHOLD:
        return NX_SUBJECT_HOUSEHOLD;
    case NX_OFFICIAL:
        return NX_SUBJECT_OFFICIAL;
    }
    return NX_SUBJECT_CITIZEN;
}

static enum nx_fact_qr state_of(enum nx_qr_status status)
{
    switch (status) {
    case NX_QR_PENDING:
        return NX_FACT_QR_PENDING;
    case NX_QR_ACTIVE:
        return NX_FACT_QR_ACTIVE;
    case NX_QR_SUSPENDED:
        return NX_FACT_QR_SUSPENDED;
    case NX_QR_REVOKED:
        return NX_FACT_QR_REVOKED;
    }
    return NX_FACT_QR_REVOKED;
}

static NX_FALLIBLE read_person(struct nx_gate *g, const char *id)
{
    nx_result r = nx_person_get(g->house->registry, g->arena, id, &g->person);
    if (r.e == NX_ERR_NOT_FOUND) return NX_OK; /* the fact is that she is not known */
    NX_TRY(r);
    g->has_person = true;
    g->facts.person = (struct nx_person_facts){
        .known = true,
        .active = g->person.active,
        .kind = kind_of(g->person.kind),
        .proofing = (enum nx_level)g->person.proofing,
    };
    return NX_OK;
}

static NX_FALLIBLE read_qr(struct nx_gate *g, const char *qid)
{
    if (!qid) return NX_OK;
    g->facts.qr.state = NX_FACT_QR_REVOKED; /* bound to one that is not there any more */
    nx_result r = nx_qr_identity_get(g->house->registry, g->arena, qid, &g->qr);
    if (r.e == NX_ERR_NOT_FOUND) return NX_OK;
    NX_TRY(r);
    g->has_qr = true;
    g->facts.qr = (struct nx_qr_facts){
        .state = state_of(g->qr.status), .paper = g->qr.kind == NX_QR_PAPER, .expires = g->qr.expires};
    return NX_OK;
}

/* The registry has the truth, and it has it before the store: what came through an upstream that was switched off
 * this very moment is refused although the store has not heard of it. */
static NX_FALLIBLE read_upstream(struct nx_gate *g, const struct nx_epochs *made_under)
{
    const struct nx_epoch *e = nx_epochs_get(made_under, NX_EPOCH_UPSTREAM);
    NX_AUTO_UPSTREAM u = NULL;
    int64_t now;
    if (!e) return NX_OK;
    struct nx_epoch_fact *fact = &g->facts.epoch[NX_FACT_EPOCH_UPSTREAM];
    *fact = (struct nx_epoch_fact){.bound = true, .issued = e->value};
    nx_result r = nx_registry_epoch_load(g->house->registry, NX_EPOCH_UPSTREAM, e->id, &now);
    if (r.e == NX_ERR_NOT_FOUND) return NX_OK; /* it is not there any more: not known */
    NX_TRY(r);
    fact->known = true;
    fact->now = now;
    r = nx_upstream_get(g->house->registry, nx_span_str(e->id), &u);
    NX_REQUIRE(nx_ok(r) || r.e == NX_ERR_NOT_FOUND, r.e);
    if (u) g->facts.session.upstream_cap = (enum nx_level)u->level_cap;
    return NX_OK;
}

/* What the person could prove if she added the best that she has and that is not forbidden here. */
static NX_FALLIBLE read_attainable(struct nx_gate *g)
{
    struct nx_held held;
    if (!g->has_person) return NX_OK;
    NX_TRY(nx_gate_enrolled(&held, g->house, g->arena, &g->person));
    nx_held_add(&held, g->session.means, (enum nx_level)g->session.level);
    held.means &= ~g->facts.forbidden;
    g->facts.session.attainable = nx_policy_level_of_held(nx_policy(), &held);
    return NX_OK;
}

/* What portal and agencies forbid; only where a portal asks. */
static NX_FALLIBLE read_forbidden(struct nx_gate *g, const char *person)
{
    if (!g->client) return NX_OK;
    return nx_policy_forbidden(g->house->registry, g->client->id, g->client->organisation, person,
                               &g->facts.forbidden);
}

static NX_FALLIBLE read_choice(struct nx_gate *g, const struct nx_signon *s)
{
    if (nx_means_multi_factor(s->means)) return NX_OK; /* whatever she chose, it is fulfilled */
    return nx_always_second_get(g->house->registry, s->subject, &g->facts.person.wants_second);
}

NX_FALLIBLE nx_gate_signon(struct nx_gate *g, const struct nx_signon *s, const char *client_id)
{
    g->session = *s;
    g->has_session = true;
    g->facts.store_clean = true; /* the store answered, and it does not before it has replayed */
    g->facts.session = (struct nx_session_facts){
        .live = true,
        .one_client = s->only_client != NULL,
        .this_client = s->only_client && client_id && strcmp(s->only_client, client_id) == 0,
        .auth_time = s->auth_time,
        .how = {s->means, (enum nx_level)s->level, (enum nx_rung)s->rung},
        .attainable = (enum nx_level)s->level,
    };
    NX_TRY(read_person(g, s->subject));
    NX_TRY(read_qr(g, s->qid));
    NX_TRY(read_upstream(g, &s->epochs));
    NX_TRY(read_forbidden(g, s->subject));
    NX_TRY(read_choice(g, s));
    return g->facts.ask.acr > nx_facts_level(&g->facts) ? read_attainable(g) : NX_OK;
}

static NX_FALLIBLE take_found(struct nx_gate *g, const struct nx_signon *s, enum nx_found found, const char *client_id)
{
    g->facts.store_clean = true; /* as above, whatever it answered */
    return found == NX_FOUND ? nx_gate_signon(g, s, client_id) : NX_OK;
}

NX_FALLIBLE nx_gate_browser(struct nx_gate *g, nx_span cookie, const char *client_id)
{
    g->facts.store_clean = nx_store_ready(g->house->store);
    if (cookie.n == 0) return NX_OK;
    enum nx_found found;
    struct nx_signon s;
    NX_TRY(nx_signon_find(g->house->store, g->arena, cookie, &s, &found));
    return take_found(g, &s, found, client_id);
}

NX_FALLIBLE nx_gate_browser_once(struct nx_gate *g, nx_span cookie, const char *client_id,
                                 const struct nx_guard *guard, bool *first)
{
    enum nx_found found;
    struct nx_signon s;
    NX_TRY(nx_signon_find_once(g->house->store, g->arena, cookie, guard, &s, &found, first));
    return take_found(g, &s, found, client_id);
}

/* Introspection asks for no person: whatever changes her standing (active, proofing) raises her epoch, which
 * the store has compared a moment ago. A suspended QR identity keeps its epoch, so that it can be resumed: it
 * is read. */
static NX_FALLIBLE read_standing(struct nx_gate *g, const struct nx_grant *grant)
{
    if (g->facts.face != NX_FACE_INTROSPECTION) return read_person(g, grant->subject);
    g->facts.person =
        (struct nx_person_facts){.known = true, .active = true, .proofing = (enum nx_level)grant->level};
    return NX_OK;
}

/* What was forbidden since the sign-in ends what lives on it: a family may be months old. A token that is asked about
 * or used lives for minutes. */
static bool renews(enum nx_face face)
{
    return face == NX_FACE_CODE || face == NX_FACE_REFRESH;
}

NX_FALLIBLE nx_gate_grant(struct nx_gate *g, const struct nx_grant *grant, nx_time expires,
                          enum nx_found found)
{
    g->facts.store_clean = true; /* the store found or missed it: it answers only when it has replayed */
    if (found != NX_FOUND) return NX_OK;
    g->facts.handle.live = true;
    g->facts.handle.expires = expires;
    g->facts.ask.offline = grant->offline;
    g->facts.session.how =
        (struct nx_sign_in){grant->means, (enum nx_level)grant->level, (enum nx_rung)grant->rung};
    if (strcmp(grant->subject, grant->client_id) == 0) {
        g->facts.person.none = true;
        return NX_OK;
    }
    NX_TRY(read_standing(g, grant));
    NX_TRY(read_upstream(g, &grant->epochs));
    if (renews(g->facts.face)) NX_TRY(read_forbidden(g, grant->subject));
    return read_qr(g, grant->qid);
}

void nx_gate_operator(struct nx_gate *g, bool live, nx_time expires, bool audience, bool scope)
{
    g->facts.store_clean =
        true; /* operators act on the registry, which is the truth; they must reach it always */
    g->facts.person.none = true;
    g->facts.handle =
        (struct nx_handle_facts){.live = live, .holder = true, .audience = audience, .expires = expires};
    g->facts.scope.held = scope;
}

static void shorten(int64_t *seconds, int64_t setting)
{
    if (*seconds > setting) *seconds = setting;
}

/* An operator may shorten what the policy allows, never lengthen it. */
static void apply_settings(struct nx_terms *t, const struct nx_settings *s)
{
    if (!s) return;
    shorten(&t->access_s, s->access_ttl_s);
    shorten(&t->id_token_s, s->id_token_ttl_s);
    shorten(&t->refresh_idle_s, s->refresh_idle_s);
    shorten(&t->refresh_most_s, s->refresh_ttl_s);
}

struct nx_decision nx_gate_decide(const struct nx_gate *g)
{
    struct nx_decision d = nx_may_issue(&g->facts);
    apply_settings(&d.terms, g->house->settings);
    if (d.verdict == NX_VERDICT_DENY)
        nx_log(NX_INFO, "denied", NX_TEXT("reason", nx_reason_name(d.reason)), NX_NUM("face", g->facts.face));
    return d;
}

NX_FALLIBLE nx_gate_require(struct nx_terms *terms, const struct nx_gate *g)
{
    struct nx_decision d = nx_gate_decide(g);
    NX_REQUIRE(d.verdict == NX_VERDICT_ALLOW, nx_reason_error(d.reason));
    *terms = d.terms;
    return NX_OK;
}

NX_FALLIBLE nx_gate_epochs(struct nx_epochs *out, struct nx_house *house, const char *client_id)
{
    int64_t client, sys;
    NX_TRY(nx_registry_epoch_get(house->registry, NX_EPOCH_CLIENT, client_id, &client));
    NX_TRY(nx_registry_epoch_get(house->registry, NX_EPOCH_SYSTEM, NX_EPOCH_SYSTEM_ID, &sys));
    out->count = 0;
    NX_TRY(nx_epochs_set(out, NX_EPOCH_CLIENT, client_id, client));
    return nx_epochs_set(out, NX_EPOCH_SYSTEM, NX_EPOCH_SYSTEM_ID, sys);
}
