/* People, as operators make and see them from the command line. SCIM's acts are in idp/directory. */
#ifndef NX_OPERATE_PEOPLE_H
#define NX_OPERATE_PEOPLE_H

#include "operate/call.h"

/* {"user_name","name","given_name",…,"national_id","kind","proofing","password"}: all texts, user_name
 * required.
 * {"id","qid","user_name","name"}. NX_ERR_CONFLICT, and what nx_person_validate and nx_identifier_make
 * refuse. Hashes. */
NX_FALLIBLE nx_operate_person_add(json_t **out, struct nx_operate_call *c, const json_t *request);
/* Ends her sessions and tokens (SECURITY.md 25). Hashes. NX_ERR_NOT_FOUND, NX_ERR_PASSWORD_WEAK. */
NX_FALLIBLE nx_operate_person_password(struct nx_operate_call *c, const char *who, const char *password);
/* Items {"id","user_name","name","kind","active","proofing"}; text: a beginning of user name or name, or
 * NULL. */
NX_FALLIBLE nx_operate_person_list(json_t **out, struct nx_operate_call *c, const char *text,
                                   const struct nx_operate_page *page);
NX_FALLIBLE nx_operate_person_show(json_t **out, struct nx_operate_call *c, const char *who);

#endif
