/* GET /me. */
#include "endpoints/me/me.h"

#include "house/house.h"
#include "registry/counter.h"

/* What may be said after an act, by the name that the act redirects with. */
static const char *notice_key(const nx_request *rq)
{
    static const char *const known[] = {"password",     "session_ended", "qr_revoked",
                                        "qr_suspended", "qr_resumed",    "consent_withdrawn",
                                        "pin",          "undone",        "enrolled"};
    const char *done = nx_query(rq, "done");
    for (size_t i = 0; done && i < sizeof known / sizeof known[0]; i++)
        if (strcmp(done, known[i]) == 0) return nx_arena_printf(rq->arena, "done.%s", known[i]);
    return NULL;
}

/* What not everybody has. */
static void set_places(nx_view *v, struct nx_self *s)
{
    struct nx_counter counter;
    bool officer = s->gate.person.kind == NX_OFFICIAL &&
                   nx_ok(nx_counter_get(s->house->registry, s->rq->arena, s->id, &counter));
    nx_view_flag(v, "certificates", s->house->person_anchors != NULL);
    nx_view_flag(v, "officer", officer);
}

static nx_result show(struct nx_self *s)
{
    nx_view *v = NULL;
    NX_TRY(nx_form_view(&v, s->rq, s->rp, "/me"));
    nx_view_text(v, "name", s->gate.person.name);
    nx_view_text(v, "user_name", s->gate.person.user_name);
    nx_view_label(v, "level", nx_level_key((enum nx_level)s->gate.person.proofing));
    nx_view_label(v, "notice", notice_key(s->rq));
    nx_view_text(v, "error", NULL);
    set_places(v, s);
    NX_TRY(nx_me_identities(v, s));
    NX_TRY(nx_me_sessions(v, s));
    NX_TRY(nx_me_consents(v, s));
    NX_TRY(nx_me_activity(v, s));
    nx_reply_page(s->rp, 200, "me", v);
    return NX_OK;
}

static nx_result me_page(nx_request *rq, nx_reply *rp)
{
    struct nx_self s;
    nx_result r = nx_self_open(&s, rq, rp, NX_SELF_LOOK);
    return nx_ok(r) ? show(&s) : nx_self_answer(&s, r, "/me");
}

#define FORM (NX_GUARD_FORM | NX_GUARD_CSRF | NX_GUARD_NO_STORE)

static const struct nx_route rows[] = {
    {NX_GET, "/me", 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, me_page},
    {NX_POST, "/me", 2048, FORM, NX_RATE_PAGE, NX_LANE_FAST, nx_me_act},
    {NX_GET, "/me/password", 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, nx_me_password_page},
    {NX_POST, "/me/password", 4096, FORM, NX_RATE_LOGIN, NX_LANE_HASH, nx_me_password_set},
    {NX_GET, "/me/confirm", 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, nx_me_confirm_page},
    {NX_POST, "/me/confirm", 4096, FORM, NX_RATE_LOGIN, NX_LANE_HASH, nx_me_confirm},
    {NX_GET, "/me/pin", 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, nx_me_pin_page},
    {NX_POST, "/me/pin", 2048, FORM, NX_RATE_LOGIN, NX_LANE_HASH, nx_me_pin_set},
    {NX_GET, "/me/codes", 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, nx_me_codes_page},
    {NX_POST, "/me/codes", 2048, FORM, NX_RATE_PAGE, NX_LANE_FAST, nx_me_codes_act},
    {NX_POST, "/me/codes/confirm", 2048, FORM, NX_RATE_LOGIN, NX_LANE_FAST, nx_me_codes_confirm},
    {NX_POST, "/me/codes/send", 2048, FORM, NX_RATE_LOGIN, NX_LANE_EGRESS, nx_me_contact_send},
    {NX_POST, "/me/codes/verify", 2048, FORM, NX_RATE_LOGIN, NX_LANE_FAST, nx_me_contact_verify},
    {NX_GET, "/me/paper", 0, NX_GUARD_NO_STORE, NX_RATE_PAGE, NX_LANE_FAST, nx_me_paper_page},
};
extern const struct nx_route_table nx_routes_me;
const struct nx_route_table nx_routes_me = NX_ROUTE_TABLE("me", rows);
