#include "oidc/logout.h"

#include "base/pack.h"
#include "base/text.h"
#include "gate/gate.h"
#include "house/house.h"
#include "oidc/ask.h"
#include "oidc/hint.h"
#include "flow/subject.h"
#include "flow/url.h"
#include "revoke/revoke.h"
#include "sessions/ticket.h"

#define WAIT_S 600

/* A logout on its way: who asks, where to go afterwards. */
struct leave {
    struct nx_house *house;
    nx_arena *arena;
    const struct nx_visitor *who;
    nx_client *client; /* NULL: not known */
    const char *sub;   /* of a verified hint; NULL: none */
    const char *goal;  /* registered post_logout_redirect_uri; NULL: none */
    const char *state;
    struct nx_gate gate; /* the browser's session */
};

static void leave_close(struct leave *l)
{
    if (l->client) nx_client_release(l->client);
}
#define AUTO_LEAVE(name) __attribute__((cleanup(leave_close))) struct leave name = {.client = NULL}

static NX_FALLIBLE find_client(struct leave *l, const char *id)
{
    if (!id) return NX_OK;
    nx_result r = nx_client_get(l->house->registry, nx_span_str(id), &l->client);
    return r.e == NX_ERR_NOT_FOUND ? NX_OK : r;
}

static NX_FALLIBLE read_request(struct leave *l, const struct nx_params *request)
{
    const char *hint = nx_param(request, "id_token_hint"), *named = nx_param(request, "client_id"),
               *of_hint = NULL;
    if (hint) NX_TRY(nx_hint_read(&l->sub, &of_hint, NULL, l->house, l->arena, nx_span_str(hint)));
    /*= OpenID Connect RP-Initiated Logout 2
     *# When both client_id and id_token_hint are present, the OP MUST verify that the Client
     *# Identifier matches the one used when issuing the ID Token. */
    NX_REQUIRE(!named || !of_hint || strcmp(named, of_hint) == 0, NX_ERR_REQUEST);
    NX_TRY(find_client(l, of_hint ? of_hint : named));
    const char *goal = nx_param(request, "post_logout_redirect_uri"), *state = nx_param(request, "state");
    if (goal && l->client && nx_strings_has(l->client->post_logout_redirect_uris, goal)) l->goal = goal;
    if (state && strlen(state) <= NX_STATE_MAX) l->state = state;
    return NX_OK;
}

static NX_FALLIBLE read_session(struct leave *l)
{
    nx_gate_open(&l->gate, l->house, l->arena, NX_FACE_SELF);
    return nx_gate_browser(&l->gate, l->who->session, NULL);
}

static NX_FALLIBLE is_hers(bool *out, struct leave *l)
{
    *out = false;
    if (!l->sub || !l->client) return NX_OK;
    nx_pairwise sub;
    NX_TRY(nx_subject_of(&sub, l->house, l->client, l->gate.session.subject));
    *out = strcmp(sub.s, l->sub) == 0;
    return NX_OK;
}

static NX_FALLIBLE end_session(struct nx_logout *out, struct leave *l)
{
    const char *actor = nx_arena_printf(l->arena, "person:%s", l->gate.session.subject);
    NX_NEED(actor);
    struct nx_revoke_order order = {.act = NX_REVOKE,
                                    .scope = NX_REVOKE_SIGN_OUT,
                                    .target = l->gate.session.id.s,
                                    .reason = "signed out",
                                    .actor = actor,
                                    .browser = l->gate.session.id.s};
    nx_result r = nx_revoke(l->house, l->arena, &order, &out->revocation);
    if (!nx_ok(r) && r.e != NX_ERR_NOT_FOUND) return r; /* over already: signed out all the same */
    out->ended = true;
    return NX_OK;
}

static NX_FALLIBLE tell_client(struct nx_logout *out, struct leave *l)
{
    if (!l->client) return NX_OK;
    out->client_name = nx_arena_strdup(l->arena, l->client->name ? l->client->name : l->client->id);
    NX_NEED(out->client_name);
    struct nx_url u;
    if (!l->goal || !nx_ok(nx_url_split(&u, nx_span_str(l->goal)))) return NX_OK;
    out->client_host = nx_url_origin(l->arena, &u);
    return NX_OK;
}

static NX_FALLIBLE leave_now(struct nx_logout *out, struct leave *l)
{
    out->kind = NX_LOGOUT_PAGE;
    if (!l->goal) return NX_OK;
    nx_buf b;
    nx_buf_init(&b, l->arena, NX_URL_MAX + 3 * NX_STATE_MAX + 16);
    nx_buf_adds(&b, l->goal);
    if (l->state) {
        nx_buf_adds(&b, strchr(l->goal, '?') ? "&state=" : "?state=");
        nx_percent_encode(&b, nx_span_str(l->state));
    }
    NX_TRY(nx_buf_done(&b));
    out->kind = NX_LOGOUT_REDIRECT;
    out->location = nx_buf_str(&b);
    NX_NEED(out->location);
    return NX_OK;
}

enum tag { CLIENT = 1, GOAL = 2, STATE = 3 };

static NX_FALLIBLE ask(struct nx_logout *out, struct leave *l)
{
    nx_buf b;
    nx_buf_init(&b, l->arena, NX_TICKET_BODY_MAX);
    nx_pack_begin(&b, 1);
    nx_pack_text(&b, CLIENT, l->client ? l->client->id : NULL);
    nx_pack_text(&b, GOAL, l->goal);
    nx_pack_text(&b, STATE, l->state);
    NX_TRY(nx_buf_done(&b));
    nx_handle_text *t = nx_arena_new(l->arena, nx_handle_text, 1);
    NX_NEED(t);
    NX_TRY(nx_ticket_make(t, l->house->store, l->arena, NX_HANDLE_LOGOUT, l->who->browser, nx_buf_span(&b),
                          WAIT_S));
    out->kind = NX_LOGOUT_ASK;
    out->ticket = t->s;
    out->person_name = l->gate.has_person ? l->gate.person.name : NULL;
    return NX_OK;
}

NX_FALLIBLE nx_logout(struct nx_logout *out, struct nx_house *house, nx_arena *a,
                      const struct nx_visitor *who, const struct nx_params *request)
{
    AUTO_LEAVE(l);
    l.house = house, l.arena = a, l.who = who;
    *out = (struct nx_logout){.kind = NX_LOGOUT_PAGE};
    NX_TRY(read_request(&l, request));
    NX_TRY(read_session(&l));
    NX_TRY(tell_client(out, &l));
    if (!l.gate.has_session) {
        if (!l.sub)
            l.goal =
                NULL; /* a client_id that anybody can write is no proof, and there is nobody to confirm */
        return leave_now(out, &l);
    }
    bool hers;
    NX_TRY(is_hers(&hers, &l));
    if (!hers) return ask(out, &l);
    NX_TRY(end_session(out, &l));
    return leave_now(out, &l);
}

static NX_FALLIBLE read_ticket(struct leave *l, const char *text)
{
    struct nx_ticket t;
    enum nx_found found;
    nx_pack p;
    NX_REQUIRE(text, NX_ERR_NOT_FOUND);
    NX_TRY(nx_ticket_take(l->house->store, l->arena, NX_HANDLE_LOGOUT, l->who->browser, nx_span_str(text), &t,
                          &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_NOT_FOUND);
    NX_TRY(nx_pack_open(&p, t.body));
    l->goal = nx_pack_get_text(&p, GOAL, l->arena);
    l->state = nx_pack_get_text(&p, STATE, l->arena);
    return find_client(l, nx_pack_get_text(&p, CLIENT, l->arena));
}

NX_FALLIBLE nx_logout_answer(struct nx_logout *out, struct nx_house *house, nx_arena *a,
                             const struct nx_visitor *who, const char *ticket, bool yes)
{
    AUTO_LEAVE(l);
    l.house = house, l.arena = a, l.who = who;
    *out = (struct nx_logout){.kind = NX_LOGOUT_PAGE};
    NX_TRY(read_ticket(&l, ticket));
    NX_TRY(tell_client(out, &l));
    if (!yes) return NX_OK;
    NX_TRY(read_session(&l));
    if (l.gate.has_session) NX_TRY(end_session(out, &l));
    return leave_now(out, &l);
}
