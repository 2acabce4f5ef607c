/* The shipped policy as data. Nothing here decides: policies/may_issue.h does, over these rows. The whole is
 * dumped to text by nx_policy_dump and compared with tests/data/policy.txt, so that a reviewer of a change
 * sees its effect and not only its code. */
#ifndef NX_POLICIES_POLICY_H
#define NX_POLICIES_POLICY_H

#include "base/buf.h"
#include "policies/level.h"

enum nx_subject_kind {
    NX_SUBJECT_CITIZEN,
    NX_SUBJECT_ORGANISATION,
    NX_SUBJECT_HOUSEHOLD,
    NX_SUBJECT_OFFICIAL,
    NX_SUBJECT_KINDS
};

/* "citizen" … as in the SCIM extension. Static. */
const char *nx_subject_kind_text(enum nx_subject_kind kind);
/* NX_SUBJECT_CITIZEN, the kind with the fewest rights, for a word that is not known. */
enum nx_subject_kind nx_subject_kind_of(nx_span text);

/* A row of assurance.def: all the means in `means` and a rung of at least `rung` prove `level`. `first` of
 * them open the sign-in; what lifts it to `level`, the others, must have been enrolled at that level. */
struct nx_acr_row {
    enum nx_level level;
    enum nx_rung rung;
    unsigned means;
    unsigned first;
};

/* Lifetimes that the store's scripts enforce by numbers of their own: idp/gate, which sees both, does not
 * compile when they differ. */
#define NX_LIFE_TRANSACTION_S 600
#define NX_LIFE_CODE_S 60
#define NX_LIFE_REFRESH_RETRY_S 10
#define NX_LIFE_FOREIGN_IDLE_S 600

/* Seconds. A lifetime is an upper bound; terms may be shorter. */
struct nx_lifetimes {
    int64_t transaction;    /* a login transaction */
    int64_t code;           /* an authorization code (RFC 6749 4.1.2; FAPI 2.0: 60 s at most) */
    int64_t access;         /* an access token */
    int64_t id_token;       /* an ID token */
    int64_t session_idle;   /* a sign-on session without use */
    int64_t session_most;   /* a sign-on session from its first sign-in */
    int64_t foreign_idle;   /* a session on somebody else's screen without use (SECURITY.md 7) */
    int64_t foreign_most;   /* the same from its sign-in */
    int64_t refresh_idle;   /* a refresh token without use, with offline_access */
    int64_t refresh_most;   /* a refresh family from its beginning, with offline_access */
    int64_t refresh_retry;  /* how long a rotated token gives the same answer again (SECURITY.md 15) */
    int64_t consent;        /* a remembered consent */
    int64_t logout_token;   /* a logout token (SECURITY.md 18) */
    int64_t assertion_most; /* how far ahead `exp` of a client assertion may lie */
};

struct nx_policy {
    const struct nx_acr_row *acr;
    size_t acr_count;
    enum nx_level rung_cap[4];                     /* what p0 … p3 allow at most */
    enum nx_level no_qr_cap[NX_SUBJECT_KINDS];     /* a person without a QR identity (SECURITY.md 23) */
    unsigned no_qr_exempt_means[NX_SUBJECT_KINDS]; /* any of these lifts that cap */
    enum nx_level paper_cap;                       /* bound to a QR identity on paper and signed in by it */
    enum nx_level unreachable_cap;                 /* a portal that cannot be told of a revocation (18) */
    enum nx_level device_grant_cap;                /* device grant and CIBA (17) */
    struct nx_lifetimes life;
};

/* The policy of this build; static. */
const struct nx_policy *nx_policy(void);

/* How a person signed in, as a session records it. */
struct nx_sign_in {
    unsigned means;         /* enum nx_means bits */
    enum nx_level bound_at; /* the lowest level at which a credential used was enrolled (SECURITY.md 3) */
    enum nx_rung rung;      /* NX_RUNG_NONE when no QR was shown */
};
/* What the means alone prove by the rows and the rung's cap: neither proofing nor bound_at is applied. */
enum nx_level nx_policy_level_of_means(const struct nx_policy *p, unsigned means, enum nx_rung rung);
/* The best row of these means and rung; NULL when none fits. */
const struct nx_acr_row *nx_policy_best_row(const struct nx_policy *p, unsigned means, enum nx_rung rung);

/* Means with the level at which the credential behind each was enrolled: what a person has, or has shown. */
struct nx_held {
    unsigned means;
    enum nx_level bound_at[NX_MEANS_COUNT]; /* of the bits that are set */
};
/* Adds means that were enrolled at that level; of two credentials of one means the better counts. */
void nx_held_add(struct nx_held *h, unsigned means, enum nx_level bound_at);
/* What they prove together, however near the phone is: the best row, each at most at the level at which what
 * lifts it was enrolled (SECURITY.md 3). NX_LEVEL_NONE when no row fits. */
enum nx_level nx_policy_level_of_held(const struct nx_policy *p, const struct nx_held *held);
/* What two proofs of one sign-in are bound at together: neither lifts itself by the other. */
enum nx_level nx_policy_bound_together(const struct nx_policy *p, const struct nx_sign_in *before,
                                       const struct nx_sign_in *added);

/* How near the phone was in a sign-in by two proofs that reach `level` together. A passkey answers in the tab that
 * receives the session, the one of a phone nearby (CTAP hybrid) included, and nobody's relay can ask it there: it brings
 * a sign-in by QR to p3, unless it was itself enrolled below that level (SECURITY.md 3). Of two phones the one that was
 * farther away counts. */
enum nx_rung nx_policy_rung_together(const struct nx_sign_in *before, const struct nx_sign_in *added,
                                     enum nx_level level);

/* What a step-up may offer: the sets of means which, added to what was shown (`have`: means and rung), reach `asked`.
 * Each as small as can be (none holds another), the smallest first; only of means that are enrolled at a level that
 * carries them and are not forbidden. Returns how many; 0 when there is no way. */
#define NX_WAYS_MAX 16
size_t nx_policy_ways(unsigned out[NX_WAYS_MAX], const struct nx_policy *p, const struct nx_sign_in *have,
                      enum nx_level asked, const struct nx_held *enrolled, unsigned forbidden);

/* The text of the whole policy, a line each; for the snapshot and `nixactl policy dump`. */
void nx_policy_dump(nx_buf *out, const struct nx_policy *p);

#endif
