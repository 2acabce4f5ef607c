/* Portals that speak SAML, as operators register and settle them.
 *
 * An item: {"id","entity_id","name","state","source","url","valid_until","fetched","refresh","failures","failed_at",
 * "last_error","version"}; one portal has besides "settings", "legal_basis", "sector", "scope", "unreachable",
 * "cache_duration","digest","assertion_consumers","logouts","keys","requested", and what was odd in its metadata as
 * "notes". Unacceptable metadata is refused in words: c->why names lines and reasons. */
#ifndef NX_OPERATE_SAML_H
#define NX_OPERATE_SAML_H

#include "operate/call.h"
#include "registry/saml_entity.h"

/* Registers an EntityDescriptor. terms: {"settings":{…},"legal_basis":"…"}, both may be absent; NULL: none.
 * NX_ERR_CONFLICT: the entity id is registered. NX_ERR_SAML_METADATA…, NX_ERR_LIMIT. */
NX_FALLIBLE nx_operate_saml_add(json_t **out, struct nx_operate_call *c, nx_span xml, const json_t *terms);
/* Fetches first (blocks): {"metadata_url","certificate" (PEM) or "fingerprint" (SHA-256, hexadecimal),"entity_id",
 * "settings","legal_basis"}; it is fetched again as long as it stands. */
NX_FALLIBLE nx_operate_saml_add_url(json_t **out, struct nx_operate_call *c, const json_t *body);
/* The same for a portal that is there; id: the client's. Its settings and legal basis stay. NX_ERR_NOT_FOUND. */
NX_FALLIBLE nx_operate_saml_replace(json_t **out, struct nx_operate_call *c, const char *id, nx_span xml);
NX_FALLIBLE nx_operate_saml_replace_url(json_t **out, struct nx_operate_call *c, const char *id, const json_t *body);

NX_FALLIBLE nx_operate_saml_list(json_t **out, struct nx_operate_call *c, const struct nx_operate_page *page);
/* The one of an entity id, or none, as a list. */
NX_FALLIBLE nx_operate_saml_find(json_t **out, struct nx_operate_call *c, const char *entity_id);
/* id: the client's, or the entity id. */
NX_FALLIBLE nx_operate_saml_show(json_t **out, struct nx_operate_call *c, const char *id);
/* The metadata as registered. */
NX_FALLIBLE nx_operate_saml_xml(nx_span *out, struct nx_operate_call *c, const char *id);
/* Changes the members of the settings that the object has (null takes one away) and, where it is named,
 * "legal_basis". NX_ERR_UNKNOWN, NX_ERR_RANGE. */
NX_FALLIBLE nx_operate_saml_settle(json_t **out, struct nx_operate_call *c, const char *id, const json_t *change);
/* Fetches now what came from a URL or a federation. NX_ERR_CONFLICT for an upload. Blocks. */
NX_FALLIBLE nx_operate_saml_refresh(json_t **out, struct nx_operate_call *c, const char *id);
NX_FALLIBLE nx_operate_saml_remove(struct nx_operate_call *c, const char *id);

/* How a peer's metadata came and how fetching it goes; owned, NULL when memory failed. */
json_t *nx_operate_saml_standing(const struct nx_saml_row *row);

/* The linter: {"good":…,"items":[{"line","kind":"error|note","text"}]}. Nothing is registered. */
NX_FALLIBLE nx_operate_saml_check(json_t **out, struct nx_operate_call *c, nx_span xml);

#endif
