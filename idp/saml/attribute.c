#include "saml/attribute.h"

#include "crypto/pairwise.h"
#include "house/house.h"
#include "sessions/status.h"

#define REQUESTED_MAX 64
#define VALUE_MAX 2048

static const struct {
    const char *name;
    const char *friendly;
    const char *claim;
} rows[NX_CLAIMS] = {
#define T(claim, name, friendly) [NX_CLAIM_##claim] = {(name), (friendly), (#claim)},
#include "saml/attribute.def"
#undef T
};

/* ---- what may be told ------------------------------------------------------------------------------------- */

static uint32_t of_names(struct nx_strings names)
{
    uint32_t mask = 0;
    for (size_t i = 0; i < names.n; i++)
        mask |= nx_claim_bit(names.v[i]);
    return mask;
}

static NX_FALLIBLE of_scopes(uint32_t *mask, nx_arena *a, const nx_client *c)
{
    const char **word = nx_arena_new(a, const char *, c->scopes.n);
    NX_NEED(word);
    for (size_t i = 0; i < c->scopes.n; i++)
        word[i] = c->scopes.v[i];
    *mask = nx_claims_of_scopes(&(struct nx_words){.word = word, .count = c->scopes.n});
    return NX_OK;
}

/* The claim of a RequestedAttribute: by our Name for it, or by the claim's own name in any format. */
static uint32_t of_requested(const struct nx_saml_attribute *r)
{
    for (int i = 0; i < NX_CLAIMS; i++)
        if (strcmp(r->name, rows[i].name) == 0 || strcmp(r->name, rows[i].claim) == 0) return 1u << i;
    return 0;
}

NX_FALLIBLE nx_saml_release(struct nx_claims *out, nx_arena *a, const nx_saml_entity *portal, const nx_client *c)
{
    uint32_t allowed, requested = 0, required = 0;
    if (portal->settings.claims_listed)
        allowed = of_names(portal->settings.claims);
    else
        NX_TRY(of_scopes(&allowed, a, c));
    for (size_t i = 0; i < portal->attribute_count; i++) {
        uint32_t bit = of_requested(&portal->attribute[i]);
        requested |= bit;
        if (portal->attribute[i].required) required |= bit;
    }
    *out = (struct nx_claims){.userinfo = portal->attribute_count ? allowed & requested : allowed};
    out->essential = out->userinfo & required;
    return NX_OK;
}

/* ---- writing them ----------------------------------------------------------------------------------------- */

static void begin(nx_xml_writer *w, const char *name, const char *friendly)
{
    nx_xml_begin(w, NX_NS_SAML, "Attribute");
    nx_xml_put_attr(w, "Name", name);
    nx_xml_put_attr(w, "NameFormat", NX_SAML_NAME_URI);
    nx_xml_put_attr(w, "FriendlyName", friendly);
}

static void one(nx_xml_writer *w, const char *name, const char *friendly, const char *value)
{
    if (!value) return;
    begin(w, name, friendly);
    nx_xml_put(w, NX_NS_SAML, "AttributeValue", value);
    nx_xml_end(w);
}

/* RFC 4517 section 3.3.28: lines with '$' between them. */
static const char *postal(nx_arena *a, const char *lines)
{
    nx_buf b;
    nx_buf_init(&b, a, VALUE_MAX);
    for (const char *p = lines; *p; p++)
        switch (*p) {
        case '\n':
            nx_buf_adds(&b, "$");
            break;
        case '$':
            nx_buf_adds(&b, "\\24");
            break;
        case '\\':
            nx_buf_adds(&b, "\\5C");
            break;
        default:
            nx_buf_add(&b, nx_span_of(p, 1));
        }
    return nx_buf_str(&b);
}

static NX_FALLIBLE text_of(const char **out, nx_arena *a, const json_t *value)
{
    *out = NULL;
    if (json_is_string(value)) *out = json_string_value(value);
    if (json_is_boolean(value)) *out = json_is_true(value) ? "true" : "false";
    if (json_is_integer(value)) *out = nx_arena_printf(a, "%lld", (long long)json_integer_value(value));
    if (json_is_object(value)) *out = postal(a, nx_json_str(value, "formatted"));
    NX_NEED(*out);
    return NX_OK;
}

static NX_FALLIBLE write_claims(nx_xml_writer *w, nx_arena *a, const struct nx_saml_facts *f)
{
    NX_AUTO_JSON values = json_object();
    const char *text;
    NX_NEED(values);
    NX_TRY(nx_claims_fill(values, f->house, a, f->person, f->claims));
    for (int i = 0; i < NX_CLAIMS; i++) {
        const json_t *value = json_object_get(values, rows[i].claim);
        if (!value) continue;
        NX_TRY(text_of(&text, a, value));
        one(w, rows[i].name, rows[i].friendly, text);
    }
    return NX_OK;
}

/* Token Status List: where the entry is, and which. */
static NX_FALLIBLE write_status(nx_xml_writer *w, nx_arena *a, const struct nx_saml_facts *f)
{
    nx_id generation;
    if (f->told->status.list < 0) return NX_OK;
    NX_TRY(nx_status_generation(f->house->store, &generation));
    const char *at = nx_arena_printf(a, "%s/status/%s/%lld#%lld", f->house->issuer, generation.s,
                                     (long long)f->told->status.list, (long long)f->told->status.index);
    NX_NEED(at);
    one(w, NX_SAML_ATTRIBUTE "status", "status", at);
    return NX_OK;
}

static NX_FALLIBLE write_identity(nx_xml_writer *w, nx_arena *a, const struct nx_saml_facts *f)
{
    nx_pairwise qr_id;
    const char *qid = f->told->session->qid;
    if (!qid) return NX_OK;
    NX_TRY(nx_pairwise_qr_id(&qr_id, f->house->master, nx_span_str(f->client->sector), nx_span_str(qid)));
    one(w, NX_SAML_ATTRIBUTE "qr_id", "qr_id", qr_id.s);
    one(w, NX_SAML_ATTRIBUTE "qr_px", "qr_px", nx_rung_text((enum nx_rung)f->told->session->rung));
    return write_status(w, a, f);
}

/* Who vouched for her, by the name that this portal's sector knows the officer by (authn/assisted.h). */
static NX_FALLIBLE write_officer(nx_xml_writer *w, const struct nx_saml_facts *f)
{
    nx_pairwise sub;
    const char *officer = f->told->session->vouched_by;
    if (!officer) return NX_OK;
    NX_TRY(nx_pairwise_sub(&sub, f->house->master, nx_span_str(f->client->sector), nx_span_str(officer)));
    one(w, NX_SAML_ATTRIBUTE "act", "act", sub.s);
    return NX_OK;
}

static void write_amr(nx_xml_writer *w, unsigned means)
{
    const char *amr[NX_AMR_MAX];
    size_t n = nx_amr_of_means(amr, means);
    if (n == 0) return;
    begin(w, NX_SAML_ATTRIBUTE "amr", "amr");
    for (size_t i = 0; i < n; i++)
        nx_xml_put(w, NX_NS_SAML, "AttributeValue", amr[i]);
    nx_xml_end(w);
}

NX_FALLIBLE nx_saml_attributes_write(nx_xml_writer *w, nx_arena *a, const struct nx_saml_facts *f)
{
    nx_xml_begin(w, NX_NS_SAML, "AttributeStatement");
    NX_TRY(write_claims(w, a, f));
    one(w, NX_SAML_ATTRIBUTE "level", "level", nx_level_text(f->level));
    write_amr(w, f->told->session->means);
    NX_TRY(write_officer(w, f));
    NX_TRY(write_identity(w, a, f));
    nx_xml_end(w);
    return NX_OK;
}
