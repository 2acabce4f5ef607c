#include "hub/saml_assertion.h"

#include "hub/saml.h"
#include "saml/nameid.h"

#define TEXT_MAX 1024

static nx_result token(const char **out, nx_arena *a, const nx_xml_node *e)
{
    char *text;
    nx_result r = nx_xml_token(&text, a, e, TEXT_MAX);
    NX_REQUIRE(r.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    NX_REQUIRE(nx_ok(r), NX_ERR_UPSTREAM_FORM);
    *out = text;
    return NX_OK;
}

static nx_result only(const nx_xml_node **out, const nx_xml_node *e, const char *name)
{
    NX_REQUIRE(nx_ok(nx_xml_only(out, e, NX_NS_SAML, name)), NX_ERR_UPSTREAM_FORM);
    return NX_OK;
}

/* An instant of an attribute; *there tells whether it stands. */
static nx_result instant(nx_time *out, bool *there, const nx_xml_node *e, const char *name)
{
    *there = nx_xml_attr(e, name) != NULL;
    NX_REQUIRE(nx_ok(nx_xml_attr_time(out, e, name, 0)), NX_ERR_UPSTREAM_FORM);
    return NX_OK;
}

/* NotBefore and NotOnOrAfter with the skew, each where it stands. */
static nx_result check_window(const nx_xml_node *e, bool must_end, nx_time *until)
{
    nx_time from, to, now = nx_now();
    bool begins, ends;
    NX_TRY(instant(&from, &begins, e, "NotBefore"));
    NX_TRY(instant(&to, &ends, e, "NotOnOrAfter"));
    NX_REQUIRE(ends || !must_end, NX_ERR_UPSTREAM_TIME);
    NX_REQUIRE(!begins || from <= now + NX_SP_SKEW_S, NX_ERR_UPSTREAM_TIME);
    NX_REQUIRE(!ends || to + NX_SP_SKEW_S > now, NX_ERR_UPSTREAM_TIME);
    if (until && ends) *until = to;
    return NX_OK;
}

static nx_result check_head(struct nx_sp_facts *out, nx_arena *a, const nx_xml_node *e, const struct nx_sp_rules *rules)
{
    const nx_xml_node *issuer;
    const char *name, *version = nx_xml_attr(e, "Version"), *id = nx_xml_attr(e, "ID");
    nx_time issued;
    bool there;
    NX_REQUIRE(nx_xml_is(e, NX_NS_SAML, "Assertion") && version && strcmp(version, "2.0") == 0, NX_ERR_UPSTREAM_FORM);
    NX_REQUIRE(id && *id && strlen(id) <= NX_SAML_ID_MAX, NX_ERR_UPSTREAM_FORM);
    NX_NEED(out->id = nx_arena_strdup(a, id));
    NX_TRY(instant(&issued, &there, e, "IssueInstant"));
    NX_REQUIRE(there, NX_ERR_UPSTREAM_FORM);
    NX_REQUIRE(issued <= nx_now() + NX_SP_SKEW_S, NX_ERR_UPSTREAM_TIME);
    NX_TRY(only(&issuer, e, "Issuer"));
    NX_TRY(token(&name, a, issuer));
    NX_REQUIRE(strcmp(name, rules->issuer) == 0, NX_ERR_UPSTREAM_ISSUER);
    return NX_OK;
}

/*= saml-profiles 4.1.4.2
 *# the <SubjectConfirmationData> element MUST contain a Recipient attribute [and] a NotOnOrAfter attribute. […]
 *# It MUST NOT contain a NotBefore attribute. */
static nx_result check_bearer(struct nx_sp_facts *out, const nx_xml_node *confirmation, const struct nx_sp_rules *rules)
{
    const nx_xml_node *data;
    NX_TRY(only(&data, confirmation, "SubjectConfirmationData"));
    const char *recipient = nx_xml_attr(data, "Recipient"), *request = nx_xml_attr(data, "InResponseTo");
    NX_REQUIRE(recipient && strcmp(recipient, rules->recipient) == 0, NX_ERR_SAML_DESTINATION);
    NX_REQUIRE(request && strcmp(request, rules->request_id) == 0, NX_ERR_UPSTREAM_NONCE);
    NX_REQUIRE(!nx_xml_attr(data, "NotBefore"), NX_ERR_UPSTREAM_TIME);
    return check_window(data, true, &out->until);
}

/* One confirmation that holds is enough (saml-core 2.4.1); the first failure of a bearer is told when none does. */
static nx_result check_confirmations(struct nx_sp_facts *out, const nx_xml_node *subject, const struct nx_sp_rules *rules)
{
    nx_result first = {NX_ERR_UPSTREAM_SUBJECT};
    const nx_xml_node *c = nx_xml_child(subject, NX_NS_SAML, "SubjectConfirmation");
    for (bool seen = false; c; c = nx_xml_again(c)) {
        const char *method = nx_xml_attr(c, "Method");
        if (!method || strcmp(method, NX_SAML_BEARER) != 0) continue;
        nx_result r = check_bearer(out, c, rules);
        if (nx_ok(r)) return r;
        if (!seen) first = r;
        seen = true;
    }
    NX_FAIL(first.e);
}

static nx_result read_subject(struct nx_sp_facts *out, nx_arena *a, const nx_xml_node *e, const struct nx_sp_rules *rules)
{
    const nx_xml_node *subject, *name;
    NX_TRY(only(&subject, e, "Subject"));
    NX_REQUIRE(nx_ok(nx_xml_optional(&name, subject, NX_NS_SAML, "NameID")), NX_ERR_UPSTREAM_FORM);
    if (name) {
        NX_REQUIRE(nx_ok(nx_saml_name_read(&out->name, a, name)), NX_ERR_UPSTREAM_SUBJECT);
        out->named = true;
    }
    return check_confirmations(out, subject, rules);
}

static nx_result check_audience(nx_arena *a, const nx_xml_node *restriction, const char *audience)
{
    const nx_xml_node *one = nx_xml_child(restriction, NX_NS_SAML, "Audience");
    for (; one; one = nx_xml_again(one)) {
        const char *text;
        NX_TRY(token(&text, a, one));
        if (strcmp(text, audience) == 0) return NX_OK;
    }
    NX_FAIL(NX_ERR_UPSTREAM_AUDIENCE);
}

/* Every restriction must hold, and a condition that we do not know makes the assertion worth nothing (saml-core 2.5.1.1).
 */
static nx_result check_conditions(nx_arena *a, const nx_xml_node *e, const struct nx_sp_rules *rules)
{
    const nx_xml_node *conditions;
    size_t restrictions = 0;
    NX_TRY(only(&conditions, e, "Conditions"));
    NX_TRY(check_window(conditions, false, NULL));
    for (const nx_xml_node *c = nx_xml_first(conditions); c; c = nx_xml_next(c)) {
        bool restricts = nx_xml_is(c, NX_NS_SAML, "AudienceRestriction");
        NX_REQUIRE(restricts || nx_xml_is(c, NX_NS_SAML, "OneTimeUse") || nx_xml_is(c, NX_NS_SAML, "ProxyRestriction"),
                   NX_ERR_UPSTREAM_FORM);
        if (restricts) NX_TRY(check_audience(a, c, rules->audience));
        restrictions += restricts;
    }
    NX_REQUIRE(restrictions > 0, NX_ERR_UPSTREAM_AUDIENCE);
    return NX_OK;
}

static nx_result read_statement(struct nx_sp_facts *out, nx_arena *a, const nx_xml_node *e,
                                const struct nx_sp_rules *rules)
{
    const nx_xml_node *statement, *context, *class;
    nx_time ends;
    bool there, limited;
    NX_TRY(only(&statement, e, "AuthnStatement"));
    NX_TRY(instant(&out->at, &there, statement, "AuthnInstant"));
    NX_REQUIRE(there, NX_ERR_UPSTREAM_FORM);
    NX_REQUIRE(out->at <= nx_now() + NX_SP_SKEW_S, NX_ERR_UPSTREAM_TIME);
    NX_REQUIRE(!rules->fresh_since || out->at >= rules->fresh_since - NX_SP_SKEW_S, NX_ERR_UPSTREAM_ACR);
    NX_TRY(instant(&ends, &limited, statement, "SessionNotOnOrAfter"));
    NX_REQUIRE(!limited || ends + NX_SP_SKEW_S > nx_now(), NX_ERR_UPSTREAM_TIME);
    const char *index = nx_xml_attr(statement, "SessionIndex");
    if (index && *index && strlen(index) <= NX_SAML_ID_MAX) NX_NEED(out->session = nx_arena_strdup(a, index));
    NX_TRY(only(&context, statement, "AuthnContext"));
    NX_REQUIRE(nx_ok(nx_xml_optional(&class, context, NX_NS_SAML, "AuthnContextClassRef")), NX_ERR_UPSTREAM_FORM);
    return class ? token(&out->context, a, class) : NX_OK;
}

NX_FALLIBLE nx_sp_assertion(struct nx_sp_facts *out, nx_arena *a, const nx_xml_node *assertion,
                            const struct nx_sp_rules *rules)
{
    *out = (struct nx_sp_facts){.named = false};
    NX_TRY(check_head(out, a, assertion, rules));
    NX_TRY(read_subject(out, a, assertion, rules));
    NX_TRY(check_conditions(a, assertion, rules));
    return read_statement(out, a, assertion, rules);
}

/* ---- attributes */

static nx_result value_of(const char **out, nx_arena *a, const nx_xml_node *attribute)
{
    const nx_xml_node *value = nx_xml_child(attribute, NX_NS_SAML, "AttributeValue");
    if (!value || nx_xml_again(value) || nx_xml_first(value)) return NX_OK;
    return token(out, a, value);
}

NX_FALLIBLE nx_sp_attribute(const char **out, nx_arena *a, const nx_xml_node *assertion, const char *name)
{
    bool seen = false;
    *out = NULL;
    const nx_xml_node *s = nx_xml_child(assertion, NX_NS_SAML, "AttributeStatement");
    for (; s; s = nx_xml_again(s)) {
        const nx_xml_node *at = nx_xml_child(s, NX_NS_SAML, "Attribute");
        for (; at; at = nx_xml_again(at)) {
            const char *said = nx_xml_attr(at, "Name");
            if (!said || strcmp(said, name) != 0) continue;
            NX_REQUIRE(!seen, NX_ERR_UPSTREAM_SUBJECT); /* twice: which of them is meant? */
            seen = true;
            NX_TRY(value_of(out, a, at));
        }
    }
    return NX_OK;
}
