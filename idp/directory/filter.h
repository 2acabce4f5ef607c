/* SCIM filters (RFC 7644 section 3.4.2.2): the whole grammar, parsed into a bounded tree and evaluated over JSON.
 *
 *   userName eq "lan"    emails[type eq "work" and value co "@"]    not (active eq false)    name.familyName pr
 *
 * Attribute names compare without case, may carry the schema's URN, and are at most two levels deep. */
#ifndef NX_DIRECTORY_FILTER_H
#define NX_DIRECTORY_FILTER_H

#include "base/json.h"

#define NX_FILTER_MAX 1024     /* bytes of text */
#define NX_FILTER_NODES_MAX 64
#define NX_FILTER_DEPTH_MAX 8

typedef struct nx_filter nx_filter;

/* In the arena. NX_ERR_SCIM_FILTER, NX_ERR_LIMIT. */
NX_FALLIBLE nx_filter_parse(const nx_filter **out, nx_arena *a, nx_span text);

/* Whether a resource (canonical names) satisfies the filter; multi-valued attributes match when one value does. */
bool nx_filter_matches(const nx_filter *f, const json_t *resource);

/* The string that `attribute` must equal in everything that matches, so that an index can be asked; NULL when the
 * filter does not demand one. */
const char *nx_filter_demands(const nx_filter *f, const char *attribute);

/* The path of a PATCH operation (section 3.5.2): attribute, [filter] and sub-attribute. */
struct nx_patch_path {
    bool extension;           /* the attribute is one of the Identity extension */
    const char *attribute;    /* NULL: the extension as a whole */
    const nx_filter *filter;  /* NULL: none */
    const char *sub;          /* NULL: none */
};
/* NX_ERR_SCIM_PATH, NX_ERR_LIMIT. */
NX_FALLIBLE nx_patch_path_parse(struct nx_patch_path *out, nx_arena *a, nx_span text);

#endif
