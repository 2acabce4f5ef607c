/* Choosing from what the metadata says. */
#include "saml/entity.h"

const struct nx_saml_endpoint *nx_saml_endpoint_default(const struct nx_saml_endpoints *list)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i].is_default) return &list->v[i];
    return list->n > 0 ? &list->v[0] : NULL;
}

const struct nx_saml_endpoint *nx_saml_endpoint_at(const struct nx_saml_endpoints *list, nx_span location,
                                                   const enum nx_saml_binding *binding)
{
    for (size_t i = 0; i < list->n; i++)
        if (nx_span_eq_str(location, list->v[i].location) && (!binding || list->v[i].binding == (int)*binding))
            return &list->v[i];
    return NULL;
}

const struct nx_saml_endpoint *nx_saml_endpoint_by(const struct nx_saml_endpoints *list,
                                                   enum nx_saml_binding binding)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i].binding == (int)binding) return &list->v[i];
    return NULL;
}

const struct nx_saml_key *nx_saml_key_for(const nx_saml_entity *e, unsigned use, size_t i)
{
    for (size_t k = 0; k < e->key_count; k++)
        if ((e->key[k].uses & use) && i-- == 0) return &e->key[k];
    return NULL;
}

const struct nx_saml_key *nx_saml_key_encrypting(const nx_saml_entity *e)
{
    const struct nx_saml_key *k;
    for (size_t i = 0; (k = nx_saml_key_for(e, NX_SAML_FOR_ENCRYPTION, i)); i++)
        if (EVP_PKEY_is_a(k->key, "RSA")) return k;
    return NULL;
}
