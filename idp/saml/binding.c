/* The redirect and POST bindings. The redirect query is taken apart here as it was sent: what the edge has
 * decoded no longer says what was signed. */
#include "saml/binding.h"

#include "base/text.h"

#define QUERY_MAX (16u << 10)
#define LOCATION_MAX (8u << 10) /* browsers and servers take this much of a URL */
#define DEFLATE_ENCODING "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"

/* The parameters of the two bindings, and where each stands in the query. */
enum parameter { REQUEST, RESPONSE, ART, RELAY_STATE, SIG_ALG, SIGNATURE, ENCODING, PARAMETERS };
static const char *const names[PARAMETERS] = {
    [REQUEST] = "SAMLRequest",   [RESPONSE] = "SAMLResponse",   [ART] = "SAMLart",
    [RELAY_STATE] = "RelayState", [SIG_ALG] = "SigAlg",          [SIGNATURE] = "Signature",
    [ENCODING] = "SAMLEncoding",
};

struct sent {
    nx_span piece[PARAMETERS]; /* "name=value", as sent; n 0: absent */
    const char *value[PARAMETERS];
};

static int parameter_of(const char *name)
{
    for (int i = 0; i < PARAMETERS; i++)
        if (strcmp(name, names[i]) == 0) return i;
    return -1;
}

static NX_FALLIBLE take_piece(struct sent *s, nx_arena *a, nx_span piece)
{
    nx_span rest = piece, name;
    char *decoded;
    nx_span_cut(&rest, '=', &name);
    NX_TRY(nx_form_decode(&decoded, a, name));
    int at = parameter_of(decoded);
    if (at < 0) return NX_OK;
    NX_REQUIRE(s->piece[at].n == 0, NX_ERR_DUPLICATE);
    s->piece[at] = piece;
    /* The value with a '+' in it is base64 that a peer forgot to escape or a space of a RelayState: the form
     * rules apply to both, and base64 then fails as it should. */
    NX_TRY(nx_form_decode(&decoded, a, rest));
    s->value[at] = decoded;
    return NX_OK;
}

static NX_FALLIBLE split_query(struct sent *s, nx_arena *a, nx_span query)
{
    nx_span rest = query, piece;
    NX_REQUIRE(query.n <= QUERY_MAX, NX_ERR_LIMIT);
    *s = (struct sent){.value = {NULL}};
    while (nx_span_cut(&rest, '&', &piece))
        NX_TRY(take_piece(s, a, piece));
    return NX_OK;
}

static NX_FALLIBLE take_relay_state(struct nx_saml_in *out, const char *value)
{
    if (!value || !*value) return NX_OK;
    nx_span text = nx_span_str(value);
    NX_REQUIRE(text.n <= NX_SAML_RELAY_MAX, NX_ERR_LIMIT);
    NX_REQUIRE(nx_utf8_printable(text), NX_ERR_ENCODING);
    out->relay_state = value;
    return NX_OK;
}

/* Exactly one of request, response and artifact. */
static NX_FALLIBLE one_message(const struct sent *s, int *which)
{
    *which = -1;
    for (int i = REQUEST; i <= ART; i++) {
        if (!s->value[i] || !*s->value[i]) continue;
        NX_REQUIRE(*which < 0, NX_ERR_SAML_BINDING);
        *which = i;
    }
    NX_REQUIRE(*which >= 0, NX_ERR_SAML_BINDING);
    return NX_OK;
}

/*= saml-bindings 3.4.4.1
 *# the string to be signed is constructed by concatenating [...] SAMLRequest=value&RelayState=value&SigAlg=value */
static NX_FALLIBLE keep_signature(struct nx_saml_in *out, nx_arena *a, const struct sent *s, int which)
{
    NX_REQUIRE(!s->value[SIG_ALG] == !s->value[SIGNATURE], NX_ERR_SAML_BINDING);
    if (!s->value[SIG_ALG]) return NX_OK;
    nx_buf b;
    nx_buf_init(&b, a, QUERY_MAX);
    nx_buf_add(&b, s->piece[which]);
    if (s->piece[RELAY_STATE].n) {
        nx_buf_adds(&b, "&");
        nx_buf_add(&b, s->piece[RELAY_STATE]);
    }
    nx_buf_adds(&b, "&");
    nx_buf_add(&b, s->piece[SIG_ALG]);
    NX_TRY(nx_buf_done(&b));
    out->signed_octets = nx_buf_span(&b);
    out->sig_alg = s->value[SIG_ALG];
    return nx_b64_decode_dup(&out->signature, a, nx_span_str(s->value[SIGNATURE]));
}

NX_FALLIBLE nx_saml_redirect_read(struct nx_saml_in *out, nx_arena *a, nx_span query)
{
    struct sent s;
    int which;
    nx_span packed;
    *out = (struct nx_saml_in){.binding = NX_SAML_REDIRECT};
    NX_TRY(split_query(&s, a, query));
    NX_TRY(one_message(&s, &which));
    NX_TRY(take_relay_state(out, s.value[RELAY_STATE]));
    if (which == ART) {
        out->binding = NX_SAML_ARTIFACT;
        out->artifact = s.value[ART];
        return NX_OK;
    }
    NX_REQUIRE(!s.value[ENCODING] || strcmp(s.value[ENCODING], DEFLATE_ENCODING) == 0, NX_ERR_SAML_BINDING);
    out->response = which == RESPONSE;
    NX_TRY(nx_b64_decode_dup(&packed, a, nx_span_str(s.value[which])));
    NX_TRY(nx_saml_inflate(&out->xml, a, packed));
    return keep_signature(out, a, &s, which);
}

/* Base64 of a form may be broken into lines (saml-bindings 3.5.4, RFC 2045). */
static NX_FALLIBLE decode_lines(nx_span *out, nx_arena *a, const char *value)
{
    size_t n = strlen(value), kept = 0;
    char *flat = nx_arena_alloc(a, n + 1);
    NX_NEED(flat);
    for (const char *p = value; *p; p++)
        if (*p != '\r' && *p != '\n' && *p != ' ' && *p != '\t') flat[kept++] = *p;
    NX_TRY(nx_b64_decode_dup(out, a, nx_span_of(flat, kept)));
    NX_REQUIRE(out->n > 0, NX_ERR_SAML_BINDING);
    NX_REQUIRE(out->n <= NX_SAML_MESSAGE_MAX, NX_ERR_LIMIT);
    return NX_OK;
}

NX_FALLIBLE nx_saml_post_read(struct nx_saml_in *out, nx_arena *a, const struct nx_params *form)
{
    struct sent s = {.value = {NULL}};
    int which;
    *out = (struct nx_saml_in){.binding = NX_SAML_POST};
    for (size_t i = 0; i < form->count; i++) {
        int at = parameter_of(form->row[i].name);
        if (at < 0) continue;
        NX_REQUIRE(!s.value[at], NX_ERR_DUPLICATE);
        s.value[at] = form->row[i].value;
    }
    NX_TRY(one_message(&s, &which));
    NX_TRY(take_relay_state(out, s.value[RELAY_STATE]));
    if (which == ART) {
        out->binding = NX_SAML_ARTIFACT;
        out->artifact = s.value[ART];
        return NX_OK;
    }
    out->response = which == RESPONSE;
    return decode_lines(&out->xml, a, s.value[which]);
}

NX_FALLIBLE nx_saml_redirect_verify(const struct nx_saml_in *m, const struct nx_xml_keys *keys)
{
    NX_REQUIRE(m->sig_alg, NX_ERR_SAML_UNSIGNED);
    return nx_xml_verify_bytes(nx_xml_sigalg_of(nx_span_str(m->sig_alg)), keys, m->signed_octets, m->signature);
}

static void add_pair(nx_buf *b, const char *name, nx_span value)
{
    nx_buf_adds(b, name);
    nx_buf_adds(b, "=");
    nx_percent_encode(b, value);
}

static NX_FALLIBLE add_signature(nx_buf *b, nx_arena *a, const nx_signing_key *key)
{
    uint8_t signature[NX_SIGNATURE_MAX];
    size_t n;
    nx_buf_adds(b, "&");
    add_pair(b, "SigAlg", nx_span_str(nx_xml_sigalg_uri(nx_xml_sigalg_for(nx_signing_key_alg(key)))));
    NX_TRY(nx_buf_done(b));
    NX_TRY(nx_signing_key_sign(key, signature, &n, nx_buf_span(b)));
    const char *text = nx_b64_dup(a, nx_span_of(signature, n));
    NX_NEED(text);
    nx_buf_adds(b, "&");
    add_pair(b, "Signature", nx_span_str(text));
    return NX_OK;
}

NX_FALLIBLE nx_saml_redirect_write(struct nx_step *out, nx_arena *a, const struct nx_saml_out *m,
                                   const nx_signing_key *key)
{
    nx_span packed;
    nx_buf query, url;
    NX_TRY(nx_saml_deflate(&packed, a, m->xml));
    const char *message = nx_b64_dup(a, packed);
    NX_NEED(message);
    nx_buf_init(&query, a, LOCATION_MAX);
    add_pair(&query, m->response ? "SAMLResponse" : "SAMLRequest", nx_span_str(message));
    if (m->relay_state) {
        nx_buf_adds(&query, "&");
        add_pair(&query, "RelayState", nx_span_str(m->relay_state));
    }
    if (key) NX_TRY(add_signature(&query, a, key));
    NX_TRY(nx_buf_done(&query));
    nx_buf_init(&url, a, LOCATION_MAX);
    nx_buf_adds(&url, m->destination);
    nx_buf_adds(&url, strchr(m->destination, '?') ? "&" : "?");
    nx_buf_add(&url, nx_buf_span(&query));
    NX_TRY(nx_buf_done(&url));
    *out = (struct nx_step){.kind = NX_STEP_REDIRECT, .location = nx_buf_str(&url)};
    NX_NEED(out->location);
    return NX_OK;
}

NX_FALLIBLE nx_saml_post_write(struct nx_step *out, nx_arena *a, const struct nx_saml_out *m)
{
    struct nx_param *field = nx_arena_new(a, struct nx_param, 2);
    NX_NEED(field);
    field[0] = (struct nx_param){m->response ? "SAMLResponse" : "SAMLRequest", nx_b64_dup(a, m->xml)};
    NX_NEED(field[0].value);
    if (m->relay_state) field[1] = (struct nx_param){"RelayState", m->relay_state};
    *out = (struct nx_step){.kind = NX_STEP_FORM_POST,
                            .action = m->destination,
                            .field = field,
                            .field_count = m->relay_state ? 2 : 1};
    return NX_OK;
}
