/* Artifact resolution (saml-core section 3.5, saml-profiles section 5), as the responder. The exchange is
 * authenticated by the signature of the request: TLS says who we are, not who the portal is. */
#include "house/house.h"
#include "registry/client.h"
#include "saml/artifact.h"
#include "saml/response.h"
#include "saml/soap.h"
#include "saml/sso.h"
#include "xml/sign.h"

#define ARTIFACT_TEXT_MAX 128

struct resolving {
    struct nx_house *house;
    nx_arena *arena;
    nx_saml_entity *portal; /* counted */
    struct nx_saml_message m;
};

static void resolving_end(struct resolving *x)
{
    if (x->portal) nx_saml_entity_release(x->portal);
    nx_saml_close(&x->m);
}

static NX_FALLIBLE check_client(const struct resolving *x)
{
    NX_AUTO(nx_client) client = NULL;
    nx_result r = nx_client_get(x->house->registry, nx_span_str(x->portal->owner), &client);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_SAML_ISSUER);
    NX_TRY(r);
    NX_REQUIRE(client->state == NX_CLIENT_ACTIVE, NX_ERR_CLIENT_UNKNOWN);
    return NX_OK;
}

static NX_FALLIBLE accept(struct resolving *x, nx_span body, const char *here)
{
    struct nx_saml_in in = {.binding = NX_SAML_SOAP, .xml = body};
    NX_TRY(nx_saml_open(&x->m, x->arena, &in));
    nx_result r = nx_saml_entity_get(x->house->registry, nx_span_str(x->m.issuer), NX_SAML_SP, &x->portal);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_SAML_ISSUER);
    NX_TRY(r);
    NX_TRY(nx_saml_entity_valid(x->portal, nx_now()));
    NX_TRY(check_client(x));
    NX_TRY(nx_saml_prove(&x->m, x->arena, &in, x->portal, true));
    NX_TRY(nx_saml_meant(&x->m, &in, here));
    NX_REQUIRE(nx_xml_is(x->m.root, NX_NS_SAMLP, "ArtifactResolve"), NX_ERR_SAML_MESSAGE);
    return NX_OK;
}

/*= saml-core 3.5.3
 *# If the recipient of the <ArtifactResolve> message is not able to [...] return the corresponding protocol message,
 *# then it MUST return an <ArtifactResponse> [...] with no embedded message */
static NX_FALLIBLE fetch(nx_span *message, struct resolving *x)
{
    const nx_xml_node *element;
    uint8_t handle[NX_ARTIFACT_HANDLE_LEN];
    char *text;
    enum nx_found found;
    *message = NX_SPAN_NONE;
    NX_REQUIRE(nx_ok(nx_xml_only(&element, x->m.root, NX_NS_SAMLP, "Artifact")), NX_ERR_SAML_MESSAGE);
    nx_result r = nx_xml_token(&text, x->arena, element, ARTIFACT_TEXT_MAX);
    NX_REQUIRE(r.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
    NX_REQUIRE(nx_ok(r), NX_ERR_SAML_MESSAGE);
    r = nx_saml_artifact_handle(handle, x->house, x->arena, text);
    if (r.e == NX_ERR_SAML_MESSAGE) return NX_OK;
    NX_TRY(r);
    NX_TRY(nx_artifact_take(x->house->store, x->arena, x->portal->owner, handle, message, &found));
    if (found != NX_FOUND) *message = NX_SPAN_NONE;
    return NX_OK;
}

static NX_FALLIBLE answer(nx_span *out, struct resolving *x, nx_span message)
{
    NX_AUTO(nx_signing_key) key = NULL;
    struct nx_xml_signer signer;
    const char *id, *issuer;
    nx_span element;
    NX_TRY(nx_saml_signing_key(&key, x->house, x->portal));
    NX_TRY(nx_xml_signer_of(&signer, key, NULL));
    NX_TRY(nx_saml_id(&id, x->arena));
    NX_TRY(nx_saml_own_id(&issuer, x->house, x->arena));
    nx_xml_writer *w = nx_xml_writer_new(x->arena, NX_SAML_MESSAGE_MAX);
    nx_xml_begin(w, NX_NS_SAMLP, "ArtifactResponse");
    nx_xml_put_attr(w, "ID", id);
    nx_xml_put_attr(w, "Version", "2.0");
    nx_xml_put_attr_time(w, "IssueInstant", nx_now());
    nx_xml_put_attr(w, "InResponseTo", x->m.id);
    nx_xml_put(w, NX_NS_SAML, "Issuer", issuer);
    nx_xml_signature_here(w);
    nx_saml_status_write(w, NX_SAML_SUCCESS, NX_SAML_STATUSES, NULL);
    if (message.n) nx_xml_put_element(w, message);
    nx_xml_end(w);
    NX_TRY(nx_xml_sign(&element, x->arena, w, &signer));
    return nx_saml_soap_write(out, x->arena, element);
}

static NX_FALLIBLE resolve(nx_span *out, struct resolving *x, nx_span body, const char *here)
{
    nx_span message;
    NX_TRY(accept(x, body, here));
    NX_TRY(fetch(&message, x));
    return answer(out, x, message);
}

NX_FALLIBLE nx_saml_artifact_resolve(nx_span *out, int *http, struct nx_house *house, nx_arena *a, nx_span body,
                                     const char *here)
{
    __attribute__((cleanup(resolving_end))) struct resolving x = {.house = house, .arena = a};
    *http = 200;
    nx_result r = resolve(out, &x, body, here);
    if (nx_ok(r)) return r;
    nx_fault_of fault = nx_err_fault(r.e);
    if (fault == NX_FAULT_AWAY || fault == NX_FAULT_OURS) return r;
    *http = 500; /* SOAP 1.1 section 6.2 */
    return nx_saml_soap_fault(out, a, true, nx_err_text(r.e));
}
