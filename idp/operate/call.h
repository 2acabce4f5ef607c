/* What every act of an operator is called with. The acts are functions over the house that take and give JSON
 * of ours; the admin API, the console and nixactl call the same ones. Times in JSON are RFC 3339 texts; a
 * list is
 * {"items": […], "next": cursor or null}. */
#ifndef NX_OPERATE_CALL_H
#define NX_OPERATE_CALL_H

#include "base/json.h"
#include "house/house.h"

struct nx_operate_call {
    struct nx_house *house;
    nx_arena *arena;
    const char *actor; /* as in the audit trail: "uid:0" */
    const char *why;   /* set on failure where a sentence helps; NULL otherwise. In the arena or static */
};

/* A page of a list, as it was asked for. */
struct nx_operate_page {
    const char *cursor; /* NULL: from the beginning */
    int64_t limit;      /* 0: NX_PAGE_DEFAULT; NX_ERR_RANGE past NX_PAGE_MAX or below 0 */
};

/* {"items": items, "next": next or null}; takes the reference of items. NULL when out of memory. */
json_t *nx_operate_list(json_t *items, const char *next);
/* Sets an RFC 3339 text; a time of 0 is null. */
void nx_operate_time(json_t *object, const char *member, nx_time t);
/* An audit row of this actor. subject may be NULL; the reference of detail is taken, NULL is {}. */
NX_FALLIBLE nx_operate_audit(const struct nx_operate_call *c, const char *type, const char *subject,
                             json_t *detail);
/* Fails with e after setting c->why to a static sentence. */
NX_FALLIBLE nx_operate_refuse(struct nx_operate_call *c, nx_err e, const char *why);
/* The person of an id or, failing that, of a user name. NX_ERR_NOT_FOUND. */
struct nx_person;
NX_FALLIBLE nx_operate_person(struct nx_person *out, const struct nx_operate_call *c, const char *who);

#endif
