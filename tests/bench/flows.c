/* Whole sign-ins, as a browser and a portal do them: every redirect is followed, every form is read from its
 * page. */
#include "bench.h"

#include <stdio.h>

/* RFC 7636 appendix B */
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

void form_add(nx_buf *form, const char *name, const char *value)
{
    nx_buf_addf(form, "%s%s=", nx_buf_span(form).n ? "&" : "", name);
    nx_percent_encode(form, nx_span_str(value));
}

char *page_field(nx_arena *a, const char *page, const char *name)
{
    char mark[64];
    snprintf(mark, sizeof mark, "name=\"%s\" value=\"", name);
    const char *at = strstr(page, mark);
    if (!at) die("no field %s in the page:\n%.2000s", name, page);
    at += strlen(mark);
    return nx_arena_dup(a, nx_span_of(at, strcspn(at, "\"")));
}

const char *issuer_path(const struct bench *b, const char *location)
{
    size_t n = strlen(b->issuer);
    return strncmp(location, b->issuer, n) == 0 ? location + n : location;
}

char *basic_of(const struct bench *b, nx_arena *a)
{
    char *pair = nx_arena_printf(a, "%s:%s", b->client_id, b->client_secret);
    return nx_arena_printf(a, "Basic %s", nx_b64_dup(a, nx_span_str(pair)));
}

struct answer visit_get(struct visit *v, const char *target)
{
    return http_send(v->browser, v->arena, "GET", target, NULL, NULL, NULL);
}

struct answer visit_post(struct visit *v, const char *target, nx_buf *form)
{
    return http_send(v->browser, v->arena, "POST", target, nx_buf_str(form), NULL, NULL);
}

/* The fields that every form of a page has. */
static void form_of_page(nx_buf *form, struct visit *v, const char *page)
{
    nx_buf_init(form, v->arena, 4096);
    form_add(form, "t", page_field(v->arena, page, "t"));
    form_add(form, "csrf", page_field(v->arena, page, "csrf"));
}

static void add_credentials(nx_buf *form, const char *prefix, int person)
{
    char user[32];
    snprintf(user, sizeof user, "%s%d", prefix, person);
    form_add(form, "username", user);
    form_add(form, "password", BENCH_PASSWORD);
}

static struct answer by_password(struct visit *v, const char *page)
{
    nx_buf form;
    form_of_page(&form, v, page);
    add_credentials(&form, "bench", v->person);
    return visit_post(v, "/login/password", &form);
}

static struct answer by_directory(struct visit *v, const char *page)
{
    nx_buf form;
    char *t = page_field(v->arena, page, "t");
    struct answer r = visit_get(v, nx_arena_printf(v->arena, "/login/agency?t=%s&u=agency", t));
    if (r.status != 200) die("agency: status %d:\n%.2000s", r.status, r.body);
    form_of_page(&form, v, r.body);
    form_add(&form, "u", "agency");
    add_credentials(&form, "agency", v->person);
    return visit_post(v, "/login/agency", &form);
}

static struct answer consent(struct visit *v, const char *page)
{
    nx_buf form;
    form_of_page(&form, v, page);
    form_add(&form, "decision", "allow");
    return visit_post(v, "/consent", &form);
}

static char *authorize_url(struct visit *v)
{
    const struct bench *b = v->bench;
    nx_buf target;
    nx_buf_init(&target, v->arena, 4096);
    nx_buf_adds(&target, "/oidc/authorize?");
    nx_buf_adds(&target,
                "response_type=code&scope=openid%20profile&state=s&nonce=n&code_challenge_method=S256");
    form_add(&target, "code_challenge", CHALLENGE);
    form_add(&target, "client_id", b->client_id);
    form_add(&target, "redirect_uri", b->redirect_uri);
    return nx_buf_str(&target);
}

static char *code_of(nx_arena *a, const char *location)
{
    const char *at = strstr(location, "code=");
    if (!at) die("no code in %s", location);
    return nx_arena_dup(a, nx_span_of(at + 5, strcspn(at + 5, "&")));
}

/* From the portal's request to the code. prove acts on the sign-in page. */
static char *sign_in(struct visit *v, struct answer (*prove)(struct visit *v, const char *page))
{
    const char *back = v->bench->redirect_uri;
    struct answer r = visit_get(v, authorize_url(v));
    for (int steps = 0; steps < 8; steps++) {
        bool redirect = r.status == 303 && r.location;
        if (redirect && strncmp(r.location, back, strlen(back)) == 0) return code_of(v->arena, r.location);
        if (redirect)
            r = visit_get(v, issuer_path(v->bench, r.location));
        else if (r.status == 200 && strstr(r.body, "action=\"/login/password\""))
            r = prove(v, r.body);
        else if (r.status == 200 && strstr(r.body, "action=\"/consent\""))
            r = consent(v, r.body);
        else
            die("sign-in: status %d:\n%.2000s", r.status, r.body);
    }
    die("sign-in goes round in circles");
}

/* What the portal does with the code; gives the refresh token. */
static char *redeem(struct visit *v, const char *code)
{
    nx_buf form;
    nx_buf_init(&form, v->arena, 4096);
    form_add(&form, "grant_type", "authorization_code");
    form_add(&form, "code", code);
    form_add(&form, "redirect_uri", v->bench->redirect_uri);
    form_add(&form, "code_verifier", VERIFIER);
    struct answer r = http_send(v->browser, v->arena, "POST", "/oidc/token", nx_buf_str(&form), NULL,
                                basic_of(v->bench, v->arena));
    NX_AUTO_JSON j = json_loadb(r.body, r.n, 0, NULL);
    const char *refresh = nx_json_str(j, "refresh_token");
    if (r.status != 200 || !nx_json_str(j, "access_token") || !refresh)
        die("token: status %d: %s", r.status, r.body);
    return nx_arena_strdup(v->arena, refresh);
}

char *flow_tokens(struct visit *v)
{
    return redeem(v, sign_in(v, by_password));
}

void flow_password(struct visit *v)
{
    flow_tokens(v);
}

void flow_directory(struct visit *v)
{
    redeem(v, sign_in(v, by_directory));
}

/* From new addresses each time: orders are limited for each of them. */
void flow_qr(struct visit *v)
{
    http_renew(v->browser);
    http_renew(v->phone);
    redeem(v, sign_in(v, phone_sign_in));
}

void flow_own_page(struct visit *v)
{
    nx_buf form;
    struct answer page = visit_get(v, "/login");
    nx_buf_init(&form, v->arena, 4096);
    form_add(&form, "csrf", page_field(v->arena, page.body, "csrf"));
    add_credentials(&form, "bench", v->person);
    struct answer r = visit_post(v, "/login/password", &form);
    if (r.status != 303) die("own page: status %d:\n%.2000s", r.status, r.body);
}

/* ---- people ---- */

char *operator_bearer(struct bench *b, nx_arena *a, const char *scope)
{
    NX_AUTO_JSON reply = rig_ctl(b, (const char *const[]){"token", "--scope", scope, "--ttl", "3600", NULL});
    const char *token = nx_json_str(reply, "token");
    if (!token) die("no operator token");
    return nx_arena_printf(a, "Bearer %s", token);
}

/* By the provisioning interface, as they are made in life. */
void flow_make_people(struct bench *b)
{
    NX_AUTO_JSON reply = rig_ctl(b, (const char *const[]){"token", "--scope", "scim", NULL});
    const char *token = nx_json_str(reply, "token");
    if (!token) die("no operator token");
    NX_AUTO(nx_arena) a = nx_arena_open(4u << 20);
    struct http *h = http_open(b);
    for (int i = 0; i < PEOPLE; i++) {
        char *body = nx_arena_printf(
            a, "{\"userName\":\"bench%d\",\"displayName\":\"Bench %d\",\"password\":\"" BENCH_PASSWORD "\"}",
            i, i);
        struct answer r = http_send(h, a, "POST", "/scim/v2/Users", body, "application/scim+json",
                                    nx_arena_printf(a, "Bearer %s", token));
        if (r.status != 201) die("person: status %d: %s", r.status, r.body);
        nx_arena_reset(a);
    }
    http_close(h);
}
