/* Agencies' own accounts: what LDAP directories, RADIUS servers and Kerberos realms have in common.
 *
 * Each is a row of table `upstream` (registry/upstream.h) and ends in an nx_agency_identity: a stable subject
 * within that row, what the agency says of the person, and the groups that the row has words for. Who that is
 * here and what it is worth is decided above (hub/hub.h).
 *
 *     nx_agency_admit(…)      counts the attempt before it is made; no network
 *     nx_fuse_enter(…)        the hub's: bulkhead and breaker
 *     nx_agency_prove(…)      asks the agency; EGRESS lane, NX_AGENCY_MS at most
 *     nx_fuse_leave(…)        with nx_agency_answered(result)
 *     nx_agency_settle(…)     the attempt was right: gives it back
 *
 * NIXA must never be the one who locks an agency's accounts: attempts are counted by (name as typed, source)
 * before anything is asked, and by the account that the name leads to before a password is tried there, with
 * limits below those at which directories lock (sessions/throttle.def). */
#ifndef NX_AUTHN_AGENCY_H
#define NX_AUTHN_AGENCY_H

#include "base/secret.h"
#include "house/house.h"
#include "registry/upstream.h"

#define NX_AGENCY_MS 3000 /* of one sign-in at an agency, in all */
#define NX_AGENCY_USER_MAX 128
#define NX_AGENCY_PASSWORD_MAX 256
#define NX_AGENCY_VALUE_MAX 512 /* bytes of one attribute or group; longer ones are passed over */
#define NX_AGENCY_GROUPS_MAX 32
#define NX_AGENCY_STATE_MAX 253 /* bytes of a RADIUS State */
#define NX_AGENCY_PROMPT_MAX 253

/* What an agency says of a person; NULL where it says nothing. The members are those of hub/hub.h. */
struct nx_agency_person {
    const char *name;
    const char *family_name;
    const char *middle_name;
    const char *given_name;
    const char *birthdate;
    const char *gender;
    const char *email;
    const char *phone;
    const char *locale;
    const char *national_id;
};

/* Texts are in the arena, valid UTF-8 without control characters. */
struct nx_agency_identity {
    const char *subject;   /* entryUUID or objectGUID, user name at realm, principal */
    const char *account;   /* what nx_agency_admit_account counted; NULL: nothing */
    const char *user_name; /* as the agency writes it, else as typed */
    struct nx_agency_person person;
    const char *group[NX_AGENCY_GROUPS_MAX]; /* words of the row, each once */
    size_t group_count;
    nx_time at;     /* when she proved herself to the agency: of a ticket; 0: now */
    unsigned means; /* NX_MEANS_DIRECTORY or NX_MEANS_KERBEROS, and NX_MEANS_OTP behind a RADIUS challenge */
};

struct nx_agency_ask {
    const nx_upstream *row; /* on, of kind ldap or radius */
    nx_span user_name;
    const nx_secret *password; /* or the code, with state */
    const char *source;        /* client address */
    nx_span state;             /* RADIUS: of the challenge that is being answered; empty: none */
};

enum nx_agency_end {
    NX_AGENCY_PROVEN,    /* who is filled in */
    NX_AGENCY_CHALLENGED /* a further code is wanted: prompt and state */
};
struct nx_agency_outcome {
    enum nx_agency_end end;
    struct nx_agency_identity who;
    const char *prompt; /* what the agency's server says, "" when nothing; in the arena */
    nx_span state;
    int64_t retry_after_s; /* with NX_ERR_HTTP_RATE */
};

/* Counts the attempt by the name as typed and the source. NX_ERR_HTTP_RATE with *retry_after_s;
 * NX_ERR_PASSWORD for a name or password that no agency is asked about: empty, too long, or with characters
 * that names do not have. An empty password would be an anonymous bind that a directory answers with success
 * (RFC 4513 5.1.2). */
NX_FALLIBLE nx_agency_admit(struct nx_house *house, nx_arena *a, const struct nx_agency_ask *ask,
                            int64_t *retry_after_s);
/* Counts the attempt at the account itself; called by the kinds right before a password is tried.
 * who->account is what is counted. NX_ERR_HTTP_RATE with out->retry_after_s. */
NX_FALLIBLE nx_agency_admit_account(struct nx_agency_outcome *out, struct nx_house *house, nx_arena *a,
                                    const nx_upstream *row);
/* Nobody was asked, since the agency's server was away: the attempt counted by nx_agency_admit is given back.
 */
NX_FALLIBLE nx_agency_unasked(struct nx_house *house, nx_arena *a, const struct nx_agency_ask *ask);
/* Both attempts were right. */
NX_FALLIBLE nx_agency_settle(struct nx_house *house, nx_arena *a, const struct nx_agency_ask *ask,
                             const struct nx_agency_identity *who);

/* Asks. NX_ERR_PASSWORD (no such name and a wrong password alike), NX_ERR_AGENCY_LOCKED,
 * NX_ERR_AGENCY_EXPIRED, NX_ERR_AGENCY_CHANGE (the password must be changed at the agency first),
 * NX_ERR_AGENCY_ENTRY (the name leads to several entries, or to one without a stable subject),
 * NX_ERR_AGENCY_AWAY, NX_ERR_HTTP_RATE, NX_ERR_UPSTREAM_CONFIG. */
NX_FALLIBLE nx_agency_prove(struct nx_agency_outcome *out, struct nx_house *house, nx_arena *a,
                            const struct nx_agency_ask *ask);
/* Whether the agency's server said something, whatever it said: for the breaker. */
bool nx_agency_answered(nx_result r);

/* Whether the config of a row of these kinds is acceptable, secrets included when it is written. *why names
 * what is wrong, static. NX_ERR_UPSTREAM_CONFIG. */
NX_FALLIBLE nx_agency_config_check(enum nx_upstream_kind kind, const json_t *config, const char **why);

/* Whether a provider answers, in words for operators: asks without anybody's password. EGRESS lane. The words
 * are fixed texts of ours in English. Fails only where nothing could be said. */
#define NX_AGENCY_PROBE_STEPS 8
struct nx_agency_probe {
    bool ok;
    size_t n;
    struct {
        bool ok;
        const char *text;
    } step[NX_AGENCY_PROBE_STEPS];
};
NX_FALLIBLE nx_agency_probe(struct nx_agency_probe *out, struct nx_house *house, nx_arena *a,
                            const nx_upstream *row);
void nx_agency_probe_add(struct nx_agency_probe *p, bool ok, const char *text);

/* One kind: a row of the table in agency.c. */
struct nx_agency_kind {
    enum nx_upstream_kind kind;
    NX_FALLIBLE (*check)(const json_t *config, const char **why);
    /* NULL: not by a password. */
    NX_FALLIBLE (*prove)
    (struct nx_agency_outcome *out, struct nx_house *house, nx_arena *a, const struct nx_agency_ask *ask);
    NX_FALLIBLE (*probe)
    (struct nx_agency_probe *out, struct nx_house *house, nx_arena *a, const nx_upstream *row);
};
extern const struct nx_agency_kind nx_agency_ldap;
extern const struct nx_agency_kind nx_agency_radius;
extern const struct nx_agency_kind nx_agency_kerberos;

/* The member of nx_agency_person that the config calls `name` ("family_name"), NULL when there is none. */
const char **nx_agency_field(struct nx_agency_person *p, const char *name);
/* Adds the word of a group once; past NX_AGENCY_GROUPS_MAX nothing. Copied. */
void nx_agency_add_group(struct nx_agency_identity *who, nx_arena *a, const char *word);
/* Whether a text of an agency may be shown and stored: UTF-8 without control characters, at most
 * NX_AGENCY_VALUE_MAX bytes and not empty. */
bool nx_agency_text_fits(nx_span s);

#endif
