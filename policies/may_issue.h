/* The one decision of the house: may this be issued, shown or done, on what terms?
 *
 * A pure function over a struct of facts: no I/O, no clock (now is a fact), no JSON. Facts are gathered by
 * idp/gate and nowhere else; every grant, userinfo, introspection, single sign-on and the admin API asks
 * here, so that a check cannot stand in one path and be missing in its sibling. The rules are rows (rules in
 * may_issue.c), each for the faces that it concerns, in a fixed order; the first that holds is the answer.
 *
 * A fact that was not gathered is zero, and zero is always the value that refuses. */
#ifndef NX_POLICIES_MAY_ISSUE_H
#define NX_POLICIES_MAY_ISSUE_H

#include "base/clock.h"
#include "policies/policy.h"

/* Where the question comes from. */
enum nx_face {
    NX_FACE_AUTHORIZE,     /* a code for a portal: silent, after sign-in, after consent */
    NX_FACE_CODE,          /* tokens for a code */
    NX_FACE_REFRESH,       /* tokens for a refresh token */
    NX_FACE_CLIENT,        /* client credentials */
    NX_FACE_USERINFO,      /* claims for an access token */
    NX_FACE_INTROSPECTION, /* the state of a token, for a client that asks */
    NX_FACE_SELF,          /* a person's own page */
    NX_FACE_OPERATOR,      /* SCIM, registration, admin API */
    NX_FACES
};

enum nx_verdict {
    NX_VERDICT_DENY,
    NX_VERDICT_ALLOW,
    NX_VERDICT_SIGN_IN,
    NX_VERDICT_STEP_UP,
    NX_VERDICT_CONSENT
};

enum nx_reason {
#define R(name, verdict, error, text) NX_REASON_##name,
#include "policies/reason.def"
#undef R
    NX_REASONS
};

/* Whose epochs a record was made under. */
enum nx_fact_epoch {
    NX_FACT_EPOCH_PERSON,
    NX_FACT_EPOCH_QR,
    NX_FACT_EPOCH_CLIENT,
    NX_FACT_EPOCH_SESSION,
    NX_FACT_EPOCH_SYSTEM,
    NX_FACT_EPOCH_UPSTREAM, /* of the provider or directory that the session came through */
    NX_FACT_EPOCHS
};

/* bound: the record depends on it. known: the value of now is known. Stale unless known and equal. */
struct nx_epoch_fact {
    bool bound;
    bool known;
    int64_t issued;
    int64_t now;
};

enum nx_fact_qr {
    NX_FACT_QR_NONE,
    NX_FACT_QR_PENDING,
    NX_FACT_QR_ACTIVE,
    NX_FACT_QR_SUSPENDED,
    NX_FACT_QR_REVOKED
};

enum nx_prompt { NX_PROMPT_NONE = 1, NX_PROMPT_LOGIN = 2, NX_PROMPT_CONSENT = 4, NX_PROMPT_SELECT = 8 };

enum nx_cover { NX_COVER_NOTHING, NX_COVER_LESS, NX_COVER_ALL };

/* The handle that was presented: a code, a refresh token, an access token. */
struct nx_handle_facts {
    bool live;       /* found, in the state in which it counts */
    bool holder;     /* issued to the client that presents it, or this client may see it (introspection) */
    bool audience;   /* meant for the place where it is presented */
    nx_time expires; /* 0: already */
};

struct nx_person_facts {
    bool none; /* no person is concerned: the client's or the operator's own token */
    bool known;
    bool active;
    enum nx_subject_kind kind;
    enum nx_level proofing;
    bool wants_second; /* she asked that every sign-in needs a second factor, and has one */
};

struct nx_qr_facts {
    enum nx_fact_qr state; /* NX_FACT_QR_NONE: the token or session is bound to no QR identity */
    bool paper;
    nx_time expires; /* 0: never */
};

struct nx_session_facts {
    bool live;
    bool fresh;       /* its last sign-in happened for this very request */
    bool before;      /* but by the word of somebody who had asked her before it: she was not asked anew */
    bool one_client;  /* for one portal only (SECURITY.md 7) … */
    bool this_client; /* … and it is the one that asks */
    nx_time auth_time;
    struct nx_sign_in how;
    enum nx_level upstream_cap; /* what the provider that she came through is worth now; NX_LEVEL_NONE: she came by none */
    enum nx_level attainable; /* the best that this person's credentials could prove here */
};

struct nx_client_facts {
    bool known;
    bool active;
    bool is_public;        /* token_endpoint_auth_method none */
    bool pkce_required;    /* public, or a profile above base (SECURITY.md 14) */
    bool native_unclaimed; /* an app that is redirected to without a claimed https link */
    bool reachable;        /* back-channel logout, SAML logout or introspection (18) */
    bool legal_basis;      /* registered by an operator in place of consent (16) */
    bool grant;            /* registered the grant that this face is */
    bool refreshes;        /* registered refresh_token */
    bool decoupled;        /* device grant or CIBA (17) */
    enum nx_level cap;     /* NX_LEVEL_NONE: no cap of its own */
};

struct nx_ask_facts {
    unsigned prompt;   /* enum nx_prompt bits */
    int64_t max_age;   /* seconds; negative: not asked */
    enum nx_level acr; /* the lowest level that satisfies; NX_LEVEL_NONE: not asked */
    bool acr_essential;
    bool hint;         /* an id_token_hint was sent … */
    bool hint_matches; /* … and names the person of the session */
    bool offline;      /* scope offline_access */
    bool pkce;         /* a code_challenge with S256 was sent */
    bool selected;     /* the person chose this session for this request */
    bool change;       /* /me: an enrolment or a change of credentials (SECURITY.md 3, 8) */
};

struct nx_consent_facts {
    enum nx_cover cover; /* what the stored consent covers of what is asked */
    bool given;          /* given for this very request (on the page, or by a phone's approval) */
};

/* A bearer that acts: an operator's token, or a portal's access token at userinfo. */
struct nx_scope_facts {
    bool held; /* it carries the scope that this act needs */
};

struct nx_facts {
    nx_time now;
    enum nx_face face;
    bool store_clean; /* the store has applied every revocation of the registry */
    struct nx_handle_facts handle;
    struct nx_person_facts person;
    struct nx_qr_facts qr;
    struct nx_session_facts session;
    struct nx_client_facts client;
    struct nx_ask_facts ask;
    struct nx_consent_facts consent;
    struct nx_scope_facts scope;
    struct nx_epoch_fact epoch[NX_FACT_EPOCHS];
    unsigned
        forbidden; /* enum nx_means bits that the portal, its organisation or the person's agency forbids:
                      here they prove nothing, and what they took part in is worth m1 at most without them */
};

/* On what terms an allowed thing may be issued. */
struct nx_terms {
    enum nx_level level; /* the granted acr */
    int64_t access_s;
    int64_t id_token_s;
    int64_t code_s;
    int64_t refresh_idle_s; /* 0: no refresh token */
    int64_t refresh_most_s;
    bool rotate;           /* refresh tokens rotate (SECURITY.md 15) */
    bool bind_session;     /* the refresh family ends with the session: no offline_access */
    bool remember_consent; /* an answer of the person may be stored */
};

struct nx_decision {
    enum nx_verdict verdict;
    enum nx_reason reason;
    struct nx_terms
        terms; /* zero unless allowed; with NX_VERDICT_STEP_UP terms.level is the level to reach */
};

struct nx_decision nx_may_issue(const struct nx_facts *facts);

/* ---- explaining: the same decision by the same rows, each told as it is asked ---- */

enum nx_trace_kind {
    NX_TRACE_RULE, /* a rule of this face; hit: it is violated and gives the reason */
    NX_TRACE_ROW,  /* the row of assurance.def that counts; hit: there is one */
    NX_TRACE_CAP   /* a cap of the level; hit: it lowers it */
};
struct nx_trace_line {
    enum nx_trace_kind kind;
    const char *name; /* reason, or name of the cap; static */
    const char *text; /* its sentence; static */
    bool hit;
    enum nx_level level;          /* ROW, CAP: the level from here on */
    const struct nx_acr_row *row; /* ROW: NULL when no set fits */
};
struct nx_tracer {
    void (*line)(void *ctx, const struct nx_trace_line *line);
    void *ctx;
};
/* As nx_may_issue; rules up to the one that decides, then what makes the level. */
struct nx_decision nx_may_issue_traced(const struct nx_facts *facts, const struct nx_tracer *tracer);

/* "PERSON_INACTIVE" and its sentence; static. */
const char *nx_reason_name(enum nx_reason reason);
const char *nx_reason_text(enum nx_reason reason);
/* The row's error; NX_ERR_NONE for NX_REASON_OK. */
nx_err nx_reason_error(enum nx_reason reason);

/* The level that these facts prove, every cap applied. */
enum nx_level nx_facts_level(const struct nx_facts *facts);

#endif
