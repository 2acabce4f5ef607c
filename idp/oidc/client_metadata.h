/* Client metadata: every member that a registration may carry is a row with its check (RFC 7591 section 2,
 * OpenID Connect Dynamic Client Registration section 2, logout specifications). Members without a row are
 * ignored, as RFC 7591 section 2 says. What is kept is only what was checked. */
#ifndef NX_OIDC_CLIENT_METADATA_H
#define NX_OIDC_CLIENT_METADATA_H

#include "base/json.h"

struct nx_house;

#define NX_REDIRECT_URIS_MAX 20

struct nx_metadata_check {
    struct nx_house *house;
    nx_arena *arena;
    bool by_hand;    /* made by the operator's own tools: ES256 where no algorithm is named */
    const char *why; /* out: the sentence for error_description */
};

/* Checks `sent` member by member and against each other and gives the object to keep, defaults filled in;
 * *kept is owned. NX_ERR_REDIRECT_URI_METADATA, NX_ERR_CLIENT_METADATA with c->why set. Calls the outside for
 * sector_identifier_uri. */
NX_FALLIBLE nx_client_metadata(json_t **kept, struct nx_metadata_check *c, const json_t *sent);

/* Host of the sector (OpenID Connect Core 8.1), in the arena; NULL when nothing names one. kept: checked
 * metadata. */
NX_FALLIBLE nx_client_sector(const char **out, struct nx_metadata_check *c, const json_t *kept);

/* For the rows: records the sentence and fails. */
NX_FALLIBLE nx_metadata_refuse(struct nx_metadata_check *c, nx_err e, const char *member, const char *what);

/* A URL that may be registered: absolute, https, or http on loopback where the issuer is on loopback too. */
struct nx_url;
bool nx_metadata_url_ok(struct nx_metadata_check *c, const char *text, struct nx_url *u);
/* Every redirect URI of the list: exact, no fragment, of a kind that the application type may have. */
NX_FALLIBLE nx_metadata_redirects(struct nx_metadata_check *c, const char *member, const json_t *list,
                                  bool native);

#endif
