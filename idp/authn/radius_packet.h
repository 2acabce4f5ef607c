/* RADIUS packets (RFC 2865 with PAP; RFC 2869 5.14 Message-Authenticator). Pure: bytes in, bytes out.
 *
 *     code 1 | identifier 1 | length 2 | authenticator 16 | attributes: type 1, length 1, value
 *
 * A request begins with a Message-Authenticator, and an answer without a right one is none: the answer's own
 * MD5 can be forged by whoever can change a request on its way (CVE-2024-3596). MD5 is the protocol's;
 * nothing else in NIXA uses it. */
#ifndef NX_AUTHN_RADIUS_PACKET_H
#define NX_AUTHN_RADIUS_PACKET_H

#include "base/buf.h"
#include "base/secret.h"

#define NX_RADIUS_PACKET_MAX 4096
#define NX_RADIUS_AUTHENTICATOR 16
#define NX_RADIUS_VALUE_MAX 253
#define NX_RADIUS_PASSWORD_MAX 128 /* RFC 2865 5.2 */
#define NX_RADIUS_ATTRIBUTES_MAX 128
#define NX_RADIUS_GROUPS_MAX 16

enum nx_radius_code {
    NX_RADIUS_REQUEST = 1,
    NX_RADIUS_ACCEPT = 2,
    NX_RADIUS_REJECT = 3,
    NX_RADIUS_CHALLENGE = 11
};

struct nx_radius_request {
    uint8_t identifier;
    uint8_t authenticator[NX_RADIUS_AUTHENTICATOR]; /* random, new for each request */
    nx_span user_name;
    const nx_secret *password;
    const char *nas; /* NAS-Identifier */
    nx_span state;   /* of the challenge that is answered; empty: none */
};
/* NX_ERR_LIMIT for what does not fit; NX_ERR_CRYPTO. */
NX_FALLIBLE nx_radius_write(nx_buf *out, const struct nx_radius_request *r, const nx_secret *shared);

struct nx_radius_answer {
    enum nx_radius_code code;
    const char
        *message;  /* the Reply-Message attributes, joined, "" when they are no clean text; in the arena */
    nx_span state; /* borrowed from the packet; empty: none */
    nx_span group[NX_RADIUS_GROUPS_MAX]; /* Class and Filter-Id, borrowed */
    size_t group_count;
};
/* Checks form, identifier, Response Authenticator and Message-Authenticator, all of them, in constant time
 * where it compares. NX_ERR_RADIUS_FORM, NX_ERR_SIGNATURE. */
NX_FALLIBLE nx_radius_read(struct nx_radius_answer *out, nx_arena *a, nx_span packet,
                           const struct nx_radius_request *request, const nx_secret *shared);

#endif
