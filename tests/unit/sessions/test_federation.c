/* What federation keeps of a session: SessionIndex and transient names, assertions and artifacts, names from outside,
 * and the epoch of an upstream. */
#include "rig.h"

#include "sessions/artifact.h"
#include "sessions/assertion.h"
#include "sessions/upstream.h"

#define PERSISTENT "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
#define UPSTREAM "tinh-idp"

static int64_t next_seq = 100;

/* --- names of a session ------------------------------------------------------------------------------------ */

static void test_an_index_names_one_session_to_one_client(void **state)
{
    RIG(state);
    nx_handle_text cookie;
    struct nx_signon s = signed_in(g, &cookie);
    nx_id one, again, other, back;
    enum nx_found found;
    OK(nx_signon_index(&one, st, s.id.s, "dvc"));
    OK(nx_signon_index(&again, st, s.id.s, "dvc"));
    OK(nx_signon_index(&other, st, s.id.s, "thue"));
    assert_string_equal(one.s, again.s);
    assert_string_not_equal(one.s, other.s);
    assert_string_not_equal(one.s, s.id.s);
    OK(nx_signon_of_index(&back, st, "dvc", nx_span_str(one.s), &found));
    assert_int_equal(found, NX_FOUND);
    assert_string_equal(back.s, s.id.s);
    const struct {
        const char *client;
        const char *index;
    } wrong[] = {{"thue", one.s}, {"dvc", other.s}, {"dvc", s.id.s}, {"dvc", ""}, {"dvc", "x"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        OK(nx_signon_of_index(&back, st, wrong[i].client, nx_span_str(wrong[i].index), &found));
        assert_int_equal(found, NX_GONE);
    }
}

static void test_an_index_does_not_bend(void **state)
{
    RIG(state);
    nx_handle_text cookie;
    struct nx_signon s = signed_in(g, &cookie);
    nx_id index, back;
    enum nx_found found;
    OK(nx_signon_index(&index, st, s.id.s, "dvc"));
    for (size_t i = 0; i < NX_ID_LEN; i++) {
        nx_id bent = index;
        bent.s[i] = bent.s[i] == 'a' ? 'e' : 'a';
        OK(nx_signon_of_index(&back, st, "dvc", nx_span_str(bent.s), &found));
        assert_true(found == NX_GONE);
    }
}

/* Whatever opens to something else than the id of a record, the link of a cookie among it, names no session. */
static void test_an_index_is_of_a_session_and_not_of_a_cookie(void **state)
{
    RIG(state);
    nx_handle_text cookie;
    struct nx_signon s = signed_in(g, &cookie);
    uint8_t bytes[16];
    size_t n;
    nx_id linked, index, back;
    enum nx_found found;
    OK(nx_b32_decode(bytes, sizeof bytes, &n, nx_span_str(s.id.s), false));
    bytes[15] = 1;
    nx_b32_encode(linked.s, nx_span_of(bytes, sizeof bytes), false);
    OK(nx_signon_index(&index, st, linked.s, "dvc"));
    OK(nx_signon_of_index(&back, st, "dvc", nx_span_str(index.s), &found));
    assert_int_equal(found, NX_GONE);
}

/* --- assertions -------------------------------------------------------------------------------------------- */

static struct nx_assertion an_assertion(struct rig *g, const struct nx_signon *s, const char *client)
{
    struct nx_assertion x = {.session = s,
                             .client_id = client,
                             .name = {.format = PERSISTENT, .value = "n1", .sp_qualifier = "https://dvc/sp"},
                             .until = nx_now() + 3600,
                             .with_status = true};
    OK(nx_epochs_set(&x.epochs, NX_EPOCH_CLIENT, client, g->truth.client));
    OK(nx_epochs_set(&x.epochs, NX_EPOCH_SYSTEM, NX_EPOCH_SYSTEM_ID, g->truth.system));
    return x;
}

static enum nx_found join(struct rig *g, struct nx_assertion *x)
{
    enum nx_found found;
    OK(nx_assertion_join(g->st, g->a, x, &(struct nx_note){.type = "assertion.issued", .subject = PERSON}, &found));
    return found;
}

static enum nx_found told(struct rig *g, const struct nx_assertion *x, struct nx_told *out)
{
    enum nx_found found;
    OK(nx_assertion_told(g->st, g->a, x->session->id.s, x->client_id, out, &found));
    return found;
}

static struct nx_killed_list strike(struct rig *g, enum nx_kill_scope scope, const char *target)
{
    struct nx_killed_list killed;
    struct nx_kill k = {.seq = ++next_seq,
                        .shard = nx_store_shard(g->st, PERSON),
                        .act = NX_KILL_REVOKE,
                        .scope = scope,
                        .subject = PERSON,
                        .target = target};
    if (scope == NX_KILL_QR) OK(nx_epochs_set(&k.epochs, NX_EPOCH_QR, target, ++g->truth.qr));
    OK(nx_kill_apply(g->st, g->a, &k, &killed));
    return killed;
}

static const struct nx_killed *first(const struct nx_killed_list *l, char kind)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->v[i].kind == kind) return &l->v[i];
    return NULL;
}

static void test_an_assertion_joins_the_session(void **state)
{
    RIG(state);
    nx_handle_text cookie;
    struct nx_signon s = signed_in(g, &cookie), again;
    struct nx_assertion x = an_assertion(g, &s, "dvc");
    struct nx_told t;
    enum nx_found found;
    const char *person;
    assert_int_equal(told(g, &x, &t), NX_GONE);
    assert_int_equal(join(g, &x), NX_FOUND);
    assert_true(x.status.list >= 0);
    assert_int_equal(status_bits(g, x.status), NX_STATUS_VALID);
    OK(nx_signon_get(st, a, s.id.s, &again, &found));
    assert_int_equal(again.client_count, 1);
    assert_string_equal(again.clients[0], "dvc");
    assert_int_equal(told(g, &x, &t), NX_FOUND);
    assert_string_equal(t.name.format, PERSISTENT);
    assert_string_equal(t.name.value, "n1");
    assert_string_equal(t.name.sp_qualifier, "https://dvc/sp");
    assert_null(t.name.name_qualifier);
    assert_int_equal(t.status.index, x.status.index);
    OK(nx_assertion_person(st, a, "dvc", &x.name, &person, &found));
    assert_int_equal(found, NX_FOUND);
    assert_string_equal(person, PERSON);
    OK(nx_assertion_person(st, a, "thue", &x.name, &person, &found)); /* another portal's name is nobody's */
    assert_int_equal(found, NX_GONE);
}

static void test_a_second_sign_on_keeps_the_index(void **state)
{
    RIG(state);
    nx_handle_text cookie;
    struct nx_signon s = signed_in(g, &cookie);
    struct nx_assertion x = an_assertion(g, &s, "dvc"), y = an_assertion(g, &s, "dvc"), z = an_assertion(g, &s, "thue");
    struct nx_told t;
    assert_int_equal(join(g, &x), NX_FOUND);
    y.until = x.until - 1800;
    assert_int_equal(join(g, &y), NX_FOUND);
    assert_int_equal(y.status.list, x.status.list);
    assert_int_equal(y.status.index, x.status.index);
    assert_int_equal(told(g, &x, &t), NX_FOUND);
    assert_true(t.until >= x.until - 1); /* never shorter than what was told first */
    assert_int_equal(join(g, &z), NX_FOUND);
    assert_true(z.status.list != x.status.list || z.status.index != x.status.index);
}

static void test_rule_22_a_moved_epoch_draws_anew(void **state)
{
    RIG(state);
    nx_handle_text cookie;
    struct nx_signon s = signed_in(g, &cookie);
    struct nx_assertion x = an_assertion(g, &s, "dvc");
    assert_int_equal(join(g, &x), NX_FOUND);
    struct nx_kill k = {.seq = ++next_seq, .shard = nx_store_shard(st, "dvc"), .scope = NX_KILL_EPOCH, .target = "dvc"};
    struct nx_killed_list killed;
    OK(nx_epochs_set(&k.epochs, NX_EPOCH_CLIENT, "dvc", ++g->truth.client));
    OK(nx_kill_apply(st, a, &k, &killed));
    struct nx_told t;
    assert_int_equal(told(g, &x, &t), NX_STALE);
    struct nx_assertion y = an_assertion(g, &s, "dvc");
    assert_int_equal(join(g, &y), NX_FOUND);
    assert_true(y.status.index != x.status.index || y.status.list != x.status.list);
}

static void test_rule_21_an_assertion_and_a_revocation(void **state)
{
    RIG(state);
    nx_handle_text cookie;
    struct nx_signon s = signed_in(g, &cookie);
    struct nx_assertion before = an_assertion(g, &s, "dvc"), after = an_assertion(g, &s, "thue");
    struct nx_told t;
    assert_int_equal(join(g, &before), NX_FOUND);
    struct nx_killed_list killed = strike(g, NX_KILL_QR, QID);
    const struct nx_killed *k = first(&killed, 'a');
    assert_non_null(k);
    assert_string_equal(k->client, "dvc");
    assert_string_equal(k->session, s.id.s);
    assert_string_equal(k->name.format, PERSISTENT);
    assert_string_equal(k->name.value, "n1");
    assert_int_equal(status_bits(g, before.status), NX_STATUS_REVOKED);
    assert_int_equal(told(g, &before, &t), NX_GONE);
    assert_int_not_equal(join(g, &after), NX_FOUND); /* the person's session is over: nothing is told any more */
}

static void test_an_ended_session_ends_its_assertions(void **state)
{
    RIG(state);
    nx_handle_text cookie, cookie2;
    struct nx_signon s = signed_in(g, &cookie), other = signed_in(g, &cookie2);
    struct nx_assertion x = an_assertion(g, &s, "dvc"), y = an_assertion(g, &other, "dvc");
    struct nx_told t;
    assert_int_equal(join(g, &x), NX_FOUND);
    assert_int_equal(join(g, &y), NX_FOUND);
    struct nx_killed_list killed = strike(g, NX_KILL_LEAVE, s.id.s);
    assert_int_equal(killed.n, 2); /* the session and what the portal was told of it */
    assert_int_equal(killed.spared, 1);
    assert_int_equal(status_bits(g, x.status), NX_STATUS_REVOKED);
    assert_int_equal(status_bits(g, y.status), NX_STATUS_VALID);
    assert_int_equal(told(g, &x, &t), NX_GONE);
    assert_int_equal(told(g, &y, &t), NX_FOUND);
}

static void test_what_was_given_to_a_portal_alone(void **state)
{
    RIG(state);
    nx_handle_text cookie;
    struct nx_signon s = signed_in(g, &cookie);
    struct nx_assertion x = an_assertion(g, &s, "dvc"), y = an_assertion(g, &s, "thue");
    struct nx_told t;
    assert_int_equal(join(g, &x), NX_FOUND);
    assert_int_equal(join(g, &y), NX_FOUND);
    struct nx_killed_list killed = strike(g, NX_KILL_CLIENT, "dvc");
    assert_int_equal(killed.n, 1);
    assert_string_equal(killed.v[0].client, "dvc");
    assert_int_equal(told(g, &x, &t), NX_GONE);
    assert_int_equal(told(g, &y, &t), NX_FOUND);
    assert_int_equal(session_state(g, &cookie), NX_FOUND);
}

static void test_an_assertion_needs_its_epochs(void **state)
{
    RIG(state);
    nx_handle_text cookie;
    struct nx_signon s = signed_in(g, &cookie);
    struct nx_assertion x = an_assertion(g, &s, "dvc");
    enum nx_found found;
    x.epochs.count = 1; /* client without system */
    assert_int_equal(nx_assertion_join(st, a, &x, &NX_NOTE_NONE, &found).e, NX_ERR_MISSING);
    x = an_assertion(g, &s, "dvc");
    x.until = nx_now();
    assert_int_equal(nx_assertion_join(st, a, &x, &NX_NOTE_NONE, &found).e, NX_ERR_RANGE);
}

/* --- artifacts --------------------------------------------------------------------------------------------- */

static enum nx_found make(struct rig *g, uint8_t handle[NX_ARTIFACT_HANDLE_LEN], const struct nx_assertion *x, size_t n)
{
    enum nx_found found;
    char *message = nx_arena_alloc(g->a, n);
    memset(message, 'm', n);
    OK(nx_artifact_make(handle, g->st, g->a, x->client_id, x, NULL, nx_span_of(message, n), &found));
    return found;
}

static enum nx_found take(struct rig *g, const char *client, const uint8_t *handle, nx_span *message)
{
    enum nx_found found;
    OK(nx_artifact_take(g->st, g->a, client, handle, message, &found));
    return found;
}

static void test_an_artifact_is_handed_over_once(void **state)
{
    RIG(state);
    nx_handle_text cookie;
    struct nx_signon s = signed_in(g, &cookie);
    struct nx_assertion x = an_assertion(g, &s, "dvc");
    uint8_t handle[NX_ARTIFACT_HANDLE_LEN];
    nx_span message;
    struct nx_told t;
    assert_int_equal(join(g, &x), NX_FOUND);
    assert_int_equal(make(g, handle, &x, NX_ARTIFACT_MAX), NX_FOUND);
    assert_int_equal(take(g, "thue", handle, &message), NX_GONE);
    assert_int_equal(take(g, "dvc", handle, &message), NX_FOUND);
    assert_int_equal(message.n, NX_ARTIFACT_MAX);
    assert_int_equal(message.p[NX_ARTIFACT_MAX - 1], 'm');
    assert_int_equal(status_bits(g, x.status), NX_STATUS_VALID);
    assert_int_equal(take(g, "dvc", handle, &message), NX_SPENT);
    assert_int_equal(message.n, 0);
    assert_int_equal(status_bits(g, x.status), NX_STATUS_REVOKED); /* what the first use gave is dead */
    assert_int_equal(told(g, &x, &t), NX_GONE);
}

static void test_an_artifact_does_not_bend(void **state)
{
    RIG(state);
    nx_handle_text cookie;
    struct nx_signon s = signed_in(g, &cookie);
    struct nx_assertion x = an_assertion(g, &s, "dvc");
    uint8_t handle[NX_ARTIFACT_HANDLE_LEN];
    nx_span message;
    assert_int_equal(join(g, &x), NX_FOUND);
    assert_int_equal(make(g, handle, &x, 10), NX_FOUND);
    for (size_t i = 0; i < sizeof handle; i++) {
        handle[i] ^= 1;
        assert_int_equal(take(g, "dvc", handle, &message), NX_GONE);
        handle[i] ^= 1;
    }
    assert_int_equal(take(g, "dvc", handle, &message), NX_FOUND);
}

static void test_an_artifact_ends_with_what_it_stands_on(void **state)
{
    RIG(state);
    nx_handle_text cookie;
    struct nx_signon s = signed_in(g, &cookie);
    struct nx_assertion x = an_assertion(g, &s, "dvc");
    uint8_t handle[NX_ARTIFACT_HANDLE_LEN], late[NX_ARTIFACT_HANDLE_LEN];
    nx_span message;
    enum nx_found found;
    assert_int_equal(join(g, &x), NX_FOUND);
    assert_int_equal(make(g, handle, &x, 10), NX_FOUND);
    strike(g, NX_KILL_SESSION, s.id.s);
    assert_int_not_equal(take(g, "dvc", handle, &message), NX_FOUND);
    OK(nx_artifact_make(late, st, a, "dvc", &x, NULL, NX_LIT("m"), &found));
    assert_int_not_equal(found, NX_FOUND);
    char *big = nx_arena_alloc(a, NX_ARTIFACT_MAX + 1);
    assert_int_equal(
        nx_artifact_make(late, st, a, "dvc", &x, NULL, nx_span_of(big, NX_ARTIFACT_MAX + 1), &found).e, NX_ERR_LIMIT);
}

static void test_an_artifact_is_short_lived(void **state)
{
    RIG(state);
    nx_handle_text cookie;
    struct nx_signon s = signed_in(g, &cookie);
    struct nx_assertion x = an_assertion(g, &s, "dvc");
    uint8_t handle[NX_ARTIFACT_HANDLE_LEN];
    nx_span message;
    assert_int_equal(join(g, &x), NX_FOUND);
    assert_int_equal(make(g, handle, &x, 10), NX_FOUND);
    nx_clock_shift(NX_ARTIFACT_LIFE_S + 1);
    assert_int_equal(take(g, "dvc", handle, &message), NX_GONE);
}

static void test_a_refusal_travels_by_artifact_too(void **state)
{
    RIG(state);
    uint8_t handle[NX_ARTIFACT_HANDLE_LEN];
    struct nx_epochs epochs = {.count = 0};
    nx_span message;
    enum nx_found found;
    OK(nx_epochs_set(&epochs, NX_EPOCH_CLIENT, "dvc", 0));
    OK(nx_artifact_make(handle, st, a, "dvc", NULL, &epochs, NX_LIT("refused"), &found));
    assert_int_equal(found, NX_FOUND);
    assert_int_equal(take(g, "dvc", handle, &message), NX_FOUND);
    assert_true(nx_span_eq_str(message, "refused"));
    assert_int_equal(take(g, "dvc", handle, &message), NX_SPENT);
}

/* --- upstreams --------------------------------------------------------------------------------------------- */

static struct nx_upstream_names of_upstream(const char *subject, const char *session)
{
    return (struct nx_upstream_names){.upstream = UPSTREAM, .subject = subject, .session = session};
}

static struct nx_signon through(struct rig *g, const struct nx_upstream_names *u, nx_handle_text *cookie)
{
    struct nx_signon s = a_person(g);
    enum nx_found found;
    s.upstream = u->upstream;
    OK(nx_epochs_set(&s.epochs, NX_EPOCH_UPSTREAM, u->upstream, g->truth.upstream));
    OK(nx_upstream_keys(&s.upstream_subject, &s.upstream_session, g->st, u));
    OK(nx_signon_begin(cookie, g->st, g->a, &s, &NX_NOTE_NONE, &found));
    assert_int_equal(found, NX_FOUND);
    return s;
}

static void switch_off(struct rig *g)
{
    struct nx_kill k = {
        .seq = ++next_seq, .shard = nx_store_shard(g->st, UPSTREAM), .scope = NX_KILL_EPOCH, .target = UPSTREAM};
    struct nx_killed_list killed;
    OK(nx_epochs_set(&k.epochs, NX_EPOCH_UPSTREAM, UPSTREAM, ++g->truth.upstream));
    OK(nx_kill_apply(g->st, g->a, &k, &killed));
}

static void test_a_switched_off_upstream_ends_what_came_through_it(void **state)
{
    RIG(state);
    const struct nx_upstream_names u = of_upstream("s1", "i1");
    nx_handle_text cookie, local;
    struct nx_signon s = through(g, &u, &cookie), read;
    signed_in(g, &local);
    enum nx_found found;
    OK(nx_signon_find(st, a, nx_span_str(cookie.s), &read, &found));
    assert_int_equal(found, NX_FOUND);
    assert_string_equal(read.upstream, UPSTREAM);
    assert_string_equal(read.upstream_subject.s, s.upstream_subject.s);
    assert_string_equal(read.upstream_session.s, s.upstream_session.s);

    struct portal p = {.session = s, .grant = a_grant(g, "dvc")};
    OK(nx_code_issue(&p.code, st, a, &s, &p.grant, &NX_NOTE_NONE, &found));
    assert_int_equal(redeem(g, &p), NX_FOUND);
    struct nx_assertion x = an_assertion(g, &s, "dvc");
    struct nx_told t;
    assert_int_equal(join(g, &x), NX_FOUND);

    switch_off(g);
    assert_int_equal(session_state(g, &cookie), NX_STALE);
    assert_int_equal(token_state(g, &p), NX_STALE);
    assert_int_equal(family_state(g, &p), NX_STALE);
    assert_int_equal(told(g, &x, &t), NX_STALE);
    assert_int_equal(session_state(g, &local), NX_FOUND);
    struct nx_signon_list list;
    OK(nx_signon_list(st, a, PERSON, &list));
    assert_int_equal(list.n, 1);
    assert_null(list.v[0].upstream);
    /* and a sign-in that was on its way is too late */
    struct nx_signon late = a_person(g);
    late.upstream = UPSTREAM;
    OK(nx_epochs_set(&late.epochs, NX_EPOCH_UPSTREAM, UPSTREAM, g->truth.upstream - 1));
    OK(nx_signon_begin(&cookie, st, a, &late, &NX_NOTE_NONE, &found));
    assert_int_equal(found, NX_STALE);
}

static void test_an_upstreams_logout_finds_its_sessions(void **state)
{
    RIG(state);
    const struct nx_upstream_names one = of_upstream("s1", "i1"), two = of_upstream("s1", "i2");
    nx_handle_text cookie;
    struct nx_upstream_mark mark;
    struct nx_signon_list list;
    OK(nx_upstream_note(&mark, st, a, &one, PERSON, 3600));
    struct nx_signon s1 = through(g, &one, &cookie);
    OK(nx_upstream_note(&mark, st, a, &two, PERSON, 3600));
    struct nx_signon s2 = through(g, &two, &cookie);
    signed_in(g, &cookie);
    struct nx_upstream_names u = of_upstream(NULL, "i1"); /* sid alone */
    OK(nx_upstream_sessions(&list, st, a, &u));
    assert_int_equal(list.n, 1);
    assert_string_equal(list.v[0].id.s, s1.id.s);
    u = of_upstream("s1", "i2");
    OK(nx_upstream_sessions(&list, st, a, &u));
    assert_int_equal(list.n, 1);
    assert_string_equal(list.v[0].id.s, s2.id.s);
    u = of_upstream("s1", NULL);
    OK(nx_upstream_sessions(&list, st, a, &u));
    assert_int_equal(list.n, 2);
    const struct nx_upstream_names nobody[] = {
        of_upstream("s2", NULL), of_upstream(NULL, "i9"), of_upstream("s2", "i1"), {"other-idp", "s1", NULL}};
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
        OK(nx_upstream_sessions(&list, st, a, &nobody[i]));
        assert_int_equal(list.n, 0);
    }
    u = of_upstream(NULL, NULL);
    assert_int_equal(nx_upstream_sessions(&list, st, a, &u).e, NX_ERR_MISSING);
}

static void test_rule_21_a_logout_while_the_session_is_made(void **state)
{
    RIG(state);
    const struct nx_upstream_names u = of_upstream("s1", "i1"), all = of_upstream("s1", NULL),
                                   other = of_upstream("s2", "i2");
    struct nx_upstream_mark mark;
    struct nx_signon_list list;
    bool ended;
    OK(nx_upstream_note(&mark, st, a, &u, PERSON, 3600));
    OK(nx_upstream_ended(&ended, st, a, &u, &mark));
    assert_false(ended);
    OK(nx_upstream_sessions(&list, st, a, &all)); /* finds nothing yet … */
    assert_int_equal(list.n, 0);
    OK(nx_upstream_ended(&ended, st, a, &u, &mark)); /* … and is seen by the one who begins */
    assert_true(ended);
    OK(nx_upstream_ended(&ended, st, a, &other, &mark));
    assert_false(ended);
    nx_clock_shift(5); /* a later sign-in of hers is another one */
    OK(nx_upstream_note(&mark, st, a, &u, PERSON, 3600));
    OK(nx_upstream_ended(&ended, st, a, &u, &mark));
    assert_false(ended);
    /* but the very session that was ended does not come back */
    const struct nx_upstream_names session = of_upstream(NULL, "i1");
    OK(nx_upstream_sessions(&list, st, a, &session));
    nx_clock_shift(10);
    OK(nx_upstream_note(&mark, st, a, &u, PERSON, 3600));
    OK(nx_upstream_ended(&ended, st, a, &u, &mark));
    assert_true(ended);
}

static void test_a_name_keeps_its_later_end(void **state)
{
    RIG(state);
    const struct nx_name n = {"dvc", PERSISTENT, "n1"};
    const char *person;
    enum nx_found found;
    int64_t at;
    OK(nx_name_note(st, a, &n, PERSON, 3600, &at));
    OK(nx_name_note(st, a, &n, PERSON, 60, &at));
    nx_clock_shift(120);
    OK(nx_name_find(st, a, &n, &person, &found));
    assert_int_equal(found, NX_FOUND);
    assert_string_equal(person, PERSON);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NX_ALL(test_an_index_names_one_session_to_one_client),
        NX_BOTH(test_an_index_does_not_bend),
        NX_BOTH(test_an_index_is_of_a_session_and_not_of_a_cookie),
        NX_ALL(test_an_assertion_joins_the_session),
        NX_ALL(test_a_second_sign_on_keeps_the_index),
        NX_ALL(test_rule_22_a_moved_epoch_draws_anew),
        NX_ALL(test_rule_21_an_assertion_and_a_revocation),
        NX_ALL(test_an_ended_session_ends_its_assertions),
        NX_ALL(test_what_was_given_to_a_portal_alone),
        NX_BOTH(test_an_assertion_needs_its_epochs),
        NX_ALL(test_an_artifact_is_handed_over_once),
        NX_BOTH(test_an_artifact_does_not_bend),
        NX_ALL(test_an_artifact_ends_with_what_it_stands_on),
        NX_BOTH(test_an_artifact_is_short_lived),
        NX_ALL(test_a_refusal_travels_by_artifact_too),
        NX_ALL(test_a_switched_off_upstream_ends_what_came_through_it),
        NX_ALL(test_an_upstreams_logout_finds_its_sessions),
        NX_ALL(test_rule_21_a_logout_while_the_session_is_made),
        NX_BOTH(test_a_name_keeps_its_later_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
