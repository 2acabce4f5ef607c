#include "xml/encrypt.h"

#include "crypto/random.h"
#include "xml/cipher.h"
#include "xml/oaep.h"

static const struct {
    const char *uri;
    const char *name;       /* of the digest, for OpenSSL */
    const char *digest_uri; /* stated, though for mgf1p it would be the default: peers have read it wrongly */
    const char *mask_uri;   /* NULL: the method has its own */
} oaeps[] = {
    [NX_XML_OAEP_MGF1P] = {NX_XML_OAEP_MGF1P_URI, "SHA1", "http://www.w3.org/2000/09/xmldsig#sha1", NULL},
    [NX_XML_OAEP_SHA256] = {NX_XML_OAEP_URI, "SHA256", "http://www.w3.org/2001/04/xmlenc#sha256",
                            "http://www.w3.org/2009/xmlenc11#mgf1sha256"},
};

static void put_algorithm(nx_xml_writer *w, nx_ns ns, const char *name, const char *uri)
{
    nx_xml_begin(w, ns, name);
    nx_xml_put_attr(w, "Algorithm", uri);
    nx_xml_end(w);
}

static void put_cipher_data(nx_xml_writer *w, nx_span bytes)
{
    nx_xml_begin(w, NX_NS_XENC, "CipherData");
    nx_xml_begin(w, NX_NS_XENC, "CipherValue");
    nx_xml_put_base64(w, bytes);
    nx_xml_end(w);
    nx_xml_end(w);
}

static void put_wrapped(nx_xml_writer *w, nx_xml_oaep oaep, nx_span wrapped)
{
    nx_xml_begin(w, NX_NS_DS, "KeyInfo");
    nx_xml_begin(w, NX_NS_XENC, "EncryptedKey");
    nx_xml_begin(w, NX_NS_XENC, "EncryptionMethod");
    nx_xml_put_attr(w, "Algorithm", oaeps[oaep].uri);
    put_algorithm(w, NX_NS_DS, "DigestMethod", oaeps[oaep].digest_uri);
    if (oaeps[oaep].mask_uri) put_algorithm(w, NX_NS_XENC11, "MGF", oaeps[oaep].mask_uri);
    nx_xml_end(w);
    put_cipher_data(w, wrapped);
    nx_xml_end(w);
    nx_xml_end(w);
}

/* A fresh key for this one content; both come back sealed. */
static nx_result seal(nx_span *wrapped, nx_span *sealed, nx_arena *a, const struct nx_xml_recipient *to,
                      nx_span element)
{
    const struct nx_xml_cipher_row *row = nx_xml_cipher_row(to->cipher);
    NX_AUTO_SECRET(key);
    size_t room = row->iv + element.n + row->tag, n;
    uint8_t *content = nx_arena_alloc(a, room), *key_room = nx_arena_alloc(a, NX_SECRET_MAX);
    NX_NEED(content);
    NX_NEED(key_room);
    NX_TRY(nx_random(key.bytes, row->key));
    key.n = row->key;
    NX_TRY(nx_xml_wrap(key_room, &n, to->key, oaeps[to->oaep].name, nx_secret_expose(&key)));
    NX_TRY(nx_xml_cipher_seal(content, row, nx_secret_expose(&key), element));
    *wrapped = nx_span_of(key_room, n);
    *sealed = nx_span_of(content, room);
    return NX_OK;
}

NX_FALLIBLE nx_xml_encrypt(nx_xml_writer *w, nx_arena *a, const struct nx_xml_recipient *to, nx_span element)
{
    nx_span wrapped, sealed;
    NX_TRY(seal(&wrapped, &sealed, a, to, element));
    nx_xml_begin(w, NX_NS_XENC, "EncryptedData");
    nx_xml_put_attr(w, "Type", NX_XML_ELEMENT_URI);
    put_algorithm(w, NX_NS_XENC, "EncryptionMethod", nx_xml_cipher_row(to->cipher)->uri);
    put_wrapped(w, to->oaep, wrapped);
    put_cipher_data(w, sealed);
    nx_xml_end(w);
    return NX_OK;
}
