#include "oidc/client_certificate.h"

#include "authn/certificate.h"
#include "authn/standing.h"
#include "base/log.h"

static const struct {
    const char *member;
    enum nx_cert_name kind;
} names[] = {
#define C(member, kind) {#member, (kind)},
#include "oidc/client_name.def"
#undef C
};
#define NAMES (sizeof names / sizeof names[0])

const char *nx_client_certificate_member(size_t i)
{
    return i < NAMES ? names[i].member : NULL;
}

bool nx_client_certificates_taken(const struct nx_house *house)
{
    return house->client_anchors && house->mtls_origin;
}

/* Registration lets exactly one of the names stand. */
static bool is_hers(const nx_cert *cert, const nx_client *c)
{
    for (size_t i = 0; i < NAMES; i++) {
        const char *name = nx_json_str(c->metadata, names[i].member);
        if (name) return nx_cert_is_named(cert, names[i].kind, name);
    }
    return false;
}

static NX_FALLIBLE stands(struct nx_house *house, nx_arena *a, const nx_cert *cert, bool may_call)
{
    bool asked = nx_standing_recall(NX_STANDING_CLIENT, cert) != NX_CERT_UNKNOWN;
    NX_REQUIRE(asked || may_call, NX_ERR_CLIENT_KEYS);
    return nx_standing_check(house, a, NX_STANDING_CLIENT, cert);
}

static NX_FALLIBLE check(struct nx_house *house, nx_arena *a, const nx_client *c, const struct nx_oauth_request *rq)
{
    nx_span der;
    NX_AUTO(nx_cert) cert = NULL;
    NX_REQUIRE(nx_client_certificates_taken(house), NX_ERR_CERT_UNTRUSTED);
    NX_TRY(nx_certificate_field(&der, a, rq->certificate));
    NX_TRY(nx_cert_open(&cert, house->client_anchors, der, nx_now()));
    NX_REQUIRE(is_hers(cert, c), NX_ERR_CERT_STRANGER);
    return stands(house, a, cert, rq->may_call);
}

NX_FALLIBLE nx_client_certificate_check(struct nx_house *house, nx_arena *a, const nx_client *c,
                                        const struct nx_oauth_request *rq)
{
    nx_result r = check(house, a, c, rq);
    if (nx_ok(r) || r.e == NX_ERR_CLIENT_KEYS || r.e == NX_ERR_MEMORY) return r;
    nx_log(NX_WARN, "client_certificate_refused", NX_TEXT("client", c->id), NX_TEXT("error", nx_err_name(r.e)));
    NX_FAIL(NX_ERR_CLIENT_AUTH);
}
