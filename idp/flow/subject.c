#include "flow/subject.h"

#include "house/house.h"
#include "flow/url.h"

NX_FALLIBLE nx_subject_of(nx_pairwise *out, struct nx_house *house, const nx_client *c, const char *person)
{
    if (c->subject_type == NX_SUBJECT_PAIRWISE)
        return nx_pairwise_sub(out, house->master, nx_span_str(c->sector), nx_span_str(person));
    size_t n = strlen(person);
    NX_REQUIRE(n <= NX_PAIRWISE_LEN, NX_ERR_LIMIT);
    memcpy(out->s, person, n + 1);
    return NX_OK;
}

NX_FALLIBLE nx_sector_of_resource(const char **out, nx_arena *a, const char *resource)
{
    struct nx_url u;
    NX_REQUIRE(nx_ok(nx_url_split(&u, nx_span_str(resource))), NX_ERR_TARGET);
    NX_REQUIRE(!u.fragment, NX_ERR_TARGET);
    *out = u.authority ? nx_arena_dup(a, u.host) : nx_arena_strdup(a, resource);
    NX_NEED(*out);
    return NX_OK;
}
