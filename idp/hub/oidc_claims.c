#include "hub/oidc_claims.h"

#include "crypto/jwe.h"

#define CLAIM_MAX 512
#define AUTH_TIME_MAX 1e11

/* The row's name of a claim, or the standard's (OpenID Connect Core 5.1). */
static const char *claim(const struct nx_oidc_row *row, const json_t *claims, const char *field)
{
    const char *name = nx_json_str(nx_json_object(row->upstream->config, "claims"), field);
    return nx_json_str(claims, name ? name : field);
}

static nx_result text(const char **out, nx_arena *a, const char *value)
{
    *out = NULL;
    if (!value || !*value || strlen(value) > CLAIM_MAX) return NX_OK;
    NX_NEED(*out = nx_arena_strdup(a, value));
    return NX_OK;
}

static nx_result read_person(struct nx_identity_person *p, nx_arena *a, const struct nx_oidc_row *row,
                             const json_t *claims)
{
    const struct {
        const char *field;
        const char **out;
    } fields[] = {
        {"name", &p->name},           {"family_name", &p->family_name}, {"middle_name", &p->middle_name},
        {"given_name", &p->given_name}, {"birthdate", &p->birthdate},   {"gender", &p->gender},
        {"email", &p->email},         {"phone_number", &p->phone},      {"locale", &p->locale},
        {"national_id", &p->national_id},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        NX_TRY(text(fields[i].out, a, claim(row, claims, fields[i].field)));
    const char *kind = nx_json_str(row->upstream->config, "person_kind");
    p->kind = NX_CITIZEN;
    return kind ? nx_person_kind_of(&p->kind, nx_span_str(kind)) : NX_OK;
}

static bool in_map(const struct nx_oidc_row *row, const char *word)
{
    return word && nx_json_str(nx_json_object(row->upstream->config, "levels"), word) != NULL;
}

/* The highest that acr and the values of amr are worth; a word that the map does not have adds nothing. */
static enum nx_level level_of(nx_arena *a, const struct nx_oidc_row *row, const json_t *claims)
{
    const char *acr = nx_json_str(claims, "acr");
    const json_t *amr = nx_json_array(claims, "amr");
    enum nx_level best = nx_hub_level(row->upstream, acr);
    for (size_t i = 0; i < json_array_size(amr); i++) {
        const char *value = json_string_value(json_array_get(amr, i));
        const char *word = value ? nx_arena_printf(a, "amr:%s", value) : NULL;
        enum nx_level level = in_map(row, word) ? nx_hub_level(row->upstream, word) : NX_LEVEL_NONE;
        if (level > best) best = level;
    }
    return best;
}

/* When she signed in there: a provider's session may be hours old. 0: it does not say. */
static nx_time auth_time(const json_t *claims)
{
    double at = json_number_value(json_object_get(claims, "auth_time"));
    return at > 0 && at < AUTH_TIME_MAX ? (nx_time)at : 0;
}

NX_FALLIBLE nx_oidc_identity(struct nx_identity *out, nx_arena *a, const struct nx_oidc_row *row, const json_t *claims)
{
    NX_REQUIRE(!row->require_acr || in_map(row, nx_json_str(claims, "acr")), NX_ERR_UPSTREAM_ACR);
    out->upstream = row->upstream;
    out->means = NX_MEANS_UPSTREAM;
    out->level = level_of(a, row, claims);
    out->at = auth_time(claims);
    NX_TRY(text(&out->subject, a, nx_json_str(claims, "sub")));
    NX_TRY(text(&out->session, a, nx_json_str(claims, "sid")));
    return read_person(&out->person, a, row, claims);
}

/* Five parts are an encrypted token (RFC 7516 section 7.1), three a signed one. */
static size_t dots(nx_span token)
{
    size_t n = 0;
    for (size_t i = 0; i < token.n; i++)
        n += token.p[i] == '.';
    return n;
}

NX_FALLIBLE nx_oidc_open(nx_span *out, struct nx_house *house, nx_arena *a, const struct nx_oidc_row *row,
                         nx_span token)
{
    NX_REQUIRE((dots(token) == 4) == row->encrypted, NX_ERR_UPSTREAM_FORM);
    *out = token;
    if (!row->encrypted) return NX_OK;
    nx_result r = nx_jwe_open(out, a, house->keyring, row->encryption, token);
    if (nx_ok(r) || nx_err_fault(r.e) == NX_FAULT_OURS) return r;
    bool form = r.e == NX_ERR_JWE_FORM || r.e == NX_ERR_LIMIT;
    NX_FAIL(form ? NX_ERR_UPSTREAM_FORM : NX_ERR_UPSTREAM_SIGNATURE);
}
