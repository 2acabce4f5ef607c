/* A sign-in at a directory. With an entry that searches: find the one entry of the name, then bind as it.
 * With a template: bind as the name, then look at the entry. */
#include "authn/ldap.h"

#include "authn/agency_dial.h"
#include "authn/ldap_work.h"
#include "base/clock.h"
#include "base/log.h"
#include "policies/level.h"

#include <stdio.h>

#define GROUPS_FOUND_MAX 200

struct signing {
    struct nx_ldap_work work;
    const struct nx_agency_ask *ask;
    struct nx_agency_outcome *out;
    const char *dn;     /* of the entry, or the name to bind as */
    const char *filter; /* with the name in it */
};

/* An act on a connection. One that was kept may have been closed by the other side meanwhile: then once more,
 * on a new one. */
struct act {
    enum nx_ldap_use use;
    nx_result (*run)(struct signing *s, LDAP *ld);
};

static nx_result once(struct signing *s, const struct act *act, bool fresh, bool *kept)
{
    struct nx_ldap_conn c;
    NX_TRY(nx_ldap_lend(&c, &s->work, act->use, fresh));
    *kept = c.kept;
    nx_result r = act->run(s, c.ld);
    nx_ldap_give_back(&c, r.e != NX_ERR_AGENCY_AWAY);
    return r;
}

static nx_result on_connection(struct signing *s, const struct act *act)
{
    bool kept = false;
    nx_result r = once(s, act, false, &kept);
    if (r.e == NX_ERR_AGENCY_AWAY && kept && nx_agency_left(s->work.deadline_ms) > 0)
        return once(s, act, true, &kept);
    return r;
}

/* ---- the entry
 * ------------------------------------------------------------------------------------------- */

static nx_result copy_dn(struct signing *s, LDAP *ld, LDAPMessage *entry)
{
    char *dn = ldap_get_dn(ld, entry);
    if (dn && *dn && strlen(dn) <= NX_LDAP_DN_MAX) s->dn = nx_arena_strdup(s->work.arena, dn);
    if (dn) ldap_memfree(dn);
    NX_REQUIRE(s->dn, NX_ERR_AGENCY_ENTRY);
    return NX_OK;
}

/* The only entry of an answer. NX_ERR_NOT_FOUND for none, NX_ERR_AGENCY_ENTRY for several. */
static nx_result only_entry(LDAPMessage **out, LDAP *ld, LDAPMessage *answer)
{
    int n = ldap_count_entries(ld, answer);
    NX_REQUIRE(n != 0, NX_ERR_NOT_FOUND);
    NX_REQUIRE(n == 1, NX_ERR_AGENCY_ENTRY);
    *out = ldap_first_entry(ld, answer);
    NX_REQUIRE(*out, NX_ERR_AGENCY_AWAY);
    return NX_OK;
}

static nx_result look_up(struct signing *s, LDAP *ld, const char *base, int scope)
{
    NX_AUTO_LDAP_MESSAGE answer = NULL;
    LDAPMessage *entry;
    struct nx_ldap_query q = {.base = base, .scope = scope, .filter = s->filter, .size_max = 2};
    NX_TRY(nx_ldap_wanted(&q.attributes, &s->work));
    NX_TRY(nx_ldap_search(&answer, ld, &s->work, &q));
    NX_TRY(only_entry(&entry, ld, answer));
    NX_TRY(copy_dn(s, ld, entry));
    s->out->who = (struct nx_agency_identity){.account = s->out->who.account, .means = NX_MEANS_DIRECTORY};
    return nx_ldap_read_entry(&s->out->who, &s->work, ld, entry);
}

static nx_result find(struct signing *s, LDAP *ld)
{
    return look_up(s, ld, s->work.row.base, s->work.row.one_level ? LDAP_SCOPE_ONELEVEL : LDAP_SCOPE_SUBTREE);
}

/* ---- groups that do not stand in the entry
 * --------------------------------------------------------------- */

static void read_found(struct signing *s, LDAP *ld, LDAPMessage *answer)
{
    for (LDAPMessage *e = ldap_first_entry(ld, answer); e; e = ldap_next_entry(ld, e)) {
        char *dn = ldap_get_dn(ld, e);
        if (dn) nx_ldap_add_group(&s->out->who, &s->work, dn);
        if (dn) ldap_memfree(dn);
    }
}

static nx_result find_groups(struct signing *s, LDAP *ld)
{
    NX_AUTO_LDAP_MESSAGE answer = NULL;
    char *filter = NULL, none[] = LDAP_NO_ATTRS, *attributes[] = {none, NULL};
    NX_TRY(nx_ldap_filter_fill(&filter, s->work.arena, s->work.row.group_filter, "dn", nx_span_str(s->dn)));
    const struct nx_ldap_query q = {.base = s->work.row.group_base,
                                    .scope = LDAP_SCOPE_SUBTREE,
                                    .filter = filter,
                                    .attributes = attributes,
                                    .size_max = GROUPS_FOUND_MAX};
    NX_TRY(nx_ldap_search(&answer, ld, &s->work, &q));
    read_found(s, ld, answer);
    return NX_OK;
}

static bool wants_groups(const struct signing *s)
{
    return s->work.row.group_base && json_object_size(s->work.row.groups) > 0;
}

/* ---- with an entry that searches
 * ------------------------------------------------------------------------- */

static nx_result bind_person(struct signing *s, LDAP *ld)
{
    return nx_ldap_bind(ld, &s->work, s->dn, s->ask->password);
}

/* A name that nobody has costs a bind like one that somebody has, at a DN that there is not. */
static nx_result bind_nobody(struct signing *s)
{
    const struct act bind = {NX_LDAP_PERSON, bind_person};
    s->dn = nx_arena_printf(s->work.arena, "cn=nobody-by-that-name,%s", s->work.row.base);
    NX_NEED(s->dn);
    nx_result r = on_connection(s, &bind);
    NX_REQUIRE(r.e != NX_ERR_AGENCY_AWAY, NX_ERR_AGENCY_AWAY);
    NX_FAIL(NX_ERR_PASSWORD);
}

static nx_result by_search(struct signing *s)
{
    const struct act search = {NX_LDAP_SEARCH, find}, bind = {NX_LDAP_PERSON, bind_person},
                     groups = {NX_LDAP_SEARCH, find_groups};
    nx_result r = on_connection(s, &search);
    if (r.e == NX_ERR_NOT_FOUND) return bind_nobody(s);
    NX_TRY(r);
    s->out->who.account = s->out->who.subject;
    NX_TRY(nx_agency_admit_account(s->out, s->work.house, s->work.arena, s->work.upstream));
    NX_TRY(on_connection(s, &bind));
    return wants_groups(s) ? on_connection(s, &groups) : NX_OK;
}

/* ---- with a template
 * ------------------------------------------------------------------------------------- */

/* As the person herself. Where the template is a DN the entry is that one and no other. */
static nx_result bind_and_look(struct signing *s, LDAP *ld)
{
    const struct nx_ldap_row *row = &s->work.row;
    NX_TRY(nx_ldap_bind(ld, &s->work, s->dn, s->ask->password));
    nx_result r = strchr(row->user_dn, '=') ? look_up(s, ld, s->dn, LDAP_SCOPE_BASE) : find(s, ld);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_AGENCY_ENTRY);
    NX_TRY(r);
    return wants_groups(s) ? find_groups(s, ld) : NX_OK;
}

static nx_result by_template(struct signing *s)
{
    const struct act bind = {NX_LDAP_PERSON, bind_and_look};
    char *dn = NULL;
    NX_TRY(nx_ldap_dn_fill(&dn, s->work.arena, s->work.row.user_dn, s->ask->user_name));
    s->dn = dn;
    s->out->who.account = dn;
    NX_TRY(nx_agency_admit_account(s->out, s->work.house, s->work.arena, s->work.upstream));
    return on_connection(s, &bind);
}

static nx_result prove(struct nx_agency_outcome *out, struct nx_house *house, nx_arena *a,
                       const struct nx_agency_ask *ask)
{
    struct signing s = {.ask = ask, .out = out};
    char *filter = NULL;
    NX_TRY(nx_ldap_work_begin(&s.work, house, a, ask->row));
    NX_TRY(nx_ldap_filter_fill(&filter, a, s.work.row.filter, "user", ask->user_name));
    s.filter = filter;
    NX_TRY(s.work.row.user_dn ? by_template(&s) : by_search(&s));
    out->end = NX_AGENCY_PROVEN;
    if (!out->who.user_name) out->who.user_name = nx_arena_dup(a, ask->user_name);
    NX_NEED(out->who.user_name);
    return NX_OK;
}

/* ---- for operators
 * --------------------------------------------------------------------------------------- */

static const char *refused_text(nx_result r)
{
    if (r.e == NX_ERR_EGRESS_ADDRESS) return "its address may not be called: list it in egress_allow";
    if (r.e == NX_ERR_UPSTREAM_CONFIG) return "bind_dn or bind_password is refused";
    return "no connection, or its certificate is not that of the host, signed by the row's authority";
}

static nx_result probe_search(struct nx_agency_probe *out, const struct nx_ldap_work *w, LDAP *ld)
{
    NX_AUTO_LDAP_MESSAGE answer = NULL;
    char *filter = NULL, none[] = LDAP_NO_ATTRS, *attributes[] = {none, NULL};
    NX_TRY(nx_ldap_filter_fill(&filter, w->arena, w->row.filter, "user", NX_LIT("nobody-by-that-name")));
    const struct nx_ldap_query q = {.base = w->row.base,
                                    .scope = LDAP_SCOPE_SUBTREE,
                                    .filter = filter,
                                    .attributes = attributes,
                                    .size_max = 2};
    nx_result r = nx_ldap_search(&answer, ld, w, &q);
    nx_agency_probe_add(out, nx_ok(r),
                        nx_ok(r) ? "the base can be searched" : "the base or the filter is refused");
    return NX_OK;
}

static nx_result probe(struct nx_agency_probe *out, struct nx_house *house, nx_arena *a,
                       const nx_upstream *row)
{
    struct nx_ldap_work w;
    struct nx_ldap_conn c;
    nx_result r = nx_ldap_work_begin(&w, house, a, row);
    nx_agency_probe_add(out, nx_ok(r),
                        nx_ok(r) ? "the configuration can be read" : "the configuration is not valid");
    if (!nx_ok(r)) return NX_OK;
    r = nx_ldap_lend(&c, &w, NX_LDAP_SEARCH, true);
    nx_agency_probe_add(out, nx_ok(r), nx_ok(r) ? "it answers" : refused_text(r));
    if (!nx_ok(r)) return NX_OK;
    if (w.row.tls == NX_LDAP_PLAIN) nx_agency_probe_add(out, true, "without TLS, on this machine");
    r = w.row.bind_dn ? probe_search(out, &w, c.ld) : NX_OK;
    nx_ldap_give_back(&c, nx_ok(r));
    return r;
}

nx_result nx_ldap_time_bind(int64_t *ns, struct nx_house *house, nx_arena *a, const nx_upstream *row,
                            const char *dn, const nx_secret *password)
{
    struct nx_ldap_work w;
    struct nx_ldap_conn c;
    NX_TRY(nx_ldap_work_begin(&w, house, a, row));
    NX_TRY(nx_ldap_lend(&c, &w, NX_LDAP_PERSON, false));
    int64_t began = nx_mono_ns();
    nx_result r = nx_ldap_bind(c.ld, &w, dn, password);
    *ns = nx_mono_ns() - began;
    nx_ldap_give_back(&c, nx_ok(r));
    return r;
}

static nx_result check(const json_t *config, const char **why)
{
    struct nx_ldap_row row;
    NX_TRY(nx_ldap_row_parse(&row, config, why));
    const json_t *secret = json_object_get(config, "bind_password");
    *why = "bind_password must be a text that is not empty";
    NX_REQUIRE(!secret || json_is_null(secret) || json_string_length(secret) > 0, NX_ERR_UPSTREAM_CONFIG);
    *why = NULL;
    return NX_OK;
}

const struct nx_agency_kind nx_agency_ldap = {
    .kind = NX_UPSTREAM_LDAP, .check = check, .prove = prove, .probe = probe};
