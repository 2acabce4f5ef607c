/* Where a peer is called. A location outside of https refuses the whole: a browser would carry an assertion there. */
#include "flow/url.h"
#include "saml/entity_reading.h"

#define B(name) (1u << NX_SAML_##name)

/* A kind of endpoint of a role. */
struct kind {
    const char *element;
    unsigned bindings; /* that we speak there */
    bool indexed;
    const char *too_many;
};

static const struct kind acs = {"AssertionConsumerService", B(POST) | B(ARTIFACT), true,
                                "there are too many AssertionConsumerService elements"};
static const struct kind sso = {"SingleSignOnService", B(REDIRECT) | B(POST), false,
                                "there are too many SingleSignOnService elements"};
static const struct kind slo = {"SingleLogoutService", B(REDIRECT) | B(POST) | B(SOAP), false,
                                "there are too many SingleLogoutService elements"};
static const struct kind artifact = {"ArtifactResolutionService", B(SOAP), true,
                                     "there are too many ArtifactResolutionService elements"};

bool nx_saml_location_ok(const struct nx_saml_rules *rules, const char *location)
{
    struct nx_url u;
    nx_span text = nx_span_str(location);
    if (text.n == 0 || text.n > NX_SAML_LOCATION_MAX || !nx_ascii_printable(text)) return false;
    if (!nx_ok(nx_url_split(&u, text)) || u.fragment || !u.authority || u.host.n == 0) return false;
    return nx_url_is_https(&u) || (rules->loopback && nx_url_is_http(&u) && nx_url_is_loopback(&u));
}

enum marked { UNMARKED, MARKED_TRUE, MARKED_FALSE };

static bool read_index(struct nx_saml_reading *r, struct nx_saml_endpoint *to, enum marked *marked,
                       const nx_xml_node *e)
{
    unsigned index;
    bool is_default;
    bool ok = nx_xml_attr(e, "index") && nx_ok(nx_xml_attr_number(&index, e, "index", 0)) &&
              nx_ok(nx_xml_attr_bool(&is_default, e, "isDefault", false));
    if (!ok) {
        nx_saml_refuse(r, e, "an indexed endpoint needs index, a number, and isDefault may be true or false");
        return false;
    }
    to->index = (int)index;
    *marked = !nx_xml_attr(e, "isDefault") ? UNMARKED : is_default ? MARKED_TRUE : MARKED_FALSE;
    return true;
}

static nx_result read_locations(struct nx_saml_reading *r, struct nx_saml_endpoint *to, const nx_xml_node *e)
{
    const char *location = nx_xml_attr(e, "Location"), *response = nx_xml_attr(e, "ResponseLocation");
    if (!nx_saml_location_ok(r->rules, location) || (response && !nx_saml_location_ok(r->rules, response))) {
        nx_saml_refuse(r, e, "a location must be an https URL without a fragment");
        return NX_OK;
    }
    NX_NEED(to->location = nx_arena_strdup(r->arena, location));
    to->response_location = response ? nx_arena_strdup(r->arena, response) : to->location;
    NX_NEED(to->response_location);
    return NX_OK;
}

/* to->location stays NULL for one that is left out or refused. */
static nx_result read_one(struct nx_saml_reading *r, struct nx_saml_endpoint *to, enum marked *marked,
                          const struct kind *kind, const nx_xml_node *e)
{
    enum nx_saml_binding binding = nx_saml_binding_of(nx_span_str(nx_xml_attr(e, "Binding")));
    *to = (struct nx_saml_endpoint){.binding = (int)binding, .index = -1};
    *marked = UNMARKED;
    if (binding == NX_SAML_BINDINGS || !(kind->bindings & 1u << binding)) {
        nx_saml_note(r, e, "an endpoint of a binding that is not spoken here is left out");
        return NX_OK;
    }
    if (kind->indexed && !read_index(r, to, marked, e)) return NX_OK;
    return read_locations(r, to, e);
}

/* SAML 2.0 Metadata 2.4.4: the first that says so, else the first that does not deny it, else the first. */
static void settle_default(struct nx_saml_endpoint *v, const enum marked *marked, size_t n)
{
    static const enum marked order[] = {MARKED_TRUE, UNMARKED, MARKED_FALSE};
    for (size_t o = 0; o < 3; o++)
        for (size_t i = 0; i < n; i++)
            if (marked[i] == order[o]) {
                v[i].is_default = true;
                return;
            }
}

static bool index_taken(const struct nx_saml_endpoint *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (v[i].index == v[n].index) return true;
    return false;
}

static nx_result read_kind(struct nx_saml_reading *r, struct nx_saml_endpoints *out, const struct kind *kind)
{
    enum marked marked[NX_SAML_ENDPOINTS_MAX];
    struct nx_saml_endpoint *v = nx_arena_new(r->arena, struct nx_saml_endpoint, NX_SAML_ENDPOINTS_MAX);
    NX_NEED(v);
    size_t n = 0, seen = 0;
    const nx_xml_node *e = nx_xml_child(r->role, NX_NS_MD, kind->element);
    for (; e && seen < NX_SAML_ENDPOINTS_MAX; e = nx_xml_again(e), seen++) {
        NX_TRY(read_one(r, &v[n], &marked[n], kind, e));
        if (!v[n].location) continue;
        if (kind->indexed && index_taken(v, n)) nx_saml_refuse(r, e, "an index stands twice");
        n++;
    }
    if (e) nx_saml_refuse(r, e, kind->too_many);
    if (kind->indexed) settle_default(v, marked, n);
    *out = (struct nx_saml_endpoints){v, n};
    return NX_OK;
}

NX_FALLIBLE nx_saml_read_endpoints(struct nx_saml_reading *r)
{
    nx_saml_entity *e = r->entity;
    bool sp = e->role == NX_SAML_SP;
    NX_TRY(sp ? read_kind(r, &e->acs, &acs) : read_kind(r, &e->sso, &sso));
    NX_TRY(read_kind(r, &e->slo, &slo));
    NX_TRY(read_kind(r, &e->artifact, &artifact));
    if (sp && e->acs.n == 0)
        nx_saml_refuse(r, r->role, "there is no AssertionConsumerService by HTTP-POST or HTTP-Artifact");
    if (!sp && e->sso.n == 0)
        nx_saml_refuse(r, r->role, "there is no SingleSignOnService by HTTP-Redirect or HTTP-POST");
    return NX_OK;
}
