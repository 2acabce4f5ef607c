/* The hub: people who sign in by somebody else's word.
 *
 * Every upstream, whatever it speaks, ends in an identity: which upstream, who there, what it says of her, at
 * which level. nx_hub_sign_in turns that into the proof of a person here, by the rules of linking and no others:
 *
 *   1. a link of (upstream, subject) exists: that person
 *   2. the upstream is trusted for national numbers (its row) and states one that somebody has: that person, and a
 *      link from now on
 *   3. the row lets accounts be made for this kind of person: a new person, and a link
 *   4. otherwise nobody: the page says what she can do. She may prove both accounts in one session: signed in here a
 *      moment ago, she goes to the upstream from her own page, comes back and says yes (hub/linking.h)
 *
 * An e-mail address, a name or a telephone number never finds a person. An inactive person is refused. What comes
 * through an upstream is worth the least of what it said, the row's cap, and what the person was proofed for
 * (SECURITY.md 3); nothing raises it. */
#ifndef NX_HUB_HUB_H
#define NX_HUB_HUB_H

#include "authn/sign_in.h"
#include "registry/link.h"
#include "registry/upstream.h"

/* What an upstream says of a person. Texts are borrowed, NULL where it says nothing; they are checked and cut to
 * what the registry takes before anything is stored. */
struct nx_identity_person {
    const char *name;
    const char *family_name;
    const char *middle_name;
    const char *given_name;
    const char *birthdate; /* YYYY-MM-DD */
    const char *gender;    /* male, female, other */
    const char *email;     /* stored as not verified: its verification is not ours */
    const char *phone;     /* E.164; the same */
    const char *locale;
    const char *national_id; /* believed only where the row trusts it */
    enum nx_person_kind kind;
};

struct nx_identity {
    const nx_upstream *upstream; /* borrowed */
    const char *subject;         /* unique within the upstream's issuer and stable */
    enum nx_level level;         /* as it said, by the row's map; NX_LEVEL_NONE counts as m1 */
    unsigned means;              /* NX_MEANS_UPSTREAM, NX_MEANS_DIRECTORY or NX_MEANS_KERBEROS */
    const char *session;         /* its name of its session (sid, SessionIndex); NULL */
    const char *told_as;         /* how its logout will name her, where that is not the subject (a NameID); NULL */
    /* The upstream's epoch as it was when the sign-in began (hub/ticket.h); without it the one of now counts. */
    bool epoch_known;
    int64_t epoch;
    nx_time at; /* when she signed in there, where it says so (auth_time, AuthnInstant); 0: now */
    struct nx_identity_person person;
};

/* She was sent there to be asked anew and was, as the provider says and as was checked: by our clock that was after she
 * was sent, whatever its clock says. since 0: she was not. */
static inline void nx_hub_asked_anew(struct nx_identity *who, nx_time since)
{
    if (since && who->at && who->at < since) who->at = since;
}

enum nx_hub_end {
    NX_HUB_PROVEN,  /* proof is hers: go on with it */
    NX_HUB_UNKNOWN, /* nobody here, and none may be made */
};

struct nx_hub_outcome {
    enum nx_hub_end end;
    struct nx_proof proof; /* strings in the arena, or borrowed from the identity and its upstream's row */
    bool made;             /* the person was made just now */
};

/* NX_ERR_UPSTREAM_OFF when the row was switched off meanwhile; NX_ERR_PERSON_INACTIVE. Each link and person made
 * is audited. */
NX_FALLIBLE nx_hub_sign_in(struct nx_hub_outcome *out, struct nx_house *house, nx_arena *a,
                           const struct nx_identity *who);

/* An upstream's logout, already proven to be its: ends the sessions that match what it names (sessions/upstream.h), each
 * durably. */
struct nx_upstream_names;
NX_FALLIBLE nx_hub_end_sessions(size_t *ended, struct nx_house *house, nx_arena *a,
                                const struct nx_upstream_names *names);

/* The level that the row's config gives to one of the upstream's words for how it signed her in: member "levels", an
 * object of word → "m1" … "m4" (acr values, AuthnContextClassRef, groups). A word that is not there, or NULL, has the
 * level of member "level", and m1 without one. Never above the row's cap. */
enum nx_level nx_hub_level(const nx_upstream *u, const char *word);
/* Checks the members that all kinds share. *why names what is wrong, static. NX_ERR_UPSTREAM_CONFIG. */
NX_FALLIBLE nx_hub_config_check(const struct nx_upstream_record *record, const char **why);
/* The first member of a config that rows of this kind do not have, or not with a value of that type (hub/members.def);
 * borrowed from the config. NULL: every member is known. */
const char *nx_hub_stranger(enum nx_upstream_kind kind, const json_t *config);

#endif
