/* Sign-in with an account of an agency: what the pages for passwords (agency.c) and for tickets (kerberos.c)
 * share. */
#ifndef NX_ENDPOINTS_PAGES_AGENCY_H
#define NX_ENDPOINTS_PAGES_AGENCY_H

#include "authn/agency.h"
#include "endpoints/pages/ways.h"
#include "registry/upstream.h"

/* Bits of kinds. */
#define NX_AGENCY_BY_PASSWORD (1u << NX_UPSTREAM_LDAP | 1u << NX_UPSTREAM_RADIUS)
#define NX_AGENCY_BY_TICKET (1u << NX_UPSTREAM_KERBEROS)

/* One look at such a page. */
struct nx_agency_look {
    nx_request *rq;
    nx_reply *rp;
    struct nx_house *house;
    const char *t; /* transaction; NULL: her own page */
    bool linking;  /* signed in already, she proves this account too (hub/linking.h) */
    struct nx_visitor who;
    struct nx_flow_view about;
    const nx_upstream *row; /* borrowed from the handler's reference */
    int64_t epoch;          /* of the row, read before anybody is asked */
};

/* Fills everything but the row. params: of the query or the form. */
NX_FALLIBLE nx_agency_visit(struct nx_agency_look *l, nx_request *rq, nx_reply *rp, const nx_pairs *params);
/* The row that is asked for by u, which must be on and of one of the kinds; with u NULL the only one of these
 * kinds, and *row stays NULL where there are several. Reads the epoch. NX_ERR_NOT_FOUND, NX_ERR_UPSTREAM_OFF.
 */
NX_FALLIBLE nx_agency_pick(struct nx_agency_look *l, const nx_upstream **row, const char *u, unsigned kinds);
/* The page on which one of several agencies is chosen; the links lead to PATH?u=…&t=…. */
NX_FALLIBLE nx_agency_choose(struct nx_agency_look *l, const char *path, unsigned kinds);
/* The keys that the templates share: t, link, u, agency, back_url, part_asks, lang_url of a page that answers
 * a POST, and where its form may end. */
NX_FALLIBLE nx_agency_keys(nx_view *v, struct nx_agency_look *l, const char *path);
/* From what the agency said to a person here, to the hub's page for somebody whom nobody knows, or, where she
 * proves both accounts, to the page that asks for her yes. */
NX_FALLIBLE nx_agency_end(struct nx_agency_look *l, const struct nx_agency_identity *who);

#endif
