/* Kerberos by SPNEGO (RFC 4120, 4178, 4559): an official at a desk of her agency is signed in by her ticket.
 * Config of a row:
 *
 *     "keytab"     path of the file with the key of HTTP/HOST@REALM, readable by the server alone
 *     "realm"      the only realm whose people sign in here
 *     "service"    the principal to accept for, HTTP/id.example.vn; without it any key of the file
 *     "instances"  true: principals with an instance ("lan/admin") too
 *
 * Tokens are accepted in one step, of Kerberos mechanisms alone; NTLM never. Delegated credentials are
 * dropped. Replays are refused twice: by the library's cache on this machine and by the store's guard for all
 * nodes. */
#ifndef NX_AUTHN_KERBEROS_H
#define NX_AUTHN_KERBEROS_H

#include "authn/agency.h"

#define NX_NEGOTIATE_MAX (12u << 10) /* bytes of a token, which must fit into a header field */

struct nx_kerberos_row {
    const char *keytab;
    const char *realm;
    const char *service; /* NULL: any */
    bool instances;
};
NX_FALLIBLE nx_kerberos_row_parse(struct nx_kerberos_row *out, const json_t *config, const char **why);

/* The token of an `Authorization: Negotiate` field, decoded into the arena. NX_ERR_TOKEN_ABSENT when there is
 * no such field, NX_ERR_NEGOTIATE for one that is malformed or too large, NX_ERR_NEGOTIATE_MECH for NTLM. */
NX_FALLIBLE nx_negotiate_token(nx_span *out, nx_arena *a, const char *authorization);
/* Whether the outermost bytes are a SPNEGO or Kerberos token: an InitialContextToken of RFC 2743 3.1, or a
 * SPNEGO NegTokenInit naming a Kerberos mechanism. Pure: before the library sees anything. NX_ERR_NEGOTIATE,
 * NX_ERR_NEGOTIATE_MECH. */
NX_FALLIBLE nx_negotiate_check(nx_span token);

struct nx_kerberos_outcome {
    struct nx_agency_identity who;
    char *answer; /* base64 of the token for WWW-Authenticate, NULL: none */
};
/* NX_ERR_NEGOTIATE (bad, expired, for another server, clock), NX_ERR_NEGOTIATE_MECH, NX_ERR_NEGOTIATE_REALM,
 * NX_ERR_NEGOTIATE_REPLAYED, NX_ERR_UPSTREAM_CONFIG (no usable keytab). */
NX_FALLIBLE nx_kerberos_prove(struct nx_kerberos_outcome *out, struct nx_house *house, nx_arena *a,
                              const nx_upstream *row, nx_span token);

/* The principal's name and realm, split at the last '@' that no backslash escapes; the name unescaped must be
 * plain: NX_ERR_NEGOTIATE_REALM for another realm than the row's, an instance that the row does not want, or
 * a backslash. */
NX_FALLIBLE nx_kerberos_principal(nx_span *name, nx_span principal, const struct nx_kerberos_row *row);

#endif
