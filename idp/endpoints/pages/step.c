/* From a step of the authorization endpoint to a reply, and the keys that the pages of a transaction share.
 */
#include "endpoints/pages/pages.h"

#include "http/language.h"

nx_result nx_visitor_of(struct nx_visitor *out, nx_request *rq, nx_reply *rp)
{
    const char *browser = NULL;
    NX_TRY(nx_browser(&browser, rq, rp));
    *out =
        (struct nx_visitor){.browser = nx_span_str(browser), .session = nx_span_str(nx_browser_session(rq))};
    return NX_OK;
}

static nx_result to_page(const char *path, const struct nx_step *step, nx_request *rq, nx_reply *rp)
{
    const char *url = nx_arena_printf(rq->arena, "%s?t=%s", path, step->transaction ? step->transaction : "");
    NX_NEED(url);
    nx_reply_redirect(rp, url);
    return NX_OK;
}

static nx_result form_post(const struct nx_step *step, nx_request *rq, nx_reply *rp)
{
    nx_view *v = nx_view_new(rq->arena);
    nx_view_text(v, "action", step->action);
    nx_view_text(v, "client_name", NULL);
    nx_view_list(v, "fields");
    for (size_t i = 0; i < step->field_count; i++) {
        nx_view *field = nx_view_item(v, "fields");
        nx_view_text(field, "name", step->field[i].name);
        nx_view_text(field, "value", step->field[i].value);
    }
    nx_reply_scripts(rp, false);
    nx_reply_form_target(rp, step->action);
    nx_reply_page(rp, 200, "form_post", v);
    return NX_OK;
}

nx_result nx_step_reply(const struct nx_step *step, nx_request *rq, nx_reply *rp)
{
    switch (step->kind) {
    case NX_STEP_SIGN_IN:
    case NX_STEP_STEP_UP:
        return to_page("/login", step, rq, rp);
    case NX_STEP_CONSENT:
        return to_page("/consent", step, rq, rp);
    case NX_STEP_REDIRECT:
        nx_reply_redirect(rp, step->location);
        return NX_OK;
    case NX_STEP_FORM_POST:
        return form_post(step, rq, rp);
    }
    NX_FAIL(NX_ERR_INTERNAL);
}

/* The portal's wish counts where the person has not chosen a language herself. */
static void prefer_language(nx_request *rq, const char *ui_locales)
{
    bool chosen =
        nx_language_exact(nx_query(rq, "lang")) || nx_language_exact(nx_cookie(rq, NX_LANGUAGE_COOKIE));
    if (!chosen) rq->lang = nx_language_pick(ui_locales, rq->lang);
}

void nx_asks_view(nx_view *v, nx_request *rq, const struct nx_flow_view *about)
{
    const char *origin = about ? about->origin : NULL, *host = origin ? strstr(origin, "://") : NULL;
    if (about) prefer_language(rq, about->ui_locales);
    bool vi = strcmp(rq->lang, "vi") == 0;
    nx_view_text(v, "client_name", !about ? NULL : vi ? about->client_name_vi : about->client_name);
    nx_view_text(v, "client_org", about ? about->organisation : NULL);
    nx_view_text(v, "client_host", host ? host + 3 : origin);
}

const char *nx_level_key(enum nx_level level)
{
    static const char *const keys[] = {"level.m1", "level.m1", "level.m2", "level.m3", "level.m4"};
    return level >= NX_LEVEL_NONE && level <= NX_M4 ? keys[level] : keys[0];
}
