#include "authn/sign_in.h"

#include "base/json.h"
#include "config/settings.h"
#include "policies/policy.h"
#include "registry/epoch.h"
#include "registry/person.h"
#include "registry/qr_identity.h"
#include "sessions/upstream.h"

struct signing {
    struct nx_house *house;
    nx_arena *arena;
    const struct nx_sign_in_ask *ask;
    nx_time now;
    const char *qid; /* to bind to; NULL: the person has none */
    struct nx_epochs epochs;
    struct nx_upstream_names upstream; /* of the proof; upstream NULL: none */
    struct nx_upstream_mark mark;
    nx_id upstream_subject, upstream_session; /* their digests */
};

/* Every epoch is read before the state that it guards: a revocation in between is then seen by the store's
 * script, which finds the epoch stale. */
static nx_result read_person(struct signing *x)
{
    const struct nx_proof *p = &x->ask->proof;
    struct nx_person person;
    int64_t epoch = p->epoch;
    if (!p->epoch_known)
        NX_TRY(nx_registry_epoch_get(x->house->registry, NX_EPOCH_PERSON, p->person, &epoch));
    NX_TRY(nx_epochs_set(&x->epochs, NX_EPOCH_PERSON, p->person, epoch));
    nx_result r = nx_person_get(x->house->registry, x->arena, p->person, &person);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_PERSON_INACTIVE);
    NX_TRY(r);
    NX_REQUIRE(person.active, NX_ERR_PERSON_INACTIVE);
    return NX_OK;
}

static nx_result read_qr(struct signing *x, const char *qid)
{
    struct nx_qr_identity q;
    int64_t epoch;
    NX_TRY(nx_registry_epoch_get(x->house->registry, NX_EPOCH_QR, qid, &epoch));
    NX_TRY(nx_epochs_set(&x->epochs, NX_EPOCH_QR, qid, epoch));
    nx_result r = nx_qr_identity_get(x->house->registry, x->arena, qid, &q);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_QR_DEAD);
    NX_TRY(r);
    bool usable =
        q.status == NX_QR_ACTIVE && q.expires > x->now && strcmp(q.person.s, x->ask->proof.person) == 0;
    NX_REQUIRE(usable, NX_ERR_QR_DEAD);
    x->qid = nx_arena_strdup(x->arena, qid);
    NX_NEED(x->qid);
    return NX_OK;
}

static nx_result read_upstream(struct signing *x)
{
    const struct nx_proof *p = &x->ask->proof;
    if (!p->upstream) return NX_OK;
    x->upstream = (struct nx_upstream_names){p->upstream, p->upstream_subject, p->upstream_session};
    NX_TRY(nx_epochs_set(&x->epochs, NX_EPOCH_UPSTREAM, p->upstream, p->upstream_epoch));
    return nx_upstream_keys(&x->upstream_subject, &x->upstream_session, x->house->store, &x->upstream);
}

/* Rule 23: the identity that was used; by other means the person's primary one. */
static nx_result choose_qr(struct signing *x)
{
    struct nx_qr_identity primary;
    const struct nx_proof *p = &x->ask->proof;
    if (p->qid) return read_qr(x, p->qid);
    nx_result r = nx_qr_identity_primary(x->house->registry, x->arena, p->person, x->now, &primary);
    if (r.e == NX_ERR_NOT_FOUND) return NX_OK;
    NX_TRY(r);
    return read_qr(x, primary.qid.s);
}

/* What the audit trail and the person's own list of activity tell. */
static nx_result make_note(struct nx_note *out, const struct signing *x, const char *type,
                           const struct nx_signon *s)
{
    const char *amr[NX_AMR_MAX];
    size_t n = nx_amr_of_means(amr, x->ask->proof.means);
    NX_AUTO_JSON means = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(means, json_string(amr[i]));
    NX_AUTO_JSON j = json_pack("{s:O, s:s*, s:s*, s:s*, s:s*, s:s*}", "amr", means, "browser", x->ask->agent,
                               "network", nx_network_label(x->arena, x->ask->source), "qid", s->qid, "client",
                               s->only_client, "upstream", s->upstream);
    *out = (struct nx_note){.type = type,
                            .subject = x->ask->proof.person,
                            .actor = nx_arena_printf(x->arena, "person:%s", x->ask->proof.person),
                            .detail = j ? nx_json_dump(x->arena, j) : NULL};
    NX_REQUIRE(out->actor && out->detail, NX_ERR_MEMORY);
    return NX_OK;
}

static int64_t shorter(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* A provider's word tells when she was there; nobody's word makes her come later than now. */
static nx_time proven_at(const struct signing *x)
{
    nx_time at = x->ask->proof.at;
    return at > 0 && at < x->now ? at : x->now;
}

static void set_lifetime(struct nx_signon *s, const struct signing *x)
{
    const struct nx_settings *set = x->house->settings;
    const struct nx_lifetimes *most = &nx_policy()->life;
    bool foreign = x->ask->only_client != NULL;
    s->idle_s = foreign ? shorter(set->foreign_idle_s, most->foreign_idle)
                        : shorter(set->session_idle_s, most->session_idle);
    s->ends = x->now + (foreign ? shorter(set->session_ttl_s, most->foreign_most)
                                : shorter(set->session_ttl_s, most->session_most));
}

static nx_result begin(nx_handle_text *cookie, struct nx_signon *s, const struct signing *x)
{
    const struct nx_proof *p = &x->ask->proof;
    struct nx_note note;
    enum nx_found found;
    *s = (struct nx_signon){.subject = p->person,
                            .qid = x->qid,
                            .level = p->bound_at,
                            .rung = p->rung,
                            .means = p->means,
                            .auth_time = proven_at(x),
                            .came = x->now,
                            .agent = x->ask->agent,
                            .only_client = x->ask->only_client,
                            .vouched_by = p->vouched_by,
                            .upstream = p->upstream,
                            .upstream_subject = x->upstream_subject,
                            .upstream_session = x->upstream_session,
                            .epochs = x->epochs};
    set_lifetime(s, x);
    NX_TRY(make_note(&note, x, "session.started", s));
    NX_TRY(nx_signon_begin(cookie, x->house->store, x->arena, s, &note, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_GRANT_REVOKED);
    return NX_OK;
}

/* An upstream's logout that came while the session was being made is seen now (rule 21, sessions/name.h). */
static nx_result begin_through(nx_handle_text *cookie, struct nx_signon *s, struct signing *x)
{
    static const struct nx_note note = {.type = "session.refused", .actor = "system"};
    bool ended = false;
    int64_t life_s = shorter(x->house->settings->session_ttl_s, nx_policy()->life.session_most);
    NX_TRY(nx_upstream_note(&x->mark, x->house->store, x->arena, &x->upstream, x->ask->proof.person, life_s));
    NX_TRY(begin(cookie, s, x));
    NX_TRY(nx_upstream_ended(&ended, x->house->store, x->arena, &x->upstream, &x->mark));
    if (!ended) return NX_OK;
    NX_TRY(nx_signon_drop(x->house->store, x->arena, s, &note));
    NX_FAIL(NX_ERR_GRANT_REVOKED);
}

/* A code is a factor of somebody's sign-in and never one by itself. */
static bool stands_alone(const struct nx_proof *p)
{
    return nx_policy_best_row(nx_policy(), p->means, NX_P3) != NULL;
}

/* What two proofs are bound at together; 0 when this one needs no other: it reaches by itself what both
 * would, and then what is forbidden somewhere need not stand in the way of it. */
static int joint(const struct nx_signon *s, const struct nx_proof *p)
{
    const struct nx_sign_in before = {s->means, (enum nx_level)s->level, NX_RUNG_NONE};
    const struct nx_sign_in added = {p->means, (enum nx_level)p->bound_at, NX_RUNG_NONE};
    struct nx_held alone = {.means = NX_MEANS_NONE};
    nx_held_add(&alone, p->means, (enum nx_level)p->bound_at);
    enum nx_level both = nx_policy_bound_together(nx_policy(), &before, &added);
    return stands_alone(p) && nx_policy_level_of_held(nx_policy(), &alone) >= both ? 0 : (int)both;
}

bool nx_sign_in_joins(const struct nx_house *house, const struct nx_signon *s)
{
    return nx_now() - s->came <= house->settings->recent_auth_s;
}

/* Two proofs close together are factors of one sign-in; a later one stands alone, since acr and auth_time
 * must be true of the same moment. */
static void merge(struct nx_signon *s, const struct signing *x)
{
    const struct nx_proof *p = &x->ask->proof;
    bool another = !(s->means & p->means) || !stands_alone(p);
    int both = nx_sign_in_joins(x->house, s) && another ? joint(s, p) : 0;
    const struct nx_sign_in before = {s->means, (enum nx_level)s->level, (enum nx_rung)s->rung};
    const struct nx_sign_in added = {p->means, (enum nx_level)p->bound_at, p->rung};
    s->rung = (int)(both ? nx_policy_rung_together(&before, &added, (enum nx_level)both) : p->rung);
    s->level = both ? both : p->bound_at;
    s->means = both ? s->means | p->means : p->means;
    s->auth_time = proven_at(x);
    s->came = x->now;
    s->agent = x->ask->agent;
}

static nx_result raise(nx_handle_text *cookie, struct nx_signon *s, const struct signing *x,
                       enum nx_found *found)
{
    struct nx_note note;
    merge(s, x);
    NX_TRY(make_note(&note, x, "session.raised", s));
    return nx_signon_raise(cookie, x->house->store, x->arena, s, &note, found);
}

/* Whether the browser's present session can carry this proof: hers, of the same breadth, bound to the same
 * identity, come through the same upstream. */
static bool carries(const struct nx_signon *s, const struct signing *x)
{
    const struct nx_sign_in_ask *ask = x->ask;
    if (strcmp(s->subject, ask->proof.person) != 0) return false;
    if (s->only_client || ask->only_client) return false;
    /* a session is bound to one session of one upstream for its life: its epoch and its logout end it */
    if (ask->proof.upstream && !(s->upstream && strcmp(s->upstream, ask->proof.upstream) == 0 &&
                                 strcmp(s->upstream_subject.s, x->upstream_subject.s) == 0 &&
                                 strcmp(s->upstream_session.s, x->upstream_session.s) == 0))
        return false;
    return !ask->proof.qid || (s->qid && strcmp(s->qid, ask->proof.qid) == 0);
}

nx_result nx_sign_in(nx_handle_text *cookie, struct nx_signon *out, struct nx_house *house, nx_arena *a,
                     const struct nx_sign_in_ask *ask)
{
    struct signing x = {.house = house, .arena = a, .ask = ask, .now = nx_now()};
    enum nx_found found = NX_GONE;
    NX_TRY(read_person(&x));
    NX_TRY(read_upstream(&x));
    if (ask->present.n) NX_TRY(nx_signon_find(house->store, a, ask->present, out, &found));
    bool hers = found == NX_FOUND && carries(out, &x);
    NX_REQUIRE(stands_alone(&ask->proof) || (hers && nx_sign_in_joins(house, out)), NX_ERR_LOGIN_REQUIRED);
    if (hers) {
        NX_TRY(raise(cookie, out, &x, &found));
        if (found == NX_FOUND) return NX_OK;
        NX_REQUIRE(stands_alone(&ask->proof), NX_ERR_LOGIN_REQUIRED);
    }
    NX_TRY(choose_qr(&x));
    return ask->proof.upstream ? begin_through(cookie, out, &x) : begin(cookie, out, &x);
}

nx_result nx_sign_in_recent(struct nx_house *house, const struct nx_signon *s)
{
    NX_REQUIRE(nx_now() - s->auth_time <= house->settings->recent_auth_s, NX_ERR_LOGIN_REQUIRED);
    return NX_OK;
}
