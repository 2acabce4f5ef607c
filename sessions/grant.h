/* Grants: what a person (or a client for itself) allowed, as a code, a refresh family and a token record
 * carry it.
 *
 * Strings are borrowed from the caller when packed and live in the caller's arena when unpacked; NULL is
 * absent. Numbers of levels, rungs and means are those of policies/level.h. */
#ifndef NX_SESSIONS_GRANT_H
#define NX_SESSIONS_GRANT_H

#include "base/clock.h"
#include "base/pack.h"
#include "base/text.h"
#include "sessions/epoch.h"

#define NX_GRANT_MAX (12u << 10) /* packed */

/* An entry of a token status list of the store; list < 0: none. */
struct nx_status_ref {
    int64_t list;
    int64_t index;
};
#define NX_STATUS_REF_NONE ((struct nx_status_ref){-1, 0})

struct nx_grant {
    const char *client_id;
    const char *subject; /* person's id; for client credentials the client id again */
    const char *session; /* sign-on session's id; NULL: none */
    const char *sid;     /* that client's sid of the session */
    const char *qid;     /* QR identity it is bound to (rule 23); NULL: none */
    const char *sector;
    const char *scope;    /* space separated, as granted */
    const char *audience; /* space separated resources */
    const char *claims;   /* the requested claims, JSON */
    const char *nonce;
    const char *redirect_uri;   /* as sent; NULL: not sent */
    const char *code_challenge; /* S256 */
    const char *jkt;            /* thumbprint of the DPoP key */
    const char *x5t;            /* thumbprint of the client certificate */
    const char *vouched_by;     /* the officer who vouched for her; NULL: none */
    const char *purpose;        /* purpose version that was consented to */
    int level;                  /* granted acr */
    int rung;                   /* -1: no QR */
    unsigned means;
    nx_time auth_time;
    bool offline;           /* offline_access: outlives the session */
    bool refreshes;         /* a refresh token goes with it */
    bool rotates;           /* public client: links rotate (rule 15) */
    nx_time refresh_until;  /* absolute end of the family */
    int64_t refresh_idle_s; /* the family ends earlier when it is not used for so long */
    int64_t token_s;        /* lifetime of access tokens */
    /* Not packed: kept by the store beside the body, filled on reading. */
    struct nx_epochs epochs; /* under which it was made */
    struct nx_status_ref status;
    nx_time issued;
    nx_time expires;
};

/* Writes a pack. NX_ERR_LIMIT past NX_GRANT_MAX. */
NX_FALLIBLE nx_grant_pack(nx_span *out, nx_arena *a, const struct nx_grant *g);
/* NX_ERR_SYNTAX for what is no pack of a grant. */
NX_FALLIBLE nx_grant_unpack(struct nx_grant *g, nx_arena *a, nx_span pack);

#endif
