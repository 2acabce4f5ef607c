/* Metadata from elsewhere: fetched from a URL or asked of a federation (Metadata Query Protocol,
 * draft-young-md-query and its SAML profile), verified, read.
 *
 * What is fetched is worth what its signature is worth: the document element must be signed by the one certificate
 * that was pinned; TLS alone is not believed. A portal that is not registered may be asked of the federation when
 * the operator named one (--saml-mdq): a stranger's first request makes us call at most a few times a minute, and
 * an entity that is not found is not asked for again for a while. */
#ifndef NX_SAML_FEDERATION_H
#define NX_SAML_FEDERATION_H

#include "saml/entity.h"

struct nx_house;

/* The portal of an Issuer, registered or found. NX_ERR_SAML_UNKNOWN: neither. NX_ERR_SAML_METADATA_EXPIRED.
 * NX_ERR_SAML_FETCH: it may be in the federation; nothing was done: move to the EGRESS lane and call
 * nx_saml_portal_fetch, then everything again. */
NX_FALLIBLE nx_saml_portal(nx_saml_entity **out, struct nx_house *house, nx_span entity_id);
/* Asks the federation and registers what it answers, or remembers that it has none. Blocks. NX_ERR_SAML_UNKNOWN,
 * NX_ERR_SAML_METADATA, _EXPIRED, _SIGNATURE; NX_ERR_EGRESS_…. */
NX_FALLIBLE nx_saml_portal_fetch(struct nx_house *house, nx_arena *a, nx_span entity_id);

/* The certificate that signs the federation's metadata (--saml-mdq-certificate), DER in the arena. NX_ERR_SETTING_VALUE,
 * NX_ERR_SYNTAX. */
NX_FALLIBLE nx_saml_federation_pin(nx_span *out, struct nx_house *house, nx_arena *a);

/* The same in the words of an operator. */
struct nx_saml_place {
    const char *url, *certificate, *fingerprint, *entity_id;
};
/* Where a document is fetched from and who must have signed it. */
struct nx_saml_remote {
    const char *url;
    bool federation;       /* asked by MDQ: a small answer of one entity */
    const char *entity_id; /* that it must be about, or that is picked; NULL: the only one. An aggregate of more than a
                              megabyte needs it, and the certificate itself */
    nx_span pin;           /* the certificate, DER; or … */
    const char *fingerprint; /* … SHA-256 of it, 64 hexadecimal digits: it is then taken from the document itself */
};
/* A URL that an operator names, checked; the certificate in PEM, or its SHA-256 in hexadecimal as openssl prints it or bare:
 * exactly one of the two, the other NULL. *why names what is wrong, static. NX_ERR_MISSING, NX_ERR_SYNTAX; NX_ERR_EGRESS_…: this server
 * does not call there. */
NX_FALLIBLE nx_saml_remote_at(struct nx_saml_remote *out, struct nx_house *house, nx_arena *a,
                                 const struct nx_saml_place *by, const char **why);
struct nx_saml_fetched {
    nx_saml_entity *entity; /* its keys are freed by nx_saml_entity_forget */
    nx_span xml;            /* as it came; empty when it was picked out of an aggregate of more than a megabyte */
    nx_span pin;            /* the certificate that verified it */
};
/* Fetches, verifies and reads. found as nx_saml_entity_read. */
NX_FALLIBLE nx_saml_fetch(struct nx_saml_fetched *out, struct nx_house *house, nx_arena *a,
                          const struct nx_saml_remote *from, enum nx_saml_role role, struct nx_saml_findings *found);
/* BASE/entities/{id}, in the arena. */
NX_FALLIBLE nx_saml_mdq_url(const char **out, nx_arena *a, const char *base, nx_span entity_id);

/* When to fetch again: well before cacheDuration and validUntil are over, within a minute and a day. */
nx_time nx_saml_refresh_at(const nx_saml_entity *e, nx_time now);
/* Fetches what is due, a few at a time; *more: there was more. A failed fetch keeps what stands until its
 * validUntil and is tried again sooner. Blocks: a thread of its own calls this. */
NX_FALLIBLE nx_saml_refresh(struct nx_house *house, bool *more);
/* The same for one row, due or not; what failed stands in the row afterwards. */
NX_FALLIBLE nx_saml_refresh_one(struct nx_house *house, const struct nx_saml_row *row);

#endif
