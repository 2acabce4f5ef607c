/* Questions to a directory: bind and search, each with one answer or none before the deadline. */
#include "authn/agency_dial.h"
#include "authn/ldap_work.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

#include <sys/time.h>

nx_result nx_ldap_work_begin(struct nx_ldap_work *w, struct nx_house *house, nx_arena *a,
                             const nx_upstream *row)
{
    const char *why = NULL;
    *w = (struct nx_ldap_work){
        .house = house, .arena = a, .upstream = row, .deadline_ms = nx_mono_ms() + NX_AGENCY_MS};
    nx_result r = nx_ldap_row_parse(&w->row, row->config, &why);
    if (!nx_ok(r)) nx_log(NX_ERROR, "ldap_config", NX_TEXT("upstream", row->id), NX_TEXT("why", why));
    NX_TRY(r);
    const char *config = nx_json_dump(a, row->config);
    NX_NEED(config);
    const nx_span parts[] = {nx_span_str(row->id), nx_span_str(config), row->sealed};
    return nx_sha256_parts(w->key, parts, 3);
}

/* Waits for the one answer to a message; what comes too late is abandoned, and the connection with it. */
static nx_result wait_for(LDAPMessage **out, LDAP *ld, const struct nx_ldap_work *w, int id)
{
    int64_t left = nx_agency_left(w->deadline_ms);
    struct timeval tv = {.tv_sec = left / 1000, .tv_usec = (left % 1000) * 1000};
    int type = left > 0 ? ldap_result(ld, id, LDAP_MSG_ALL, &tv, out) : 0;
    if (type > 0) return NX_OK;
    if (type == 0) (void)ldap_abandon_ext(ld, id, NULL, NULL);
    if (*out) ldap_msgfree(*out);
    *out = NULL;
    NX_FAIL(NX_ERR_AGENCY_AWAY);
}

/* ---- bind
 * ------------------------------------------------------------------------------------------------ */

/* draft-behera-ldap-password-policy 6: what a directory with the policy overlay says beside success or
 * refusal. */
static nx_err policy_says(LDAP *ld, LDAPControl **controls)
{
    LDAPPasswordPolicyError error = PP_noError;
    ber_int_t expires = -1, grace = -1;
    LDAPControl *c = ldap_control_find(LDAP_CONTROL_PASSWORDPOLICYRESPONSE, controls, NULL);
    if (!c || ldap_parse_passwordpolicy_control(ld, c, &expires, &grace, &error) != LDAP_SUCCESS)
        return NX_ERR_NONE;
    switch ((int)error) {
    case PP_passwordExpired:
        return NX_ERR_AGENCY_EXPIRED;
    case PP_accountLocked:
        return NX_ERR_AGENCY_LOCKED;
    case PP_changeAfterReset:
        return NX_ERR_AGENCY_CHANGE;
    default:
        return NX_ERR_NONE;
    }
}

/* Active Directory says it in the text of the refusal: "… data 775, v…". */
static nx_err text_says(const char *text)
{
    static const struct {
        const char *data;
        nx_err e;
    } rows[] = {
        {"data 775", NX_ERR_AGENCY_LOCKED}, {"data 533", NX_ERR_AGENCY_LOCKED},
        {"data 701", NX_ERR_AGENCY_LOCKED}, {"data 532", NX_ERR_AGENCY_EXPIRED},
        {"data 773", NX_ERR_AGENCY_CHANGE},
    };
    for (size_t i = 0; text && i < sizeof rows / sizeof rows[0]; i++)
        if (strstr(text, rows[i].data)) return rows[i].e;
    return NX_ERR_NONE;
}

static nx_result refusal(int code)
{
    switch (code) {
    case LDAP_INVALID_CREDENTIALS:
    case LDAP_NO_SUCH_OBJECT:
    case LDAP_INVALID_DN_SYNTAX:
    case LDAP_INAPPROPRIATE_AUTH:
    case LDAP_UNWILLING_TO_PERFORM:
    case LDAP_INSUFFICIENT_ACCESS:
    case LDAP_CONSTRAINT_VIOLATION:
        NX_FAIL(NX_ERR_PASSWORD);
    default:
        NX_FAIL(NX_ERR_AGENCY_AWAY);
    }
}

static nx_result read_bind(LDAP *ld, const struct nx_ldap_work *w, LDAPMessage *answer)
{
    int code = LDAP_OTHER;
    char *text = NULL;
    LDAPControl **controls = NULL;
    int rc = ldap_parse_result(ld, answer, &code, NULL, &text, NULL, &controls, 0);
    nx_err said = rc == LDAP_SUCCESS && controls ? policy_says(ld, controls) : NX_ERR_NONE;
    if (said == NX_ERR_NONE && code == LDAP_INVALID_CREDENTIALS) said = text_says(text);
    if (text) ldap_memfree(text);
    if (controls) ldap_controls_free(controls);
    NX_REQUIRE(rc == LDAP_SUCCESS, NX_ERR_AGENCY_AWAY);
    NX_REQUIRE(said == NX_ERR_NONE, said);
    if (code == LDAP_SUCCESS) return NX_OK;
    if (code != LDAP_INVALID_CREDENTIALS)
        nx_log(NX_WARN, "ldap_bind", NX_TEXT("upstream", w->upstream->id),
               NX_TEXT("why", ldap_err2string(code)));
    return refusal(code);
}

nx_result nx_ldap_bind(LDAP *ld, const struct nx_ldap_work *w, const char *dn, const nx_secret *password)
{
    int id = -1;
    LDAPMessage *answer = NULL;
    LDAPControl policy = {.ldctl_oid = (char *)LDAP_CONTROL_PASSWORDPOLICYREQUEST}, *asks[] = {&policy, NULL};
    nx_span bytes = nx_secret_expose(password);
    struct berval credentials = {.bv_len = bytes.n, .bv_val = (char *)bytes.p};
    /* RFC 4513 5.1.2: with a name and no password it would be an anonymous bind, and succeed. */
    NX_REQUIRE(*dn && bytes.n > 0, NX_ERR_PASSWORD);
    int rc = ldap_sasl_bind(ld, dn, LDAP_SASL_SIMPLE, &credentials, asks, NULL, &id);
    NX_REQUIRE(rc == LDAP_SUCCESS && id >= 0, NX_ERR_AGENCY_AWAY);
    NX_TRY(wait_for(&answer, ld, w, id));
    nx_result r = read_bind(ld, w, answer);
    ldap_msgfree(answer);
    return r;
}

/* ---- search
 * ---------------------------------------------------------------------------------------------- */

static nx_result read_search(LDAP *ld, const struct nx_ldap_work *w, LDAPMessage *answer)
{
    int code = LDAP_OTHER;
    int rc = ldap_parse_result(ld, answer, &code, NULL, NULL, NULL, NULL, 0);
    NX_REQUIRE(rc == LDAP_SUCCESS, NX_ERR_AGENCY_AWAY);
    if (code == LDAP_SUCCESS || code == LDAP_SIZELIMIT_EXCEEDED) return NX_OK;
    nx_log(NX_WARN, "ldap_search", NX_TEXT("upstream", w->upstream->id),
           NX_TEXT("why", ldap_err2string(code)));
    NX_REQUIRE(code != LDAP_NO_SUCH_OBJECT && code != LDAP_INVALID_DN_SYNTAX, NX_ERR_UPSTREAM_CONFIG);
    NX_FAIL(NX_ERR_AGENCY_AWAY);
}

nx_result nx_ldap_search(LDAPMessage **out, LDAP *ld, const struct nx_ldap_work *w,
                         const struct nx_ldap_query *q)
{
    int id = -1;
    struct timeval tv = {.tv_sec = NX_AGENCY_MS / 1000};
    *out = NULL;
    int rc = ldap_search_ext(ld, q->base, q->scope, q->filter, q->attributes, 0, NULL, NULL, &tv, q->size_max,
                             &id);
    NX_REQUIRE(rc != LDAP_FILTER_ERROR, NX_ERR_UPSTREAM_CONFIG);
    NX_REQUIRE(rc == LDAP_SUCCESS && id >= 0, NX_ERR_AGENCY_AWAY);
    NX_TRY(wait_for(out, ld, w, id));
    nx_result r = read_search(ld, w, *out);
    if (!nx_ok(r)) {
        ldap_msgfree(*out);
        *out = NULL;
    }
    return r;
}
