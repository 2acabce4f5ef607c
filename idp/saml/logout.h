/* Single logout (saml-profiles section 4.4), without HTTP: one session, one logout, whatever its portals speak.
 *
 *   a portal's request, our own sign-out, an upstream's ─▶ nx_revoke: durable ─▶ OIDC portals and those with SOAP are
 *   told by the outbox ─▶ those that only a browser can tell are told one after the other ─▶ the one who asked is answered
 *
 * What is to be told stands in the outbox as a notice for each portal (revoke/portals.h), so the receipt of the revocation
 * shows what became of each. A notice for the browser waits for it for NX_NOTICE_BROWSER_S and is given up then; the crew
 * that delivers the others never sends it. The browser's way through the portals is a ticket (SINGLE_LOGOUT) in its hand:
 * it says which revocation, who asked, and where to go at the end. A portal that does not come back is left behind when
 * the person goes on; nothing that it does or does not do keeps the session alive, which is over before it is asked. */
#ifndef NX_SAML_LOGOUT_H
#define NX_SAML_LOGOUT_H

#include "notify/notify.h"
#include "saml/logout_message.h"

/* The rows for nx_notify_plan. */
extern const struct nx_notice_kind nx_notice_saml;
extern const struct nx_notice_kind nx_notice_saml_browser;

enum nx_slo_kind {
    NX_SLO_NOTHING, /* nobody is to be told through this browser */
    NX_SLO_PAGE,    /* 303 to the page of the portals, with the ticket */
    NX_SLO_STEP,    /* leave by the step: a portal is asked, or the one who asked is answered */
    NX_SLO_GOAL     /* done: 303 to `goal` */
};
struct nx_slo {
    enum nx_slo_kind kind;
    bool ended; /* the session of this browser is over: remove its cookie */
    const char *ticket;
    struct nx_step step;
    const char *goal;
};

/* Who asked by SAML and waits for a LogoutResponse. */
struct nx_slo_asker {
    enum nx_saml_role role; /* NX_SAML_SP: a portal; NX_SAML_IDP: an upstream */
    const char *owner;      /* client id, upstream id; NULL: nobody */
    const char *request_id;
    const char *relay_state; /* NULL */
    enum nx_saml_binding binding;
};
struct nx_slo_start {
    int64_t seq;               /* of the revocation; 0: nothing was left to end */
    struct nx_slo_asker asker; /* owner NULL: nobody waits */
    const char *goal;          /* where to go at the end when nobody waits: a path of ours, or a checked URL; NULL: the
                                  page that says so */
};
/* After a session of this browser was revoked with order.browser: tells the portals that need the browser. NX_SLO_NOTHING
 * when there are none and nobody waits: go on as before. */
NX_FALLIBLE nx_slo_start(struct nx_slo *out, struct nx_house *house, nx_arena *a, const struct nx_visitor *who,
                         const struct nx_slo_start *start);

/* A LogoutRequest of a portal or an upstream, or the LogoutResponse of a portal, by the browser (in->response tells). here:
 * the URL that it came to. */
NX_FALLIBLE nx_slo_take(struct nx_slo *out, struct nx_house *house, nx_arena *a, const struct nx_visitor *who,
                        const struct nx_saml_in *in, const char *here);
/* A LogoutRequest by SOAP: the envelope that answers; whatever is wrong is said in it. *http: 200 or 500. */
NX_FALLIBLE nx_slo_soap(nx_span *out, int *http, struct nx_house *house, nx_arena *a, nx_span body, const char *here);

/* From the page: the next portal, and one that was asked and has not answered is left behind. When none is left: the one
 * who asked is answered, or the goal. NX_ERR_NOT_FOUND: over, or of another browser. */
NX_FALLIBLE nx_slo_next(struct nx_slo *out, struct nx_house *house, nx_arena *a, const struct nx_visitor *who,
                        const char *ticket);

/* What the page shows. */
enum nx_slo_state {
    NX_SLO_WAITS,     /* to be asked */
    NX_SLO_ASKED,     /* asked through the browser, no answer yet */
    NX_SLO_SENT,      /* will be told by the server, has not confirmed yet */
    NX_SLO_CONFIRMED, /* has signed her out */
    NX_SLO_FAILED,    /* said no, or did not come back */
    NX_SLO_UNREACHED  /* nobody can tell it */
};
struct nx_slo_portal {
    const char *client;
    const char *name;
    const char *name_vi;
    enum nx_slo_state state;
};
struct nx_slo_view {
    struct nx_slo_portal *portal;
    size_t count;
    size_t waiting;         /* that the browser is still to visit */
    bool all_well;          /* none failed and none is unreached */
    bool goes_on;           /* somebody waits for an answer, or there is somewhere to go */
    const char **target;    /* URLs that the way may lead to from here, for the page's policy */
    size_t target_count;
    const char *asker_name; /* who waits for the answer; NULL */
    const char *asker_name_vi;
};
/* NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_slo_look(struct nx_slo_view *out, struct nx_house *house, nx_arena *a, const struct nx_visitor *who,
                        const char *ticket);

#endif
