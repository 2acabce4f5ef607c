#include "authn/agency.h"

#include "base/text.h"
#include "policies/level.h"
#include "sessions/throttle.h"

#include <stddef.h>

static const struct nx_agency_kind *const kinds[] = {&nx_agency_ldap, &nx_agency_radius, &nx_agency_kerberos};

static const struct nx_agency_kind *kind_of(enum nx_upstream_kind kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i]->kind == kind) return kinds[i];
    return NULL;
}

/* ---- attempts
 * -------------------------------------------------------------------------------------------- */

/* One account has one bucket, however its name is typed. */
static char *bucket(nx_arena *a, const nx_upstream *row, nx_span name)
{
    char *s = nx_arena_printf(a, "%s:%.*s", row->id, (int)name.n, (const char *)name.p);
    for (char *c = s; c && *c; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c | 0x20);
    return s;
}

/* A blank at an end is ignored by some directories and would be a second bucket of the same account. */
static bool plausible(const struct nx_agency_ask *ask)
{
    nx_span name = ask->user_name;
    if (name.n == 0 || name.n > NX_AGENCY_USER_MAX || !nx_utf8_printable(name)) return false;
    if (name.p[0] == ' ' || name.p[name.n - 1] == ' ') return false;
    nx_span password = nx_secret_expose(ask->password);
    return password.n > 0 && password.n <= NX_AGENCY_PASSWORD_MAX && !memchr(password.p, 0, password.n);
}

static nx_result take(struct nx_house *house, nx_arena *a, const struct nx_attempt *attempt,
                      int64_t *retry_after_s)
{
    struct nx_throttled throttled = {.allowed = false, .retry_after_s = 1};
    NX_TRY(nx_throttle_take(house->store, a, attempt, &throttled));
    *retry_after_s = throttled.retry_after_s;
    NX_REQUIRE(throttled.allowed, NX_ERR_HTTP_RATE);
    return NX_OK;
}

nx_result nx_agency_admit(struct nx_house *house, nx_arena *a, const struct nx_agency_ask *ask,
                          int64_t *retry_after_s)
{
    bool asks = plausible(ask);
    const struct nx_attempt attempt = {.row = NX_THROTTLE_AGENCY,
                                       .account = bucket(a, ask->row, asks ? ask->user_name : NX_LIT("?")),
                                       .source = ask->source};
    NX_NEED(attempt.account);
    NX_TRY(take(house, a, &attempt, retry_after_s));
    NX_REQUIRE(asks, NX_ERR_PASSWORD);
    return NX_OK;
}

nx_result nx_agency_admit_account(struct nx_agency_outcome *out, struct nx_house *house, nx_arena *a,
                                  const nx_upstream *row)
{
    const struct nx_attempt attempt = {.row = NX_THROTTLE_AGENCY_ACCOUNT,
                                       .account = bucket(a, row, nx_span_str(out->who.account))};
    NX_NEED(attempt.account);
    return take(house, a, &attempt, &out->retry_after_s);
}

nx_result nx_agency_unasked(struct nx_house *house, nx_arena *a, const struct nx_agency_ask *ask)
{
    const struct nx_attempt attempt = {
        .row = NX_THROTTLE_AGENCY, .account = bucket(a, ask->row, ask->user_name), .source = ask->source};
    NX_NEED(attempt.account);
    return nx_throttle_refund(house->store, a, &attempt);
}

nx_result nx_agency_settle(struct nx_house *house, nx_arena *a, const struct nx_agency_ask *ask,
                           const struct nx_agency_identity *who)
{
    const struct nx_attempt account = {.row = NX_THROTTLE_AGENCY_ACCOUNT,
                                       .account = bucket(a, ask->row, nx_span_str(who->account))};
    NX_NEED(account.account);
    NX_TRY(nx_throttle_refund(house->store, a, &account));
    return nx_agency_unasked(house, a, ask);
}

/* ---- asking
 * ---------------------------------------------------------------------------------------------- */

nx_result nx_agency_prove(struct nx_agency_outcome *out, struct nx_house *house, nx_arena *a,
                          const struct nx_agency_ask *ask)
{
    const struct nx_agency_kind *kind = kind_of(ask->row->kind);
    *out = (struct nx_agency_outcome){.prompt = ""};
    NX_REQUIRE(kind && kind->prove && plausible(ask), NX_ERR_PASSWORD);
    nx_result r = kind->prove(out, house, a, ask);
    /* Whom a wrong password was tried for is nobody who could be signed in by mistake. */
    if (!nx_ok(r)) out->who = (struct nx_agency_identity){.means = NX_MEANS_NONE};
    return r;
}

bool nx_agency_answered(nx_result r)
{
    switch ((int)r.e) {
    case NX_ERR_AGENCY_AWAY:
    case NX_ERR_EGRESS_ADDRESS:
    case NX_ERR_UPSTREAM_CONFIG:
        return false;
    default:
        return true;
    }
}

nx_result nx_agency_config_check(enum nx_upstream_kind kind, const json_t *config, const char **why)
{
    const struct nx_agency_kind *k = kind_of(kind);
    *why = "not a kind of agencies";
    NX_REQUIRE(k, NX_ERR_UPSTREAM_CONFIG);
    *why = "config is no object";
    NX_REQUIRE(json_is_object(config), NX_ERR_UPSTREAM_CONFIG);
    return k->check(config, why);
}

void nx_agency_probe_add(struct nx_agency_probe *p, bool ok, const char *text)
{
    if (p->n == NX_AGENCY_PROBE_STEPS) return;
    p->step[p->n].ok = ok;
    p->step[p->n].text = text;
    p->n++;
    if (!ok) p->ok = false;
}

nx_result nx_agency_probe(struct nx_agency_probe *out, struct nx_house *house, nx_arena *a,
                          const nx_upstream *row)
{
    const struct nx_agency_kind *kind = kind_of(row->kind);
    NX_REQUIRE(kind, NX_ERR_UPSTREAM_CONFIG);
    *out = (struct nx_agency_probe){.ok = true};
    return kind->probe(out, house, a, row);
}

/* ---- what they say
 * --------------------------------------------------------------------------------------- */

const char **nx_agency_field(struct nx_agency_person *p, const char *name)
{
    static const struct {
        const char *name;
        size_t at;
    } fields[] = {
#define F(member) {#member, offsetof(struct nx_agency_person, member)}
        F(name),   F(family_name), F(middle_name), F(given_name), F(birthdate),
        F(gender), F(email),       F(phone),       F(locale),     F(national_id),
#undef F
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (strcmp(fields[i].name, name) == 0) return (const char **)((char *)p + fields[i].at);
    return NULL;
}

bool nx_agency_text_fits(nx_span s)
{
    return s.n > 0 && s.n <= NX_AGENCY_VALUE_MAX && nx_utf8_printable(s);
}

void nx_agency_add_group(struct nx_agency_identity *who, nx_arena *a, const char *word)
{
    for (size_t i = 0; i < who->group_count; i++)
        if (strcmp(who->group[i], word) == 0) return;
    if (who->group_count == NX_AGENCY_GROUPS_MAX) return;
    const char *copy = nx_arena_strdup(a, word);
    if (copy) who->group[who->group_count++] = copy;
}
