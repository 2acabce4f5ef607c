/* The key may stand inside of the EncryptedData (its KeyInfo) or beside it (SAML core 2.2.4), once for each
 * recipient. Every one that we could unwrap is tried with every key of ours. */
#include "xml/encrypt.h"

#include "crypto/random.h"
#include "xml/cipher.h"

#define WRAPPED_MAX 2                        /* EncryptedKeys that are looked at */
#define ARENA_MAX (8 * nx_xml_message.bytes) /* base64, cipher text and plain text of one message */

struct wrapped {
    const char *digest, *mask; /* NULL: not a method that we take */
    nx_span bytes;
};

struct sealed {
    const struct nx_xml_cipher_row *cipher;
    nx_span content;
    struct wrapped keys[WRAPPED_MAX];
    size_t count;
};

/* ---- form
 * -------------------------------------------------------------------------------------------------------- */

static const char *algorithm_of(const nx_xml_node *e)
{
    const char *uri = e ? nx_xml_attr(e, "Algorithm") : NULL;
    return uri ? uri : "";
}

static nx_result only(const nx_xml_node **out, const nx_xml_node *e, nx_ns ns, const char *name)
{
    NX_REQUIRE(nx_ok(nx_xml_only(out, e, ns, name)), NX_ERR_XML_ENCRYPTED_FORM);
    return NX_OK;
}

/* CipherReference would have us fetch something. */
static nx_result read_cipher_value(nx_span *out, nx_arena *a, const nx_xml_node *e)
{
    const nx_xml_node *data, *value;
    NX_TRY(only(&data, e, NX_NS_XENC, "CipherData"));
    NX_TRY(only(&value, data, NX_NS_XENC, "CipherValue"));
    nx_result r = nx_xml_base64(out, a, value, nx_xml_message.bytes);
    NX_REQUIRE(nx_ok(r) || r.e == NX_ERR_MEMORY, NX_ERR_XML_ENCRYPTED_FORM);
    return r;
}

/* Sets the digests of a method that we take. A label (OAEPparams) has no use here and none is issued. */
static void read_method(struct wrapped *k, const nx_xml_node *method)
{
    const nx_xml_node *digest = nx_xml_child(method, NX_NS_DS, "DigestMethod");
    const nx_xml_node *mask = nx_xml_child(method, NX_NS_XENC11, "MGF");
    bool plain = strcmp(algorithm_of(method), NX_XML_OAEP_MGF1P_URI) == 0;
    bool full = strcmp(algorithm_of(method), NX_XML_OAEP_URI) == 0;
    if ((!plain && !full) || nx_xml_child(method, NX_NS_XENC, "OAEPparams")) return;
    k->digest = digest ? nx_xml_oaep_digest_of(algorithm_of(digest)) : "SHA1";
    k->mask = full && mask ? nx_xml_mgf1_digest_of(algorithm_of(mask)) : "SHA1";
}

static nx_result read_keys(struct sealed *s, nx_arena *a, const nx_xml_node *around)
{
    const nx_xml_node *method, *e = nx_xml_child(around, NX_NS_XENC, "EncryptedKey");
    for (; e; e = nx_xml_again(e)) {
        struct wrapped k = {.digest = NULL};
        NX_TRY(only(&method, e, NX_NS_XENC, "EncryptionMethod"));
        read_method(&k, method);
        if (!k.digest || !k.mask) continue;
        NX_REQUIRE(s->count < WRAPPED_MAX, NX_ERR_XML_ENCRYPTED_FORM);
        NX_TRY(read_cipher_value(&k.bytes, a, e));
        s->keys[s->count++] = k;
    }
    return NX_OK;
}

static nx_result read_cipher(struct sealed *s, const nx_xml_node *data, bool allow_cbc)
{
    const nx_xml_node *method;
    NX_TRY(only(&method, data, NX_NS_XENC, "EncryptionMethod"));
    s->cipher = nx_xml_cipher_of(algorithm_of(method));
    NX_REQUIRE(s->cipher && (s->cipher->tag || allow_cbc), NX_ERR_XML_ALGORITHM);
    return NX_OK;
}

static nx_result read_sealed(struct sealed *s, nx_arena *a, const nx_xml_node *encrypted, bool allow_cbc)
{
    const nx_xml_node *data, *info;
    NX_TRY(only(&data, encrypted, NX_NS_XENC, "EncryptedData"));
    const char *type = nx_xml_attr(data, "Type");
    NX_REQUIRE(!type || strcmp(type, NX_XML_ELEMENT_URI) == 0, NX_ERR_XML_ENCRYPTED_FORM);
    NX_TRY(read_cipher(s, data, allow_cbc));
    NX_TRY(read_cipher_value(&s->content, a, data));
    info = nx_xml_child(data, NX_NS_DS, "KeyInfo");
    if (info) NX_TRY(read_keys(s, a, info));
    NX_TRY(read_keys(s, a, encrypted));
    NX_REQUIRE(s->count > 0, NX_ERR_XML_ALGORITHM);
    return NX_OK;
}

/* ---- opening
 * ----------------------------------------------------------------------------------------------------- */

/* The content key, or a random one where it does not come out: what follows is the same, and fails the same
 * way. */
static nx_result unwrap(nx_secret *key, const struct sealed *s, const struct wrapped *k,
                        const struct nx_xml_unwrapper *by)
{
    NX_AUTO_SECRET(found);
    NX_TRY(nx_random(key->bytes, s->cipher->key));
    key->n = s->cipher->key;
    nx_result r = by->unwrap(by->ctx, &found, k->digest, k->mask, k->bytes);
    if (nx_ok(r) && found.n == key->n) memcpy(key->bytes, found.bytes, key->n);
    return NX_OK;
}

static nx_result open_with(nx_xml_doc **out, nx_arena *a, const struct sealed *s, const nx_secret *key)
{
    size_t n;
    uint8_t *plain = nx_arena_alloc(a, s->content.n);
    NX_NEED(plain);
    NX_TRY(nx_xml_cipher_open(plain, &n, s->cipher, nx_secret_expose(key), s->content));
    nx_result r = nx_xml_parse(out, nx_span_of(plain, n), &nx_xml_message);
    NX_REQUIRE(nx_ok(r), r.e == NX_ERR_MEMORY ? NX_ERR_MEMORY : NX_ERR_XML_DECRYPT);
    return NX_OK;
}

static nx_result try_one(nx_xml_doc **out, const struct sealed *s, const struct wrapped *k,
                         const struct nx_xml_unwrapper *by)
{
    NX_AUTO_SECRET(key);
    NX_AUTO(nx_arena) a = nx_arena_open(ARENA_MAX);
    NX_NEED(a);
    NX_TRY(unwrap(&key, s, k, by));
    return open_with(out, a, s, &key);
}

NX_FALLIBLE nx_xml_decrypt(nx_xml_doc **out, const nx_xml_node *encrypted,
                           const struct nx_xml_opening *opening)
{
    struct sealed s = {.count = 0};
    NX_REQUIRE(opening->n <= NX_XML_UNWRAPPERS_MAX, NX_ERR_INTERNAL);
    NX_AUTO(nx_arena) a = nx_arena_open(ARENA_MAX);
    NX_NEED(a);
    NX_TRY(read_sealed(&s, a, encrypted, opening->allow_cbc));
    nx_result r = {NX_ERR_XML_DECRYPT};
    for (size_t i = 0; i < s.count * opening->n && r.e == NX_ERR_XML_DECRYPT; i++)
        r = try_one(out, &s, &s.keys[i / opening->n], &opening->v[i % opening->n]);
    return r;
}
