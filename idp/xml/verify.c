/* The form is checked by signature_form.c; xmlsec1 then canonicalises, digests and verifies with one pinned
 * key, and would refuse by its own lists what the form lets through. The key is set before it looks at the
 * signature, so it reads no KeyInfo and needs no key manager (which would load the system's certificates each
 * time).
 *
 * The bytes that went into the digest are kept, and the caller's document is made of them. */
#include "xml/verify.h"

#include "xml/key.h"
#include "xml/signature_form.h"
#include "xml/tree.h"

#include <libxml/valid.h>
#include <openssl/err.h>
#include <xmlsec/buffer.h>
#include <xmlsec/crypto.h>
#include <xmlsec/keys.h>
#include <xmlsec/list.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/transforms.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>

static inline void ctx_auto(xmlSecDSigCtxPtr *c)
{
    if (*c) xmlSecDSigCtxDestroy(*c);
}
#define AUTO_CTX __attribute__((cleanup(ctx_auto))) xmlSecDSigCtxPtr

bool nx_xml_signed(const nx_xml_node *e)
{
    return nx_xml_child(e, NX_NS_DS, "Signature") != NULL;
}

static nx_result allow(xmlSecDSigCtxPtr c)
{
    const xmlSecTransformId both[] = {xmlSecTransformExclC14NId};
    const xmlSecTransformId reference[] = {xmlSecTransformEnvelopedId, xmlSecTransformSha256Id,
                                           xmlSecTransformSha384Id, xmlSecTransformSha512Id};
    const xmlSecTransformId signature[] = {xmlSecTransformRsaSha256Id,   xmlSecTransformRsaSha384Id,
                                           xmlSecTransformRsaSha512Id,   xmlSecTransformEcdsaSha256Id,
                                           xmlSecTransformEcdsaSha384Id, xmlSecTransformEcdsaSha512Id};
    bool ok = xmlSecDSigCtxEnableReferenceTransform(c, both[0]) == 0 &&
              xmlSecDSigCtxEnableSignatureTransform(c, both[0]) == 0;
    for (size_t i = 0; i < sizeof reference / sizeof reference[0]; i++)
        ok = ok && xmlSecDSigCtxEnableReferenceTransform(c, reference[i]) == 0;
    for (size_t i = 0; i < sizeof signature / sizeof signature[0]; i++)
        ok = ok && xmlSecDSigCtxEnableSignatureTransform(c, signature[i]) == 0;
    NX_REQUIRE(ok, NX_ERR_MEMORY);
    return NX_OK;
}

/* *out is owned by whoever it is given to. */
static nx_result wrap_key(xmlSecKeyPtr *out, const nx_xml_key *key)
{
    EVP_PKEY_up_ref(key->pkey);
    xmlSecKeyDataPtr data = xmlSecOpenSSLEvpKeyAdopt(key->pkey);
    if (!data) EVP_PKEY_free(key->pkey);
    NX_NEED(data);
    xmlSecKeyPtr k = xmlSecKeyCreate();
    if (!k || xmlSecKeySetValue(k, data) != 0) {
        if (k) xmlSecKeyDestroy(k);
        xmlSecKeyDataDestroy(data);
        NX_FAIL(NX_ERR_MEMORY);
    }
    *out = k;
    return NX_OK;
}

/* The bytes are moved out of the context, which keeps an empty buffer. */
static nx_result take_covered(xmlSecBuffer *out, xmlSecDSigCtxPtr c)
{
    NX_REQUIRE(xmlSecPtrListGetSize(&c->signedInfoReferences) == 1, NX_ERR_SIGNATURE);
    xmlSecDSigReferenceCtxPtr reference = xmlSecPtrListGetItem(&c->signedInfoReferences, 0);
    NX_REQUIRE(reference && reference->status == xmlSecDSigStatusSucceeded, NX_ERR_SIGNATURE);
    xmlSecBufferPtr covered = xmlSecDSigReferenceCtxGetPreDigestBuffer(reference);
    NX_REQUIRE(covered && xmlSecBufferGetSize(covered) > 0, NX_ERR_SIGNATURE);
    xmlSecBuffer moved = *covered;
    *covered = *out;
    *out = moved;
    return NX_OK;
}

/* A failure to canonicalise is no other thing than a signature that does not verify. */
static nx_result run(xmlSecBuffer *covered, xmlNode *signature, const nx_xml_key *key)
{
    AUTO_CTX c = xmlSecDSigCtxCreate(NULL);
    NX_NEED(c);
    c->flags =
        XMLSEC_DSIG_FLAGS_STORE_SIGNEDINFO_REFERENCES | XMLSEC_DSIG_FLAGS_USE_VISA3D_HACK; /* no XPointer */
    c->enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
    NX_TRY(allow(c));
    NX_TRY(wrap_key(&c->signKey, key));
    bool good = xmlSecDSigCtxVerify(c, signature) == 0 && c->status == xmlSecDSigStatusSucceeded;
    if (!good) ERR_clear_error();
    NX_REQUIRE(good, NX_ERR_SIGNATURE);
    return take_covered(covered, c);
}

static nx_result try_keys(xmlSecBuffer *covered, const struct nx_xml_signature_form *form,
                          const struct nx_xml_keys *keys)
{
    nx_kty kty = nx_xml_sigalg_kty(form->alg);
    NX_TRY(nx_xml_keys_fit(keys, kty));
    nx_result r = {NX_ERR_SIGNATURE};
    for (size_t i = 0; i < keys->n && r.e == NX_ERR_SIGNATURE; i++)
        if (keys->v[i]->kty == kty) r = run(covered, nx_xml_tree_of(form->signature), keys->v[i]);
    return r;
}

/* The element's ID, and no other, can be found while the signature is being verified. */
static nx_result verify(xmlSecBuffer *covered, nx_xml_doc *d, const nx_xml_node *element,
                        const struct nx_xml_keys *keys)
{
    struct nx_xml_signature_form form;
    NX_TRY(nx_xml_signature_check(&form, element));
    NX_TRY(nx_xml_ready());
    xmlAttr *id = xmlHasNsProp(nx_xml_tree_of(element), nx_xml_xchars("ID"), NULL);
    NX_REQUIRE(id && xmlAddID(NULL, d->tree, nx_xml_xchars(nx_xml_attr(element, "ID")), id), NX_ERR_MEMORY);
    nx_result r = try_keys(covered, &form, keys);
    xmlRemoveID(d->tree, id);
    return r;
}

static inline void buffer_auto(xmlSecBuffer *b)
{
    xmlSecBufferFinalize(b);
}
#define AUTO_BUFFER __attribute__((cleanup(buffer_auto))) xmlSecBuffer

static nx_span span_of(xmlSecBuffer *b)
{
    return nx_span_of(xmlSecBufferGetData(b), xmlSecBufferGetSize(b));
}

NX_FALLIBLE nx_xml_verify(nx_xml_doc **out, nx_xml_doc *d, const nx_xml_node *element,
                          const struct nx_xml_keys *keys)
{
    AUTO_BUFFER covered = {.data = NULL};
    NX_TRY(verify(&covered, d, element, keys));
    return nx_xml_parse(out, span_of(&covered), d->limits);
}

static nx_result verify_root(xmlSecBuffer *covered, nx_span bytes, const struct nx_xml_limits *limits,
                             const struct nx_xml_keys *keys)
{
    NX_AUTO(nx_xml_doc) d = NULL;
    NX_TRY(nx_xml_parse(&d, bytes, limits));
    return verify(covered, d, nx_xml_root(d), keys);
}

NX_FALLIBLE nx_xml_verify_each(nx_span bytes, const struct nx_xml_limits *limits,
                               const struct nx_xml_keys *keys, const struct nx_xml_walk *walk)
{
    AUTO_BUFFER covered = {.data = NULL};
    NX_TRY(verify_root(&covered, bytes, limits, keys));
    return nx_xml_each(span_of(&covered), limits, walk);
}
