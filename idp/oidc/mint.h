/* Making tokens: access tokens (RFC 9068), ID tokens (OpenID Connect Core section 2), with the claims that
 * bind them to the QR identity (the outer contract, section 3). Nothing is decided here: grant and terms come
 * from the gate. */
#ifndef NX_OIDC_MINT_H
#define NX_OIDC_MINT_H

#include "crypto/keyring.h"
#include "registry/client.h"
#include "registry/person.h"
#include "sessions/token.h"

struct nx_house;

#define NX_CLAIMS_JSON_MAX (8u << 10)

struct nx_mint {
    struct nx_house *house;
    nx_arena *arena;
    const nx_client *client;
    const struct nx_grant *grant;
    const struct nx_person *person; /* NULL where the ID token asks for no claim of hers */
};

/* The whole audience of a token of this grant when `resource` was asked for (NULL: not): one resource, by
 * rule 13. *out is borrowed or in the arena. NX_ERR_TARGET when the grant does not cover it. */
NX_FALLIBLE nx_mint_audience(const char **out, struct nx_house *house, nx_arena *a, const char *granted,
                             const char *resource);
/* ISSUER/oidc/userinfo: the audience of a token without a resource. */
char *nx_userinfo_audience(struct nx_house *house, nx_arena *a);

/* t->narrow.audience and .scope must be set. *out is in the arena. */
NX_FALLIBLE nx_mint_access(char **out, const struct nx_mint *m, const struct nx_token_new *t);

struct nx_id_token {
    const char *access_token; /* for at_hash; NULL: none is issued beside it */
    const char *code;         /* for c_hash; NULL */
    const char *nonce;
    int64_t life_s;
};
NX_FALLIBLE nx_mint_id_token(char **out, const struct nx_mint *m, const struct nx_id_token *t);

struct nx_jo;
/* acr, amr, qr_id, qr_px, status and auth_time of a person's grant, for this sector. */
NX_FALLIBLE nx_mint_binding(struct nx_jo *o, struct nx_house *house, nx_arena *a, const struct nx_grant *g,
                            const char *sector);
/* The `sub` of a grant for an audience. */
struct nx_names {
    const char *sub;
    const char *sector;
};
NX_FALLIBLE nx_mint_names(struct nx_names *out, struct nx_house *house, nx_arena *a, const nx_client *c,
                          const struct nx_grant *g, const char *audience);

/* Key use and name of the signature algorithm that a client registered for ID tokens or signed UserInfo. */
nx_key_use nx_mint_key_use(const char *alg);

#endif
