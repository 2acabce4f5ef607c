/* Encrypted elements (XML Encryption 1.1, SAML core 2.2.4 and 6): saml:EncryptedAssertion, EncryptedID,
 * EncryptedAttribute and samlp:NewEncryptedID.
 *
 * Issued: AES-GCM for the content, RSA-OAEP for its key. Taken: the same, and AES-CBC only where the caller
 * allows it for one old peer. RSA PKCS#1 v1.5 key transport has no code. Whatever goes wrong between the
 * unwrapping of the key and the end of the parsed plain text is one error, NX_ERR_XML_DECRYPT; a key that
 * does not unwrap is replaced by a random one and fails where a wrong one would. AES-CBC has no integrity: a
 * signature inside must be verified before anything of the content is used.
 *
 * Encryption is not authentication: anybody can encrypt to us. What was decrypted is verified like what was
 * never encrypted. */
#ifndef NX_XML_ENCRYPT_H
#define NX_XML_ENCRYPT_H

#include "base/secret.h"
#include "xml/reader.h"
#include "xml/sigalg.h"
#include "xml/writer.h"

typedef enum nx_xml_cipher { NX_XML_AES256_GCM, NX_XML_AES128_GCM } nx_xml_cipher;

typedef enum nx_xml_oaep {
    NX_XML_OAEP_MGF1P, /* xmlenc#rsa-oaep-mgf1p with SHA-1, what every peer knows */
    NX_XML_OAEP_SHA256 /* xmlenc11#rsa-oaep with SHA-256 twice */
} nx_xml_oaep;

struct nx_xml_recipient {
    const nx_xml_key *key; /* RSA */
    nx_xml_cipher cipher;
    nx_xml_oaep oaep;
};

/* Writes the element, encrypted, into an open element of w: xenc:EncryptedData with the wrapped key in its
 * KeyInfo. element is a whole one of another writer. NX_ERR_XML_KEY when the key is not RSA. */
NX_FALLIBLE nx_xml_encrypt(nx_xml_writer *w, nx_arena *a, const struct nx_xml_recipient *to, nx_span element);

/* A private key that unwraps. */
struct nx_xml_unwrapper {
    /* RSA-OAEP with the digests named ("SHA1", "SHA256"…). Any failure is any error. */
    nx_result (*unwrap)(void *ctx, nx_secret *out, const char *digest, const char *mgf1_digest,
                        nx_span wrapped);
    void *ctx;
};
/* By an RSA private key as ctx (EVP_PKEY *, borrowed). */
nx_result nx_xml_unwrap_evp(void *ctx, nx_secret *out, const char *digest, const char *mgf1_digest,
                            nx_span wrapped);

#define NX_XML_UNWRAPPERS_MAX 4 /* private keys of ours at a time: the present one and those before it */

struct nx_xml_opening {
    const struct nx_xml_unwrapper *v;
    size_t n;
    bool allow_cbc; /* AES-CBC, for a peer that has nothing newer */
};

/* encrypted is the element around xenc:EncryptedData. *out is owned and holds the element that was encrypted,
 * parsed by the rules of messages. NX_ERR_XML_ENCRYPTED_FORM, NX_ERR_XML_ALGORITHM, NX_ERR_XML_DECRYPT. */
NX_FALLIBLE nx_xml_decrypt(nx_xml_doc **out, const nx_xml_node *encrypted,
                           const struct nx_xml_opening *opening);

#endif
