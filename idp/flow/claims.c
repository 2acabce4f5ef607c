#include "flow/claims.h"

#include "house/house.h"
#include "registry/identifier.h"
#include "registry/person.h"

#define BIT(claim) (1u << (claim))
_Static_assert(NX_CLAIMS < 32, "a set of claims is a word");

static const struct {
    const char *name;
    const char *scope;
} rows[NX_CLAIMS] = {
#define C(name, scope) {#name, (scope)},
#include "flow/claims.def"
#undef C
};

const char *nx_claim_name(enum nx_claim claim)
{
    return rows[claim].name;
}

const char *nx_claim_scope(enum nx_claim claim)
{
    return rows[claim].scope;
}

uint32_t nx_claim_bit(const char *name)
{
    for (int i = 0; i < NX_CLAIMS; i++)
        if (strcmp(rows[i].name, name) == 0) return BIT(i);
    return 0;
}

uint32_t nx_claims_of_scopes(const struct nx_words *scopes)
{
    uint32_t mask = 0;
    for (int i = 0; i < NX_CLAIMS; i++)
        if (nx_words_has(scopes, rows[i].scope)) mask |= BIT(i);
    return mask;
}

/* The lowest of our levels among value and values: any of them satisfies. */
static enum nx_level lowest_acr(const json_t *want)
{
    enum nx_level lowest = nx_level_of_acr(nx_span_str(nx_json_str(want, "value")));
    const json_t *values = nx_json_array(want, "values");
    size_t i;
    json_t *v;
    json_array_foreach(values, i, v)
    {
        enum nx_level level = nx_level_of_acr(nx_span_str(json_string_value(v)));
        if (level != NX_LEVEL_NONE && (lowest == NX_LEVEL_NONE || level < lowest)) lowest = level;
    }
    return lowest;
}

static NX_FALLIBLE ask_member(struct nx_claims_ask *ask, nx_arena *a, const char *name, const json_t *want)
{
    if (strcmp(name, "acr") == 0 && json_is_object(want)) {
        bool essential = nx_json_bool(want, "essential", false);
        bool named = nx_json_str(want, "value") || nx_json_array(want, "values");
        ask->acr = lowest_acr(want);
        ask->acr_essential = essential && ask->acr != NX_LEVEL_NONE;
        ask->acr_unknown = essential && named && ask->acr == NX_LEVEL_NONE;
    }
    if (strcmp(name, "sub") == 0 && nx_json_str(want, "value")) {
        ask->sub = nx_arena_strdup(a, nx_json_str(want, "value"));
        NX_NEED(ask->sub);
    }
    return NX_OK;
}

static NX_FALLIBLE place(uint32_t *mask, uint32_t *essential, struct nx_claims_ask *ask, nx_arena *a,
                         json_t *object)
{
    const char *name;
    json_t *want;
    json_object_foreach(object, name, want)
    {
        NX_REQUIRE(json_is_null(want) || json_is_object(want), NX_ERR_REQUEST);
        *mask |= nx_claim_bit(name);
        if (nx_json_bool(want, "essential", false)) *essential |= nx_claim_bit(name);
        NX_TRY(ask_member(ask, a, name, want));
    }
    return NX_OK;
}

NX_FALLIBLE nx_claims_parameter(struct nx_claims *c, struct nx_claims_ask *ask, nx_arena *a, const char *json)
{
    NX_REQUIRE(strlen(json) <= NX_CLAIMS_PARAMETER_MAX, NX_ERR_REQUEST);
    NX_AUTO_JSON top = NULL;
    NX_REQUIRE(nx_ok(nx_json_parse_object(&top, nx_span_str(json))), NX_ERR_REQUEST);
    json_t *ui = json_object_get(top, "userinfo"), *id = json_object_get(top, "id_token");
    NX_REQUIRE(!ui || json_is_null(ui) || json_is_object(ui), NX_ERR_REQUEST);
    NX_REQUIRE(!id || json_is_null(id) || json_is_object(id), NX_ERR_REQUEST);
    struct nx_claims_ask of_userinfo = {.acr =
                                            NX_LEVEL_NONE}; /* acr of UserInfo is no request for a sign-in */
    NX_TRY(place(&c->userinfo, &c->essential, &of_userinfo, a, ui));
    NX_TRY(place(&c->id_token, &c->essential, ask, a, id));
    if (!ask->sub) ask->sub = of_userinfo.sub;
    return NX_OK;
}

NX_FALLIBLE nx_claims_pack(const char **out, nx_arena *a, const struct nx_claims *c)
{
    *out = nx_arena_printf(a, "%x.%x.%x", c->id_token, c->userinfo, c->essential);
    NX_NEED(*out);
    return NX_OK;
}

/* One set of the three; rows that are no more, or not yet, are dropped. */
static NX_FALLIBLE read_set(uint32_t *mask, nx_span *rest)
{
    nx_span word;
    uint32_t all = 0;
    NX_REQUIRE(nx_span_cut(rest, '.', &word) && word.n > 0 && word.n <= 8, NX_ERR_SYNTAX);
    for (size_t i = 0; i < word.n; i++) {
        const char *digits = "0123456789abcdef", *at = word.p[i] ? strchr(digits, word.p[i]) : NULL;
        NX_REQUIRE(at, NX_ERR_SYNTAX);
        all = all << 4 | (uint32_t)(at - digits);
    }
    *mask = all & (BIT(NX_CLAIMS) - 1);
    return NX_OK;
}

NX_FALLIBLE nx_claims_unpack(struct nx_claims *c, const char *packed)
{
    *c = (struct nx_claims){0};
    if (!packed) return NX_OK;
    nx_span rest = nx_span_str(packed);
    NX_TRY(read_set(&c->id_token, &rest));
    NX_TRY(read_set(&c->userinfo, &rest));
    NX_TRY(read_set(&c->essential, &rest));
    NX_REQUIRE(!rest.p, NX_ERR_SYNTAX);
    return NX_OK;
}

/* jansson's own failures leave a claim out; the object is checked once by whoever dumps it. */
static void text(json_t *o, enum nx_claim claim, uint32_t mask, const char *value)
{
    if ((mask & BIT(claim)) && value && *value) json_object_set_new(o, rows[claim].name, json_string(value));
}

static void profile(json_t *o, const struct nx_person *p, uint32_t mask)
{
    text(o, NX_CLAIM_name, mask, p->name);
    text(o, NX_CLAIM_family_name, mask, p->family_name);
    text(o, NX_CLAIM_given_name, mask, p->given_name);
    text(o, NX_CLAIM_middle_name, mask, p->middle_name);
    text(o, NX_CLAIM_preferred_username, mask, p->user_name);
    text(o, NX_CLAIM_gender, mask, p->gender);
    text(o, NX_CLAIM_birthdate, mask, p->birthdate);
    text(o, NX_CLAIM_locale, mask, p->locale);
    if (mask & BIT(NX_CLAIM_updated_at)) json_object_set_new(o, "updated_at", json_integer(p->updated));
}

static void contact(json_t *o, const struct nx_person *p, uint32_t mask)
{
    text(o, NX_CLAIM_email, mask, p->email);
    if ((mask & BIT(NX_CLAIM_email_verified)) && p->email)
        json_object_set_new(o, "email_verified", json_boolean(p->email_verified));
    text(o, NX_CLAIM_phone_number, mask, p->phone);
    if ((mask & BIT(NX_CLAIM_phone_number_verified)) && p->phone)
        json_object_set_new(o, "phone_number_verified", json_boolean(p->phone_verified));
    if ((mask & BIT(NX_CLAIM_address)) && p->address && *p->address)
        json_object_set_new(o, "address", json_pack("{s:s}", "formatted", p->address));
}

static const struct {
    enum nx_scheme scheme;
    enum nx_claim claim;
} schemes[] = {
    {NX_SCHEME_NATIONAL_ID, NX_CLAIM_national_id},
    {NX_SCHEME_TAX, NX_CLAIM_tax_code},
    {NX_SCHEME_SOCIAL_INSURANCE, NX_CLAIM_social_insurance},
    {NX_SCHEME_HEALTH_INSURANCE, NX_CLAIM_health_insurance},
};
#define CODES                                                                                                \
    (BIT(NX_CLAIM_national_id) | BIT(NX_CLAIM_tax_code) | BIT(NX_CLAIM_social_insurance) |                   \
     BIT(NX_CLAIM_health_insurance))

static NX_FALLIBLE linked_codes(json_t *o, struct nx_house *house, nx_arena *a, const char *person,
                                uint32_t mask)
{
    struct nx_identifier *list;
    size_t n;
    NX_TRY(nx_identifier_list(house->registry, a, person, &list, &n));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sizeof schemes / sizeof schemes[0]; k++)
            if (list[i].scheme == schemes[k].scheme) text(o, schemes[k].claim, mask, list[i].value);
    return NX_OK;
}

NX_FALLIBLE nx_claims_fill(json_t *object, struct nx_house *house, nx_arena *a, const struct nx_person *p,
                           uint32_t mask)
{
    profile(object, p, mask);
    contact(object, p, mask);
    return mask & CODES ? linked_codes(object, house, a, p->id.s, mask) : NX_OK;
}
