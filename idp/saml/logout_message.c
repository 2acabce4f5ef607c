#include "saml/logout_message.h"

#include "house/house.h"
#include "saml/nameid.h"
#include "saml/response.h"
#include "saml/soap.h"
#include "xml/encrypt.h"
#include "xml/sign.h"

#define INDEX_MAX 256

/* ---- reading ----------------------------------------------------------------------------------------------- */

static nx_result unwrap(void *ctx, nx_secret *out, const char *digest, const char *mgf1_digest, nx_span wrapped)
{
    return nx_signing_key_open(ctx, out, digest, mgf1_digest, wrapped);
}

/* Our keys that decrypt, the present one first. */
struct openers {
    nx_signing_key *key[NX_KEYS_OF_USE_MAX];
    size_t n;
    struct nx_xml_unwrapper v[NX_XML_UNWRAPPERS_MAX];
};

static void openers_release(struct openers *o)
{
    for (size_t i = 0; i < o->n; i++)
        nx_signing_key_release(o->key[i]);
}

static NX_FALLIBLE open_name(struct nx_given_name *out, struct nx_house *house, nx_arena *a, const nx_xml_node *encrypted)
{
    NX_AUTO(nx_xml_doc) opened = NULL;
    __attribute__((cleanup(openers_release))) struct openers o = {.n = 0};
    NX_TRY(nx_keyring_keys(o.key, &o.n, house->keyring, NX_USE_SAML_ENC));
    struct nx_xml_opening opening = {.v = o.v};
    for (; opening.n < o.n && opening.n < NX_XML_UNWRAPPERS_MAX; opening.n++)
        o.v[opening.n] = (struct nx_xml_unwrapper){unwrap, o.key[opening.n]};
    NX_TRY(nx_xml_decrypt(&opened, encrypted, &opening));
    NX_REQUIRE(nx_xml_is(nx_xml_root(opened), NX_NS_SAML, "NameID"), NX_ERR_SAML_MESSAGE);
    return nx_saml_name_read(out, a, nx_xml_root(opened));
}

static NX_FALLIBLE read_name(struct nx_given_name *out, struct nx_house *house, nx_arena *a, const nx_xml_node *root)
{
    const nx_xml_node *plain, *encrypted;
    NX_REQUIRE(nx_ok(nx_xml_optional(&plain, root, NX_NS_SAML, "NameID")), NX_ERR_SAML_MESSAGE);
    NX_REQUIRE(nx_ok(nx_xml_optional(&encrypted, root, NX_NS_SAML, "EncryptedID")), NX_ERR_SAML_MESSAGE);
    NX_REQUIRE(!plain != !encrypted, NX_ERR_SAML_MESSAGE);
    return plain ? nx_saml_name_read(out, a, plain) : open_name(out, house, a, encrypted);
}

static NX_FALLIBLE read_indexes(struct nx_saml_logout *out, nx_arena *a, const nx_xml_node *root)
{
    const nx_xml_node *e = nx_xml_child(root, NX_NS_SAMLP, "SessionIndex");
    for (; e; e = nx_xml_again(e)) {
        char *text;
        NX_REQUIRE(out->index_count < NX_SAML_INDEXES_MAX, NX_ERR_SAML_MESSAGE);
        nx_result r = nx_xml_token(&text, a, e, INDEX_MAX);
        NX_REQUIRE(r.e != NX_ERR_MEMORY, NX_ERR_MEMORY);
        NX_REQUIRE(nx_ok(r) && *text, NX_ERR_SAML_MESSAGE);
        out->index[out->index_count++] = text;
    }
    return NX_OK;
}

NX_FALLIBLE nx_saml_logout_read(struct nx_saml_logout *out, struct nx_house *house, nx_arena *a,
                                const struct nx_saml_message *m)
{
    nx_time until;
    *out = (struct nx_saml_logout){.index_count = 0};
    NX_REQUIRE(nx_xml_is(m->root, NX_NS_SAMLP, "LogoutRequest"), NX_ERR_SAML_MESSAGE);
    NX_REQUIRE(nx_ok(nx_xml_attr_time(&until, m->root, "NotOnOrAfter", INT64_MAX - NX_SKEW_S)), NX_ERR_SAML_MESSAGE);
    /*= saml-core 3.7.1
     *# NotOnOrAfter [Optional] The time at which the request expires, after which the recipient may discard the
     *# message. */
    NX_REQUIRE(nx_now() < until + NX_SKEW_S, NX_ERR_SAML_STALE);
    NX_TRY(read_name(&out->name, house, a, m->root));
    return read_indexes(out, a, m->root);
}

static NX_FALLIBLE read_code(enum nx_saml_status *out, const nx_xml_node *code)
{
    const char *value = nx_xml_attr(code, "Value");
    NX_REQUIRE(value, NX_ERR_SAML_MESSAGE);
    *out = nx_saml_status_of(nx_span_str(value));
    return NX_OK;
}

NX_FALLIBLE nx_saml_logout_result_read(struct nx_saml_logout_result *out, const struct nx_saml_message *m)
{
    const nx_xml_node *status, *top, *second;
    *out = (struct nx_saml_logout_result){NX_SAML_STATUSES, NX_SAML_STATUSES};
    NX_REQUIRE(nx_xml_is(m->root, NX_NS_SAMLP, "LogoutResponse") && m->in_response_to, NX_ERR_SAML_MESSAGE);
    NX_REQUIRE(nx_ok(nx_xml_only(&status, m->root, NX_NS_SAMLP, "Status")), NX_ERR_SAML_MESSAGE);
    NX_REQUIRE(nx_ok(nx_xml_only(&top, status, NX_NS_SAMLP, "StatusCode")), NX_ERR_SAML_MESSAGE);
    NX_REQUIRE(nx_ok(nx_xml_optional(&second, top, NX_NS_SAMLP, "StatusCode")), NX_ERR_SAML_MESSAGE);
    NX_TRY(read_code(&out->status, top));
    return second ? read_code(&out->second, second) : NX_OK;
}

/* ---- writing ----------------------------------------------------------------------------------------------- */

static void put_request(nx_xml_writer *w, const struct nx_saml_logout *l)
{
    nx_saml_name_write(w, &l->name);
    for (size_t i = 0; i < l->index_count; i++)
        nx_xml_put(w, NX_NS_SAMLP, "SessionIndex", l->index[i]);
}

/* binding: of the document, not of o: a redirect carries its signature beside it. */
static NX_FALLIBLE compose(nx_xml_writer **out, struct nx_house *house, nx_arena *a, const struct nx_saml_logout_out *o,
                           enum nx_saml_binding binding)
{
    const char *id = o->id, *issuer;
    if (!id) NX_TRY(nx_saml_id(&id, a));
    NX_TRY(nx_saml_own_id(&issuer, house, a));
    nx_xml_writer *w = nx_xml_writer_new(a, NX_SAML_MESSAGE_MAX);
    nx_xml_begin(w, NX_NS_SAMLP, o->logout ? "LogoutRequest" : "LogoutResponse");
    nx_xml_put_attr(w, "ID", id);
    nx_xml_put_attr(w, "Version", "2.0");
    nx_xml_put_attr_time(w, "IssueInstant", nx_now());
    nx_xml_put_attr(w, "Destination", o->destination);
    if (o->logout)
        nx_xml_put_attr_time(w, "NotOnOrAfter", nx_now() + NX_SAML_LOGOUT_LIFE_S);
    else
        nx_xml_put_attr(w, "InResponseTo", o->in_response_to);
    nx_xml_put(w, NX_NS_SAML, "Issuer", issuer);
    if (binding != NX_SAML_REDIRECT) nx_xml_signature_here(w);
    if (o->logout)
        put_request(w, o->logout);
    else
        nx_saml_status_write(w, o->status, o->second, NULL);
    nx_xml_end(w);
    *out = w;
    return NX_OK;
}

static NX_FALLIBLE sign(nx_span *out, struct nx_house *house, nx_arena *a, const struct nx_saml_logout_out *o,
                        enum nx_saml_binding binding, const nx_signing_key *key)
{
    struct nx_xml_signer signer;
    nx_xml_writer *w;
    NX_TRY(compose(&w, house, a, o, binding));
    NX_TRY(nx_xml_signer_of(&signer, key, NULL));
    return nx_xml_sign(out, a, w, &signer);
}

static NX_FALLIBLE by_redirect(struct nx_step *out, struct nx_house *house, nx_arena *a,
                               const struct nx_saml_logout_out *o, const nx_signing_key *key)
{
    nx_xml_writer *w;
    struct nx_saml_out m = {
        .response = !o->logout, .destination = o->destination, .relay_state = o->relay_state};
    NX_TRY(compose(&w, house, a, o, NX_SAML_REDIRECT));
    NX_TRY(nx_xml_done(&m.xml, w));
    return nx_saml_redirect_write(out, a, &m, key);
}

static NX_FALLIBLE by_post(struct nx_step *out, struct nx_house *house, nx_arena *a,
                           const struct nx_saml_logout_out *o, const nx_signing_key *key)
{
    struct nx_saml_out m = {
        .response = !o->logout, .destination = o->destination, .relay_state = o->relay_state};
    NX_TRY(sign(&m.xml, house, a, o, NX_SAML_POST, key));
    return nx_saml_post_write(out, a, &m);
}

NX_FALLIBLE nx_saml_logout_step(struct nx_step *out, struct nx_house *house, nx_arena *a,
                                const struct nx_saml_logout_out *o)
{
    NX_AUTO(nx_signing_key) key = NULL;
    NX_REQUIRE(o->binding == NX_SAML_REDIRECT || o->binding == NX_SAML_POST, NX_ERR_SAML_BINDING);
    NX_TRY(nx_saml_signing_key(&key, house, o->peer));
    return o->binding == NX_SAML_POST ? by_post(out, house, a, o, key) : by_redirect(out, house, a, o, key);
}

NX_FALLIBLE nx_saml_logout_envelope(nx_span *out, struct nx_house *house, nx_arena *a,
                                    const struct nx_saml_logout_out *o)
{
    NX_AUTO(nx_signing_key) key = NULL;
    nx_span element;
    NX_TRY(nx_saml_signing_key(&key, house, o->peer));
    NX_TRY(sign(&element, house, a, o, NX_SAML_SOAP, key));
    return nx_saml_soap_write(out, a, element);
}
