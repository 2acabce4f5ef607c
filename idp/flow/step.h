/* A portal's request for a sign-in on its way to its answer, without HTTP and whatever its protocol.
 *
 *   the protocol parses ─▶ transaction (store) ─▶ next ─▶ a step
 *
 * What happens next is computed anew at each call from the transaction and the browser's session, never
 * remembered, so that back, reload and several tabs land where they should. The edge turns a step into HTTP:
 * SIGN_IN and STEP_UP are 303 to /login?t=HANDLE, CONSENT is 303 to /consent?t=HANDLE (a page shows its form
 * when the step says so, and follows the step otherwise), REDIRECT and FORM_POST leave for the portal.
 *
 * Requests begin in their protocols (oidc/authorize.h, saml/sso.h). */
#ifndef NX_FLOW_STEP_H
#define NX_FLOW_STEP_H

#include "flow/params.h"
#include "policies/may_issue.h"

struct nx_house;
struct nx_signon;

/* Who asks, as the edge knows it: the values of the cookies, empty when there are none. Borrowed. */
struct nx_visitor {
    nx_span browser; /* __Host-nxb: never empty, the edge makes one on first contact */
    nx_span session; /* __Host-nxs */
    /* The session behind that cookie, when this very call has made or raised it; NULL: the store is asked. */
    const struct nx_signon *made;
};

enum nx_step_kind { NX_STEP_SIGN_IN, NX_STEP_STEP_UP, NX_STEP_CONSENT, NX_STEP_REDIRECT, NX_STEP_FORM_POST };

struct nx_step {
    enum nx_step_kind kind;
    enum nx_reason reason;        /* why, for the page's text (PROMPT_LOGIN, MAX_AGE, LEVEL_TOO_LOW …) */
    enum nx_level level;          /* the level to reach; NX_LEVEL_NONE: any */
    const char *transaction;      /* its handle, for ?t= ; NULL once the transaction is over */
    const char *location;         /* REDIRECT: the whole URL */
    const char *action;           /* FORM_POST: the redirect_uri … */
    const struct nx_param *field; /* … and the fields to post, unescaped */
    size_t field_count;
};

/* The next step of a transaction of this browser. NX_ERR_NOT_FOUND: over, unknown, or of another browser. */
NX_FALLIBLE nx_flow_next(struct nx_step *out, struct nx_house *house, nx_arena *a,
                              const struct nx_visitor *who, const char *transaction);

/* prompt=select_account: the person chose to go on as who she is; then the next step. */
NX_FALLIBLE nx_flow_select(struct nx_step *out, struct nx_house *house, nx_arena *a,
                                const struct nx_visitor *who, const char *transaction);

/* The phone that signed this person in for this transaction showed the claims and she approved: counts as
 * consent for this request and is not remembered (SECURITY.md 16). Called by the edge after the QR sign-in,
 * with the new session in who->session; then the next step. */
NX_FALLIBLE nx_flow_phone_consent(struct nx_step *out, struct nx_house *house, nx_arena *a,
                                       const struct nx_visitor *who, const char *transaction);

/* The person gave up at the sign-in page: access_denied to the portal; ends the transaction. */
NX_FALLIBLE nx_flow_cancel(struct nx_step *out, struct nx_house *house, nx_arena *a,
                                const struct nx_visitor *who, const char *transaction);

/* What the sign-in and consent pages tell about the request. Texts are raw: the templates escape. */
struct nx_flow_view {
    const char *client_id;
    const char *client_name;    /* the id when none is registered */
    const char *client_name_vi; /* client_name#vi, else the same */
    const char *client_uri;     /* these four NULL when not registered */
    const char *logo_uri;
    const char *policy_uri;
    const char *tos_uri;
    const char *origin;       /* of where the answer goes: "https://portal.example", or the app's scheme */
    const char *organisation; /* code of the organisation; NULL */
    const char *login_hint;   /* at most 128 characters; NULL */
    const char *ui_locales;   /* as sent; NULL */
    const char *acr_values;   /* as sent; NULL */
    enum nx_level level;      /* asked; NX_LEVEL_NONE: any */
    bool essential;
    bool native;
    const char *const *claim; /* names of the claims that are asked for, for the page and for the phone */
    size_t claim_count;
    bool offline;            /* offline_access is asked for */
    const char *purpose;     /* what the portal registered as its purpose of use; NULL */
    bool signed_in;          /* somebody is signed in in this browser … */
    const char *person_name; /* … her name, for "continue as" and the consent page; NULL otherwise */
    const char *person;      /* … her id; NULL otherwise */
    unsigned means;          /* … by these (enum nx_means) */
    enum nx_rung rung;       /* … and this rung; NX_RUNG_NONE: none */
};

/* Nothing is changed. NX_ERR_NOT_FOUND as above. */
NX_FALLIBLE nx_flow_view(struct nx_flow_view *out, struct nx_house *house, nx_arena *a,
                              const struct nx_visitor *who, const char *transaction);
/* The view, and the next step as nx_flow_next gives it, in one look. */
NX_FALLIBLE nx_flow_look(struct nx_flow_view *view, struct nx_step *next, struct nx_house *house,
                              nx_arena *a, const struct nx_visitor *who, const char *transaction);

/* One line of the consent page: the claim with the person's own value, so that she sees what leaves. */
struct nx_consent_line {
    const char *claim; /* "name", "birthdate", … : the catalogue has a text per claim */
    const char *value; /* what would be sent; NULL when she has none */
    bool fresh;        /* not covered by an earlier consent */
    bool essential;
};

struct nx_consent_view {
    struct nx_flow_view request;
    const struct nx_consent_line *line;
    size_t line_count;
    const char *const
        *scope; /* the scopes asked beyond those of claims: "offline_access", a resource's own */
    size_t scope_count;
    const char *const *resource;
    size_t resource_count;
    bool remembered; /* whether "allow" will be remembered */
};

/* For GET /consent. NX_ERR_CONFLICT when the next step is another one: compute it and follow. */
NX_FALLIBLE nx_flow_consent_view(struct nx_consent_view *out, struct nx_house *house, nx_arena *a,
                                      const struct nx_visitor *who, const char *transaction);

/* For POST /consent: stores the consent and goes on (allow), or access_denied to the portal (deny). */
NX_FALLIBLE nx_flow_consent(struct nx_step *out, struct nx_house *house, nx_arena *a,
                                 const struct nx_visitor *who, const char *transaction, bool allow);

#endif
