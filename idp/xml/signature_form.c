/* Whatever is not one of the few known children in the known order is refused before any library acts on it:
 * an attacker's freedom in XML signatures is in what a general verifier would allow besides. */
#include "xml/signature_form.h"

#define ENVELOPED "http://www.w3.org/2000/09/xmldsig#enveloped-signature"

static const char *const digests[] = {
    "http://www.w3.org/2001/04/xmlenc#sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512",
};

static bool is_ds(const nx_xml_node *e, const char *name)
{
    return nx_xml_is(e, NX_NS_DS, name);
}

static const char *algorithm_of(const nx_xml_node *e)
{
    const char *value = nx_xml_attr(e, "Algorithm");
    return value ? value : "";
}

/* Exclusive canonicalisation without comments, with at most its one parameter. */
static bool is_exclusive(const nx_xml_node *e)
{
    const nx_xml_node *parameter = nx_xml_first(e);
    return strcmp(algorithm_of(e), nx_ns_uri(NX_NS_EC)) == 0 &&
           (!parameter || (nx_xml_is(parameter, NX_NS_EC, "InclusiveNamespaces") && !nx_xml_next(parameter)));
}

static bool is_enveloped(const nx_xml_node *e)
{
    return strcmp(algorithm_of(e), ENVELOPED) == 0 && !nx_xml_first(e);
}

/* SAML core 5.4.4, and both, and in this order. */
static nx_result check_transforms(const nx_xml_node *transforms)
{
    const nx_xml_node *enveloped = nx_xml_first(transforms);
    NX_REQUIRE(is_ds(enveloped, "Transform") && is_enveloped(enveloped), NX_ERR_XML_TRANSFORM);
    const nx_xml_node *exclusive = nx_xml_next(enveloped);
    NX_REQUIRE(is_ds(exclusive, "Transform") && is_exclusive(exclusive), NX_ERR_XML_TRANSFORM);
    NX_REQUIRE(!nx_xml_next(exclusive), NX_ERR_XML_TRANSFORM);
    return NX_OK;
}

static nx_result check_digest(const nx_xml_node *method)
{
    NX_REQUIRE(!nx_xml_first(method), NX_ERR_XML_ALGORITHM);
    for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++)
        if (strcmp(algorithm_of(method), digests[i]) == 0) return NX_OK;
    NX_FAIL(NX_ERR_XML_ALGORITHM);
}

/* SAML core 5.4.2: the reference is to the ID of the element that the signature stands in. An empty URI would
 * mean the whole document, a Type could mean a manifest. */
static nx_result check_reference(const nx_xml_node *reference, const nx_xml_node *element)
{
    const char *uri = nx_xml_attr(reference, "URI"), *id = nx_xml_attr(element, "ID");
    NX_REQUIRE(uri && id && uri[0] == '#' && *id, NX_ERR_XML_REFERENCE);
    NX_REQUIRE(strcmp(uri + 1, id) == 0, NX_ERR_XML_REFERENCE);
    NX_REQUIRE(!nx_xml_attr(reference, "Type"), NX_ERR_XML_REFERENCE);
    const nx_xml_node *transforms = nx_xml_first(reference);
    NX_REQUIRE(is_ds(transforms, "Transforms"), NX_ERR_XML_TRANSFORM);
    NX_TRY(check_transforms(transforms));
    const nx_xml_node *method = nx_xml_next(transforms);
    NX_REQUIRE(is_ds(method, "DigestMethod"), NX_ERR_XML_SIGNATURE_FORM);
    NX_TRY(check_digest(method));
    const nx_xml_node *value = nx_xml_next(method);
    NX_REQUIRE(is_ds(value, "DigestValue") && !nx_xml_next(value), NX_ERR_XML_SIGNATURE_FORM);
    return NX_OK;
}

/* A parameter of the method (a length of HMAC, a digest of PSS) is of an algorithm that has no row. */
static nx_result check_method(nx_xml_sigalg *alg, const nx_xml_node *method)
{
    *alg = nx_xml_sigalg_of(nx_span_str(algorithm_of(method)));
    NX_REQUIRE(*alg != NX_XML_SIGALG_NONE && !nx_xml_first(method), NX_ERR_XML_ALGORITHM);
    return NX_OK;
}

static nx_result check_signed_info(nx_xml_sigalg *alg, const nx_xml_node *info, const nx_xml_node *element)
{
    const nx_xml_node *canonical = nx_xml_first(info);
    NX_REQUIRE(is_ds(canonical, "CanonicalizationMethod"), NX_ERR_XML_SIGNATURE_FORM);
    NX_REQUIRE(is_exclusive(canonical), NX_ERR_XML_TRANSFORM);
    const nx_xml_node *method = nx_xml_next(canonical);
    NX_REQUIRE(is_ds(method, "SignatureMethod"), NX_ERR_XML_SIGNATURE_FORM);
    NX_TRY(check_method(alg, method));
    const nx_xml_node *reference = nx_xml_next(method);
    NX_REQUIRE(is_ds(reference, "Reference") && !nx_xml_next(reference), NX_ERR_XML_REFERENCE);
    return check_reference(reference, element);
}

/* Nothing but SignedInfo, SignatureValue and KeyInfo: an Object could hold what was signed, out of sight. */
static nx_result check_children(const nx_xml_node **info, const nx_xml_node *signature)
{
    *info = nx_xml_first(signature);
    NX_REQUIRE(is_ds(*info, "SignedInfo"), NX_ERR_XML_SIGNATURE_FORM);
    const nx_xml_node *value = nx_xml_next(*info);
    NX_REQUIRE(is_ds(value, "SignatureValue") && !nx_xml_first(value), NX_ERR_XML_SIGNATURE_FORM);
    const nx_xml_node *key = nx_xml_next(value);
    NX_REQUIRE(!key || (is_ds(key, "KeyInfo") && !nx_xml_next(key)), NX_ERR_XML_SIGNATURE_FORM);
    return NX_OK;
}

NX_FALLIBLE nx_xml_signature_check(struct nx_xml_signature_form *out, const nx_xml_node *element)
{
    const nx_xml_node *info, *signature = nx_xml_child(element, NX_NS_DS, "Signature");
    NX_REQUIRE(signature, NX_ERR_XML_UNSIGNED);
    NX_REQUIRE(!nx_xml_again(signature), NX_ERR_XML_SIGNATURE_FORM);
    NX_TRY(check_children(&info, signature));
    NX_TRY(check_signed_info(&out->alg, info, element));
    out->signature = signature;
    return NX_OK;
}
