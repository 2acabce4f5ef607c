/* LDAP and Active Directory (RFC 4511, 4513): a person is who she says when her entry can be bound to with
 * her password. Config of a row:
 *
 *     "url"            ldaps://HOST[:PORT], or ldap://HOST[:PORT] with StartTLS. HOST is what its certificate
 * must name; not "localhost", which libldap takes for the machine's own name "tls"            "starttls"
 * (default of ldap:), or "none": loopback alone, and only where the operator listed it "ca"             PEM
 * of the only authorities of its certificate; without it those of --ca, else the system's "base" where people
 * are searched "filter"         with {user} for the escaped name: (&(objectClass=person)(uid={user})) "scope"
 * "sub" (default) or "one" "bind_dn", "bind_password"   of the entry that searches "user_dn"        instead
 * of these two: the name to bind as, uid={user},ou=people,dc=… or {user}@agency.vn; the person's own
 * connection then searches "subject"        attribute of the stable subject: "entryUUID" (default),
 * "objectGUID", or another single one "user_name"      attribute of her name there ("uid" by default)
 *     "attributes"     {"name": "cn", "email": "mail", …}: fields of nx_agency_person
 *     "group_attribute"            "memberOf" by default
 *     "groups"         {"cn=clerks,ou=groups,dc=…": "clerk"}: DN → word; other groups are passed over
 *     "group_base", "group_filter" where groups do not stand in the entry:
 * (&(objectClass=groupOfNames)(member={dn}))
 *
 * Referrals are not followed, aliases not dereferenced, libldap's own files and environment count for nothing
 * here. Connections that search are kept and used again by rows of the same config; one thread at a time has
 * one. */
#ifndef NX_AUTHN_LDAP_H
#define NX_AUTHN_LDAP_H

#include "authn/agency.h"

#define NX_LDAP_DN_MAX 1024
#define NX_LDAP_FILTER_MAX 512
#define NX_LDAP_CA_MAX (32u << 10)
#define NX_LDAP_MAPPED_MAX 64 /* groups with a word */

enum nx_ldap_tls { NX_LDAP_TLS, NX_LDAP_STARTTLS, NX_LDAP_PLAIN };

/* A parsed config; texts are borrowed from it. */
struct nx_ldap_row {
    char host[256];
    int port;
    enum nx_ldap_tls tls;
    const char *ca;
    const char *base;
    const char *filter;
    bool one_level;
    const char *bind_dn;
    const char *user_dn;
    const char *subject;
    const char *user_name;
    const json_t *attributes;
    const char *group_attribute;
    const json_t *groups;
    const char *group_base;
    const char *group_filter;
};
NX_FALLIBLE nx_ldap_row_parse(struct nx_ldap_row *out, const json_t *config, const char **why);

/* The template with {user} (or {dn}) replaced, escaped as a filter's value (RFC 4515) or as a DN's (RFC
 * 4514). In the arena; NX_ERR_LIMIT. */
NX_FALLIBLE nx_ldap_filter_fill(char **out, nx_arena *a, const char *template, const char *key,
                                nx_span value);
NX_FALLIBLE nx_ldap_dn_fill(char **out, nx_arena *a, const char *template, nx_span user_name);
/* Bytes of an objectGUID as its text, 8-4-4-4-12 with the first three groups in little endian; of anything
 * else that is no text NULL. */
const char *nx_ldap_subject_text(nx_arena *a, const char *attribute, nx_span value);

/* Nanoseconds of one bare bind as dn, by a connection that is kept and a reconnect where there is none: what
 * a sign-in is measured against. */
NX_FALLIBLE nx_ldap_time_bind(int64_t *ns, struct nx_house *house, nx_arena *a, const nx_upstream *row,
                              const char *dn, const nx_secret *password);

/* Ends all kept connections, for tests and before exit. */
void nx_ldap_forget(void);

#endif
