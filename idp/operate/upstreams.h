/* Upstreams and links, as operators see and change them. An upstream in JSON:
 *
 *   {"id","kind","state":"on|off","name","name_vi","organisation","issuer","level_cap":"m1".."m4","proofing":"m1".."m4",
 *    "jit":"none" | "create" | ["citizen",…],"trusts_national_id":false,"config":{…},"version","created","updated"}
 *
 * Secrets are members of config when it is sent; what is read names them in "secrets". "health" tells how the provider
 * does at this moment on this node, and
 * "metadata" how that of a SAML provider came ("source", "fetched", "refresh", "failures", "last_error" …). */
#ifndef NX_OPERATE_UPSTREAMS_H
#define NX_OPERATE_UPSTREAMS_H

#include "operate/call.h"

/* A new one is off. Blocks where its row says that metadata is fetched. Errors of nx_upstream_create;
 * NX_ERR_UPSTREAM_CONFIG with c->why, and those of nx_saml_row_open. */
NX_FALLIBLE nx_operate_upstream_add(json_t **out, struct nx_operate_call *c, const json_t *body);
/* The whole row anew; "version", when it is sent, must be the one that stands. A change of what it is worth (issuer,
 * caps, config) does not end sessions: switch it off for that. */
NX_FALLIBLE nx_operate_upstream_replace(json_t **out, struct nx_operate_call *c, const char *id, const json_t *body);
NX_FALLIBLE nx_operate_upstream_list(json_t **out, struct nx_operate_call *c);
NX_FALLIBLE nx_operate_upstream_show(json_t **out, struct nx_operate_call *c, const char *id);
NX_FALLIBLE nx_operate_upstream_on(struct nx_operate_call *c, const char *id);
/* Ends what is under way through it and every session that came by it. */
NX_FALLIBLE nx_operate_upstream_off(struct nx_operate_call *c, const char *id, const char *reason);
/* Off, then gone, with its links. */
NX_FALLIBLE nx_operate_upstream_remove(struct nx_operate_call *c, const char *id);
/* Asks the provider for its metadata and keys; {"answers","issuer","keys"…} or "problem". Blocking. */
NX_FALLIBLE nx_operate_upstream_check(json_t **out, struct nx_operate_call *c, const char *id);

/* Items {"upstream","subject","how","created","used"}. person: id or user name. */
NX_FALLIBLE nx_operate_link_list(json_t **out, struct nx_operate_call *c, const char *person);
NX_FALLIBLE nx_operate_link_remove(struct nx_operate_call *c, const char *person, const char *upstream,
                                   const char *subject);

#endif
