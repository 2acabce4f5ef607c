/* What an entry of a directory says of a person. Counts and lengths are capped; what is no clean text is
 * passed over, but for the subject, without which there is nobody. */
#include "authn/ldap_work.h"
#include "base/text.h"

#define GROUPS_LOOKED_AT_MAX 2048

static nx_span span_of(const struct berval *v)
{
    return nx_span_of(v->bv_val, v->bv_len);
}

nx_result nx_ldap_wanted(char ***out, const struct nx_ldap_work *w)
{
    const char *field;
    json_t *attribute;
    size_t n = 0, room = 4 + json_object_size(w->row.attributes);
    char **list = nx_arena_new(w->arena, char *, room);
    NX_NEED(list);
    list[n++] = (char *)w->row.subject;
    list[n++] = (char *)w->row.user_name;
    if (!w->row.group_base) list[n++] = (char *)w->row.group_attribute;
    json_object_foreach((json_t *)w->row.attributes, field, attribute) list[n++] =
        (char *)json_string_value(attribute);
    list[n] = NULL;
    *out = list;
    return NX_OK;
}

/* The first value that is a clean text; NULL when there is none. */
static const char *first_text(const struct nx_ldap_work *w, LDAP *ld, LDAPMessage *entry,
                              const char *attribute)
{
    const char *found = NULL;
    struct berval **v = ldap_get_values_len(ld, entry, attribute);
    for (size_t i = 0; v && v[i] && !found; i++)
        if (nx_agency_text_fits(span_of(v[i]))) found = nx_arena_dup(w->arena, span_of(v[i]));
    ldap_value_free_len(v);
    return found;
}

/* Two subjects would be two people, and which one counts would be chance. */
static nx_result read_subject(struct nx_agency_identity *who, const struct nx_ldap_work *w, LDAP *ld,
                              LDAPMessage *entry)
{
    struct berval **v = ldap_get_values_len(ld, entry, w->row.subject);
    if (v && v[0] && !v[1]) who->subject = nx_ldap_subject_text(w->arena, w->row.subject, span_of(v[0]));
    ldap_value_free_len(v);
    NX_REQUIRE(who->subject, NX_ERR_AGENCY_ENTRY);
    return NX_OK;
}

/* ---- groups
 * ---------------------------------------------------------------------------------------------- */

/* One spelling of a DN, to be freed with ldap_memfree; NULL for what is none. */
static char *canonical(const char *dn)
{
    char *out = NULL;
    return ldap_dn_normalize(dn, LDAP_DN_FORMAT_LDAPV3, &out, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS ? out
                                                                                                     : NULL;
}

static bool same_dn(const char *canonical_dn, const char *other)
{
    char *b = canonical(other);
    bool same = b && strcasecmp(canonical_dn, b) == 0;
    if (b) ldap_memfree(b);
    return same;
}

void nx_ldap_add_group(struct nx_agency_identity *who, const struct nx_ldap_work *w, const char *dn)
{
    const char *mapped;
    json_t *word;
    char *key = canonical(dn);
    if (!key) return;
    json_object_foreach((json_t *)w->row.groups, mapped, word) if (same_dn(key, mapped))
        nx_agency_add_group(who, w->arena, json_string_value(word));
    ldap_memfree(key);
}

static void read_groups(struct nx_agency_identity *who, const struct nx_ldap_work *w, LDAP *ld,
                        LDAPMessage *entry)
{
    char dn[NX_LDAP_DN_MAX + 1];
    if (w->row.group_base || json_object_size(w->row.groups) == 0) return;
    struct berval **v = ldap_get_values_len(ld, entry, w->row.group_attribute);
    for (size_t i = 0; v && v[i] && i < GROUPS_LOOKED_AT_MAX; i++) {
        if (v[i]->bv_len > NX_LDAP_DN_MAX || memchr(v[i]->bv_val, 0, v[i]->bv_len)) continue;
        memcpy(dn, v[i]->bv_val, v[i]->bv_len);
        dn[v[i]->bv_len] = 0;
        nx_ldap_add_group(who, w, dn);
    }
    ldap_value_free_len(v);
}

nx_result nx_ldap_read_entry(struct nx_agency_identity *who, const struct nx_ldap_work *w, LDAP *ld,
                             LDAPMessage *entry)
{
    const char *field;
    json_t *attribute;
    NX_TRY(read_subject(who, w, ld, entry));
    const char *name = first_text(w, ld, entry, w->row.user_name);
    if (name) who->user_name = name;
    json_object_foreach((json_t *)w->row.attributes, field, attribute)
    {
        const char **into = nx_agency_field(&who->person, field);
        if (into) *into = first_text(w, ld, entry, json_string_value(attribute));
    }
    read_groups(who, w, ld, entry);
    return NX_OK;
}
