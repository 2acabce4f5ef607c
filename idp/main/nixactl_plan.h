/* What `up` is going to run, worked out from the settings before anything is started: the issuer taken apart,
 * which programs, which portals, and the files that they are configured by. */
#ifndef NX_MAIN_NIXACTL_PLAN_H
#define NX_MAIN_NIXACTL_PLAN_H

#include "config/settings.h"

#define NX_PORTALS 3

/* A demo portal. Its folder is portals/NAME; its secrets are made once and kept there. */
struct nx_portal {
    const char *name;  /* "dichvucong": folder, client id, log */
    const char *host;  /* "dichvucong.localhost" */
    const char *title; /* what people see, English */
    const char *title_vi;
    const char *scope;
    bool saml;           /* speaks SAML (mod_auth_mellon); otherwise OpenID Connect */
    const char *other;   /* host of the portal that it links to */
    unsigned port;       /* where its Apache listens, on loopback; another one at each start */
    char secret[65];     /* client secret, hexadecimal */
    char passphrase[65]; /* seals its cookies */
    int folder_fd;       /* its folder, inherited by its Apache */
    const char *metadata; /* what a SAML portal says of itself; in the plan's arena */
};

/* The demo's other identity provider: a second nixad in the folder provider/, so that there is one to choose. */
#define NX_PROVIDER_DIR "provider"
#define NX_PROVIDER_ID "canbo" /* its row in `upstream` */
#define NX_PROVIDER_HOST "canbo.localhost"

struct nx_plan {
    nx_arena *arena;
    struct nx_settings settings;
    const char *share;     /* where certs/ and docker/ are */
    const char *programs;  /* where nixad is: beside this program */
    char host[256];        /* of the issuer */
    char authority[272];   /* host and port as the issuer has them */
    char port_suffix[16];  /* ":8443", or "" for 443 */
    char port_escaped[20]; /* the same, percent-encoded */
    char mtls_listen[272];
    bool own_redis;
    bool demo;
    struct nx_portal portal[NX_PORTALS];
    bool provider;            /* the demo has its second provider: it lives in the private Redis */
    const char *provider_issuer;
    char provider_secret[65]; /* of NIXA as its client */
};

/* Reads the arguments of `up` (argv[0] is "up"), enters the data folder and fills the plan. Refuses what this
 * version does not have, with one line. Says why it fails. */
NX_FALLIBLE nx_plan_read(struct nx_plan *p, nx_arena *a, int argc, char **argv);
/* Makes certificates, secrets and configuration files in the data folder. The folder is locked. */
NX_FALLIBLE nx_plan_prepare(struct nx_plan *p);
/* Makes the edge's certificate anew if it nears its end; *changed says whether it did. */
NX_FALLIBLE nx_plan_certificates(const struct nx_plan *p, bool *changed);

#endif
