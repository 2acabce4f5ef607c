/* Portals that speak SAML: sign-on of people who are signed in already, and what it costs to know very many
 * portals. */
#include "bench.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define ASKED 101 /* portals whose first and second request are compared */

static const char *metadata_of(nx_arena *a, const char *host)
{
    return nx_arena_printf(
        a,
        "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"https://%s/saml\">"
        "<md:SPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">"
        "<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>"
        "<md:AssertionConsumerService index=\"0\" isDefault=\"true\""
        " Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"https://%s/saml/post\"/>"
        "</md:SPSSODescriptor></md:EntityDescriptor>",
        host, host);
}

static char *add_portal(struct http *h, nx_arena *a, const char *host, const char *bearer)
{
    struct answer r = http_send(h, a, "POST", "/admin/v1/saml/providers", metadata_of(a, host),
                                "application/samlmetadata+xml", bearer);
    if (r.status == 409) return NULL;
    NX_AUTO_JSON j = json_loadb(r.body, r.n, 0, NULL);
    if (r.status != 201 || !nx_json_str(j, "id")) die("portal: status %d: %.500s", r.status, r.body);
    return nx_arena_strdup(a, nx_json_str(j, "id"));
}

void saml_register(struct bench *b)
{
    NX_AUTO(nx_arena) a = nx_arena_open(4u << 20);
    struct http *h = http_open(b);
    char *bearer = operator_bearer(b, a, "clients"), *id = add_portal(h, a, "bench.localhost", bearer);
    if (id) { /* what is measured is the sign-on with one signature, not the question whether she agrees */
        char *path = nx_arena_printf(a, "/admin/v1/saml/providers/%s", id);
        struct answer r =
            http_send(h, a, "PATCH", path, "{\"legal_basis\":\"benchmark\",\"signed\":\"assertion\"}",
                      "application/json", bearer);
        if (r.status != 200) die("terms of the portal: status %d: %.500s", r.status, r.body);
    }
    http_close(h);
}

/* The HTTP-Redirect binding: raw deflate, base64, percent-encoding (SAML bindings section 3.4.4.1). */
static char *packed(nx_arena *a, const char *xml)
{
    uint8_t *out = nx_arena_alloc(a, 4096);
    z_stream z = {.next_in = (Bytef *)(uintptr_t)xml,
                  .avail_in = (uInt)strlen(xml),
                  .next_out = out,
                  .avail_out = 4096};
    if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
        deflate(&z, Z_FINISH) != Z_STREAM_END)
        die("deflate");
    nx_span bytes = nx_span_of(out, z.total_out);
    deflateEnd(&z);
    return nx_b64_dup(a, bytes);
}

static char *request_url(const struct bench *b, nx_arena *a, const char *host)
{
    static _Atomic unsigned long number;
    char now[32];
    time_t t = time(NULL);
    struct tm tm;
    strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
    const char *xml = nx_arena_printf(
        a,
        "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\""
        " xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_%08x%024lx\" Version=\"2.0\" "
        "IssueInstant=\"%s\""
        " Destination=\"%s/saml/sso\"><saml:Issuer>https://%s/saml</saml:Issuer></samlp:AuthnRequest>",
        (unsigned)getpid(), ++number, now, b->issuer, host);
    nx_buf target;
    nx_buf_init(&target, a, 8192);
    nx_buf_adds(&target, "/saml/sso?SAMLRequest=");
    nx_percent_encode(&target, nx_span_str(packed(a, xml)));
    return nx_buf_str(&target);
}

void flow_saml(struct visit *v)
{
    if (!v->signed_in) flow_own_page(v);
    v->signed_in = true;
    struct answer r = visit_get(v, request_url(v->bench, v->arena, "bench.localhost"));
    if (r.status != 200 || !strstr(r.body, "name=\"SAMLResponse\""))
        die("saml: status %d %s:\n%.2000s", r.status, r.location ? r.location : "", r.body);
}

/* ---- very many
 * ---------------------------------------------------------------------------------------------- */

static const char *host_of(nx_arena *a, int i)
{
    return nx_arena_printf(a, "portal-%d.example", i);
}

static void register_many(struct bench *b)
{
    static bool done;
    if (done) return;
    done = true;
    say("registering %d portals", SAML_PORTALS);
    NX_AUTO(nx_arena) kept = nx_arena_open(1u << 16);
    NX_AUTO(nx_arena) a = nx_arena_open(4u << 20);
    struct http *h = http_open(b);
    char *bearer = operator_bearer(b, kept, "clients");
    for (int i = 0; i < SAML_PORTALS; i++) {
        add_portal(h, a, host_of(a, i), bearer);
        nx_arena_reset(a);
    }
    http_close(h);
}

double ready_with_portals(struct bench *b, nx_arena *a)
{
    (void)a;
    register_many(b);
    return rig_restart(b);
}

static double ask_ms(struct http *h, const struct bench *b, nx_arena *a, const char *host)
{
    char *url = request_url(b, a, host);
    double began = seconds_now();
    struct answer r = http_send(h, a, "GET", url, NULL, NULL, NULL);
    if (r.status != 303) die("first request: status %d:\n%.1000s", r.status, r.body);
    return (seconds_now() - began) * 1000;
}

static int by_size(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}

/* Right after a start nobody's metadata is known to the process. The one server is warmed by a portal that is
 * not among those that are measured. */
double first_request_ms(struct bench *b, nx_arena *a)
{
    double more[ASKED];
    register_many(b);
    rig_restart(b);
    struct http *h = http_open(b);
    for (int i = 0; i < 20; i++, nx_arena_reset(a))
        ask_ms(h, b, a, host_of(a, 0));
    for (int i = 0; i < ASKED; i++, nx_arena_reset(a)) {
        const char *host = host_of(a, 1 + i * (SAML_PORTALS / ASKED - 1));
        double first = ask_ms(h, b, a, host);
        more[i] = first - ask_ms(h, b, a, host);
    }
    http_close(h);
    qsort(more, ASKED, sizeof *more, by_size);
    return more[ASKED / 2];
}
