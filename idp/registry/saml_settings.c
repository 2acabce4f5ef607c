/* What an operator settles for a peer, as a JSON object of known members. */
#include "registry/saml_entity_pack.h"
#include "registry/strings.h"

#define CLAIMS_MAX 64
#define CLAIM_NAME_MAX 64

static const char *const encrypt_words[] = {"auto", "always", "never"};
static const char *const sign_words[] = {"rsa", "ec"};
static const char *const signed_words[] = {"both", "assertion"};
#define WORDS(list) (list), sizeof(list) / sizeof((list)[0])

static int word_of(const char *const *words, size_t n, const char *s)
{
    for (size_t i = 0; s && i < n; i++)
        if (strcmp(words[i], s) == 0) return (int)i;
    return -1;
}

static bool boolean_ok(const json_t *v)
{
    return json_is_boolean(v);
}

static bool encrypt_ok(const json_t *v)
{
    return word_of(WORDS(encrypt_words), json_string_value(v)) >= 0;
}

static bool sign_ok(const json_t *v)
{
    return word_of(WORDS(sign_words), json_string_value(v)) >= 0;
}

static bool signed_ok(const json_t *v)
{
    return word_of(WORDS(signed_words), json_string_value(v)) >= 0;
}

static bool cap_ok(const json_t *v)
{
    return json_is_integer(v) && json_integer_value(v) >= 0 && json_integer_value(v) <= 4;
}

static bool claims_ok(const json_t *v)
{
    if (!json_is_array(v) || json_array_size(v) > CLAIMS_MAX) return false;
    for (size_t i = 0; i < json_array_size(v); i++) {
        nx_span name = nx_span_str(json_string_value(json_array_get(v, i)));
        if (name.n == 0 || name.n > CLAIM_NAME_MAX || !nx_ascii_printable(name)) return false;
    }
    return true;
}

static const struct {
    const char *member;
    bool (*ok)(const json_t *v);
} rows[] = {
    {"idp_initiated", boolean_ok}, {"encrypt", encrypt_ok}, {"sign", sign_ok},
    {"cap", cap_ok},               {"claims", claims_ok},   {"signed", signed_ok},
};

NX_FALLIBLE nx_saml_settings_check(const json_t *settings, const char **member)
{
    void *i = json_object_iter((json_t *)(uintptr_t)settings);
    for (; i; i = json_object_iter_next((json_t *)(uintptr_t)settings, i)) {
        size_t row = 0, n = sizeof rows / sizeof rows[0];
        *member = json_object_iter_key(i);
        while (row < n && strcmp(rows[row].member, *member) != 0)
            row++;
        NX_REQUIRE(row < n, NX_ERR_UNKNOWN);
        NX_REQUIRE(rows[row].ok(json_object_iter_value(i)), NX_ERR_RANGE);
    }
    *member = NULL;
    return NX_OK;
}

NX_FALLIBLE nx_saml_settings_parse(struct nx_saml_settings *out, nx_arena *a, const char *json)
{
    NX_AUTO_JSON o = NULL;
    NX_TRY(nx_json_parse_object(&o, nx_span_str(json)));
    int encrypt = word_of(WORDS(encrypt_words), nx_json_str(o, "encrypt"));
    int sign = word_of(WORDS(sign_words), nx_json_str(o, "sign"));
    int parts = word_of(WORDS(signed_words), nx_json_str(o, "signed"));
    out->idp_initiated = nx_json_bool(o, "idp_initiated", false);
    out->encrypt = encrypt > 0 ? (enum nx_saml_encrypt)encrypt : NX_SAML_ENCRYPT_AUTO;
    out->sign = sign > 0 ? (enum nx_saml_sign)sign : NX_SAML_SIGN_RSA;
    out->parts = parts > 0 ? (enum nx_saml_signed)parts : NX_SAML_SIGNED_BOTH;
    out->cap = (int)nx_json_int(o, "cap", 0);
    const json_t *claims = nx_json_array(o, "claims");
    out->claims_listed = claims != NULL;
    return nx_strings_of_json(&out->claims, a, claims);
}
