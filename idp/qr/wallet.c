/* What a phone learns at each sync. Its notices are what exists now: sign-ins by other means or phones, and
 * other identities, of the last days; undoing one ends what it is about. */
#include "qr/wallet.h"

#include "policies/level.h"
#include "qr/issue.h"
#include "qr/proof.h"
#include "registry/client.h"
#include "registry/passkey.h"
#include "sessions/signon.h"

#include <stdio.h>

#define NOTICE_S (NX_NOTICE_DAYS * 86400LL)

static json_t *identity_json(const struct nx_qr_identity *q, nx_time now)
{
    const char *state = nx_qr_status_name(q->status);
    if (q->status == NX_QR_ACTIVE && q->expires <= now) state = "expired";
    char level[3] = {'m', (char)('0' + q->bound_at), 0};
    return json_pack("{s:s, s:s, s:s, s:s?, s:I, s:I, s:s, s:s?}", "qid", q->qid.s, "kind",
                     nx_qr_kind_name(q->kind), "state", state, "label", q->label, "issued_at",
                     (json_int_t)q->issued, "expires_at", (json_int_t)q->expires, "level", level,
                     "key_thumbprint", q->thumbprint);
}

/* The name and origin of the portal that a session is for, the first that used it. */
static void portal_of(const char **name, const char **uri, nx_arena *a, struct nx_house *house,
                      const struct nx_signon *s)
{
    *name = *uri = NULL;
    const char *id = s->only_client ? s->only_client : s->client_count ? s->clients[0] : NULL;
    NX_AUTO(nx_client) client = NULL;
    if (!id || !nx_ok(nx_client_get(house->registry, nx_span_str(id), &client))) return;
    *name = nx_arena_strdup(a, client->name_vi ? client->name_vi : id);
    if (client->client_uri) *uri = nx_arena_strdup(a, client->client_uri);
}

static json_t *session_json(nx_arena *a, struct nx_house *house, const struct nx_signon *s)
{
    const char *name, *uri;
    portal_of(&name, &uri, a, house, s);
    return json_pack("{s:s, s:s?, s:s?, s:I, s:I, s:s?, s:b}", "id", s->id.s, "client", name, "origin", uri,
                     "since", (json_int_t)s->came, "last_seen", (json_int_t)s->last_seen, "screen",
                     s->agent, "own_screen", s->only_client == NULL);
}

static json_t *notice_json(nx_arena *a, char kind, const char *id, const char *word, nx_time at,
                           const char *text)
{
    char *name = nx_arena_printf(a, "%c:%s", kind, id);
    return name ? json_pack("{s:s, s:s, s:I, s:s, s:b}", "id", name, "kind", word, "at", (json_int_t)at,
                            "text", text ? text : "", "undo", 1)
                : NULL;
}

static nx_result append(json_t *list, json_t *item)
{
    NX_NEED(item);
    NX_REQUIRE(json_array_append_new(list, item) == 0, NX_ERR_MEMORY);
    return NX_OK;
}

static nx_result add_sessions(json_t *sessions, json_t *notices, nx_arena *a, struct nx_house *house,
                              const struct nx_qr_identity *q, nx_time now)
{
    struct nx_signon_list l;
    NX_TRY(nx_signon_list(house->store, a, q->person.s, &l));
    for (size_t i = 0; i < l.n; i++) {
        const struct nx_signon *s = &l.v[i];
        bool mine = s->qid && strcmp(s->qid, q->qid.s) == 0;
        if (mine) {
            NX_TRY(append(sessions, session_json(a, house, s)));
        } else if (s->came > now - NOTICE_S && json_array_size(notices) < NX_NOTICES_MAX) {
            const char *name, *uri;
            portal_of(&name, &uri, a, house, s);
            NX_TRY(append(notices,
                          notice_json(a, 's', s->id.s, "sign-in", s->came, name ? name : s->agent)));
        }
    }
    return NX_OK;
}

static nx_result add_identities(json_t *notices, nx_arena *a, struct nx_house *house,
                                const struct nx_qr_identity *q, nx_time now)
{
    struct nx_qr_identity *v;
    size_t n;
    NX_TRY(nx_qr_identity_list(house->registry, a, q->person.s, &v, &n));
    for (size_t i = 0; i < n && json_array_size(notices) < NX_NOTICES_MAX; i++) {
        bool other = strcmp(v[i].qid.s, q->qid.s) != 0 && v[i].status != NX_QR_REVOKED;
        if (!other || v[i].issued <= now - NOTICE_S || v[i].kind != NX_QR_DEVICE) continue;
        NX_TRY(append(notices, notice_json(a, 'q', v[i].qid.s, "enrolment", v[i].issued, v[i].label)));
    }
    return NX_OK;
}

/* Her passkeys: of the others she is told when they are new, of this phone's by the names that its browser
 * knows. */
static nx_result add_passkeys(json_t *mine, json_t *notices, nx_arena *a, struct nx_house *house,
                              const struct nx_qr_identity *q, nx_time now)
{
    struct nx_passkey *v;
    size_t n;
    NX_TRY(nx_passkey_list(house->registry, a, q->person.s, &v, &n));
    for (size_t i = 0; i < n; i++) {
        if (strcmp(v[i].qid.s, q->qid.s) == 0) {
            const char *id = nx_b64u_dup(a, v[i].credential_id);
            if (v[i].state == NX_PASSKEY_ACTIVE) NX_TRY(append(mine, id ? json_string(id) : NULL));
        } else if (v[i].created > now - NOTICE_S && json_array_size(notices) < NX_NOTICES_MAX) {
            NX_TRY(append(notices, notice_json(a, 'k', v[i].id.s, "passkey", v[i].created, v[i].name)));
        }
    }
    return NX_OK;
}

NX_FALLIBLE nx_qr_sync(json_t **out, nx_arena *a, struct nx_house *house, const struct nx_qr_identity *q,
                       nx_time now)
{
    struct nx_qr_texts texts = {.handle = NULL};
    bool usable = nx_ok(nx_qr_usable(q, now));
    NX_AUTO_JSON sessions = json_array();
    NX_AUTO_JSON notices = json_array();
    NX_AUTO_JSON passkeys = json_array();
    NX_REQUIRE(sessions && notices && passkeys, NX_ERR_MEMORY);
    if (usable) {
        NX_TRY(nx_qr_issue(&texts, a, house, q, now));
        NX_TRY(add_sessions(sessions, notices, a, house, q, now));
        NX_TRY(add_identities(notices, a, house, q, now));
        NX_TRY(add_passkeys(passkeys, notices, a, house, q, now));
    }
    *out = json_pack("{s:I, s:o, s:s?, s:s?, s:O, s:O, s:O}", "server_time", (json_int_t)now, "identity",
                     identity_json(q, now), "handle", texts.handle, "card", texts.card, "sessions", sessions,
                     "notices", notices, "passkeys", passkeys);
    NX_NEED(*out);
    return NX_OK;
}

NX_FALLIBLE nx_qr_session_of(nx_arena *a, struct nx_house *house, const struct nx_qr_identity *q,
                             const char *session)
{
    struct nx_signon s;
    enum nx_found found;
    NX_REQUIRE(session && nx_id_valid(nx_span_str(session)), NX_ERR_NOT_FOUND);
    NX_TRY(nx_signon_get(house->store, a, session, &s, &found));
    bool mine =
        found == NX_FOUND && strcmp(s.subject, q->person.s) == 0 && s.qid && strcmp(s.qid, q->qid.s) == 0;
    NX_REQUIRE(mine, NX_ERR_NOT_FOUND);
    return NX_OK;
}

static nx_result notice_session(nx_arena *a, struct nx_house *house, const struct nx_qr_identity *q,
                                const char *id)
{
    struct nx_signon s;
    enum nx_found found;
    NX_TRY(nx_signon_get(house->store, a, id, &s, &found));
    NX_REQUIRE(found == NX_FOUND && strcmp(s.subject, q->person.s) == 0, NX_ERR_NOT_FOUND);
    return NX_OK;
}

static nx_result notice_identity(nx_arena *a, struct nx_house *house, const struct nx_qr_identity *q,
                                 const char *id)
{
    struct nx_qr_identity other;
    NX_TRY(nx_qr_identity_get(house->registry, a, id, &other));
    bool hers = strcmp(other.person.s, q->person.s) == 0 && strcmp(other.qid.s, q->qid.s) != 0;
    /* Only what the notice was about: an identity that came within its days, never an old one or paper. */
    bool recent = other.kind == NX_QR_DEVICE && other.issued > nx_now() - NOTICE_S;
    NX_REQUIRE(hers && recent, NX_ERR_NOT_FOUND);
    return NX_OK;
}

static nx_result notice_passkey(nx_arena *a, struct nx_house *house, const struct nx_qr_identity *q,
                                const char *id)
{
    struct nx_passkey k;
    NX_TRY(nx_passkey_get(house->registry, a, id, &k));
    bool hers = strcmp(k.person.s, q->person.s) == 0 && strcmp(k.qid.s, q->qid.s) != 0;
    NX_REQUIRE(hers && k.created > nx_now() - NOTICE_S, NX_ERR_NOT_FOUND);
    return NX_OK;
}

NX_FALLIBLE nx_qr_notice(enum nx_notice_kind *kind, const char **target, nx_arena *a, struct nx_house *house,
                         const struct nx_qr_identity *q, const char *id)
{
    NX_REQUIRE(id && strlen(id) == 2 + NX_ID_LEN && id[1] == ':' && nx_id_valid(nx_span_str(id + 2)),
               NX_ERR_NOT_FOUND);
    NX_REQUIRE(id[0] == 's' || id[0] == 'q' || id[0] == 'k', NX_ERR_NOT_FOUND);
    *kind = id[0] == 's' ? NX_NOTICE_SESSION : id[0] == 'q' ? NX_NOTICE_IDENTITY : NX_NOTICE_PASSKEY;
    *target = nx_arena_strdup(a, id + 2);
    NX_NEED(*target);
    if (*kind == NX_NOTICE_PASSKEY) return notice_passkey(a, house, q, *target);
    return *kind == NX_NOTICE_SESSION ? notice_session(a, house, q, *target)
                                      : notice_identity(a, house, q, *target);
}
