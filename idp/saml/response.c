#include "saml/response.h"

#include "gate/gate.h"
#include "house/house.h"
#include "saml/artifact.h"
#include "xml/encrypt.h"
#include "xml/sign.h"

#define LOCATION_MAX 4096

void nx_saml_status_write(nx_xml_writer *w, enum nx_saml_status top, enum nx_saml_status second,
                          const char *text)
{
    nx_xml_begin(w, NX_NS_SAMLP, "Status");
    nx_xml_begin(w, NX_NS_SAMLP, "StatusCode");
    nx_xml_put_attr(w, "Value", nx_saml_status_uri(top));
    if (second != NX_SAML_STATUSES) {
        nx_xml_begin(w, NX_NS_SAMLP, "StatusCode");
        nx_xml_put_attr(w, "Value", nx_saml_status_uri(second));
        nx_xml_end(w);
    }
    nx_xml_end(w);
    nx_xml_put(w, NX_NS_SAMLP, "StatusMessage", text);
    nx_xml_end(w);
}

/* samlp:Response up to and with its Status; the assertion may follow. */
static NX_FALLIBLE begin_response(nx_xml_writer **out, const struct nx_saml_reply *to, enum nx_saml_status top,
                                  enum nx_saml_status second, const char *text)
{
    const char *id, *issuer;
    NX_TRY(nx_saml_id(&id, to->arena));
    NX_TRY(nx_saml_own_id(&issuer, to->house, to->arena));
    nx_xml_writer *w = nx_xml_writer_new(to->arena, NX_SAML_MESSAGE_MAX);
    nx_xml_begin(w, NX_NS_SAMLP, "Response");
    nx_xml_put_attr(w, "ID", id);
    nx_xml_put_attr(w, "Version", "2.0");
    nx_xml_put_attr_time(w, "IssueInstant", nx_now());
    nx_xml_put_attr(w, "Destination", to->ask->base.return_to);
    nx_xml_put_attr(w, "InResponseTo", to->ask->request_id);
    nx_xml_put(w, NX_NS_SAML, "Issuer", issuer);
    nx_xml_signature_here(w);
    nx_saml_status_write(w, top, second, text);
    *out = w;
    return NX_OK;
}

/* A refusal has no other signature than this one. */
static NX_FALLIBLE end_response(nx_span *out, const struct nx_saml_reply *to, nx_xml_writer *w,
                                const nx_signing_key *key, bool assertion)
{
    struct nx_xml_signer signer;
    nx_xml_end(w);
    if (assertion && to->portal->settings.parts == NX_SAML_SIGNED_ASSERTION) return nx_xml_done(out, w);
    NX_TRY(nx_xml_signer_of(&signer, key, NULL));
    return nx_xml_sign(out, to->arena, w, &signer);
}

/* ---- encryption ------------------------------------------------------------------------------------------- */

static bool names(const struct nx_saml_key *k, const char *method)
{
    for (size_t i = 0; i < k->methods.n; i++)
        if (strcmp(k->methods.v[i], method) == 0) return true;
    return false;
}

/* What the portal says that it can open; one that says nothing is given what every peer of today can. False: it names
 * methods, and none of them is one that we issue. */
static bool choose_methods(struct nx_xml_recipient *to, const struct nx_saml_key *k)
{
    bool weak = names(k, "http://www.w3.org/2009/xmlenc11#aes128-gcm");
    bool strong = names(k, "http://www.w3.org/2009/xmlenc11#aes256-gcm");
    to->cipher = weak && !strong ? NX_XML_AES128_GCM : NX_XML_AES256_GCM;
    to->oaep = NX_XML_OAEP_MGF1P;
    return weak || strong || k->methods.n == 0;
}

static NX_FALLIBLE put_encrypted(nx_xml_writer *w, nx_arena *a, const struct nx_saml_key *key,
                                 struct nx_xml_recipient *to, nx_span assertion)
{
    nx_xml_key *xml_key;
    NX_TRY(nx_xml_key_of(&xml_key, key->key));
    to->key = xml_key;
    nx_xml_begin(w, NX_NS_SAML, "EncryptedAssertion");
    nx_result r = nx_xml_encrypt(w, a, to, assertion);
    nx_xml_end(w);
    nx_xml_key_free(xml_key);
    return r;
}

static NX_FALLIBLE put_assertion(nx_xml_writer *w, const struct nx_saml_reply *to, nx_span assertion)
{
    enum nx_saml_encrypt wanted = to->portal->settings.encrypt;
    const struct nx_saml_key *key =
        wanted == NX_SAML_ENCRYPT_NEVER ? NULL : nx_saml_key_encrypting(to->portal);
    struct nx_xml_recipient recipient;
    if (key && choose_methods(&recipient, key)) return put_encrypted(w, to->arena, key, &recipient, assertion);
    NX_REQUIRE(wanted != NX_SAML_ENCRYPT_ALWAYS, NX_ERR_XML_KEY); /* never in the clear instead */
    nx_xml_put_element(w, assertion);
    return NX_OK;
}

/* ---- delivery --------------------------------------------------------------------------------------------- */

static NX_FALLIBLE artifact_location(struct nx_step *out, const struct nx_saml_reply *to, const char *artifact)
{
    const char *acs = to->ask->base.return_to;
    nx_buf b;
    nx_buf_init(&b, to->arena, LOCATION_MAX + 3 * NX_SAML_RELAY_MAX);
    nx_buf_adds(&b, acs);
    nx_buf_adds(&b, strchr(acs, '?') ? "&SAMLart=" : "?SAMLart=");
    nx_percent_encode(&b, nx_span_str(artifact));
    if (to->ask->relay_state) {
        nx_buf_adds(&b, "&RelayState=");
        nx_percent_encode(&b, nx_span_str(to->ask->relay_state));
    }
    NX_TRY(nx_buf_done(&b));
    *out = (struct nx_step){.kind = NX_STEP_REDIRECT, .location = nx_buf_str(&b)};
    NX_NEED(out->location);
    return NX_OK;
}

struct parcel {
    nx_span xml;
    const struct nx_assertion *told; /* NULL: a refusal */
    const struct nx_epochs *epochs;  /* of client and system */
};

static NX_FALLIBLE send_artifact(struct nx_step *out, const struct nx_saml_reply *to, const struct parcel *p,
                                 enum nx_found *found)
{
    uint8_t handle[NX_ARTIFACT_HANDLE_LEN];
    const char *artifact;
    NX_TRY(nx_artifact_make(handle, to->house->store, to->arena, to->client_id, p->told, p->epochs, p->xml, found));
    if (*found != NX_FOUND) return NX_OK;
    NX_TRY(nx_saml_artifact_text(&artifact, to->house, to->arena, handle));
    return artifact_location(out, to, artifact);
}

static NX_FALLIBLE send(struct nx_step *out, const struct nx_saml_reply *to, const struct parcel *p,
                        enum nx_found *found)
{
    *found = NX_FOUND;
    if (to->ask->binding == NX_SAML_ARTIFACT) return send_artifact(out, to, p, found);
    struct nx_saml_out m = {.response = true,
                            .destination = to->ask->base.return_to,
                            .xml = p->xml,
                            .relay_state = to->ask->relay_state};
    return nx_saml_post_write(out, to->arena, &m);
}

NX_FALLIBLE nx_saml_reply_assertion(struct nx_step *out, const struct nx_saml_reply *to,
                                    const struct nx_saml_assertion *what, const struct nx_epochs *epochs,
                                    enum nx_found *found)
{
    NX_AUTO(nx_signing_key) key = NULL;
    nx_xml_writer *w;
    nx_span assertion;
    struct parcel p = {.told = what->told, .epochs = epochs};
    NX_TRY(nx_saml_signing_key(&key, to->house, to->portal));
    NX_TRY(nx_saml_assertion_make(&assertion, to, what, key));
    NX_TRY(begin_response(&w, to, NX_SAML_SUCCESS, NX_SAML_STATUSES, NULL));
    NX_TRY(put_assertion(w, to, assertion));
    NX_TRY(end_response(&p.xml, to, w, key, true));
    return send(out, to, &p, found);
}

NX_FALLIBLE nx_saml_reply_status(struct nx_step *out, const struct nx_saml_reply *to, enum nx_saml_status top,
                                 enum nx_saml_status second, const char *text)
{
    NX_AUTO(nx_signing_key) key = NULL;
    nx_xml_writer *w;
    struct nx_epochs epochs;
    struct parcel p = {.epochs = &epochs};
    enum nx_found found;
    NX_TRY(nx_gate_epochs(&epochs, to->house, to->client_id));
    NX_TRY(nx_saml_signing_key(&key, to->house, to->portal));
    NX_TRY(begin_response(&w, to, top, second, text));
    NX_TRY(end_response(&p.xml, to, w, key, false));
    NX_TRY(send(out, to, &p, &found));
    NX_REQUIRE(found == NX_FOUND, NX_ERR_SAML_STALE);
    return NX_OK;
}
