/* RelayState: what comes in by a form or a query goes out again by both, octet for octet. */
#include "saml/binding.h"

#include <stdlib.h>

static void through_redirect(nx_arena *a, const struct nx_saml_out *m)
{
    struct nx_step step;
    struct nx_saml_in in;
    if (!nx_ok(nx_saml_redirect_write(&step, a, m, NULL))) return;
    if (!nx_ok(nx_saml_redirect_read(&in, a, nx_span_str(strchr(step.location, '?') + 1)))) abort();
    if (!in.relay_state || strcmp(in.relay_state, m->relay_state) != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nx_arena *a = nx_arena_open(4u << 20);
    struct nx_saml_in in;
    struct nx_step step;
    const char *relay = nx_arena_dup(a, nx_span_of(data, size));
    struct nx_param row[] = {{"SAMLRequest", "PGEvPg=="}, {"RelayState", relay}};
    struct nx_params form = {row, 2};
    if (relay && nx_ok(nx_saml_post_read(&in, a, &form)) && in.relay_state) {
        struct nx_saml_out m = {
            .destination = "https://p.example/", .xml = in.xml, .relay_state = in.relay_state};
        through_redirect(a, &m);
        if (!nx_ok(nx_saml_post_write(&step, a, &m)) || step.field_count != 2) abort();
    }
    nx_arena_close(a);
    return 0;
}
