/* Inside of the LDAP authenticator: one piece of work at a directory, and the connections that it borrows. */
#ifndef NX_AUTHN_LDAP_WORK_H
#define NX_AUTHN_LDAP_WORK_H

#include "authn/ldap.h"
#include "crypto/digest.h"

#include <lber.h>
#include <ldap.h>

#define NX_LDAP_IDLE_MAX 64        /* connections that are kept, of all directories together … */
#define NX_LDAP_IDLE_ROW 4         /* … of one row and use … */
#define NX_LDAP_IDLE_MS 60000      /* … and how long */
#define NX_LDAP_PDU_MAX (1u << 20) /* bytes of one message of a directory */

struct nx_ldap_work {
    struct nx_house *house;
    nx_arena *arena;
    const nx_upstream *upstream;
    struct nx_ldap_row row;
    int64_t deadline_ms;
    uint8_t key[NX_SHA256_LEN]; /* of everything that a connection depends on */
};
NX_FALLIBLE nx_ldap_work_begin(struct nx_ldap_work *w, struct nx_house *house, nx_arena *a,
                               const nx_upstream *row);

/* SEARCH is bound as the row's own entry; PERSON is bound anew by each use. */
enum nx_ldap_use { NX_LDAP_SEARCH, NX_LDAP_PERSON };

struct nx_ldap_conn {
    LDAP *ld;
    uint8_t key[NX_SHA256_LEN];
    enum nx_ldap_use use;
    bool kept; /* it was used before: the other side may have closed it meanwhile */
    int64_t used_ms;
};
/* A kept connection or a new one; give it back. fresh: a new one in any case. Errors of nx_ldap_open, for
 * SEARCH also of the bind. */
NX_FALLIBLE nx_ldap_lend(struct nx_ldap_conn *out, const struct nx_ldap_work *w, enum nx_ldap_use use,
                         bool fresh);
/* healthy: nothing is under way on it and it answered last time; otherwise it is closed. */
void nx_ldap_give_back(struct nx_ldap_conn *c, bool healthy);

/* A connection with TLS as the row wants it, not bound. NX_ERR_AGENCY_AWAY, NX_ERR_EGRESS_ADDRESS. */
NX_FALLIBLE nx_ldap_open(LDAP **out, const struct nx_ldap_work *w);
void nx_ldap_close(LDAP *ld);

/* Every read and write of the connection ends at the deadline (monotonic milliseconds), TLS handshakes
 * included. */
NX_FALLIBLE nx_ldap_limit(LDAP *ld, int64_t deadline_ms);
void nx_ldap_limit_move(LDAP *ld, int64_t deadline_ms);

/* One simple bind. NX_ERR_PASSWORD, NX_ERR_AGENCY_LOCKED, NX_ERR_AGENCY_EXPIRED, NX_ERR_AGENCY_CHANGE,
 * NX_ERR_AGENCY_AWAY. An empty dn or password is NX_ERR_PASSWORD and asks nobody. */
NX_FALLIBLE nx_ldap_bind(LDAP *ld, const struct nx_ldap_work *w, const char *dn, const nx_secret *password);

struct nx_ldap_query {
    const char *base;
    int scope;
    const char *filter;
    char **attributes;
    int size_max;
};
/* The entries, to be released with ldap_msgfree; a result cut at size_max is NX_OK too. NX_ERR_AGENCY_AWAY,
 * NX_ERR_UPSTREAM_CONFIG for a filter or base that the directory does not know. */
NX_FALLIBLE nx_ldap_search(LDAPMessage **out, LDAP *ld, const struct nx_ldap_work *w,
                           const struct nx_ldap_query *q);

static inline void nx_ldap_message_auto(LDAPMessage **m)
{
    if (*m) ldap_msgfree(*m);
}
#define NX_AUTO_LDAP_MESSAGE __attribute__((cleanup(nx_ldap_message_auto))) LDAPMessage *

/* What an entry says, into who; the subject must be there once. NX_ERR_AGENCY_ENTRY. */
NX_FALLIBLE nx_ldap_read_entry(struct nx_agency_identity *who, const struct nx_ldap_work *w, LDAP *ld,
                               LDAPMessage *entry);
/* The attributes that nx_ldap_read_entry wants; NULL-terminated, in the arena. */
NX_FALLIBLE nx_ldap_wanted(char ***out, const struct nx_ldap_work *w);
/* The word of a group that has one, into who. */
void nx_ldap_add_group(struct nx_agency_identity *who, const struct nx_ldap_work *w, const char *dn);

#endif
