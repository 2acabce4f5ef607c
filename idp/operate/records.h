/* Clients, keys and the audit trail, as operators read them; and the health of the whole. */
#ifndef NX_OPERATE_RECORDS_H
#define NX_OPERATE_RECORDS_H

#include "operate/call.h"

/* Items {"id","name","state","owner","unreachable","created"}. */
NX_FALLIBLE nx_operate_client_list(json_t **out, struct nx_operate_call *c,
                                   const struct nx_operate_page *page);
/* With its metadata; never a secret. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_operate_client_show(json_t **out, struct nx_operate_call *c, const char *id);

/* Items {"kid","use","alg","state","published","retire_after"}. */
NX_FALLIBLE nx_operate_key_list(json_t **out, struct nx_operate_call *c);
/* use NULL: "token". now: sign with a new key at once (nx_keyring_roll). NX_ERR_UNKNOWN, NX_ERR_KEY_TOO_NEW.
 */
NX_FALLIBLE nx_operate_key_rotate(json_t **out, struct nx_operate_call *c, const char *use, bool now);

struct nx_operate_audit_query {
    const char *subject; /* NULL: any */
    const char *type;    /* NULL: any; "qr.*": a family */
    const char *since;   /* RFC 3339, UTC, or Unix seconds; NULL: any */
    struct nx_operate_page page;
};
/* Items {"seq","at","actor","type","subject","detail","hash"}, newest first. NX_ERR_SYNTAX for since or
 * cursor. */
NX_FALLIBLE nx_operate_audit_list(json_t **out, struct nx_operate_call *c,
                                  const struct nx_operate_audit_query *q);
/* {"whole","rows","broken_at","head"}. */
NX_FALLIBLE nx_operate_audit_verify(json_t **out, struct nx_operate_call *c);

/* Items {"check","state":"good|warn|bad","found"}: store, its memory policy and persistence, clocks,
 * registry, audit chain, keys, notices, unreachable portals. */
NX_FALLIBLE nx_operate_doctor(json_t **out, struct nx_operate_call *c);

#endif
