#include "revoke/scope.h"

#include "registry/client.h"
#include "registry/person.h"
#include "registry/qr_identity.h"
#include "registry/upstream.h"
#include "sessions/signon.h"

#define BIT(act) (1u << (act))
#define EVERY (BIT(NX_REVOKE) | BIT(NX_SUSPEND) | BIT(NX_RESUME))

static const enum nx_qr_status qr_status[] = {NX_QR_REVOKED, NX_QR_SUSPENDED, NX_QR_ACTIVE};
static const enum nx_client_state client_state[] = {NX_CLIENT_REVOKED, NX_CLIENT_SUSPENDED, NX_CLIENT_ACTIVE};

static nx_result change_qr(struct nx_house *h, nx_arena *a, struct nx_revoke_order *o)
{
    struct nx_qr_identity q;
    NX_TRY(nx_qr_identity_get(h->registry, a, o->target, &q));
    o->subject = nx_arena_strdup(a, q.person.s);
    NX_NEED(o->subject);
    return nx_qr_identity_set_status(h->registry, o->target, qr_status[o->act], NULL);
}

static bool done_qr(struct nx_house *h, nx_arena *a, const struct nx_revoke_order *o)
{
    struct nx_qr_identity q;
    return nx_ok(nx_qr_identity_get(h->registry, a, o->target, &q)) && q.status == qr_status[o->act];
}

static nx_result change_session(struct nx_house *h, nx_arena *a, struct nx_revoke_order *o)
{
    struct nx_signon s;
    enum nx_found found;
    NX_TRY(nx_signon_get(h->store, a, o->target, &s, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_NOT_FOUND);
    o->subject = s.subject;
    return NX_OK;
}

/* A person that is being deleted may be gone already; her records in the store are not. */
static nx_result change_person(struct nx_house *h, nx_arena *a, struct nx_revoke_order *o)
{
    (void)h;
    (void)a;
    NX_REQUIRE(nx_id_valid(nx_span_str(o->target)), NX_ERR_NOT_FOUND);
    o->subject = o->target;
    return NX_OK;
}

static nx_result change_grant(struct nx_house *h, nx_arena *a, struct nx_revoke_order *o)
{
    (void)h;
    (void)a;
    NX_REQUIRE(o->subject, NX_ERR_MISSING);
    return NX_OK;
}

static nx_result change_client(struct nx_house *h, nx_arena *a, struct nx_revoke_order *o)
{
    (void)a;
    o->subject = NULL;
    return nx_client_set_state(h->registry, o->target, client_state[o->act]);
}

static bool done_client(struct nx_house *h, nx_arena *a, const struct nx_revoke_order *o)
{
    (void)a;
    NX_AUTO(nx_client) c = NULL;
    return nx_ok(nx_client_get(h->registry, nx_span_str(o->target), &c)) && c->state == client_state[o->act];
}

static nx_result change_system(struct nx_house *h, nx_arena *a, struct nx_revoke_order *o)
{
    (void)h;
    (void)a;
    NX_REQUIRE(strcmp(o->target, NX_EPOCH_SYSTEM_ID) == 0, NX_ERR_NOT_FOUND);
    o->subject = NULL;
    return NX_OK;
}

static nx_result change_upstream(struct nx_house *h, nx_arena *a, struct nx_revoke_order *o)
{
    (void)a;
    o->subject = NULL;
    return nx_upstream_set_state(h->registry, o->target, false);
}

static bool done_upstream(struct nx_house *h, nx_arena *a, const struct nx_revoke_order *o)
{
    (void)a;
    NX_AUTO_UPSTREAM u = NULL;
    return nx_ok(nx_upstream_get(h->registry, nx_span_str(o->target), &u)) && !u->on;
}

static const struct nx_revoke_row rows[] = {
    {"qr", NX_REVOKE_QR, NX_EPOCH_QR, NX_KILL_QR, EVERY, change_qr, done_qr},
    {"session", NX_REVOKE_SESSION, 0, NX_KILL_SESSION, BIT(NX_REVOKE), change_session, NULL},
    {"sign-out", NX_REVOKE_SIGN_OUT, 0, NX_KILL_LEAVE, BIT(NX_REVOKE), change_session, NULL},
    {"person", NX_REVOKE_PERSON, NX_EPOCH_PERSON, NX_KILL_PERSON, BIT(NX_REVOKE), change_person, NULL},
    {"grant", NX_REVOKE_GRANT, 0, NX_KILL_CLIENT, BIT(NX_REVOKE), change_grant, NULL},
    {"client", NX_REVOKE_CLIENT, NX_EPOCH_CLIENT, NX_KILL_EPOCH, EVERY, change_client, done_client},
    {"system", NX_REVOKE_SYSTEM, NX_EPOCH_SYSTEM, NX_KILL_EPOCH, BIT(NX_REVOKE), change_system, NULL},
    {"upstream", NX_REVOKE_UPSTREAM, NX_EPOCH_UPSTREAM, NX_KILL_EPOCH, BIT(NX_REVOKE), change_upstream, done_upstream},
};

static const struct {
    const char *name;
    enum nx_kill_act kill;
} acts[] = {{"revoke", NX_KILL_REVOKE}, {"suspend", NX_KILL_SUSPEND}, {"resume", NX_KILL_RESUME}};

const struct nx_revoke_row *nx_revoke_row_of(enum nx_revoke_scope scope)
{
    return &rows[scope];
}

const struct nx_revoke_row *nx_revoke_row_named(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, name) == 0) return &rows[i];
    return NULL;
}

const char *nx_revoke_act_name(enum nx_revoke_act act)
{
    return acts[act].name;
}

enum nx_kill_act nx_revoke_kill_act(const char *act_name)
{
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        if (strcmp(acts[i].name, act_name) == 0) return acts[i].kill;
    return NX_KILL_REVOKE;
}
