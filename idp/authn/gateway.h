/* Messages by SMS and e-mail through an HTTP gateway of the operator's: one POST of JSON
 * {"id","channel","to","subject","text","lang"}, any 2xx is an acceptance. Settings sms_gateway,
 * email_gateway and gateway_key (a bearer token). EGRESS lane only: bounded threads, bounded queue, and a
 * host that fails rests. */
#ifndef NX_AUTHN_GATEWAY_H
#define NX_AUTHN_GATEWAY_H

#include "house/house.h"

enum nx_channel { NX_CHANNEL_SMS, NX_CHANNEL_EMAIL };
#define NX_CHANNELS 2

struct nx_message {
    enum nx_channel channel;
    const char *to;      /* E.164 number, or address */
    const char *subject; /* e-mail only */
    const char *text;
    const char *lang; /* "vi", "en" */
};

/* "sms", "email". */
const char *nx_channel_name(enum nx_channel channel);
/* NX_ERR_UNKNOWN. */
NX_FALLIBLE nx_channel_of(enum nx_channel *out, nx_span name);
/* Whether the operator has set one for the channel. */
bool nx_gateway_has(const struct nx_house *house, enum nx_channel channel);
/* The call that would send it; memory of the arena. NX_ERR_GATEWAY_AWAY: the channel has no gateway. */
NX_FALLIBLE nx_gateway_request(struct nx_egress_request *out, struct nx_house *house, nx_arena *a,
                               const struct nx_message *m);
/* NX_ERR_GATEWAY_AWAY, whatever went wrong on the way. */
NX_FALLIBLE nx_gateway_send(struct nx_house *house, nx_arena *a, const struct nx_message *m);

#endif
