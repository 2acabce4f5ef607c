/* The code flow in one call, and its parts. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const char *redirect_of(const struct rig *r, const struct rig_client *c)
{
    if (c == &r->tax) return "https%3A%2F%2Ftax.example%2Fcb";
    if (c == &r->app) return "https%3A%2F%2Fapp.example%2Fcb";
    return "https%3A%2F%2Fportal.example%2Fcb";
}

char *rig_authorize_url(struct rig *r, const struct rig_client *c, const char *more)
{
    bool scoped = strstr(more, "&scope=") != NULL, typed = strstr(more, "&response_type=") != NULL,
         unsafe = strstr(more, "&no_pkce") != NULL;
    return nx_arena_printf(r->arena, "/oidc/authorize?client_id=%s&redirect_uri=%s%s%s%s&state=s1&nonce=n1%s",
                           c->id, redirect_of(r, c), typed ? "" : "&response_type=code",
                           scoped ? "" : "&scope=openid",
                           unsafe ? "" : "&code_challenge=" RIG_CHALLENGE "&code_challenge_method=S256",
                           unsafe ? strstr(more, "&no_pkce") + 8 : more);
}

nx_reply *rig_authorize(struct rig_browser *b, const char *url)
{
    nx_reply *rp = rig_follow(b, rig_get(b, url));
    if (rp->status != 200 || !strstr(rig_body(rp), "name=\"decision\"")) return rp;
    char form[1024];
    snprintf(form, sizeof form, "t=%s&csrf=%s&decision=allow", rig_field(b->rig, rp, "t"),
             rig_field(b->rig, rp, "csrf"));
    return rig_follow(b, rig_post(b, "/consent", form));
}

char *rig_code(struct rig_browser *b, const char *url)
{
    nx_reply *rp = rig_authorize(b, url);
    char *code = rig_param(b->rig, rp, "code");
    if (!code) fail_msg("no code: status %d, to %s: %s", rp->status, rig_location(rp), rig_body(rp));
    return code;
}

nx_reply *rig_call(struct rig_browser *b, const struct rig_client *c, const char *target, const char *form)
{
    b->authorization = c && c->secret[0] ? rig_basic(b->rig, c) : NULL;
    nx_reply *rp = rig_post(b, target, form);
    b->authorization = NULL;
    return rp;
}

nx_reply *rig_redeem(struct rig_browser *b, const struct rig_client *c, const char *code)
{
    char *form = nx_arena_printf(
        b->rig->arena,
        "grant_type=authorization_code&code=%s&redirect_uri=%s&code_verifier=" RIG_VERIFIER "%s%s", code,
        redirect_of(b->rig, c), c->secret[0] ? "" : "&client_id=", c->secret[0] ? "" : c->id);
    return rig_call(b, c, "/oidc/token", form);
}

json_t *rig_tokens(struct rig_browser *b, const struct rig_client *c, const char *more)
{
    char *code = rig_code(b, rig_authorize_url(b->rig, c, more));
    nx_reply *rp = rig_redeem(b, c, code);
    if (rp->status != 200) fail_msg("token: status %d: %s", rp->status, rig_body(rp));
    return rig_json(rp);
}
