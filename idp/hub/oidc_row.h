/* The config of an upstream of kind oidc. Members (defaults in brackets):
 *
 *   client_id                what we are called there; required
 *   client_secret            secret
 *   token_auth               client_secret_basic [with a secret], client_secret_post, private_key_jwt [without], none
 *   metadata_url             [ISSUER/.well-known/openid-configuration]
 *   authorization_endpoint, token_endpoint, jwks_uri, userinfo_endpoint, end_session_endpoint
 *                            instead of what the metadata says; with the first three nothing is discovered
 *   scope                    ["openid profile"]
 *   pkce                     [true]
 *   response_mode            query or form_post [the provider's default]
 *   id_token_algs            [["ES256","RS256","PS256"]]
 *   id_token_encrypted       [false]; true: an ID token that is not encrypted to us is refused, and else the contrary
 *   id_token_encryption_alg  ECDH-ES+A256KW or RSA-OAEP-256 [either]: which of our keys the provider is shown
 *   userinfo                 [false]: claims are also fetched from the userinfo endpoint
 *   pass                     what of a portal's wishes goes along [["ui_locales","prompt","max_age"]]; also login_hint.
 *                            max_age goes along with every sign-in, since it makes the provider say auth_time
 *   acr_values               object of level → value of acr_values to send when a portal asks for that level
 *   require_acr              [false]: an ID token whose acr is not in `levels` is refused
 *   levels, level            hub.h; words are values of acr, and "amr:VALUE"
 *   claims                   object of field of struct nx_identity_person → name of the claim
 *   person_kind              [citizen]
 *   hints, acr               who is sent here without being asked (hub/choose.h)
 *   rp_logout                [false]: signing out of us signs out there
 */
#ifndef NX_HUB_OIDC_ROW_H
#define NX_HUB_OIDC_ROW_H

#include "hub/hub.h"

enum nx_rp_auth { NX_RP_BASIC, NX_RP_POST, NX_RP_JWT, NX_RP_NONE };

struct nx_oidc_row {
    const nx_upstream *upstream; /* borrowed, like all texts */
    const char *client_id;
    enum nx_rp_auth auth;
    const char *metadata_url; /* NULL: by the issuer */
    const char *authorization_endpoint;
    const char *token_endpoint;
    const char *jwks_uri;
    const char *userinfo_endpoint;
    const char *end_session_endpoint;
    const char *scope;
    const char *response_mode; /* NULL: none is asked for */
    const char *encryption;    /* of ID tokens, with which alg; NULL: either of ours */
    uint32_t algs;             /* a set of NX_ALG_BIT */
    bool pkce;
    bool encrypted;
    bool userinfo;
    bool require_acr;
    bool rp_logout;
};

NX_FALLIBLE nx_oidc_row_read(struct nx_oidc_row *out, const nx_upstream *u);
/* Whether that wish of a portal goes along. */
bool nx_oidc_row_passes(const struct nx_oidc_row *row, const char *parameter);
/* Checks a config before it is stored. *why names what is wrong, static. NX_ERR_UPSTREAM_CONFIG. */
NX_FALLIBLE nx_oidc_row_check(struct nx_house *house, const struct nx_upstream_record *record, const char **why);
/* ISSUER/upstream/ID/callback: an address of its own for each provider (RFC 9700 section 4.4.2.2). */
char *nx_rp_redirect_uri(nx_arena *a, const struct nx_house *house, const char *upstream);

#endif
