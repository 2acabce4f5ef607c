#include "endpoints/server.h"

#include "base/log.h"
#include "endpoints/answer.h"
#include "endpoints/browser.h"
#include "house/house.h"
#include "oidc/authorize.h"
#include "saml/sso.h"
#include "web/assets.h"

#include <stdio.h>

#define F(face) extern const struct nx_route_table nx_routes_##face;
#include "endpoints/faces.def"
#undef F

/* The protocols in which portals ask for sign-ins. */
static const struct nx_protocol *const protocols[] = {&nx_protocol_oidc, &nx_protocol_saml, NULL};

static const struct nx_route_table *const tables[] = {
#define F(face) &nx_routes_##face,
#include "endpoints/faces.def"
#undef F
};

/* "templates/login.html" → "login". False when the name is not of that folder and ending. */
static bool stem_of(char out[64], const char *name, const char *folder, const char *ending)
{
    size_t f = strlen(folder), e = strlen(ending), n = strlen(name);
    if (n <= f + e || n - f - e >= 64 || strncmp(name, folder, f) != 0 || strcmp(name + n - e, ending) != 0)
        return false;
    snprintf(out, 64, "%.*s", (int)(n - f - e), name + f);
    return true;
}

static nx_result load_asset(nx_views *vs, const struct nx_asset *asset)
{
    char stem[64];
    if (stem_of(stem, asset->name, "templates/", ".html")) return nx_views_template(vs, stem, asset->bytes);
    if (stem_of(stem, asset->name, "lang/", ".txt")) return nx_views_catalogue(vs, stem, asset->bytes);
    return NX_OK;
}

static nx_result load_views(nx_views **out)
{
    NX_AUTO(nx_views) vs = NULL;
    NX_TRY(nx_views_open(&vs));
    for (size_t i = 0; i < nx_asset_count; i++)
        NX_TRY(load_asset(vs, &nx_assets[i]));
    NX_TRY(nx_views_check(vs));
    *out = NX_STEAL(vs);
    return NX_OK;
}

static char *text_of(const void *views, nx_arena *a, const char *lang, const char *key)
{
    return nx_views_text(views, a, lang, key);
}

nx_result nx_server_build(nx_server *s, const char *origin, const unsigned per_minute[NX_RATE_COUNT])
{
    struct nx_router_plan plan = {
        .tables = tables,
        .table_count = sizeof tables / sizeof tables[0],
        .origin = origin,
        .mtls_origin = s->house->mtls_origin};
    plan.host = (struct nx_router_host){.app = s, .csrf = nx_csrf_check, .answer = nx_answer_write};
    if (per_minute) memcpy(plan.per_minute, per_minute, sizeof plan.per_minute);
    s->house->protocols = protocols;
    NX_TRY(load_views(&s->views));
    plan.views = s->views;
    s->house->text = text_of;
    s->house->text_ctx = s->views;
    return nx_router_open(&s->router, &plan);
}

void nx_server_clear(nx_server *s)
{
    nx_router_close(s->router);
    nx_views_close(s->views);
    s->router = NULL;
    s->views = NULL;
}
