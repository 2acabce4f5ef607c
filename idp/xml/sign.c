/* Everything is written once, canonical. SignedInfo is written by itself, as its own canonical form is what
 * gets signed, and then put into the Signature, where it loses the declaration that the Signature already
 * has. */
#include "xml/sign.h"

#include "base/text.h"
#include "crypto/digest.h"
#include "xml/writer_inside.h"

#define ENVELOPED "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
#define SHA256 "http://www.w3.org/2001/04/xmlenc#sha256"
#define SIGNATURE_MAX (16u << 10)

static nx_result sign_by_ring(void *ctx, uint8_t out[NX_SIGNATURE_MAX], size_t *n, nx_span message)
{
    return nx_signing_key_sign(ctx, out, n, message);
}

NX_FALLIBLE nx_xml_signer_of(struct nx_xml_signer *out, const nx_signing_key *k, const char *certificate)
{
    union {
        const nx_signing_key *in;
        void *out;
    } u = {.in = k};
    nx_xml_sigalg alg = nx_xml_sigalg_for(nx_signing_key_alg(k));
    NX_REQUIRE(alg != NX_XML_SIGALG_NONE, NX_ERR_JOSE_ALG);
    *out = (struct nx_xml_signer){.alg = alg, .sign = sign_by_ring, .ctx = u.out, .certificate = certificate};
    return NX_OK;
}

static void put_method(nx_xml_writer *w, const char *name, const char *algorithm)
{
    nx_xml_begin(w, NX_NS_DS, name);
    nx_xml_put_attr(w, "Algorithm", algorithm);
    nx_xml_end(w);
}

static void put_reference(nx_xml_writer *w, const char *uri, nx_span digest)
{
    nx_xml_begin(w, NX_NS_DS, "Reference");
    nx_xml_put_attr(w, "URI", uri);
    nx_xml_begin(w, NX_NS_DS, "Transforms");
    put_method(w, "Transform", ENVELOPED);
    put_method(w, "Transform", nx_ns_uri(NX_NS_EC));
    nx_xml_end(w);
    put_method(w, "DigestMethod", SHA256);
    nx_xml_begin(w, NX_NS_DS, "DigestValue");
    nx_xml_put_base64(w, digest);
    nx_xml_end(w);
    nx_xml_end(w);
}

/* XMLDSig core 4.4: what is signed. */
static nx_result write_signed_info(nx_span *out, nx_arena *a, nx_xml_sigalg alg, const char *id,
                                   nx_span document)
{
    uint8_t digest[NX_SHA256_LEN];
    NX_TRY(nx_sha256(digest, document));
    char *uri = nx_arena_printf(a, "#%s", id);
    NX_NEED(uri);
    nx_xml_writer *w = nx_xml_writer_new(a, SIGNATURE_MAX);
    nx_xml_begin(w, NX_NS_DS, "SignedInfo");
    put_method(w, "CanonicalizationMethod", nx_ns_uri(NX_NS_EC));
    put_method(w, "SignatureMethod", nx_xml_sigalg_uri(alg));
    put_reference(w, uri, nx_span_of(digest, sizeof digest));
    nx_xml_end(w);
    return nx_xml_done(out, w);
}

static void put_certificate(nx_xml_writer *w, const char *certificate)
{
    if (!certificate) return;
    nx_xml_begin(w, NX_NS_DS, "KeyInfo");
    nx_xml_begin(w, NX_NS_DS, "X509Data");
    nx_xml_put(w, NX_NS_DS, "X509Certificate", certificate);
    nx_xml_end(w);
    nx_xml_end(w);
}

static nx_result write_signature(nx_span *out, nx_arena *a, uint32_t declared, nx_span signed_info,
                                 const struct nx_xml_signer *signer)
{
    uint8_t signature[NX_SIGNATURE_MAX];
    size_t n;
    NX_TRY(signer->sign(signer->ctx, signature, &n, signed_info));
    nx_xml_writer *w = nx_xml_writer_inside(a, SIGNATURE_MAX, declared);
    nx_xml_begin(w, NX_NS_DS, "Signature");
    nx_xml_put_element(w, signed_info);
    nx_xml_begin(w, NX_NS_DS, "SignatureValue");
    nx_xml_put_base64(w, nx_span_of(signature, n));
    nx_xml_end(w);
    put_certificate(w, signer->certificate);
    nx_xml_end(w);
    return nx_xml_done(out, w);
}

NX_FALLIBLE nx_xml_sign(nx_span *out, nx_arena *a, nx_xml_writer *w, const struct nx_xml_signer *signer)
{
    nx_span document, signed_info, signature;
    NX_TRY(nx_xml_done(&document, w));
    NX_REQUIRE(w->place && w->root_id, NX_ERR_INTERNAL);
    NX_TRY(write_signed_info(&signed_info, a, signer->alg, w->root_id, document));
    NX_TRY(write_signature(&signature, a, w->place_declared, signed_info, signer));
    NX_REQUIRE(document.n + signature.n <= w->out.max, NX_ERR_LIMIT);
    uint8_t *whole = nx_arena_alloc(a, document.n + signature.n);
    NX_NEED(whole);
    memcpy(whole, document.p, w->place);
    memcpy(whole + w->place, signature.p, signature.n);
    memcpy(whole + w->place + signature.n, document.p + w->place, document.n - w->place);
    *out = nx_span_of(whole, document.n + signature.n);
    return NX_OK;
}
