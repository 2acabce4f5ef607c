/* Browsers: cookies, forms, redirects. */
#include "rig.h"

#include "crypto/jws.h"
#include "http/router.h"
#include "operate/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define ARENA_MAX (4u << 20)
#define HOPS_MAX 10

void rig_browser_open(struct rig_browser *b, struct rig *r)
{
    *b = (struct rig_browser){.rig = r, .arena = nx_arena_open(ARENA_MAX)};
    assert_non_null(b->arena);
}

static void forget_reply(struct rig_browser *b)
{
    if (b->reply) nx_request_close(b->reply->rq);
    b->reply = NULL;
}

void rig_browser_close(struct rig_browser *b)
{
    forget_reply(b);
    nx_arena_close(b->arena);
}

static void cookie_line(const struct rig_browser *b, char *out, size_t room)
{
    size_t n = 0;
    out[0] = 0;
    for (int i = 0; i < RIG_COOKIES; i++)
        if (b->name[i][0] && b->value[i][0])
            n += (size_t)snprintf(out + n, room - n, "%s%s=%s", n ? "; " : "", b->name[i], b->value[i]);
    assert_true(n < room);
}

/* "name=value; …" of a Set-Cookie field; an empty value or Max-Age=0 forgets it. */
static void keep_cookie(struct rig_browser *b, const char *field)
{
    size_t name = strcspn(field, "="), value = strcspn(field + name + 1, ";");
    int slot = 0;
    while (slot < RIG_COOKIES && b->name[slot][0] &&
           (strlen(b->name[slot]) != name || strncmp(b->name[slot], field, name) != 0))
        slot++;
    assert_true(slot < RIG_COOKIES && name < 32 && value < 256);
    bool over = strstr(field, "Max-Age=0") != NULL;
    snprintf(b->name[slot], sizeof b->name[slot], "%.*s", (int)name, field);
    snprintf(b->value[slot], sizeof b->value[slot], "%.*s", over ? 0 : (int)value, field + name + 1);
}

static void keep_cookies(struct rig_browser *b, const nx_reply *rp)
{
    for (size_t i = 0; i < rp->header_count; i++)
        if (strcasecmp(rp->headers[i].name, "Set-Cookie") == 0) keep_cookie(b, rp->headers[i].value);
}

nx_reply *rig_send(struct rig_browser *b, const char *method, const char *target, const char *type,
                   const char *body)
{
    /* The arguments may point into the last reply: they are copied before it goes. */
    char cookies[2048];
    char *own_target = nx_arena_strdup(b->rig->arena, target);
    char *own_body = body ? nx_arena_strdup(b->rig->arena, body) : NULL;
    forget_reply(b);
    nx_arena_reset(b->arena);
    cookie_line(b, cookies, sizeof cookies);
    struct nx_header headers[8] = {{"Host", "localhost:8443"}, {"User-Agent", "Test/1"}};
    size_t n = 2;
    if (cookies[0]) headers[n++] = (struct nx_header){"Cookie", cookies};
    if (b->authorization) headers[n++] = (struct nx_header){"Authorization", b->authorization};
    if (type) headers[n++] = (struct nx_header){"Content-Type", type};
    if (strcmp(method, "GET") != 0)
        headers[n++] = (struct nx_header){"Origin", b->foreign ? "https://evil.example" : RIG_ISSUER};
    struct nx_wire wire = {.method = method, .target = own_target, .headers = headers, .header_count = n};
    /* Where not even a request fits there is no answer: the first piece of memory is there. */
    assert_non_null(nx_arena_alloc(b->arena, 1));
    nx_arena_reset(b->arena);
    rig_fault_begin(b->rig);
    b->reply = nx_http_serve(b->rig->server.router, b->arena, &wire, nx_span_str(own_body));
    rig_fault_end(b->rig);
    assert_non_null(b->reply);
    keep_cookies(b, b->reply);
    return b->reply;
}

nx_reply *rig_get(struct rig_browser *b, const char *target)
{
    return rig_send(b, "GET", target, NULL, NULL);
}

nx_reply *rig_post(struct rig_browser *b, const char *target, const char *form)
{
    return rig_send(b, "POST", target, "application/x-www-form-urlencoded", form);
}

nx_reply *rig_follow(struct rig_browser *b, nx_reply *rp)
{
    for (int hop = 0; hop < HOPS_MAX && rp->status == 303; hop++) {
        const char *to = rig_location(rp);
        size_t n = strlen(RIG_ISSUER);
        if (strncmp(to, RIG_ISSUER "/", n + 1) == 0) to += n;
        if (to[0] != '/') return rp;
        rp = rig_get(b, to);
    }
    return rp;
}

/* ---- reading
 * ------------------------------------------------------------------------------------------------- */

const char *rig_body(const nx_reply *rp)
{
    const char *s = nx_arena_dup(rp->rq->arena, rp->body);
    assert_non_null(s);
    return s;
}

bool rig_says(const nx_reply *rp, const char *text)
{
    return strstr(rig_body(rp), text) != NULL;
}

const char *rig_location(const nx_reply *rp)
{
    const char *s = nx_reply_header_get(rp, "Location");
    return s ? s : "";
}

char *rig_param(struct rig *r, const nx_reply *rp, const char *name)
{
    const char *url = rig_location(rp);
    nx_span rest = nx_span_str(url + strcspn(url, "?#")), piece, key;
    rest = nx_span_from(rest, 1);
    while (rest.p && nx_span_cut(&rest, '&', &piece)) {
        nx_span value = piece;
        char *decoded;
        if (!nx_span_cut(&value, '=', &key) || !nx_span_eq_str(key, name)) continue;
        assert_true(nx_ok(nx_form_decode(&decoded, r->arena, value)));
        return decoded;
    }
    return NULL;
}

char *rig_field(struct rig *r, const nx_reply *rp, const char *name)
{
    char marker[64];
    snprintf(marker, sizeof marker, "name=\"%s\" value=\"", name);
    const char *at = strstr(rig_body(rp), marker);
    if (!at) fail_msg("no field %s in a page of status %d: %s", name, rp->status, rig_body(rp));
    at += strlen(marker);
    return nx_arena_dup(r->arena, nx_span_of(at, strcspn(at, "\"")));
}

json_t *rig_json(const nx_reply *rp)
{
    json_t *j = NULL;
    if (!nx_ok(nx_json_parse_object(&j, rp->body)))
        fail_msg("status %d, no JSON: %s", rp->status, rig_body(rp));
    return j;
}

json_t *rig_claims(struct rig *r, const char *token, const char *typ)
{
    struct nx_jws t;
    json_t *claims = NULL;
    uint32_t uses = NX_USE_BIT(NX_USE_TOKEN) | NX_USE_BIT(NX_USE_TOKEN_RS256);
    assert_non_null(token);
    nx_result v = nx_jws_verify_own(&t, r->arena, rig_house(r)->keyring, uses, typ, nx_span_str(token));
    if (!nx_ok(v)) fail_msg("token: %s", nx_err_name(v.e));
    assert_true(nx_ok(nx_json_parse_object(&claims, t.payload)));
    return claims;
}

nx_span rig_pki(struct rig *r, const char *name)
{
    char path[512], bytes[1 << 14];
    snprintf(path, sizeof path, "%s/pki/%s", NX_TEST_DATA, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    return nx_span_of(nx_arena_dup(r->arena, nx_span_of(bytes, n)), n);
}

char *rig_encoded(struct rig *r, const char *text)
{
    nx_buf b;
    nx_buf_init(&b, r->arena, 64u << 10);
    nx_percent_encode(&b, nx_span_str(text));
    assert_true(nx_ok(nx_buf_done(&b)));
    return nx_buf_str(&b);
}

const char *rig_operator(struct rig *r, const char *scopes)
{
    NX_AUTO_JSON j = NULL;
    struct nx_operate_call c = {.house = rig_house(r), .arena = r->arena, .actor = "uid:0"};
    assert_true(nx_ok(nx_operate_token_issue(&j, &c, scopes, 0)));
    return nx_arena_printf(r->arena, "Bearer %s", nx_json_str(j, "token"));
}
