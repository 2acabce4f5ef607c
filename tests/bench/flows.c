/* Whole sign-ins, as a browser and a portal do them: every redirect is followed, every form is read from its
 * page. */
#include "bench.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 4
#define PASSWORD "bench horse battery staple"

static void append_encoded(nx_buf *b, const char *name, const char *value)
{
    nx_buf_addf(b, "%s%s=", nx_buf_span(b).n ? "&" : "", name);
    nx_percent_encode(b, nx_span_str(value));
}

/* The value of <input … name="NAME" … value="…"> in a page of ours. */
static char *hidden(nx_arena *a, const char *page, const char *name)
{
    char mark[64];
    snprintf(mark, sizeof mark, "name=\"%s\" value=\"", name);
    const char *at = strstr(page, mark);
    if (!at) die("no field %s in the page:\n%.2000s", name, page);
    at += strlen(mark);
    return nx_arena_dup(a, nx_span_of(at, strcspn(at, "\"")));
}

static const char *local(const struct bench *b, const char *location)
{
    size_t n = strlen(b->issuer);
    return strncmp(location, b->issuer, n) == 0 ? location + n : location;
}

static char *parameter(nx_arena *a, const char *url, const char *name)
{
    char mark[32];
    snprintf(mark, sizeof mark, "%s=", name);
    const char *at = strstr(url, mark);
    return at ? nx_arena_dup(a, nx_span_of(at + strlen(mark), strcspn(at + strlen(mark), "&"))) : NULL;
}

static struct answer post_form(struct http *h, nx_arena *a, const char *target, nx_buf *form,
                               const char *authorization)
{
    return http_send(h, a, "POST", target, nx_buf_str(form), NULL, authorization);
}

static struct answer post_password(struct http *h, nx_arena *a, const char *page, int person)
{
    char user[32];
    nx_buf form;
    nx_buf_init(&form, a, 4096);
    snprintf(user, sizeof user, "bench%d", person);
    append_encoded(&form, "t", hidden(a, page, "t"));
    append_encoded(&form, "csrf", hidden(a, page, "csrf"));
    append_encoded(&form, "username", user);
    append_encoded(&form, "password", PASSWORD);
    return post_form(h, a, "/login/password", &form, NULL);
}

static struct answer post_consent(struct http *h, nx_arena *a, const char *page)
{
    nx_buf form;
    nx_buf_init(&form, a, 4096);
    append_encoded(&form, "t", hidden(a, page, "t"));
    append_encoded(&form, "csrf", hidden(a, page, "csrf"));
    append_encoded(&form, "decision", "allow");
    return post_form(h, a, "/consent", &form, NULL);
}

/* From the portal's request to the code. */
static char *sign_in(struct bench *b, struct http *h, nx_arena *a, int person)
{
    nx_buf target;
    nx_buf_init(&target, a, 4096);
    nx_buf_addf(
        &target,
        "/oidc/"
        "authorize?response_type=code&scope=openid%%20profile&state=s&nonce=n&client_id=%s&redirect_uri=",
        b->client_id);
    nx_percent_encode(&target, nx_span_str(b->redirect_uri));
    /* RFC 7636 appendix B */
    nx_buf_adds(&target,
                "&code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    struct answer r = http_send(h, a, "GET", nx_buf_str(&target), NULL, NULL, NULL);
    for (int steps = 0; steps < 8; steps++) {
        if (r.status == 303 && strncmp(r.location, b->redirect_uri, strlen(b->redirect_uri)) == 0)
            return parameter(a, r.location, "code");
        if (r.status == 303)
            r = http_send(h, a, "GET", local(b, r.location), NULL, NULL, NULL);
        else if (r.status == 200 && strstr(r.body, "action=\"/login/password\""))
            r = post_password(h, a, r.body, person);
        else if (r.status == 200 && strstr(r.body, "action=\"/consent\""))
            r = post_consent(h, a, r.body);
        else
            die("sign-in: status %d:\n%.2000s", r.status, r.body);
    }
    die("sign-in goes round in circles");
}

static const char *basic(struct bench *b, nx_arena *a)
{
    char *pair = nx_arena_printf(a, "%s:%s", b->client_id, b->client_secret);
    return nx_arena_printf(a, "Basic %s", nx_b64_dup(a, nx_span_str(pair)));
}

char *flow_tokens(struct bench *b, struct http *h, nx_arena *a, int person, char **refresh)
{
    nx_buf form;
    nx_buf_init(&form, a, 4096);
    append_encoded(&form, "grant_type", "authorization_code");
    append_encoded(&form, "code", sign_in(b, h, a, person));
    append_encoded(&form, "redirect_uri", b->redirect_uri);
    append_encoded(&form, "code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    struct answer r = post_form(h, a, "/oidc/token", &form, basic(b, a));
    NX_AUTO_JSON j = json_loadb(r.body, r.n, 0, NULL);
    const char *token = nx_json_str(j, "access_token");
    if (r.status != 200 || !token) die("token: status %d: %s", r.status, r.body);
    const char *next = nx_json_str(j, "refresh_token");
    if (refresh) *refresh = next ? nx_arena_strdup(a, next) : NULL;
    return nx_arena_strdup(a, token);
}

/* People are made by the provisioning interface, as they are in life. */
void flow_make_people(struct bench *b, int count)
{
    NX_AUTO_JSON reply = rig_ctl(b, (const char *const[]){"token", "--scope", "scim", NULL});
    const char *token = nx_json_str(reply, "token");
    if (!token) die("no operator token");
    NX_AUTO(nx_arena) a = nx_arena_open(4u << 20);
    struct http *h = http_open(b);
    for (int i = 0; i < count; i++) {
        char *body = nx_arena_printf(
            a, "{\"userName\":\"bench%d\",\"displayName\":\"Bench %d\",\"password\":\"" PASSWORD "\"}", i, i);
        struct answer r = http_send(h, a, "POST", "/scim/v2/Users", body, "application/scim+json",
                                    nx_arena_printf(a, "Bearer %s", token));
        if (r.status != 201) die("person: status %d: %s", r.status, r.body);
        nx_arena_reset(a);
    }
    http_close(h);
}

struct worker {
    struct bench *b;
    int number;
    double until;
    long done;
};

static void *run_flows(void *ctx)
{
    struct worker *w = ctx;
    nx_arena *a = nx_arena_open(16u << 20);
    struct http *h = http_open(w->b);
    for (int i = 0; seconds_now() < w->until; i++) {
        http_forget_cookies(h);
        flow_tokens(w->b, h, a, (w->number + i * THREADS) % PEOPLE, NULL);
        w->done++;
        nx_arena_reset(a);
    }
    http_close(h);
    nx_arena_close(a);
    return NULL;
}

double flow_password_rate(struct bench *b)
{
    pthread_t thread[THREADS];
    struct worker w[THREADS];
    double began = seconds_now();
    for (int i = 0; i < THREADS; i++) {
        w[i] = (struct worker){.b = b, .number = i, .until = began + 2 * b->seconds};
        pthread_create(&thread[i], NULL, run_flows, &w[i]);
    }
    long done = 0;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        done += w[i].done;
    }
    double took = seconds_now() - began;
    return (double)done / took;
}
