/* Officers at counters who may vouch for people (authn/assisted.h). */
#ifndef NX_OPERATE_COUNTERS_H
#define NX_OPERATE_COUNTERS_H

#include "operate/call.h"

/* Items {"person","name","place","organisation","added"}. */
NX_FALLIBLE nx_operate_counter_list(json_t **out, struct nx_operate_call *c);
/* Body {"person": id or user name, "place", "organisation"}. NX_ERR_NOT_FOUND; NX_ERR_CONFLICT: no official. */
NX_FALLIBLE nx_operate_counter_put(json_t **out, struct nx_operate_call *c, const json_t *body);
/* NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_operate_counter_remove(struct nx_operate_call *c, const char *person);

#endif
