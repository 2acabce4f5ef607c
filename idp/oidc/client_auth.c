#include "oidc/client_auth.h"

#include "base/log.h"
#include "base/text.h"
#include "crypto/secret_digest.h"
#include "house/house.h"
#include "oidc/assertion.h"
#include "oidc/client_certificate.h"

#define BASIC_MAX 1024

/* What a request presents, before anything is believed. */
struct presented {
    const char *method; /* a name of client_auth.def */
    const char *client_id;
    const char *secret;
    const char *assertion;
};

typedef nx_result (*check)(struct nx_house *house, nx_arena *a, const nx_client *c, const struct presented *p,
                           const struct nx_oauth_request *rq);

static NX_FALLIBLE by_secret(const nx_client *c, const struct presented *p)
{
    NX_REQUIRE(c->secret_digest.n == NX_SHA256_LEN, NX_ERR_CLIENT_AUTH);
    NX_REQUIRE(c->secret_expires == 0 || c->secret_expires > nx_now(), NX_ERR_CLIENT_AUTH);
    NX_REQUIRE(nx_ok(nx_secret_check(c->secret_digest, nx_span_str(p->secret))), NX_ERR_CLIENT_AUTH);
    return NX_OK;
}

static nx_result by_basic(struct nx_house *house, nx_arena *a, const nx_client *c, const struct presented *p,
                          const struct nx_oauth_request *rq)
{
    (void)house, (void)a, (void)rq;
    return by_secret(c, p);
}

static nx_result by_post(struct nx_house *house, nx_arena *a, const nx_client *c, const struct presented *p,
                         const struct nx_oauth_request *rq)
{
    (void)house, (void)a, (void)rq;
    return by_secret(c, p);
}

static nx_result by_assertion(struct nx_house *house, nx_arena *a, const nx_client *c,
                              const struct presented *p, const struct nx_oauth_request *rq)
{
    return nx_assertion_check(house, a, c, nx_span_str(p->assertion), rq);
}

static nx_result by_certificate(struct nx_house *house, nx_arena *a, const nx_client *c, const struct presented *p,
                                const struct nx_oauth_request *rq)
{
    (void)p;
    return nx_client_certificate_check(house, a, c, rq);
}

/* A public client: its name is all that it has, and the grants make up for it (PKCE, rotation). */
static nx_result by_name(struct nx_house *house, nx_arena *a, const nx_client *c, const struct presented *p,
                         const struct nx_oauth_request *rq)
{
    (void)house, (void)a, (void)c, (void)p, (void)rq;
    return NX_OK;
}

static const struct {
    const char *name;
    check check;
} methods[] = {
#define K(name, function) {#name, function},
#include "oidc/client_auth.def"
#undef K
};
#define METHODS (sizeof methods / sizeof methods[0])

const char *nx_client_auth_method(size_t i)
{
    return i < METHODS ? methods[i].name : NULL;
}

bool nx_client_auth_offered(const struct nx_house *house, const char *method)
{
    return strcmp(method, "tls_client_auth") != 0 || nx_client_certificates_taken(house);
}

/*= RFC 6749 2.3.1
 *# The client identifier is encoded using the "application/x-www-form-urlencoded" encoding
 *# algorithm [...] and the encoded value is used as the username */
static NX_FALLIBLE read_basic(struct presented *p, nx_arena *a, nx_span header)
{
    nx_span scheme = NX_LIT("Basic ");
    NX_REQUIRE(header.n > scheme.n && header.n <= BASIC_MAX, NX_ERR_CLIENT_AUTH);
    NX_REQUIRE(strncasecmp((const char *)header.p, "Basic ", scheme.n) == 0, NX_ERR_CLIENT_AUTH);
    nx_span pair, id;
    NX_REQUIRE(nx_ok(nx_b64_decode_dup(&pair, a, nx_span_from(header, scheme.n))), NX_ERR_CLIENT_AUTH);
    nx_span rest = pair;
    NX_REQUIRE(nx_span_cut(&rest, ':', &id) && rest.p, NX_ERR_CLIENT_AUTH);
    char *name, *secret;
    NX_REQUIRE(nx_ok(nx_form_decode(&name, a, id)), NX_ERR_CLIENT_AUTH);
    NX_REQUIRE(nx_ok(nx_form_decode(&secret, a, rest)), NX_ERR_CLIENT_AUTH);
    *p = (struct presented){.method = "client_secret_basic", .client_id = name, .secret = secret};
    return NX_OK;
}

static NX_FALLIBLE read_assertion(struct presented *p, nx_arena *a, const struct nx_params *form)
{
    const char *type = nx_param(form, "client_assertion_type");
    NX_REQUIRE(type && strcmp(type, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer") == 0,
               NX_ERR_CLIENT_AUTH);
    p->method = "private_key_jwt";
    p->assertion = nx_param(form, "client_assertion");
    const char *named = nx_param(form, "client_id");
    NX_TRY(nx_assertion_client(&p->client_id, a, nx_span_str(p->assertion)));
    NX_REQUIRE(!named || strcmp(named, p->client_id) == 0, NX_ERR_CLIENT_AUTH);
    return NX_OK;
}

/*= RFC 6749 2.3
 *# The client MUST NOT use more than one authentication method in each request. */
static NX_FALLIBLE read_presented(struct presented *p, nx_arena *a, const struct nx_oauth_request *rq)
{
    const char *id = nx_param(&rq->form, "client_id");
    bool basic = rq->authorization.n > 0, post = nx_param(&rq->form, "client_secret") != NULL,
         assertion = nx_param(&rq->form, "client_assertion") != NULL;
    NX_REQUIRE(basic + post + assertion <= 1, NX_ERR_REQUEST);
    if (basic) {
        NX_TRY(read_basic(p, a, rq->authorization));
        NX_REQUIRE(!id || strcmp(id, p->client_id) == 0, NX_ERR_CLIENT_AUTH);
        return NX_OK;
    }
    *p = (struct presented){.method = rq->certificate ? "tls_client_auth" : "none", .client_id = id};
    if (assertion) return read_assertion(p, a, &rq->form);
    if (post) p->method = "client_secret_post", p->secret = nx_param(&rq->form, "client_secret");
    NX_REQUIRE(id, NX_ERR_CLIENT_AUTH);
    return NX_OK;
}

static NX_FALLIBLE check_by_method(struct nx_house *house, nx_arena *a, const nx_client *c,
                                   const struct presented *p, const struct nx_oauth_request *rq)
{
    NX_REQUIRE(strcmp(c->auth_method, p->method) == 0, NX_ERR_CLIENT_AUTH_METHOD);
    for (size_t i = 0; i < METHODS; i++)
        if (strcmp(methods[i].name, p->method) == 0) return methods[i].check(house, a, c, p, rq);
    NX_FAIL(NX_ERR_CLIENT_AUTH_METHOD);
}

NX_FALLIBLE nx_client_authenticate(nx_client **out, struct nx_house *house, nx_arena *a,
                                   const struct nx_oauth_request *rq)
{
    struct presented p;
    NX_TRY(read_presented(&p, a, rq));
    NX_REQUIRE(strlen(p.client_id) <= NX_CLIENT_ID_MAX, NX_ERR_CLIENT_AUTH);
    NX_AUTO(nx_client) c = NULL;
    nx_result r = nx_client_get(house->registry, nx_span_str(p.client_id), &c);
    NX_REQUIRE(r.e != NX_ERR_NOT_FOUND, NX_ERR_CLIENT_AUTH);
    NX_TRY(r);
    NX_REQUIRE(c->state == NX_CLIENT_ACTIVE, NX_ERR_CLIENT_AUTH);
    NX_TRY(check_by_method(house, a, c, &p, rq));
    *out = NX_STEAL(c);
    return NX_OK;
}
