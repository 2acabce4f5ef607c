/* The stored form. Tags are never given a new meaning: a node of the next version reads what this one wrote. Rows of
 * context.def are stored by their place: a new one goes to the end. */
#include "saml/ask.h"

#include "base/pack.h"

enum tag {
    REQUEST = 1,
    RELAY = 2,
    BINDING = 3,
    FORMAT = 4,
    FORMAT_UNKNOWN = 5,
    ASKED = 6,
    COMPARISON = 7,
    CLASSES = 8,
    NAMED = 9,
    SUBJECT_FORMAT = 10,
    SUBJECT = 11
};

NX_FALLIBLE nx_saml_ask_close(struct nx_ask *out, nx_arena *a, const struct nx_saml_ask *ask)
{
    nx_buf b;
    nx_buf_init(&b, a, NX_ASK_OWN_MAX);
    nx_pack_begin(&b, 1);
    nx_pack_text(&b, REQUEST, ask->request_id);
    nx_pack_text(&b, RELAY, ask->relay_state);
    nx_pack_number(&b, BINDING, ask->binding);
    nx_pack_number(&b, FORMAT, ask->format);
    nx_pack_number(&b, FORMAT_UNKNOWN, ask->format_unknown);
    nx_pack_number(&b, ASKED, ask->context.asked);
    nx_pack_number(&b, COMPARISON, ask->context.comparison);
    nx_pack_number(&b, CLASSES, ask->context.classes);
    nx_pack_number(&b, NAMED, ask->context.named);
    nx_pack_number(&b, SUBJECT_FORMAT, ask->subject_format);
    nx_pack_text(&b, SUBJECT, ask->subject);
    NX_TRY(nx_buf_done(&b));
    *out = ask->base;
    out->own = nx_buf_span(&b);
    return NX_OK;
}

NX_FALLIBLE nx_saml_ask_open(struct nx_saml_ask *out, nx_arena *a, const struct nx_ask *ask)
{
    nx_pack p;
    NX_TRY(nx_pack_open(&p, ask->own));
    *out = (struct nx_saml_ask){
        .base = *ask,
        .request_id = nx_pack_get_text(&p, REQUEST, a),
        .relay_state = nx_pack_get_text(&p, RELAY, a),
        .binding = (enum nx_saml_binding)nx_pack_get_number(&p, BINDING, NX_SAML_POST),
        .format = (enum nx_saml_format)nx_pack_get_number(&p, FORMAT, NX_SAML_UNSPECIFIED),
        .format_unknown = nx_pack_get_number(&p, FORMAT_UNKNOWN, 0) != 0,
        .context = {.asked = nx_pack_get_number(&p, ASKED, 0) != 0,
                    .comparison = (enum nx_saml_comparison)nx_pack_get_number(&p, COMPARISON, NX_SAML_EXACT),
                    .classes = (uint32_t)nx_pack_get_number(&p, CLASSES, 0),
                    .named = nx_pack_get_number(&p, NAMED, 0) != 0},
        .subject_format = (enum nx_saml_format)nx_pack_get_number(&p, SUBJECT_FORMAT, NX_SAML_UNSPECIFIED),
        .subject = nx_pack_get_text(&p, SUBJECT, a),
    };
    NX_REQUIRE(out->binding == NX_SAML_POST || out->binding == NX_SAML_ARTIFACT, NX_ERR_SYNTAX);
    NX_REQUIRE(out->format < NX_SAML_FORMATS && out->subject_format < NX_SAML_FORMATS, NX_ERR_SYNTAX);
    NX_REQUIRE(out->context.comparison < NX_SAML_COMPARISONS, NX_ERR_SYNTAX);
    return NX_OK;
}
