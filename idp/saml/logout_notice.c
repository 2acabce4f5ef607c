/* Telling portals by SOAP, from the outbox. Each try is a new request (SECURITY.md 18) whose ID follows from the notice
 * and the try, so that the answer is recognised without anything kept. */
#include "base/log.h"
#include "crypto/digest.h"
#include "house/house.h"
#include "revoke/portals.h"
#include "saml/entity.h"
#include "saml/logout_way.h"
#include "saml/soap.h"

#include <stdio.h>

#define ID_BYTES 20

NX_FALLIBLE nx_slo_request_id(const char **out, struct nx_house *house, nx_arena *a, int64_t notice, int64_t tries)
{
    uint8_t mac[NX_SHA256_LEN];
    char which[48];
    char *id = nx_arena_alloc(a, 1 + 2 * ID_BYTES + 1);
    NX_NEED(id);
    snprintf(which, sizeof which, "%lld/%lld", (long long)notice, (long long)tries);
    const nx_span parts[] = {NX_LIT("saml-logout"), nx_span_str(which)};
    NX_TRY(nx_hmac_sha256_parts(mac, nx_master_key(house->master, NX_LABEL_BLIND), parts, 2));
    id[0] = '_'; /* an NCName begins with no digit */
    nx_hex_encode(id + 1, nx_span_of(mac, ID_BYTES));
    *out = id;
    return NX_OK;
}

static const char *copy(nx_arena *a, const json_t *name, const char *member)
{
    const char *text = nx_json_str(name, member);
    return text ? nx_arena_strdup(a, text) : NULL;
}

NX_FALLIBLE nx_slo_of_notice(struct nx_saml_logout *out, struct nx_house *house, nx_arena *a, const struct nx_notice *n)
{
    NX_AUTO_JSON payload = NULL;
    nx_id index;
    *out = (struct nx_saml_logout){.index_count = 0};
    NX_TRY(nx_json_parse_object(&payload, nx_span_str(n->payload)));
    const json_t *name = nx_json_object(payload, "name");
    const char *session = nx_json_str(payload, "session");
    NX_REQUIRE(name && session, NX_ERR_NOT_FOUND);
    out->name = (struct nx_given_name){.format = copy(a, name, "format"),
                                       .value = copy(a, name, "value"),
                                       .name_qualifier = copy(a, name, "nq"),
                                       .sp_qualifier = copy(a, name, "spnq")};
    NX_TRY(nx_signon_index(&index, house->store, session, n->target));
    out->index[out->index_count++] = nx_arena_strdup(a, index.s);
    NX_REQUIRE(!nx_arena_failed(a), NX_ERR_MEMORY);
    return NX_OK;
}

static NX_FALLIBLE portal_of(nx_saml_entity **portal, const struct nx_saml_endpoint **soap, struct nx_house *house,
                             const struct nx_notice *n)
{
    NX_TRY(nx_saml_entity_of(house->registry, n->target, NX_SAML_SP, portal));
    *soap = nx_saml_endpoint_by(&(*portal)->slo, NX_SAML_SOAP);
    NX_REQUIRE(*soap, NX_ERR_NOT_FOUND);
    return NX_OK;
}

static nx_result build(struct nx_egress_request *out, struct nx_house *house, nx_arena *a,
                       const struct nx_notice *notice)
{
    NX_AUTO(nx_saml_entity) portal = NULL;
    const struct nx_saml_endpoint *soap;
    struct nx_saml_logout logout;
    NX_TRY(portal_of(&portal, &soap, house, notice));
    NX_TRY(nx_slo_of_notice(&logout, house, a, notice));
    struct nx_saml_logout_out o = {
        .peer = portal, .binding = NX_SAML_SOAP, .destination = soap->location, .logout = &logout};
    NX_TRY(nx_slo_request_id(&o.id, house, a, notice->id, notice->tries));
    *out = (struct nx_egress_request){.purpose = NX_PURPOSE_LOGOUT,
                                      .url = nx_arena_strdup(a, soap->location),
                                      .content_type = NX_SAML_SOAP_TYPE,
                                      .accept = NX_SAML_SOAP_TYPE};
    NX_NEED(out->url);
    return nx_saml_logout_envelope(&out->body, house, a, &o);
}

/* What came back over TLS from the address in the portal's metadata is the portal's; over anything else it must be signed.
 * A signature that is there must verify either way. */
static NX_FALLIBLE read_answer(struct nx_saml_logout_result *out, struct nx_house *house, nx_arena *a,
                               const struct nx_notice *notice, const struct nx_egress_reply *reply)
{
    NX_AUTO(nx_saml_entity) portal = NULL;
    NX_AUTO_SAML(m);
    const struct nx_saml_endpoint *soap;
    const char *id;
    const struct nx_saml_in in = {.binding = NX_SAML_SOAP, .response = true, .xml = reply->body};
    NX_TRY(portal_of(&portal, &soap, house, notice));
    NX_TRY(nx_saml_open(&m, a, &in));
    NX_TRY(nx_saml_prove(&m, a, &in, portal, strncmp(soap->location, "https://", 8) != 0));
    NX_TRY(nx_saml_logout_result_read(out, &m));
    NX_TRY(nx_slo_request_id(&id, house, a, notice->id, notice->tries));
    NX_REQUIRE(strcmp(m.in_response_to, id) == 0, NX_ERR_SAML_MESSAGE);
    return NX_OK;
}

static bool confirmed(struct nx_house *house, nx_arena *a, const struct nx_notice *notice,
                      const struct nx_egress_reply *reply)
{
    struct nx_saml_logout_result result;
    if (reply->status != 200) return false;
    nx_result r = read_answer(&result, house, a, notice, reply);
    if (!nx_ok(r)) nx_log(NX_WARN, "logout_answer_refused", NX_NUM("notice", notice->id), NX_TEXT("why", nx_err_name(r.e)));
    return nx_ok(r) && result.status == NX_SAML_SUCCESS && result.second != NX_SAML_PARTIAL_LOGOUT;
}

const struct nx_notice_kind nx_notice_saml = {.name = NX_NOTICE_SAML, .build = build, .confirmed = confirmed};

/* Due only when no browser has come for it in time. */
static nx_result build_none(struct nx_egress_request *out, struct nx_house *house, nx_arena *a,
                            const struct nx_notice *notice)
{
    (void)out, (void)house, (void)a, (void)notice;
    NX_FAIL(NX_ERR_NOT_FOUND);
}

static bool confirmed_never(struct nx_house *house, nx_arena *a, const struct nx_notice *notice,
                            const struct nx_egress_reply *reply)
{
    (void)house, (void)a, (void)notice, (void)reply;
    return false;
}

const struct nx_notice_kind nx_notice_saml_browser = {
    .name = NX_NOTICE_SAML_BROWSER, .build = build_none, .confirmed = confirmed_never};
